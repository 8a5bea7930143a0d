/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mlock(2) and what belongs to it. Nothing is ever paged out, so a lock does two things: it faults the memory in, and it marks the
 * areas (VM_LOCKED), so that madvise(2) and msync(2) do not take it away. With VM_LOCKONFAULT as well it only marks. MCL_FUTURE puts
 * the mark into mm->def_flags, which every new area gets: mmap(2), brk(2) and mremap(2) then fault in what they make. RLIMIT_MEMLOCK
 * bounds what a program without privilege has locked, mm->locked_vm. Start with do_mlock().
 */
#include "kernel/mm/internal.h"
#include "kernel/mm/mman.h"
#include "kernel/sched/sched.h"
#include "kernel/task/task.h"

/* Pages of [start, end) that are locked. mmap_lock held. */
static unsigned long locked_in(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	unsigned long n = 0;

	for (; vma && vma->vm_start < end; vma = vma_next(mm, vma))
		if (vma->vm_flags & VM_LOCKED)
			n += (min(end, vma->vm_end) - max(start, vma->vm_start)) >> PAGE_SHIFT;
	return n;
}

/* A whole area's marks. */
static void set_marks(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long marks)
{
	vm_account(mm, vma->vm_flags, -(long)vma_pages(vma));
	vma->vm_flags = (vma->vm_flags & ~VM_LOCKED_MASK) | marks;
	vm_account(mm, vma->vm_flags, (long)vma_pages(vma));
}

/* Mark or unmark what there is of [start, end); -ENOMEM: a hole (what is before it is done), or no memory to cut an area. */
static int mark_range(struct mm_struct *mm, unsigned long start, unsigned long end, unsigned long marks)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	for (; start < end; vma = vma_next(mm, vma)) {
		if (!vma || vma->vm_start > start)
			return -ENOMEM;
		if ((vma->vm_flags & VM_LOCKED_MASK) != marks) {
			vma = cut_out(mm, vma, start, end);
			if (IS_ERR(vma))
				return (int)PTR_ERR(vma);
			set_marks(mm, vma, marks);
			vma = vma_merge(mm, vma);
		}
		start = vma->vm_end;
	}
	return 0;
}

int mm_populate(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	for (; start < end; start += PAGE_SIZE) {
		if (fatal_signal_pending(current))
			return -EINTR;
		if (handle_mm_fault(mm, start, FAULT_WRITE) != FAULT_OK && handle_mm_fault(mm, start, 0) != FAULT_OK)
			return -ENOMEM;
		cond_resched();
	}
	return 0;
}

bool may_lock(void)
{
	return capable(CAP_IPC_LOCK) || rlimit(RLIMIT_MEMLOCK);
}

bool may_lock_more(const struct mm_struct *mm, unsigned long vm_flags, unsigned long pages)
{
	return !(vm_flags & VM_LOCKED) || capable(CAP_IPC_LOCK) || mm->locked_vm + pages <= rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
}

/* The whole pages of a range. -EINVAL: it goes around the end. */
static int whole_pages(unsigned long *start, unsigned long *end, unsigned long len)
{
	*end = ALIGN(*start + len, PAGE_SIZE);
	*start &= PAGE_MASK;
	return *end < *start ? -EINVAL : 0;
}

int do_mlock(struct mm_struct *mm, unsigned long start, unsigned long len, int flags)
{
	unsigned long end, marks = VM_LOCKED | (flags & MLOCK_ONFAULT ? VM_LOCKONFAULT : 0);
	int err = may_lock() ? whole_pages(&start, &end, len) : -EPERM;

	if (err)
		return err;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	if (may_lock_more(mm, VM_LOCKED, ((end - start) >> PAGE_SHIFT) - locked_in(mm, start, end)))
		err = mark_range(mm, start, end, marks);
	else
		err = -ENOMEM;
	up_write(&mm->mmap_lock);
	return err || marks != VM_LOCKED ? err : mm_populate(mm, start, end);
}

int do_munlock(struct mm_struct *mm, unsigned long start, unsigned long len)
{
	unsigned long end;
	int err = whole_pages(&start, &end, len);

	if (err)
		return err;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	err = mark_range(mm, start, end, 0);
	up_write(&mm->mmap_lock);
	return err;
}

/* Every area there is. Only flags change, so none is cut; neighbours may join. */
static void mark_all(struct mm_struct *mm, unsigned long marks)
{
	struct vm_area_struct *vma;

	for (vma = find_vma(mm, 0); vma; vma = vma_next(mm, vma)) {
		set_marks(mm, vma, marks);
		vma = vma_merge(mm, vma);
	}
}

/* Fault in all that is locked. What cannot be there (guard pages, behind the end of a file) is left out silently. */
static void populate_all(struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	unsigned long start, end = 0;

	for (;;) {
		down_read(&mm->mmap_lock);
		vma = find_vma(mm, end);
		start = vma ? max(end, vma->vm_start) : 0;
		end = vma ? vma->vm_end : 0;
		up_read(&mm->mmap_lock);
		if (!end || mm_populate(mm, start, end) == -EINTR)
			return;
	}
}

int do_mlockall(struct mm_struct *mm, int flags)
{
	unsigned long marks = VM_LOCKED | (flags & MCL_ONFAULT ? VM_LOCKONFAULT : 0);
	bool now = flags & MCL_CURRENT;

	if (!may_lock())
		return -EPERM;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	if (now && !capable(CAP_IPC_LOCK) && mm->total_vm > rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT) {
		up_write(&mm->mmap_lock);
		return -ENOMEM;
	}
	/* The last call decides about the future: without MCL_FUTURE it takes back an earlier one. */
	mm->def_flags = flags & MCL_FUTURE ? marks : 0;
	if (now)
		mark_all(mm, marks);
	up_write(&mm->mmap_lock);
	if (now && marks == VM_LOCKED)
		populate_all(mm);
	return 0;
}

int do_munlockall(struct mm_struct *mm)
{
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	mm->def_flags = 0;
	mark_all(mm, 0);
	up_write(&mm->mmap_lock);
	return 0;
}
