// SPDX-License-Identifier: GPL-2.0-only
/* System calls about signals. What signals do is kernel/task/signal.c. */
#include "kernel/syscall/syscall.h"
#include "kernel/task/internal.h"

#define UNBLOCKABLE (sigmask(SIGKILL) | sigmask(SIGSTOP))

/* ---- actions and masks ---- */

/* Pending signals that the new action ignores are dropped. siglock held. */
static void drop_pending(int sig)
{
	struct task_struct *t;

	list_for_each_entry(t, &current->signal->thread_head, thread_node)
		flush_signal(&t->pending, sig);
	flush_signal(&current->signal->shared_pending, sig);
}

long sys_rt_sigaction(int sig, ucptr_t act, uptr_t oact, size_t sigsetsize)
{
	struct sighand_struct *sh = current->sighand;
	struct k_sigaction new_ka, old_ka;

	if (sigsetsize != sizeof(u64))
		return -EINVAL;
	if (act && copy_from_user(&new_ka, act, sizeof(new_ka)))
		return -EFAULT;
	if (sig < 1 || sig > _NSIG || (act && (sigmask(sig) & UNBLOCKABLE)))
		return -EINVAL;
	spin_lock_irq(&sh->siglock);
	old_ka = sh->action[sig - 1];
	if (act) {
		new_ka.mask &= ~UNBLOCKABLE;
		sh->action[sig - 1] = new_ka;
		if (new_ka.handler == SIG_IGN ||
		    (new_ka.handler == SIG_DFL && (sigmask(sig) & IGNORE_SIGNALS)))
			drop_pending(sig);
	}
	spin_unlock_irq(&sh->siglock);
	return oact && copy_to_user(oact, &old_ka, sizeof(old_ka)) ? -EFAULT : 0;
}

long sys_rt_sigprocmask(int how, ucptr_t set, uptr_t oset, size_t sigsetsize)
{
	u64 old = current->blocked, mask;

	if (sigsetsize != sizeof(u64))
		return -EINVAL;
	if (set) {
		if (get_user(mask, (u64 __user *)set))
			return -EFAULT;
		switch (how) {
		case 0:			/* SIG_BLOCK */
			mask |= old;
			break;
		case 1:			/* SIG_UNBLOCK */
			mask = old & ~mask;
			break;
		case 2:			/* SIG_SETMASK */
			break;
		default:
			return -EINVAL;
		}
		set_current_blocked(mask);
	}
	return oset ? put_user(old, (u64 __user *)oset) : 0;
}

long sys_rt_sigpending(uptr_t set, size_t sigsetsize)
{
	u64 pending;

	if (sigsetsize > sizeof(u64))
		return -EINVAL;
	spin_lock_irq(&current->sighand->siglock);
	pending = (current->pending.signal | current->signal->shared_pending.signal) &
		  current->blocked;
	spin_unlock_irq(&current->sighand->siglock);
	return copy_to_user(set, &pending, sigsetsize) ? -EFAULT : 0;
}

long sys_rt_sigsuspend(ucptr_t set, size_t sigsetsize)
{
	u64 mask;

	if (sigsetsize != sizeof(u64))
		return -EINVAL;
	if (get_user(mask, (u64 __user *)set))
		return -EFAULT;
	current->saved_sigmask = current->blocked;
	set_current_blocked(mask);
	while (!signal_pending(current)) {
		set_current_state(TASK_INTERRUPTIBLE);
		schedule();
	}
	current->restore_sigmask = true;
	return -ERESTARTNOHAND;
}

long sys_pause(void)
{
	while (!signal_pending(current)) {
		set_current_state(TASK_INTERRUPTIBLE);
		schedule();
	}
	return -ERESTARTNOHAND;
}

/* current's alternate stack, as seen at the user stack pointer sp. */
static void get_altstack(struct altstack *ss, unsigned long sp)
{
	const struct task_struct *p = current;

	*ss = (struct altstack){
		.sp = p->sas_ss_sp,
		.flags = (p->sas_ss_size ? on_altstack(sp) ? SS_ONSTACK : 0 : SS_DISABLE) |
			 (p->sas_ss_flags & SS_AUTODISARM),
		.size = p->sas_ss_size,
	};
}

/* 0, -EPERM: sp is in the one there is, -EINVAL, -ENOMEM: too small. */
static int set_altstack(const struct altstack *ss, unsigned long sp)
{
	struct task_struct *p = current;
	unsigned int mode = ss->flags & ~SS_AUTODISARM;

	if (on_altstack(sp))
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode)
		return -EINVAL;
	if (mode != SS_DISABLE && ss->size < MINSIGSTKSZ)
		return -ENOMEM;
	p->sas_ss_sp = mode == SS_DISABLE ? 0 : ss->sp;
	p->sas_ss_size = mode == SS_DISABLE ? 0 : ss->size;
	p->sas_ss_flags = ss->flags;
	return 0;
}

long sys_rt_sigreturn(void)
{
	struct pt_regs *regs = current_pt_regs();
	struct altstack ss;
	u64 blocked;

	if (arch_restore_signal_frame(regs, &blocked, &ss)) {
		force_sig_fault(SIGSEGV, SI_KERNEL, 0);
		return 0;
	}
	/* the old system call's value is not to be looked at again */
	regs->orig_rax = -1;
	set_current_blocked(blocked);
	(void)set_altstack(&ss, regs->rsp);	/* as it was: SS_AUTODISARM has taken it away */
	return regs->rax;
}

long sys_sigaltstack(ucptr_t ss, uptr_t old)
{
	unsigned long sp = current_pt_regs()->rsp;
	struct altstack new_ss, was;
	int err;

	get_altstack(&was, sp);
	if (ss) {
		if (copy_from_user(&new_ss, ss, sizeof(new_ss)))
			return -EFAULT;
		err = set_altstack(&new_ss, sp);
		if (err)
			return err;
	}
	return old && copy_to_user(old, &was, sizeof(was)) ? -EFAULT : 0;
}

/* ---- waiting for a signal ---- */

/* Sleep for ns at most; what is left of it. A freeze is no reason to wake up, but time goes on. */
static s64 sleep_for_signal(s64 ns)
{
	s64 now = (s64)ktime_get(), end = ns > KTIME_MAX - now ? KTIME_MAX : now + ns;

	for (;;) {
		__set_current_state(TASK_INTERRUPTIBLE);
		ns = schedule_timeout(ns);
		if (!try_to_freeze())
			return ns;
		ns = end == KTIME_MAX ? KTIME_MAX : max(end - (s64)ktime_get(), (s64)0);
	}
}

long sys_rt_sigtimedwait(ucptr_t uset, uptr_t uinfo, ucptr_t timeout, size_t sigsetsize)
{
	struct task_struct *p = current;
	s64 ns = KTIME_MAX;
	siginfo_t info;
	u64 set;
	int sig;

	if (sigsetsize != sizeof(u64))
		return -EINVAL;
	if (get_user(set, (u64 __user *)uset))
		return -EFAULT;
	if (timeout) {
		struct timespec64 ts;

		if (copy_from_user(&ts, timeout, sizeof(ts)))
			return -EFAULT;
		if (ts.tv_sec < 0 || (u64)ts.tv_nsec >= NSEC_PER_SEC)
			return -EINVAL;
		ns = ts.tv_sec > KTIME_MAX / (s64)NSEC_PER_SEC - 1
			     ? KTIME_MAX
			     : ts.tv_sec * (s64)NSEC_PER_SEC + ts.tv_nsec;
	}
	set &= ~UNBLOCKABLE;
	spin_lock_irq(&p->sighand->siglock);
	sig = dequeue_signal(~set, &info);
	if (!sig && ns) {
		/*
		 * Unblock them, so that they wake us; real_blocked keeps their sender from acting
		 * at once.
		 */
		p->real_blocked = p->blocked;
		p->blocked &= ~set;
		recalc_sigpending();
		spin_unlock_irq(&p->sighand->siglock);
		ns = sleep_for_signal(ns);
		spin_lock_irq(&p->sighand->siglock);
		p->blocked = p->real_blocked;
		p->real_blocked = 0;
		sig = dequeue_signal(~set, &info);
	}
	recalc_sigpending();
	spin_unlock_irq(&p->sighand->siglock);
	if (!sig)
		return ns ? -EINTR : -EAGAIN;
	return uinfo && copy_to_user(uinfo, &info, sizeof(info)) ? -EFAULT : sig;
}

/* ---- sending ---- */

static void user_siginfo(siginfo_t *info, int sig, int code)
{
	*info = (siginfo_t){.si_signo = sig, .si_code = code};
	info->kill.pid = current->tgid;
	info->kill.uid = current_uid();
}

/* To the process that p belongs to. p is safe to use: RCU, tasklist_lock. */
static int kill_one(int sig, const siginfo_t *info, struct task_struct *p)
{
	int err = check_kill_permission(sig, p);

	if (!err && sig)
		err = send_sig_info(sig, info, p, true);
	return err == -EAGAIN ? 0 : err;
}

/* All processes for which `pgrp` fits (0: everybody but init and ourselves). */
static long kill_many(int sig, const siginfo_t *info, pid_t pgrp)
{
	bool found = false, done = false;
	struct task_struct *p;
	long err = 0;

	read_lock(&tasklist_lock);
	for_each_process(p) {
		int ret;

		if (pgrp ? p->signal->pgrp != pgrp
			 : p->pid <= 1 || p->signal == current->signal || (p->flags & PF_KTHREAD))
			continue;
		ret = kill_one(sig, info, p);
		found = true;
		if (!ret)
			done = true;
		else if (!err || ret != -EPERM)
			err = ret;
	}
	read_unlock(&tasklist_lock);
	return done ? 0 : found ? err : -ESRCH;
}

long sys_kill(pid_t pid, int sig)
{
	struct task_struct *p;
	siginfo_t info;
	long ret;

	if (sig < 0 || sig > _NSIG)
		return -EINVAL;
	user_siginfo(&info, sig, SI_USER);
	if (pid == -1)
		return kill_many(sig, &info, 0);
	if (pid == (-2147483647 - 1))
		return -ESRCH;
	if (pid <= 0)
		return kill_many(sig, &info, pid ? -pid : current->signal->pgrp);
	rcu_read_lock();
	p = find_task_by_pid(pid);
	ret = p ? kill_one(sig, &info, p) : -ESRCH;
	rcu_read_unlock();
	return ret;
}

/* tgid 0: whatever it belongs to. */
static long do_tkill(pid_t tgid, pid_t tid, int sig)
{
	struct task_struct *p;
	siginfo_t info;
	long ret = -ESRCH;

	if (tid <= 0 || sig < 0 || sig > _NSIG)
		return -EINVAL;
	user_siginfo(&info, sig, SI_TKILL);
	rcu_read_lock();
	p = find_task_by_pid(tid);
	if (p && (!tgid || p->tgid == tgid)) {
		ret = check_kill_permission(sig, p);
		if (!ret && sig)
			ret = send_sig_info(sig, &info, p, false);
	}
	rcu_read_unlock();
	return ret;
}

long sys_tkill(pid_t tid, int sig)
{
	return do_tkill(0, tid, sig);
}

long sys_tgkill(pid_t tgid, pid_t tid, int sig)
{
	return tgid <= 0 ? -EINVAL : do_tkill(tgid, tid, sig);
}

/* tgid 0: to the process that pid belongs to, else to that thread of it alone. */
static long queue_info(pid_t tgid, pid_t pid, int sig, ucptr_t uinfo)
{
	struct task_struct *p;
	siginfo_t info;
	long ret = -ESRCH;

	if (copy_from_user(&info, uinfo, sizeof(info)))
		return -EFAULT;
	if (sig < 0 || sig > _NSIG)
		return -EINVAL;
	/* Nobody may look like the kernel or kill(2), but to himself. */
	if ((info.si_code >= 0 || info.si_code == SI_TKILL) && pid != current->pid)
		return -EPERM;
	info.si_signo = sig;
	rcu_read_lock();
	p = find_task_by_pid(pid);
	if (p && (!tgid || p->tgid == tgid)) {
		ret = check_kill_permission(sig, p);
		if (!ret && sig)
			ret = send_sig_info(sig, &info, p, !tgid);
	}
	rcu_read_unlock();
	return ret;
}

long sys_rt_sigqueueinfo(pid_t pid, int sig, uptr_t uinfo)
{
	return queue_info(0, pid, sig, uinfo);
}

long sys_rt_tgsigqueueinfo(pid_t tgid, pid_t tid, int sig, ucptr_t uinfo)
{
	return tgid <= 0 || tid <= 0 ? -EINVAL : queue_info(tgid, tid, sig, uinfo);
}

long sys_restart_syscall(void)
{
	struct restart_block *restart = &current->restart_block;

	return restart->fn ? restart->fn(restart) : -EINTR;
}
