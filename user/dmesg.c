// SPDX-License-Identifier: GPL-2.0-only
//
// dmesg: print the kernel's log so far.

#include "user/lib.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char help[] = "Usage: dmesg\n"
			   "Print the kernel's log so far, from /proc/kmsg.\n";

int main(int argc, char **argv)
{
	int fd, result;

	program_start("dmesg", help);
	next_option(argc, argv, "");
	if (optind < argc)
		usage_error("unexpected: %s", argv[optind]);
	// Without O_NONBLOCK a read at the end of the log waits for the next line.
	fd = open("/proc/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		die_errno("/proc/kmsg");
	result = copy_data(fd, STDOUT_FILENO);
	if (result == -2)
		die_errno("write error");
	if (result < 0 && errno != EAGAIN)
		die_errno("/proc/kmsg");
	return 0;
}
