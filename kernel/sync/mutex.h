/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mutexes: one owner, which may sleep (mutex.c). Not contended: one compare-and-exchange.
 * Contended: first come, first served; the unlocker hands the lock to the longest waiter.
 */
#pragma once

#include "kernel/lib/list.h"
#include "kernel/sync/spinlock.h"
#include "kernel/sync/wait.h"

struct task_struct;

struct mutex {
	unsigned long owner;		/* task_struct, bit 0: somebody waits. Atomic. */
	spinlock_t wait_lock;
	struct list_head wait_list;	/* wait_lock */
	LOCKDEP_MAP
};
#define MUTEX_WAITERS 1UL

#define __MUTEX_INITIALIZER(name) {0, __SPIN_LOCK_UNLOCKED(name), LIST_HEAD_INIT((name).wait_list), LOCKDEP_MAP_INIT(name)}
#define DEFINE_MUTEX(name)	  struct mutex name = __MUTEX_INITIALIZER(name)

#define mutex_init(m) __mutex_init(m, LOCK_NAME(m))
static inline void __mutex_init(struct mutex *m, const char *name)
{
	m->owner = 0;
	lockdep_init(m, name);
	spin_lock_init(&m->wait_lock);
	INIT_LIST_HEAD(&m->wait_list);
}
int mutex_lock_slow(struct mutex *m, unsigned int state);
void mutex_unlock_slow(struct mutex *m);

static __always_inline bool mutex_take(struct mutex *m)
{
	unsigned long old = 0;

	return __atomic_compare_exchange_n(&m->owner, &old, (unsigned long)current, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}
/* True: got it. Does not sleep, but is not for interrupt handlers. */
static __always_inline bool mutex_trylock(struct mutex *m)
{
	bool got = mutex_take(m);

	if (got)
		lockdep_acquire(&m->dep, LOCK_SLEEPS | LOCK_TRY);
	return got;
}
static __always_inline void mutex_lock(struct mutex *m)
{
	lockdep_acquire(&m->dep, LOCK_SLEEPS);
	if (unlikely(!mutex_take(m)))
		(void)mutex_lock_slow(m, TASK_UNINTERRUPTIBLE);
}
/* 0, or -EINTR: a signal (a fatal signal) came first. */
static __always_inline __must_check int mutex_lock_interruptible(struct mutex *m)
{
	int err;

	lockdep_acquire(&m->dep, LOCK_SLEEPS);
	err = likely(mutex_take(m)) ? 0 : mutex_lock_slow(m, TASK_INTERRUPTIBLE);
	if (err)
		lockdep_release(&m->dep, LOCK_SLEEPS);
	return err;
}
static __always_inline __must_check int mutex_lock_killable(struct mutex *m)
{
	int err;

	lockdep_acquire(&m->dep, LOCK_SLEEPS);
	err = likely(mutex_take(m)) ? 0 : mutex_lock_slow(m, TASK_KILLABLE);
	if (err)
		lockdep_release(&m->dep, LOCK_SLEEPS);
	return err;
}
static __always_inline void mutex_unlock(struct mutex *m)
{
	unsigned long old = (unsigned long)current;

	lockdep_release(&m->dep, LOCK_SLEEPS);
	if (unlikely(!__atomic_compare_exchange_n(&m->owner, &old, 0, false, __ATOMIC_RELEASE,
						  __ATOMIC_RELAXED)))
		mutex_unlock_slow(m);
}
static inline bool mutex_is_locked(const struct mutex *m)
{
	return __atomic_load_n(&m->owner, __ATOMIC_RELAXED) & ~MUTEX_WAITERS;
}
/* Does current hold it? */
static inline bool mutex_is_mine(const struct mutex *m)
{
	return (__atomic_load_n(&m->owner, __ATOMIC_RELAXED) & ~MUTEX_WAITERS) ==
	       (unsigned long)current;
}
#ifdef CONFIG_LOCKDEP
#define mutex_assert_held(m)                                                                       \
	do {                                                                                       \
		if (unlikely(!mutex_is_mine(m)))                                                   \
			lock_assert_failed(m);                                                     \
	} while (0)
#else
#define mutex_assert_held(m) ((void)(m))
#endif
