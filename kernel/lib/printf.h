/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Formatting (printf.c): d i u x X o c s p % with flags - + space 0 #, width, precision, * and the
 * lengths hh h l ll z t j. Pointers: %p address, %pS symbol+offset/size as far as known, %pe errno
 * name of an error pointer. Any context.
 */
#pragma once

#include "kernel/lib/types.h"

/* At most n bytes with the NUL; returns the length that the whole text has, without NUL. */
int vsnprintf(char *buf, size_t n, const char *fmt, va_list ap) __printf(3, 0);
int snprintf(char *buf, size_t n, const char *fmt, ...) __printf(3, 4);
/* The same; returns the length that is in the buffer. */
int vscnprintf(char *buf, size_t n, const char *fmt, va_list ap) __printf(3, 0);
int scnprintf(char *buf, size_t n, const char *fmt, ...) __printf(3, 4);
/* "ENOENT" for 2 or -2; NULL: no such number. */
const char *errname(int err);
