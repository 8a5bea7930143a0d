/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page faults: demand zero, copy-on-write, file pages. handle_mm_fault() finds the area and the
 * rights, then one of the do_… functions makes the entry. mmap_lock is held for reading throughout;
 * memory is allocated before page_table_lock is taken, and whoever takes it looks again whether
 * another thread was faster.
 *
 * Page tables of a live area are freed only with mmap_lock held for writing, so an entry may be
 * read without page_table_lock.
 */
#include "kernel/mm/charge.h"
#include "kernel/mm/internal.h"
#include "kernel/sched/sched.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/trace.h"
#include "fs/fs.h"

#define FAULT_AROUND (16 * PAGE_SIZE)

/* A tracer writes to areas that the program may not write to: then the copy is made read-only. */
static bool writable(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_WRITE;
}

static u64 page_entry(const struct page *page, const struct vm_area_struct *vma, bool write)
{
	return page_to_phys(page) | vm_page_prot(vma->vm_flags) | (write ? PTE_WRITE : 0);
}

static inline void note_private_pages(struct vm_area_struct *vma)
{
	/*
	 * Other faulting threads may do the same; nobody changes other flags while mmap_lock is
	 * held for reading.
	 */
	if (!(vma->vm_flags & VM_PRIVATE_PAGES))
		vma->vm_flags |= VM_PRIVATE_PAGES;
}

/*
 * Put a referenced page where no entry is. The reference is used up, also when somebody was faster.
 * `from`: the page of the file that it is a copy of, or NULL; if truncation has taken that meanwhile,
 * the copy is not for use either.
 */
static enum fault_result install(struct vm_area_struct *vma, unsigned long addr, struct page *page,
				 bool write, const struct page *from)
{
	struct address_space *m = from ? vma_mapping(vma) : NULL;
	struct mm_struct *mm = vma->vm_mm;
	enum fault_result ret = FAULT_OK;
	pte_t *pte;

	spin_lock(&mm->page_table_lock);
	pte = pte_alloc(mm->pgd, addr);
	if (likely(pte && !*pte && (!m || READ_ONCE(from->mapping) == m))) {
		*pte = page_entry(page, vma, write);
		rss_add(mm, page, 1);
		spin_unlock(&mm->page_table_lock);
		return FAULT_OK;
	}
	if (!pte)
		ret = FAULT_NOMEM;
	spin_unlock(&mm->page_table_lock);
	put_page(page);
	return ret;
}

static enum fault_result do_anonymous(struct vm_area_struct *vma, unsigned long addr, bool write)
{
	struct mm_struct *mm = vma->vm_mm;
	enum fault_result ret = FAULT_OK;
	struct page *page;
	pte_t *pte;

	if (write) {
		page = alloc_page(GFP_USER | __GFP_ZERO);
		if (!page || !charge_page(page, CHARGE_ANON))
			return FAULT_NOMEM;
		note_private_pages(vma);
		return install(vma, addr, page, writable(vma), NULL);
	}
	spin_lock(&mm->page_table_lock);
	pte = pte_alloc(mm->pgd, addr);
	if (!pte)
		ret = FAULT_NOMEM;
	else if (!*pte)
		*pte = page_entry(zero_page, vma, false) | PTE_SPECIAL;
	spin_unlock(&mm->page_table_lock);
	return ret;
}

/* ---- files ---- */

/*
 * The page at pgoff of what vma maps, referenced, or ERR_PTR: -ENOMEM, anything else is a SIGBUS.
 */
static struct page *get_file_page(struct vm_area_struct *vma, unsigned long pgoff)
{
	struct address_space *m;
	struct page *page;

	if (vma->vm_ops)
		return vma->vm_ops->fault(vma, pgoff);
	m = vma_mapping(vma);
	if (pgoff >= DIV_ROUND_UP((u64)READ_ONCE(m->host->i_size), PAGE_SIZE))
		return ERR_PTR(-EFAULT);
	page = find_get_page(m, pgoff);
	if (page)
		return page;
	return m->ops && m->ops->read_page ? m->ops->read_page(m, pgoff)
					   : find_or_create_page(m, pgoff, GFP_USER);
}

/*
 * Map neighbours of addr that are in the page cache anyway. page_table_lock held; pte is addr's
 * entry.
 */
static void map_around(struct vm_area_struct *vma, struct address_space *m, unsigned long addr,
		       pte_t *pte, bool write)
{
	unsigned long at = max(ALIGN_DOWN(addr, FAULT_AROUND), vma->vm_start);
	unsigned long end = min(ALIGN_DOWN(addr, FAULT_AROUND) + FAULT_AROUND, vma->vm_end), pgoff;
	unsigned long size =
		m->host ? DIV_ROUND_UP((u64)READ_ONCE(m->host->i_size), PAGE_SIZE) : ~0UL;
	struct page *page;

	pgoff = vma->vm_pgoff + ((at - vma->vm_start) >> PAGE_SHIFT);
	pte -= (addr - at) >> PAGE_SHIFT;
	for (; at < end && pgoff < size; at += PAGE_SIZE, pgoff++, pte++) {
		if (*pte)
			continue;
		page = find_get_page(m, pgoff);
		if (!page)
			continue;
		*pte = page_entry(page, vma, write);
		rss_add(vma->vm_mm, page, 1);
	}
}

/* Map a page of the file itself (not a copy), and its neighbours. Uses up the reference. */
static enum fault_result map_file_page(struct vm_area_struct *vma, unsigned long addr,
				       struct page *page)
{
	bool write = (vma->vm_flags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE);
	struct address_space *m = vma_mapping(vma);
	struct mm_struct *mm = vma->vm_mm;
	enum fault_result ret = FAULT_OK;
	pte_t *pte;

	spin_lock(&mm->page_table_lock);
	pte = pte_alloc(mm->pgd, addr);
	if (!pte) {
		ret = FAULT_NOMEM;
	} else if (!*pte && (!m || READ_ONCE(page->mapping) == m)) {	/* not truncated meanwhile */
		*pte = page_entry(page, vma, write);
		rss_add(mm, page, 1);
		page = NULL;
		if (m)
			map_around(vma, m, addr, pte, write);
	}
	spin_unlock(&mm->page_table_lock);
	if (page)
		put_page(page);
	return ret;
}

static enum fault_result do_file(struct vm_area_struct *vma, unsigned long addr, bool write)
{
	enum fault_result ret = FAULT_NOMEM;
	struct page *page, *copy;

	page = get_file_page(vma, vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT));
	if (IS_ERR(page))
		return PTR_ERR(page) == -ENOMEM ? FAULT_NOMEM : FAULT_SIGBUS;
	if (!write || (vma->vm_flags & VM_SHARED))
		return map_file_page(vma, addr, page);
	copy = alloc_page(GFP_USER);
	if (copy && charge_page(copy, CHARGE_ANON)) {
		copy_page(page_address(copy), page_address(page));
		note_private_pages(vma);
		ret = install(vma, addr, copy, writable(vma), page);
	}
	put_page(page);
	return ret;
}

/* ---- writes to what is mapped read-only ---- */

/*
 * The entry may become writable as it is: the page belongs to everybody who maps the area, or to
 * nobody else.
 */
static bool may_reuse(const struct vm_area_struct *vma, pte_t entry)
{
	const struct page *page = phys_to_page(pte_phys(entry));

	if (vma->vm_flags & VM_SHARED)
		return true;
	return !(entry & PTE_SPECIAL) && !(page->flags & PG_FILE) &&
	       refcount_read(&page->refcount) == 1;
}

/*
 * Replace `entry` by a private copy. `old` is referenced for the time of copying, NULL: the zero
 * page.
 */
static enum fault_result copy_on_write(struct vm_area_struct *vma, unsigned long addr, pte_t *pte,
				       pte_t entry, struct page *old)
{
	struct mm_struct *mm = vma->vm_mm;
	struct page *copy = alloc_page(old ? GFP_USER : GFP_USER | __GFP_ZERO);

	if (!copy || !charge_page(copy, CHARGE_ANON))
		return FAULT_NOMEM;
	if (old)
		copy_page(page_address(copy), page_address(old));
	note_private_pages(vma);
	spin_lock(&mm->page_table_lock);
	if (*pte != entry) {
		spin_unlock(&mm->page_table_lock);
		put_page(copy);
		return FAULT_OK;
	}
	/* No CPU may go on reading the old page once one can write the new one. */
	*pte = 0;
	tlb_flush_range(mm, mm->cpumask, addr, addr + PAGE_SIZE);
	*pte = page_entry(copy, vma, writable(vma));
	rss_add(mm, copy, 1);
	if (old)
		rss_add(mm, old, -1);
	spin_unlock(&mm->page_table_lock);
	if (old)
		put_page(old);		/* the entry's */
	return FAULT_OK;
}

static enum fault_result do_write_protected(struct vm_area_struct *vma, unsigned long addr,
					    pte_t *pte, pte_t entry)
{
	struct mm_struct *mm = vma->vm_mm;
	enum fault_result ret;
	struct page *old = NULL;

	spin_lock(&mm->page_table_lock);
	if (*pte != entry) {
		spin_unlock(&mm->page_table_lock);
		return FAULT_OK;
	}
	if (may_reuse(vma, entry)) {
		if (writable(vma))
			*pte = entry | PTE_WRITE;
		spin_unlock(&mm->page_table_lock);
		/* Others that still see it read-only fault and come here too. */
		tlb_flush_local_page(addr);
		return FAULT_OK;
	}
	if (!(entry & PTE_SPECIAL)) {
		old = phys_to_page(pte_phys(entry));
		get_page(old);
	}
	spin_unlock(&mm->page_table_lock);
	ret = copy_on_write(vma, addr, pte, entry, old);
	if (old)
		put_page(old);
	return ret;
}

/* ---- the way in ---- */

/*
 * The area for addr, a stack grown down to it if need be. mmap_lock held for reading, before and
 * after.
 */
static struct vm_area_struct *find_or_grow(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	int err;

	if (likely(vma && vma->vm_start <= addr))
		return vma;
	if (!vma || !(vma->vm_flags & VM_GROWSDOWN))
		return NULL;
	up_read(&mm->mmap_lock);
	down_write(&mm->mmap_lock);
	vma = find_vma(mm, addr);
	err = vma && (vma->vm_flags & VM_GROWSDOWN) ? expand_stack(mm, vma, addr) : -EFAULT;
	downgrade_write(&mm->mmap_lock);
	return err || vma->vm_start > addr ? NULL : vma;
}

static bool access_allowed(const struct vm_area_struct *vma, unsigned int flags)
{
	if (flags & FAULT_WRITE)
		return (vma->vm_flags & VM_WRITE) ||
		       ((flags & FAULT_FORCE) &&
			(vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE);
	if (flags & FAULT_FORCE)
		return vma->vm_flags & VM_MAYREAD;
	if (flags & FAULT_EXEC)
		return vma->vm_flags & VM_EXEC;
	/* The processor cannot tell these apart. */
	return vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC);
}

static enum fault_result fault_in(struct vm_area_struct *vma, unsigned long addr, unsigned int flags)
{
	bool write = flags & FAULT_WRITE;
	pte_t *pte = pte_lookup(vma->vm_mm->pgd, addr);
	pte_t entry = pte ? READ_ONCE(*pte) : 0;

	if (!entry)
		return vma->vm_file || vma->vm_ops ? do_file(vma, addr, write)
						   : do_anonymous(vma, addr, write);
	if (!(entry & PTE_PRESENT) && !(flags & FAULT_FORCE))
		return FAULT_ACCERR;
	if (write && !(entry & PTE_WRITE))
		return do_write_protected(vma, addr, pte, entry);
	/* Another CPU has repaired it, this one had the old entry cached. */
	tlb_flush_local_page(addr);
	return FAULT_OK;
}

enum fault_result handle_mm_fault(struct mm_struct *mm, unsigned long addr, unsigned int flags)
{
	struct vm_area_struct *vma;
	enum fault_result ret;

	if (unlikely(addr >= USER_END || this_cpu_read(pagefault_disabled)))
		return FAULT_MAPERR;
	trace(page_fault, addr, current_pt_regs()->rip, flags);
	down_read(&mm->mmap_lock);
	vma = find_or_grow(mm, addr);
	if (unlikely(!vma))
		ret = FAULT_MAPERR;
	else if (unlikely(!access_allowed(vma, flags)))
		ret = FAULT_ACCERR;
	else
		ret = fault_in(vma, ALIGN_DOWN(addr, PAGE_SIZE), flags);
	up_read(&mm->mmap_lock);
	return ret;
}
