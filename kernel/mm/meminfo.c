/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What /proc tells about memory: meminfo, slabinfo and each program's maps and numa_maps. Formats:
 * proc(5), numa(7).
 */
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

void mm_show_nodes(struct seq_file *m)
{
	for (unsigned int i = 0; i < nr_nodes; i++)
		seq_printf(m, "Node %u: %8lu kB free\n", i, node_free_pages(i) << (PAGE_SHIFT - 10));
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

/* ---- numa_maps ---- */

struct node_counts {
	unsigned long anon, file, on[MAX_NUMNODES];
};

/* Whose pages vma has, and on which nodes. mmap_lock held: the tables stay. */
static void count_nodes(const struct vm_area_struct *vma, struct node_counts *c)
{
	pgd_t *pgd = vma->vm_mm->pgd;
	unsigned long addr = vma->vm_start;

	*c = (struct node_counts){0};
	for (; (addr = pte_next(pgd, addr, vma->vm_end)) < vma->vm_end; addr += PAGE_SIZE) {
		pte_t *pte = pte_lookup(pgd, addr), entry = pte ? READ_ONCE(*pte) : 0;
		const struct page *page;

		if (!entry || (entry & PTE_SPECIAL))
			continue;
		page = phys_to_page(pte_phys(entry));
		if (page->flags & PG_FILE)
			c->file++;
		else
			c->anon++;
		c->on[page->node]++;
	}
}

static void show_area_nodes(struct seq_file *m, const struct mm_struct *mm,
			    const struct vm_area_struct *vma)
{
	const char *name = vma->vm_file || vma->vm_ops ? NULL : area_name(mm, vma);
	struct node_counts c;

	seq_printf(m, "%08lx default", vma->vm_start);
	if (vma->vm_file) {
		seq_puts(m, " file=");
		seq_path(m, &vma->vm_file->f_path, "\n\t= ");
	} else if (name) {
		seq_printf(m, " %.*s", (int)strlen(name) - 2, name + 1);	/* without [] */
	}
	count_nodes(vma, &c);
	/* A page of a program's own is nowhere else: dirty. */
	if (c.anon)
		seq_printf(m, " anon=%lu dirty=%lu", c.anon, c.anon);
	if (c.file)
		seq_printf(m, " mapped=%lu", c.anon + c.file);
	for (unsigned int n = 0; n < nr_nodes; n++)
		if (c.on[n])
			seq_printf(m, " N%u=%lu", n, c.on[n]);
	if (c.anon + c.file)
		seq_printf(m, " kernelpagesize_kB=%lu", PAGE_SIZE >> 10);
	seq_putc(m, '\n');
}

int mm_show_numa_maps(struct seq_file *m, struct mm_struct *mm)
{
	const struct vm_area_struct *vma;
	int err = down_read_killable(&mm->mmap_lock);

	if (err)
		return err;
	list_for_each_entry(vma, &mm->mmap, vm_list)
		show_area_nodes(m, mm, vma);
	up_read(&mm->mmap_lock);
	return 0;
}

/* ---- maps ---- */

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
