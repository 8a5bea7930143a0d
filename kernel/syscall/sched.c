// SPDX-License-Identifier: GPL-2.0-only
/* System calls about scheduling: yielding, niceness, policies, affinity. */
#include "kernel/syscall/syscall.h"
#include "kernel/task/internal.h"

#define SCHED_NORMAL 0
#define SCHED_FIFO   1
#define SCHED_RR     2
#define SCHED_BATCH  3
#define SCHED_IDLE   5

#define PRIO_PROCESS 0
#define PRIO_PGRP    1
#define PRIO_USER    2

long sys_sched_yield(void)
{
	sched_yield_current();
	return 0;
}

/* The task `pid` (0: current), referenced; NULL: none. */
static struct task_struct *get_task(pid_t pid)
{
	if (pid)
		return find_get_task_by_pid(pid);
	get_task_struct(current);
	return current;
}

/* May current change p's scheduling? sched_setscheduler(2), setpriority(2). */
static bool may_change(struct task_struct *p)
{
	uid_t euid = current_euid();
	bool may;

	rcu_read_lock();
	may = euid == rcu_dereference(p->cred)->euid || euid == rcu_dereference(p->cred)->uid ||
	      capable(CAP_SYS_NICE);
	rcu_read_unlock();
	return may;
}

/* ---- niceness ---- */

/* Is p one of those that (which, who) means? */
static bool prio_matches(struct task_struct *p, int which, int who)
{
	if (which == PRIO_PROCESS)
		return p->pid == (who ? who : current->pid);
	if (which == PRIO_PGRP)
		return p->signal->pgrp == (who ? who : current->signal->pgrp);
	return p->cred->uid == (who ? (uid_t)who : current_uid());
}

static long set_one_nice(struct task_struct *p, int nice)
{
	if (!may_change(p))
		return -EPERM;
	if (nice < p->static_prio && !capable(CAP_SYS_NICE))
		return -EACCES;
	return set_user_nice(p, nice);
}

long sys_setpriority(int which, int who, int nice)
{
	struct task_struct *p, *t;
	long ret = -ESRCH;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	nice = clamp(nice, -20, 19);
	rcu_read_lock();
	if (which == PRIO_PROCESS) {
		p = who ? find_task_by_pid(who) : current;
		if (p)
			ret = set_one_nice(p, nice);
	} else {
		for_each_process(p)
			list_for_each_entry_rcu(t, &p->signal->thread_head, thread_node)
				if (prio_matches(t, which, who)) {
					long err = set_one_nice(t, nice);

					if (ret == -ESRCH || err)
						ret = err;
				}
	}
	rcu_read_unlock();
	return ret;
}

/* 20 - nice, so that it is never negative; the highest priority among those meant. */
long sys_getpriority(int which, int who)
{
	struct task_struct *p;
	long ret = -ESRCH;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	rcu_read_lock();
	if (which == PRIO_PROCESS) {
		p = who ? find_task_by_pid(who) : current;
		if (p)
			ret = 20 - p->static_prio;
	} else {
		for_each_process(p)
			if (prio_matches(p, which, who))
				ret = max(ret, 20L - p->static_prio);
	}
	rcu_read_unlock();
	return ret;
}

/*
 * ---- policies: only the fair class is there; the real-time ones are refused as to somebody
 * without the right ----
 */

static long set_policy(pid_t pid, int policy, ucptr_t param)
{
	struct task_struct *p;
	int priority;
	long ret = 0;

	if (pid < 0 || !param)
		return -EINVAL;
	if (get_user(priority, (int __user *)param))
		return -EFAULT;
	p = get_task(pid);
	if (!p)
		return -ESRCH;
	if (policy < 0)
		policy = p->policy;
	if (policy == SCHED_FIFO || policy == SCHED_RR)
		ret = priority < 1 || priority > 99 ? -EINVAL : -EPERM;
	else if ((policy != SCHED_NORMAL && policy != SCHED_BATCH && policy != SCHED_IDLE) ||
		 priority)
		ret = -EINVAL;
	else if (!may_change(p))
		ret = -EPERM;
	else
		p->policy = policy;
	put_task_struct(p);
	return ret;
}

long sys_sched_setscheduler(pid_t pid, int policy, ucptr_t param)
{
	return policy < 0 ? -EINVAL : set_policy(pid, policy, param);
}

long sys_sched_setparam(pid_t pid, ucptr_t param)
{
	return set_policy(pid, -1, param);
}

long sys_sched_getscheduler(pid_t pid)
{
	struct task_struct *p;
	long ret;

	if (pid < 0)
		return -EINVAL;
	p = get_task(pid);
	if (!p)
		return -ESRCH;
	ret = p->policy;
	put_task_struct(p);
	return ret;
}

long sys_sched_getparam(pid_t pid, uptr_t param)
{
	struct task_struct *p;

	if (pid < 0 || !param)
		return -EINVAL;
	p = get_task(pid);
	if (!p)
		return -ESRCH;
	put_task_struct(p);
	return put_user(0, (int __user *)param);
}

long sys_sched_get_priority_max(int policy)
{
	if (policy == SCHED_FIFO || policy == SCHED_RR)
		return 99;
	return policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE ? 0
										       : -EINVAL;
}

long sys_sched_get_priority_min(int policy)
{
	if (policy == SCHED_FIFO || policy == SCHED_RR)
		return 1;
	return policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE ? 0
										       : -EINVAL;
}

/* ---- affinity ---- */

long sys_sched_setaffinity(pid_t pid, size_t len, ucptr_t umask)
{
	DECLARE_BITMAP(mask, NR_CPUS) = {0};
	struct task_struct *p;
	long ret;

	if (copy_from_user(mask, umask, min(len, sizeof(mask))))
		return -EFAULT;
	p = get_task(pid);
	if (!p)
		return -ESRCH;
	ret = may_change(p) ? sched_setaffinity(p, mask) : -EPERM;
	put_task_struct(p);
	return ret;
}

long sys_sched_getaffinity(pid_t pid, size_t len, uptr_t umask)
{
	DECLARE_BITMAP(online, NR_CPUS) = {0};
	DECLARE_BITMAP(mask, NR_CPUS);
	struct task_struct *p;

	if (len * 8 < nr_cpus || len % sizeof(long))
		return -EINVAL;
	p = get_task(pid);
	if (!p)
		return -ESRCH;
	bitmap_set(online, 0, nr_cpus);
	sched_getaffinity(p, mask);
	bitmap_and(mask, mask, online, NR_CPUS);
	put_task_struct(p);
	len = min(len, sizeof(mask));
	return copy_to_user(umask, mask, len) ? -EFAULT : (long)len;
}

long sys_getcpu(uptr_t cpu, uptr_t node, uptr_t unused)
{
	unsigned int here = smp_processor_id();

	(void)unused;			/* a cache of old kernels */
	if (cpu && put_user(here, (unsigned int __user *)cpu))
		return -EFAULT;
	if (node && put_user(cpu_to_node(here), (unsigned int __user *)node))
		return -EFAULT;
	return 0;
}
