/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The areas of an address space as objects: found in a tree by address, walked in a list, split and
 * joined. Everything here needs mmap_lock for writing, find_vma() for reading.
 *
 * An area whose pages come from an address_space is also on that object's i_mmap list, which
 * truncation walks; its borders change under the object's lock for that reason. A walk may come
 * between any two changes, so each order here is such that the list covers every entry at all
 * times: two areas may both have it for a moment, never none.
 */
#include "kernel/mm/internal.h"
#include "fs/fs.h"

struct kmem_cache *vm_area_cachep;

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = READ_ONCE(mm->mmap_cache), *found = NULL;
	struct rb_node *n;

	if (vma && vma->vm_start <= addr && addr < vma->vm_end)
		return vma;
	for (n = mm->mm_rb.node; n;) {
		vma = rb_entry(n, struct vm_area_struct, vm_rb);
		if (addr < vma->vm_end) {
			found = vma;
			if (vma->vm_start <= addr)
				break;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	if (found)
		WRITE_ONCE(mm->mmap_cache, found);
	return found;
}

struct address_space *vma_mapping(const struct vm_area_struct *vma)
{
	if (vma->vm_ops)
		return shmem_mapping(vma);
	return vma->vm_file ? &vma->vm_file->f_inode->i_data : NULL;
}

struct vm_area_struct *vma_alloc(struct mm_struct *mm)
{
	struct vm_area_struct *vma = kmem_cache_alloc(vm_area_cachep, GFP_KERNEL | __GFP_ZERO);

	if (vma) {
		vma->vm_mm = mm;
		INIT_LIST_HEAD(&vma->shared);
	}
	return vma;
}

struct vm_area_struct *vma_dup(struct mm_struct *mm, const struct vm_area_struct *old)
{
	struct vm_area_struct *vma = kmem_cache_alloc(vm_area_cachep, GFP_KERNEL);

	if (!vma)
		return NULL;
	data_race(memcpy(vma, old, sizeof(*vma)));	/* others may be changing the links of `shared`, which are not kept */
	vma->vm_mm = mm;
	INIT_LIST_HEAD(&vma->shared);
	if (vma->vm_file)
		atomic_long_inc(&vma->vm_file->f_count);
	if (vma->vm_ops && vma->vm_ops->open)
		vma->vm_ops->open(vma);
	return vma;
}

void vma_free(struct vm_area_struct *vma)
{
	if (vma->vm_ops && vma->vm_ops->close)
		vma->vm_ops->close(vma);
	if (vma->vm_file)
		fput(vma->vm_file);
	kmem_cache_free(vm_area_cachep, vma);
}

void vma_link_file(struct vm_area_struct *vma, struct vm_area_struct *old)
{
	struct address_space *m = vma_mapping(vma);

	if (m) {
		spin_lock(&m->lock);
		list_add(&vma->shared, old ? &old->shared : &m->i_mmap);
		spin_unlock(&m->lock);
	}
}

void vma_unlink_file(struct vm_area_struct *vma)
{
	struct address_space *m = vma_mapping(vma);

	if (m && !list_empty(&vma->shared)) {
		spin_lock(&m->lock);
		list_del_init(&vma->shared);
		spin_unlock(&m->lock);
	}
}

void vma_link(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct rb_node **link = &mm->mm_rb.node, *parent = NULL;
	struct list_head *before = &mm->mmap;

	while (*link) {
		struct vm_area_struct *at = rb_entry(*link, struct vm_area_struct, vm_rb);

		parent = *link;
		if (vma->vm_start < at->vm_start) {
			link = &parent->left;
		} else {
			/* The last one passed on its right is the predecessor. */
			before = &at->vm_list;
			link = &parent->right;
		}
	}
	rb_link_node(&vma->vm_rb, parent, link);
	rb_insert_color(&vma->vm_rb, &mm->mm_rb);
	list_add(&vma->vm_list, before);
	mm->map_count++;
	vma_link_file(vma, NULL);
}

void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma)
{
	vma_unlink_file(vma);
	rb_erase(&vma->vm_rb, &mm->mm_rb);
	list_del(&vma->vm_list);
	mm->map_count--;
	if (mm->mmap_cache == vma)
		mm->mmap_cache = NULL;
}

void vma_adjust(struct vm_area_struct *vma, unsigned long start, unsigned long end,
		unsigned long pgoff)
{
	struct address_space *m = vma_mapping(vma);

	if (m)
		spin_lock(&m->lock);
	vma->vm_start = start;
	vma->vm_end = end;
	vma->vm_pgoff = pgoff;
	if (m)
		spin_unlock(&m->lock);
}

/* Page offset of an address; anonymous memory has none, so that areas join wherever they meet. */
static unsigned long pgoff_at(const struct vm_area_struct *vma, unsigned long addr)
{
	return vma->vm_file || vma->vm_ops ? vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT)
					   : 0;
}

int vma_split(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr)
{
	struct vm_area_struct *upper;

	if (mm->map_count >= MAX_MAP_COUNT)
		return -ENOMEM;
	upper = vma_dup(mm, vma);
	if (!upper)
		return -ENOMEM;
	upper->vm_start = addr;
	upper->vm_pgoff = pgoff_at(vma, addr);
	vma_link(mm, upper);
	vma_adjust(vma, vma->vm_start, addr, vma->vm_pgoff);
	return 0;
}

static bool can_join(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	return a->vm_end == b->vm_start && a->vm_file == b->vm_file && a->vm_ops == b->vm_ops &&
	       a->vm_private == b->vm_private &&
	       !((a->vm_flags ^ b->vm_flags) & ~VM_PRIVATE_PAGES) &&
	       pgoff_at(a, a->vm_end) == b->vm_pgoff;
}

/* `a` takes over b's range; b goes. */
static void join(struct mm_struct *mm, struct vm_area_struct *a, struct vm_area_struct *b)
{
	a->vm_flags |= b->vm_flags & VM_PRIVATE_PAGES;
	vma_adjust(a, a->vm_start, b->vm_end, a->vm_pgoff);
	vma_unlink(mm, b);
	vma_free(b);
}

struct vm_area_struct *vma_merge(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *prev = vma_prev(mm, vma), *next;

	if (prev && can_join(prev, vma)) {
		join(mm, prev, vma);
		vma = prev;
	}
	next = vma_next(mm, vma);
	if (next && can_join(vma, next))
		join(mm, vma, next);
	return vma;
}
