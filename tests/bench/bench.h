// SPDX-License-Identifier: GPL-2.0-only
/* bench: what its files share. See bench.c; bench_containers.c has the cases of containers. */
#pragma once

#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define FAULT_PAGES	64

extern char reason[256];		/* why the running case cannot go on; "" while it can */
extern pid_t partner;			/* a process that a case has started */

/* Notes why the case cannot go on, the errno included if it is set. Returns false, for `return fail(...)`. */
bool __attribute__((format(printf, 1, 2))) fail(const char *format, ...);
char *map_pages(size_t pages);
void done_faults(void);
bool setup_pipes(void);
void done_pipes(void);

/* ---- bench_containers.c: for the table ---- */
bool prepare_mount(void);
bool op_mount(void);
bool setup_mountpoint(void);
bool setup_hierarchy(void);
void done_hierarchy(void);
bool op_mkdir(void);
bool setup_attach(void);
bool op_attach(void);
void done_attach(void);
void done_groups(void);
bool setup_1000_groups(void);
bool setup_10000_groups(void);
void done_members(void);
bool setup_200(void);
bool setup_10000(void);
bool op_read_tasks(void);
bool op_read_proc(void);
bool setup_memory3(void);
bool setup_cpu_memory3(void);
void done_nested(void);
void done_faults_nested(void);
bool setup_pipes_cpu3(void);
bool setup_pipes_cpu_memory3(void);
bool setup_pipes_cpuacct3(void);
void done_pipes_nested(void);
