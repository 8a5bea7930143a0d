// SPDX-License-Identifier: GPL-2.0-only
/*
 * fallocate(2): pages for a range of a file before they are written, or no pages for it any more.
 *
 * Promises: what a failed allocation has made is gone again, but for pages that another has begun to use. A
 * punched range reads as zeroes, for programs that have it mapped too. Start with vfs_fallocate().
 */
#include "fs/internal.h"

#define FALLOC_FL_COLLAPSE_RANGE 0x08
#define FALLOC_FL_ZERO_RANGE	 0x10
#define FALLOC_FL_INSERT_RANGE	 0x20
#define FALLOC_FL_UNSHARE_RANGE	 0x40
#define KNOWN_MODES                                                                                \
	(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_ZERO_RANGE | \
	 FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE)

/* Combinations that make no sense are refused before anything is known of the file. */
static int check_mode(int mode)
{
	if (mode & ~KNOWN_MODES)
		return -EOPNOTSUPP;
	if (mode & FALLOC_FL_PUNCH_HOLE && (mode & FALLOC_FL_ZERO_RANGE || !(mode & FALLOC_FL_KEEP_SIZE)))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_COLLAPSE_RANGE && mode != FALLOC_FL_COLLAPSE_RANGE) ||
	    (mode & FALLOC_FL_INSERT_RANGE && mode != FALLOC_FL_INSERT_RANGE) ||
	    (mode & FALLOC_FL_UNSHARE_RANGE && mode & ~(FALLOC_FL_UNSHARE_RANGE | FALLOC_FL_KEEP_SIZE)))
		return -EINVAL;
	return 0;
}

int vfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct inode *inode = file->f_inode;
	int err;

	if (offset < 0 || len <= 0)
		return -EINVAL;
	err = check_mode(mode);
	if (err)
		return err;
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (S_ISFIFO(inode->i_mode))
		return -ESPIPE;
	if (S_ISDIR(inode->i_mode))
		return -EISDIR;
	if (!S_ISREG(inode->i_mode))
		return -ENODEV;
	if (len > inode->i_sb->s_maxbytes - offset)
		return -EFBIG;
	return file->f_op->fallocate ? file->f_op->fallocate(file, mode, offset, len) : -EOPNOTSUPP;
}

/* ---- for files whose data is the page cache; i_mutex held ---- */

static void zero_in_page(struct inode *inode, loff_t from, loff_t to)
{
	struct page *page = from < to ? find_get_page(&inode->i_data, (unsigned long)from >> PAGE_SHIFT) : NULL;

	if (!page)
		return;
	memset((char *)page_address(page) + (from & ~PAGE_MASK), 0, (size_t)(to - from));
	put_page(page);
}

static void punch_hole(struct inode *inode, loff_t from, loff_t to)
{
	unsigned long first = DIV_ROUND_UP((unsigned long)from, PAGE_SIZE), last = (unsigned long)to >> PAGE_SHIFT;
	loff_t head_end = (loff_t)(first << PAGE_SHIFT), tail = (loff_t)(last << PAGE_SHIFT);

	if (first < last)
		punch_pagecache(&inode->i_data, first, last);
	zero_in_page(inode, from, min(head_end, to));
	if (tail >= head_end)
		zero_in_page(inode, tail, to);
}

static void take_back(struct inode *inode, unsigned long first, const unsigned long *made, unsigned long n)
{
	for (unsigned long i = find_next_bit(made, n, 0); i < n; i = find_next_bit(made, n, i + 1))
		drop_unused_page(&inode->i_data, first + i);
}

/* Pages [first, first + n). `made`: n bits, all 0, for what has to go again after a failure. */
static int make_pages(struct inode *inode, unsigned long first, unsigned long *made, unsigned long n)
{
	struct page *page;
	int err = 0;

	for (unsigned long i = 0; i < n && !err; i++) {
		page = find_get_page(&inode->i_data, first + i);
		if (!page) {
			page = page_for_write(inode, first + i);
			if (!IS_ERR(page))
				__set_bit(i, made);
		}
		if (IS_ERR(page))
			err = (int)PTR_ERR(page);
		else
			put_page(page);
		cond_resched();
		if (fatal_signal_pending(current))
			err = -EINTR;
	}
	if (err)
		take_back(inode, first, made, n);
	return err;
}

/* A range longer than memory needs no bits: what is missing of it does not fit. */
static int allocate(struct inode *inode, loff_t from, loff_t to)
{
	unsigned long first = (unsigned long)from >> PAGE_SHIFT, end = DIV_ROUND_UP((unsigned long)to, PAGE_SIZE);
	unsigned long n = end - first, *made;
	int err;

	if (n > total_ram_pages() || !has_room_for(n - min(n, pages_in_cache(&inode->i_data, first, end))))
		return -ENOSPC;
	made = vmalloc(BITS_TO_LONGS(n) * sizeof(long));
	if (!made)
		return -ENOMEM;
	err = make_pages(inode, first, made, n);
	vfree(made);
	return err;
}

static int change_range(struct inode *inode, int mode, loff_t from, loff_t to)
{
	bool grows = !(mode & FALLOC_FL_KEEP_SIZE) && to > inode->i_size;
	int err;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	if (mode & FALLOC_FL_PUNCH_HOLE) {
		punch_hole(inode, from, to);
		return 0;
	}
	if (grows && (u64)to > rlimit(RLIMIT_FSIZE)) {
		send_sig(SIGXFSZ, current);
		return -EFBIG;
	}
	err = allocate(inode, from, to);
	if (!err && grows)
		WRITE_ONCE(inode->i_size, to);
	return err;
}

int generic_file_fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct inode *inode = file->f_inode;
	int err;

	mutex_lock(&inode->i_mutex);
	err = change_range(inode, mode, offset, offset + len);
	if (!err) {
		file_remove_privs(inode);
		inode->i_times.mtime = inode->i_times.ctime = current_time_ns();
	}
	mutex_unlock(&inode->i_mutex);
	return err;
}
