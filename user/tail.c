// SPDX-License-Identifier: GPL-2.0-only
//
// tail: the last lines or bytes of files. A file is read whole: files of /proc cannot be read
// backwards.

#include "user/lib.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"Usage: tail [-n LINES | -c BYTES] [FILE...]\n"
	"Print the last LINES (10 by default) of each FILE, or of standard input. With a plus\n"
	"(-n +3) start at that line or byte. -LINES works too.\n";

static long long count = 10;
static bool bytes, from_start;

static char *read_all(FILE *f, size_t *size)
{
	size_t room = 65536, got;
	char *text = xmalloc(room);

	*size = 0;
	while ((got = fread(text + *size, 1, room - *size, f)) > 0) {
		*size += got;
		if (*size == room)
			text = xrealloc(text, room *= 2);
	}
	return text;
}

// Where in `text` the printing starts.
static size_t start_of_tail(const char *text, size_t size)
{
	unsigned long long wanted = count;
	size_t at;

	if (bytes && from_start)
		return wanted > size ? size : wanted ? wanted - 1 : 0;
	if (bytes)
		return wanted > size ? 0 : size - wanted;
	if (from_start) {
		for (at = 0; at < size && wanted > 1; at++)
			wanted -= text[at] == '\n';
		return at;
	}
	if (!wanted)
		return size;
	// The newline at the very end closes the last line and does not start another.
	for (at = size ? size - 1 : 0; at > 0; at--)
		if (text[at - 1] == '\n' && --wanted == 0)
			break;
	return at;
}

static int tail(const char *path, bool heading)
{
	static bool any;
	FILE *f = open_input(path);
	size_t size, start;
	char *text;
	int failed;

	if (!f)
		return 1;
	if (heading)
		printf("%s==> %s <==\n", any ? "\n" : "", path);
	any = true;
	text = read_all(f, &size);
	failed = ferror(f);
	if (failed)
		warn_errno("%s", path);
	start = start_of_tail(text, size);
	fwrite(text + start, 1, size - start, stdout);
	free(text);
	if (f != stdin)
		fclose(f);
	return failed;
}

static void parse_count(const char *text)
{
	from_start = text[0] == '+';
	if (!parse_number(text + (text[0] == '+' || text[0] == '-'), 10, 0, LLONG_MAX, &count))
		usage_error("not a count: %s", text);
}

int main(int argc, char **argv)
{
	int option, failed = 0;

	program_start("tail", help);
	if (argc > 1 && argv[1][0] == '-' && isdigit(argv[1][1])) {
		parse_count(argv[1]);
		optind = 2;
	}
	while ((option = next_option(argc, argv, "n:c:")) != -1) {
		bytes = option == 'c';
		parse_count(optarg);
	}
	if (optind == argc)
		failed = tail("-", false);
	for (bool heading = argc - optind > 1; optind < argc; optind++)
		failed |= tail(argv[optind], heading);
	return finish(failed);
}
