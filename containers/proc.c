// SPDX-License-Identifier: GPL-2.0-only
/*
 * The framework in /proc, each in its own and in Linux's cgroup v1 form:
 *   /proc/containers	name, hierarchy as a bit mask, number of containers, for each subsystem
 *   /proc/cgroups	name, hierarchy id, number of containers, enabled
 *   /proc/PID/container	names:path for each hierarchy
 *   /proc/PID/cgroup	id:names:path
 */
#include "containers/internal.h"
#include "kernel/debug/debug.h"

static int show_containers(struct seq_file *m)
{
	struct container_subsys *ss;
	int i;

	seq_puts(m, "#subsys_name\thierarchy\tnum_containers\n");
	mutex_lock(&container_mutex);
	for_each_subsys (ss, i)
		seq_printf(m, "%s\t%llu\t%u\n", ss->name, ss->root == &rootnode ? 0ULL : (unsigned long long)ss->root->subsys_bits,
			   ss->root->number_of_containers);
	mutex_unlock(&container_mutex);
	return 0;
}
PROC_FILE("containers", show_containers);

static int show_cgroups(struct seq_file *m)
{
	struct container_subsys *ss;
	int i;

	seq_puts(m, "#subsys_name\thierarchy\tnum_cgroups\tenabled\n");
	mutex_lock(&container_mutex);
	for_each_subsys (ss, i)
		seq_printf(m, "%s\t%u\t%u\t1\n", ss->name, ss->root->hierarchy_id, ss->root->number_of_containers);
	mutex_unlock(&container_mutex);
	return 0;
}
PROC_FILE("cgroups", show_cgroups);

void container_show_names(struct seq_file *m, const struct containerfs_root *root)
{
	struct container_subsys *ss;
	bool first = true;
	int i;

	for_each_bound_subsys (ss, i, root->subsys_bits) {
		if (!first)
			seq_putc(m, ',');
		seq_puts(m, ss->name);
		first = false;
	}
	if (*root->name) {
		seq_puts(m, first ? "name=" : ",name=");
		seq_puts(m, root->name);
	}
}

/* p's place in root, by a buffer that nearly every path fits in, or one that all do. -ENAMETOOLONG, -ENOMEM. */
static int show_place(struct seq_file *m, struct task_struct *p, const struct containerfs_root *root)
{
	char few[128], *path = few;
	size_t size = sizeof(few);
	int err;

	for (;;) {
		/* container_mutex keeps p from being moved; RCU keeps the group if p exits now. */
		rcu_read_lock();
		err = container_path(css_group_container(rcu_dereference(p->containers), root), path, size);
		rcu_read_unlock();
		if (err != -ENAMETOOLONG || path != few)
			break;
		size = PATH_MAX;
		path = kmalloc(size, GFP_KERNEL);
		if (!path)
			return -ENOMEM;
	}
	if (!err)
		seq_puts(m, path);
	if (path != few)
		kfree(path);
	return err;
}

/* The hierarchies and p's place in each. */
static int show_membership(struct seq_file *m, struct task_struct *p, bool with_id)
{
	struct containerfs_root *root;
	int err = 0;

	mutex_lock(&container_mutex);
	list_for_each_entry (root, &roots, root_list) {
		if (with_id)
			seq_printf(m, "%u:", root->hierarchy_id);
		container_show_names(m, root);
		seq_putc(m, ':');
		err = show_place(m, p, root);
		if (err)
			break;
		seq_putc(m, '\n');
	}
	mutex_unlock(&container_mutex);
	return err;
}

static int show_pid_container(struct seq_file *m, struct task_struct *p)
{
	return show_membership(m, p, false);
}
PROC_PID_FILE("container", show_pid_container);

static int show_pid_cgroup(struct seq_file *m, struct task_struct *p)
{
	return show_membership(m, p, true);
}
PROC_PID_FILE("cgroup", show_pid_cgroup);
