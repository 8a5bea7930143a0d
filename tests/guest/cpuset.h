/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of cpuset share. */
#pragma once

#include "tests/guest/tap.h"
#include "tests/guest/helpers.h"

#include <fcntl.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#define TOP "/cpuset"

/* 0 or an errno. */
static inline int __attribute__((format(printf, 2, 3))) put(const char *path, const char *format, ...)
{
	int fd = open(path, O_WRONLY), length, error = 0;
	char text[64];
	va_list args;

	if (fd < 0)
		return errno;
	va_start(args, format);
	length = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (write(fd, text, (size_t)length) != length)
		error = errno;
	close(fd);
	return error;
}

static inline void nap(long us)
{
	struct timespec t = {0, us * 1000};

	nanosleep(&t, NULL);
}
