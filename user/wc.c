// SPDX-License-Identifier: GPL-2.0-only
//
// wc: count lines, words and bytes.

#include "user/lib.h"

#include <ctype.h>
#include <unistd.h>

static const char help[] = "Usage: wc [-lwc] [FILE...]\n"
			   "Count the lines, words and bytes of each FILE, or of standard input.\n"
			   "  -l  lines alone   -w  words alone   -c  bytes alone\n";

struct counts {
	unsigned long long lines, words, bytes;
};

static bool show_lines, show_words, show_bytes;

static void count(FILE *f, struct counts *n)
{
	bool in_word = false;
	int c;

	while ((c = getc(f)) != EOF) {
		n->bytes++;
		n->lines += c == '\n';
		n->words += !in_word && !isspace(c);
		in_word = !isspace(c);
	}
}

// A single number stands alone, for `$(wc -l <file)`; several stand in columns.
static void print(const struct counts *n, const char *name)
{
	int width = show_lines + show_words + show_bytes > 1 ? 7 : 1;
	const char *gap = "";

	if (show_lines) {
		printf("%*llu", width, n->lines);
		gap = " ";
	}
	if (show_words) {
		printf("%s%*llu", gap, width, n->words);
		gap = " ";
	}
	if (show_bytes)
		printf("%s%*llu", gap, width, n->bytes);
	printf("%s%s\n", name ? " " : "", name ? name : "");
}

static int count_operand(const char *path, struct counts *total)
{
	struct counts n = {0};
	FILE *f = open_input(path);
	int failed;

	if (!f)
		return 1;
	count(f, &n);
	failed = ferror(f);
	if (failed)
		warn_errno("%s", path);
	if (f != stdin)
		fclose(f);
	print(&n, path);
	total->lines += n.lines;
	total->words += n.words;
	total->bytes += n.bytes;
	return failed;
}

int main(int argc, char **argv)
{
	struct counts total = {0};
	int option, operands, failed = 0;

	program_start("wc", help);
	while ((option = next_option(argc, argv, "lwc")) != -1) {
		show_lines |= option == 'l';
		show_words |= option == 'w';
		show_bytes |= option == 'c';
	}
	if (!show_lines && !show_words && !show_bytes)
		show_lines = show_words = show_bytes = true;
	operands = argc - optind;
	if (!operands) {
		count(stdin, &total);
		print(&total, NULL);
		if (ferror(stdin))
			die_errno("standard input");
	}
	for (; optind < argc; optind++)
		failed |= count_operand(argv[optind], &total);
	if (operands > 1)
		print(&total, "total");
	return finish(failed);
}
