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

/* Is [addr, addr + len) mapped without a hole? 0 or -ENOMEM. */
static long check_mapped(struct mm_struct *mm, unsigned long addr, size_t len)
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
	return check_mapped(current->mm, addr, len);
}

/*
 * One byte a page: is there an entry for it? Memory that would come from the page cache at once
 * counts as well.
 */
static unsigned char page_is_there(struct mm_struct *mm, unsigned long addr)
{
	const struct vm_area_struct *vma = find_vma(mm, addr);
	pte_t *pte = pte_lookup(mm->pgd, addr);

	if (pte && READ_ONCE(*pte))
		return 1;
	return vma && vma->vm_start <= addr && vma->vm_file && !vma->vm_ops;
}

long sys_mincore(unsigned long addr, size_t len, uptr_t vec)
{
	struct mm_struct *mm = current->mm;
	unsigned char __user *out = vec;
	unsigned long end;
	long err;

	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	err = check_mapped(mm, addr, len);
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

/*
 * Nothing is ever paged out, so locking means: fault it in now. RLIMIT_MEMLOCK bounds one request
 * of an unprivileged program.
 */
static long may_lock(size_t len)
{
	if (capable(CAP_SYS_RESOURCE))
		return 0;
	if (!rlimit(RLIMIT_MEMLOCK))
		return -EPERM;
	return len > rlimit(RLIMIT_MEMLOCK) ? -ENOMEM : 0;
}

long sys_mlock(unsigned long addr, size_t len)
{
	struct mm_struct *mm = current->mm;
	unsigned long end;
	long err = may_lock(len);

	if (err)
		return err;
	len += addr & ~PAGE_MASK;
	addr &= PAGE_MASK;
	err = check_mapped(mm, addr, len);
	if (err)
		return err;
	for (end = addr + ALIGN(len, PAGE_SIZE); addr < end; addr += PAGE_SIZE) {
		if (fatal_signal_pending(current))
			return -EINTR;
		/* Write access where the area has it, so that no copy is due later. */
		if (handle_mm_fault(mm, addr, FAULT_WRITE) != FAULT_OK &&
		    handle_mm_fault(mm, addr, 0) != FAULT_OK)
			return -ENOMEM;
	}
	return 0;
}

long sys_munlock(unsigned long addr, size_t len)
{
	len += addr & ~PAGE_MASK;
	return check_mapped(current->mm, addr & PAGE_MASK, len);
}

long sys_mlockall(int flags)
{
	if (!flags || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || flags == MCL_ONFAULT)
		return -EINVAL;
	return may_lock(current->mm->total_vm << PAGE_SHIFT);
}

long sys_munlockall(void)
{
	return 0;
}
