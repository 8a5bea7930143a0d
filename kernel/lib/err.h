/* SPDX-License-Identifier: GPL-2.0-only */
/* errno values (Linux x86_64's numbers) and errors carried in pointers. */
#pragma once

#include "kernel/lib/types.h"

#define EPERM	      1
#define ENOENT	      2
#define ESRCH	      3
#define EINTR	      4
#define EIO	      5
#define ENXIO	      6
#define E2BIG	      7
#define ENOEXEC	      8
#define EBADF	      9
#define ECHILD	      10
#define EAGAIN	      11
#define EWOULDBLOCK   EAGAIN
#define ENOMEM	      12
#define EACCES	      13
#define EFAULT	      14
#define ENOTBLK	      15
#define EBUSY	      16
#define EEXIST	      17
#define EXDEV	      18
#define ENODEV	      19
#define ENOTDIR	      20
#define EISDIR	      21
#define EINVAL	      22
#define ENFILE	      23
#define EMFILE	      24
#define ENOTTY	      25
#define ETXTBSY	      26
#define EFBIG	      27
#define ENOSPC	      28
#define ESPIPE	      29
#define EROFS	      30
#define EMLINK	      31
#define EPIPE	      32
#define EDOM	      33
#define ERANGE	      34
#define EDEADLK	      35
#define ENAMETOOLONG  36
#define ENOLCK	      37
#define ENOSYS	      38
#define ENOTEMPTY     39
#define ELOOP	      40
#define EOVERFLOW     75
#define ENOTSOCK      88
#define EOPNOTSUPP    95
#define EAFNOSUPPORT  97
#define ETIMEDOUT     110
#define ESTALE	      116

/*
 * Inside the kernel only: a system call that was interrupted by a signal and what signal delivery
 * does with it (kernel/task/deliver.c turns them into a restart or EINTR; see signal(7)). They never
 * reach a program.
 */
#define ERESTARTSYS	      512	/* restart if SA_RESTART or no handler ran, else EINTR */
#define ERESTARTNOINTR	      513	/* always restart */
#define ERESTARTNOHAND	      514	/* restart if no handler ran, else EINTR */
/* Restart through restart_syscall() if no handler ran, else EINTR. */
#define ERESTART_RESTARTBLOCK 516

#define MAX_ERRNO 4095

static inline bool IS_ERR(const void *p)
{
	return (unsigned long)p >= (unsigned long)-MAX_ERRNO;
}

static inline bool IS_ERR_OR_NULL(const void *p)
{
	return !p || IS_ERR(p);
}

static inline void *ERR_PTR(long error)
{
	return (void *)error;
}

static inline long PTR_ERR(const void *p)
{
	return (long)p;
}

/* An error pointer of one type handed on as another. */
static inline void *ERR_CAST(const void *p)
{
	return (void *)p;
}
