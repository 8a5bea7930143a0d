/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Atomic counters and bits, with Linux's names and ordering rules: operations that return a value are full barriers, those that
 * return nothing order nothing. Built on the compiler's __atomic builtins.
 */
#pragma once

#include "kernel/lib/types.h"

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

#define ATOMIC_INIT(i) {(i)}

#define smp_mb()  __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define xchg(p, v)		__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
#define cmpxchg(p, old, new)                                                                       \
	({                                                                                         \
		__typeof__(*(p)) cx_old = (old);                                                   \
		__atomic_compare_exchange_n(p, &cx_old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
		cx_old;                                                                            \
	})

#define ATOMIC_OPS(atomic, type, T)                                                                \
	static inline type atomic##_read(const T *v)                                               \
	{                                                                                          \
		return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);                             \
	}                                                                                          \
	static inline void atomic##_set(T *v, type i)                                              \
	{                                                                                          \
		__atomic_store_n(&v->counter, i, __ATOMIC_RELAXED);                                \
	}                                                                                          \
	static inline void atomic##_add(type i, T *v)                                              \
	{                                                                                          \
		(void)__atomic_fetch_add(&v->counter, i, __ATOMIC_RELAXED);                        \
	}                                                                                          \
	static inline void atomic##_sub(type i, T *v)                                              \
	{                                                                                          \
		(void)__atomic_fetch_sub(&v->counter, i, __ATOMIC_RELAXED);                        \
	}                                                                                          \
	static inline void atomic##_inc(T *v)                                                      \
	{                                                                                          \
		atomic##_add(1, v);                                                                \
	}                                                                                          \
	static inline void atomic##_dec(T *v)                                                      \
	{                                                                                          \
		atomic##_sub(1, v);                                                                \
	}                                                                                          \
	static inline type atomic##_add_return(type i, T *v)                                       \
	{                                                                                          \
		return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST);                       \
	}                                                                                          \
	static inline type atomic##_sub_return(type i, T *v)                                       \
	{                                                                                          \
		return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST);                       \
	}                                                                                          \
	static inline type atomic##_inc_return(T *v)                                               \
	{                                                                                          \
		return atomic##_add_return(1, v);                                                  \
	}                                                                                          \
	static inline bool atomic##_dec_and_test(T *v)                                             \
	{                                                                                          \
		return atomic##_sub_return(1, v) == 0;                                             \
	}                                                                                          \
	/* Add unless the value is `unless`; true if added. */                                     \
	static inline bool atomic##_add_unless(T *v, type i, type unless)                          \
	{                                                                                          \
		type old = atomic##_read(v);                                                       \
		do {                                                                               \
			if (old == unless)                                                         \
				return false;                                                      \
		} while (!__atomic_compare_exchange_n(&v->counter, &old, old + i, false,           \
						      __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));        \
		return true;                                                                       \
	}                                                                                          \
	static inline bool atomic##_inc_not_zero(T *v)                                             \
	{                                                                                          \
		return atomic##_add_unless(v, 1, 0);                                               \
	}                                                                                          \
	static inline type atomic##_cmpxchg(T *v, type old, type new)                              \
	{                                                                                          \
		return cmpxchg(&v->counter, old, new);                                             \
	}                                                                                          \
	static inline type atomic##_xchg(T *v, type new)                                           \
	{                                                                                          \
		return xchg(&v->counter, new);                                                     \
	}

ATOMIC_OPS(atomic, int, atomic_t)
ATOMIC_OPS(atomic_long, long, atomic_long_t)
#undef ATOMIC_OPS

/* Atomic bit operations on arrays of unsigned long (kernel/lib/bitmap.h has the plain ones, prefixed __). */
#define BIT_WORD_(nr) ((nr) / 64)
#define BIT_MASK_(nr) (1UL << ((nr) % 64))
static inline void set_bit(long nr, volatile unsigned long *p)
{
	(void)__atomic_fetch_or(&p[BIT_WORD_(nr)], BIT_MASK_(nr), __ATOMIC_RELAXED);
}
static inline void clear_bit(long nr, volatile unsigned long *p)
{
	(void)__atomic_fetch_and(&p[BIT_WORD_(nr)], ~BIT_MASK_(nr), __ATOMIC_RELAXED);
}
static inline bool test_and_set_bit(long nr, volatile unsigned long *p)
{
	return __atomic_fetch_or(&p[BIT_WORD_(nr)], BIT_MASK_(nr), __ATOMIC_SEQ_CST) & BIT_MASK_(nr);
}
static inline bool test_and_clear_bit(long nr, volatile unsigned long *p)
{
	return __atomic_fetch_and(&p[BIT_WORD_(nr)], ~BIT_MASK_(nr), __ATOMIC_SEQ_CST) & BIT_MASK_(nr);
}
static inline bool test_bit(long nr, const volatile unsigned long *p)
{
	return p[BIT_WORD_(nr)] & BIT_MASK_(nr);
}
