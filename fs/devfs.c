// SPDX-License-Identifier: GPL-2.0-only
/*
 * devfs: a ramfs that is born with a node for each device of the CHRDEV table; and how a node finds
 * its driver.
 *
 * There is one instance, however often it is mounted, under the names devtmpfs (Linux's) and devfs.
 * Everything that works in ramfs works here, so that a session may `mkdir /dev/container` and mount
 * there. Start with devfs_fill_super().
 */
#include "fs/internal.h"
#include "fs/ramfs.h"

TABLE_DECLARE(const struct chrdev, device);

/* ---- nodes ---- */

int __weak device_permission(umode_t mode, dev_t dev, int mask)
{
	return 0;
}

/*
 * open of any device node, wherever it is: replace the operations by the driver's. -ENXIO: there is
 * none. -EPERM: not for this task's containers.
 */
static int chrdev_open(struct inode *inode, struct file *file)
{
	unsigned int mode = file->f_mode & (FMODE_READ | FMODE_WRITE) ?: FMODE_READ | FMODE_WRITE;
	const struct chrdev *dev;
	int err = device_permission(inode->i_mode, inode->i_rdev,
				    (mode & FMODE_READ ? MAY_READ : 0) |
					    (mode & FMODE_WRITE ? MAY_WRITE : 0));

	if (err)
		return err;
	if (S_ISCHR(inode->i_mode)) {
		for_each_table_entry(dev, device) {
			if (dev->dev == inode->i_rdev) {
				file->f_op = dev->fops;
				return dev->fops->open ? dev->fops->open(inode, file) : 0;
			}
		}
	}
	return -ENXIO;
}

const struct file_operations chrdev_open_fops = {
	.open = chrdev_open,
};

static int add_node(struct dentry *root, const struct chrdev *dev)
{
	struct dentry *dentry = d_alloc_name(root, dev->name);
	struct inode *inode;

	if (!dentry)
		return -ENOMEM;
	inode = ramfs_get_inode(root->d_sb, NULL, S_IFCHR | dev->mode, dev->dev);
	if (!inode) {
		dput(dentry);
		return -ENOMEM;
	}
	inode->i_uid = inode->i_gid = 0;
	d_add(dentry, inode);
	d_pin(dentry);
	dput(dentry);
	return 0;
}

static int devfs_fill_super(struct super_block *sb, void *data)
{
	const struct chrdev *dev;
	int err = ramfs_fill_root(sb, 0755);

	if (err)
		return err;
	for_each_table_entry(dev, device) {
		err = add_node(sb->s_root, dev);
		if (err)
			return err;
	}
	return 0;
}

static struct file_system_type devtmpfs_fs_type;

/* Both names share the instance. */
static struct super_block *devfs_get_sb(struct file_system_type *type, int flags,
					const char *dev_name, void *data)
{
	return get_sb_single(&devtmpfs_fs_type, flags, data, devfs_fill_super);
}

static struct file_system_type devtmpfs_fs_type = {
	.name = "devtmpfs",
	.get_sb = devfs_get_sb,
	.kill_sb = kill_anon_super,
};
DEFINE_FILESYSTEM(devtmpfs_fs_type);

static struct file_system_type devfs_fs_type = {
	.name = "devfs",
	.get_sb = devfs_get_sb,
	.kill_sb = kill_anon_super,
};
DEFINE_FILESYSTEM(devfs_fs_type);

/* /proc/devices: the major numbers, as "  1 mem". */
static int devices_show(struct seq_file *m)
{
	const struct chrdev *dev;

	seq_puts(m, "Character devices:\n");
	for_each_table_entry(dev, device)
		seq_printf(m, "%3u:%u %s\n", MAJOR(dev->dev), MINOR(dev->dev), dev->name);
	return 0;
}
PROC_FILE("devices", devices_show);
