// SPDX-License-Identifier: GPL-2.0-only
//
// rm: remove files. The work is done by remove_tree() in lib_files.c.

#include "user/lib.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "Usage: rm [-rf] FILE...\n"
			   "Remove files.\n"
			   "  -r  also directories, with all in them\n"
			   "  -f  what is not there is no error\n";

// Removing "." or ".." (also as a/..) or the root is never what was meant.
static bool is_protected(const char *path)
{
	char *base = path_base(path);
	bool is = strcmp(base, ".") == 0 || strcmp(base, "..") == 0 || strcmp(base, "/") == 0;

	free(base);
	return is;
}

int main(int argc, char **argv)
{
	bool recurse = false, force = false;
	int option, failed = 0;

	program_start("rm", help);
	while ((option = next_option(argc, argv, "rRf")) != -1) {
		recurse |= option != 'f';
		force |= option == 'f';
	}
	if (optind == argc && !force)
		usage_error("no file given");
	for (; optind < argc; optind++) {
		if (is_protected(argv[optind])) {
			warn("refusing to remove %s", argv[optind]);
			failed = 1;
			continue;
		}
		failed |= remove_tree(argv[optind], recurse, force);
	}
	return failed;
}
