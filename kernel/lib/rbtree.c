/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Red-black trees. The rules: the root is black; a red node has black children; every path from a
 * node down to a missing child passes the same number of black nodes. So no path is longer than
 * twice another.
 *
 * A new node is red, which can only break the second rule (rb_insert_color repairs it upward).
 * Taking out a black node shortens paths by one black node (erase_fixup moves that lack upward or
 * repairs it by rotation).
 */
#include "kernel/lib/lib.h"

#define BLACK 1UL

static bool is_black(const struct rb_node *n)
{
	return !n || (n->parent_color & BLACK);
}
static bool is_red(const struct rb_node *n)
{
	return !is_black(n);
}
static void set_black(struct rb_node *n)
{
	n->parent_color |= BLACK;
}
static void set_red(struct rb_node *n)
{
	n->parent_color &= ~BLACK;
}
static void set_parent(struct rb_node *n, struct rb_node *parent)
{
	n->parent_color = (unsigned long)parent | (n->parent_color & BLACK);
}

/* Let `parent` (NULL: the root) point to `n` where it pointed to `old`. */
static void replace_child(struct rb_node *parent, struct rb_node *old, struct rb_node *n,
			  struct rb_root *root)
{
	if (!parent)
		root->node = n;
	else if (parent->left == old)
		parent->left = n;
	else
		parent->right = n;
}

/* The right child comes up, n goes down to its left. Colours stay with the nodes. */
static void rotate_left(struct rb_node *n, struct rb_root *root)
{
	struct rb_node *up = n->right, *parent = rb_parent(n);

	n->right = up->left;
	if (up->left)
		set_parent(up->left, n);
	up->left = n;
	set_parent(up, parent);
	replace_child(parent, n, up, root);
	set_parent(n, up);
}

static void rotate_right(struct rb_node *n, struct rb_root *root)
{
	struct rb_node *up = n->left, *parent = rb_parent(n);

	n->left = up->right;
	if (up->right)
		set_parent(up->right, n);
	up->right = n;
	set_parent(up, parent);
	replace_child(parent, n, up, root);
	set_parent(n, up);
}

void rb_insert_color(struct rb_node *n, struct rb_root *root)
{
	struct rb_node *parent, *grand, *uncle;

	while ((parent = rb_parent(n)) && is_red(parent)) {
		grand = rb_parent(parent);	/* exists: a red parent is not the root */
		uncle = parent == grand->left ? grand->right : grand->left;
		if (is_red(uncle)) {
			set_black(parent);
			set_black(uncle);
			set_red(grand);
			n = grand;
			continue;
		}
		if (parent == grand->left) {
			if (n == parent->right) {
				rotate_left(parent, root);
				parent = n;
			}
			set_black(parent);
			set_red(grand);
			rotate_right(grand, root);
		} else {
			if (n == parent->left) {
				rotate_right(parent, root);
				parent = n;
			}
			set_black(parent);
			set_red(grand);
			rotate_left(grand, root);
		}
		break;
	}
	set_black(root->node);
}

/* The paths through `n` (may be NULL), child of `parent`, lack one black node. */
static void erase_fixup(struct rb_node *n, struct rb_node *parent, struct rb_root *root)
{
	struct rb_node *sibling;

	while (parent && is_black(n)) {
		bool left = parent->left == n;

		sibling = left ? parent->right : parent->left;
		if (is_red(sibling)) {
			set_black(sibling);
			set_red(parent);
			if (left)
				rotate_left(parent, root);
			else
				rotate_right(parent, root);
			sibling = left ? parent->right : parent->left;
		}
		if (is_black(sibling->left) && is_black(sibling->right)) {
			set_red(sibling);
			n = parent;
			parent = rb_parent(n);
			continue;
		}
		if (left && is_black(sibling->right)) {
			set_black(sibling->left);
			set_red(sibling);
			rotate_right(sibling, root);
			sibling = parent->right;
		} else if (!left && is_black(sibling->left)) {
			set_black(sibling->right);
			set_red(sibling);
			rotate_left(sibling, root);
			sibling = parent->left;
		}
		if (is_black(parent))
			set_black(sibling);
		else
			set_red(sibling);
		set_black(parent);
		if (left) {
			set_black(sibling->right);
			rotate_left(parent, root);
		} else {
			set_black(sibling->left);
			rotate_right(parent, root);
		}
		return;
	}
	if (n)
		set_black(n);
}

void rb_erase(struct rb_node *n, struct rb_root *root)
{
	struct rb_node *child, *parent, *next;
	bool lost_black;

	/* The next node, which has no left child, takes n's place and colour. */
	if (n->left && n->right) {
		for (next = n->right; next->left;)
			next = next->left;
		child = next->right;
		parent = rb_parent(next);
		lost_black = is_black(next);
		if (parent == n) {
			parent = next;
		} else {
			parent->left = child;
			if (child)
				set_parent(child, parent);
			next->right = n->right;
			set_parent(n->right, next);
		}
		next->left = n->left;
		set_parent(n->left, next);
		replace_child(rb_parent(n), n, next, root);
		next->parent_color = n->parent_color;
	} else {
		child = n->left ? n->left : n->right;
		parent = rb_parent(n);
		lost_black = is_black(n);
		replace_child(parent, n, child, root);
		if (child)
			set_parent(child, parent);
	}
	if (lost_black)
		erase_fixup(child, parent, root);
}

struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *n = root->node;

	while (n && n->left)
		n = n->left;
	return n;
}

struct rb_node *rb_last(const struct rb_root *root)
{
	struct rb_node *n = root->node;

	while (n && n->right)
		n = n->right;
	return n;
}

struct rb_node *rb_next(const struct rb_node *n)
{
	struct rb_node *p;

	if (n->right) {
		for (p = n->right; p->left;)
			p = p->left;
		return p;
	}
	while ((p = rb_parent(n)) && n == p->right)
		n = p;
	return p;
}

struct rb_node *rb_prev(const struct rb_node *n)
{
	struct rb_node *p;

	if (n->left) {
		for (p = n->left; p->right;)
			p = p->right;
		return p;
	}
	while ((p = rb_parent(n)) && n == p->left)
		n = p;
	return p;
}

static struct rb_node *deepest_left(struct rb_node *n)
{
	while (n && (n->left || n->right))
		n = n->left ? n->left : n->right;
	return n;
}

struct rb_node *rb_first_postorder(const struct rb_root *root)
{
	return deepest_left(root->node);
}

struct rb_node *rb_next_postorder(const struct rb_node *n)
{
	struct rb_node *p = rb_parent(n);

	return p && n == p->left && p->right ? deepest_left(p->right) : p;
}
