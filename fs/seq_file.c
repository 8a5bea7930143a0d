// SPDX-License-Identifier: GPL-2.0-only
/*
 * seq_file: text made as it is read.
 *
 * A record that does not fit makes the buffer grow and is made again. What one read leaves is kept
 * for the next; a file opened with single_open() is one record, so its reader sees one consistent
 * text however small the reads are. Start with seq_read().
 */
#include "fs/internal.h"

static void seq_set_overflow(struct seq_file *m)
{
	m->count = m->size + 1;
}

static bool seq_overflow(const struct seq_file *m)
{
	return m->count > m->size;
}

int seq_open(struct file *file, const struct seq_operations *op)
{
	struct seq_file *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;
	mutex_init(&m->lock);
	m->op = op;
	m->file = file;
	file->private_data = m;
	return 0;
}

int seq_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	kfree(m->buf);
	kfree(m);
	return 0;
}

/* Empty the buffer and make it twice as large. */
static int seq_grow(struct seq_file *m)
{
	size_t size = m->size ? m->size * 2 : 1024;
	char *buf = kmalloc(size, GFP_KERNEL);

	m->count = m->from = 0;		/* without memory, too: what did not fit is no text */
	if (!buf)
		return -ENOMEM;
	kfree(m->buf);
	m->buf = buf;
	m->size = size;
	return 0;
}

/*
 * Fill the empty buffer with as many records as fit, at least one that says something. 0, also at
 * the end; or an error.
 */
static int seq_fill(struct seq_file *m)
{
	loff_t pos = m->index;
	int err = 0;
	void *p;

	if (!m->buf) {
		err = seq_grow(m);
		if (err)
			return err;
	}
	m->from = m->count = 0;
	p = m->op->start(m, &pos);
	while (p && !IS_ERR(p)) {
		size_t before = m->count;

		err = m->op->show(m, p);
		if (err < 0) {
			m->count = before;
			break;
		}
		if (seq_overflow(m)) {
			if (before) {		/* the next read gets it */
				m->count = before;
				err = 0;
				break;
			}
			m->op->stop(m, p);
			err = seq_grow(m);
			if (err)
				return err;
			pos = m->index;
			p = m->op->start(m, &pos);
			continue;
		}
		p = m->op->next(m, p, &pos);
		m->index = pos;
		err = 0;
	}
	if (IS_ERR(p))
		err = (int)PTR_ERR(p);
	m->op->stop(m, IS_ERR(p) ? NULL : p);
	return m->count ? 0 : err;
}

/* From the start to `offset`, as far as there is text. m->lock held. */
static int seq_skip(struct seq_file *m, loff_t offset)
{
	m->index = 0;
	m->count = m->from = 0;
	m->read_pos = 0;
	while (m->read_pos < offset) {
		size_t n;
		int err = seq_fill(m);

		if (err || !m->count)
			return err;
		n = min((u64)m->count, (u64)(offset - m->read_pos));
		m->from += n;
		m->count -= n;
		m->read_pos += (loff_t)n;
	}
	return 0;
}

ssize_t seq_read(struct file *file, char __user *buf, size_t len, loff_t *ppos)
{
	struct seq_file *m = file->private_data;
	ssize_t done = 0;
	int err = 0;

	if (!len)
		return 0;
	mutex_lock(&m->lock);
	if (*ppos != m->read_pos || !*ppos)
		err = seq_skip(m, *ppos);
	while (!err && (size_t)done < len) {
		size_t n, left;

		if (!m->count) {
			if (done && m->count == 0)
				break;		/* what is there goes out first */
			err = seq_fill(m);
			if (err || !m->count)
				break;
		}
		n = min(m->count, len - (size_t)done);
		left = copy_to_reader(buf + done, m->buf + m->from, n);
		if (left == n) {
			err = -EFAULT;
			break;
		}
		n -= left;
		m->from += n;
		m->count -= n;
		done += (ssize_t)n;
	}
	if (done) {
		*ppos += done;
		m->read_pos = *ppos;
		err = 0;
	}
	mutex_unlock(&m->lock);
	return done ? done : err;
}

loff_t seq_lseek(struct file *file, loff_t offset, int whence)
{
	if (whence == SEEK_CUR)
		offset += file->f_pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (offset < 0)
		return -EINVAL;
	file->f_pos = offset;	/* seq_read() notices */
	return offset;
}

/* ---- one record ---- */

static void *single_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? NULL : m;
}

static void *single_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return NULL;
}

static void single_stop(struct seq_file *m, void *v)
{
}

static int single_show(struct seq_file *m, void *v)
{
	return m->single_show(m, v);
}

static const struct seq_operations single_operations = {single_start, single_stop, single_next, single_show};

int single_open(struct file *file, int (*show)(struct seq_file *m, void *v), void *data)
{
	int err = seq_open(file, &single_operations);
	struct seq_file *m = file->private_data;

	if (!err) {
		m->single_show = show;
		m->private = data;
	}
	return err;
}

int single_release(struct inode *inode, struct file *file)
{
	return seq_release(inode, file);
}

/* ---- output ---- */

void seq_write(struct seq_file *m, const void *data, size_t len)
{
	if (seq_overflow(m) || m->count + len > m->size) {
		seq_set_overflow(m);
		return;
	}
	memcpy(m->buf + m->count, data, len);
	m->count += len;
}

void seq_puts(struct seq_file *m, const char *s)
{
	seq_write(m, s, strlen(s));
}

void seq_putc(struct seq_file *m, char c)
{
	if (m->count < m->size)
		m->buf[m->count++] = c;
	else
		seq_set_overflow(m);
}

void seq_vprintf(struct seq_file *m, const char *fmt, va_list ap)
{
	int len;

	if (seq_overflow(m))
		return;
	len = vsnprintf(m->buf + m->count, m->size - m->count, fmt, ap);
	if (m->count + (size_t)len < m->size)
		m->count += (size_t)len;
	else
		seq_set_overflow(m);
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	seq_vprintf(m, fmt, ap);
	va_end(ap);
}

void seq_escape(struct seq_file *m, const char *s, const char *esc)
{
	for (; *s; s++) {
		if (strchr(esc, *s))
			seq_printf(m, "\\%03o", (unsigned char)*s);
		else
			seq_putc(m, *s);
	}
}

void seq_path(struct seq_file *m, const struct path *path, const char *esc)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	char *text = buf ? d_path(path, buf, PATH_MAX) : ERR_PTR(-ENOMEM);

	if (!IS_ERR(text))
		seq_escape(m, text, esc);
	kfree(buf);
}
