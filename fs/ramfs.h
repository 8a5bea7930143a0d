/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of ramfs that devfs is made of. */
#pragma once

#include "fs/fs.h"

struct inode *ramfs_get_inode(struct super_block *sb, const struct inode *dir, umode_t mode,
			      dev_t rdev);
int ramfs_fill_root(struct super_block *sb, umode_t mode);
void ramfs_evict_inode(struct inode *inode);
extern const struct inode_operations ramfs_dir_inode_operations;
extern const struct file_operations ramfs_file_operations;
extern const struct super_operations ramfs_super_operations;
