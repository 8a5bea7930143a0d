/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copying, filling, comparing and strlen(), by words of 8 bytes in unrolled loops: the kernel does
 * not use vector registers, and string instructions cost one step an element where instructions are
 * counted (QEMU -icount).
 *
 * Builds with KASAN=1 check the whole range before these run (kernel/debug/kasan_string.c), so
 * nothing in here is checked word by word.
 */
#include "kernel/lib/lib.h"

typedef u64 __attribute__((may_alias, aligned(1))) word_t;

/*
 * Keeps the compiler from recognising a loop as memcpy or memset and calling the function that it
 * is the body of.
 */
#define OPAQUE(p) __asm__("" : "+r"(p))

/* Copy 16 bytes: both words are read before the first is written. */
static inline void copy16(char *d, const char *s)
{
	word_t a = ((const word_t *)s)[0], b = ((const word_t *)s)[1];

	((word_t *)d)[0] = a;
	((word_t *)d)[1] = b;
}

static inline void copy32(char *d, const char *s)
{
	copy16(d, s);
	copy16(d + 16, s + 16);
}

void *memcpy(void *to, const void *from, size_t n)
{
	char *d = to;
	const char *s = from;

	for (; n >= 64; n -= 64, d += 64, s += 64) {
		copy32(d, s);
		copy32(d + 32, s + 32);
		OPAQUE(d);
	}
	/* What is left has at most one piece of each size. */
	if (n & 32) {
		copy32(d, s);
		d += 32, s += 32;
	}
	if (n & 16) {
		copy16(d, s);
		d += 16, s += 16;
	}
	if (n & 8) {
		*(word_t *)d = *(const word_t *)s;
		d += 8, s += 8;
	}
	for (n &= 7; n; n--) {
		*d++ = *s++;
		OPAQUE(d);
	}
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	char *d = to;
	const char *s = from;

	if (d >= s + n || d + 64 <= s)	/* memcpy goes upward, in blocks of at most 64 bytes */
		return memcpy(to, from, n);
	if (d <= s) {
		for (; n >= 8 && d + 8 <= s; n -= 8, d += 8, s += 8) {
			*(word_t *)d = *(const word_t *)s;
			OPAQUE(d);
		}
		for (; n && d != s; n--) {
			*d++ = *s++;
			OPAQUE(d);
		}
		return to;
	}
	for (; n >= 8 && s + 8 <= d; n -= 8)
		*(word_t *)(d + n - 8) = *(const word_t *)(s + n - 8);
	for (d += n, s += n; n; n--) {
		*--d = *--s;
		OPAQUE(d);
	}
	return to;
}

static inline void set32(char *d, u64 w)
{
	((word_t *)d)[0] = w;
	((word_t *)d)[1] = w;
	((word_t *)d)[2] = w;
	((word_t *)d)[3] = w;
}

void *memset(void *p, int c, size_t n)
{
	char *d = p;
	u64 w = (u8)c * 0x0101010101010101UL;

	for (; n >= 64; n -= 64, d += 64) {
		set32(d, w);
		set32(d + 32, w);
		OPAQUE(d);
	}
	if (n & 32) {
		set32(d, w);
		d += 32;
	}
	for (n &= 31; n >= 8; n -= 8, d += 8) {
		*(word_t *)d = w;
		OPAQUE(d);
	}
	for (; n; n--) {
		*d++ = (char)c;
		OPAQUE(d);
	}
	return p;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *x = a, *y = b;

	for (; n >= 8 && *(const word_t *)x == *(const word_t *)y; n -= 8)
		x += 8, y += 8;
	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

/*
 * Word by word, from the one that s lies in. An aligned word does not cross a page, so it may be
 * read whole. What stands before s is made to look like text.
 */
size_t strlen(const char *s)
{
	const u64 ones = 0x0101010101010101UL;
	const char *p = (const char *)ALIGN_DOWN((unsigned long)s, 8UL);
	u64 w = *(const word_t *)p | ((1UL << (s - p) * 8) - 1), zero;

	/* The lowest bit that is set is the top bit of the first byte that is 0. */
	while (!(zero = (w - ones) & ~w & ones << 7)) {
		p += 8;
		w = *(const word_t *)p;
	}
	return (size_t)(p - s) + (size_t)__builtin_ctzl(zero) / 8;
}
