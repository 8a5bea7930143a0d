// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls on attributes: stat, statfs, access, chmod, chown, truncate, times. The rules are in
 * fs/attr.c.
 */
#include "fs/internal.h"
#include "kernel/syscall/syscall.h"

/* The AT_* flags of a call as LOOKUP_* flags. */
static unsigned int at_lookup(int flags)
{
	return (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
	       (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
}

/* ---- stat ---- */

/* struct stat of the x86_64 ABI. */
struct linux_stat {
	u64 st_dev, st_ino, st_nlink;
	u32 st_mode, st_uid, st_gid, pad0;
	u64 st_rdev;
	s64 st_size, st_blksize, st_blocks;
	u64 st_atime, st_atime_nsec, st_mtime, st_mtime_nsec, st_ctime, st_ctime_nsec;
	s64 unused[3];
};
BUILD_BUG_ON(sizeof(struct linux_stat) != 144);

/* Device numbers in the ABI's form (makedev(3)). */
static u64 encode_dev(dev_t dev)
{
	u64 major = MAJOR(dev), minor = MINOR(dev);

	return (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~0xffULL) << 12;
}

static long copy_stat(const struct kstat *k, void __user *buf)
{
	struct linux_stat st = {
		.st_dev = encode_dev(k->dev),
		.st_ino = k->ino,
		.st_nlink = k->nlink,
		.st_mode = k->mode,
		.st_uid = k->uid,
		.st_gid = k->gid,
		.st_rdev = encode_dev(k->rdev),
		.st_size = k->size,
		.st_blksize = k->blksize,
		.st_blocks = (s64)k->blocks,
		.st_atime = k->atime / NSEC_PER_SEC,
		.st_atime_nsec = k->atime % NSEC_PER_SEC,
		.st_mtime = k->mtime / NSEC_PER_SEC,
		.st_mtime_nsec = k->mtime % NSEC_PER_SEC,
		.st_ctime = k->ctime / NSEC_PER_SEC,
		.st_ctime_nsec = k->ctime % NSEC_PER_SEC,
	};

	return copy_to_user(buf, &st, sizeof(st)) ? -EFAULT : 0;
}

static long do_stat(int dfd, const char __user *name, unsigned int lookup, void __user *buf)
{
	struct kstat stat = {0};
	struct path path;
	long ret = user_path_at(dfd, name, lookup, &path);

	if (ret)
		return ret;
	ret = vfs_getattr(&path, &stat);
	path_put(&path);
	return ret ? ret : copy_stat(&stat, buf);
}

long sys_stat(ustr_t path, uptr_t statbuf)
{
	return do_stat(AT_FDCWD, path, LOOKUP_FOLLOW, statbuf);
}

long sys_lstat(ustr_t path, uptr_t statbuf)
{
	return do_stat(AT_FDCWD, path, 0, statbuf);
}

long sys_fstat(fd_t fd, uptr_t statbuf)
{
	struct fd f = fdget_raw(fd);
	struct kstat stat = {0};
	long ret;

	if (!f.file)
		return -EBADF;
	ret = vfs_getattr(&f.file->f_path, &stat);
	fdput(f);
	return ret ? ret : copy_stat(&stat, statbuf);
}

long sys_newfstatat(fd_t dfd, ustr_t path, uptr_t statbuf, int flags)
{
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT))
		return -EINVAL;
	return do_stat(dfd, path, at_lookup(flags), statbuf);
}

/* statx(2)'s times and structure. */
struct statx_timestamp {
	s64 tv_sec;
	u32 tv_nsec;
	s32 pad;
};
struct statx {
	u32 stx_mask, stx_blksize;
	u64 stx_attributes;
	u32 stx_nlink, stx_uid, stx_gid;
	u16 stx_mode, pad0;
	u64 stx_ino, stx_size, stx_blocks, stx_attributes_mask;
	struct statx_timestamp stx_atime, stx_btime, stx_ctime, stx_mtime;
	u32 stx_rdev_major, stx_rdev_minor, stx_dev_major, stx_dev_minor;
	u64 stx_mnt_id;
	u64 spare[13];
};
BUILD_BUG_ON(sizeof(struct statx) != 256);
#define STATX_BASIC_STATS     0x07ffU
#define STATX_MNT_ID	      0x1000U
#define STATX__RESERVED	      0x80000000U
#define STATX_ATTR_MOUNT_ROOT 0x2000
#define AT_STATX_SYNC_TYPE    0x6000	/* FORCE_SYNC, DONT_SYNC: how fresh it has to be; here it always is */

static struct statx_timestamp to_statx_time(u64 ns)
{
	return (struct statx_timestamp){.tv_sec = ns / NSEC_PER_SEC, .tv_nsec = ns % NSEC_PER_SEC};
}

/* What the program asks for is a hint: all that is known is given, and stx_mask says so. */
static long copy_statx(const struct kstat *k, const struct path *path, void __user *buf)
{
	struct statx st = {
		.stx_mask = STATX_BASIC_STATS,
		.stx_blksize = k->blksize,
		.stx_attributes_mask = STATX_ATTR_MOUNT_ROOT,
		.stx_nlink = k->nlink,
		.stx_uid = k->uid,
		.stx_gid = k->gid,
		.stx_mode = (u16)k->mode,
		.stx_ino = k->ino,
		.stx_size = (u64)k->size,
		.stx_blocks = k->blocks,
		.stx_atime = to_statx_time(k->atime),
		.stx_ctime = to_statx_time(k->ctime),
		.stx_mtime = to_statx_time(k->mtime),
		.stx_rdev_major = MAJOR(k->rdev),
		.stx_rdev_minor = MINOR(k->rdev),
		.stx_dev_major = MAJOR(k->dev),
		.stx_dev_minor = MINOR(k->dev),
	};

	if (path->mnt) {
		st.stx_mask |= STATX_MNT_ID;
		st.stx_mnt_id = (u64)path->mnt->mnt_id;
		if (path->dentry == path->mnt->mnt_root)
			st.stx_attributes |= STATX_ATTR_MOUNT_ROOT;
	}
	return copy_to_user(buf, &st, sizeof(st)) ? -EFAULT : 0;
}

long sys_statx(fd_t dfd, ustr_t name, int flags, unsigned int mask, uptr_t buf)
{
	struct kstat stat = {0};
	struct path path;
	long ret;

	if (mask & STATX__RESERVED || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
	    flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	ret = user_path_at(dfd, name, at_lookup(flags), &path);
	if (ret)
		return ret;
	ret = vfs_getattr(&path, &stat);
	if (!ret)
		ret = copy_statx(&stat, &path, buf);
	path_put(&path);
	return ret;
}

/* ---- statfs ---- */

#define ST_RDONLY   1
#define ST_NOSUID   2
#define ST_NODEV    4
#define ST_NOEXEC   8
#define ST_VALID    0x20
#define ST_RELATIME 0x1000
/* What stands in no tree of mounts (statfs(2)). */
#define PIPEFS_MAGIC	    0x50495045
#define ANON_INODE_FS_MAGIC 0x09041934

static long copy_statfs(const struct path *path, void __user *buf)
{
	struct super_block *sb = path->dentry->d_sb;
	struct kstatfs st = {0};
	long ret;

	if (!path->mnt) {
		st.f_type = S_ISFIFO(path->dentry->d_inode->i_mode) ? PIPEFS_MAGIC : ANON_INODE_FS_MAGIC;
		st.f_bsize = st.f_frsize = PAGE_SIZE;
		st.f_namelen = NAME_MAX;
		return copy_to_user(buf, &st, sizeof(st)) ? -EFAULT : 0;
	}
	st.f_fsid[0] = (s32)encode_dev(sb->s_dev);
	ret = sb->s_op->statfs ? sb->s_op->statfs(path->dentry, &st)
			       : simple_statfs(path->dentry, &st);
	if (ret)
		return ret;
	BUILD_BUG_ON(MNT_RDONLY != ST_RDONLY || MNT_NOSUID != ST_NOSUID || MNT_NODEV != ST_NODEV ||
		     MNT_NOEXEC != ST_NOEXEC);
	st.f_flags |= ST_VALID | ST_RELATIME | READ_ONCE(path->mnt->mnt_flags) |
		      (mnt_want_write(path->mnt) ? ST_RDONLY : 0);
	return copy_to_user(buf, &st, sizeof(st)) ? -EFAULT : 0;
}

long sys_statfs(ustr_t name, uptr_t buf)
{
	struct path path;
	long ret = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path);

	if (ret)
		return ret;
	ret = copy_statfs(&path, buf);
	path_put(&path);
	return ret;
}

long sys_fstatfs(fd_t fd, uptr_t buf)
{
	struct fd f = fdget_raw(fd);
	long ret;

	if (!f.file)
		return -EBADF;
	ret = copy_statfs(&f.file->f_path, buf);
	fdput(f);
	return ret;
}

/* ---- access ---- */

/* As current is: by its effective ids. */
static long access_at(int dfd, const char __user *name, int mode, int flags)
{
	struct inode *inode;
	struct path path;
	long ret;

	ret = user_path_at(dfd, name, at_lookup(flags), &path);
	if (ret)
		return ret;
	inode = path.dentry->d_inode;
	if (mode & MAY_EXEC && S_ISREG(inode->i_mode) && path.mnt &&
	    READ_ONCE(path.mnt->mnt_flags) & MNT_NOEXEC)
		ret = -EACCES;
	else if (mode & MAY_WRITE && (S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode)) &&
		 mnt_want_write(path.mnt))
		ret = -EROFS;
	else if (mode)
		ret = inode_permission(inode, mode);
	if (!ret && mode && (S_ISCHR(inode->i_mode) || S_ISBLK(inode->i_mode)))
		ret = device_permission(inode->i_mode, inode->i_rdev, mode);
	path_put(&path);
	return ret;
}

/*
 * Check as the real user would be checked, on the way to the file as well: with credentials whose
 * fsuid and fsgid are the real ids. capable() looks at the effective uid, so that is the real one,
 * too.
 */
static long access_as_real(int dfd, const char __user *name, int mode, int flags)
{
	const struct cred *old = current->cred;
	struct cred *cred = prepare_creds();
	long ret;

	if (!cred)
		return -ENOMEM;
	cred->euid = cred->fsuid = cred->uid;
	cred->egid = cred->fsgid = cred->gid;
	rcu_assign_pointer(current->cred, cred);
	ret = access_at(dfd, name, mode, flags);
	rcu_assign_pointer(current->cred, old);
	put_cred(cred);
	return ret;
}

static long do_faccessat(int dfd, const char __user *name, int mode, int flags)
{
	const struct cred *c = current_cred();

	if (mode & ~(MAY_READ | MAY_WRITE | MAY_EXEC) ||
	    flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EACCESS || (c->uid == c->euid && c->uid == c->fsuid && c->gid == c->fsgid))
		return access_at(dfd, name, mode, flags);
	return access_as_real(dfd, name, mode, flags);
}

long sys_access(ustr_t path, int mode)
{
	return do_faccessat(AT_FDCWD, path, mode, 0);
}

long sys_faccessat(fd_t dfd, ustr_t path, int mode)
{
	return do_faccessat(dfd, path, mode, 0);
}

long sys_faccessat2(fd_t dfd, ustr_t path, int mode, int flags)
{
	return do_faccessat(dfd, path, mode, flags);
}

/* ---- changes ---- */

/* One change of attributes of a path: EROFS, then the locked change. */
static long change(const struct path *path, struct iattr *attr)
{
	struct inode *inode = path->dentry->d_inode;
	long ret = mnt_want_write(path->mnt);

	if (ret)
		return ret;
	mutex_lock(&inode->i_mutex);
	ret = notify_change(path->dentry, attr);
	mutex_unlock(&inode->i_mutex);
	return ret;
}

static long change_at(int dfd, const char __user *name, unsigned int lookup, struct iattr *attr)
{
	struct path path;
	long ret = user_path_at(dfd, name, lookup, &path);

	if (ret)
		return ret;
	ret = change(&path, attr);
	path_put(&path);
	return ret;
}

static long change_fd(fd_t fd, struct iattr *attr)
{
	struct fd f = fdget(fd);
	long ret;

	if (!f.file)
		return -EBADF;
	ret = change(&f.file->f_path, attr);
	fdput(f);
	return ret;
}

static struct iattr mode_attr(umode_t mode)
{
	return (struct iattr){.ia_valid = ATTR_MODE, .ia_mode = mode & S_IALLUGO};
}

long sys_chmod(ustr_t path, umode_t mode)
{
	struct iattr attr = mode_attr(mode);

	return change_at(AT_FDCWD, path, LOOKUP_FOLLOW, &attr);
}

long sys_fchmodat(fd_t dfd, ustr_t path, umode_t mode)
{
	struct iattr attr = mode_attr(mode);

	return change_at(dfd, path, LOOKUP_FOLLOW, &attr);
}

long sys_fchmod(fd_t fd, umode_t mode)
{
	struct iattr attr = mode_attr(mode);

	return change_fd(fd, &attr);
}

/* -1 leaves an id as it is. */
static struct iattr owner_attr(uid_t uid, gid_t gid)
{
	return (struct iattr){
		.ia_valid = (uid != (uid_t)-1 ? ATTR_UID : 0) | (gid != (gid_t)-1 ? ATTR_GID : 0),
		.ia_uid = uid,
		.ia_gid = gid,
	};
}

long sys_chown(ustr_t path, uid_t uid, gid_t gid)
{
	struct iattr attr = owner_attr(uid, gid);

	return change_at(AT_FDCWD, path, LOOKUP_FOLLOW, &attr);
}

long sys_lchown(ustr_t path, uid_t uid, gid_t gid)
{
	struct iattr attr = owner_attr(uid, gid);

	return change_at(AT_FDCWD, path, 0, &attr);
}

long sys_fchown(fd_t fd, uid_t uid, gid_t gid)
{
	struct iattr attr = owner_attr(uid, gid);

	return change_fd(fd, &attr);
}

long sys_fchownat(fd_t dfd, ustr_t path, uid_t uid, gid_t gid, int flags)
{
	struct iattr attr = owner_attr(uid, gid);

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return change_at(dfd, path, at_lookup(flags), &attr);
}

/* ---- truncate ---- */

static long truncate_path(const struct path *path, loff_t length)
{
	struct inode *inode = path->dentry->d_inode;
	long ret;

	if (S_ISDIR(inode->i_mode))
		return -EISDIR;
	if (!S_ISREG(inode->i_mode))
		return -EINVAL;
	ret = mnt_want_write(path->mnt);
	if (!ret)
		ret = inode_permission(inode, MAY_WRITE);
	if (!ret)
		ret = get_write_access(inode);
	if (ret)
		return ret;
	ret = do_truncate(path->dentry, length, 0);
	put_write_access(inode);
	return ret;
}

long sys_truncate(ustr_t name, loff_t length)
{
	struct path path;
	long ret;

	if (length < 0)
		return -EINVAL;
	ret = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path);
	if (ret)
		return ret;
	ret = truncate_path(&path, length);
	path_put(&path);
	return ret;
}

long sys_ftruncate(fd_t fd, loff_t length)
{
	struct fd f;
	long ret;

	if (length < 0)
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	if (!S_ISREG(f.file->f_inode->i_mode) || !(f.file->f_mode & FMODE_WRITE))
		ret = -EINVAL;
	else
		ret = do_truncate(f.file->f_path.dentry, length, 0);
	fdput(f);
	return ret;
}

/* ---- times ---- */

#define UTIME_NOW  0x3fffffff
#define UTIME_OMIT 0x3ffffffe

/* The times of files are those that a u64 of ns since 1970 has; others become the next of them (utimensat(2), NOTES). */
static u64 file_time(const struct timespec64 *t)
{
	if (t->tv_sec < 0)
		return 0;
	if ((u64)t->tv_sec >= ~0ULL / NSEC_PER_SEC)
		return ~0ULL;
	return (u64)t->tv_sec * NSEC_PER_SEC + (u64)t->tv_nsec;
}

/*
 * Times for atime and mtime; NULL: both now. "Now" needs write permission only, anything else
 * ownership (utimensat(2)).
 */
static long set_times(const struct path *path, const struct timespec64 *times)
{
	struct inode *inode = path->dentry->d_inode;
	u64 now = current_time_ns();
	struct iattr attr = {.ia_valid = ATTR_ATIME | ATTR_MTIME, .ia_atime = now, .ia_mtime = now};
	bool all_now = !times || (times[0].tv_nsec == UTIME_NOW && times[1].tv_nsec == UTIME_NOW);
	long ret;

	for (int i = 0; times && i < 2; i++) {
		if ((u64)times[i].tv_nsec >= NSEC_PER_SEC && times[i].tv_nsec != UTIME_NOW &&
		    times[i].tv_nsec != UTIME_OMIT)
			return -EINVAL;
		if (times[i].tv_nsec == UTIME_OMIT)
			attr.ia_valid &= ~(i ? ATTR_MTIME : ATTR_ATIME);
		else if (times[i].tv_nsec != UTIME_NOW)
			*(i ? &attr.ia_mtime : &attr.ia_atime) = file_time(&times[i]);
	}
	if (all_now && current_fsuid() != READ_ONCE(inode->i_uid) && !capable(CAP_FOWNER)) {
		ret = inode_permission(inode, MAY_WRITE);
		if (ret)
			return ret;
		attr.ia_valid |= ATTR_FORCE;
	}
	return change(path, &attr);
}

static long do_utimes(int dfd, const char __user *name, const struct timespec64 *times, int flags)
{
	struct path path;
	long ret;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!name && dfd != AT_FDCWD) {		/* futimens() */
		struct fd f;

		if (flags)
			return -EINVAL;
		f = fdget(dfd);
		if (!f.file)
			return -EBADF;
		ret = set_times(&f.file->f_path, times);
		fdput(f);
		return ret;
	}
	ret = user_path_at(dfd, name, at_lookup(flags), &path);
	if (ret)
		return ret;
	ret = set_times(&path, times);
	path_put(&path);
	return ret;
}

long sys_utimensat(fd_t dfd, ustr_t path, ucptr_t times, int flags)
{
	struct timespec64 ts[2];

	if (times && copy_from_user(ts, times, sizeof(ts)))
		return -EFAULT;
	/* Nothing to do: then the name is not looked at, either. */
	if (times && ts[0].tv_nsec == UTIME_OMIT && ts[1].tv_nsec == UTIME_OMIT)
		return 0;
	return do_utimes(dfd, path, times ? ts : NULL, flags);
}

long sys_utimes(ustr_t path, ucptr_t times)
{
	struct {
		s64 sec, usec;
	} tv[2];
	struct timespec64 ts[2];

	if (!times)
		return do_utimes(AT_FDCWD, path, NULL, 0);
	if (copy_from_user(tv, times, sizeof(tv)))
		return -EFAULT;
	for (int i = 0; i < 2; i++) {
		if ((u64)tv[i].usec >= 1000000)
			return -EINVAL;
		ts[i] = (struct timespec64){tv[i].sec, tv[i].usec * 1000};
	}
	return do_utimes(AT_FDCWD, path, ts, 0);
}

long sys_utime(ustr_t path, ucptr_t times)
{
	s64 sec[2];
	struct timespec64 ts[2];

	if (!times)
		return do_utimes(AT_FDCWD, path, NULL, 0);
	if (copy_from_user(sec, times, sizeof(sec)))
		return -EFAULT;
	for (int i = 0; i < 2; i++)
		ts[i] = (struct timespec64){sec[i], 0};
	return do_utimes(AT_FDCWD, path, ts, 0);
}
