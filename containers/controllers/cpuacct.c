// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpuacct: processor time that a container's tasks have used, with those of all containers below.
 *
 *   cpuacct.usage		ns on all CPUs; writing 0 resets it, for this container alone
 *   cpuacct.usage_percpu	the same for each CPU, on one line
 *   cpuacct.usage_user, cpuacct.usage_sys	usage, divided into user and kernel mode by samples
 *   cpuacct.stat		the same two in ticks of 1/USER_HZ
 *
 * The scheduler calls for each stretch of time that it charges to a task; the task's container and all above it get it at once, under
 * the lock of the CPU's run queue, each in a counter of that CPU. So a container's usage is exactly the sum over its children and its own
 * tasks. The top container gets nothing that way: its figures are those that the run queues keep in any case. And as long as there is no
 * container below it, the scheduler does not call.
 */
#include "containers/container.h"

#define USER_HZ 100

/* One container's counters of one CPU. Written by that CPU with its rq->lock held (samples: by its tick), read by anybody. */
struct acct_cpu {
	u64 usage;			/* ns, ever */
	u64 user_samples, system_samples;
	u64 reset;			/* what `usage` was at the last reset; the container's writer */
} __aligned(64);

struct cpuacct {
	struct container_subsys_state css;
	struct cpuacct *parent;		/* immutable; NULL at the top */
	struct acct_cpu cpu[];
};

static struct cpuacct *css_cpuacct(struct container_subsys_state *css)
{
	return container_of(css, struct cpuacct, css);
}

static struct cpuacct *cont_cpuacct(struct container *cont)
{
	return css_cpuacct(container_subsys_state(cont, cpuacct_subsys_id));
}

static int cpuacct_create(struct container_subsys *ss, struct container *cont)
{
	struct cpuacct *ca = kzalloc(sizeof(*ca) + (cont->parent ? nr_cpus : NR_CPUS) * sizeof(ca->cpu[0]), GFP_KERNEL);

	if (!ca)
		return -ENOMEM;
	if (cont->parent) {
		ca->parent = cont_cpuacct(cont->parent);
		atomic_inc(&sched_cpuacct_users);
	}
	cont->subsys[ss->subsys_id] = &ca->css;
	return 0;
}

static void cpuacct_destroy(struct container_subsys *ss, struct container *cont)
{
	atomic_dec(&sched_cpuacct_users);
	kfree(cont_cpuacct(cont));
}

/* What a task ran so far belongs to the container that it is about to leave. */
static int cpuacct_can_attach(struct container_subsys *ss, struct container *cont, struct task_struct *tsk)
{
	if (tsk)
		task_sched_runtime(tsk);
	return 0;
}

static void cpuacct_exit(struct container_subsys *ss, struct task_struct *tsk)
{
	task_sched_runtime(tsk);
}

/* An RCU reader, since interrupts are off: p may be leaving its container on another CPU. */
void cpuacct_charge(struct task_struct *p, unsigned int cpu, u64 ns)
{
	struct cpuacct *ca = css_cpuacct(task_subsys_state(p, cpuacct_subsys_id));

	for (; ca->parent; ca = ca->parent)
		ca->cpu[cpu].usage += ns;
}

void cpuacct_sample(struct task_struct *p, unsigned int cpu, bool user)
{
	struct cpuacct *ca = css_cpuacct(task_subsys_state(p, cpuacct_subsys_id));

	for (; ca->parent; ca = ca->parent) {
		if (user)
			ca->cpu[cpu].user_samples++;
		else
			ca->cpu[cpu].system_samples++;
	}
}

/* ---- files ---- */

/* ns since boot, reset or not */
static u64 usage_ever(const struct cpuacct *ca, unsigned int cpu)
{
	return ca->parent ? READ_ONCE(ca->cpu[cpu].usage) : sched_exec_time(cpu);
}

/* The order matters: a reset that comes in between must not make it negative. */
static u64 cpu_usage(const struct cpuacct *ca, unsigned int cpu)
{
	u64 reset = smp_load_acquire(&ca->cpu[cpu].reset);

	return usage_ever(ca, cpu) - reset;
}

static u64 usage(const struct cpuacct *ca)
{
	u64 sum = 0;

	sched_update_accounts();
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		sum += cpu_usage(ca, cpu);
	return sum;
}

/* Divide the usage as the samples say; without any, all of it is the user's. */
static void split_usage(const struct cpuacct *ca, u64 *user, u64 *system)
{
	u64 total = usage(ca), us = 0, ss = 0;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		u64 u = READ_ONCE(ca->cpu[cpu].user_samples), s = READ_ONCE(ca->cpu[cpu].system_samples);

		if (!ca->parent)
			sched_samples(cpu, &u, &s);
		us += u;
		ss += s;
	}
	*system = ss ? total / (us + ss) * ss : 0;
	*user = total - *system;
}

static u64 usage_read(struct container *cont, const struct cftype *cft)
{
	return usage(cont_cpuacct(cont));
}

static int usage_write(struct container *cont, const struct cftype *cft, u64 val)
{
	struct cpuacct *ca = cont_cpuacct(cont);

	if (val)
		return -EINVAL;
	sched_update_accounts();
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		smp_store_release(&ca->cpu[cpu].reset, usage_ever(ca, cpu));
	return 0;
}

static u64 usage_mode_read(struct container *cont, const struct cftype *cft)
{
	u64 mode[2];

	split_usage(cont_cpuacct(cont), &mode[0], &mode[1]);
	return mode[cft->private];
}

static int percpu_read(struct container *cont, const struct cftype *cft, struct seq_file *m)
{
	sched_update_accounts();
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		seq_printf(m, "%lu ", cpu_usage(cont_cpuacct(cont), cpu));
	seq_puts(m, "\n");
	return 0;
}

static int stat_read(struct container *cont, const struct cftype *cft, struct seq_file *m)
{
	u64 user, system;

	split_usage(cont_cpuacct(cont), &user, &system);
	seq_printf(m, "user %llu\nsystem %llu\n", user / (NSEC_PER_SEC / USER_HZ), system / (NSEC_PER_SEC / USER_HZ));
	return 0;
}

static const struct cftype cpuacct_files[] = {
	{.name = "cpuacct.usage", .read_uint = usage_read, .write_uint = usage_write},
	{.name = "cpuacct.usage_user", .read_uint = usage_mode_read, .private = 0},
	{.name = "cpuacct.usage_sys", .read_uint = usage_mode_read, .private = 1},
	{.name = "cpuacct.usage_percpu", .read_seq = percpu_read},
	{.name = "cpuacct.stat", .read_seq = stat_read},
};

static int cpuacct_populate(struct container_subsys *ss, struct container *cont)
{
	return container_add_files(cont, cpuacct_files, ARRAY_SIZE(cpuacct_files));
}

struct container_subsys cpuacct_subsys = {
	.name = "cpuacct",
	.subsys_id = cpuacct_subsys_id,
	.ignores_top = true,
	.create = cpuacct_create,
	.destroy = cpuacct_destroy,
	.can_attach = cpuacct_can_attach,
	.exit = cpuacct_exit,
	.populate = cpuacct_populate,
};
