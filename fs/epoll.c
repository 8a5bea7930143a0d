// SPDX-License-Identifier: GPL-2.0-only
/*
 * epoll: a set of files, and which of them may be ready.
 *
 * poll(2) asks all its files each time. Here each member of the set leaves an entry on its file's wait queues for as long as it is a member.
 * A wake-up there puts the member on the set's ready list; epoll_wait asks only the files of that list. What poll says is the truth, the list
 * is a hint: a member that is not ready any more just leaves it. One that was reported goes back to the list's end, so that it is asked again
 * (level-triggered), unless EPOLLET or EPOLLONESHOT say that the next wake-up or EPOLL_CTL_MOD shall bring it there.
 *
 * epoll_mutex guards all sets: who is a member, and what for. A set's ready list has the lock of its own wait queue, since a waker, who may be
 * in an interrupt, holds that of the file's queue. A member does not keep its file open: when the last reference to the file goes,
 * epoll_file_release() takes it out of all sets before anything of the file is freed.
 *
 * epoll_mutex stands outside of what poll operations take, and that is also taken around page faults; so no program's memory is touched with it.
 * The last fput() may come with mmap_lock held, but not that of a file with members: what can be mapped has no poll operation, and is refused.
 *
 * Start with epoll_add() and harvest().
 */
#include "fs/internal.h"

#define EPOLLEXCLUSIVE (1U << 28)
#define EPOLLWAKEUP    (1U << 29)
#define EPOLLONESHOT   (1U << 30)
#define EPOLLET	       (1U << 31)
/* What is no event; a member with nothing else is disabled. */
#define EPOLL_FLAGS    (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)

/* Events of one epoll_wait at most: they stand on the kernel's stack. A program may get fewer than it has room for. */
#define BATCH 32

static DEFINE_MUTEX(epoll_mutex);

struct epoll {
	wait_queue_head_t wait;		/* who sleeps in epoll_wait; its lock is that of ready, too */
	wait_queue_head_t pollers;	/* who polls the set itself */
	struct list_head ready;		/* members that may be ready; wait.lock */
	struct list_head members;	/* epoll_mutex */
	u64 round;			/* one for each look through ready; epoll_mutex */
};

struct epoll_member {
	struct epoll *set;		/* immutable, as the next two */
	struct file *file;
	int fd;
	u32 events;			/* epoll_mutex to write, READ_ONCE() by wakers */
	u64 data;			/* epoll_mutex, as all that follow but ready */
	u64 round;			/* the last look that met it */
	struct list_head in_set;
	struct hlist_node in_file;	/* file.f_members */
	struct list_head ready;		/* set->wait.lock */
	struct epoll_entry *entries;
};

/* On one wait queue of the file. */
struct epoll_entry {
	wait_queue_entry_t wait;
	wait_queue_head_t *wq;
	struct epoll_member *member;
	struct epoll_entry *next;
};

struct epoll_table {
	struct poll_table pt;
	struct epoll_member *member;
	int error;
};

static const struct file_operations epoll_fops;

/* ---- becoming ready ---- */

/* Onto the ready list. Who sleeps in epoll_wait may have seen it empty. */
static void put_on_list(struct epoll_member *m)
{
	struct epoll *ep = m->set;
	unsigned long flags;

	spin_lock_irqsave(&ep->wait.lock, flags);
	if (list_empty(&m->ready))
		list_add_tail(&m->ready, &ep->ready);
	__wake_up_locked(&ep->wait, TASK_NORMAL, 1, (void *)(unsigned long)POLLIN);
	spin_unlock_irqrestore(&ep->wait.lock, flags);
}

static void make_ready(struct epoll_member *m)
{
	put_on_list(m);
	wake_up_poll(&m->set->pollers, POLLIN);
}

/* The file's queue is woken. Any context, the queue's lock held. */
static int epoll_wake(wait_queue_entry_t *wait, unsigned int mode, void *key)
{
	struct epoll_member *m = container_of(wait, struct epoll_entry, wait)->member;
	u32 events = READ_ONCE(m->events), what = (u32)(unsigned long)key;

	if (events & ~EPOLL_FLAGS && (!what || what & events))
		make_ready(m);
	return 0;
}

static void epoll_queue(struct poll_table *pt, wait_queue_head_t *wq)
{
	struct epoll_table *table = container_of(pt, struct epoll_table, pt);
	struct epoll_entry *e = kmalloc(sizeof(*e), GFP_KERNEL);

	if (!e) {
		table->error = -ENOMEM;
		return;
	}
	init_waitqueue_func_entry(&e->wait, epoll_wake);
	e->wq = wq;
	e->member = table->member;
	e->next = table->member->entries;
	table->member->entries = e;
	add_wait_queue(wq, &e->wait);
}

/* What the member waits for and its file is. epoll_mutex held. */
static u32 member_ready(const struct epoll_member *m, struct poll_table *pt)
{
	return m->file->f_op->poll(m->file, pt) & m->events;
}

/* ---- members: epoll_ctl ---- */

static struct epoll_member *find_member(const struct epoll *ep, const struct file *file, int fd)
{
	struct epoll_member *m;

	list_for_each_entry(m, &ep->members, in_set)
		if (m->fd == fd && m->file == file)
			return m;
	return NULL;
}

/* Once its entries are off the queues, nobody makes it ready any more. epoll_mutex held. */
static void remove_member(struct epoll_member *m)
{
	struct epoll_entry *e;
	unsigned long flags;

	lock_assert_held(&epoll_mutex);
	while ((e = m->entries)) {
		m->entries = e->next;
		remove_wait_queue(e->wq, &e->wait);
		kfree(e);
	}
	spin_lock_irqsave(&m->set->wait.lock, flags);
	list_del(&m->ready);
	spin_unlock_irqrestore(&m->set->wait.lock, flags);
	hlist_del(&m->in_file);
	list_del(&m->in_set);
	kfree(m);
}

/* POLLERR and POLLHUP are always asked for, but not of a member that EPOLLONESHOT has disabled. */
static void set_events(struct epoll_member *m, const struct epoll_event *event)
{
	WRITE_ONCE(m->events, event->events | POLLERR | POLLHUP);
	m->data = event->data;
}

static long epoll_add(struct epoll *ep, struct file *file, int fd, const struct epoll_event *event)
{
	struct epoll_member *m = kzalloc(sizeof(*m), GFP_KERNEL);
	struct epoll_table table = {.pt.queue = epoll_queue, .member = m};

	if (!m)
		return -ENOMEM;
	m->set = ep;
	m->file = file;
	m->fd = fd;
	INIT_LIST_HEAD(&m->ready);
	set_events(m, event);
	list_add(&m->in_set, &ep->members);
	hlist_add_head(&m->in_file, &file->f_members);
	/* The file is open here and now, so its release comes later and sees this. */
	WRITE_ONCE(file->f_watched, true);
	if (member_ready(m, &table.pt))
		make_ready(m);
	if (table.error)
		remove_member(m);
	return table.error;
}

/* Wakers that saw the old events have made it ready at most once too often; what came before is asked for here. */
static long epoll_modify(struct epoll_member *m, const struct epoll_event *event)
{
	set_events(m, event);
	smp_mb();	/* against a waker: he sees the new events, or poll sees what he did */
	if (member_ready(m, NULL))
		make_ready(m);
	return 0;
}

static long change_set(struct epoll *ep, int op, struct file *file, int fd, const struct epoll_event *event)
{
	struct epoll_member *m = find_member(ep, file, fd);

	if (op == EPOLL_CTL_ADD)
		return m ? -EEXIST : epoll_add(ep, file, fd, event);
	if (!m)
		return -ENOENT;
	if (op == EPOLL_CTL_MOD)
		return epoll_modify(m, event);
	remove_member(m);
	return 0;
}

long do_epoll_ctl(struct file *file, int op, struct file *target, int fd, const struct epoll_event *event)
{
	long ret;

	if (!target->f_op || !target->f_op->poll)
		return -EPERM;
	if (file->f_op != &epoll_fops || target->f_op == &epoll_fops)
		return -EINVAL;
	if (op < EPOLL_CTL_ADD || op > EPOLL_CTL_MOD || (op != EPOLL_CTL_DEL && event->events & EPOLLEXCLUSIVE))
		return -EINVAL;
	mutex_lock(&epoll_mutex);
	ret = change_set(file->private_data, op, target, fd, event);
	mutex_unlock(&epoll_mutex);
	return ret;
}

void __epoll_file_release(struct file *file)
{
	struct epoll_member *m;
	struct hlist_node *n;

	mutex_lock(&epoll_mutex);
	hlist_for_each_entry_safe(m, n, &file->f_members, in_file)
		remove_member(m);
	mutex_unlock(&epoll_mutex);
}

/* ---- asking the ready ones: epoll_wait ---- */

/* The next that this look has not met, off the list. NULL: that was all. */
static struct epoll_member *next_ready(struct epoll *ep)
{
	struct epoll_member *m;
	unsigned long flags;

	spin_lock_irqsave(&ep->wait.lock, flags);
	m = list_first_entry_or_null(&ep->ready, struct epoll_member, ready);
	if (m && m->round == ep->round)
		m = NULL;
	if (m) {
		m->round = ep->round;
		list_del_init(&m->ready);
	}
	spin_unlock_irqrestore(&ep->wait.lock, flags);
	return m;
}

/*
 * Up to max events. A member leaves the list before its file is asked: who wakes it after that puts it there again, and nothing is missed.
 * epoll_mutex held.
 */
static int harvest_locked(struct epoll *ep, struct epoll_event *events, int max)
{
	struct epoll_member *m;
	int n = 0;

	ep->round++;
	while (n < max && (m = next_ready(ep))) {
		u32 ready = m->events & ~EPOLL_FLAGS ? member_ready(m, NULL) : 0;

		if (!ready)
			continue;
		events[n++] = (struct epoll_event){ready, m->data};
		if (m->events & EPOLLONESHOT)
			WRITE_ONCE(m->events, m->events & EPOLL_FLAGS);
		else if (!(m->events & EPOLLET))
			make_ready(m);
	}
	return n;
}

static int harvest(struct epoll *ep, struct epoll_event *events, int max)
{
	int n;

	mutex_lock(&epoll_mutex);
	n = harvest_locked(ep, events, max);
	mutex_unlock(&epoll_mutex);
	return n;
}

static bool may_be_ready(struct epoll *ep)
{
	return !list_empty(&ep->ready);
}

/* Sleep until the list has something or `end` (KTIME_MAX: never). 0; 1: time is up; -EINTR. */
static int sleep_until_ready(struct epoll *ep, u64 end)
{
	s64 left = KTIME_MAX;
	long ret;

	if (end != KTIME_MAX) {
		left = (s64)(end - ktime_get());
		if (left <= 0)
			return 1;
	}
	ret = wait_event_interruptible_timeout(ep->wait, may_be_ready(ep), left);
	if (ret < 0)
		return try_to_freeze() && !signal_pending(current) ? 0 : -EINTR;
	return 0;
}

long do_epoll_wait(struct file *file, struct epoll_event __user *to, int max, s64 timeout_ns)
{
	u64 end = timeout_ns < 0 || timeout_ns == KTIME_MAX ? KTIME_MAX : ktime_get() + (u64)timeout_ns;
	struct epoll_event events[BATCH];
	struct epoll *ep = file->private_data;
	int n, err;

	if (file->f_op != &epoll_fops)
		return -EINVAL;
	while (!(n = harvest(ep, events, min(max, BATCH)))) {
		err = timeout_ns == 0 ? 1 : sleep_until_ready(ep, end);
		if (err)
			return err < 0 ? err : 0;
	}
	return copy_to_user(to, events, (size_t)n * sizeof(*events)) ? -EFAULT : n;
}

/* ---- the set as a file ---- */

/*
 * Is there an event? Who is found so goes back to the list. Pollers are not woken for that: the one who asks is one of them, and would ask
 * again and again if it waits for something else; the others ask one after the other, by the mutex, so nobody has missed it.
 */
static unsigned int epoll_poll(struct file *file, struct poll_table *pt)
{
	struct epoll *ep = file->private_data;
	struct epoll_member *m;
	unsigned int mask = 0;

	poll_wait(&ep->pollers, pt);
	mutex_lock(&epoll_mutex);
	ep->round++;
	while (!mask && (m = next_ready(ep)))
		if (m->events & ~EPOLL_FLAGS && member_ready(m, NULL)) {
			mask = POLLIN | POLLRDNORM;
			put_on_list(m);
		}
	mutex_unlock(&epoll_mutex);
	return mask;
}

static int epoll_release(struct inode *inode, struct file *file)
{
	struct epoll *ep = file->private_data;
	struct epoll_member *m, *next;

	mutex_lock(&epoll_mutex);
	list_for_each_entry_safe(m, next, &ep->members, in_set)
		remove_member(m);
	mutex_unlock(&epoll_mutex);
	kfree(ep);
	return 0;
}

static const struct file_operations epoll_fops = {
	.poll = epoll_poll,
	.release = epoll_release,
};

int do_epoll_create(int flags)
{
	struct epoll *ep;

	if (flags & ~O_CLOEXEC)
		return -EINVAL;
	ep = kzalloc(sizeof(*ep), GFP_KERNEL);
	if (!ep)
		return -ENOMEM;
	init_waitqueue_head(&ep->wait);
	init_waitqueue_head(&ep->pollers);
	INIT_LIST_HEAD(&ep->ready);
	INIT_LIST_HEAD(&ep->members);
	return install_anon_file("anon_inode:[eventpoll]", &epoll_fops, ep, flags);
}
