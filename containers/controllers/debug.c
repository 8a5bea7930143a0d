// SPDX-License-Identifier: GPL-2.0-only
/*
 * The debug subsystem: no control, only a look at the framework's own counts. It is also the smallest example of a subsystem: a state, create,
 * destroy, and a table of files.
 */
#include "containers/internal.h"

struct debug_state {
	struct container_subsys_state css;	/* nothing else to keep */
};

static int debug_create(struct container_subsys *ss, struct container *cont)
{
	struct debug_state *state = kzalloc(sizeof(*state), GFP_KERNEL);

	if (!state)
		return -ENOMEM;
	cont->subsys[ss->subsys_id] = &state->css;
	return 0;
}

static void debug_destroy(struct container_subsys *ss, struct container *cont)
{
	kfree(container_of(cont->subsys[ss->subsys_id], struct debug_state, css));
}

/* css_groups that use the container; not its tasks. */
static u64 container_refcount_read(struct container *cont, const struct cftype *cft)
{
	u64 count;

	spin_lock_irq(&css_group_lock);
	count = cont->count;
	spin_unlock_irq(&css_group_lock);
	return count;
}

static bool count_tasks(struct css_group *cg, void *arg)
{
	struct task_struct *p;

	list_for_each_entry (p, &cg->tasks, cg_list)
		++*(u64 *)arg;
	return true;
}

static u64 taskcount_read(struct container *cont, const struct cftype *cft)
{
	u64 count = 0;

	spin_lock_irq(&css_group_lock);
	for_each_group_of(cont, count_tasks, &count);
	spin_unlock_irq(&css_group_lock);
	return count;
}

/* Address of the reader's own group: equal numbers show that it is shared. */
static u64 current_css_group_read(struct container *cont, const struct cftype *cft)
{
	return (u64)current->containers;
}

static u64 current_css_group_refcount_read(struct container *cont, const struct cftype *cft)
{
	u64 count;

	spin_lock_irq(&css_group_lock);
	count = refcount_read(&current->containers->ref);
	spin_unlock_irq(&css_group_lock);
	return count;
}

static u64 releasable_read(struct container *cont, const struct cftype *cft)
{
	return test_bit(CONT_RELEASABLE, &cont->flags);
}

static const struct cftype debug_files[] = {
	{.name = "debug.container_refcount", .read_uint = container_refcount_read},
	{.name = "debug.taskcount", .read_uint = taskcount_read},
	{.name = "debug.current_css_group", .read_uint = current_css_group_read},
	{.name = "debug.current_css_group_refcount", .read_uint = current_css_group_refcount_read},
	{.name = "debug.releasable", .read_uint = releasable_read},
};

static int debug_populate(struct container_subsys *ss, struct container *cont)
{
	return container_add_files(cont, debug_files, ARRAY_SIZE(debug_files));
}

struct container_subsys debug_subsys = {
	.name = "debug",
	.subsys_id = debug_subsys_id,
	.create = debug_create,
	.destroy = debug_destroy,
	.populate = debug_populate,
};
