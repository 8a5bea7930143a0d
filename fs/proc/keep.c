// SPDX-License-Identifier: GPL-2.0-only
/*
 * What procfs keeps in the dcache: the directories of tasks into which somebody has looked, with those of
 * their entries that were looked for. A program that reads its own /proc/self/... again and again makes
 * no dentries and inodes, then.
 *
 * Promises: what is kept of a task goes when the task is released, so its number never leads to what
 * was there before; nothing is kept for longer than for the time it takes others to be looked at, since
 * there is a limit, and the directory that was kept first goes first. A task that nobody looks at pays
 * for a test of its proc_dentry when it is released. d_revalidate works as for what is not kept:
 * it sees a change of owner.
 *
 * A kept dentry is a pinned one. The directory's inode holds the task, and the task's proc_dentry the
 * directory: release_task() cuts that. Start with proc_keep_dir().
 */
#include "fs/proc/internal.h"

/* kept_dirs, nr_kept, proc_node.kept, task_struct.proc_dentry to write; outside d_lock */
static DEFINE_SPINLOCK(keep_lock);
static LIST_HEAD(kept_dirs);		/* proc_node.kept, oldest first */
static unsigned int nr_kept;		/* dentries */

/* About a thousandth of memory. */
static unsigned int max_kept(void)
{
	return (unsigned int)clamp(total_ram_pages() / 128, 64UL, 4096UL);
}

/* keep_lock held: p's directory becomes the caller's to drop. */
static struct dentry *take_dir(struct task_struct *p)
{
	struct dentry *dir = p->proc_dentry;
	struct proc_node *node = proc_node(dir->d_inode);

	p->proc_dentry = NULL;
	list_del(&node->kept);
	nr_kept -= node->nr_kept;
	node->nr_kept = 0;
	return dir;
}

static bool is_pinned(const struct dentry *dentry, const void *unused)
{
	return dentry->d_flags & DCACHE_PINNED;
}

/* Nobody pins entries of a directory that has been taken. The names stay as long as they are used. */
static void drop_dir(struct dentry *dir)
{
	struct dentry *entry;

	while ((entry = d_find_child(dir, is_pinned, NULL))) {
		d_unpin(entry);
		dput(entry);
	}
	d_unpin(dir);
}

/* The oldest go while there are more than `limit`. */
static void trim(unsigned int limit)
{
	struct proc_node *oldest;
	struct dentry *dir;

	do {
		dir = NULL;
		spin_lock(&keep_lock);
		oldest = list_first_entry_or_null(&kept_dirs, struct proc_node, kept);
		if (oldest && nr_kept > limit)
			dir = take_dir(oldest->task);
		spin_unlock(&keep_lock);
		if (dir)
			drop_dir(dir);
	} while (dir);
}

void proc_keep_dir(struct dentry *dir)
{
	struct proc_node *node = proc_node(dir->d_inode);
	struct task_struct *p = node->task;

	spin_lock(&keep_lock);
	if (!p->proc_dentry) {
		d_pin(dir);
		list_add_tail(&node->kept, &kept_dirs);
		node->nr_kept = 1;
		nr_kept++;
		WRITE_ONCE(p->proc_dentry, dir);
	}
	spin_unlock(&keep_lock);
	/* release_task() clears sighand, then looks at proc_dentry: one of the two sees the other. */
	smp_mb();
	if (!READ_ONCE(p->sighand))
		proc_flush_task(p);
	trim(max_kept());
}

void proc_keep_entry(struct dentry *entry)
{
	struct proc_node *node = proc_node(entry->d_parent->d_inode);

	spin_lock(&keep_lock);
	/* Not in a directory that is not kept: it would hold that for ever. */
	if (node->task->proc_dentry == entry->d_parent) {
		d_pin(entry);
		node->nr_kept++;
		nr_kept++;
	}
	spin_unlock(&keep_lock);
}

void proc_flush_task(struct task_struct *p)
{
	struct dentry *dir = NULL;
	struct super_block *sb;

	spin_lock(&keep_lock);
	/* If the file system is being taken down, that does it (proc_kill_super). */
	if (p->proc_dentry && atomic_inc_super(p->proc_dentry->d_sb))
		dir = take_dir(p);
	spin_unlock(&keep_lock);
	if (!dir)
		return;
	sb = dir->d_sb;
	d_drop(dir);
	drop_dir(dir);
	deactivate_super(sb);
}

void proc_flush_all(void)
{
	trim(0);
}
