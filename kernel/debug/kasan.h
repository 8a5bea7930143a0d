/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checked memory (builds with KASAN=1). Each 8 bytes of the kernel's addresses have a byte of shadow that says how many of them
 * may be touched; the compiler has every load and store look there. The allocators tell here what they give out and take
 * back. docs/kasan.md is the chapter; kernel/debug/kasan.c is where to start reading.
 *
 * Without KASAN=1 everything in here is empty.
 */
#pragma once

#include "kernel/lib/types.h"

struct kmem_cache;
struct page;
struct rcu_head;

#ifdef CONFIG_KASAN

/* ---- the shadow ---- */
#define KASAN_SHADOW_OFFSET 0xdffffc0000000000UL	/* the Makefile's -fasan-shadow-offset */
#define KASAN_SHADOW_SHIFT  3
#define KASAN_GRANULE	    8UL
#define KASAN_FIRST	    0xffff800000000000UL	/* kernel addresses; what is below is no memory of the kernel's */
#define KASAN_SHADOW_START  ((KASAN_FIRST >> KASAN_SHADOW_SHIFT) + KASAN_SHADOW_OFFSET)
#define KASAN_SHADOW_END    ((~0UL >> KASAN_SHADOW_SHIFT) + KASAN_SHADOW_OFFSET + 1)
/* A page of shadow serves this many bytes: what the shadow of an area is mapped by. */
#define KASAN_SHADOW_SPAN   (PAGE_SIZE << KASAN_SHADOW_SHIFT)

static inline u8 *kasan_shadow(const volatile void *p)
{
	return (u8 *)(((unsigned long)p >> KASAN_SHADOW_SHIFT) + KASAN_SHADOW_OFFSET);
}

/* May none of the 8 bytes around p be touched? Then no variable and no object is there. */
static inline bool kasan_nobodys(const volatile void *p)
{
	return *kasan_shadow(p) >= KASAN_GRANULE;
}

/*
 * Values of a shadow byte. 0: all 8 bytes may be touched; 1 … 7: only that many, from the first; else none, because of:
 */
enum {
	KASAN_STACK_LEFT = 0xf1,	/* before, between and behind the variables of a frame: the compiler's values */
	KASAN_STACK_MID,
	KASAN_STACK_RIGHT,
	KASAN_VMALLOC_UNMAPPED = 0xf6,	/* vmalloc space in which nothing is mapped */
	KASAN_VMALLOC_TAIL,		/* between the end of an area and the end of its last page */
	KASAN_STACK_SCOPE,		/* a variable out of scope: the compiler's */
	KASAN_GLOBAL,			/* behind a global variable */
	KASAN_STACK_FREE,		/* a kernel stack that is nobody's */
	KASAN_SLAB_FREE,
	KASAN_SLAB_REDZONE,		/* behind an object */
	KASAN_ALLOCA_LEFT = 0xca,	/* around an array of variable length: the compiler's */
	KASAN_ALLOCA_RIGHT,
	KASAN_PAGE_REDZONE = 0xfe,	/* behind a kmalloc() of whole pages */
	KASAN_PAGE_FREE,
};

/*
 * Build the shadow of the memory that there is and begin to report. Boot CPU; memblock knows all memory and nobody has
 * taken pages from the buddy.
 */
void kasan_init(void);
/*
 * Does the kernel own all of [p, p + n)? If not, reports it (true: all is well). For accesses that the compiler can't see: assembly,
 * instructions in asm(). Any context.
 */
bool kasan_check_read(const volatile void *p, size_t n);
bool kasan_check_write(const volatile void *p, size_t n);
/* [p, p + n) may not be touched, for that reason; p and n: multiples of 8. */
void kasan_poison(const void *p, size_t n, u8 why);
/* [p, p + n) may be touched. What is behind it, up to a multiple of 8, may not. p: a multiple of 8. */
void kasan_unpoison(const void *p, size_t n);
/* What a page fault at `addr` means if that is in the shadow, else NULL. */
const char *kasan_fault_name(unsigned long addr);

/* ---- kernel/mm/page_alloc.c ---- */
/* Whose stack and which: an id of the depot and a pid. */
struct kasan_track {
	u32 stack;
	pid_t pid;
};
void kasan_alloc_pages(struct page *page, unsigned int order);
/* false: they are free already, which has been reported; hands off. */
bool kasan_free_pages(struct page *page, unsigned int order);
void kasan_poison_boot_pages(struct page *page, unsigned int order);	/* free since ever */

/* ---- kernel/mm/slab.c ---- */
/* What each object carries behind its redzone and its link. */
struct kasan_object {
	u32 state;			/* KASAN_OBJECT_…; changes by compare-and-exchange */
	u32 size;			/* bytes that were asked for */
	struct kasan_track alloc, free;
	struct kasan_track put_off;	/* call_rcu() with the object's head */
};
#define KASAN_ON	  1
#define KASAN_REDZONE	  16
#define KASAN_OBJECT_SIZE sizeof(struct kasan_object)

/* A fresh slab of `bytes` bytes, all objects free; one begins each `step` bytes. */
void kasan_new_slab(struct kmem_cache *c, void *slab, size_t bytes, size_t step);
void kasan_slab_alloc(struct kmem_cache *c, void *obj);
/*
 * true: the object is taken care of, and the slab may not touch it: it goes through the quarantine, from which it comes
 * back by slab_release(); or it can't be freed, which has been reported.
 */
bool kasan_slab_free(struct kmem_cache *c, void *obj);
/* kmalloc() gives `size` bytes of p, which is an object or whole pages. Returns p. */
void *kasan_kmalloc(void *p, size_t size);
size_t kasan_ksize(const void *p, size_t room);			/* what was asked for, of the room that there is */
bool kasan_may_kfree(const void *p);				/* false: reported */
/* Give back quarantined objects: on this CPU and what is common (any context but NMI), or all of them (may sleep). */
void kasan_shrink_quarantine(void);
void kasan_empty_quarantine(void);
/* `head`'s object will be freed by a callback. */
void kasan_note_call_rcu(struct rcu_head *head);

/* ---- kernel/mm/vmalloc.c: an area shares no KASAN_SHADOW_SPAN with another ---- */
/* Pages of shadow for an area that begins with a span, or lies in one. */
#define KASAN_SHADOW_PAGES(size) DIV_ROUND_UP(size, KASAN_SHADOW_SPAN)
/* Fresh, and nothing but [va, va + size) may be touched. -ENOMEM. May sleep. */
int kasan_map_shadow(unsigned long va, size_t size);
/* Its pages in front of `chain` (page.freelist); the caller flushes, then frees. */
struct page *kasan_unmap_shadow(unsigned long va, size_t size, struct page *chain);
void kasan_alloc_stack(void *stack);
void kasan_free_stack(void *stack);
void kasan_vmalloc(void *p, size_t size);			/* only so much of it was asked for */

#else

#define KASAN_ON		 0
#define KASAN_REDZONE		 0
#define KASAN_OBJECT_SIZE	 0
#define KASAN_SHADOW_SPAN	 PAGE_SIZE
#define KASAN_SHADOW_PAGES(size) 0UL
static inline bool kasan_nobodys(const volatile void *p)
{
	return false;
}
static inline void kasan_init(void)
{
}
static inline bool kasan_check_read(const volatile void *p, size_t n)
{
	return true;
}
static inline bool kasan_check_write(const volatile void *p, size_t n)
{
	return true;
}
static inline const char *kasan_fault_name(unsigned long addr)
{
	return NULL;
}
static inline void kasan_alloc_pages(struct page *page, unsigned int order)
{
}
static inline bool kasan_free_pages(struct page *page, unsigned int order)
{
	return true;
}
static inline void kasan_poison_boot_pages(struct page *page, unsigned int order)
{
}
static inline void kasan_new_slab(struct kmem_cache *c, void *slab, size_t bytes, size_t step)
{
}
static inline void kasan_slab_alloc(struct kmem_cache *c, void *obj)
{
}
static inline bool kasan_slab_free(struct kmem_cache *c, void *obj)
{
	return false;
}
static inline void *kasan_kmalloc(void *p, size_t size)
{
	return p;
}
static inline size_t kasan_ksize(const void *p, size_t room)
{
	return room;
}
static inline bool kasan_may_kfree(const void *p)
{
	return true;
}
static inline void kasan_shrink_quarantine(void)
{
}
static inline void kasan_empty_quarantine(void)
{
}
static inline void kasan_note_call_rcu(struct rcu_head *head)
{
}
static inline int kasan_map_shadow(unsigned long va, size_t size)
{
	return 0;
}
static inline struct page *kasan_unmap_shadow(unsigned long va, size_t size, struct page *chain)
{
	return chain;
}
static inline void kasan_alloc_stack(void *stack)
{
}
static inline void kasan_free_stack(void *stack)
{
}
static inline void kasan_vmalloc(void *p, size_t size)
{
}
#endif
