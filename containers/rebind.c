// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changing the set of subsystems of a hierarchy that has containers and tasks: remount, all or nothing.
 *
 * For the tasks a change is a move: from the subsystem's one root state to that of their container, or back. It has the three steps of a
 * move, too (attach.c), for all tasks below the top at once:
 *
 *   prepare	what can fail, and is undone whole then. A subsystem that comes makes a state for each container, and files that nobody sees
 *		yet. One that goes must have no state held and no file open (EBUSY); its files are hidden. Each css_group of the hierarchy
 *		gets a successor with the other states in it. The subsystems are asked as for a move of any task.
 *   commit	under tasklist_lock and css_group_lock: each group and its tasks give way to the successor.
 *   tell	attach() for each of these tasks; files appear and disappear.
 *
 * A child that is being born still has the old group, with what can_fork() charged there. It is not let into the list of tasks: it takes
 * that back, goes to the successor and tries again (container_enter()). A task that exits at this moment ends with the old group. So the
 * states of a subsystem that went are destroyed when the last old group is gone; that is waited for, without locks but s_umount.
 *
 * container_mutex is held all through prepare, commit and tell. Start with root_rebind().
 */
#include "containers/internal.h"
#include "kernel/debug/debug.h"

/* One css_group of the hierarchy, in a container below the top. */
struct swap {
	struct container *cont;
	struct css_group *old, *new;	/* referenced; new NULL: not made yet */
};

/* One task of it, referenced. */
struct swapped_task {
	struct task_struct *tsk;
	struct swap *swap;
};

struct rebind {
	struct containerfs_root *root;
	u64 add, remove;
	struct swap *swaps;
	unsigned int nr_swaps;
	struct swapped_task *tasks;
	unsigned int nr_tasks, room;
};

#define for_each_container(cont, r) container_for_each_below (cont, &(r)->root->top_container)

/* ---- states and files ---- */

static void destroy_all_states(struct containerfs_root *root, u64 bits)
{
	struct container *cont, *top = &root->top_container;

	for (cont = container_first_leaf(top); cont != top; cont = container_next_up(cont))
		container_destroy_states(cont, bits);
}

/* Parents first; on error some are left. The containers are in use: settings that no task can live with are of no use to them. */
static int create_all_states(struct rebind *r)
{
	struct container_subsys *ss;
	struct container *cont;
	int i, err = 0;

	for_each_container (cont, r)
		if (!container_is_top(cont) && !err)
			err = container_create_states(cont, r->add);
	if (err)
		return err;
	for_each_container (cont, r)
		for_each_bound_subsys (ss, i, r->add)
			if (ss->post_clone && !container_is_top(cont))
				ss->post_clone(ss, cont);
	return 0;
}

static void remove_all_files(struct rebind *r, u64 bits)
{
	struct container_subsys *ss;
	struct container *cont;
	int i;

	for_each_container (cont, r)
		for_each_bound_subsys (ss, i, bits)
			container_remove_subsys_files(cont, ss);
}

static void show_all_files(struct rebind *r, u64 bits)
{
	struct container_subsys *ss;
	struct container *cont;
	int i;

	for_each_container (cont, r)
		for_each_bound_subsys (ss, i, bits)
			container_show_subsys_files(cont, ss);
}

/* Make the files of the subsystems that come, not to be seen yet; on error none is left. */
static int make_all_files(struct rebind *r)
{
	struct container_subsys *ss;
	struct container *cont;
	int i, err = 0;

	for_each_container (cont, r)
		for_each_bound_subsys (ss, i, r->add)
			if (!err)
				err = container_populate_subsys(cont, ss);
	if (err)
		remove_all_files(r, r->add);
	return err;
}

/* Hide the files of those that go. -EBUSY: one is open; all are there again. */
static int hide_all_files(struct rebind *r)
{
	struct container_subsys *ss;
	struct container *cont;
	int i, err = 0;

	for_each_container (cont, r)
		for_each_bound_subsys (ss, i, r->remove)
			if (!err && !container_hide_subsys_files(cont, ss))
				err = -EBUSY;
	if (err)
		show_all_files(r, r->remove);
	return err;
}

static void revive_all_states(struct rebind *r, struct container *end)
{
	struct container *cont;

	for_each_container (cont, r) {
		if (cont == end)
			break;
		if (!container_is_top(cont))
			container_revive_states(cont, r->remove);
	}
}

/*
 * Nobody may get a state of those that go any more. -EBUSY: one is held, or a removed container, which is still open, has a state that may
 * refer to its parent's; none is killed then.
 */
static int kill_all_states(struct rebind *r)
{
	struct container *cont;

	for_each_container (cont, r) {
		if (container_is_top(cont) || !r->remove)
			continue;
		if (container_has_dead_children(cont) || !container_kill_states(cont, r->remove)) {
			revive_all_states(r, cont);
			return -EBUSY;
		}
	}
	return 0;
}

/* ---- css_groups ---- */

/* Let go of all; a successor that nobody has got to know is freed. */
static void put_swaps(struct rebind *r, bool committed)
{
	unsigned int i;

	for (i = 0; i < r->nr_swaps; i++) {
		put_css_group(r->swaps[i].old);
		if (committed)
			put_css_group(r->swaps[i].new);
		else
			kfree(r->swaps[i].new);
	}
	kfree(r->swaps);
}

/* css_group_lock held: how many groups with tasks (or unborn children) the containers below the top have. */
static unsigned int count_groups(struct rebind *r)
{
	struct container *cont;
	unsigned int n = 0;

	for_each_container (cont, r)
		n += cont->count;
	return n;
}

/* css_group_lock held. Groups go at any time; none comes while container_mutex is held. */
static void list_groups(struct rebind *r)
{
	struct container *cont;
	struct cg_link *link;

	for_each_container (cont, r)
		list_for_each_entry (link, &cont->cg_links, in_cont)
			if (refcount_inc_not_zero(&link->group->ref))
				r->swaps[r->nr_swaps++] = (struct swap){.cont = cont, .old = link->group};
}

/* Make a successor for each group. -ENOMEM; what there is is put_swaps()'s to put. */
static int make_groups(struct rebind *r)
{
	struct container *top = &r->root->top_container;
	unsigned int n, i;

	spin_lock_irq(&css_group_lock);
	n = count_groups(r);
	spin_unlock_irq(&css_group_lock);
	if (!n)
		return 0;
	r->swaps = kmalloc(n * sizeof(*r->swaps), GFP_KERNEL);
	if (!r->swaps)
		return -ENOMEM;
	spin_lock_irq(&css_group_lock);
	list_groups(r);
	spin_unlock_irq(&css_group_lock);
	for (i = 0; i < r->nr_swaps; i++) {
		struct swap *s = &r->swaps[i];

		s->new = copy_css_group(s->old);
		if (!s->new)
			return -ENOMEM;
		set_css_group_states(s->new, s->cont, r->add);
		set_css_group_states(s->new, top, r->remove);
	}
	return 0;
}

/* ---- asking and telling ---- */

/* Take back what the subsystems agreed to, up to the one that refused: swap number `end`, subsystem `id`. */
static void cancel_until(struct rebind *r, unsigned int end, int id)
{
	struct container *top = &r->root->top_container;
	struct container_subsys *ss;
	unsigned int n;
	int i;

	for (n = 0; n <= end && n < r->nr_swaps; n++) {
		for_each_bound_subsys (ss, i, r->add | r->remove) {
			if (n == end && i == id)
				return;
			if (ss->cancel_attach)
				ss->cancel_attach(ss, r->add & (1ULL << i) ? r->swaps[n].cont : top, NULL);
		}
	}
}

/* May any task move, for each group? The tasks themselves are known at the commit only. */
static int ask_all(struct rebind *r)
{
	struct container *top = &r->root->top_container;
	struct container_subsys *ss;
	unsigned int n;
	int i, err;

	for (n = 0; n < r->nr_swaps; n++) {
		for_each_bound_subsys (ss, i, r->add | r->remove) {
			err = ss->can_attach ? ss->can_attach(ss, r->add & (1ULL << i) ? r->swaps[n].cont : top, NULL) : 0;
			if (err) {
				cancel_until(r, n, i);
				return err;
			}
		}
	}
	return 0;
}

static void tell_all(struct rebind *r)
{
	struct container *top = &r->root->top_container;
	struct container_subsys *ss;
	unsigned int n;
	int i;

	for (n = 0; n < r->nr_tasks; n++) {
		struct task_struct *tsk = r->tasks[n].tsk;
		struct container *cont = r->tasks[n].swap->cont;

		for_each_bound_subsys (ss, i, r->add)
			if (ss->attach)
				ss->attach(ss, cont, top, tsk);
		for_each_bound_subsys (ss, i, r->remove)
			if (ss->attach)
				ss->attach(ss, top, cont, tsk);
		put_css_group(r->tasks[n].swap->old);
		put_task_struct(tsk);
	}
}

/* ---- commit ---- */

/* css_group_lock held: how many tasks the groups have. */
static unsigned int count_tasks(struct rebind *r)
{
	struct task_struct *tsk;
	unsigned int i, n = 0;

	for (i = 0; i < r->nr_swaps; i++)
		list_for_each_entry (tsk, &r->swaps[i].old->tasks, cg_list)
			n++;
	return n;
}

/* css_group_lock held. The tasks' references to the old group are put by tell_all(). */
static void swap_group(struct rebind *r, struct swap *s)
{
	struct task_struct *tsk;

	list_for_each_entry (tsk, &s->old->tasks, cg_list) {
		get_task_struct(tsk);
		refcount_inc(&s->new->ref);
		tsk->cg_moved = true;
		rcu_assign_pointer(tsk->containers, s->new);
		r->tasks[r->nr_tasks++] = (struct swapped_task){.tsk = tsk, .swap = s};
	}
	replace_css_group(s->old, s->new);
}

/*
 * Swap all groups if there is room to note all tasks; else returns how much is needed. tasklist_lock: a child is born before or
 * after, with its fork() callbacks, not in the midst.
 */
static unsigned int try_commit(struct rebind *r)
{
	unsigned int need, i;

	read_lock(&tasklist_lock);
	spin_lock_irq(&css_group_lock);
	need = count_tasks(r);
	if (need <= r->room) {
		for (i = 0; i < r->nr_swaps; i++)
			swap_group(r, &r->swaps[i]);
		need = 0;
	}
	spin_unlock_irq(&css_group_lock);
	read_unlock(&tasklist_lock);
	return need;
}

/* Tasks may be born faster than room is made for them, but not more than there are pids. -ENOMEM: nothing has been swapped. */
static int commit(struct rebind *r)
{
	unsigned int need;

	while ((need = try_commit(r))) {
		kfree(r->tasks);
		r->room = min(2 * need, (unsigned int)PID_MAX);
		r->tasks = kmalloc(r->room * sizeof(*r->tasks), GFP_KERNEL);
		if (!r->tasks) {
			r->room = 0;
			return -ENOMEM;
		}
	}
	return 0;
}

/* ---- the whole ---- */

/* container_mutex held. On error all is as it was. */
static int change_set(struct rebind *r)
{
	int err;

	if (r->add & ~rootnode.subsys_bits)
		return -EBUSY;
	hand_over_subsystems(r->add, r->root);
	err = create_all_states(r);
	if (err)
		goto out_states;
	err = make_all_files(r);
	if (err)
		goto out_states;
	err = kill_all_states(r);
	if (err)
		goto out_files;
	err = hide_all_files(r);
	if (err)
		goto out_revive;
	err = make_groups(r);
	if (err)
		goto out_show;
	err = ask_all(r);
	if (err)
		goto out_show;
	err = commit(r);
	if (err)
		goto out_cancel;
	tell_bound(r->add);
	tell_all(r);
	remove_all_files(r, r->remove);
	hand_over_subsystems(r->remove, &rootnode);
	tell_bound(r->remove);
	show_all_files(r, r->add);
	return 0;

out_cancel:
	cancel_until(r, r->nr_swaps, 0);
out_show:
	show_all_files(r, r->remove);
out_revive:
	revive_all_states(r, NULL);
out_files:
	remove_all_files(r, r->add);
out_states:
	/* In this order: no subsystem finds a container of its hierarchy without a state. */
	hand_over_subsystems(r->add, &rootnode);
	destroy_all_states(r->root, r->add);
	return err;
}

int root_rebind(struct containerfs_root *root, u64 bits)
{
	struct rebind r = {.root = root};
	int err;

	/* Containers that were removed before this call, and that nobody has open, shall be gone. */
	if (root->subsys_bits & ~bits && READ_ONCE(root->number_of_containers) > 1) {
		rcu_barrier();
		flush_work_all();
	}
	mutex_lock(&container_mutex);
	r.add = bits & ~root->subsys_bits;
	r.remove = root->subsys_bits & ~bits;
	err = change_set(&r);
	if (!err)
		WRITE_ONCE(root->wanted_bits, bits);
	put_swaps(&r, !err);
	kfree(r.tasks);
	mutex_unlock(&container_mutex);
	if (err || !r.remove)
		return err;

	/* Until then rmdir says EBUSY: the states have been killed. */
	wait_for_replaced_css_groups();
	synchronize_rcu();
	mutex_lock(&container_mutex);
	destroy_all_states(root, r.remove);
	mutex_unlock(&container_mutex);
	return 0;
}
