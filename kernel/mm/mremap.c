/* SPDX-License-Identifier: GPL-2.0-only */
/* mremap(2): a mapping grows, shrinks or moves with its pages. Errors as the man page has them. */
#include "kernel/mm/internal.h"
#include "kernel/sched/sched.h"
#include "fs/fs.h"

static unsigned long pgoff_of(const struct vm_area_struct *vma, unsigned long addr)
{
	return vma->vm_file || vma->vm_ops ? vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT)
					   : 0;
}

/*
 * Move [addr, addr + old_len) of vma to [to, to + new_len), which is free; old_len 0: map there what
 * is mapped from addr on, once more. The new address, or -ENOMEM (nothing has changed).
 */
static long move_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr,
		     unsigned long old_len, unsigned long to, unsigned long new_len)
{
	struct vm_area_struct *copy;

	if (mm->map_count + 3 > MAX_MAP_COUNT || !may_expand_vm(mm, vma->vm_flags, new_len >> PAGE_SHIFT))
		return -ENOMEM;
	copy = vma_dup(mm, vma);
	if (!copy)
		return -ENOMEM;
	copy->vm_start = to;
	copy->vm_end = to + new_len;
	copy->vm_pgoff = pgoff_of(vma, addr);
	vma_link(mm, copy);
	vma_unlink_file(copy);
	vma_link_file(copy, vma);
	vm_account(mm, copy->vm_flags, (long)(new_len >> PAGE_SHIFT));
	if (move_page_tables(mm, addr, to, old_len)) {
		vm_account(mm, copy->vm_flags, -(long)(new_len >> PAGE_SHIFT));
		vma_unlink(mm, copy);
		vma_free(copy);
		return -ENOMEM;
	}
	vma_merge(mm, copy);
	if (!old_len)
		return (long)to;
	/*
	 * Splitting the old area may need memory; if there is none, its emptied part stays mapped:
	 * harmless.
	 */
	(void)munmap_locked(mm, addr, addr + old_len);
	return (long)to;
}

/* Is there room to let vma grow in place up to new_end? */
static bool can_grow(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long new_end)
{
	const struct vm_area_struct *next = vma_next(mm, vma);
	unsigned long limit = next ? next->vm_start : USER_END;

	if (next && (next->vm_flags & VM_GROWSDOWN))
		limit = limit > STACK_GUARD_GAP ? limit - STACK_GUARD_GAP : 0;
	return new_end <= limit && may_expand_vm(mm, vma->vm_flags, (new_end - vma->vm_end) >> PAGE_SHIFT);
}

/* *populate: what is new is locked, and to be faulted in. */
static long mremap_locked(struct mm_struct *mm, unsigned long addr, unsigned long old_len,
			  unsigned long new_len, int flags, unsigned long new_addr, bool *populate)
{
	struct vm_area_struct *vma;
	int err;

	if (flags & MREMAP_FIXED) {
		if (!IS_ALIGNED(new_addr, PAGE_SIZE) || new_len > USER_END ||
		    new_addr > USER_END - new_len ||
		    (addr < new_addr + new_len && new_addr < addr + old_len))
			return -EINVAL;
		err = munmap_locked(mm, new_addr, new_addr + new_len);
		if (err)
			return err;
	}
	if (old_len > new_len) {
		err = munmap_locked(mm, addr + new_len, addr + old_len);
		if (err)
			return err;
		old_len = new_len;
	}
	vma = find_vma(mm, addr);
	if (!vma || vma->vm_start > addr || vma->vm_end - addr < old_len)
		return -EFAULT;
	/* Only shared memory is the same at two addresses. */
	if (!old_len && !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (!may_lock_more(mm, vma->vm_flags, (new_len - old_len) >> PAGE_SHIFT))
		return -EAGAIN;
	*populate = (vma->vm_flags & VM_LOCKED_MASK) == VM_LOCKED;
	if (!(flags & MREMAP_FIXED)) {
		if (old_len == new_len)
			return (long)addr;
		if (old_len && vma->vm_end == addr + old_len && can_grow(mm, vma, addr + new_len)) {
			vm_account(mm, vma->vm_flags, (long)((new_len - old_len) >> PAGE_SHIFT));
			vma_adjust(vma, vma->vm_start, addr + new_len, vma->vm_pgoff);
			vma_merge(mm, vma);
			return (long)addr;
		}
		if (!(flags & MREMAP_MAYMOVE))
			return -ENOMEM;
		new_addr = get_unmapped_area(mm, 0, new_len);
		if (IS_ERR((void *)new_addr))
			return (long)new_addr;
	}
	return move_vma(mm, vma, addr, old_len, new_addr, new_len);
}

long do_mremap(struct mm_struct *mm, unsigned long addr, unsigned long old_len,
	       unsigned long new_len, int flags, unsigned long new_addr)
{
	bool populate = false;
	long ret;

	if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)) ||
	    ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE)) || !IS_ALIGNED(addr, PAGE_SIZE) ||
	    !new_len)
		return -EINVAL;
	if (new_len > USER_END || old_len > USER_END || addr > USER_END - old_len)
		return -EINVAL;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	old_len = ALIGN(old_len, PAGE_SIZE);
	new_len = ALIGN(new_len, PAGE_SIZE);
	ret = mremap_locked(mm, addr, old_len, new_len, flags, new_addr, &populate);
	up_write(&mm->mmap_lock);
	if (populate && ret > 0 && new_len > old_len)
		(void)mm_populate(mm, (unsigned long)ret + old_len, (unsigned long)ret + new_len);
	return ret;
}
