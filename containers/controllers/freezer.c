// SPDX-License-Identifier: GPL-2.0-only
/*
 * freezer: stop all tasks of a container and of those below it, and let them go on later. They do not notice.
 *
 *   freezer.state		FROZEN or THAWED is written; FREEZING is read while some tasks have not come to a halt yet
 *   freezer.self_freezing	1: FROZEN was written here
 *   freezer.parent_freezing	1: a container above is to be frozen
 *
 * A task freezes where kernel/sched/freezer.c says. Here is who has to: everybody who is in a container with `freezing` set. So a task that moves
 * in freezes, one that moves out goes on, and a child is born with its parent's obligation, before it executes anything. The top container has no
 * files and is never frozen.
 *
 * Why no task is missed, and none is left frozen. A write changes `freezing` and then walks the tasks; a move puts the task into its new group and
 * then calls freezer_attach(); a birth puts the child into its group's list and then calls freezer_fork(). Each thus makes the truth first and
 * then calls adjust(), which looks at the truth of that moment and acts upon it under one lock: whoever is the last to do so has seen what all
 * the others have made. (A write that comes after the child is in the list walks the child; one that comes before has set what
 * freezer_fork() sees.) A task that exits just leaves.
 *
 * FROZEN is not remembered: whoever reads the state looks at each task. So it is said only when it is so; and reading costs as much
 * as there are tasks. A look that a birth has come into may have missed the child, and is not believed.
 */
#include "containers/container.h"

struct freezer {
	struct container_subsys_state css;
	/* ---- container_mutex to write; births read `freezing` without ---- */
	bool self;		/* wanted here */
	bool parent;		/* wanted above */
	bool freezing;		/* either */
};

static struct freezer *css_freezer(struct container_subsys_state *css)
{
	return container_of(css, struct freezer, css);
}

static struct freezer *cont_freezer(struct container *cont)
{
	return css_freezer(container_subsys_state(cont, freezer_subsys_id));
}

static int freezer_create(struct container_subsys *ss, struct container *cont)
{
	struct freezer *fz = kzalloc(sizeof(*fz), GFP_KERNEL);

	if (!fz)
		return -ENOMEM;
	if (cont->parent)
		fz->parent = fz->freezing = cont_freezer(cont->parent)->freezing;
	cont->subsys[ss->subsys_id] = &fz->css;
	return 0;
}

static void freezer_destroy(struct container_subsys *ss, struct container *cont)
{
	kfree(cont_freezer(cont));
}

static bool has_to_freeze(struct task_struct *tsk)
{
	bool freezing;

	rcu_read_lock();
	freezing = READ_ONCE(css_freezer(task_subsys_state(tsk, freezer_subsys_id))->freezing);
	rcu_read_unlock();
	return freezing;
}

static DEFINE_SPINLOCK(freezer_lock);	/* has_to_freeze() and what follows from it, as one step. Irqs off, inside siglock */
static atomic_long_t born_to_freeze;	/* births in containers with `freezing` */

static void adjust(struct task_struct *tsk)
{
	unsigned long flags;

	spin_lock_irqsave(&freezer_lock, flags);
	if (has_to_freeze(tsk))
		freeze_task(tsk);
	else
		thaw_task(tsk);
	spin_unlock_irqrestore(&freezer_lock, flags);
}

/* tsk has never run, but may be found, moved and walked already. */
static void freezer_fork(struct container_subsys *ss, struct task_struct *tsk)
{
	if (has_to_freeze(tsk)) {
		atomic_long_inc(&born_to_freeze);
		adjust(tsk);
	}
}

static void freezer_attach(struct container_subsys *ss, struct container *cont, struct container *old_cont, struct task_struct *tsk)
{
	adjust(tsk);
}

/* ---- freezer.state ---- */

static void adjust_one(struct task_struct *tsk, void *unused)
{
	adjust(tsk);
}

/* fz->self or what is above has changed. container_mutex. */
static void update(struct container *cont)
{
	struct freezer *fz = cont_freezer(cont);

	if (cont->parent)
		fz->parent = cont_freezer(cont->parent)->freezing;
	if (fz->freezing == (fz->self || fz->parent))
		return;
	WRITE_ONCE(fz->freezing, !fz->freezing);
	container_for_each_task(cont, adjust_one, NULL);
}

static int state_write(struct container *cont, const struct cftype *cft, char *text)
{
	bool freeze = !strcmp(text, "FROZEN");
	struct container *pos;
	int err = 0;

	if (!freeze && strcmp(text, "THAWED"))
		return -EINVAL;
	container_lock();
	if (container_is_removed(cont)) {
		err = -ENODEV;
		goto out;
	}
	cont_freezer(cont)->self = freeze;
	container_for_each_below (pos, cont)
		update(pos);
out:
	container_unlock();
	return err;
}

static void check_one(struct task_struct *tsk, void *arg)
{
	if (!frozen(tsk) && !(tsk->flags & PF_KTHREAD))
		*(bool *)arg = false;
}

static bool all_frozen(struct container *cont)
{
	long births = atomic_long_read(&born_to_freeze);
	struct container *pos;
	bool all = true;

	container_for_each_below (pos, cont)
		if (all)
			container_for_each_task(pos, check_one, &all);
	/* A parent that was found frozen has counted its children before. */
	return all && atomic_long_read(&born_to_freeze) == births;
}

static int state_read(struct container *cont, const struct cftype *cft, struct seq_file *m)
{
	const char *state = "THAWED";

	container_lock();
	if (cont_freezer(cont)->freezing)
		state = all_frozen(cont) ? "FROZEN" : "FREEZING";
	container_unlock();
	seq_printf(m, "%s\n", state);
	return 0;
}

static u64 self_read(struct container *cont, const struct cftype *cft)
{
	return cont_freezer(cont)->self;
}

static u64 parent_read(struct container *cont, const struct cftype *cft)
{
	return cont_freezer(cont)->parent;
}

static const struct cftype freezer_files[] = {
	{.name = "freezer.state", .flags = CFTYPE_NOT_ON_ROOT, .read_seq = state_read, .write_string = state_write},
	{.name = "freezer.self_freezing", .flags = CFTYPE_NOT_ON_ROOT, .read_uint = self_read},
	{.name = "freezer.parent_freezing", .flags = CFTYPE_NOT_ON_ROOT, .read_uint = parent_read},
};

static int freezer_populate(struct container_subsys *ss, struct container *cont)
{
	return container_add_files(cont, freezer_files, ARRAY_SIZE(freezer_files));
}

struct container_subsys freezer_subsys = {
	.name = "freezer",
	.subsys_id = freezer_subsys_id,
	.ignores_top = true,
	.create = freezer_create,
	.destroy = freezer_destroy,
	.fork = freezer_fork,
	.attach = freezer_attach,
	.populate = freezer_populate,
};
