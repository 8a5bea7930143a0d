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

#define GIVE_WAY 1000		/* looks at the lock; a reader that nests does not wait for ever */

/*
 * This reader is counted already; wait until no writer is there. If one only waits, let it go first: not in an interrupt, whose
 * CPU may hold the lock or be the one that waits.
 */
noinline void read_lock_slow(rwlock_t *l)
{
	if (!(__atomic_load_n(&l->count, __ATOMIC_RELAXED) & RWLOCK_WRITER) && !in_interrupt()) {
		(void)__atomic_fetch_sub(&l->count, 1, __ATOMIC_RELAXED);
		for (int i = 0; i < GIVE_WAY; i++) {
			if (!(__atomic_load_n(&l->count, __ATOMIC_RELAXED) & RWLOCK_WAITING))
				break;
			cpu_relax();
		}
		(void)__atomic_fetch_add(&l->count, 1, __ATOMIC_ACQUIRE);
	}
	while (__atomic_load_n(&l->count, __ATOMIC_ACQUIRE) & RWLOCK_WRITER)
		cpu_relax();
}

/* Who gets it takes the mark of all who wait away; the others set it again. */
noinline void write_lock_slow(rwlock_t *l)
{
	for (;;) {
		u32 old = __atomic_load_n(&l->count, __ATOMIC_RELAXED);

		if (!(old & ~RWLOCK_WAITING)) {
			if (__atomic_compare_exchange_n(&l->count, &old, RWLOCK_WRITER, false, __ATOMIC_ACQUIRE,
							__ATOMIC_RELAXED))
				return;
		} else if (!(old & RWLOCK_WAITING)) {
			(void)__atomic_fetch_or(&l->count, RWLOCK_WAITING, __ATOMIC_RELAXED);
		}
		cpu_relax();
	}
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
