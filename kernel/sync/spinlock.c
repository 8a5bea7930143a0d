/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The waiting halves of spinlock.h, and what reference counts and lock assertions say when they are
 * wrong.
 */
#include "kernel/sync/sync.h"
#include "kernel/debug/debug.h"

noinline void spin_lock_slow(spinlock_t *l, u16 ticket)
{
	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket)
		cpu_relax();
}

/* This reader is counted already; wait until no writer is there. */
noinline void read_lock_slow(rwlock_t *l)
{
	while (__atomic_load_n(&l->count, __ATOMIC_ACQUIRE) < 0)
		cpu_relax();
}

noinline void write_lock_slow(rwlock_t *l)
{
	int old;

	do {
		while (__atomic_load_n(&l->count, __ATOMIC_RELAXED))
			cpu_relax();
		old = 0;
	} while (!__atomic_compare_exchange_n(&l->count, &old, RWLOCK_WRITER, false,
					      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
}

noinline void refcount_saturate(refcount_t *r, const char *what)
{
	atomic_set(&r->refs, REFCOUNT_SATURATED);
	pr_err("reference count at %p %s; it leaks now\n", (void *)r, what);
	dump_stack();
}

#ifdef CONFIG_LOCKDEP
noinline void lock_assert_failed(const void *lock)
{
	panic("lock at %p is not held where it must be (%pS)", lock, __builtin_return_address(0));
}
#endif
