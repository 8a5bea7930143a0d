// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls about processes: birth, exec, death, waiting, families, process groups and sessions.
 */
#include "kernel/syscall/syscall.h"
#include "kernel/task/internal.h"

/* ---- birth ---- */

long sys_fork(void)
{
	const struct kernel_clone_args args = {.flags = SIGCHLD};

	return kernel_clone(&args);
}

long sys_vfork(void)
{
	const struct kernel_clone_args args = {.flags = CLONE_VFORK | CLONE_VM | SIGCHLD};

	return kernel_clone(&args);
}

long sys_clone(unsigned long flags, unsigned long newsp, uptr_t parent_tid, uptr_t child_tid,
	       unsigned long tls)
{
	const struct kernel_clone_args args = {
		.flags = (u32)flags,
		.stack = newsp,
		.tls = tls,
		.parent_tid = parent_tid,
		.child_tid = child_tid,
	};

	if ((flags & CLONE_SETTLS) && tls >= USER_END)
		return -EPERM;
	return kernel_clone(&args);
}

/* clone3(2)'s structure, first version; longer ones must be zero beyond it. */
struct clone_args {
	u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
		set_tid_size, cgroup;
};
#define CLONE_ARGS_SIZE_VER0 64

/* What a newer program has behind the structure that we know means nothing only if it is 0. 0, -E2BIG, -EFAULT. */
static int zero_beyond(uptr_t uargs, size_t known, size_t size)
{
	u8 byte;

	for (; known < size; known++) {
		if (get_user(byte, (u8 __user *)uargs + known))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	return 0;
}

long sys_clone3(uptr_t uargs, size_t size)
{
	struct clone_args a = {0};
	struct kernel_clone_args args;
	int err;

	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (copy_from_user(&a, uargs, min(size, sizeof(a))))
		return -EFAULT;
	err = zero_beyond(uargs, sizeof(a), size);
	if (err)
		return err;
	if ((a.flags & (CSIGNAL | CLONE_DETACHED)) || a.exit_signal > _NSIG || a.set_tid || a.set_tid_size ||
	    a.cgroup || (a.flags & ~(0xffffffffUL | CLONE_CLEAR_SIGHAND)))
		return -EINVAL;
	if ((a.flags & (CLONE_THREAD | CLONE_PARENT)) && a.exit_signal)
		return -EINVAL;
	if (!a.stack != !a.stack_size || a.stack >= USER_END || a.stack_size > USER_END - a.stack)
		return -EINVAL;
	if ((a.flags & CLONE_SETTLS) && a.tls >= USER_END)
		return -EPERM;
	args = (struct kernel_clone_args){
		.flags = a.flags | a.exit_signal,
		.stack = a.stack + a.stack_size,
		.tls = a.tls,
		.parent_tid = (int __user *)a.parent_tid,
		.child_tid = (int __user *)a.child_tid,
	};
	return kernel_clone(&args);
}

long user_execve(const char *path, const char __user *const __user *argv,
		 const char __user *const __user *envp);

long sys_execve(ustr_t path, ucptr_t argv, ucptr_t envp)
{
	char *name = kmalloc(PATH_MAX, GFP_KERNEL);
	long ret;

	if (!name)
		return -ENOMEM;
	ret = strncpy_from_user(name, path, PATH_MAX);
	if (ret == PATH_MAX)
		ret = -ENAMETOOLONG;
	else if (ret == 0)
		ret = -ENOENT;
	if (ret > 0)
		ret = user_execve(name, argv, envp);
	kfree(name);
	return ret;
}

static int unshare_objects(unsigned long flags)
{
	int err = 0;

	if (flags & CLONE_FILES)
		err = files_unshare();
	if (!err && (flags & (CLONE_FS | CLONE_NEWNS)))
		err = fs_unshare();
	if (!err && (flags & CLONE_NEWUTS))
		err = uts_unshare();
	if (!err && (flags & CLONE_NEWNS))
		err = mnt_ns_unshare();
	return err;
}

long sys_unshare(unsigned long flags)
{
	int err;

	if (flags & ~(unsigned long)(CLONE_FS | CLONE_FILES | CLONE_NEWNS | CLONE_NEWUTS |
				     CLONE_SYSVSEM | CLONE_VM | CLONE_SIGHAND | CLONE_THREAD))
		return -EINVAL;
	/* What cannot be taken apart may be asked for where there is nothing to take apart. */
	if ((flags & (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)) && !thread_group_empty(current))
		return -EINVAL;
	if ((flags & (CLONE_NEWNS | CLONE_NEWUTS)) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (!(flags & (CLONE_NEWNS | CLONE_NEWUTS)))
		return unshare_objects(flags);
	err = container_new_namespace(current, current->pid);
	if (err)
		return err;
	err = unshare_objects(flags);
	if (err)
		container_new_namespace_failed(current, current->pid);
	return err;
}

/* ---- death ---- */

long sys_exit(int code)
{
	do_exit((code & 0xff) << 8);
}

long sys_exit_group(int code)
{
	do_group_exit((code & 0xff) << 8);
}

long sys_wait4(pid_t pid, uptr_t status, int options, uptr_t rusage)
{
	struct rusage r;
	struct wait_opts wo = {.options = options | WEXITED, .rusage = rusage ? &r : NULL};
	long ret;

	if (options & ~(int)(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
		return -EINVAL;
	if (pid == (-2147483647 - 1))
		return -ESRCH;
	if (pid == -1) {
		wo.type = P_ALL;
	} else if (pid <= 0) {
		wo.type = P_PGID;
		wo.pid = pid ? -pid : current->signal->pgrp;
	} else {
		wo.type = P_PID;
		wo.pid = pid;
	}
	ret = do_wait(&wo);
	if (ret > 0) {
		if (status && put_user(wo.status, (int __user *)status))
			return -EFAULT;
		if (rusage && copy_to_user(rusage, &r, sizeof(r)))
			return -EFAULT;
	}
	return ret;
}

long sys_waitid(int which, pid_t id, uptr_t info, int options, uptr_t rusage)
{
	struct rusage r;
	struct wait_opts wo = {
		.type = which, .pid = id, .options = options, .rusage = rusage ? &r : NULL};
	siginfo_t si = {0};
	long ret;

	if ((options & ~(int)(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD |
			      __WCLONE | __WALL)) ||
	    !(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	if (which < P_ALL || which > P_PGID || (which == P_PID && id <= 0) ||
	    (which == P_PGID && id < 0))
		return -EINVAL;
	if (which == P_PGID && !id)
		wo.pid = current->signal->pgrp;
	ret = do_wait(&wo);
	if (ret < 0)
		return ret;
	if (ret > 0) {
		si.si_signo = SIGCHLD;
		si.si_code = wo.code;
		si.kill.pid = ret;
		si.kill.uid = wo.uid;
		si.kill.status = wo.value;
		if (rusage && copy_to_user(rusage, &r, sizeof(r)))
			return -EFAULT;
	}
	if (info && copy_to_user(info, &si, sizeof(si)))
		return -EFAULT;
	return 0;
}

/* ---- who am I, who is my parent ---- */

long sys_getpid(void)
{
	return current->tgid;
}

long sys_gettid(void)
{
	return current->pid;
}

long sys_getppid(void)
{
	return rcu_dereference(current->real_parent)->tgid;
}

long sys_set_tid_address(uptr_t tidptr)
{
	current->clear_child_tid = tidptr;
	return current->pid;
}

/* ---- process groups and sessions ---- */

/* The process `pid`, 0: current's. tasklist_lock or RCU. NULL: none. */
static struct task_struct *process(pid_t pid)
{
	return pid ? find_task_by_pid(pid) : current;
}

static bool pgrp_in_session(pid_t pgrp, pid_t session)
{
	struct task_struct *p;

	for_each_process(p)
		if (p->signal->pgrp == pgrp && p->signal->session == session)
			return true;
	return false;
}

static void change_pgrp(struct signal_struct *sig, pid_t pgrp)
{
	pid_t old = sig->pgrp;

	if (old == pgrp)
		return;
	pid_hold(pgrp);
	sig->pgrp = pgrp;
	pid_free(old);
}

/* tasklist_lock held for writing. */
static long do_setpgid(struct task_struct *p, pid_t pgid)
{
	pid_t session = current->signal->session;

	if (!thread_group_leader(p))
		return -EINVAL;
	if (p->real_parent->signal == current->signal) {
		if (p->signal->session != session)
			return -EPERM;
		if (!(READ_ONCE(p->flags) & PF_FORKNOEXEC))
			return -EACCES;
	} else if (p != current->group_leader) {
		return -ESRCH;
	}
	if (p->signal->leader)
		return -EPERM;
	if (pgid != p->pid && !pgrp_in_session(pgid, session))
		return -EPERM;
	change_pgrp(p->signal, pgid);
	return 0;
}

long sys_setpgid(pid_t pid, pid_t pgid)
{
	struct task_struct *p;
	long ret = -ESRCH;

	if (!pid)
		pid = current->tgid;
	if (!pgid)
		pgid = pid;
	if (pgid < 0)
		return -EINVAL;
	write_lock_irq(&tasklist_lock);
	p = find_task_by_pid(pid);
	if (p)
		ret = do_setpgid(p, pgid);
	write_unlock_irq(&tasklist_lock);
	return ret;
}

long sys_getpgid(pid_t pid)
{
	struct task_struct *p;
	long ret;

	rcu_read_lock();
	p = process(pid);
	ret = p ? p->signal->pgrp : -ESRCH;
	rcu_read_unlock();
	return ret;
}

long sys_getpgrp(void)
{
	return current->signal->pgrp;
}

long sys_getsid(pid_t pid)
{
	struct task_struct *p;
	long ret;

	rcu_read_lock();
	p = process(pid);
	ret = p ? p->signal->session : -ESRCH;
	rcu_read_unlock();
	return ret;
}

long sys_setsid(void)
{
	struct signal_struct *sig = current->signal;
	pid_t pid = current->tgid, old_session;
	struct task_struct *p;
	long ret = -EPERM;

	write_lock_irq(&tasklist_lock);
	if (sig->leader)
		goto out;
	for_each_process(p)
		if (p->signal->pgrp == pid)
			goto out;
	sig->leader = true;
	old_session = sig->session;
	pid_hold(pid);
	sig->session = pid;
	pid_free(old_session);
	change_pgrp(sig, pid);
	spin_lock(&current->sighand->siglock);
	sig->tty = NULL;
	spin_unlock(&current->sighand->siglock);
	ret = pid;
out:
	write_unlock_irq(&tasklist_lock);
	return ret;
}
