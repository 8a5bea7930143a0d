// SPDX-License-Identifier: GPL-2.0-only
/* The work queue: one list, one kernel thread that calls what is on it, in order. */
#include "kernel/sched/sched.h"

static DEFINE_SPINLOCK(work_lock);	/* irqs off */
static LIST_HEAD(work_list);		/* work_struct.entry; work_lock */
static DECLARE_WAIT_QUEUE_HEAD(work_wait);

bool schedule_work(struct work_struct *work)
{
	unsigned long flags;
	bool queued = false;

	spin_lock_irqsave(&work_lock, flags);
	if (!work->pending) {
		work->pending = true;
		list_add_tail(&work->entry, &work_list);
		queued = true;
	}
	spin_unlock_irqrestore(&work_lock, flags);
	if (queued)
		wake_up(&work_wait);
	return queued;
}

/* The next one, which may be queued (or freed by its function) again from here on. NULL: none. */
static struct work_struct *take_work(void)
{
	struct work_struct *work;

	spin_lock_irq(&work_lock);
	work = list_first_entry_or_null(&work_list, struct work_struct, entry);
	if (work) {
		list_del_init(&work->entry);
		work->pending = false;
	}
	spin_unlock_irq(&work_lock);
	return work;
}

static int worker(void *unused)
{
	struct work_struct *work;

	(void)unused;
	for (;;) {
		/* no signal reaches it; an idle wait is no load */
		wait_event_interruptible(work_wait, !list_empty(&work_list));
		while ((work = take_work()))
			work->func(work);
	}
	return 0;
}

struct flush {
	struct work_struct work;
	struct completion done;
};

static void flush_done(struct work_struct *work)
{
	complete(&container_of(work, struct flush, work)->done);
}

void flush_work_all(void)
{
	struct flush f;

	INIT_WORK(&f.work, flush_done);
	init_completion(&f.done);
	schedule_work(&f.work);
	wait_for_completion(&f.done);
}

int workqueue_init(void)
{
	struct task_struct *p = kthread_run(worker, NULL, "kworker");

	return IS_ERR(p) ? PTR_ERR(p) : 0;
}
