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

/* "debug,numtasks" or "debug,name=x" or "name=x" */
static void show_names(struct seq_file *m, const struct containerfs_root *root)
{
	struct container_subsys *ss;
	const char *comma = "";
	int i;

	for_each_bound_subsys (ss, i, root->subsys_bits) {
		seq_printf(m, "%s%s", comma, ss->name);
		comma = ",";
	}
	if (*root->name)
		seq_printf(m, "%sname=%s", comma, root->name);
}

/* The hierarchies and p's place in each. */
static int show_membership(struct seq_file *m, struct task_struct *p, bool with_id)
{
	struct containerfs_root *root;
	char *path = kmalloc(PATH_MAX, GFP_KERNEL);
	int err = 0;

	if (!path)
		return -ENOMEM;
	mutex_lock(&container_mutex);
	list_for_each_entry (root, &roots, root_list) {
		if (with_id)
			seq_printf(m, "%u:", root->hierarchy_id);
		show_names(m, root);
		/* container_mutex keeps p from being moved; RCU keeps the group if p exits now. */
		rcu_read_lock();
		err = container_path(css_group_container(rcu_dereference(p->containers), root), path, PATH_MAX);
		rcu_read_unlock();
		if (err)
			break;
		seq_printf(m, ":%s\n", path);
	}
	mutex_unlock(&container_mutex);
	kfree(path);
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
