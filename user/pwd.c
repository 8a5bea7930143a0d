// SPDX-License-Identifier: GPL-2.0-only
//
// pwd: print the working directory.

#include "user/lib.h"

#include <limits.h>
#include <unistd.h>

static const char help[] = "Usage: pwd\n"
			   "Print the path of the working directory, without symbolic links.\n";

int main(int argc, char **argv)
{
	char path[PATH_MAX];

	program_start("pwd", help);
	next_option(argc, argv, "");
	if (!getcwd(path, sizeof(path)))
		die_errno("working directory");
	puts(path);
	return finish(0);
}
