// SPDX-License-Identifier: GPL-2.0-only
//
// yes: write a line again and again.

#include "user/lib.h"

#include <unistd.h>

static const char help[] = "Usage: yes [WORD...]\n"
			   "Write the words (y by default) as lines without end.\n";

int main(int argc, char **argv)
{
	program_start("yes", help);
	next_option(argc, argv, "");
	do {
		if (optind == argc)
			fputs("y", stdout);
		for (int i = optind; i < argc; i++)
			printf("%s%s", i > optind ? " " : "", argv[i]);
	} while (putchar('\n') != EOF);
	return finish(1);
}
