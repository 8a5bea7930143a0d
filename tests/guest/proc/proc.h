/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the test of /proc share. */
#pragma once

#include <sys/types.h>

extern char text[65536];

/* The whole file, NUL-terminated, in `text`; its length or -1. `step`: bytes a read. */
ssize_t slurp(const char *name, size_t step);
/* /proc/PID/NAME, in memory that the next call overwrites. */
const char *in_proc(pid_t pid, const char *name);

void test_rights(void);
/* The programs that it runs: argv[1] says which. */
int rights_program(char **argv);
