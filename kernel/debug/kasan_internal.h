/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of KASAN, and slab.c's side of it. */
#pragma once

#include "kernel/debug/kasan.h"

struct seq_file;

/* What the compiler describes a global variable with (GCC's and clang's interface). */
struct kasan_global {
	const void *start;
	size_t size, size_with_redzone;
	const void *name, *module;
	unsigned long has_dynamic_init;
	const void *location;
	unsigned long odr_indicator;
};

/* ---- kasan.c ---- */
/* The first byte of [addr, addr + n) that may not be touched, 0: all may. */
unsigned long kasan_first_bad(unsigned long addr, size_t n);
/* The variable that owns this address, or whose redzone it is in; NULL: none. */
const struct kasan_global *kasan_find_global(unsigned long addr);

/* ---- kasan_report.c ---- */
extern bool kasan_ready;	/* the shadow is real: set once */
void kasan_report(unsigned long addr, size_t n, bool write, unsigned long ip);
/* A pointer that can't be freed: "double-free", "invalid-free". `ip`: of who wanted to. */
void kasan_report_free(const char *what, const void *p, unsigned long ip);

/* ---- kasan_heap.c ---- */
enum {
	KASAN_OBJECT_NEW,		/* never allocated since its slab was made */
	KASAN_OBJECT_ALLOCATED,
	KASAN_OBJECT_QUARANTINED,
	KASAN_OBJECT_FREE,
};
struct kasan_object *kasan_object_of(const struct kmem_cache *c, void *obj);

/* ---- kernel/mm/slab.c ---- */
unsigned int slab_usable(const struct kmem_cache *c);		/* bytes of an object that are the user's */
const char *slab_name(const struct kmem_cache *c);
void **slab_link(const struct kmem_cache *c, void *obj);	/* a free object's link; struct kasan_object follows it */
/* The object whose place p is in; NULL: the rest at the end. p is in a page with PG_SLAB. */
void *slab_object(const void *p);
void slab_count_quarantined(struct kmem_cache *c, long n);	/* counts objects that are freed but not yet released */
void slab_release(void *obj);					/* from the quarantine: free for the next. Any context but NMI */
