/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding memory that nobody refers to any more (builds with KMEMLEAK=1): the hooks of the allocators. docs/kmemleak.md
 * tells how it works. Any context but NMI; they cannot fail. In other builds they are nothing.
 */
#pragma once

#include "kernel/lib/types.h"

/* What an allocation is, which says where references to it and in it are. */
enum kmemleak_kind {
	KMEMLEAK_SLAB,
	KMEMLEAK_PAGES,		/* the kernel's own */
	KMEMLEAK_USER,		/* what is in it belongs to a program and refers to nothing */
	KMEMLEAK_MAPPED,	/* below an area or a stack: is read there */
	KMEMLEAK_TABLE,		/* a page table: refers by physical addresses */
	KMEMLEAK_VMALLOC,
	KMEMLEAK_STACK,		/* is read for the task that has it, from its stack pointer on */
};

#ifdef CONFIG_KMEMLEAK
/* Boot: memory for the records; what memblock gave out so far and is nobody's list of objects. mem_map is there. */
void kmemleak_init(void);
/* Boot: memory that is never freed may refer to objects. */
void kmemleak_boot_memory(const void *start, size_t size);
/* Boot: this part of it refers to no object, or does so in a way of its own. */
void kmemleak_no_root(const void *start, size_t size);
/*
 * [start, start + size) is in use from now on, allocated by the caller's caller; `cache` is the name of its slab cache.
 * Where there is such an object already, this is its new life. NULL is no object. Returns `start`.
 */
void *kmemleak_alloc(const void *start, size_t size, enum kmemleak_kind kind, const char *cache);
/* It is free again. Unknown addresses (allocated at boot, not an object) are fine. */
void kmemleak_free(const void *start);
/* [p, p + size) has served its purpose: what is left in it refers to nothing. Where a root keeps addresses too long. */
void kmemleak_clear(void *p, size_t size);
/* Scan, and say on the log what leaked, if anything did: before the machine goes off. May sleep. */
void kmemleak_check(void);
#else
static inline void kmemleak_init(void)
{
}
static inline void kmemleak_boot_memory(const void *start, size_t size)
{
}
static inline void kmemleak_no_root(const void *start, size_t size)
{
}
static inline void *kmemleak_alloc(const void *start, size_t size, enum kmemleak_kind kind, const char *cache)
{
	return (void *)start;
}
static inline void kmemleak_free(const void *start)
{
}
static inline void kmemleak_clear(void *p, size_t size)
{
}
static inline void kmemleak_check(void)
{
}
#endif
