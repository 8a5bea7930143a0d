/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who pays for memory: pages are charged to groups of tasks, which may have limits (charge.c).
 *
 * A group is the memory controller's container as kernel/mm sees it. A page that a task is the
 * first to touch, and kernel memory that exists for the task's sake, counts in the task's group and
 * in all groups above it, until it is freed: what a page is charged to never changes with the
 * tasks that use it. The top group counts nothing and refuses nothing, so where there is no other
 * group all this costs one comparison.
 *
 * Start with charge_page() and struct mem_group.
 */
#pragma once

#include "kernel/mm/mm.h"

/* What is charged; pages of a kind are shown by memory.stat. */
enum charge_kind {
	CHARGE_ANON,		/* pages that a program has for itself */
	CHARGE_CACHE,		/* page cache of files */
	CHARGE_SHMEM,		/* shared anonymous memory */
	CHARGE_STACK,		/* kernel stacks */
	CHARGE_TABLE,		/* page tables of programs */
	CHARGE_PIPE,		/* pipe buffers */
	NR_CHARGE_KINDS,
};

/*
 * Lives as long as its container, its child groups, pages that are charged to it or below it, or
 * a task that waits for room in it. Memory goes after a grace period.
 */
struct mem_group {
	/* ---- immutable ---- */
	struct mem_group *parent;	/* held; NULL: the top group */

	/* ---- atomic ---- */
	/* Pages here and below, times GROUP_PAGE, plus holders. At 0 it is released. */
	atomic_long_t usage;
	atomic_long_t max_usage;	/* pages, since it was reset */
	atomic_long_t failcnt;		/* charges that this group's limit has stopped */
	atomic_long_t pages[NR_CHARGE_KINDS];	/* charged to this very group */
	atomic_long_t uncharged;	/* pages of programs and files that were given back, ever */
	atomic_long_t oom_kills;	/* processes of this very group killed for lack of memory */

	/* ---- read plainly; written by mem_group_set_limit() and the controller ---- */
	long limit;			/* pages; MEM_GROUP_UNLIMITED */
	bool oom_kill_disable;		/* over the limit a fault waits, nobody is killed */

	wait_queue_head_t room;		/* page faults that the limit has stopped */
	u64 last_kill;			/* ns; oom_lock in kernel/task/oom.c */

	/* ---- mem_group_lock ---- */
	struct list_head sibling;	/* in parent->children */
	struct list_head children;
	long uncharged_below;		/* `uncharged` of the groups below that are gone */

	struct rcu_head rcu;
};
#define GROUP_SHIFT	    24
#define GROUP_PAGE	    (1L << GROUP_SHIFT)
#define MEM_GROUP_UNLIMITED (__LONG_MAX__ / (long)PAGE_SIZE)

extern struct mem_group top_mem_group;
extern unsigned int nr_mem_groups;	/* beside the top one; mem_group_lock to write */

/* ---- charging ---- */

/*
 * Charge n pages to the group of current, and those above. The group; NULL: nobody pays;
 * ERR_PTR(-ENOMEM): a limit would be exceeded, and current->over_limit is set. A task that is being
 * killed may exceed it, so that it can leave. Does not sleep. Not in interrupts.
 */
struct mem_group *charge_current_group(enum charge_kind kind, long n);
static inline struct mem_group *charge_current(enum charge_kind kind, long n)
{
	return likely(!READ_ONCE(nr_mem_groups)) ? NULL : charge_current_group(kind, n);
}
/* Give back what charge_current() returned. Any context but NMI. */
void uncharge_group(struct mem_group *g, enum charge_kind kind, long n);
static inline void uncharge(struct mem_group *g, enum charge_kind kind, long n)
{
	if (unlikely(g))
		uncharge_group(g, kind, n);
}

/* A page's flags: PG_CHARGED, and the kind above it. Whoever owns the page sets and clears them. */
#define PG_KIND_SHIFT 16
bool charge_page_current(struct page *page, enum charge_kind kind);
/*
 * Current is the first to use this page, which nobody else can see yet. false: a limit forbids it,
 * and the page has been put. It is uncharged when its last reference goes. Does not sleep.
 */
static inline bool charge_page(struct page *page, enum charge_kind kind)
{
	if (likely(!READ_ONCE(nr_mem_groups)) || charge_page_current(page, kind))
		return true;
	put_page(page);
	return false;
}
/* The page is charged, and from now on nobody pays for it. By its owner; any context but NMI. */
void uncharge_page(struct page *page);
/* The same for a page table, charged or not. */
static inline void uncharge_table(void *table)
{
	if (virt_to_page(table)->flags & PG_CHARGED)
		uncharge_page(virt_to_page(table));
}
/*
 * `to` takes the place of `from`, as its copy: the charge goes along. Both are the caller's alone,
 * or he holds the lock under which others find them; `to` is not charged.
 */
static inline void charge_transfer(struct page *from, struct page *to)
{
	const unsigned int charged = PG_CHARGED | ~0U << PG_KIND_SHIFT;

	to->charge = from->charge;
	to->flags |= from->flags & charged;
	from->flags &= ~charged;
}

/* ---- groups; for the memory controller and the out-of-memory killer ---- */

/* Held for its container. NULL: no memory. May sleep. */
struct mem_group *mem_group_create(struct mem_group *parent);
/* Any context but NMI. */
void mem_group_put(struct mem_group *g);
/* Is g `above`, or below it? RCU. */
bool mem_group_is_below(const struct mem_group *g, const struct mem_group *above);
/* Pages here and below; the top group's are those of the machine. */
long mem_group_usage(const struct mem_group *g);
static inline bool mem_group_has_room(const struct mem_group *g)
{
	return mem_group_usage(g) < READ_ONCE(g->limit);
}
/* The first group from that of current upward that takes no more pages, held; NULL: none. */
struct mem_group *mem_group_full(void);
/*
 * -EBUSY: there are more pages than that; the limit is as it was. One caller at a time for each
 * group.
 */
int mem_group_set_limit(struct mem_group *g, long pages);
/* Let those who wait for room look again. Any context but NMI. */
void mem_group_wake(struct mem_group *g);

struct mem_group_stat {
	long pages[NR_CHARGE_KINDS];
	long mapped;		/* of CHARGE_CACHE and CHARGE_SHMEM: mapped by programs */
	long uncharged;		/* as in struct mem_group */
};
/* What is charged to g itself, and with all groups below. May sleep. */
void mem_group_stat(struct mem_group *g, struct mem_group_stat *own, struct mem_group_stat *total);

/* ---- upcalls: containers/controllers/memory.c, if it is there ---- */
/* The group that pays for what p touches: the top one's if nobody does. RCU. */
struct mem_group *task_mem_group(struct task_struct *p);
/* The path of its container, of those that current is in; "?" if it does not fit. */
void mem_group_path(const struct mem_group *g, char *buf, int buflen);
