// SPDX-License-Identifier: GPL-2.0-only
/*
 * procfs: the kernel's tables as files. This file has the root directory, the files of the
 * PROC_FILE table and the file system type; pid.c the directories of the tasks, files.c those files
 * whose subject has no better home.
 *
 * Little stays: a lookup makes a dentry, and it goes with its last user, but for the root's links and
 * what keep.c keeps. What belongs to a task holds a reference on it and is dropped by d_revalidate
 * once the task has been released.
 */
#include "fs/proc/internal.h"

#define PROC_SUPER_MAGIC 0x9fa0
#define FIRST_PID_POS	 256	/* directory position of pid 0; the fixed names are below */

TABLE_DECLARE(const struct proc_file, proc_file);

/* ---- inodes ---- */

/*
 * What belongs to a task has its ids; but root's if its user may not look into it (mm_struct.dumpable). The directories that all may read
 * are the user's anyway: they say whose task it is. No lock: whoever looks at the same time writes the same.
 */
static void proc_update_owner(struct inode *inode)
{
	struct proc_node *node = proc_node(inode);
	const struct cred *cred;

	if (!node->task)
		return;
	if (inode->i_mode != (S_IFDIR | 0555) && !task_dumpable(node->task)) {
		WRITE_ONCE(inode->i_uid, 0);
		WRITE_ONCE(inode->i_gid, 0);
		return;
	}
	rcu_read_lock();
	cred = rcu_dereference(node->task->cred);
	WRITE_ONCE(inode->i_uid, cred->euid);
	WRITE_ONCE(inode->i_gid, cred->egid);
	rcu_read_unlock();
}

struct inode *proc_inode(struct super_block *sb, enum proc_kind kind, umode_t mode,
			 struct task_struct *task)
{
	struct inode *inode = new_inode(sb);
	struct proc_node *node;

	if (!inode)
		return NULL;
	node = kzalloc(sizeof(*node), GFP_KERNEL);
	if (!node) {
		iput(inode);
		return NULL;
	}
	inode->i_private = node;
	inode->i_mode = mode;
	if (S_ISDIR(mode))
		inode->i_nlink = 2;
	node->kind = kind;
	if (task) {
		get_task_struct(task);
		node->task = task;
		proc_update_owner(inode);
	}
	return inode;
}

static void proc_evict_inode(struct inode *inode)
{
	struct proc_node *node = proc_node(inode);

	if (node && node->task)
		put_task_struct(node->task);
	kfree(node);
}

/* A task that has been released has no sighand any more. */
static bool proc_revalidate(struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;
	struct proc_node *node;

	if (!inode)
		return false;		/* it may have come meanwhile */
	node = proc_node(inode);
	if (!node->task)
		return true;
	if (!READ_ONCE(node->task->sighand))
		return false;
	if (node->kind == PROC_FD && !task_has_fd(node->task, node->fd))
		return false;
	proc_update_owner(inode);
	return true;
}

static const struct dentry_operations proc_dentry_operations = {
	.d_revalidate = proc_revalidate,
};

int proc_add(struct dentry *dentry, struct inode *inode)
{
	if (!inode)
		return -ENOMEM;
	dentry->d_op = &proc_dentry_operations;
	d_add(dentry, inode);
	return 0;
}

bool proc_number(const struct qstr *name, unsigned int *n)
{
	*n = 0;
	if (!name->len || name->len > 9 || (name->name[0] == '0' && name->len > 1))
		return false;
	for (unsigned int i = 0; i < name->len; i++) {
		if (name->name[i] < '0' || name->name[i] > '9')
			return false;
		*n = *n * 10 + (unsigned int)(name->name[i] - '0');
	}
	return true;
}

/* First the identity, then the mark: who changes the one sets the other before (commit_creds()). */
bool proc_may_look_at(struct task_struct *p, const struct mm_struct *mm)
{
	if (p->signal == current->signal || capable(CAP_SYS_PTRACE))
		return true;
	return task_belongs_to(p, current_fsuid(), current_fsgid()) && (!mm || READ_ONCE(mm->dumpable));
}

bool proc_may_look(struct task_struct *p)
{
	struct mm_struct *mm = get_task_mm(p);
	bool may = proc_may_look_at(p, mm);

	if (mm)
		mmput(mm);
	return may;
}

/* ---- files of the table ---- */

static int static_show(struct seq_file *m, void *v)
{
	const struct proc_file *pf = m->private;

	return pf->show(m);
}

static int static_open(struct inode *inode, struct file *file)
{
	return single_open(file, static_show, (void *)proc_node(inode)->file);
}

static const struct file_operations static_fops = {
	.open = static_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct inode_operations static_inode_operations = {0};

static struct inode *static_inode(struct super_block *sb, const struct proc_file *pf)
{
	struct inode *inode = proc_inode(sb, PROC_STATIC, S_IFREG | pf->mode, NULL);

	if (!inode)
		return NULL;
	proc_node(inode)->file = pf;
	inode->i_op = &static_inode_operations;
	inode->i_fop = pf->fops ? pf->fops : &static_fops;
	return inode;
}

static const struct proc_file *find_static(const struct qstr *name)
{
	const struct proc_file *pf;

	for_each_table_entry(pf, proc_file)
		if (proc_name_is(name, pf->name))
			return pf;
	return NULL;
}

/* ---- the symlinks of the root ---- */

static const struct {
	const char *name;
	enum proc_kind kind;
} root_links[] = {{"self", PROC_SELF}, {"thread-self", PROC_THREAD_SELF}, {"mounts", PROC_MOUNTS}};

static const char *root_get_link(struct dentry *dentry, struct inode *inode, char *buf)
{
	enum proc_kind kind = proc_node(inode)->kind;
	char *p = buf + LINK_TEXT_MAX - 1;

	if (kind == PROC_MOUNTS)
		return "self/mounts";
	*p = 0;
	if (kind == PROC_THREAD_SELF) {
		p = put_decimal(p, (unsigned int)current->pid) - strlen("/task/");
		memcpy(p, "/task/", strlen("/task/"));
	}
	return put_decimal(p, (unsigned int)current->tgid);
}

static const struct inode_operations root_link_operations = {
	.get_link = root_get_link,
};

/* ---- the root directory ---- */

static int lookup_pid(struct inode *dir, struct dentry *dentry, pid_t pid)
{
	struct task_struct *p = find_get_task_by_pid(pid);
	int err = -ENOENT;

	if (!p)
		return -ENOENT;
	if (p->sighand)
		err = proc_add(dentry, proc_pid_inode(dir->i_sb, p));
	if (!err)
		proc_keep_dir(dentry);
	put_task_struct(p);
	return err;
}

/*
 * The links are always in the dcache (proc_fill_super()), so this is not asked for them. No fixed
 * name is a number.
 */
static int root_lookup(struct inode *dir, struct dentry *dentry)
{
	const struct proc_file *pf;
	unsigned int pid;

	if (proc_number(&dentry->d_name, &pid))
		return lookup_pid(dir, dentry, (pid_t)pid);
	pf = find_static(&dentry->d_name);
	return pf ? proc_add(dentry, static_inode(dir->i_sb, pf)) : -ENOENT;
}

static int root_iterate(struct file *file, struct dir_context *ctx)
{
	unsigned int nr = (unsigned int)(__stop_tab_proc_file - __start_tab_proc_file),
		     links = ARRAY_SIZE(root_links);
	struct task_struct *p;
	char name[12];

	if (!dir_emit_dots(file, ctx))
		return 0;
	for (; ctx->pos < 2 + nr + links; ctx->pos++) {
		unsigned int i = (unsigned int)ctx->pos - 2;
		const char *text = i < nr ? __start_tab_proc_file[i].name : root_links[i - nr].name;

		if (!ctx->actor(ctx, text, strlen(text), ctx->pos, (ino_t)i + 2,
				mode_to_dt(i < nr ? S_IFREG : S_IFLNK)))
			return 0;
	}
	ctx->pos = max(ctx->pos, (loff_t)FIRST_PID_POS);
	while ((p = next_tgid((pid_t)(ctx->pos - FIRST_PID_POS)))) {
		int len = snprintf(name, sizeof(name), "%d", p->tgid);
		loff_t pos = FIRST_PID_POS + p->tgid;
		bool room = ctx->actor(ctx, name, (unsigned int)len, pos, (ino_t)pos,
				       mode_to_dt(S_IFDIR));

		put_task_struct(p);
		if (!room)
			return 0;
		ctx->pos = pos + 1;
	}
	return 0;
}

static const struct inode_operations root_inode_operations = {
	.lookup = root_lookup,
};

static const struct file_operations root_operations = {
	.iterate = root_iterate,
};

/* ---- the file system ---- */

static const struct super_operations proc_super_operations = {
	.evict_inode = proc_evict_inode,
};

/* "self" begins nearly every path into /proc: the links stay in the dcache. */
static int add_root_links(struct super_block *sb)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(root_links); i++) {
		struct dentry *dentry = d_alloc_name(sb->s_root, root_links[i].name);
		struct inode *inode = proc_inode(sb, root_links[i].kind, S_IFLNK | 0777, NULL);

		if (!dentry || !inode) {
			dput(dentry);
			iput(inode);
			return -ENOMEM;
		}
		inode->i_op = &root_link_operations;
		d_add(dentry, inode);
		d_pin(dentry);
		dput(dentry);
	}
	return 0;
}

static int proc_fill_super(struct super_block *sb, void *data)
{
	struct inode *root = proc_inode(sb, PROC_ROOT, S_IFDIR | 0555, NULL);

	sb->s_op = &proc_super_operations;
	sb->s_magic = PROC_SUPER_MAGIC;
	if (root) {
		root->i_op = &root_inode_operations;
		root->i_fop = &root_operations;
	}
	sb->s_root = d_alloc_root(root);
	return sb->s_root ? add_root_links(sb) : -ENOMEM;
}

static void proc_kill_super(struct super_block *sb)
{
	proc_flush_all();
	kill_anon_super(sb);
}

static struct super_block *proc_get_sb(struct file_system_type *type, int flags,
				       const char *dev_name, void *data)
{
	return get_sb_single(type, flags, data, proc_fill_super);
}

static struct file_system_type proc_fs_type = {
	.name = "proc",
	.get_sb = proc_get_sb,
	.kill_sb = proc_kill_super,
};
DEFINE_FILESYSTEM(proc_fs_type);
