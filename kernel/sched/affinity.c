// SPDX-License-Identifier: GPL-2.0-only
/*
 * Affinity: on which CPUs a task may run, and how it leaves one that it may not use any more.
 *
 * Two masks. cpus_user is what sched_setaffinity() asked for; cpus_allowed is what counts, cut to what the task's cpuset allows. Start
 * with apply_mask().
 */
#include "kernel/sched/rq.h"

/*
 * p->cpus_allowed has changed; pi_lock and rq->lock held. Moves p if it waits, tells its CPU if it
 * runs. Releases rq->lock.
 */
static void leave_forbidden_cpu(struct rq *rq, struct task_struct *p)
{
	if (!p->se.on_rq || test_bit(rq->cpu, p->cpus_allowed)) {
		spin_unlock(&rq->lock);		/* a sleeper is placed when it wakes */
	} else if (p->on_cpu) {
		resched_curr(rq);		/* schedule() sees that it may not stay */
		spin_unlock(&rq->lock);
	} else {
		unsigned int cpu;
		struct rq *to;
		bool kick;

		update_rq_clock(rq);
		deactivate_task(rq, p);
		cpu = select_task_rq(p, p->cpu);
		to = cpu_rq(cpu);
		migrate_entity(&p->se, rq, to);
		WRITE_ONCE(p->cpu, cpu);
		spin_unlock(&rq->lock);
		spin_lock(&to->lock);
		update_rq_clock(to);
		activate_task(to, p);
		kick = check_preempt_curr(to, p);
		spin_unlock(&to->lock);
		if (kick)
			smp_send_reschedule(cpu);
	}
}

static void apply_mask(struct task_struct *p, const unsigned long *user,
		       const unsigned long *allowed)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);

	if (user)
		bitmap_copy(p->cpus_user, user, NR_CPUS);
	bitmap_copy(p->cpus_allowed, allowed, NR_CPUS);
	leave_forbidden_cpu(rq, p);
	spin_unlock_irqrestore(&p->pi_lock, flags);
}

int sched_setaffinity(struct task_struct *p, const unsigned long *mask)
{
	DECLARE_BITMAP(online, NR_CPUS) = {0};
	DECLARE_BITMAP(allowed, NR_CPUS);

	if (p->flags & PF_CPU_BOUND)
		return -EINVAL;
	bitmap_set(online, 0, nr_cpus);
	if (!bitmap_and(allowed, mask, online, NR_CPUS))
		return -EINVAL;
	apply_mask(p, allowed, allowed);
	if (p == current) {
		if (!test_bit(smp_processor_id(), p->cpus_allowed))
			schedule();
		return 0;
	}
	/*
	 * Elsewhere in the kernel it runs on until it sleeps or returns; in user mode the interrupt
	 * is enough.
	 */
	while (READ_ONCE(p->on_cpu) && !test_bit(task_cpu(p), p->cpus_allowed) &&
	       !fatal_signal_pending(current)) {
		__set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_timeout(50 * NSEC_PER_USEC);
	}
	return 0;
}

void set_cpus_allowed(struct task_struct *p, const unsigned long *allowed)
{
	DECLARE_BITMAP(mask, NR_CPUS);

	if (p->flags & PF_CPU_BOUND)
		return;
	if (!bitmap_and(mask, allowed, p->cpus_user, NR_CPUS))
		bitmap_copy(mask, allowed, NR_CPUS);
	apply_mask(p, NULL, mask);
	if (p == current && !test_bit(smp_processor_id(), p->cpus_allowed))
		schedule();
}
