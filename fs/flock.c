// SPDX-License-Identifier: GPL-2.0-only
/*
 * flock(2): locks of whole files that only those who ask for them heed.
 *
 * An open file has the lock, not a process: descriptors that dup() and fork() make share it, and it goes with the last of them. What is
 * locked is the inode. The state of a lock stands in the struct file, so that taking one needs no memory.
 *
 * To change the kind of a lock is to drop it and to take another: somebody else may come between, and with LOCK_NB both are gone then
 * (the man page says so, and Linux does it). Nobody looks for circles of waiters; a signal ends a wait.
 *
 * Start with flock_file().
 */
#include "fs/internal.h"
#include "kernel/lib/hash.h"
#include "kernel/lib/init.h"

#define FLOCK_HASH_BITS 5

/* The locked files of some inodes, and who waits for one of them: all look again when any is unlocked. */
static struct flock_bucket {
	spinlock_t lock;
	struct hlist_head files;	/* struct file.f_flock_node; lock */
	wait_queue_head_t wait;
} buckets[1 << FLOCK_HASH_BITS];

static struct flock_bucket *bucket_of(const struct file *file)
{
	return &buckets[hash_ptr(file->f_inode, FLOCK_HASH_BITS)];
}

/* Does another open file's lock keep this one from a lock of this kind? b->lock held. */
static bool conflicts(const struct flock_bucket *b, const struct file *file, int kind)
{
	const struct file *other;

	hlist_for_each_entry(other, &b->files, f_flock_node)
		if (other != file && other->f_inode == file->f_inode && (kind == LOCK_EX || other->f_flock == LOCK_EX))
			return true;
	return false;
}

/* What the file had is gone; LOCK_SH, LOCK_EX: it has that if nobody is in the way. false: somebody is. */
static bool change_lock(struct file *file, int kind)
{
	struct flock_bucket *b = bucket_of(file);
	bool dropped = false, done = true;

	spin_lock(&b->lock);
	if (file->f_flock != kind) {
		dropped = file->f_flock != LOCK_UN;
		if (dropped)
			hlist_del(&file->f_flock_node);
		done = kind == LOCK_UN || !conflicts(b, file, kind);
		file->f_flock = done ? kind : LOCK_UN;
		if (file->f_flock != LOCK_UN)
			hlist_add_head(&file->f_flock_node, &b->files);
	}
	spin_unlock(&b->lock);
	if (dropped)
		wake_up_interruptible_all(&b->wait);
	return done;
}

int flock_file(struct file *file, int kind, bool wait)
{
	if (change_lock(file, kind))
		return 0;
	/* Who unlocks does it before it wakes, and who waits is queued before it looks: nothing is missed. */
	return wait ? wait_event_interruptible(bucket_of(file)->wait, change_lock(file, kind)) : -EAGAIN;
}

/* No descriptor is left, so nobody else can change f_flock. */
void flock_release(struct file *file)
{
	if (unlikely(file->f_flock != LOCK_UN))
		change_lock(file, LOCK_UN);
}

static int flock_init(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(buckets); i++) {
		spin_lock_init(&buckets[i].lock);
		init_waitqueue_head(&buckets[i].wait);
	}
	return 0;
}
INITCALL(flock_init);
