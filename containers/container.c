// SPDX-License-Identifier: GPL-2.0-only
/*
 * A container's life: mkdir, rename, rmdir, and what remains after that.
 *
 *   mkdir	makes the states of all bound subsystems, the directory and its files, then shows it. Whole or not at all.
 *   rmdir	only without tasks, children and held states. The container is marked removed, leaves every list, its files and
 *		directory lose their names. Open descriptors now say ENODEV.
 *   the end	the last reference (the directory's inode, so the last descriptor; or a child) starts a grace period, then a work item
 *		has the subsystems destroy their states, and frees it. A child goes before its parent: it holds a reference.
 *
 * The path of a container is made from the containers' own names, not from dentries, so that it can be asked for at any time.
 */
#include "containers/internal.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/trace.h"

static DEFINE_SEQLOCK(rename_seq);	/* a name is changing; inside container_mutex */

struct container_name *container_name_alloc(const char *text, size_t len)
{
	struct container_name *name = kmalloc(sizeof(*name) + len + 1, GFP_KERNEL);

	if (name) {
		memcpy(name->text, text, len);
		name->text[len] = '\0';
	}
	return name;
}

/* ---- states ---- */

void container_init_css(struct container_subsys *ss, struct container *cont)
{
	struct container_subsys_state *css = cont->subsys[ss->subsys_id];

	css->container = cont;
	css->flags = container_is_top(cont) ? CSS_ROOT : 0;
	atomic_set(&css->refcnt, 1);
}

void css_get(struct container_subsys_state *css)
{
	if (!(css->flags & CSS_ROOT))
		WARN_ON_ONCE(atomic_inc_return(&css->refcnt) <= 1);
}

bool css_tryget(struct container_subsys_state *css)
{
	return (css->flags & CSS_ROOT) || atomic_inc_not_zero(&css->refcnt);
}

void css_put(struct container_subsys_state *css)
{
	struct container *cont = css->container;
	int left;

	if (css->flags & CSS_ROOT)
		return;
	/* RCU: once the count is down, a concurrent rmdir may end the container under us. */
	rcu_read_lock();
	left = atomic_sub_return(1, &css->refcnt);
	WARN_ON_ONCE(left < 1);
	if (left == 1)
		check_for_release(cont);
	rcu_read_unlock();
}

int container_create_states(struct container *cont, u64 bits)
{
	struct container_subsys *ss;
	u64 done = 0;
	int i, err = 0;

	for_each_bound_subsys (ss, i, bits) {
		err = ss->create(ss, cont);
		if (!err && WARN_ON(!cont->subsys[i]))
			err = -EINVAL;
		if (err)
			break;
		container_init_css(ss, cont);
		done |= 1ULL << i;
	}
	if (!err)
		return 0;
	for_each_bound_subsys (ss, i, done) {
		ss->destroy(ss, cont);
		cont->subsys[i] = NULL;
	}
	return err;
}

void container_destroy_states(struct container *cont, u64 bits)
{
	struct container_subsys *ss;
	int i;

	for_each_bound_subsys (ss, i, bits) {
		if (cont->subsys[i])
			ss->destroy(ss, cont);
		cont->subsys[i] = NULL;
	}
}

/* ---- references ---- */

void container_get(struct container *cont)
{
	refcount_inc(&cont->ref);
}

bool container_tryget(struct container *cont)
{
	return refcount_inc_not_zero(&cont->ref);
}

static void container_free(struct container *cont)
{
	struct container *parent = cont->parent;

	kfree(cont->name);
	kfree(cont);
	container_put(parent);
}

static void container_end_work(struct work_struct *work)
{
	struct container *cont = container_of(work, struct container, work);

	mutex_lock(&container_mutex);
	container_destroy_states(cont, ALL_SUBSYSTEMS);
	mutex_unlock(&container_mutex);
	container_free(cont);
}

static void container_end_rcu(struct rcu_head *rcu)
{
	struct container *cont = container_of(rcu, struct container, rcu);

	if (container_is_top(cont)) {
		root_free(cont->root);
		return;
	}
	INIT_WORK(&cont->work, container_end_work);
	schedule_work(&cont->work);
}

void container_put(struct container *cont)
{
	if (refcount_dec_and_test(&cont->ref))
		call_rcu(&cont->rcu, container_end_rcu);
}

/* ---- mkdir ---- */

static struct container *container_alloc(struct container *parent, const struct qstr *name)
{
	struct container *cont = kzalloc(sizeof(*cont), GFP_KERNEL);

	if (!cont)
		return NULL;
	cont->name = container_name_alloc(name->name, name->len);
	if (!cont->name) {
		kfree(cont);
		return NULL;
	}
	cont->root = parent->root;
	cont->parent = parent;
	INIT_LIST_HEAD(&cont->sibling);
	INIT_LIST_HEAD(&cont->children);
	INIT_LIST_HEAD(&cont->cg_links);
	INIT_LIST_HEAD(&cont->release_list);
	refcount_set(&cont->ref, 1);
	container_get(parent);
	return cont;
}

/* container_mutex held. Make the directory and its files, not to be seen yet. Takes over cont, also on failure. */
static int make_directory(struct container *cont, struct dentry *dentry, umode_t mode, struct inode **inode)
{
	int err;

	*inode = container_new_dir_inode(dentry->d_sb, cont, mode);
	if (!*inode) {
		container_destroy_states(cont, ALL_SUBSYSTEMS);
		container_free(cont);
		return -ENOMEM;
	}
	dentry->d_fsdata = cont;
	cont->dentry = dentry;
	err = container_populate_dir(cont);
	if (err) {
		container_clear_dir(dentry);
		dentry->d_fsdata = NULL;
		set_bit(CONT_REMOVED, &cont->flags);
		iput(*inode);
	}
	return err;
}

/* Inode operation: dir->i_mutex held, dentry negative and hashed, its name within NAME_MAX. */
int container_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct container *parent = dentry_container(dentry->d_parent), *cont;
	struct inode *inode;
	int err;

	/* A newline would forge lines in /proc/PID/container. */
	if (memchr(dentry->d_name.name, '\n', dentry->d_name.len))
		return -EINVAL;
	cont = container_alloc(parent, &dentry->d_name);
	if (!cont)
		return -ENOMEM;
	mutex_lock(&container_mutex);
	/* A file has taken the name since (container_show_subsys_files). */
	if (d_unlinked(dentry)) {
		err = -EEXIST;
		container_free(cont);
		goto out_unlock;
	}
	if (test_bit(CONT_NOTIFY_ON_RELEASE, &parent->flags))
		set_bit(CONT_NOTIFY_ON_RELEASE, &cont->flags);
	err = container_create_states(cont, parent->root->subsys_bits);
	if (err) {
		container_free(cont);
		goto out_unlock;
	}
	err = make_directory(cont, dentry, mode, &inode);
	if (err)
		goto out_unlock;

	/* The hierarchy outlives its mounts as long as it has containers. */
	atomic_inc(&dentry->d_sb->s_active);
	list_add_tail(&cont->sibling, &parent->children);
	parent->root->number_of_containers++;
	dir->i_nlink++;
	d_instantiate(dentry, inode);
	d_pin(dentry);
	if (trace_on(container_mkdir))
		container_trace_mkdir(cont);
out_unlock:
	mutex_unlock(&container_mutex);
	return err;
}

/* ---- rmdir ---- */

void container_revive_states(struct container *cont, u64 bits)
{
	int i;

	for (i = 0; i < CONTAINER_SUBSYS_COUNT; i++)
		if (bits & (1ULL << i) && cont->subsys[i])
			atomic_set(&cont->subsys[i]->refcnt, 1);
}

bool container_kill_states(struct container *cont, u64 bits)
{
	u64 killed = 0;
	int i;

	for (i = 0; i < CONTAINER_SUBSYS_COUNT; i++) {
		if (!(bits & (1ULL << i)) || !cont->subsys[i])
			continue;
		if (atomic_cmpxchg(&cont->subsys[i]->refcnt, 1, 0) != 1) {
			container_revive_states(cont, killed);
			return false;
		}
		killed |= 1ULL << i;
	}
	return true;
}

static bool has_tasks(struct container *cont)
{
	bool busy;

	spin_lock_irq(&css_group_lock);
	busy = cont->count != 0;
	spin_unlock_irq(&css_group_lock);
	return busy;
}

/* Inode operation: the i_mutex of both directories is held. */
int container_rmdir(struct inode *dir, struct dentry *dentry)
{
	struct container *cont = dentry_container(dentry), *parent = cont->parent;

	if (!S_ISDIR(dentry->d_inode->i_mode))
		return -ENOTDIR;
	mutex_lock(&container_mutex);
	/* No task can come while the mutex is held: only a move brings one into a container that has none. */
	if (!list_empty(&cont->children) || has_tasks(cont) || !container_kill_states(cont, ALL_SUBSYSTEMS)) {
		mutex_unlock(&container_mutex);
		return -EBUSY;
	}
	set_bit(CONT_REMOVED, &cont->flags);
	if (trace_on(container_rmdir))
		container_trace_rmdir(cont);
	list_del_init(&cont->sibling);
	cont->root->number_of_containers--;
	container_clear_dir(dentry);
	dentry->d_inode->i_nlink = 0;
	dir->i_nlink--;
	d_delete_pinned(dentry);
	container_set_releasable(parent);
	check_for_release(parent);
	mutex_unlock(&container_mutex);
	/* Never the last one: the mount through which this rmdir came has its own. */
	deactivate_super(dentry->d_sb);
	return 0;
}

/* Inode operation. Only the last component may change. The VFS has seen to types, mount points and onto-itself. */
int container_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new_dentry, unsigned int flags)
{
	struct container *cont = dentry_container(old);
	struct container_name *name, *was;

	if (!S_ISDIR(old->d_inode->i_mode))
		return -ENOTDIR;
	if (new_dentry->d_inode)
		return -EEXIST;
	if (old_dir != new_dir)
		return -EIO;
	if (memchr(new_dentry->d_name.name, '\n', new_dentry->d_name.len))
		return -EINVAL;
	name = container_name_alloc(new_dentry->d_name.name, new_dentry->d_name.len);
	if (!name)
		return -ENOMEM;
	mutex_lock(&container_mutex);
	if (d_unlinked(new_dentry)) {		/* as in mkdir */
		mutex_unlock(&container_mutex);
		kfree(name);
		return -EEXIST;
	}
	was = cont->name;
	write_seqlock(&rename_seq);
	rcu_assign_pointer(cont->name, name);
	write_sequnlock(&rename_seq);
	d_move(old, new_dentry);
	mutex_unlock(&container_mutex);
	kfree_rcu(was, rcu);
	return 0;
}

/* ---- path and kinship ---- */

char *container_build_path(const struct container *cont, char *buf, int buflen)
{
	char *p = buf + buflen - 1;

	*p = '\0';
	if (container_is_top(cont)) {
		if (p == buf)
			return NULL;
		*--p = '/';
		return p;
	}
	for (; !container_is_top(cont); cont = cont->parent) {
		const char *text = rcu_dereference(cont->name)->text;
		int len = strlen(text);

		if (p - buf < len + 1)
			return NULL;
		p -= len;
		memcpy(p, text, len);
		*--p = '/';
	}
	return p;
}

int container_path(const struct container *cont, char *buf, int buflen)
{
	unsigned int seq;
	char *start;

	if (buflen <= 0)
		return -ENAMETOOLONG;
	rcu_read_lock();
	do {
		seq = read_seqbegin(&rename_seq);
		start = container_build_path(cont, buf, buflen);
	} while (read_seqretry(&rename_seq, seq));
	rcu_read_unlock();
	if (!start) {
		buf[0] = '\0';
		return -ENAMETOOLONG;
	}
	memmove(buf, start, buf + buflen - start);
	return 0;
}

bool container_is_below(const struct container *cont, const struct container *ancestor)
{
	for (; cont; cont = cont->parent)
		if (cont == ancestor)
			return true;
	return false;
}

struct container *container_next_below(struct container *pos, const struct container *cont)
{
	mutex_assert_held(&container_mutex);
	if (!list_empty(&pos->children))
		return list_first_entry(&pos->children, struct container, sibling);
	for (; pos != cont; pos = pos->parent)
		if (!list_is_last(&pos->sibling, &pos->parent->children))
			return list_next_entry(pos, sibling);
	return NULL;
}

struct container *container_first_leaf(struct container *cont)
{
	mutex_assert_held(&container_mutex);
	while (!list_empty(&cont->children))
		cont = list_first_entry(&cont->children, struct container, sibling);
	return cont;
}

struct container *container_next_up(struct container *cont)
{
	if (list_is_last(&cont->sibling, &cont->parent->children))
		return cont->parent;
	return container_first_leaf(list_next_entry(cont, sibling));
}

bool container_has_dead_children(const struct container *cont)
{
	struct container *child;
	unsigned int refs = 1;		/* its directory's */

	container_for_each_child (child, cont)
		refs++;
	return refcount_read(&cont->ref) != refs;
}

int container_is_descendant(const struct container *cont)
{
	return container_is_below(cont, css_group_container(rcu_dereference(current->containers), cont->root));
}
