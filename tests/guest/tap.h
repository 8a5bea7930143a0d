// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest test prints: TAP, one result a line, the plan last, so that a program that dies early is seen to have
 * failed. OK and EQ are the checks; TAP_DONE ends main(). The numbers are shared by nobody: results are printed by the
 * process that started the program, never by its children.
 */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The same for all files of a program. */
__attribute__((weak)) int tap_count, tap_failures;

/* Print one result; `why` is shown when it failed. Returns `pass`. */
static inline int tap_result(int pass, const char *name, const char *why)
{
	tap_count++;
	if (pass)
		printf("ok %d - %s\n", tap_count, name);
	else
		printf("not ok %d - %s # %s\n", tap_count, name, why);
	if (!pass)
		tap_failures++;
	fflush(stdout);
	return pass;
}

static inline int tap_equal(long got, long want, const char *name, const char *text, int line)
{
	int error = errno;
	char why[256];

	snprintf(why, sizeof(why), "line %d: %s is %ld, expected %ld (errno %d, %s)", line, text, got, want, error,
		 strerror(error));
	return tap_result(got == want, name, why);
}

static inline int tap_true(int pass, const char *name, const char *text, int line)
{
	int error = errno;
	char why[256];

	snprintf(why, sizeof(why), "line %d: not %s (errno %d, %s)", line, text, error, strerror(error));
	return tap_result(pass, name, why);
}

/* OK(condition, name); EQ(got, want, name), both as numbers. */
#define OK(cond, name) tap_true(!!(cond), name, #cond, __LINE__)
#define EQ(got, want, name) tap_equal((long)(got), (long)(want), name, #got, __LINE__)

/* FAILS(call, error, name): the call returns -1 with that errno. */
#define FAILS(call, error, name)                                                                   \
	({                                                                                         \
		errno = 0;                                                                         \
		long tap_ret = (long)(call);                                                       \
		tap_equal(tap_ret == -1 ? errno : -tap_ret, error, name, "errno of " #call, __LINE__);        \
	})

/* Print the plan; the value is main's exit status. */
#define TAP_DONE() (printf("1..%d\n", tap_count), fflush(stdout), tap_failures ? 1 : 0)
