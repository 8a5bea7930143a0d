// SPDX-License-Identifier: GPL-2.0-only
//
// time: run a program and print how long it took.

#include "user/lib.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const char help[] =
	"Usage: time PROGRAM [ARG...]\n"
	"Run PROGRAM, then print (on standard error) the seconds that passed and the processor "
	"time\n"
	"it took in user mode and in the kernel. The status is that of PROGRAM.\n";

int main(int argc, char **argv)
{
	struct timespec start, end;
	struct rusage usage;
	long nanoseconds;
	int status;
	pid_t pid;

	program_start("time", help);
	next_option(argc, argv, "+");
	if (optind == argc)
		usage_error("no program given");
	clock_gettime(CLOCK_MONOTONIC, &start);
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (pid == 0)
		exec_command(argv + optind);
	// ^C is for the program; its times are wanted even so.
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	if (wait4(pid, &status, 0, &usage) < 0)
		die_errno("wait");
	clock_gettime(CLOCK_MONOTONIC, &end);
	nanoseconds = (end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec;
	fprintf(stderr, "real %ld.%03ld\nuser %ld.%03ld\nsys %ld.%03ld\n", nanoseconds / 1000000000,
		nanoseconds / 1000000 % 1000, (long)usage.ru_utime.tv_sec,
		(long)usage.ru_utime.tv_usec / 1000, (long)usage.ru_stime.tv_sec,
		(long)usage.ru_stime.tv_usec / 1000);
	return exit_status(status);
}
