/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects of one size. A cache cuts blocks of pages ("slabs") into objects; free objects are linked
 * through themselves.
 *
 * Each CPU has a short list of free objects of each cache, which it uses without a lock:
 * kmem_cache_alloc() and kmem_cache_free() are a few instructions with interrupts off. Only when
 * the list runs empty or too long does a batch move from or to the slabs, under the cache's lock. A
 * slab whose objects are all free goes back to the buddy, but for one a cache.
 *
 * With KASAN=1 the link of a free object stands behind it, after a redzone, and is followed by a
 * struct kasan_object; freed objects go through a quarantine before they come back to their slab.
 *
 * kmalloc() is a row of such caches up to 2 KiB; above that it hands out whole pages.
 */
#include "kernel/mm/internal.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/kmemleak.h"
#include "fs/seq_file.h"

#define MAX_CACHES 128

struct kmem_cache {
	const char *name;			/* immutable, as all up to `lock` */
	unsigned int id;			/* index into slab_cpu */
	unsigned int size;			/* of an object with its link, aligned */
	unsigned int link;			/* where in a free object the link is */
	unsigned int order;			/* of its slabs */
	unsigned int per_slab;			/* objects */
	unsigned int batch;			/* objects moved at once */
	void (*ctor)(void *);
	/* What follows, and page.inuse/freelist/slab_list of its slabs; interrupts off. */
	spinlock_t lock;
	struct list_head partial;		/* slabs with a free object */
	unsigned long nr_slabs;
	unsigned long nr_inuse;			/* objects that are not on a slab's free list */
	unsigned int nr_empty;			/* slabs on `partial` that are wholly free */
	struct list_head caches;		/* caches_lock */
#ifdef CONFIG_KASAN
	atomic_long_t quarantined;		/* objects that are freed, but not yet back here */
	unsigned int usable;			/* bytes of an object that are the user's; immutable */
#endif
};

/* Bytes of an object that its user may touch. */
static inline unsigned int usable(const struct kmem_cache *c)
{
#ifdef CONFIG_KASAN
	return c->usable;
#else
	return c->size;
#endif
}

/* Own CPU only, interrupts off. */
struct kmem_cache_cpu {
	void *head;
	unsigned int count;
};
typedef struct kmem_cache_cpu slab_cpu_t[MAX_CACHES];
static DEFINE_PER_CPU(slab_cpu_t, slab_cpu);

static DEFINE_SPINLOCK(caches_lock);		/* interrupts off */
static LIST_HEAD(caches);
static DECLARE_BITMAP(cache_ids, MAX_CACHES);	/* caches_lock */

static struct kmem_cache cache_cache;		/* what caches are allocated from */

static inline void **link_of(const struct kmem_cache *c, void *obj)
{
	return (void **)((char *)obj + c->link);
}

static inline struct page *slab_of(const void *obj)
{
	struct page *page = virt_to_page(obj);

	return pfn_to_page(ALIGN_DOWN(page_to_pfn(page), 1UL << page->order));
}

/* ---- slabs; the cache's lock held ---- */

static void slab_free_page(struct page *slab)
{
	unsigned int order = slab->order;

	for (unsigned int i = 0; i < 1U << order; i++) {
		slab[i].flags = 0;
		slab[i].order = 0;
	}
	vm_stat_add(VM_SLAB, -(1L << order));
	__free_pages(slab, order);
}

/* A new slab with all objects on its free list. No lock. */
static struct page *slab_new(struct kmem_cache *c, gfp_t gfp)
{
	struct page *slab = alloc_pages((gfp & ~__GFP_ZERO) | __GFP_NOFAIL_INJECT, c->order);
	char *base;

	if (!slab)
		return NULL;
	kmemleak_free(page_address(slab));	/* its objects are what can leak */
	for (unsigned int i = 0; i < 1U << c->order; i++) {
		slab[i].flags = PG_SLAB;
		slab[i].order = (u8)c->order;
		slab[i].slab_cache = c;
	}
	slab->freelist = NULL;
	slab->inuse = 0;
	base = page_address(slab);
	for (unsigned int i = c->per_slab; i-- > 0;) {
		void *obj = base + (size_t)i * c->size;

		if (c->ctor)
			c->ctor(obj);
		*link_of(c, obj) = slab->freelist;
		slab->freelist = obj;
	}
	kasan_new_slab(c, base, PAGE_SIZE << c->order, c->size);
	vm_stat_add(VM_SLAB, 1L << c->order);
	return slab;
}

/* Move up to `batch` objects from the slabs to the CPU's list. */
static void refill(struct kmem_cache *c, struct kmem_cache_cpu *cpu)
{
	struct page *slab;

	while (cpu->count < c->batch &&
	       (slab = list_first_entry_or_null(&c->partial, struct page, slab_list))) {
		if (!slab->inuse)
			c->nr_empty--;
		while (slab->freelist && cpu->count < c->batch) {
			void *obj = slab->freelist;

			slab->freelist = *link_of(c, obj);
			slab->inuse++;
			c->nr_inuse++;
			*link_of(c, obj) = cpu->head;
			cpu->head = obj;
			cpu->count++;
		}
		if (!slab->freelist)
			list_del(&slab->slab_list);
	}
}

static void free_to_slab(struct kmem_cache *c, void *obj)
{
	struct page *slab = slab_of(obj);

	if (!slab->freelist)
		list_add(&slab->slab_list, &c->partial);
	*link_of(c, obj) = slab->freelist;
	slab->freelist = obj;
	c->nr_inuse--;
	if (--slab->inuse)
		return;
	if (c->nr_empty) {	/* one is kept */
		list_del(&slab->slab_list);
		c->nr_slabs--;
		slab_free_page(slab);
	} else {
		c->nr_empty++;
		list_move_tail(&slab->slab_list, &c->partial);
	}
}

static void flush(struct kmem_cache *c, struct kmem_cache_cpu *cpu, unsigned int n)
{
	while (n-- && cpu->head) {
		void *obj = cpu->head;

		cpu->head = *link_of(c, obj);
		cpu->count--;
		free_to_slab(c, obj);
	}
}

/* ---- the fast paths ---- */

/* An object is about to be given out. */
static inline void *hand_out(struct kmem_cache *c, void *obj, gfp_t gfp)
{
	kasan_slab_alloc(c, obj);
	return gfp & __GFP_ZERO ? memset(obj, 0, usable(c)) : obj;
}

/*
 * Interrupts are off, and the CPU's list is empty. They may go on in between, and the CPU may
 * change.
 */
static noinline void *alloc_slow(struct kmem_cache *c, gfp_t gfp, unsigned long flags)
{
	struct kmem_cache_cpu *cpu;
	struct page *slab;
	void *obj;

	for (;;) {
		spin_lock(&c->lock);
		cpu = &(*this_cpu_ptr(slab_cpu))[c->id];
		if (!cpu->head)
			refill(c, cpu);
		spin_unlock(&c->lock);
		obj = cpu->head;
		if (obj) {
			cpu->head = *link_of(c, obj);
			cpu->count--;
			local_irq_restore(flags);
			return hand_out(c, obj, gfp);
		}
		local_irq_restore(flags);
		slab = slab_new(c, gfp);
		if (!slab)
			return NULL;
		local_irq_disable();
		spin_lock(&c->lock);
		c->nr_slabs++;
		c->nr_empty++;
		list_add(&slab->slab_list, &c->partial);
		spin_unlock(&c->lock);
	}
}

static inline void *alloc_fast(struct kmem_cache *c, gfp_t gfp)
{
	struct kmem_cache_cpu *cpu;
	unsigned long flags;
	void *obj;

	local_irq_save(flags);
	cpu = &(*this_cpu_ptr(slab_cpu))[c->id];
	obj = cpu->head;
	if (unlikely(!obj))
		return alloc_slow(c, gfp, flags);
	cpu->head = *link_of(c, obj);
	cpu->count--;
	local_irq_restore(flags);
	return hand_out(c, obj, gfp);
}

/* Builds with KMEMLEAK=1 know the object from here on; what it was linked to on the free list is no reference. */
static inline void *track(const struct kmem_cache *c, void *obj)
{
#ifdef CONFIG_KMEMLEAK
	if (obj)
		*link_of(c, obj) = NULL;
#endif
	return kmemleak_alloc(obj, usable(c), KMEMLEAK_SLAB, c->name);
}

/* For a task whose allocations are counted (fail_nth.c). */
static noinline void *alloc_may_fail(struct kmem_cache *c, gfp_t gfp)
{
	return should_fail(gfp) ? NULL : alloc_fast(c, gfp);
}

/* All calls in here are the last thing done, so that the usual way needs no stack frame. */
void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp)
{
	if (unlikely(current->fail_nth))
		return track(c, alloc_may_fail(c, gfp));
	return track(c, alloc_fast(c, gfp));
}

/* Interrupts are off, and the CPU's list is too long. */
static noinline void free_slow(struct kmem_cache *c, struct kmem_cache_cpu *cpu,
			       unsigned long flags)
{
	spin_lock(&c->lock);
	flush(c, cpu, c->batch);
	spin_unlock(&c->lock);
	local_irq_restore(flags);
}

void kmem_cache_free(struct kmem_cache *c, void *obj)
{
	struct kmem_cache_cpu *cpu;
	unsigned long flags;

	kmemleak_free(obj);
	if (kasan_slab_free(c, obj))
		return;
	local_irq_save(flags);
	cpu = &(*this_cpu_ptr(slab_cpu))[c->id];
	*link_of(c, obj) = cpu->head;
	cpu->head = obj;
	if (unlikely(++cpu->count > 2 * c->batch)) {
		free_slow(c, cpu, flags);
		return;
	}
	local_irq_restore(flags);
}

/* ---- making and ending caches ---- */

/* The smallest block in which at most an eighth is wasted and some objects find room. */
static unsigned int choose_order(unsigned int size)
{
	unsigned int order = 0;

	while (order < 3 && ((PAGE_SIZE << order) / size < 4 ||
			     (PAGE_SIZE << order) % size > (PAGE_SIZE << order) / 8))
		order++;
	return order;
}

static bool cache_init(struct kmem_cache *c, const char *name, size_t size, size_t align,
		       void (*ctor)(void *))
{
	unsigned long flags;
	bool ok;

	align = max(align, sizeof(void *));
	c->name = name;
	c->ctor = ctor;
	c->link = 0;
#ifdef CONFIG_KASAN
	c->usable = (unsigned int)size;
#endif
	if (ctor || KASAN_ON) {		/* a free object keeps what the constructor made, or is not to be touched */
		c->link = (unsigned int)ALIGN(size, sizeof(void *)) + KASAN_REDZONE;
		size = c->link + sizeof(void *) + KASAN_OBJECT_SIZE;
	}
	c->size = (unsigned int)ALIGN(max(size, sizeof(void *)), align);
	c->order = choose_order(c->size);
	c->per_slab = (unsigned int)((PAGE_SIZE << c->order) / c->size);
	c->batch = clamp(2048 / c->size, 4U, 32U);
	spin_lock_init(&c->lock);
	INIT_LIST_HEAD(&c->partial);
	spin_lock_irqsave(&caches_lock, flags);
	c->id = (unsigned int)find_first_zero_bit(cache_ids, MAX_CACHES);
	ok = c->id < MAX_CACHES;
	if (ok) {
		__set_bit(c->id, cache_ids);
		list_add_tail(&c->caches, &caches);
	}
	spin_unlock_irqrestore(&caches_lock, flags);
	return ok;
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     void (*ctor)(void *))
{
	struct kmem_cache *c = kmem_cache_alloc(&cache_cache, GFP_KERNEL | __GFP_ZERO);

	if (c && !cache_init(c, name, size, align, ctor)) {
		kmem_cache_free(&cache_cache, c);
		c = NULL;
	}
	return c;
}

/* Empty this CPU's list of the cache, or of all (NULL). Interrupts off. */
static void drain_cache(void *cache)
{
	struct kmem_cache *c = cache;

	spin_lock(&c->lock);
	flush(c, &(*this_cpu_ptr(slab_cpu))[c->id], ~0U);
	spin_unlock(&c->lock);
}

void kmem_cache_destroy(struct kmem_cache *c)
{
	struct page *slab;
	unsigned long flags;

	kasan_empty_quarantine();
	smp_call_function_all(drain_cache, c);
	spin_lock_irqsave(&c->lock, flags);
	while (c->nr_empty &&
	       (slab = list_first_entry_or_null(&c->partial, struct page, slab_list)) &&
	       !slab->inuse) {
		list_del(&slab->slab_list);
		c->nr_empty--;
		c->nr_slabs--;
		slab_free_page(slab);
	}
	spin_unlock_irqrestore(&c->lock, flags);
	if (WARN_ON(c->nr_slabs))	/* somebody still has objects: leak the cache */
		return;
	spin_lock_irqsave(&caches_lock, flags);
	list_del(&c->caches);
	__clear_bit(c->id, cache_ids);
	spin_unlock_irqrestore(&caches_lock, flags);
	kmem_cache_free(&cache_cache, c);
}

unsigned long slab_shrink(void)
{
	struct kmem_cache *c;
	struct page *slab, *next;
	unsigned long flags, freed = 0;

	kasan_shrink_quarantine();
	spin_lock_irqsave(&caches_lock, flags);
	list_for_each_entry(c, &caches, caches) {
		drain_cache(c);
		spin_lock(&c->lock);
		list_for_each_entry_safe(slab, next, &c->partial, slab_list) {
			if (slab->inuse)
				continue;
			list_del(&slab->slab_list);
			c->nr_empty--;
			c->nr_slabs--;
			freed += 1UL << c->order;
			slab_free_page(slab);
		}
		spin_unlock(&c->lock);
	}
	spin_unlock_irqrestore(&caches_lock, flags);
	return freed;
}

static unsigned long live_objects(struct kmem_cache *c)
{
	unsigned long n = READ_ONCE(c->nr_inuse);

#ifdef CONFIG_KASAN
	n -= (unsigned long)atomic_long_read(&c->quarantined);
#endif
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		n -= READ_ONCE((*per_cpu_ptr(slab_cpu, cpu))[c->id].count);
	return n;
}

unsigned long kmem_cache_nr_objects(const char *name)
{
	unsigned long flags, n = 0;
	struct kmem_cache *c;

	spin_lock_irqsave(&caches_lock, flags);
	list_for_each_entry(c, &caches, caches)
		if (!strcmp(c->name, name))
			n += live_objects(c);
	spin_unlock_irqrestore(&caches_lock, flags);
	return n;
}

#ifdef CONFIG_KMEMLEAK
unsigned long slab_object_start(unsigned long addr)
{
	const struct page *slab = slab_of((void *)addr);
	unsigned long base = (unsigned long)page_address(slab);

	return base + (addr - base) / slab->slab_cache->size * slab->slab_cache->size;
}
#endif

void mm_slabinfo(struct seq_file *m)
{
	struct kmem_cache *c;
	unsigned long flags;

	seq_puts(m, "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> "
		    "<objperslab> <pagesperslab>\n");
	spin_lock_irqsave(&caches_lock, flags);
	list_for_each_entry(c, &caches, caches)
		seq_printf(m, "%-17s %6lu %6lu %6u %4u %4u\n", c->name, live_objects(c),
			   c->nr_slabs * c->per_slab, c->size, c->per_slab, 1U << c->order);
	spin_unlock_irqrestore(&caches_lock, flags);
}

/* ---- kmalloc ---- */

#define KMALLOC_MAX 2048
static const struct {
	unsigned int size;
	const char *name;
} kmalloc_sizes[] = {
	{16, "kmalloc-16"},   {32, "kmalloc-32"},   {64, "kmalloc-64"},	  {96, "kmalloc-96"},
	{128, "kmalloc-128"}, {192, "kmalloc-192"}, {256, "kmalloc-256"}, {512, "kmalloc-512"},
	{1024, "kmalloc-1k"}, {2048, "kmalloc-2k"},
};
static struct kmem_cache kmalloc_caches[ARRAY_SIZE(kmalloc_sizes)];
static u8 kmalloc_index[KMALLOC_MAX / 16 + 1];	/* (size + 15) / 16 → cache */

static struct kmem_cache *radix_node_cache;

void *kmalloc(size_t size, gfp_t gfp)
{
	unsigned int order;
	struct page *page;

	if (likely(size <= KMALLOC_MAX))
		return kasan_kmalloc(kmem_cache_alloc(&kmalloc_caches[kmalloc_index[(size + 15) / 16]], gfp), size);
	if (size > PAGE_SIZE << (MAX_ORDER - 1))
		return NULL;
	order = (unsigned int)(fls64((size - 1) >> PAGE_SHIFT));
	page = alloc_pages(gfp, order);
	if (!page)
		return NULL;
	page->flags = PG_LARGE;
	page->order = (u8)order;
	return kasan_kmalloc(page_address(page), size);
}

void kfree(const void *p)
{
	struct page *page;
	unsigned int order;

	if (!p || !kasan_may_kfree(p))
		return;
	page = virt_to_page(p);
	if (likely(page->flags & PG_SLAB)) {
		kmem_cache_free(page->slab_cache, (void *)p);
		return;
	}
	BUG_ON(!(page->flags & PG_LARGE));
	order = page->order;
	page->flags = 0;
	__free_pages(page, order);
}

#ifdef CONFIG_KASAN
/* ---- between this file and kernel/debug/kasan_heap.c ---- */

unsigned int slab_usable(const struct kmem_cache *c)
{
	return usable(c);
}

const char *slab_name(const struct kmem_cache *c)
{
	return c->name;
}

void **slab_link(const struct kmem_cache *c, void *obj)
{
	return link_of(c, obj);
}

void *slab_object(const void *p)
{
	const struct page *slab = slab_of(p);
	unsigned long base = (unsigned long)page_address(slab), n = ((unsigned long)p - base) / slab->slab_cache->size;

	return n < slab->slab_cache->per_slab ? (void *)(base + n * slab->slab_cache->size) : NULL;
}

void slab_count_quarantined(struct kmem_cache *c, long n)
{
	atomic_long_add(n, &c->quarantined);
}

void slab_release(void *obj)
{
	struct kmem_cache *c = virt_to_page(obj)->slab_cache;
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	free_to_slab(c, obj);
	atomic_long_dec(&c->quarantined);
	spin_unlock_irqrestore(&c->lock, flags);
}
#endif

/* Bytes that kmalloc() really gave. */
static size_t ksize(const void *p)
{
	const struct page *page = virt_to_page(p);

	return page->flags & PG_SLAB ? usable(page->slab_cache) : PAGE_SIZE << page->order;
}

void *krealloc(void *p, size_t size, gfp_t gfp)
{
	void *n;

	if (p && size <= ksize(p))
		return kasan_kmalloc(p, size);
	n = kmalloc(size, gfp);
	if (n && p) {
		memcpy(n, p, kasan_ksize(p, ksize(p)));
		kfree(p);
	}
	return n;
}

void *radix_node_alloc(unsigned int gfp)
{
	return kmem_cache_alloc(radix_node_cache, gfp | __GFP_ZERO);
}

static void radix_node_free(struct rcu_head *head)
{
	kmem_cache_free(radix_node_cache, head);	/* the head is the node's first member */
}

void radix_node_free_rcu(struct rcu_head *head)
{
	call_rcu(head, radix_node_free);
}

void slab_init(void)
{
	unsigned int i, size;

	cache_init(&cache_cache, "kmem_cache", sizeof(struct kmem_cache), 64, NULL);
	for (i = 0, size = 0; i < ARRAY_SIZE(kmalloc_sizes); i++) {
		cache_init(&kmalloc_caches[i], kmalloc_sizes[i].name, kmalloc_sizes[i].size,
			   is_power_of_2(kmalloc_sizes[i].size) ? min(kmalloc_sizes[i].size, 64U)
								: 16,
			   NULL);
		for (; size <= kmalloc_sizes[i].size; size += 16)
			kmalloc_index[size / 16] = (u8)i;
	}
	radix_node_cache = kmem_cache_create("radix_tree_node", RADIX_NODE_SIZE, 8, NULL);
	if (!radix_node_cache)
		panic("no memory for the first caches");
}
