// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables of KASAN's shadow (kernel/debug/kasan.h), which takes the top-level entries 472 to 503.
 *
 * Most of those 16 TiB stand for addresses at which there is nothing. They share one set of tables, in which each entry of a level
 * points to the one table of the next, and in the end to one page: kasan_zero_page, all zero ("may be touched"), or in the part
 * for vmalloc space a page that says that nothing is mapped. Both are read-only. Only the shadow of memory that exists has
 * pages of its own; where such a page is to be put into a shared table, private_table() makes a copy of that first.
 *
 * boot/start.asm hangs the zero set in before any C runs, writable, since the compiler's code marks the stack from the first
 * function on. What is written then has no meaning, and nobody reports until kasan_init() has built the real shadow.
 */
#ifdef CONFIG_KASAN
#include "arch/x86_64/cpu.h"
#include "kernel/debug/kasan.h"
#include "kernel/debug/kmemleak.h"
#include "kernel/lib/lib.h"
#include "kernel/mm/mm.h"
#include "kernel/sync/sync.h"

#define SHADOW_FIRST ((KASAN_SHADOW_START >> 39) & 511)
#define SHADOW_LAST  (((KASAN_SHADOW_END - 1) >> 39) & 511)
#define PTE_LARGE    BIT(7)
#define PTE_TABLE    (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED)
#define PTE_DATA     (PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY)
#define LARGE_SIZE   (1UL << 21)
#define VMALLOC_SIZE (512UL << 30)	/* what the kernel's page tables have room for there */

BUILD_BUG_ON(SHADOW_FIRST != 472 || SHADOW_LAST != 503);	/* boot/start.asm */

/* The shared sets: page, page table and upwards. */
extern u64 kasan_zero[4][512];		/* boot/start.asm */
static u64 gone[3][512] __aligned(PAGE_SIZE);

static DEFINE_SPINLOCK(shadow_lock);	/* tables of the shadow once the other CPUs run; irqs off */
static bool booting = true;		/* memory comes from memblock */

static u64 *entry_table(u64 entry)
{
	return __va(entry & PTE_ADDR_MASK);
}

/* Does the entry point to a table or page of a shared set? */
static bool is_shared(u64 entry)
{
	phys_addr_t pa = entry & PTE_ADDR_MASK;

	return pa - __pa(kasan_zero) < sizeof(kasan_zero) || pa - __pa(gone) < sizeof(gone);
}

/* The table below an entry, the caller's to change. NULL: no memory. */
static u64 *private_table(u64 *entry)
{
	u64 *table, *old = entry_table(*entry);

	if (!is_shared(*entry))
		return old;
	table = booting ? memblock_alloc(PAGE_SIZE, PAGE_SIZE) : arch_alloc_table();
	if (table) {
		copy_page(table, old);
		WRITE_ONCE(*entry, __pa(table) | PTE_TABLE);	/* translates as before: no flush */
	}
	return table;
}

/* The entry of level 1 (large pages) or 0 for a shadow address; NULL: no memory, or (level 0) there is a large page. */
static u64 *shadow_entry(unsigned long shadow, int level)
{
	u64 *table = kernel_pgd;

	for (int l = 3; l > level; l--) {
		u64 *entry = &table[(shadow >> (12 + 9 * l)) & 511];

		if (*entry & PTE_LARGE)
			return NULL;
		table = private_table(entry);
		if (!table)
			return NULL;
	}
	return &table[(shadow >> (12 + 9 * level)) & 511];
}

/* ---- boot ---- */

void arch_kasan_early(pgd_t *pgd)
{
	for (unsigned int i = SHADOW_FIRST; i <= SHADOW_LAST; i++)
		pgd[i] = boot_pml4[i];
}

void arch_kasan_copy(pgd_t *pgd)
{
	for (unsigned int i = SHADOW_FIRST; i <= SHADOW_LAST; i++)
		pgd[i] = kernel_pgd[i];
}

void arch_kasan_clear(pgd_t *pgd)
{
	for (unsigned int i = SHADOW_FIRST; i <= SHADOW_LAST; i++)
		pgd[i] = 0;
}

/* Shadow of its own, zeroed, for [start, end). */
static void add_shadow(const void *start, const void *end)
{
	unsigned long at = ALIGN_DOWN((unsigned long)kasan_shadow(start), PAGE_SIZE);
	unsigned long to = ALIGN((unsigned long)kasan_shadow(end), PAGE_SIZE);

	while (at < to) {
		u64 *entry = shadow_entry(at, 1);

		if (IS_ALIGNED(at, LARGE_SIZE) && to - at >= LARGE_SIZE && is_shared(*entry)) {
			void *page = memblock_alloc(LARGE_SIZE, LARGE_SIZE);

			kmemleak_no_root(page, LARGE_SIZE);
			*entry = __pa(page) | PTE_DATA | PTE_WRITE | PTE_LARGE | pte_nx;
			at += LARGE_SIZE;
			continue;
		}
		entry = shadow_entry(at, 0);
		if (entry && is_shared(*entry))
			*entry = __pa(memblock_alloc(PAGE_SIZE, PAGE_SIZE)) | PTE_DATA | PTE_WRITE | pte_nx;
		at += PAGE_SIZE;
	}
}

static void fill_table(u64 *table, u64 entry)
{
	for (unsigned int i = 0; i < 512; i++)
		table[i] = entry;
}

static void init_vmalloc_shadow(void)
{
	unsigned long at = (unsigned long)kasan_shadow((void *)VMALLOC_START);
	unsigned long to = (unsigned long)kasan_shadow((void *)(VMALLOC_START + VMALLOC_SIZE));

	fill_table(gone[0], KASAN_VMALLOC_UNMAPPED * 0x0101010101010101UL);
	fill_table(gone[1], __pa(gone[0]) | PTE_DATA | pte_nx);
	fill_table(gone[2], __pa(gone[1]) | PTE_TABLE);
	for (; at < to; at += 1UL << 30)
		*shadow_entry(at, 2) = __pa(gone[2]) | PTE_TABLE;
}

void arch_kasan_init(void)
{
	for (unsigned int i = 0; i < boot_info.nr_ranges; i++) {
		const struct boot_range *r = &boot_info.ranges[i];

		if (r->type == BOOT_RAM)
			add_shadow(__va(r->start), __va(r->end));
	}
	add_shadow((void *)KERNEL_BASE, __kernel_end);
	init_vmalloc_shadow();
	write_cr3(__pa(kernel_pgd));		/* from here on the stack's shadow is real, and nobody writes the page below */
	fill_table(kasan_zero[0], 0);
	fill_table(kasan_zero[1], __pa(kasan_zero[0]) | PTE_DATA | pte_nx);
	write_cr3(__pa(kernel_pgd));
	booting = false;
}

/* ---- areas of vmalloc space ---- */

/* The shadow page that serves va, and those behind it: the areas that they serve begin at multiples of KASAN_SHADOW_SPAN. */
static unsigned long shadow_page(unsigned long va)
{
	return (unsigned long)kasan_shadow((void *)ALIGN_DOWN(va, KASAN_SHADOW_SPAN));
}

/* Put the shared page back; the page that was there, NULL if none of its own. */
static struct page *take_page(unsigned long shadow)
{
	unsigned long flags;
	u64 *entry, old = 0;

	spin_lock_irqsave(&shadow_lock, flags);
	entry = shadow_entry(shadow, 0);
	if (entry && !is_shared(*entry)) {
		old = *entry;
		WRITE_ONCE(*entry, __pa(gone[0]) | PTE_DATA | pte_nx);
	}
	spin_unlock_irqrestore(&shadow_lock, flags);
	return old ? phys_to_page(old & PTE_ADDR_MASK) : NULL;
}

struct page *kasan_unmap_shadow(unsigned long va, size_t size, struct page *chain)
{
	unsigned long shadow = shadow_page(va);

	for (size_t i = 0; i < KASAN_SHADOW_PAGES(size); i++) {
		struct page *page = take_page(shadow + i * PAGE_SIZE);

		if (page) {
			page->freelist = chain;
			chain = page;
		}
	}
	return chain;
}

static int put_page_at(unsigned long shadow, struct page *page)
{
	unsigned long flags;
	u64 *entry;

	spin_lock_irqsave(&shadow_lock, flags);
	entry = shadow_entry(shadow, 0);
	if (entry)
		WRITE_ONCE(*entry, page_to_phys(page) | PTE_DATA | PTE_WRITE | pte_nx);
	spin_unlock_irqrestore(&shadow_lock, flags);
	return entry ? 0 : -ENOMEM;
}

int kasan_map_shadow(unsigned long va, size_t size)
{
	unsigned long shadow = shadow_page(va);
	struct page *back, *next;

	for (size_t i = 0; i < KASAN_SHADOW_PAGES(size); i++) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_NOFAIL_INJECT);

		if (page)
			memset(page_address(page), KASAN_VMALLOC_UNMAPPED, PAGE_SIZE);
		if (page && !put_page_at(shadow + i * PAGE_SIZE, page))
			continue;
		if (page)
			put_page(page);
		back = kasan_unmap_shadow(va, i * KASAN_SHADOW_SPAN, NULL);
		kernel_tlb_flush_all();
		for (; back; back = next) {
			next = back->freelist;
			put_page(back);
		}
		return -ENOMEM;
	}
	kernel_tlb_flush_all();		/* somebody may have looked there: the shared page's translation */
	kasan_unpoison((void *)va, size);
	return 0;
}
#endif
