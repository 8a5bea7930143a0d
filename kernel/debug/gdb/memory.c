// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory as GDB asks for it. Kernel addresses are touched and the fault is caught (arch_try); a program's addresses go through its page
 * tables, so those of any task can be read, but only what is there now: nothing is paged in.
 */
#include "kernel/debug/gdb/internal.h"

struct transfer {
	struct task_struct *task;
	unsigned long addr;
	char *buf;
	unsigned int n;
	bool write, failed;
};

/* The kernel's mapping of a program's byte, or NULL. May fault. */
static char *user_byte(const struct transfer *t)
{
	pte_t *entry;

	if (!t->task || !t->task->mm)
		return NULL;
	entry = pte_lookup(t->task->mm->pgd, t->addr);
	if (!entry || !(*entry & PTE_PRESENT) || (t->write && !(*entry & PTE_WRITE)))
		return NULL;
	return (char *)__va(pte_phys(*entry)) + (t->addr & ~PAGE_MASK);
}

static bool is_image_text(unsigned long addr)
{
	return addr >= (unsigned long)__text_start && addr < (unsigned long)__rodata_end;
}

/* At most to the end of the page; 0: it can't be done. */
static unsigned int piece(struct transfer *t)
{
	unsigned int n = min((unsigned long)t->n, PAGE_SIZE - (t->addr & ~PAGE_MASK));
	char *mem = t->addr < USER_END ? user_byte(t) : (char *)t->addr;

	if (!mem)
		return 0;
	if (!t->write)
		gdb_copy(t->buf, mem, n);
	else if (is_image_text(t->addr))
		write_text(mem, t->buf, n);
	else
		gdb_copy(mem, t->buf, n);
	return n;
}

static void do_transfer(void *arg)
{
	struct transfer *t = arg;
	unsigned int n;

	for (; t->n; t->n -= n, t->addr += n, t->buf += n) {
		n = piece(t);
		if (!n) {
			t->failed = true;
			return;
		}
	}
}

static int run(struct transfer *t)
{
	if (arch_try(do_transfer, t) || t->failed)
		return -EFAULT;
	return 0;
}

int gdb_read(struct task_struct *task, void *buf, unsigned long addr, unsigned int n)
{
	struct transfer t = {.task = task, .addr = addr, .buf = buf, .n = n};

	return run(&t);
}

int gdb_write(struct task_struct *task, unsigned long addr, const void *buf, unsigned int n)
{
	struct transfer t = {.task = task, .addr = addr, .buf = (char *)buf, .n = n, .write = true};

	return run(&t);
}
