// SPDX-License-Identifier: GPL-2.0-only
/*
 * KASAN before memcpy() and its kin: the linker makes every call of memcpy() one of __wrap_memcpy() (--wrap, see the Makefile),
 * which checks both ranges whole and goes on to the real one. A report names the caller.
 */
#ifdef CONFIG_KASAN
#include "kernel/debug/kasan_internal.h"
#include "kernel/lib/lib.h"

void *__real_memcpy(void *to, const void *from, size_t n);
void *__real_memmove(void *to, const void *from, size_t n);
void *__real_memset(void *s, int c, size_t n);
int __real_memcmp(const void *a, const void *b, size_t n);
size_t __real_strlen(const char *s);

void *__wrap_memcpy(void *to, const void *from, size_t n);
void *__wrap_memmove(void *to, const void *from, size_t n);
void *__wrap_memset(void *s, int c, size_t n);
int __wrap_memcmp(const void *a, const void *b, size_t n);
size_t __wrap_strlen(const char *s);

static __always_inline void check(const void *p, size_t n, bool write, unsigned long ip)
{
	if (n && unlikely(kasan_first_bad((unsigned long)p, n)))
		kasan_report((unsigned long)p, n, write, ip);
}

#define CALLER ((unsigned long)__builtin_return_address(0))

void *__wrap_memcpy(void *to, const void *from, size_t n)
{
	check(from, n, false, CALLER);
	check(to, n, true, CALLER);
	return __real_memcpy(to, from, n);
}

void *__wrap_memmove(void *to, const void *from, size_t n)
{
	check(from, n, false, CALLER);
	check(to, n, true, CALLER);
	return __real_memmove(to, from, n);
}

void *__wrap_memset(void *s, int c, size_t n)
{
	check(s, n, true, CALLER);
	return __real_memset(s, c, n);
}

int __wrap_memcmp(const void *a, const void *b, size_t n)
{
	check(a, n, false, CALLER);
	check(b, n, false, CALLER);
	return __real_memcmp(a, b, n);
}

/* The real one reads whole words, also beyond the end: it is its answer that is checked. */
size_t __wrap_strlen(const char *s)
{
	size_t n;

	check(s, 1, false, CALLER);
	n = __real_strlen(s);
	check(s, n + 1, false, CALLER);
	return n;
}
#endif
