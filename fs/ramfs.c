// SPDX-License-Identifier: GPL-2.0-only
/*
 * ramfs: files that live in the page cache, names that live in the dentry cache.
 *
 * Promises: a name keeps its dentry pinned, so that lookups never miss and directories need no
 * storage of their own; an operation that fails leaves nothing. devfs uses the same operations for
 * its directories.
 *
 * Start with ramfs_get_inode() and ramfs_dir_inode_operations.
 */
#include "fs/internal.h"
#include "fs/ramfs.h"

#define RAMFS_MAGIC 0x858458f6

static const struct address_space_operations ramfs_aops = {0};

/* Pages are faulted in from the cache (kernel/mm/fault.c), so there is nothing to set up. */
static int ramfs_mmap(struct file *file, struct vm_area_struct *vma)
{
	file_accessed(file);
	return 0;
}

const struct file_operations ramfs_file_operations = {
	.read = generic_file_read,
	.write = generic_file_write,
	.mmap = ramfs_mmap,
	.fsync = simple_fsync,
	.fallocate = generic_file_fallocate,
};

static const struct inode_operations ramfs_file_inode_operations = {0};

static const char *ramfs_get_link(struct dentry *dentry, struct inode *inode, char *buf)
{
	return inode->i_private;
}

static const struct inode_operations ramfs_symlink_inode_operations = {
	.get_link = ramfs_get_link,
};

/* A new inode of any type; rdev for device nodes. NULL: no memory. */
struct inode *ramfs_get_inode(struct super_block *sb, const struct inode *dir, umode_t mode,
			      dev_t rdev)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode_init_owner(inode, dir, mode);
	inode->i_op = &ramfs_file_inode_operations;
	switch (mode & S_IFMT) {
	case S_IFREG:
		inode->i_fop = &ramfs_file_operations;
		inode->i_data.ops = &ramfs_aops;
		break;
	case S_IFDIR:
		inode->i_op = &ramfs_dir_inode_operations;
		inode->i_fop = &simple_dir_operations;
		inode->i_nlink = 2;
		break;
	case S_IFLNK:
		inode->i_op = &ramfs_symlink_inode_operations;
		break;
	case S_IFIFO:
		inode->i_fop = &pipefifo_fops;
		break;
	default:
		inode->i_fop = &chrdev_open_fops;
		inode->i_rdev = rdev;
		break;
	}
	return inode;
}

static void touch_dir(struct inode *dir)
{
	dir->i_times.mtime = dir->i_times.ctime = current_time_ns();
}

/* ---- directory operations; dir's i_mutex held ---- */

static int ramfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev)
{
	struct inode *inode = ramfs_get_inode(dir->i_sb, dir, mode, dev);

	if (!inode)
		return -ENOMEM;
	d_instantiate(dentry, inode);
	d_pin(dentry);
	touch_dir(dir);
	return 0;
}

static int ramfs_create(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	return ramfs_mknod(dir, dentry, mode, 0);
}

static int ramfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int err = ramfs_mknod(dir, dentry, mode | S_IFDIR, 0);

	if (!err)
		dir->i_nlink++;
	return err;
}

static int ramfs_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	struct inode *inode = ramfs_get_inode(dir->i_sb, dir, S_IFLNK | 0777, 0);

	if (!inode)
		return -ENOMEM;
	inode->i_private = kstrdup(target, GFP_KERNEL);
	if (!inode->i_private) {
		iput(inode);
		return -ENOMEM;
	}
	inode->i_size = (loff_t)strlen(target);
	d_instantiate(dentry, inode);
	d_pin(dentry);
	touch_dir(dir);
	return 0;
}

static int ramfs_link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = old->d_inode;

	inode->i_nlink++;
	inode->i_times.ctime = current_time_ns();
	d_instantiate(dentry, igrab(inode));
	d_pin(dentry);
	touch_dir(dir);
	return 0;
}

/* The inode of a name that goes loses a link, a directory all it has. */
static void drop_links(struct inode *dir, struct inode *inode)
{
	if (S_ISDIR(inode->i_mode)) {
		inode->i_nlink = 0;
		dir->i_nlink--;
	} else {
		inode->i_nlink--;
	}
	inode->i_times.ctime = current_time_ns();
	touch_dir(dir);
}

static int ramfs_unlink(struct inode *dir, struct dentry *dentry)
{
	drop_links(dir, dentry->d_inode);
	d_delete_pinned(dentry);
	return 0;
}

static int ramfs_rmdir(struct inode *dir, struct dentry *dentry)
{
	return simple_empty(dentry) ? ramfs_unlink(dir, dentry) : -ENOTEMPTY;
}

/* d_move() makes the name change hands in one moment; what it stood for is let go after that. */
static int ramfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
			struct dentry *target, unsigned int flags)
{
	bool is_dir = d_is_dir(old);

	if (target->d_inode) {
		if (is_dir && !simple_empty(target))
			return -ENOTEMPTY;
		drop_links(new_dir, target->d_inode);
	}
	if (is_dir && old_dir != new_dir) {
		old_dir->i_nlink--;
		new_dir->i_nlink++;
	}
	touch_dir(old_dir);
	touch_dir(new_dir);
	old->d_inode->i_times.ctime = current_time_ns();
	d_move(old, target);
	d_delete_pinned(target);
	return 0;
}

const struct inode_operations ramfs_dir_inode_operations = {
	.create = ramfs_create,
	.link = ramfs_link,
	.unlink = ramfs_unlink,
	.symlink = ramfs_symlink,
	.mkdir = ramfs_mkdir,
	.rmdir = ramfs_rmdir,
	.mknod = ramfs_mknod,
	.rename = ramfs_rename,
};

/* ---- the file system ---- */

void ramfs_evict_inode(struct inode *inode)
{
	if (S_ISLNK(inode->i_mode))
		kfree(inode->i_private);
}

static int ramfs_statfs(struct dentry *root, struct kstatfs *buf)
{
	simple_statfs(root, buf);
	buf->f_blocks = total_ram_pages();
	buf->f_bfree = buf->f_bavail = nr_free_pages();
	return 0;
}

const struct super_operations ramfs_super_operations = {
	.evict_inode = ramfs_evict_inode,
	.statfs = ramfs_statfs,
};

/* Make the root directory of sb with `mode`. -ENOMEM. */
int ramfs_fill_root(struct super_block *sb, umode_t mode)
{
	sb->s_op = &ramfs_super_operations;
	sb->s_magic = RAMFS_MAGIC;
	sb->s_root = d_alloc_root(ramfs_get_inode(sb, NULL, S_IFDIR | mode, 0));
	return sb->s_root ? 0 : -ENOMEM;
}

/* The one option, mode=OCTAL, is tmpfs's and ramfs's; others are ignored as Linux's ramfs does. */
static umode_t parse_mode(const char *data, umode_t mode)
{
	for (const char *p = data; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (strstarts(p, "mode="))
			mode = simple_strtoull(p + 5, NULL, 8) & S_IALLUGO;
	return mode;
}

static int ramfs_fill_super(struct super_block *sb, void *data)
{
	return ramfs_fill_root(sb, parse_mode(data, 0755));
}

static int tmpfs_fill_super(struct super_block *sb, void *data)
{
	return ramfs_fill_root(sb, parse_mode(data, 01777));
}

static struct super_block *ramfs_get_sb(struct file_system_type *type, int flags,
					const char *dev_name, void *data)
{
	return get_sb_nodev(type, flags, data, ramfs_fill_super);
}

static struct super_block *tmpfs_get_sb(struct file_system_type *type, int flags,
					const char *dev_name, void *data)
{
	return get_sb_nodev(type, flags, data, tmpfs_fill_super);
}

static struct file_system_type ramfs_fs_type = {
	.name = "ramfs",
	.get_sb = ramfs_get_sb,
	.kill_sb = kill_anon_super,
};
DEFINE_FILESYSTEM(ramfs_fs_type);

/*
 * Programs ask for tmpfs. There is no swap and no size limit, so it is ramfs with another default
 * mode.
 */
static struct file_system_type tmpfs_fs_type = {
	.name = "tmpfs",
	.get_sb = tmpfs_get_sb,
	.kill_sb = kill_anon_super,
};
DEFINE_FILESYSTEM(tmpfs_fs_type);
