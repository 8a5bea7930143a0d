// SPDX-License-Identifier: GPL-2.0-only
//
// readlink: print where symbolic links point.

#include "user/lib.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
	"Usage: readlink [-fn] FILE...\n"
	"Print what each symbolic link contains.\n"
	"  -f  the absolute path without any links   -n  no newline at the end\n";

static int print_link(const char *path, bool absolute, bool newline)
{
	char text[PATH_MAX];
	ssize_t length;

	if (absolute) {
		if (!realpath(path, text))
			return -1;
	} else {
		length = readlink(path, text, sizeof(text) - 1);
		if (length < 0)
			return -1;
		text[length] = 0;
	}
	printf("%s%s", text, newline ? "\n" : "");
	return 0;
}

int main(int argc, char **argv)
{
	bool absolute = false, newline = true;
	int option, failed = 0;

	program_start("readlink", help);
	while ((option = next_option(argc, argv, "fn")) != -1) {
		absolute |= option == 'f';
		newline &= option != 'n';
	}
	if (optind == argc)
		usage_error("no file given");
	for (; optind < argc; optind++)
		if (print_link(argv[optind], absolute, newline) < 0) {
			warn_errno("%s", argv[optind]);
			failed = 1;
		}
	return finish(failed);
}
