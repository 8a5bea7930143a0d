// SPDX-License-Identifier: GPL-2.0-only
/*
 * container_clone(): a task that gets a new namespace gets a new container with it.
 *
 * The container is made below the task's own, in the hierarchy that the asking subsystem (ns) is bound to, and is called node_PID. If
 * anything fails, it is removed again. A subsystem that is not mounted makes this a no-op.
 */
#include "containers/internal.h"
#include "kernel/debug/debug.h"

#define CLONE_NAME_MAX 32	/* "node_" and a pid */

/* container_mutex held. The task's container in ss's hierarchy, its directory referenced and its super block active; NULL: not mounted. */
static struct container *hold_container(struct container_subsys *ss, struct task_struct *tsk, struct dentry **dir)
{
	struct container *cont;

	if (ss->root == &rootnode || !atomic_inc_super(ss->root->sb))
		return NULL;
	rcu_read_lock();
	cont = css_group_container(rcu_dereference(tsk->containers), ss->root);
	rcu_read_unlock();
	*dir = dget(cont->dentry);
	return cont;
}

/* Put an unborn task (nobody can find it) into cont: it will be born there. */
static int place_unborn(struct container *cont, struct task_struct *child)
{
	struct css_group *to;

	follow_successor(child);
	to = find_css_group(child->containers, cont);
	if (!to)
		return -ENOMEM;
	put_css_group(child->containers);
	child->containers = to;
	spin_lock_irq(&css_group_lock);
	to->used = true;
	spin_unlock_irq(&css_group_lock);
	return 0;
}

/* Move tsk, which is current or unborn, from parent to its new child cont. -EAGAIN: it is not in parent any more. */
static int enter_clone(struct container *parent, struct container *cont, struct task_struct *tsk)
{
	struct container_subsys *ss;
	int i, err;

	mutex_lock(&container_mutex);
	err = -EAGAIN;
	if (css_group_container(tsk->containers, cont->root) != parent)
		goto out_unlock;
	for_each_bound_subsys (ss, i, cont->root->subsys_bits)
		if (ss->post_clone)
			ss->post_clone(ss, cont);
	err = tsk == current ? container_attach_task(cont, tsk, false) : place_unborn(cont, tsk);
out_unlock:
	mutex_unlock(&container_mutex);
	return err;
}

/* dir's i_mutex held. Remove the container that was made there, unless somebody has come into it, or mounted something on it, since. */
static void remove_in(struct dentry *dir, struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;

	mutex_lock(&inode->i_mutex);
	if (!container_is_removed(dentry_container(dentry)) && !d_mountpoint(dentry))
		container_rmdir(dir->d_inode, dentry);
	mutex_unlock(&inode->i_mutex);
}

/* dir's i_mutex held. Make the container `name` in dir and move tsk there. */
static int clone_in(struct container *parent, struct dentry *dir, const char *name, struct task_struct *tsk)
{
	struct dentry *dentry;
	int err;

	if (container_is_removed(parent))
		return -EAGAIN;
	dentry = lookup_one(dir, name, strlen(name));
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	err = dentry->d_inode ? -EEXIST : container_mkdir(dir->d_inode, dentry, 0755);
	if (err)
		goto out_put;
	err = enter_clone(parent, dentry_container(dentry), tsk);
	if (err)
		remove_in(dir, dentry);
out_put:
	dput(dentry);
	return err;
}

static void clone_name(char name[CLONE_NAME_MAX], pid_t pid)
{
	snprintf(name, CLONE_NAME_MAX, "node_%d", pid);
}

int container_clone(struct task_struct *tsk, struct container_subsys *ss, pid_t pid)
{
	char name[CLONE_NAME_MAX];
	struct container *parent;
	struct super_block *sb;
	struct dentry *dir;
	int err;

	clone_name(name, pid);
	do {
		mutex_lock(&container_mutex);
		parent = hold_container(ss, tsk, &dir);
		mutex_unlock(&container_mutex);
		if (!parent)
			return 0;
		sb = dir->d_sb;
		mutex_lock(&dir->d_inode->i_mutex);
		err = clone_in(parent, dir, name, tsk);
		mutex_unlock(&dir->d_inode->i_mutex);
		dput(dir);
		deactivate_super(sb);
		/* The task was moved, or its container removed, in between: look again. */
	} while (err == -EAGAIN);
	return err;
}

/* ---- for fork and unshare ---- */

/* Remove cont, a clone that its task has left again, as remove_in() does. */
static void remove_clone(struct container *cont)
{
	struct dentry *dentry = NULL, *dir = NULL;
	struct super_block *sb = NULL;

	mutex_lock(&container_mutex);
	if (!container_is_removed(cont) && atomic_inc_super(cont->dentry->d_sb)) {
		dentry = dget(cont->dentry);
		dir = dget(cont->parent->dentry);
		sb = dentry->d_sb;
	}
	mutex_unlock(&container_mutex);
	if (!dentry)
		return;
	mutex_lock(&dir->d_inode->i_mutex);
	remove_in(dir, dentry);
	mutex_unlock(&dir->d_inode->i_mutex);
	dput(dir);
	dput(dentry);
	deactivate_super(sb);
}

/* The clone that tsk is in by container_clone(tsk, ss, pid), referenced; NULL: none. */
static struct container *get_clone(struct task_struct *tsk, struct container_subsys *ss, pid_t pid)
{
	struct container *cont = task_container(tsk, ss->subsys_id);
	char name[CLONE_NAME_MAX];

	clone_name(name, pid);
	if (container_is_top(cont) || strcmp(cont->name->text, name))
		return NULL;
	container_get(cont);
	return cont;
}

/* Take tsk back out of the clones that the first n subsystems made for it. */
static void undo_clones(struct task_struct *tsk, pid_t pid, int n)
{
	struct container_subsys *ss;
	struct container *cont;
	int i;

	for_each_subsys (ss, i) {
		if (i >= n || !ss->follows_namespaces)
			continue;
		mutex_lock(&container_mutex);
		cont = get_clone(tsk, ss, pid);
		if (cont && tsk == current)
			container_attach_task(cont->parent, tsk, false);
		else if (cont)
			place_unborn(cont->parent, tsk);
		mutex_unlock(&container_mutex);
		if (!cont)
			continue;
		remove_clone(cont);
		container_put(cont);
	}
}

void container_new_namespace_failed(struct task_struct *tsk, pid_t pid)
{
	undo_clones(tsk, pid, CONTAINER_SUBSYS_COUNT);
}

int container_new_namespace(struct task_struct *tsk, pid_t pid)
{
	struct container_subsys *ss;
	int i, err;

	for_each_subsys (ss, i) {
		err = ss->follows_namespaces ? container_clone(tsk, ss, pid) : 0;
		if (err) {
			/* Not those behind it: tsk may be in a clone there that an earlier namespace made. */
			undo_clones(tsk, pid, i);
			return err;
		}
	}
	return 0;
}
