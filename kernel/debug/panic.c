// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of the road: panic(), traps in the kernel (die), BUG and WARN. Stops the other CPUs, says where, who and how it came
 * there, where the others were, which locks are held and what happened last, and leaves with the panic status.
 *
 * Whatever is broken, it ends with that status: each part may fault, and then finish_panic() is called again for the parts
 * behind it (see begin_panic()). What is most worth knowing comes first.
 */
#include "kernel/debug/debug.h"
#include "kernel/debug/gdb/gdb.h"
#include "kernel/debug/internal.h"
#include "kernel/sched/sched.h"

#define LAST_EVENTS 20		/* trace records that are shown */

static int panic_cpu = -1;	/* the CPU that panics; set once */
static unsigned int part;	/* of finish_panic(): the next one; the CPU that panics */
static unsigned int nested;	/* panics within the panic; the CPU that panics */

bool panic_in_progress(void)
{
	return READ_ONCE(panic_cpu) >= 0;
}

static void who(const char *head)
{
	printk(KERN_EMERG "%sCPU: %u PID: %d Comm: %s\n", head, raw_cpu_id(), current->pid, current->comm);
}

static void finish_panic(void) __noreturn;

static void show_held_locks(void)
{
	lockdep_show_held();
}

static void show_last_events(void)
{
	trace_show_last(LAST_EVENTS);
}

/* What follows the panic's own words, registers and stack. */
static void (*const parts[])(void) = {show_held_locks, show_stopped_cpus, show_last_events};
#define NR_PARTS   ARRAY_SIZE(parts)
#define MAX_NESTED (NR_PARTS + 2)

/*
 * One CPU panics: others that come here wait to be stopped. The same one again has found more that is broken; it says so in one line
 * and goes on behind what it was at. GDB may look first, while the others still are where they were; `regs` as for gdb_panic().
 */
static void begin_panic(const char *text, unsigned long ip, struct pt_regs *regs)
{
	int none = -1, cpu = raw_cpu_id();

	gdb_give_up();
	local_irq_disable();
	if (__atomic_compare_exchange_n(&panic_cpu, &none, cpu, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		gdb_panic(text, regs);
		smp_stop_others();
		return;
	}
	if (none == cpu) {
		if (++nested > MAX_NESTED)	/* even that much fails */
			arch_panic_exit();
		printk(KERN_EMERG "panic within the panic: %s at %pS\n", text, (void *)ip);
		finish_panic();
	}
	cpu_halt_forever();
}

static void finish_panic(void)
{
	while (part < NR_PARTS)
		parts[part++]();
	printk(KERN_EMERG "---[ end Kernel panic ]---\n");
	arch_panic_exit();
}

void panic(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vscnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	begin_panic(text, (unsigned long)__builtin_return_address(0), NULL);
	printk(KERN_EMERG "Kernel panic: %s\n", text);
	who("");
	dump_stack();
	finish_panic();
}

void die(const char *what, struct pt_regs *regs, long error_code)
{
	char text[256];

	snprintf(text, sizeof(text), "%s at %pS (error code %#lx)", what, (void *)regs->rip, error_code);
	begin_panic(text, regs->rip, regs);
	printk(KERN_EMERG "Kernel panic: %s\n", text);
	who("");
	show_regs(regs);
	show_regs_trace(regs);
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
	unsigned long flags = report_begin();

	pr_warn("WARNING at %s:%d: %s\n", file, line, cond);
	who("");
	dump_stack();
	report_end(flags);
}
