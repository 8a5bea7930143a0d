/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locks, waiting and RCU: the public header of kernel/sync/. Names and semantics are Linux's.
 *
 *   spinlock.h   spin_lock, _irq, _irqsave, trylock; lock_assert_held()           never sleeps
 *   mutex.h      mutex_lock, _trylock, _interruptible, _unlock                    sleeps
 *   rwsem.h      down_read/up_read, down_write/up_write, downgrade_write          sleeps
 *   wait.h       wait_queue_head_t, wait_event(_interruptible(_timeout)), wake_up(_all), completion
 *   rcu.h        rcu_read_lock (a no-op: the kernel is not preemptible), rcu_assign_pointer,
 *                rcu_dereference, call_rcu, synchronize_rcu; list_*_rcu live in kernel/lib/list.h
 *   seqlock.h    seqcount_t readers that retry
 *   refcount.h   refcount_t: inc, inc_not_zero, dec_and_test; saturates with a warning
 *
 * The order of all locks is in docs/locking.md.
 */
#pragma once

#include "kernel/sync/spinlock.h"
#include "kernel/sync/refcount.h"
#include "kernel/sync/seqlock.h"
#include "kernel/sync/rcu.h"
#include "kernel/sync/wait.h"
#include "kernel/sync/mutex.h"
#include "kernel/sync/rwsem.h"

/* Upcalls, defined by kernel/sched. */
struct task_struct;
void schedule(void);
int wake_up_process(struct task_struct *p);	/* 1 if it was asleep */
