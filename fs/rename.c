// SPDX-License-Identifier: GPL-2.0-only
/*
 * rename(2): the one change that needs two directories.
 *
 * The checks and their order are Linux's. Directories are locked ancestor first; two that are not
 * related by address; a global mutex keeps the tree still while that is decided, so that no two
 * renames can build a loop. Start with rename_paths().
 */
#include "fs/internal.h"

static DEFINE_MUTEX(rename_mutex);	/* cross-directory renames; outside every i_mutex */

/*
 * Lock both directories. *above: the one of them that is an ancestor of the other's side, as the
 * child to beware of, or NULL.
 */
static struct dentry *lock_rename(struct dentry *a, struct dentry *b)
{
	struct dentry *d;

	if (a == b) {
		mutex_lock(&a->d_inode->i_mutex);
		return NULL;
	}
	mutex_lock(&rename_mutex);
	for (d = b; !d_is_root(d); d = d->d_parent) {
		if (d->d_parent == a) {
			mutex_lock(&a->d_inode->i_mutex);
			mutex_lock(&b->d_inode->i_mutex);
			return d;
		}
	}
	for (d = a; !d_is_root(d); d = d->d_parent) {
		if (d->d_parent == b) {
			mutex_lock(&b->d_inode->i_mutex);
			mutex_lock(&a->d_inode->i_mutex);
			return d;
		}
	}
	if (a > b)
		swap(a, b);
	mutex_lock(&a->d_inode->i_mutex);
	mutex_lock(&b->d_inode->i_mutex);
	return NULL;
}

static void unlock_rename(struct dentry *a, struct dentry *b)
{
	mutex_unlock(&a->d_inode->i_mutex);
	if (a != b) {
		mutex_unlock(&b->d_inode->i_mutex);
		mutex_unlock(&rename_mutex);
	}
}

/* May `old` become `target`? Both directories locked. */
static int may_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		      struct dentry *target)
{
	bool is_dir = d_is_dir(old);
	int err = may_delete(old_dir, old, is_dir);

	if (err)
		return err;
	if (target->d_inode)
		err = may_delete(new_dir, target, is_dir);
	else if (d_unlinked(target->d_parent))
		err = -ENOENT;
	else
		err = inode_permission(new_dir, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	if (!old_dir->i_op->rename)
		return -EPERM;
	/* ".." of a directory changes with its parent: that is a write to it. */
	if (is_dir && old_dir != new_dir)
		return inode_permission(old->d_inode, MAY_WRITE);
	return 0;
}

static int vfs_rename(struct dentry *old_parent, struct dentry *old, struct dentry *new_parent,
		      struct dentry *target, unsigned int flags)
{
	struct inode *old_dir = old_parent->d_inode, *new_dir = new_parent->d_inode,
		     *victim = target->d_inode;
	int err;

	if (old->d_inode == victim)
		return 0;
	err = may_rename(old_dir, old, new_dir, target);
	if (err)
		return err;
	if (victim)
		mutex_lock(&victim->i_mutex);
	if (d_mountpoint(old) || d_mountpoint(target))
		err = -EBUSY;
	else
		err = old_dir->i_op->rename(old_dir, old, new_dir, target, flags);
	if (victim)
		mutex_unlock(&victim->i_mutex);
	return err;
}

/* The part with both directories locked; trap: see lock_rename(). */
static int rename_locked(struct nameidata *from, struct nameidata *to, struct dentry *trap,
			 unsigned int flags)
{
	struct dentry *old, *target;
	int err;

	old = lookup_hash(from->path.dentry, &from->last);
	if (IS_ERR(old))
		return (int)PTR_ERR(old);
	err = -ENOENT;
	if (!old->d_inode)
		goto out_old;
	target = lookup_hash(to->path.dentry, &to->last);
	err = (int)PTR_ERR(target);
	if (IS_ERR(target))
		goto out_old;
	err = -EEXIST;
	if (flags & RENAME_NOREPLACE && target->d_inode)
		goto out;
	err = -ENOTDIR;
	if (!d_is_dir(old) && (from->trailing_slash || to->trailing_slash))
		goto out;
	err = -EINVAL;			/* into its own subdirectory */
	if (old == trap)
		goto out;
	err = -ENOTEMPTY;		/* onto an ancestor */
	if (target == trap)
		goto out;
	err = vfs_rename(from->path.dentry, old, to->path.dentry, target, flags);
out:
	dput(target);
out_old:
	dput(old);
	return err;
}

static int rename_paths(int olddfd, const char *oldname, int newdfd, const char *newname,
			unsigned int flags)
{
	struct nameidata from, to;
	struct dentry *trap;
	int err = path_parent(olddfd, oldname, 0, &from);

	if (err)
		return err;
	err = path_parent(newdfd, newname, 0, &to);
	if (err)
		goto out_from;
	err = -EXDEV;
	if (from.path.mnt != to.path.mnt)
		goto out;
	err = -EBUSY;
	if (from.last_type != LAST_NORM)
		goto out;
	if (to.last_type != LAST_NORM) {
		err = flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
		goto out;
	}
	err = mnt_want_write(from.path.mnt);
	if (err)
		goto out;
	trap = lock_rename(from.path.dentry, to.path.dentry);
	err = rename_locked(&from, &to, trap, flags);
	unlock_rename(from.path.dentry, to.path.dentry);
out:
	path_put(&to.path);
	nd_release(&to);
out_from:
	path_put(&from.path);
	nd_release(&from);
	return err;
}

/*
 * renameat2(2). RENAME_EXCHANGE and RENAME_WHITEOUT are not there: EINVAL, as the man page has it
 * for file systems without.
 */
int do_renameat(int olddfd, const char __user *oldname, int newdfd, const char __user *newname,
		unsigned int flags)
{
	char *from, *to;
	int err;

	if (flags & ~RENAME_NOREPLACE)
		return -EINVAL;
	from = getname(oldname);
	if (IS_ERR(from))
		return (int)PTR_ERR(from);
	to = getname(newname);
	if (IS_ERR(to)) {
		err = (int)PTR_ERR(to);
	} else {
		err = rename_paths(olddfd, from, newdfd, to, flags);
		putname(to);
	}
	putname(from);
	return err;
}
