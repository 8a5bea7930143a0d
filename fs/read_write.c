// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading and writing open files, and their position.
 *
 * Promises: counts are cut at MAX_RW_COUNT as in Linux; a position is only changed under
 * f_pos_lock, so that two readers of one description do not get the same bytes. Start with
 * vfs_read().
 */
#include "fs/internal.h"

loff_t generic_file_llseek(struct file *file, loff_t offset, int whence)
{
	loff_t base, pos, size = READ_ONCE(file->f_inode->i_size);

	switch (whence) {
	case SEEK_SET:
		base = 0;
		break;
	case SEEK_CUR:
		base = file->f_pos;
		break;
	case SEEK_END:
		base = size;
		break;
	/* All of a file counts as data, with a hole behind its end; lseek(2) calls that the simplest way. */
	case SEEK_DATA:
	case SEEK_HOLE:
		if (!S_ISREG(file->f_inode->i_mode))
			return -EINVAL;
		if (offset < 0 || offset >= size)
			return -ENXIO;
		return file->f_pos = whence == SEEK_DATA ? offset : size;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, offset, &pos) || pos < 0)
		return -EINVAL;
	file->f_pos = pos;
	return pos;
}

/* f_pos_lock held. */
loff_t vfs_llseek(struct file *file, loff_t offset, int whence)
{
	if (file->f_mode & FMODE_NOPOS)
		return -ESPIPE;
	if (file->f_op && file->f_op->llseek)
		return file->f_op->llseek(file, offset, whence);
	return generic_file_llseek(file, offset, whence);
}

loff_t *file_ppos(struct file *file)
{
	return file->f_mode & FMODE_NOPOS ? NULL : &file->f_pos;
}

/* A description that only this task can reach needs no lock. */
void file_pos_lock(struct file *file)
{
	if (!(file->f_mode & FMODE_NOPOS))
		mutex_lock(&file->f_pos_lock);
}

void file_pos_unlock(struct file *file)
{
	if (!(file->f_mode & FMODE_NOPOS))
		mutex_unlock(&file->f_pos_lock);
}

/* The checks that read and write share. Returns the count to use, or -errno. */
static ssize_t rw_check(struct file *file, const void __user *buf, size_t len, const loff_t *pos,
			unsigned int mode)
{
	if (!(file->f_mode & mode))
		return -EBADF;
	if (unlikely(!access_ok(buf, len)))
		return -EFAULT;
	/* access_ok() has seen that len is no negative number. */
	if (unlikely(pos && (*pos < 0 || (loff_t)((u64)*pos + len) < 0)))
		return -EINVAL;
	return (ssize_t)min(len, (size_t)MAX_RW_COUNT);
}

ssize_t vfs_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	ssize_t n = rw_check(file, buf, len, pos, FMODE_READ);

	if (n < 0)
		return n;
	if (!file->f_op || !file->f_op->read)
		return S_ISDIR(file->f_inode->i_mode) ? -EISDIR : -EINVAL;
	return file->f_op->read(file, buf, n, pos);
}

ssize_t vfs_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	ssize_t n = rw_check(file, buf, len, pos, FMODE_WRITE);

	if (n < 0)
		return n;
	if (!file->f_op || !file->f_op->write)
		return -EINVAL;
	return file->f_op->write(file, buf, n, pos);
}

/* ---- from the kernel ---- */

/*
 * The file operations get the kernel's buffer: they reach it with copy_to_reader() and
 * copy_from_writer() (internal.h). A file whose operations use the plain user copies gives -EFAULT.
 */
ssize_t kernel_read(struct file *file, void *buf, size_t len, loff_t *pos)
{
	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (!file->f_op || !file->f_op->read)
		return -EINVAL;
	return file->f_op->read(file, buf, min(len, (size_t)MAX_RW_COUNT), pos);
}

ssize_t kernel_write(struct file *file, const void *buf, size_t len, loff_t *pos)
{
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!file->f_op || !file->f_op->write)
		return -EINVAL;
	return file->f_op->write(file, buf, min(len, (size_t)MAX_RW_COUNT), pos);
}

/*
 * sendfile(2) through a page of kernel memory. *ppos: where to read, moved by what `out` has taken.
 */
ssize_t do_sendfile(struct file *out, struct file *in, loff_t *ppos, size_t count)
{
	char *buf = get_free_page(GFP_KERNEL);
	ssize_t n = 0, written, total = 0;
	loff_t pos;

	if (!buf)
		return -ENOMEM;
	while ((size_t)total < count) {
		pos = *ppos;
		n = kernel_read(in, buf, min(count - (size_t)total, PAGE_SIZE), &pos);
		if (n <= 0)
			break;
		written = kernel_write(out, buf, (size_t)n, file_ppos(out));
		if (written <= 0) {
			n = written;
			break;
		}
		*ppos += written;
		total += written;
		if (written < n || fatal_signal_pending(current))
			break;
	}
	free_page(buf);
	return total ? total : n;
}

ssize_t simple_read_from_buffer(void __user *to, size_t count, loff_t *ppos, const void *from,
				size_t available)
{
	loff_t pos = *ppos;
	size_t left;

	if (pos < 0)
		return -EINVAL;
	if ((size_t)pos >= available || !count)
		return 0;
	count = min(count, available - (size_t)pos);
	left = copy_to_reader(to, (const char *)from + pos, count);
	if (left == count)
		return -EFAULT;
	*ppos = pos + (loff_t)(count - left);
	return (ssize_t)(count - left);
}
