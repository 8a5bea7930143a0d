// SPDX-License-Identifier: GPL-2.0-only
/*
 * ct - the program with which the conformance cases touch the kernel: one command is one system call (or one short
 * sequence of them), and its result is one line, `ok` or the name of the errno.
 *
 * ct.c has main(), ct_files.c the commands on files, ct_tasks.c those on processes, ct_cpuset.c those about CPUs and memory nodes, ct_memory.c
 * those that use memory, ct_case.c the driver that runs one case from a clean state. It works unchanged on Paddock and on Linux's cgroup v1.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define MAX_SUBSYS	64

struct ct_command {
	const char *name;
	int least;		/* arguments behind the name, at least */
	const char *usage;
	int (*run)(int argc, char **argv);	/* argv[0] is the first argument; returns the exit status */
};

extern const struct ct_command file_commands[], task_commands[], cpuset_commands[], memory_commands[], case_commands[];

/* Prints `ok` where RET is not negative, else the name of errno. Returns the exit status 0 or 1. */
int report(long ret);
const char *errno_name(int error);

/* Reads PATH to its end in reads of CHUNK bytes into a new buffer (NUL behind it). Returns NULL with errno set on failure. */
char *slurp_by(const char *path, size_t chunk, size_t *length);
char *slurp_fd(int fd, size_t chunk, size_t *length);	/* the same of what is open, from where it stands */
char *slurp(const char *path);
bool contains_number(const char *text, long number);
/* True when the comma list NAMES, which ends at END, holds NAME. */
bool list_has(const char *names, const char *end, const char *name);

/* The system below: Paddock's names, or Linux's. */
bool on_linux(void);
const char *fstype(void);		/* container, cgroup */
const char *list_path(void);		/* /proc/containers, /proc/cgroups */

struct subsys {
	char name[32];
	long hierarchy;
	long containers;
	int columns;
};

/* Reads the list of subsystems, in its order. Returns how many there are. */
int read_subsystems(struct subsys out[MAX_SUBSYS]);

/*
 * The path of task PID ("self" too) in the hierarchy of SUBSYS (or, with name=X, in that one), in a static buffer. NULL when
 * no line names it. The line itself goes to *LINE if that is not NULL.
 */
const char *task_path(const char *pid, const char *subsys, const char **line);
void sleep_ms(long ms);
/* Makes the file PATH with NUMBER in it, all at once. */
void write_number(const char *path, long number);
