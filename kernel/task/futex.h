/* SPDX-License-Identifier: GPL-2.0-only */
/* Futexes, as the rest of kernel/task uses them. */
#pragma once

#include "kernel/sched/sched.h"

/*
 * Wake at most nr waiters of a futex word of current's address space (private and shared alike).
 * The number woken, or -errno. May sleep.
 */
long futex_wake_addr(u32 __user *uaddr, int nr);
/*
 * p, which is current, exits: mark the robust mutexes that it still holds as orphaned and wake
 * their waiters. Its mm is still there. May sleep.
 */
void exit_robust_list(struct task_struct *p);
/*
 * Make the page of a futex word be there, after an access that could not sleep has failed. 0,
 * -EFAULT, -ENOMEM. May sleep.
 */
int futex_fault_in(const u32 __user *uaddr, bool write);
