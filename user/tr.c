// SPDX-License-Identifier: GPL-2.0-only
//
// tr: replace or delete characters (bytes).

#include "user/lib.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"Usage: tr [-cs] SET1 SET2\n"
	"       tr [-cds] SET1 [SET2]\n"
	"Copy standard input, replacing characters of SET1 by those at the same places of SET2.\n"
	"  -d  delete characters of SET1   -c  SET1 is all others   -s  squeeze repeats of the "
	"last SET\n"
	"Sets: a-z, \\n \\t \\\\ \\0NNN, [:alpha:] [:digit:] [:alnum:] [:space:] [:upper:] "
	"[:lower:] [:punct:]\n";

#define SET_MAX 1024

struct set {
	unsigned char members[SET_MAX];
	int count;
};

static const struct {
	const char *name;
	int (*test)(int c);
} classes[] = {
	{"[:alpha:]", isalpha}, {"[:digit:]", isdigit}, {"[:alnum:]", isalnum},
	{"[:space:]", isspace}, {"[:upper:]", isupper}, {"[:lower:]", islower},
	{"[:punct:]", ispunct},
};

static void add(struct set *set, int c)
{
	if (set->count == SET_MAX)
		die("a set is too long");
	set->members[set->count++] = c;
}

static bool add_class(struct set *set, const char **text)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		size_t length = strlen(classes[i].name);

		if (strncmp(*text, classes[i].name, length) != 0)
			continue;
		*text += length;
		for (int c = 0; c < 256; c++)
			if (classes[i].test(c))
				add(set, c);
		return true;
	}
	return false;
}

// One character, which may be written with a backslash.
static int character(const char **text)
{
	static const char letters[] = "nrtabfv", values[] = "\n\r\t\a\b\f\v";
	const char *found;
	int value = 0;

	if (**text != '\\' || !(*text)[1])
		return (unsigned char)*(*text)++;
	(*text)++;
	if (**text >= '0' && **text <= '7') {
		for (int digits = 0; digits < 3 && **text >= '0' && **text <= '7'; digits++)
			value = value * 8 + *(*text)++ - '0';
		return value & 255;
	}
	found = strchr(letters, **text);
	value = found ? values[found - letters] : (unsigned char)**text;
	(*text)++;
	return value;
}

static void parse_set(struct set *set, const char *text)
{
	while (*text) {
		int first, last;

		if (add_class(set, &text))
			continue;
		first = last = character(&text);
		if (text[0] == '-' && text[1]) {
			text++;
			last = character(&text);
		}
		if (last < first)
			usage_error("a range runs backwards");
		for (; first <= last; first++)
			add(set, first);
	}
}

static void complement(struct set *set)
{
	bool has[256] = {false};

	for (int i = 0; i < set->count; i++)
		has[set->members[i]] = true;
	set->count = 0;
	for (int c = 0; c < 256; c++)
		if (!has[c])
			add(set, c);
}

int main(int argc, char **argv)
{
	bool delete = false, others = false, squeeze = false;
	bool deleted[256] = {false}, squeezed[256] = {false};
	unsigned char map[256];
	struct set from = {.count = 0}, to = {.count = 0};
	int option, c, previous = EOF;

	program_start("tr", help);
	while ((option = next_option(argc, argv, "+cds")) != -1) {
		delete |= option == 'd';
		others |= option == 'c';
		squeeze |= option == 's';
	}
	if (argc - optind < 1 || argc - optind > 2 || (argc - optind == 1 && !delete &&!squeeze) ||
	    (argc - optind == 2 && delete &&!squeeze))
		usage_error("wrong number of sets");
	parse_set(&from, argv[optind]);
	if (others)
		complement(&from);
	if (argc - optind == 2)
		parse_set(&to, argv[optind + 1]);
	for (c = 0; c < 256; c++)
		map[c] = c;
	// A shorter second set is continued with its last character.
	for (int i = 0; i < from.count; i++) {
		deleted[from.members[i]] = delete;
		if (!delete &&to.count)
			map[from.members[i]] = to.members[i < to.count ? i : to.count - 1];
	}
	for (int i = 0; squeeze && i < (to.count ? to.count : from.count); i++)
		squeezed[to.count ? to.members[i] : from.members[i]] = true;
	while ((c = getchar()) != EOF) {
		if (deleted[c])
			continue;
		c = map[c];
		if (squeezed[c] && c == previous)
			continue;
		putchar(c);
		previous = c;
	}
	return finish(0);
}
