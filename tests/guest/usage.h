/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel has in use, to the object and the page, for tests that compare before and after:
 * usage_init() once, read_usage(), same_usage(), show_usage(). Only what is the kernel's may differ:
 * the caller must not gain pages itself in between (so no malloc(), and all it touches was touched
 * before). Needs root.
 */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct usage {
	char slabs[4096];	/* cache and objects in use, a line each */
	char meminfo[1024];
	long memory;		/* KiB that are free, or in hand of caches, stacks and page tables */
	long address_spaces;	/* mm_structs: a CPU that idles keeps the one that it had last */
};

/* The same for all files of a program. */
__attribute__((weak)) int quiesce_fd;	/* open all the time: its file and dentry would be freed after it has waited */

static inline void read_file(const char *name, char *buf, size_t size)
{
	int fd = open(name, O_RDONLY);
	size_t used = 0;
	ssize_t n;

	while (fd >= 0 && used + 1 < size && (n = read(fd, buf + used, size - 1 - used)) > 0)
		used += (size_t)n;
	buf[used] = 0;
	if (fd >= 0)
		close(fd);
}

static inline long kilobytes(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? atol(at + strlen(name)) : 0;
}

/* A line for each cache, but for those whose objects are made once, when they are first needed, and kept for ever. */
static inline void read_slabs(struct usage *u)
{
	static char text[8192];
	char *line = text, name[32];
	long active;

	read_file("/proc/slabinfo", text, sizeof(text));
	u->slabs[0] = 0;
	for (; line && *line; line = strchr(line, '\n'), line += !!line)
		if (sscanf(line, "%31s %ld", name, &active) != 2 || *name == '#')
			continue;
		else if (!strcmp(name, "mm_struct"))
			u->address_spaces = active;
		else if (strcmp(name, "pid_counts"))
			snprintf(u->slabs + strlen(u->slabs), sizeof(u->slabs) - strlen(u->slabs), "%s %ld\n", name,
				 active);
}

/* With `settled`, after all that was put off (grace periods, the work queue) has been done. */
static inline void read_usage(struct usage *u, int settled)
{
	char c;

	if (settled && pread(quiesce_fd, &c, 1, 0) < 0)
		perror("/proc/quiesce");
	read_slabs(u);
	read_file("/proc/meminfo", u->meminfo, sizeof(u->meminfo));
	u->memory = kilobytes(u->meminfo, "MemFree:") + kilobytes(u->meminfo, "Slab:") +
		    kilobytes(u->meminfo, "KernelStack:") + kilobytes(u->meminfo, "PageTables:");
}

/* How many more objects are in use in `b`, in the cache with the largest difference; its name. */
static inline long most_gained(const struct usage *a, const struct usage *b, char cache[32])
{
	const char *next_a = a->slabs, *next_b = b->slabs;
	char name[32];
	long most = 0, before, after;

	cache[0] = 0;
	while (sscanf(next_a, "%31s %ld", name, &before) == 2 && sscanf(next_b, "%31s %ld", name, &after) == 2) {
		if (after - before > most) {
			most = after - before;
			strcpy(cache, name);
		}
		next_a = strchr(next_a, '\n') + 1;
		next_b = strchr(next_b, '\n') + 1;
	}
	return most;
}

static inline int same_usage(const struct usage *a, const struct usage *b)
{
	return !strcmp(a->slabs, b->slabs) && a->memory == b->memory;
}

/* Where two texts of the same lines differ. */
static inline void show_lines(const char *a, const char *b)
{
	const char *next_a, *next_b;

	for (; (next_a = strchr(a, '\n')) && (next_b = strchr(b, '\n')); a = next_a + 1, b = next_b + 1)
		if (next_a - a != next_b - b || strncmp(a, b, (size_t)(next_a - a)))
			printf("# %.*s, then %.*s\n", (int)(next_a - a), a, (int)(next_b - b), b);
}

static inline void show_usage(const struct usage *a, const struct usage *b)
{
	show_lines(a->slabs, b->slabs);
	if (a->memory != b->memory) {
		printf("# %ld KiB of memory have become %ld\n", a->memory, b->memory);
		show_lines(a->meminfo, b->meminfo);
	}
}

/* The stack's pages are had here, not in the midst of counting pages. */
static inline void usage_init(void)
{
	char room[32768];

	memset(room, 1, sizeof(room));
	__asm__ volatile("" : : "r"(room) : "memory");
	quiesce_fd = open("/proc/quiesce", O_RDONLY | O_CLOEXEC);
}
