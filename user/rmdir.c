// SPDX-License-Identifier: GPL-2.0-only
//
// rmdir: remove empty directories (and so containers, where "empty" means: no tasks, no children).

#include "user/lib.h"

#include <unistd.h>

static const char help[] = "Usage: rmdir DIR...\n"
			   "Remove directories, which must be empty.\n";

int main(int argc, char **argv)
{
	int failed = 0;

	program_start("rmdir", help);
	next_option(argc, argv, "");
	if (optind == argc)
		usage_error("no directory given");
	for (; optind < argc; optind++)
		if (rmdir(argv[optind]) < 0) {
			warn_errno("%s", argv[optind]);
			failed = 1;
		}
	return failed;
}
