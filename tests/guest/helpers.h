/* SPDX-License-Identifier: GPL-2.0-only */
/* Small things that several guest tests need: time, chance, and children that may hang. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The same for all files of a program; a child that shall not do what its parent does sets it. */
__attribute__((weak)) unsigned int seed;

/* A number from 0 to n - 1, by chance. */
static inline unsigned int any(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

/* Wait at most `ms` for the end of a child. 1: it has ended. */
static inline int ends_within(pid_t pid, long ms)
{
	long end = now_ms() + ms;
	pid_t got;

	while (!(got = waitpid(pid, NULL, WNOHANG)) && now_ms() < end)
		usleep(2000);
	return got == pid;
}

/* The letter of a process's state in /proc, 0: there is none. */
static inline char task_state(pid_t pid)
{
	char name[32], state = 0;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	f = fopen(name, "r");
	if (f) {
		if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		fclose(f);
	}
	return state;
}

/* A field of /proc/PID/status as a number, whose base is 10 or 16. -1: there is none. */
static inline long long status_number(pid_t pid, const char *field, int base)
{
	char name[32], line[256];
	long long value = -1;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/status", pid);
	f = fopen(name, "r");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, field, strlen(field)) && line[strlen(field)] == ':')
			value = strtoll(line + strlen(field) + 1, NULL, base);
	if (f)
		fclose(f);
	return value;
}

/* Wait, at most 10 seconds, until a child sleeps in a call that a signal would interrupt. 1: it does. */
static inline int becomes_asleep(pid_t pid)
{
	long end = now_ms() + 10000;

	while (task_state(pid) != 'S' && now_ms() < end)
		usleep(1000);
	return task_state(pid) == 'S';
}

/*
 * Checks in a child, for what changes a process for good: in_child(fn) is 0 if all MUST() of fn held, else the line of the first
 * that did not; -1: the child has died of something else.
 */
__attribute__((weak)) volatile int *must_line;

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "# line %d: not %s, errno %d\n", __LINE__, #cond, errno);  \
			*must_line = __LINE__;                                                     \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

/* MUST_FAIL(call, error): -1 and that errno. */
#define MUST_FAIL(call, error) MUST((errno = 0, (long)(call) == -1 && errno == (error)))

static inline int in_child(void (*fn)(void))
{
	int status = -1;
	pid_t pid;

	if (!must_line)
		must_line = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*must_line = 0;
	pid = fork();
	if (!pid) {
		fn();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return *must_line ? *must_line : status ? -1 : 0;
}

/* Copies this program to `to` and sets its set-user-ID bit. 0; -1: it could not be done. */
static inline int copy_set_id(const char *to)
{
	char buf[4096];
	int in = open("/proc/self/exe", O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			return -1;
	close(in);
	close(out);
	return chmod(to, 04755);
}
