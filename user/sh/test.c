// SPDX-License-Identifier: GPL-2.0-only
/*
 * test.c - `test` and `[` as built-ins: a loop's condition should not cost a process.
 *
 * Up to four arguments are decided by their number, as POSIX says, so that operands that look like
 * operators are safe; more go through a small parser with -a, -o, ! and parentheses. Start at
 * builtin_test(), which returns 0 (true), 1 (false) or 2 (bad expression).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/sh/sh.h"

struct test {
	char **v;
	int n;
	const char *error;	/* what was wrong, NULL if nothing */
};

static bool is_unary(const char *s)
{
	return s[0] == '-' && s[1] && !s[2] && strchr("bcdefghknLOGprSstuwxz", s[1]);
}

static bool is_binary(const char *s)
{
	static const char *const ops[] = { "=",	  "==",	 "!=",	"-eq", "-ne", "-lt", "-le",
					   "-gt", "-ge", "-nt", "-ot", "-ef", "<",   ">" };

	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (!strcmp(s, ops[i]))
			return true;
	return false;
}

static long number(struct test *t, const char *s)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(s, &end, 10);
	while (*end == ' ' || *end == '\t')
		end++;
	if (end == s || *end || errno)
		t->error = s;
	return v;
}

static bool file_mode(char op, const struct stat *st)
{
	switch (op) {
	case 'b':
		return S_ISBLK(st->st_mode);
	case 'c':
		return S_ISCHR(st->st_mode);
	case 'd':
		return S_ISDIR(st->st_mode);
	case 'f':
		return S_ISREG(st->st_mode);
	case 'g':
		return st->st_mode & S_ISGID;
	case 'k':
		return st->st_mode & S_ISVTX;
	case 'p':
		return S_ISFIFO(st->st_mode);
	case 'S':
		return S_ISSOCK(st->st_mode);
	case 's':
		return st->st_size > 0;
	case 'u':
		return st->st_mode & S_ISUID;
	case 'O':
		return st->st_uid == geteuid();
	case 'G':
		return st->st_gid == getegid();
	}
	return true;		/* -e */
}

static bool unary(struct test *t, const char *op, const char *arg)
{
	struct stat st;

	switch (op[1]) {
	case 'n':
		return *arg;
	case 'z':
		return !*arg;
	case 't':
		return isatty(number(t, arg));
	case 'r':
		return !access(arg, R_OK);
	case 'w':
		return !access(arg, W_OK);
	case 'x':
		return !access(arg, X_OK);
	case 'h':
	case 'L':
		return !lstat(arg, &st) && S_ISLNK(st.st_mode);
	}
	return !stat(arg, &st) && file_mode(op[1], &st);
}

static int compare_times(const struct stat *a, const struct stat *b)
{
	if (a->st_mtim.tv_sec != b->st_mtim.tv_sec)
		return a->st_mtim.tv_sec < b->st_mtim.tv_sec ? -1 : 1;
	return (a->st_mtim.tv_nsec > b->st_mtim.tv_nsec) -
	       (a->st_mtim.tv_nsec < b->st_mtim.tv_nsec);
}

static bool compare_files(const char *a, const char *op, const char *b)
{
	struct stat sa, sb;
	bool have_a = !stat(a, &sa), have_b = !stat(b, &sb);

	if (op[1] == 'e')
		return have_a && have_b && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
	if (op[1] == 'n')
		return have_a && (!have_b || compare_times(&sa, &sb) > 0);
	return have_b && (!have_a || compare_times(&sa, &sb) < 0);
}

static bool binary(struct test *t, const char *a, const char *op, const char *b)
{
	long x, y;

	if (*op == '=')
		return !strcmp(a, b);
	if (*op == '!')
		return strcmp(a, b) != 0;
	if (*op == '<')
		return strcmp(a, b) < 0;
	if (*op == '>')
		return strcmp(a, b) > 0;
	if (!strcmp(op, "-nt") || !strcmp(op, "-ot") || !strcmp(op, "-ef"))
		return compare_files(a, op, b);
	x = number(t, a);
	y = number(t, b);
	switch (op[1] << 8 | op[2]) {
	case 'e' << 8 | 'q':
		return x == y;
	case 'n' << 8 | 'e':
		return x != y;
	case 'l' << 8 | 't':
		return x < y;
	case 'l' << 8 | 'e':
		return x <= y;
	case 'g' << 8 | 't':
		return x > y;
	}
	return x >= y;
}

static bool or_expr(struct test *t);

static bool primary(struct test *t)
{
	bool v;

	if (t->n >= 3 && is_binary(t->v[1])) {
		v = binary(t, t->v[0], t->v[1], t->v[2]);
		t->v += 3;
		t->n -= 3;
		return v;
	}
	if (t->n >= 1 && !strcmp(t->v[0], "!")) {
		t->v++;
		t->n--;
		return !primary(t);
	}
	if (t->n >= 1 && !strcmp(t->v[0], "(")) {
		t->v++;
		t->n--;
		v = or_expr(t);
		if (!t->n || strcmp(t->v[0], ")")) {
			t->error = "missing )";
			return false;
		}
		t->v++;
		t->n--;
		return v;
	}
	if (t->n >= 2 && is_unary(t->v[0])) {
		v = unary(t, t->v[0], t->v[1]);
		t->v += 2;
		t->n -= 2;
		return v;
	}
	if (!t->n) {
		t->error = "argument expected";
		return false;
	}
	t->n--;
	return *(*t->v++) != 0;
}

static bool and_expr(struct test *t)
{
	bool v = primary(t);

	while (t->n && !strcmp(t->v[0], "-a")) {
		t->v++;
		t->n--;
		v = primary(t) && v;
	}
	return v;
}

static bool or_expr(struct test *t)
{
	bool v = and_expr(t);

	while (t->n && !strcmp(t->v[0], "-o")) {
		t->v++;
		t->n--;
		v = and_expr(t) || v;
	}
	return v;
}

/* By the number of arguments, as POSIX lists the cases. */
static bool evaluate(struct test *t)
{
	char **v = t->v;

	switch (t->n) {
	case 0:
		return false;
	case 1:
		t->n = 0;
		return *v[0];
	case 2:
		if (!strcmp(v[0], "!")) {
			t->n = 0;
			return !*v[1];
		}
		break;
	case 3:
		if (is_binary(v[1])) {
			t->n = 0;
			return binary(t, v[0], v[1], v[2]);
		}
		break;
	case 4:
		if (!strcmp(v[0], "!") && is_binary(v[2])) {
			t->n = 0;
			return !binary(t, v[1], v[2], v[3]);
		}
		break;
	}
	return or_expr(t);
}

/* test EXPRESSION, [ EXPRESSION ] */
int builtin_test(int argc, char **argv)
{
	struct test t = { .v = argv + 1, .n = argc - 1 };
	bool v;

	if (argv[0][0] == '[') {
		if (strcmp(argv[argc - 1], "]")) {
			sh_warn("[: missing ]");
			return 2;
		}
		t.n--;
	}
	v = evaluate(&t);
	if (!t.error && t.n)
		t.error = t.v[0];
	if (t.error) {
		sh_warn("%s: bad expression: %s", argv[0], t.error);
		return 2;
	}
	return !v;
}
