// SPDX-License-Identifier: GPL-2.0-only
/*
 * poll and select: wait until one of many files is ready.
 *
 * First pass: each file's poll operation puts our entry on its wait queues and says what is ready.
 * If nothing is: sleep; any wake-up sets `triggered` and the files are asked again, without
 * queueing again. A file stays referenced as long as an entry is on its queues.
 *
 * Start with do_poll() and struct poll_wqueues.
 */
#include "fs/internal.h"

struct poll_entry {
	wait_queue_entry_t wait;
	wait_queue_head_t *wq;
	struct file *file;
	struct poll_wqueues *owner;
};

#define INLINE_ENTRIES 8
struct poll_chunk {
	struct poll_chunk *next;
	unsigned int used, room;
	struct poll_entry entries[];
};
#define CHUNK_ENTRIES ((PAGE_SIZE - sizeof(struct poll_chunk)) / sizeof(struct poll_entry))

struct poll_wqueues {
	struct poll_table pt;
	struct task_struct *task;
	struct file *file;		/* being polled: which entry belongs to whom */
	bool triggered;			/* set by wakers, any context */
	int error;			/* no memory for an entry */
	struct poll_chunk *chunks;
	unsigned int inline_used;
	struct poll_entry inline_entries[INLINE_ENTRIES];
};

static int poll_wake(wait_queue_entry_t *wait, unsigned int mode, void *key)
{
	struct poll_entry *e = container_of(wait, struct poll_entry, wait);

	smp_store_release(&e->owner->triggered, true);
	return wake_up_state(e->owner->task, mode);
}

static struct poll_entry *new_entry(struct poll_wqueues *pw)
{
	struct poll_chunk *c = pw->chunks;

	if (pw->inline_used < INLINE_ENTRIES)
		return &pw->inline_entries[pw->inline_used++];
	if (!c || c->used == c->room) {
		c = kmalloc(PAGE_SIZE, GFP_KERNEL);
		if (!c)
			return NULL;
		c->next = pw->chunks;
		c->used = 0;
		c->room = CHUNK_ENTRIES;
		pw->chunks = c;
	}
	return &c->entries[c->used++];
}

static void poll_queue(struct poll_table *pt, wait_queue_head_t *wq)
{
	struct poll_wqueues *pw = container_of(pt, struct poll_wqueues, pt);
	struct poll_entry *e = new_entry(pw);

	if (!e) {
		pw->error = -ENOMEM;
		return;
	}
	init_waitqueue_func_entry(&e->wait, poll_wake);
	e->wq = wq;
	e->owner = pw;
	e->file = pw->file;
	atomic_long_inc(&e->file->f_count);
	add_wait_queue(wq, &e->wait);
}

static void poll_init(struct poll_wqueues *pw)
{
	pw->pt.queue = poll_queue;
	pw->task = current;
	pw->triggered = false;
	pw->error = 0;
	pw->chunks = NULL;
	pw->inline_used = 0;
}

static void free_entry(struct poll_entry *e)
{
	remove_wait_queue(e->wq, &e->wait);
	fput(e->file);
}

static void poll_free(struct poll_wqueues *pw)
{
	struct poll_chunk *c;

	for (unsigned int i = 0; i < pw->inline_used; i++)
		free_entry(&pw->inline_entries[i]);
	while ((c = pw->chunks)) {
		pw->chunks = c->next;
		for (unsigned int i = 0; i < c->used; i++)
			free_entry(&c->entries[i]);
		kfree(c);
	}
}

/* What of `want` is ready at fd, plus POLLERR, POLLHUP; POLLNVAL: no such descriptor. */
static unsigned int poll_fd(struct poll_wqueues *pw, int fd, unsigned int want)
{
	struct fd f = fdget(fd);
	unsigned int mask = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

	if (!f.file)
		return POLLNVAL;
	if (f.file->f_op && f.file->f_op->poll) {
		pw->file = f.file;
		mask = f.file->f_op->poll(f.file, &pw->pt);
	}
	fdput(f);
	return mask & (want | POLLERR | POLLHUP);
}

/*
 * Call scan(arg) until it finds something ready, for at most timeout_ns (negative: for ever). Its
 * count, 0, or -ERESTARTNOHAND (poll and select are never restarted behind a handler's back:
 * signal(7)).
 */
static long poll_loop(struct poll_wqueues *pw, s64 timeout_ns,
		      long (*scan)(struct poll_wqueues *pw, void *arg), void *arg)
{
	u64 end = timeout_ns > 0 ? ktime_get() + (u64)timeout_ns : 0;
	bool expired = timeout_ns == 0;
	long n;

	if (expired)
		pw->pt.queue = NULL;
	for (;;) {
		smp_store_release(&pw->triggered, false);
		smp_mb();
		cond_resched();		/* wake-ups for what nobody asked for may come faster than we look */
		n = scan(pw, arg);
		pw->pt.queue = NULL;	/* queued once is enough */
		if (n)
			return n;
		if (pw->error)
			return pw->error;
		if (expired)
			return 0;
		if (try_to_freeze())
			continue;	/* `end` passes meanwhile */
		if (signal_pending(current))
			return -ERESTARTNOHAND;
		set_current_state(TASK_INTERRUPTIBLE);
		if (!smp_load_acquire(&pw->triggered)) {
			s64 left = KTIME_MAX;

			if (timeout_ns > 0)
				left = (s64)(end - ktime_get());
			expired = left <= 0 || !schedule_timeout(left);
		}
		__set_current_state(TASK_RUNNING);
	}
}

/* ---- poll ---- */

struct poll_args {
	struct pollfd *fds;
	unsigned int n;
};

static long scan_pollfds(struct poll_wqueues *pw, void *arg)
{
	struct poll_args *a = arg;
	long ready = 0;

	for (unsigned int i = 0; i < a->n; i++) {
		struct pollfd *p = &a->fds[i];

		p->revents = 0;
		if (p->fd >= 0)
			p->revents = (short)poll_fd(pw, p->fd, (unsigned short)p->events);
		if (p->revents) {
			ready++;
			pw->pt.queue = NULL;	/* we will not sleep */
		}
	}
	return ready;
}

long do_poll(struct pollfd __user *ufds, unsigned int nfds, s64 timeout_ns)
{
	struct pollfd few[16], *fds = few;
	struct poll_wqueues pw;
	long n;

	if (nfds > rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	if (nfds > ARRAY_SIZE(few)) {
		fds = kmalloc(nfds * sizeof(*fds), GFP_KERNEL);
		if (!fds)
			return -ENOMEM;
	}
	n = -EFAULT;
	if (copy_from_user(fds, ufds, nfds * sizeof(*fds)))
		goto out;
	poll_init(&pw);
	n = poll_loop(&pw, timeout_ns, scan_pollfds, &(struct poll_args){fds, nfds});
	poll_free(&pw);
	for (unsigned int i = 0; n >= 0 && i < nfds; i++)
		if (put_user(fds[i].revents, &ufds[i].revents))
			n = -EFAULT;
out:
	if (fds != few)
		kfree(fds);
	return n;
}

/* ---- select ---- */

#define FDSET_IN  (POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR)
#define FDSET_OUT (POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR)
#define FDSET_EX  POLLPRI

struct select_args {
	int n;
	unsigned long *bits;	/* six sets of `words` words: in, out, ex asked for, then found */
	size_t words;
};

static long scan_fdsets(struct poll_wqueues *pw, void *arg)
{
	static const unsigned int masks[3] = {FDSET_IN, FDSET_OUT, FDSET_EX};
	struct select_args *a = arg;
	unsigned long *want = a->bits, *found = a->bits + 3 * a->words;
	long ready = 0;

	memset(found, 0, 3 * a->words * sizeof(long));
	for (int fd = 0; fd < a->n; fd++) {
		unsigned int events = 0, got;

		for (int s = 0; s < 3; s++)
			if (test_bit(fd, want + s * a->words))
				events |= masks[s];
		if (!events)
			continue;
		got = poll_fd(pw, fd, events);
		if (got == POLLNVAL)
			return -EBADF;
		for (int s = 0; s < 3; s++) {
			if (test_bit(fd, want + s * a->words) && got & masks[s]) {
				__set_bit((unsigned long)fd, found + s * a->words);
				ready++;
				pw->pt.queue = NULL;
			}
		}
	}
	return ready;
}

long do_select(int n, unsigned long __user *in, unsigned long __user *out, unsigned long __user *ex,
	       s64 timeout_ns)
{
	unsigned long __user *user[3] = {in, out, ex};
	struct select_args a;
	struct poll_wqueues pw;
	size_t bytes;
	long ret;

	if (n < 0)
		return -EINVAL;
	a.n = (int)min((u64)n, (u64)current->files->fdt->max_fds);
	a.words = BITS_TO_LONGS((size_t)a.n);
	bytes = a.words * sizeof(long);
	a.bits = kzalloc(6 * bytes + 1, GFP_KERNEL);
	if (!a.bits)
		return -ENOMEM;
	ret = -EFAULT;
	for (int s = 0; s < 3; s++)
		if (user[s] && copy_from_user(a.bits + s * a.words, user[s], bytes))
			goto out;
	poll_init(&pw);
	ret = poll_loop(&pw, timeout_ns, scan_fdsets, &a);
	poll_free(&pw);
	for (int s = 0; ret >= 0 && s < 3; s++)
		if (user[s] && copy_to_user(user[s], a.bits + (3 + s) * a.words, bytes))
			ret = -EFAULT;
out:
	kfree(a.bits);
	return ret;
}
