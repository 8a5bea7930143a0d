/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sleeping until something is true (wait.c): wait queues and completions. Linux's names and
 * meanings, with times in nanoseconds.
 *
 * A waiter puts itself on the queue, sets its state, tests the condition, sleeps; a waker makes the
 * condition true and then wakes: no wake-up is lost. wait_event() and friends are that loop.
 */
#pragma once

#include "kernel/lib/err.h"
#include "kernel/lib/list.h"
#include "kernel/sync/spinlock.h"

struct task_struct;

/* task_struct.state; the letters are those of /proc/PID/stat. */
#define TASK_RUNNING	     0x00	/* R: runs or waits for a CPU */
#define TASK_INTERRUPTIBLE   0x01	/* S */
#define TASK_UNINTERRUPTIBLE 0x02	/* D */
#define TASK_STOPPED	     0x04	/* T: job control */
#define TASK_TRACED	     0x08	/* t: stopped for its tracer */
#define TASK_DEAD	     0x10	/* has left schedule() for the last time */
#define TASK_WAKEKILL	     0x20	/* a fatal signal wakes it */
#define TASK_FROZEN	     0x40	/* D: in the refrigerator (kernel/sched/freezer.c) */
/* With another: the sleeper counts as frozen, since it freezes before its program sees anything. */
#define TASK_FREEZABLE	     0x80
#define TASK_THROTTLED	     0x100	/* with INTERRUPTIBLE. R: at the gate of a quota (kernel/sched/bandwidth.c) */
#define TASK_KILLABLE	     (TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_NORMAL	     (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

typedef struct {
	spinlock_t lock;
	struct list_head head;		/* wait_queue_entry.entry; lock */
} wait_queue_head_t;

typedef struct wait_queue_entry wait_queue_entry_t;
/*
 * Called under the queue's lock, interrupts off, when the queue is woken. `mode`: TASK_* states to
 * wake; `key`: what the waker says about the event (poll mask), NULL: nothing. Returns non-zero if
 * it woke someone.
 */
typedef int (*wait_queue_func_t)(wait_queue_entry_t *wq_entry, unsigned int mode, void *key);
struct wait_queue_entry {
	unsigned int flags;		/* WQ_FLAG_* */
	void *private;			/* the task, for the functions below */
	wait_queue_func_t func;
	struct list_head entry;		/* the head's lock */
};
#define WQ_FLAG_EXCLUSIVE 1

#define __WAIT_QUEUE_HEAD_INITIALIZER(name)                             \
	{                                                               \
		__SPIN_LOCK_UNLOCKED(name), LIST_HEAD_INIT((name).head) \
	}
#define DECLARE_WAIT_QUEUE_HEAD(name) wait_queue_head_t name = __WAIT_QUEUE_HEAD_INITIALIZER(name)
#define DECLARE_WAITQUEUE(name, tsk) \
	wait_queue_entry_t name = {0, tsk, default_wake_function, LIST_HEAD_INIT((name).entry)}
#define DEFINE_WAIT(name)                                                \
	wait_queue_entry_t name = {0, current, autoremove_wake_function, \
				   LIST_HEAD_INIT((name).entry)}

#define init_waitqueue_head(q) __init_waitqueue_head(q, LOCK_NAME(q))
static inline void __init_waitqueue_head(wait_queue_head_t *q, const char *name)
{
	__spin_lock_init(&q->lock, name);
	INIT_LIST_HEAD(&q->head);
}
static inline void init_waitqueue_func_entry(wait_queue_entry_t *e, wait_queue_func_t func)
{
	e->flags = 0;
	e->private = NULL;
	e->func = func;
	INIT_LIST_HEAD(&e->entry);
}
static inline bool waitqueue_active(const wait_queue_head_t *q)
{
	return !list_empty(&q->head);
}
/*
 * The same after a barrier, for a waker that has just made the condition true without the queue's
 * lock.
 */
static inline bool wq_has_sleeper(const wait_queue_head_t *q)
{
	smp_mb();
	return waitqueue_active(q);
}

int default_wake_function(wait_queue_entry_t *e, unsigned int mode, void *key);
/* Wakes, and takes the entry off the queue if that woke the task. */
int autoremove_wake_function(wait_queue_entry_t *e, unsigned int mode, void *key);
void add_wait_queue(wait_queue_head_t *q, wait_queue_entry_t *e);
void add_wait_queue_exclusive(wait_queue_head_t *q, wait_queue_entry_t *e);
void remove_wait_queue(wait_queue_head_t *q, wait_queue_entry_t *e);
/* Put on the queue if not there yet, and set current's state. */
void prepare_to_wait(wait_queue_head_t *q, wait_queue_entry_t *e, unsigned int state);
void prepare_to_wait_exclusive(wait_queue_head_t *q, wait_queue_entry_t *e, unsigned int state);
/*
 * The same, but -ERESTARTSYS (and off the queue) when a signal that this state listens to is
 * pending.
 */
long prepare_to_wait_event(wait_queue_head_t *q, wait_queue_entry_t *e, unsigned int state);
void finish_wait(wait_queue_head_t *q, wait_queue_entry_t *e);

/*
 * Wake all entries that are not exclusive and `nr_exclusive` of those that are (0: all), if their
 * state is in `mode`. Any context but NMI.
 */
void __wake_up(wait_queue_head_t *q, unsigned int mode, int nr_exclusive, void *key);
/* The same with q->lock held, interrupts off. */
void __wake_up_locked(wait_queue_head_t *q, unsigned int mode, int nr_exclusive, void *key);
#define wake_up(q)			 __wake_up(q, TASK_NORMAL, 1, NULL)
#define wake_up_nr(q, nr)		 __wake_up(q, TASK_NORMAL, nr, NULL)
#define wake_up_all(q)			 __wake_up(q, TASK_NORMAL, 0, NULL)
#define wake_up_interruptible(q)	 __wake_up(q, TASK_INTERRUPTIBLE, 1, NULL)
#define wake_up_interruptible_all(q)	 __wake_up(q, TASK_INTERRUPTIBLE, 0, NULL)
#define wake_up_poll(q, mask)		 __wake_up(q, TASK_NORMAL, 1, (void *)(unsigned long)(mask))
#define wake_up_interruptible_poll(q, m) \
	__wake_up(q, TASK_INTERRUPTIBLE, 1, (void *)(unsigned long)(m))

void schedule(void);
long schedule_timeout(s64 ns);

/*
 * The loop of all wait_event forms: `sleep` runs until the condition holds; the value is 0 or
 * -ERESTARTSYS. Who is woken looks at the condition first: mostly it holds, and there is no need to
 * stand on the queue once more.
 */
#define ___wait_event(wq, condition, state, exclusive, sleep)                                      \
	({                                                                                         \
		long we_ret = 0;                                                                   \
		DEFINE_WAIT(we_wait);                                                              \
		we_wait.flags = (exclusive) ? WQ_FLAG_EXCLUSIVE : 0;                               \
		do {                                                                               \
			we_ret = prepare_to_wait_event(&(wq), &we_wait, state);                    \
			if (condition) {                                                           \
				we_ret = 0;                                                        \
				break;                                                             \
			}                                                                          \
			if (we_ret)                                                                \
				break;                                                             \
			sleep;                                                                     \
		} while (!(condition));                                                            \
		finish_wait(&(wq), &we_wait);                                                      \
		we_ret;                                                                            \
	})
#define ___wait_event_timeout(wq, condition, state, ns)                                            \
	({                                                                                         \
		long wt_left = (ns), wt_ret = 0;                                                   \
		if (!(condition))                                                                  \
			wt_ret = ___wait_event(wq, (condition) || !wt_left, state, 0,              \
					       wt_left = schedule_timeout(wt_left));               \
		wt_ret ? wt_ret : wt_left > 0 ? wt_left : (condition) ? 1 : 0;                     \
	})
/* Until `condition` (evaluated again at each wake-up; may not sleep) is true. */
#define wait_event(wq, condition)                                                                  \
	do {                                                                                       \
		if (!(condition))                                                                  \
			(void)___wait_event(wq, condition, TASK_UNINTERRUPTIBLE, 0, schedule());   \
	} while (0)
/* 0, or -ERESTARTSYS: a signal came first. */
#define wait_event_interruptible(wq, condition) \
	((condition) ? 0L : ___wait_event(wq, condition, TASK_INTERRUPTIBLE, 0, schedule()))
#define wait_event_interruptible_exclusive(wq, condition) \
	((condition) ? 0L : ___wait_event(wq, condition, TASK_INTERRUPTIBLE, 1, schedule()))
/* The same in any state that a signal ends. */
#define wait_event_state(wq, condition, state) \
	((condition) ? 0L : ___wait_event(wq, condition, state, 0, schedule()))
#define wait_event_killable(wq, condition) wait_event_state(wq, condition, TASK_KILLABLE)
/*
 * ns: how long at most (KTIME_MAX: no limit). What is left of it, at least 1; 0: time is up and the
 * condition still false.
 */
#define wait_event_timeout(wq, condition, ns) \
	___wait_event_timeout(wq, condition, TASK_UNINTERRUPTIBLE, ns)
/* The same, or -ERESTARTSYS. */
#define wait_event_interruptible_timeout(wq, condition, ns) \
	___wait_event_timeout(wq, condition, TASK_INTERRUPTIBLE, ns)
#define wait_event_killable_timeout(wq, condition, ns) \
	___wait_event_timeout(wq, condition, TASK_KILLABLE, ns)

/* ---- completions: "it is done", counted ---- */
struct completion {
	unsigned int done;		/* wait.lock; COMPLETION_ALL: for ever */
	wait_queue_head_t wait;
};
#define COMPLETION_ALL (~0U)
#define COMPLETION_INITIALIZER(name)	 {0, __WAIT_QUEUE_HEAD_INITIALIZER((name).wait)}
#define DECLARE_COMPLETION(name)	 struct completion name = COMPLETION_INITIALIZER(name)
#define DECLARE_COMPLETION_ONSTACK(name) DECLARE_COMPLETION(name)

#define init_completion(c) __init_completion(c, LOCK_NAME(c))
static inline void __init_completion(struct completion *c, const char *name)
{
	c->done = 0;
	__init_waitqueue_head(&c->wait, name);
}
static inline void reinit_completion(struct completion *c)
{
	c->done = 0;
}
void complete(struct completion *c);		/* lets one waiter go; any context */
void complete_all(struct completion *c);	/* lets everybody go, now and later */
void wait_for_completion(struct completion *c);
long wait_for_completion_interruptible(struct completion *c);	/* 0, -ERESTARTSYS */
/* The same in this state; -ERESTARTSYS only if the state listens to a signal. */
long wait_for_completion_state(struct completion *c, unsigned int state);
/* The ns left (at least 1), 0: time is up. */
long wait_for_completion_timeout(struct completion *c, s64 ns);
bool try_wait_for_completion(struct completion *c);
bool completion_done(struct completion *c);
