/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests of the checking builds: do something wrong and find its report in the log. */
#pragma once

#include "kernel/debug/debug.h"
#include "kernel/lib/lib.h"

/*
 * Evaluate EXPRESSION, a mistake, and expect TEXT and ALSO in what the log gets meanwhile. The lines around it tell
 * tests/run that these complaints are wanted.
 */
#define PLANTED(also, expression, text)                                                            \
	do {                                                                                       \
		u64 planted_from = planted_begin();                                                \
		__typeof__(expression) planted_value = (expression);                               \
		__asm__ __volatile__("" : : "r"(planted_value));                                   \
		planted_end(planted_from, __FILE__, __LINE__, text, also);                         \
	} while (0)

/* What the report of the last PLANTED has further. */
#define PLANTED_ALSO(text) planted_says(__FILE__, __LINE__, text)

u64 planted_begin(void);
void planted_end(u64 from, const char *file, int line, const char *text, const char *also);
void planted_says(const char *file, int line, const char *text);
unsigned int planted_count(const char *text);	/* how often the last report has it */
