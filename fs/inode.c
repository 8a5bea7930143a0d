// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inodes: made, counted, given back; who may do what with them.
 *
 * An inode lives as long as a dentry or an open file points to it; file systems here keep no other
 * table of them. Start with inode_permission().
 */
#include "fs/internal.h"

static struct kmem_cache *inode_cache;
static atomic_long_t inode_count;

void inode_cache_init(void)
{
	inode_cache = kmem_cache_create("inode", sizeof(struct inode), 8, NULL);
	if (!inode_cache)
		panic("no memory for the inode cache");
}

unsigned long nr_inodes(void)
{
	return (unsigned long)atomic_long_read(&inode_count);
}

/* Real time, ns since 1970. */
u64 current_time_ns(void)
{
	return ktime_get_real();
}

struct inode *new_inode(struct super_block *sb)
{
	struct inode *inode = kmem_cache_alloc(inode_cache, GFP_KERNEL);
	u64 now;

	if (!inode)
		return NULL;
	memset(inode, 0, sizeof(*inode));
	inode->i_sb = sb;
	if (sb)
		inode->i_ino = (ino_t)atomic_long_inc_return(&sb->s_next_ino);
	inode->i_nlink = 1;
	refcount_set(&inode->i_count, 1);
	mutex_init(&inode->i_mutex);
	now = current_time_ns();
	inode->i_times = (struct timespec_set){now, now, now};
	address_space_init(&inode->i_data, inode, NULL);
	atomic_long_inc(&inode_count);
	return inode;
}

void iput(struct inode *inode)
{
	if (!inode || !refcount_dec_and_test(&inode->i_count))
		return;
	if (inode->i_data.nrpages)
		truncate_pagecache(&inode->i_data, 0);
	if (inode->i_pipe)
		free_pipe_info(inode->i_pipe);
	if (inode->i_sb && inode->i_sb->s_op->evict_inode)
		inode->i_sb->s_op->evict_inode(inode);
	atomic_long_dec(&inode_count);
	kmem_cache_free(inode_cache, inode);
}

/*
 * A new inode's owner, and the group and setgid bit that a setgid directory hands down
 * (inode_init_owner in Linux).
 */
void inode_init_owner(struct inode *inode, const struct inode *dir, umode_t mode)
{
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	if (dir && dir->i_mode & S_ISGID) {
		inode->i_gid = dir->i_gid;
		if (S_ISDIR(mode))
			mode |= S_ISGID;
		else if ((mode & (S_ISGID | 0010)) == (S_ISGID | 0010) && !in_group_p(dir->i_gid) &&
			 !capable(CAP_FSETID))
			mode &= ~S_ISGID;	/* a program with the power of a group that is not the maker's */
	}
	inode->i_mode = mode;
}

int generic_permission(struct inode *inode, int mask)
{
	umode_t all = READ_ONCE(inode->i_mode), mode = all;	/* once: somebody may be changing it */

	if (current_fsuid() == READ_ONCE(inode->i_uid))
		mode >>= 6;
	else if (in_group_p(READ_ONCE(inode->i_gid)))
		mode >>= 3;
	if (!(mask & ~mode & 7))
		return 0;
	/* CAP_DAC_OVERRIDE: all but executing what nobody may execute. */
	if (S_ISDIR(all) || !(mask & MAY_EXEC) || all & 0111)
		if (capable(CAP_DAC_OVERRIDE))
			return 0;
	return -EACCES;
}

int inode_permission(struct inode *inode, int mask)
{
	if (mask & MAY_WRITE && inode->i_sb && READ_ONCE(inode->i_sb->s_flags) & SB_RDONLY &&
	    (S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode) || S_ISLNK(inode->i_mode)))
		return -EROFS;
	if (unlikely(inode->i_op && inode->i_op->permission))
		return inode->i_op->permission(inode, mask);
	return generic_permission(inode, mask);
}
