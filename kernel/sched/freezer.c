// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freezing: a task stops in the refrigerator until it is thawed. No signal gets it out, SIGKILL neither, and its program does not notice.
 *
 * Who wants p frozen sets p->freeze and then TIF_FREEZE, which signal_pending() knows: p leaves an interruptible sleep as for a signal, but
 * with none to be found, and comes to the refrigerator at the edge of user mode (get_signal()) or in the loop that it slept in
 * (try_to_freeze()). In the first case the system call is restarted, by the same rules as behind an ignored signal: calls with a timeout
 * have noted its absolute end, or freeze in their loop.
 *
 * Only p clears its TIF_FREEZE. Thawing could not: p may have given up a sleep because of the bit, and the bit must still be there when it
 * comes to the edge, where the call is made good.
 *
 * frozen() is true for p in the refrigerator; and where it sleeps for something that frozen tasks may have to do first (TASK_FREEZABLE), or for
 * job control (TASK_STOPPED): from there the way to the program leads through get_signal() too. One that its tracer has stopped
 * (TASK_TRACED) freezes before it goes on (ptrace_stop()).
 */
#include "kernel/sched/sched.h"

void freeze_task(struct task_struct *p)
{
	if (READ_ONCE(p->freeze))
		return;
	WRITE_ONCE(p->freeze, true);
	/* exec clears PF_KTHREAD, then sets TIF_FREEZE: either it sees ->freeze, or we see a program. */
	smp_mb();
	if (READ_ONCE(p->flags) & PF_KTHREAD)
		return;
	set_bit(TIF_FREEZE, &p->work);
	wake_up_to_work(p, TASK_INTERRUPTIBLE);
}

void thaw_task(struct task_struct *p)
{
	WRITE_ONCE(p->freeze, false);
	smp_mb();
	wake_up_state(p, TASK_FROZEN);
}

void freeze_exempt(struct task_struct *p)
{
	WRITE_ONCE(p->freeze_exempt, true);
	smp_mb();
	wake_up_state(p, TASK_FROZEN);
}

static bool has_to_freeze(const struct task_struct *p)
{
	return READ_ONCE(p->freeze) && !READ_ONCE(p->freeze_exempt);
}

bool frozen(const struct task_struct *p)
{
	return has_to_freeze(p) && (READ_ONCE(p->state) & (TASK_FROZEN | TASK_STOPPED | TASK_TRACED | TASK_FREEZABLE));
}

void refrigerator(void)
{
	lockdep_might_freeze();
	for (;;) {
		/*
		 * Both before the look at ->freeze: who sets it later sets the bit later too, and who takes it back sees a state to wake.
		 */
		clear_bit(TIF_FREEZE, &current->work);
		set_current_state(TASK_FROZEN);
		if (!has_to_freeze(current))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}
