// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/PID: the files of the PROC_PID_FILE table, fd/ with its magic links, task/ with the
 * threads.
 *
 * A task that has been released while a file was open gives ESRCH. Start with pid_lookup().
 */
#include "fs/proc/internal.h"

TABLE_DECLARE(const struct proc_pid_file, proc_pid_file);

/* The directories that stand before the entries of the table. */
static const struct {
	const char *name;
	enum proc_kind kind;
	umode_t mode;
} pid_dirs[] = {{"fd", PROC_FD_DIR, 0500}, {"task", PROC_TASK_DIR, 0555}};

/* ---- files ---- */

static int pid_show(struct seq_file *m, void *v)
{
	struct proc_node *node = m->private;

	if (!READ_ONCE(node->task->sighand))
		return -ESRCH;
	return node->entry->show(m, node->task);
}

/* The node lives as long as the inode, and that as long as the file. */
static int pid_file_open(struct inode *inode, struct file *file)
{
	return single_open(file, pid_show, proc_node(inode));
}

static const struct file_operations pid_file_operations = {
	.open = pid_file_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct inode_operations pid_file_inode_operations = {0};

struct task_struct *proc_task(const struct file *file)
{
	return proc_node(file->f_inode)->task;
}

/* ---- magic links ---- */

static int pid_follow_link(struct dentry *dentry, struct path *out)
{
	struct proc_node *node = proc_node(dentry->d_inode);

	if (!proc_may_look(node->task))
		return -EACCES;
	return node->entry->link(node->task, out);
}

static const struct inode_operations pid_link_inode_operations = {
	.follow_link = pid_follow_link,
};

static int fd_follow_link(struct dentry *dentry, struct path *out)
{
	struct proc_node *node = proc_node(dentry->d_inode);
	struct file *file;

	if (!proc_may_look(node->task))
		return -EACCES;
	file = fget_task(node->task, node->fd);
	if (!file)
		return -ENOENT;
	*out = file->f_path;
	path_get(out);
	fput(file);
	return 0;
}

static const struct inode_operations fd_link_inode_operations = {
	.follow_link = fd_follow_link,
};

/* ---- fd/ ---- */

static int fd_lookup(struct inode *dir, struct dentry *dentry)
{
	struct task_struct *p = proc_node(dir)->task;
	struct inode *inode;
	struct file *file;
	unsigned int fd;
	umode_t mode = S_IFLNK | 0100;

	if (!proc_number(&dentry->d_name, &fd))
		return -ENOENT;
	file = fget_task(p, fd);
	if (!file)
		return -ENOENT;
	mode |= file->f_mode & FMODE_READ ? 0400 : 0;
	mode |= file->f_mode & FMODE_WRITE ? 0200 : 0;
	fput(file);
	inode = proc_inode(dir->i_sb, PROC_FD, mode, p);
	if (inode) {
		proc_node(inode)->fd = fd;
		inode->i_op = &fd_link_inode_operations;
	}
	return proc_add(dentry, inode);
}

static int fd_iterate(struct file *dir, struct dir_context *ctx)
{
	struct task_struct *p = proc_node(dir->f_inode)->task;
	unsigned int fd;
	struct file *file;
	char name[12];

	if (!dir_emit_dots(dir, ctx))
		return 0;
	for (;;) {
		int len;

		fd = (unsigned int)ctx->pos - 2;
		file = fget_task_next(p, &fd);
		if (!file)
			return 0;
		fput(file);
		len = snprintf(name, sizeof(name), "%u", fd);
		if (!ctx->actor(ctx, name, (unsigned int)len, fd + 2, fd + 2, mode_to_dt(S_IFLNK)))
			return 0;
		ctx->pos = (loff_t)fd + 3;
	}
}

static int fd_permission(struct inode *inode, int mask)
{
	int err = generic_permission(inode, mask);

	return err && proc_may_look(proc_node(inode)->task) && !(mask & MAY_WRITE) ? 0 : err;
}

static const struct inode_operations fd_dir_inode_operations = {
	.lookup = fd_lookup,
	.permission = fd_permission,
};

static const struct file_operations fd_dir_operations = {
	.iterate = fd_iterate,
};

/* ---- task/ ---- */

static int task_lookup(struct inode *dir, struct dentry *dentry)
{
	struct task_struct *leader = proc_node(dir)->task, *p;
	unsigned int tid;
	int err = -ENOENT;

	if (!proc_number(&dentry->d_name, &tid))
		return -ENOENT;
	p = find_get_task_by_pid((pid_t)tid);
	if (!p)
		return -ENOENT;
	if (p->tgid == leader->tgid && p->sighand)
		err = proc_add(dentry, proc_pid_inode(dir->i_sb, p));
	put_task_struct(p);
	return err;
}

/*
 * The next thread of leader's group with tid >= *tid, or 0. Threads of one group are a small part
 * of all pids, but the list is short.
 */
static pid_t next_tid(struct task_struct *leader, pid_t tid)
{
	struct task_struct *t;
	pid_t best = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(t, &leader->signal->thread_head, thread_node)
		if (t->pid >= tid && (!best || t->pid < best))
			best = t->pid;
	rcu_read_unlock();
	return best;
}

static int task_iterate(struct file *dir, struct dir_context *ctx)
{
	struct task_struct *leader = proc_node(dir->f_inode)->task;
	char name[12];
	pid_t tid;

	if (!dir_emit_dots(dir, ctx))
		return 0;
	while ((tid = next_tid(leader, (pid_t)(ctx->pos - 2)))) {
		int len = snprintf(name, sizeof(name), "%d", tid);

		if (!ctx->actor(ctx, name, (unsigned int)len, tid + 2, (ino_t)tid + 2,
				mode_to_dt(S_IFDIR)))
			return 0;
		ctx->pos = (loff_t)tid + 3;
	}
	return 0;
}

static const struct inode_operations task_dir_inode_operations = {
	.lookup = task_lookup,
};

static const struct file_operations task_dir_operations = {
	.iterate = task_iterate,
};

/* ---- the directory itself ---- */

static struct inode *subdir_inode(struct super_block *sb, struct task_struct *p, unsigned int i)
{
	bool fd = pid_dirs[i].kind == PROC_FD_DIR;
	struct inode *inode = proc_inode(sb, pid_dirs[i].kind, S_IFDIR | pid_dirs[i].mode, p);

	if (inode) {
		inode->i_op = fd ? &fd_dir_inode_operations : &task_dir_inode_operations;
		inode->i_fop = fd ? &fd_dir_operations : &task_dir_operations;
	}
	return inode;
}

static struct inode *entry_inode(struct super_block *sb, struct task_struct *p,
				 const struct proc_pid_file *entry)
{
	struct inode *inode =
		proc_inode(sb, PROC_PID_ENTRY, (entry->link ? S_IFLNK : S_IFREG) | entry->mode, p);

	if (inode) {
		proc_node(inode)->entry = entry;
		inode->i_op = entry->link ? &pid_link_inode_operations : &pid_file_inode_operations;
		inode->i_fop = entry->fops ? entry->fops : &pid_file_operations;
	}
	return inode;
}

static int add_pid_entry(struct inode *dir, struct dentry *dentry)
{
	struct task_struct *p = proc_node(dir)->task;
	const struct proc_pid_file *entry;

	for (unsigned int i = 0; i < ARRAY_SIZE(pid_dirs); i++)
		if (proc_name_is(&dentry->d_name, pid_dirs[i].name))
			return proc_add(dentry, subdir_inode(dir->i_sb, p, i));
	for_each_table_entry(entry, proc_pid_file)
		if (proc_name_is(&dentry->d_name, entry->name))
			return proc_add(dentry, entry_inode(dir->i_sb, p, entry));
	return -ENOENT;
}

static int pid_lookup(struct inode *dir, struct dentry *dentry)
{
	int err = -ENOENT;

	if (READ_ONCE(proc_node(dir)->task->sighand))
		err = add_pid_entry(dir, dentry);
	if (!err)
		proc_keep_entry(dentry);
	return err;
}

static int pid_iterate(struct file *file, struct dir_context *ctx)
{
	unsigned int dirs = ARRAY_SIZE(pid_dirs),
		     nr = (unsigned int)(__stop_tab_proc_pid_file - __start_tab_proc_pid_file);

	if (!dir_emit_dots(file, ctx))
		return 0;
	for (; ctx->pos < 2 + dirs + nr; ctx->pos++) {
		unsigned int i = (unsigned int)ctx->pos - 2;
		const struct proc_pid_file *entry =
			i < dirs ? NULL : &__start_tab_proc_pid_file[i - dirs];
		const char *name = entry ? entry->name : pid_dirs[i].name;
		umode_t type = !entry ? S_IFDIR : entry->link ? S_IFLNK : S_IFREG;

		if (!ctx->actor(ctx, name, strlen(name), ctx->pos, (ino_t)i + 2, mode_to_dt(type)))
			return 0;
	}
	return 0;
}

const struct inode_operations proc_pid_dir_inode_operations = {
	.lookup = pid_lookup,
};

const struct file_operations proc_pid_dir_operations = {
	.iterate = pid_iterate,
};

struct inode *proc_pid_inode(struct super_block *sb, struct task_struct *p)
{
	struct inode *inode = proc_inode(sb, PROC_PID, S_IFDIR | 0555, p);

	if (inode) {
		inode->i_op = &proc_pid_dir_inode_operations;
		inode->i_fop = &proc_pid_dir_operations;
	}
	return inode;
}
