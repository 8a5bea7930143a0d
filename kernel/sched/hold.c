// SPDX-License-Identifier: GPL-2.0-only
/*
 * A look at a task that does not run, while it does not run: for stacks in /proc, in reports and
 * for sysrq.
 *
 * Who sleeps is woken with its pi_lock held, who waits for a CPU is picked with that CPU's rq->lock
 * held. With both, a task that does not run stays so, and its stack stays. A task's last stack goes
 * in finish_task_switch(), when it is TASK_DEAD; it became that before it left its CPU with
 * rq->lock held, so who has the lock and finds it neither on a CPU nor dead has found one that must
 * still run before it can die.
 *
 * The locks are tried, not waited for: their holder may be what is looked for.
 */
#include "kernel/sched/rq.h"

#define PATIENCE 1000000 /* tries for each lock; holders need some hundred instructions */

static bool try_for_long(spinlock_t *lock)
{
	for (unsigned int tries = 0; tries < PATIENCE; tries++) {
		if (spin_trylock(lock))
			return true;
		cpu_relax();
	}
	return false;
}

/* p->pi_lock held: take the lock of p's queue. NULL: in vain. */
static struct rq *try_task_rq_lock(struct task_struct *p)
{
	for (;;) {
		struct rq *rq = task_rq(p);

		if (!try_for_long(&rq->lock))
			return NULL;
		if (rq == task_rq(p))
			return rq;
		spin_unlock(&rq->lock);
	}
}

int task_hold_off(struct task_struct *p, unsigned long *flags)
{
	struct rq *rq;
	int err = -EAGAIN;

	local_irq_save(*flags);
	if (!try_for_long(&p->pi_lock))
		goto out;
	rq = try_task_rq_lock(p);
	if (!rq)
		goto out_pi;
	err = 0;
	if (smp_load_acquire(&p->on_cpu))
		err = -EBUSY;
	else if ((p->state & TASK_DEAD) || !p->thread.sp0)
		err = -ESRCH;
	if (!err)
		return 0;
	spin_unlock(&rq->lock);
out_pi:
	spin_unlock(&p->pi_lock);
out:
	local_irq_restore(*flags);
	return err;
}

void task_let_go(struct task_struct *p, unsigned long flags)
{
	task_rq_unlock(task_rq(p), p, flags);
}
