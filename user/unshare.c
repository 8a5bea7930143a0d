// SPDX-License-Identifier: GPL-2.0-only
//
// unshare: run a command with namespaces of its own. In the hierarchy of the subsystem ns that also
// makes a container for it.

#define _GNU_SOURCE // unshare()
#include "user/lib.h"

#include <errno.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

static const char help[] = "Usage: unshare [-u] [-m] [-f] [--] COMMAND [ARGUMENT...]\n"
			   "Run COMMAND in new namespaces.\n"
			   "  -u  its own host name\n"
			   "  -m  its own mounts\n"
			   "  -f  run COMMAND as a child and wait for it\n"
			   "Exit status: the command's; 126 it cannot be run, 127 not found.\n";

static int run_child(char **argv)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		die_errno("cannot fork");
	if (child == 0)
		exec_command(argv);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			die_errno("cannot wait");
	return exit_status(status);
}

int main(int argc, char **argv)
{
	bool fork_first = false;
	int flags = 0, option;

	program_start("unshare", help);
	while ((option = next_option(argc, argv, "+umf")) != -1) {
		fork_first |= option == 'f';
		flags |= option == 'u' ? CLONE_NEWUTS : option == 'm' ? CLONE_NEWNS : 0;
	}
	if (optind == argc)
		usage_error("no command given");
	if (unshare(flags) != 0)
		die_errno("cannot unshare");
	if (fork_first)
		return run_child(argv + optind);
	exec_command(argv + optind);
}
