/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Run queues: what one CPU has to run, and groups of tasks. Private to kernel/sched/.
 *
 * A CPU has a tree of queues: its own holds tasks and groups, each group's on this CPU holds the
 * tasks and groups below. Start with struct cfs_rq, then fair.c.
 *
 * Lock order: p->pi_lock, then rq->lock (two of them: the lower CPU number first), then a group's
 * bandwidth.lock; interrupts are off under all.
 */
#pragma once

#include "kernel/sched/sched.h"

/*
 * What wants one CPU at one level: entities of one group (or of none: the top level), ordered by
 * virtual time. rq->lock. The running entity is not in the tree.
 */
struct cfs_rq {
	struct rb_root_cached timeline;
	struct sched_entity *curr;	/* runs, or holds what runs; NULL: none of these does */
	u64 min_vruntime;		/* goes back only when it is empty, or by much: join() */
	unsigned int nr_running;	/* entities, the running one included */
	struct task_group *tg;		/* immutable */
	struct sched_entity *owner;	/* its place one level up; immutable, NULL at the top */
	unsigned int depth;		/* levels above; immutable */
	/* bandwidth.c */
	s64 runtime;			/* ns, taken from the quota and left */
	u64 throttled_at;		/* ns: since then tasks wait; 0: none does. bandwidth.lock */
};

/*
 * A group on one CPU: its place among those who want the CPU, and those who want it inside.
 * rq->lock.
 */
struct group_cpu {
	struct sched_entity se;
	struct cfs_rq q;
	/* while it runs: ns that the group's virtual time counts in advance */
	s64 prepaid;
	/* ns of its running: how long what it gets on other CPUs may keep it waiting */
	u64 hold;
	/* while it waits: its turn comes at this virtual time, or before */
	u64 latest;
	u64 seen;			/* the group's virtual time when it began to wait */
} __aligned(64);

/* How much CPU time a group may have; quota of a period for all CPUs together. bandwidth.c. */
struct bandwidth {
	spinlock_t lock;		/* inside rq->lock */
	/* ---- lock; the quota is read without it ---- */
	u64 quota, period;		/* ns; QUOTA_NONE: no limit */
	s64 left;			/* ns of this period's quota that no CPU has taken yet; below 0: debt */
	struct list_head waiters;	/* task_struct.throttle_node of those at the gate */
	bool active;			/* the timer runs: some of the quota was taken */
	u64 nr_periods, nr_throttled, throttled_time;
	struct timer timer;		/* ends the period */
};
#define QUOTA_NONE     GROUP_NO_QUOTA
#define PERIOD_DEFAULT (100 * NSEC_PER_MSEC)

/*
 * A group of tasks that gets processor time as one. It has one virtual time for all CPUs: whatever
 * CPU serves it, its turn comes later everywhere.
 */
struct task_group {
	struct task_group *parent;	/* immutable; NULL: the top one */
	u64 shares;			/* weight among its siblings */
	u64 vruntime;			/* in its parent's virtual time; atomic */
	u64 clock;			/* furthest min_vruntime of its queues, by ticks */
	atomic_t nr_active;		/* CPUs on whose queues it is */
	struct bandwidth bandwidth;
	struct group_cpu on[];		/* by CPU; none for the top one: struct rq has them */
};

struct rq {
	spinlock_t lock;
	unsigned int cpu;		/* immutable */
	unsigned int nr_running;	/* tasks that could run, without idle; others may peek */
	struct task_struct *curr;
	struct task_struct *idle;	/* immutable */
	struct sched_entity *running;	/* of the task that is charged; NULL: nobody is */
	struct cfs_rq cfs;
	u64 clock;			/* ns; read from the hardware by update_rq_clock() */
	u64 exec_total;			/* ns that were charged to tasks, ever */
	u64 groups_charged;		/* exec_total when the groups that run were charged last */
	/* the running task wants sched_tick() then; KTIME_MAX: not at all */
	u64 tick_at;
	unsigned int last_peer;		/* CPU that it compared itself with last */
	/* CPUs it exchanges tasks with: sched_set_balance_cpus(); others read it word by word */
	DECLARE_BITMAP(peers, NR_CPUS);
	u64 idle_since, idle_ns;	/* ns; idle_since 0: not idle */
	u64 next_sample;		/* ns: the tick notes what runs, and balances */
	u64 user_samples, system_samples;	/* what the tick found running */
	u64 nr_switches;
	long nr_uninterruptible;	/* may be negative on one CPU; the sum over all is right */
	/* between context_switch() and finish_task_switch(): to drop */
	struct mm_struct *prev_mm;
};

DECLARE_PER_CPU(struct rq, runqueue);
#define cpu_rq(cpu) per_cpu_ptr(runqueue, cpu)
#define this_rq()   this_cpu_ptr(runqueue)
#define task_rq(p)  cpu_rq(task_cpu(p))

/* CPUs that run their idle task; atomic bits */
extern unsigned long sched_idle_mask[BITS_TO_LONGS(NR_CPUS)];
/* CPUs with two or more runnable tasks */
extern atomic_t sched_nr_overloaded;
/* groups that have a quota */
extern atomic_t sched_nr_quotas;

#define task_cpu(p) READ_ONCE((p)->cpu)

static inline void update_rq_clock(struct rq *rq)
{
	rq->clock = arch_clock_ns();
}

/* The queue of a group (cfs->tg) on another CPU. */
static inline struct cfs_rq *queue_on_cpu(const struct cfs_rq *cfs, unsigned int cpu)
{
	return cfs->owner ? &cfs->tg->on[cpu].q : &cpu_rq(cpu)->cfs;
}

/* Say where p belongs from now on. It is on no queue; p->pi_lock or nobody else knows it. */
static inline void set_task_cpu(struct task_struct *p, unsigned int cpu)
{
	struct task_group *tg = p->sched_task_group;

	if (likely(tg == &root_task_group)) {
		p->se.parent = NULL;
		p->se.cfs_rq = &cpu_rq(cpu)->cfs;
	} else {
		p->se.parent = &tg->on[cpu].se;
		p->se.cfs_rq = &tg->on[cpu].q;
	}
	WRITE_ONCE(p->cpu, cpu);
}

/* n tasks more, or less, could run. rq->lock. */
static inline void add_nr_running(struct rq *rq, unsigned int n)
{
	unsigned int old = rq->nr_running;

	rq->nr_running = old + n;
	if (old < 2 && old + n >= 2)
		atomic_inc(&sched_nr_overloaded);
}
static inline void sub_nr_running(struct rq *rq, unsigned int n)
{
	unsigned int old = rq->nr_running;

	rq->nr_running = old - n;
	if (old >= 2 && old - n < 2)
		atomic_dec(&sched_nr_overloaded);
}

/* Why a task comes to a queue: it decides where in virtual time it stands. */
enum arrival {
	WOKEN,		/* it slept: a little before the others, but not by all it missed */
	NEWCOMER,	/* it is new to the group: behind those who wait */
	MOVED,		/* from another CPU: where it stood, within bounds */
};

/* core.c. rq->lock held unless said otherwise. */
void resched_curr(struct rq *rq);
/* takes pi_lock and the lock of p's queue */
struct rq *task_rq_lock(struct task_struct *p, unsigned long *flags);
void task_rq_unlock(struct rq *rq, struct task_struct *p, unsigned long flags);
/*
 * p has just become runnable on rq. True: smp_send_reschedule() its CPU once rq->lock is released.
 */
bool check_preempt_curr(struct rq *rq, struct task_struct *p);

/* fair.c. rq->lock held. */
#define NICE_0_WEIGHT 1024
/*
 * How far before the others of its new queue one may stand that was moved, and how long a group may
 * be kept waiting by what it gets elsewhere; for groups, times the number of CPUs. Larger than what
 * balancing leaves, or weights would not hold; a bound for those whom affinity keeps apart.
 */
#define SLACK (100 * NSEC_PER_MSEC)
extern u64 sched_weights[40];			/* by nice + 20 */
void fair_init(void);
void cfs_rq_init(struct cfs_rq *cfs, struct task_group *tg, struct sched_entity *owner);
/* ns on a CPU as virtual ones, and whether virtual time a is before b */
static inline u64 to_virtual(u64 ns, const struct sched_entity *se)
{
	return likely(se->load_weight == NICE_0_WEIGHT) ? ns
							: ns * NICE_0_WEIGHT / se->load_weight;
}
static inline bool before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}
u64 entity_key(const struct sched_entity *se);	/* virtual time at which its turn comes */
u64 next_turn(struct cfs_rq *cfs);	/* least virtual time on a queue that is not empty */
void enqueue_task(struct rq *rq, struct task_struct *p, enum arrival how);
void dequeue_task(struct rq *rq, struct task_struct *p);
/*
 * Charges the one that runs. NULL: nothing to run. It and the groups above it are then the ones
 * that run.
 */
struct task_struct *pick_next_task(struct rq *rq);
/* p runs already and has been enqueued: make it, and the groups above it, the ones that run. */
void set_running(struct rq *rq, struct task_struct *p);
void charge_running(struct rq *rq);
void set_group_weight(struct rq *rq, struct sched_entity *se, u64 weight);
/* Charge the running task up to rq->clock. */
static inline void update_curr(struct rq *rq)
{
	if (rq->running && before(rq->running->exec_start, rq->clock))
		charge_running(rq);
}
/* Charge the groups of the running task as it has been charged. */
void charge_groups(struct rq *rq);
/* at a tick, of the groups of the running task */
void advance_clocks(struct rq *rq);
/* behind the first of those who wait in its group */
void yield_running(struct rq *rq);
/* p has just been enqueued */
bool wakeup_preempts(struct rq *rq, struct task_struct *p);
bool slice_is_over(struct rq *rq);
u64 slice_end(struct rq *rq);			/* when the running task's slice ends, ns */

/* bandwidth.c. rq->lock held. */
void bandwidth_init(struct bandwidth *b);
void bandwidth_end(struct task_group *tg);	/* tg is about to be freed; no rq->lock held */
static inline bool quotas_used(void)
{
	return atomic_read(&sched_nr_quotas);
}
/*
 * The groups of `se`, which runs, ran here for `ns`: take that off their quotas. One that is used up sends
 * the running task to the gate.
 */
void bandwidth_charge(struct rq *rq, struct sched_entity *se, u64 ns);
/*
 * When a quota will be used up if the running task runs on, ns; KTIME_MAX: never, or it is so already, and the task
 * has been sent to the gate.
 */
u64 quota_end(struct rq *rq);
/* p waits no more for a group's quota, if it did. Does not wake it. */
void bandwidth_leave(struct task_struct *p);

/* balance.c */
/* pi_lock held: where a woken task shall run */
unsigned int select_task_rq(struct task_struct *p, unsigned int prev);
/* rq->lock held, may be released and taken again; true if rq got a task */
bool pull_one_task(struct rq *rq);
void periodic_balance(struct rq *rq);		/* the same, for a CPU that has work */

/* timer.c: interrupts off */
/* set the hardware to the earlier of first timer and tick */
void timer_reprogram(void);
void timer_want_tick(u64 when);			/* be sure that it fires at `when` or before */

/* loadavg.c */
void calc_load(u64 now);			/* catch up with the 5 s samples; any context */
