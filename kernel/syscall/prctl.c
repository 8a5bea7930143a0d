// SPDX-License-Identifier: GPL-2.0-only
/*
 * prctl(2) and arch_prctl(2): what a process may ask for itself. Options that are not here are EINVAL, as on an older Linux.
 * Start with sys_prctl().
 */
#include "kernel/syscall/syscall.h"
#include "kernel/task/internal.h"

#define PR_SET_PDEATHSIG       1
#define PR_GET_PDEATHSIG       2
#define PR_GET_DUMPABLE	       3
#define PR_SET_DUMPABLE	       4
#define PR_GET_KEEPCAPS	       7
#define PR_SET_KEEPCAPS	       8
#define PR_SET_NAME	       15
#define PR_GET_NAME	       16
#define PR_CAPBSET_READ	       23
#define PR_SET_TIMERSLACK      29
#define PR_GET_TIMERSLACK      30
#define PR_SET_CHILD_SUBREAPER 36
#define PR_GET_CHILD_SUBREAPER 37
#define PR_SET_NO_NEW_PRIVS    38
#define PR_GET_NO_NEW_PRIVS    39

static long set_name(ustr_t name)
{
	char comm[sizeof(current->comm)] = {0};
	long n = strncpy_from_user(comm, name, sizeof(comm) - 1);

	if (n < 0)
		return n;
	comm[sizeof(comm) - 1] = '\0';
	memcpy(current->comm, comm, sizeof(comm));
	return 0;
}

static long get_name(uptr_t to)
{
	char comm[sizeof(current->comm)] = {0};

	strscpy(comm, current->comm, sizeof(comm));
	return copy_to_user(to, comm, sizeof(comm)) ? -EFAULT : 0;
}

/* Who gives up uid 0 gives up what goes with it (capability.c). So the flag is 0, and as if locked: securebits' SECURE_KEEP_CAPS_LOCKED. */
static long set_keepcaps(unsigned long keep)
{
	return keep > 1 ? -EINVAL : keep ? -EPERM : 0;
}

static long set_no_new_privs(unsigned long on, unsigned long arg3, unsigned long arg4, unsigned long arg5)
{
	if (on != 1 || arg3 || arg4 || arg5)
		return -EINVAL;
	WRITE_ONCE(current->no_new_privs, true);
	return 0;
}

long sys_prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4,
	       unsigned long arg5)
{
	switch (option) {
	case PR_SET_PDEATHSIG:
		if (arg2 > _NSIG)
			return -EINVAL;
		current->pdeath_signal = arg2;
		return 0;
	case PR_GET_PDEATHSIG:
		return put_user(current->pdeath_signal, (int __user *)arg2);
	case PR_GET_DUMPABLE:
		return current->mm->dumpable;
	case PR_SET_DUMPABLE:
		if (arg2 > 1)
			return -EINVAL;
		WRITE_ONCE(current->mm->dumpable, arg2);
		return 0;
	case PR_GET_KEEPCAPS:
		return 0;
	case PR_SET_KEEPCAPS:
		return set_keepcaps(arg2);
	case PR_SET_NAME:
		return set_name((ustr_t)arg2);
	case PR_GET_NAME:
		return get_name((uptr_t)arg2);
	case PR_CAPBSET_READ:
		return arg2 <= CAP_LAST_CAP ? 1 : -EINVAL;	/* nothing is ever taken out of the set */
	case PR_SET_TIMERSLACK:
		current->timer_slack = arg2 ? arg2 : current->default_timer_slack;
		return 0;
	case PR_GET_TIMERSLACK:
		return (long)current->timer_slack;
	case PR_SET_CHILD_SUBREAPER:
		WRITE_ONCE(current->signal->child_subreaper, arg2 != 0);
		return 0;
	case PR_GET_CHILD_SUBREAPER:
		return put_user(READ_ONCE(current->signal->child_subreaper), (int __user *)arg2);
	case PR_SET_NO_NEW_PRIVS:
		return set_no_new_privs(arg2, arg3, arg4, arg5);
	case PR_GET_NO_NEW_PRIVS:
		return arg2 || arg3 || arg4 || arg5 ? -EINVAL : current->no_new_privs;
	}
	return -EINVAL;
}

long sys_arch_prctl(int code, unsigned long addr)
{
	return arch_prctl(code, addr);
}
