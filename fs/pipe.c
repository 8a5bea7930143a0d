// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pipes and FIFOs: 64 KiB in pages between writers and readers.
 *
 * Promises (pipe(7)): a write of at most PIPE_BUF bytes is never mixed with others; a read at the
 * end of all writers gives 0; a write without readers gives -EPIPE (the system call adds SIGPIPE);
 * O_NONBLOCK gives -EAGAIN. Opening a FIFO waits for the other side.
 *
 * pipe->mutex guards everything in the structure; wait queues are woken after it is dropped or
 * while it is held, both are fine. A FIFO's pipe hangs at the inode (i_pipe, under i_mutex) and
 * goes with the last opener. Start with pipe_read() and pipe_write().
 */
#include "fs/internal.h"
#include "kernel/mm/charge.h"

#define PIPE_PAGES 16		/* 64 KiB */
#define PIPE_BUF   4096

struct pipe_buffer {
	struct page *page;
	unsigned int offset, len;	/* the bytes in it */
};

struct pipe_inode_info {
	struct mutex mutex;
	/* for data; for room. Openers of FIFOs wait on both. */
	wait_queue_head_t rd_wait, wr_wait;
	/* filled slots are tail … head-1, modulo PIPE_PAGES */
	unsigned int head, tail;
	unsigned int readers, writers;		/* open files */
	/* opens, ever: a FIFO's opener sees that somebody came, even if he left */
	unsigned int r_counter, w_counter;
	/* open files and openers: who keeps it. FIFO: inode's i_mutex too */
	unsigned int files;
	struct page *spare;			/* one page kept for the next write */
	struct pipe_buffer bufs[PIPE_PAGES];
};

static struct pipe_inode_info *alloc_pipe_info(void)
{
	struct pipe_inode_info *pipe = kzalloc(sizeof(*pipe), GFP_KERNEL);

	if (!pipe)
		return NULL;
	mutex_init(&pipe->mutex);
	init_waitqueue_head(&pipe->rd_wait);
	init_waitqueue_head(&pipe->wr_wait);
	return pipe;
}

void free_pipe_info(struct pipe_inode_info *pipe)
{
	for (unsigned int i = pipe->tail; i != pipe->head; i++)
		put_page(pipe->bufs[i % PIPE_PAGES].page);
	if (pipe->spare)
		put_page(pipe->spare);
	kfree(pipe);
}

static bool pipe_empty(const struct pipe_inode_info *pipe)
{
	return READ_ONCE(pipe->head) == READ_ONCE(pipe->tail);
}

static bool pipe_full(const struct pipe_inode_info *pipe)
{
	return READ_ONCE(pipe->head) - READ_ONCE(pipe->tail) >= PIPE_PAGES;
}

/* ---- read ---- */

/* The oldest slot has been emptied. */
static void drop_buffer(struct pipe_inode_info *pipe)
{
	struct pipe_buffer *buf = &pipe->bufs[pipe->tail % PIPE_PAGES];

	if (pipe->spare)
		put_page(buf->page);
	else
		pipe->spare = buf->page;
	buf->page = NULL;
	pipe->tail++;
}

/* Take what is there, at most len. mutex held. Bytes, or -EFAULT if none. */
static ssize_t take_bytes(struct pipe_inode_info *pipe, char __user *to, size_t len)
{
	ssize_t done = 0;

	while ((size_t)done < len && !pipe_empty(pipe)) {
		struct pipe_buffer *buf = &pipe->bufs[pipe->tail % PIPE_PAGES];
		size_t n = min((size_t)buf->len, len - (size_t)done), left;

		left = copy_to_reader(to + done, (char *)page_address(buf->page) + buf->offset, n);
		if (left)
			return done ? done : -EFAULT;
		done += (ssize_t)n;
		buf->offset += n;
		buf->len -= n;
		if (!buf->len)
			drop_buffer(pipe);
	}
	return done;
}

static ssize_t pipe_read(struct file *file, char __user *to, size_t len, loff_t *ppos)
{
	struct pipe_inode_info *pipe = file->private_data;
	ssize_t n;
	bool was_full, woken = false;

	if (!len)
		return 0;
	mutex_lock(&pipe->mutex);
	while (pipe_empty(pipe)) {
		n = 0;
		if (!pipe->writers)
			goto out;
		n = -EAGAIN;
		if (file->f_flags & O_NONBLOCK)
			goto out;
		mutex_unlock(&pipe->mutex);
		n = wait_event_interruptible_exclusive(
			pipe->rd_wait, !pipe_empty(pipe) || !READ_ONCE(pipe->writers));
		if (n)
			return n;
		woken = true;
		mutex_lock(&pipe->mutex);
	}
	was_full = pipe_full(pipe);
	n = take_bytes(pipe, to, len);
	if (was_full && !pipe_full(pipe))
		wake_up_interruptible_poll(&pipe->wr_wait, POLLOUT | POLLWRNORM);
	/*
	 * An exclusive wake-up brought one reader; pass it on if there is more. Who did not wait has none to pass on, and would tell
	 * edge-triggered epoll of news that are none.
	 */
	if (woken && !pipe_empty(pipe))
		wake_up_interruptible(&pipe->rd_wait);
out:
	mutex_unlock(&pipe->mutex);
	return n;
}

/* ---- write ---- */

/* Append to the newest page, if all of len fits behind what is there. mutex held. */
static bool append_small(struct pipe_inode_info *pipe, const char __user *from, size_t len,
			 ssize_t *result)
{
	struct pipe_buffer *buf;
	unsigned int end;

	if (pipe_empty(pipe))
		return false;
	buf = &pipe->bufs[(pipe->head - 1) % PIPE_PAGES];
	end = buf->offset + buf->len;
	if (end + len > PAGE_SIZE)
		return false;
	if (copy_from_writer((char *)page_address(buf->page) + end, from, len)) {
		*result = -EFAULT;
		return true;
	}
	buf->len += len;
	*result = (ssize_t)len;
	return true;
}

/* Fill one free slot. mutex held, there is room. Bytes or an error. */
static ssize_t add_page(struct pipe_inode_info *pipe, const char __user *from, size_t len)
{
	struct pipe_buffer *buf = &pipe->bufs[pipe->head % PIPE_PAGES];
	struct page *page = pipe->spare;

	if (!page) {
		page = alloc_page(GFP_USER);
		if (!page || !charge_page(page, CHARGE_PIPE))
			return -ENOMEM;
	}
	pipe->spare = page;
	len = min(len, PAGE_SIZE);
	if (copy_from_writer(page_address(page), from, len))
		return -EFAULT;
	pipe->spare = NULL;
	*buf = (struct pipe_buffer){.page = page, .len = len};
	pipe->head++;
	return (ssize_t)len;
}

/* Wait for room. mutex is dropped meanwhile. 0 or an error. */
static int wait_for_room(struct pipe_inode_info *pipe, struct file *file)
{
	int err;

	if (file->f_flags & O_NONBLOCK)
		return -EAGAIN;
	mutex_unlock(&pipe->mutex);
	do	/* freeze here: the program would see a short count otherwise */
		err = (int)wait_event_interruptible_exclusive(
			pipe->wr_wait, !pipe_full(pipe) || !READ_ONCE(pipe->readers));
	while (err && try_to_freeze());
	mutex_lock(&pipe->mutex);
	return err;
}

static ssize_t pipe_write(struct file *file, const char __user *from, size_t len, loff_t *ppos)
{
	struct pipe_inode_info *pipe = file->private_data;
	ssize_t n = 0, done = 0;
	bool first = true, woken = false;

	if (!len)
		return 0;
	mutex_lock(&pipe->mutex);
	while ((size_t)done < len) {
		if (!pipe->readers) {
			n = -EPIPE;
			break;
		}
		/*
		 * Only the first piece may share a page: so small writes stay whole, and a large
		 * one begins right behind them.
		 */
		if (!(first && append_small(pipe, from, min(len, (len - 1) % PAGE_SIZE + 1), &n))) {
			if (pipe_full(pipe)) {
				n = wait_for_room(pipe, file);
				if (n)
					break;
				woken = true;
				continue;
			}
			n = add_page(pipe, from + done,
				     first && len > PAGE_SIZE ? (len - 1) % PAGE_SIZE + 1
							      : len - (size_t)done);
		}
		if (n < 0)
			break;
		first = false;
		done += n;
		wake_up_interruptible_poll(&pipe->rd_wait, POLLIN | POLLRDNORM);
	}
	if (woken && !pipe_full(pipe))		/* as in pipe_read() */
		wake_up_interruptible(&pipe->wr_wait);
	mutex_unlock(&pipe->mutex);
	return done ? done : n;
}

/* ---- the rest of the operations ---- */

static unsigned int pipe_poll(struct file *file, struct poll_table *pt)
{
	struct pipe_inode_info *pipe = file->private_data;
	unsigned int mask = 0;

	if (file->f_mode & FMODE_READ)
		poll_wait(&pipe->rd_wait, pt);
	if (file->f_mode & FMODE_WRITE)
		poll_wait(&pipe->wr_wait, pt);
	mutex_lock(&pipe->mutex);
	if (file->f_mode & FMODE_READ) {
		if (!pipe_empty(pipe))
			mask |= POLLIN | POLLRDNORM;
		if (!pipe->writers && pipe->w_counter)
			mask |= POLLHUP;
	}
	if (file->f_mode & FMODE_WRITE) {
		if (!pipe_full(pipe))
			mask |= POLLOUT | POLLWRNORM;
		if (!pipe->readers)
			mask |= POLLERR;
	}
	mutex_unlock(&pipe->mutex);
	return mask;
}

#define FIONREAD 0x541b

static long pipe_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct pipe_inode_info *pipe = file->private_data;
	int n = 0;

	if (cmd != FIONREAD)
		return -ENOTTY;
	mutex_lock(&pipe->mutex);
	for (unsigned int i = pipe->tail; i != pipe->head; i++)
		n += (int)pipe->bufs[i % PIPE_PAGES].len;
	mutex_unlock(&pipe->mutex);
	return put_user(n, (int __user *)arg);
}

#define F_GETPIPE_SZ 1032

long pipe_fcntl(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (file->f_op != &pipefifo_fops)
		return -EBADF;
	if (cmd == F_GETPIPE_SZ)
		return PIPE_PAGES * PAGE_SIZE;
	/*
	 * The size is fixed; asking for no more than that is granted (fcntl(2) allows a larger one
	 * than asked).
	 */
	return arg <= PIPE_PAGES * PAGE_SIZE ? (long)(PIPE_PAGES * PAGE_SIZE) : -EPERM;
}

/* An open file, or one that did not become one, is gone. */
static void put_pipe(struct inode *inode, struct pipe_inode_info *pipe)
{
	bool last;

	mutex_lock(&inode->i_mutex);
	last = --pipe->files == 0;
	if (last)
		inode->i_pipe = NULL;
	mutex_unlock(&inode->i_mutex);
	if (last)
		free_pipe_info(pipe);
}

static void pipe_leave(struct pipe_inode_info *pipe, unsigned int mode)
{
	mutex_lock(&pipe->mutex);
	if (mode & FMODE_READ)
		pipe->readers--;
	if (mode & FMODE_WRITE)
		pipe->writers--;
	mutex_unlock(&pipe->mutex);
	wake_up_all(&pipe->rd_wait);
	wake_up_all(&pipe->wr_wait);
}

static int pipe_release(struct inode *inode, struct file *file)
{
	struct pipe_inode_info *pipe = file->private_data;

	pipe_leave(pipe, file->f_mode);
	put_pipe(inode, pipe);
	return 0;
}

/* ---- FIFOs ---- */

static struct pipe_inode_info *get_fifo(struct inode *inode)
{
	struct pipe_inode_info *pipe;

	mutex_lock(&inode->i_mutex);
	if (!inode->i_pipe)
		inode->i_pipe = alloc_pipe_info();
	pipe = inode->i_pipe;
	if (pipe)
		pipe->files++;
	mutex_unlock(&inode->i_mutex);
	return pipe;
}

/* Wait until the other side has been opened since we looked. -ERESTARTSYS. */
static int wait_for_partner(wait_queue_head_t *wq, const unsigned int *counter, unsigned int seen)
{
	return (int)wait_event_interruptible(*wq, READ_ONCE(*counter) != seen);
}

/*
 * The rules of fifo(7). A pipe without a name, opened through /proc/PID/fd (as /dev/stdin is), is the same one and waits
 * for nobody. The pipe's mutex is not held while waiting.
 */
static int fifo_open(struct inode *inode, struct file *file)
{
	struct pipe_inode_info *pipe = get_fifo(inode);
	unsigned int mode = file->f_mode & (FMODE_READ | FMODE_WRITE), seen_r, seen_w;
	bool named = inode->i_sb, wait_w, wait_r;
	int err = 0;

	if (!pipe)
		return -ENOMEM;
	file->private_data = pipe;
	file->f_mode |= FMODE_NOPOS;
	mutex_lock(&pipe->mutex);
	if (named && mode == FMODE_WRITE && file->f_flags & O_NONBLOCK && !pipe->readers) {
		mutex_unlock(&pipe->mutex);
		put_pipe(inode, pipe);
		return -ENXIO;
	}
	seen_r = pipe->r_counter;
	seen_w = pipe->w_counter;
	if (mode & FMODE_READ) {
		pipe->r_counter++;
		pipe->readers++;
	}
	if (mode & FMODE_WRITE) {
		pipe->w_counter++;
		pipe->writers++;
	}
	wait_w = named && mode == FMODE_READ && !pipe->writers && !(file->f_flags & O_NONBLOCK);
	wait_r = named && mode == FMODE_WRITE && !pipe->readers;
	mutex_unlock(&pipe->mutex);
	wake_up_all(&pipe->rd_wait);
	wake_up_all(&pipe->wr_wait);
	if (wait_w)
		err = wait_for_partner(&pipe->rd_wait, &pipe->w_counter, seen_w);
	if (wait_r)
		err = wait_for_partner(&pipe->wr_wait, &pipe->r_counter, seen_r);
	if (err) {
		pipe_leave(pipe, mode);
		put_pipe(inode, pipe);
	}
	return err;
}

const struct file_operations pipefifo_fops = {
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.open = fifo_open,
	.release = pipe_release,
};

/* ---- pipe(2) ---- */

static atomic_long_t next_pipe_ino = ATOMIC_INIT(1);

/* The write end, and the read end of the same inode. 0 or -ENOMEM. */
static int create_pipe_files(struct file *files[2], int flags)
{
	struct pipe_inode_info *pipe = alloc_pipe_info();
	unsigned long ino = (unsigned long)atomic_long_inc_return(&next_pipe_ino);
	char name[32];

	if (!pipe)
		return -ENOMEM;
	snprintf(name, sizeof(name), "pipe:[%lu]", ino);
	files[1] = alloc_file_anon(name, &pipefifo_fops, pipe, O_WRONLY | (flags & O_NONBLOCK));
	if (IS_ERR(files[1])) {
		free_pipe_info(pipe);
		return -ENOMEM;
	}
	files[1]->f_mode |= FMODE_NOPOS;
	files[1]->f_inode->i_ino = ino;
	files[1]->f_inode->i_mode = S_IFIFO | 0600;
	files[1]->f_inode->i_fop = &pipefifo_fops;
	files[1]->f_inode->i_pipe = pipe;		/* for who opens /proc/PID/fd/N */
	pipe->writers = pipe->w_counter = 1;
	pipe->readers = pipe->r_counter = 1;
	pipe->files = 2;
	files[0] = alloc_file(O_RDONLY | (flags & O_NONBLOCK));
	if (!files[0]) {
		pipe->readers = 0;
		pipe->files = 1;
		fput(files[1]);
		return -ENOMEM;
	}
	files[0]->f_mode |= FMODE_NOPOS;
	files[0]->f_path = files[1]->f_path;
	path_get(&files[0]->f_path);
	files[0]->f_inode = files[1]->f_inode;
	files[0]->f_op = &pipefifo_fops;
	files[0]->private_data = pipe;
	return 0;
}

/* pipe2(2): fds[0] reads, fds[1] writes. */
int do_pipe(int fds[2], int flags)
{
	struct file *files[2];
	int err;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	if (flags & O_DIRECT)		/* packet mode is not there */
		return -EINVAL;
	err = create_pipe_files(files, flags);
	if (err)
		return err;
	fds[0] = get_unused_fd(flags);
	if (fds[0] < 0) {
		err = fds[0];
		goto out_files;
	}
	fds[1] = get_unused_fd(flags);
	if (fds[1] < 0) {
		err = fds[1];
		goto out_fd;
	}
	fd_install(fds[0], files[0]);
	fd_install(fds[1], files[1]);
	return 0;
out_fd:
	put_unused_fd(fds[0]);
out_files:
	fput(files[0]);
	fput(files[1]);
	return err;
}
