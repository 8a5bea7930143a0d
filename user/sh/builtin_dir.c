// SPDX-License-Identifier: GPL-2.0-only
/*
 * builtin_dir.c - the built-ins about the process's surroundings: cd, pwd, umask, times.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <unistd.h>

#include "user/sh/sh.h"

/*
 * Join and tidy a path by its text: no //, no /./, and x/.. removed (POSIX cd -L, steps 7 and 8).
 */
static char *logical_path(const char *base, const char *dir)
{
	char *out = arena_alloc(&tmp, strlen(base) + strlen(dir) + 3), *end = out;
	const char *parts[2] = { *dir == '/' ? "" : base, dir };

	for (int k = 0; k < 2; k++) {
		const char *s = parts[k];

		while (*s) {
			size_t n = strcspn(s, "/");

			if (n == 2 && s[0] == '.' && s[1] == '.') {
				while (end > out && *--end != '/')
					;
			} else if (n && !(n == 1 && *s == '.')) {
				*end++ = '/';
				memcpy(end, s, n);
				end += n;
			}
			s += n;
			s += *s == '/';
		}
	}
	if (end == out)
		*end++ = '/';
	*end = 0;
	return out;
}

/* Try one place; returns whether we are there now. */
static bool go(const char *dir, bool physical)
{
	const char *base = cwd_get();
	char *path;

	if (physical || (*dir != '/' && *base != '/')) {
		if (chdir(dir) < 0)
			return false;
		cwd_set(NULL);
		return true;
	}
	path = logical_path(base, dir);
	if (chdir(path) < 0) {
		/* The name of where we are may be out of date; the kernel still knows. */
		if (errno != ENOENT || chdir(dir) < 0)
			return false;
		cwd_set(NULL);
		return true;
	}
	cwd_set(path);
	return true;
}

/* Try the directories of CDPATH. */
static bool go_cdpath(const char *dir, bool physical)
{
	const char *path = var_get("CDPATH"), *end;

	if (!path || *dir == '/' || *dir == '.')
		return false;
	for (;; path = end + 1) {
		char *full = arena_alloc(&tmp, strlen(path) + strlen(dir) + 2);

		end = strchrnul(path, ':');
		sprintf(full, "%.*s/%s", (int)(end - path), path, dir);
		if (end > path && go(full, physical)) {
			out_printf("%s\n", cwd_get());
			return true;
		}
		if (!*end)
			return false;
	}
}

/* cd [-L|-P] [DIR|-] */
int builtin_cd(int argc, char **argv)
{
	bool physical = false, print = false;
	const char *dir;
	char *old;
	int i;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++)
		physical = !strcmp(argv[i], "-P");
	dir = i < argc ? argv[i] : var_get("HOME");
	if (!dir || !*dir) {
		sh_warn(dir && i < argc ? "cd: empty name" : "cd: HOME is not set");
		return 1;
	}
	if (!strcmp(dir, "-")) {
		dir = var_get("OLDPWD");
		if (!dir) {
			sh_warn("cd: OLDPWD is not set");
			return 1;
		}
		print = true;
	}
	dir = arena_strndup(&tmp, dir, strlen(dir));
	old = arena_strndup(&tmp, cwd_get(), strlen(cwd_get()));
	if (!go_cdpath(dir, physical) && !go(dir, physical)) {
		sh_warn("cd: %s: %s", dir, strerror(errno));
		return 1;
	}
	var_set("OLDPWD", old, 0);
	if (print)
		out_printf("%s\n", cwd_get());
	return 0;
}

/* pwd [-L|-P] */
int builtin_pwd(int argc, char **argv)
{
	char path[4096];

	if ((argc > 1 && !strcmp(argv[1], "-P")) || !*cwd_get()) {
		if (!getcwd(path, sizeof(path))) {
			sh_warn("pwd: %s", strerror(errno));
			return 1;
		}
		out_printf("%s\n", path);
		return 0;
	}
	out_printf("%s\n", cwd_get());
	return 0;
}

static void print_symbolic(mode_t mask)
{
	static const char who[] = "ugo";

	for (int i = 0; i < 3; i++) {
		unsigned bits = ~mask >> (6 - 3 * i) & 7;

		out_printf("%s%c=%s%s%s", i ? "," : "", who[i], bits & 4 ? "r" : "",
			   bits & 2 ? "w" : "", bits & 1 ? "x" : "");
	}
	out_put("\n", 1);
}

/* Apply one clause like u=rwx or go-w to the permissions allowed. Returns what follows, or NULL. */
static const char *symbolic_clause(const char *s, unsigned *allowed)
{
	unsigned who = 0, bits = 0;
	char op;

	for (; *s && strchr("ugoa", *s); s++)
		who |= *s == 'u' ? 0700 : *s == 'g' ? 070 : *s == 'o' ? 07 : 0777;
	if (!who)
		who = 0777;
	op = *s;
	if (op != '=' && op != '+' && op != '-')
		return NULL;
	for (s++; *s && strchr("rwx", *s); s++)
		bits |= *s == 'r' ? 0444 : *s == 'w' ? 0222 : 0111;
	bits &= who;
	if (op == '=')
		*allowed = (*allowed & ~who) | bits;
	else if (op == '+')
		*allowed |= bits;
	else
		*allowed &= ~bits;
	return *s == ',' ? s + 1 : *s ? NULL : s;
}

/* umask [-S] [MODE] */
int builtin_umask(int argc, char **argv)
{
	bool symbolic = argc > 1 && !strcmp(argv[1], "-S");
	const char *s = argv[1 + symbolic];
	mode_t mask = umask(0);
	unsigned allowed = ~mask & 0777;

	umask(mask);
	if (argc == 1 + symbolic) {
		if (symbolic)
			print_symbolic(mask);
		else
			out_printf("%04o\n", (unsigned)mask);
		return 0;
	}
	if (*s >= '0' && *s <= '7') {
		char *end;
		long v = strtol(s, &end, 8);

		if (!*end && v <= 0777) {
			umask(v);
			return 0;
		}
	} else {
		const char *p = s;

		while (p && *p)
			p = symbolic_clause(p, &allowed);
		if (p && *s) {
			umask(~allowed & 0777);
			return 0;
		}
	}
	sh_warn("umask: %s: bad mode", s);
	return 2;
}

static void print_time(clock_t t, long hz, char after)
{
	out_printf("%ldm%ld.%02lds%c", (long)t / hz / 60, (long)t / hz % 60,
		   (long)t % hz * 100 / hz, after);
}

/* times: of the shell, then of its children, user and system. */
int builtin_times(int argc, char **argv)
{
	long hz = sysconf(_SC_CLK_TCK);
	struct tms t;

	(void)argc;
	(void)argv;
	if (times(&t) == (clock_t)-1) {
		sh_warn("times: %s", strerror(errno));
		return 1;
	}
	print_time(t.tms_utime, hz, ' ');
	print_time(t.tms_stime, hz, '\n');
	print_time(t.tms_cutime, hz, ' ');
	print_time(t.tms_cstime, hz, '\n');
	return 0;
}
