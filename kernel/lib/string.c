/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory and strings. Copies move 8-byte words in unrolled loops: the kernel does not use vector
 * registers, and string instructions cost one step an element where instructions are counted (QEMU
 * -icount).
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

void *memchr(const void *s, int c, size_t n)
{
	for (const u8 *p = s; n; n--, p++)
		if (*p == (u8)c)
			return (void *)p;
	return NULL;
}

void *memchr_inv(const void *s, int c, size_t n)
{
	for (const u8 *p = s; n; n--, p++)
		if (*p != (u8)c)
			return (void *)p;
	return NULL;
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

size_t strnlen(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[i])
		i++;
	return i;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n && *a && *a == *b; n--)
		a++, b++;
	return n ? (u8)*a - (u8)*b : 0;
}

int strcasecmp(const char *a, const char *b)
{
	while (*a && tolower(*a) == tolower(*b))
		a++, b++;
	return tolower((u8)*a) - tolower((u8)*b);
}

char *strchrnul(const char *s, int c)
{
	while (*s && *s != (char)c)
		s++;
	return (char *)s;
}

char *strchr(const char *s, int c)
{
	s = strchrnul(s, c);
	return *s == (char)c ? (char *)s : NULL;
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)last;
}

char *strstr(const char *s, const char *what)
{
	size_t n = strlen(what);

	for (;; s++) {
		if (!strncmp(s, what, n))
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

size_t strspn(const char *s, const char *accept)
{
	size_t n = 0;

	while (s[n] && strchr(accept, s[n]))
		n++;
	return n;
}

size_t strcspn(const char *s, const char *reject)
{
	size_t n = 0;

	while (s[n] && !strchr(reject, s[n]))
		n++;
	return n;
}

char *strpbrk(const char *s, const char *accept)
{
	s += strcspn(s, accept);
	return *s ? (char *)s : NULL;
}

ssize_t strscpy(char *to, const char *from, size_t n)
{
	size_t len = strnlen(from, n);

	if (len < n) {
		memcpy(to, from, len + 1);
		return (ssize_t)len;
	}
	if (n) {
		memcpy(to, from, n - 1);
		to[n - 1] = '\0';
	}
	return -E2BIG;
}

char *strsep(char **s, const char *delims)
{
	char *field = *s, *end;

	if (!field)
		return NULL;
	end = strpbrk(field, delims);
	if (end)
		*end++ = '\0';
	*s = end;
	return field;
}

char *skip_spaces(const char *s)
{
	while (isspace(*s))
		s++;
	return (char *)s;
}

char *strim(char *s)
{
	char *end;

	s = skip_spaces(s);
	end = s + strlen(s);
	while (end > s && isspace(end[-1]))
		end--;
	*end = '\0';
	return s;
}

bool sysfs_streq(const char *s, const char *word)
{
	while (*word && *s == *word)
		s++, word++;
	return !*word && (!*s || (*s == '\n' && !s[1]));
}
