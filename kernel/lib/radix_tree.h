/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A map from unsigned long to pointer, dense ranges of indices stored compactly (radix_tree.c): 64
 * slots a node, as many levels as the largest index needs; index 0 alone needs no node. Zeroed
 * memory is an empty tree.
 *
 * Changes need the owner's lock. Lookups may run at the same time under RCU: nodes are freed after
 * a grace period; what the slots point to is the owner's affair.
 */
#pragma once

#include "kernel/lib/types.h"

struct radix_node;
struct radix_tree {
	struct radix_node *root;	/* height 0: the item of index 0 itself */
	unsigned int height;		/* levels of nodes */
};
#define RADIX_TREE_INIT {NULL, 0}

/* NULL: none. */
void *radix_tree_lookup(const struct radix_tree *t, unsigned long index);
/*
 * `item` is not NULL. -EEXIST, -ENOMEM (then nothing has changed). Any context that the gfp flags
 * allow.
 */
int radix_tree_insert(struct radix_tree *t, unsigned long index, void *item, unsigned int gfp);
/* Put `item` in the place of the one at index, which there is. Readers find the one or the other. */
void radix_tree_replace(struct radix_tree *t, unsigned long index, void *item);
/* The item removed, or NULL. */
void *radix_tree_delete(struct radix_tree *t, unsigned long index);
/*
 * The first item at or above *index, which is set to where it is; NULL: none. Under RCU or the
 * lock.
 */
void *radix_tree_next(const struct radix_tree *t, unsigned long *index);

#define RADIX_NODE_SIZE (sizeof(struct rcu_head) + 8 + 64 * sizeof(void *))
/* Upcalls, kernel/mm/slab.c: zeroed memory for a node, and its release after a grace period. */
void *radix_node_alloc(unsigned int gfp);	/* RADIX_NODE_SIZE bytes */
void radix_node_free_rcu(struct rcu_head *head);
