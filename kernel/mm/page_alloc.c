/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page frames. Each NUMA node has a buddy allocator: lists of free blocks of 2^order pages,
 * naturally aligned; a block is split when a smaller one is wanted and joined with its buddy (the
 * block that differs in one address bit) when both are free.
 *
 * Single pages come from and go to a list of the CPU first, without a lock; only when that is empty
 * or too long does a batch of pages move. Start with alloc_pages_node() and free_block().
 *
 * The last `min_free` pages are for those who may not sleep (page tables, interrupt handlers) and
 * for tasks that are being killed.
 *
 * Nodes. A page for a program comes from the nodes in its mems_allowed. The kernel's own pages come
 * from there if there are any, else from within the wall of cpuset_kernel_mems(). Who may use the
 * reserve may use any node too.
 */
#include "kernel/mm/charge.h"
#include "kernel/mm/internal.h"
#include "kernel/sched/sched.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/kmemleak.h"

/* Free blocks of one node. */
struct pglist_data {
	spinlock_t lock;			/* everything here; interrupts off */
	struct list_head free[MAX_ORDER];	/* page.lru */
	unsigned long nr_free;			/* pages */
	/* All nodes by distance, this one first; immutable. */
	u8 fallback[MAX_NUMNODES];
};

/*
 * Own CPU only, interrupts off. Linked through page.freelist, so zeroed memory is a valid empty
 * list.
 */
struct page_list {
	struct page *head;
	unsigned int count;
};

struct page *mem_map;
unsigned long max_pfn;
DEFINE_PER_CPU(vm_stats_t, vm_stats);

static struct pglist_data nodes[MAX_NUMNODES] = {[0 ... MAX_NUMNODES - 1] = {.lock = __SPIN_LOCK_UNLOCKED(nodes.lock)}};
static nodemask_t memory_nodes;		/* immutable after boot */
static atomic_long_t nr_ram_pages;
static unsigned long min_free = 16;
/* Pages on a CPU's list at most; moved at once. */
static unsigned int list_high = 16, list_batch = 8;
static DEFINE_PER_CPU(struct page_list, page_list);

/*
 * Tries of an allocation for a program, and the time between, while the killed task gives its
 * memory back.
 */
#define OOM_TRIES    100
#define OOM_PAUSE_NS (5 * NSEC_PER_MSEC)

bool should_fail_slow(void)
{
	if (in_interrupt())		/* not the task's own doing */
		return false;
	return --current->fail_nth == 0;
}

unsigned long vm_stat(enum vm_stat_item item)
{
	long sum = 0;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		sum += per_cpu(vm_stats, cpu)[item];
	return sum > 0 ? (unsigned long)sum : 0;
}

/* ---- the buddy; node lock held ---- */

static void block_add(struct pglist_data *node, struct page *page, unsigned int order)
{
	page->order = (u8)order;
	page->flags = PG_BUDDY;
	list_add(&page->lru, &node->free[order]);
}

static void block_del(struct page *page)
{
	list_del(&page->lru);
	page->flags = 0;
}

static void buddy_free(struct pglist_data *node, struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page);

	node->nr_free += 1UL << order;
	for (; order < MAX_ORDER - 1; order++) {
		unsigned long other = pfn ^ (1UL << order);
		struct page *buddy = pfn_to_page(other);

		/* Its owner may be writing other flags; PG_BUDDY comes and goes under this lock, where the node is the same. */
		if (other >= max_pfn || buddy->node != page->node ||
		    !(READ_ONCE(buddy->flags) & PG_BUDDY) || buddy->order != order)
			break;
		block_del(buddy);
		pfn &= ~(1UL << order);
	}
	block_add(node, pfn_to_page(pfn), order);
}

static struct page *buddy_alloc(struct pglist_data *node, unsigned int order)
{
	unsigned int o = order;
	struct page *page;

	while (o < MAX_ORDER && list_empty(&node->free[o]))
		o++;
	if (o == MAX_ORDER)
		return NULL;
	page = list_first_entry(&node->free[o], struct page, lru);
	block_del(page);
	while (o > order) {
		o--;
		block_add(node, page + (1UL << o), o);
	}
	page->order = 0;
	node->nr_free -= 1UL << order;
	return page;
}

/* ---- a CPU's list; interrupts off ---- */

static void list_push(struct page_list *l, struct page *page)
{
	page->freelist = l->head;
	l->head = page;
	l->count++;
}

static struct page *list_pop(struct page_list *l)
{
	struct page *page = l->head;

	l->head = page->freelist;
	l->count--;
	return page;
}

/* Give back n pages, each to its own node. */
static void list_drain(struct page_list *l, unsigned int n)
{
	while (n-- && l->count) {
		struct page *page = list_pop(l);
		struct pglist_data *node = &nodes[page->node];

		spin_lock(&node->lock);
		buddy_free(node, page, 0);
		spin_unlock(&node->lock);
	}
}

void drain_local_pages(void *unused)
{
	struct page_list *l = this_cpu_ptr(page_list);

	list_drain(l, l->count);
}

/* May this allocation leave fewer than the reserve? */
static bool may_use_reserve(gfp_t gfp)
{
	return !(gfp & GFP_KERNEL) || in_interrupt() || (current->flags & PF_EXITING) ||
	       fatal_signal_pending(current);
}

static unsigned long buddy_free_pages(void)
{
	unsigned long n = 0;

	for (unsigned int i = 0; i < nr_nodes; i++)
		n += READ_ONCE(nodes[i].nr_free);
	return n;
}

/*
 * One block from the nearest node that `allowed` names; a single page brings a batch for the CPU's
 * list along.
 */
static struct page *alloc_from_nodes(unsigned int nid, gfp_t gfp, unsigned int order,
				     nodemask_t allowed)
{
	unsigned long flags, reserve = may_use_reserve(gfp) ? 0 : min_free;
	struct page *page = NULL;

	if (buddy_free_pages() < reserve + (1UL << order))
		return NULL;
	for (unsigned int i = 0; i < nr_nodes && !page; i++) {
		unsigned int n = nodes[nid].fallback[i];
		struct pglist_data *node = &nodes[n];

		if (!(allowed.bits & BIT(n)))
			continue;
		spin_lock_irqsave(&node->lock, flags);
		page = buddy_alloc(node, order);
		if (page && !order && n == cpu_to_node(smp_processor_id())) {
			struct page_list *l = this_cpu_ptr(page_list);

			for (unsigned int k = 1; k < list_batch && node->nr_free > reserve; k++) {
				struct page *more = buddy_alloc(node, 0);

				if (!more)
					break;
				list_push(l, more);
			}
		}
		spin_unlock_irqrestore(&node->lock, flags);
	}
	return page;
}

/* Free what nobody misses. The number of pages that came free may be anything. */
static void reclaim(gfp_t gfp)
{
	unsigned long flags;

	slab_shrink();
	if ((gfp & GFP_KERNEL) && !irqs_disabled()) {
		kernel_stack_shrink();
		smp_call_function_all(drain_local_pages, NULL);
	} else {
		local_irq_save(flags);
		drain_local_pages(NULL);
		local_irq_restore(flags);
	}
}

/* Kernels without cpusets. */
__weak nodemask_t cpuset_kernel_mems(void)
{
	return NODE_MASK_ALL;
}

__weak void cpuset_note_reclaim(void)
{
}

/* From the nodes that this allocation may use, in the order in which it may. */
static struct page *alloc_from_allowed(unsigned int nid, gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (gfp & __GFP_THISNODE)
		return alloc_from_nodes(nid, gfp, order, (nodemask_t){BIT(nid)});
	if (may_use_reserve(gfp))
		return alloc_from_nodes(nid, gfp, order, NODE_MASK_ALL);
	page = alloc_from_nodes(nid, gfp, order, current_mems_allowed());
	if (!page && (gfp & GFP_USER) != GFP_USER)
		page = alloc_from_nodes(nid, gfp, order, cpuset_kernel_mems());
	return page;
}

static noinline struct page *alloc_slow(unsigned int nid, gfp_t gfp, unsigned int order)
{
	struct page *page;

	for (int tries = 0;; tries++) {
		page = alloc_from_allowed(nid, gfp, order);
		if (page || (gfp & __GFP_THISNODE))
			return page;
		if (!tries) {
			if (gfp & GFP_KERNEL)
				cpuset_note_reclaim();
			reclaim(gfp);
			continue;
		}
		/*
		 * The kernel's own allocations fail with ENOMEM; for a program's page somebody has
		 * to die.
		 */
		if ((gfp & GFP_USER) != GFP_USER || tries > OOM_TRIES ||
		    fatal_signal_pending(current) || !out_of_memory(gfp, order))
			return NULL;
		__set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_timeout(OOM_PAUSE_NS);
	}
}

/*
 * May the CPU's list, which has pages of its node only, serve this? On machines with several nodes
 * the page may be bound elsewhere.
 */
static bool list_will_do(gfp_t gfp, int node)
{
	unsigned int here;

	if (nr_nodes == 1)
		return true;
	here = cpu_to_node(smp_processor_id());
	if (node >= 0 && (unsigned int)node != here)
		return false;
	return !(gfp & GFP_KERNEL) || (current_mems_allowed().bits & BIT(here));
}

static bool is_remote(const struct page *page)
{
	return nr_nodes > 1 && page->node != cpu_to_node(smp_processor_id());
}

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	struct page *page = NULL;
	struct page_list *l;
	unsigned long flags;

	if (should_fail(gfp))
		return NULL;
	if (!order && list_will_do(gfp, nid)) {
		local_irq_save(flags);
		l = this_cpu_ptr(page_list);
		if (l->head)
			page = list_pop(l);
		local_irq_restore(flags);
	}
	if (unlikely(!page)) {
		if (order >= MAX_ORDER)
			return NULL;
		page = alloc_slow(nid >= 0 ? (unsigned int)nid : cpu_to_node(smp_processor_id()),
				  gfp, order);
		if (!page)
			return NULL;
	}
	refcount_set(&page->refcount, 1);
	page->flags = 0;
	page->mapping = NULL;
	kasan_alloc_pages(page, order);
	if (gfp & __GFP_ZERO)
		for (unsigned int i = 0; i < 1U << order; i++)
			clear_page((char *)page_address(page) + i * PAGE_SIZE);
	kmemleak_alloc(page_address(page), PAGE_SIZE << order,
		       (gfp & GFP_USER) == GFP_USER ? KMEMLEAK_USER : KMEMLEAK_PAGES, NULL);
	return page;
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	return alloc_pages_node(-1, gfp, order);
}

/* Nobody refers to the block any more. */
static void free_block(struct page *page, unsigned int order)
{
	unsigned long flags;
	struct page_list *l;

	kmemleak_free(page_address(page));
	if (!kasan_free_pages(page, order))
		return;
	local_irq_save(flags);
	if (!order && !is_remote(page)) {
		l = this_cpu_ptr(page_list);
		list_push(l, page);
		if (unlikely(l->count > list_high))
			list_drain(l, list_batch);
	} else {
		struct pglist_data *node = &nodes[page->node];

		spin_lock(&node->lock);
		buddy_free(node, page, order);
		spin_unlock(&node->lock);
	}
	local_irq_restore(flags);
}

void adopt_reserved_page(struct page *page)
{
	page->flags &= ~PG_RESERVED;
	atomic_long_inc(&nr_ram_pages);
}

void free_page_last(struct page *page)
{
	unsigned int order;

	if (unlikely(page->flags & (PG_RESERVED | PG_CHARGED))) {
		if (page->flags & PG_RESERVED)
			adopt_reserved_page(page);
		if (page->flags & PG_CHARGED)
			uncharge_page(page);
	}
	order = page->order;
	page->order = 0;
	free_block(page, order);
}

void __free_pages(struct page *page, unsigned int order)
{
	page->order = (u8)order;
	put_page(page);
}

void *get_free_page(gfp_t gfp)
{
	struct page *page = alloc_page(gfp);

	return page ? page_address(page) : NULL;
}

void free_page(void *addr)
{
	if (addr)
		put_page(virt_to_page(addr));
}

unsigned long nr_free_pages(void)
{
	unsigned long n = buddy_free_pages() + nr_cached_tables();

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		n += READ_ONCE(per_cpu(page_list, cpu).count);
	return n;
}

unsigned long node_free_pages(unsigned int node)
{
	return READ_ONCE(nodes[node].nr_free);
}

bool pages_available(void)
{
	nodemask_t allowed = current_mems_allowed();
	unsigned long n = 0;

	for (unsigned int i = 0; i < nr_nodes; i++)
		if (allowed.bits & BIT(i))
			n += READ_ONCE(nodes[i].nr_free);
	return n && buddy_free_pages() > min_free;
}

nodemask_t nodes_with_memory(void)
{
	return memory_nodes;
}

unsigned long total_ram_pages(void)
{
	return (unsigned long)atomic_long_read(&nr_ram_pages);
}

/* ---- boot ---- */

/* In the largest blocks that their alignment allows. */
void free_boot_pages(unsigned long pfn, unsigned long end, unsigned int nid)
{
	while (pfn < end) {
		unsigned int order =
			pfn ? min((unsigned int)__ffs(pfn), MAX_ORDER - 1U) : MAX_ORDER - 1;

		while (pfn + (1UL << order) > end)
			order--;
		if (nid)
			for (unsigned long i = 0; i < 1UL << order; i++)
				mem_map[pfn + i].node = (u8)nid;
		kasan_poison_boot_pages(pfn_to_page(pfn), order);
		buddy_free(&nodes[nid], pfn_to_page(pfn), order);
		memory_nodes.bits |= BIT(nid);
		atomic_long_add(1L << order, &nr_ram_pages);
		pfn += 1UL << order;
	}
}

void nodes_init(void)
{
	for (unsigned int n = 0; n < nr_nodes; n++) {
		for (unsigned int o = 0; o < MAX_ORDER; o++)
			INIT_LIST_HEAD(&nodes[n].free[o]);
		for (unsigned int i = 0; i < nr_nodes; i++) {
			unsigned int at = i;

			/* Insertion sort by distance; the node itself is nearest. */
			for (; at &&
			       node_distance(n, nodes[n].fallback[at - 1]) > node_distance(n, i);
			     at--)
				nodes[n].fallback[at] = nodes[n].fallback[at - 1];
			nodes[n].fallback[at] = (u8)i;
		}
	}
}

void reserve_init(void)
{
	min_free = clamp(total_ram_pages() / 128, 16UL, 1024UL);
}

void mm_init_late(void)
{
	/* All CPUs' lists together may hold about 1/64 of the memory. */
	list_high = (unsigned int)clamp(total_ram_pages() / 64 / nr_cpus, 16UL, 128UL);
	list_batch = list_high / 4;
}

/* ---- page tables ---- */

/*
 * A table that is given back is all zero, since its entries were cleared before: each CPU keeps
 * some of them for the next fork, which saves the clearing. Linked through their first word. Own
 * CPU only, interrupts off.
 */
struct table_list {
	void *head;
	unsigned int count;
};
static DEFINE_PER_CPU(struct table_list, table_list);
#define TABLES_KEPT 32

void *arch_alloc_table(void)
{
	struct table_list *l;
	unsigned long flags;
	struct page *page;
	void **table;

	if (should_fail(GFP_ATOMIC))
		return NULL;
	vm_stat_add(VM_TABLES, 1);
	local_irq_save(flags);
	l = this_cpu_ptr(table_list);
	table = l->head;
	if (table) {
		l->head = *table;
		l->count--;
	}
	local_irq_restore(flags);
	if (likely(table)) {
		*table = NULL;
		return kmemleak_alloc(table, PAGE_SIZE, KMEMLEAK_TABLE, NULL);
	}
	page = alloc_page(GFP_ATOMIC | __GFP_ZERO | __GFP_NOFAIL_INJECT);
	if (!page) {
		vm_stat_add(VM_TABLES, -1);
		return NULL;
	}
	return kmemleak_alloc(page_address(page), PAGE_SIZE, KMEMLEAK_TABLE, NULL);
}

static inline void give_table(void *table)
{
	struct table_list *l;
	unsigned long flags;
	bool keep;

	vm_stat_add(VM_TABLES, -1);
	local_irq_save(flags);
	l = this_cpu_ptr(table_list);
	keep = l->count < TABLES_KEPT;
	if (keep) {
		*(void **)table = l->head;
		l->head = table;
		l->count++;
	}
	local_irq_restore(flags);
	if (!keep)
		put_page(virt_to_page(table));
}

/* On a CPU's list a table is nobody's: it is charged to the next who takes it. */
static noinline void *charge_table(void *table)
{
	if (!table || charge_page_current(virt_to_page(table), CHARGE_TABLE))
		return table;
	give_table(table);
	return NULL;
}

static noinline void give_charged_table(void *table)
{
	uncharge_table(table);
	give_table(table);
}

void *arch_alloc_user_table(void)
{
	void *table = arch_alloc_table();

	return likely(!READ_ONCE(nr_mem_groups)) ? table : charge_table(table);
}

void arch_free_table(void *table)
{
	if (likely(!READ_ONCE(nr_mem_groups)))
		give_table(table);
	else
		give_charged_table(table);
}

unsigned long nr_cached_tables(void)
{
	unsigned long n = 0;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		n += READ_ONCE(per_cpu(table_list, cpu).count);
	return n;
}
