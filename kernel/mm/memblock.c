/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical memory before there is an allocator: which ranges are RAM, and which of it is taken.
 * Both tables are sorted, without overlaps. memblock_alloc() takes from the bottom upward, since
 * the lowest memory is mapped first. At the end mm_init() gives everything that is not taken to the
 * buddy (page_alloc.c). Boot CPU only, no lock.
 */
#include "kernel/mm/internal.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/kmemleak.h"

#define MAX_RANGES 128

struct memblock_range {
	phys_addr_t start, end;
};
static struct memblock_table {
	unsigned int n;
	struct memblock_range r[MAX_RANGES + 1];	/* one to spare for add_range() */
} memblock_memory, memblock_reserved;

static void insert_at(struct memblock_table *t, unsigned int i, phys_addr_t start, phys_addr_t end)
{
	if (t->n == MAX_RANGES)
		panic("more than %d ranges of physical memory", MAX_RANGES);
	memmove(&t->r[i + 1], &t->r[i], (t->n - i) * sizeof(t->r[0]));
	t->r[i] = (struct memblock_range){start, end};
	t->n++;
}

/* Add [start, end), joined with what it touches. */
static void add_range(struct memblock_table *t, phys_addr_t start, phys_addr_t end)
{
	unsigned int i = 0, j;

	if (start >= end)
		return;
	while (i < t->n && t->r[i].end < start)
		i++;
	for (j = i; j < t->n && t->r[j].start <= end; j++) {
		start = min(start, t->r[j].start);
		end = max(end, t->r[j].end);
	}
	if (j == i) {
		insert_at(t, i, start, end);
		return;
	}
	t->r[i] = (struct memblock_range){start, end};
	memmove(&t->r[i + 1], &t->r[j], (t->n - j) * sizeof(t->r[0]));
	t->n -= j - i - 1;
}

void memblock_add(phys_addr_t start, phys_addr_t end)
{
	add_range(&memblock_memory, ALIGN(start, PAGE_SIZE), ALIGN_DOWN(end, PAGE_SIZE));
}

void memblock_reserve(phys_addr_t start, phys_addr_t end)
{
	add_range(&memblock_reserved, start, end);
}

/* The lowest free place for size bytes at or above `from` inside one range of RAM; 0: none. */
static phys_addr_t find_free(const struct memblock_range *ram, phys_addr_t from, size_t size,
			     size_t align)
{
	phys_addr_t at = ALIGN(max(ram->start, from), align);

	for (unsigned int i = 0; i < memblock_reserved.n; i++) {
		const struct memblock_range *r = &memblock_reserved.r[i];

		if (r->end <= at)
			continue;
		if (r->start >= at + size)
			break;
		at = ALIGN(r->end, align);
	}
	return at + size <= ram->end ? at : 0;
}

static phys_addr_t bytes_in(const struct memblock_table *t)
{
	phys_addr_t sum = 0;

	for (unsigned int i = 0; i < t->n; i++)
		sum += t->r[i].end - t->r[i].start;
	return sum;
}

void *memblock_alloc(size_t size, size_t align)
{
	/* Not below 1 MiB: the BIOS and the trampoline of the other CPUs live there. */
	for (unsigned int i = 0; i < memblock_memory.n; i++) {
		phys_addr_t pa = find_free(&memblock_memory.r[i], 1UL << 20, size, align);

		if (!pa)
			continue;
		memblock_reserve(pa, pa + size);
		kmemleak_boot_memory(__va(pa), size);
		return memset(__va(pa), 0, size);
	}
	panic("out of memory at boot: %zu bytes wanted; the machine has %llu KiB and %llu KiB of "
	      "it are taken",
	      size, (unsigned long long)bytes_in(&memblock_memory) >> 10,
	      (unsigned long long)bytes_in(&memblock_reserved) >> 10);
}

/* ---- the end: everything that is left goes to the buddy ---- */

/* The free part [start, end) of RAM, cut where the node changes. */
static void free_boot_memory(phys_addr_t start, phys_addr_t end)
{
	start = ALIGN(start, PAGE_SIZE);
	end = ALIGN_DOWN(end, PAGE_SIZE);
	while (start < end) {
		phys_addr_t cut = min(phys_node_end(start), end);

		free_boot_pages(start >> PAGE_SHIFT, cut >> PAGE_SHIFT, phys_to_node(start));
		start = cut;
	}
}

/* Boot-time owners hold one reference to each of their pages. */
static void mark_reserved(phys_addr_t start, phys_addr_t end)
{
	for (unsigned long pfn = start >> PAGE_SHIFT;
	     pfn < DIV_ROUND_UP(end, PAGE_SIZE) && pfn < max_pfn; pfn++) {
		pfn_to_page(pfn)->flags = PG_RESERVED;
		pfn_to_page(pfn)->node = (u8)phys_to_node((phys_addr_t)pfn << PAGE_SHIFT);
		refcount_set(&pfn_to_page(pfn)->refcount, 1);
	}
}

void mm_init(void)
{
	const struct memblock_range *r;
	unsigned int i, k = 0;

	nodes_init();
	max_pfn = memblock_memory.r[memblock_memory.n - 1].end >> PAGE_SHIFT;
	mem_map = memblock_alloc(max_pfn * sizeof(struct page), 64);
	kmemleak_init();
	for (i = 0; i < memblock_reserved.n; i++)
		mark_reserved(memblock_reserved.r[i].start, memblock_reserved.r[i].end);
	for (i = 0; i < memblock_memory.n; i++) {
		phys_addr_t at = memblock_memory.r[i].start, end = memblock_memory.r[i].end;

		for (k = 0; k < memblock_reserved.n && at < end; k++) {
			r = &memblock_reserved.r[k];
			if (r->end <= at)
				continue;
			if (r->start >= end)
				break;
			if (r->start > at)
				free_boot_memory(at, r->start);
			at = r->end;
		}
		if (at < end)
			free_boot_memory(at, end);
	}
	reserve_init();
	slab_init();
	mm_caches_init();
}
