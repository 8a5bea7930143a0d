// SPDX-License-Identifier: GPL-2.0-only
//
// dirname: print a path without its last part.

#include "user/lib.h"

#include <libgen.h>
#include <unistd.h>

static const char help[] = "Usage: dirname PATH...\n"
			   "Print each PATH without its last part; '.' if it has only one.\n";

int main(int argc, char **argv)
{
	program_start("dirname", help);
	next_option(argc, argv, "");
	if (optind == argc)
		usage_error("a path must be given");
	for (; optind < argc; optind++)
		puts(dirname(argv[optind]));
	return finish(0);
}
