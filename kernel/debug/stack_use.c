// SPDX-License-Identifier: GPL-2.0-only
/*
 * How deep kernel stacks get. With stack_use on the command line each stack is filled with a
 * pattern before it is used; what has been overwritten tells how deep it ever was. That is looked
 * at when a task ends, and of those that live by khungtaskd and by whoever reads /proc/stack_use. A
 * task that has come nearer to the end than stack_use=BYTES is reported, once.
 *
 * A stack that runs over hits the unmapped page below it in any build (double_fault() in
 * arch/x86_64/traps.c); this is to know before. Without stack_use it costs a test for each new
 * task.
 */
#include "fs/internal.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/stack_use.h"
#include "kernel/lib/init.h"

#define PATTERN	     0x57ac57ac57ac57acULL
#define LEFT_DEFAULT 2048UL /* bytes */
#define STACK_WORDS  (THREAD_SIZE / sizeof(u64))

bool stack_use_on;
static unsigned long least_left; /* bytes: less than that is reported */

/* The deepest. */
static DEFINE_SPINLOCK(deepest_lock); /* irqs off; innermost */
static struct {
	unsigned long used; /* bytes; deepest_lock */
	pid_t pid;
	char comm[16];
} deepest;

void stack_use_fill(void *stack)
{
	u64 *word = stack;

	for (unsigned int i = 0; i < STACK_WORDS; i++)
		word[i] = PATTERN;
}

/* Bytes of a stack that have been used at some time. Its lowest word is the allocator's. */
static unsigned long used(const u64 *stack)
{
	unsigned int i = 1;

	while (i < STACK_WORDS && READ_ONCE(stack[i]) == PATTERN)
		i++;
	return (STACK_WORDS - i) * sizeof(u64);
}

static void note(const struct task_struct *p, unsigned long bytes)
{
	unsigned long flags;

	if (bytes <= READ_ONCE(deepest.used))
		return;
	spin_lock_irqsave(&deepest_lock, flags);
	if (bytes > deepest.used) {
		deepest.used = bytes;
		deepest.pid = p->pid;
		memcpy(deepest.comm, p->comm, sizeof(deepest.comm));
	}
	spin_unlock_irqrestore(&deepest_lock, flags);
}

static void check(struct task_struct *p, unsigned long bytes)
{
	note(p, bytes);
	if (THREAD_SIZE - bytes >= least_left || p->stack_use_reported)
		return;
	p->stack_use_reported = true;
	pr_err("WATCHDOG: stack use: PID: %d Comm: %s has come within %lu bytes of the end of its "
	       "kernel stack\n",
	       p->pid, p->comm, THREAD_SIZE - bytes);
}

/*
 * Its words are only compared, so it may run and use more meanwhile: the highest so far is what is
 * asked for.
 */
void stack_use_look_slow(struct task_struct *p)
{
	unsigned long flags, bytes;
	int err;

	if (p == current) {
		check(p, used(p->stack));
		return;
	}
	err = task_hold_off(p, &flags); /* it may not die */
	if (err)
		return;
	bytes = p->stack ? used(p->stack) : 0;
	task_let_go(p, flags);
	check(p, bytes);
}

void stack_use_report(struct task_struct *p)
{
	check(p, used(p->stack));
}

/* Those who live count too. May sleep. */
static void look_at_all(void)
{
	struct task_struct *p;

	for (pid_t pid = 1; (p = next_pid(pid)); pid++) {
		pid = p->pid;
		stack_use_look(p);
		put_task_struct(p);
		cond_resched();
	}
}

void stack_use_show(void)
{
	if (!stack_use_on)
		return;
	look_at_all();
	pr_info("stack_use: at most %lu of %lu bytes, by PID: %d Comm: %s\n", deepest.used,
		THREAD_SIZE, deepest.pid, deepest.comm);
}

static int show_stack_use(struct seq_file *m)
{
	if (!stack_use_on) {
		seq_puts(m, "off: boot with stack_use on the command line\n");
		return 0;
	}
	look_at_all();
	seq_printf(m, "%lu of %lu bytes, PID: %d Comm: %s\n", deepest.used, THREAD_SIZE,
		   deepest.pid, deepest.comm);
	return 0;
}
PROC_FILE("stack_use", show_stack_use);

void stack_use_init(void)
{
	char text[16];

	if (!boot_param("stack_use", text, sizeof(text)))
		return;
	least_left = boot_param_ulong("stack_use", 0) ?: LEFT_DEFAULT;
	stack_use_on = true;
}
