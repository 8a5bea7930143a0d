// SPDX-License-Identifier: GPL-2.0-only
//
// ps: list all processes, from /proc. A process that ends while it is looked at is left out. Start
// reading at show().

#include "user/lib.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"Usage: ps\n"
	"List all processes: PID, parent, owner, state, processor time used, command.\n"
	"The state is R running, S sleeping, D waiting, T stopped, Z ended and not waited for;\n"
	"then s session leader, + in the foreground.\n";

struct process {
	long ppid, pgrp, session, tpgid;
	unsigned long long ticks;
	const char *comm;
	char state;
};

static char *read_proc(const char *pid, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.20s/%s", pid, file);
	return read_file(path);
}

// Take /proc/PID/stat apart. The command is in parentheses and may itself hold parentheses and
// blanks.
static bool parse_stat(char *text, struct process *p)
{
	char *open = strchr(text, '('), *close = strrchr(text, ')');
	unsigned long long user, kernel;

	if (!open || !close)
		return false;
	*close = 0;
	p->comm = open + 1;
	if (sscanf(close + 2, "%c %ld %ld %ld %*d %ld %*u %*u %*u %*u %*u %llu %llu", &p->state,
		   &p->ppid, &p->pgrp, &p->session, &p->tpgid, &user, &kernel) != 7)
		return false;
	p->ticks = user + kernel;
	return true;
}

static const char *owner(const char *pid)
{
	char *status = read_proc(pid, "status"), *line = status ? strstr(status, "\nUid:") : NULL;
	const char *name = line ? user_name(strtoul(line + 5, NULL, 10)) : "?";

	free(status);
	return name;
}

// The arguments are separated by NULs; a kernel thread or an ended process has none, and is shown
// by its name in brackets.
static void print_command(const char *pid, const char *comm)
{
	char path[64], line[1024];
	size_t length;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/cmdline", pid);
	f = fopen(path, "re");
	length = f ? fread(line, 1, sizeof(line) - 1, f) : 0;
	if (f)
		fclose(f);
	if (!length) {
		printf("[%s]\n", comm);
		return;
	}
	while (length && !line[length - 1])
		length--;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 127)
			line[i] = line[i] ? '?' : ' ';
	printf("%.*s\n", (int)length, line);
}

static void show(const char *pid, long ticks_per_second)
{
	char *text = read_proc(pid, "stat");
	unsigned long long seconds;
	struct process p;
	char state[4];

	if (text && parse_stat(text, &p)) {
		seconds = p.ticks / ticks_per_second;
		snprintf(state, sizeof(state), "%c%s%s", p.state, p.session == atol(pid) ? "s" : "",
			 p.tpgid > 0 && p.pgrp == p.tpgid ? "+" : "");
		printf("%5s %5ld %-8s %-4s %3llu:%02llu ", pid, p.ppid, owner(pid), state,
		       seconds / 60, seconds % 60);
		print_command(pid, p.comm);
	}
	free(text);
}

static int compare_pids(const void *a, const void *b)
{
	long first = atol(*(char *const *)a), second = atol(*(char *const *)b);

	return first < second ? -1 : first > second;
}

int main(int argc, char **argv)
{
	long ticks_per_second = sysconf(_SC_CLK_TCK);
	char **names;
	int count;

	program_start("ps", help);
	next_option(argc, argv, "");
	if (optind < argc)
		usage_error("unexpected: %s", argv[optind]);
	count = list_directory("/proc", &names);
	if (count < 0)
		die_errno("/proc");
	qsort(names, count, sizeof(*names), compare_pids);
	printf("%5s %5s %-8s %-4s %6s COMMAND\n", "PID", "PPID", "USER", "STAT", "TIME");
	for (int i = 0; i < count; i++)
		if (names[i][strspn(names[i], "0123456789")] == 0)
			show(names[i], ticks_per_second);
	return finish(0);
}
