// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who pays for memory. charge.h says what is charged; here it is counted, with atomic additions
 * and no lock.
 *
 * A charge adds to each group from the task's own upward and then compares with the limit; over
 * one, it takes back what it has added. The sum is in `usage` before the limit is looked at, and
 * mem_group_set_limit() writes the limit before it looks at the sum: one of the two sees the other,
 * so a new limit is never exceeded by a charge that did not know it. The price: while a charge that
 * will fail is on its way up, another that would just have fitted may fail too.
 *
 * How long a group lives. The pages of `usage` and the holders (its container, its children,
 * waiters) are in one word, so that "the last page goes" and "the container goes" are the same
 * event, whoever comes last: the word becomes 0 once. A container can therefore be removed while
 * pages are charged to it. They stay counted in the groups above, and the group stays until they
 * are freed.
 *
 * Whose group. task_mem_group() finds it under RCU, and nothing here sleeps before the charge is in
 * `usage`: if the task is moved and its old container removed meanwhile, that container's hold on
 * the group is dropped after a grace period, that is after the charge, which then holds it itself.
 * From there on the charge belongs to the page (or to whoever got it from charge_current()):
 * neither a move nor an exit has to look at it.
 */
#include "kernel/mm/charge.h"
#include "kernel/mm/internal.h"
#include "kernel/sched/sched.h"
#include "kernel/debug/debug.h"

#define MAPPED_CHUNK 4096	/* page frames that count_mapped() looks at before others may run */

struct mem_group top_mem_group = {
	.usage = ATOMIC_INIT(1),
	.limit = MEM_GROUP_UNLIMITED,
	.room = __WAIT_QUEUE_HEAD_INITIALIZER(top_mem_group.room),
	.sibling = LIST_HEAD_INIT(top_mem_group.sibling),
	.children = LIST_HEAD_INIT(top_mem_group.children),
};
unsigned int nr_mem_groups;

static DEFINE_SPINLOCK(mem_group_lock);		/* the tree of groups; interrupts off */
static struct kmem_cache *mem_group_cachep;

/* Without a memory controller all tasks are in the top group. */
struct mem_group *__weak task_mem_group(struct task_struct *p)
{
	return &top_mem_group;
}

void __weak mem_group_path(const struct mem_group *g, char *buf, int buflen)
{
	strscpy(buf, "?", buflen);
}

void charge_init(void)
{
	mem_group_cachep = kmem_cache_create("mem_group", sizeof(struct mem_group), 64, NULL);
	if (!mem_group_cachep)
		panic("no memory left at boot");
}

/* ---- the life of a group ---- */

struct mem_group *mem_group_create(struct mem_group *parent)
{
	struct mem_group *g = kmem_cache_alloc(mem_group_cachep, GFP_KERNEL | __GFP_ZERO);

	if (!g)
		return NULL;
	g->parent = parent;
	atomic_long_inc(&parent->usage);
	atomic_long_set(&g->usage, 1);
	g->limit = MEM_GROUP_UNLIMITED;
	g->oom_kill_disable = READ_ONCE(parent->oom_kill_disable);
	init_waitqueue_head(&g->room);
	INIT_LIST_HEAD(&g->children);
	spin_lock_irq(&mem_group_lock);
	list_add_tail(&g->sibling, &parent->children);
	WRITE_ONCE(nr_mem_groups, nr_mem_groups + 1);
	spin_unlock_irq(&mem_group_lock);
	return g;
}

/* `usage` has become 0: no pages, no holders, so no children either. Its parent may be the next. */
static noinline void release_group(struct mem_group *g)
{
	struct mem_group *parent;
	unsigned long flags;

	do {
		parent = g->parent;
		spin_lock_irqsave(&mem_group_lock, flags);
		list_del(&g->sibling);
		parent->uncharged_below += atomic_long_read(&g->uncharged) + g->uncharged_below;
		WRITE_ONCE(nr_mem_groups, nr_mem_groups - 1);
		spin_unlock_irqrestore(&mem_group_lock, flags);
		kfree_rcu(g, rcu);
		g = parent;
	} while (!atomic_long_sub_return(1, &g->usage));
}

void mem_group_put(struct mem_group *g)
{
	if (!atomic_long_sub_return(1, &g->usage))
		release_group(g);
}

bool mem_group_is_below(const struct mem_group *g, const struct mem_group *above)
{
	for (; g; g = g->parent)
		if (g == above)
			return true;
	return false;
}

/* ---- charge and uncharge ---- */

static long word_pages(long word)
{
	return word >> GROUP_SHIFT;
}

static void note_usage(struct mem_group *g, long pages)
{
	long most = atomic_long_read(&g->max_usage), seen;

	for (; unlikely(pages > most); most = seen) {
		seen = atomic_long_cmpxchg(&g->max_usage, most, pages);
		if (seen == most)
			break;
	}
}

/*
 * Take n pages from the groups between `from` and `to`, the latter left out. RCU: a group may be
 * released as soon as its pages are gone from it, by us or by another, but its memory stays until
 * we are through.
 */
static void sub_pages(struct mem_group *from, const struct mem_group *to, long n)
{
	struct mem_group *g, *parent;

	for (g = from; g != to; g = parent) {
		long left = atomic_long_sub_return(n * GROUP_PAGE, &g->usage);

		parent = g->parent;
		if (unlikely(!left))
			release_group(g);
		else
			mem_group_wake(g);
	}
}

/*
 * Add n pages from g upward. false: a limit stops that, and nothing has been added (but max_usage
 * below that limit may have seen it).
 */
static bool try_charge(struct mem_group *g, long n)
{
	for (struct mem_group *p = g; p->parent; p = p->parent) {
		long pages = word_pages(atomic_long_add_return(n * GROUP_PAGE, &p->usage));

		if (unlikely(pages > READ_ONCE(p->limit))) {
			atomic_long_inc(&p->failcnt);
			sub_pages(g, p->parent, n);
			return false;
		}
		note_usage(p, pages);
	}
	return true;
}

static void force_charge(struct mem_group *g, long n)
{
	for (; g->parent; g = g->parent)
		note_usage(g, word_pages(atomic_long_add_return(n * GROUP_PAGE, &g->usage)));
}

/*
 * A task that is being killed needs memory to die, and pid 1 may not be killed for want of some.
 */
static bool may_exceed_limits(void)
{
	return (current->flags & PF_EXITING) || fatal_signal_pending(current) || current->tgid == 1;
}

/* false: a limit forbids it, and current->over_limit is set. */
static bool charge_group(struct mem_group *g, enum charge_kind kind, long n)
{
	if (unlikely(!try_charge(g, n))) {
		if (!may_exceed_limits()) {
			current->over_limit = true;
			return false;
		}
		force_charge(g, n);
	}
	atomic_long_add(n, &g->pages[kind]);
	return true;
}

struct mem_group *charge_current_group(enum charge_kind kind, long n)
{
	struct mem_group *g = task_mem_group(current);

	if (!g->parent)
		return NULL;
	return charge_group(g, kind, n) ? g : ERR_PTR(-ENOMEM);
}

void uncharge_group(struct mem_group *g, enum charge_kind kind, long n)
{
	atomic_long_sub(n, &g->pages[kind]);
	if (kind <= CHARGE_SHMEM)
		atomic_long_add(n, &g->uncharged);
	sub_pages(g, &top_mem_group, n);
}

bool charge_page_current(struct page *page, enum charge_kind kind)
{
	struct mem_group *g = task_mem_group(current);

	if (!g->parent)
		return true;
	if (!charge_group(g, kind, 1))
		return false;
	page->charge = g;
	page->flags |= PG_CHARGED | (unsigned int)kind << PG_KIND_SHIFT;
	return true;
}

void uncharge_page(struct page *page)
{
	enum charge_kind kind = page->flags >> PG_KIND_SHIFT;

	page->flags &= ~(PG_CHARGED | ~0U << PG_KIND_SHIFT);
	uncharge_group(page->charge, kind, 1);
}

/* ---- limits ---- */

long mem_group_usage(const struct mem_group *g)
{
	if (g->parent)
		return word_pages(atomic_long_read(&g->usage));
	return (long)(vm_stat(VM_ANON) + vm_stat(VM_PAGECACHE) + vm_stat(VM_STACKS) +
		      vm_stat(VM_TABLES));
}

struct mem_group *mem_group_full(void)
{
	struct mem_group *g;

	for (g = task_mem_group(current); g->parent; g = g->parent) {
		if (mem_group_has_room(g))
			continue;
		atomic_long_inc(&g->usage);
		return g;
	}
	return NULL;
}

int mem_group_set_limit(struct mem_group *g, long pages)
{
	long old = g->limit;

	if (mem_group_usage(g) > pages)
		return -EBUSY;
	(void)xchg(&g->limit, pages);
	if (mem_group_usage(g) > pages) {	/* a charge that did not know the new limit */
		WRITE_ONCE(g->limit, old);
		return -EBUSY;
	}
	mem_group_wake(g);
	return 0;
}

void mem_group_wake(struct mem_group *g)
{
	/*
	 * The sleeper queues up before it looks, the waker changes something (with a barrier)
	 * before this.
	 */
	if (unlikely(waitqueue_active(&g->room)))
		wake_up_all(&g->room);
}

/* ---- statistics ---- */

static void add_group(struct mem_group_stat *s, const struct mem_group *g)
{
	for (int i = 0; i < NR_CHARGE_KINDS; i++)
		s->pages[i] += atomic_long_read(&g->pages[i]);
	s->uncharged += atomic_long_read(&g->uncharged);
}

/* The group after g among `top` and all below it, parents first. mem_group_lock held. */
static struct mem_group *next_below(struct mem_group *g, const struct mem_group *top)
{
	if (!list_empty(&g->children))
		return list_first_entry(&g->children, struct mem_group, sibling);
	for (; g != top; g = g->parent)
		if (!list_is_last(&g->sibling, &g->parent->children))
			return list_next_entry(g, sibling);
	return NULL;
}

/*
 * A page does not count its mappings, so those that are mapped are found by looking at all pages:
 * beside the cache's reference they have others. RCU keeps the group of a page that is just being
 * freed.
 */
static void count_mapped(const struct mem_group *g, long *own, long *total)
{
	for (unsigned long pfn = 0; pfn < max_pfn; pfn++) {
		const struct page *page = pfn_to_page(pfn);
		unsigned int flags = READ_ONCE(page->flags);
		const struct mem_group *payer = &top_mem_group;

		if (!(pfn % MAPPED_CHUNK))
			cond_resched();
		if (!(flags & PG_FILE) || refcount_read(&page->refcount) < 2)
			continue;
		if (flags & PG_CHARGED)
			payer = READ_ONCE(page->charge);
		*own += payer == g;
		*total += mem_group_is_below(payer, g);
	}
}

/* Nobody counts what is the top group's own: it is what the machine has and no other group. */
static void top_stat(struct mem_group_stat *own, struct mem_group_stat *total)
{
	static const enum vm_stat_item items[] = {
		[CHARGE_ANON] = VM_ANON,    [CHARGE_CACHE] = VM_PAGECACHE,
		[CHARGE_SHMEM] = VM_SHMEM,  [CHARGE_STACK] = VM_STACKS,
		[CHARGE_TABLE] = VM_TABLES,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(items); i++) {
		long all = (long)vm_stat(items[i]);

		if (i == CHARGE_CACHE)
			all -= (long)vm_stat(VM_SHMEM);
		own->pages[i] = max(all - total->pages[i], 0L);
		total->pages[i] = all;
	}
}

void mem_group_stat(struct mem_group *g, struct mem_group_stat *own, struct mem_group_stat *total)
{
	struct mem_group *p;

	*own = *total = (struct mem_group_stat){0};
	spin_lock_irq(&mem_group_lock);
	add_group(own, g);
	for (p = g; p; p = next_below(p, g)) {
		add_group(total, p);
		total->uncharged += p->uncharged_below;
	}
	spin_unlock_irq(&mem_group_lock);
	count_mapped(g, &own->mapped, &total->mapped);
	if (!g->parent)
		top_stat(own, total);
}
