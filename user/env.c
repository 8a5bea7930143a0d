// SPDX-License-Identifier: GPL-2.0-only
//
// env: run a program in a changed environment, or print the environment.

#include "user/lib.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"Usage: env [-i] [-u NAME]... [NAME=VALUE]... [PROGRAM ARG...]\n"
	"Run PROGRAM with the given variables added; without PROGRAM print the environment.\n"
	"  -i  start with an empty environment\n"
	"  -u  without variable NAME\n";

extern char **environ;

int main(int argc, char **argv)
{
	int option;

	program_start("env", help);
	while ((option = next_option(argc, argv, "+iu:")) != -1) {
		if (option == 'i')
			clearenv();
		else
			unsetenv(optarg);
	}
	for (; optind < argc && strchr(argv[optind], '='); optind++)
		if (putenv(argv[optind]) != 0)
			die_errno("%s", argv[optind]);
	if (optind < argc)
		exec_command(argv + optind);
	for (char **variable = environ; variable && *variable; variable++)
		puts(*variable);
	return finish(0);
}
