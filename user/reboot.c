// SPDX-License-Identifier: GPL-2.0-only
//
// reboot: start the machine anew.

#include "user/lib.h"

#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static const char help[] = "Usage: reboot\n"
			   "Start the machine anew, at once.\n";

int main(int argc, char **argv)
{
	program_start("reboot", help);
	next_option(argc, argv, "");
	if (optind < argc)
		usage_error("unexpected: %s", argv[optind]);
	tcdrain(STDOUT_FILENO);
	syscall(SYS_reboot, REBOOT_MAGIC1, REBOOT_MAGIC2, REBOOT_RESTART, NULL);
	die_errno("cannot reboot");
}
