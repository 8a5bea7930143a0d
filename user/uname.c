// SPDX-License-Identifier: GPL-2.0-only
//
// uname: print what system this is.

#include "user/lib.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char help[] =
	"Usage: uname [-asnrvm]\n"
	"Print the name of the kernel, or:\n"
	"  -s  kernel   -n  host   -r  release   -v  version   -m  machine   -a  all of them\n";

int main(int argc, char **argv)
{
	static const char letters[] = "snrvm";
	struct utsname u;
	const char *fields[] = {u.sysname, u.nodename, u.release, u.version, u.machine};
	bool wanted[sizeof(fields) / sizeof(fields[0])] = {false}, any = false;
	int option;

	program_start("uname", help);
	while ((option = next_option(argc, argv, "asnrvm")) != -1)
		for (int i = 0; letters[i]; i++)
			any |= wanted[i] |= option == 'a' || option == letters[i];
	if (optind < argc)
		usage_error("unexpected: %s", argv[optind]);
	if (uname(&u) < 0)
		die_errno("uname");
	if (!any)
		wanted[0] = true;
	any = false;
	for (int i = 0; letters[i]; i++)
		if (wanted[i]) {
			printf("%s%s", any ? " " : "", fields[i]);
			any = true;
		}
	putchar('\n');
	return finish(0);
}
