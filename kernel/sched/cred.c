// SPDX-License-Identifier: GPL-2.0-only
/*
 * Credentials: immutable once in use, shared by reference, replaced as a whole. The header has the
 * rules.
 */
#include "kernel/sched/sched.h"

static struct group_info init_groups = {.usage = REFCOUNT_INIT(2)};
struct cred init_cred = {
	.usage = REFCOUNT_INIT(2),	/* init_task's, and one that is never dropped */
	.group_info = &init_groups,
};

struct group_info *groups_alloc(unsigned int n)
{
	struct group_info *gi = kmalloc(sizeof(*gi) + n * sizeof(gid_t), GFP_KERNEL);

	if (gi) {
		refcount_set(&gi->usage, 1);
		gi->ngroups = n;
	}
	return gi;
}

void put_group_info(struct group_info *gi)
{
	if (refcount_dec_and_test(&gi->usage))
		kfree(gi);
}

struct cred *prepare_creds(void)
{
	struct cred *c = kmalloc(sizeof(*c), GFP_KERNEL);

	if (c) {
		/* But for the count, which others change, nobody writes to credentials in use. */
		data_race(memcpy(c, current->cred, sizeof(*c)));
		refcount_set(&c->usage, 1);
		refcount_inc(&c->group_info->usage);
	}
	return c;
}

const struct cred *get_cred(const struct cred *cred)
{
	refcount_inc(&((struct cred *)cred)->usage);
	return cred;
}

static void free_cred_rcu(struct rcu_head *head)
{
	struct cred *c = container_of(head, struct cred, rcu);

	put_group_info(c->group_info);
	kfree(c);
}

void put_cred(const struct cred *cred)
{
	struct cred *c = (struct cred *)cred;

	if (refcount_dec_and_test(&c->usage))
		call_rcu(&c->rcu, free_cred_rcu);
}

bool task_belongs_to(struct task_struct *p, uid_t uid, gid_t gid)
{
	const struct cred *c;
	bool belongs;

	rcu_read_lock();
	c = rcu_dereference(p->cred);
	belongs = c->uid == uid && c->euid == uid && c->suid == uid && c->gid == gid && c->egid == gid && c->sgid == gid;
	rcu_read_unlock();
	return belongs;
}

void commit_creds(struct cred *new_cred)
{
	const struct cred *old = current->cred;

	/*
	 * Its memory may hold what only the old identity may know: so before anyone sees the new
	 * one. And the parent's death is no longer told by a signal that the old one chose.
	 */
	if (old->euid != new_cred->euid || old->egid != new_cred->egid ||
	    old->fsuid != new_cred->fsuid || old->fsgid != new_cred->fsgid) {
		if (current->mm)
			WRITE_ONCE(current->mm->dumpable, false);
		current->pdeath_signal = 0;
	}
	rcu_assign_pointer(current->cred, new_cred);
	put_cred(old);
}

const struct cred *get_task_cred(struct task_struct *p)
{
	const struct cred *c;

	rcu_read_lock();
	do {
		c = rcu_dereference(p->cred);
	} while (!refcount_inc_not_zero(&((struct cred *)c)->usage));
	rcu_read_unlock();
	return c;
}

bool in_group_p(gid_t gid)
{
	const struct cred *c = current_cred();
	unsigned int low = 0, high = c->group_info->ngroups;

	if (gid == c->fsgid)
		return true;
	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (c->group_info->gid[mid] == gid)
			return true;
		if (c->group_info->gid[mid] < gid)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* Power over files: it goes with the uid that files are opened by. */
#define CAP_FS_MASK                                                                                \
	(1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_FOWNER | \
	 1ULL << CAP_FSETID | 1ULL << CAP_LINUX_IMMUTABLE | 1ULL << CAP_MKNOD | 1ULL << CAP_MAC_OVERRIDE)

bool capable(int cap)
{
	return (CAP_FS_MASK & 1ULL << cap ? current_fsuid() : current_euid()) == 0;
}

u64 cap_effective(const struct cred *c)
{
	return (c->euid ? 0 : CAP_ALL & ~CAP_FS_MASK) | (c->fsuid ? 0 : CAP_FS_MASK);
}

u64 cap_permitted(const struct cred *c)
{
	return c->uid && c->euid && c->suid ? 0 : CAP_ALL;
}
