// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables: the kernel's own, built once, and the walks through programs' tables.
 *
 *	0000000000000000  programs, one set of tables for each mm_struct (up to USER_END)
 *	ffff888000000000  direct map of physical memory: RW, NX, in 1 GiB and 2 MiB pages; the image's first
 *			  megabytes in 4 KiB pages, text and rodata read-only here too
 *	ffffc90000000000  kernel stacks and vmalloc (kernel/mm/vmalloc.c)
 *	ffffea0000000000  devices (ioremap), uncached
 *	ffffec0000000000  the shadow of all these, 16 TiB, in builds with KASAN=1 (kasan.c)
 *	ffffffff80000000  the image: text RX, rodata R, data RW
 *
 * The top-level entries of the kernel half are all made at boot and never change, so pgd_alloc() copies them and no program's table can
 * miss a kernel mapping made later. Source: Intel SDM vol. 3, 4.5.
 */
#include "arch/x86_64/cpu.h"
#include "kernel/debug/debug.h"
#include "kernel/lib/lib.h"
#include "kernel/mm/mm.h"

#define PTE_LARGE  BIT(7)
#define PTE_GLOBAL BIT(8)
#define PTE_PWT	   BIT(3)
#define PTE_PCD	   BIT(4)
#define PTE_TABLE  (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED)
#define PTE_KERNEL (PTE_PRESENT | PTE_GLOBAL | PTE_ACCESSED | PTE_DIRTY)

#define IOREMAP_START 0xffffea0000000000UL
#define PMD_SIZE      (1UL << 21)
#define PUD_SIZE      (1UL << 30)

static inline unsigned int index_at(unsigned long addr, unsigned int level)	/* 0: page table … 3: top */
{
	return (addr >> (12 + 9 * level)) & 511;
}

pgd_t *kernel_pgd;			/* immutable after arch_init_memory() but for what hangs below its entries */
phys_addr_t trampoline_phys;
static DEFINE_SPINLOCK(kernel_table_lock);	/* entries below kernel_pgd; irqs off */
static unsigned long ioremap_next = IOREMAP_START;	/* kernel_table_lock */
static bool slab_is_up;			/* arch_alloc_table() may be used */

static u64 *entry_table(u64 entry)
{
	return __va(entry & PTE_ADDR_MASK);
}

static u64 *new_table(void)
{
	return READ_ONCE(slab_is_up) ? arch_alloc_table() : memblock_alloc(PAGE_SIZE, PAGE_SIZE);
}

/* The table below an entry, made if needed; NULL: no memory. */
static u64 *table_below(u64 *entry)
{
	u64 *table;

	if (*entry & PTE_PRESENT)
		return entry_table(*entry);
	table = new_table();
	if (table)
		*entry = __pa(table) | PTE_TABLE;
	return table;
}

/* ---- boot: the kernel's tables ---- */

static u64 *early_pmd(unsigned long va)
{
	u64 *pud = table_below(&kernel_pgd[index_at(va, 3)]);

	return table_below(&pud[index_at(va, 2)]) + index_at(va, 1);
}

/* Direct map of [start, end), rounded outward to 2 MiB. */
static void map_direct(phys_addr_t start, phys_addr_t end)
{
	start = ALIGN_DOWN(start, PMD_SIZE);
	end = ALIGN(end, PMD_SIZE);
	while (start < end) {
		unsigned long va = (unsigned long)__va(start);
		u64 *pud = table_below(&kernel_pgd[index_at(va, 3)]) + index_at(va, 2);

		if (cpu_features.gbpages && IS_ALIGNED(start, PUD_SIZE) && end - start >= PUD_SIZE && !*pud) {
			*pud = start | PTE_KERNEL | PTE_WRITE | PTE_LARGE | pte_nx;
			start += PUD_SIZE;
			continue;
		}
		if (!(*pud & PTE_LARGE)) {
			u64 *pmd = table_below(pud) + index_at(va, 1);

			if (!*pmd)
				*pmd = start | PTE_KERNEL | PTE_WRITE | PTE_LARGE | pte_nx;
		}
		start += PMD_SIZE;
	}
}

/* Rights of the 4 KiB page at image address va. */
static u64 image_rights(unsigned long va)
{
	if (va >= (unsigned long)__text_start && va < (unsigned long)__text_end)
		return PTE_KERNEL;
	if (va >= (unsigned long)__rodata_start && va < (unsigned long)__rodata_end)
		return PTE_KERNEL | pte_nx;
	return PTE_KERNEL | PTE_WRITE | pte_nx;
}

/*
 * Text and rodata need 4 KiB pages. Those tables serve the image's addresses and the direct map alike; NX in the direct map's
 * entry above them takes execution away there. Data behind them is mapped with large pages.
 */
static void map_image(void)
{
	unsigned long end = (unsigned long)__kernel_end, va, page;

	for (va = KERNEL_BASE; va < end; va += PMD_SIZE) {
		phys_addr_t pa = va - KERNEL_BASE;
		u64 *table;

		if (va >= (unsigned long)__rodata_end) {
			*early_pmd(va) = pa | PTE_KERNEL | PTE_WRITE | PTE_LARGE | pte_nx;
			continue;
		}
		table = memblock_alloc(PAGE_SIZE, PAGE_SIZE);
		for (page = 0; page < 512; page++)
			table[page] = (pa + page * PAGE_SIZE) | image_rights(va + page * PAGE_SIZE);
		*early_pmd(va) = __pa(table) | PTE_TABLE;
		*early_pmd((unsigned long)__va(pa)) = __pa(table) | PTE_TABLE | pte_nx;
	}
}

/* A page below 640 KiB in which other CPUs can start in real mode. */
static void choose_trampoline(void)
{
	unsigned int i;

	for (i = 0; i < boot_info.nr_ranges; i++) {
		const struct boot_range *r = &boot_info.ranges[i];
		phys_addr_t at = max(ALIGN(r->start, PAGE_SIZE), (phys_addr_t)0x8000);

		if (r->type == BOOT_RAM && at + PAGE_SIZE <= min(r->end, (phys_addr_t)0xa0000)) {
			trampoline_phys = at;
			memblock_reserve(at, at + PAGE_SIZE);
			return;
		}
	}
}

void arch_init_memory(void)
{
	unsigned int i;

	choose_trampoline();
	kernel_pgd = memblock_alloc(PAGE_SIZE, PAGE_SIZE);
	map_image();
	for (i = 0; i < boot_info.nr_ranges; i++)
		if (boot_info.ranges[i].type == BOOT_RAM)
			map_direct(boot_info.ranges[i].start, boot_info.ranges[i].end);
	table_below(&kernel_pgd[index_at(VMALLOC_START, 3)]);
	table_below(&kernel_pgd[index_at(IOREMAP_START, 3)]);
	arch_kasan_early(kernel_pgd);
	pgd_activate(kernel_pgd);
	percpu_alloc(acpi.nr_cpus);
	desc_load();
}

/* ---- kernel mappings made later ---- */

int kernel_map_page(unsigned long va, phys_addr_t pa, u64 pte_flags)
{
	unsigned long flags;
	u64 *table = NULL;
	int level;

	WRITE_ONCE(slab_is_up, true);
	if (!(kernel_pgd[index_at(va, 3)] & PTE_PRESENT))
		return -ENOMEM;				/* beyond the 512 GiB whose top-level entry exists */
	spin_lock_irqsave(&kernel_table_lock, flags);
	table = entry_table(kernel_pgd[index_at(va, 3)]);
	for (level = 2; level > 0 && table; level--)
		table = table_below(&table[index_at(va, level)]);
	if (table)
		table[index_at(va, 0)] = pa | PTE_PRESENT | PTE_GLOBAL | (pte_flags & ~PTE_NX) | (pte_flags & pte_nx);
	spin_unlock_irqrestore(&kernel_table_lock, flags);
	return table ? 0 : -ENOMEM;
}

bool kernel_address_mapped(unsigned long addr)
{
	u64 *table = __va(read_cr3() & PTE_ADDR_MASK), entry;
	int level;

	if (addr < PAGE_OFFSET)			/* a program's, or no address at all */
		return false;
	for (level = 3;; level--) {
		entry = READ_ONCE(table[index_at(addr, level)]);
		if (!(entry & PTE_PRESENT))
			return false;
		if (!level || (entry & PTE_LARGE))
			return true;
		table = entry_table(entry);
	}
}

phys_addr_t kernel_unmap_page(unsigned long va)
{
	u64 *table = kernel_pgd, old;
	int level;

	for (level = 3; level > 0; level--) {
		u64 entry = table[index_at(va, level)];

		if (!(entry & PTE_PRESENT))
			return 0;
		table = entry_table(entry);
	}
	old = __atomic_exchange_n(&table[index_at(va, 0)], 0, __ATOMIC_SEQ_CST);
	return old & PTE_ADDR_MASK;
}

void *ioremap(phys_addr_t pa, size_t size)
{
	phys_addr_t first = ALIGN_DOWN(pa, PAGE_SIZE);
	size_t bytes = ALIGN(pa + size, PAGE_SIZE) - first, at;
	unsigned long va, flags;

	spin_lock_irqsave(&kernel_table_lock, flags);
	va = ioremap_next;
	ioremap_next += bytes;
	spin_unlock_irqrestore(&kernel_table_lock, flags);
	for (at = 0; at < bytes; at += PAGE_SIZE)
		if (kernel_map_page(va + at, first + at, PTE_WRITE | PTE_PCD | PTE_PWT | PTE_NX))
			return NULL;
	return (void *)(va + (pa - first));
}

/*
 * ---- programs' tables ----
 * All tables of a program hang on a list at its top-level table's struct page, so that the end of the program frees them without
 * looking through thousands of entries; each remembers in page->index which entry points to it, and counts in page->inuse
 * the tables below it; the top-level table's page->index counts them all. All this and the entries: mm->page_table_lock. A table is
 * given back all zero (arch_free_table asks for that).
 */

static const unsigned long shared[] = {VMALLOC_START, IOREMAP_START, KERNEL_BASE};	/* beside the direct map */

pgd_t *pgd_alloc(void)
{
	pgd_t *pgd = arch_alloc_user_table();
	unsigned int i;

	if (!pgd)
		return NULL;
	INIT_LIST_HEAD(&virt_to_page(pgd)->lru);
	virt_to_page(pgd)->index = 0;
	for (i = index_at(PAGE_OFFSET, 3); kernel_pgd[i]; i++)
		pgd[i] = kernel_pgd[i];
	for (i = 0; i < ARRAY_SIZE(shared); i++)
		pgd[index_at(shared[i], 3)] = kernel_pgd[index_at(shared[i], 3)];
	arch_kasan_copy(pgd);
	return pgd;
}

void pgd_free(pgd_t *pgd)
{
	unsigned int i;

	for (i = index_at(PAGE_OFFSET, 3); kernel_pgd[i]; i++)
		pgd[i] = 0;
	for (i = 0; i < ARRAY_SIZE(shared); i++)
		pgd[index_at(shared[i], 3)] = 0;
	arch_kasan_clear(pgd);
	arch_free_table(pgd);
}

pte_t *pte_lookup(pgd_t *pgd, unsigned long addr)
{
	u64 entry = pgd[index_at(addr, 3)];

	if (!(entry & PTE_PRESENT))
		return NULL;
	entry = entry_table(entry)[index_at(addr, 2)];
	if (!(entry & PTE_PRESENT))
		return NULL;
	entry = entry_table(entry)[index_at(addr, 1)];
	if (!(entry & PTE_PRESENT))
		return NULL;
	return &entry_table(entry)[index_at(addr, 0)];
}

static u64 *user_table_below(pgd_t *pgd, u64 *entry)
{
	u64 *table;

	if (likely(*entry & PTE_PRESENT))
		return entry_table(*entry);
	table = arch_alloc_user_table();
	if (table) {
		list_add(&virt_to_page(table)->lru, &virt_to_page(pgd)->lru);
		virt_to_page(table)->index = (unsigned long)entry;
		virt_to_page(table)->inuse = 0;
		virt_to_page(entry)->inuse++;
		WRITE_ONCE(virt_to_page(pgd)->index, virt_to_page(pgd)->index + 1);
		smp_store_release(entry, __pa(table) | PTE_TABLE);
	}
	return table;
}

pte_t *pte_alloc(pgd_t *pgd, unsigned long addr)
{
	u64 *table = user_table_below(pgd, &pgd[index_at(addr, 3)]);

	if (table)
		table = user_table_below(pgd, &table[index_at(addr, 2)]);
	if (table)
		table = user_table_below(pgd, &table[index_at(addr, 1)]);
	return table ? &table[index_at(addr, 0)] : NULL;
}

unsigned long pte_next(pgd_t *pgd, unsigned long addr, unsigned long end)
{
	while (addr < end) {
		u64 *table = pgd;
		int level;

		for (level = 3; level > 0; level--) {
			u64 entry = table[index_at(addr, level)];

			if (!(entry & PTE_PRESENT))
				break;
			table = entry_table(entry);
		}
		if (level == 0)
			return addr;
		addr = ALIGN_DOWN(addr, 1UL << (12 + 9 * level)) + (1UL << (12 + 9 * level));
	}
	return end;
}

static bool table_empty(const u64 *table)
{
	unsigned int i;

	for (i = 0; i < 512; i++)
		if (table[i])
			return false;
	return true;
}

unsigned long pgd_tables(const pgd_t *pgd)
{
	return READ_ONCE(virt_to_page(pgd)->index);
}

/*
 * Move the tables below `table` (whose entries span 2^(12 + 9 * level) bytes each) that are empty, in [start, last], to `gone`; `base`
 * is the address of its first entry. How many.
 */
static unsigned int take_below(u64 *table, unsigned int level, unsigned long base, unsigned long start, unsigned long last,
		       struct list_head *gone)
{
	unsigned long span = 1UL << (12 + 9 * level);
	unsigned int i, taken = 0;

	for (i = start > base ? (start - base) / span : 0; i < 512 && base + i * span <= last; i++) {
		unsigned long at = base + i * span;
		u64 *below;

		if (!(table[i] & PTE_PRESENT))
			continue;
		below = entry_table(table[i]);
		if (level > 1)
			taken += take_below(below, level - 1, at, start, last, gone);
		if (level > 1 ? virt_to_page(below)->inuse != 0 :
				(at < start || at + span - 1 > last) && !table_empty(below))
			continue;
		table[i] = 0;
		virt_to_page(table)->inuse--;
		list_move_tail(&virt_to_page(below)->lru, gone);
		taken++;
	}
	return taken;
}

static void take_all(pgd_t *pgd, struct list_head *gone)
{
	struct list_head *tables = &virt_to_page(pgd)->lru;
	struct page *page;

	list_for_each_entry(page, tables, lru)
		*(u64 *)page->index = 0;
	list_splice_tail_init(tables, gone);
}

void pgd_take_range(pgd_t *pgd, unsigned long start, unsigned long end, struct list_head *gone)
{
	unsigned long tables = pgd_tables(pgd);

	end = min(end, USER_END);
	if (start == 0 && end == USER_END) {
		take_all(pgd, gone);
		tables = 0;
	} else if (start < end) {
		tables -= take_below(pgd, 3, 0, start, end - 1, gone);
	}
	WRITE_ONCE(virt_to_page(pgd)->index, tables);
}

void pgd_free_tables(struct list_head *gone)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, gone, lru)
		arch_free_table(page_address(page));
	INIT_LIST_HEAD(gone);
}

void pgd_activate(pgd_t *pgd)
{
	write_cr3(__pa(pgd));
}
