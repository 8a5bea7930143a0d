/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared anonymous memory: mmap(MAP_SHARED | MAP_ANONYMOUS). A page cache without a file; its areas
 * refer to it, and it goes with the last of them.
 */
#include "kernel/mm/internal.h"
#include "fs/fs.h"

struct shmem_object {
	refcount_t refs;			/* areas */
	struct address_space mapping;
};

static void shmem_open(struct vm_area_struct *vma)
{
	struct shmem_object *o = vma->vm_private;

	refcount_inc(&o->refs);
}

static void shmem_close(struct vm_area_struct *vma)
{
	struct shmem_object *o = vma->vm_private;

	if (!refcount_dec_and_test(&o->refs))
		return;
	truncate_pagecache(&o->mapping, 0);
	kfree(o);
}

static struct page *shmem_fault(struct vm_area_struct *vma, unsigned long pgoff)
{
	struct shmem_object *o = vma->vm_private;

	return find_or_create_page(&o->mapping, pgoff, GFP_USER);
}

static const struct vm_operations_struct shmem_vm_ops = {
	.open = shmem_open,
	.close = shmem_close,
	.fault = shmem_fault,
};

struct address_space *shmem_mapping(const struct vm_area_struct *vma)
{
	return vma->vm_ops == &shmem_vm_ops ? &((struct shmem_object *)vma->vm_private)->mapping
					    : NULL;
}

int shmem_zero_setup(struct vm_area_struct *vma)
{
	struct shmem_object *o = kzalloc(sizeof(*o), GFP_KERNEL);

	if (!o)
		return -ENOMEM;
	refcount_set(&o->refs, 1);
	address_space_init(&o->mapping, NULL, NULL);
	vma->vm_private = o;
	vma->vm_ops = &shmem_vm_ops;
	return 0;
}
