/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical memory before there is an allocator: which ranges are RAM, and which of it is taken.
 * Both tables are sorted, without overlaps. memblock_alloc() takes from the bottom upward, since
 * the lowest memory is mapped first. At the end mm_init() (page_alloc.c) gives everything that is
 * not taken to the buddy. Boot CPU only, no lock.
 */
#include "kernel/mm/internal.h"
#include "kernel/debug/debug.h"

#define MAX_RANGES 128

struct memblock_table memblock_memory, memblock_reserved;

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
		return memset(__va(pa), 0, size);
	}
	panic("out of memory at boot: %zu bytes wanted; the machine has %llu KiB and %llu KiB of "
	      "it are taken",
	      size, (unsigned long long)bytes_in(&memblock_memory) >> 10,
	      (unsigned long long)bytes_in(&memblock_reserved) >> 10);
}
