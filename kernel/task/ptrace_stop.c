// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracee's side of ptrace(2): its stops. All of them are ptrace_stop(), which current calls on itself; start there.
 *
 * A stopped task is in state TASK_TRACED, and ptrace_code says what wait() will tell the tracer. Both change under siglock, and so does
 * p->ptrace: a tracer that goes away either sees the state and wakes the tracee, or comes first, and the tracee does not stop.
 * Only the tracer and a deadly signal wake it, and the latter not in the midst of a request (JOBCTL_PTRACE_FROZEN).
 */
#include "kernel/task/ptrace.h"

/*
 * Stop current. `code`: what the tracer is told, signal and event. `why`: CLD_TRAPPED, CLD_STOPPED in a group stop. False: it did not stop,
 * since nobody traces it (any more) or it is to die. Else *sig is the signal that the tracer wants, and may be 0. siglock held,
 * released and taken again.
 *
 * signal_pending() stays true if it was: in a stop at the end of a call that has given up for a signal, a PTRACE_INTERRUPT or the freezer,
 * the reason may go away, and -ERESTARTSYS still has to be made into a new begin of the call (do_signal()).
 */
static bool ptrace_stop(int code, int why, unsigned long message, siginfo_t *info, int *sig)
{
	struct task_struct *p = current;
	bool group_stopped = false, pending = signal_pending(p);
	int stop_sig;

	lock_assert_held(&p->sighand->siglock);
	*sig = 0;
	if (!p->ptrace || (code >> 8 != PTRACE_EVENT_EXIT && fatal_signal_pending(p)))
		return false;
	p->ptrace_code = code;
	p->ptrace_sig = 0;
	p->ptrace_message = message;
	p->last_siginfo = info;
	if (why == CLD_STOPPED && (p->jobctl & JOBCTL_STOP_PENDING))
		group_stopped = take_part_in_stop(p);
	stop_sig = p->signal->group_exit_code & 0x7f;
	jobctl_clear(p, JOBCTL_TRAP_STOP | (code >> 8 == PTRACE_EVENT_STOP ? JOBCTL_TRAP_NOTIFY : 0));
	/* Before the wake-up of an attacher, which then finds us stopped. */
	__set_current_state(TASK_TRACED);
	jobctl_clear_trapping(p);
	spin_unlock_irq(&p->sighand->siglock);

	/*
	 * The tracer may see the state before it is told, and work with us at once: it waits until we have left the CPU.
	 * If it has gone meanwhile, it has woken us, and schedule() returns soon.
	 */
	read_lock(&tasklist_lock);
	if (p->ptrace)
		do_notify_parent_cldstop(p, true, why, why == CLD_TRAPPED ? code & 0x7f : stop_sig);
	if (group_stopped && (!p->ptrace || ptrace_reparented(p)))
		do_notify_parent_cldstop(p->group_leader, false, why, stop_sig);
	read_unlock(&tasklist_lock);
	schedule();
	/* A stopped task counts as frozen: so before it does anything else. */
	try_to_freeze();

	spin_lock_irq(&p->sighand->siglock);
	*sig = p->ptrace_sig;
	p->last_siginfo = NULL;
	p->ptrace_code = 0;
	p->ptrace_message = 0;
	p->jobctl &= ~(JOBCTL_LISTENING | JOBCTL_PTRACE_FROZEN);
	recalc_sigpending();
	if (pending)
		set_bit(TIF_SIGPENDING, &p->work);
	return true;
}

/* A stop that is told as SIGTRAP or the like, which nobody has sent. Same rules. */
static bool notify(int code, int why, unsigned long message, int *sig)
{
	siginfo_t info = {.si_signo = code & 0x7f, .si_code = code};

	info.kill.pid = current->pid;
	info.kill.uid = current_uid();
	return ptrace_stop(code, why, message, &info, sig);
}

/* ---- events ---- */

/*
 * The end of a task is shown also if a signal kills it. That signal must not keep it from stopping, nor the tracer from looking; but who
 * dies for want of memory does not wait for anybody.
 */
static void exit_stop(unsigned long code)
{
	struct task_struct *p = current;
	u64 killed;
	int sig;

	if (READ_ONCE(p->freeze_exempt))
		return;
	spin_lock_irq(&p->sighand->siglock);
	killed = p->pending.signal & sigmask(SIGKILL);
	p->pending.signal &= ~killed;
	notify(PTRACE_EVENT_EXIT << 8 | SIGTRAP, CLD_TRAPPED, code, &sig);
	p->pending.signal |= killed;
	recalc_sigpending();
	spin_unlock_irq(&p->sighand->siglock);
}

void ptrace_event_stop(int event, unsigned long message)
{
	int sig;

	if (event == PTRACE_EVENT_EXIT) {
		exit_stop(message);
		return;
	}
	spin_lock_irq(&current->sighand->siglock);
	notify(event << 8 | SIGTRAP, CLD_TRAPPED, message, &sig);
	spin_unlock_irq(&current->sighand->siglock);
}

void ptrace_exec(pid_t old_pid)
{
	if (likely(!current->ptrace))
		return;
	if (ptrace_event_enabled(PTRACE_EVENT_EXEC))
		ptrace_event_stop(PTRACE_EVENT_EXEC, (unsigned long)old_pid);
	else if (!(current->ptrace & PT_SEIZED))
		send_sig(SIGTRAP, current);		/* how it was before there were events */
}

/* ---- signals ---- */

int ptrace_signal(int sig, siginfo_t *info)
{
	struct task_struct *p = current;
	int wanted;

	/*
	 * The tracer may turn it into one that stops. That then counts unless a SIGCONT comes meanwhile, which takes the mark away.
	 */
	p->jobctl |= JOBCTL_STOP_DEQUEUED;
	if (!ptrace_stop(sig, CLD_TRAPPED, 0, info, &wanted))
		wanted = sig;
	if (!wanted)
		return 0;
	if (wanted != info->si_signo) {
		*info = (siginfo_t){.si_signo = wanted, .si_code = SI_USER};
		rcu_read_lock();
		info->kill.pid = rcu_dereference(p->parent)->tgid;
		info->kill.uid = rcu_dereference(p->parent->cred)->uid;
		rcu_read_unlock();
	}
	/* Not now: back to the queue. */
	if ((p->blocked & sigmask(wanted)) || fatal_signal_pending(p)) {
		requeue_signal(info);
		return 0;
	}
	return wanted;
}

void ptrace_trap(void)
{
	struct signal_struct *sigs = current->signal;
	int stop = current->jobctl & JOBCTL_STOP_SIGMASK, sig;

	if (!(current->ptrace & PT_SEIZED)) {
		ptrace_stop(stop ? stop : SIGSTOP, CLD_STOPPED, 0, NULL, &sig);
		return;
	}
	if (!stop || (!sigs->group_stop_count && !(sigs->flags & SIGNAL_STOP_STOPPED)))
		stop = SIGTRAP;
	notify(PTRACE_EVENT_STOP << 8 | stop, CLD_STOPPED, 0, &sig);
}

/* ---- system calls and steps ---- */

static void syscall_stop(unsigned long message)
{
	struct sighand_struct *sh = current->sighand;
	bool good = current->ptrace & PT_OPTION(PTRACE_O_TRACESYSGOOD);
	int sig;

	spin_lock_irq(&sh->siglock);
	notify(SIGTRAP | (good ? 0x80 : 0), CLD_TRAPPED, message, &sig);
	spin_unlock_irq(&sh->siglock);
	if (sig)
		send_sig(sig, current);		/* as if it came just now */
}

bool syscall_trace_enter(struct pt_regs *regs)
{
	unsigned long flags;

	local_irq_save(flags);
	if (!test_bit(TIF_SYSCALL_TRACE, &current->work)) {
		arch_trace_syscalls(false);	/* left behind by one who is traced */
		local_irq_restore(flags);
		return true;
	}
	local_irq_restore(flags);
	syscall_stop(PTRACE_EVENTMSG_SYSCALL_ENTRY);
	return !fatal_signal_pending(current) && syscall_nr(regs) != -1;
}

void ptrace_step_trap(int code)
{
	if (unlikely(!current->ptrace)) {	/* who wanted them has gone */
		arch_single_step(current, false);
		return;
	}
	force_sig_fault(SIGTRAP, code, current_pt_regs()->rip);
}

void ptrace_step_stop(void)
{
	int sig;

	spin_lock_irq(&current->sighand->siglock);
	notify(SIGTRAP, CLD_TRAPPED, 0, &sig);
	spin_unlock_irq(&current->sighand->siglock);
	if (sig)
		send_sig(sig, current);
}

void syscall_exit_work(struct pt_regs *regs)
{
	(void)regs;
	if (likely(!(READ_ONCE(current->work) & (1UL << TIF_SYSCALL_TRACE | 1UL << TIF_SINGLESTEP))))
		return;
	local_irq_enable();
	if (test_bit(TIF_SYSCALL_TRACE, &current->work))
		syscall_stop(PTRACE_EVENTMSG_SYSCALL_EXIT);
	else
		ptrace_step_trap(TRAP_BRKPT);	/* the processor has not seen it as a step */
	local_irq_disable();
}
