// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpu: processor time for a container as a whole, against its siblings.
 *
 *   cpu.shares		weight among the containers and tasks beside it, 2 to 262144 (1024)
 *   cpu.cfs_quota_us	time that it may use in each period, on all CPUs together; -1: no limit
 *   cpu.cfs_period_us	length of a period, 1000 to 1000000 (100000)
 *   cpu.stat		periods that have ended, in how many the quota was used up, how long (ns) its CPUs waited then
 *
 * All that happens is the scheduler's (kernel/sched/group.c, bandwidth.c): a container is a task_group there, the top container the group
 * that every task is in to begin with. This file reads and writes numbers. A child's quota may not be larger, as a part of its period,
 * than that of the nearest container above that has one; whichever of the two is written is refused. Tasks whose quota is used up wait
 * on their way to user mode, and nowhere else; a signal, SIGKILL among them, reaches them there.
 */
#include "containers/container.h"

#define NO_RATIO     (~0ULL)
#define QUOTA_MAX_US ((1L << 44) - 1)	/* Linux's: what fits into 64 bits when shifted by 20 */

struct cpu {
	struct container_subsys_state css;
	struct task_group *tg;		/* immutable */
};

static struct task_group *css_group(struct container_subsys_state *css)
{
	return container_of(css, struct cpu, css)->tg;
}

static struct task_group *cont_group(struct container *cont)
{
	return css_group(container_subsys_state(cont, cpu_subsys_id));
}

static int cpu_create(struct container_subsys *ss, struct container *cont)
{
	struct cpu *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return -ENOMEM;
	c->tg = cont->parent ? sched_create_group(cont_group(cont->parent)) : &root_task_group;
	if (!c->tg) {
		kfree(c);
		return -ENOMEM;
	}
	cont->subsys[ss->subsys_id] = &c->css;
	return 0;
}

static void cpu_destroy(struct container_subsys *ss, struct container *cont)
{
	sched_destroy_group(cont_group(cont));
	kfree(container_of(container_subsys_state(cont, cpu_subsys_id), struct cpu, css));
}

static void cpu_attach(struct container_subsys *ss, struct container *cont, struct container *old_cont, struct task_struct *tsk)
{
	sched_move_task(tsk, cont_group(cont));
}

static void cpu_fork(struct container_subsys *ss, struct task_struct *child)
{
	sched_set_group(child, css_group(task_subsys_state(child, ss->subsys_id)));
}

static void cpu_exit(struct container_subsys *ss, struct task_struct *tsk)
{
	sched_move_task(tsk, &root_task_group);
}

/* ---- shares ---- */

static u64 shares_read(struct container *cont, const struct cftype *cft)
{
	return sched_group_shares(cont_group(cont));
}

static int shares_write(struct container *cont, const struct cftype *cft, u64 val)
{
	if (!cont->parent)
		return -EINVAL;
	container_lock();
	sched_group_set_shares(cont_group(cont), val);
	container_unlock();
	return 0;
}

/* ---- bandwidth ---- */

/* The part of all time that a quota allows, in 2^-20. */
static u64 ratio(u64 quota, u64 period)
{
	return quota == GROUP_NO_QUOTA ? NO_RATIO : (quota / NSEC_PER_USEC << 20) / (period / NSEC_PER_USEC);
}

static u64 cont_ratio(struct container *cont)
{
	struct group_bandwidth b;

	sched_group_bandwidth(cont_group(cont), &b);
	return ratio(b.quota, b.period);
}

/* What the nearest container above cont that has a quota allows; below `changed` and up to it, `wanted` counts as its ratio. */
static u64 ratio_above(struct container *cont, struct container *changed, u64 wanted)
{
	u64 r = NO_RATIO;

	for (cont = cont->parent; cont && r == NO_RATIO; cont = cont->parent)
		r = cont == changed ? wanted : cont_ratio(cont);
	return r;
}

/* Would every container at or below cont still have no more than what is above it? container_mutex. */
static bool ratio_fits(struct container *cont, u64 wanted)
{
	struct container *pos;

	container_for_each_below(pos, cont) {
		u64 r = pos == cont ? wanted : cont_ratio(pos);

		if (r != NO_RATIO && r > ratio_above(pos, cont, wanted))
			return false;
	}
	return true;
}

/* One of the two in us; the other stays as it is. */
static int set_bandwidth(struct container *cont, bool is_quota, u64 ns)
{
	struct group_bandwidth b;
	int err = -EINVAL;

	if (!cont->parent)
		return -EINVAL;
	container_lock();
	sched_group_bandwidth(cont_group(cont), &b);
	if (is_quota)
		b.quota = ns;
	else
		b.period = ns;
	if (b.period && ratio_fits(cont, ratio(b.quota, b.period)))
		err = sched_group_set_bandwidth(cont_group(cont), b.quota, b.period);
	container_unlock();
	return err;
}

static int quota_read(struct container *cont, const struct cftype *cft, struct seq_file *m)
{
	struct group_bandwidth b;

	sched_group_bandwidth(cont_group(cont), &b);
	if (b.quota == GROUP_NO_QUOTA)
		seq_puts(m, "-1\n");
	else
		seq_printf(m, "%llu\n", b.quota / NSEC_PER_USEC);
	return 0;
}

static int quota_write(struct container *cont, const struct cftype *cft, char *text)
{
	long us;

	if (kstrtol(text, 10, &us) || us > QUOTA_MAX_US)
		return -EINVAL;
	return set_bandwidth(cont, true, us < 0 ? GROUP_NO_QUOTA : us * NSEC_PER_USEC);
}

static u64 period_read(struct container *cont, const struct cftype *cft)
{
	struct group_bandwidth b;

	sched_group_bandwidth(cont_group(cont), &b);
	return b.period / NSEC_PER_USEC;
}

static int period_write(struct container *cont, const struct cftype *cft, u64 us)
{
	if (us > NSEC_PER_SEC)
		return -EINVAL;
	return set_bandwidth(cont, false, us * NSEC_PER_USEC);
}

static int stat_read(struct container *cont, const struct cftype *cft, struct seq_file *m)
{
	struct group_bandwidth b;

	sched_group_bandwidth(cont_group(cont), &b);
	seq_printf(m, "nr_periods %lu\nnr_throttled %lu\nthrottled_time %lu\n", b.nr_periods, b.nr_throttled, b.throttled_time);
	return 0;
}

static const struct cftype cpu_files[] = {
	{.name = "cpu.shares", .read_uint = shares_read, .write_uint = shares_write},
	{.name = "cpu.cfs_quota_us", .read_seq = quota_read, .write_string = quota_write},
	{.name = "cpu.cfs_period_us", .read_uint = period_read, .write_uint = period_write},
	{.name = "cpu.stat", .read_seq = stat_read},
};

static int cpu_populate(struct container_subsys *ss, struct container *cont)
{
	return container_add_files(cont, cpu_files, ARRAY_SIZE(cpu_files));
}

struct container_subsys cpu_subsys = {
	.name = "cpu",
	.subsys_id = cpu_subsys_id,
	.ignores_top = true,
	.create = cpu_create,
	.destroy = cpu_destroy,
	.attach = cpu_attach,
	.fork = cpu_fork,
	.exit = cpu_exit,
	.populate = cpu_populate,
};
