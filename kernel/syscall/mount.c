// SPDX-License-Identifier: GPL-2.0-only
/* mount(2) and umount2(2): strings from the user; the work is in fs/do_mount.c. */
#include "fs/internal.h"
#include "kernel/syscall/syscall.h"

/* A string argument that may be missing: NULL then. ERR_PTR(-EFAULT, -EINVAL, -ENOMEM). */
static char *copy_mount_string(const char __user *s)
{
	return s ? strndup_user(s, PATH_MAX) : NULL;
}

/*
 * The data argument: up to a page of text. It may end at the edge of what is mapped, without a NUL
 * and before a page is full (mount(2) reads it as a page), so the bytes behind a fault are left out.
 */
static char *copy_mount_data(const void __user *data)
{
	size_t room;
	char *buf;
	long len;

	if (!data)
		return NULL;
	if (!access_ok(data, 1))
		return ERR_PTR(-EFAULT);
	buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	len = strncpy_from_user(buf, data, PAGE_SIZE - 1);
	if (len < 0) {
		room = min(PAGE_SIZE - 1, USER_END - (unsigned long)data);
		len = (long)(room - copy_from_user(buf, data, room));
		if (!len) {
			kfree(buf);
			return ERR_PTR(-EFAULT);
		}
	}
	buf[len] = 0;
	return buf;
}

long sys_mount(ustr_t dev, ustr_t dir, ustr_t type, unsigned long flags, ucptr_t data)
{
	char *ktype = copy_mount_string(type), *kdev = NULL, *kdata = NULL, *kdir = NULL;
	long ret = PTR_ERR(ktype);

	if (IS_ERR(ktype))
		return ret;
	kdev = copy_mount_string(dev);
	ret = PTR_ERR(kdev);
	if (IS_ERR(kdev))
		goto out_type;
	kdata = copy_mount_data(data);
	ret = PTR_ERR(kdata);
	if (IS_ERR(kdata))
		goto out_dev;
	kdir = getname(dir);
	ret = PTR_ERR(kdir);
	if (IS_ERR(kdir))
		goto out_data;
	ret = do_mount(kdev, kdir, ktype, flags, kdata);
	putname(kdir);
out_data:
	kfree(kdata);
out_dev:
	kfree(kdev);
out_type:
	kfree(ktype);
	return ret;
}

long sys_umount2(ustr_t path, int flags)
{
	return do_umount(path, flags);
}
