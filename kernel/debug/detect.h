/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Detectors of things that do not happen: a CPU that does not schedule or does not take its timer,
 * a grace period that does not end, a task that is not woken. docs/detectors.md is the chapter;
 * start with watchdog.c.
 */
#pragma once

#include "kernel/lib/types.h"

struct task_struct;

/*
 * After how many seconds each complains; 0: never. From the command line (watchdog=, rcu_stall=,
 * hung_task=), and changed by tests, which call detectors_restart() then. Read plainly.
 */
struct detector_limits {
	unsigned int watchdog; /* lock-ups, soft and hard */
	unsigned int rcu_stall;
	unsigned int hung_task;
};
extern struct detector_limits detector_limits;

/* The limits have changed: begin to count anew. May sleep. */
void detectors_restart(void);

/*
 * This CPU was kept for long by something known, such as a long report: it has not locked up. Any
 * context.
 */
void watchdog_touch(void);

/* ---- between the detectors ---- */
/*
 * How often `cpu` has been seen to run: grows by its timer interrupts and by NMIs it has answered.
 */
u64 watchdog_signs_of_life(unsigned int cpu);
/* rcu_stall.c: one look, in an interrupt, at most one a `period` (ns). */
void rcu_stall_check(u64 period);
/* hung_task.c: the limit has changed. May sleep. */
void hung_task_restart(void);
