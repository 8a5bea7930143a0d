/* SPDX-License-Identifier: GPL-2.0-only */
/* mprotect(2) and madvise(2): other rights, and what a program says about its plans. */
#include "kernel/mm/internal.h"
#include "kernel/sched/sched.h"
#include "fs/fs.h"

struct vm_area_struct *cut_out(struct mm_struct *mm, struct vm_area_struct *vma,
			       unsigned long start, unsigned long end)
{
	int err;

	if (vma->vm_start < start) {
		err = vma_split(mm, vma, start);
		if (err)
			return ERR_PTR(err);
		vma = vma_next(mm, vma);
	}
	if (vma->vm_end > end) {
		err = vma_split(mm, vma, end);
		if (err) {
			vma_merge(mm, vma);
			return ERR_PTR(err);
		}
	}
	return vma;
}

/* Does RLIMIT_DATA allow that? It bounds what becomes data, not what is so already. */
static bool may_become(struct mm_struct *mm, unsigned long old, unsigned long flags,
		       unsigned long pages)
{
	return !(~old & flags & VM_WRITE) || may_expand_vm(mm, flags, pages) ||
	       !may_expand_vm(mm, old, pages);
}

/*
 * One area's part of [start, end). The area that holds it afterwards, or ERR_PTR. *populate: it is
 * locked and has got rights, so its pages are due.
 */
static struct vm_area_struct *protect_one(struct mm_struct *mm, struct vm_area_struct *vma,
					  unsigned long start, unsigned long end,
					  unsigned long rights, bool *populate)
{
	unsigned long flags = (vma->vm_flags & ~(VM_READ | VM_WRITE | VM_EXEC)) | rights, pages;

	if (rights & ~(vma->vm_flags >> 4) & (VM_READ | VM_WRITE | VM_EXEC))	/* VM_MAYREAD … */
		return ERR_PTR(-EACCES);
	if (flags == vma->vm_flags)
		return vma;
	pages = (min(vma->vm_end, end) - max(vma->vm_start, start)) >> PAGE_SHIFT;
	if (!may_become(mm, vma->vm_flags, flags, pages))
		return ERR_PTR(-ENOMEM);
	vma = cut_out(mm, vma, start, end);
	if (IS_ERR(vma))
		return vma;
	*populate |= (flags & VM_LOCKED_MASK) == VM_LOCKED && rights;
	vm_account(mm, vma->vm_flags, -(long)pages);
	vm_account(mm, flags, (long)pages);
	vma->vm_flags = flags;
	change_protection(vma, vma->vm_start, vma->vm_end, flags);
	return vma_merge(mm, vma);
}

static int mprotect_locked(struct mm_struct *mm, unsigned long start, unsigned long end, int prot,
			   bool *populate)
{
	unsigned long rights = (prot & PROT_READ ? VM_READ : 0) |
			       (prot & PROT_WRITE ? VM_WRITE : 0) |
			       (prot & PROT_EXEC ? VM_EXEC : 0);
	struct vm_area_struct *vma = find_vma(mm, start);

	if (!vma)
		return -ENOMEM;
	if (prot & PROT_GROWSDOWN) {
		if (vma->vm_start >= end)
			return -ENOMEM;
		if (!(vma->vm_flags & VM_GROWSDOWN))
			return -EINVAL;
		start = min(start, vma->vm_start);
	}
	while (start < end) {
		if (!vma || vma->vm_start > start)
			return -ENOMEM;
		vma = protect_one(mm, vma, start, end, rights, populate);
		if (IS_ERR(vma))
			return (int)PTR_ERR(vma);
		start = vma->vm_end;
		vma = vma_next(mm, vma);
	}
	return 0;
}

int do_mprotect(struct mm_struct *mm, unsigned long addr, unsigned long len, int prot)
{
	bool populate = false;
	int err;

	if (!IS_ALIGNED(addr, PAGE_SIZE) ||
	    (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_GROWSDOWN)))
		return -EINVAL;
	if (!len)
		return 0;
	if (len > USER_END || addr > USER_END - len)
		return -ENOMEM;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	len = ALIGN(len, PAGE_SIZE);
	err = mprotect_locked(mm, addr, addr + len, prot, &populate);
	up_write(&mm->mmap_lock);
	if (populate)
		(void)mm_populate(mm, addr, addr + len);
	return err;
}

/* ---- madvise ---- */

static int advise_fork(struct mm_struct *mm, struct vm_area_struct **vmap, unsigned long start,
		       unsigned long end, bool copy)
{
	struct vm_area_struct *vma = *vmap;
	unsigned long flags = copy ? vma->vm_flags & ~VM_DONTCOPY : vma->vm_flags | VM_DONTCOPY;

	if (flags == vma->vm_flags)
		return 0;
	vma = cut_out(mm, vma, start, end);
	if (IS_ERR(vma))
		return (int)PTR_ERR(vma);
	vma->vm_flags = flags;
	*vmap = vma_merge(mm, vma);
	return 0;
}

/* *vmap is replaced when areas are cut or joined. */
static int advise_one(struct mm_struct *mm, struct vm_area_struct **vmap, unsigned long start,
		      unsigned long end, int advice)
{
	struct vm_area_struct *vma = *vmap;

	switch (advice) {
	case MADV_DONTNEED:
	case MADV_FREE:		/* may drop the contents at any time: now */
		if (vma->vm_flags & VM_LOCKED)
			return -EINVAL;
		if (advice == MADV_FREE && (vma->vm_file || vma->vm_ops))
			return -EINVAL;
		unmap_page_range(vma, max(start, vma->vm_start), min(end, vma->vm_end));
		return 0;
	case MADV_DONTFORK:
	case MADV_DOFORK:
		return advise_fork(mm, vmap, start, end, advice == MADV_DOFORK);
	/* Hints that need no action here: everything is in memory already. */
	default:
		return 0;
	}
}

static bool advice_known(int advice)
{
	switch (advice) {
	case MADV_NORMAL ... MADV_DONTNEED:
	case MADV_FREE:
	case MADV_DONTFORK ... MADV_DODUMP:
		return true;
	default:
		return false;
	}
}

static int do_madvise_locked(struct mm_struct *mm, unsigned long start, unsigned long end,
			     int advice)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	int hole = 0, err;

	for (; start < end; vma = vma_next(mm, vma)) {
		if (!vma || vma->vm_start >= end)
			return -ENOMEM;
		if (vma->vm_start > start) {	/* go on behind a hole, but say so */
			hole = -ENOMEM;
			start = vma->vm_start;
		}
		err = advise_one(mm, &vma, start, end, advice);
		if (err)
			return err;
		start = vma->vm_end;
	}
	return hole;
}

long do_madvise(struct mm_struct *mm, unsigned long addr, unsigned long len, int advice)
{
	int err;

	if (!advice_known(advice) || !IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (addr + len < addr)
		return -EINVAL;
	if (!len)
		return 0;
	if (len > USER_END || addr > USER_END - len)
		return -ENOMEM;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	err = do_madvise_locked(mm, addr, addr + ALIGN(len, PAGE_SIZE), advice);
	up_write(&mm->mmap_lock);
	return err;
}
