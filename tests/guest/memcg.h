/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the memory controller share: control files of the hierarchy at TOP, children
 * that live in a container, and memory to touch. They run on Paddock only: Linux counts in batches.
 */
#pragma once

#include "tests/guest/tap.h"
#include "tests/guest/usage.h"

#include <stdarg.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define TOP  "/tmp/memcg"
#define PAGE 4096L

// ---- control files ----

static inline const char *path_of(const char *dir, const char *file)
{
	static char paths[4][256];
	static int turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), TOP "/%s%s%s", dir, *dir ? "/" : "", file);
	return path;
}

/* 0 or the errno. */
static inline int put(const char *dir, const char *file, const char *format, ...)
{
	char text[64];
	va_list args;
	int fd = open(path_of(dir, file), O_WRONLY | O_CLOEXEC), error = 0;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		error = errno;
	if (fd >= 0)
		close(fd);
	return error;
}

static inline long number(const char *dir, const char *file)
{
	char text[32];

	read_file(path_of(dir, file), text, sizeof(text));
	return atol(text);
}

static inline long usage_of(const char *dir)
{
	return number(dir, "memory.usage_in_bytes");
}

/* The line `name` of memory.stat. */
static inline long stat_of(const char *dir, const char *name)
{
	static char text[2048];
	char wanted[32], *at;

	text[0] = '\n';
	read_file(path_of(dir, "memory.stat"), text + 1, sizeof(text) - 1);
	snprintf(wanted, sizeof(wanted), "\n%s ", name);
	at = strstr(text, wanted);
	return at ? atol(at + strlen(wanted)) : -1;
}

static inline long oom_kills(const char *dir)
{
	char text[128], *at;

	read_file(path_of(dir, "memory.oom_control"), text, sizeof(text));
	at = strstr(text, "oom_kill ");
	return at ? atol(at + strlen("oom_kill ")) : 0;
}

static inline long slab_objects(const char *cache)
{
	static char text[8192];
	char wanted[40], *at;

	for (int i = 0; i < 4; i++)	/* a chain of containers ends one after the other, from the innermost */
		if (pread(quiesce_fd, wanted, 1, 0) < 0)
			perror("/proc/quiesce");
	read_file("/proc/slabinfo", text, sizeof(text));
	snprintf(wanted, sizeof(wanted), "\n%s ", cache);
	at = strstr(text, wanted);
	return at ? atol(at + strlen(wanted)) : -1;
}

/* The status of a child that runs fn(arg) in the container; 126: could not get in. */
static inline int run_in(const char *dir, int (*fn)(long arg), long arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (put(dir, "tasks", "0"))
			_exit(126);
		_exit(fn(arg));
	}
	return waitpid(pid, &status, 0) == pid ? status : -1;
}
#define EXITED(n) ((n) << 8)

// ---- memory ----

static inline char *map(long pages, int flags)
{
	return mmap(NULL, (size_t)(pages * PAGE), PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
}

static inline void touch(char *p, long pages)
{
	for (long i = 0; i < pages; i++)
		((volatile char *)p)[i * PAGE] = 1;
}

static inline int touch_much(long mib)
{
	touch(map(mib << 8, MAP_PRIVATE), mib << 8);
	return 0;
}
