// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/PID/maps and numa_maps. An open file is about the address space that the task had when it was opened: who might look into that
 * may read on, and sees nothing of what the task runs after an exec, perhaps as another user.
 *
 * The file holds the structure (mm_count) and not what is mapped, which goes with the last task; then there is nothing to read.
 */
#include "fs/internal.h"

static int mm_file_open(struct file *file, int (*show)(struct seq_file *m, void *v))
{
	struct task_struct *p = proc_task(file);
	struct mm_struct *mm = get_task_mm(p);
	int err;

	if (!mm)
		return single_open(file, show, NULL);
	err = proc_may_look_at(p, mm) ? single_open(file, show, mm) : -EACCES;
	if (!err)
		refcount_inc(&mm->mm_count);
	mmput(mm);
	return err;
}

static int mm_file_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	if (m->private)
		mmdrop(m->private);
	return single_release(inode, file);
}

static int mm_file_show(struct seq_file *m, int (*show)(struct seq_file *m, struct mm_struct *mm))
{
	struct mm_struct *mm = m->private;
	int err;

	if (!READ_ONCE(proc_task(m->file)->sighand))
		return -ESRCH;
	if (!mm || !refcount_inc_not_zero(&mm->mm_users))
		return 0;
	err = show(m, mm);
	mmput(mm);
	return err;
}

static int show_maps(struct seq_file *m, void *v)
{
	(void)v;
	return mm_file_show(m, mm_show_maps);
}

static int maps_open(struct inode *inode, struct file *file)
{
	(void)inode;
	return mm_file_open(file, show_maps);
}

static const struct file_operations maps_fops = {
	.open = maps_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = mm_file_release,
};
PROC_PID_FILE_OPS("maps", 0444, maps_fops);

static int show_numa_maps(struct seq_file *m, void *v)
{
	(void)v;
	return mm_file_show(m, mm_show_numa_maps);
}

static int numa_maps_open(struct inode *inode, struct file *file)
{
	(void)inode;
	return mm_file_open(file, show_numa_maps);
}

static const struct file_operations numa_maps_fops = {
	.open = numa_maps_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = mm_file_release,
};
PROC_PID_FILE_OPS("numa_maps", 0444, numa_maps_fops);
