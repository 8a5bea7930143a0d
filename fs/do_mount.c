// SPDX-License-Identifier: GPL-2.0-only
/*
 * What mount(2) and umount2(2) do: new mounts, bind mounts, remounts, umounts. There is no
 * propagation: every mount is private.
 *
 * Promises: a failed mount leaves nothing behind; umount of something in use is EBUSY and changes
 * nothing; when umount returns, the super block of a last mount is gone (super.c makes those wait
 * who come for it meanwhile).
 *
 * Locks: a mountpoint's i_mutex (so that nobody removes it), then namespace_sem, then mount_lock.
 * s_umount is never taken inside namespace_sem. Start with do_mount() and do_umount().
 */
#include "fs/internal.h"

#define SB_FLAGS (SB_RDONLY | SB_NOSUID | SB_NODEV | SB_NOEXEC)

static unsigned int mnt_flags_of(unsigned long flags)
{
	return (flags & MS_RDONLY ? MNT_RDONLY : 0) | (flags & MS_NOSUID ? MNT_NOSUID : 0) |
	       (flags & MS_NODEV ? MNT_NODEV : 0) | (flags & MS_NOEXEC ? MNT_NOEXEC : 0);
}

/* ---- putting a mount into the tree ---- */

/*
 * Lock the place for a new mount: the topmost thing that is mounted at *path. Returns with its
 * i_mutex and namespace_sem held, or -ENOENT for a removed directory.
 */
static int lock_mountpoint(struct path *path)
{
	for (;;) {
		struct inode *inode = path->dentry->d_inode;
		struct mount *mnt;

		mutex_lock(&inode->i_mutex);
		if (d_unlinked(path->dentry)) {
			mutex_unlock(&inode->i_mutex);
			return -ENOENT;
		}
		down_write(&namespace_sem);
		mnt = lookup_mnt(path);
		if (!mnt)
			return 0;
		up_write(&namespace_sem);
		mutex_unlock(&inode->i_mutex);
		path_put(path);
		*path = (struct path){mnt, dget(mnt->mnt_root)};
	}
}

static void unlock_mountpoint(const struct path *path)
{
	up_write(&namespace_sem);
	mutex_unlock(&path->dentry->d_inode->i_mutex);
}

/* namespace_sem held for writing. Checks as graft_tree() in Linux. */
static int check_graft(const struct mount *mnt, const struct path *path)
{
	if (path->mnt->mnt_ns != current->mnt_ns)
		return -EINVAL;
	if (S_ISDIR(mnt->mnt_root->d_inode->i_mode) != S_ISDIR(path->dentry->d_inode->i_mode))
		return -ENOTDIR;
	if (path->mnt->mnt_sb == mnt->mnt_sb && path->dentry == path->mnt->mnt_root &&
	    mnt->mnt_root == path->dentry)
		return -EBUSY;
	return 0;
}

/* Takes over the reference of mnt, also on failure. */
static int graft(struct mount *mnt, struct path *path)
{
	int err = lock_mountpoint(path);

	if (!err) {
		err = check_graft(mnt, path);
		if (!err)
			add_to_ns(current->mnt_ns, mnt, path);
		unlock_mountpoint(path);
	}
	if (err)
		mntput(mnt);
	return err;
}

static int do_new_mount(struct path *path, const char *type_name, unsigned long flags,
			const char *dev_name, void *data)
{
	struct file_system_type *type;
	struct super_block *sb;
	struct mount *mnt;

	if (!type_name)
		return -EINVAL;
	type = get_fs_type(type_name);
	if (!type)
		return -ENODEV;
	sb = type->get_sb(type, flags & SB_FLAGS, dev_name, data);
	if (IS_ERR(sb))
		return PTR_ERR(sb);
	mnt = alloc_mount(sb, sb->s_root, dev_name, type->name, mnt_flags_of(flags));
	if (!mnt) {
		deactivate_locked_super(sb);
		return -ENOMEM;
	}
	up_write(&sb->s_umount);
	return graft(mnt, path);
}

/* ---- bind mounts ---- */

/*
 * The mounts below a bound directory go along with MS_REC. namespace_sem held for writing, `top` is
 * attached.
 */
static int bind_submounts(struct mount *from, struct dentry *dir, struct mount *top)
{
	struct mnt_namespace *ns = current->mnt_ns;
	struct mount *mnt, *copy, *last = list_last_entry(&ns->list, struct mount, mnt_list);
	int err = 0;

	list_for_each_entry(mnt, &ns->list, mnt_list)
		mnt->mnt_copy = NULL;
	from->mnt_copy = top;
	list_for_each_entry(mnt, &ns->list, mnt_list) {
		struct path at = {mnt->mnt_parent->mnt_copy, mnt->mnt_mountpoint};

		if (mnt == top || !at.mnt ||
		    (mnt->mnt_parent == from && !is_subdir(mnt->mnt_mountpoint, dir)))
			goto next;
		copy = clone_mount(mnt, mnt->mnt_root);
		if (!copy) {
			err = -ENOMEM;
			break;
		}
		mnt->mnt_copy = copy;
		add_to_ns(ns, copy, &at);
next:
		if (mnt == last)
			break;
	}
	return err;
}

static int do_bind(struct path *path, const char *from_name, unsigned long flags)
{
	LIST_HEAD(gone);
	struct path from;
	struct mount *mnt;
	int err;

	if (!from_name || !*from_name)
		return -EINVAL;
	err = kern_path(from_name, LOOKUP_FOLLOW, &from);
	if (err)
		return err;
	err = lock_mountpoint(path);
	if (err)
		goto out_path;
	err = -EINVAL;
	if (!from.mnt || from.mnt->mnt_ns != current->mnt_ns)
		goto out_unlock;
	mnt = clone_mount(from.mnt, from.dentry);
	err = -ENOMEM;
	if (!mnt)
		goto out_unlock;
	err = check_graft(mnt, path);
	if (err) {
		list_add(&mnt->mnt_list, &gone);
		goto out_unlock;
	}
	add_to_ns(current->mnt_ns, mnt, path);
	if (flags & MS_REC)
		err = bind_submounts(from.mnt, from.dentry, mnt);
	if (err)
		umount_tree(mnt, &gone);
out_unlock:
	unlock_mountpoint(path);
	put_gone(&gone);
out_path:
	path_put(&from);
	return err;
}

/* ---- remount ---- */

/*
 * New flags for the mount alone. -EBUSY: read-only is asked for, and something is open for writing.
 */
static int change_mount_flags(struct mount *mnt, unsigned int flags)
{
	unsigned int old;
	int err = 0;

	write_seqlock(&mount_lock);
	old = mnt->mnt_flags;
	WRITE_ONCE(mnt->mnt_flags, flags);
	/* pairs with get_file_write(): it counts itself, then looks at the flags */
	smp_mb();
	if (flags & ~old & MNT_RDONLY && atomic_read(&mnt->mnt_writers)) {
		WRITE_ONCE(mnt->mnt_flags, old);
		err = -EBUSY;
	}
	write_sequnlock(&mount_lock);
	return err;
}

static int do_remount(struct path *path, unsigned long flags, void *data)
{
	struct super_block *sb = path->mnt->mnt_sb;
	int new_flags = flags & SB_FLAGS, err = 0;
	unsigned int old;

	if (path->dentry != path->mnt->mnt_root || path->mnt->mnt_ns != current->mnt_ns)
		return -EINVAL;
	if (flags & MS_BIND)
		return change_mount_flags(path->mnt, mnt_flags_of(flags));
	down_write(&sb->s_umount);
	old = sb->s_flags;
	WRITE_ONCE(sb->s_flags, old | (new_flags & SB_RDONLY));
	smp_mb();
	if (new_flags & ~old & SB_RDONLY && atomic_read(&sb->s_writers))
		err = -EBUSY;
	else if (sb->s_op->remount_fs)
		err = sb->s_op->remount_fs(sb, &new_flags, data);
	WRITE_ONCE(sb->s_flags, err ? old : (old & ~SB_FLAGS) | (new_flags & SB_FLAGS));
	up_write(&sb->s_umount);
	return err ? err : change_mount_flags(path->mnt, mnt_flags_of(flags));
}

/* ---- mount(2), umount2(2) ---- */

/* Flags that change how mounts propagate: all mounts are private already. */
static int do_change_propagation(struct path *path, unsigned long flags)
{
	if (path->dentry != path->mnt->mnt_root)
		return -EINVAL;
	return flags & (MS_SHARED | MS_UNBINDABLE) ? -EINVAL : 0;
}

/*
 * mount(2) with strings in kernel memory; `data` is a string or NULL. May sleep. Moving mounts and
 * shared propagation are not there: EINVAL.
 */
long do_mount(const char *dev_name, const char *dir_name, const char *type, unsigned long flags,
	      void *data)
{
	struct path path;
	long err;

	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~MS_MGC_MSK;
	err = kern_path(dir_name, LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	if (!capable(CAP_SYS_ADMIN))
		err = -EPERM;
	else if (!path.mnt)		/* a pipe, by way of /proc/PID/fd: it stands in no tree */
		err = -EINVAL;
	else if (flags & MS_REMOUNT)
		err = do_remount(&path, flags, data);
	else if (flags & MS_BIND)
		err = do_bind(&path, dev_name, flags);
	else if (flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE))
		err = do_change_propagation(&path, flags);
	else if (flags & MS_MOVE)
		err = -EINVAL;
	else
		err = do_new_mount(&path, type, flags, dev_name, data);
	path_put(&path);
	return err;
}

/*
 * Take mnt out of the tree if the tree and the caller are its only users. namespace_sem held for
 * writing. On success the count is 0: nobody can find it any more, and both references are ours.
 */
static int umount_one(struct mount *mnt)
{
	int err = -EBUSY;

	write_seqlock(&mount_lock);
	if (list_empty(&mnt->mnt_mounts) && atomic_cmpxchg(&mnt->mnt_count, 2, 0) == 2) {
		list_del_init(&mnt->mnt_list);
		mnt->mnt_ns = NULL;
		detach_mount(mnt);
		err = 0;
	}
	write_sequnlock(&mount_lock);
	return err;
}

/*
 * Takes over the references of path, which is what to umount. A mount that is the root of the
 * namespace is always busy.
 */
static int umount_found(struct path *path, int flags)
{
	LIST_HEAD(gone);
	struct path place;
	int err = -EPERM;

	if (!capable(CAP_SYS_ADMIN))
		goto out;
	down_write(&namespace_sem);
	err = -EINVAL;
	if (!path->mnt || path->dentry != path->mnt->mnt_root || path->mnt->mnt_ns != current->mnt_ns)
		goto out_unlock;
	err = -EBUSY;
	if (path->mnt->mnt_parent == path->mnt)
		goto out_unlock;
	if (flags & MNT_DETACH) {
		umount_tree(path->mnt, &gone);
		err = 0;
	} else {
		err = umount_one(path->mnt);
	}
out_unlock:
	up_write(&namespace_sem);
	if (!err && list_empty(&gone)) {
		place = path->mnt->mnt_place;
		dput(path->dentry);
		destroy_mount(path->mnt);
		path_put(&place);
		return 0;
	}
	put_gone(&gone);
out:
	path_put(path);
	return err;
}

/* umount2(2). */
long do_umount(const char __user *name, int flags)
{
	struct path path;
	int err;

	if (flags & ~(MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW))
		return -EINVAL;
	err = user_path_at(AT_FDCWD, name, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path);
	return err ? err : umount_found(&path, flags);
}

/* The same from the kernel. */
int umount_path(const char *name, int flags)
{
	struct path path;
	int err = kern_path(name, LOOKUP_FOLLOW, &path);

	return err ? err : umount_found(&path, flags);
}
