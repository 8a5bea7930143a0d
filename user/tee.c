// SPDX-License-Identifier: GPL-2.0-only
//
// tee: copy standard input to standard output and to files.

#include "user/lib.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char help[] = "Usage: tee [-a] [FILE...]\n"
			   "Copy standard input to standard output and to each FILE.\n"
			   "  -a  append to the files\n";

struct output {
	const char *name;
	int fd;
};

// Write to all outputs; one that fails is named and gets no more.
static int write_outputs(struct output *outputs, int count, const char *data, size_t size)
{
	int failed = 0;

	for (int i = 0; i < count; i++) {
		if (outputs[i].fd < 0 || write_all(outputs[i].fd, data, size) == 0)
			continue;
		warn_errno("%s", outputs[i].name);
		outputs[i].fd = -1;
		failed = 1;
	}
	return failed;
}

int main(int argc, char **argv)
{
	static char buffer[65536];
	struct output *outputs = xmalloc(argc * sizeof(*outputs));
	int flags = O_TRUNC, count = 0, failed = 0;
	ssize_t got;

	program_start("tee", help);
	while (next_option(argc, argv, "a") != -1)
		flags = O_APPEND;
	outputs[count++] = (struct output){"standard output", STDOUT_FILENO};
	for (; optind < argc; optind++) {
		int fd = open(argv[optind], O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);

		if (fd < 0) {
			warn_errno("%s", argv[optind]);
			failed = 1;
			continue;
		}
		outputs[count++] = (struct output){argv[optind], fd};
	}
	while ((got = read(STDIN_FILENO, buffer, sizeof(buffer))) != 0) {
		if (got > 0)
			failed |= write_outputs(outputs, count, buffer, got);
		else if (errno != EINTR)
			die_errno("standard input");
	}
	return failed;
}
