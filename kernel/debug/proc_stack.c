// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/PID/stack, for root: the functions that a task is in, innermost first, as Linux shows them.
 * Empty while it runs elsewhere: then its stack changes as one looks. /proc/PID/wchan: the function
 * in which it sleeps, 0 when it does not, or is not to be looked into (proc_may_look()); no newline.
 */
#include "fs/internal.h"
#include "kernel/debug/debug.h"

static int stack_show(struct seq_file *m, void *v)
{
	struct task_struct *p = m->private;
	unsigned long ips[STACK_TRACE_MAX];
	int n;

	(void)v;
	if (p == current)
		n = (int)stack_trace_save((unsigned long)__builtin_frame_address(0), ips,
					  STACK_TRACE_MAX);
	else
		n = stack_trace_save_any(p, ips, STACK_TRACE_MAX);
	for (int i = 0; i < n; i++)
		seq_printf(m, "[<0>] %pS\n", (void *)(ips[i] - 1));
	return n == -ESRCH ? -ESRCH : 0;
}

/* The mode lets the task's owner in; kernel addresses are root's. */
static int stack_open(struct inode *inode, struct file *file)
{
	(void)inode;
	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	return single_open(file, stack_show, proc_task(file));
}

static const struct file_operations stack_fops = {
	.open = stack_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};
PROC_PID_FILE_OPS("stack", 0400, stack_fops);

unsigned long task_wchan(struct task_struct *p)
{
	unsigned long ips[STACK_TRACE_MAX];
	int n;

	if (READ_ONCE(p->state) == TASK_RUNNING)
		return 0;
	n = stack_trace_save_any(p, ips, STACK_TRACE_MAX);
	return n > 0 ? stack_trace_wchan(ips, (unsigned int)n) : 0;
}

static int show_wchan(struct seq_file *m, struct task_struct *p)
{
	unsigned long offset, at = proc_may_look(p) ? task_wchan(p) : 0;
	const char *name = at ? ksym_lookup(at - 1, &offset) : NULL;

	seq_puts(m, name ?: "0");
	return 0;
}
PROC_PID_FILE("wchan", show_wchan);
