/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reader-writer semaphores with waiters. While RWSEM_WAITERS is set the fast paths of rwsem.h keep
 * out, and the lock is handed on under wait_lock: to the first waiter if that is a writer, else to
 * all readers at the head of the queue.
 */
#include "kernel/sched/sched.h"

struct rwsem_waiter {
	struct list_head list;		/* wait_lock */
	struct task_struct *task;
	bool write;
	bool granted;			/* wait_lock to write */
};

/*
 * Hand the lock to those at the head of the queue who can have it now. wait_lock held. Tasks woken
 * after they have been granted may exit at once; their task_structs stay for a grace period.
 */
static void grant(struct rw_semaphore *s)
{
	struct rwsem_waiter *w;

	while ((w = list_first_entry_or_null(&s->wait_list, struct rwsem_waiter, list))) {
		long count = __atomic_load_n(&s->count, __ATOMIC_ACQUIRE);
		struct task_struct *task = w->task;

		if ((count & RWSEM_WRITER) || (w->write && count >= RWSEM_READER))
			return;
		(void)__atomic_fetch_add(&s->count, w->write ? RWSEM_WRITER : RWSEM_READER,
					 __ATOMIC_ACQUIRE);
		list_del(&w->list);
		smp_store_release(&w->granted, true);
		wake_up_process(task);
	}
	(void)__atomic_fetch_and(&s->count, ~RWSEM_WAITERS, __ATOMIC_RELEASE);
}

noinline void rwsem_wake(struct rw_semaphore *s)
{
	spin_lock(&s->wait_lock);
	grant(s);
	spin_unlock(&s->wait_lock);
}

static __sched int down_slow(struct rw_semaphore *s, bool write, unsigned int state)
{
	struct rwsem_waiter w = {.task = current, .write = write};
	int err = 0;

	spin_lock(&s->wait_lock);
	list_add_tail(&w.list, &s->wait_list);
	(void)__atomic_fetch_or(&s->count, RWSEM_WAITERS, __ATOMIC_SEQ_CST);
	grant(s);
	spin_unlock(&s->wait_lock);
	for (;;) {
		set_current_state(state);
		if (smp_load_acquire(&w.granted))
			break;
		if ((state & TASK_WAKEKILL) && fatal_signal_pending(current)) {
			spin_lock(&s->wait_lock);
			if (!w.granted) {
				list_del(&w.list);
				grant(s);
				err = -EINTR;
			}
			spin_unlock(&s->wait_lock);
			break;
		}
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return err;
}

noinline __sched void rwsem_down_read_slow(struct rw_semaphore *s)
{
	(void)down_slow(s, false, TASK_UNINTERRUPTIBLE);
}

noinline __sched void rwsem_down_write_slow(struct rw_semaphore *s)
{
	(void)down_slow(s, true, TASK_UNINTERRUPTIBLE);
}

int __sched down_read_killable(struct rw_semaphore *s)
{
	int err;

	lockdep_acquire(&s->dep, LOCK_SLEEPS | LOCK_READ);
	err = down_read_take(s) ? 0 : down_slow(s, false, TASK_KILLABLE);
	if (err)
		lockdep_release(&s->dep, LOCK_SLEEPS);
	return err;
}

int __sched down_write_killable(struct rw_semaphore *s)
{
	int err;

	lockdep_acquire(&s->dep, LOCK_SLEEPS);
	err = down_write_take(s) ? 0 : down_slow(s, true, TASK_KILLABLE);
	if (err)
		lockdep_release(&s->dep, LOCK_SLEEPS);
	return err;
}

void downgrade_write(struct rw_semaphore *s)
{
	if (__atomic_add_fetch(&s->count, RWSEM_READER - RWSEM_WRITER, __ATOMIC_SEQ_CST) &
	    RWSEM_WAITERS)
		rwsem_wake(s);
}
