// SPDX-License-Identifier: GPL-2.0-only
//
// find: print the files of a tree that pass all tests.

#include "user/lib.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "Usage: find [PATH...] [-name PATTERN] [-type f|d|l|c|b|p|s]\n"
			   "Print each PATH (the working directory by default) and all below it "
			   "that passes the tests.\n";

static const char *name_pattern;
static char kind;

static mode_t kind_bits(char letter)
{
	switch (letter) {
	case 'd':
		return S_IFDIR;
	case 'l':
		return S_IFLNK;
	case 'c':
		return S_IFCHR;
	case 'b':
		return S_IFBLK;
	case 'p':
		return S_IFIFO;
	case 's':
		return S_IFSOCK;
	default:
		return S_IFREG;
	}
}

static int visit(const char *path, const struct stat *st, void *arg)
{
	bool matches = true;

	(void)arg;
	if (kind)
		matches = (st->st_mode & S_IFMT) == kind_bits(kind);
	if (matches && name_pattern) {
		char *base = path_base(path);

		matches = fnmatch(name_pattern, base, 0) == 0;
		free(base);
	}
	if (matches)
		puts(path);
	return 0;
}

static void parse_tests(char **tests)
{
	for (; *tests; tests += 2) {
		if (strcmp(tests[0], "-name") == 0 && tests[1])
			name_pattern = tests[1];
		else if (strcmp(tests[0], "-type") == 0 && tests[1] && strlen(tests[1]) == 1 &&
			 strchr("fdlcbps", tests[1][0]))
			kind = tests[1][0];
		else
			usage_error("bad test: %s", tests[0]);
	}
}

int main(int argc, char **argv)
{
	int paths = 1, failed = 0;

	program_start("find", help);
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		next_option(argc, argv, "");
	while (paths < argc && argv[paths][0] != '-')
		paths++;
	parse_tests(argv + paths);
	if (paths == 1)
		failed = walk_tree(".", true, visit, NULL);
	for (int i = 1; i < paths; i++)
		failed |= walk_tree(argv[i], true, visit, NULL);
	return finish(failed);
}
