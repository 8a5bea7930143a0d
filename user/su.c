// SPDX-License-Identifier: GPL-2.0-only
//
// su: run a shell or a command as another user. It asks for no password: only a process that may
// set its user ids (root) can.

#include "user/lib.h"

#include <grp.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
	"Usage: su [USER] [-c COMMAND]\n"
	"Run a shell, or COMMAND in a shell, as USER (a name or number; root by default).\n"
	"Only root may.\n";

#define GROUPS_MAX 64

int main(int argc, char **argv)
{
	const char *user = "root", *command = NULL;
	gid_t gid, groups[GROUPS_MAX];
	uid_t uid;

	program_start("su", help);
	while (next_option(argc, argv, "c:") != -1)
		command = optarg;
	if (argc - optind > 1)
		usage_error("unexpected: %s", argv[optind + 1]);
	if (optind < argc)
		user = argv[optind];
	if (!find_user(user, &uid, &gid))
		die("no such user: %s", user);
	user = user_name(uid);
	// Groups first: after setuid() there is no right to change them.
	if (setgroups(user_groups(user, gid, groups, GROUPS_MAX), groups) < 0 || setgid(gid) < 0 ||
	    setuid(uid) < 0)
		die_errno("cannot become %s", user);
	setenv("HOME", user_home(uid), 1);
	setenv("USER", user, 1);
	exec_command(command ? (char *[]){"/bin/sh", "-c", (char *)command, NULL}
			     : (char *[]){"/bin/sh", NULL});
}
