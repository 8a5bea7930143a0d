/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of procfs share. */
#pragma once

#include "fs/internal.h"

enum proc_kind {
	PROC_ROOT,
	PROC_STATIC,		/* a line of the table */
	PROC_SELF,		/* the symlinks of the root */
	PROC_THREAD_SELF,
	PROC_MOUNTS,
	PROC_PID,		/* the directory of a process, or of a thread below task/ */
	PROC_PID_ENTRY,		/* a line of the PID table: file or magic link */
	PROC_FD_DIR,
	PROC_FD,		/* fd/N */
	PROC_TASK_DIR,		/* the threads */
};

/* inode->i_private. Immutable but for the last two; task is referenced, NULL for what belongs to none. */
struct proc_node {
	enum proc_kind kind;
	unsigned int fd;
	struct task_struct *task;
	const struct proc_pid_file *entry;
	const struct proc_file *file;
	struct list_head kept;		/* keep.c: a directory that is kept; keep_lock */
	unsigned int nr_kept;		/* with its entries */
};

static inline struct proc_node *proc_node(const struct inode *inode)
{
	return inode->i_private;
}

/* Most names differ in their first letter. */
static inline bool proc_name_is(const struct qstr *name, const char *fixed)
{
	return *name->name == *fixed && !strcmp(name->name, fixed);
}

/* A new inode; takes its own reference of task. NULL: no memory. */
struct inode *proc_inode(struct super_block *sb, enum proc_kind kind, umode_t mode,
			 struct task_struct *task);
/* Finish a lookup: takes over inode; -ENOMEM if it is NULL. */
int proc_add(struct dentry *dentry, struct inode *inode);
/* a decimal number without leading zeroes */
bool proc_number(const struct qstr *name, unsigned int *n);

/* ---- keep.c: a lookup has just added this; have it stay. The directory's i_mutex is held. */
void proc_keep_dir(struct dentry *dir);		/* PROC_PID below the root */
void proc_keep_entry(struct dentry *entry);	/* what is in one */

extern const struct inode_operations proc_pid_dir_inode_operations;
extern const struct file_operations proc_pid_dir_operations;
struct inode *proc_pid_inode(struct super_block *sb, struct task_struct *p);
