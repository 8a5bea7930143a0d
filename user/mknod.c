// SPDX-License-Identifier: GPL-2.0-only
//
// mknod: make device nodes and named pipes.

#include "user/lib.h"

#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const char help[] = "Usage: mknod NAME c|b MAJOR MINOR\n"
			   "       mknod NAME p\n"
			   "Make the node of a character or block device, or a named pipe.\n";

int main(int argc, char **argv)
{
	long long numbers[2] = {0, 0};
	mode_t kind;
	int operands;

	program_start("mknod", help);
	next_option(argc, argv, "");
	operands = argc - optind;
	argv += optind;
	if (operands < 2 || strlen(argv[1]) != 1 || !strchr("cbp", argv[1][0]))
		usage_error("a name and a kind must be given");
	kind = argv[1][0] == 'c' ? S_IFCHR : argv[1][0] == 'b' ? S_IFBLK : S_IFIFO;
	if (operands != (kind == S_IFIFO ? 2 : 4))
		usage_error("wrong number of arguments");
	for (int i = 2; i < operands; i++)
		if (!parse_number(argv[i], 0, 0, 1048575, &numbers[i - 2]))
			usage_error("not a device number: %s", argv[i]);
	if (mknod(argv[0], kind | 0666, makedev(numbers[0], numbers[1])) < 0)
		die_errno("%s", argv[0]);
	return 0;
}
