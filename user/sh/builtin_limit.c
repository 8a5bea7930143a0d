// SPDX-License-Identifier: GPL-2.0-only
/*
 * builtin_limit.c - ulimit: what the shell, and with it each program that it starts, may use.
 *
 * See getrlimit(2) for the limits, and /proc/PID/limits for those of another task. Start at
 * builtin_ulimit().
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "user/sh/sh.h"

static const struct limit {
	char letter;
	int resource;
	unsigned unit;		/* what 1 stands for: bytes, or 1 for a count and for seconds */
	const char *what;
} limits[] = {
	{ 't', RLIMIT_CPU, 1, "processor time (seconds)" },
	{ 'f', RLIMIT_FSIZE, 512, "size of a file (512 bytes)" },
	{ 'd', RLIMIT_DATA, 1024, "data (KiB)" },
	{ 's', RLIMIT_STACK, 1024, "stack (KiB)" },
	{ 'c', RLIMIT_CORE, 512, "core file (512 bytes)" },
	{ 'l', RLIMIT_MEMLOCK, 1024, "locked memory (KiB)" },
	{ 'u', RLIMIT_NPROC, 1, "tasks of the user" },
	{ 'n', RLIMIT_NOFILE, 1, "open files" },
	{ 'v', RLIMIT_AS, 1024, "address space (KiB)" },
};

#define N_LIMITS (sizeof(limits) / sizeof(*limits))

static const struct limit *limit_find(char letter)
{
	for (size_t i = 0; i < N_LIMITS; i++)
		if (limits[i].letter == letter)
			return &limits[i];
	return NULL;
}

static void limit_print(const struct limit *l, bool hard)
{
	struct rlimit r;
	rlim_t v;

	getrlimit(l->resource, &r);
	v = hard ? r.rlim_max : r.rlim_cur;
	if (v == RLIM_INFINITY)
		out_puts("unlimited\n");
	else
		out_printf("%llu\n", (unsigned long long)v / l->unit);
}

/* "unlimited" or a number of units, to *v; false if it is neither or too large. */
static bool limit_parse(const struct limit *l, const char *text, rlim_t *v)
{
	unsigned long long n;
	char *end;

	if (!strcmp(text, "unlimited")) {
		*v = RLIM_INFINITY;
		return true;
	}
	errno = 0;
	n = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || n >= RLIM_INFINITY / l->unit)
		return false;
	*v = n * l->unit;
	return true;
}

static int limit_set(const struct limit *l, const char *text, bool hard, bool soft)
{
	struct rlimit r;
	rlim_t v;

	if (!limit_parse(l, text, &v))
		return builtin_error(2, "ulimit: %s: bad number", text);
	getrlimit(l->resource, &r);
	if (hard)
		r.rlim_max = v;
	if (soft)
		r.rlim_cur = v;
	if (!setrlimit(l->resource, &r))
		return 0;
	sh_warn("ulimit: -%c %s: %s", l->letter, text, strerror(errno));
	return 1;
}

/* ulimit [-H|-S] [-a | -LETTER [LIMIT]] */
int builtin_ulimit(int argc, char **argv)
{
	const struct limit *l = limit_find('f');
	bool hard = false, soft = false, all = false;
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		for (const char *s = argv[i] + 1; *s; s++) {
			hard |= *s == 'H';
			soft |= *s == 'S';
			all |= *s == 'a';
			if (limit_find(*s))
				l = limit_find(*s);
			else if (!strchr("HSa", *s))
				return builtin_error(2, "ulimit: -%c: no such option", *s);
		}
	}
	if (argc - i > !all)
		return builtin_error(2, "ulimit: %s: one limit at a time", argv[argc - 1]);
	if (i < argc)	/* without -H and -S: both */
		return limit_set(l, argv[i], hard || !soft, soft || !hard);
	if (!all) {
		limit_print(l, hard && !soft);
		return 0;
	}
	for (l = limits; l < limits + N_LIMITS; l++) {
		out_printf("-%c %-28s", l->letter, l->what);
		limit_print(l, hard && !soft);
	}
	return 0;
}
