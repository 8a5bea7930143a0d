// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls on names: open, directories, links, rename, the current directory. The work is in
 * fs/namei.c, open.c, dirops.c, rename.c. What a name's inode says (stat, chmod, times) is in
 * attr.c.
 */
#include "fs/internal.h"
#include "kernel/syscall/syscall.h"

/* ---- open ---- */

static long do_sys_open(int dfd, const char __user *path, int flags, umode_t mode)
{
	struct file *file;
	char *name;
	int fd;

	name = getname(path);
	if (IS_ERR(name))
		return PTR_ERR(name);
	fd = get_unused_fd(flags);
	if (fd < 0)
		goto out;
	file = do_filp_open(dfd, name, flags, mode & ~current_umask());
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		fd = (int)PTR_ERR(file);
	} else {
		fd_install(fd, file);
	}
out:
	putname(name);
	return fd;
}

long sys_open(ustr_t path, int flags, umode_t mode)
{
	return do_sys_open(AT_FDCWD, path, flags, mode);
}

long sys_openat(fd_t dfd, ustr_t path, int flags, umode_t mode)
{
	return do_sys_open(dfd, path, flags, mode);
}

long sys_creat(ustr_t path, umode_t mode)
{
	return do_sys_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* ---- make and remove ---- */

long sys_mkdir(ustr_t path, umode_t mode)
{
	return do_mkdirat(AT_FDCWD, path, mode);
}

long sys_mkdirat(fd_t dfd, ustr_t path, umode_t mode)
{
	return do_mkdirat(dfd, path, mode);
}

long sys_mknod(ustr_t path, umode_t mode, unsigned long dev)
{
	return do_mknodat(AT_FDCWD, path, mode, dev);
}

long sys_mknodat(fd_t dfd, ustr_t path, umode_t mode, unsigned long dev)
{
	return do_mknodat(dfd, path, mode, dev);
}

long sys_rmdir(ustr_t path)
{
	return do_unlinkat(AT_FDCWD, path, true);
}

long sys_unlink(ustr_t path)
{
	return do_unlinkat(AT_FDCWD, path, false);
}

long sys_unlinkat(fd_t dfd, ustr_t path, int flags)
{
	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	return do_unlinkat(dfd, path, flags & AT_REMOVEDIR);
}

long sys_link(ustr_t oldname, ustr_t newname)
{
	return do_linkat(AT_FDCWD, oldname, AT_FDCWD, newname, 0);
}

long sys_linkat(fd_t olddfd, ustr_t oldname, fd_t newdfd, ustr_t newname, int flags)
{
	return do_linkat(olddfd, oldname, newdfd, newname, flags);
}

long sys_symlink(ustr_t target, ustr_t linkname)
{
	return do_symlinkat(target, AT_FDCWD, linkname);
}

long sys_symlinkat(ustr_t target, fd_t newdfd, ustr_t linkname)
{
	return do_symlinkat(target, newdfd, linkname);
}

long sys_rename(ustr_t oldname, ustr_t newname)
{
	return do_renameat(AT_FDCWD, oldname, AT_FDCWD, newname, 0);
}

long sys_renameat(fd_t olddfd, ustr_t oldname, fd_t newdfd, ustr_t newname)
{
	return do_renameat(olddfd, oldname, newdfd, newname, 0);
}

long sys_renameat2(fd_t olddfd, ustr_t oldname, fd_t newdfd, ustr_t newname, unsigned int flags)
{
	return do_renameat(olddfd, oldname, newdfd, newname, flags);
}

/* ---- symbolic links ---- */

/* The text of a link: the file system's, or the path that a magic link leads to. */
static long read_link(const struct path *path, char __user *buf, int size)
{
	struct inode *inode = path->dentry->d_inode;
	char *page = kmalloc(PATH_MAX, GFP_KERNEL);
	const char *text;
	struct path to;
	long len;

	if (!page)
		return -ENOMEM;
	if (inode->i_op->follow_link) {
		len = inode->i_op->follow_link(path->dentry, &to);
		if (len)
			goto out;
		text = d_path(&to, page, PATH_MAX);
		path_put(&to);
	} else {
		text = inode->i_op->get_link(path->dentry, inode, page);
	}
	len = PTR_ERR(text);
	if (IS_ERR(text))
		goto out;
	len = (long)min(strlen(text), (size_t)size);
	if (copy_to_user(buf, text, (size_t)len))
		len = -EFAULT;
out:
	kfree(page);
	return len;
}

static long do_readlinkat(int dfd, const char __user *name, char __user *buf, int size)
{
	struct path path;
	char *text;
	long ret;

	if (size <= 0)
		return -EINVAL;
	text = getname_empty(name);
	if (IS_ERR(text))
		return PTR_ERR(text);
	ret = filename_lookup(dfd, text, LOOKUP_EMPTY, &path);
	if (ret)
		goto out;
	if (S_ISLNK(path.dentry->d_inode->i_mode))
		ret = read_link(&path, buf, size);
	else
		ret = *text ? -EINVAL : -ENOENT;	/* an empty name is one of links alone */
	path_put(&path);
out:
	putname(text);
	return ret;
}

long sys_readlink(ustr_t path, uptr_t buf, int size)
{
	return do_readlinkat(AT_FDCWD, path, buf, size);
}

long sys_readlinkat(fd_t dfd, ustr_t path, uptr_t buf, int size)
{
	return do_readlinkat(dfd, path, buf, size);
}

/* ---- where we are ---- */

static long enter_dir(const struct path *path)
{
	if (!d_is_dir(path->dentry))
		return -ENOTDIR;
	return inode_permission(path->dentry->d_inode, MAY_EXEC);
}

long sys_chdir(ustr_t name)
{
	struct path path;
	long ret = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (ret)
		return ret;
	ret = enter_dir(&path);
	if (!ret)
		set_fs_pwd(&path);
	path_put(&path);
	return ret;
}

long sys_fchdir(fd_t fd)
{
	struct fd f = fdget_raw(fd);
	long ret;

	if (!f.file)
		return -EBADF;
	ret = f.file->f_path.mnt ? enter_dir(&f.file->f_path) : -ENOTDIR;
	if (!ret)
		set_fs_pwd(&f.file->f_path);
	fdput(f);
	return ret;
}

long sys_chroot(ustr_t name)
{
	struct path path;
	long ret = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (ret)
		return ret;
	ret = enter_dir(&path);
	if (!ret && !capable(CAP_SYS_CHROOT))
		ret = -EPERM;
	if (!ret)
		set_fs_root(&path);
	path_put(&path);
	return ret;
}

/*
 * A directory that root does not lead to (it was left by chroot, or unmounted lazily) is marked as
 * Linux marks it; no absolute path begins so (getcwd(2)).
 */
#define UNREACHABLE "(unreachable)"

/* The path of pwd, built at the end of a page; ERR_PTR. */
static char *cwd_text(const struct path *pwd, char *page)
{
	struct path root;
	bool reached;
	char *text;

	if (d_unlinked(pwd->dentry))
		return ERR_PTR(-ENOENT);
	get_fs_root(&root);
	text = d_path_from(pwd, &root, page, PATH_MAX, &reached);
	path_put(&root);
	if (IS_ERR(text) || reached)
		return text;
	if ((size_t)(text - page) < strlen(UNREACHABLE))
		return ERR_PTR(-ENAMETOOLONG);
	text -= strlen(UNREACHABLE);
	return memcpy(text, UNREACHABLE, strlen(UNREACHABLE));
}

long sys_getcwd(uptr_t buf, size_t size)
{
	char *page = kmalloc(PATH_MAX, GFP_KERNEL), *text;
	struct path pwd;
	size_t len;
	long ret;

	if (!page)
		return -ENOMEM;
	get_fs_pwd(&pwd);
	text = cwd_text(&pwd, page);
	path_put(&pwd);
	ret = PTR_ERR(text);
	if (IS_ERR(text))
		goto out;
	len = strlen(text) + 1;
	ret = -ERANGE;
	if (len > size)
		goto out;
	ret = copy_to_user(buf, text, len) ? -EFAULT : (long)len;
out:
	kfree(page);
	return ret;
}

long sys_umask(int mask)
{
	int old = current->fs->umask;

	current->fs->umask = mask & S_IRWXUGO;
	return old;
}

/* ---- getdents64 ---- */

struct linux_dirent64 {
	u64 d_ino;
	s64 d_off;
	u16 d_reclen;
	u8 d_type;
	char d_name[];
};

struct getdents {
	struct dir_context ctx;
	char __user *buf;
	size_t room, used;
	int error;
};

static bool fill_dirent(struct dir_context *ctx, const char *name, unsigned int len, loff_t pos,
			ino_t ino, unsigned int type)
{
	struct getdents *g = container_of(ctx, struct getdents, ctx);
	u16 reclen = ALIGN(offsetof(struct linux_dirent64, d_name) + len + 1, 8);
	union {
		struct linux_dirent64 head;
		char bytes[ALIGN(offsetof(struct linux_dirent64, d_name) + NAME_MAX + 1, 8)];
	} d;

	if (reclen > g->room - g->used) {
		if (!g->used)
			g->error = -EINVAL;
		return false;
	}
	memset(&d, 0, reclen);
	d.head.d_ino = ino;
	d.head.d_off = pos + 1;
	d.head.d_reclen = reclen;
	d.head.d_type = (u8)type;
	memcpy(d.bytes + offsetof(struct linux_dirent64, d_name), name, len);
	if (copy_to_user(g->buf + g->used, &d, reclen)) {
		g->error = -EFAULT;
		return false;
	}
	g->used += reclen;
	return true;
}

long sys_getdents64(fd_t fd, uptr_t dirent, size_t count)
{
	struct fd f = fdget(fd);
	struct inode *inode;
	struct getdents g = {
		.ctx.actor = fill_dirent, .buf = dirent, .room = min(count, (size_t)MAX_RW_COUNT)};
	long ret = -EBADF;

	if (!f.file)
		return -EBADF;
	inode = f.file->f_inode;
	if (!(f.file->f_mode & FMODE_READ))
		goto out;
	ret = -ENOTDIR;
	if (!S_ISDIR(inode->i_mode) || !f.file->f_op || !f.file->f_op->iterate)
		goto out;
	file_pos_lock(f.file);
	mutex_lock(&inode->i_mutex);
	ret = -ENOENT;
	if (!d_unlinked(f.file->f_path.dentry)) {
		g.ctx.pos = f.file->f_pos;
		ret = f.file->f_op->iterate(f.file, &g.ctx);
		f.file->f_pos = g.ctx.pos;
		file_accessed(f.file);
	}
	mutex_unlock(&inode->i_mutex);
	file_pos_unlock(f.file);
	if (g.used)
		ret = (long)g.used;
	else if (!ret)
		ret = g.error;
out:
	fdput(f);
	return ret;
}
