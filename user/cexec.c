// SPDX-License-Identifier: GPL-2.0-only
//
// cexec: run a command in containers. The program moves itself, so that the command and all that it
// starts are in the containers from the first instruction.

#include "user/lib_containers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"Usage: cexec HIERARCHY:/PATH... [--] COMMAND [ARGUMENT...]\n"
	"Run COMMAND in the container PATH of HIERARCHY; several for several hierarchies.\n"
	"HIERARCHY is a mount point, a subsystem, a comma-separated list of them or name=X.\n"
	"Exit status: the command's; 126 it cannot be run, 127 not found; 1 cexec's own.\n";

// Move this process to all `count` containers. All are looked up before the first move, so that a
// mistyped one changes nothing.
static void enter(char **targets, int count)
{
	char **dirs = xmalloc(count * sizeof(*dirs));
	bool missing = false;

	for (int i = 0; i < count; i++) {
		dirs[i] = container_directory(targets[i]);
		missing |= !dirs[i];
	}
	if (missing)
		exit(1);
	for (int i = 0; i < count; i++) {
		int error = move_task(dirs[i], 0, false);

		if (error)
			die("%s: cannot enter: %s", targets[i], move_error(error));
		free(dirs[i]);
	}
	free(dirs);
}

int main(int argc, char **argv)
{
	int command, targets;

	program_start("cexec", help);
	next_option(argc, argv, "+");
	for (command = optind; command < argc && is_container_target(argv[command]);)
		command++;
	if (command == optind)
		usage_error("no container given (HIERARCHY:/PATH)");
	targets = command - optind;
	if (command < argc && strcmp(argv[command], "--") == 0)
		command++;
	if (command == argc)
		usage_error("no command given");
	enter(argv + optind, targets);
	exec_command(argv + command);
}
