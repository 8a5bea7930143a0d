// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes to directories: mkdir, mknod, unlink, rmdir, symlink, link. (rename.c has rename.)
 *
 * Promises: the checks and their order are Linux's: path, then EROFS, then (with the directory
 * locked) the name, then permissions, then whether the file system can do it. vfs_* are for callers
 * inside the kernel who hold dir's i_mutex.
 *
 * Start with create_start() and the do_*at() that use it.
 */
#include "fs/internal.h"

/* ---- what is allowed ---- */

static int may_create(struct inode *dir, struct dentry *dentry)
{
	if (dentry->d_inode)
		return -EEXIST;
	if (d_unlinked(dentry->d_parent))
		return -ENOENT;
	return inode_permission(dir, MAY_WRITE | MAY_EXEC);
}

/* In a sticky directory only the owners of file or directory may remove (inode(7), S_ISVTX). */
static bool sticky_forbids(const struct inode *dir, const struct inode *inode)
{
	return dir->i_mode & S_ISVTX && current_fsuid() != READ_ONCE(inode->i_uid) &&
	       current_fsuid() != dir->i_uid && !capable(CAP_FOWNER);
}

int may_delete(struct inode *dir, struct dentry *victim, bool want_dir)
{
	int err;

	if (!victim->d_inode || d_unlinked(victim->d_parent))
		return -ENOENT;
	err = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	if (sticky_forbids(dir, victim->d_inode))
		return -EPERM;
	if (want_dir && !d_is_dir(victim))
		return -ENOTDIR;
	if (!want_dir && d_is_dir(victim))
		return -EISDIR;
	return 0;
}

/* ---- within the kernel: dir's i_mutex held ---- */

int vfs_create(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int err = may_create(dir, dentry);

	if (err)
		return err;
	if (!dir->i_op->create)
		return -EACCES;
	return dir->i_op->create(dir, dentry, (mode & S_IALLUGO) | S_IFREG);
}

int vfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int err = may_create(dir, dentry);

	if (err)
		return err;
	if (!dir->i_op->mkdir)
		return -EPERM;
	return dir->i_op->mkdir(dir, dentry, mode & (S_IRWXUGO | S_ISVTX));
}

static int vfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	int err = may_create(dir, dentry);

	if (err)
		return err;
	if (!dir->i_op->mknod)
		return -EPERM;
	if (S_ISCHR(mode) || S_ISBLK(mode)) {
		if (!capable(CAP_MKNOD))
			return -EPERM;
		err = device_permission(mode, dev, MAY_MKNOD);
		if (err)
			return err;
	}
	return dir->i_op->mknod(dir, dentry, mode, dev);
}

static int vfs_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	int err = may_create(dir, dentry);

	if (err)
		return err;
	if (!dir->i_op->symlink)
		return -EPERM;
	return dir->i_op->symlink(dir, dentry, target);
}

int vfs_unlink(struct inode *dir, struct dentry *dentry)
{
	int err = may_delete(dir, dentry, false);

	if (err)
		return err;
	if (!dir->i_op->unlink)
		return -EPERM;
	mutex_lock(&dentry->d_inode->i_mutex);
	err = d_mountpoint(dentry) ? -EBUSY : dir->i_op->unlink(dir, dentry);
	mutex_unlock(&dentry->d_inode->i_mutex);
	return err;
}

int vfs_rmdir(struct inode *dir, struct dentry *dentry)
{
	int err = may_delete(dir, dentry, true);

	if (err)
		return err;
	if (!dir->i_op->rmdir)
		return -EPERM;
	mutex_lock(&dentry->d_inode->i_mutex);
	err = d_mountpoint(dentry) ? -EBUSY : dir->i_op->rmdir(dir, dentry);
	mutex_unlock(&dentry->d_inode->i_mutex);
	return err;
}

/* ---- a new name: find its place ---- */

/*
 * Walk to where `name` is to be made; returns its negative dentry with the parent locked, or
 * ERR_PTR. is_dir: a trailing slash is fine. Ends with create_end().
 */
static struct dentry *create_start(int dfd, const char *name, bool is_dir, struct nameidata *nd)
{
	struct dentry *dentry;
	int err = path_parent(dfd, name, 0, nd);

	if (err)
		return ERR_PTR(err);
	err = -EEXIST;
	if (nd->last_type != LAST_NORM)
		goto out;
	mutex_lock(&nd->path.dentry->d_inode->i_mutex);
	dentry = lookup_hash(nd->path.dentry, &nd->last);
	err = (int)PTR_ERR(dentry);
	if (IS_ERR(dentry))
		goto out_unlock;
	err = -EEXIST;
	if (dentry->d_inode)
		goto out_dput;
	err = -ENOENT;
	if (nd->trailing_slash && !is_dir)
		goto out_dput;
	err = mnt_want_write(nd->path.mnt);
	if (!err)
		return dentry;
out_dput:
	dput(dentry);
out_unlock:
	mutex_unlock(&nd->path.dentry->d_inode->i_mutex);
out:
	path_put(&nd->path);
	nd_release(nd);
	return ERR_PTR(err);
}

static void create_end(struct nameidata *nd, struct dentry *dentry)
{
	dput(dentry);
	mutex_unlock(&nd->path.dentry->d_inode->i_mutex);
	path_put(&nd->path);
	nd_release(nd);
}

static int mknod_at(int dfd, const char *name, umode_t mode, dev_t dev)
{
	struct nameidata nd;
	struct dentry *dentry;
	int err;

	if (!(mode & S_IFMT))
		mode |= S_IFREG;
	if (S_ISDIR(mode))
		return -EPERM;
	if (!S_ISREG(mode) && !S_ISCHR(mode) && !S_ISBLK(mode) && !S_ISFIFO(mode) &&
	    (mode & S_IFMT) != S_IFSOCK)
		return -EINVAL;
	dentry = create_start(dfd, name, false, &nd);
	if (IS_ERR(dentry))
		return (int)PTR_ERR(dentry);
	if (S_ISREG(mode))
		err = vfs_create(nd.path.dentry->d_inode, dentry, mode);
	else
		err = vfs_mknod(nd.path.dentry->d_inode, dentry, mode, dev);
	create_end(&nd, dentry);
	return err;
}

static int mkdir_at(int dfd, const char *name, umode_t mode)
{
	struct nameidata nd;
	struct dentry *dentry = create_start(dfd, name, true, &nd);
	int err;

	if (IS_ERR(dentry))
		return (int)PTR_ERR(dentry);
	err = vfs_mkdir(nd.path.dentry->d_inode, dentry, mode);
	create_end(&nd, dentry);
	return err;
}

static int symlink_at(const char *target, int dfd, const char *name)
{
	struct nameidata nd;
	struct dentry *dentry = create_start(dfd, name, false, &nd);
	int err;

	if (IS_ERR(dentry))
		return (int)PTR_ERR(dentry);
	err = vfs_symlink(nd.path.dentry->d_inode, dentry, target);
	create_end(&nd, dentry);
	return err;
}

/* old: what is linked to, referenced by the caller. */
static int link_at(const struct path *old, int dfd, const char *name)
{
	struct inode *inode = old->dentry->d_inode, *dir;
	struct nameidata nd;
	struct dentry *dentry = create_start(dfd, name, false, &nd);
	int err;

	if (IS_ERR(dentry))
		return (int)PTR_ERR(dentry);
	dir = nd.path.dentry->d_inode;
	err = -EXDEV;
	if (nd.path.mnt != old->mnt)
		goto out;
	err = may_create(dir, dentry);
	if (err)
		goto out;
	err = -EPERM;
	if (!dir->i_op->link || S_ISDIR(inode->i_mode))
		goto out;
	mutex_lock(&inode->i_mutex);
	err = inode->i_nlink ? dir->i_op->link(old->dentry, dir, dentry) : -ENOENT;
	mutex_unlock(&inode->i_mutex);
out:
	create_end(&nd, dentry);
	return err;
}

static int remove_at(int dfd, const char *name, bool want_dir)
{
	static const int no_dir_error[] = {
		[LAST_ROOT] = -EBUSY, [LAST_DOT] = -EINVAL, [LAST_DOTDOT] = -ENOTEMPTY};
	struct nameidata nd;
	struct dentry *dentry;
	struct inode *dir;
	int err = path_parent(dfd, name, 0, &nd);

	if (err)
		return err;
	if (nd.last_type != LAST_NORM) {
		err = want_dir ? no_dir_error[nd.last_type] : -EISDIR;
		goto out;
	}
	err = mnt_want_write(nd.path.mnt);
	if (err)
		goto out;
	dir = nd.path.dentry->d_inode;
	mutex_lock(&dir->i_mutex);
	dentry = lookup_hash(nd.path.dentry, &nd.last);
	err = (int)PTR_ERR(dentry);
	if (IS_ERR(dentry))
		goto out_unlock;
	if (!dentry->d_inode)
		err = -ENOENT;
	else if (want_dir)
		err = vfs_rmdir(dir, dentry);
	else if (nd.trailing_slash)
		err = d_is_dir(dentry) ? -EISDIR : -ENOTDIR;
	else
		err = vfs_unlink(dir, dentry);
	mutex_unlock(&dir->i_mutex);
	/* may be the last: an inode with all its pages goes, outside of the lock */
	dput(dentry);
	goto out;
out_unlock:
	mutex_unlock(&dir->i_mutex);
out:
	path_put(&nd.path);
	nd_release(&nd);
	return err;
}

/* ---- from the kernel (the initramfs unpacker) ---- */

int mknod_path(const char *name, umode_t mode, dev_t dev)
{
	return mknod_at(AT_FDCWD, name, mode, dev);
}

int mkdir_path(const char *name, umode_t mode)
{
	return mkdir_at(AT_FDCWD, name, mode);
}

int symlink_path(const char *target, const char *name)
{
	return symlink_at(target, AT_FDCWD, name);
}

int link_path(const char *oldname, const char *newname)
{
	struct path old;
	int err = kern_path(oldname, 0, &old);

	if (err)
		return err;
	err = link_at(&old, AT_FDCWD, newname);
	path_put(&old);
	return err;
}

int unlink_path(const char *name, bool dir)
{
	return remove_at(AT_FDCWD, name, dir);
}

/* ---- system calls ---- */

int do_mknodat(int dfd, const char __user *name, umode_t mode, unsigned long dev)
{
	/*
	 * The ABI's device number: 12 bits of major above 8 of minor, the rest of both above that
	 * (makedev(3)).
	 */
	dev_t kdev = MKDEV((dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00));
	char *text = getname(name);
	int err;

	if (IS_ERR(text))
		return (int)PTR_ERR(text);
	err = mknod_at(dfd, text, mode & ~current_umask(), kdev);
	putname(text);
	return err;
}

int do_mkdirat(int dfd, const char __user *name, umode_t mode)
{
	char *text = getname(name);
	int err;

	if (IS_ERR(text))
		return (int)PTR_ERR(text);
	err = mkdir_at(dfd, text, mode & ~current_umask());
	putname(text);
	return err;
}

int do_unlinkat(int dfd, const char __user *name, bool dir)
{
	char *text = getname(name);
	int err;

	if (IS_ERR(text))
		return (int)PTR_ERR(text);
	err = remove_at(dfd, text, dir);
	putname(text);
	return err;
}

int do_symlinkat(const char __user *target, int dfd, const char __user *name)
{
	char *from = getname(target), *to;
	int err;

	if (IS_ERR(from))
		return (int)PTR_ERR(from);
	to = getname(name);
	if (IS_ERR(to)) {
		err = (int)PTR_ERR(to);
	} else {
		err = symlink_at(from, dfd, to);
		putname(to);
	}
	putname(from);
	return err;
}

int do_linkat(int olddfd, const char __user *oldname, int newdfd, const char __user *newname,
	      int flags)
{
	struct path old;
	char *to;
	int err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	/* A descriptor of a file that has lost its name, or got one in a hidden directory, is no right to give it one. */
	if (flags & AT_EMPTY_PATH && !capable(CAP_DAC_READ_SEARCH))
		return -ENOENT;
	err = user_path_at(olddfd, oldname,
			   (flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0) |
				   (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0),
			   &old);
	if (err)
		return err;
	to = getname(newname);
	if (IS_ERR(to)) {
		err = (int)PTR_ERR(to);
	} else {
		err = link_at(&old, newdfd, to);
		putname(to);
	}
	path_put(&old);
	return err;
}
