// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tree of mounts: what is mounted where, found while walking a path.
 *
 * Promises: lookup_mnt() takes no lock; a mount that is going away is never returned (its count is
 * 0). A mount in a tree holds a reference for being there, one on its parent and one on the dentry
 * it covers.
 *
 * Locks: shapes and hash are changed under mount_lock by those who hold namespace_sem
 * (do_mount.c, namespace.c); readers use RCU and mount_lock's count. Start with lookup_mnt() and
 * attach_mount().
 */
#include "fs/internal.h"

#define MOUNT_HASH_BITS 6

DEFINE_SEQLOCK(mount_lock);
DECLARE_RWSEM(namespace_sem);
static struct hlist_head mount_hashtable[1 << MOUNT_HASH_BITS];
static atomic_t next_mount_id = ATOMIC_INIT(0);

static struct hlist_head *m_hash(const struct mount *mnt, const struct dentry *dentry)
{
	return &mount_hashtable[hash_long((unsigned long)mnt + ((unsigned long)dentry >> 5) * 31,
					  MOUNT_HASH_BITS)];
}

struct mount *alloc_mount(struct super_block *sb, struct dentry *root, const char *devname,
			  const char *type, unsigned int flags)
{
	struct mount *mnt = kzalloc(sizeof(*mnt), GFP_KERNEL);

	if (!mnt)
		return NULL;
	mnt->mnt_devname = kstrdup(devname && *devname ? devname : "none", GFP_KERNEL);
	if (!mnt->mnt_devname) {
		kfree(mnt);
		return NULL;
	}
	mnt->mnt_typename = type;
	mnt->mnt_sb = sb;
	mnt->mnt_root = dget(root);
	mnt->mnt_mountpoint = root;
	mnt->mnt_parent = mnt;
	mnt->mnt_flags = flags;
	mnt->mnt_id = atomic_inc_return(&next_mount_id);
	atomic_set(&mnt->mnt_count, 1);
	INIT_HLIST_NODE(&mnt->mnt_hash);
	INIT_LIST_HEAD(&mnt->mnt_mounts);
	INIT_LIST_HEAD(&mnt->mnt_child);
	INIT_LIST_HEAD(&mnt->mnt_list);
	return mnt;
}

struct mount *mntget(struct mount *mnt)
{
	if (mnt)
		atomic_inc(&mnt->mnt_count);
	return mnt;
}

void mntput(struct mount *mnt)
{
	if (mnt && atomic_dec_and_test(&mnt->mnt_count))
		destroy_mount(mnt);
}

/* Nobody has it and nobody can find it. The last mount of a super block ends that, too. */
void destroy_mount(struct mount *mnt)
{
	WARN_ON(!list_empty(&mnt->mnt_mounts) || !hlist_unhashed(&mnt->mnt_hash));
	dput(mnt->mnt_root);
	deactivate_super(mnt->mnt_sb);
	kfree(mnt->mnt_devname);
	kfree_rcu(mnt, mnt_rcu);
}

struct mount *lookup_mnt(const struct path *path)
{
	struct mount *mnt, *found;
	unsigned int seq;

	do {
		seq = read_seqbegin(&mount_lock);
		found = NULL;
		rcu_read_lock();
		hlist_for_each_entry_rcu(mnt, m_hash(path->mnt, path->dentry), mnt_hash) {
			if (READ_ONCE(mnt->mnt_parent) == path->mnt &&
			    READ_ONCE(mnt->mnt_mountpoint) == path->dentry &&
			    atomic_inc_not_zero(&mnt->mnt_count)) {
				found = mnt;
				break;
			}
		}
		rcu_read_unlock();
		if (!read_seqretry(&mount_lock, seq))
			return found;
		mntput(found);
	} while (true);
}

bool follow_mount(struct path *path)
{
	bool moved = false;
	struct mount *mnt;

	while (unlikely(d_mountpoint(path->dentry)) && (mnt = lookup_mnt(path))) {
		struct path old = *path;

		path->mnt = mnt;
		path->dentry = dget(mnt->mnt_root);
		path_put(&old);
		moved = true;
	}
	return moved;
}

bool follow_up(struct path *path)
{
	struct path up;

	spin_lock(&mount_lock.lock);
	if (path->mnt->mnt_parent == path->mnt) {
		spin_unlock(&mount_lock.lock);
		return false;
	}
	up.mnt = mntget(path->mnt->mnt_parent);
	up.dentry = dget(path->mnt->mnt_mountpoint);
	spin_unlock(&mount_lock.lock);
	path_put(path);
	*path = up;
	return true;
}

/* Takes over the tree's reference of mnt; takes its own of the place. */
void attach_mount(struct mount *mnt, const struct path *at)
{
	mnt->mnt_parent = mntget(at->mnt);
	mnt->mnt_mountpoint = dget(at->dentry);
	WRITE_ONCE(at->dentry->d_mounted, at->dentry->d_mounted + 1);
	list_add_tail(&mnt->mnt_child, &at->mnt->mnt_mounts);
	hlist_add_head_rcu(&mnt->mnt_hash, m_hash(at->mnt, at->dentry));
}

void detach_mount(struct mount *mnt)
{
	WRITE_ONCE(mnt->mnt_mountpoint->d_mounted, mnt->mnt_mountpoint->d_mounted - 1);
	list_del_init(&mnt->mnt_child);
	hlist_del_init_rcu(&mnt->mnt_hash);
	mnt->mnt_place = (struct path){mnt->mnt_parent, mnt->mnt_mountpoint};
	mnt->mnt_parent = mnt;
	mnt->mnt_mountpoint = mnt->mnt_root;
}

int mnt_want_write(struct mount *mnt)
{
	if (mnt && (READ_ONCE(mnt->mnt_flags) & MNT_RDONLY || READ_ONCE(mnt->mnt_sb->s_flags) & SB_RDONLY))
		return -EROFS;
	return 0;
}
