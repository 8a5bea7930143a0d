// SPDX-License-Identifier: GPL-2.0-only
/*
 * fail_nth: the table of operations, a part in each file of this folder. See ../fail_nth.c.
 *
 * To cover another, add a function and a line to the table at the end of the file that fits.
 */
#pragma once

#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <sys/types.h>

#define TOP	 "/tmp/fail_nth"
#define LIMITED	 TOP "/limited"		/* numtasks, with containers */
#define NS	 TOP "/ns"
#define MEMORY	 TOP "/memory"		/* with a container that pays for what the worker uses */
#define SPARE	 TOP "/spare"		/* the place for more */

struct operation {
	const char *name;
	void (*prepare)(void);		/* once; NULL: nothing, as for the others */
	void (*before)(void);		/* in the worker, nothing fails yet */
	int (*run)(void);		/* in the worker: 0, or -1 and errno */
	void (*undo)(void);		/* after a success */
	void (*cleanup)(void);		/* once */
	int error;		/* allowed beside ENOMEM */
	int may_kill;			/* a failure may be the worker's end */
};

/* Each ends with one that has no name. */
extern const struct operation container_operations[], task_operations[], file_operations[];

extern char helper_pid[16];	/* a task with three threads, as text: what is attached */
extern pid_t helper;
extern char *const no_args[];

/* Write a text to a file, which must succeed. */
void put(const char *file, const char *what);
/* Append the names in a directory; the order is the kernel's, which does not change by itself. */
void list(const char *dir, char *buf, size_t size);
void undo_mount(void);
void before_paying(void);	/* the worker pays for what it uses from here on */
