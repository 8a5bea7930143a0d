// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job control: process groups as targets, group stops, orphaned groups, and SIGCHLD for what
 * children do.
 */
#include "kernel/task/ptrace.h"

int kill_pgrp(pid_t pgrp, int sig)
{
	struct task_struct *p;
	unsigned long flags;
	int ret = -ESRCH;

	read_lock_irqsave(&tasklist_lock, flags);
	for_each_process(p)
		if (p->signal->pgrp == pgrp) {
			send_group_sig(sig, p);
			ret = 0;
		}
	read_unlock_irqrestore(&tasklist_lock, flags);
	return ret;
}

/*
 * No member of an orphaned group has a parent in the same session that could continue it, `leaving`
 * not counted. setpgid(2), POSIX "orphaned process group". tasklist_lock held.
 */
static bool will_become_orphaned(pid_t pgrp, const struct task_struct *leaving)
{
	struct task_struct *p;

	for_each_process(p) {
		if (p->signal->pgrp != pgrp || p == leaving ||
		    (p->exit_state && thread_group_empty(p)) || p->real_parent->tgid <= 1)
			continue;
		if (p->real_parent->signal->pgrp != pgrp &&
		    p->real_parent->signal->session == p->signal->session)
			return false;
	}
	return true;
}

bool is_orphaned_pgrp(pid_t pgrp)
{
	unsigned long flags;
	bool orphaned;

	read_lock_irqsave(&tasklist_lock, flags);
	orphaned = will_become_orphaned(pgrp, NULL);
	read_unlock_irqrestore(&tasklist_lock, flags);
	return orphaned;
}

static bool has_stopped_jobs(pid_t pgrp)
{
	struct task_struct *p;

	for_each_process(p)
		if (p->signal->pgrp == pgrp && (p->signal->flags & SIGNAL_STOP_STOPPED))
			return true;
	return false;
}

/*
 * p exits (parent NULL), or p's parent `parent` exits: if that orphans p's group and it has stopped
 * members, they get SIGHUP and SIGCONT, since nobody is left to continue them.
 */
void kill_orphaned_pgrp(struct task_struct *p, struct task_struct *parent)
{
	struct task_struct *ignored = parent ? NULL : p;
	pid_t pgrp = p->signal->pgrp;

	if (!parent)
		parent = p->real_parent;
	if (parent->signal->pgrp == pgrp || parent->signal->session != p->signal->session)
		return;
	if (!has_stopped_jobs(pgrp) || !will_become_orphaned(pgrp, ignored))
		return;
	for_each_process(p)
		if (p->signal->pgrp == pgrp) {
			send_group_sig(SIGHUP, p);
			send_group_sig(SIGCONT, p);
		}
}

/* ---- telling the parent ---- */

static void child_info(siginfo_t *info, struct task_struct *p, int code, int status)
{
	u64 utime, stime;

	thread_group_cputime(p, &utime, &stime);
	*info = (siginfo_t){.si_signo = SIGCHLD, .si_code = code};
	info->kill.pid = p->pid;
	info->kill.uid = p->cred->uid;
	info->kill.status = status;
	info->kill.utime = utime / (NSEC_PER_SEC / 100);	/* clock ticks */
	info->kill.stime = stime / (NSEC_PER_SEC / 100);
}

bool do_notify_parent(struct task_struct *p, int sig)
{
	int status =
		p->signal->flags & SIGNAL_GROUP_EXIT ? p->signal->group_exit_code : p->exit_code;
	struct task_struct *parent = p->parent;
	bool autoreap = false;
	siginfo_t info;

	if (!p->ptrace && sig == SIGCHLD && parent->sighand) {
		const struct k_sigaction *ka = &parent->sighand->action[SIGCHLD - 1];

		if (ka->handler == SIG_IGN) {
			autoreap = true;
			sig = 0;
		} else if (ka->flags & SA_NOCLDWAIT) {
			autoreap = true;
		}
	}
	if (sig > 0 && sig <= _NSIG) {	/* clone(2) takes any byte */
		if (status & 0x7f)
			child_info(&info, p, CLD_KILLED, status & 0x7f);
		else
			child_info(&info, p, CLD_EXITED, status >> 8);
		send_sig_info(sig, &info, parent, true);
	}
	if (parent->flags & PF_KTHREAD)
		return true;		/* kernel threads wait for nobody */
	wake_up_interruptible_all(&parent->signal->wait_chldexit);
	return autoreap;
}

void do_notify_parent_cldstop(struct task_struct *p, bool to_tracer, int why, int sig)
{
	struct task_struct *parent = to_tracer ? p->parent : p->real_parent;
	const struct k_sigaction *ka;
	siginfo_t info;

	if (!parent->sighand)
		return;
	ka = &parent->sighand->action[SIGCHLD - 1];
	if (ka->handler != SIG_IGN && !(ka->flags & SA_NOCLDSTOP)) {
		child_info(&info, p, why, sig);
		send_sig_info(SIGCHLD, &info, parent, true);
	}
	wake_up_interruptible_all(&parent->signal->wait_chldexit);
}

/* ---- group stops ---- */

bool jobctl_set(struct task_struct *p, unsigned int mask)
{
	if (fatal_signal_pending(p) || (p->flags & PF_EXITING))
		return false;
	if (mask & JOBCTL_STOP_SIGMASK)
		p->jobctl &= ~JOBCTL_STOP_SIGMASK;
	p->jobctl |= mask;
	return true;
}

void jobctl_clear(struct task_struct *p, unsigned int mask)
{
	if (mask & JOBCTL_STOP_PENDING)
		mask |= JOBCTL_STOP_CONSUME | JOBCTL_STOP_DEQUEUED;
	p->jobctl &= ~mask;
	if (!(p->jobctl & JOBCTL_PENDING_MASK))
		jobctl_clear_trapping(p);	/* it will not stop */
}

/*
 * A stop signal begins a group stop. siglock held. False: a SIGCONT or the end of the group
 * has come first. A tracee may run while its group is stopped, and begin another stop: that is no
 * news for the parent.
 */
static bool begin_group_stop(int sig)
{
	struct signal_struct *sigs = current->signal;
	struct task_struct *t;

	if (!(current->jobctl & JOBCTL_STOP_DEQUEUED) || (sigs->flags & SIGNAL_GROUP_EXIT) ||
	    sigs->group_exit_task)
		return false;
	if (!(sigs->flags & SIGNAL_STOP_STOPPED))
		sigs->group_exit_code = sig;
	sigs->group_stop_count = 0;
	list_for_each_entry(t, &sigs->thread_head, thread_node) {
		if (READ_ONCE(t->state) == TASK_STOPPED ||
		    !jobctl_set(t, sig | JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME))
			continue;
		sigs->group_stop_count++;
		if (t == current)
			continue;
		if (unlikely(t->ptrace & PT_SEIZED))
			ptrace_trap_notify(t);
		else
			signal_wake_up(t, false);
	}
	return true;
}

bool take_part_in_stop(struct task_struct *p)
{
	struct signal_struct *sigs = p->signal;
	bool counts = p->jobctl & JOBCTL_STOP_CONSUME;

	jobctl_clear(p, JOBCTL_STOP_PENDING);
	if (!counts)
		return false;
	if (sigs->group_stop_count > 0)
		sigs->group_stop_count--;
	if (sigs->group_stop_count || (sigs->flags & SIGNAL_STOP_STOPPED))
		return false;
	sigs->flags = (sigs->flags & SIGNAL_UNKILLABLE) | SIGNAL_STOP_STOPPED;
	return true;
}

void join_group_stop(struct task_struct *p)
{
	struct signal_struct *sigs = p->signal;

	if (!sigs->group_stop_count && !(sigs->flags & SIGNAL_STOP_STOPPED))
		return;
	p->jobctl |= (current->jobctl & JOBCTL_STOP_SIGMASK) | JOBCTL_STOP_PENDING;
	if (sigs->group_stop_count) {
		sigs->group_stop_count++;
		p->jobctl |= JOBCTL_STOP_CONSUME;
	}
	set_bit(TIF_SIGPENDING, &p->work);
}

static void tell_stopped(int sig)
{
	read_lock(&tasklist_lock);
	do_notify_parent_cldstop(current->group_leader, false, CLD_STOPPED, sig);
	read_unlock(&tasklist_lock);
}

bool do_signal_stop(int sig)
{
	bool complete;

	if (sig && !begin_group_stop(sig))
		return false;
	if (unlikely(current->ptrace)) {	/* stops for its tracer, and takes part by that */
		jobctl_set(current, JOBCTL_TRAP_STOP);
		return false;
	}
	complete = take_part_in_stop(current);
	sig = current->signal->group_exit_code;
	__set_current_state(TASK_STOPPED);
	spin_unlock_irq(&current->sighand->siglock);
	if (complete)
		tell_stopped(sig);
	schedule();
	return true;
}

/*
 * p (current) begins to exit: others take what was meant for it, and a group stop no longer waits
 * for it.
 */
void exit_signals(struct task_struct *p)
{
	bool complete = false;
	struct task_struct *t;
	int sig;

	task_lock(p);
	p->flags |= PF_EXITING;
	task_unlock(p);
	if (thread_group_empty(p))
		return;
	spin_lock_irq(&p->sighand->siglock);
	if (p->jobctl & JOBCTL_STOP_PENDING)
		complete = take_part_in_stop(p);
	if (p->signal->shared_pending.signal & ~p->blocked)
		list_for_each_entry(t, &p->signal->thread_head, thread_node)
			if (t != p && !(READ_ONCE(t->flags) & PF_EXITING) &&
			    (p->signal->shared_pending.signal & ~t->blocked))
				signal_wake_up(t, false);
	sig = p->signal->group_exit_code;
	spin_unlock_irq(&p->sighand->siglock);
	if (complete)
		tell_stopped(sig);
}
