// SPDX-License-Identifier: GPL-2.0-only
//
// uptime: print how long the system has been up and how busy it is.

#include "user/lib.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"Usage: uptime\n"
	"Print how long the system has been up, and the load of the last 1, 5 and 15 minutes.\n";

int main(int argc, char **argv)
{
	char *up, *load, *end;
	unsigned long seconds;

	program_start("uptime", help);
	next_option(argc, argv, "");
	if (optind < argc)
		usage_error("unexpected: %s", argv[optind]);
	up = read_file("/proc/uptime");
	if (!up)
		die_errno("/proc/uptime");
	load = read_file("/proc/loadavg");
	if (!load)
		die_errno("/proc/loadavg");
	seconds = strtoul(up, NULL, 10);
	// The first three words are the load; what follows is not shown.
	end = load;
	for (int i = 0; i < 3 && *end; i++)
		end += 1 + strcspn(end + 1, " \n");
	*end = 0;
	printf("up %lu days, %lu:%02lu:%02lu, load average: %s\n", seconds / 86400,
	       seconds / 3600 % 24, seconds / 60 % 60, seconds % 60, load);
	return finish(0);
}
