// SPDX-License-Identifier: GPL-2.0-only
//
// seq: print a sequence of whole numbers.

#include "user/lib.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"Usage: seq [-s TEXT] [FIRST [STEP]] LAST\n"
	"Print the whole numbers from FIRST to LAST; FIRST and STEP are 1 by default.\n"
	"  -s  separate them by TEXT and not by newlines\n";

static long long number(const char *text)
{
	long long value;

	if (!parse_number(text, 10, INT_MIN, INT_MAX, &value))
		usage_error("not a whole number: %s", text);
	return value;
}

int main(int argc, char **argv)
{
	long long first = 1, step = 1, last;
	const char *separator = "\n";
	int at = 1, operands;
	bool any = false;

	program_start("seq", help);
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		next_option(argc, argv, "");
	// Not getopt: -5 is a number.
	if (argc > 2 && strcmp(argv[1], "-s") == 0) {
		separator = argv[2];
		at = 3;
	}
	operands = argc - at;
	if (operands < 1 || operands > 3)
		usage_error("one to three numbers must be given");
	last = number(argv[argc - 1]);
	if (operands > 1)
		first = number(argv[at]);
	if (operands > 2)
		step = number(argv[at + 1]);
	if (!step)
		usage_error("the step is 0");
	for (; step > 0 ? first <= last : first >= last; first += step) {
		printf("%s%lld", any ? separator : "", first);
		any = true;
	}
	if (any)
		putchar('\n');
	return finish(0);
}
