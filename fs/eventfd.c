// SPDX-License-Identifier: GPL-2.0-only
/*
 * eventfd(2): a counter as a file, with which one thread wakes another's poll or epoll_wait.
 *
 * A write adds, and waits while the sum would not fit; a read takes all of it (EFD_SEMAPHORE: one), and waits
 * while it is zero. Start with eventfd_read().
 */
#include "fs/internal.h"

#define EFD_SEMAPHORE 1
#define COUNT_MAX     (~0ULL - 1)

struct eventfd {
	wait_queue_head_t wait;		/* readers and writers */
	u64 count;			/* wait.lock to write; at most COUNT_MAX */
	bool semaphore;			/* immutable */
};

/* Take what a read gives; 0: there is nothing. */
static u64 take(struct eventfd *e)
{
	unsigned long flags;
	u64 n;

	spin_lock_irqsave(&e->wait.lock, flags);
	n = e->semaphore && e->count ? 1 : e->count;
	WRITE_ONCE(e->count, e->count - n);
	if (n)
		__wake_up_locked(&e->wait, TASK_NORMAL, 0, (void *)(unsigned long)POLLOUT);
	spin_unlock_irqrestore(&e->wait.lock, flags);
	return n;
}

static bool add(struct eventfd *e, u64 n)
{
	unsigned long flags;
	bool fits;

	spin_lock_irqsave(&e->wait.lock, flags);
	fits = n <= COUNT_MAX - e->count;
	if (fits && n) {
		WRITE_ONCE(e->count, e->count + n);
		__wake_up_locked(&e->wait, TASK_NORMAL, 0, (void *)(unsigned long)POLLIN);
	}
	spin_unlock_irqrestore(&e->wait.lock, flags);
	return fits;
}

static ssize_t eventfd_read(struct file *file, char __user *to, size_t len, loff_t *ppos)
{
	struct eventfd *e = file->private_data;
	u64 n;
	long err;

	if (len < sizeof(n))
		return -EINVAL;
	n = take(e);
	if (!n && file->f_flags & O_NONBLOCK)
		return -EAGAIN;
	if (!n) {
		err = wait_event_interruptible(e->wait, (n = take(e)) != 0);
		if (err)
			return err;
	}
	return copy_to_reader(to, &n, sizeof(n)) ? -EFAULT : (ssize_t)sizeof(n);
}

static ssize_t eventfd_write(struct file *file, const char __user *from, size_t len, loff_t *ppos)
{
	struct eventfd *e = file->private_data;
	long err = 0;
	u64 n;

	if (len < sizeof(n))
		return -EINVAL;
	if (copy_from_writer(&n, from, sizeof(n)))
		return -EFAULT;
	if (n > COUNT_MAX)
		return -EINVAL;
	if (!add(e, n)) {
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(e->wait, add(e, n));
	}
	return err ? err : (ssize_t)sizeof(n);
}

static unsigned int eventfd_poll(struct file *file, struct poll_table *pt)
{
	struct eventfd *e = file->private_data;
	u64 count;

	poll_wait(&e->wait, pt);
	count = READ_ONCE(e->count);
	return (count ? POLLIN | POLLRDNORM : 0) | (count < COUNT_MAX ? POLLOUT | POLLWRNORM : 0);
}

static int eventfd_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static const struct file_operations eventfd_fops = {
	.read = eventfd_read,
	.write = eventfd_write,
	.poll = eventfd_poll,
	.release = eventfd_release,
};

int do_eventfd(unsigned int count, int flags)
{
	struct eventfd *e;

	if (flags & ~(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	e = kzalloc(sizeof(*e), GFP_KERNEL);
	if (!e)
		return -ENOMEM;
	init_waitqueue_head(&e->wait);
	e->count = count;
	e->semaphore = flags & EFD_SEMAPHORE;
	return install_anon_file("anon_inode:[eventfd]", &eventfd_fops, e, flags);
}
