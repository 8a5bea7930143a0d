/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Robust futexes: a thread tells where its list of held mutexes is (set_robust_list(2)), and when it
 * dies the kernel walks that list, marks each mutex that the thread still owns and wakes a waiter.
 * All of it is user memory: nothing read there is trusted.
 */
#include "kernel/task/futex.h"
#include "kernel/syscall/syscall.h"

/* What a futex word of a robust mutex holds: its owner's thread id, and these. */
#define FUTEX_WAITERS	 0x80000000U
#define FUTEX_OWNER_DIED 0x40000000U
#define FUTEX_TID_MASK	 0x3fffffffU
#define ROBUST_LIST_LIMIT 2048

struct robust_list {
	u64 next;
};
struct robust_list_head {
	struct robust_list list;
	long futex_offset;		/* from a list entry to its futex word */
	u64 list_op_pending;
};

long sys_set_robust_list(uptr_t head, size_t len)
{
	if (len != sizeof(struct robust_list_head))
		return -EINVAL;
	current->robust_list = head;
	return 0;
}

long sys_get_robust_list(int pid, uptr_t head_ptr, uptr_t len_ptr)
{
	struct task_struct *p;
	void __user *head;
	int err = 0;

	rcu_read_lock();
	p = pid ? find_task_by_pid(pid) : current;
	if (!p)
		err = -ESRCH;
	else if (p != current && !capable(CAP_SYS_PTRACE) && p->cred->uid != current_uid())
		err = -EPERM;
	else
		head = p->robust_list;
	rcu_read_unlock();
	if (err)
		return err;
	if (put_user(sizeof(struct robust_list_head), (size_t __user *)len_ptr))
		return -EFAULT;
	return put_user(head, (void __user *__user *)head_ptr);
}

/* If current still owns this mutex: mark it, and wake one who waits for it. */
static int handle_futex_death(u32 __user *uaddr, bool pending)
{
	u32 val, seen, next;

	if (!IS_ALIGNED((unsigned long)uaddr, sizeof(u32)) || get_user(val, uaddr))
		return -EFAULT;
	for (;;) {
		if (pending && !val) {	/* unlocked, but died before the wake-up */
			futex_wake_addr(uaddr, 1);
			return 0;
		}
		if ((val & FUTEX_TID_MASK) != (u32)current->pid)
			return 0;
		next = (val & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
		seen = val;
		if (futex_fault_in(uaddr, true) || arch_futex_cmpxchg(uaddr, &seen, next))
			return -EFAULT;
		if (seen == val)
			break;
		val = seen;
	}
	if (next & FUTEX_WAITERS)
		futex_wake_addr(uaddr, 1);
	return 0;
}

void exit_robust_list(struct task_struct *p)
{
	struct robust_list_head __user *head = p->robust_list;
	struct robust_list_head h;
	u64 entry, next;
	u32 __user *pending;
	unsigned int n = 0;

	p->robust_list = NULL;
	if (!head || copy_from_user(&h, head, sizeof(h)))
		return;
	/* Bit 0 of an entry marks priority inheritance, which nobody can have here. */
	for (entry = h.list.next & ~1ULL; entry != (u64)head && n < ROBUST_LIST_LIMIT;
	     entry = next & ~1ULL, n++) {
		/* Before the owner is told: it may reuse the entry. */
		bool bad = get_user(next, (u64 __user *)entry);

		if (entry != (h.list_op_pending & ~1ULL) &&
		    handle_futex_death((u32 __user *)(entry + (u64)h.futex_offset), false))
			return;
		if (bad)
			return;
	}
	pending = (u32 __user *)((h.list_op_pending & ~1ULL) + (u64)h.futex_offset);
	if (h.list_op_pending & ~1ULL)
		handle_futex_death(pending, true);
}
