// SPDX-License-Identifier: GPL-2.0-only
/* From a system call number to its body: both tables come from table.h. */
#include "kernel/debug/debug.h"
#include "kernel/syscall/syscall.h"

typedef long (*syscall_fn)(unsigned long, unsigned long, unsigned long, unsigned long,
			   unsigned long, unsigned long);

/*
 * One wrapper a call: takes registers, passes arguments of their types. The compiler makes a jump
 * of it where nothing has to be converted.
 */
#define SYSCALL_WRAPPER(name, ...)                                                    \
	static long call_##name(unsigned long r0, unsigned long r1, unsigned long r2, \
				unsigned long r3, unsigned long r4, unsigned long r5) \
	{                                                                             \
		(void)r0, (void)r1, (void)r2, (void)r3, (void)r4, (void)r5;           \
		return sys_##name(__VA_ARGS__);                                       \
	}
#define SYSCALL0(nr, name) SYSCALL_WRAPPER(name)
#define SYSCALL1(nr, name, t1, a1) SYSCALL_WRAPPER(name, (t1)r0)
#define SYSCALL2(nr, name, t1, a1, t2, a2) SYSCALL_WRAPPER(name, (t1)r0, (t2)r1)
#define SYSCALL3(nr, name, t1, a1, t2, a2, t3, a3) SYSCALL_WRAPPER(name, (t1)r0, (t2)r1, (t3)r2)
#define SYSCALL4(nr, name, t1, a1, t2, a2, t3, a3, t4, a4) \
	SYSCALL_WRAPPER(name, (t1)r0, (t2)r1, (t3)r2, (t4)r3)
#define SYSCALL5(nr, name, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5) \
	SYSCALL_WRAPPER(name, (t1)r0, (t2)r1, (t3)r2, (t4)r3, (t5)r4)
#define SYSCALL6(nr, name, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6) \
	SYSCALL_WRAPPER(name, (t1)r0, (t2)r1, (t3)r2, (t4)r3, (t5)r4, (t6)r5)
#include "kernel/syscall/table.h"
#undef SYSCALL0
#undef SYSCALL1
#undef SYSCALL2
#undef SYSCALL3
#undef SYSCALL4
#undef SYSCALL5
#undef SYSCALL6

#define SYSCALL0(nr, name)	[nr] = call_##name,
#define SYSCALL1(nr, name, ...) [nr] = call_##name,
#define SYSCALL2(nr, name, ...) [nr] = call_##name,
#define SYSCALL3(nr, name, ...) [nr] = call_##name,
#define SYSCALL4(nr, name, ...) [nr] = call_##name,
#define SYSCALL5(nr, name, ...) [nr] = call_##name,
#define SYSCALL6(nr, name, ...) [nr] = call_##name,
static const syscall_fn syscall_table[NR_SYSCALLS] = {
#include "kernel/syscall/table.h"
};

/*
 * Named once each, so that a missing call is noticed, and a program that asks often fills no log.
 */
static void log_unknown(unsigned long nr)
{
	static unsigned long named[BITS_TO_LONGS(NR_SYSCALLS)];

	if (!test_and_set_bit(min(nr, NR_SYSCALLS - 1UL), named))
		pr_info("%s[%d]: unknown system call %ld\n", current->comm, current->pid, (long)nr);
}

long handle_syscall(struct pt_regs *regs)
{
	unsigned long nr = regs->orig_rax;
	syscall_fn fn = likely(nr < NR_SYSCALLS) ? syscall_table[nr] : NULL;

	if (unlikely(!fn)) {
		log_unknown(nr);
		return -ENOSYS;
	}
	return fn(regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8, regs->r9);
}
