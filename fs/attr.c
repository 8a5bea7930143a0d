// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of inodes: stat, and who may change which (chmod(2), chown(2), utimensat(2),
 * truncate(2) have the rules).
 *
 * Start with notify_change(): every change of attributes goes through it, with i_mutex held.
 */
#include "fs/internal.h"

static bool owner_or_capable(const struct inode *inode)
{
	return current_fsuid() == inode->i_uid || capable(CAP_FOWNER);
}

static bool may_chown(const struct inode *inode, uid_t uid)
{
	return (current_fsuid() == inode->i_uid && uid == inode->i_uid) || capable(CAP_CHOWN);
}

static bool may_chgrp(const struct inode *inode, gid_t gid)
{
	return (current_fsuid() == inode->i_uid && (in_group_p(gid) || gid == inode->i_gid)) ||
	       capable(CAP_CHOWN);
}

/*
 * May current make this change? Also drops the setgid bit from a new mode that current may not set.
 * -EPERM, -EINVAL, -EFBIG.
 */
int inode_change_ok(const struct inode *inode, struct iattr *attr)
{
	unsigned int valid = attr->ia_valid;
	gid_t gid = valid & ATTR_GID ? attr->ia_gid : inode->i_gid;

	if (valid & ATTR_SIZE) {
		if (attr->ia_size < 0)
			return -EINVAL;
		if (attr->ia_size > inode->i_sb->s_maxbytes)
			return -EFBIG;
	}
	if (valid & ATTR_FORCE)
		return 0;
	if (valid & ATTR_UID && !may_chown(inode, attr->ia_uid))
		return -EPERM;
	if (valid & ATTR_GID && !may_chgrp(inode, attr->ia_gid))
		return -EPERM;
	if (valid & (ATTR_MODE | ATTR_ATIME | ATTR_MTIME) && !owner_or_capable(inode))
		return -EPERM;
	if (valid & ATTR_MODE && !in_group_p(gid) && !capable(CAP_FSETID))
		attr->ia_mode &= ~S_ISGID;
	return 0;
}

void truncate_setsize(struct inode *inode, loff_t size)
{
	loff_t old = inode->i_size;
	unsigned int offset = size & ~PAGE_MASK;
	struct page *page;

	WRITE_ONCE(inode->i_size, size);
	if (size >= old)
		return;
	truncate_pagecache(&inode->i_data, DIV_ROUND_UP((unsigned long)size, PAGE_SIZE));
	if (!offset)
		return;
	page = find_get_page(&inode->i_data, size >> PAGE_SHIFT);
	if (page) {
		memset((char *)page_address(page) + offset, 0, PAGE_SIZE - offset);
		put_page(page);
	}
}

/* The setattr of file systems that keep everything in memory. i_mutex held. */
int simple_setattr(struct dentry *dentry, const struct iattr *attr)
{
	struct inode *inode = dentry->d_inode;
	u64 now = current_time_ns();

	if (attr->ia_valid & ATTR_SIZE && S_ISREG(inode->i_mode)) {
		if (attr->ia_size != inode->i_size || !(attr->ia_valid & ATTR_FORCE))
			inode->i_times.mtime = now;
		truncate_setsize(inode, attr->ia_size);
	}
	if (attr->ia_valid & ATTR_UID)
		inode->i_uid = attr->ia_uid;
	if (attr->ia_valid & ATTR_GID)
		inode->i_gid = attr->ia_gid;
	if (attr->ia_valid & ATTR_MODE)
		inode->i_mode = (inode->i_mode & S_IFMT) | (attr->ia_mode & S_IALLUGO);
	if (attr->ia_valid & ATTR_ATIME)
		WRITE_ONCE(inode->i_times.atime, attr->ia_atime);
	if (attr->ia_valid & ATTR_MTIME)
		inode->i_times.mtime = attr->ia_mtime;
	inode->i_times.ctime = now;
	return 0;
}

int notify_change(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = dentry->d_inode;
	int err;

	if (inode->i_sb && READ_ONCE(inode->i_sb->s_flags) & SB_RDONLY)
		return -EROFS;
	err = inode_change_ok(inode, attr);
	if (err)
		return err;
	/* A change of owner takes setuid and setgid programs their power (chown(2)). */
	if (attr->ia_valid & (ATTR_UID | ATTR_GID) && !S_ISDIR(inode->i_mode) &&
	    !(attr->ia_valid & ATTR_MODE)) {
		umode_t mode = inode->i_mode & ~S_ISUID;

		if (mode & 0010)
			mode &= ~S_ISGID;
		if (mode != inode->i_mode) {
			attr->ia_valid |= ATTR_MODE;
			attr->ia_mode = mode;
		}
	}
	if (inode->i_op && inode->i_op->setattr)
		return inode->i_op->setattr(dentry, attr);
	return simple_setattr(dentry, attr);
}

int file_remove_privs(struct inode *inode)
{
	umode_t kill = inode->i_mode & S_ISUID;

	if ((inode->i_mode & (S_ISGID | 0010)) == (S_ISGID | 0010))
		kill |= S_ISGID;
	if (likely(!kill) || capable(CAP_FSETID))
		return 0;
	inode->i_mode &= ~kill;
	return 0;
}

/*
 * Truncate or extend; the caller has checked that current may write. `valid`: ATTR_FORCE or 0.
 * Takes i_mutex.
 */
int do_truncate(struct dentry *dentry, loff_t length, unsigned int valid)
{
	struct iattr attr = {.ia_valid = ATTR_SIZE | ATTR_FORCE | valid, .ia_size = length};
	struct inode *inode = dentry->d_inode;
	int err;

	if (length < 0)
		return -EINVAL;
	if ((u64)length > rlimit(RLIMIT_FSIZE) && length > READ_ONCE(inode->i_size)) {
		send_sig(SIGXFSZ, current);
		return -EFBIG;
	}
	mutex_lock(&inode->i_mutex);
	err = file_remove_privs(inode);
	if (!err)
		err = notify_change(dentry, &attr);
	mutex_unlock(&inode->i_mutex);
	return err;
}

/* Each word as it is at some moment; no lock. */
void generic_fillattr(struct inode *inode, struct kstat *stat)
{
	stat->dev = inode->i_sb ? inode->i_sb->s_dev : 0;
	stat->ino = inode->i_ino;
	stat->mode = READ_ONCE(inode->i_mode);
	stat->nlink = READ_ONCE(inode->i_nlink);
	stat->uid = READ_ONCE(inode->i_uid);
	stat->gid = READ_ONCE(inode->i_gid);
	stat->rdev = inode->i_rdev;
	stat->size = READ_ONCE(inode->i_size);
	stat->atime = READ_ONCE(inode->i_times.atime);
	stat->mtime = READ_ONCE(inode->i_times.mtime);
	stat->ctime = READ_ONCE(inode->i_times.ctime);
	stat->blksize = PAGE_SIZE;
	stat->blocks = READ_ONCE(inode->i_data.nrpages) * (PAGE_SIZE / 512);
}

int vfs_getattr(const struct path *path, struct kstat *stat)
{
	struct inode *inode = path->dentry->d_inode;

	if (inode->i_op && inode->i_op->getattr)
		return inode->i_op->getattr(path->dentry, stat);
	generic_fillattr(inode, stat);
	return 0;
}
