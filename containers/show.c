// SPDX-License-Identifier: GPL-2.0-only
/*
 * Containers in reports that cannot wait: sysrq keys, which may come in any interrupt.
 * container_mutex is tried. From an interrupt that is safe though it is a sleeping lock: whoever
 * was interrupted does not hold it, or the try fails; it is given back before the interrupt ends;
 * and if somebody has come to wait for it, it is on another CPU. The interrupted task may hold its
 * wait_lock; then nobody else can come to wait, and mutex_unlock() does not take that.
 */
#include "containers/internal.h"
#include "kernel/debug/debug.h"

#define PATH_SHOWN 96

bool container_show_begin(void)
{
	return mutex_trylock(&container_mutex);
}

void container_show_end(void)
{
	mutex_unlock(&container_mutex);
}

static void show_path(struct seq_file *m, const struct container *cont)
{
	char path[PATH_SHOWN];

	container_show_names(m, cont->root);
	seq_putc(m, ':');
	seq_puts(m, container_path(cont, path, sizeof(path)) ? "..." : path);
}

void container_show_task(struct seq_file *m, struct task_struct *p)
{
	struct containerfs_root *root;

	list_for_each_entry (root, &roots, root_list) {
		struct container *cont;

		rcu_read_lock();
		cont = css_group_container(rcu_dereference(p->containers), root);
		if (!container_is_top(cont)) {
			seq_putc(m, ' ');
			show_path(m, cont);
		}
		rcu_read_unlock();
	}
}

/* The container after `cont` in its tree, parents first; NULL: that was the last. */
static struct container *next_of(struct container *cont)
{
	if (!list_empty(&cont->children))
		return list_first_entry(&cont->children, struct container, sibling);
	for (; cont->parent; cont = cont->parent)
		if (cont->sibling.next != &cont->parent->children)
			return list_next_entry(cont, sibling);
	return NULL;
}

void container_show_all(void)
{
	struct containerfs_root *root;
	struct container *cont;
	char text[PATH_SHOWN + 160];

	list_for_each_entry (root, &roots, root_list) {
		for (cont = &root->top_container; cont; cont = next_of(cont)) {
			struct seq_file m = {.buf = text, .size = sizeof(text)};

			show_path(&m, cont);
			printk(KERN_EMERG " %.*s: %u css_groups\n", (int)min(m.count, m.size), text,
			       cont->count);
		}
	}
}
