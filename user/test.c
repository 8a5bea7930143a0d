// SPDX-License-Identifier: GPL-2.0-only
//
// test, [: evaluate a condition. One program with two names; as `[` it wants a closing `]`.
//
// A recursive descent over the arguments: or_expression, and_expression, not_expression, primary.
// POSIX decides by the number of arguments, so that data which looks like an operator does not
// confuse: primary() therefore looks for a binary operator first.

#include "user/lib.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"Usage: test [EXPRESSION]\n"
	"       [ [EXPRESSION] ]\n"
	"The status is 0 if EXPRESSION is true, 1 if it is false or missing, 2 after an error.\n"
	"  STRING  -n STRING  -z STRING  A = B  A != B  A < B  A > B\n"
	"  N -eq N  -ne  -lt  -le  -gt  -ge\n"
	"  -e -f -d -L -h -p -S -b -c FILE   there is one, of that kind\n"
	"  -s -r -w -x -u -g -k -O -G FILE   not empty, permissions, owned by this user or group\n"
	"  -t FD   A -nt B   A -ot B   A -ef B   ! E   E -a E   E -o E   ( E )\n";

static char **next, **end;

static bool or_expression(void);

NORETURN static void syntax_error(const char *what, const char *argument)
{
	warn("%s%s%s", what, argument ? ": " : "", argument ? argument : "");
	exit(STATUS_USAGE);
}

static long long integer(const char *text)
{
	long long value;

	text += strspn(text, " \t");
	if (!parse_number(text, 10, LLONG_MIN, LLONG_MAX, &value))
		syntax_error("not a number", text);
	return value;
}

static const char *const binary_operators[] = {
	"=",   "==",  "!=",  "<",   ">",   "-eq", "-ne", "-lt",
	"-le", "-gt", "-ge", "-nt", "-ot", "-ef", NULL,
};

static int find_binary(const char *text)
{
	for (int i = 0; binary_operators[i]; i++)
		if (strcmp(text, binary_operators[i]) == 0)
			return i;
	return -1;
}

static bool compare_files(const char *a, const char *op, const char *b)
{
	struct stat first, second;
	bool have_first = stat(a, &first) == 0, have_second = stat(b, &second) == 0;
	struct timespec x = first.st_mtim, y = second.st_mtim;

	if (op[1] == 'e')
		return have_first && have_second && first.st_dev == second.st_dev &&
		       first.st_ino == second.st_ino;
	if (!have_first || !have_second)
		return op[1] == 'n' ? have_first : have_second;
	if (op[1] == 'o')
		return x.tv_sec < y.tv_sec || (x.tv_sec == y.tv_sec && x.tv_nsec < y.tv_nsec);
	return x.tv_sec > y.tv_sec || (x.tv_sec == y.tv_sec && x.tv_nsec > y.tv_nsec);
}

static bool binary(const char *a, int op, const char *b)
{
	switch (op) {
	case 0:
	case 1:
		return strcmp(a, b) == 0;
	case 2:
		return strcmp(a, b) != 0;
	case 3:
		return strcmp(a, b) < 0;
	case 4:
		return strcmp(a, b) > 0;
	case 5:
		return integer(a) == integer(b);
	case 6:
		return integer(a) != integer(b);
	case 7:
		return integer(a) < integer(b);
	case 8:
		return integer(a) <= integer(b);
	case 9:
		return integer(a) > integer(b);
	case 10:
		return integer(a) >= integer(b);
	default:
		return compare_files(a, binary_operators[op], b);
	}
}

static bool file_test(char op, const char *path)
{
	struct stat st;

	switch (op) {
	case 'r':
		return faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0;
	case 'w':
		return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
	case 'x':
		return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
	case 'L':
	case 'h':
		return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
	}
	if (stat(path, &st) < 0)
		return false;
	switch (op) {
	case 'f':
		return S_ISREG(st.st_mode);
	case 'd':
		return S_ISDIR(st.st_mode);
	case 'p':
		return S_ISFIFO(st.st_mode);
	case 'S':
		return S_ISSOCK(st.st_mode);
	case 'b':
		return S_ISBLK(st.st_mode);
	case 'c':
		return S_ISCHR(st.st_mode);
	case 's':
		return st.st_size > 0;
	case 'u':
		return st.st_mode & S_ISUID;
	case 'g':
		return st.st_mode & S_ISGID;
	case 'k':
		return st.st_mode & S_ISVTX;
	case 'O':
		return st.st_uid == geteuid();
	case 'G':
		return st.st_gid == getegid();
	default:
		return true;
	}
}

static bool is_unary(const char *text)
{
	return text[0] == '-' && text[1] && !text[2] && strchr("nzefdLhpSbcsrwxugkOGt", text[1]);
}

static bool unary(char op, const char *operand)
{
	if (op == 'n')
		return *operand;
	if (op == 'z')
		return !*operand;
	if (op == 't')
		return isatty(integer(operand));
	return file_test(op, operand);
}

static bool primary(void)
{
	bool value;

	if (next == end)
		syntax_error("an argument is missing", NULL);
	if (end - next >= 3 && find_binary(next[1]) >= 0) {
		value = binary(next[0], find_binary(next[1]), next[2]);
		next += 3;
		return value;
	}
	if (end - next >= 2 && strcmp(next[0], "(") == 0) {
		next++;
		value = or_expression();
		if (next == end || strcmp(*next, ")") != 0)
			syntax_error("')' is missing", NULL);
		next++;
		return value;
	}
	if (end - next >= 2 && is_unary(next[0])) {
		value = unary(next[0][1], next[1]);
		next += 2;
		return value;
	}
	return **next++;
}

static bool not_expression(void)
{
	// A lone "!" is a string, and so is one that is compared.
	if (end - next >= 2 && strcmp(*next, "!") == 0 &&
	    !(end - next >= 3 && find_binary(next[1]) >= 0)) {
		next++;
		return !not_expression();
	}
	return primary();
}

static bool and_expression(void)
{
	bool value = not_expression();

	while (end - next >= 2 && strcmp(*next, "-a") == 0) {
		next++;
		value = not_expression() && value;
	}
	return value;
}

static bool or_expression(void)
{
	bool value = and_expression();

	while (end - next >= 2 && strcmp(*next, "-o") == 0) {
		next++;
		value = and_expression() || value;
	}
	return value;
}

int main(int argc, char **argv)
{
	char *name = path_base(argv[0]);
	bool bracket = strcmp(name, "[") == 0, value;

	program_start(bracket ? "[" : "test", help);
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		next_option(argc, argv, "");
	next = argv + 1;
	end = argv + argc;
	if (bracket && (argc < 2 || strcmp(*--end, "]") != 0))
		syntax_error("']' is missing", NULL);
	if (next == end)
		return 1;
	value = or_expression();
	if (next != end)
		syntax_error("unexpected", *next);
	return !value;
}
