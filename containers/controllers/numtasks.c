// SPDX-License-Identifier: GPL-2.0-only
/*
 * numtasks: how many tasks a container and everything below it may have. Keeps a fork bomb inside its container.
 *
 *   numtasks.max	"max" (no limit) or a number; what is there already stays, forks beyond it fail with EAGAIN
 *   numtasks.current	tasks now, with those of all containers below
 *   numtasks.events	"max N": how many forks were refused
 *
 * A fork charges every container from the task's own up to the top, which has neither limit nor files: one atomic step each that checks and
 * counts, taken back if one of them is full. So parallel forks cannot pass a limit together, and numtasks.current never shows more. Moves are
 * never refused; they may leave a container above its limit.
 */
#include "containers/container.h"

#define NUMTASKS_MAX ((long)PID_MAX + 1)	/* no limit: more than there can be */

struct numtasks {
	struct container_subsys_state css;
	struct numtasks *parent;	/* immutable; NULL: the top, which is not counted */
	atomic_long_t count;
	atomic_long_t limit;
	atomic_long_t refused;
};

static struct numtasks *css_numtasks(struct container_subsys_state *css)
{
	return container_of(css, struct numtasks, css);
}

static struct numtasks *cont_numtasks(struct container *cont)
{
	return css_numtasks(container_subsys_state(cont, numtasks_subsys_id));
}

static int numtasks_create(struct container_subsys *ss, struct container *cont)
{
	struct numtasks *nt = kzalloc(sizeof(*nt), GFP_KERNEL);

	if (!nt)
		return -ENOMEM;
	if (cont->parent)
		nt->parent = cont_numtasks(cont->parent);
	atomic_long_set(&nt->limit, NUMTASKS_MAX);
	cont->subsys[ss->subsys_id] = &nt->css;
	return 0;
}

static void numtasks_destroy(struct container_subsys *ss, struct container *cont)
{
	kfree(cont_numtasks(cont));
}

static void charge(struct numtasks *nt)
{
	for (; nt->parent; nt = nt->parent)
		atomic_long_inc(&nt->count);
}

static void uncharge(struct numtasks *nt)
{
	for (; nt->parent; nt = nt->parent)
		atomic_long_dec(&nt->count);
}

/* One more in nt alone; false: there are as many as may be, or more. */
static bool charge_one(struct numtasks *nt)
{
	long seen, count = atomic_long_read(&nt->count);

	do {
		if (count >= atomic_long_read(&nt->limit))
			return false;
		seen = count;
		count = atomic_long_cmpxchg(&nt->count, seen, seen + 1);
	} while (count != seen);
	return true;
}

static int try_charge(struct numtasks *nt)
{
	struct numtasks *p, *q;

	for (p = nt; p->parent; p = p->parent) {
		if (!charge_one(p)) {
			for (q = nt; q != p; q = q->parent)
				atomic_long_dec(&q->count);
			return -EAGAIN;
		}
	}
	return 0;
}

static int numtasks_can_fork(struct container_subsys *ss, struct task_struct *child)
{
	struct numtasks *nt = css_numtasks(task_subsys_state(child, ss->subsys_id));
	int err = try_charge(nt);

	if (err)
		atomic_long_inc(&nt->refused);
	return err;
}

/* The fork came to nothing, or the task leaves: both give back what can_fork took. */
static void numtasks_leave(struct container_subsys *ss, struct task_struct *tsk)
{
	uncharge(css_numtasks(task_subsys_state(tsk, ss->subsys_id)));
}

/* A task that exits at this very moment has been uncharged from `cont` already; the two add up in either order. */
static void numtasks_attach(struct container_subsys *ss, struct container *cont, struct container *old_cont, struct task_struct *tsk)
{
	charge(cont_numtasks(cont));
	uncharge(cont_numtasks(old_cont));
}

static int max_read(struct container *cont, const struct cftype *cft, struct seq_file *m)
{
	long limit = atomic_long_read(&cont_numtasks(cont)->limit);

	if (limit >= NUMTASKS_MAX)
		seq_puts(m, "max\n");
	else
		seq_printf(m, "%ld\n", limit);
	return 0;
}

static int max_write(struct container *cont, const struct cftype *cft, char *text)
{
	long limit = NUMTASKS_MAX;

	if (strcmp(text, "max")) {
		if (kstrtol(text, 10, &limit) || limit < 0 || limit >= NUMTASKS_MAX)
			return -EINVAL;
	}
	atomic_long_set(&cont_numtasks(cont)->limit, limit);
	return 0;
}

static u64 current_read(struct container *cont, const struct cftype *cft)
{
	long count = atomic_long_read(&cont_numtasks(cont)->count);

	/* Below zero only while a move and an exit of the same task meet. */
	return count > 0 ? count : 0;
}

static int events_read(struct container *cont, const struct cftype *cft, struct seq_file *m)
{
	seq_printf(m, "max %ld\n", atomic_long_read(&cont_numtasks(cont)->refused));
	return 0;
}

static const struct cftype numtasks_files[] = {
	{.name = "numtasks.max", .flags = CFTYPE_NOT_ON_ROOT, .read_seq = max_read, .write_string = max_write},
	{.name = "numtasks.current", .flags = CFTYPE_NOT_ON_ROOT, .read_uint = current_read},
	{.name = "numtasks.events", .flags = CFTYPE_NOT_ON_ROOT, .read_seq = events_read},
};

static int numtasks_populate(struct container_subsys *ss, struct container *cont)
{
	return container_add_files(cont, numtasks_files, ARRAY_SIZE(numtasks_files));
}

struct container_subsys numtasks_subsys = {
	.name = "numtasks",
	.subsys_id = numtasks_subsys_id,
	.ignores_top = true,
	.create = numtasks_create,
	.destroy = numtasks_destroy,
	.attach = numtasks_attach,
	.can_fork = numtasks_can_fork,
	.cancel_fork = numtasks_leave,
	.exit = numtasks_leave,
	.populate = numtasks_populate,
};
