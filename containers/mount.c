// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file system type "container" (alias "cgroup"): mount options, and how super blocks and hierarchies meet.
 *
 * One hierarchy has one super block, however often it is mounted. sget() decides: it finds the live super block of the hierarchy that
 * the options describe, or makes a new one that nobody else is given before it is complete, because s_umount is held for writing from its
 * birth. A hierarchy enters the list of roots as the last step of a mount that succeeded.
 *
 * Lock order: s_umount, then the top directory's i_mutex, then container_mutex.
 */
#include "containers/internal.h"
#include "kernel/debug/debug.h"

#define CONTAINER_SUPER_MAGIC 0x27e0eb

/* ---- options ---- */

static int parse_name(struct container_opts *opts, const char *value)
{
	size_t i, len = strlen(value);

	if (*opts->name || !len || len >= sizeof(opts->name))
		return -EINVAL;
	for (i = 0; i < len; i++)
		if (!isalnum(value[i]) && !strchr("_.-", value[i]))
			return -EINVAL;
	strscpy(opts->name, value, sizeof(opts->name));
	return 0;
}

static int parse_agent(struct container_opts *opts, const char *value)
{
	if (opts->release_agent || strlen(value) >= PATH_MAX)
		return -EINVAL;
	opts->release_agent = kstrdup(value, GFP_KERNEL);
	return opts->release_agent ? 0 : -ENOMEM;
}

static int parse_subsys(struct container_opts *opts, const char *token)
{
	struct container_subsys *ss;
	int i;

	opts->given = true;
	if (!strcmp(token, "all")) {
		for_each_subsys (ss, i)
			opts->subsys_bits |= 1ULL << i;
		return 0;
	}
	for_each_subsys (ss, i) {
		if (!strcmp(token, ss->name)) {
			opts->subsys_bits |= 1ULL << i;
			return 0;
		}
	}
	return -ENOENT;
}

static int parse_token(struct container_opts *opts, const char *token)
{
	if (!*token || !strcmp(token, "noprefix"))
		return -EINVAL;
	if (!strcmp(token, "none")) {
		opts->none = true;
		opts->given = true;
		return 0;
	}
	if (strstarts(token, "name=")) {
		opts->given = true;
		return parse_name(opts, token + strlen("name="));
	}
	if (strstarts(token, "release_agent="))
		return parse_agent(opts, token + strlen("release_agent="));
	return parse_subsys(opts, token);
}

/*
 * Parse a comma-separated list, left to right; the first error counts. `data` is changed. opts->release_agent is the caller's to free, on
 * error too. -EINVAL, -ENOENT (no such subsystem), -ENOMEM.
 */
static int parse_options(char *data, struct container_opts *opts)
{
	char *token;
	int err;

	memset(opts, 0, sizeof(*opts));
	if (data && *data) {
		while ((token = strsep(&data, ","))) {
			err = parse_token(opts, token);
			if (err)
				return err;
		}
	}
	/* A hierarchy without subsystems must say so, and have a name to be found by. */
	if (opts->none && (opts->subsys_bits || !*opts->name))
		return -EINVAL;
	return 0;
}

/* ---- finding or making the super block ---- */

/* Is this the hierarchy that the options mean? sb_lock or s_umount. */
static bool is_wanted_super(const struct super_block *sb, const struct container_opts *opts)
{
	const struct containerfs_root *root = sb->s_fs_info;
	bool same_set = READ_ONCE(root->wanted_bits) == opts->subsys_bits;

	if (!*opts->name)
		return same_set;
	/* By name alone, or by name and the very set. */
	return !strcmp(opts->name, root->name) && (same_set || (!opts->subsys_bits && !opts->none));
}

struct new_root {
	struct container_opts *opts;
	struct containerfs_root *root;		/* NULL once the super block has taken it */
};

static int container_test(struct super_block *sb, void *data)
{
	return is_wanted_super(sb, ((struct new_root *)data)->opts);
}

static int container_set_super(struct super_block *sb, void *data)
{
	struct new_root *new = data;

	sb->s_fs_info = new->root;
	new->root = NULL;
	return 0;
}

static void container_evict_inode(struct inode *inode)
{
	struct container *cont = inode->i_private;

	/* The top container belongs to its hierarchy, not to its inode. */
	if (S_ISDIR(inode->i_mode) && !container_is_top(cont))
		container_put(cont);
}

static int container_show_options(struct seq_file *m, struct dentry *root_dentry)
{
	struct containerfs_root *root = root_dentry->d_sb->s_fs_info;
	struct container_subsys *ss;
	int i;

	mutex_lock(&container_mutex);
	for_each_bound_subsys (ss, i, root->subsys_bits)
		seq_printf(m, ",%s", ss->name);
	if (root_has_agent(root)) {
		seq_puts(m, ",release_agent=");
		seq_escape(m, root->release_agent, " \t\n\\,");
	}
	if (*root->name)
		seq_printf(m, ",name=%s", root->name);
	mutex_unlock(&container_mutex);
	return 0;
}

static int container_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	int err = simple_statfs(dentry, buf);

	buf->f_type = CONTAINER_SUPER_MAGIC;
	return err;
}

static int container_remount(struct super_block *sb, int *flags, char *data);

static const struct super_operations container_super_operations = {
	.evict_inode = container_evict_inode,
	.statfs = container_statfs,
	.remount_fs = container_remount,
	.show_options = container_show_options,
};

/* Root directory and its inode of a new super block. -ENOMEM. */
static int make_root_dentry(struct super_block *sb, struct containerfs_root *root)
{
	struct inode *inode;

	sb->s_magic = CONTAINER_SUPER_MAGIC;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_op = &container_super_operations;
	inode = container_new_dir_inode(sb, &root->top_container, 0755);
	if (!inode)
		return -ENOMEM;
	sb->s_root = d_alloc_root(inode);
	if (!sb->s_root)
		return -ENOMEM;
	sb->s_root->d_fsdata = &root->top_container;
	return 0;
}

/* Complete a new super block: all or nothing. s_umount held for writing. */
static int fill_super(struct super_block *sb, struct container_opts *opts, bool cgroup_files)
{
	struct containerfs_root *root = sb->s_fs_info;
	struct inode *dir;
	int err;

	err = make_root_dentry(sb, root);
	if (err)
		return err;
	dir = sb->s_root->d_inode;
	mutex_lock(&dir->i_mutex);
	mutex_lock(&container_mutex);
	root->cgroup_files = cgroup_files;
	/* A name that exists, but with another set of subsystems (else it would have been found). */
	err = *opts->name && root_by_name(opts->name) ? -EBUSY : 0;
	if (!err && *opts->name && !opts->subsys_bits && !opts->none)
		err = -EINVAL;
	if (!err)
		err = root_activate(root, sb, opts->subsys_bits);
	if (!err)
		swap(root->release_agent, opts->release_agent);
	mutex_unlock(&container_mutex);
	mutex_unlock(&dir->i_mutex);
	return err;
}

static struct file_system_type container_fs_type;

static struct super_block *get_sb(int flags, char *data, bool cgroup_files)
{
	struct container_opts opts;
	struct new_root new = {.opts = &opts};
	struct super_block *sb = NULL;
	int err;

	err = parse_options(data, &opts);
	if (err)
		goto out_opts;
	if (!opts.given)
		parse_subsys(&opts, "all");
	err = -ENOMEM;
	new.root = root_alloc(&opts);
	if (!new.root)
		goto out_opts;
	for (;;) {
		sb = sget(&container_fs_type, container_test, container_set_super, &new);
		err = IS_ERR(sb) ? PTR_ERR(sb) : 0;
		if (err || is_wanted_super(sb, &opts))
			break;
		/* A remount changed its set while we waited for s_umount. */
		deactivate_locked_super(sb);
	}
	if (!err && !sb->s_root) {
		sb->s_flags = flags;
		err = fill_super(sb, &opts, cgroup_files);
	} else if (!err && cgroup_files) {
		err = container_add_cgroup_files(sb->s_fs_info);
	}
	if (err && !IS_ERR_OR_NULL(sb))
		deactivate_locked_super(sb);
	if (new.root)
		root_free(new.root);
out_opts:
	kfree(opts.release_agent);
	return err ? ERR_PTR(err) : sb;
}

static struct super_block *container_get_sb(struct file_system_type *type, int flags, const char *dev_name, void *data)
{
	return get_sb(flags, data, false);
}

static struct super_block *cgroup_get_sb(struct file_system_type *type, int flags, const char *dev_name, void *data)
{
	return get_sb(flags, data, true);
}

/* Nothing is mounted any more and no child container is left (each holds s_active). s_umount held for writing. */
static void container_kill_sb(struct super_block *sb)
{
	struct containerfs_root *root = sb->s_fs_info;

	mutex_lock(&container_mutex);
	/* Not so for a mount that failed half-way. */
	if (!list_empty(&root->root_list))
		root_deactivate(root);
	mutex_unlock(&container_mutex);
	kill_anon_super(sb);
	container_put(&root->top_container);
}

/* ---- remount ---- */

static int container_remount(struct super_block *sb, int *flags, char *data)
{
	struct containerfs_root *root = sb->s_fs_info;
	struct container_opts opts;
	int err;

	err = parse_options(data, &opts);
	if (!err && *opts.name && strcmp(opts.name, root->name))
		err = -EINVAL;
	/* Options that choose nothing leave the set as it is. */
	if (!err && (opts.subsys_bits || opts.none))
		err = root_rebind(root, opts.subsys_bits);
	if (err || !opts.release_agent)
		goto out_opts;
	mutex_lock(&container_mutex);
	swap(root->release_agent, opts.release_agent);
	mutex_unlock(&container_mutex);
out_opts:
	kfree(opts.release_agent);
	return err;
}

static struct file_system_type container_fs_type = {
	.name = "container",
	.get_sb = container_get_sb,
	.kill_sb = container_kill_sb,
};

/* The same hierarchies for programs that were written for Linux: the super blocks belong to the type above. */
static struct file_system_type cgroup_fs_type = {
	.name = "cgroup",
	.get_sb = cgroup_get_sb,
	.kill_sb = container_kill_sb,
};

DEFINE_FILESYSTEM(container_fs_type);
DEFINE_FILESYSTEM(cgroup_fs_type);
