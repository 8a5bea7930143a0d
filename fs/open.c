// SPDX-License-Identifier: GPL-2.0-only
/*
 * open(2): from a path and flags to an open file, and the life of struct file.
 *
 * Promises: the flags mean what open(2) says, errors in Linux's order. A file that is open for
 * writing counts in its inode (against running programs: ETXTBSY), its mount and its super block
 * (against remount to read-only).
 *
 * Start with do_filp_open().
 */
#include "fs/internal.h"

static struct kmem_cache *file_cache;

void file_cache_init(void)
{
	file_cache = kmem_cache_create("file", sizeof(struct file), 8, NULL);
	if (!file_cache)
		panic("no memory for the file cache");
}

/* ---- struct file ---- */

struct file *alloc_file(int flags)
{
	struct file *file = kmem_cache_alloc(file_cache, GFP_KERNEL);

	if (!file)
		return NULL;
	atomic_long_set(&file->f_count, 1);
	file->f_euid = current_euid();
	file->f_flags = flags;
	file->f_path = (struct path){0};
	file->f_inode = NULL;
	file->f_op = NULL;
	file->f_pos = 0;
	file->private_data = NULL;
	file->f_flock = LOCK_UN;
	file->f_watched = false;
	INIT_HLIST_HEAD(&file->f_members);
	/* 0, 1, 2 are read, write, both; 3 (only for ioctl) is neither. */
	file->f_mode = flags & O_PATH ? FMODE_PATH
				      : ((flags & O_ACCMODE) + 1) & (FMODE_READ | FMODE_WRITE);
	mutex_init(&file->f_pos_lock);
	spin_lock_init(&file->f_lock);
	return file;
}

static void file_free_rcu(struct rcu_head *head)
{
	kmem_cache_free(file_cache, container_of(head, struct file, f_rcu));
}

/* Never opened: nobody has seen it. */
static void file_free(struct file *file)
{
	kmem_cache_free(file_cache, file);
}

int get_write_access(struct inode *inode)
{
	int n;

	do {
		n = atomic_read(&inode->i_writecount);
		if (n < 0)
			return -ETXTBSY;
	} while (atomic_cmpxchg(&inode->i_writecount, n, n + 1) != n);
	return 0;
}

void put_write_access(struct inode *inode)
{
	atomic_dec(&inode->i_writecount);
}

int deny_write_access(struct file *file)
{
	struct inode *inode = file->f_inode;
	int n;

	do {
		n = atomic_read(&inode->i_writecount);
		if (n > 0)
			return -ETXTBSY;
	} while (atomic_cmpxchg(&inode->i_writecount, n, n - 1) != n);
	return 0;
}

void allow_write_access(struct file *file)
{
	atomic_inc(&file->f_inode->i_writecount);
}

/*
 * Does an open for writing of this inode count? Devices and pipes may be written on a read-only
 * mount.
 */
static bool counts_as_writer(const struct file *file)
{
	return file->f_mode & FMODE_WRITE && file->f_path.mnt && S_ISREG(file->f_inode->i_mode);
}

static void put_file_write(struct file *file)
{
	atomic_dec(&file->f_path.mnt->mnt_writers);
	atomic_dec(&file->f_path.mnt->mnt_sb->s_writers);
	put_write_access(file->f_inode);
}

static int get_file_write(struct file *file)
{
	struct mount *mnt = file->f_path.mnt;
	int err = get_write_access(file->f_inode);

	if (err)
		return err;
	atomic_inc(&mnt->mnt_writers);
	atomic_inc(&mnt->mnt_sb->s_writers);
	smp_mb();		/* pairs with remount: it sets the flag, then looks at the counts */
	err = mnt_want_write(mnt);
	if (err)
		put_file_write(file);
	return err;
}

/* The last reference is gone. */
static void file_release(struct file *file)
{
	epoll_file_release(file);
	record_locks_close(file, file);
	flock_release(file);
	if (file->f_op && file->f_op->release)
		file->f_op->release(file->f_inode, file);
	if (counts_as_writer(file))
		put_file_write(file);
	path_put(&file->f_path);
	call_rcu(&file->f_rcu, file_free_rcu);
}

void fput(struct file *file)
{
	if (atomic_long_dec_and_test(&file->f_count))
		file_release(file);
}

/* ---- opening what has been found ---- */

int generic_file_open(struct inode *inode, struct file *file)
{
	return 0;
}

/* Let an allocated file stand for path. On error it is as before; -ENXIO: there is nothing that could be opened. */
int vfs_open(struct file *file, const struct path *path)
{
	struct inode *inode = path->dentry->d_inode;
	int err;

	file->f_path = *path;
	path_get(path);
	file->f_inode = inode;
	if (file->f_mode & FMODE_PATH)
		return 0;
	err = -ENXIO;
	if (!inode->i_fop)		/* an eventfd, by way of /proc/PID/fd: without a name it is opened once */
		goto out_put;
	file->f_op = inode->i_fop;
	if (counts_as_writer(file)) {
		err = get_file_write(file);
		if (err)
			goto out_put;
	}
	if (file->f_op && file->f_op->open) {
		err = file->f_op->open(inode, file);
		if (err)
			goto out_write;
	}
	return 0;
out_write:
	if (counts_as_writer(file))
		put_file_write(file);
out_put:
	path_put(path);
	file->f_path = (struct path){0};
	file->f_inode = NULL;
	return err;
}

struct file *dentry_open(const struct path *path, int flags)
{
	struct file *file = alloc_file(flags);
	int err;

	if (!file)
		return ERR_PTR(-ENOMEM);
	err = vfs_open(file, path);
	if (err) {
		file_free(file);
		return ERR_PTR(err);
	}
	return file;
}

/*
 * A file that no path leads to. NULL inode operations; the name is what /proc/PID/fd shows.
 * ERR_PTR(-ENOMEM).
 */
struct file *alloc_file_anon(const char *name, const struct file_operations *fops, void *priv,
			     int flags)
{
	struct file *file = alloc_file(flags);
	struct path path = {0};
	struct inode *inode;

	if (!file)
		return ERR_PTR(-ENOMEM);
	inode = new_inode(NULL);
	path.dentry = d_alloc_anon(name);
	if (!inode || !path.dentry) {
		iput(inode);
		dput(path.dentry);
		file_free(file);
		return ERR_PTR(-ENOMEM);
	}
	inode->i_mode = 0600;
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	d_instantiate(path.dentry, inode);
	file->f_path = path;
	file->f_inode = inode;
	file->f_op = fops;
	file->private_data = priv;
	return file;
}

int install_anon_file(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	int fd = get_unused_fd((unsigned int)flags), err = fd;
	struct file *file;

	if (fd < 0)
		goto out_priv;
	file = alloc_file_anon(name, fops, priv, O_RDWR | (flags & O_NONBLOCK));
	err = (int)PTR_ERR(file);
	if (IS_ERR(file))
		goto out_fd;
	file->f_mode |= FMODE_NOPOS;
	fd_install((unsigned int)fd, file);
	return fd;
out_fd:
	put_unused_fd((unsigned int)fd);
out_priv:
	kfree(priv);
	return err;
}

/* ---- checks of open(2) ---- */

static int may_open(const struct path *path, int flags)
{
	static const unsigned char wants[] = {MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE,
					      MAY_READ | MAY_WRITE};
	struct inode *inode = path->dentry->d_inode;
	int mask = wants[flags & O_ACCMODE], err;

	if (flags & O_TRUNC)
		mask |= MAY_WRITE;
	if (S_ISLNK(inode->i_mode))
		return -ELOOP;
	if (S_ISDIR(inode->i_mode) && mask & MAY_WRITE)
		return -EISDIR;
	if ((S_ISCHR(inode->i_mode) || S_ISBLK(inode->i_mode)) &&
	    (READ_ONCE(path->mnt->mnt_flags) & MNT_NODEV || READ_ONCE(path->mnt->mnt_sb->s_flags) & SB_NODEV))
		return -EACCES;
	if (mask & MAY_WRITE && (S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode))) {
		err = mnt_want_write(path->mnt);
		if (err)
			return err;
	}
	err = inode_permission(inode, mask);
	if (err)
		return err;
	if (flags & O_NOATIME && current_fsuid() != READ_ONCE(inode->i_uid) && !capable(CAP_FOWNER))
		return -EPERM;
	return 0;
}

/* Open what nd->path stands on. `created`: this very call made it, so its mode does not stop us. */
static int open_found(struct nameidata *nd, struct file *file, int flags, bool created)
{
	struct inode *inode = nd->path.dentry->d_inode;
	bool truncate = flags & O_TRUNC && S_ISREG(inode->i_mode) && !created;
	int err;

	if (flags & O_PATH)
		return vfs_open(file, &nd->path);
	if (flags & O_CREAT && S_ISDIR(inode->i_mode))
		return -EISDIR;
	if (!created) {
		err = may_open(&nd->path, flags);
		if (err)
			return err;
	}
	if (truncate) {
		err = get_write_access(inode);	/* not the text of a running program */
		if (err)
			return err;
		err = do_truncate(nd->path.dentry, 0, 0);
		put_write_access(inode);
		if (err)
			return err;
	}
	return vfs_open(file, &nd->path);
}

/*
 * The last component with O_CREAT: find it or make it. 0: nd->path stands on it; 1: a symbolic link
 * to follow, *target is its text.
 */
static int open_create(struct nameidata *nd, int flags, umode_t mode, bool *created,
		       const char **target)
{
	struct dentry *parent = nd->path.dentry, *dentry;
	struct inode *dir = parent->d_inode;
	struct path next;
	int err = 0;

	if (nd->last_type != LAST_NORM)
		return flags & O_EXCL ? -EEXIST : -EISDIR;
	if (nd->trailing_slash)
		return -EISDIR;
	mutex_lock(&dir->i_mutex);
	dentry = lookup_hash(parent, &nd->last);
	if (IS_ERR(dentry)) {
		mutex_unlock(&dir->i_mutex);
		return (int)PTR_ERR(dentry);
	}
	if (!dentry->d_inode) {
		err = mnt_want_write(nd->path.mnt);
		if (!err)
			err = vfs_create(dir, dentry, mode);
		*created = !err;
	} else if (flags & O_EXCL) {
		err = -EEXIST;
	}
	mutex_unlock(&dir->i_mutex);
	if (err) {
		dput(dentry);
		return err;
	}
	next = (struct path){nd->path.mnt, dentry};
	if (S_ISLNK(dentry->d_inode->i_mode)) {
		if (flags & O_NOFOLLOW) {
			dput(dentry);
			return -ELOOP;
		}
		mntget(next.mnt);
		err = pick_link(nd, &next, NULL, target);
		return err ? err : 1;
	}
	dput(nd->path.dentry);
	nd->path.dentry = dentry;
	follow_mount(&nd->path);
	return 0;
}

static int open_with_create(struct nameidata *nd, const char *name, struct file *file, int flags,
			    umode_t mode)
{
	const char *target = name;
	bool created = false;
	int err;

	do {
		err = link_path_walk(target, nd);
		if (err)
			return err;
		if (nd->last_type == LAST_NORM && !d_is_dir(nd->path.dentry))
			return -ENOTDIR;
		if (nd->last_type == LAST_ROOT && !nd->trailing_slash)
			break;		/* a magic link led right to it */
		err = open_create(nd, flags, mode, &created, &target);
	} while (err > 0);
	return err ? err : open_found(nd, file, flags, created);
}

static struct file *open_nd(struct nameidata *nd, const char *name, int flags, umode_t mode)
{
	struct file *file =
		alloc_file(flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC));
	int err;

	if (!file) {
		path_put(&nd->path);
		nd_release(nd);
		return ERR_PTR(-ENOMEM);
	}
	if (flags & O_CREAT) {
		err = open_with_create(nd, name, file, flags, mode);
	} else {
		err = walk_to_end(nd, name);
		if (!err)
			err = open_found(nd, file, flags, false);
	}
	path_put(&nd->path);
	nd_release(nd);
	if (err) {
		file_free(file);
		return ERR_PTR(err);
	}
	return file;
}

/* flags and mode as open(2), name in kernel memory. ERR_PTR. */
struct file *do_filp_open(int dfd, const char *name, int flags, umode_t mode)
{
	struct nameidata nd;
	unsigned int lookup = flags & O_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	int err;

	if (flags & O_PATH)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	if ((flags & O_TMPFILE) == O_TMPFILE)
		return ERR_PTR(-EOPNOTSUPP);
	if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
		return ERR_PTR(-EINVAL);
	if (flags & O_DIRECTORY)
		lookup |= LOOKUP_DIRECTORY;
	if (flags & O_EXCL && flags & O_CREAT)
		flags |= O_NOFOLLOW;
	if (!*name)
		return ERR_PTR(-ENOENT);
	err = path_init(&nd, dfd, name, lookup);
	if (err)
		return ERR_PTR(err);
	return open_nd(&nd, name, flags, mode & S_IALLUGO);
}

struct file *filp_open(const char *path, int flags, umode_t mode)
{
	return do_filp_open(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}
