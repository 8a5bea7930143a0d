// SPDX-License-Identifier: GPL-2.0-only
//
// false: fail.

#include "user/lib.h"

static const char help[] = "Usage: false\nDo nothing, with status 1.\n";

int main(int argc, char **argv)
{
	program_start("false", help);
	if (argc == 2)
		next_option(argc, argv, "");
	return 1;
}
