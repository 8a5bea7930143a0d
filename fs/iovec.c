// SPDX-License-Identifier: GPL-2.0-only
/*
 * readv(2), writev(2) and their forms with a position: reads and writes of several pieces.
 *
 * The vector is copied and checked as a whole before anything is done. Operations of files know one buffer. So the pieces of a small
 * vector go through a page of the kernel's, as one read or write: nobody else's bytes come between those of a line that a C
 * library writes in two pieces, and a pipe is not asked for more when it has given what it had. Larger ones are done piece by
 * piece.
 *
 * Start with vfs_readv().
 */
#include "fs/internal.h"

struct vector {
	struct iovec few[8], *v;	/* v: few, or allocated */
	unsigned long n;		/* pieces; none is empty */
	size_t total;			/* bytes, at most MAX_RW_COUNT */
};

/* The pieces are all in place; empty ones go, and what is behind MAX_RW_COUNT. -EINVAL, -EFAULT. */
static long check_pieces(struct vector *vec, unsigned long n)
{
	for (unsigned long i = 0; i < n; i++) {
		struct iovec *v = &vec->v[i];

		if ((ssize_t)v->iov_len < 0)
			return -EINVAL;
		if (!access_ok(v->iov_base, v->iov_len))
			return -EFAULT;
		v->iov_len = min(v->iov_len, MAX_RW_COUNT - vec->total);
		vec->total += v->iov_len;
		if (v->iov_len)
			vec->v[vec->n++] = *v;
	}
	return 0;
}

static void free_vector(struct vector *vec)
{
	if (vec->v != vec->few)
		kfree(vec->v);
}

/* n: at most UIO_MAXIOV. On success, free_vector() it. -EFAULT, -EINVAL, -ENOMEM. */
static long get_vector(struct vector *vec, const struct iovec __user *iov, unsigned long n)
{
	long err = -EFAULT;

	vec->v = vec->few;
	vec->n = vec->total = 0;
	if (n > ARRAY_SIZE(vec->few)) {
		vec->v = kmalloc(n * sizeof(*vec->v), GFP_KERNEL);
		if (!vec->v)
			return -ENOMEM;
	}
	if (!copy_from_user(vec->v, iov, n * sizeof(*vec->v)))
		err = check_pieces(vec, n);
	if (err)
		free_vector(vec);
	return err;
}

/* All pieces as one write. A bad piece ends a stream's bytes, but spoils a message. */
static ssize_t write_together(struct file *file, const struct vector *vec, loff_t *pos)
{
	bool message = file->f_op->writes_are_messages;
	ssize_t ret = -EFAULT;
	size_t len = 0, left;
	char *text;

	if (vec->total > PAGE_SIZE)
		return -E2BIG;
	text = get_free_page(GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	for (unsigned long i = 0; i < vec->n; i++) {
		left = copy_from_user(text + len, vec->v[i].iov_base, vec->v[i].iov_len);
		len += vec->v[i].iov_len - left;
		if (left && (message || !len))
			goto out_free;
		if (left)
			break;
	}
	ret = kernel_write(file, text, len, pos);
out_free:
	free_page(text);
	return ret;
}

/* One read, at most a page. What is behind a bad piece is lost. */
static ssize_t read_together(struct file *file, const struct vector *vec, loff_t *pos)
{
	char *text = get_free_page(GFP_KERNEL);
	size_t done = 0, n, left = 0;
	ssize_t got;

	if (!text)
		return -ENOMEM;
	got = kernel_read(file, text, min(vec->total, PAGE_SIZE), pos);
	for (unsigned long i = 0; got > 0 && i < vec->n && !left; i++) {
		n = min(vec->v[i].iov_len, (size_t)got - done);
		left = copy_to_user(vec->v[i].iov_base, text + done, n);
		done += n - left;
	}
	free_page(text);
	if (got <= 0)
		return got;
	return done ? (ssize_t)done : -EFAULT;
}

/* Stops at the first piece that is not done in full. */
static ssize_t each_piece(struct file *file, const struct vector *vec, loff_t *pos, bool write)
{
	ssize_t total = 0, done;

	for (unsigned long i = 0; i < vec->n; i++) {
		const struct iovec *v = &vec->v[i];

		done = write ? vfs_write(file, v->iov_base, v->iov_len, pos)
			     : vfs_read(file, v->iov_base, v->iov_len, pos);
		if (done < 0)
			return total ? total : done;
		total += done;
		if ((size_t)done < v->iov_len)
			break;
	}
	return total;
}

static ssize_t do_vector(struct file *file, struct vector *vec, loff_t *pos, bool write)
{
	bool stream = file->f_mode & FMODE_NOPOS;

	if (vec->n <= 1)
		return each_piece(file, vec, pos, write);
	if (write && file->f_op && file->f_op->write &&
	    (vec->total <= PAGE_SIZE || file->f_op->writes_are_messages))
		return write_together(file, vec, pos);
	if (!write && stream && file->f_op && file->f_op->read) {
		if (vec->v[0].iov_len < PAGE_SIZE)
			return read_together(file, vec, pos);
		vec->n = 1;		/* a second read might wait */
	}
	return each_piece(file, vec, pos, write);
}

/* -EINVAL: too many pieces, or a length that is negative; else as vfs_read() and vfs_write(). */
ssize_t vfs_readv(struct file *file, const struct iovec __user *iov, unsigned long n, loff_t *pos,
		  bool write)
{
	struct vector vec;
	ssize_t ret;

	if (n > UIO_MAXIOV)
		return -EINVAL;
	if (!(file->f_mode & (write ? FMODE_WRITE : FMODE_READ)))
		return -EBADF;
	ret = get_vector(&vec, iov, n);
	if (ret)
		return ret;
	ret = do_vector(file, &vec, pos, write);
	free_vector(&vec);
	return ret;
}
