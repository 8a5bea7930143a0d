// SPDX-License-Identifier: GPL-2.0-only
//
// stty: print or change the modes of the terminal on standard input.

#include "user/lib.h"

#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char help[] = "Usage: stty [SETTING...]\n"
			   "Change the modes of the terminal on standard input, or print them.\n"
			   "  raw  sane (also -raw)  [-]echo  [-]icanon  [-]isig  [-]opost  "
			   "[-]onlcr  [-]icrnl  [-]tostop\n"
			   "  rows N  cols N  size (prints rows and columns)\n";

static const struct {
	const char *name;
	size_t offset;
	tcflag_t bit;
} flags[] = {
	{"echo", offsetof(struct termios, c_lflag), ECHO},
	{"icanon", offsetof(struct termios, c_lflag), ICANON},
	{"isig", offsetof(struct termios, c_lflag), ISIG},
	{"tostop", offsetof(struct termios, c_lflag), TOSTOP},
	{"opost", offsetof(struct termios, c_oflag), OPOST},
	{"onlcr", offsetof(struct termios, c_oflag), ONLCR},
	{"icrnl", offsetof(struct termios, c_iflag), ICRNL},
};

#define FLAGS (sizeof(flags) / sizeof(flags[0]))

static tcflag_t *flag_word(struct termios *t, size_t i)
{
	return (tcflag_t *)((char *)t + flags[i].offset);
}

static void get_size(struct winsize *size)
{
	if (ioctl(STDIN_FILENO, TIOCGWINSZ, size) < 0)
		die_errno("standard input");
}

static void print_all(struct termios *t)
{
	struct winsize size;

	get_size(&size);
	printf("rows %u cols %u", size.ws_row, size.ws_col);
	for (size_t i = 0; i < FLAGS; i++)
		printf(" %s%s", *flag_word(t, i) & flags[i].bit ? "" : "-", flags[i].name);
	putchar('\n');
}

static void set_size(bool rows, const char *text)
{
	struct winsize size;
	long long value;

	if (!text || !parse_number(text, 10, 0, USHRT_MAX, &value))
		usage_error("not a size: %s", text ? text : "");
	get_size(&size);
	if (rows)
		size.ws_row = value;
	else
		size.ws_col = value;
	if (ioctl(STDIN_FILENO, TIOCSWINSZ, &size) < 0)
		die_errno("size");
}

// Apply one setting to `t`. Returns false for an unknown one.
static bool apply(struct termios *t, const char *setting)
{
	bool on = setting[0] != '-';
	const char *name = setting + !on;

	if (strcmp(setting, "raw") == 0) {
		cfmakeraw(t);
		return true;
	}
	if (strcmp(setting, "sane") == 0 || strcmp(setting, "-raw") == 0) {
		termios_sane(t);
		return true;
	}
	for (size_t i = 0; i < FLAGS; i++)
		if (strcmp(name, flags[i].name) == 0) {
			if (on)
				*flag_word(t, i) |= flags[i].bit;
			else
				*flag_word(t, i) &= ~flags[i].bit;
			return true;
		}
	return false;
}

int main(int argc, char **argv)
{
	struct winsize size;
	bool changed = false;
	struct termios t;

	program_start("stty", help);
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		next_option(argc, argv, "");
	if (tcgetattr(STDIN_FILENO, &t) < 0)
		die_errno("standard input");
	if (argc == 1)
		print_all(&t);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "size") == 0) {
			get_size(&size);
			printf("%u %u\n", size.ws_row, size.ws_col);
		} else if (strcmp(argv[i], "rows") == 0 || strcmp(argv[i], "cols") == 0) {
			set_size(argv[i][0] == 'r', argv[i + 1]);
			i++;
		} else if (apply(&t, argv[i])) {
			changed = true;
		} else {
			usage_error("unknown setting: %s", argv[i]);
		}
	}
	if (changed && tcsetattr(STDIN_FILENO, TCSADRAIN, &t) < 0)
		die_errno("standard input");
	return finish(0);
}
