// SPDX-License-Identifier: GPL-2.0-only
//
// mkdir: make directories.

#include "user/lib.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"Usage: mkdir [-p] [-m MODE] DIR...\n"
	"Make directories.\n"
	"  -p       also make missing parents; a directory that is there already is no error\n"
	"  -m MODE  permissions, as for chmod\n";

// Make the parents of `path` that are missing. The mode is the default one: -m is for the last
// directory alone.
static int make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int made;

		*slash = 0;
		made = mkdir(path, 0777);
		if (made < 0 && errno != EEXIST && errno != EISDIR) {
			warn_errno("%s", path);
			return 1;
		}
		*slash = '/';
	}
	return 0;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int make(char *path, bool parents, bool exact, mode_t mode)
{
	if (parents && path[0] && make_parents(path))
		return 1;
	if (mkdir(path, mode) < 0) {
		if (errno == EEXIST && parents && is_directory(path))
			return 0;
		warn_errno("%s", path);
		return 1;
	}
	if (exact && chmod(path, mode) < 0) {
		warn_errno("%s", path);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	bool parents = false;
	char *mode_text = NULL;
	mode_t mode = 0777;
	int option, failed = 0;

	program_start("mkdir", help);
	while ((option = next_option(argc, argv, "pm:")) != -1) {
		if (option == 'p')
			parents = true;
		else
			mode_text = optarg;
	}
	if (optind == argc)
		usage_error("no directory given");
	if (mode_text) {
		mode_t mask = umask(0);

		umask(mask);
		if (!parse_mode(mode_text, 0777, mask, &mode))
			usage_error("bad mode: %s", mode_text);
	}
	for (; optind < argc; optind++)
		failed |= make(argv[optind], parents, mode_text, mode);
	return failed;
}
