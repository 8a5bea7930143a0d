// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task's machine state: its switch, its start, its user registers.
 *
 * A kernel stack's top holds the user's pt_regs, always at the same place (task_pt_regs). A new task's stack is laid out as if it
 * had called switch_stacks() from ret_from_fork (entry.asm). rip of a frame that goes to user mode is always below
 * USER_END (user_ip), cs and ss are the user's: IRETQ and SYSRET can't fault.
 */
#include "arch/x86_64/cpu.h"
#include "kernel/sched/sched.h"

BUILD_BUG_ON(offsetof(struct pt_regs, rcx) != 11 * 8);
BUILD_BUG_ON(offsetof(struct pt_regs, orig_rax) != 15 * 8);
BUILD_BUG_ON(sizeof(struct pt_regs) != 21 * 8);
BUILD_BUG_ON(offsetof(struct task_struct, work) != 0);	/* entry.asm looks at it */

struct task_struct *switch_stacks(unsigned long *prev_sp, unsigned long next_sp, struct task_struct *prev);
void ret_from_fork(void);

/* What switch_stacks pops. */
struct switch_frame {
	unsigned long r15, r14, r13, r12, rbx, rbp;
	unsigned long ret;
};

/* Values in this CPU's FS base and (user's) GS base registers. */
static DEFINE_PER_CPU(unsigned long, loaded_fs_base);
static DEFINE_PER_CPU(unsigned long, loaded_gs_base);

static void load_bases(const struct thread *t)
{
	if (this_cpu_read(loaded_fs_base) != t->fs_base) {
		this_cpu_write(loaded_fs_base, t->fs_base);
		wrmsr(MSR_FS_BASE, t->fs_base);
	}
	if (this_cpu_read(loaded_gs_base) != t->gs_base) {
		this_cpu_write(loaded_gs_base, t->gs_base);
		wrmsr(MSR_KERNEL_GS_BASE, t->gs_base);
	}
}

struct task_struct *__sched arch_switch_to(struct task_struct *prev, struct task_struct *next, struct thread *prev_thread,
				   struct thread *next_thread)
{
	fpu_switch(prev_thread, next_thread);
	if (next_thread->fpu)			/* kernel threads leave the bases as they are */
		load_bases(next_thread);
	desc_set_kernel_stack(next_thread->sp0);
	this_cpu_write(current_task, next);
	return switch_stacks(&prev_thread->sp, next_thread->sp, prev);
}

struct pt_regs *task_pt_regs(const struct task_struct *t)
{
	return (struct pt_regs *)t->thread.sp0 - 1;
}

unsigned long arch_thread_frame(const struct thread *t)
{
	return READ_ONCE(t->sp) + offsetof(struct switch_frame, rbp);
}

extern const char trap_common_return[], trap_nmi_return[], trap_double_fault_return[], trap_machine_check_return[];

bool arch_frame_has_regs(unsigned long ret, bool *other_stack)
{
	*other_stack = ret == (unsigned long)trap_nmi_return || ret == (unsigned long)trap_double_fault_return ||
		       ret == (unsigned long)trap_machine_check_return;
	return *other_stack || ret == (unsigned long)trap_common_return;
}

void arch_thread_regs(const struct thread *t, struct pt_regs *regs)
{
	const struct switch_frame *frame = (const struct switch_frame *)READ_ONCE(t->sp);

	*regs = (struct pt_regs){
		.r15 = frame->r15, .r14 = frame->r14, .r13 = frame->r13, .r12 = frame->r12,
		.rbx = frame->rbx, .rbp = frame->rbp,
		.rip = frame->ret, .rsp = (unsigned long)(frame + 1),
		.cs = KERNEL_CS, .ss = KERNEL_DS, .eflags = EFLAGS_ONE,
	};
}

static struct switch_frame *new_stack(struct thread *t, void *stack)
{
	struct switch_frame *frame;

	t->sp0 = (unsigned long)stack + THREAD_SIZE;
	frame = (struct switch_frame *)(t->sp0 - sizeof(struct pt_regs)) - 1;
	memset(frame, 0, sizeof(*frame) + sizeof(struct pt_regs));
	frame->ret = (unsigned long)ret_from_fork;
	t->sp = (unsigned long)frame;
	return frame;
}

void arch_thread_init_kernel(struct thread *t, void *stack, void (*fn)(void *), void *arg)
{
	struct switch_frame *frame = new_stack(t, stack);

	frame->rbx = (unsigned long)fn;
	frame->r12 = (unsigned long)arg;
	t->fs_base = 0;
	t->gs_base = 0;
	t->fpu = NULL;
	t->forced_tf = false;
}

int arch_thread_fork(struct thread *t, void *stack, const struct pt_regs *regs, unsigned long user_sp, unsigned long tls)
{
	struct pt_regs *child_regs;
	int err;

	t->fpu = NULL;
	err = fpu_copy_current(t);
	if (err)
		return err;
	new_stack(t, stack);
	child_regs = (struct pt_regs *)t->sp0 - 1;
	*child_regs = *regs;
	child_regs->rax = 0;
	if (t->forced_tf)			/* nobody has asked for steps of the child */
		child_regs->eflags &= ~EFLAGS_TF;
	t->forced_tf = false;
	if (user_sp)
		child_regs->rsp = user_sp;
	t->fs_base = tls != ~0UL ? tls : current->thread.fs_base;
	t->gs_base = current->thread.gs_base;
	return 0;
}

void arch_thread_free(struct thread *t)
{
	fpu_free(t);
}

/* A program counter that is safe to return to: what no program can have mapped stands for all wrong ones. */
unsigned long user_ip(unsigned long ip)
{
	return ip < USER_END ? ip : USER_END;
}

int arch_thread_exec(struct pt_regs *regs, unsigned long ip, unsigned long sp)
{
	struct thread *t = &current->thread;
	long nr = user_mode(regs) ? (long)regs->orig_rax : -1, result = (long)regs->rax;	/* a tracer sees them */
	int err = fpu_fresh(t);

	if (err)
		return err;
	memset(regs, 0, sizeof(*regs));
	regs->rip = user_ip(ip);
	regs->rcx = regs->rip;			/* so that SYSRET may be used */
	regs->rsp = sp;
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->eflags = EFLAGS_IF | EFLAGS_ONE;
	regs->r11 = regs->eflags;
	regs->orig_rax = nr;
	regs->rax = result;
	set_bit(TIF_NOTIFY, &current->work);	/* the frame has changed: leave by IRETQ */
	t->fs_base = 0;
	t->gs_base = 0;
	t->forced_tf = false;
	local_irq_disable();
	load_bases(t);
	local_irq_enable();
	return 0;
}

#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003
#define ARCH_GET_GS 0x1004

long arch_prctl(int code, unsigned long addr)
{
	struct thread *t = &current->thread;

	switch (code) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		if (addr >= USER_END)
			return -EPERM;
		local_irq_disable();
		if (code == ARCH_SET_FS)
			t->fs_base = addr;
		else
			t->gs_base = addr;
		load_bases(t);
		local_irq_enable();
		return 0;
	case ARCH_GET_FS:
		return put_user(t->fs_base, (unsigned long __user *)addr);
	case ARCH_GET_GS:
		return put_user(t->gs_base, (unsigned long __user *)addr);
	}
	return -EINVAL;
}
