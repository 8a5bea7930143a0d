// SPDX-License-Identifier: GPL-2.0-only
//
// echo: write the arguments, in one write(): `/bin/echo $$ > tasks` must reach the kernel as one
// request, and its error must become the exit status.

#include "user/lib.h"

#include <string.h>
#include <unistd.h>

static const char help[] = "Usage: echo [-n] [WORD...]\n"
			   "Write the words, separated by blanks, and a newline.\n"
			   "  -n  no newline\n";

int main(int argc, char **argv)
{
	bool newline = true;
	size_t size = 1, used = 0;
	int first = 1;
	static char small[4096];
	char *line;

	program_start("echo", help);
	// Any other word is data, options among them: scripts echo what they are given.
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		next_option(argc, argv, "");
	if (argc > 1 && strcmp(argv[1], "-n") == 0) {
		newline = false;
		first = 2;
	}
	for (int i = first; i < argc; i++)
		size += strlen(argv[i]) + 1;
	// malloc() asks the kernel for memory four times; most lines are short.
	line = size > sizeof(small) ? xmalloc(size) : small;
	for (int i = first; i < argc; i++) {
		size_t length = strlen(argv[i]);

		if (i > first)
			line[used++] = ' ';
		memcpy(line + used, argv[i], length);
		used += length;
	}
	if (newline)
		line[used++] = '\n';
	if (write_all(STDOUT_FILENO, line, used) < 0)
		die_errno("write error");
	return 0;
}
