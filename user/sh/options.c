// SPDX-License-Identifier: GPL-2.0-only
/*
 * options.c - the shell's options, on its command line and through `set`. Start at the table.
 */
#include <string.h>

#include "user/sh/sh.h"

/* One line per option: letter (0: only -o), long name. The order is that of enum O_*. */
static const struct {
	char letter;
	const char *name;
} options[O_N] = {
	[O_ALLEXPORT] = { 'a', "allexport" }, [O_ERREXIT] = { 'e', "errexit" },
	[O_NOGLOB] = { 'f', "noglob" },	      [O_MONITOR] = { 'm', "monitor" },
	[O_NOEXEC] = { 'n', "noexec" },	      [O_NOUNSET] = { 'u', "nounset" },
	[O_VERBOSE] = { 'v', "verbose" },     [O_XTRACE] = { 'x', "xtrace" },
	[O_NOCLOBBER] = { 'C', "noclobber" }, [O_PIPEFAIL] = { 0, "pipefail" },
};

/* Turn the option with that letter on or off; false if there is none. */
bool option_letter(char c, bool on)
{
	for (int i = 0; i < O_N; i++) {
		if (c && options[i].letter == c) {
			sh.opt[i] = on;
			return true;
		}
	}
	return false;
}

static void list_options(bool as_commands)
{
	for (int i = 0; i < O_N; i++) {
		if (as_commands)
			out_printf("set %co %s\n", sh.opt[i] ? '-' : '+', options[i].name);
		else
			out_printf("%-12s %s\n", options[i].name, sh.opt[i] ? "on" : "off");
	}
}

/* -o or +o with what follows it; returns how many arguments that took beside it, -1: no such. */
static int long_option(const char *name, bool on)
{
	if (!name) {
		list_options(!on);
		return 0;
	}
	for (int i = 0; i < O_N; i++) {
		if (!strcmp(options[i].name, name)) {
			sh.opt[i] = on;
			return 1;
		}
	}
	return -1;
}

/*
 * Read options from argv[1] on, as `set` and the command line share them; a `c`, `i`, `l` or `s` is
 * left to the caller. Returns the index of the first other argument, or -1 after a message where
 * builtin_error() returns.
 */
int options_parse(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		bool on = argv[i][0] == '-';
		const char *s = argv[i] + 1;

		if ((!on && argv[i][0] != '+') || !*s || !strcmp(argv[i], "--"))
			break;
		for (; *s; s++) {
			if (*s == 'o') {
				int took = long_option(i + 1 < argc ? argv[i + 1] : NULL, on);

				if (took < 0)
					return -!!builtin_error(2, "%s: %s: no such option",
								argv[0], argv[i + 1]);
				i += took;
			} else if (!option_letter(*s, on)) {
				return -!!builtin_error(2, "%s: -%c: no such option", argv[0], *s);
			}
		}
	}
	return i;
}

/* The letters of $-. */
void options_string(char *to)
{
	for (int i = 0; i < O_N; i++)
		if (sh.opt[i] && options[i].letter)
			*to++ = options[i].letter;
	if (sh.interactive)
		*to++ = 'i';
	if (sh.from_stdin)
		*to++ = 's';
	*to = 0;
}

/* set [OPTION...] [--] [ARG...] */
int builtin_set(int argc, char **argv)
{
	int i;

	if (argc == 1) {
		var_print(0, "");
		return 0;
	}
	i = options_parse(argc, argv);
	if (i < 0)
		return 2;
	if (i < argc && !strcmp(argv[i], "--"))
		params_set(argc - i - 1, argv + i + 1);
	else if (i < argc && !strcmp(argv[i], "-"))
		params_set(argc - i - 1, argv + i + 1);
	else if (i < argc)
		params_set(argc - i, argv + i);
	return 0;
}
