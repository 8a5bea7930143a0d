// SPDX-License-Identifier: GPL-2.0-only
//
// true: succeed.

#include "user/lib.h"

static const char help[] = "Usage: true\nDo nothing, with status 0.\n";

int main(int argc, char **argv)
{
	program_start("true", help);
	if (argc == 2)
		next_option(argc, argv, "");
	return 0;
}
