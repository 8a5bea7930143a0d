/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of small numbers in arrays of unsigned long. These operations are plain (not atomic; those
 * are in atomic.h); `nbits` is the size of the set. Bits of the last word above nbits are not
 * looked at, and are zero after every change. Text forms (bitmap.c): "0-2,5" lists and "f,00000001"
 * masks.
 */
#pragma once

#include "kernel/lib/math.h"
#include "kernel/lib/string.h"

#define BITS_TO_LONGS(n)	     DIV_ROUND_UP(n, BITS_PER_LONG)
#define DECLARE_BITMAP(name, n)	     unsigned long name[BITS_TO_LONGS(n)]
#define BITMAP_LAST_WORD_MASK(n)     (~0UL >> (-(unsigned int)(n) & (BITS_PER_LONG - 1)))

static inline void __set_bit(unsigned long nr, unsigned long *map)
{
	map[nr / BITS_PER_LONG] |= 1UL << (nr % BITS_PER_LONG);
}
static inline void __clear_bit(unsigned long nr, unsigned long *map)
{
	map[nr / BITS_PER_LONG] &= ~(1UL << (nr % BITS_PER_LONG));
}
static inline void __change_bit(unsigned long nr, unsigned long *map)
{
	map[nr / BITS_PER_LONG] ^= 1UL << (nr % BITS_PER_LONG);
}
static inline void __assign_bit(unsigned long nr, unsigned long *map, bool value)
{
	if (value)
		__set_bit(nr, map);
	else
		__clear_bit(nr, map);
}

#define BITMAP_EACH_WORD(i, nbits) \
	for (unsigned int i = 0; i < BITS_TO_LONGS((unsigned int)(nbits)); i++)
/* Word i of `expr`, cut to nbits. */
#define BITMAP_CUT(i, nbits) \
	((i) == BITS_TO_LONGS((unsigned int)(nbits)) - 1 ? BITMAP_LAST_WORD_MASK(nbits) : ~0UL)

static inline void bitmap_zero(unsigned long *dst, unsigned int nbits)
{
	BITMAP_EACH_WORD(i, nbits)
		dst[i] = 0;
}
static inline void bitmap_fill(unsigned long *dst, unsigned int nbits)
{
	BITMAP_EACH_WORD(i, nbits)
		dst[i] = BITMAP_CUT(i, nbits);
}
static inline void bitmap_copy(unsigned long *dst, const unsigned long *src, unsigned int nbits)
{
	BITMAP_EACH_WORD(i, nbits)
		dst[i] = src[i] & BITMAP_CUT(i, nbits);
}
/* dst = a & b; true if anything is left. */
static inline bool bitmap_and(unsigned long *dst, const unsigned long *a, const unsigned long *b,
			      unsigned int nbits)
{
	unsigned long any = 0;

	BITMAP_EACH_WORD(i, nbits)
		any |= dst[i] = a[i] & b[i] & BITMAP_CUT(i, nbits);
	return any;
}
static inline bool bitmap_andnot(unsigned long *dst, const unsigned long *a, const unsigned long *b,
				 unsigned int nbits)
{
	unsigned long any = 0;

	BITMAP_EACH_WORD(i, nbits)
		any |= dst[i] = a[i] & ~b[i] & BITMAP_CUT(i, nbits);
	return any;
}
static inline void bitmap_or(unsigned long *dst, const unsigned long *a, const unsigned long *b,
			     unsigned int nbits)
{
	BITMAP_EACH_WORD(i, nbits)
		dst[i] = (a[i] | b[i]) & BITMAP_CUT(i, nbits);
}
static inline void bitmap_xor(unsigned long *dst, const unsigned long *a, const unsigned long *b,
			      unsigned int nbits)
{
	BITMAP_EACH_WORD(i, nbits)
		dst[i] = (a[i] ^ b[i]) & BITMAP_CUT(i, nbits);
}
static inline void bitmap_complement(unsigned long *dst, const unsigned long *src,
				     unsigned int nbits)
{
	BITMAP_EACH_WORD(i, nbits)
		dst[i] = ~src[i] & BITMAP_CUT(i, nbits);
}
static inline bool bitmap_equal(const unsigned long *a, const unsigned long *b, unsigned int nbits)
{
	BITMAP_EACH_WORD(i, nbits)
		if ((a[i] ^ b[i]) & BITMAP_CUT(i, nbits))
			return false;
	return true;
}
static inline bool bitmap_empty(const unsigned long *src, unsigned int nbits)
{
	BITMAP_EACH_WORD(i, nbits)
		if (READ_ONCE(src[i]) & BITMAP_CUT(i, nbits))
			return false;
	return true;
}
static inline bool bitmap_full(const unsigned long *src, unsigned int nbits)
{
	BITMAP_EACH_WORD(i, nbits)
		if (~src[i] & BITMAP_CUT(i, nbits))
			return false;
	return true;
}
static inline bool bitmap_intersects(const unsigned long *a, const unsigned long *b,
				     unsigned int nbits)
{
	BITMAP_EACH_WORD(i, nbits)
		if (a[i] & b[i] & BITMAP_CUT(i, nbits))
			return true;
	return false;
}
/* Is everything of `a` in `b`? */
static inline bool bitmap_subset(const unsigned long *a, const unsigned long *b, unsigned int nbits)
{
	BITMAP_EACH_WORD(i, nbits)
		if (a[i] & ~b[i] & BITMAP_CUT(i, nbits))
			return false;
	return true;
}
static inline unsigned int bitmap_weight(const unsigned long *src, unsigned int nbits)
{
	unsigned int n = 0;

	BITMAP_EACH_WORD(i, nbits)
		n += hweight_long(src[i] & BITMAP_CUT(i, nbits));
	return n;
}
void bitmap_set(unsigned long *map, unsigned int start, unsigned int n);
void bitmap_clear(unsigned long *map, unsigned int start, unsigned int n);

/* The first (next at or above `from`) set or clear bit; `nbits` or more if there is none. */
unsigned long find_next_bit(const unsigned long *map, unsigned long nbits, unsigned long from);
unsigned long find_next_zero_bit(const unsigned long *map, unsigned long nbits, unsigned long from);
#define find_first_bit(map, nbits)	find_next_bit(map, nbits, 0)
#define find_first_zero_bit(map, nbits) find_next_zero_bit(map, nbits, 0)
/* The highest set bit, or nbits. */
unsigned long find_last_bit(const unsigned long *map, unsigned long nbits);

#define for_each_set_bit(bit, map, nbits)                                                          \
	for ((bit) = find_next_bit(map, nbits, 0); (bit) < (nbits);                                \
	     (bit) = find_next_bit(map, nbits, (bit) + 1))
#define for_each_clear_bit(bit, map, nbits)                                                        \
	for ((bit) = find_next_zero_bit(map, nbits, 0); (bit) < (nbits);                           \
	     (bit) = find_next_zero_bit(map, nbits, (bit) + 1))

/*
 * "0-2,5" to a set; white space at the ends and a newline are fine, an empty text is the empty set.
 * -EINVAL: not a list, or a range that runs backwards; -ERANGE: a number >= nbits. The set is
 * undefined after an error.
 */
int bitmap_parselist(const char *buf, unsigned long *mask, int nbits) __must_check;
/* A set to "0-2,5". Returns what snprintf would: the length of the whole text. */
int bitmap_print_list(char *buf, size_t len, const unsigned long *mask, int nbits);
/*
 * A set to hexadecimal words of 32 bits with commas between, the highest first, each with all its
 * digits. Returns as above.
 */
int bitmap_print_mask(char *buf, size_t len, const unsigned long *mask, int nbits);
