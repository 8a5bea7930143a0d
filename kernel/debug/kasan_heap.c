// SPDX-License-Identifier: GPL-2.0-only
/*
 * KASAN and the allocators: what they give out may be touched, all else not, and each object remembers who took it and who gave it
 * back.
 *
 * A freed object goes into the quarantine, a queue, and only from its other end back to its slab: the longer it is not
 * reused, the longer a late access is seen for what it is. Each CPU collects a few in a queue of its own, without a lock, and
 * moves them to the common one. That is bounded (1/64 of memory), and it is emptied when memory is short: slab_shrink()
 * begins with kasan_shrink_quarantine(), so an allocation fails only when it would have failed without KASAN too.
 *
 * Pages have no quarantine: the buddy's order of reuse must do.
 */
#ifdef CONFIG_KASAN
#include "arch/x86_64/arch.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/kasan_internal.h"
#include "kernel/debug/stack_depot.h"
#include "kernel/lib/lib.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"

#define FRAME  ((unsigned long)__builtin_frame_address(0))
#define CALLER ((unsigned long)__builtin_return_address(0))

void *__real_memset(void *s, int c, size_t n);

static struct kasan_track track(unsigned long frame)
{
	return (struct kasan_track){stack_depot_save_from(frame), current->pid};
}

/* ---- pages ---- */

void kasan_alloc_pages(struct page *page, unsigned int order)
{
	page->alloc_track = track(FRAME);
	kasan_unpoison(page_address(page), PAGE_SIZE << order);
}

bool kasan_free_pages(struct page *page, unsigned int order)
{
	if (*kasan_shadow(page_address(page)) == KASAN_PAGE_FREE) {
		kasan_report_free("double-free", page_address(page), CALLER);
		return false;
	}
	page->free_track = track(FRAME);
	kasan_poison(page_address(page), PAGE_SIZE << order, KASAN_PAGE_FREE);
	return true;
}

void kasan_poison_boot_pages(struct page *page, unsigned int order)
{
	kasan_poison(page_address(page), PAGE_SIZE << order, KASAN_PAGE_FREE);
}

/* ---- the quarantine ---- */

/* Linked through slab_link(). */
struct queue {
	void *head, *tail;
	unsigned long n, bytes;
};

#define MOVED_AT_ONCE	 32
#define RELEASED_AT_ONCE 128	/* so that nobody waits long behind a free */

static DEFINE_PER_CPU(struct queue, arrivals);		/* own CPU only, interrupts off */
static struct queue quarantine;				/* quarantine_lock */
static DEFINE_SPINLOCK(quarantine_lock);		/* interrupts off; nothing is taken inside */

static struct kmem_cache *cache_of(const void *obj)
{
	return virt_to_page(obj)->slab_cache;
}

static void queue_push(struct queue *q, struct kmem_cache *c, void *obj)
{
	*slab_link(c, obj) = NULL;
	if (q->tail)
		*slab_link(cache_of(q->tail), q->tail) = obj;
	else
		q->head = obj;
	q->tail = obj;
	q->n++;
	q->bytes += slab_usable(c);
}

static void *queue_pop(struct queue *q)
{
	void *obj = q->head;
	struct kmem_cache *c;

	if (!obj)
		return NULL;
	c = cache_of(obj);
	q->head = *slab_link(c, obj);
	if (!q->head)
		q->tail = NULL;
	q->n--;
	q->bytes -= slab_usable(c);
	return obj;
}

/* Append all of `from`, which is empty afterwards. */
static void queue_join(struct queue *to, struct queue *from)
{
	if (!from->head)
		return;
	if (to->tail)
		*slab_link(cache_of(to->tail), to->tail) = from->head;
	else
		to->head = from->head;
	to->tail = from->tail;
	to->n += from->n;
	to->bytes += from->bytes;
	*from = (struct queue){NULL};
}

/* Give up to `max` objects back, the oldest first, until the common queue holds at most `bytes`. Interrupts off. */
static void release(unsigned long bytes, unsigned long max)
{
	while (max--) {
		void *obj = NULL;
		struct kmem_cache *c;

		spin_lock(&quarantine_lock);
		if (quarantine.bytes > bytes)
			obj = queue_pop(&quarantine);
		spin_unlock(&quarantine_lock);
		if (!obj)
			return;
		c = cache_of(obj);
		kasan_object_of(c, obj)->state = KASAN_OBJECT_FREE;
		slab_release(obj);
	}
}

static void move_arrivals(void *unused)
{
	spin_lock(&quarantine_lock);
	queue_join(&quarantine, this_cpu_ptr(arrivals));
	spin_unlock(&quarantine_lock);
}

static void quarantine_put(struct kmem_cache *c, void *obj)
{
	struct queue *mine;
	unsigned long flags;

	slab_count_quarantined(c, 1);
	local_irq_save(flags);
	mine = this_cpu_ptr(arrivals);
	queue_push(mine, c, obj);
	if (mine->n >= MOVED_AT_ONCE) {
		move_arrivals(NULL);
		release((total_ram_pages() << PAGE_SHIFT) / 64, RELEASED_AT_ONCE);
	}
	local_irq_restore(flags);
}

void kasan_shrink_quarantine(void)
{
	unsigned long flags;

	local_irq_save(flags);
	move_arrivals(NULL);
	release(0, ~0UL);
	local_irq_restore(flags);
}

void kasan_empty_quarantine(void)
{
	smp_call_function_all(move_arrivals, NULL);
	kasan_shrink_quarantine();
}

/* ---- slab objects ---- */

struct kasan_object *kasan_object_of(const struct kmem_cache *c, void *obj)
{
	return (struct kasan_object *)(slab_link(c, obj) + 1);
}

static size_t object_span(const struct kmem_cache *c)
{
	return ALIGN((size_t)slab_usable(c), KASAN_GRANULE);
}

void kasan_new_slab(struct kmem_cache *c, void *slab, size_t bytes, size_t step)
{
	kasan_poison(slab, bytes, KASAN_SLAB_REDZONE);
	for (char *obj = slab; obj + step <= (char *)slab + bytes; obj += step) {
		kasan_poison(obj, object_span(c), KASAN_SLAB_FREE);
		__real_memset(kasan_object_of(c, obj), 0, sizeof(struct kasan_object));
	}
}

void kasan_slab_alloc(struct kmem_cache *c, void *obj)
{
	struct kasan_object *o = kasan_object_of(c, obj);

	o->size = slab_usable(c);
	o->alloc = track(FRAME);
	o->put_off = (struct kasan_track){0};
	kasan_unpoison(obj, o->size);
	smp_store_release(&o->state, KASAN_OBJECT_ALLOCATED);
}

/* The page of an address in the direct map or the image, NULL: somewhere else. */
static struct page *page_of(const void *p)
{
	unsigned long addr = (unsigned long)p;
	bool direct = addr >= PAGE_OFFSET && addr - PAGE_OFFSET < max_pfn << PAGE_SHIFT;

	return direct || (addr >= KERNEL_BASE && addr < (unsigned long)__kernel_end) ? virt_to_page(p) : NULL;
}

bool kasan_slab_free(struct kmem_cache *c, void *obj)
{
	const struct page *page = page_of(obj);
	struct kasan_object *o;
	u32 old = KASAN_OBJECT_ALLOCATED;

	if (!page || !(page->flags & PG_SLAB) || page->slab_cache != c || slab_object(obj) != obj) {
		kasan_report_free("invalid-free", obj, CALLER);
		return true;
	}
	o = kasan_object_of(c, obj);
	/* Of two that free it at the same time, one loses. */
	if (!__atomic_compare_exchange_n(&o->state, &old, KASAN_OBJECT_QUARANTINED, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		kasan_report_free("double-free", obj, CALLER);
		return true;
	}
	o->free = track(FRAME);
	kasan_poison(obj, object_span(c), KASAN_SLAB_FREE);
	quarantine_put(c, obj);
	return true;
}

void kasan_note_call_rcu(struct rcu_head *head)
{
	const struct page *page = page_of(head);
	void *obj;

	if (!page || !(page->flags & PG_SLAB))
		return;
	obj = slab_object(head);
	if (obj)
		kasan_object_of(page->slab_cache, obj)->put_off = track(FRAME);
}

/* ---- kmalloc ---- */

void *kasan_kmalloc(void *p, size_t size)
{
	struct page *page;
	struct kmem_cache *c;

	if (!p)
		return NULL;
	page = virt_to_page(p);
	if (page->flags & PG_SLAB) {
		c = page->slab_cache;
		kasan_object_of(c, p)->size = (u32)size;
		kasan_poison(p, object_span(c), KASAN_SLAB_REDZONE);
	} else {
		page->index = size;
		kasan_poison(p, PAGE_SIZE << page->order, KASAN_PAGE_REDZONE);
	}
	kasan_unpoison(p, size);
	return p;
}

size_t kasan_ksize(const void *p, size_t room)
{
	const struct page *page = virt_to_page(p);

	return page->flags & PG_SLAB ? kasan_object_of(page->slab_cache, (void *)p)->size : page->index;
}

bool kasan_may_kfree(const void *p)
{
	const struct page *page = page_of(p);

	if (page && (page->flags & PG_SLAB))
		return true;		/* kasan_slab_free() looks at it more closely */
	if (page && (page->flags & PG_LARGE) && p == page_address(page))
		return true;
	kasan_report_free(page && *kasan_shadow(p) == KASAN_PAGE_FREE ? "double-free" : "invalid-free", p, CALLER);
	return false;
}

/* ---- vmalloc space ---- */

/* A free stack keeps its list's link in its first word. */
void kasan_alloc_stack(void *stack)
{
	kasan_unpoison(stack, THREAD_SIZE);
}

void kasan_free_stack(void *stack)
{
	kasan_unpoison(stack, KASAN_GRANULE);
	kasan_poison((char *)stack + KASAN_GRANULE, THREAD_SIZE - KASAN_GRANULE, KASAN_STACK_FREE);
}

void kasan_vmalloc(void *p, size_t size)
{
	size_t whole = ALIGN(size, KASAN_GRANULE);

	kasan_unpoison(p, size);
	kasan_poison((char *)p + whole, ALIGN(size, PAGE_SIZE) - whole, KASAN_VMALLOC_TAIL);
}
#endif
