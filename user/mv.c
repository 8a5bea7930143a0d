// SPDX-License-Identifier: GPL-2.0-only
//
// mv: rename files; between file systems, where rename(2) cannot, copy and remove.

#include "user/lib.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] = "Usage: mv [-f] FILE TARGET\n"
			   "       mv [-f] FILE... DIR\n"
			   "Rename FILE to TARGET, or move FILEs into DIR. An existing target is "
			   "replaced, with or without -f.\n";

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int move(const char *from, const char *to)
{
	if (rename(from, to) == 0)
		return 0;
	if (errno != EXDEV) {
		warn("%s to %s: %s", from, to, error_text(errno));
		return 1;
	}
	if (unlink(to) < 0 && errno != ENOENT) {
		warn_errno("%s", to);
		return 1;
	}
	return copy_tree(from, to, true, true) || remove_tree(from, true, false);
}

static int move_into(const char *from, const char *dir)
{
	char *base = path_base(from), *to = path_join(dir, base);
	int failed = move(from, to);

	free(base);
	free(to);
	return failed;
}

int main(int argc, char **argv)
{
	const char *target;
	int failed = 0;

	program_start("mv", help);
	while (next_option(argc, argv, "f") != -1)
		continue;
	if (argc - optind < 2)
		usage_error("a file and a target must be given");
	target = argv[argc - 1];
	if (!is_directory(target)) {
		if (argc - optind > 2)
			die("%s is not a directory", target);
		return move(argv[optind], target);
	}
	for (; optind < argc - 1; optind++)
		failed |= move_into(argv[optind], target);
	return failed;
}
