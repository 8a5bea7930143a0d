/* SPDX-License-Identifier: GPL-2.0-only */
/* Small things that several guest tests need: time, chance, and children that may hang. */
#pragma once

#include <stdio.h>
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

/* Wait, at most 10 seconds, until a child sleeps in a call that a signal would interrupt. 1: it does. */
static inline int becomes_asleep(pid_t pid)
{
	long end = now_ms() + 10000;

	while (task_state(pid) != 'S' && now_ms() < end)
		usleep(1000);
	return task_state(pid) == 'S';
}
