// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mount namespaces: the set of mounts that a task sees. A new one is a copy in which every mount is
 * new; it goes with its last task. do_mount.c changes the mounts of one. Also the first mount, and
 * /proc/mounts.
 *
 * namespace_sem guards the mounts of all namespaces. Start with copy_mnt_ns().
 */
#include "fs/internal.h"

/* ---- a namespace's mounts ---- */

void add_to_ns(struct mnt_namespace *ns, struct mount *mnt, const struct path *at)
{
	write_seqlock(&mount_lock);
	mnt->mnt_ns = ns;
	list_add_tail(&mnt->mnt_list, &ns->list);
	if (at)
		attach_mount(mnt, at);
	write_sequnlock(&mount_lock);
}

struct mount *clone_mount(struct mount *old, struct dentry *root)
{
	struct mount *mnt =
		alloc_mount(old->mnt_sb, root, old->mnt_devname, old->mnt_typename, READ_ONCE(old->mnt_flags));

	if (mnt)
		atomic_inc(&old->mnt_sb->s_active);	/* `old` keeps it above 0 */
	return mnt;
}

void umount_tree(struct mount *top, struct list_head *gone)
{
	struct mount *mnt = top;

	write_seqlock(&mount_lock);
	for (;;) {
		while (!list_empty(&mnt->mnt_mounts))
			mnt = list_first_entry(&mnt->mnt_mounts, struct mount, mnt_child);
		list_move(&mnt->mnt_list, gone);
		mnt->mnt_ns = NULL;
		if (mnt->mnt_parent != mnt)
			detach_mount(mnt);
		if (mnt == top)
			break;
		mnt = mnt->mnt_place.mnt;
	}
	write_sequnlock(&mount_lock);
}

void put_gone(struct list_head *gone)
{
	struct mount *mnt;
	struct path place;

	while (!list_empty(gone)) {
		mnt = list_first_entry(gone, struct mount, mnt_list);
		list_del_init(&mnt->mnt_list);
		place = mnt->mnt_place;
		mnt->mnt_place = (struct path){0};
		mntput(mnt);
		path_put(&place);
	}
}

/* ---- namespaces ---- */

static struct mnt_namespace *alloc_mnt_ns(void)
{
	struct mnt_namespace *ns = kzalloc(sizeof(*ns), GFP_KERNEL);

	if (!ns)
		return NULL;
	refcount_set(&ns->count, 1);
	INIT_LIST_HEAD(&ns->list);
	return ns;
}

static void put_mnt_ns(struct mnt_namespace *ns)
{
	LIST_HEAD(gone);

	if (!ns || !refcount_dec_and_test(&ns->count))
		return;
	down_write(&namespace_sem);
	if (ns->root)
		umount_tree(ns->root, &gone);
	up_write(&namespace_sem);
	put_gone(&gone);
	kfree(ns);
}

/* A path in the old namespace to the same place in the new one. namespace_sem held. */
static void move_path(struct path *path)
{
	struct mount *copy = path->mnt->mnt_copy;

	if (!copy)
		return;
	mntget(copy);
	mntput(path->mnt);	/* not the last: the old namespace has it */
	path->mnt = copy;
}

/*
 * A copy of ns, all of whose mounts are new; root and cwd of fs (not shared) move over. NULL: no
 * memory.
 */
static struct mnt_namespace *copy_mnt_ns(struct mnt_namespace *old, struct fs_struct *fs)
{
	struct mnt_namespace *ns = alloc_mnt_ns();
	struct mount *mnt, *copy;

	if (!ns)
		return NULL;
	down_write(&namespace_sem);
	list_for_each_entry(mnt, &old->list, mnt_list)
		mnt->mnt_copy = NULL;
	list_for_each_entry(mnt, &old->list, mnt_list) {
		struct path at = {mnt->mnt_parent->mnt_copy, mnt->mnt_mountpoint};

		copy = clone_mount(mnt, mnt->mnt_root);
		if (!copy) {
			up_write(&namespace_sem);
			put_mnt_ns(ns);
			return NULL;
		}
		mnt->mnt_copy = copy;
		add_to_ns(ns, copy, mnt == old->root ? NULL : &at);
		if (mnt == old->root)
			ns->root = copy;
	}
	if (fs->root.mnt->mnt_ns == old)
		move_path(&fs->root);
	if (fs->pwd.mnt->mnt_ns == old)
		move_path(&fs->pwd);
	up_write(&namespace_sem);
	return ns;
}

/* CLONE_NEWNS needs CLONE_FS off, and the child's fs_struct made before. -EPERM, -ENOMEM. */
int mnt_ns_fork(struct task_struct *child, bool new_ns)
{
	struct mnt_namespace *ns = current->mnt_ns ? current->mnt_ns : init_task.mnt_ns;

	child->mnt_ns = NULL;
	if (!ns)
		return 0;
	if (!new_ns) {
		refcount_inc(&ns->count);
		child->mnt_ns = ns;
		return 0;
	}
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	ns = copy_mnt_ns(ns, child->fs);
	if (!ns)
		return -ENOMEM;
	child->mnt_ns = ns;
	return 0;
}

void mnt_ns_exit(struct task_struct *p)
{
	struct mnt_namespace *ns = p->mnt_ns;

	task_lock(p);
	p->mnt_ns = NULL;
	task_unlock(p);
	put_mnt_ns(ns);
}

/* unshare(CLONE_NEWNS): fs_unshare() must have run before. */
int mnt_ns_unshare(void)
{
	struct mnt_namespace *old = current->mnt_ns, *ns;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	ns = copy_mnt_ns(old, current->fs);
	if (!ns)
		return -ENOMEM;
	task_lock(current);
	current->mnt_ns = ns;
	task_unlock(current);
	put_mnt_ns(old);
	return 0;
}

/* Boot: a ramfs as "/", its namespace, and init_task in it. -ENOMEM. */
int mount_root(void)
{
	struct file_system_type *type = get_fs_type("ramfs");
	struct mnt_namespace *ns = alloc_mnt_ns();
	struct super_block *sb;
	struct path root;

	if (!ns)
		return -ENOMEM;
	sb = type->get_sb(type, 0, "rootfs", NULL);
	if (IS_ERR(sb))
		return PTR_ERR(sb);
	up_write(&sb->s_umount);
	root.mnt = alloc_mount(sb, sb->s_root, "rootfs", type->name, 0);
	if (!root.mnt)
		return -ENOMEM;
	root.dentry = root.mnt->mnt_root;
	ns->root = root.mnt;
	add_to_ns(ns, root.mnt, NULL);
	init_task.mnt_ns = ns;
	return fs_init_task(&root);
}

/* ---- /proc/mounts ---- */

static void show_mount(struct seq_file *m, struct mount *mnt, const struct path *root, char *buf)
{
	static const struct {
		unsigned int flag;
		const char *text;
	} names[] = {{MNT_NOSUID, ",nosuid"}, {MNT_NODEV, ",nodev"}, {MNT_NOEXEC, ",noexec"}};
	struct path path = {mnt, mnt->mnt_root};
	bool reached;
	char *text = d_path_from(&path, root, buf, PATH_MAX, &reached);

	if (IS_ERR(text) || !reached)
		return;
	seq_escape(m, mnt->mnt_devname, " \t\n\\#");
	seq_putc(m, ' ');
	seq_escape(m, text, " \t\n\\#");
	seq_printf(m, " %s %s", mnt->mnt_typename, mnt_want_write(mnt) ? "ro" : "rw");
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (READ_ONCE(mnt->mnt_flags) & names[i].flag)
			seq_puts(m, names[i].text);
	seq_puts(m, ",relatime");
	if (mnt->mnt_sb->s_op->show_options)
		mnt->mnt_sb->s_op->show_options(m, mnt->mnt_root);
	seq_puts(m, " 0 0\n");
}

static int mounts_show(struct seq_file *m, struct task_struct *p)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	struct mnt_namespace *ns;
	struct mount *mnt;
	struct path root;
	int err;

	if (!buf)
		return -ENOMEM;
	err = task_fs_path(p, true, &root);
	if (err)
		goto out;
	task_lock(p);
	ns = p->mnt_ns;
	if (ns)
		refcount_inc(&ns->count);
	task_unlock(p);
	if (ns) {
		down_read(&namespace_sem);
		list_for_each_entry(mnt, &ns->list, mnt_list)
			show_mount(m, mnt, &root, buf);
		up_read(&namespace_sem);
		put_mnt_ns(ns);
	}
	path_put(&root);
out:
	kfree(buf);
	return err;
}
PROC_PID_FILE("mounts", mounts_show);
