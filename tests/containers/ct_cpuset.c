// SPDX-License-Identifier: GPL-2.0-only
/* ct: commands about CPUs and memory nodes. See ct.h. Start reading at cpuset_commands[]. */
#define _GNU_SOURCE
#include "ct.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096

/* Asks for the CPUs of the comma list CPUS for PID. */
static int cmd_setaffinity(int argc, char **argv)
{
	cpu_set_t set;
	char *cpu, *save;

	(void)argc;
	CPU_ZERO(&set);
	for (cpu = strtok_r(argv[1], ",", &save); cpu; cpu = strtok_r(NULL, ",", &save))
		CPU_SET(atoi(cpu), &set);
	return report(sched_setaffinity(atoi(argv[0]), sizeof(set), &set));
}

/* What stands behind NAME and a tab in /proc/PID/status. */
static int cmd_status(int argc, char **argv)
{
	char path[64], name[64], *text, *line;

	(void)argc;
	snprintf(path, sizeof(path), "/proc/%s/status", argv[0]);
	snprintf(name, sizeof(name), "\n%s:\t", argv[1]);
	text = slurp(path);
	line = text ? strstr(text, name) : NULL;
	if (!line)
		return report(-1);
	line += strlen(name);
	line[strcspn(line, "\n")] = '\0';
	puts(line);
	return 0;
}

static void touch(volatile char *p, int pages)
{
	for (int i = 0; i < pages; i++)
		p[i * PAGE] = 1;
}

/*
 * Has PAGES pages of its own, touched, and writes its pid to FILE when they are there; holds. When FILE has gone, it touches twice as many
 * beside them and makes FILE again.
 */
static int cmd_pages(int argc, char **argv)
{
	int pages = atoi(argv[0]);

	(void)argc;
	for (;; pages *= 2) {
		/* A page without access on each side keeps the area apart from others. */
		char *p = mmap(NULL, (pages + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED || mprotect(p + PAGE, pages * PAGE, PROT_READ | PROT_WRITE))
			return report(-1);
		touch(p + PAGE, pages);
		write_number(argv[1], getpid());
		while (!access(argv[1], F_OK))
			sleep_ms(5);
	}
}

/* Reads the pages of FILE through a mapping, writes its pid to READY, holds. */
static int cmd_map(int argc, char **argv)
{
	int fd = open(argv[0], O_RDONLY);
	struct stat st;
	char *p;

	(void)argc;
	if (fd < 0 || fstat(fd, &st))
		return report(-1);
	p = mmap(NULL, st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return report(-1);
	for (long at = 0; at < st.st_size; at += PAGE)
		(void)((volatile char *)p)[at];
	write_number(argv[1], getpid());
	for (;;)
		pause();
}

/* On which nodes PID has its area of PAGES pages: "N0=3 N1=4", by /proc/PID/numa_maps. */
static int cmd_nodes(int argc, char **argv)
{
	char path[64], *text, *line, *word, *save, *words;

	(void)argc;
	snprintf(path, sizeof(path), "/proc/%s/numa_maps", argv[0]);
	text = slurp(path);
	if (!text)
		return report(-1);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		long pages = 0, on;
		char out[128] = "";
		int node;

		for (word = strtok_r(line, " ", &words); word; word = strtok_r(NULL, " ", &words)) {
			if (sscanf(word, "N%d=%ld", &node, &on) != 2)
				continue;
			pages += on;
			snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s", *out ? " " : "", word);
		}
		if (pages == atol(argv[1])) {
			puts(out);
			return 0;
		}
	}
	puts("no such area");
	return 1;
}

const struct ct_command cpuset_commands[] = {
	{ "setaffinity", 2, "PID CPUS", cmd_setaffinity },
	{ "status", 2, "PID NAME", cmd_status },
	{ "pages", 2, "PAGES FILE", cmd_pages },
	{ "map", 2, "FILE READY", cmd_map },
	{ "nodes", 2, "PID PAGES", cmd_nodes },
	{ NULL, 0, NULL, NULL },
};
