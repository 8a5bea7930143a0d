// SPDX-License-Identifier: GPL-2.0-only
//
// basename: print the last part of a path.

#include "user/lib.h"

#include <string.h>
#include <unistd.h>

static const char help[] = "Usage: basename PATH [SUFFIX]\n"
			   "Print the last part of PATH, without SUFFIX if it ends so.\n";

int main(int argc, char **argv)
{
	size_t length, suffix;
	char *base;

	program_start("basename", help);
	next_option(argc, argv, "");
	if (argc - optind < 1 || argc - optind > 2)
		usage_error("a path must be given");
	base = path_base(argv[optind]);
	if (argc - optind == 2) {
		length = strlen(base);
		suffix = strlen(argv[optind + 1]);
		if (length > suffix && strcmp(base + length - suffix, argv[optind + 1]) == 0)
			base[length - suffix] = 0;
	}
	puts(base);
	return finish(0);
}
