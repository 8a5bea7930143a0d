// SPDX-License-Identifier: GPL-2.0-only
/*
 * What fork and exit do for the framework. This is the part that every task pays for: fork costs a reference and a list insertion, exit the
 * reverse, and a callback only where a subsystem has one.
 *
 * The child is born into the css_group that its parent had when copy_process() began. If the parent is moved meanwhile, the child stays
 * where it was born: it enters that group's list of tasks before anyone can find it. If a remount replaces the group meanwhile, it does
 * not get in, and goes round once more with the group's successor. Not so a new thread of a process that is moved as
 * a whole: it would be left behind. threadgroup_rwsem keeps the two apart; a fork that makes no thread never touches it.
 */
#include "containers/internal.h"
#include "kernel/debug/debug.h"

/*
 * Which subsystems have a callback, bit n for subsystem n: all of them, and those that want it also for a task that is in top
 * containers only. Written at boot only.
 */
struct callback_set {
	u64 all, top;
};
static struct callback_set have_fork, have_exit, have_can_fork;
bool container_fork_in_top;

static void note_callback(struct callback_set *set, struct container_subsys *ss, bool has)
{
	u64 bit = has ? 1ULL << ss->subsys_id : 0;

	set->all |= bit;
	if (!ss->ignores_top)
		set->top |= bit;
}

void container_note_callbacks(struct container_subsys *ss)
{
	note_callback(&have_fork, ss, ss->fork);
	note_callback(&have_exit, ss, ss->exit);
	note_callback(&have_can_fork, ss, ss->can_fork);
	container_fork_in_top = have_fork.top || have_can_fork.top;
}

/* Those to call for a task of this group. */
static u64 wanted_by(const struct callback_set *set, const struct css_group *cg)
{
	return cg->nr_links ? set->all : set->top;
}

/* What a child has from its parent may be of another container than the child's, if the parent has ever been moved. */
static u64 fork_wanted_by(const struct task_struct *child)
{
	return child->cg_moved ? have_fork.all : wanted_by(&have_fork, child->containers);
}

/*
 * Held for reading from the moment a thread inherits its maker's group until it is in that group's list, for writing while a thread group
 * moves. Outside container_mutex.
 */
DECLARE_RWSEM(threadgroup_rwsem);

void container_fork(struct task_struct *child)
{
	if (child->signal == current->signal)
		down_read(&threadgroup_rwsem);
	child->containers = get_task_css_group(current);
	/*
	 * After the group: if the parent is in the top containers again, but this copy of it was made while it was not (or not
	 * quite), this is set, and container_call_fork() lets the subsystems put the copy right.
	 */
	child->cg_moved = READ_ONCE(current->cg_moved);
}

/* Tell those of the first `n` subsystems that agreed. */
static void cancel_fork_below(struct task_struct *child, int n)
{
	struct container_subsys *ss;
	int i;

	for_each_bound_subsys (ss, i, wanted_by(&have_can_fork, child->containers))
		if (i < n && ss->cancel_fork)
			ss->cancel_fork(ss, child);
}

int container_ask_fork(struct task_struct *child)
{
	struct container_subsys *ss;
	int i, err;

	if (unlikely(READ_ONCE(child->containers->successor)))
		follow_successor(child);
	for_each_bound_subsys (ss, i, wanted_by(&have_can_fork, child->containers)) {
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
	cancel_fork_below(child, CONTAINER_SUBSYS_COUNT);
}

bool container_enter(struct task_struct *child)
{
	struct css_group *cg = child->containers;
	unsigned long flags;
	bool current_group;

	spin_lock_irqsave(&css_group_lock, flags);
	current_group = !cg->successor;
	if (likely(current_group))
		list_add_tail(&child->cg_list, &cg->tasks);
	spin_unlock_irqrestore(&css_group_lock, flags);
	return current_group;
}

void container_call_fork(struct task_struct *child)
{
	struct container_subsys *ss;
	int i;

	for_each_bound_subsys (ss, i, fork_wanted_by(child))
		ss->fork(ss, child);
}

void container_thread_made(void)
{
	up_read(&threadgroup_rwsem);
}

void container_fork_failed(struct task_struct *child)
{
	put_css_group(child->containers);
	container_fork_done(child);
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

	for_each_bound_subsys (ss, i, wanted_by(&have_exit, cg))
		ss->exit(ss, tsk);

	rcu_assign_pointer(tsk->containers, &init_css_group);
	put_css_group(cg);
}
