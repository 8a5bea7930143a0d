// SPDX-License-Identifier: GPL-2.0-only
//
// cp: copy files. The work is done by copy_tree() in lib_files.c.

#include "user/lib.h"

#include <stdlib.h>
#include <unistd.h>

static const char help[] = "Usage: cp [-rp] FILE TARGET\n"
			   "       cp [-rp] FILE... DIR\n"
			   "Copy a FILE to TARGET, or FILEs into DIR.\n"
			   "  -r  also directories, with all in them; links are copied as links\n"
			   "  -p  keep owner, mode and times\n";

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int copy_into(const char *from, const char *dir, bool recurse, bool keep)
{
	char *base = path_base(from), *to = path_join(dir, base);
	int failed = copy_tree(from, to, recurse, keep);

	free(base);
	free(to);
	return failed;
}

int main(int argc, char **argv)
{
	bool recurse = false, keep = false;
	const char *target;
	int option, failed = 0;

	program_start("cp", help);
	while ((option = next_option(argc, argv, "rRp")) != -1) {
		recurse |= option == 'r' || option == 'R';
		keep |= option == 'p';
	}
	if (argc - optind < 2)
		usage_error("a file and a target must be given");
	target = argv[argc - 1];
	if (!is_directory(target)) {
		if (argc - optind > 2)
			die("%s is not a directory", target);
		return copy_tree(argv[optind], target, recurse, keep);
	}
	for (; optind < argc - 1; optind++)
		failed |= copy_into(argv[optind], target, recurse, keep);
	return failed;
}
