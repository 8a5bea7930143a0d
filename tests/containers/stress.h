// SPDX-License-Identifier: GPL-2.0-only
/* stress: what its two files share. See stress.c. */
#pragma once

#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define PIDS		64		/* short-lived tasks that attachers aim at */

/* Shared by all processes; atomics only, but for the message, which belongs to whoever set `failed` first. */
struct shared {
	atomic_bool gate, failed, quit;
	atomic_int parked;
	atomic_int pids[PIDS];
	atomic_long calls;
	char message[512];
};

extern struct shared *shared;
extern int worker_count;
extern bool on_linux;
extern const char *procfile, *first, *second;	/* the subsystems of the two hierarchies */

void __attribute__((format(printf, 1, 2))) wrong(const char *format, ...);
void sleep_us(long us);
/* DIR/FILE in one of two static buffers. */
char *joined(const char *dir, const char *file);
/* Reads all of PATH in pieces of CHUNK bytes. NULL on a failure that a race explains. */
const char *read_text(const char *path, size_t chunk);

/* Stops the workers, checks what must hold, lets them go on. */
void check_all(void);
/* Containers of SUBSYSTEM's hierarchy, by the list of subsystems; -1: no such subsystem. */
int listed_containers(const char *subsystem);
