// SPDX-License-Identifier: GPL-2.0-only
//
// hostname: print or set the name of this machine.

#include "user/lib.h"

#include <string.h>
#include <unistd.h>

static const char help[] = "Usage: hostname [NAME]\n"
			   "Print the name of this machine, or set it to NAME (root only).\n";

int main(int argc, char **argv)
{
	char name[256];

	program_start("hostname", help);
	next_option(argc, argv, "");
	if (argc - optind > 1)
		usage_error("unexpected: %s", argv[optind + 1]);
	if (optind < argc) {
		if (sethostname(argv[optind], strlen(argv[optind])) < 0)
			die_errno("%s", argv[optind]);
		return 0;
	}
	if (gethostname(name, sizeof(name)) < 0)
		die_errno("hostname");
	puts(name);
	return finish(0);
}
