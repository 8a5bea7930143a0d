/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls about memory: arguments checked here, done in kernel/mm. */
#include "kernel/syscall/syscall.h"
#include "kernel/mm/mman.h"
#include "kernel/task/task.h"
#include "fs/fs.h"

long sys_mmap(unsigned long addr, unsigned long len, int prot, int flags, fd_t fd, u64 offset)
{
	struct file *file = NULL;
	long ret;

	if (!IS_ALIGNED(offset, PAGE_SIZE))
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		file = fget((unsigned int)fd);
		if (!file)
			return -EBADF;
	} else {
		offset = 0;
	}
	ret = do_mmap(current->mm, file, addr, len, prot, flags, offset);
	if (file)
		fput(file);
	return ret;
}

long sys_mprotect(unsigned long addr, size_t len, int prot)
{
	return do_mprotect(current->mm, addr, len, prot);
}

long sys_munmap(unsigned long addr, size_t len)
{
	return do_munmap(current->mm, addr, len);
}

long sys_brk(unsigned long brk)
{
	return (long)do_brk(current->mm, brk);
}

long sys_mremap(unsigned long addr, unsigned long old_len, unsigned long new_len,
		unsigned long flags, unsigned long new_addr)
{
	if (flags != (unsigned int)flags)
		return -EINVAL;
	return do_mremap(current->mm, addr, old_len, new_len, (int)flags, new_addr);
}

long sys_madvise(unsigned long addr, size_t len, int advice)
{
	return do_madvise(current->mm, addr, len, advice);
}

/* Is [addr, addr + len) mapped without a hole? 0 or -ENOMEM; -EBUSY: an area of it has a flag of `busy`. */
static long check_mapped(struct mm_struct *mm, unsigned long addr, size_t len, unsigned long busy)
{
	struct vm_area_struct *vma;
	unsigned long end;
	long ret = 0;

	if (len > USER_END || addr > USER_END - len)
		return -ENOMEM;
	end = addr + ALIGN(len, PAGE_SIZE);
	down_read(&mm->mmap_lock);
	while (addr < end) {
		vma = find_vma(mm, addr);
		if (!vma || vma->vm_start > addr) {
			ret = -ENOMEM;
			break;
		}
		if (vma->vm_flags & busy) {
			ret = -EBUSY;
			break;
		}
		addr = vma->vm_end;
	}
	up_read(&mm->mmap_lock);
	return ret;
}

/*
 * Files live in the page cache that shared mappings write to, so there is nothing to bring
 * anywhere.
 */
long sys_msync(unsigned long addr, size_t len, int flags)
{
	if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || !IS_ALIGNED(addr, PAGE_SIZE) ||
	    ((flags & MS_ASYNC) && (flags & MS_SYNC)))
		return -EINVAL;
	return check_mapped(current->mm, addr, len, flags & MS_INVALIDATE ? VM_LOCKED : 0);
}

/*
 * One byte a page: would an access find it? In the page table, or where the area's pages come from.
 * mmap_lock held for reading.
 */
static unsigned char page_is_there(struct mm_struct *mm, unsigned long addr)
{
	const struct vm_area_struct *vma = find_vma(mm, addr);
	pte_t *pte = pte_lookup(mm->pgd, addr);
	struct address_space *mapping;
	struct page *page;

	if (pte && READ_ONCE(*pte))
		return 1;
	mapping = vma && vma->vm_start <= addr ? vma_mapping(vma) : NULL;
	if (!mapping)
		return 0;
	page = find_get_page(mapping, vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT));
	if (page)
		put_page(page);
	return page != NULL;
}

long sys_mincore(unsigned long addr, size_t len, uptr_t vec)
{
	struct mm_struct *mm = current->mm;
	unsigned char __user *out = vec;
	unsigned long end;
	long err;

	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	err = check_mapped(mm, addr, len, 0);
	if (err)
		return err;
	for (end = addr + ALIGN(len, PAGE_SIZE); addr < end; addr += PAGE_SIZE, out++) {
		unsigned char there;

		down_read(&mm->mmap_lock);
		there = page_is_there(mm, addr);
		up_read(&mm->mmap_lock);
		if (put_user(there, out))
			return -EFAULT;
	}
	return 0;
}

long sys_mlock(unsigned long addr, size_t len)
{
	return do_mlock(current->mm, addr, len, 0);
}

long sys_mlock2(unsigned long addr, size_t len, int flags)
{
	return flags & ~MLOCK_ONFAULT ? -EINVAL : do_mlock(current->mm, addr, len, flags);
}

long sys_munlock(unsigned long addr, size_t len)
{
	return do_munlock(current->mm, addr, len);
}

long sys_mlockall(int flags)
{
	if (!flags || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || flags == MCL_ONFAULT)
		return -EINVAL;
	return do_mlockall(current->mm, flags);
}

long sys_munlockall(void)
{
	return do_munlockall(current->mm);
}
