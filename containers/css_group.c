// SPDX-License-Identifier: GPL-2.0-only
/*
 * css_groups: the sets of states that tasks share.
 *
 * A group says in which container a task is, for each hierarchy. Only containers other than the top ones are written down
 * (cg_links), for two reasons: a task that was never moved needs no link at all, and mounting a new hierarchy changes no
 * group. Two groups with the same links are the same group; it is found through a hash over the links' containers, which
 * can be computed from another group's by taking one container away and adding another.
 *
 * A group is immutable. It stays in the table as long as someone holds a reference; the last put takes it out, and
 * its memory goes after a grace period, since readers of task->containers hold nothing but RCU.
 *
 * Start with find_css_group().
 */
#include "containers/internal.h"
#include "kernel/debug/debug.h"

DEFINE_SPINLOCK(css_group_lock);
LIST_HEAD(css_groups);

/* The hash table doubles before it has more groups than chains. css_group_lock. */
#define CSS_HASH_FIRST_BITS 6
static struct hlist_head first_hash[1 << CSS_HASH_FIRST_BITS];
static struct hlist_head *css_hash = first_hash;
static unsigned int css_hash_bits = CSS_HASH_FIRST_BITS;
static unsigned int nr_css_groups = 1;

struct css_group init_css_group = {
	.ref = REFCOUNT_INIT(1),
	.tasks = LIST_HEAD_INIT(init_css_group.tasks),
	.all = LIST_HEAD_INIT(init_css_group.all),
};

static unsigned long container_hash(const struct container *cont)
{
	return container_is_top(cont) ? 0 : hash_long((unsigned long)cont, 64);
}

static struct hlist_head *css_bucket(unsigned long hash)
{
	return &css_hash[hash_long(hash, css_hash_bits)];
}

void css_groups_init(void)
{
	list_add(&init_css_group.all, &css_groups);
	hlist_add_head(&init_css_group.hash_node, css_bucket(0));
	init_task.containers = &init_css_group;
	INIT_LIST_HEAD(&init_task.cg_list);
}

struct container *css_group_container(const struct css_group *cg, const struct containerfs_root *root)
{
	unsigned int i;

	for (i = 0; i < cg->nr_links; i++)
		if (cg->links[i].cont->root == root)
			return cg->links[i].cont;
	return (struct container *)&root->top_container;
}

/*
 * The containers that a group like `old`, but in `cont`, has links to, ordered by hierarchy id. `out` has room for
 * old->nr_links + 1. Returns their number.
 */
static unsigned int wanted_links(const struct css_group *old, struct container *cont, struct container **out)
{
	bool placed = container_is_top(cont);
	unsigned int i, n = 0;

	for (i = 0; i < old->nr_links; i++) {
		struct container *c = old->links[i].cont;

		if (!placed && c->root->hierarchy_id >= cont->root->hierarchy_id) {
			out[n++] = cont;
			placed = true;
		}
		if (c->root != cont->root)
			out[n++] = c;
	}
	if (!placed)
		out[n++] = cont;
	return n;
}

/* css_group_lock held. The group with exactly these links, referenced, or NULL. */
static struct css_group *lookup_css_group(unsigned long hash, struct container **conts, unsigned int n)
{
	struct css_group *cg;
	unsigned int i;

	hlist_for_each_entry (cg, css_bucket(hash), hash_node) {
		if (cg->hash != hash || cg->nr_links != n)
			continue;
		for (i = 0; i < n && cg->links[i].cont == conts[i]; i++)
			;
		/* A count of 0 is a group whose last user is about to take it out: not to be revived. */
		if (i == n && refcount_inc_not_zero(&cg->ref))
			return cg;
	}
	return NULL;
}

/* A group that nobody knows, with the states of `old` and room for n links. */
static struct css_group *alloc_css_group(const struct css_group *old, unsigned int n, unsigned long hash)
{
	struct css_group *cg = kmalloc(sizeof(*cg) + n * sizeof(cg->links[0]), GFP_KERNEL);

	if (!cg)
		return NULL;
	refcount_set(&cg->ref, 1);
	INIT_LIST_HEAD(&cg->tasks);
	cg->used = false;
	cg->successor = NULL;
	cg->hash = hash;
	cg->nr_links = n;
	memcpy(cg->subsys, old->subsys, sizeof(cg->subsys));
	return cg;
}

static void set_link(struct css_group *cg, unsigned int i, struct container *cont)
{
	cg->links[i].cont = cont;
	cg->links[i].group = cg;
}

void set_css_group_states(struct css_group *cg, const struct container *cont, u64 bits)
{
	int id;

	for (id = 0; id < CONTAINER_SUBSYS_COUNT; id++)
		if (bits & (1ULL << id))
			cg->subsys[id] = cont->subsys[id];
}

/* css_group_lock held. */
static void publish_css_group(struct css_group *cg)
{
	unsigned int i;

	nr_css_groups++;
	hlist_add_head(&cg->hash_node, css_bucket(cg->hash));
	list_add_tail(&cg->all, &css_groups);
	for (i = 0; i < cg->nr_links; i++) {
		list_add_tail(&cg->links[i].in_cont, &cg->links[i].cont->cg_links);
		cg->links[i].cont->count++;
	}
}

/*
 * Double the table if it is full. Without memory for that it stays as it is, only slower. container_mutex held: only makers of groups come
 * here.
 */
static void grow_hash(void)
{
	struct hlist_head *table, *old = css_hash;
	struct css_group *cg;

	if (READ_ONCE(nr_css_groups) < 1U << css_hash_bits)
		return;
	table = kcalloc(2UL << css_hash_bits, sizeof(*table), GFP_KERNEL);
	if (!table)
		return;
	spin_lock_irq(&css_group_lock);
	css_hash = table;
	css_hash_bits++;
	list_for_each_entry (cg, &css_groups, all)
		hlist_add_head(&cg->hash_node, css_bucket(cg->hash));
	spin_unlock_irq(&css_group_lock);
	if (old != first_hash)
		kfree(old);
}

struct css_group *find_css_group(struct css_group *old, struct container *cont)
{
	struct container *few[8], **conts = few;
	struct css_group *cg;
	unsigned long hash;
	unsigned int n, i;

	mutex_assert_held(&container_mutex);
	if (old->nr_links + 1 > ARRAY_SIZE(few)) {
		conts = kmalloc((old->nr_links + 1) * sizeof(*conts), GFP_KERNEL);
		if (!conts)
			return NULL;
	}
	n = wanted_links(old, cont, conts);
	hash = old->hash - container_hash(css_group_container(old, cont->root)) + container_hash(cont);

	spin_lock_irq(&css_group_lock);
	cg = lookup_css_group(hash, conts, n);
	spin_unlock_irq(&css_group_lock);
	if (!cg) {
		/* Nobody else makes groups meanwhile: container_mutex is held. */
		cg = alloc_css_group(old, n, hash);
		if (cg) {
			for (i = 0; i < n; i++)
				set_link(cg, i, conts[i]);
			set_css_group_states(cg, cont, cont->root->subsys_bits);
			grow_hash();
			spin_lock_irq(&css_group_lock);
			publish_css_group(cg);
			spin_unlock_irq(&css_group_lock);
		}
	}
	if (conts != few)
		kfree(conts);
	return cg;
}

/*
 * The task may be moved, or exit, at this very moment: a group whose count is 0 was its group, and the next look finds the new one.
 */
struct css_group *get_task_css_group(struct task_struct *tsk)
{
	struct css_group *cg;

	rcu_read_lock();
	do
		cg = rcu_dereference(tsk->containers);
	while (cg != &init_css_group && !refcount_inc_not_zero(&cg->ref));
	rcu_read_unlock();
	return cg;
}

/* css_group_lock held. Take the group out of everything; its containers may have no other. */
static void unpublish_css_group(struct css_group *cg)
{
	unsigned int i;

	nr_css_groups--;
	hlist_del(&cg->hash_node);
	list_del(&cg->all);
	for (i = 0; i < cg->nr_links; i++) {
		list_del(&cg->links[i].in_cont);
		cg->links[i].cont->count--;
	}
}

/* css_group_lock held. */
static void release_containers(struct css_group *cg)
{
	unsigned int i;

	/* Before the count drops: as long as it is held, the container cannot go. */
	for (i = 0; cg->used && i < cg->nr_links; i++)
		container_set_releasable(cg->links[i].cont);
	unpublish_css_group(cg);
	for (i = 0; i < cg->nr_links; i++)
		if (!cg->links[i].cont->count)
			check_for_release(cg->links[i].cont);
}

/* ---- groups that have been replaced (rebind.c) ---- */

static atomic_t nr_replaced;			/* that are not gone yet */
static DECLARE_WAIT_QUEUE_HEAD(replaced_gone);

struct css_group *copy_css_group(const struct css_group *old)
{
	struct css_group *cg = alloc_css_group(old, old->nr_links, old->hash);
	unsigned int i;

	for (i = 0; cg && i < cg->nr_links; i++)
		set_link(cg, i, old->links[i].cont);
	return cg;
}

void replace_css_group(struct css_group *old, struct css_group *cg)
{
	lock_assert_held(&css_group_lock);
	list_splice_init(&old->tasks, &cg->tasks);
	cg->used = old->used;
	/* In this order: no container's count falls to 0 in between. */
	publish_css_group(cg);
	unpublish_css_group(old);
	refcount_inc(&cg->ref);
	old->successor = cg;
	atomic_inc(&nr_replaced);
}

void follow_successor(struct task_struct *child)
{
	struct css_group *old = child->containers, *cg = old;

	/* Each group in the chain is held by the one before it. */
	while (cg->successor)
		cg = cg->successor;
	refcount_inc(&cg->ref);
	child->containers = cg;
	put_css_group(old);
}

void wait_for_replaced_css_groups(void)
{
	wait_event(replaced_gone, !atomic_read(&nr_replaced));
}

/* ---- references ---- */

/* The last reference is gone. */
static void release_css_group(struct css_group *cg)
{
	struct css_group *successor = cg->successor;
	unsigned long flags;

	WARN_ON(!list_empty(&cg->tasks));
	if (likely(!successor)) {
		spin_lock_irqsave(&css_group_lock, flags);
		release_containers(cg);
		spin_unlock_irqrestore(&css_group_lock, flags);
	} else {
		put_css_group(successor);
		if (atomic_dec_and_test(&nr_replaced))
			wake_up_all(&replaced_gone);
	}
	kfree_rcu(cg, rcu);
}

void put_css_group(struct css_group *cg)
{
	if (cg != &init_css_group && refcount_dec_and_test(&cg->ref))
		release_css_group(cg);
}

void for_each_group_of(struct container *cont, bool (*fn)(struct css_group *cg, void *arg), void *arg)
{
	struct css_group *cg;
	struct cg_link *link;

	lock_assert_held(&css_group_lock);
	if (!container_is_top(cont)) {
		list_for_each_entry (link, &cont->cg_links, in_cont)
			if (!fn(link->group, arg))
				return;
		return;
	}
	/* The top container has no links: its groups are those that have none into its hierarchy. */
	list_for_each_entry (cg, &css_groups, all)
		if (css_group_container(cg, cont->root) == cont && !fn(cg, arg))
			return;
}
