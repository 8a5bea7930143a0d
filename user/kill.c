// SPDX-License-Identifier: GPL-2.0-only
//
// kill: send a signal to processes and process groups.

#include "user/lib.h"

#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"Usage: kill [-SIGNAL | -s SIGNAL] PID...\n"
	"       kill -l [NUMBER]\n"
	"Send SIGNAL (a name or number, TERM by default; 0 only checks) to each PID. A negative "
	"PID is a\n"
	"process group, after --; -1 is every process. -l lists the signals' names.\n";

static int list_signals(const char *text)
{
	long long number;

	if (!text) {
		for (int i = 1; signal_name(i); i++)
			printf("%2d %s\n", i, signal_name(i));
		return finish(0);
	}
	if (!parse_number(text, 10, 0, INT_MAX, &number)) {
		number = signal_number(text);
		if (number < 0)
			usage_error("no such signal: %s", text);
		printf("%lld\n", number);
		return finish(0);
	}
	// A shell's status of a killed program is 128 more than the signal.
	if (number > 128)
		number -= 128;
	if (!signal_name(number))
		usage_error("no such signal: %s", text);
	puts(signal_name(number));
	return finish(0);
}

int main(int argc, char **argv)
{
	int signal = SIGTERM, first = 1, failed = 0;
	const char *name = NULL;

	program_start("kill", help);
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		next_option(argc, argv, "");
	if (argc > 1 && strcmp(argv[1], "-l") == 0)
		return list_signals(argc > 2 ? argv[2] : NULL);
	if (argc > 2 && strcmp(argv[1], "-s") == 0) {
		name = argv[2];
		first = 3;
	} else if (argc > 1 && argv[1][0] == '-' && argv[1][1] && strcmp(argv[1], "--") != 0) {
		name = argv[1] + 1;
		first = 2;
	}
	if (name)
		signal = signal_number(name);
	if (signal < 0)
		usage_error("no such signal: %s", name);
	if (first < argc && strcmp(argv[first], "--") == 0)
		first++;
	if (first >= argc)
		usage_error("no process given");
	for (int i = first; i < argc; i++) {
		long long pid;

		if (!parse_number(argv[i], 10, INT_MIN + 1LL, INT_MAX, &pid))
			usage_error("not a process id: %s", argv[i]);
		if (kill(pid, signal) < 0) {
			warn_errno("%s", argv[i]);
			failed = 1;
		}
	}
	return failed;
}
