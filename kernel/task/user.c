// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many tasks each user has, for RLIMIT_NPROC. An entry exists while its count is above 0. The
 * superuser is not counted: the limit does not bind it.
 */
#include "kernel/task/internal.h"

#define UID_HASH_BITS 5

struct uid_count {
	struct hlist_node node;
	uid_t uid;
	unsigned int tasks;
};
static struct hlist_head uid_hash[1 << UID_HASH_BITS];
static DEFINE_SPINLOCK(uid_lock);	/* uid_hash and the counts */

static struct uid_count *find(uid_t uid)
{
	struct uid_count *u;

	hlist_for_each_entry(u, &uid_hash[hash_long(uid, UID_HASH_BITS)], node)
		if (u->uid == uid)
			return u;
	return NULL;
}

int nproc_charge(uid_t uid, u64 limit)
{
	struct uid_count *u;
	int err = 0;

	if (!uid)
		return 0;
	spin_lock(&uid_lock);
	u = find(uid);
	if (!u) {
		u = kmalloc(sizeof(*u), GFP_ATOMIC);
		if (u) {
			u->uid = uid;
			u->tasks = 0;
			hlist_add_head(&u->node, &uid_hash[hash_long(uid, UID_HASH_BITS)]);
		}
	}
	if (!u) {
		err = -ENOMEM;
	} else if (u->tasks >= limit && u->tasks) {
		err = -EAGAIN;
	} else {
		u->tasks++;
	}
	spin_unlock(&uid_lock);
	return err;
}

void nproc_uncharge(uid_t uid)
{
	struct uid_count *u;

	if (!uid)
		return;
	spin_lock(&uid_lock);
	u = find(uid);
	if (u && !--u->tasks) {
		hlist_del(&u->node);
		kfree(u);
	}
	spin_unlock(&uid_lock);
}

bool nproc_exceeds(uid_t uid, u64 limit)
{
	const struct uid_count *u;
	bool exceeds;

	if (!uid)
		return false;
	spin_lock(&uid_lock);
	u = find(uid);
	exceeds = u && u->tasks > limit;
	spin_unlock(&uid_lock);
	return exceeds;
}
