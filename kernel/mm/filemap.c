/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page cache: which pages hold the contents of a file. The cache has one reference to each; a
 * page that is looked up is referenced for the caller. `mapping` of a page is set while it is in
 * the cache: a fault that holds page_table_lock and finds it set may map the page, because
 * truncation first takes pages out and then clears the entries that map them.
 */
#include "kernel/mm/charge.h"
#include "kernel/mm/internal.h"
#include "kernel/sched/sched.h"
#include "kernel/debug/debug.h"
#include "fs/fs.h"

unsigned int page_spreaders;

void address_space_init(struct address_space *m, struct inode *host,
			const struct address_space_operations *ops)
{
	m->host = host;
	spin_lock_init(&m->lock);
	m->pages = (struct radix_tree)RADIX_TREE_INIT;
	m->nrpages = 0;
	INIT_LIST_HEAD(&m->i_mmap);
	m->ops = ops;
}

struct page *find_get_page(struct address_space *m, unsigned long index)
{
	struct page *page;

	rcu_read_lock();
	while ((page = radix_tree_lookup(&m->pages, index))) {
		/*
		 * At 0: it has just been taken out, or another is about to take its place
		 * (migrate.c). The next look will tell.
		 */
		if (unlikely(!refcount_inc_not_zero(&page->refcount))) {
			cpu_relax();
			continue;
		}
		/* Between the lookup and the reference it may have become another file's. */
		if (likely(READ_ONCE(page->mapping) == m && page->index == index))
			break;
		put_page(page);
	}
	rcu_read_unlock();
	return page;
}

static void count_pages(const struct address_space *m, long n)
{
	vm_stat_add(VM_PAGECACHE, n);
	if (!m->host)		/* shmem.c */
		vm_stat_add(VM_SHMEM, n);
}

int add_to_page_cache(struct address_space *m, struct page *page, unsigned long index)
{
	int err;

	if (page->flags & PG_RESERVED)
		adopt_reserved_page(page);
	page->index = index;
	page->flags |= m->host ? PG_FILE : PG_FILE | PG_SHMEM;
	spin_lock(&m->lock);
	WRITE_ONCE(page->mapping, m);
	err = radix_tree_insert(&m->pages, index, page, GFP_ATOMIC);
	if (err)
		page->mapping = NULL;
	else
		m->nrpages++;
	spin_unlock(&m->lock);
	if (err)
		page->flags &= ~(PG_FILE | PG_SHMEM);
	else
		count_pages(m, 1);
	return err;
}

/* A kernel without cpusets. */
__weak int cpuset_spread_node(void)
{
	return -1;
}

struct page *find_or_create_page(struct address_space *m, unsigned long index, gfp_t gfp)
{
	struct page *page;
	int err;

	for (;;) {
		page = find_get_page(m, index);
		if (page)
			return page;
		page = alloc_pages_node(unlikely(READ_ONCE(page_spreaders)) ? cpuset_spread_node() : -1,
					gfp | __GFP_ZERO, 0);
		if (!page || !charge_page(page, m->host ? CHARGE_CACHE : CHARGE_SHMEM))
			return ERR_PTR(-ENOMEM);
		get_page(page);		/* the cache's */
		err = add_to_page_cache(m, page, index);
		if (!err)
			return page;
		put_page(page);
		put_page(page);
		if (err != -EEXIST)
			return ERR_PTR(err);
	}
}

unsigned long nr_pagecache_pages(void)
{
	return vm_stat(VM_PAGECACHE);
}

/*
 * Clear the entries of all programs for page offsets >= start. Private copies go too: what they
 * were copied from is gone.
 */
static void unmap_mapping(struct address_space *m, unsigned long start)
{
	struct vm_area_struct *vma;

	spin_lock(&m->lock);
	list_for_each_entry(vma, &m->i_mmap, shared) {
		unsigned long skip =
			start > vma->vm_pgoff ? (start - vma->vm_pgoff) << PAGE_SHIFT : 0;

		if (skip < vma->vm_end - vma->vm_start)
			unmap_page_range(vma, vma->vm_start + skip, vma->vm_end);
	}
	spin_unlock(&m->lock);
}

/* Take the first page at or above *index out of the cache. */
static struct page *remove_page(struct address_space *m, unsigned long *index)
{
	struct page *page;

	spin_lock(&m->lock);
	page = radix_tree_next(&m->pages, index);
	if (page) {
		radix_tree_delete(&m->pages, *index);
		WRITE_ONCE(page->mapping, NULL);
		m->nrpages--;
	}
	spin_unlock(&m->lock);
	return page;
}

/* Like remove_page(), but below `end`, and no program maps it any more: private copies of it stay. */
static struct page *punch_page(struct address_space *m, unsigned long *index, unsigned long end)
{
	struct vm_area_struct *vma;
	struct page *page;

	spin_lock(&m->lock);
	page = radix_tree_next(&m->pages, index);
	if (page && *index >= end)
		page = NULL;
	if (page) {
		radix_tree_delete(&m->pages, *index);
		WRITE_ONCE(page->mapping, NULL);	/* from here on nobody maps it anew */
		m->nrpages--;
		list_for_each_entry(vma, &m->i_mmap, shared)
			unmap_file_page(vma, page, *index);
	}
	spin_unlock(&m->lock);
	return page;
}

void punch_pagecache(struct address_space *m, unsigned long start, unsigned long end)
{
	unsigned long index = start;
	struct page *page;

	while ((page = punch_page(m, &index, end))) {
		put_page(page);
		count_pages(m, -1);
		cond_resched();
	}
}

unsigned long pages_in_cache(struct address_space *m, unsigned long start, unsigned long end)
{
	unsigned long index = start, n = 0;

	rcu_read_lock();
	while (radix_tree_next(&m->pages, &index) && index < end) {
		index++;
		n++;
	}
	rcu_read_unlock();
	return n;
}

void drop_unused_page(struct address_space *m, unsigned long index)
{
	struct page *page;

	spin_lock(&m->lock);
	page = radix_tree_lookup(&m->pages, index);
	if (page && !refcount_freeze_last(&page->refcount))
		page = NULL;
	/* Nobody can write now; but somebody may have, by a mapping that is gone. */
	if (page && memchr_inv(page_address(page), 0, PAGE_SIZE)) {
		refcount_set(&page->refcount, 1);
		page = NULL;
	}
	if (page) {
		radix_tree_delete(&m->pages, index);
		WRITE_ONCE(page->mapping, NULL);
		m->nrpages--;
	}
	spin_unlock(&m->lock);
	if (page) {
		count_pages(m, -1);
		free_page_last(page);
	}
}

void truncate_pagecache(struct address_space *m, unsigned long start)
{
	unsigned long index = start, n = 0;
	struct page *page;

	while ((page = remove_page(m, &index))) {
		put_page(page);
		n++;
	}
	count_pages(m, -(long)n);
	if (!list_empty(&m->i_mmap))
		unmap_mapping(m, start);
}
