// SPDX-License-Identifier: GPL-2.0-only
//
// grep: print the lines that match a pattern. The matching is the C library's regcomp(); start
// reading at search().

#include "user/lib.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char help[] =
	"Usage: grep [-EFchilnoqvx] PATTERN [FILE...]\n"
	"       grep [-EFchilnoqvx] -e PATTERN... [FILE...]\n"
	"Print the lines of FILEs, or of standard input, that match a basic regular expression.\n"
	"  -E  extended expressions   -F  plain text         -e  a pattern; may be repeated\n"
	"  -i  ignore case            -v  the other lines    -x  the whole line must match\n"
	"  -c  count lines            -l  names of files     -q  nothing, only the status\n"
	"  -n  with line numbers      -h  no file names      -o  only the part that matches\n"
	"The status is 0 if a line was found, 1 if none, 2 after an error.\n";

static bool extended, fixed, count_only, no_names, ignore_case, names_only, numbers, only_match;
static bool quiet, invert, whole_line, with_names;

struct pattern {
	const char *text;
	regex_t regex;
};

static struct pattern *patterns;
static int pattern_count;

static void add_pattern(const char *text)
{
	patterns = xrealloc(patterns, (pattern_count + 1) * sizeof(*patterns));
	patterns[pattern_count++].text = text;
}

static void compile_patterns(void)
{
	int flags = (extended ? REG_EXTENDED : 0) | (ignore_case ? REG_ICASE : 0);

	for (int i = 0; i < pattern_count && !fixed; i++) {
		int error = regcomp(&patterns[i].regex, patterns[i].text, flags);
		char text[128];

		if (!error)
			continue;
		regerror(error, &patterns[i].regex, text, sizeof(text));
		warn("%s: %s", patterns[i].text, text);
		exit(STATUS_USAGE);
	}
}

static bool find_fixed(const char *text, const char *line, regmatch_t *m)
{
	size_t length = strlen(text);

	for (const char *at = line;; at++) {
		if ((ignore_case ? strncasecmp : strncmp)(at, text, length) == 0) {
			m->rm_so = at - line;
			m->rm_eo = m->rm_so + length;
			return true;
		}
		if (!*at)
			return false;
	}
}

// Whether a match of `p` is in `line`, and where. With -x the match must be the whole line; the
// expressions are leftmost-longest, so the first match is the whole line if any is.
static bool find(const struct pattern *p, const char *line, bool line_start, regmatch_t *m)
{
	if (fixed && whole_line) {
		m->rm_so = 0;
		m->rm_eo = strlen(line);
		return (ignore_case ? strcasecmp : strcmp)(line, p->text) == 0;
	}
	if (fixed)
		return find_fixed(p->text, line, m);
	if (regexec(&p->regex, line, 1, m, line_start ? 0 : REG_NOTBOL) != 0)
		return false;
	return !whole_line || (m->rm_so == 0 && !line[m->rm_eo]);
}

// The leftmost match of any pattern.
static bool find_any(const char *line, bool line_start, regmatch_t *best)
{
	bool found = false;
	regmatch_t m;

	for (int i = 0; i < pattern_count; i++)
		if (find(&patterns[i], line, line_start, &m) &&
		    (!found || m.rm_so < best->rm_so ||
		     (m.rm_so == best->rm_so && m.rm_eo > best->rm_eo))) {
			*best = m;
			found = true;
		}
	return found;
}

static void print_prefix(const char *name, unsigned long long number)
{
	if (with_names)
		printf("%s:", name);
	if (numbers)
		printf("%llu:", number);
}

static void print_matches(const char *name, unsigned long long number, const char *line)
{
	const char *at = line;
	regmatch_t m;

	while (find_any(at, at == line, &m)) {
		if (m.rm_eo > m.rm_so) {
			print_prefix(name, number);
			printf("%.*s\n", (int)(m.rm_eo - m.rm_so), at + m.rm_so);
		}
		at += m.rm_eo > m.rm_so ? m.rm_eo : m.rm_so + 1;
		if (!at[-1] || !*at)
			return;
	}
}

// Search one file. Returns how many lines were selected, at most one where one is enough.
static unsigned long long search(FILE *f, const char *name)
{
	unsigned long long number = 0, selected = 0;
	size_t room = 0;
	char *line = NULL;
	ssize_t length;
	regmatch_t m;

	while ((length = getline(&line, &room, f)) > 0) {
		number++;
		if (line[length - 1] == '\n')
			line[length - 1] = 0;
		if (find_any(line, true, &m) == invert)
			continue;
		selected++;
		if (quiet || names_only)
			break;
		if (count_only)
			continue;
		if (only_match && !invert) {
			print_matches(name, number, line);
		} else if (!only_match) {
			print_prefix(name, number);
			puts(line);
		}
	}
	free(line);
	if (names_only && selected)
		puts(name);
	else if (count_only && !quiet && !names_only) {
		if (with_names)
			printf("%s:", name);
		printf("%llu\n", selected);
	}
	return selected;
}

static void set_option(int option)
{
	static const struct {
		char letter;
		bool *flag;
	} flags[] = {
		{'E', &extended},    {'F', &fixed},	 {'c', &count_only}, {'h', &no_names},
		{'i', &ignore_case}, {'l', &names_only}, {'n', &numbers},    {'o', &only_match},
		{'q', &quiet},	     {'v', &invert},	 {'x', &whole_line},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].letter == option)
			*flags[i].flag = true;
}

int main(int argc, char **argv)
{
	static char *input[] = {"-"};
	bool found = false, failed = false;
	char **paths;
	int option, count;

	program_start("grep", help);
	while ((option = next_option(argc, argv, "EFce:hilnoqvx")) != -1) {
		if (option == 'e')
			add_pattern(optarg);
		else
			set_option(option);
	}
	if (!pattern_count && optind == argc)
		usage_error("no pattern given");
	if (!pattern_count)
		add_pattern(argv[optind++]);
	compile_patterns();
	count = argc - optind;
	paths = count ? argv + optind : input;
	with_names = count > 1 && !no_names;
	for (int i = 0; i < (count ? count : 1); i++) {
		FILE *f = open_input(paths[i]);

		if (!f) {
			failed = true;
			continue;
		}
		found |= search(f, f == stdin ? "(standard input)" : paths[i]) > 0;
		if (ferror(f)) {
			warn_errno("%s", paths[i]);
			failed = true;
		}
		if (f != stdin)
			fclose(f);
		if (found && quiet)
			return 0;
	}
	return finish(0) || failed ? 2 : !found;
}
