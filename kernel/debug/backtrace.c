// SPDX-License-Identifier: GPL-2.0-only
/*
 * Symbols and backtraces. The kernel is built with frame pointers: each frame is the caller's frame pointer and, above it, the
 * return address. Every pointer is checked before it is followed: this runs when memory may be in any state.
 */
#include "kernel/debug/debug.h"
#include "kernel/debug/internal.h"
#include "arch/x86_64/arch.h"
#include "kernel/lib/lib.h"
#include "kernel/sched/sched.h"

/* Made by tools/ksyms from the linked image; empty in its first link. */
extern const unsigned int ksyms_count;
extern const unsigned int ksyms_offsets[];	/* address - KERNEL_BASE, ascending */
extern const unsigned int ksyms_names[];	/* into ksyms_strings */
extern const char ksyms_strings[];

static bool is_text(unsigned long addr)
{
	return addr >= (unsigned long)__text_start && addr < (unsigned long)__text_end;
}

const char *ksym_lookup(unsigned long addr, unsigned long *offset)
{
	unsigned int low = 0, high = ksyms_count, off;

	if (!is_text(addr) || !high)
		return NULL;
	off = addr - KERNEL_BASE;
	while (high - low > 1) {
		unsigned int mid = low + (high - low) / 2;

		if (ksyms_offsets[mid] <= off)
			low = mid;
		else
			high = mid;
	}
	if (ksyms_offsets[low] > off)
		return NULL;
	*offset = off - ksyms_offsets[low];
	return ksyms_strings + ksyms_names[low];
}

/* All of a frame on the stack that this CPU's task has: no need to ask whether there is memory. */
static bool on_own_stack(unsigned long fp)
{
	struct task_struct *p = current;

	return p && p->thread.sp0 - fp >= 16 && p->thread.sp0 - fp <= THREAD_SIZE;
}

/*
 * A place where a frame can be: aligned, outward of the one before, and in memory that is there. A stack that was overwritten
 * leads anywhere.
 */
static bool plausible_frame(unsigned long fp, unsigned long last)
{
	if (fp & 7 || (last && (fp <= last || fp - last >= THREAD_SIZE)))
		return false;
	return on_own_stack(fp) || (kernel_address_mapped(fp) && kernel_address_mapped(fp + 15));
}

/*
 * The registers that a trap saved behind the frame at `fp`, if it is one of a trap's handler. NULL: it is not, or nothing of the kernel's
 * was interrupted.
 */
static const struct pt_regs *regs_behind(unsigned long fp, unsigned long ret, bool *other_stack)
{
	const struct pt_regs *regs = (const struct pt_regs *)(fp + 16);

	if (!arch_frame_has_regs(ret, other_stack) || !kernel_address_mapped(fp + 16) ||
	    !kernel_address_mapped(fp + 16 + sizeof(*regs) - 1) || user_mode(regs) || !is_text(regs->rip))
		return NULL;
	return regs;
}

unsigned int stack_trace_save(unsigned long fp, unsigned long *ips, unsigned int max)
{
	unsigned long last = 0;
	unsigned int n = 0;

	while (n < max && plausible_frame(fp, last)) {
		unsigned long ret = ((unsigned long *)fp)[1];
		const struct pt_regs *regs;
		bool other_stack;

		if (!is_text(ret))
			break;
		ips[n++] = ret;
		last = fp;
		regs = regs_behind(fp, ret, &other_stack);
		fp = *(unsigned long *)fp;
		if (regs && n < max)
			ips[n++] = regs->rip + 1;	/* as if it were a return address */
		if (regs && other_stack)
			last = 0;
	}
	return n;
}

unsigned int stack_trace_save_task(struct task_struct *task, unsigned long *ips, unsigned int max)
{
	unsigned long high = task->thread.sp0 - sizeof(struct pt_regs), low = task->thread.sp0 - THREAD_SIZE;
	unsigned long fp = arch_thread_frame(&task->thread);
	unsigned int n = 0;

	while (n < max && !(fp & 7) && fp >= low && fp + 16 <= high) {
		unsigned long ret = READ_ONCE(((unsigned long *)fp)[1]);
		const struct pt_regs *regs;
		bool other_stack;

		if (!is_text(ret))
			break;
		ips[n++] = ret;
		regs = fp + 16 + sizeof(*regs) <= high ? regs_behind(fp, ret, &other_stack) : NULL;
		if (regs && n < max)
			ips[n++] = regs->rip + 1;
		low = fp + 1;
		fp = READ_ONCE(*(unsigned long *)fp);
	}
	return n;
}

int stack_trace_save_any(struct task_struct *task, unsigned long *ips, unsigned int max)
{
	unsigned long flags;
	int n = task_hold_off(task, &flags);

	if (n)
		return n;
	n = (int)stack_trace_save_task(task, ips, max);
	task_let_go(task, flags);
	return n;
}

unsigned long stack_trace_wchan(const unsigned long *ips, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (ips[i] - 1 < (unsigned long)__sched_start || ips[i] - 1 >= (unsigned long)__sched_end)
			return ips[i];
	return 0;
}

void show_task_stack(struct task_struct *task)
{
	unsigned long ips[STACK_TRACE_MAX];
	int n = stack_trace_save_any(task, ips, STACK_TRACE_MAX);

	if (n >= 0)
		show_stack_trace(ips, (unsigned int)n);
	else if (n == -EBUSY)
		printk(KERN_EMERG " it runs on CPU %u\n", READ_ONCE(task->cpu));
	else if (n == -EAGAIN)
		printk(KERN_EMERG " the run queue of CPU %u is locked\n", READ_ONCE(task->cpu));
}

void show_backtrace(unsigned long fp)
{
	unsigned long ips[STACK_TRACE_MAX];

	show_stack_trace(ips, stack_trace_save(fp, ips, STACK_TRACE_MAX));
}

/*
 * A function that calls none may have no frame: then its return address is what the stack pointer shows. It may as well be
 * something else that looks like one, so it is printed with a question mark. 0: it does not look like one.
 */
unsigned long stack_trace_leaf(const struct pt_regs *regs)
{
	unsigned long sp = regs->rsp, value;

	if (sp & 7 || !kernel_address_mapped(sp) || !kernel_address_mapped(sp + 7))
		return 0;
	value = *(unsigned long *)sp;
	return is_text(value) ? value : 0;
}

void show_trace(unsigned long leaf, const unsigned long *ips, unsigned int n)
{
	printk(KERN_EMERG "Call trace:\n");
	if (leaf && (!n || leaf != ips[0]))
		printk(KERN_EMERG " %#lx ? %pS\n", leaf, (void *)(leaf - 1));
	for (unsigned int i = 0; i < n; i++)
		printk(KERN_EMERG " %#lx %pS\n", ips[i], (void *)(ips[i] - 1));
}

void show_stack_trace(const unsigned long *ips, unsigned int n)
{
	show_trace(0, ips, n);
}

void show_regs_trace(const struct pt_regs *regs)
{
	unsigned long ips[STACK_TRACE_MAX];
	unsigned int n = stack_trace_save(regs->rbp, ips, STACK_TRACE_MAX);

	show_trace(stack_trace_leaf(regs), ips, n);
}

void dump_stack(void)
{
	show_backtrace((unsigned long)__builtin_frame_address(0));
}

#define CODE_BEFORE 24
#define CODE_AFTER  16

/* The bytes around an instruction, which itself stands in <>. */
static void show_code(unsigned long rip)
{
	char text[3 * (CODE_BEFORE + CODE_AFTER) + 8];
	unsigned int n = 0;

	if (!kernel_address_mapped(rip)) {
		printk(KERN_EMERG "Code: RIP is not in the kernel's memory\n");
		return;
	}
	for (unsigned long at = rip - CODE_BEFORE; at < rip + CODE_AFTER; at++)
		if (kernel_address_mapped(at))
			n += scnprintf(text + n, sizeof(text) - n, at == rip ? " <%02x>" : " %02x", *(u8 *)at);
	printk(KERN_EMERG "Code:%s\n", text);
}

static void show_control_regs(void)
{
	struct control_regs c;

	arch_control_regs(&c);
	printk(KERN_EMERG "CR0 %016lx CR2 %016lx CR3 %016lx CR4 %016lx\n", c.cr0, c.cr2, c.cr3, c.cr4);
	printk(KERN_EMERG "EFER %016lx GS base %016lx\n", c.efer, c.gs_base);
}

void show_regs(struct pt_regs *r)
{
	printk(KERN_EMERG "RIP %04lx:%016lx %pS\n", r->cs, r->rip, (void *)r->rip);
	show_code(r->rip);
	printk(KERN_EMERG "RSP %04lx:%016lx EFLAGS %08lx ORIG_RAX %016lx\n", r->ss, r->rsp, r->eflags, r->orig_rax);
	printk(KERN_EMERG "RAX %016lx RBX %016lx RCX %016lx RDX %016lx\n", r->rax, r->rbx, r->rcx, r->rdx);
	printk(KERN_EMERG "RSI %016lx RDI %016lx RBP %016lx R08 %016lx\n", r->rsi, r->rdi, r->rbp, r->r8);
	printk(KERN_EMERG "R09 %016lx R10 %016lx R11 %016lx R12 %016lx\n", r->r9, r->r10, r->r11, r->r12);
	printk(KERN_EMERG "R13 %016lx R14 %016lx R15 %016lx\n", r->r13, r->r14, r->r15);
	show_control_regs();
}
