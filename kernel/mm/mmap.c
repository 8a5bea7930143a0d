/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmap, munmap, brk and the growing stack: what areas an address space consists of. Errors as
 * mmap(2) has them.
 *
 * Addresses are given out downward from mmap_base. The search starts where the last one ended
 * (free_top); holes that it passed are remembered by their largest size, so that it starts again
 * from the top only when one of them may fit.
 */
#include "kernel/mm/internal.h"
#include "kernel/sched/sched.h"
#include "kernel/task/task.h"
#include "fs/fs.h"

#define MMAP_MIN_ADDR (16 * PAGE_SIZE)	/* below, a NULL pointer with an offset shall fault */

/* Lowest address that an area may not be mapped over: a stack's guard gap belongs to it. */
static unsigned long vm_start_gap(const struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_GROWSDOWN))
		return vma->vm_start;
	return vma->vm_start > STACK_GUARD_GAP ? vma->vm_start - STACK_GUARD_GAP : 0;
}

static bool range_is_free(struct mm_struct *mm, unsigned long start, unsigned long len)
{
	const struct vm_area_struct *vma = find_vma(mm, start);

	return !vma || vm_start_gap(vma) >= start + len;
}

/* Walk down from free_top; 0: nothing fits. */
static unsigned long search_down(struct mm_struct *mm, unsigned long len)
{
	unsigned long top = mm->free_top, floor;
	struct vm_area_struct *below = find_vma(mm, top);

	if (below && vm_start_gap(below) >= top)
		below = vma_prev(mm, below);
	else if (!below && !list_empty(&mm->mmap))
		below = list_last_entry(&mm->mmap, struct vm_area_struct, vm_list);
	if (below && below->vm_end > top) {
		top = vm_start_gap(below);
		below = vma_prev(mm, below);
	}
	for (;;) {
		floor = max(below ? below->vm_end : 0, MMAP_MIN_ADDR);
		if (top >= floor && top - floor >= len) {
			mm->free_top = top - len;
			return top - len;
		}
		if (top > floor)
			mm->hole_skipped = max(mm->hole_skipped, top - floor);
		if (!below)
			return 0;
		top = vm_start_gap(below);
		below = vma_prev(mm, below);
	}
}

unsigned long get_unmapped_area(struct mm_struct *mm, unsigned long hint, unsigned long len)
{
	unsigned long addr;

	if (len > USER_END - MMAP_MIN_ADDR)
		return -ENOMEM;
	hint = ALIGN(hint, PAGE_SIZE);
	if (hint >= MMAP_MIN_ADDR && hint <= USER_END - len && range_is_free(mm, hint, len))
		return hint;
	if (len <= mm->hole_skipped) {
		mm->free_top = mm->mmap_base;
		mm->hole_skipped = 0;
	}
	addr = search_down(mm, len);
	if (!addr && mm->free_top != mm->mmap_base) {
		mm->free_top = mm->mmap_base;
		mm->hole_skipped = 0;
		addr = search_down(mm, len);
	}
	return addr ? addr : (unsigned long)-ENOMEM;
}

/* What RLIMIT_DATA counts: private memory that can be written, without stacks. */
static bool is_data(unsigned long vm_flags)
{
	return (vm_flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE;
}

bool may_expand_vm(struct mm_struct *mm, unsigned long vm_flags, unsigned long pages)
{
	return mm->total_vm + pages <= rlimit(RLIMIT_AS) >> PAGE_SHIFT &&
	       (!is_data(vm_flags) || mm->data_vm + pages <= rlimit(RLIMIT_DATA) >> PAGE_SHIFT);
}

void vm_account(struct mm_struct *mm, unsigned long vm_flags, long pages)
{
	mm->total_vm += (unsigned long)pages;
	if (vm_flags & VM_LOCKED)
		mm->locked_vm += (unsigned long)pages;
	if (is_data(vm_flags))
		mm->data_vm += (unsigned long)pages;
}

/* ---- munmap ---- */

/*
 * Take out the page tables that only served [start, end), which has been unmapped; nothing is mapped
 * in [floor, ceiling). They go with the pages, after the flush.
 */
static void take_tables(struct gather *g, unsigned long start, unsigned long end,
			unsigned long floor, unsigned long ceiling)
{
	struct mm_struct *mm = g->mm;

	start = max(ALIGN_DOWN(start, TABLE_SPAN), ALIGN(floor, TABLE_SPAN));
	end = min(ALIGN(end, TABLE_SPAN), ALIGN_DOWN(ceiling, TABLE_SPAN));
	if (start >= end)
		return;
	spin_lock(&mm->page_table_lock);
	pgd_take_range(mm->pgd, start, end, &g->tables);
	if (!list_empty(&g->tables)) {
		g->start = 0;
		g->end = ~0UL;
	}
	spin_unlock(&mm->page_table_lock);
}

int munmap_locked(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start), *prev, *next;
	struct gather g;
	int err;

	if (!vma || vma->vm_start >= end)
		return 0;
	if (vma->vm_start < start) {
		err = vma_split(mm, vma, start);
		if (err)
			return err;
		vma = vma_next(mm, vma);
	}
	next = find_vma(mm, end);
	if (next && next->vm_start < end) {
		err = vma_split(mm, next, end);
		if (err) {
			vma_merge(mm, vma);
			return err;
		}
	}
	prev = vma_prev(mm, vma);
	gather_init(&g, mm);
	for (; vma && vma->vm_start < end; vma = next) {
		next = vma_next(mm, vma);
		unmap_range(mm, &g, vma->vm_start, vma->vm_end);
		vm_account(mm, vma->vm_flags, -(long)vma_pages(vma));
		vma_unlink(mm, vma);
		vma_free(vma);
	}
	take_tables(&g, start, end, prev ? prev->vm_end : 0, vma ? vma->vm_start : USER_END);
	gather_flush(&g);
	if (end > mm->free_top && end <= mm->mmap_base)
		mm->free_top = end;
	return 0;
}

int do_munmap(struct mm_struct *mm, unsigned long addr, unsigned long len)
{
	int err;

	if (!IS_ALIGNED(addr, PAGE_SIZE) || addr >= USER_END || len > USER_END - addr || !len)
		return -EINVAL;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	err = munmap_locked(mm, addr, addr + ALIGN(len, PAGE_SIZE));
	up_write(&mm->mmap_lock);
	return err;
}

/* ---- mmap ---- */

static unsigned long prot_to_vm_flags(int prot)
{
	return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

/* VM_* for a mapping, or -errno. */
static long mmap_flags(const struct file *file, int prot, int flags)
{
	unsigned long vm_flags = prot_to_vm_flags(prot) | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
	bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;

	if (shared)
		vm_flags |= VM_SHARED;
	if (flags & MAP_GROWSDOWN)
		vm_flags |= VM_GROWSDOWN;
	if (flags & MAP_LOCKED) {
		if (!may_lock())
			return -EPERM;
		vm_flags |= VM_LOCKED;
	}
	/* Only private anonymous memory can begin elsewhere without its offsets changing. */
	if ((flags & MAP_GROWSDOWN) && (file || shared))
		return -EINVAL;
	if (!file)
		return (long)vm_flags;
	if (!(file->f_mode & FMODE_READ))
		return -EACCES;
	if (shared && !(file->f_mode & FMODE_WRITE)) {
		if (prot & PROT_WRITE)
			return -EACCES;
		vm_flags &= ~VM_MAYWRITE;
	}
	if (file->f_path.mnt && (READ_ONCE(file->f_path.mnt->mnt_flags) & MNT_NOEXEC)) {
		if (prot & PROT_EXEC)
			return -EPERM;
		vm_flags &= ~VM_MAYEXEC;
	}
	if (!file->f_op->mmap)
		return -ENODEV;
	return (long)vm_flags;
}

/* Private anonymous memory right behind an area that it can simply be part of. */
static bool extend_anon(struct mm_struct *mm, unsigned long addr, unsigned long len,
			unsigned long vm_flags)
{
	struct vm_area_struct *vma = addr ? find_vma(mm, addr - 1) : NULL;

	if (!vma || vma->vm_end != addr || vma->vm_file || vma->vm_ops ||
	    ((vma->vm_flags ^ vm_flags) & ~VM_PRIVATE_PAGES))
		return false;
	vma->vm_end = addr + len;
	vm_account(mm, vm_flags, (long)(len >> PAGE_SHIFT));
	vma_merge(mm, vma);
	return true;
}

/* Make an area at a free place. */
static int map_region(struct mm_struct *mm, struct file *file, unsigned long addr,
		      unsigned long len, unsigned long vm_flags, unsigned long pgoff)
{
	struct vm_area_struct *vma;
	int err = 0;

	if (!file && !(vm_flags & VM_SHARED) && extend_anon(mm, addr, len, vm_flags))
		return 0;
	vma = vma_alloc(mm);
	if (!vma)
		return -ENOMEM;
	vma->vm_start = addr;
	vma->vm_end = addr + len;
	vma->vm_flags = vm_flags;
	if (file) {
		vma->vm_pgoff = pgoff;
		vma->vm_file = file;
		atomic_long_inc(&file->f_count);
		err = file->f_op->mmap(file, vma);
	} else if (vm_flags & VM_SHARED) {
		err = shmem_zero_setup(vma);
	}
	if (err) {
		vma->vm_ops = NULL;	/* not opened */
		vma_free(vma);
		return err;
	}
	vma_link(mm, vma);
	vm_account(mm, vm_flags, (long)(len >> PAGE_SHIFT));
	vma_merge(mm, vma);
	return 0;
}

/* Where the mapping goes: -errno, or an address that is free (MAP_FIXED: made free). */
static long place(struct mm_struct *mm, unsigned long addr, unsigned long len, int flags)
{
	int err;

	if (!(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)))
		return (long)get_unmapped_area(mm, addr, len);
	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (addr > USER_END - len)
		return -ENOMEM;
	if (addr < MMAP_MIN_ADDR)
		return -EPERM;
	if (flags & MAP_FIXED_NOREPLACE) {
		const struct vm_area_struct *vma = find_vma(mm, addr);

		return vma && vma->vm_start < addr + len ? -EEXIST : (long)addr;
	}
	err = munmap_locked(mm, addr, addr + len);
	return err ? err : (long)addr;
}

/* Pages that mm would have beside [addr, addr + len): a mapping there replaces what it covers. */
static unsigned long replaced_pages(struct mm_struct *mm, unsigned long addr, unsigned long len)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	unsigned long n = 0;

	for (; vma && vma->vm_start < addr + len; vma = vma_next(mm, vma))
		n += (min(vma->vm_end, addr + len) - max(vma->vm_start, addr)) >> PAGE_SHIFT;
	return n;
}

static long do_mmap_locked(struct mm_struct *mm, struct file *file, unsigned long addr,
			   unsigned long len, int flags, unsigned long vm_flags,
			   unsigned long pgoff)
{
	unsigned long pages = len >> PAGE_SHIFT, more = pages;
	int err;

	if ((flags & MAP_FIXED) && addr <= USER_END - len)
		more -= replaced_pages(mm, addr, len);
	if (mm->map_count >= MAX_MAP_COUNT || !may_expand_vm(mm, vm_flags, more))
		return -ENOMEM;
	if (!may_lock_more(mm, vm_flags, pages))
		return -EAGAIN;
	/*
	 * More than there is at all can only be a mistake; everything else is given, and may run
	 * out when it is used.
	 */
	if (!(flags & MAP_NORESERVE) && (vm_flags & (VM_SHARED | VM_WRITE)) == VM_WRITE &&
	    pages > total_ram_pages())
		return -ENOMEM;
	addr = (unsigned long)place(mm, addr, len, flags);
	if (IS_ERR((void *)addr))
		return (long)addr;
	err = map_region(mm, file, addr, len, vm_flags, pgoff);
	return err ? err : (long)addr;
}

long do_mmap(struct mm_struct *mm, struct file *file, unsigned long addr, unsigned long len,
	     int prot, int flags, u64 offset)
{
	unsigned int type = (unsigned int)flags & MAP_TYPE;
	long vm_flags, ret;

	if (!len || !IS_ALIGNED(offset, PAGE_SIZE) || type < MAP_SHARED ||
	    type > (file ? MAP_SHARED_VALIDATE : MAP_PRIVATE) || (flags & MAP_HUGETLB))
		return -EINVAL;
	if (type == MAP_SHARED_VALIDATE && (flags & MAP_SYNC))
		return -EOPNOTSUPP;
	if (len > USER_END)
		return -ENOMEM;
	len = ALIGN(len, PAGE_SIZE);
	if ((offset >> PAGE_SHIFT) + (len >> PAGE_SHIFT) < (offset >> PAGE_SHIFT) ||
	    offset + len < offset)
		return -EOVERFLOW;
	vm_flags = mmap_flags(file, prot, flags);
	if (vm_flags < 0)
		return vm_flags;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	vm_flags |= (long)mm->def_flags;
	ret = do_mmap_locked(mm, file, addr, len, flags, (unsigned long)vm_flags,
			     offset >> PAGE_SHIFT);
	up_write(&mm->mmap_lock);
	/* What fails here will fail again when it is used. */
	if (ret > 0 && ((vm_flags & VM_LOCKED_MASK) == VM_LOCKED ||
			(flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE))
		(void)mm_populate(mm, (unsigned long)ret, (unsigned long)ret + len);
	return ret;
}

/* ---- brk ---- */

static int set_brk(struct mm_struct *mm, unsigned long brk)
{
	unsigned long flags = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | mm->def_flags;
	unsigned long old_end = ALIGN(mm->brk, PAGE_SIZE), end = ALIGN(brk, PAGE_SIZE), len;
	struct vm_area_struct *next;

	if (brk < mm->start_brk || brk > USER_END)
		return -ENOMEM;
	if (end <= old_end)
		return end < old_end ? munmap_locked(mm, end, old_end) : 0;
	len = end - old_end;
	if (brk - mm->start_brk + (mm->end_data - mm->start_data) > rlimit(RLIMIT_DATA))
		return -ENOMEM;
	next = find_vma(mm, old_end);
	if (next && vm_start_gap(next) < end + PAGE_SIZE)
		return -ENOMEM;
	if (mm->map_count >= MAX_MAP_COUNT || !may_expand_vm(mm, flags, len >> PAGE_SHIFT) ||
	    !may_lock_more(mm, flags, len >> PAGE_SHIFT) || len >> PAGE_SHIFT > total_ram_pages())
		return -ENOMEM;
	return map_region(mm, NULL, old_end, len, flags, 0);
}

unsigned long do_brk(struct mm_struct *mm, unsigned long brk)
{
	unsigned long old, ret;
	bool locked;

	if (down_write_killable(&mm->mmap_lock))
		return mm->brk;
	old = mm->brk;
	if (!set_brk(mm, brk))
		mm->brk = brk;
	ret = mm->brk;
	locked = mm->def_flags == VM_LOCKED;
	up_write(&mm->mmap_lock);
	if (locked && ret > old)
		(void)mm_populate(mm, ALIGN(old, PAGE_SIZE), ALIGN(ret, PAGE_SIZE));
	return ret;
}

/* ---- the stack ---- */

/* What exec makes at once, so that a usual program's stack never has to grow. */
#define STACK_INITIAL (128UL << 10)

int mm_setup_stack(struct mm_struct *mm, unsigned long top, unsigned long limit)
{
	unsigned long flags =
		VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_GROWSDOWN;
	unsigned long size = min(STACK_INITIAL, max(ALIGN_DOWN(limit, PAGE_SIZE), 4 * PAGE_SIZE)),
		      gap;
	int err;

	gap = clamp(limit, 128UL << 20, USER_END / 6 * 5) + STACK_GUARD_GAP;
	down_write(&mm->mmap_lock);
	err = map_region(mm, NULL, top - size, size, flags, 0);
	mm->mmap_base = ALIGN_DOWN(top - gap, PAGE_SIZE);
	mm->free_top = mm->mmap_base;
	mm->hole_skipped = 0;
	up_write(&mm->mmap_lock);
	return err;
}

int expand_stack(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr)
{
	struct vm_area_struct *prev = vma_prev(mm, vma);
	unsigned long start = ALIGN_DOWN(addr, PAGE_SIZE), grow;

	if (start >= vma->vm_start)
		return 0;
	grow = vma->vm_start - start;
	if (start < MMAP_MIN_ADDR || vma->vm_end - start > rlimit(RLIMIT_STACK) ||
	    !may_expand_vm(mm, vma->vm_flags, grow >> PAGE_SHIFT) ||
	    !may_lock_more(mm, vma->vm_flags, grow >> PAGE_SHIFT))
		return -ENOMEM;
	/* An area that can't be accessed is a guard page of its own. */
	if (prev && (prev->vm_flags & (VM_READ | VM_WRITE | VM_EXEC)) &&
	    !(prev->vm_flags & VM_GROWSDOWN) && start < prev->vm_end + STACK_GUARD_GAP)
		return -ENOMEM;
	if (prev && prev->vm_end > start)
		return -ENOMEM;
	vma->vm_start = start;
	vm_account(mm, vma->vm_flags, (long)(grow >> PAGE_SHIFT));
	return 0;
}
