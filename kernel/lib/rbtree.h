/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Red-black trees whose nodes live inside the objects (rbtree.c). The user walks down to find the
 * place, links with rb_link_node() and calls rb_insert_color() to rebalance; or lets rb_add() do it
 * with a comparison. The owner's lock covers everything.
 */
#pragma once

#include "kernel/lib/types.h"

struct rb_node {
	unsigned long parent_color;	/* parent's address; bit 0: black */
	struct rb_node *left, *right;
} __aligned(8);
struct rb_root {
	struct rb_node *node;
};
/* Knows its leftmost node. */
struct rb_root_cached {
	struct rb_root root;
	struct rb_node *leftmost;
};

#define RB_ROOT	       ((struct rb_root){NULL})
#define RB_ROOT_CACHED ((struct rb_root_cached){{NULL}, NULL})
#define rb_entry(ptr, type, member) container_of(ptr, type, member)
#define rb_entry_safe(ptr, type, member)                                                           \
	({                                                                                         \
		struct rb_node *res_p = (ptr);                                                     \
		res_p ? rb_entry(res_p, type, member) : NULL;                                      \
	})
#define RB_EMPTY_ROOT(root) ((root)->node == NULL)
/* A node on no tree, if RB_CLEAR_NODE() was used on it. */
#define RB_EMPTY_NODE(n)    ((n)->parent_color == (unsigned long)(n))
#define RB_CLEAR_NODE(n)    ((n)->parent_color = (unsigned long)(n))
#define rb_parent(n)	    ((struct rb_node *)((n)->parent_color & ~1UL))

static inline void rb_link_node(struct rb_node *n, struct rb_node *parent, struct rb_node **link)
{
	n->parent_color = (unsigned long)parent;
	n->left = NULL;
	n->right = NULL;
	*link = n;
}
void rb_insert_color(struct rb_node *n, struct rb_root *root);
void rb_erase(struct rb_node *n, struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *n);
struct rb_node *rb_prev(const struct rb_node *n);
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);

static inline void rb_insert_color_cached(struct rb_node *n, struct rb_root_cached *root,
					  bool leftmost)
{
	if (leftmost)
		root->leftmost = n;
	rb_insert_color(n, &root->root);
}
static inline void rb_erase_cached(struct rb_node *n, struct rb_root_cached *root)
{
	if (root->leftmost == n)
		root->leftmost = rb_next(n);
	rb_erase(n, &root->root);
}
#define rb_first_cached(r) ((r)->leftmost)

/* Insert behind everything that is not greater. */
static __always_inline void rb_add(struct rb_node *n, struct rb_root *root,
				   bool (*less)(const struct rb_node *a, const struct rb_node *b))
{
	struct rb_node **link = &root->node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = less(n, parent) ? &parent->left : &parent->right;
	}
	rb_link_node(n, parent, link);
	rb_insert_color(n, root);
}
/* The same; true if it became the leftmost. */
static __always_inline bool rb_add_cached(struct rb_node *n, struct rb_root_cached *root,
					  bool (*less)(const struct rb_node *a,
						       const struct rb_node *b))
{
	struct rb_node **link = &root->root.node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (less(n, parent)) {
			link = &parent->left;
		} else {
			link = &parent->right;
			leftmost = false;
		}
	}
	rb_link_node(n, parent, link);
	rb_insert_color_cached(n, root, leftmost);
	return leftmost;
}
#define rbtree_postorder_for_each_entry_safe(pos, n, root, member)                                \
	for ((pos) = rb_entry_safe(rb_first_postorder(root), __typeof__(*(pos)), member);         \
	     (pos) &&                                                                             \
	     ((n) = rb_entry_safe(rb_next_postorder(&(pos)->member), __typeof__(*(pos)), member), \
	     1);                                                                                  \
	     (pos) = (n))
/* Children before parents: to free a whole tree without rebalancing. */
struct rb_node *rb_first_postorder(const struct rb_root *root);
struct rb_node *rb_next_postorder(const struct rb_node *n);
