// SPDX-License-Identifier: GPL-2.0-only
//
// id: print who one is.

#include "user/lib.h"

#include <unistd.h>

static const char help[] =
	"Usage: id [-u | -g | -G] [-n]\n"
	"Print user, group and further groups of this process.\n"
	"  -u  the effective user alone   -g  the effective group alone   -G  all groups alone\n"
	"  -n  names for numbers\n";

#define GROUPS_MAX 64

static int print_groups(bool names)
{
	gid_t groups[GROUPS_MAX], own = getegid();
	int count = getgroups(GROUPS_MAX, groups);

	if (count < 0)
		die_errno("groups");
	printf(names ? "%s" : "%.0s%u", group_name(own), own);
	for (int i = 0; i < count; i++)
		if (groups[i] != own)
			printf(names ? " %s" : " %.0s%u", group_name(groups[i]), groups[i]);
	putchar('\n');
	return finish(0);
}

static int print_all(void)
{
	gid_t groups[GROUPS_MAX];
	int count = getgroups(GROUPS_MAX, groups);

	printf("uid=%u(%s) gid=%u(%s)", getuid(), user_name(getuid()), getgid(),
	       group_name(getgid()));
	if (geteuid() != getuid())
		printf(" euid=%u(%s)", geteuid(), user_name(geteuid()));
	if (getegid() != getgid())
		printf(" egid=%u(%s)", getegid(), group_name(getegid()));
	for (int i = 0; i < count; i++)
		printf("%s%u(%s)", i ? "," : " groups=", groups[i], group_name(groups[i]));
	putchar('\n');
	return finish(0);
}

int main(int argc, char **argv)
{
	int option, what = 0;
	bool names = false;

	program_start("id", help);
	while ((option = next_option(argc, argv, "ugGn")) != -1) {
		if (option == 'n')
			names = true;
		else if (what && what != option)
			usage_error("only one of -u, -g and -G");
		else
			what = option;
	}
	if (optind < argc)
		usage_error("unexpected: %s", argv[optind]);
	if (names && !what)
		usage_error("-n needs -u, -g or -G");
	if (what == 'G')
		return print_groups(names);
	if (!what)
		return print_all();
	if (names)
		puts(what == 'u' ? user_name(geteuid()) : group_name(getegid()));
	else
		printf("%u\n", what == 'u' ? geteuid() : getegid());
	return finish(0);
}
