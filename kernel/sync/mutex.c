/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mutexes with waiters. The owner word and the waiter list change together under wait_lock, except
 * for the two fast paths (mutex.h), which only go between "free" and "owned, nobody waits". The
 * unlocker makes the first waiter the owner before it wakes it, so a waiter that finds `granted`
 * set is done.
 */
#include "kernel/sched/sched.h"

struct mutex_waiter {
	struct list_head list;		/* wait_lock */
	struct task_struct *task;
	bool granted;			/* wait_lock to write */
};

/* Become a waiter, or the owner if the lock came free meanwhile (true). wait_lock held. */
static bool enqueue(struct mutex *m, struct mutex_waiter *w)
{
	unsigned long old = __atomic_fetch_or(&m->owner, MUTEX_WAITERS, __ATOMIC_ACQUIRE);

	if (!old) {
		__atomic_store_n(&m->owner, (unsigned long)current, __ATOMIC_RELAXED);
		return true;
	}
	list_add_tail(&w->list, &m->wait_list);
	return false;
}

/* A signal came: leave the list, unless the lock has been granted already (true). */
static bool give_up(struct mutex *m, struct mutex_waiter *w)
{
	bool granted;

	spin_lock(&m->wait_lock);
	granted = w->granted;
	if (!granted) {
		list_del(&w->list);
		if (list_empty(&m->wait_list))
			(void)__atomic_fetch_and(&m->owner, ~MUTEX_WAITERS, __ATOMIC_RELAXED);
	}
	spin_unlock(&m->wait_lock);
	return granted;
}

noinline __sched int mutex_lock_slow(struct mutex *m, unsigned int state)
{
	struct mutex_waiter w = {.task = current};
	bool owner;
	int err = 0;

	spin_lock(&m->wait_lock);
	owner = enqueue(m, &w);
	spin_unlock(&m->wait_lock);
	if (owner)
		return 0;
	current->blocked_on = m;
	for (;;) {
		set_current_state(state);
		if (smp_load_acquire(&w.granted))
			break;
		if (((state & TASK_INTERRUPTIBLE) && signal_pending(current)) ||
		    ((state & TASK_WAKEKILL) && fatal_signal_pending(current))) {
			if (!give_up(m, &w))
				err = -EINTR;
			break;
		}
		schedule();
	}
	current->blocked_on = NULL;
	__set_current_state(TASK_RUNNING);
	return err;
}

noinline void mutex_unlock_slow(struct mutex *m)
{
	struct mutex_waiter *w;
	struct task_struct *task;

	spin_lock(&m->wait_lock);
	w = list_first_entry_or_null(&m->wait_list, struct mutex_waiter, list);
	if (!w) {		/* the last waiter gave up just now */
		__atomic_store_n(&m->owner, 0, __ATOMIC_RELEASE);
		spin_unlock(&m->wait_lock);
		return;
	}
	list_del(&w->list);
	task = w->task;
	__atomic_store_n(&m->owner,
			 (unsigned long)task | (list_empty(&m->wait_list) ? 0 : MUTEX_WAITERS),
			 __ATOMIC_RELEASE);
	smp_store_release(&w->granted, true);
	/*
	 * From here the waiter may run and even exit; its task_struct stays for a grace period, and
	 * this is a reader.
	 */
	spin_unlock(&m->wait_lock);
	wake_up_process(task);
}
