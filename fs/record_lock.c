// SPDX-License-Identifier: GPL-2.0-only
/*
 * Record locks, fcntl(F_SETLK) and its kin: locks of ranges of a file that only those who ask for them heed.
 *
 * Two sorts of owner. A process, which is its table of descriptors: it loses all its locks of a file when it closes any descriptor for it,
 * and a child has none of them. An open file (F_OFD_SETLK and so on): the lock goes with the last descriptor, as that of flock(2).
 * An owner's locks of one inode never overlap: a new one cuts the others, and joins those of its kind that it touches.
 *
 * One lock for all of them, and one queue of those who wait; a change wakes all, and they look again. For each waiting process the
 * owner that stands in its way is known, so that a circle of processes can be seen (EDEADLK); for open files nobody looks.
 *
 * An inode with locks is open: by a table or a file that owns one. Start with set_lock().
 */
#include "fs/internal.h"

#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2

#define LAST ((loff_t)(~0ULL >> 1))
/* A circle of more processes than this is not seen. */
#define MAX_CIRCLE 16

struct record_lock {
	struct hlist_node in_inode;	/* inode.i_locks */
	const void *owner;		/* files_struct or file */
	pid_t pid;			/* for F_GETLK; -1: an open file's */
	int kind;
	loff_t start, end;		/* both are in it */
};

struct record_waiter {
	struct list_head entry;
	const void *owner, *blocker;	/* NULL: it is to look again */
};

static DEFINE_SPINLOCK(record_lock_lock);	/* all of the above, and inode.i_locks */
static LIST_HEAD(waiters);			/* processes only */
static DECLARE_WAIT_QUEUE_HEAD(record_lock_wait);

/* What a call asks for. */
struct lock_request {
	struct inode *inode;
	struct record_lock lock;
	struct record_lock *spare[2];	/* for the new lock, and for the second half of one that is cut */
	struct record_waiter waiter;	/* in the list while the process waits */
};

static bool overlaps(const struct record_lock *a, const struct record_lock *b)
{
	return a->start <= b->end && b->start <= a->end;
}

/* The same for neighbours. */
static bool touches(const struct record_lock *a, const struct record_lock *b)
{
	return (b->end == LAST || a->start <= b->end + 1) && (a->end == LAST || b->start <= a->end + 1);
}

static const struct record_lock *find_conflict(const struct inode *inode, const struct record_lock *want)
{
	const struct record_lock *l;

	hlist_for_each_entry(l, &inode->i_locks, in_inode)
		if (l->owner != want->owner && overlaps(l, want) && (l->kind == F_WRLCK || want->kind == F_WRLCK))
			return l;
	return NULL;
}

/* Would `owner` wait for itself, by way of `blocker`? */
static bool closes_circle(const void *owner, const void *blocker)
{
	const struct record_waiter *w;

	for (int i = 0; blocker && i < MAX_CIRCLE; i++) {
		const void *next = NULL;

		if (blocker == owner)
			return true;
		list_for_each_entry(w, &waiters, entry)
			if (w->owner == blocker)
				next = w->blocker;
		blocker = next;
	}
	return false;
}

/* This owner's locks have changed: who waited for it does not any more, until it has looked. */
static void wake_waiters(const void *owner)
{
	struct record_waiter *w;

	list_for_each_entry(w, &waiters, entry)
		if (w->blocker == owner)
			w->blocker = NULL;
	wake_up_all(&record_lock_wait);
}

static struct record_lock *take_spare(struct lock_request *r)
{
	struct record_lock **spare = &r->spare[r->spare[0] ? 0 : 1], *l = *spare;

	*spare = NULL;
	return l;
}

static void drop_lock(struct record_lock *l)
{
	hlist_del(&l->in_inode);
	kfree(l);
}

/* Take `hole` out of the owner's lock l, which overlaps it. What is on both sides of the hole needs a spare. */
static void cut_lock(struct record_lock *l, const struct record_lock *hole, struct lock_request *r)
{
	struct record_lock *right;

	if (l->start < hole->start && l->end > hole->end) {
		right = take_spare(r);
		*right = *l;
		right->start = hole->end + 1;
		hlist_add_head(&right->in_inode, &r->inode->i_locks);
		l->end = hole->start - 1;
	} else if (l->start < hole->start) {
		l->end = hole->start - 1;
	} else if (l->end > hole->end) {
		l->start = hole->end + 1;
	} else {
		drop_lock(l);
	}
}

/* Nothing is in the way. `sum` grows by what it joins, and that meets none of the other kind: an owner's locks do not overlap. */
static void enter_lock(struct lock_request *r)
{
	struct record_lock sum = r->lock, *l, *new;
	struct hlist_node *next;

	hlist_for_each_entry_safe(l, next, &r->inode->i_locks, in_inode) {
		if (l->owner != sum.owner)
			continue;
		if (l->kind == sum.kind && touches(l, &sum)) {
			sum.start = min(sum.start, l->start);
			sum.end = max(sum.end, l->end);
			drop_lock(l);
		} else if (l->kind != sum.kind && overlaps(l, &r->lock)) {
			cut_lock(l, &r->lock, r);
		}
	}
	if (sum.kind != F_UNLCK) {
		new = take_spare(r);
		*new = sum;
		hlist_add_head(&new->in_inode, &r->inode->i_locks);
	}
	wake_waiters(sum.owner);
}

/* 0; -EAGAIN: somebody is in the way; -EDEADLK: and he waits for us. */
static int set_lock(struct lock_request *r)
{
	const struct record_lock *conflict = NULL;
	int err = 0;

	spin_lock(&record_lock_lock);
	if (r->lock.kind != F_UNLCK)
		conflict = find_conflict(r->inode, &r->lock);
	if (!conflict) {
		enter_lock(r);
	} else {
		err = r->lock.pid > 0 && r->waiter.owner && closes_circle(r->lock.owner, conflict->owner) ? -EDEADLK
													  : -EAGAIN;
		r->waiter.blocker = conflict->owner;
	}
	spin_unlock(&record_lock_lock);
	return err;
}

/* The first look is made as one who waits already, so that of two who close a circle the second sees it. */
static long wait_for_lock(struct lock_request *r)
{
	bool process = r->lock.pid > 0;
	int ret = -EAGAIN;
	long err;

	r->waiter.owner = r->lock.owner;
	if (process) {
		spin_lock(&record_lock_lock);
		list_add(&r->waiter.entry, &waiters);
		spin_unlock(&record_lock_lock);
	}
	err = wait_event_interruptible(record_lock_wait, (ret = set_lock(r)) != -EAGAIN);
	if (process) {
		spin_lock(&record_lock_lock);
		list_del(&r->waiter.entry);
		spin_unlock(&record_lock_lock);
	}
	return err ? err : ret;
}

static long make_change(struct lock_request *r, bool wait)
{
	long err = -ENOLCK;

	for (int i = 0; i < 2; i++)
		r->spare[i] = kmalloc(sizeof(*r->spare[i]), GFP_KERNEL);
	if (r->spare[0] && r->spare[1])
		err = wait ? wait_for_lock(r) : set_lock(r);
	kfree(r->spare[0]);
	kfree(r->spare[1]);
	return err;
}

/* ---- closing ---- */

void __record_locks_close(struct file *file, const void *owner)
{
	struct record_lock *l;
	struct hlist_node *next;
	bool any = false;

	if (file->f_mode & FMODE_PATH)
		return;
	spin_lock(&record_lock_lock);
	hlist_for_each_entry_safe(l, next, &file->f_inode->i_locks, in_inode)
		if (l->owner == owner) {
			drop_lock(l);
			any = true;
		}
	if (any)
		wake_waiters(owner);
	spin_unlock(&record_lock_lock);
}

/* ---- fcntl ---- */

/* The range as first and last byte. -EINVAL, -EOVERFLOW. */
static long get_range(struct file *file, const struct user_flock *u, struct record_lock *l)
{
	loff_t base, start;

	if (u->l_whence == SEEK_SET)
		base = 0;
	else if (u->l_whence == SEEK_CUR)
		base = READ_ONCE(file->f_pos);
	else if (u->l_whence == SEEK_END)
		base = READ_ONCE(file->f_inode->i_size);
	else
		return -EINVAL;
	if (__builtin_add_overflow(base, u->l_start, &start))
		return -EOVERFLOW;
	if (start < 0)
		return -EINVAL;
	l->start = start;
	l->end = LAST;
	if (u->l_len > 0 && __builtin_add_overflow(start, u->l_len - 1, &l->end))
		return -EOVERFLOW;
	if (u->l_len < 0) {
		l->end = start - 1;
		l->start = start + u->l_len;
	}
	return l->start < 0 ? -EINVAL : 0;
}

static long get_lock(const struct lock_request *r, struct user_flock *u)
{
	const struct record_lock *l;

	spin_lock(&record_lock_lock);
	l = find_conflict(r->inode, &r->lock);
	u->l_type = F_UNLCK;
	if (l) {
		u->l_type = (short)l->kind;
		u->l_whence = SEEK_SET;
		u->l_start = l->start;
		u->l_len = l->end == LAST ? 0 : l->end - l->start + 1;
		u->l_pid = l->pid;
	}
	spin_unlock(&record_lock_lock);
	return 0;
}

static bool may_lock(const struct file *file, int kind)
{
	return kind == F_UNLCK || file->f_mode & (kind == F_RDLCK ? FMODE_READ : FMODE_WRITE);
}

long fcntl_lock(unsigned int fd, struct file *file, enum lock_command command, bool of_file, struct user_flock *u)
{
	struct lock_request r = {.inode = file->f_inode};
	long err;

	if (u->l_type < F_RDLCK || u->l_type > F_UNLCK || (of_file && u->l_pid))
		return -EINVAL;
	r.lock.kind = u->l_type;
	r.lock.owner = of_file ? (const void *)file : current->files;
	r.lock.pid = of_file ? -1 : current->tgid;
	err = get_range(file, u, &r.lock);
	if (err)
		return err;
	if (command == LOCK_GET)
		return u->l_type == F_UNLCK ? -EINVAL : get_lock(&r, u);
	if (!may_lock(file, u->l_type))
		return -EBADF;
	err = make_change(&r, command == LOCK_SET_WAIT);
	/* Another thread has closed the descriptor meanwhile, perhaps before it could see the lock. */
	if (!err && !of_file && u->l_type != F_UNLCK && !still_open(fd, file)) {
		record_locks_close(file, r.lock.owner);
		err = -EBADF;
	}
	return err;
}
