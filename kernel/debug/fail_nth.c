/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests of error paths need, as files of /proc:
 *
 *   /proc/PID/fail-nth   write N: the N-th allocation that the task makes from now on fails; 0: none
 *                        does. Read: how many are left; 0 when it has struck, or was not asked for.
 *                        (As in Linux, Documentation/fault-injection/fault-injection.rst.)
 *   /proc/quiesce        a read waits until everything that was put off has been done: grace
 *                        periods, RCU callbacks, the work queue; what procfs keeps of tasks is given
 *                        back. Counts of pages and objects before and after something can then be
 *                        compared.
 *
 * Neither costs anything when it is not used but a load and a compare in each allocation:
 * should_fail(), kernel/mm/internal.h. A child begins without a failure to come. docs/testing.md
 * shows the use.
 */
#include "fs/internal.h"
#include "kernel/sched/cred.h"

/* Nothing here allocates: a program reads and writes the open file in the midst of its test. */
static ssize_t fail_nth_read(struct file *file, char __user *buf, size_t len, loff_t *ppos)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u\n", READ_ONCE(proc_task(file)->fail_nth));

	return simple_read_from_buffer(buf, len, ppos, text, (size_t)n);
}

static ssize_t fail_nth_write(struct file *file, const char __user *buf, size_t len, loff_t *ppos)
{
	unsigned int n;
	char text[16];
	int err;

	(void)ppos;
	if (!capable(CAP_SYS_RESOURCE))		/* the task's owner may have opened it */
		return -EPERM;
	if (len >= sizeof(text))
		return -EINVAL;
	if (copy_from_writer(text, buf, len))
		return -EFAULT;
	text[len] = 0;
	err = kstrtouint(text, 0, &n);
	if (err)
		return err;
	WRITE_ONCE(proc_task(file)->fail_nth, n);
	return (ssize_t)len;
}

static const struct file_operations fail_nth_fops = {
	.read = fail_nth_read,
	.write = fail_nth_write,
};
PROC_PID_FILE_OPS("fail-nth", 0600, fail_nth_fops);

/*
 * What was put off may put off more: the last reference of a task goes in the switch away from it,
 * its memory after a grace period; its container's end waits for that, and for the work queue.
 */
#define QUIESCE_ROUNDS 3

static ssize_t quiesce_read(struct file *file, char __user *buf, size_t len, loff_t *ppos)
{
	(void)file, (void)buf, (void)len, (void)ppos;
	proc_flush_all();
	for (int i = 0; i < QUIESCE_ROUNDS; i++) {
		rcu_barrier();
		flush_work_all();
	}
	kasan_empty_quarantine();
	return 0;
}

static const struct file_operations quiesce_fops = {
	.read = quiesce_read,
};
PROC_FILE_OPS("quiesce", 0400, quiesce_fops);
