// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of the road: panic(), traps in the kernel (die), BUG and WARN. Says where, who and how it came there, stops the other
 * CPUs and leaves with the panic status.
 */
#include "kernel/debug/debug.h"
#include "kernel/debug/internal.h"
#include "kernel/sched/sched.h"

static int panic_cpu = -1;	/* the CPU that panics; set once */

bool panic_in_progress(void)
{
	return READ_ONCE(panic_cpu) >= 0;
}

static void who(const char *head)
{
	printk(KERN_EMERG "%sCPU: %u PID: %d Comm: %s\n", head, raw_cpu_id(), current->pid, current->comm);
}

/* One CPU panics: others that come here wait to be stopped; the same one again gives up saying more. */
static void begin_panic(void)
{
	int none = -1, cpu = raw_cpu_id();

	local_irq_disable();
	if (__atomic_compare_exchange_n(&panic_cpu, &none, cpu, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		smp_stop_others();
		return;
	}
	if (none == cpu) {
		printk(KERN_EMERG "panic within the panic\n");
		arch_panic_exit();
	}
	cpu_halt_forever();
}

static void finish_panic(void) __noreturn;
static void finish_panic(void)
{
	lockdep_show_held();
	printk(KERN_EMERG "---[ end Kernel panic ]---\n");
	arch_panic_exit();
}

void panic(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	begin_panic();
	va_start(ap, fmt);
	vscnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printk(KERN_EMERG "Kernel panic: %s\n", text);
	who("");
	dump_stack();
	finish_panic();
}

void die(const char *what, struct pt_regs *regs, long error_code)
{
	begin_panic();
	printk(KERN_EMERG "Kernel panic: %s at %pS (error code %#lx)\n", what, (void *)regs->rip, error_code);
	who("");
	show_regs(regs);
	show_backtrace(regs->rbp);
	finish_panic();
}

void bug(const char *file, int line, const char *cond)
{
	if (cond)
		panic("BUG at %s:%d: %s", file, line, cond);
	panic("BUG at %s:%d", file, line);
}

void warn(const char *file, int line, const char *cond)
{
	pr_warn("WARNING at %s:%d: %s\n", file, line, cond);
	who("");
	dump_stack();
}
