// SPDX-License-Identifier: GPL-2.0-only
//
// taskset: show or set on which CPUs a task may run, or run a program on them.

#include "user/lib.h"

#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CPUS  1024
#define BYTES (CPUS / 8)

static const char help[] =
	"Usage: taskset [-c] CPUS PROGRAM [ARG...]\n"
	"       taskset [-c] -p [CPUS] PID\n"
	"Run PROGRAM on the given CPUs alone; or with -p show, or set, those of the task PID.\n"
	"CPUS is a mask in hexadecimal, with -c a list such as 0,2-3\n";

static bool as_list;
static unsigned char cpus[BYTES];

static bool has(int cpu)
{
	return cpus[cpu / 8] >> cpu % 8 & 1;
}

static void add(int cpu)
{
	cpus[cpu / 8] |= 1 << cpu % 8;
}

static bool parse_mask(const char *text)
{
	size_t digits;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		text += 2;
	digits = strlen(text);
	if (!digits || digits > CPUS / 4 || strspn(text, "0123456789abcdefABCDEF") != digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		const char *hex = "0123456789abcdef0123456789ABCDEF";
		int value =
			(strchr(hex + (text[i] >= 'A' && text[i] <= 'F' ? 16 : 0), text[i]) - hex) %
			16;

		for (int bit = 0; bit < 4; bit++)
			if (value >> bit & 1)
				add((digits - 1 - i) * 4 + bit);
	}
	return true;
}

static bool parse_list(char *text)
{
	char *part;

	while ((part = strsep(&text, ","))) {
		char *dash = strchr(part, '-');
		long long first, last;

		if (dash)
			*dash++ = 0;
		if (!parse_number(part, 10, 0, CPUS - 1, &first))
			return false;
		last = first;
		if (dash && !parse_number(dash, 10, first, CPUS - 1, &last))
			return false;
		while (first <= last)
			add(first++);
	}
	return true;
}

static void print_list(void)
{
	const char *gap = "";

	for (int cpu = 0; cpu < CPUS; cpu++) {
		int last = cpu;

		if (!has(cpu))
			continue;
		while (last + 1 < CPUS && has(last + 1))
			last++;
		printf(last > cpu ? "%s%d-%d" : "%s%d", gap, cpu, last);
		gap = ",";
		cpu = last;
	}
	putchar('\n');
}

static void print_mask(void)
{
	int digit = CPUS / 4 - 1;

	while (digit > 0 && !(cpus[digit / 2] >> digit % 2 * 4 & 15))
		digit--;
	for (; digit >= 0; digit--)
		printf("%x", cpus[digit / 2] >> digit % 2 * 4 & 15);
	putchar('\n');
}

static void show(int pid, const char *when)
{
	memset(cpus, 0, sizeof(cpus));
	// The system call itself: the C library's set has room for fewer CPUs than the kernel may
	// have.
	if (syscall(SYS_sched_getaffinity, pid, sizeof(cpus), cpus) < 0)
		die_errno("%d", pid);
	printf("pid %d's %s affinity %s: ", pid, when, as_list ? "list" : "mask");
	if (as_list)
		print_list();
	else
		print_mask();
}

static void set(int pid, char *text)
{
	char *copy = xstrdup(text);

	memset(cpus, 0, sizeof(cpus));
	if (!(as_list ? parse_list(copy) : parse_mask(copy)))
		usage_error("not a %s of CPUs: %s", as_list ? "list" : "mask", text);
	if (syscall(SYS_sched_setaffinity, pid, sizeof(cpus), cpus) < 0)
		die_errno("%s", text);
}

int main(int argc, char **argv)
{
	bool of_pid = false;
	int option, operands;
	long long pid;

	program_start("taskset", help);
	while ((option = next_option(argc, argv, "+cp")) != -1) {
		as_list |= option == 'c';
		of_pid |= option == 'p';
	}
	operands = argc - optind;
	if (!of_pid) {
		if (operands < 2)
			usage_error("CPUs and a program must be given");
		set(0, argv[optind]);
		exec_command(argv + optind + 1);
	}
	if (operands < 1 || operands > 2)
		usage_error("a task must be given");
	if (!parse_number(argv[argc - 1], 10, 0, INT_MAX, &pid))
		usage_error("not a process id: %s", argv[argc - 1]);
	show(pid, "current");
	if (operands == 2) {
		set(pid, argv[optind]);
		show(pid, "new");
	}
	return finish(0);
}
