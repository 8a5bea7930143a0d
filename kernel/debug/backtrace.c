// SPDX-License-Identifier: GPL-2.0-only
/*
 * Symbols and backtraces. The kernel is built with frame pointers: each frame is the caller's frame pointer and, above it, the
 * return address. Every pointer is checked before it is followed: this runs when memory may be in any state.
 */
#include "kernel/debug/debug.h"
#include "arch/x86_64/arch.h"
#include "kernel/lib/lib.h"
#include "kernel/sched/sched.h"

/* Made by tools/ksyms from the linked image; empty in its first link. */
extern const unsigned int ksyms_count;
extern const unsigned int ksyms_offsets[];	/* address - KERNEL_BASE, ascending */
extern const unsigned int ksyms_names[];	/* into ksyms_strings */
extern const char ksyms_strings[];

#define MAX_FRAMES 32

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

/* A place where a frame can be: the image's data (boot and IST stacks), the direct map or vmalloc space, aligned. */
static bool plausible_frame(unsigned long fp, unsigned long last)
{
	if (fp & 7 || fp < PAGE_OFFSET || fp >= (unsigned long)__kernel_end)
		return false;
	return !last || (fp > last && fp - last < THREAD_SIZE);
}

unsigned int stack_trace_save(unsigned long fp, unsigned long *ips, unsigned int max)
{
	unsigned long last = 0;
	unsigned int n = 0;

	while (n < max && plausible_frame(fp, last)) {
		unsigned long ret = ((unsigned long *)fp)[1];

		if (!is_text(ret))
			break;
		ips[n++] = ret;
		last = fp;
		fp = *(unsigned long *)fp;
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

		if (!is_text(ret))
			break;
		ips[n++] = ret;
		low = fp + 1;
		fp = READ_ONCE(*(unsigned long *)fp);
	}
	return n;
}

void show_stack_trace(const unsigned long *ips, unsigned int n)
{
	printk(KERN_EMERG "Call trace:\n");
	for (unsigned int i = 0; i < n; i++)
		printk(KERN_EMERG " %#lx %pS\n", ips[i], (void *)(ips[i] - 1));
}

void show_backtrace(unsigned long fp)
{
	unsigned long ips[MAX_FRAMES];

	show_stack_trace(ips, stack_trace_save(fp, ips, MAX_FRAMES));
}

void dump_stack(void)
{
	show_backtrace((unsigned long)__builtin_frame_address(0));
}

void show_regs(struct pt_regs *r)
{
	printk(KERN_EMERG "RIP %04lx:%016lx %pS\n", r->cs, r->rip, (void *)r->rip);
	printk(KERN_EMERG "RSP %04lx:%016lx EFLAGS %08lx ORIG_RAX %016lx\n", r->ss, r->rsp, r->eflags, r->orig_rax);
	printk(KERN_EMERG "RAX %016lx RBX %016lx RCX %016lx RDX %016lx\n", r->rax, r->rbx, r->rcx, r->rdx);
	printk(KERN_EMERG "RSI %016lx RDI %016lx RBP %016lx R08 %016lx\n", r->rsi, r->rdi, r->rbp, r->r8);
	printk(KERN_EMERG "R09 %016lx R10 %016lx R11 %016lx R12 %016lx\n", r->r9, r->r10, r->r11, r->r12);
	printk(KERN_EMERG "R13 %016lx R14 %016lx R15 %016lx CR2 %016lx\n", r->r13, r->r14, r->r15,
	       arch_fault_address());
}
