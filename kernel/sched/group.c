// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups of tasks: made, ended, weighted, and joined. What a group *does* is fair.c's: it is an
 * entity beside the tasks and groups of its parent, on each CPU where it has something to run.
 *
 * A group owns a queue and an entity for each CPU, all in its one object. A task's sched_entity
 * points to those of its group on its CPU; whatever changes the task's CPU or group sets them
 * anew (set_task_cpu()), under p->pi_lock and while the task is on no queue.
 *
 * Start with sched_move_task().
 */
#include "kernel/sched/rq.h"
#include "kernel/debug/debug.h"

struct task_group root_task_group = {
	.shares = SHARES_DEFAULT,
	.bandwidth = {
		.lock = __SPIN_LOCK_UNLOCKED(root_task_group.bandwidth.lock),
		.quota = QUOTA_NONE,
		.period = PERIOD_DEFAULT,
	},
};

struct task_group *sched_create_group(struct task_group *parent)
{
	struct task_group *tg = kzalloc(sizeof(*tg) + nr_cpus * sizeof(tg->on[0]), GFP_KERNEL);

	if (!tg)
		return NULL;
	tg->parent = parent;
	tg->shares = SHARES_DEFAULT;
	bandwidth_init(&tg->bandwidth);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct group_cpu *g = &tg->on[cpu];
		bool top = parent == &root_task_group;

		g->se.parent = top ? NULL : &parent->on[cpu].se;
		g->se.cfs_rq = top ? &cpu_rq(cpu)->cfs : &parent->on[cpu].q;
		g->se.my_q = &g->q;
		g->se.load_weight = SHARES_DEFAULT;
		g->hold = SLACK * nr_cpus;
		cfs_rq_init(&g->q, tg, &g->se);
	}
	return tg;
}

void sched_destroy_group(struct task_group *tg)
{
	WARN_ON(atomic_read(&tg->nr_active));
	bandwidth_end(tg);
	kfree(tg);
}

/* The weights are used for conversions only and summed up nowhere. */
void sched_group_set_shares(struct task_group *tg, u64 shares)
{
	unsigned long flags;

	tg->shares = clamp(shares, (u64)SHARES_MIN, (u64)SHARES_MAX);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct rq *rq = cpu_rq(cpu);

		spin_lock_irqsave(&rq->lock, flags);
		update_rq_clock(rq);
		set_group_weight(rq, &tg->on[cpu].se, tg->shares);
		spin_unlock_irqrestore(&rq->lock, flags);
	}
}

u64 sched_group_shares(const struct task_group *tg)
{
	return tg->shares;
}

void sched_set_group(struct task_struct *p, struct task_group *tg)
{
	p->sched_task_group = tg;
	set_task_cpu(p, p->cpu);
	p->se.vruntime = READ_ONCE(tg->clock);	/* the old group's time means nothing here */
}

void sched_move_task(struct task_struct *p, struct task_group *tg)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);
	bool queued = p->se.on_rq, running;

	/*
	 * An exit moves the task to the top group, with PF_EXITING set for long. If that was before
	 * us, it was seen to by pi_lock that we see the flag; if it comes after us, it undoes this.
	 */
	if (READ_ONCE(p->flags) & PF_EXITING)
		tg = &root_task_group;
	if (tg != p->sched_task_group) {
		bandwidth_leave(p);
		update_rq_clock(rq);
		update_curr(rq);
		running = rq->running == &p->se;
		if (queued)
			dequeue_task(rq, p);
		sched_set_group(p, tg);
		if (queued) {
			enqueue_task(rq, p, NEWCOMER);
			if (running)
				set_running(rq, p);
			if (running ? quotas_used() : wakeup_preempts(rq, p))
				resched_curr(rq);
		}
	}
	task_rq_unlock(rq, p, flags);
	/* From the gate of the old group to that of the new one. */
	if (READ_ONCE(p->state) & TASK_THROTTLED)
		wake_up_state(p, TASK_THROTTLED);
}
