// SPDX-License-Identifier: GPL-2.0-only
/*
 * Quotas: a group gets no more than so much processor time in each period, on all CPUs together.
 *
 * The quota is a pool that the group's timer fills at the end of each period. The group's queue on
 * a CPU takes slices from it (take_slice()) and pays with them for the time its tasks run. What a CPU
 * has not used of its slice stays with it, so a period may take up to a slice for each CPU more
 * than its quota, but no two that follow each other do.
 *
 * Used up, a quota stops nobody where he is: it is a gate at the edge of user mode. Whoever runs in
 * such a group gets TIF_THROTTLE, and on his way to user mode comes to sched_throttle() and sleeps until
 * the pool has been filled. In the kernel he goes on, may be woken and may sleep; so he is never held
 * back with a lock, or anything else that others wait for. That time is charged too: the pool goes
 * below zero, and the next periods pay. A signal gets a task out of the gate and to the work that it has
 * in the kernel: to freeze, to stop, to die, to have a handler's frame made; then it is at the gate again.
 * Kernel threads have no such edge. Their time is charged, but they are not held back.
 *
 * A group that has used nothing for a whole period stops its timer; the next slice starts it.
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

/* ---- the gate ---- */

/* p, which finds no more to run with, waits for the group of cfs. Both locks held. */
static void begin_wait(struct cfs_rq *cfs, struct task_struct *p)
{
	if (!cfs->throttled_at)
		cfs->throttled_at = task_rq(p)->clock;
	p->throttled_by = cfs->tg;
	list_add_tail(&p->throttle_node, &cfs->tg->bandwidth.waiters);
	WRITE_ONCE(p->state, TASK_THROTTLED | TASK_INTERRUPTIBLE);
}

/*
 * rq->lock of the queue held. False: the pool is empty, and what the queue owes is its debt now. `waiter`
 * then waits, if it is not NULL: under the lock of the pool, so that who fills it misses none.
 */
static bool take_slice(struct cfs_rq *cfs, struct task_struct *waiter)
{
	struct bandwidth *b = &cfs->tg->bandwidth;
	s64 ns;

	spin_lock(&b->lock);
	if (!b->active) {
		b->active = true;
		b->left = (s64)b->quota;
		timer_start(&b->timer, arch_clock_ns() + b->period);
	}
	ns = clamp(b->left, 0LL, (s64)SLICE - cfs->runtime);
	b->left -= ns;
	cfs->runtime += ns;
	if (cfs->runtime < 0) {
		b->left += cfs->runtime;
		cfs->runtime = 0;
	}
	if (!cfs->runtime && waiter)
		begin_wait(cfs, waiter);
	spin_unlock(&b->lock);
	return cfs->runtime > 0;
}

/* The running task is to come to the gate. rq->lock held. */
static void send_to_gate(struct rq *rq)
{
	if (!test_and_set_bit(TIF_THROTTLE, &rq->curr->work) && rq->cpu != smp_processor_id())
		smp_send_reschedule(rq->cpu);
}

void bandwidth_charge(struct rq *rq, struct sched_entity *se, u64 ns)
{
	while ((se = se->parent)) {
		struct cfs_rq *cfs = se->my_q;

		if (!has_quota(cfs))
			continue;
		cfs->runtime -= (s64)ns;
		if (cfs->runtime <= 0 && !take_slice(cfs, NULL))
			send_to_gate(rq);
	}
}

u64 quota_end(struct rq *rq)
{
	u64 end = KTIME_MAX;

	for (struct sched_entity *se = rq->running; se && (se = se->parent);) {
		struct cfs_rq *cfs = se->my_q;

		if (!has_quota(cfs))
			continue;
		if (cfs->runtime <= 0 && !take_slice(cfs, NULL)) {
			send_to_gate(rq);
			return KTIME_MAX;
		}
		end = min(end, rq->clock + (u64)cfs->runtime);
	}
	return end;
}

void bandwidth_leave(struct task_struct *p)
{
	struct bandwidth *b;

	if (!p->throttled_by)
		return;
	b = &p->throttled_by->bandwidth;
	spin_lock(&b->lock);
	list_del_init(&p->throttle_node);
	spin_unlock(&b->lock);
	p->throttled_by = NULL;
}

/* True: some group of p, which is current, has used up its quota, and p waits for it. rq->lock held. */
static bool has_to_wait(struct rq *rq, struct task_struct *p)
{
	bandwidth_leave(p);
	if (signal_pending(p)) {	/* that first, then here again */
		set_bit(TIF_THROTTLE, &p->work);
		return false;
	}
	clear_bit(TIF_THROTTLE, &p->work);
	update_rq_clock(rq);
	update_curr(rq);
	for (struct sched_entity *se = p->se.parent; se; se = se->parent)
		if (has_quota(se->my_q) && se->my_q->runtime <= 0 && !take_slice(se->my_q, p))
			return true;
	return false;
}

void sched_throttle(void)
{
	struct task_struct *p = current;
	unsigned long flags;
	struct rq *rq;
	bool wait;

	do {
		local_irq_save(flags);
		rq = this_rq();
		spin_lock(&rq->lock);
		wait = has_to_wait(rq, p);
		spin_unlock(&rq->lock);
		local_irq_restore(flags);
		if (wait)
			schedule();
	} while (wait);
}

/*
 * Let all go on that wait: what is in the pool may be gone before the last has his turn, who then waits
 * again. Interrupts off, no rq->lock held. Those who have waited longest come first; who leaves
 * meanwhile takes itself off the list.
 */
static void wake_waiters(struct bandwidth *b)
{
	LIST_HEAD(woken);

	spin_lock(&b->lock);
	list_splice_init(&b->waiters, &woken);
	while (!list_empty(&woken)) {
		struct task_struct *p = list_first_entry(&woken, struct task_struct, throttle_node);

		list_del_init(&p->throttle_node);
		get_task_struct(p);
		spin_unlock(&b->lock);
		wake_up_state(p, TASK_THROTTLED);
		put_task_struct(p);
		spin_lock(&b->lock);
	}
	spin_unlock(&b->lock);
}

/* ---- periods ---- */

/* Sum up how long CPUs of the group had somebody at the gate; true: one had. b->lock held. */
static bool count_waiting(struct task_group *tg, u64 now)
{
	struct bandwidth *b = &tg->bandwidth;
	bool any = false;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct cfs_rq *cfs = &tg->on[cpu].q;

		if (!cfs->throttled_at)
			continue;
		if (before(cfs->throttled_at, now))
			b->throttled_time += now - cfs->throttled_at;
		cfs->throttled_at = b->left > 0 ? 0 : now;	/* else it goes on */
		any = true;
	}
	return any;
}

/* A period has ended. */
static void period_over(struct timer *t)
{
	struct task_group *tg = container_of(t, struct task_group, bandwidth.timer);
	struct bandwidth *b = &tg->bandwidth;
	u64 now = arch_clock_ns(), periods;
	bool go_on;

	spin_lock(&b->lock);
	/* Unless settings have changed just now, and started a new period or ended all. */
	if (b->quota == QUOTA_NONE || !b->active || now < t->expires) {
		spin_unlock(&b->lock);
		return;
	}
	/* more than one if the machine stood still */
	periods = (now - t->expires) / b->period + 1;
	b->nr_periods += periods;
	b->active = b->left < (s64)b->quota;
	b->left = min(b->left + (s64)(periods * b->quota), (s64)b->quota);
	if (count_waiting(tg, now))
		b->nr_throttled += periods;
	if (b->active)
		timer_start(t, t->expires + periods * b->period);
	go_on = b->left > 0;
	spin_unlock(&b->lock);
	if (go_on)
		wake_waiters(b);
}

/* ---- settings ---- */

void bandwidth_init(struct bandwidth *b)
{
	spin_lock_init(&b->lock);
	b->quota = QUOTA_NONE;
	b->period = PERIOD_DEFAULT;
	INIT_LIST_HEAD(&b->waiters);
	timer_init(&b->timer, period_over);
}

void bandwidth_end(struct task_group *tg)
{
	if (tg->bandwidth.quota != QUOTA_NONE)
		atomic_dec(&sched_nr_quotas);
	WARN_ON(!list_empty(&tg->bandwidth.waiters));
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
	b->left = (s64)quota;
	count_waiting(tg, arch_clock_ns());
	if (b->active && quota != QUOTA_NONE)
		timer_start(&b->timer, arch_clock_ns() + period);
	else
		b->active = false;
	spin_unlock(&b->lock);
	begin_anew(tg);
	wake_waiters(b);
	local_irq_restore(flags);
	if (had_one)
		atomic_dec(&sched_nr_quotas);
	return 0;
}
