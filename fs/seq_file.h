/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text files that the kernel writes as they are read: a buffer that grows, and an iterator for long
 * ones. A reader that takes a few bytes at a time sees the text as it was made for its first read
 * (single_open), or record by record.
 */
#pragma once

#include "kernel/lib/types.h"
#include "kernel/sync/sync.h"

struct file;
struct inode;
struct seq_operations;
struct path;

struct seq_file {
	char *buf;			/* lock guards all */
	size_t size;
	size_t from;
	size_t count;			/* > size: overflow, the caller retries with more */
	loff_t index;
	loff_t read_pos;
	struct mutex lock;
	const struct seq_operations *op;
	int (*single_show)(struct seq_file *m, void *v);	/* of single_open() */
	struct file *file;
	void *private;
};

struct seq_operations {
	void *(*start)(struct seq_file *m, loff_t *pos);
	void (*stop)(struct seq_file *m, void *v);
	void *(*next)(struct seq_file *m, void *v, loff_t *pos);
	int (*show)(struct seq_file *m, void *v);
};

int seq_open(struct file *file, const struct seq_operations *op);
int seq_release(struct inode *inode, struct file *file);
int single_open(struct file *file, int (*show)(struct seq_file *m, void *v), void *data);
int single_release(struct inode *inode, struct file *file);
ssize_t seq_read(struct file *file, char __user *buf, size_t len, loff_t *ppos);
loff_t seq_lseek(struct file *file, loff_t offset, int whence);

void seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
void seq_vprintf(struct seq_file *m, const char *fmt, va_list ap);
void seq_puts(struct seq_file *m, const char *s);
void seq_putc(struct seq_file *m, char c);
void seq_write(struct seq_file *m, const void *data, size_t len);
/* A string with the characters of `esc` (and backslash) as octal escapes, as in /proc/mounts. */
void seq_escape(struct seq_file *m, const char *s, const char *esc);
void seq_path(struct seq_file *m, const struct path *path, const char *esc);
