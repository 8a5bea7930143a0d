// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracing, the processor's part: a stopped task's registers as ptrace(2) has them, single steps, and which entry system calls take.
 *
 * A task that is stopped for its tracer is in the kernel, so its registers are in the frame at the top of its kernel stack and
 * its FPU state is in memory. What a tracer sets is not trusted: it is filtered as what a signal handler returns with
 * (signal.c). TIF_NOTIFY makes the task leave by IRETQ, which takes all of the frame.
 */
#include "arch/x86_64/cpu.h"
#include "kernel/sched/sched.h"

BUILD_BUG_ON(sizeof(struct user_regs_struct) != 27 * 8);

void arch_get_user_regs(struct task_struct *p, struct user_regs_struct *r)
{
	*r = (struct user_regs_struct){
		.regs = *task_pt_regs(p),
		.fs_base = p->thread.fs_base,
		.gs_base = p->thread.gs_base,
	};
	if (p->thread.forced_tf)
		r->regs.eflags &= ~EFLAGS_TF;
}

static bool valid(const struct user_regs_struct *r)
{
	/* No 32-bit programs, and no descriptors of their own: these are the only selectors there are. */
	return r->regs.cs == USER_CS && r->regs.ss == USER_DS && r->fs_base < USER_END && r->gs_base < USER_END &&
	       !r->ds && !r->es && !r->fs && !r->gs;
}

int arch_set_user_regs(struct task_struct *p, const struct user_regs_struct *r)
{
	struct pt_regs *regs = task_pt_regs(p);
	unsigned long flags = (r->regs.eflags & EFLAGS_USER) | EFLAGS_IF | EFLAGS_ONE;

	if (!valid(r))
		return -EIO;
	if (flags & EFLAGS_TF)
		p->thread.forced_tf = false;		/* now it is the program's */
	else if (p->thread.forced_tf)
		flags |= EFLAGS_TF;
	*regs = r->regs;
	regs->rip = user_ip(r->regs.rip);
	regs->eflags = flags;
	p->thread.fs_base = r->fs_base;
	p->thread.gs_base = r->gs_base;
	set_bit(TIF_NOTIFY, &p->work);
	return 0;
}

void arch_get_user_fpregs(struct task_struct *p, struct user_fpregs_struct *f)
{
	fpu_get_fxsave(&p->thread, f->fxsave);
}

void arch_set_user_fpregs(struct task_struct *p, const struct user_fpregs_struct *f)
{
	fpu_set_fxsave(&p->thread, f->fxsave);
}

void arch_single_step(struct task_struct *p, bool on)
{
	struct pt_regs *regs = task_pt_regs(p);

	if (!on) {
		clear_bit(TIF_SINGLESTEP, &p->work);
		if (p->thread.forced_tf)
			regs->eflags &= ~EFLAGS_TF;
		p->thread.forced_tf = false;
		return;
	}
	set_bit(TIF_SINGLESTEP, &p->work);
	set_bit(TIF_NOTIFY, &p->work);			/* SYSRET would take the flags from r11 */
	if (!(regs->eflags & EFLAGS_TF)) {
		regs->eflags |= EFLAGS_TF;
		p->thread.forced_tf = true;
	}
}

/* Which entry is loaded. Its CPU, interrupts off. */
static DEFINE_PER_CPU(bool, entry_traced);

void arch_trace_syscalls(bool on)
{
	if (this_cpu_read(entry_traced) == on)
		return;
	this_cpu_write(entry_traced, on);
	wrmsr(MSR_LSTAR, (u64)(on ? syscall_entry_traced : syscall_entry));
}
