// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking signals, on the way back to user mode.
 *
 * exit_to_user_work() is called there as long as the task has work. It takes signals one by one:
 * default action, or a handler's frame; and it makes good a system call that was interrupted, by
 * having it executed again or fail with EINTR. A task that has to freeze does so before all this.
 * siglock covers what is looked at. Start with get_signal().
 */
#include "kernel/task/ptrace.h"

/* ---- taking ---- */

/*
 * Default action of a signal that stops. False: it is to be forgotten. siglock held; released and
 * taken again in between.
 */
static bool stop_wanted(int sig)
{
	bool orphaned;

	if (sig == SIGSTOP)
		return true;
	spin_unlock_irq(&current->sighand->siglock);
	orphaned = is_orphaned_pgrp(current->signal->pgrp);
	spin_lock_irq(&current->sighand->siglock);
	return !orphaned;
}

/* Tell the parent what a SIGCONT has left to be told. siglock held; true: it was released. */
static bool tell_continued(void)
{
	struct signal_struct *sigs = current->signal;
	int why, sig;

	if (!(sigs->flags & SIGNAL_CLD_MASK))
		return false;
	why = sigs->flags & SIGNAL_CLD_CONTINUED ? CLD_CONTINUED : CLD_STOPPED;
	sig = why == CLD_CONTINUED ? SIGCONT : sigs->group_exit_code;
	sigs->flags &= ~SIGNAL_CLD_MASK;
	spin_unlock_irq(&current->sighand->siglock);
	read_lock(&tasklist_lock);
	do_notify_parent_cldstop(current->group_leader, false, why, sig);
	if (unlikely(ptrace_reparented(current->group_leader)))
		do_notify_parent_cldstop(current->group_leader, true, why, sig);
	read_unlock(&tasklist_lock);
	return true;
}

/* siglock held and released. */
static void __noreturn die_of_signal(int sig)
{
	spin_unlock_irq(&current->sighand->siglock);
	current->flags |= PF_SIGNALED;
	do_group_exit(sig);
}

/*
 * One dequeued signal: true: a handler wants it (siglock still held). False: done with, look again
 * (siglock held).
 */
static bool act_on(struct ksignal *ksig)
{
	struct k_sigaction *ka = &current->sighand->action[ksig->sig - 1];
	int sig = ksig->sig;

	if (ka->handler == SIG_IGN)
		return false;
	if (ka->handler != SIG_DFL) {
		ksig->ka = *ka;
		if (ka->flags & SA_RESETHAND)
			ka->handler = SIG_DFL;
		return true;
	}
	if ((sigmask(sig) & IGNORE_SIGNALS) || (current->signal->flags & SIGNAL_UNKILLABLE))
		return false;
	if (sigmask(sig) & STOP_SIGNALS) {
		if (stop_wanted(sig) && do_signal_stop(sig))
			spin_lock_irq(&current->sighand->siglock);
		return false;
	}
	die_of_signal(sig);
}

/* Take the next signal that a handler wants. False: there is none (any more). */
static bool get_signal(struct ksignal *ksig)
{
	struct signal_struct *sigs = current->signal;
	struct sighand_struct *sh = current->sighand;
	bool found = false;

	for (;;) {
		try_to_freeze();	/* before anything is done: a SIGKILL waits too */
		spin_lock_irq(&sh->siglock);
		if (tell_continued())
			continue;
		/*
		 * The group ends; or all but the one that is in an exec; or, when that exec has failed, what was sent to it meanwhile
		 * is still to be done (complete_signal()). Nothing comes before a SIGKILL: ptrace_stop() does not stop for its tracer.
		 */
		if ((sigs->flags & SIGNAL_GROUP_EXIT) || (sigs->group_exit_task && sigs->group_exit_task != current) ||
		    (current->pending.signal & sigmask(SIGKILL)))
			die_of_signal(SIGKILL);
		if ((current->jobctl & JOBCTL_STOP_PENDING) && do_signal_stop(0))
			continue;
		if (unlikely(current->jobctl & JOBCTL_TRAP_MASK)) {
			ptrace_trap();
			spin_unlock_irq(&sh->siglock);
			continue;
		}
		ksig->sig = dequeue_signal(current->blocked, &ksig->info);
		if (!ksig->sig)
			break;
		if (unlikely(current->ptrace) && ksig->sig != SIGKILL) {
			ksig->sig = ptrace_signal(ksig->sig, &ksig->info);
			if (!ksig->sig) {
				spin_unlock_irq(&sh->siglock);
				continue;
			}
		}
		if (act_on(ksig)) {
			found = true;
			break;
		}
		spin_unlock_irq(&sh->siglock);
	}
	spin_unlock_irq(&sh->siglock);
	return found;
}

/* ---- the way back to user mode ---- */

/* The interrupted system call: again, or EINTR? `ka` NULL: no handler runs. */
static void fix_restart(struct pt_regs *regs, const struct k_sigaction *ka)
{
	long ret = (long)regs->rax;

	if (syscall_nr(regs) < 0)
		return;
	switch (-ret) {
	case ERESTART_RESTARTBLOCK:
	case ERESTARTNOHAND:
		if (ka) {
			regs->rax = -EINTR;
			return;
		}
		break;
	case ERESTARTSYS:
		if (ka && !(ka->flags & SA_RESTART)) {
			regs->rax = -EINTR;
			return;
		}
		break;
	case ERESTARTNOINTR:
		break;
	default:
		return;
	}
	regs->rax = ret == -ERESTART_RESTARTBLOCK ? 219 /* restart_syscall */ : regs->orig_rax;
	regs->rip -= 2;			/* the SYSCALL instruction */
}

static void handle_signal(struct ksignal *ksig, struct pt_regs *regs)
{
	u64 old = current->restore_sigmask ? current->saved_sigmask : current->blocked;
	u64 mask = current->blocked | ksig->ka.mask;
	bool stepping = test_bit(TIF_SINGLESTEP, &current->work);

	fix_restart(regs, &ksig->ka);
	if (unlikely(stepping))
		arch_single_step(current, false);	/* the frame shows the program's own flags */
	if (arch_setup_signal_frame(ksig, &old, regs)) {
		if (ksig->sig == SIGSEGV)
			force_fatal_sig(SIGSEGV);
		else
			force_sig_fault(SIGSEGV, SI_KERNEL, 0);
		return;
	}
	regs->orig_rax = -1;			/* the frame is no system call to restart */
	if (!(ksig->ka.flags & SA_NODEFER))
		mask |= sigmask(ksig->sig);
	current->restore_sigmask = false;
	set_current_blocked(mask);
	if (unlikely(stepping))
		ptrace_step_stop();
}

static void do_signal(struct pt_regs *regs)
{
	struct ksignal ksig;

	if (get_signal(&ksig)) {
		handle_signal(&ksig, regs);
		return;
	}
	fix_restart(regs, NULL);
	regs->orig_rax = -1;
	if (current->restore_sigmask) {
		current->restore_sigmask = false;
		set_current_blocked(current->saved_sigmask);
	}
}

void exit_to_user_work(struct pt_regs *regs)
{
	struct task_struct *p = current;

	do {
		local_irq_enable();
		if (test_bit(TIF_NEED_RESCHED, &p->work))
			schedule();
		if (signal_pending(p))
			do_signal(regs);
		if (unlikely(test_bit(TIF_THROTTLE, &p->work)))
			sched_throttle();
		if (test_bit(TIF_NOTIFY, &p->work))
			clear_bit(TIF_NOTIFY, &p->work);
		local_irq_disable();
	} while (READ_ONCE(p->work) & TIF_WORK_MASK);
	if (unlikely(test_bit(TIF_SYSCALL_TRACE, &p->work)))
		arch_trace_syscalls(true);
}
