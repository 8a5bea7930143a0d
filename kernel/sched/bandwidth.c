// SPDX-License-Identifier: GPL-2.0-only
/*
 * Quotas: a group gets no more than so much processor time in each period, on all CPUs together.
 *
 * The quota is a pool that the group's timer fills at the end of each period. The group's queue on
 * a CPU takes slices from it (take_slice()) and pays with them for the time its tasks run. One that
 * gets no slice is throttled when its turn comes next: its entity leaves the queue above, with all
 * that is below it, until the timer has filled the pool. What a CPU has not used of its slice stays
 * with it, so a period may take up to a slice for each CPU more than its quota, but no two that
 * follow each other do.
 *
 * A group that has used nothing for a whole period stops its timer; the next slice starts it.
 *
 * Throttling happens in pick_next_task() alone. A task is never stopped inside the kernel: it gives
 * up the CPU on its way to user mode, or where it sleeps anyway. If it holds a mutex then, whoever
 * waits for that waits until the group has paid what it owes: to the next period, or for some more
 * after a long stretch in the kernel, which nobody could stop.
 *
 * bandwidth.lock is taken inside rq->lock; the timer's function takes one rq->lock after the other.
 */
#include "kernel/sched/rq.h"
#include "kernel/debug/debug.h"

#define SLICE		(5 * NSEC_PER_MSEC)
#define QUOTA_MIN	NSEC_PER_MSEC
#define PERIOD_MIN	NSEC_PER_MSEC
#define PERIOD_MAX	NSEC_PER_SEC

atomic_t sched_nr_quotas;

static bool has_quota(const struct cfs_rq *cfs)
{
	return READ_ONCE(cfs->tg->bandwidth.quota) != QUOTA_NONE;
}

/*
 * rq->lock of the queue held. False: the pool is empty. `or_stop` then marks the queue as throttled
 * under the lock of the pool: so the timer, which fills first and looks for such queues afterwards,
 * misses none.
 */
static bool take_slice(struct cfs_rq *cfs, bool or_stop)
{
	struct bandwidth *b = &cfs->tg->bandwidth;
	u64 wanted = SLICE - cfs->runtime, ns;

	spin_lock(&b->lock);
	if (!b->active) {
		b->active = true;
		b->left = b->quota;
		timer_start(&b->timer, arch_clock_ns() + b->period);
	}
	ns = min(wanted, b->left);
	b->left -= ns;
	cfs->runtime += ns;
	if (cfs->runtime <= 0 && or_stop)
		WRITE_ONCE(cfs->throttled, true);
	spin_unlock(&b->lock);
	return cfs->runtime > 0;
}

void bandwidth_charge(struct rq *rq, struct sched_entity *se, u64 ns)
{
	while ((se = se->parent)) {
		struct cfs_rq *cfs = se->my_q;

		if (!has_quota(cfs))
			continue;
		cfs->runtime -= ns;
		if (cfs->runtime <= 0 && !take_slice(cfs, false))
			resched_curr(rq);
	}
}

bool bandwidth_allows(struct cfs_rq *cfs)
{
	return likely(!has_quota(cfs)) || cfs->runtime > 0 || take_slice(cfs, true);
}

void bandwidth_throttle(struct rq *rq, struct cfs_rq *cfs)
{
	cfs->throttled_at = rq->clock;
	dequeue_group(rq, cfs);
}

/* rq->lock held. */
static void unthrottle(struct rq *rq, struct cfs_rq *cfs)
{
	struct bandwidth *b = &cfs->tg->bandwidth;

	update_rq_clock(rq);
	cfs->throttled = false;
	spin_lock(&b->lock);
	b->throttled_time += rq->clock - cfs->throttled_at;
	spin_unlock(&b->lock);
	if (cfs->nr_running) {
		enqueue_group(rq, cfs);
		resched_curr(rq);
	}
}

bool quota_holds(const struct task_struct *p)
{
	for (const struct sched_entity *se = &p->se; se; se = se->parent)
		if (se->cfs_rq->throttled)
			return true;
	return false;
}

u64 quota_end(const struct rq *rq)
{
	u64 end = KTIME_MAX;

	for (struct sched_entity *se = rq->running; se && (se = se->parent);)
		if (has_quota(se->my_q))
			end = min(end, rq->clock + max(se->my_q->runtime, (s64)0));
	return end;
}

/* Let those go on that may. Interrupts off, no rq->lock held. */
static void release_throttled(struct task_group *tg)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct cfs_rq *cfs = &tg->on[cpu].q;
		struct rq *rq = cpu_rq(cpu);

		if (!READ_ONCE(cfs->throttled))
			continue;
		spin_lock(&rq->lock);
		if (cfs->throttled && bandwidth_allows(cfs))
			unthrottle(rq, cfs);
		spin_unlock(&rq->lock);
	}
}

static bool any_throttled(const struct task_group *tg)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (READ_ONCE(tg->on[cpu].q.throttled))
			return true;
	return false;
}

/* A period has ended. */
static void period_over(struct timer *t)
{
	struct task_group *tg = container_of(t, struct task_group, bandwidth.timer);
	struct bandwidth *b = &tg->bandwidth;
	bool throttled = any_throttled(tg);
	u64 now = arch_clock_ns(), periods;

	spin_lock(&b->lock);
	/* Unless settings have changed just now, and started a new period or ended all. */
	if (b->quota == QUOTA_NONE || !b->active || now < t->expires) {
		spin_unlock(&b->lock);
		return;
	}
	/* more than one if the machine stood still */
	periods = (now - t->expires) / b->period + 1;
	b->nr_periods += periods;
	if (throttled)
		b->nr_throttled += periods;
	b->active = throttled || b->left < b->quota;
	b->left = b->quota;
	if (b->active)
		timer_start(t, t->expires + periods * b->period);
	spin_unlock(&b->lock);
	release_throttled(tg);
}

/* ---- settings ---- */

void bandwidth_init(struct bandwidth *b)
{
	spin_lock_init(&b->lock);
	b->quota = QUOTA_NONE;
	b->period = PERIOD_DEFAULT;
	timer_init(&b->timer, period_over);
}

void bandwidth_end(struct task_group *tg)
{
	if (tg->bandwidth.quota != QUOTA_NONE)
		atomic_dec(&sched_nr_quotas);
	timer_cancel_sync(&tg->bandwidth.timer);
}

void sched_group_bandwidth(struct task_group *tg, struct group_bandwidth *out)
{
	struct bandwidth *b = &tg->bandwidth;
	unsigned long flags;

	spin_lock_irqsave(&b->lock, flags);
	*out = (struct group_bandwidth){
		.quota = b->quota,
		.period = b->period,
		.nr_periods = b->nr_periods,
		.nr_throttled = b->nr_throttled,
		.throttled_time = b->throttled_time,
	};
	spin_unlock_irqrestore(&b->lock, flags);
}

/*
 * What was used under other settings has no part in the new ones: no CPU has a slice or owes one.
 * Who runs now looks at the quota at once, and has a tick where it ends. Interrupts off, no
 * rq->lock held.
 */
static void begin_anew(struct task_group *tg)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct cfs_rq *cfs = &tg->on[cpu].q;
		struct rq *rq = cpu_rq(cpu);

		spin_lock(&rq->lock);
		cfs->runtime = 0;
		if (cfs->curr)
			resched_curr(rq);
		spin_unlock(&rq->lock);
	}
}

int sched_group_set_bandwidth(struct task_group *tg, u64 quota, u64 period)
{
	struct bandwidth *b = &tg->bandwidth;
	unsigned long flags;
	bool had_one;

	if (quota < QUOTA_MIN || period < PERIOD_MIN || period > PERIOD_MAX)
		return -EINVAL;
	had_one = b->quota != QUOTA_NONE;
	if (quota != QUOTA_NONE)
		atomic_inc(&sched_nr_quotas);
	sched_update_accounts();	/* a CPU with one task has no tick that does it */
	local_irq_save(flags);
	spin_lock(&b->lock);
	WRITE_ONCE(b->quota, quota);
	b->period = period;
	b->left = quota;
	if (b->active && quota != QUOTA_NONE)
		timer_start(&b->timer, arch_clock_ns() + period);
	else
		b->active = false;
	spin_unlock(&b->lock);
	begin_anew(tg);
	release_throttled(tg);
	local_irq_restore(flags);
	if (had_one)
		atomic_dec(&sched_nr_quotas);
	return 0;
}
