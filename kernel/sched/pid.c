// SPDX-License-Identifier: GPL-2.0-only
/*
 * Process ids: which numbers are in use, and which task has one.
 *
 * A number is in use as long as anything goes by it: the task itself, but also a process group or a
 * session whose leader is gone. So every number has a count; it can be given out again when that is
 * 0. The counts lie in pieces that are made when their range is first used.
 */
#include "kernel/sched/sched.h"
#include "kernel/debug/debug.h"

/* after the first round, numbers below are left to those who have had them since boot */
#define RESERVED_PIDS 300
#define COUNTS_EACH   1024	/* numbers in one piece of counts */

DEFINE_RWLOCK(tasklist_lock);

static struct hlist_head *pid_hash;			/* tasklist_lock to write, RCU to read */
static unsigned int pid_hash_mask;
static struct kmem_cache *counts_cache;
static DEFINE_SPINLOCK(pid_lock);
/* in use; set under pid_lock, cleared atomically */
static DECLARE_BITMAP(pid_map, PID_MAX);
static pid_t last_pid;					/* pid_lock */
/* set once under pid_lock; the counts are atomic */
static u16 *pid_counts[PID_MAX / COUNTS_EACH];

/* A bucket for each number where there is memory for that: numbers are given out in order, so they spread by themselves. */
void pid_init(void)
{
	unsigned long size = roundup_pow_of_two(clamp(total_ram_pages() / 16, 1024UL, (unsigned long)PID_MAX));

	pid_hash = kcalloc(size, sizeof(*pid_hash), GFP_KERNEL);
	counts_cache = kmem_cache_create("pid_counts", COUNTS_EACH * sizeof(u16), 8, NULL);
	if (!pid_hash || !counts_cache)
		panic("no memory for the table of pids");
	pid_hash_mask = (unsigned int)size - 1;
}

static struct hlist_head *bucket(pid_t pid)
{
	return &pid_hash[(unsigned int)pid & pid_hash_mask];
}

static u16 *count_of(pid_t pid)
{
	return &pid_counts[pid / COUNTS_EACH][pid % COUNTS_EACH];
}

/* Be sure that the counts of pid's range are there. May sleep. */
static int make_counts(pid_t pid)
{
	u16 **slot = &pid_counts[pid / COUNTS_EACH], *fresh;

	if (READ_ONCE(*slot))
		return 0;
	fresh = kmem_cache_alloc(counts_cache, GFP_KERNEL | __GFP_ZERO);
	if (!fresh)
		return -ENOMEM;
	if (cmpxchg(slot, NULL, fresh) != NULL)
		kmem_cache_free(counts_cache, fresh);
	return 0;
}

pid_t pid_alloc(void)
{
	unsigned long flags;
	pid_t pid;

	spin_lock_irqsave(&pid_lock, flags);
	pid = find_next_zero_bit(pid_map, PID_MAX, last_pid + 1);
	if (pid >= PID_MAX)
		pid = find_next_zero_bit(pid_map, PID_MAX, RESERVED_PIDS);
	if (pid < PID_MAX) {
		set_bit(pid, pid_map);
		last_pid = pid;
	}
	spin_unlock_irqrestore(&pid_lock, flags);
	if (pid >= PID_MAX)
		return -EAGAIN;
	if (make_counts(pid)) {
		clear_bit(pid, pid_map);
		return -ENOMEM;
	}
	__atomic_store_n(count_of(pid), 1, __ATOMIC_RELAXED);
	return pid;
}

pid_t pid_last(void)
{
	return READ_ONCE(last_pid);
}

void pid_hold(pid_t pid)
{
	if (pid)
		__atomic_fetch_add(count_of(pid), 1, __ATOMIC_RELAXED);
}

void pid_free(pid_t pid)
{
	if (pid && __atomic_sub_fetch(count_of(pid), 1, __ATOMIC_ACQ_REL) == 0)
		clear_bit(pid, pid_map);
}

void pid_attach(struct task_struct *p)
{
	hlist_add_head_rcu(&p->pid_link, bucket(p->pid));
}

void pid_detach(struct task_struct *p)
{
	hlist_del_init_rcu(&p->pid_link);
}

struct task_struct *find_task_by_pid(pid_t pid)
{
	struct task_struct *p;

	hlist_for_each_entry_rcu(p, bucket(pid), pid_link)
		if (p->pid == pid)
			return p;
	return NULL;
}

struct task_struct *peek_task_by_pid(pid_t pid)
{
	struct hlist_node *node = pid_hash ? READ_ONCE(bucket(pid)->first) : NULL;
	unsigned int n;

	for (n = 0; node && n < PID_MAX; n++, node = node->next) {
		struct task_struct *p = container_of(node, struct task_struct, pid_link);

		if (p->pid == pid)
			return p;
	}
	return NULL;
}

struct task_struct *find_get_task_by_pid(pid_t pid)
{
	struct task_struct *p;

	rcu_read_lock();
	p = find_task_by_pid(pid);
	if (p && !refcount_inc_not_zero(&p->usage))
		p = NULL;
	rcu_read_unlock();
	return p;
}

static struct task_struct *next_task_from(pid_t pid, bool leaders)
{
	struct task_struct *p;

	for (pid = max(pid, 1); pid < PID_MAX; pid++) {
		pid = find_next_bit(pid_map, PID_MAX, pid);
		if (pid >= PID_MAX)
			break;
		p = find_get_task_by_pid(pid);
		if (!p)
			continue;
		if (!leaders || thread_group_leader(p))
			return p;
		put_task_struct(p);
	}
	return NULL;
}

struct task_struct *next_tgid(pid_t pid)
{
	return next_task_from(pid, true);
}

struct task_struct *next_pid(pid_t pid)
{
	return next_task_from(pid, false);
}
