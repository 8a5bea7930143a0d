/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory (memory.c) and strings (string.c), text to numbers (kstrto.c). The C library's names mean what they
 * mean there. Any context.
 */
#pragma once

#include "kernel/lib/types.h"

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *s, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
/* The first byte that is not `c`, or NULL. */
void *memchr_inv(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t n);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
int strcasecmp(const char *a, const char *b);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
/* Like strchr, but the end of the string where `c` is not found. */
char *strchrnul(const char *s, int c);
char *strstr(const char *s, const char *what);
size_t strspn(const char *s, const char *accept);
size_t strcspn(const char *s, const char *reject);
char *strpbrk(const char *s, const char *accept);
/*
 * Copy with truncation, always terminated (n > 0). The length copied, or -E2BIG if it did not fit.
 */
ssize_t strscpy(char *to, const char *from, size_t n);
/* Cut the next field off *s at one of `delims`; NULL at the end. */
char *strsep(char **s, const char *delims);
char *skip_spaces(const char *s);
/* Remove white space at both ends: cuts the end off, returns the new start. */
char *strim(char *s);
/* Is `s` the word `word`, a newline at its end or not? For writes to control files. */
bool sysfs_streq(const char *s, const char *word);
static inline bool strstarts(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return false;
	return true;
}

/*
 * The whole string as a number of `base` (0: by prefix 0x, 0, else decimal); one newline at its end
 * is fine. -EINVAL: not a number; -ERANGE: does not fit. *res is written on success only.
 */
int kstrtoull(const char *s, unsigned int base, unsigned long long *res) __must_check;
int kstrtoll(const char *s, unsigned int base, long long *res) __must_check;
int kstrtoul(const char *s, unsigned int base, unsigned long *res) __must_check;
int kstrtol(const char *s, unsigned int base, long *res) __must_check;
int kstrtouint(const char *s, unsigned int base, unsigned int *res) __must_check;
/* The other way, where printf would be most of the cost: n in decimal, ending before `end`. Returns its start; no NUL. */
static inline char *put_decimal(char *end, unsigned int n)
{
	do
		*--end = (char)('0' + n % 10);
	while (n /= 10);
	return end;
}
int kstrtoint(const char *s, unsigned int base, int *res) __must_check;
int kstrtobool(const char *s, bool *res) __must_check;	/* 0 1 y n on off */
/* The number that `s` begins with; *end (if not NULL) is where it stopped. Wraps on overflow. */
unsigned long long simple_strtoull(const char *s, char **end, unsigned int base);
/* Like simple_strtoull, with a K, M, G or T behind it. */
unsigned long long memparse(const char *s, char **end);
