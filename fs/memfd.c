// SPDX-License-Identifier: GPL-2.0-only
/*
 * memfd_create(2): a regular file without a name, that lives as long as somebody has it open or mapped.
 *
 * It is a ramfs file of a mount that is in no namespace; its dentry was never hashed, so /proc/PID/fd shows it as
 * "/memfd:NAME (deleted)". Seals are not there: MFD_ALLOW_SEALING is EINVAL. Start with do_memfd_create().
 */
#include "fs/internal.h"
#include "fs/ramfs.h"

#define MFD_CLOEXEC 1U
#define PREFIX	    "memfd:"
#define PREFIX_LEN  (sizeof(PREFIX) - 1)
#define MAX_LEN	    (NAME_MAX - PREFIX_LEN)

static struct mount *memfd_mnt;		/* made at boot, stays */

int memfd_init(void)
{
	struct file_system_type *type = get_fs_type("tmpfs");
	struct super_block *sb = type->get_sb(type, 0, "memfd", NULL);

	if (IS_ERR(sb))
		return (int)PTR_ERR(sb);
	up_write(&sb->s_umount);
	memfd_mnt = alloc_mount(sb, sb->s_root, "memfd", type->name, MNT_NOSUID);
	return memfd_mnt ? 0 : -ENOMEM;
}

static struct file *new_file(const struct qstr *name)
{
	struct path path = {memfd_mnt, d_alloc(memfd_mnt->mnt_root, name)};
	struct file *file = ERR_PTR(-ENOMEM);
	struct inode *inode;

	if (!path.dentry)
		return file;
	inode = ramfs_get_inode(memfd_mnt->mnt_sb, NULL, S_IFREG | 0777, 0);
	if (inode) {
		inode->i_nlink = 0;
		d_instantiate(path.dentry, inode);
		file = dentry_open(&path, O_RDWR);
	}
	dput(path.dentry);
	return file;
}

int do_memfd_create(const char __user *uname, unsigned int flags)
{
	char text[PREFIX_LEN + MAX_LEN + 1] = PREFIX;
	struct file *file;
	long len;
	int fd;

	if (flags & ~MFD_CLOEXEC)
		return -EINVAL;
	len = strncpy_from_user(text + PREFIX_LEN, uname, MAX_LEN + 1);
	if (len < 0)
		return (int)len;
	if (len > (long)MAX_LEN)
		return -EINVAL;
	fd = get_unused_fd(flags & MFD_CLOEXEC ? O_CLOEXEC : 0);
	if (fd < 0)
		return fd;
	file = new_file(&(struct qstr){.name = text, .len = (u32)(PREFIX_LEN + (size_t)len)});
	if (IS_ERR(file)) {
		put_unused_fd((unsigned int)fd);
		return (int)PTR_ERR(file);
	}
	fd_install((unsigned int)fd, file);
	return fd;
}
