// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for children: wait4() and waitid() are do_wait().
 *
 * The caller looks at its children under tasklist_lock, and at those that it traces; one whose state
 * was asked for is reported. A zombie that is to be reaped is claimed by changing exit_state from
 * EXIT_ZOMBIE to EXIT_DEAD, which only one waiter can do. If a tracer does it and is not the
 * parent, the state is EXIT_TRACE meanwhile, and then the parent's turn comes.
 */
#include "kernel/task/ptrace.h"

/* What there is instead of a pid, which may be 1 for a tracer. Of two answers the larger counts, NOT_YET. */
#define NO_CHILD (-2)		/* not one we were asked about */
#define NOT_YET  (-1)		/* one, but nothing to report */

/* Is p among those asked for? Tracers may ask for all that they trace. */
static bool eligible(const struct wait_opts *wo, const struct task_struct *p, bool traced)
{
	if (wo->type == P_PID && p->pid != wo->pid)
		return false;
	if (wo->type == P_PGID && p->signal->pgrp != wo->pid)
		return false;
	if (traced || (wo->options & __WALL))
		return true;
	return (READ_ONCE(p->exit_signal) != SIGCHLD) == !!((unsigned int)wo->options & __WCLONE);
}

static void fill(struct wait_opts *wo, struct task_struct *p, int status, int code, int value)
{
	wo->status = status;
	wo->code = code;
	wo->value = value;
	wo->uid = p->cred->uid;
}

/* What the dead child used is now its parent's children's. */
static void add_child_times(struct task_struct *p)
{
	struct signal_struct *sig = current->signal, *csig = p->signal;
	u64 utime, stime;

	thread_group_cputime(p, &utime, &stime);
	spin_lock_irq(&current->sighand->siglock);
	sig->cutime += utime + csig->cutime;
	sig->cstime += stime + csig->cstime;
	sig->cmin_flt += p->min_flt + csig->min_flt + csig->cmin_flt;
	sig->cmaj_flt += p->maj_flt + csig->maj_flt + csig->cmaj_flt;
	sig->cmaxrss = max(sig->cmaxrss, max(csig->maxrss, csig->cmaxrss));
	spin_unlock_irq(&current->sighand->siglock);
}

/*
 * The tracer has collected p's status (EXIT_TRACE): now it is the parent's zombie. False: the parent does
 * not want to know.
 */
static bool leave_to_parent(struct task_struct *p)
{
	bool autoreap;

	write_lock_irq(&tasklist_lock);
	ptrace_unlink(p);		/* unless the tracer's thread has exited meanwhile */
	autoreap = do_notify_parent(p, p->exit_signal);
	p->exit_state = autoreap ? EXIT_DEAD : EXIT_ZOMBIE;
	write_unlock_irq(&tasklist_lock);
	return !autoreap;
}

/* tasklist_lock is held for reading, and released if p is reported. The pid, or NOT_YET. */
static long wait_zombie(struct wait_opts *wo, struct task_struct *p)
{
	int claim = ptrace_reparented(p) && thread_group_leader(p) ? EXIT_TRACE : EXIT_DEAD;
	int status =
		p->signal->flags & SIGNAL_GROUP_EXIT ? p->signal->group_exit_code : p->exit_code;
	pid_t pid = p->pid;

	if (!(wo->options & WNOWAIT) &&
	    cmpxchg(&p->exit_state, EXIT_ZOMBIE, claim) != EXIT_ZOMBIE)
		return NOT_YET;
	get_task_struct(p);
	read_unlock(&tasklist_lock);
	if ((status & 0x7f) == 0)
		fill(wo, p, status, CLD_EXITED, status >> 8);
	else
		fill(wo, p, status, CLD_KILLED, status & 0x7f);
	if (wo->rusage)
		getrusage(p, RUSAGE_BOTH, wo->rusage);
	if (!(wo->options & WNOWAIT)) {
		if (claim == EXIT_DEAD && thread_group_leader(p))
			add_child_times(p);
		if (claim == EXIT_DEAD || !leave_to_parent(p))
			release_task(p);
	}
	put_task_struct(p);
	return pid;
}

static long report_alive(struct wait_opts *wo, struct task_struct *p, int status, int code,
			 int value)
{
	pid_t pid = p->pid;

	get_task_struct(p);
	read_unlock(&tasklist_lock);
	fill(wo, p, status, code, value);
	if (wo->rusage)
		getrusage(p, RUSAGE_BOTH, wo->rusage);
	put_task_struct(p);
	return pid;
}

/* A tracee's stop for its tracer. */
static long wait_traced(struct wait_opts *wo, struct task_struct *p)
{
	int code = 0;

	spin_lock_irq(&p->sighand->siglock);
	if (READ_ONCE(p->state) == TASK_TRACED && !(p->jobctl & JOBCTL_LISTENING)) {
		code = p->ptrace_code;
		if (!(wo->options & WNOWAIT))
			p->ptrace_code = 0;
	}
	spin_unlock_irq(&p->sighand->siglock);
	return code ? report_alive(wo, p, (code << 8) | 0x7f, CLD_TRAPPED, code) : NOT_YET;
}

static long wait_stopped(struct wait_opts *wo, struct task_struct *p)
{
	struct signal_struct *sig = p->signal;
	int code = 0;

	spin_lock_irq(&p->sighand->siglock);
	if (sig->flags & SIGNAL_STOP_STOPPED) {
		code = sig->group_exit_code;
		if (!(wo->options & WNOWAIT))
			sig->group_exit_code = 0;
	}
	spin_unlock_irq(&p->sighand->siglock);
	return code ? report_alive(wo, p, (code << 8) | 0x7f, CLD_STOPPED, code) : NOT_YET;
}

static long wait_continued(struct wait_opts *wo, struct task_struct *p)
{
	struct signal_struct *sig = p->signal;
	bool continued;

	spin_lock_irq(&p->sighand->siglock);
	continued = sig->flags & SIGNAL_STOP_CONTINUED;
	if (continued && !(wo->options & WNOWAIT))
		sig->flags &= ~SIGNAL_STOP_CONTINUED;
	spin_unlock_irq(&p->sighand->siglock);
	return continued ? report_alive(wo, p, 0xffff, CLD_CONTINUED, SIGCONT) : NOT_YET;
}

/*
 * NO_CHILD, NOT_YET, or the pid (tasklist_lock then released). p is a group leader, or `traced`: it is looked
 * at as its tracer, else as its parent.
 */
static long consider(struct wait_opts *wo, struct task_struct *p, bool traced)
{
	long ret = NOT_YET;

	if (p->exit_state == EXIT_DEAD || !eligible(wo, p, traced))
		return NO_CHILD;
	if (p->exit_state == EXIT_TRACE)
		return traced ? NO_CHILD : NOT_YET;
	if (unlikely(p->ptrace) && !ptrace_reparented(p))
		traced = true;		/* we are both */
	/* A leader is not reaped before the other threads, and a tracee by its tracer first. */
	if (p->exit_state == EXIT_ZOMBIE && (!thread_group_leader(p) || thread_group_empty(p)))
		return (wo->options & WEXITED) && (traced || !p->ptrace) ? wait_zombie(wo, p)
									: NOT_YET;
	if (!p->sighand)
		return NOT_YET;
	if (unlikely(traced))
		ret = wait_traced(wo, p);	/* told whether they are asked for or not */
	else if (wo->options & WSTOPPED)
		ret = wait_stopped(wo, p);
	if (ret == NOT_YET && (wo->options & WCONTINUED))
		ret = wait_continued(wo, p);
	return ret;
}

/* All children and tracees of one thread. */
static long consider_children(struct wait_opts *wo, struct task_struct *t)
{
	long ret, found = NO_CHILD;
	struct task_struct *p;

	list_for_each_entry(p, &t->children, sibling) {
		ret = consider(wo, p, false);
		if (ret > NOT_YET)
			return ret;
		found = max(found, ret);
	}
	list_for_each_entry(p, &t->ptraced, ptrace_entry) {
		ret = consider(wo, p, true);
		if (ret > NOT_YET)
			return ret;
		found = max(found, ret);
	}
	return found;
}

/* Is `parent` the caller, or with its options another thread of its process? */
static bool is_us(const struct wait_opts *wo, const struct task_struct *parent)
{
	return wo->options & __WNOTHREAD ? parent == current : parent->signal == current->signal;
}

/* The one that was asked for, as child or as tracee. */
static long consider_one(struct wait_opts *wo, struct task_struct *p)
{
	long found = NO_CHILD;

	if (thread_group_leader(p) && is_us(wo, p->real_parent))
		found = consider(wo, p, false);
	if (found <= NOT_YET && unlikely(p->ptrace) && is_us(wo, p->parent))
		found = max(found, consider(wo, p, true));
	return found;
}

/*
 * One look around. tasklist_lock is held for reading, and released if the value is above NOT_YET.
 */
static long look(struct wait_opts *wo)
{
	struct task_struct *t;
	long ret, found = NO_CHILD;

	if (wo->type == P_PID) {
		t = find_task_by_pid(wo->pid);
		return t ? consider_one(wo, t) : NO_CHILD;
	}
	if (wo->options & __WNOTHREAD)
		return consider_children(wo, current);
	list_for_each_entry(t, &current->signal->thread_head, thread_node) {
		ret = consider_children(wo, t);
		if (ret > NOT_YET)
			return ret;
		found = max(found, ret);
	}
	return found;
}

long do_wait(struct wait_opts *wo)
{
	DECLARE_WAITQUEUE(wait, current);
	long ret;

	add_wait_queue(&current->signal->wait_chldexit, &wait);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		read_lock(&tasklist_lock);
		ret = look(wo);
		if (ret > NOT_YET)
			break;
		read_unlock(&tasklist_lock);
		if (ret == NO_CHILD)
			ret = -ECHILD;
		else if (wo->options & WNOHANG)
			ret = 0;
		else if (signal_pending(current))
			ret = -ERESTARTSYS;
		if (ret != NOT_YET)
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	remove_wait_queue(&current->signal->wait_chldexit, &wait);
	return ret;
}
