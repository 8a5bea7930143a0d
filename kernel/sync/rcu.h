/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Read-copy-update (rcu.c). Readers take no lock and write nothing: the kernel is not preemptible,
 * so code that does not sleep is a reader. What was unlinked is freed after a grace period, that is
 * when every CPU has passed a quiescent state: a context switch, idle, or user mode.
 *
 * Who must call what:
 *   rcu_note_context_switch()   schedule(), at its top: no lock held, interrupts on or off. Runs
 *                               callbacks that are ready.
 *   rcu_idle_enter(), _exit()   the idle loop, around the halt, interrupts off. Nothing between
 *                               them may be a reader, but interrupt handlers may: irq_enter_work()
 *                               ends the idle state.
 *   irq_enter_work(), irq_exit_work()   arch, at begin and end of every hardware interrupt (not of
 *                               traps and NMIs)
 */
#pragma once

#include "kernel/lib/types.h"
#include "arch/x86_64/arch.h"

#define rcu_read_lock()	  barrier()
#define rcu_read_unlock() barrier()
#define rcu_dereference(p)		 READ_ONCE(p)
#define rcu_dereference_protected(p, c)	 (p)
#define rcu_access_pointer(p)		 READ_ONCE(p)
#define rcu_assign_pointer(p, v)	 __atomic_store_n(&(p), v, __ATOMIC_RELEASE)
#define RCU_INIT_POINTER(p, v)		 WRITE_ONCE(p, v)

/*
 * Run func(head) after a grace period. Any context but NMI. The callback runs on this CPU, from
 * schedule() or idle: no lock is held; it must not sleep, may take spinlocks (those that interrupt
 * handlers take with _irqsave) and free memory.
 */
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
/* Wait for a grace period: everything that was a reader at the call has ended. May sleep. */
void synchronize_rcu(void);
/* Wait until all callbacks queued before, on every CPU, have run. May sleep. */
void rcu_barrier(void);

/*
 * kfree() after a grace period. `member` is the rcu_head in *p; any place in the structure will do
 * (its offset travels as func).
 */
#define kfree_rcu(p, member)                                                                       \
	call_rcu(&(p)->member, (void (*)(struct rcu_head *))offsetof(__typeof__(*(p)), member))
#define RCU_KFREE_OFFSET_MAX 65536UL

/*
 * What this CPU has to do for RCU: RCU_NEED_QS and RCU_CALLBACKS. Set by any CPU, looked at by its
 * own.
 */
DECLARE_PER_CPU(unsigned int, rcu_work);
void rcu_do_work(void);

static inline void rcu_note_context_switch(void)
{
	if (unlikely(this_cpu_read(rcu_work)))
		rcu_do_work();
}
/* The number of the grace period under way and the CPUs that it waits for, as they are just now; 0: none is. Any context. */
unsigned long rcu_grace_period(unsigned long *waiting);
void rcu_idle_enter(void);
void rcu_idle_exit(void);
