// SPDX-License-Identifier: GPL-2.0-only
//
// umount: detach file systems.

#include "user/lib.h"

#include <sys/mount.h>
#include <unistd.h>

static const char help[] = "Usage: umount [-fl] DIR...\n"
			   "Detach the file system that is mounted on each DIR.\n"
			   "  -l  detach now, and finish when nothing uses it any more\n"
			   "  -f  even if it does not answer\n";

int main(int argc, char **argv)
{
	int option, flags = 0, failed = 0;

	program_start("umount", help);
	while ((option = next_option(argc, argv, "lf")) != -1)
		flags |= option == 'l' ? MNT_DETACH : MNT_FORCE;
	if (optind == argc)
		usage_error("no directory given");
	for (; optind < argc; optind++)
		if (umount2(argv[optind], flags) < 0) {
			warn_errno("%s", argv[optind]);
			failed = 1;
		}
	return failed;
}
