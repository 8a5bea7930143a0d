// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/null, zero, full. Each is a table entry and a few lines; mem(4), null(4), full(4) say what
 * they do.
 */
#include "fs/internal.h"
#include "kernel/mm/charge.h"

static ssize_t null_read(struct file *file, char __user *buf, size_t len, loff_t *ppos)
{
	return 0;
}

static ssize_t null_write(struct file *file, const char __user *buf, size_t len, loff_t *ppos)
{
	return (ssize_t)len;
}

static ssize_t zero_read(struct file *file, char __user *buf, size_t len, loff_t *ppos)
{
	size_t done = 0;

	while (done < len) {
		size_t n = min(len - done, PAGE_SIZE), left = clear_reader(buf + done, n);

		done += n - left;
		if (left)
			return done ? (ssize_t)done : -EFAULT;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	return (ssize_t)done;
}

static ssize_t full_write(struct file *file, const char __user *buf, size_t len, loff_t *ppos)
{
	return -ENOSPC;
}

static loff_t null_lseek(struct file *file, loff_t offset, int whence)
{
	return file->f_pos = 0;
}

/*
 * Each page of a private mapping is a fresh one. A shared mapping would have to be kept somewhere:
 * EINVAL.
 */
static struct page *zero_fault(struct vm_area_struct *vma, unsigned long pgoff)
{
	struct page *page = alloc_page(GFP_USER | __GFP_ZERO);

	return page && charge_page(page, CHARGE_ANON) ? page : ERR_PTR(-ENOMEM);
}

static const struct vm_operations_struct zero_vm_ops = {
	.fault = zero_fault,
};

static int zero_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_SHARED)
		return -EINVAL;
	vma->vm_ops = &zero_vm_ops;
	return 0;
}

static const struct file_operations null_fops = {
	.llseek = null_lseek,
	.read = null_read,
	.write = null_write,
};
CHRDEV("null", 1, 3, 0666, null_fops);

static const struct file_operations zero_fops = {
	.llseek = null_lseek,
	.read = zero_read,
	.write = null_write,
	.mmap = zero_mmap,
};
CHRDEV("zero", 1, 5, 0666, zero_fops);

static const struct file_operations full_fops = {
	.llseek = null_lseek,
	.read = zero_read,
	.write = full_write,
};
CHRDEV("full", 1, 7, 0666, full_fops);
