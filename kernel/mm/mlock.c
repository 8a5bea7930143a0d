/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mlock(2) and what belongs to it. Nothing is ever paged out, so a lock does two things: it faults the memory in, and it marks the
 * areas (VM_LOCKED), so that madvise(2) and msync(2) do not take it away. RLIMIT_MEMLOCK bounds what a program without privilege
 * has locked. MCL_FUTURE promises what is so anyway: memory that is made later is marked by MAP_LOCKED alone. Start with do_mlock().
 */
#include "kernel/mm/internal.h"
#include "kernel/mm/mman.h"
#include "kernel/sched/sched.h"
#include "kernel/task/task.h"

/* Pages of [start, end) that are not locked yet, with all that are locked anywhere. mmap_lock held. */
static unsigned long locked_with(const struct mm_struct *mm, unsigned long start, unsigned long end)
{
	const struct vm_area_struct *vma;
	unsigned long n = (end - start) >> PAGE_SHIFT;

	list_for_each_entry(vma, &mm->mmap, vm_list) {
		unsigned long from = max(start, vma->vm_start), to = min(end, vma->vm_end);

		if (!(vma->vm_flags & VM_LOCKED))
			continue;
		n += vma_pages(vma);
		if (from < to)
			n -= (to - from) >> PAGE_SHIFT;
	}
	return n;
}

/* Mark or unmark what there is of [start, end); -ENOMEM: a hole (what is before it is done), or no memory to cut an area. */
static int mark_range(struct mm_struct *mm, unsigned long start, unsigned long end, unsigned long flag)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	for (; start < end; vma = vma_next(mm, vma)) {
		if (!vma || vma->vm_start > start)
			return -ENOMEM;
		if ((vma->vm_flags & VM_LOCKED) != flag) {
			vma = cut_out(mm, vma, start, end);
			if (IS_ERR(vma))
				return (int)PTR_ERR(vma);
			vma->vm_flags = (vma->vm_flags & ~VM_LOCKED) | flag;
			vma = vma_merge(mm, vma);
		}
		start = vma->vm_end;
	}
	return 0;
}

/* Write access where an area has it, so that no copy is due later. -ENOMEM, -EINTR. */
static int fault_in(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	for (; start < end; start += PAGE_SIZE) {
		if (fatal_signal_pending(current))
			return -EINTR;
		if (handle_mm_fault(mm, start, FAULT_WRITE) != FAULT_OK && handle_mm_fault(mm, start, 0) != FAULT_OK)
			return -ENOMEM;
	}
	return 0;
}

static int may_lock(void)
{
	return capable(CAP_SYS_RESOURCE) || rlimit(RLIMIT_MEMLOCK) ? 0 : -EPERM;
}

static bool exceeds(unsigned long pages)
{
	return !capable(CAP_SYS_RESOURCE) && pages > rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
}

/* The whole pages of a range. -EINVAL: it goes around the end. */
static int whole_pages(unsigned long *start, unsigned long *end, unsigned long len)
{
	*end = ALIGN(*start + len, PAGE_SIZE);
	*start &= PAGE_MASK;
	return *end < *start ? -EINVAL : 0;
}

int do_mlock(struct mm_struct *mm, unsigned long start, unsigned long len)
{
	unsigned long end;
	int err = may_lock();

	if (!err)
		err = whole_pages(&start, &end, len);
	if (err)
		return err;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	err = exceeds(locked_with(mm, start, end)) ? -ENOMEM : mark_range(mm, start, end, VM_LOCKED);
	up_write(&mm->mmap_lock);
	return err ? err : fault_in(mm, start, end);
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
static void mark_all(struct mm_struct *mm, unsigned long flag)
{
	struct vm_area_struct *vma;

	for (vma = find_vma(mm, 0); vma; vma = vma_next(mm, vma)) {
		vma->vm_flags = (vma->vm_flags & ~VM_LOCKED) | flag;
		vma = vma_merge(mm, vma);
	}
}

int do_mlockall(struct mm_struct *mm, int flags)
{
	struct vm_area_struct *vma;
	unsigned long start, end = 0;
	int err = may_lock();

	if (err)
		return err;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	if (flags & MCL_CURRENT && exceeds(mm->total_vm))
		err = -ENOMEM;
	else if (flags & MCL_CURRENT)
		mark_all(mm, VM_LOCKED);
	up_write(&mm->mmap_lock);
	if (err || !(flags & MCL_CURRENT) || (flags & MCL_ONFAULT))
		return err;
	/* What cannot be there (guard pages, behind the end of a file) is left out silently. */
	for (;;) {
		down_read(&mm->mmap_lock);
		vma = find_vma(mm, end);
		start = vma ? max(end, vma->vm_start) : 0;
		end = vma ? vma->vm_end : 0;
		up_read(&mm->mmap_lock);
		if (!end || fault_in(mm, start, end) == -EINTR)
			return 0;
	}
}

int do_munlockall(struct mm_struct *mm)
{
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	mark_all(mm, 0);
	up_write(&mm->mmap_lock);
	return 0;
}
