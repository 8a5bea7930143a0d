/* SPDX-License-Identifier: GPL-2.0-only */
/* What /proc tells about memory: meminfo, slabinfo and each program's maps. Formats: proc(5). */
#include "kernel/mm/internal.h"
#include "kernel/sched/sched.h"
#include "fs/fs.h"

static void show_kb(struct seq_file *m, const char *name, unsigned long pages)
{
	seq_printf(m, "%-15s %8lu kB\n", name, pages << (PAGE_SHIFT - 10));
}

void mm_meminfo(struct seq_file *m)
{
	unsigned long free = nr_free_pages(), cached = vm_stat(VM_PAGECACHE),
		      shmem = vm_stat(VM_SHMEM);
	unsigned long slab = vm_stat(VM_SLAB);

	show_kb(m, "MemTotal:", total_ram_pages());
	show_kb(m, "MemFree:", free);
	/* File pages live in memory only: none can be dropped. */
	show_kb(m, "MemAvailable:", free);
	show_kb(m, "Buffers:", 0);
	show_kb(m, "Cached:", cached);
	show_kb(m, "SwapCached:", 0);
	show_kb(m, "AnonPages:", vm_stat(VM_ANON));
	show_kb(m, "Mapped:", vm_stat(VM_FILE_MAPPED));
	show_kb(m, "Shmem:", shmem);
	show_kb(m, "Slab:", slab);
	show_kb(m, "SReclaimable:", 0);
	show_kb(m, "SUnreclaim:", slab);
	show_kb(m, "KernelStack:", vm_stat(VM_STACKS));
	show_kb(m, "PageTables:", vm_stat(VM_TABLES));
	show_kb(m, "SwapTotal:", 0);
	show_kb(m, "SwapFree:", 0);
}

static const char *area_name(const struct mm_struct *mm, const struct vm_area_struct *vma)
{
	if (vma->vm_start <= mm->start_stack && vma->vm_end > mm->start_stack)
		return "[stack]";
	if (mm->start_brk < mm->brk && vma->vm_start < mm->brk && vma->vm_end > mm->start_brk)
		return "[heap]";
	return NULL;
}

static void show_area(struct seq_file *m, const struct mm_struct *mm,
		      const struct vm_area_struct *vma)
{
	const struct inode *inode = vma->vm_file ? vma->vm_file->f_inode : NULL;
	dev_t dev = inode && inode->i_sb ? inode->i_sb->s_dev : 0;
	unsigned long flags = vma->vm_flags;
	size_t begin = m->count;
	const char *name = NULL;

	seq_printf(m, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu", vma->vm_start, vma->vm_end,
		   flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-',
		   flags & VM_EXEC ? 'x' : '-', flags & VM_SHARED ? 's' : 'p',
		   vma->vm_pgoff << PAGE_SHIFT, MAJOR(dev), MINOR(dev),
		   inode ? (unsigned long)inode->i_ino : 0);
	if (shmem_mapping(vma))
		name = "/dev/zero (deleted)";
	else if (!vma->vm_file)
		name = area_name(mm, vma);
	if (name || vma->vm_file) {
		do
			seq_putc(m, ' ');
		while (m->count < begin + 73 && m->count < m->size);
		if (name)
			seq_puts(m, name);
		else
			seq_path(m, &vma->vm_file->f_path, "\n");
	}
	seq_putc(m, '\n');
}

int mm_show_maps(struct seq_file *m, struct mm_struct *mm)
{
	const struct vm_area_struct *vma;
	int err = down_read_killable(&mm->mmap_lock);

	if (err)
		return err;
	list_for_each_entry(vma, &mm->mmap, vm_list)
		show_area(m, mm, vma);
	up_read(&mm->mmap_lock);
	return 0;
}
