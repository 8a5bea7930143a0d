// SPDX-License-Identifier: GPL-2.0-only
/*
 * What fork and exit do for the framework. This is the part that every task pays for: fork costs a reference and a list insertion, exit the
 * reverse, and a callback only where a subsystem has one.
 *
 * The child is born into the css_group that its parent had when copy_process() began. If the parent is moved meanwhile, the child stays
 * where it was born: it enters that group's list of tasks before anyone can find its pid.
 */
#include "containers/internal.h"
#include "kernel/debug/debug.h"

/* Bit n: subsystem n has this callback. Written at boot only. */
static u64 have_fork, have_exit, have_can_fork;

void container_note_callbacks(struct container_subsys *ss)
{
	u64 bit = 1ULL << ss->subsys_id;

	if (ss->fork)
		have_fork |= bit;
	if (ss->exit)
		have_exit |= bit;
	if (ss->can_fork)
		have_can_fork |= bit;
}

void container_fork(struct task_struct *child)
{
	INIT_LIST_HEAD(&child->cg_list);
	child->containers = get_task_css_group(current);
}

/* Tell those of the first `n` subsystems that agreed. */
static void cancel_fork_below(struct task_struct *child, int n)
{
	struct container_subsys *ss;
	int i;

	for_each_bound_subsys (ss, i, have_can_fork)
		if (i < n && ss->cancel_fork)
			ss->cancel_fork(ss, child);
}

int container_can_fork(struct task_struct *child)
{
	struct container_subsys *ss;
	int i, err;

	if (likely(!have_can_fork))
		return 0;
	for_each_bound_subsys (ss, i, have_can_fork) {
		err = ss->can_fork(ss, child);
		if (err) {
			cancel_fork_below(child, i);
			return err;
		}
	}
	return 0;
}

void container_cancel_fork(struct task_struct *child)
{
	if (unlikely(have_can_fork))
		cancel_fork_below(child, CONTAINER_SUBSYS_COUNT);
}

void container_post_fork(struct task_struct *child)
{
	struct container_subsys *ss;
	unsigned long flags;
	int i;

	spin_lock_irqsave(&css_group_lock, flags);
	list_add_tail(&child->cg_list, &child->containers->tasks);
	spin_unlock_irqrestore(&css_group_lock, flags);
	if (unlikely(have_fork))
		for_each_bound_subsys (ss, i, have_fork)
			ss->fork(ss, child);
}

void container_fork_failed(struct task_struct *child)
{
	put_css_group(child->containers);
}

void container_exit(struct task_struct *tsk)
{
	struct container_subsys *ss;
	struct css_group *cg;
	unsigned long flags;
	int i;

	/* Out of the list first: from here on nobody moves the task, so that the callbacks see where it was for good. */
	spin_lock_irqsave(&css_group_lock, flags);
	list_del_init(&tsk->cg_list);
	cg = tsk->containers;
	spin_unlock_irqrestore(&css_group_lock, flags);

	if (unlikely(have_exit))
		for_each_bound_subsys (ss, i, have_exit)
			ss->exit(ss, tsk);

	rcu_assign_pointer(tsk->containers, &init_css_group);
	put_css_group(cg);
}
