// SPDX-License-Identifier: GPL-2.0-only
/*
 * What small file systems have in common: directories that are nothing but their pinned dentries,
 * and the defaults of operations.
 *
 * Start with simple_dir_operations. A directory's position is the d_off of the next entry: 0 is
 * ".", 1 is "..".
 */
#include "fs/internal.h"

static ino_t parent_ino(struct dentry *dentry)
{
	struct dentry *parent = dget_parent(dentry);
	ino_t ino = parent->d_inode->i_ino;

	dput(parent);
	return ino;
}

static bool is_at_or_behind(const struct dentry *child, const void *pos)
{
	return child->d_off >= *(const u64 *)pos && child->d_inode && !d_unlinked(child);
}

/* The first child at or behind `pos` that has a name to show, referenced; NULL: none. */
static struct dentry *next_child(struct dentry *dir, u64 pos)
{
	return d_find_child(dir, is_at_or_behind, &pos);
}

/* "." and ".."; false: no room. */
bool dir_emit_dots(struct file *file, struct dir_context *ctx)
{
	struct dentry *dentry = file->f_path.dentry;

	if (ctx->pos == 0) {
		if (!ctx->actor(ctx, ".", 1, 0, dentry->d_inode->i_ino, mode_to_dt(S_IFDIR)))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		if (!ctx->actor(ctx, "..", 2, 1, parent_ino(dentry), mode_to_dt(S_IFDIR)))
			return false;
		ctx->pos = 2;
	}
	return true;
}

static int simple_iterate(struct file *file, struct dir_context *ctx)
{
	struct dentry *dir = file->f_path.dentry, *child;
	bool room = dir_emit_dots(file, ctx);

	while (room && (child = next_child(dir, (u64)ctx->pos))) {
		struct inode *inode = child->d_inode;

		room = ctx->actor(ctx, child->d_name.name, child->d_name.len, (loff_t)child->d_off,
				  inode->i_ino, mode_to_dt(inode->i_mode));
		if (room)
			ctx->pos = (loff_t)child->d_off + 1;
		dput(child);
	}
	return 0;
}

/* There is nowhere to write to: all is where it will stay. */
int simple_fsync(struct file *file)
{
	return 0;
}

const struct file_operations simple_dir_operations = {
	.iterate = simple_iterate,
	.fsync = simple_fsync,
};

const struct inode_operations simple_dir_inode_operations = {0};

bool simple_empty(struct dentry *dentry)
{
	struct dentry *child = next_child(dentry, 2);

	dput(child);
	return !child;
}

int simple_statfs(struct dentry *root, struct kstatfs *buf)
{
	buf->f_type = (long)root->d_sb->s_magic;
	buf->f_bsize = buf->f_frsize = root->d_sb->s_blocksize;
	buf->f_namelen = NAME_MAX;
	return 0;
}
