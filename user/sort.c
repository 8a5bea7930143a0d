// SPDX-License-Identifier: GPL-2.0-only
//
// sort: sort lines by their bytes, or by a number at their start or in a field.

#include "user/lib.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"Usage: sort [-nru] [-t CHAR] [-k FIRST[,LAST]] [FILE...]\n"
	"Sort the lines of all FILEs together, or of standard input.\n"
	"  -n  by the number at the start   -r  backwards   -u  equal lines once\n"
	"  -k  by fields FIRST to LAST (counted from 1; the end of the line by default)\n"
	"  -t  fields are separated by CHAR, not by blanks\n";

static bool numeric, reverse, unique;
static long long first_field = 1, last_field = LLONG_MAX;
static char separator;

static char **lines;
static size_t line_count;

struct span {
	const char *start;
	size_t length;
};

// Where the next field ends. Blanks that separate belong to the field after them.
static const char *skip_field(const char *at)
{
	if (separator)
		return at + strcspn(at, (char[]){separator, 0});
	at += strspn(at, " \t");
	return at + strcspn(at, " \t");
}

static struct span key(const char *line)
{
	const char *start = line, *end;
	long long field;

	if (first_field == 1 && last_field == LLONG_MAX)
		return (struct span){line, strlen(line)};
	for (field = 1; field < first_field && *start; field++) {
		start = skip_field(start);
		if (separator && *start)
			start++;
	}
	end = start;
	if (last_field == LLONG_MAX)
		end += strlen(end);
	for (; field <= last_field && *end; field++) {
		end = skip_field(end);
		if (separator && *end && field < last_field)
			end++;
	}
	return (struct span){start, end - start};
}

// Compare the numbers at the start of two keys; text that is no number counts as 0.
static int compare_numbers(const char *a, const char *b)
{
	double first = strtod(a, NULL), second = strtod(b, NULL);

	return first < second ? -1 : first > second;
}

static int compare_bytes(struct span a, struct span b)
{
	int order = memcmp(a.start, b.start, a.length < b.length ? a.length : b.length);

	return order ? order : a.length < b.length ? -1 : a.length > b.length;
}

static int compare_keys(const char *a, const char *b)
{
	struct span first = key(a), second = key(b);
	int order;

	if (numeric)
		order = compare_numbers(first.start, second.start);
	else
		order = compare_bytes(first, second);
	return reverse ? -order : order;
}

// Lines with equal keys stand in the order of all their bytes, so that the result never depends on
// the input's order.
static int compare_lines(const void *a, const void *b)
{
	const char *first = *(char *const *)a, *second = *(char *const *)b;
	int order = compare_keys(first, second);

	if (order || unique)
		return order;
	return reverse ? strcmp(second, first) : strcmp(first, second);
}

static int read_lines(const char *path)
{
	static size_t room;
	size_t size = 0;
	FILE *f = open_input(path);
	char *line = NULL;
	ssize_t length;
	int failed;

	if (!f)
		return 1;
	while ((length = getline(&line, &size, f)) > 0) {
		if (line[length - 1] == '\n')
			line[length - 1] = 0;
		if (line_count == room)
			lines = xrealloc(lines, (room = room ? room * 2 : 256) * sizeof(*lines));
		lines[line_count++] = line;
		line = NULL;
		size = 0;
	}
	free(line);
	failed = ferror(f);
	if (failed)
		warn_errno("%s", path);
	if (f != stdin)
		fclose(f);
	return failed;
}

static void parse_key(char *text)
{
	char *last = strchr(text, ',');

	if (last)
		*last++ = 0;
	if (!parse_number(text, 10, 1, LLONG_MAX, &first_field) ||
	    (last && !parse_number(last, 10, first_field, LLONG_MAX, &last_field)))
		usage_error("not a key: %s%s%s", text, last ? "," : "", last ? last : "");
}

int main(int argc, char **argv)
{
	int option, failed = 0;

	program_start("sort", help);
	while ((option = next_option(argc, argv, "nruk:t:")) != -1) {
		numeric |= option == 'n';
		reverse |= option == 'r';
		unique |= option == 'u';
		if (option == 'k')
			parse_key(optarg);
		if (option == 't' && (!optarg[0] || optarg[1]))
			usage_error("not one character: %s", optarg);
		if (option == 't')
			separator = optarg[0];
	}
	if (optind == argc)
		failed = read_lines("-");
	for (; optind < argc; optind++)
		failed |= read_lines(argv[optind]);
	if (failed)
		return STATUS_USAGE;
	if (line_count > 1)
		qsort(lines, line_count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < line_count; i++)
		if (!unique || !i || compare_keys(lines[i - 1], lines[i]) != 0)
			puts(lines[i]);
	return finish(0) ? STATUS_USAGE : 0;
}
