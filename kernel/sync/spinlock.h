/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Spinlocks (tickets: first come, first served) and reader-writer spinlocks. The holder must not
 * sleep.
 *
 * The kernel is not preemptible, so spin_lock() alone is one atomic instruction. A lock that an
 * interrupt handler also takes needs the _irqsave form (or _irq where interrupts are known to be
 * on). Readers of a rwlock_t may nest, also in interrupts, so a waiting writer can't keep them out; but
 * those who come while one waits give way for a moment, or a stream of them would starve it.
 */
#pragma once

#include "kernel/lib/types.h"
#include "arch/x86_64/arch.h"
#include "kernel/sync/lockdep.h"

typedef struct {
	union {
		u32 ticket;
		struct {
			u16 owner;	/* being served */
			u16 next;	/* next to be drawn */
		};
	};
	LOCKDEP_MAP
} spinlock_t;

#define __SPIN_LOCK_UNLOCKED(name) {.ticket = 0, LOCKDEP_MAP_INIT(name)}
#define DEFINE_SPINLOCK(name)	   spinlock_t name = __SPIN_LOCK_UNLOCKED(name)
#define spin_lock_init(l)	   __spin_lock_init(l, LOCK_NAME(l))

/* `name`: what the lock checker calls its class. */
static inline void __spin_lock_init(spinlock_t *l, const char *name)
{
	l->ticket = 0;
	lockdep_init(l, name);
}

void spin_lock_slow(spinlock_t *l, u16 ticket);

static __always_inline void spin_lock(spinlock_t *l)
{
	u32 old;

	lockdep_acquire(&l->dep, 0);
	old = __atomic_fetch_add(&l->ticket, 1U << 16, __ATOMIC_ACQUIRE);
	if (unlikely((u16)old != (u16)(old >> 16)))
		spin_lock_slow(l, (u16)(old >> 16));
}
static __always_inline void spin_unlock(spinlock_t *l)
{
	lockdep_release(&l->dep, 0);
	__atomic_store_n(&l->owner, (u16)(READ_ONCE(l->owner) + 1), __ATOMIC_RELEASE);
}
static __always_inline bool spin_trylock(spinlock_t *l)
{
	u32 old = __atomic_load_n(&l->ticket, __ATOMIC_RELAXED);
	bool got = (u16)old == (u16)(old >> 16) &&
		   __atomic_compare_exchange_n(&l->ticket, &old, old + (1U << 16), false,
					       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);

	if (got)
		lockdep_acquire(&l->dep, LOCK_TRY);
	return got;
}
static inline bool spin_is_locked(const spinlock_t *l)
{
	u32 v = __atomic_load_n(&l->ticket, __ATOMIC_RELAXED);

	return (u16)v != (u16)(v >> 16);
}
static __always_inline void spin_lock_irq(spinlock_t *l)
{
	local_irq_disable();
	spin_lock(l);
}
static __always_inline void spin_unlock_irq(spinlock_t *l)
{
	spin_unlock(l);
	local_irq_enable();
}
#define spin_lock_irqsave(l, flags)                                                                \
	do {                                                                                       \
		local_irq_save(flags);                                                             \
		spin_lock(l);                                                                      \
	} while (0)
#define spin_unlock_irqrestore(l, flags)                                                           \
	do {                                                                                       \
		spin_unlock(l);                                                                    \
		local_irq_restore(flags);                                                          \
	} while (0)

/*
 * A rule that the code relies on, checked in builds with LOCKDEP=1. Works on spinlock_t; the
 * sleeping locks have mutex_assert_held() and rwsem_assert_held().
 */
#ifdef CONFIG_LOCKDEP
void lock_assert_failed(const void *lock);
#define lock_assert_held(l)                                                                        \
	do {                                                                                       \
		if (unlikely(!lockdep_is_held(&(l)->dep)))                                         \
			lock_assert_failed(l);                                                     \
	} while (0)
#else
#define lock_assert_held(l) ((void)(l))
#endif

typedef struct {
	u32 count;	/* readers; and these */
	LOCKDEP_MAP
} rwlock_t;
#define RWLOCK_WRITER	    0x40000000U		/* one has it */
#define RWLOCK_WAITING	    0x80000000U		/* one waits for readers to go */
#define DEFINE_RWLOCK(name) rwlock_t name = {.count = 0, LOCKDEP_MAP_INIT(name)}
#define rwlock_init(l)	    __rwlock_init(l, LOCK_NAME(l))

static inline void __rwlock_init(rwlock_t *l, const char *name)
{
	l->count = 0;
	lockdep_init(l, name);
}

void read_lock_slow(rwlock_t *l);
void write_lock_slow(rwlock_t *l);

static __always_inline void read_lock(rwlock_t *l)
{
	lockdep_acquire(&l->dep, LOCK_READ | LOCK_NESTS);
	if (unlikely(__atomic_add_fetch(&l->count, 1, __ATOMIC_ACQUIRE) >= RWLOCK_WRITER))
		read_lock_slow(l);
}
static __always_inline void read_unlock(rwlock_t *l)
{
	lockdep_release(&l->dep, 0);
	(void)__atomic_fetch_sub(&l->count, 1, __ATOMIC_RELEASE);
}
static __always_inline void write_lock(rwlock_t *l)
{
	u32 old = 0;

	lockdep_acquire(&l->dep, 0);
	if (unlikely(!__atomic_compare_exchange_n(&l->count, &old, RWLOCK_WRITER, false,
						  __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
		write_lock_slow(l);
}
static __always_inline void write_unlock(rwlock_t *l)
{
	lockdep_release(&l->dep, 0);
	(void)__atomic_fetch_sub(&l->count, RWLOCK_WRITER, __ATOMIC_RELEASE);
}
static __always_inline void read_lock_irq(rwlock_t *l)
{
	local_irq_disable();
	read_lock(l);
}
static __always_inline void read_unlock_irq(rwlock_t *l)
{
	read_unlock(l);
	local_irq_enable();
}
static __always_inline void write_lock_irq(rwlock_t *l)
{
	local_irq_disable();
	write_lock(l);
}
static __always_inline void write_unlock_irq(rwlock_t *l)
{
	write_unlock(l);
	local_irq_enable();
}
#define read_lock_irqsave(l, flags)                                                                \
	do {                                                                                       \
		local_irq_save(flags);                                                             \
		read_lock(l);                                                                      \
	} while (0)
#define read_unlock_irqrestore(l, flags)                                                           \
	do {                                                                                       \
		read_unlock(l);                                                                    \
		local_irq_restore(flags);                                                          \
	} while (0)
#define write_lock_irqsave(l, flags)                                                               \
	do {                                                                                       \
		local_irq_save(flags);                                                             \
		write_lock(l);                                                                     \
	} while (0)
#define write_unlock_irqrestore(l, flags)                                                          \
	do {                                                                                       \
		write_unlock(l);                                                                   \
		local_irq_restore(flags);                                                          \
	} while (0)
