// SPDX-License-Identifier: GPL-2.0-only
//
// cattach: move running tasks to a container. Each pid is moved on its own: one that cannot be moved
// does not keep the others back.

#include "user/lib_containers.h"

#include <limits.h>
#include <unistd.h>

static const char help[] =
	"Usage: cattach [-g] HIERARCHY:/PATH PID...\n"
	"Move the tasks PID... to the container PATH of HIERARCHY (0 is cattach itself).\n"
	"HIERARCHY is a mount point, a subsystem, a comma-separated list of them or name=X.\n"
	"  -g  move the whole thread group of each PID\n"
	"Exit status: 0, or 1 when a task was not moved.\n";

int main(int argc, char **argv)
{
	bool group = false;
	const char *target;
	int failed = 0;
	char *dir;

	program_start("cattach", help);
	while (next_option(argc, argv, "g") != -1)
		group = true;
	if (optind == argc || !is_container_target(argv[optind]))
		usage_error("no container given (HIERARCHY:/PATH)");
	target = argv[optind++];
	if (optind == argc)
		usage_error("no pid given");
	dir = container_directory(target);
	if (!dir)
		return 1;
	for (; optind < argc; optind++) {
		long long pid;
		int error;

		if (!parse_number(argv[optind], 10, 0, INT_MAX, &pid)) {
			warn("%s: not a pid", argv[optind]);
			failed = 1;
			continue;
		}
		error = move_task(dir, pid, group);
		if (error) {
			warn("cannot move %lld to %s: %s", pid, target, move_error(error));
			failed = 1;
		}
	}
	return failed;
}
