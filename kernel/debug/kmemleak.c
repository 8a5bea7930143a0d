// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is allocated, by whom (builds with KMEMLEAK=1): a record for each object, found by its address in a hash table, with
 * the number of its callers' stack (stack_depot.c). kmemleak_scan.c looks for objects that nothing refers to; kmemleak_report.c says so.
 *
 * All memory for this is set aside at boot: nothing is allocated by an allocator that is being watched, and the numbers of free
 * pages that tests compare do not change by it. When the records are used up the checker says so and stops; the
 * allocations go on. Start reading at kmemleak_alloc().
 */
#ifdef CONFIG_KMEMLEAK
#include "kernel/debug/kmemleak_internal.h"
#include "kernel/debug/stack_depot.h"
#include "kernel/sched/sched.h"

#define SHARDS	   16		/* a part of the table and of the records with a lock of its own */
#define RAM_SHARE  16		/* of the memory, one part in so many is for the records */

struct shard {
	int lock;		/* a plain word: lockdep allocates nothing, but its locks are not for its own callers */
	u32 free;		/* records given back, by `next`; 0: none */
	u32 fresh;		/* the next one that was never used */
} __aligned(64);

struct kmemleak_object *kmemleak_objects;	/* [0] is none */
u32 kmemleak_max;				/* how many there are; immutable after boot, as the next ones */
struct kmemleak_range kmemleak_roots[KMEMLEAK_ROOTS];
unsigned int kmemleak_nr_roots;
bool kmemleak_off = true;

static u32 *buckets;
static unsigned int bucket_bits;
static struct shard shards[SHARDS];
static u32 areas;		/* a bucket for what vmalloc() gave out; shard 0's lock */

static void lock_word(int *word)
{
	while (xchg(word, 1))
		cpu_relax();
}

static void unlock_word(int *word)
{
	smp_store_release(word, 0);
}

/* ---- records ---- */

static u32 bucket_of(unsigned long start)
{
	return hash_64(start >> 3, bucket_bits);
}

/* Whose link leads to the object at `start`, or ends the chain. */
static u32 *link_to(u32 *bucket, unsigned long start)
{
	u32 *link = bucket;

	while (*link && kmemleak_objects[*link].start != start)
		link = &kmemleak_objects[*link].next;
	return link;
}

struct kmemleak_object *kmemleak_find(unsigned long start)
{
	u32 i = *link_to(&buckets[bucket_of(start)], start);

	return i ? &kmemleak_objects[i] : NULL;
}

struct kmemleak_object *kmemleak_find_area(unsigned long addr)
{
	for (u32 i = areas; i; i = kmemleak_objects[i].next)
		if (addr - kmemleak_objects[i].start < kmemleak_objects[i].size)
			return &kmemleak_objects[i];
	return NULL;
}

static bool in_area(unsigned long start)
{
	return start >= VMALLOC_START && start < VMALLOC_END;
}

/* The chain for `start` and its shard; kernel stacks, which are many, are hashed like the rest. */
static u32 *chain_of(unsigned long start, enum kmemleak_kind kind, struct shard **shard)
{
	u32 b = bucket_of(start);

	*shard = &shards[kind == KMEMLEAK_VMALLOC ? 0 : b % SHARDS];
	return kind == KMEMLEAK_VMALLOC ? &areas : &buckets[b];
}

static u32 new_record(struct shard *s)
{
	u32 i = s->free;

	if (i) {
		s->free = kmemleak_objects[i].next;
	} else if (s->fresh < kmemleak_max) {
		i = s->fresh;
		s->fresh += SHARDS;
	}
	return i;
}

/* Links that a page has left over from its time on a free list are no references. */
static void clear_links(struct page *page)
{
	page->lru = (struct list_head){NULL, NULL};
	page->index = 0;
}

static void fill(struct kmemleak_object *o, unsigned long start, size_t size, enum kmemleak_kind kind, const char *cache,
		 u32 stack)
{
	bool irq = in_interrupt();

	o->start = start;
	o->size = size;
	o->kind = (u8)kind;
	o->flags = 0;
	o->missed = 0;
	o->cache = cache;
	o->stack = stack;
	o->pid = irq ? 0 : current->pid;
	strscpy(o->comm, irq ? "interrupt" : current->comm, sizeof(o->comm));
	o->born = (u32)(arch_clock_ns() / NSEC_PER_MSEC);
}

/* Once, whoever comes first. */
static void stop(void)
{
	if (!xchg(&kmemleak_off, true))
		pr_notice("kmemleak: all %u records are in use; it stops here\n", kmemleak_max);
}

void *kmemleak_alloc(const void *p, size_t size, enum kmemleak_kind kind, const char *cache)
{
	unsigned long start = (unsigned long)p, flags;
	struct shard *shard;
	u32 *link, i, stack;

	if (!p || READ_ONCE(kmemleak_off))
		return (void *)p;
	local_irq_save(flags);
	stack = stack_depot_save_from((unsigned long)__builtin_frame_address(0));
	link = chain_of(start, kind, &shard);
	lock_word(&shard->lock);
	link = link_to(link, start);
	i = *link;
	if (!i) {
		i = new_record(shard);
		if (i) {
			kmemleak_objects[i].next = 0;
			*link = i;
		}
	}
	if (kind == KMEMLEAK_PAGES || kind == KMEMLEAK_USER)
		clear_links(virt_to_page(p));
	if (i)
		fill(&kmemleak_objects[i], start, size, kind, cache, stack);
	unlock_word(&shard->lock);
	local_irq_restore(flags);
	if (unlikely(!i))
		stop();
	return (void *)p;
}

static bool forget(unsigned long start, enum kmemleak_kind kind)
{
	struct shard *shard;
	u32 *link = chain_of(start, kind, &shard), i;
	unsigned long flags;

	local_irq_save(flags);
	lock_word(&shard->lock);
	link = link_to(link, start);
	i = *link;
	if (i) {
		struct kmemleak_object *o = &kmemleak_objects[i];

		*link = o->next;
		o->start = 0;
		o->next = shard->free;
		shard->free = i;
	}
	unlock_word(&shard->lock);
	local_irq_restore(flags);
	return i;
}

void kmemleak_free(const void *p)
{
	unsigned long start = (unsigned long)p;

	if (!p || READ_ONCE(kmemleak_off))
		return;
	if (!forget(start, KMEMLEAK_SLAB) && in_area(start))
		forget(start, KMEMLEAK_VMALLOC);
}

void kmemleak_clear(void *p, size_t size)
{
	memset(p, 0, size);
}

/* ---- boot ---- */

static void add_root(unsigned long start, unsigned long end)
{
	if (start == end)
		return;
	if (kmemleak_nr_roots == KMEMLEAK_ROOTS)
		panic("kmemleak: more than %d ranges of memory given out at boot", KMEMLEAK_ROOTS);
	kmemleak_roots[kmemleak_nr_roots++] = (struct kmemleak_range){start, end};
}

/* memblock_alloc() goes upward, so most of what it gives out is one range. */
void kmemleak_boot_memory(const void *start, size_t size)
{
	unsigned long at = (unsigned long)start;
	struct kmemleak_range *last = kmemleak_nr_roots ? &kmemleak_roots[kmemleak_nr_roots - 1] : NULL;

	if (last && last->end == at)
		last->end += size;
	else
		add_root(at, at + size);
}

void kmemleak_no_root(const void *start, size_t size)
{
	unsigned long at = (unsigned long)start;

	for (unsigned int i = 0; i < kmemleak_nr_roots; i++) {
		struct kmemleak_range r = kmemleak_roots[i];

		if (at < r.start || at >= r.end)
			continue;
		kmemleak_roots[i] = kmemleak_roots[--kmemleak_nr_roots];
		add_root(r.start, at);
		add_root(at + size, r.end);
		return;
	}
}

static void *own_memory(size_t size)
{
	void *p = memblock_alloc(size, 64);

	kmemleak_no_root(p, size);
	return p;
}

void kmemleak_init(void)
{
	size_t ram = max_pfn << PAGE_SHIFT;

	kmemleak_no_root(mem_map, max_pfn * sizeof(struct page));
	kmemleak_max = (u32)max(ram / RAM_SHARE / sizeof(struct kmemleak_object), 4096UL);
	bucket_bits = (unsigned int)fls64(kmemleak_max / 2);
	kmemleak_objects = own_memory(kmemleak_max * sizeof(struct kmemleak_object));
	buckets = own_memory(sizeof(u32) << bucket_bits);
	for (unsigned int i = 0; i < SHARDS; i++)
		shards[i].fresh = i ?: SHARDS;
	kmemleak_off = false;
}

u32 kmemleak_end(void)
{
	u32 end = 0;

	for (unsigned int i = 0; i < SHARDS; i++)
		end = max(end, READ_ONCE(shards[i].fresh));
	return min(end, kmemleak_max);
}
#endif
