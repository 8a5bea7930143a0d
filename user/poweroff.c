// SPDX-License-Identifier: GPL-2.0-only
//
// poweroff: leave the machine.

#include "user/lib.h"

#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static const char help[] = "Usage: poweroff [STATUS]\n"
			   "Switch the machine off, at once. Under tools/vm STATUS (0 to 255) "
			   "becomes its exit status.\n";

int main(int argc, char **argv)
{
	long long status = 0;

	program_start("poweroff", help);
	next_option(argc, argv, "");
	if (argc - optind > 1)
		usage_error("unexpected: %s", argv[optind + 1]);
	if (optind < argc && !parse_number(argv[optind], 10, 0, 255, &status))
		usage_error("not a status: %s", argv[optind]);
	tcdrain(STDOUT_FILENO);
	// The fourth argument as a status is Paddock's; Linux ignores it for this command.
	syscall(SYS_reboot, REBOOT_MAGIC1, REBOOT_MAGIC2, REBOOT_POWER_OFF, (long)status);
	die_errno("cannot power off");
}
