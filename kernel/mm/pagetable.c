/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ranges of page table entries: copied at fork, cleared at munmap and exit, given other rights,
 * moved. Each function goes table by table (512 entries below one lock hold), skipping holes, and
 * lets others run in between.
 *
 * An entry is 0, or holds a page and one reference to it; the shared zero page (PTE_SPECIAL) is not
 * counted.
 */
#include "kernel/mm/internal.h"
#include "kernel/sched/sched.h"

void gather_flush(struct gather *g)
{
	if (g->start < g->end)
		tlb_flush_range(g->mm, g->mm->cpumask, g->start, g->end);
	g->start = ~0UL;
	g->end = 0;
	for (unsigned int i = 0; i < g->n; i++)
		put_page(g->pages[i]);
	g->n = 0;
	pgd_free_tables(&g->tables);
}

u64 vm_page_prot(unsigned long vm_flags)
{
	bool none = !(vm_flags & (VM_READ | VM_WRITE | VM_EXEC));

	return (none ? PTE_PROTNONE : PTE_PRESENT) | PTE_USER | PTE_ACCESSED | PTE_DIRTY |
	       (vm_flags & VM_EXEC ? 0 : PTE_NX);
}

/* Copy the entries below one table. Both locks held. */
static int copy_table(struct mm_struct *dst, unsigned long addr, unsigned long end, pte_t *from,
		      bool *need_flush)
{
	pte_t *to = NULL;
	long anon = 0, file = 0;
	int err = 0;

	for (; addr < end; addr += PAGE_SIZE, from++) {
		pte_t pte = *from;
		struct page *page;

		if (!pte || (pte & PTE_SPECIAL))	/* the zero page comes by itself */
			continue;
		if (!to) {
			to = pte_alloc(dst->pgd, addr);
			if (!to) {
				err = -ENOMEM;
				break;
			}
			to -= addr >> PAGE_SHIFT & 511;
		}
		page = phys_to_page(pte_phys(pte));
		refcount_inc(&page->refcount);
		if (page->flags & PG_FILE)
			file++;
		else
			anon++;
		if (pte & PTE_WRITE) {
			pte &= ~PTE_WRITE;
			*from = pte;
			*need_flush = true;
		}
		to[addr >> PAGE_SHIFT & 511] = pte;
	}
	dst->rss_anon += anon;
	dst->rss_file += file;
	vm_stat_add(VM_ANON, anon);
	vm_stat_add(VM_FILE_MAPPED, file);
	return err;
}

int copy_page_range(struct mm_struct *dst, struct mm_struct *src, struct vm_area_struct *vma,
		    bool *need_flush)
{
	unsigned long addr = vma->vm_start, end = vma->vm_end, stop;
	int err = 0;

	while (!err && (addr = pte_next(src->pgd, addr, end)) < end) {
		stop = table_end(addr, end);
		spin_lock(&src->page_table_lock);
		/* The child's, which nobody else can hold for long. */
		spin_lock(&dst->page_table_lock);
		err = copy_table(dst, addr, stop, pte_lookup(src->pgd, addr), need_flush);
		spin_unlock(&dst->page_table_lock);
		spin_unlock(&src->page_table_lock);
		addr = stop;
		cond_resched();
	}
	return err;
}

/*
 * Clear the entries below one table. g NULL: nobody uses this mm, so the pages go at once. Lock
 * held.
 */
static void clear_table(struct mm_struct *mm, struct gather *g, unsigned long addr,
			unsigned long end, pte_t *pte)
{
	long anon = 0, file = 0, shmem = 0;

	for (; addr < end; addr += PAGE_SIZE, pte++) {
		pte_t old = *pte;
		struct page *page;

		if (!old)
			continue;
		*pte = 0;
		if (g) {
			g->start = min(g->start, addr);
			g->end = max(g->end, addr + PAGE_SIZE);
		}
		if (old & PTE_SPECIAL)
			continue;
		page = phys_to_page(pte_phys(old));
		if (page->flags & PG_FILE)
			file++;
		else
			anon++;
		shmem += (page->flags & PG_SHMEM) != 0;
		if (!g) {
			put_page(page);
			continue;
		}
		g->pages[g->n++] = page;
		if (g->n == ARRAY_SIZE(g->pages))
			gather_flush(g);
	}
	mm->rss_anon -= anon;
	mm->rss_file -= file;
	mm->rss_shmem -= shmem;
	vm_stat_add(VM_ANON, -anon);
	vm_stat_add(VM_FILE_MAPPED, -file);
}

void unmap_range(struct mm_struct *mm, struct gather *g, unsigned long addr, unsigned long end)
{
	unsigned long stop;

	for (;;) {
		/*
		 * Truncation comes here without mmap_lock, so the walk too needs the lock that
		 * keeps the tables.
		 */
		spin_lock(&mm->page_table_lock);
		addr = pte_next(mm->pgd, addr, end);
		if (addr >= end)
			break;
		stop = table_end(addr, end);
		clear_table(mm, g, addr, stop, pte_lookup(mm->pgd, addr));
		spin_unlock(&mm->page_table_lock);
		addr = stop;
	}
	spin_unlock(&mm->page_table_lock);
}

void unmap_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct gather g;

	gather_init(&g, vma->vm_mm);
	unmap_range(vma->vm_mm, &g, start, end);
	gather_flush(&g);
}

void unmap_all_pages(struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	list_for_each_entry(vma, &mm->mmap, vm_list) {
		unmap_range(mm, NULL, vma->vm_start, vma->vm_end);
		cond_resched();
	}
}

/*
 * The entry with the rights of vm_flags. The right to write is never added here: a fault finds out
 * whether the page is ours alone.
 */
static pte_t pte_modify(pte_t pte, unsigned long vm_flags)
{
	pte_t keep = pte & (PTE_ADDR_MASK | PTE_SPECIAL);

	if (!(vm_flags & (VM_READ | VM_WRITE | VM_EXEC)))
		return (pte & ~PTE_PRESENT) | PTE_PROTNONE;
	return keep | vm_page_prot(vm_flags) | (vm_flags & VM_WRITE ? pte & PTE_WRITE : 0);
}

void change_protection(struct vm_area_struct *vma, unsigned long start, unsigned long end,
		       unsigned long vm_flags)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long addr = start, stop;
	bool changed = false;
	pte_t *pte;

	while ((addr = pte_next(mm->pgd, addr, end)) < end) {
		stop = table_end(addr, end);
		spin_lock(&mm->page_table_lock);
		for (pte = pte_lookup(mm->pgd, addr); addr < stop; addr += PAGE_SIZE, pte++) {
			if (!*pte)
				continue;
			*pte = pte_modify(*pte, vm_flags);
			changed = true;
		}
		spin_unlock(&mm->page_table_lock);
	}
	if (changed)
		tlb_flush_range(mm, mm->cpumask, start, end);
}

int move_page_tables(struct mm_struct *mm, unsigned long from, unsigned long to, unsigned long len)
{
	unsigned long at, end = from + len, stop, a;
	int err = 0;

	spin_lock(&mm->page_table_lock);
	/* First all tables that the new place needs, so that the move itself cannot fail. */
	for (at = from; !err && (at = pte_next(mm->pgd, at, end)) < end; at = table_end(at, end)) {
		unsigned long last = to + (table_end(at, end) - 1 - from);

		if (!pte_alloc(mm->pgd, to + (at - from)) || !pte_alloc(mm->pgd, last))
			err = -ENOMEM;
	}
	for (at = from; !err && (at = pte_next(mm->pgd, at, end)) < end; at = stop) {
		pte_t *pte = pte_lookup(mm->pgd, at);

		stop = table_end(at, end);
		for (a = at; a < stop; a += PAGE_SIZE, pte++) {
			if (!*pte)
				continue;
			*pte_lookup(mm->pgd, to + (a - from)) = *pte;
			*pte = 0;
		}
	}
	tlb_flush_range(mm, mm->cpumask, from, end);
	spin_unlock(&mm->page_table_lock);
	return err;
}
