/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address spaces as a whole: made empty, copied for fork, ended. The parts are in vma.c (areas),
 * pagetable.c (entries) and mmap.c (what programs ask for).
 */
#include "kernel/mm/charge.h"
#include "kernel/mm/internal.h"
#include "kernel/sched/sched.h"
#include "kernel/debug/debug.h"
#include "fs/fs.h"

static struct kmem_cache *mm_cachep;
struct page *zero_page;
DEFINE_PER_CPU(unsigned int, pagefault_disabled);

void mm_caches_init(void)
{
	charge_init();
	mm_cachep = kmem_cache_create("mm_struct", sizeof(struct mm_struct), 64, NULL);
	vm_area_cachep =
		kmem_cache_create("vm_area_struct", sizeof(struct vm_area_struct), 8, NULL);
	zero_page = alloc_page(GFP_ATOMIC | __GFP_ZERO);
	if (!mm_cachep || !vm_area_cachep || !zero_page)
		panic("no memory left at boot");
}

static void mm_init_fields(struct mm_struct *mm)
{
	refcount_set(&mm->mm_users, 1);
	refcount_set(&mm->mm_count, 1);
	spin_lock_init(&mm->page_table_lock);
	init_rwsem(&mm->mmap_lock);
	mm->mm_rb = RB_ROOT;
	INIT_LIST_HEAD(&mm->mmap);
	mm->mmap_cache = NULL;
	mm->map_count = 0;
	mm->total_vm = mm->locked_vm = mm->data_vm = 0;
	mm->def_flags = 0;
	mm->rss_anon = 0;
	mm->rss_file = 0;
	mm->rss_shmem = 0;
	bitmap_zero(mm->cpumask, NR_CPUS);
	mm->exe_file = NULL;
}

struct mm_struct *mm_alloc(void)
{
	struct mm_struct *mm = kmem_cache_alloc(mm_cachep, GFP_KERNEL | __GFP_ZERO);

	if (!mm)
		return NULL;
	mm->pgd = pgd_alloc();
	if (!mm->pgd) {
		kmem_cache_free(mm_cachep, mm);
		return NULL;
	}
	mm_init_fields(mm);
	mm->dumpable = true;
	mm->mmap_base = USER_END - (128UL << 20);
	mm->free_top = mm->mmap_base;
	return mm;
}

/* Copy the areas and their pages. Both mmap_locks held. -ENOMEM: the caller ends `mm` as it is. */
static int dup_mmap(struct mm_struct *mm, struct mm_struct *old, bool *need_flush)
{
	struct vm_area_struct *vma, *copy;
	struct rb_node *last = NULL;
	int err;

	list_for_each_entry(vma, &old->mmap, vm_list) {
		if (vma->vm_flags & VM_DONTCOPY)
			continue;
		copy = vma_dup(mm, vma);
		if (!copy)
			return -ENOMEM;
		copy->vm_flags &= ~VM_LOCKED_MASK;
		vm_account(mm, copy->vm_flags, (long)vma_pages(copy));
		rb_link_node(&copy->vm_rb, last, last ? &last->right : &mm->mm_rb.node);
		rb_insert_color(&copy->vm_rb, &mm->mm_rb);
		last = &copy->vm_rb;
		list_add_tail(&copy->vm_list, &mm->mmap);
		mm->map_count++;
		vma_link_file(copy, vma);
		/* Everything else can be faulted in again from where it comes. */
		if (vma->vm_flags & VM_PRIVATE_PAGES) {
			err = copy_page_range(mm, old, vma, need_flush);
			if (err)
				return err;
		}
	}
	return 0;
}

struct mm_struct *mm_dup(struct mm_struct *old)
{
	struct mm_struct *mm = kmem_cache_alloc(mm_cachep, GFP_KERNEL);
	bool need_flush = false;
	int err;

	if (!mm)
		return NULL;
	down_write(&old->mmap_lock);
	/* Truncation takes pages away, CPUs come and go: of what races, mm_init_fields() keeps nothing. */
	data_race(memcpy(mm, old, sizeof(*mm)));
	mm_init_fields(mm);
	mm->pgd = pgd_alloc();
	if (!mm->pgd) {
		up_write(&old->mmap_lock);
		kmem_cache_free(mm_cachep, mm);
		return NULL;
	}
	if (old->exe_file) {
		atomic_long_inc(&old->exe_file->f_count);
		(void)deny_write_access(old->exe_file);	/* it is denied already: cannot fail */
		mm->exe_file = old->exe_file;
	}
	err = dup_mmap(mm, old, &need_flush);
	if (need_flush)
		tlb_flush_range(old, old->cpumask, 0, ~0UL);
	up_write(&old->mmap_lock);
	if (err) {
		mmput(mm);
		return NULL;
	}
	return mm;
}

/*
 * Nobody runs this mm in user mode any more. Other CPUs may still have its tables loaded (kernel
 * threads borrow them), which is why they are flushed between unlinking the tables and freeing them.
 */
static void exit_mmap(struct mm_struct *mm)
{
	struct vm_area_struct *vma, *next;
	LIST_HEAD(tables);

	unmap_all_pages(mm);
	list_for_each_entry_safe(vma, next, &mm->mmap, vm_list) {
		vma_unlink_file(vma);
		vma_free(vma);
	}
	mm->mm_rb = RB_ROOT;
	INIT_LIST_HEAD(&mm->mmap);
	mm->mmap_cache = NULL;
	pgd_take_range(mm->pgd, 0, USER_END, &tables);
	if (!list_empty(&tables))
		tlb_flush_range(mm, mm->cpumask, 0, ~0UL);
	pgd_free_tables(&tables);
	/*
	 * A CPU that borrows this mm keeps the topmost table, for as long as it likes: not at the
	 * program's cost.
	 */
	if (unlikely(READ_ONCE(nr_mem_groups)))
		uncharge_table(mm->pgd);
}

struct mm_struct *get_task_mm(struct task_struct *p)
{
	struct mm_struct *mm;

	task_lock(p);
	mm = p->flags & PF_KTHREAD ? NULL : p->mm;
	if (mm)
		refcount_inc(&mm->mm_users);
	task_unlock(p);
	return mm;
}

bool task_dumpable(struct task_struct *p)
{
	bool dumpable;

	task_lock(p);
	dumpable = !p->mm || READ_ONCE(p->mm->dumpable);
	task_unlock(p);
	return dumpable;
}

void mmput(struct mm_struct *mm)
{
	if (!refcount_dec_and_test(&mm->mm_users))
		return;
	exit_mmap(mm);
	if (mm->exe_file) {
		allow_write_access(mm->exe_file);
		fput(mm->exe_file);
	}
	mm->exe_file = NULL;
	mmdrop(mm);
}

void mmdrop(struct mm_struct *mm)
{
	if (!refcount_dec_and_test(&mm->mm_count))
		return;
	pgd_free(mm->pgd);
	kmem_cache_free(mm_cachep, mm);
}

/*
 * prev and next may be NULL: the kernel's own tables. The bit of next is set before its tables are
 * loaded, so that a flush of another CPU either reaches this one or was finished before it could
 * load anything.
 */
void mm_activate(struct mm_struct *prev, struct mm_struct *next, unsigned int cpu)
{
	if (prev == next)
		return;
	if (next)
		set_bit((long)cpu, next->cpumask);
	smp_mb();
	pgd_activate(next ? next->pgd : kernel_pgd);
	if (prev)
		clear_bit((long)cpu, prev->cpumask);
}
