// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the other CPUs are. Each takes a snapshot of itself in an NMI, whatever it is doing, and
 * the CPU that asked prints it: so nothing is printed in the midst of somebody else's printing, and
 * a CPU that does not answer holds up nobody for long.
 *
 * A live system asks by nmi_call() (show_cpu_state()). In a panic all CPUs are stopped by one NMI
 * each, at the same moment, and leave a snapshot before they halt (cpu_stopped(),
 * show_stopped_cpus()).
 */
#include "kernel/debug/debug.h"
#include "kernel/debug/internal.h"
#include "arch/x86_64/arch.h"
#include "kernel/debug/kmemleak.h"
#include "kernel/lib/init.h"
#include "kernel/lib/lib.h"
#include "kernel/sched/sched.h"

/* How long a CPU may take to answer an NMI: it may have to wait for the host to let it run. */
#define ANSWER_WITHIN (2 * NSEC_PER_SEC)
#define ANSWER_TRIES  200000000 /* should the clock stand */

struct cpu_snapshot {
	unsigned int taken; /* so many times; published last */
	bool stopped;	    /* it was the last: the CPU halts for ever */
	struct pt_regs regs;
	struct task_struct *task; /* to follow only while the CPU is stopped: it may be gone later */
	pid_t pid;
	char comm[16];
	unsigned long leaf; /* stack_trace_leaf() */
	unsigned int depth;
	unsigned long ips[STACK_TRACE_MAX];
};
/*
 * Its CPU writes, in an NMI; who asked reads. Two who ask at once may see each other's newer one.
 */
static DEFINE_PER_CPU(struct cpu_snapshot, snapshot);

static void take_snapshot(struct pt_regs *regs)
{
	struct cpu_snapshot *s = this_cpu_ptr(snapshot);
	struct task_struct *p = current;

	s->regs = *regs;
	s->task = p;
	s->pid = p->pid;
	memcpy(s->comm, p->comm, sizeof(s->comm));
	s->depth = 0;
	if (!user_mode(regs)) {
		s->leaf = stack_trace_leaf(regs);
		s->depth = stack_trace_save(regs->rbp, s->ips, STACK_TRACE_MAX);
	}
	smp_store_release(&s->taken, s->taken + 1);
}

void cpu_stopped(struct pt_regs *regs)
{
	take_snapshot(regs);
	smp_store_release(&this_cpu_ptr(snapshot)->stopped, true);
}

static bool is_idle(const struct cpu_snapshot *s)
{
	unsigned long offset;
	const char *name = ksym_lookup(s->regs.rip, &offset);

	return !s->pid && name && !strcmp(name, "cpu_halt_until_irq");
}

static void show_snapshot(unsigned int cpu, const struct cpu_snapshot *s)
{
	if (is_idle(s)) {
		printk(KERN_EMERG "CPU %u: idle\n", cpu);
	} else if (user_mode(&s->regs)) {
		printk(KERN_EMERG "CPU %u: PID: %d Comm: %s, in user mode at %#lx\n", cpu, s->pid,
		       s->comm, s->regs.rip);
	} else {
		printk(KERN_EMERG "CPU %u: PID: %d Comm: %s, in the kernel, interrupts %s\n", cpu,
		       s->pid, s->comm, s->regs.eflags & X86_EFLAGS_IF ? "on" : "off");
		printk(KERN_EMERG "RIP %04lx:%016lx %pS\n", s->regs.cs, s->regs.rip,
		       (void *)s->regs.rip);
		show_trace(s->leaf, s->ips, s->depth);
	}
}

/*
 * Is there an answer yet? `taken`: how many snapshots there were before the question; in a panic, a
 * CPU that has stopped.
 */
static bool answered(const struct cpu_snapshot *s, unsigned int taken, bool panic)
{
	return panic ? smp_load_acquire(&s->stopped) : smp_load_acquire(&s->taken) != taken;
}

/* Show `cpu` once it has answered a question asked at `since`. False: it does not answer. */
static bool show_answer(unsigned int cpu, unsigned int taken, bool panic, u64 since)
{
	const struct cpu_snapshot *s = per_cpu_ptr(snapshot, cpu);

	for (unsigned int tries = 0; !answered(s, taken, panic); tries++) {
		if (tries > ANSWER_TRIES || arch_clock_ns() - since > ANSWER_WITHIN) {
			printk(KERN_EMERG "CPU %u: does not answer\n", cpu);
			return false;
		}
		cpu_relax();
	}
	show_snapshot(cpu, s);
	return true;
}

void show_cpu_state(unsigned int cpu)
{
	unsigned int taken = READ_ONCE(per_cpu_ptr(snapshot, cpu)->taken), tries = 0;
	u64 since = arch_clock_ns();

	/* -EBUSY: another question is under way, perhaps the watchdog's, whose answer is no snapshot. */
	while (nmi_call(cpu, take_snapshot) == -EBUSY && tries++ < ANSWER_TRIES &&
	       arch_clock_ns() - since < ANSWER_WITHIN)
		cpu_relax();
	show_answer(cpu, taken, false, since);
}

static void show_this_cpu(void)
{
	struct pt_regs *regs = this_cpu_read(irq_regs);

	if (regs) {
		take_snapshot(regs);
		show_snapshot(raw_cpu_id(), this_cpu_ptr(snapshot));
	} else {
		printk(KERN_EMERG "CPU %u: PID: %d Comm: %s, asks\n", raw_cpu_id(), current->pid,
		       current->comm);
		dump_stack();
	}
}

void show_all_cpus(void)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		if (cpu == raw_cpu_id())
			show_this_cpu();
		else
			show_cpu_state(cpu);
	}
}

void show_stopped_cpus(void)
{
	u64 since = arch_clock_ns();

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		if (cpu != raw_cpu_id() && show_answer(cpu, 0, true, since))
			lockdep_show_task(per_cpu_ptr(snapshot, cpu)->task);
}

/* Its registers are text, and stay when what they pointed to is gone. */
static int cpus_init(void)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		kmemleak_no_root(per_cpu_ptr(snapshot, cpu), sizeof(struct cpu_snapshot));
	return 0;
}
INITCALL(cpus_init);
