// SPDX-License-Identifier: GPL-2.0-only
//
// ln: make links.

#include "user/lib.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] = "Usage: ln [-sf] TARGET NAME\n"
			   "       ln [-sf] TARGET... [DIR]\n"
			   "Make a link NAME to TARGET, or links in DIR (the working directory by "
			   "default) to TARGETs.\n"
			   "  -s  symbolic links\n"
			   "  -f  replace what has the link's name\n";

static bool symbolic, force;

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int make_link(const char *target, const char *name)
{
	for (bool again = false;; again = true) {
		if ((symbolic ? symlink(target, name) : link(target, name)) == 0)
			return 0;
		if (errno != EEXIST || !force || again || unlink(name) < 0)
			break;
	}
	warn_errno("%s", name);
	return 1;
}

int main(int argc, char **argv)
{
	const char *dir = ".";
	int option, last = argc, failed = 0;

	program_start("ln", help);
	while ((option = next_option(argc, argv, "sf")) != -1) {
		symbolic |= option == 's';
		force |= option == 'f';
	}
	if (optind == argc)
		usage_error("no target given");
	if (argc - optind > 1)
		dir = argv[--last];
	if (!is_directory(dir)) {
		if (last - optind > 1)
			die("%s is not a directory", dir);
		return make_link(argv[optind], dir);
	}
	for (; optind < last; optind++) {
		char *base = path_base(argv[optind]), *name = path_join(dir, base);

		failed |= make_link(argv[optind], name);
		free(base);
		free(name);
	}
	return failed;
}
