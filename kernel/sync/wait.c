/* SPDX-License-Identifier: GPL-2.0-only */
/* Wait queues and completions; wait.h has the rules. */
#include "kernel/sched/sched.h"

int default_wake_function(wait_queue_entry_t *e, unsigned int mode, void *key)
{
	return wake_up_state(e->private, mode);
}

int autoremove_wake_function(wait_queue_entry_t *e, unsigned int mode, void *key)
{
	int woken = wake_up_state(e->private, mode);

	if (woken)
		list_del_init(&e->entry);
	return woken;
}

/*
 * Exclusive waiters stand at the end, so that a wake-up has reached all others before it stops at
 * one of them.
 */
static void enqueue(wait_queue_head_t *q, wait_queue_entry_t *e)
{
	if (e->flags & WQ_FLAG_EXCLUSIVE)
		list_add_tail(&e->entry, &q->head);
	else
		list_add(&e->entry, &q->head);
}

void add_wait_queue(wait_queue_head_t *q, wait_queue_entry_t *e)
{
	unsigned long flags;

	e->flags &= ~WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&q->lock, flags);
	enqueue(q, e);
	spin_unlock_irqrestore(&q->lock, flags);
}

void add_wait_queue_exclusive(wait_queue_head_t *q, wait_queue_entry_t *e)
{
	unsigned long flags;

	e->flags |= WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&q->lock, flags);
	enqueue(q, e);
	spin_unlock_irqrestore(&q->lock, flags);
}

void remove_wait_queue(wait_queue_head_t *q, wait_queue_entry_t *e)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	list_del_init(&e->entry);
	spin_unlock_irqrestore(&q->lock, flags);
}

static void prepare(wait_queue_head_t *q, wait_queue_entry_t *e, unsigned int state)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	if (list_empty(&e->entry))
		enqueue(q, e);
	set_current_state(state);
	spin_unlock_irqrestore(&q->lock, flags);
}

void prepare_to_wait(wait_queue_head_t *q, wait_queue_entry_t *e, unsigned int state)
{
	e->flags &= ~WQ_FLAG_EXCLUSIVE;
	prepare(q, e, state);
}

void prepare_to_wait_exclusive(wait_queue_head_t *q, wait_queue_entry_t *e, unsigned int state)
{
	e->flags |= WQ_FLAG_EXCLUSIVE;
	prepare(q, e, state);
}

long prepare_to_wait_event(wait_queue_head_t *q, wait_queue_entry_t *e, unsigned int state)
{
	if (((state & TASK_INTERRUPTIBLE) && signal_pending(current)) ||
	    ((state & TASK_WAKEKILL) && fatal_signal_pending(current))) {
		/* An exclusive wake-up that reaches this entry from now on would be lost on us. */
		remove_wait_queue(q, e);
		return -ERESTARTSYS;
	}
	prepare(q, e, state);
	return 0;
}

void finish_wait(wait_queue_head_t *q, wait_queue_entry_t *e)
{
	unsigned long flags;

	__set_current_state(TASK_RUNNING);
	/*
	 * Not on the queue: nobody else can put it there. On it: a waker may be at work, hence the
	 * lock.
	 */
	if (READ_ONCE(e->entry.next) != &e->entry || READ_ONCE(e->entry.prev) != &e->entry) {
		spin_lock_irqsave(&q->lock, flags);
		list_del_init(&e->entry);
		spin_unlock_irqrestore(&q->lock, flags);
	}
}

void __wake_up_locked(wait_queue_head_t *q, unsigned int mode, int nr_exclusive, void *key)
{
	wait_queue_entry_t *e, *next;

	list_for_each_entry_safe(e, next, &q->head, entry) {
		unsigned int flags = e->flags;

		if (e->func(e, mode, key) && (flags & WQ_FLAG_EXCLUSIVE) && !--nr_exclusive)
			break;
	}
}

void __wake_up(wait_queue_head_t *q, unsigned int mode, int nr_exclusive, void *key)
{
	unsigned long flags;

	/* Who queues itself after this look sees what the caller has changed before it. */
	if (!wq_has_sleeper(q))
		return;
	spin_lock_irqsave(&q->lock, flags);
	__wake_up_locked(q, mode, nr_exclusive, key);
	spin_unlock_irqrestore(&q->lock, flags);
}

void complete(struct completion *c)
{
	unsigned long flags;

	spin_lock_irqsave(&c->wait.lock, flags);
	if (c->done != COMPLETION_ALL)
		c->done++;
	__wake_up_locked(&c->wait, TASK_NORMAL, 1, NULL);
	spin_unlock_irqrestore(&c->wait.lock, flags);
}

void complete_all(struct completion *c)
{
	unsigned long flags;

	spin_lock_irqsave(&c->wait.lock, flags);
	c->done = COMPLETION_ALL;
	__wake_up_locked(&c->wait, TASK_NORMAL, 0, NULL);
	spin_unlock_irqrestore(&c->wait.lock, flags);
}

/*
 * The lock is taken on every way out, also when `done` could be seen without it: the structure may
 * be on the waiter's stack, and complete() must have let go of it.
 */
bool try_wait_for_completion(struct completion *c)
{
	unsigned long flags;
	bool done;

	spin_lock_irqsave(&c->wait.lock, flags);
	done = c->done;
	if (done && c->done != COMPLETION_ALL)
		c->done--;
	spin_unlock_irqrestore(&c->wait.lock, flags);
	return done;
}

bool completion_done(struct completion *c)
{
	unsigned long flags;
	bool done;

	spin_lock_irqsave(&c->wait.lock, flags);
	done = c->done;
	spin_unlock_irqrestore(&c->wait.lock, flags);
	return done;
}

void __sched wait_for_completion(struct completion *c)
{
	if (!try_wait_for_completion(c))
		(void)___wait_event(c->wait, try_wait_for_completion(c), TASK_UNINTERRUPTIBLE, 1,
				    schedule());
}

long __sched wait_for_completion_state(struct completion *c, unsigned int state)
{
	if (try_wait_for_completion(c))
		return 0;
	return ___wait_event(c->wait, try_wait_for_completion(c), state, 1, schedule());
}

long __sched wait_for_completion_interruptible(struct completion *c)
{
	return wait_for_completion_state(c, TASK_INTERRUPTIBLE);
}

long __sched wait_for_completion_timeout(struct completion *c, s64 ns)
{
	bool done = try_wait_for_completion(c);

	if (!done)
		(void)___wait_event(c->wait, (done = try_wait_for_completion(c)) || !ns,
				    TASK_UNINTERRUPTIBLE, 1, ns = schedule_timeout(ns));
	return !done ? 0 : ns > 0 ? ns : 1;
}
