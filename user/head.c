// SPDX-License-Identifier: GPL-2.0-only
//
// head: the first lines or bytes of files.

#include "user/lib.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "Usage: head [-n LINES | -c BYTES] [FILE...]\n"
			   "Print the first LINES (10 by default) of each FILE, or of standard "
			   "input. -LINES works too.\n";

static void print_head(FILE *f, long long lines, long long bytes)
{
	int c;

	while (lines > 0 && bytes > 0 && (c = getc(f)) != EOF) {
		putchar(c);
		lines -= c == '\n';
		bytes--;
	}
}

static int head(const char *path, bool heading, long long lines, long long bytes)
{
	static bool any;
	FILE *f = open_input(path);
	int failed;

	if (!f)
		return 1;
	if (heading)
		printf("%s==> %s <==\n", any ? "\n" : "", path);
	any = true;
	print_head(f, lines, bytes);
	failed = ferror(f);
	if (failed)
		warn_errno("%s", path);
	if (f != stdin)
		fclose(f);
	return failed;
}

int main(int argc, char **argv)
{
	long long lines = 10, bytes = LLONG_MAX;
	int option, failed = 0;

	program_start("head", help);
	if (argc > 1 && argv[1][0] == '-' && isdigit(argv[1][1])) {
		if (!parse_number(argv[1] + 1, 10, 0, LLONG_MAX, &lines))
			usage_error("not a count: %s", argv[1]);
		optind = 2;
	}
	while ((option = next_option(argc, argv, "n:c:")) != -1) {
		lines = bytes = LLONG_MAX;
		if (!parse_number(optarg, 10, 0, LLONG_MAX, option == 'n' ? &lines : &bytes))
			usage_error("not a count: %s", optarg);
	}
	if (optind == argc)
		failed = head("-", false, lines, bytes);
	for (bool heading = argc - optind > 1; optind < argc; optind++)
		failed |= head(argv[optind], heading, lines, bytes);
	return finish(failed);
}
