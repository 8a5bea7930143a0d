// SPDX-License-Identifier: GPL-2.0-only
//
// nice: run a program with another priority.

#include "user/lib.h"

#include <errno.h>
#include <unistd.h>

static const char help[] =
	"Usage: nice [-n ADJUSTMENT] [PROGRAM ARG...]\n"
	"Run PROGRAM with its nice value changed by ADJUSTMENT (10 by default; higher yields more "
	"to\n"
	"others, only root may lower it). Without PROGRAM print the nice value.\n";

int main(int argc, char **argv)
{
	long long adjustment = 10;

	program_start("nice", help);
	while (next_option(argc, argv, "+n:") != -1)
		if (!parse_number(optarg, 10, -40, 40, &adjustment))
			usage_error("not an adjustment: %s", optarg);
	errno = 0;
	if (optind == argc) {
		int value = nice(0);

		if (errno)
			die_errno("nice");
		printf("%d\n", value);
		return finish(0);
	}
	if (nice(adjustment) == -1 && errno)
		die_errno("cannot set the nice value");
	exec_command(argv + optind);
}
