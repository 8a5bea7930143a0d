// SPDX-License-Identifier: GPL-2.0-only
//
// nproc: print how many CPUs this process may run on.

#include "user/lib.h"

#include <sys/syscall.h>
#include <unistd.h>

static const char help[] = "Usage: nproc\n"
			   "Print the number of CPUs that this process may run on.\n";

int main(int argc, char **argv)
{
	unsigned char cpus[1024];
	long size, count = 0;

	program_start("nproc", help);
	next_option(argc, argv, "");
	if (optind < argc)
		usage_error("unexpected: %s", argv[optind]);
	// The system call returns how many bytes of the set it has written.
	size = syscall(SYS_sched_getaffinity, 0, sizeof(cpus), cpus);
	if (size < 0)
		die_errno("sched_getaffinity");
	for (long i = 0; i < size; i++)
		count += __builtin_popcount(cpus[i]);
	printf("%ld\n", count);
	return finish(0);
}
