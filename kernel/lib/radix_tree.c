/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A map from unsigned long to pointer; radix_tree.h has the rules. A reader learns from the root
 * pointer alone what it is: an item (bit 0 set) or a node, which knows its level; so root and
 * height need not change together.
 */
#include "kernel/lib/lib.h"
#include "arch/x86_64/atomic.h"

#define RADIX_SHIFT 6
#define RADIX_SLOTS (1U << RADIX_SHIFT)
#define RADIX_MAX_HEIGHT 11	/* 64 bits in steps of 6 */

struct radix_node {
	struct rcu_head rcu;		/* first: radix_node_free_rcu() gets its address */
	unsigned int shift;		/* index bits below this node's; immutable */
	unsigned int count;		/* slots in use */
	void *slots[RADIX_SLOTS];
};
BUILD_BUG_ON(sizeof(struct radix_node) != RADIX_NODE_SIZE);

/*
 * `root` is an item (index 0 only) when height is 0: marked by bit 0, so that readers see which it
 * is.
 */
#define ITEM_TAG 1UL

static bool is_item(const struct radix_node *root)
{
	return (unsigned long)root & ITEM_TAG;
}
static void *untag(const struct radix_node *root)
{
	return (void *)((unsigned long)root & ~ITEM_TAG);
}
static unsigned int slot_of(unsigned long index, const struct radix_node *node)
{
	return (index >> node->shift) & (RADIX_SLOTS - 1);
}
static bool covers(const struct radix_node *node, unsigned long index)
{
	return node->shift + RADIX_SHIFT >= 64 || !(index >> (node->shift + RADIX_SHIFT));
}

void *radix_tree_lookup(const struct radix_tree *t, unsigned long index)
{
	const struct radix_node *node = READ_ONCE(t->root);

	if (!node)
		return NULL;
	if (is_item(node))
		return index ? NULL : untag(node);
	if (!covers(node, index))
		return NULL;
	for (;;) {
		void *next = READ_ONCE(node->slots[slot_of(index, node)]);

		if (!next || !node->shift)
			return next;
		node = next;
	}
}

static struct radix_node *new_node(unsigned int shift, unsigned int gfp)
{
	struct radix_node *node = radix_node_alloc(gfp);

	if (node)
		node->shift = shift;
	return node;
}

/*
 * Put levels on top until `index` is covered. On failure the levels added so far stay: they are a
 * valid tree.
 */
static int grow(struct radix_tree *t, unsigned long index, unsigned int gfp)
{
	while (!t->height || !covers(t->root, index)) {
		struct radix_node *node = new_node(t->height * RADIX_SHIFT, gfp);

		if (!node)
			return -ENOMEM;
		if (t->root) {
			node->slots[0] = t->height ? (void *)t->root : untag(t->root);
			node->count = 1;
		}
		smp_store_release(&t->root, node);
		t->height++;
	}
	return 0;
}

/* Take empty nodes off the top and the path to `index` after a deletion or a failed insertion. */
static void prune(struct radix_tree *t, unsigned long index)
{
	struct radix_node *path[RADIX_MAX_HEIGHT], *node = t->root;
	int depth = 0;

	if (!t->height)
		return;
	for (;; node = node->slots[slot_of(index, node)]) {
		path[depth++] = node;
		if (!node->shift || !node->slots[slot_of(index, node)])
			break;
	}
	while (depth-- && !path[depth]->count) {
		if (depth) {
			path[depth - 1]->slots[slot_of(index, path[depth - 1])] = NULL;
			path[depth - 1]->count--;
		} else {
			WRITE_ONCE(t->root, NULL);
			t->height = 0;
		}
		radix_node_free_rcu(&path[depth]->rcu);
	}
}

int radix_tree_insert(struct radix_tree *t, unsigned long index, void *item, unsigned int gfp)
{
	struct radix_node *node;
	void **slot;
	int err;

	if (!index && !t->root) {
		smp_store_release(&t->root, (struct radix_node *)((unsigned long)item | ITEM_TAG));
		return 0;
	}
	if (!index && !t->height)
		return -EEXIST;
	err = grow(t, index, gfp);
	if (err)
		goto out_prune;
	for (node = t->root; node->shift; node = *slot) {
		slot = &node->slots[slot_of(index, node)];
		if (*slot)
			continue;
		struct radix_node *below = new_node(node->shift - RADIX_SHIFT, gfp);

		if (!below) {
			err = -ENOMEM;
			goto out_prune;
		}
		smp_store_release(slot, (void *)below);
		node->count++;
	}
	slot = &node->slots[slot_of(index, node)];
	if (*slot)
		return -EEXIST;
	smp_store_release(slot, item);
	node->count++;
	return 0;
out_prune:
	if (t->height && covers(t->root, index))
		prune(t, index);
	return err;
}

void radix_tree_replace(struct radix_tree *t, unsigned long index, void *item)
{
	struct radix_node *node = t->root;

	if (!t->height) {
		smp_store_release(&t->root, (struct radix_node *)((unsigned long)item | ITEM_TAG));
		return;
	}
	while (node->shift)
		node = node->slots[slot_of(index, node)];
	smp_store_release(&node->slots[slot_of(index, node)], item);
}

void *radix_tree_delete(struct radix_tree *t, unsigned long index)
{
	struct radix_node *node = t->root;
	void **slot, *item;

	if (!t->height) {
		if (index || !node)
			return NULL;
		WRITE_ONCE(t->root, NULL);
		return untag(node);
	}
	if (!covers(node, index))
		return NULL;
	for (; node->shift; node = *slot) {
		slot = &node->slots[slot_of(index, node)];
		if (!*slot)
			return NULL;
	}
	slot = &node->slots[slot_of(index, node)];
	item = *slot;
	if (item) {
		WRITE_ONCE(*slot, NULL);
		node->count--;
		prune(t, index);
	}
	return item;
}

void *radix_tree_next(const struct radix_tree *t, unsigned long *index)
{
	const struct radix_node *root = READ_ONCE(t->root), *node;
	unsigned long i = *index;

	if (!root)
		return NULL;
	if (is_item(root))
		return i ? NULL : untag(root);
	while (covers(root, i)) {
		for (node = root;;) {
			void *next = READ_ONCE(node->slots[slot_of(i, node)]);

			if (!next)
				break;
			if (!node->shift) {
				*index = i;
				return next;
			}
			node = next;
		}
		/* The next slot of this node, or of one above. */
		i = (i | ((1UL << node->shift) - 1)) + 1;
		if (!i)
			break;
	}
	return NULL;
}
