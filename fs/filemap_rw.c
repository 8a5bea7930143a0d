// SPDX-License-Identifier: GPL-2.0-only
/*
 * read and write of files whose data is the page cache and nothing else (ramfs).
 *
 * A page that is not there is a hole and reads as zeroes. i_size changes under i_mutex; a reader
 * looks at it once for each page and sees whole pages or holes. Start with generic_file_read() and
 * generic_file_write().
 */
#include "fs/internal.h"

/* The pages that files leave free: for some programs in a small machine, more in a large one. */
#define ROOM_FOR_PROGRAMS (256 + total_ram_pages() / 64)

/* How much of [pos, pos+len) is in the page of pos and below size; 0: behind the end. */
static size_t in_page(loff_t pos, size_t len, loff_t size)
{
	size_t n = PAGE_SIZE - (size_t)(pos & ~PAGE_MASK);

	if (pos >= size)
		return 0;
	if ((u64)(size - pos) < n)
		n = (size_t)(size - pos);
	return min(n, len);
}

static char *page_at(struct page *page, loff_t pos)
{
	return (char *)page_address(page) + (pos & ~PAGE_MASK);
}

ssize_t generic_file_read(struct file *file, char __user *buf, size_t len, loff_t *ppos)
{
	struct inode *inode = file->f_inode;
	size_t done = 0, n, left;
	loff_t pos = *ppos;

	while (done < len && (n = in_page(pos, len - done, READ_ONCE(inode->i_size)))) {
		struct page *page = find_get_page(&inode->i_data, (unsigned long)pos >> PAGE_SHIFT);

		if (page) {
			left = copy_to_reader(buf + done, page_at(page, pos), n);
			put_page(page);
		} else {
			left = clear_reader(buf + done, n);
		}
		done += n - left;
		pos += (loff_t)(n - left);
		if (left) {
			if (!done)
				return -EFAULT;
			break;
		}
		cond_resched();
		if (fatal_signal_pending(current))
			break;
	}
	*ppos = pos;
	file_accessed(file);
	return (ssize_t)done;
}

bool has_room_for(unsigned long n)
{
	unsigned long free = nr_free_pages();

	return free >= ROOM_FOR_PROGRAMS && free - ROOM_FOR_PROGRAMS >= n;
}

/*
 * The page to write to. A file's pages can't be taken back, so files leave room for programs:
 * without it the writer gets ENOSPC before anybody has to be killed, and what removes the file can
 * still start.
 */
struct page *page_for_write(struct inode *inode, unsigned long index)
{
	struct page *page = find_get_page(&inode->i_data, index);

	if (page)
		return page;
	if (!has_room_for(0))
		return ERR_PTR(-ENOSPC);
	return find_or_create_page(&inode->i_data, index, GFP_USER);
}

/*
 * Copy into the cache at pos. i_mutex held. Bytes done, or an error if none. The pages that a
 * failed copy has made stay as holes do: zeroes behind i_size.
 */
static ssize_t pagecache_write(struct inode *inode, const char __user *buf, size_t len, loff_t pos)
{
	size_t done = 0, n, left = 0;

	while (done < len && !left) {
		struct page *page;

		n = in_page(pos, len - done, inode->i_sb->s_maxbytes);
		page = page_for_write(inode, (unsigned long)pos >> PAGE_SHIFT);
		if (IS_ERR(page))
			return done ? (ssize_t)done : PTR_ERR(page);
		left = copy_from_writer(page_at(page, pos), buf + done, n);
		put_page(page);
		done += n - left;
		pos += (loff_t)(n - left);
		if (pos > inode->i_size)
			WRITE_ONCE(inode->i_size, pos);
		cond_resched();
		if (fatal_signal_pending(current))
			break;
	}
	return done || !len ? (ssize_t)done : -EFAULT;
}

/*
 * RLIMIT_FSIZE and the file system's own limit. Returns the bytes that may be written, or -EFBIG
 * (with SIGXFSZ for the first).
 */
static ssize_t write_limit(struct inode *inode, loff_t pos, size_t len)
{
	u64 limit = rlimit(RLIMIT_FSIZE);

	if (limit != RLIM_INFINITY) {
		if ((u64)pos >= limit) {
			send_sig(SIGXFSZ, current);
			return -EFBIG;
		}
		len = min((u64)len, limit - (u64)pos);
	}
	if (pos >= inode->i_sb->s_maxbytes)
		return -EFBIG;
	return (ssize_t)min((u64)len, (u64)(inode->i_sb->s_maxbytes - pos));
}

ssize_t generic_file_write(struct file *file, const char __user *buf, size_t len, loff_t *ppos)
{
	struct inode *inode = file->f_inode;
	ssize_t n;
	loff_t pos;

	if (!len)
		return 0;
	mutex_lock(&inode->i_mutex);
	pos = file->f_flags & O_APPEND ? inode->i_size : *ppos;
	n = write_limit(inode, pos, len);
	if (n > 0) {
		file_remove_privs(inode);
		n = pagecache_write(inode, buf, n, pos);
	}
	if (n > 0) {
		inode->i_times.mtime = inode->i_times.ctime = current_time_ns();
		*ppos = pos + n;
	}
	mutex_unlock(&inode->i_mutex);
	return n;
}
