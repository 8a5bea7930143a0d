// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file system's face of a container: its directory, and the control files that a cftype describes.
 *
 * A directory's dentry carries its container, a file's dentry its cftype (d_fsdata). A file holds its dentry, that one its parent,
 * whose inode holds the container: so behind an open descriptor the container and its states stay in memory, removed
 * or not. All operations here look at CONT_REMOVED first and say ENODEV.
 *
 * Start with container_populate_dir() for how files come to be, and container_file_read() for how they are read.
 */
#include "containers/internal.h"
#include "fs/internal.h"
#include "kernel/debug/debug.h"

static const struct cftype *const core_files[] = {
	&tasks_cftype,
	&procs_cftype,
	&notify_cftype,
	&release_agent_cftype,
};

static struct container *file_container(const struct file *file)
{
	return dentry_container(file->f_path.dentry->d_parent);
}

static const struct cftype *file_cftype(const struct file *file)
{
	return file->f_path.dentry->d_fsdata;
}

/* ---- reading and writing ---- */

static ssize_t container_file_read(struct file *file, char __user *buf, size_t nbytes, loff_t *ppos)
{
	struct container *cont = file_container(file);
	const struct cftype *cft = file_cftype(file);
	char text[24];

	if (container_is_removed(cont))
		return -ENODEV;
	if (cft->read)
		return cft->read(cont, cft, file, buf, nbytes, ppos);
	if (!cft->read_uint)
		return -EINVAL;
	return simple_read_from_buffer(buf, nbytes, ppos, text,
				       scnprintf(text, sizeof(text), "%llu\n", (unsigned long long)cft->read_uint(cont, cft)));
}

static ssize_t container_seq_read(struct file *file, char __user *buf, size_t nbytes, loff_t *ppos)
{
	if (container_is_removed(file_container(file)))
		return -ENODEV;
	return seq_read(file, buf, nbytes, ppos);
}

/* A number as write_uint takes it: decimal digits, one newline after them at most. */
static ssize_t write_uint(struct container *cont, const struct cftype *cft, const char __user *buf, size_t nbytes)
{
	unsigned long long val;
	size_t len = nbytes;
	char text[64];
	int err;

	if (nbytes >= sizeof(text))
		return -E2BIG;
	if (copy_from_writer(text, buf, nbytes))
		return -EFAULT;
	if (len && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	/* Digits alone: kstrtoull() would let a sign, a prefix or another newline pass, and stop at a NUL. */
	if (!len || strspn(text, "0123456789") != len)
		return -EINVAL;
	err = kstrtoull(text, 10, &val);
	if (!err)
		err = cft->write_uint(cont, cft, val);
	return err ? err : (ssize_t)nbytes;
}

char *container_copy_text(const char __user *buf, size_t nbytes)
{
	char *text;
	int err;

	if (nbytes > CFTYPE_WRITE_MAX)
		return ERR_PTR(-E2BIG);
	text = kmalloc(nbytes + 1, GFP_KERNEL);
	if (!text)
		return ERR_PTR(-ENOMEM);
	err = -EFAULT;
	if (copy_from_writer(text, buf, nbytes))
		goto out_free;
	text[nbytes] = '\0';
	/* A NUL in the middle would hide what follows it. */
	err = -EINVAL;
	if (strlen(text) != nbytes)
		goto out_free;
	return text;
out_free:
	kfree(text);
	return ERR_PTR(err);
}

static ssize_t write_string(struct container *cont, const struct cftype *cft, const char __user *buf, size_t nbytes)
{
	char *text;
	int err;

	if (!nbytes)
		return 0;
	text = container_copy_text(buf, nbytes);
	if (IS_ERR(text))
		return PTR_ERR(text);
	err = cft->write_string(cont, cft, strim(text));
	kfree(text);
	return err ? err : (ssize_t)nbytes;
}

static ssize_t container_file_write(struct file *file, const char __user *buf, size_t nbytes, loff_t *ppos)
{
	struct container *cont = file_container(file);
	const struct cftype *cft = file_cftype(file);

	if (container_is_removed(cont))
		return -ENODEV;
	if (cft->write)
		return cft->write(cont, cft, file, buf, nbytes, ppos);
	if (cft->write_uint)
		return write_uint(cont, cft, buf, nbytes);
	if (cft->write_string)
		return write_string(cont, cft, buf, nbytes);
	return -EINVAL;
}

/* ---- opening ---- */

static int show_seq(struct seq_file *m, void *v)
{
	const struct cftype *cft = file_cftype(m->file);

	return cft->read_seq(file_container(m->file), cft, m);
}

/* Undo cft->open(). */
static int container_file_release(struct inode *inode, struct file *file)
{
	const struct cftype *cft = file_cftype(file);

	return cft->release ? cft->release(file_container(file), cft, file) : 0;
}

static int container_single_release(struct inode *inode, struct file *file)
{
	single_release(inode, file);
	return container_file_release(inode, file);
}

static int container_file_open(struct inode *inode, struct file *file);

static const struct file_operations container_file_operations = {
	.open = container_file_open,
	.read = container_file_read,
	.write = container_file_write,
	.writes_are_messages = true,
	.release = container_file_release,
};

/* The text comes from a seq_file that the subsystem opened … */
static const struct file_operations container_seq_operations = {
	.read = container_seq_read,
	.write = container_file_write,
	.writes_are_messages = true,
	.llseek = seq_lseek,
	.release = container_file_release,
};

/* … or that is made here for read_seq. */
static const struct file_operations container_single_operations = {
	.read = container_seq_read,
	.write = container_file_write,
	.writes_are_messages = true,
	.llseek = seq_lseek,
	.release = container_single_release,
};

static int container_file_open(struct inode *inode, struct file *file)
{
	struct container *cont = file_container(file);
	const struct cftype *cft = file_cftype(file);
	bool reads = file->f_mode & FMODE_READ;
	int err;

	if (container_is_removed(cont))
		return -ENODEV;
	err = cft->open ? cft->open(cont, cft, file) : 0;
	if (err || !reads)
		return err;
	if (cft->flags & CFTYPE_SEQ)
		file->f_op = &container_seq_operations;
	if (cft->read_seq) {
		err = single_open(file, show_seq, NULL);
		if (err)
			container_file_release(inode, file);
		else
			file->f_op = &container_single_operations;
	}
	return err;
}

/* ---- making files ---- */

static const struct inode_operations container_file_inode_operations = {};

static umode_t cftype_mode(const struct cftype *cft)
{
	bool reads = cft->read || cft->read_uint || cft->read_seq || (cft->flags & CFTYPE_SEQ);
	bool writes = cft->write || cft->write_uint || cft->write_string;

	if (cft->mode)
		return cft->mode;
	return (reads ? 0444 : 0) | (writes ? 0200 : 0);
}

/* Has a child container the name of this file? */
static bool name_is_taken(struct dentry *file)
{
	struct dentry *there = d_lookup(file->d_parent, &file->d_name);
	bool taken = there && there->d_inode;

	dput(there);
	return taken;
}

/*
 * Put one file into cont's directory, owned as the directory is, and hide it if others can see that: show_files() is to follow.
 * container_mutex is enough: container_lookup(), mkdir and rename have it when a name comes.
 */
static int add_file(struct container *cont, const struct cftype *cft)
{
	const struct inode *dir = cont->dentry->d_inode;
	/* Nobody sees a directory that is being made, nor one of a mount that is. */
	bool unseen = !dir || list_empty(&cont->root->root_list);
	struct dentry *dentry;
	struct inode *inode;
	int err;

	if (container_is_top(cont) ? cft->flags & CFTYPE_NOT_ON_ROOT : cft->flags & CFTYPE_ONLY_ON_ROOT)
		return 0;
	dentry = d_alloc_name(cont->dentry, cft->name);
	if (!dentry)
		return -ENOMEM;
	err = -EEXIST;
	if (!unseen && name_is_taken(dentry))
		goto out_put;
	err = -ENOMEM;
	inode = new_inode(cont->dentry->d_sb);
	if (!inode)
		goto out_put;
	inode->i_mode = S_IFREG | cftype_mode(cft);
	/* Whoever makes the directory owns its files too. */
	inode->i_uid = dir ? dir->i_uid : current_fsuid();
	inode->i_gid = dir ? dir->i_gid : current_fsgid();
	inode->i_nlink = 1;
	inode->i_op = &container_file_inode_operations;
	inode->i_fop = &container_file_operations;
	dentry->d_fsdata = (void *)cft;
	if (unseen)
		d_add(dentry, inode);
	else
		d_instantiate(dentry, inode);	/* not hashed: hidden */
	d_pin(dentry);
	err = 0;
out_put:
	dput(dentry);
	return err;
}

/* The subsystem whose populate() runs; container_mutex. */
static struct container_subsys *populating;

int container_add_file(struct container *cont, const struct cftype *cft)
{
	size_t len = populating ? strlen(populating->name) : 0;

	mutex_assert_held(&container_mutex);
	if (!populating || strlen(cft->name) >= MAX_CFTYPE_NAME || strncmp(cft->name, populating->name, len) ||
	    cft->name[len] != '.') {
		pr_err("containers: a file of subsystem %s may not be called \"%s\"\n", populating ? populating->name : "?", cft->name);
		return -EINVAL;
	}
	return add_file(cont, cft);
}

static bool has_name_twice(const struct cftype *cft, int count)
{
	int i, j;

	for (i = 1; i < count; i++)
		for (j = 0; j < i; j++)
			if (!strcmp(cft[i].name, cft[j].name))
				return true;
	return false;
}

int container_add_files(struct container *cont, const struct cftype *cft, int count)
{
	int i, err = 0;

	/* It is the same table for all containers: looked at once, for the top. */
	if (container_is_top(cont) && has_name_twice(cft, count)) {
		pr_err("containers: subsystem %s has two files of one name\n", populating ? populating->name : "?");
		return -EEXIST;
	}
	for (i = 0; i < count && !err; i++)
		err = container_add_file(cont, &cft[i]);
	return err;
}

int container_populate_subsys(struct container *cont, struct container_subsys *ss)
{
	int err;

	if (!ss->populate)
		return 0;
	populating = ss;
	err = ss->populate(ss, cont);
	populating = NULL;
	return err;
}

int container_populate_dir(struct container *cont)
{
	struct container_subsys *ss;
	unsigned int i;
	int id, err = 0;

	for (i = 0; i < ARRAY_SIZE(core_files) && !err; i++)
		err = add_file(cont, core_files[i]);
	if (!err && cont->root->cgroup_files)
		err = add_file(cont, &cgroup_procs_cftype);
	for_each_bound_subsys (ss, id, cont->root->subsys_bits)
		if (!err)
			err = container_populate_subsys(cont, ss);
	return err;
}

/* Is child a file called "OWNER.…" (NULL: any file) that still has its name? */
static bool is_file_of(const struct dentry *child, const void *arg)
{
	const char *owner = arg;
	size_t len = owner ? strlen(owner) : 0;

	/* Other flags may change meanwhile; this one only under container_mutex. */
	if (!(READ_ONCE(child->d_flags) & DCACHE_PINNED) || S_ISDIR(child->d_inode->i_mode))
		return false;
	return !owner || (!strncmp(child->d_name.name, owner, len) && child->d_name.name[len] == '.');
}

/*
 * Remove the names of dir's files that belong to owner, or all of them (NULL). Child directories stay. container_mutex is held, so that no
 * file comes; but a name that somebody looked for in vain goes at any moment, so each step looks at the list anew.
 */
static void remove_files(struct dentry *dir, const char *owner)
{
	struct dentry *file;

	while ((file = d_find_child(dir, is_file_of, owner))) {
		file->d_inode->i_nlink = 0;
		d_delete_pinned(file);
		dput(file);
	}
}

static bool is_hidden_file_of(const struct dentry *child, const void *owner)
{
	return is_file_of(child, owner) && d_unlinked(child);
}

static bool is_shown_file_of(const struct dentry *child, const void *owner)
{
	return is_file_of(child, owner) && !d_unlinked(child);
}

/* Who has looked for the name in vain and is about to use it (mkdir, rename) sees that his dentry is not hashed any more. */
static void show_files(struct dentry *dir, const char *owner)
{
	struct dentry *file, *looked_for;

	while ((file = d_find_child(dir, is_hidden_file_of, owner))) {
		looked_for = d_lookup(dir, &file->d_name);
		if (looked_for) {
			d_drop(looked_for);
			dput(looked_for);
		}
		d_add(file, file->d_inode);
		dput(file);
	}
}

void container_show_subsys_files(struct container *cont, struct container_subsys *ss)
{
	show_files(cont->dentry, ss->name);
}

bool container_hide_subsys_files(struct container *cont, struct container_subsys *ss)
{
	struct dentry *file;
	bool hidden = true;

	while (hidden && (file = d_find_child(cont->dentry, is_shown_file_of, ss->name))) {
		hidden = d_drop_unused(file);
		dput(file);
	}
	return hidden;
}

void container_remove_subsys_files(struct container *cont, struct container_subsys *ss)
{
	remove_files(cont->dentry, ss->name);
}

void container_clear_dir(struct dentry *dir)
{
	remove_files(dir, NULL);
}

/* ---- a hierarchy that is mounted as "cgroup" later than it was made ---- */

int container_add_cgroup_files(struct containerfs_root *root)
{
	struct container *cont;
	int err = 0;

	mutex_lock(&container_mutex);
	if (root->cgroup_files)
		goto out_unlock;
	container_for_each_below (cont, &root->top_container)
		if (!err)
			err = add_file(cont, &cgroup_procs_cftype);
	container_for_each_below (cont, &root->top_container) {
		if (err)
			remove_files(cont->dentry, "cgroup");
		else
			show_files(cont->dentry, "cgroup");
	}
	root->cgroup_files = !err;
out_unlock:
	mutex_unlock(&container_mutex);
	return err;
}

/* ---- directories ---- */

/* No such name; or one has come before we had container_mutex, without which none comes. */
static int container_lookup(struct inode *dir, struct dentry *dentry)
{
	struct dentry *there;

	mutex_lock(&container_mutex);
	there = d_lookup(dentry->d_parent, &dentry->d_name);
	if (!there)
		d_add(dentry, NULL);
	mutex_unlock(&container_mutex);
	dput(there);
	return there ? -EAGAIN : 0;
}

static const struct inode_operations container_dir_inode_operations = {
	.lookup = container_lookup,
	.mkdir = container_mkdir,
	.rmdir = container_rmdir,
	.rename = container_rename,
};

/* The inode takes over the caller's reference to cont; mode without the type. NULL: no memory. */
struct inode *container_new_dir_inode(struct super_block *sb, struct container *cont, umode_t mode)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_mode = S_IFDIR | (mode & S_IALLUGO);
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	inode->i_nlink = 2;
	inode->i_op = &container_dir_inode_operations;
	inode->i_fop = &simple_dir_operations;
	inode->i_private = cont;
	return inode;
}
