// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hierarchies: which exist, and which subsystems are bound to which.
 *
 * A subsystem is bound to exactly one hierarchy at any time; while nobody has mounted it, to `rootnode`, which has one container with
 * all tasks in it and no file system. It has one root state for ever. Binding moves that: from the top container of the
 * old hierarchy to the top container of the new one. No task or css_group has to change, since they point to the state.
 *
 * Changing the set of a hierarchy that is there already is in rebind.c.
 *
 * Everything here runs under container_mutex. Start with root_activate().
 */
#include "containers/internal.h"
#include "kernel/debug/debug.h"

struct containerfs_root rootnode;
LIST_HEAD(roots);
static unsigned int next_hierarchy_id = 1;	/* container_mutex */

void container_init_top(struct container *cont, struct containerfs_root *root)
{
	cont->root = root;
	INIT_LIST_HEAD(&cont->sibling);
	INIT_LIST_HEAD(&cont->children);
	INIT_LIST_HEAD(&cont->cg_links);
	INIT_LIST_HEAD(&cont->release_list);
	refcount_set(&cont->ref, 1);
	INIT_LIST_HEAD(&root->root_list);
}

struct containerfs_root *root_alloc(const struct container_opts *opts)
{
	struct containerfs_root *root = kzalloc(sizeof(*root), GFP_KERNEL);

	if (!root)
		return NULL;
	container_init_top(&root->top_container, root);
	root->wanted_bits = opts->subsys_bits;
	strscpy(root->name, opts->name, sizeof(root->name));
	return root;
}

void root_free(struct containerfs_root *root)
{
	kfree(root->release_agent);
	kfree(root);
}

struct containerfs_root *root_by_name(const char *name)
{
	struct containerfs_root *root;

	mutex_assert_held(&container_mutex);
	list_for_each_entry (root, &roots, root_list)
		if (!strcmp(root->name, name))
			return root;
	return NULL;
}

static void hand_over(struct container_subsys *ss, struct containerfs_root *to)
{
	struct container *from_top = &ss->root->top_container, *to_top = &to->top_container;
	struct container_subsys_state *css = from_top->subsys[ss->subsys_id];

	from_top->subsys[ss->subsys_id] = NULL;
	ss->root->subsys_bits &= ~(1ULL << ss->subsys_id);
	WRITE_ONCE(css->container, to_top);	/* task_container() reads it under RCU alone */
	to_top->subsys[ss->subsys_id] = css;
	to->subsys_bits |= 1ULL << ss->subsys_id;
	ss->root = to;
}

void hand_over_subsystems(u64 bits, struct containerfs_root *to)
{
	struct container_subsys *ss;
	int i;

	mutex_assert_held(&container_mutex);
	for_each_bound_subsys (ss, i, bits)
		hand_over(ss, to);
}

void tell_bound(u64 bits)
{
	struct container_subsys *ss;
	int i;

	for_each_bound_subsys (ss, i, bits)
		if (ss->bind)
			ss->bind(ss, &ss->root->top_container);
}

int root_activate(struct containerfs_root *root, struct super_block *sb, u64 bits)
{
	int err;

	mutex_assert_held(&container_mutex);
	if (bits & ~rootnode.subsys_bits)
		return -EBUSY;
	root->top_container.dentry = sb->s_root;
	hand_over_subsystems(bits, root);
	err = container_populate_dir(&root->top_container);
	if (err) {
		container_clear_dir(sb->s_root);
		hand_over_subsystems(bits, &rootnode);
		return err;
	}
	root->sb = sb;
	root->hierarchy_id = next_hierarchy_id++;
	root->number_of_containers = 1;
	list_add_tail(&root->root_list, &roots);
	tell_bound(bits);
	return 0;
}

void root_deactivate(struct containerfs_root *root)
{
	u64 bits = root->subsys_bits;

	mutex_assert_held(&container_mutex);
	WARN_ON(!list_empty(&root->top_container.children));
	set_bit(CONT_REMOVED, &root->top_container.flags);
	hand_over_subsystems(bits, &rootnode);
	tell_bound(bits);
	list_del_init(&root->root_list);
	root->sb = NULL;
}
