// SPDX-License-Identifier: GPL-2.0-only
//
// touch: set the times of files to now, making those that are missing.

#include "user/lib.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char help[] =
	"Usage: touch [-c] FILE...\n"
	"Set the times of each FILE to now; make it, empty, where there is none.\n"
	"  -c  make no file\n";

static int touch(const char *path, bool make)
{
	int fd;

	if (utimensat(AT_FDCWD, path, NULL, 0) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	if (!make)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	return fd < 0 ? -1 : close(fd);
}

int main(int argc, char **argv)
{
	bool make = true;
	int failed = 0;

	program_start("touch", help);
	while (next_option(argc, argv, "c") != -1)
		make = false;
	if (optind == argc)
		usage_error("no file given");
	for (; optind < argc; optind++)
		if (touch(argv[optind], make) < 0) {
			warn_errno("%s", argv[optind]);
			failed = 1;
		}
	return failed;
}
