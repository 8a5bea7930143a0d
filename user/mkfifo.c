// SPDX-License-Identifier: GPL-2.0-only
//
// mkfifo: make named pipes.

#include "user/lib.h"

#include <unistd.h>

static const char help[] = "Usage: mkfifo NAME...\n"
			   "Make named pipes.\n";

int main(int argc, char **argv)
{
	int failed = 0;

	program_start("mkfifo", help);
	next_option(argc, argv, "");
	if (optind == argc)
		usage_error("no name given");
	for (; optind < argc; optind++)
		if (mkfifo(argv[optind], 0666) < 0) {
			warn_errno("%s", argv[optind]);
			failed = 1;
		}
	return failed;
}
