// SPDX-License-Identifier: GPL-2.0-only
//
// cat: write files one after the other. No buffering of its own: what is read is written at once.

#include "user/lib.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"Usage: cat [FILE...]\n"
	"Write the content of each FILE to standard output; '-' or no FILE is standard input.\n";

static int cat(const char *path)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), result;

	if (fd < 0) {
		warn_errno("%s", path);
		return 1;
	}
	result = copy_data(fd, STDOUT_FILENO);
	if (result == -2)
		die_errno("write error");
	if (result < 0)
		warn_errno("%s", path);
	if (!is_stdin)
		close(fd);
	return result < 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	program_start("cat", help);
	next_option(argc, argv, "");
	if (optind == argc)
		return cat("-");
	for (; optind < argc; optind++)
		failed |= cat(argv[optind]);
	return failed;
}
