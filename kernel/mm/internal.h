/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of kernel/mm/ share among themselves. */
#pragma once

#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"
#include "kernel/mm/mman.h"

/* ---- page_alloc.c ---- */
/*
 * Events and amounts that are counted on each CPU and summed by vm_stat(); a single CPU's count may
 * be negative.
 */
enum vm_stat_item {
	VM_ANON,		/* pages that programs hold for themselves */
	VM_FILE_MAPPED,		/* page table entries of page cache pages */
	VM_PAGECACHE,
	VM_SHMEM,		/* of VM_PAGECACHE: shared anonymous memory */
	VM_SLAB,		/* pages */
	VM_TABLES,		/* page table pages in use */
	VM_STACKS,		/* pages of kernel stacks, the cached ones too */
	VM_NR_STATS,
};
typedef long vm_stats_t[VM_NR_STATS];
DECLARE_PER_CPU(vm_stats_t, vm_stats);
static inline void vm_stat_add(enum vm_stat_item item, long n)
{
	__asm__ __volatile__("addq %1, %%gs:%0" : "+m"(percpu_vm_stats[item]) : "er"(n));
}
unsigned long vm_stat(enum vm_stat_item item);	/* at least 0 */

/* A page that was taken at boot becomes an ordinary one: it counts as memory from here on. */
void adopt_reserved_page(struct page *page);
bool should_fail_slow(void);
/* Is this allocation the one that fault injection wants to fail? */
static inline bool should_fail(gfp_t gfp)
{
	return unlikely(current->fail_nth) && !(gfp & __GFP_NOFAIL_INJECT) && should_fail_slow();
}
/* Three steps of mm_init(). */
void nodes_init(void);			/* no node has pages yet */
/* The pages [pfn, end), all of node nid, are free. */
void free_boot_pages(unsigned long pfn, unsigned long end, unsigned int nid);
void reserve_init(void);		/* all are there: keep some for those who can't wait */
/* This CPU's page lists to the buddy; interrupts off. */
void drain_local_pages(void *unused);
unsigned long nr_cached_tables(void);		/* free page table pages kept by the CPUs */

/* ---- slab.c, vmalloc.c ---- */
void slab_init(void);
/* Empty slabs of all caches to the buddy; pages freed. Any context but NMI. */
unsigned long slab_shrink(void);
/* Where the object that the address is in begins; its page has PG_SLAB. Builds with KMEMLEAK=1. */
unsigned long slab_object_start(unsigned long addr);
unsigned long kernel_stack_shrink(void);	/* cached stacks; pages freed. May sleep. */

/* ---- mm.c, charge.c ---- */
void mm_caches_init(void);
void charge_init(void);

/* ---- vma.c ---- mmap_lock for writing, unless said otherwise */
extern struct kmem_cache *vm_area_cachep;
struct vm_area_struct *vma_alloc(struct mm_struct *mm);
void vma_free(struct vm_area_struct *vma);	/* unlinked: closes, drops the file, frees */
void vma_link(struct mm_struct *mm, struct vm_area_struct *vma);
void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma);
/* NULL: no memory. */
struct vm_area_struct *vma_dup(struct mm_struct *mm, const struct vm_area_struct *old);
/*
 * Onto the list of what it maps, behind `old` if that is not NULL: entries go from `old` to vma, and
 * a truncation that walks the list meanwhile finds them in the one or in the other.
 */
void vma_link_file(struct vm_area_struct *vma, struct vm_area_struct *old);
void vma_unlink_file(struct vm_area_struct *vma);
/* Cut vma in two at addr. The lower part keeps the structure. -ENOMEM. */
int vma_split(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr);
/*
 * Join vma with its neighbours where they continue each other; the area that now holds its pages.
 */
struct vm_area_struct *vma_merge(struct mm_struct *mm, struct vm_area_struct *vma);
/* Change the borders, with the file's list consistent. */
void vma_adjust(struct vm_area_struct *vma, unsigned long start, unsigned long end,
		unsigned long pgoff);
static inline struct vm_area_struct *vma_next(struct mm_struct *mm, struct vm_area_struct *vma)
{
	return list_is_last(&vma->vm_list, &mm->mmap) ? NULL : list_next_entry(vma, vm_list);
}
static inline struct vm_area_struct *vma_prev(struct mm_struct *mm, struct vm_area_struct *vma)
{
	return list_is_first(&vma->vm_list, &mm->mmap) ? NULL : list_prev_entry(vma, vm_list);
}
static inline unsigned long vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}

/* ---- mmap.c ---- mmap_lock for writing */
#define STACK_GUARD_GAP (256 * PAGE_SIZE)	/* below a growing stack, as Linux's default */
int munmap_locked(struct mm_struct *mm, unsigned long start, unsigned long end);
/* A free range of len bytes; `hint` if it is free and not 0. -ENOMEM. */
unsigned long get_unmapped_area(struct mm_struct *mm, unsigned long hint, unsigned long len);
/* Do RLIMIT_AS and RLIMIT_DATA allow that many more pages of such an area? */
bool may_expand_vm(struct mm_struct *mm, unsigned long vm_flags, unsigned long pages);
/* Pages of such an area came, or went: mm's sums of them. */
void vm_account(struct mm_struct *mm, unsigned long vm_flags, long pages);
/* -ENOMEM. */
int expand_stack(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr);

/* ---- mprotect.c ---- mmap_lock for writing */
/*
 * Cut vma so that it begins at start or above and ends at end or below; the piece.
 * ERR_PTR(-ENOMEM): the area is as it was but for cuts that join again.
 */
struct vm_area_struct *cut_out(struct mm_struct *mm, struct vm_area_struct *vma,
			       unsigned long start, unsigned long end);

/* ---- mlock.c ---- */
/* Does RLIMIT_MEMLOCK allow that many more pages with these flags? mmap_lock. */
bool may_lock_more(const struct mm_struct *mm, unsigned long vm_flags, unsigned long pages);
bool may_lock(void);			/* anything at all */
/*
 * Fault in what areas of [start, end) allow, for writing where they do, so that no copy is due
 * later. Takes mmap_lock; may sleep. -ENOMEM: a page cannot be there, or no memory. -EINTR.
 */
int mm_populate(struct mm_struct *mm, unsigned long start, unsigned long end);

/* ---- shmem.c ---- */
/* Make it shared anonymous memory; -ENOMEM. */
int shmem_zero_setup(struct vm_area_struct *vma);
struct address_space *shmem_mapping(const struct vm_area_struct *vma);	/* NULL: not of this kind */

/* ---- pagetable.c ---- */
/*
 * Software bits of an entry. PTE_PROTNONE: a page is here but the area may not be accessed;
 * PTE_PRESENT is clear then.
 */
#define PTE_PROTNONE (1UL << 10)
#define TABLE_SPAN   (512 * PAGE_SIZE)		/* addresses below one page table */
/* End of the part of [addr, end) that lies below the same page table. */
static inline unsigned long table_end(unsigned long addr, unsigned long end)
{
	return min((addr | (TABLE_SPAN - 1)) + 1, end);
}
/* Entry bits for pages of such an area; without PTE_WRITE. */
u64 vm_page_prot(unsigned long vm_flags);
/*
 * A page's entry takes one of rss_anon and rss_file, and the system's counts. page_table_lock held.
 */
static inline void rss_add(struct mm_struct *mm, const struct page *page, long n)
{
	if (page->flags & PG_FILE) {
		mm->rss_file += n;
		if (page->flags & PG_SHMEM)
			mm->rss_shmem += n;
		vm_stat_add(VM_FILE_MAPPED, n);
	} else {
		mm->rss_anon += n;
		vm_stat_add(VM_ANON, n);
	}
}
/*
 * Share the pages of vma with dst, copy-on-write. mmap_lock of both. -ENOMEM: what was done so far
 * is to be unmapped.
 */
int copy_page_range(struct mm_struct *dst, struct mm_struct *src, struct vm_area_struct *vma,
		    bool *need_flush);
/*
 * Pages whose entries have been cleared, and unlinked tables, kept until no CPU can reach them any more: gather_init(),
 * unmap_range() as often as wanted, gather_flush(). Interrupts on. With g NULL nobody uses the mm
 * any more, and no flush is needed.
 */
struct gather {
	struct mm_struct *mm;
	unsigned long start, end;	/* addresses to flush */
	unsigned int n;
	struct page *pages[32];
	struct list_head tables;	/* page tables that were taken out (pgd_take_range()) */
};
static inline void gather_init(struct gather *g, struct mm_struct *mm)
{
	g->mm = mm;
	g->start = ~0UL;
	g->end = 0;
	g->n = 0;
	INIT_LIST_HEAD(&g->tables);
}
void gather_flush(struct gather *g);
void unmap_range(struct mm_struct *mm, struct gather *g, unsigned long start, unsigned long end);
/* Forget the pages of [start, end) of vma. Flushes; takes page_table_lock. Interrupts on. */
void unmap_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);
/* Clear vma's entry for `page`, if it has one; it is, or was, at `index` of the file. The mapping's lock and a reference held. Flushes. */
void unmap_file_page(struct vm_area_struct *vma, struct page *page, unsigned long index);
/* The same for all areas of an mm that nobody uses any more: no flush. */
void unmap_all_pages(struct mm_struct *mm);
/* Give the present entries of [start, end) the rights of vm_flags. Flushes. */
void change_protection(struct vm_area_struct *vma, unsigned long start, unsigned long end,
		       unsigned long vm_flags);
/*
 * Move the entries of len bytes from one place to another, which is empty. -ENOMEM: nothing is
 * moved. Flushes.
 */
int move_page_tables(struct mm_struct *mm, unsigned long from, unsigned long to, unsigned long len);

extern struct page *zero_page;			/* what unwritten anonymous memory reads from */
