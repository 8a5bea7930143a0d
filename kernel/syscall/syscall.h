/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls: one line each in table.h, one body each in the file of its area:
 *   fd.c (read, write, dup …), path.c (open, stat, rename …), mount.c, poll.c, tty is an ioctl; mm.c, process.c, signal.c, cred.c,
 *   sched.c, time.c, futex is kernel/task's, misc.c (uname, sysinfo, reboot …).
 * A body is `long sys_NAME(…)` with the types of the table and returns -errno; entry and exit are arch's.
 */
#pragma once

#include "kernel/lib/lib.h"
#include "kernel/sched/sched.h"

#define SYSCALL0(nr, name)				     long sys_##name(void);
#define SYSCALL1(nr, name, t1, a1)			     long sys_##name(t1 a1);
#define SYSCALL2(nr, name, t1, a1, t2, a2)		     long sys_##name(t1 a1, t2 a2);
#define SYSCALL3(nr, name, t1, a1, t2, a2, t3, a3)	     long sys_##name(t1 a1, t2 a2, t3 a3);
#define SYSCALL4(nr, name, t1, a1, t2, a2, t3, a3, t4, a4)   long sys_##name(t1 a1, t2 a2, t3 a3, t4 a4);
#define SYSCALL5(nr, name, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5) \
	long sys_##name(t1 a1, t2 a2, t3 a3, t4 a4, t5 a5);
#define SYSCALL6(nr, name, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6) \
	long sys_##name(t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6);

/* Types that say what a value is. */
typedef const char __user *ustr_t;	/* NUL-terminated path or string */
typedef void __user *uptr_t;
typedef const void __user *ucptr_t;
typedef int fd_t;

#include "kernel/syscall/table.h"

#undef SYSCALL0
#undef SYSCALL1
#undef SYSCALL2
#undef SYSCALL3
#undef SYSCALL4
#undef SYSCALL5
#undef SYSCALL6

#define NR_SYSCALLS 512
