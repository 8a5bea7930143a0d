// SPDX-License-Identifier: GPL-2.0-only
//
// chown: change the owner and group of files.

#include "user/lib.h"

#include <string.h>
#include <unistd.h>

static const char help[] =
	"Usage: chown [-Rh] USER[:[GROUP]] FILE...\n"
	"       chown [-Rh] :GROUP FILE...\n"
	"Change owner and group, by name or number. 'USER:' takes the group of USER.\n"
	"  -R  also of all below it\n"
	"  -h  of a symbolic link itself (always so for links found by -R)\n";

static uid_t uid = -1;
static gid_t gid = -1;

static void parse_owner(char *text)
{
	char *colon = strchr(text, ':');
	gid_t own_group;

	if (colon)
		*colon++ = 0;
	if (*text) {
		if (!find_user(text, &uid, &own_group))
			die("no such user: %s", text);
		if (colon && !*colon)
			gid = own_group;
	}
	if (colon && *colon && !find_group(colon, &gid))
		die("no such group: %s", colon);
}

static int change(const char *path, const struct stat *st, void *arg)
{
	(void)st;
	(void)arg;
	if (lchown(path, uid, gid) == 0)
		return 0;
	warn_errno("%s", path);
	return 1;
}

int main(int argc, char **argv)
{
	bool recurse = false, links = false;
	int option, failed = 0;

	program_start("chown", help);
	while ((option = next_option(argc, argv, "Rh")) != -1) {
		recurse |= option == 'R';
		links |= option == 'h';
	}
	if (argc - optind < 2)
		usage_error("an owner and a file must be given");
	parse_owner(argv[optind++]);
	for (; optind < argc; optind++) {
		if (recurse) {
			failed |= walk_tree(argv[optind], true, change, NULL);
		} else if ((links ? lchown : chown)(argv[optind], uid, gid) < 0) {
			warn_errno("%s", argv[optind]);
			failed = 1;
		}
	}
	return failed;
}
