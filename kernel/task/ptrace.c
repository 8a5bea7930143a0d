// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who traces whom. ptrace_link() and ptrace_unlink() are the two changes, under tasklist_lock for writing and the tracee's siglock; the
 * rest says when. A tracer is a thread, not a process: its requests come from it alone, and with it the tracing ends.
 */
#include "kernel/task/ptrace.h"

/* Attachers wait here until a task that job control had stopped is stopped for them (JOBCTL_TRAPPING). */
static DECLARE_WAIT_QUEUE_HEAD(trapping_wait);

void jobctl_clear_trapping(struct task_struct *p)
{
	if (likely(!(p->jobctl & JOBCTL_TRAPPING)))
		return;
	p->jobctl &= ~JOBCTL_TRAPPING;
	wake_up_all(&trapping_wait);
}

/* Tell p to look at its jobctl; `stopped`: also if it is stopped for its tracer. siglock held. */
static void wake_to_look(struct task_struct *p, bool stopped)
{
	set_bit(TIF_SIGPENDING, &p->work);
	wake_up_to_work(p, TASK_INTERRUPTIBLE | (stopped ? TASK_TRACED : 0));
}

void ptrace_trap_notify(struct task_struct *p)
{
	if (jobctl_set(p, JOBCTL_TRAP_NOTIFY))
		wake_to_look(p, p->jobctl & JOBCTL_LISTENING);
}

/* ---- rights ---- */

/* First the identity, then the mark: who changes the one sets the other before (commit_creds()). */
bool ptrace_may_access(struct task_struct *p, const struct mm_struct *mm)
{
	if (p->signal == current->signal || capable(CAP_SYS_PTRACE))
		return true;
	return task_belongs_to(p, current_uid(), current_cred()->gid) && (!mm || READ_ONCE(mm->dumpable));
}

/*
 * An exec that raises rights, against an attach: both decide under siglock. Either the attach is first, and exec sees ->ptrace; or it sees
 * ->exec_secure; or exec is done, and ptrace_may_access() sees the new credentials.
 */
bool exec_secure_begin(void)
{
	struct task_struct *p = current;

	spin_lock_irq(&p->sighand->siglock);
	p->exec_secure = !p->ptrace || (p->ptrace & PT_CAPABLE);
	spin_unlock_irq(&p->sighand->siglock);
	return p->exec_secure;
}

void exec_secure_end(void)
{
	struct task_struct *p = current;

	if (likely(!p->exec_secure))
		return;
	spin_lock_irq(&p->sighand->siglock);
	p->exec_secure = false;
	spin_unlock_irq(&p->sighand->siglock);
}

/* ---- link and unlink ---- */

/* tasklist_lock for writing and p's siglock held, or nobody sees p yet. */
static void ptrace_link(struct task_struct *p, struct task_struct *tracer, unsigned int flags)
{
	p->ptrace = flags;
	p->parent = tracer;
	list_add(&p->ptrace_entry, &tracer->ptraced);
}

void ptrace_unlink(struct task_struct *p)
{
	struct signal_struct *sigs = p->signal;

	if (likely(!p->ptrace))
		return;
	clear_bit(TIF_SYSCALL_TRACE, &p->work);
	p->parent = p->real_parent;
	list_del_init(&p->ptrace_entry);
	spin_lock(&p->sighand->siglock);
	p->ptrace = 0;
	p->jobctl &= ~JOBCTL_PTRACE_FROZEN;
	jobctl_clear(p, JOBCTL_TRAP_MASK);
	jobctl_clear_trapping(p);
	/* The group may be stopped, or about to be: then so is p now, as one of it. */
	if (!(READ_ONCE(p->flags) & PF_EXITING) && ((sigs->flags & SIGNAL_STOP_STOPPED) || sigs->group_stop_count)) {
		p->jobctl |= JOBCTL_STOP_PENDING;
		if (!(p->jobctl & JOBCTL_STOP_SIGMASK))
			p->jobctl |= SIGSTOP;
	}
	if ((p->jobctl & JOBCTL_STOP_PENDING) || READ_ONCE(p->state) == TASK_TRACED)
		wake_to_look(p, true);
	spin_unlock(&p->sighand->siglock);
}

/* p is not traced any more: true: it is dead and nobody will wait for it. tasklist_lock held for writing. */
static bool detach_one(struct task_struct *tracer, struct task_struct *p)
{
	bool dead;

	ptrace_unlink(p);
	if (p->exit_state != EXIT_ZOMBIE)
		return false;
	/* Threads that nobody traces are waited for by nobody; a process now is its parent's matter. */
	dead = !thread_group_leader(p);
	if (!dead && thread_group_empty(p)) {
		const struct k_sigaction *ka = &tracer->sighand->action[SIGCHLD - 1];

		if (p->real_parent->signal != tracer->signal)
			dead = do_notify_parent(p, p->exit_signal);
		else
			dead = ka->handler == SIG_IGN || (ka->flags & SA_NOCLDWAIT);
	}
	if (dead)
		p->exit_state = EXIT_DEAD;
	return dead;
}

/* ---- requests ---- */

static unsigned int capable_flag(const struct cred *tracer)
{
	return tracer->euid == 0 ? PT_CAPABLE : 0;	/* CAP_SYS_PTRACE: kernel/sched/cred.h */
}

int ptrace_traceme(void)
{
	struct task_struct *p = current, *parent;
	const struct cred *theirs;
	int err = -EPERM;

	write_lock_irq(&tasklist_lock);
	parent = p->real_parent;
	theirs = rcu_dereference(parent->cred);
	if (p->ptrace || (current_euid() == 0 && theirs->euid != 0))
		goto out;
	err = 0;
	/* Else it has passed exit_ptrace(), or is about to: it is as if it had let us go at once. */
	if (!(READ_ONCE(parent->flags) & PF_EXITING)) {
		spin_lock(&p->sighand->siglock);
		ptrace_link(p, parent, PT_PTRACED | capable_flag(theirs));
		spin_unlock(&p->sighand->siglock);
	}
out:
	write_unlock_irq(&tasklist_lock);
	return err;
}

/*
 * tasklist_lock held for writing. `mm`: what p had a moment ago. Its alloc_lock cannot be taken here, but the address tells: nobody frees
 * what we hold a reference of. -EAGAIN: it has another now.
 */
static int attach_locked(struct task_struct *p, const struct mm_struct *mm, unsigned int flags)
{
	int err = -EPERM;

	if (p->exit_state || p->ptrace)
		return -EPERM;
	spin_lock(&p->sighand->siglock);	/* who has no exit_state has a sighand */
	if (READ_ONCE(p->mm) != mm) {
		err = -EAGAIN;
	} else if (ptrace_may_access(p, mm) && (!p->exec_secure || capable(CAP_SYS_PTRACE))) {
		ptrace_link(p, current, flags);
		err = 0;
	}
	/* One that job control has stopped changes its kind of stop. */
	if (!err && READ_ONCE(p->state) == TASK_STOPPED &&
	    jobctl_set(p, JOBCTL_TRAP_STOP | (READ_ONCE(p->freeze) ? 0 : JOBCTL_TRAPPING))) {
		set_bit(TIF_SIGPENDING, &p->work);
		wake_up_state(p, TASK_STOPPED);
	}
	spin_unlock(&p->sighand->siglock);
	return err;
}

int ptrace_attach(struct task_struct *p, bool seize, unsigned int options)
{
	unsigned int flags = PT_PTRACED | capable_flag(current_cred());
	int err;

	if (seize)
		flags |= PT_SEIZED | PT_OPTION(options);
	if ((p->flags & PF_KTHREAD) || p->signal == current->signal)
		return -EPERM;
	do {
		struct mm_struct *mm = get_task_mm(p);

		write_lock_irq(&tasklist_lock);
		err = attach_locked(p, mm, flags);
		if (!err && !seize)
			send_sig(SIGSTOP, p);
		write_unlock_irq(&tasklist_lock);
		if (mm)
			mmput(mm);
	} while (err == -EAGAIN);
	if (err)
		return err;
	/*
	 * A tracer shall not find one running that was stopped. If p freezes on the way, that takes until it is thawed; if we are to freeze
	 * as well, we count as frozen here.
	 */
	(void)wait_event_state(trapping_wait, !(READ_ONCE(p->jobctl) & JOBCTL_TRAPPING), TASK_KILLABLE | TASK_FREEZABLE);
	return 0;
}

int ptrace_detach(struct task_struct *p, int sig)
{
	if (sig < 0 || sig > _NSIG)
		return -EIO;
	arch_single_step(p, false);
	write_lock_irq(&tasklist_lock);
	p->ptrace_sig = sig;		/* it is frozen: nobody else looks, and it is alive */
	ptrace_unlink(p);
	write_unlock_irq(&tasklist_lock);
	return 0;
}

int ptrace_freeze(struct task_struct *p, bool running)
{
	int err = -ESRCH;

	read_lock(&tasklist_lock);
	if (p->ptrace && p->parent == current) {
		/* A tracee has a sighand: release_task() ends the tracing first. */
		spin_lock_irq(&p->sighand->siglock);
		if (running) {
			err = 0;
		} else if (READ_ONCE(p->state) == TASK_TRACED && !(p->jobctl & JOBCTL_LISTENING) && !fatal_signal_pending(p)) {
			p->jobctl |= JOBCTL_PTRACE_FROZEN;
			err = 0;
		}
		spin_unlock_irq(&p->sighand->siglock);
	}
	read_unlock(&tasklist_lock);
	/* It has set its state, and leaves the CPU after a few steps that wait for nobody: then its registers are in memory. */
	while (!err && !running && smp_load_acquire(&p->on_cpu))
		cpu_relax();
	return err;
}

void ptrace_unfreeze(struct task_struct *p)
{
	struct sighand_struct *sh;
	unsigned long flags;

	sh = lock_task_sighand(p, &flags);
	if (!sh)
		return;
	/* After a detach it may be another's, who is at work on it. */
	if ((p->jobctl & JOBCTL_PTRACE_FROZEN) && p->parent == current) {
		p->jobctl &= ~JOBCTL_PTRACE_FROZEN;
		if (fatal_signal_pending(p))
			wake_up_state(p, TASK_TRACED);
	}
	unlock_task_sighand(sh, flags);
}

void ptrace_resume(struct task_struct *p, int sig)
{
	spin_lock_irq(&p->sighand->siglock);
	p->ptrace_sig = sig;
	p->jobctl &= ~JOBCTL_PTRACE_FROZEN;
	wake_up_state(p, TASK_TRACED);
	spin_unlock_irq(&p->sighand->siglock);
}

int ptrace_interrupt(struct task_struct *p)
{
	struct sighand_struct *sh;
	unsigned long flags;

	if (!(READ_ONCE(p->ptrace) & PT_SEIZED))
		return -EIO;
	sh = lock_task_sighand(p, &flags);
	if (!sh)
		return -EIO;
	if (jobctl_set(p, JOBCTL_TRAP_STOP))
		wake_to_look(p, p->jobctl & JOBCTL_LISTENING);
	unlock_task_sighand(sh, flags);
	return 0;
}

int ptrace_listen(struct task_struct *p)
{
	int err = -EIO;

	spin_lock_irq(&p->sighand->siglock);
	if ((p->ptrace & PT_SEIZED) && p->last_siginfo && p->last_siginfo->si_code >> 8 == PTRACE_EVENT_STOP) {
		p->jobctl |= JOBCTL_LISTENING;
		/* What it is to listen for has happened already. */
		if (p->jobctl & JOBCTL_TRAP_NOTIFY)
			wake_to_look(p, true);
		err = 0;
	}
	spin_unlock_irq(&p->sighand->siglock);
	return err;
}

/* ---- birth and death ---- */

void ptrace_init_child(struct task_struct *child, bool traced)
{
	if (likely(!traced || !current->ptrace))
		return;
	ptrace_link(child, current->parent, current->ptrace);
	if (child->ptrace & PT_SEIZED)
		child->jobctl |= JOBCTL_TRAP_STOP;
	else
		child->pending.signal |= sigmask(SIGSTOP);
	set_bit(TIF_SIGPENDING, &child->work);
}

void exit_ptrace(struct task_struct *tracer, struct list_head *dead)
{
	struct task_struct *p, *n;

	list_for_each_entry_safe(p, n, &tracer->ptraced, ptrace_entry) {
		if (p->ptrace & PT_OPTION(PTRACE_O_EXITKILL))
			send_sig(SIGKILL, p);
		if (detach_one(tracer, p))
			list_add(&p->reap_list, dead);
	}
}
