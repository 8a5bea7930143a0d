/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Moving pages that an address space has from some nodes to others, while its programs run.
 *
 * mmap_lock is held for writing, so no fault and no other task's copy comes in between: whoever
 * touches a page that is being moved waits there, and finds the new one. What still may happen is
 * truncation, under page_table_lock.
 *
 * A page of a program's own is moved when one entry has it and nobody else refers to it: nothing can
 * find the other entries of one that fork has shared. Such a page stays until somebody writes to it
 * and gets a copy, which comes from the right node. A page of a file is taken out of all programs that
 * map it, for they are known; they fault it in again.
 *
 * All this is best effort: a page that cannot be moved, for want of memory or because somebody is
 * reading it, stays where it is. Start with migrate_pages().
 */
#include "kernel/mm/charge.h"
#include "kernel/mm/internal.h"

#define MOVE_BATCH 32	/* private pages that are moved with one flush */

struct move {
	unsigned long addr;
	pte_t entry;
	struct page *from, *to;		/* `to` NULL: it stays */
};

/* The n-th (from 0) node of a set that has more than n. */
static unsigned int nth_node(nodemask_t set, unsigned int n)
{
	while (n--)
		set.bits &= set.bits - 1;
	return (unsigned int)__ffs(set.bits);
}

/*
 * Where a page of `node` goes: the second node of `from` becomes the second of `to`, and so on, with
 * as many turns as needed. It stays if it is on none of `from`, or if it is well placed and the sets
 * differ in size, so that no order could be kept anyway.
 */
static unsigned int target_node(unsigned int node, nodemask_t from, nodemask_t to)
{
	unsigned int nr_from = hweight_long(from.bits), nr_to = hweight_long(to.bits);

	if (!(from.bits & BIT(node)) || (nr_from != nr_to && (to.bits & BIT(node))))
		return node;
	return nth_node(to, hweight_long(from.bits & (BIT(node) - 1)) % nr_to);
}

/* A page on node `nid`, from nowhere else. NULL: none. */
static struct page *new_page(unsigned int nid)
{
	return alloc_pages_node((int)nid, GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN, 0);
}

/* `to` holds what `from` held, and who paid for that pays for this. */
static void copy_contents(struct page *to, struct page *from)
{
	copy_page(page_address(to), page_address(from));
	charge_transfer(from, to);
}

/* ---- a program's own pages ---- */

/* Clear the entries of those that may really be moved; the others lose their new page. Lock held. */
static void take_entries(struct mm_struct *mm, struct move *moves, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct move *m = &moves[i];
		pte_t *pte = pte_lookup(mm->pgd, m->addr);

		if (!m->to)
			continue;
		if (*pte == m->entry && refcount_read(&m->from->refcount) == 1) {
			*pte = 0;
		} else {
			put_page(m->to);
			m->to = NULL;
		}
	}
}

static void move_private(struct mm_struct *mm, struct move *moves, unsigned int n)
{
	if (!n)
		return;
	spin_lock(&mm->page_table_lock);
	take_entries(mm, moves, n);
	/* From here on no CPU can write to the old pages. */
	tlb_flush_range(mm, mm->cpumask, moves[0].addr, moves[n - 1].addr + PAGE_SIZE);
	for (unsigned int i = 0; i < n; i++) {
		struct move *m = &moves[i];

		if (!m->to)
			continue;
		copy_contents(m->to, m->from);
		*pte_lookup(mm->pgd, m->addr) = (m->entry & ~PTE_ADDR_MASK) | page_to_phys(m->to);
	}
	spin_unlock(&mm->page_table_lock);
	for (unsigned int i = 0; i < n; i++)
		if (moves[i].to)
			put_page(moves[i].from);	/* the entry's */
}

/* ---- a file's pages ---- */

void unmap_file_page(struct vm_area_struct *vma, struct page *page, unsigned long index)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long addr = vma->vm_start + ((index - vma->vm_pgoff) << PAGE_SHIFT);
	pte_t *pte;
	bool mapped;

	if (index < vma->vm_pgoff || index - vma->vm_pgoff >= vma_pages(vma))
		return;
	spin_lock(&mm->page_table_lock);
	pte = pte_lookup(mm->pgd, addr);
	mapped = pte && *pte && !(*pte & PTE_SPECIAL) && phys_to_page(pte_phys(*pte)) == page;
	if (mapped) {
		*pte = 0;
		rss_add(mm, page, -1);
		tlb_flush_range(mm, mm->cpumask, addr, addr + PAGE_SIZE);
	}
	spin_unlock(&mm->page_table_lock);
	if (mapped)
		put_page(page);
}

/*
 * Put `to` in the place of `page` in m. With the count at 0 nobody can get a reference:
 * find_get_page() tries again until the new one is there. False: somebody else has one already.
 */
static bool replace_in_cache(struct address_space *m, struct page *page, struct page *to)
{
	struct vm_area_struct *vma;

	list_for_each_entry(vma, &m->i_mmap, shared)
		unmap_file_page(vma, page, page->index);
	if (!refcount_freeze_last(&page->refcount))
		return false;
	copy_contents(to, page);
	to->index = page->index;
	to->flags |= page->flags & (PG_FILE | PG_SHMEM);
	WRITE_ONCE(to->mapping, m);
	radix_tree_replace(&m->pages, page->index, to);
	WRITE_ONCE(page->mapping, NULL);
	return true;
}

static void move_file_page(struct address_space *m, struct page *page, struct page *to)
{
	bool moved;

	if (!to)
		return;
	spin_lock(&m->lock);
	moved = READ_ONCE(page->mapping) == m && replace_in_cache(m, page, to);
	spin_unlock(&m->lock);
	if (moved)
		free_page_last(page);
	else
		put_page(to);
}

/* ---- the walk ---- */

/* Move what is to be moved below one page table. */
static void migrate_table(struct vm_area_struct *vma, unsigned long addr, unsigned long end,
			  nodemask_t from, nodemask_t to)
{
	struct mm_struct *mm = vma->vm_mm;
	struct address_space *mapping = vma_mapping(vma);
	pte_t *pte = pte_lookup(mm->pgd, addr);
	struct move moves[MOVE_BATCH];
	unsigned int n = 0;

	for (; addr < end; addr += PAGE_SIZE, pte++) {
		pte_t entry = READ_ONCE(*pte);
		unsigned int target;
		struct page *page;

		if (!entry || (entry & PTE_SPECIAL))
			continue;
		page = phys_to_page(pte_phys(entry));
		target = target_node(page->node, from, to);
		if (target == page->node)
			continue;
		if (page->flags & PG_FILE) {
			if (mapping)
				move_file_page(mapping, page, new_page(target));
			continue;
		}
		moves[n++] = (struct move){addr, entry, page, new_page(target)};
		if (n == MOVE_BATCH) {
			move_private(mm, moves, n);
			n = 0;
		}
	}
	move_private(mm, moves, n);
}

void migrate_pages(struct mm_struct *mm, nodemask_t from, nodemask_t to)
{
	struct vm_area_struct *vma;
	unsigned long addr, stop;

	if (down_write_killable(&mm->mmap_lock))
		return;
	list_for_each_entry(vma, &mm->mmap, vm_list) {
		addr = vma->vm_start;
		while ((addr = pte_next(mm->pgd, addr, vma->vm_end)) < vma->vm_end) {
			stop = table_end(addr, vma->vm_end);
			migrate_table(vma, addr, stop, from, to);
			addr = stop;
			cond_resched();
		}
	}
	up_write(&mm->mmap_lock);
}
