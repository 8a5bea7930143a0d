// SPDX-License-Identifier: GPL-2.0-only
//
// chmod: change file modes. The symbols are read by parse_mode() in lib_names.c.

#include "user/lib.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"Usage: chmod [-R] MODE FILE...\n"
	"Change the mode of each FILE. MODE is octal, or symbols: who (u g o a), then + - or =, "
	"then\n"
	"permissions (r w x X s t, or u g o to copy), more of them after commas: u=rw,go-w\n"
	"  -R  also of all below it\n";

static const char *mode_text;
static mode_t mask;

static int change(const char *path, const struct stat *st, void *arg)
{
	mode_t mode;

	(void)arg;
	// A link found in a tree has no mode of its own.
	if (S_ISLNK(st->st_mode))
		return 0;
	parse_mode(mode_text, st->st_mode, mask, &mode);
	if (chmod(path, mode) == 0)
		return 0;
	warn_errno("%s", path);
	return 1;
}

static int change_operand(const char *path, bool recurse)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		warn_errno("%s", path);
		return 1;
	}
	return recurse ? walk_tree(path, true, change, NULL) : change(path, &st, NULL);
}

int main(int argc, char **argv)
{
	bool recurse = false;
	int failed = 0;
	mode_t mode;

	program_start("chmod", help);
	// A mode such as -w looks like an option; options, where there are any, come first.
	if (argc > 1 && (strcmp(argv[1], "-R") == 0 || strcmp(argv[1], "--help") == 0 || argc < 3))
		recurse = next_option(argc, argv, "+R") == 'R';
	if (argc - optind < 2)
		usage_error("a mode and a file must be given");
	mode_text = argv[optind++];
	mask = umask(0);
	umask(mask);
	if (!parse_mode(mode_text, 0, mask, &mode))
		usage_error("bad mode: %s", mode_text);
	for (; optind < argc; optind++)
		failed |= change_operand(argv[optind], recurse);
	return failed;
}
