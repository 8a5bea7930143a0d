/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Run queues: what one CPU has to run. Private to kernel/sched/.
 *
 * Lock order: p->pi_lock, then rq->lock (two of them: the lower CPU number first); interrupts are
 * off under both.
 */
#pragma once

#include "kernel/sched/sched.h"

/*
 * Entities that want one CPU, ordered by virtual runtime. rq->lock. The running entity is not in
 * the tree.
 */
struct cfs_rq {
	struct rb_root_cached timeline;
	struct sched_entity *curr;
	u64 min_vruntime;		/* never goes back */
	u64 load;			/* sum of weights, the running one included */
	unsigned int nr_running;	/* the running one included */
};

struct rq {
	spinlock_t lock;
	unsigned int cpu;		/* immutable */
	unsigned int nr_running;	/* tasks that are runnable, without idle; others may peek */
	struct task_struct *curr;
	struct task_struct *idle;	/* immutable */
	struct cfs_rq cfs;
	u64 clock;			/* ns; read from the hardware by update_rq_clock() */
	/* the running task wants sched_tick() then; KTIME_MAX: not at all */
	u64 tick_at;
	u64 next_balance;		/* ns */
	/* CPUs it exchanges tasks with: sched_set_balance_cpus(); others read it word by word */
	DECLARE_BITMAP(peers, NR_CPUS);
	u64 idle_since, idle_ns;	/* ns; idle_since 0: not idle */
	u64 user_samples, system_samples;	/* what the tick found running */
	u64 nr_switches;
	long nr_uninterruptible;	/* may be negative on one CPU; the sum over all is right */
	/* between context_switch() and finish_task_switch(): to drop */
	struct mm_struct *prev_mm;
};

DECLARE_PER_CPU(struct rq, runqueue);
#define cpu_rq(cpu) per_cpu_ptr(runqueue, cpu)
#define this_rq()   this_cpu_ptr(runqueue)
#define task_rq(p)  cpu_rq((p)->cpu)

/* CPUs that run their idle task; atomic bits */
extern unsigned long sched_idle_mask[BITS_TO_LONGS(NR_CPUS)];
/* CPUs with two or more runnable tasks */
extern atomic_t sched_nr_overloaded;

#define task_cpu(p) READ_ONCE((p)->cpu)

static inline void update_rq_clock(struct rq *rq)
{
	rq->clock = arch_clock_ns();
}

/* core.c. rq->lock held unless said otherwise. */
void activate_task(struct rq *rq, struct task_struct *p);
void deactivate_task(struct rq *rq, struct task_struct *p);
void resched_curr(struct rq *rq);
/* takes pi_lock and the lock of p's queue */
struct rq *task_rq_lock(struct task_struct *p, unsigned long *flags);
void task_rq_unlock(struct rq *rq, struct task_struct *p, unsigned long flags);
/*
 * p has just become runnable on rq. True: smp_send_reschedule() its CPU once rq->lock is released.
 */
bool check_preempt_curr(struct rq *rq, struct task_struct *p);

/* fair.c. rq->lock held. */
extern u64 sched_weights[40];			/* by nice + 20; 1024 for nice 0 */
void fair_init(void);
void enqueue_task(struct rq *rq, struct task_struct *p);
void dequeue_task(struct rq *rq, struct task_struct *p);
/* NULL: nothing to run. Takes it out of the tree. */
struct task_struct *pick_next_task(struct rq *rq);
/* stops running; back into the tree if runnable */
void put_prev_task(struct rq *rq, struct task_struct *p);
void update_curr(struct rq *rq);		/* charge the running task up to rq->clock */
void place_entity(struct cfs_rq *cfs, struct sched_entity *se, bool initial);
/* vruntime of one queue to another's scale */
void migrate_entity(struct sched_entity *se, struct rq *from, struct rq *to);
bool wakeup_preempts(struct rq *rq, struct task_struct *p);
bool slice_is_over(struct rq *rq);
u64 slice_end(struct rq *rq);			/* when the running task's slice ends, ns */

/* balance.c */
/* pi_lock held: where a woken task shall run */
unsigned int select_task_rq(struct task_struct *p, unsigned int prev);
/* rq->lock held, may be released and taken again; true if rq got a task */
bool pull_one_task(struct rq *rq);
void periodic_balance(struct rq *rq);		/* rq->lock held, may be released and taken again */

/* timer.c: interrupts off */
/* set the hardware to the earlier of first timer and tick */
void timer_reprogram(void);
void timer_want_tick(u64 when);			/* be sure that it fires at `when` or before */

/* loadavg.c */
void calc_load(u64 now);			/* catch up with the 5 s samples; any context */
