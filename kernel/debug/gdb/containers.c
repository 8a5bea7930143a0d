// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the GDB stub says about containers. container_mutex may be held by a task that cannot go on, so nothing is locked; walks
 * are bounded.
 */
#include "kernel/debug/gdb/internal.h"
#ifdef CONFIG_CONTAINERS
#include "containers/internal.h"

#define MAX_ROOTS      64
#define MAX_CONTAINERS 10000

static void names_of(const struct containerfs_root *root, char *buf, unsigned int size)
{
	struct seq_file m = {.buf = buf, .size = size};

	container_show_names(&m, root);
	buf[min(m.count, (size_t)size - 1)] = '\0';
}

static const char *path_of(const struct container *cont, char *buf, unsigned int size)
{
	const char *path = container_build_path(cont, buf, size);

	return path ?: "/...";
}

void gdb_task_containers(struct task_struct *p, char *buf, unsigned int size)
{
	struct containerfs_root *root;
	unsigned int n = 0, roots_seen = 0;
	char names[80], path[128];

	buf[0] = '\0';
	if (!p->containers || !p->containers->nr_links)
		return;
	list_for_each_entry (root, &roots, root_list) {
		const struct container *cont = css_group_container(p->containers, root);

		if (roots_seen++ == MAX_ROOTS)
			break;
		if (!container_is_top(cont)) {
			names_of(root, names, sizeof(names));
			n += scnprintf(buf + n, size - n, " %s:%s", names, path_of(cont, path, sizeof(path)));
		}
	}
}

/* The next below `top` in the order of container_for_each_below(), which wants container_mutex. */
static struct container *next_below(struct container *pos, const struct container *top)
{
	if (!list_empty(&pos->children))
		return list_first_entry(&pos->children, struct container, sibling);
	for (; pos != top; pos = pos->parent)
		if (!list_is_last(&pos->sibling, &pos->parent->children))
			return list_next_entry(pos, sibling);
	return NULL;
}

/* The tasks in cont; for a top container, which has no list of groups, nothing is counted. */
static unsigned int tasks_in(const struct container *cont)
{
	struct cg_link *link;
	struct list_head *entry;
	unsigned int n = 0, groups = 0;

	list_for_each_entry (link, &cont->cg_links, in_cont) {
		if (groups++ == MAX_CONTAINERS)
			break;
		for (entry = link->group->tasks.next; entry != &link->group->tasks && n < PID_MAX; entry = entry->next)
			n++;
	}
	return n;
}

void gdb_show_containers(void)
{
	struct containerfs_root *root;
	unsigned int roots_seen = 0, seen = 0;
	struct container *cont, *top;
	char text[200];

	list_for_each_entry (root, &roots, root_list) {
		if (roots_seen++ == MAX_ROOTS)
			return;
		names_of(root, text, sizeof(text));
		gdb_printf("hierarchy %u: %s\n", root->hierarchy_id, text);
		top = &root->top_container;
		for (cont = top; cont; cont = next_below(cont, top)) {
			if (seen++ == MAX_CONTAINERS)
				return;
			if (container_is_top(cont))
				gdb_printf("  /\n");
			else
				gdb_printf("  %s  %u tasks\n", path_of(cont, text, sizeof(text)), tasks_in(cont));
		}
	}
	if (!roots_seen)
		gdb_printf("no hierarchy is mounted\n");
}

#else

void gdb_task_containers(struct task_struct *p, char *buf, unsigned int size)
{
	buf[0] = '\0';
}

void gdb_show_containers(void)
{
	gdb_printf("this kernel has no containers\n");
}

#endif
