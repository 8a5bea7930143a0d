/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Powers of two and bit searches in one word. Bits are numbered from 0; ffs/fls count from 1, with
 * 0 for "none".
 */
#pragma once

#include "kernel/lib/types.h"

#define BITS_PER_LONG 64

static inline unsigned long __ffs(unsigned long word)	/* lowest set bit; word != 0 */
{
	return (unsigned long)__builtin_ctzl(word);
}
static inline unsigned long __fls(unsigned long word)	/* highest set bit; word != 0 */
{
	return 63UL - (unsigned long)__builtin_clzl(word);
}
static inline int ffs(unsigned int x)
{
	return __builtin_ffs((int)x);
}
static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}
static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}
static inline int ilog2(u64 x)				/* rounded down; x != 0 */
{
	return 63 - __builtin_clzll(x);
}
static inline bool is_power_of_2(u64 x)
{
	return x && !(x & (x - 1));
}
static inline u64 roundup_pow_of_two(u64 x)		/* x != 0 and at most 2^63 */
{
	return x <= 1 ? 1 : 1ULL << (64 - __builtin_clzll(x - 1));
}
static inline u64 rounddown_pow_of_two(u64 x)		/* x != 0 */
{
	return 1ULL << ilog2(x);
}
/* Bits set. Without the POPCNT instruction, which not every CPU has; no call into libgcc. */
static inline unsigned int hweight_long(unsigned long w)
{
	w -= (w >> 1) & 0x5555555555555555UL;
	w = (w & 0x3333333333333333UL) + ((w >> 2) & 0x3333333333333333UL);
	w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fUL;
	return (unsigned int)((w * 0x0101010101010101UL) >> 56);
}
#define roundup(x, y)	(DIV_ROUND_UP(x, y) * (y))
#define rounddown(x, y) ((x) - (x) % (y))
#define swap(a, b)                                                                                 \
	do {                                                                                       \
		__typeof__(a) swap_t = (a);                                                        \
		(a) = (b);                                                                         \
		(b) = swap_t;                                                                      \
	} while (0)
