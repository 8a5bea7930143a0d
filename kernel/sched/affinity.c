// SPDX-License-Identifier: GPL-2.0-only
/*
 * Placement: on which CPUs a task may run, from which nodes its pages come, and how it leaves a CPU
 * that it may not use any more.
 *
 * Two masks of CPUs. cpus_user is what sched_setaffinity() asked for, and is kept; cpus_allowed is
 * what counts: the former cut to what the task's cpuset gives. Whenever either changes, the cut is
 * made anew under pi_lock, and the cpuset is asked there and then (cpuset_placement()). So of two
 * who do it at the same time the later one sees what the earlier one saw, or something newer; none
 * can put back what the other has replaced.
 *
 * Start with sched_update_placement().
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
		dequeue_task(rq, p);
		cpu = select_task_rq(p, p->cpu);
		to = cpu_rq(cpu);
		set_task_cpu(p, cpu);
		spin_unlock(&rq->lock);
		spin_lock(&to->lock);
		update_rq_clock(to);
		enqueue_task(to, p, MOVED);
		kick = check_preempt_curr(to, p);
		spin_unlock(&to->lock);
		if (kick)
			smp_send_reschedule(cpu);
	}
}

/* p's queue and pi_lock locked by task_rq_lock(); releases both. */
static void set_allowed(struct rq *rq, struct task_struct *p, const unsigned long *allowed,
			unsigned long flags)
{
	bitmap_copy(p->cpus_allowed, allowed, NR_CPUS);
	leave_forbidden_cpu(rq, p);
	spin_unlock_irqrestore(&p->pi_lock, flags);
}

void sched_update_placement(struct task_struct *p)
{
	struct task_placement place;
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);

	cpuset_placement(p, &place);
	WRITE_ONCE(p->mems_allowed.bits, place.mems.bits);
	if (p->flags & PF_CPU_BOUND)
		bitmap_copy(place.cpus, p->cpus_allowed, NR_CPUS);
	else if (bitmap_intersects(place.cpus, p->cpus_user, NR_CPUS))
		bitmap_and(place.cpus, place.cpus, p->cpus_user, NR_CPUS);
	set_allowed(rq, p, place.cpus, flags);
}

void sched_wait_placed(struct task_struct *p)
{
	if (p == current) {
		if (!test_bit(smp_processor_id(), p->cpus_allowed))
			schedule();
		return;
	}
	/* In user mode the interrupt is enough; in the kernel it runs on until it sleeps or returns. */
	while (READ_ONCE(p->on_cpu) && !test_bit(task_cpu(p), p->cpus_allowed) &&
	       !fatal_signal_pending(current)) {
		__set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_timeout(50 * NSEC_PER_USEC);
	}
}

void sched_getaffinity(struct task_struct *p, unsigned long *mask)
{
	unsigned long flags;

	spin_lock_irqsave(&p->pi_lock, flags);
	bitmap_copy(mask, p->cpus_allowed, NR_CPUS);
	spin_unlock_irqrestore(&p->pi_lock, flags);
}

int sched_setaffinity(struct task_struct *p, const unsigned long *mask)
{
	DECLARE_BITMAP(asked, NR_CPUS) = {0};
	struct task_placement place;
	unsigned long flags;
	struct rq *rq;

	if (p->flags & PF_CPU_BOUND)
		return -EINVAL;
	bitmap_set(asked, 0, nr_cpus);
	if (!bitmap_and(asked, asked, mask, NR_CPUS))
		return -EINVAL;
	rq = task_rq_lock(p, &flags);
	cpuset_placement(p, &place);
	if (!bitmap_and(place.cpus, place.cpus, asked, NR_CPUS)) {
		task_rq_unlock(rq, p, flags);
		return -EINVAL;
	}
	bitmap_copy(p->cpus_user, asked, NR_CPUS);
	set_allowed(rq, p, place.cpus, flags);
	sched_wait_placed(p);
	return 0;
}

/* A kernel without cpusets. */
__weak void cpuset_placement(struct task_struct *p, struct task_placement *place)
{
	(void)p;
	bitmap_fill(place->cpus, NR_CPUS);
	place->mems = NODE_MASK_ALL;
}
