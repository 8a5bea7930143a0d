// SPDX-License-Identifier: GPL-2.0-only
/*
 * Super blocks: found or made for a mount, given back at the last umount.
 *
 * Promises: sget() returns a super block that is whole and alive, with s_active taken and s_umount
 * held for writing. One that is dying is never returned and never overtaken: whoever asks for the
 * same type waits until it is gone, so that a mount which follows a umount on another CPU finds
 * either the old tree alive or nothing of it. Tests (sget's `test`) only see super blocks that
 * live.
 *
 * How it dies: s_active falls to 0 under sb_lock, and s_dying is set in the same moment; kill_sb()
 * runs with s_umount held; only then does the super block leave the list, and the waiters go on. A
 * super block whose creation failed (s_root NULL) dies the same way; a finder that waited for its
 * s_umount lets go and starts again.
 *
 * Start with sget() and deactivate_locked_super().
 */
#include "fs/internal.h"

/* super_blocks, s_dying, the last step of s_active, devices */
static DEFINE_SPINLOCK(sb_lock);
static LIST_HEAD(super_blocks);
static DECLARE_WAIT_QUEUE_HEAD(sb_gone);

/* Minor numbers of device major 0, one for each super block. */
#define MAX_ANON_DEV 4096
static DECLARE_BITMAP(anon_devs, MAX_ANON_DEV);

static struct super_block *alloc_super(struct file_system_type *type)
{
	struct super_block *sb = kzalloc(sizeof(*sb), GFP_KERNEL);
	unsigned long minor;

	if (!sb)
		return NULL;
	spin_lock(&sb_lock);
	minor = find_next_zero_bit(anon_devs, MAX_ANON_DEV, 1);
	if (minor < MAX_ANON_DEV)
		__set_bit(minor, anon_devs);
	spin_unlock(&sb_lock);
	if (minor >= MAX_ANON_DEV) {
		kfree(sb);
		return NULL;
	}
	sb->s_dev = MKDEV(0, minor);
	sb->s_type = type;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_maxbytes = 0x7fffffffffffffffLL;
	atomic_set(&sb->s_active, 1);
	atomic_set(&sb->s_count, 1);
	init_rwsem(&sb->s_umount);
	down_write(&sb->s_umount);
	return sb;
}

static void put_super(struct super_block *sb)
{
	if (!atomic_dec_and_test(&sb->s_count))
		return;
	spin_lock(&sb_lock);
	__clear_bit(MINOR(sb->s_dev), anon_devs);
	spin_unlock(&sb_lock);
	kfree_rcu(sb, s_rcu);
}

/* sb_lock held. */
static bool type_is_dying(struct file_system_type *type)
{
	struct super_block *sb;

	list_for_each_entry(sb, &super_blocks, s_list)
		if (sb->s_type == type && sb->s_dying)
			return true;
	return false;
}

static void wait_until_gone(struct file_system_type *type)
{
	DEFINE_WAIT(wait);
	bool dying;

	for (;;) {
		prepare_to_wait(&sb_gone, &wait, TASK_UNINTERRUPTIBLE);
		spin_lock(&sb_lock);
		dying = type_is_dying(type);
		spin_unlock(&sb_lock);
		if (!dying)
			break;
		schedule();
	}
	finish_wait(&sb_gone, &wait);
}

static struct super_block *find_live(struct file_system_type *type,
				     int (*test)(struct super_block *, void *), void *data)
{
	struct super_block *sb;

	list_for_each_entry(sb, &super_blocks, s_list)
		if (sb->s_type == type && test(sb, data))
			return sb;
	return NULL;
}

struct super_block *sget(struct file_system_type *type, int (*test)(struct super_block *, void *),
			 int (*set)(struct super_block *, void *), void *data)
{
	struct super_block *fresh = NULL, *sb;
	int err;

again:
	spin_lock(&sb_lock);
	if (test && type_is_dying(type)) {
		spin_unlock(&sb_lock);
		wait_until_gone(type);
		goto again;
	}
	sb = test ? find_live(type, test, data) : NULL;
	if (sb) {
		atomic_inc(&sb->s_active);	/* not 0: that would be dying */
		spin_unlock(&sb_lock);
		down_write(&sb->s_umount);
		if (!sb->s_root) {		/* its creation failed while we waited */
			deactivate_locked_super(sb);
			goto again;
		}
		err = 0;
		goto out;
	}
	if (!fresh) {
		spin_unlock(&sb_lock);
		fresh = alloc_super(type);
		if (!fresh)
			return ERR_PTR(-ENOMEM);
		goto again;
	}
	err = set ? set(fresh, data) : 0;
	if (!err)
		list_add_tail(&fresh->s_list, &super_blocks);
	spin_unlock(&sb_lock);
	if (!err)
		return fresh;
out:
	if (fresh) {
		up_write(&fresh->s_umount);
		put_super(fresh);
	}
	return err ? ERR_PTR(err) : sb;
}

void generic_shutdown_super(struct super_block *sb)
{
	struct dentry *root = sb->s_root;

	if (root) {
		sb->s_root = NULL;
		shrink_dcache_tree(root);
		if (WARN_ON(atomic_read(&root->d_count) != 1))
			pr_err("%s: something is still used after the last umount\n",
			       sb->s_type->name);
		dput(root);
	}
	if (sb->s_op && sb->s_op->put_super)
		sb->s_op->put_super(sb);
}

void kill_anon_super(struct super_block *sb)
{
	generic_shutdown_super(sb);
}

void deactivate_locked_super(struct super_block *sb)
{
	spin_lock(&sb_lock);
	if (!atomic_dec_and_test(&sb->s_active)) {
		spin_unlock(&sb_lock);
		up_write(&sb->s_umount);
		return;
	}
	sb->s_dying = true;
	spin_unlock(&sb_lock);

	sb->s_type->kill_sb(sb);

	spin_lock(&sb_lock);
	list_del(&sb->s_list);
	spin_unlock(&sb_lock);
	up_write(&sb->s_umount);
	wake_up_all(&sb_gone);
	put_super(sb);
}

void deactivate_super(struct super_block *sb)
{
	if (atomic_add_unless(&sb->s_active, -1, 1))
		return;
	down_write(&sb->s_umount);
	deactivate_locked_super(sb);
}

/*
 * For who knows that the struct lives (sb_lock is not needed): another reason to stay alive, unless
 * it is dying.
 */
bool atomic_inc_super(struct super_block *sb)
{
	return atomic_inc_not_zero(&sb->s_active);
}

/* ---- the two usual kinds of get_sb ---- */

static struct super_block *fill_new(struct super_block *sb, int flags, void *data,
				    int (*fill)(struct super_block *, void *))
{
	int err;

	sb->s_flags = flags & (SB_RDONLY | SB_NOSUID | SB_NODEV | SB_NOEXEC);
	err = fill(sb, data);
	if (err) {
		deactivate_locked_super(sb);
		return ERR_PTR(err);
	}
	return sb;
}

struct super_block *get_sb_nodev(struct file_system_type *type, int flags, void *data,
				 int (*fill)(struct super_block *, void *))
{
	struct super_block *sb = sget(type, NULL, NULL, NULL);

	return IS_ERR(sb) ? sb : fill_new(sb, flags, data, fill);
}

static int test_any(struct super_block *sb, void *data)
{
	return 1;
}

struct super_block *get_sb_single(struct file_system_type *type, int flags, void *data,
				  int (*fill)(struct super_block *, void *))
{
	struct super_block *sb = sget(type, test_any, NULL, NULL);

	return IS_ERR(sb) || sb->s_root ? sb : fill_new(sb, flags, data, fill);
}

/* By the name given to mount(2), in the table that DEFINE_FILESYSTEM fills. NULL: unknown. */
typedef struct file_system_type *fs_type_ptr;
TABLE_DECLARE(const fs_type_ptr, filesystem);

struct file_system_type *get_fs_type(const char *name)
{
	const fs_type_ptr *type;

	for_each_table_entry(type, filesystem)
		if (!strcmp((*type)->name, name))
			return *type;
	return NULL;
}

static int filesystems_show(struct seq_file *m)
{
	const fs_type_ptr *type;

	for_each_table_entry(type, filesystem)
		seq_printf(m, "nodev\t%s\n", (*type)->name);
	return 0;
}
PROC_FILE("filesystems", filesystems_show);
