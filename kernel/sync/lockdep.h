/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What locks tell the lock checker (kernel/debug/lockdep.c) in builds with LOCKDEP=1; nothing at all in others.
 *
 * Each lock carries a lockdep_map. Its name says where the lock was initialised or defined, and is its class: locks
 * from one place follow one order. A lock without a name (all zeroes) has no order, but must still be released by its holder.
 */
#pragma once

#include "kernel/lib/types.h"

struct task_struct;

/* How a lock is taken. */
#define LOCK_SLEEPS 1U		/* mutex, rw_semaphore: belongs to the task. Without it: a spin lock, the CPU's */
#define LOCK_READ   2U		/* others may read too */
#define LOCK_NESTS  4U		/* the holder may take it again */
#define LOCK_TRY    8U		/* does not wait: no order, and any context */

#ifdef CONFIG_LOCKDEP
struct lockdep_map {
	const char *name;	/* the class; immutable */
	u16 class;		/* its number, 0: not looked up yet */
};
#define MAX_HELD 16

/* A lock that is held, or waited for as the last of its list. */
struct held_lock {
	struct lockdep_map *map;
	unsigned long ip;	/* who took it */
	u16 class;
	u8 kind;		/* LOCK_* */
	bool irq;		/* taken in an interrupt handler */
};
/* The sleeping locks of a task, or the spin locks of a CPU; only the task or CPU itself writes. */
struct held_locks {
	unsigned int count;
	struct held_lock lock[MAX_HELD];
};

#define HELD_LOCKS	    struct held_locks held;
#define LOCK_NAME(l)	    __FILE__ ":" STRINGIFY(__LINE__) " " #l
#define LOCKDEP_MAP_INIT(l) .dep = {.name = LOCK_NAME(l)},
#define LOCKDEP_MAP	    struct lockdep_map dep;
#define lockdep_init(l, n)  ((l)->dep = (struct lockdep_map){.name = (n)})

/*
 * Before a lock is waited for (or after a trylock got it), and before it is released. Any context but NMI.
 * `kind`: LOCK_*; for a release LOCK_SLEEPS alone counts.
 */
void lockdep_acquire(struct lockdep_map *map, unsigned int kind);
void lockdep_release(struct lockdep_map *map, unsigned int kind);
/* The caller may sleep: complain if a spin lock is held. */
void lockdep_might_sleep(void);
/* The caller is about to sleep for as long as somebody likes: complain if any lock is held. */
void lockdep_might_freeze(void);
/* The same as lockdep_might_sleep() where it sleeps only to make a page of a program, which pagefault_disable() rules out. */
void lockdep_might_fault(void);
/* Is the lock held, by this CPU (spin locks) or task? */
bool lockdep_is_held(const struct lockdep_map *map);
/* A new task holds nothing. */
void lockdep_init_held(struct held_locks *held);
/*
 * For a debugger that has stopped the machine: say by `print` which sleeping locks a task holds, and which spin locks the CPUs
 * hold. Their number.
 */
unsigned int lockdep_print_task(struct task_struct *p, int (*print)(const char *fmt, ...));
unsigned int lockdep_print_cpus(int (*print)(const char *fmt, ...));
/* Log all locks held by this CPU and its task, and the spin locks of the others. */
void lockdep_show_held(void);
/* Log the sleeping locks of a task that does not run, or of one whose list may change meanwhile; or the spin locks of all CPUs. */
void lockdep_show_task(const struct task_struct *task);
void lockdep_show_cpus(void);
#else
#define LOCK_NAME(l)		   NULL
#define LOCKDEP_MAP_INIT(l)
#define LOCKDEP_MAP
#define lockdep_init(l, n)	   ((void)(n))
#define lockdep_acquire(map, kind) ((void)0)
#define lockdep_release(map, kind) ((void)0)
#define lockdep_might_sleep()	   ((void)0)
#define lockdep_might_fault()	   ((void)0)
#define lockdep_might_freeze()	   ((void)0)
#define lockdep_init_held(held)	   ((void)0)
#define HELD_LOCKS
#define lockdep_show_held()	   ((void)0)
#define lockdep_show_task(task)	   ((void)(task))
#define lockdep_show_cpus()	   ((void)0)
#endif
