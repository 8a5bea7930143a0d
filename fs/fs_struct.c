// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a task stands in the file tree: root, current directory, umask; shared by CLONE_FS.
 *
 * Start with struct fs_struct in internal.h.
 */
#include "fs/internal.h"

#define INITIAL_UMASK 022

static void get_path_of(struct fs_struct *fs, const struct path *from, struct path *to)
{
	spin_lock(&fs->lock);
	*to = *from;
	path_get(to);
	spin_unlock(&fs->lock);
}

void get_fs_root(struct path *root)
{
	get_path_of(current->fs, &current->fs->root, root);
}

void get_fs_pwd(struct path *pwd)
{
	get_path_of(current->fs, &current->fs->pwd, pwd);
}

static void set_path(struct path *where, const struct path *path)
{
	struct fs_struct *fs = current->fs;
	struct path old;

	path_get(path);
	spin_lock(&fs->lock);
	old = *where;
	*where = *path;
	spin_unlock(&fs->lock);
	path_put(&old);
}

void set_fs_root(const struct path *path)
{
	set_path(&current->fs->root, path);
}

void set_fs_pwd(const struct path *path)
{
	set_path(&current->fs->pwd, path);
}

int task_fs_path(struct task_struct *p, bool want_root, struct path *out)
{
	int err = -ENOENT;

	task_lock(p);
	if (p->fs && p->fs->root.mnt) {
		get_path_of(p->fs, want_root ? &p->fs->root : &p->fs->pwd, out);
		err = 0;
	}
	task_unlock(p);
	return err;
}

static struct fs_struct *copy_fs_struct(struct fs_struct *old)
{
	struct fs_struct *fs = kmalloc(sizeof(*fs), GFP_KERNEL);

	if (!fs)
		return NULL;
	refcount_set(&fs->users, 1);
	spin_lock_init(&fs->lock);
	spin_lock(&old->lock);
	fs->umask = old->umask;
	fs->root = old->root;
	fs->pwd = old->pwd;
	path_get(&fs->root);
	path_get(&fs->pwd);
	spin_unlock(&old->lock);
	return fs;
}

static void put_fs_struct(struct fs_struct *fs)
{
	if (!fs || !refcount_dec_and_test(&fs->users))
		return;
	path_put(&fs->root);
	path_put(&fs->pwd);
	kfree(fs);
}

int fs_fork(struct task_struct *child, bool share)
{
	struct fs_struct *fs = current->fs;

	if (!fs) {			/* before mount_root(): a kernel thread of early boot */
		child->fs = NULL;
		return 0;
	}
	if (share)
		refcount_inc(&fs->users);
	else
		fs = copy_fs_struct(fs);
	if (!fs)
		return -ENOMEM;
	child->fs = fs;
	return 0;
}

void fs_exit(struct task_struct *p)
{
	struct fs_struct *fs = p->fs;

	task_lock(p);
	p->fs = NULL;
	task_unlock(p);
	put_fs_struct(fs);
}

int fs_unshare(void)
{
	struct fs_struct *old = current->fs, *fs;

	if (refcount_read(&old->users) == 1)
		return 0;
	fs = copy_fs_struct(old);
	if (!fs)
		return -ENOMEM;
	task_lock(current);
	current->fs = fs;
	task_unlock(current);
	put_fs_struct(old);
	return 0;
}

int fs_start_afresh(void)
{
	struct path root;
	int err = fs_unshare();

	if (err)
		return err;
	get_fs_root(&root);
	set_fs_pwd(&root);
	path_put(&root);
	current->fs->umask = INITIAL_UMASK;
	return 0;
}

/* The first fs_struct: init_task's, made by mount_root(). Takes references. */
int fs_init_task(const struct path *root)
{
	struct fs_struct *fs = kzalloc(sizeof(*fs), GFP_KERNEL);

	if (!fs)
		return -ENOMEM;
	refcount_set(&fs->users, 1);
	spin_lock_init(&fs->lock);
	fs->umask = INITIAL_UMASK;
	fs->root = fs->pwd = *root;
	path_get(root);
	path_get(root);
	task_lock(&init_task);
	init_task.fs = fs;
	task_unlock(&init_task);
	return 0;
}
