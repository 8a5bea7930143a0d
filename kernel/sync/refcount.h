/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reference counts. A count that goes wrong (raised from 0, lowered below 0, overflown) is set to a
 * value from which it never reaches 0 again, with one warning: a leak is better than a use after
 * free.
 */
#pragma once

#include "kernel/lib/types.h"
#include "arch/x86_64/atomic.h"

typedef struct {
	atomic_t refs;
} refcount_t;

#define REFCOUNT_INIT(n)   {ATOMIC_INIT(n)}
#define REFCOUNT_SATURATED (-0x40000000)
void refcount_saturate(refcount_t *r, const char *what);

static inline void refcount_set(refcount_t *r, int n)
{
	atomic_set(&r->refs, n);
}
static inline int refcount_read(const refcount_t *r)
{
	return atomic_read(&r->refs);
}
static inline void refcount_inc(refcount_t *r)
{
	if (unlikely(__atomic_fetch_add(&r->refs.counter, 1, __ATOMIC_RELAXED) <= 0))
		refcount_saturate(r, "raised from 0");
}
static inline void refcount_add(int n, refcount_t *r)
{
	if (unlikely(__atomic_fetch_add(&r->refs.counter, n, __ATOMIC_RELAXED) <= 0))
		refcount_saturate(r, "raised from 0");
}
/* False: it is 0 already, and stays so. */
static inline bool refcount_inc_not_zero(refcount_t *r)
{
	return atomic_inc_not_zero(&r->refs);
}
/* From 1 to 0, if it is 1: the caller has the only reference, and nobody can get another one any more. */
static inline bool refcount_freeze_last(refcount_t *r)
{
	return atomic_cmpxchg(&r->refs, 1, 0) == 1;
}
/* True: that was the last reference; the caller frees. */
static inline bool refcount_sub_and_test(int n, refcount_t *r)
{
	int old = __atomic_fetch_sub(&r->refs.counter, n, __ATOMIC_ACQ_REL);

	if (unlikely(old < n))
		refcount_saturate(r, "lowered below 0");
	return old == n;
}
static inline bool refcount_dec_and_test(refcount_t *r)
{
	return refcount_sub_and_test(1, r);
}
static inline void refcount_dec(refcount_t *r)
{
	if (unlikely(__atomic_fetch_sub(&r->refs.counter, 1, __ATOMIC_RELEASE) <= 1))
		refcount_saturate(r, "lowered to 0 where it must not be");
}
/* Lower the count; if that was the last reference, return true with the lock held. */
#define refcount_dec_and_lock(r, l)                                                                \
	({                                                                                         \
		bool rdl_last = false;                                                             \
		if (!atomic_add_unless(&(r)->refs, -1, 1)) {                                       \
			spin_lock(l);                                                              \
			rdl_last = refcount_dec_and_test(r);                                       \
			if (!rdl_last)                                                             \
				spin_unlock(l);                                                    \
		}                                                                                  \
		rdl_last;                                                                          \
	})
