/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reader-writer semaphores: many readers or one writer, who may sleep (rwsem.c). First come, first
 * served: a reader that comes after a waiting writer waits too, so readers must not nest.
 */
#pragma once

#include "kernel/lib/list.h"
#include "kernel/sync/spinlock.h"

struct rw_semaphore {
	long count;			/* RWSEM_* bits and readers × RWSEM_READER. Atomic. */
	spinlock_t wait_lock;
	struct list_head wait_list;	/* wait_lock */
	LOCKDEP_MAP
};
#define RWSEM_WAITERS 1L
#define RWSEM_WRITER  2L
#define RWSEM_READER  4L

#define __RWSEM_INITIALIZER(name) {0, __SPIN_LOCK_UNLOCKED(name), LIST_HEAD_INIT((name).wait_list), LOCKDEP_MAP_INIT(name)}
#define DECLARE_RWSEM(name)	  struct rw_semaphore name = __RWSEM_INITIALIZER(name)

#define init_rwsem(s) __init_rwsem(s, LOCK_NAME(s))
static inline void __init_rwsem(struct rw_semaphore *s, const char *name)
{
	s->count = 0;
	lockdep_init(s, name);
	spin_lock_init(&s->wait_lock);
	INIT_LIST_HEAD(&s->wait_list);
}
void rwsem_wake(struct rw_semaphore *s);
void downgrade_write(struct rw_semaphore *s);	/* writer becomes reader without a gap */

static __always_inline bool down_read_take(struct rw_semaphore *s)
{
	long old = __atomic_load_n(&s->count, __ATOMIC_RELAXED);

	while (!(old & (RWSEM_WAITERS | RWSEM_WRITER)))
		if (__atomic_compare_exchange_n(&s->count, &old, old + RWSEM_READER, false,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return true;
	return false;
}
static __always_inline bool down_write_take(struct rw_semaphore *s)
{
	long old = 0;

	return __atomic_compare_exchange_n(&s->count, &old, RWSEM_WRITER, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}
void rwsem_down_read_slow(struct rw_semaphore *s);
void rwsem_down_write_slow(struct rw_semaphore *s);
static __always_inline bool down_read_trylock(struct rw_semaphore *s)
{
	bool got = down_read_take(s);

	if (got)
		lockdep_acquire(&s->dep, LOCK_SLEEPS | LOCK_READ | LOCK_TRY);
	return got;
}
static __always_inline bool down_write_trylock(struct rw_semaphore *s)
{
	bool got = down_write_take(s);

	if (got)
		lockdep_acquire(&s->dep, LOCK_SLEEPS | LOCK_TRY);
	return got;
}
static __always_inline void down_read(struct rw_semaphore *s)
{
	lockdep_acquire(&s->dep, LOCK_SLEEPS | LOCK_READ);
	if (unlikely(!down_read_take(s)))
		rwsem_down_read_slow(s);
}
static __always_inline void down_write(struct rw_semaphore *s)
{
	lockdep_acquire(&s->dep, LOCK_SLEEPS);
	if (unlikely(!down_write_take(s)))
		rwsem_down_write_slow(s);
}
/* 0, or -EINTR: a fatal signal came first. */
int __must_check down_read_killable(struct rw_semaphore *s);
int __must_check down_write_killable(struct rw_semaphore *s);
static __always_inline void up_read(struct rw_semaphore *s)
{
	lockdep_release(&s->dep, LOCK_SLEEPS);
	if (unlikely(__atomic_sub_fetch(&s->count, RWSEM_READER, __ATOMIC_RELEASE) ==
		     RWSEM_WAITERS))
		rwsem_wake(s);
}
static __always_inline void up_write(struct rw_semaphore *s)
{
	lockdep_release(&s->dep, LOCK_SLEEPS);
	if (unlikely(__atomic_sub_fetch(&s->count, RWSEM_WRITER, __ATOMIC_RELEASE) & RWSEM_WAITERS))
		rwsem_wake(s);
}
static inline bool rwsem_is_locked(const struct rw_semaphore *s)
{
	return __atomic_load_n(&s->count, __ATOMIC_RELAXED) & ~RWSEM_WAITERS;
}
#ifdef CONFIG_LOCKDEP
#define rwsem_assert_held(s)                                                                       \
	do {                                                                                       \
		if (unlikely(!rwsem_is_locked(s)))                                                 \
			lock_assert_failed(s);                                                     \
	} while (0)
#else
#define rwsem_assert_held(s) ((void)(s))
#endif
