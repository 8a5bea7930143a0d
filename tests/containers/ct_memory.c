// SPDX-License-Identifier: GPL-2.0-only
/* ct: the commands that use memory, of each kind that the memory controller charges, and that read its numbers. See ct.h. */
#define _GNU_SOURCE
#include "ct.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096

/* Maps SIZE bytes as KIND says: "private", "shared" (both anonymous), or a file's name; shared, made as long as that. */
static char *map(size_t size, const char *kind)
{
	bool private = !strcmp(kind, "private");
	int flags = private ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED | (!strcmp(kind, "shared") ? MAP_ANONYMOUS : 0), fd = -1;

	if (!(flags & MAP_ANONYMOUS)) {
		fd = open(kind, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0 || ftruncate(fd, (off_t)size))
			return MAP_FAILED;
	}
	return mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
}

/* Writes to each page of MIB MiB of such memory; `hold`: and keeps it until it is killed. */
static int cmd_touch(int argc, char **argv)
{
	size_t size = strtoul(argv[0], NULL, 10) << 20;
	char *p = map(size, argc > 1 ? argv[1] : "private");

	if (p == MAP_FAILED)
		return report(-1);
	for (size_t at = 0; at < size; at += PAGE)
		((volatile char *)p)[at] = 1;
	report(0);
	fflush(stdout);
	while (argc > 2 && !strcmp(argv[2], "hold"))
		pause();
	return 0;
}

/* Writes KIB KiB to FILE, a page at a time; stops at the first error. */
static int cmd_fill(int argc, char **argv)
{
	static char page[PAGE];
	long left = strtol(argv[1], NULL, 10) << 10;
	int fd = open(argv[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	(void)argc;
	for (; fd >= 0 && left > 0; left -= PAGE)
		if (write(fd, page, PAGE) < 0)
			return report(-1);
	return report(fd);
}

/* The number N of the line "NAME N" in FILE; -1: none. */
static long long field(const char *file, const char *name)
{
	char *text = slurp(file), *line, *save;
	size_t length = strlen(name);
	long long value = -1;

	for (line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, name, length) && line[length] == ' ')
			value = atoll(line + length);
	free(text);
	return value;
}

/* The number of the line NAME in FILE; with LEAST, whether it is at least that (waits for it, 10 s at most). */
static int cmd_field(int argc, char **argv)
{
	long long value = field(argv[0], argv[1]), least = argc > 2 ? atoll(argv[2]) : 0;

	for (int i = 0; argc > 2 && value < least && i < 1000; i++) {
		sleep_ms(10);
		value = field(argv[0], argv[1]);
	}
	if (argc > 2 && value >= least)
		puts("yes");
	else
		printf("%lld\n", value);
	return 0;
}

const struct ct_command memory_commands[] = {
	{ "touch", 1, "MIB [private|shared|FILE [hold]]", cmd_touch },
	{ "fill", 2, "FILE KIB", cmd_fill },
	{ "field", 2, "FILE NAME [LEAST]", cmd_field },
	{ NULL, 0, NULL, NULL },
};
