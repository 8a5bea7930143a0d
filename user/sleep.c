// SPDX-License-Identifier: GPL-2.0-only
//
// sleep: wait.

#include "user/lib.h"

#include <errno.h>
#include <unistd.h>

static const char help[] = "Usage: sleep TIME...\n"
			   "Wait for the sum of the TIMEs: seconds with an optional fraction, or "
			   "with a unit s, m, h, d.\n";

int main(int argc, char **argv)
{
	struct timespec left;

	program_start("sleep", help);
	next_option(argc, argv, "");
	if (optind == argc)
		usage_error("no time given");
	for (int i = optind; i < argc; i++)
		if (!parse_seconds(argv[i], &left))
			usage_error("not a time: %s", argv[i]);
	for (; optind < argc; optind++) {
		parse_seconds(argv[optind], &left);
		while (nanosleep(&left, &left) < 0)
			if (errno != EINTR)
				die_errno("nanosleep");
	}
	return 0;
}
