/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The allocators: what is given back is there again, nothing is given twice, every failure is
 * clean.
 */
#include "kernel/debug/debug.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"

/*
 * Free pages when nothing is cached on the way: what tests compare. Callbacks run first, since they
 * free memory.
 */
static unsigned long settled_free_pages(void)
{
	rcu_barrier();
	return nr_free_pages();
}

KTEST(test_buddy_all_orders)
{
	unsigned long before = settled_free_pages();
	struct page *got[MAX_ORDER][3];

	for (unsigned int o = 0; o < MAX_ORDER; o++) {
		for (int i = 0; i < 3; i++) {
			struct page *p = alloc_pages(GFP_KERNEL, o);

			got[o][i] = p;
			if (!p)		/* the largest blocks may be gone on a small machine */
				continue;
			KTEST_EXPECT(IS_ALIGNED(page_to_pfn(p), 1UL << o));
			memset(page_address(p), (int)(o * 3 + i), PAGE_SIZE << o);
		}
	}
	KTEST_EXPECT(got[0][0] && got[3][2] && nr_free_pages() < before);
	for (unsigned int o = 0; o < MAX_ORDER; o++) {
		for (int i = 0; i < 3; i++) {
			if (!got[o][i])
				continue;
			KTEST_EXPECT(!memchr_inv(page_address(got[o][i]), (int)(o * 3 + i),
						 PAGE_SIZE << o));
			__free_pages(got[o][i], o);
		}
	}
	KTEST_EQ(settled_free_pages(), before);
	KTEST_EXPECT(!alloc_pages(GFP_KERNEL, MAX_ORDER));
}

/*
 * Single pages, given back in another order: blocks must join again, so that a large one can be
 * had.
 */
KTEST(test_buddy_joins)
{
	unsigned long before = settled_free_pages();
	struct page *p[256], *large;
	int n, i;

	for (n = 0; n < 256; n++) {
		p[n] = alloc_page(GFP_KERNEL);
		if (!p[n])
			break;
	}
	KTEST_EXPECT(n > 64);
	for (i = 0; i < n; i += 2)
		put_page(p[i]);
	for (i = 1; i < n; i += 2)
		put_page(p[i]);
	KTEST_EQ(settled_free_pages(), before);
	large = alloc_pages(GFP_KERNEL, 6);
	KTEST_EXPECT(large);
	if (large)
		__free_pages(large, 6);
}

KTEST(test_page_refs)
{
	struct page *p = alloc_page(GFP_KERNEL | __GFP_ZERO);
	unsigned long before;

	KTEST_EXPECT(p && !memchr_inv(page_address(p), 0, PAGE_SIZE));
	if (!p)
		return;
	before = nr_free_pages();
	get_page(p);
	put_page(p);
	KTEST_EQ(nr_free_pages(), before);
	put_page(p);
	KTEST_EQ(nr_free_pages(), before + 1);
}

/* What a lookup in a page cache may do at any time with a page that it finds there no more. */
KTEST(test_stray_reference)
{
	void *p = kmalloc(4 * PAGE_SIZE, GFP_KERNEL);
	struct page *page;
	unsigned long before;

	KTEST_EXPECT(p);
	if (!p)
		return;
	page = virt_to_page(p);
	get_page(page);
	before = nr_free_pages();
	kfree(p);
	KTEST_EQ(nr_free_pages(), before);
	put_page(page);
	KTEST_EQ(nr_free_pages(), before + 4);
	KTEST_EQ(refcount_read(&page->refcount), 0);
	KTEST_EQ(page->order == 0 || (page->flags & PG_BUDDY), true);
}

KTEST(test_kmalloc)
{
	static const size_t sizes[] = {0,   1,	 8,    15,   16,   17,	 96,   97,    192,
				       200, 512, 1000, 2048, 2049, 4096, 5000, 65536, 300000};
	unsigned char *p[ARRAY_SIZE(sizes)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p[i] = kmalloc(sizes[i], GFP_KERNEL);
		KTEST_EXPECT(p[i] && IS_ALIGNED((unsigned long)p[i], 8));
		if (p[i])
			memset(p[i], (int)i + 1, sizes[i]);
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		KTEST_EXPECT(!p[i] || !memchr_inv(p[i], (int)i + 1, sizes[i]));
	p[1] = krealloc(p[1], 3000, GFP_KERNEL);
	KTEST_EXPECT(p[1] && p[1][0] == 2);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		kfree(p[i]);
	KTEST_EXPECT(!kmalloc(PAGE_SIZE << MAX_ORDER, GFP_KERNEL));
	KTEST_EXPECT(!kcalloc(~0UL / 2, 4, GFP_KERNEL));
}

static void count_ctor(void *obj)
{
	*(unsigned long *)obj = 0xc0ffee;
}

KTEST(test_slab)
{
	struct kmem_cache *c = kmem_cache_create("ktest", 72, 8, count_ctor);
	unsigned long *objs[200];
	int i, j;

	KTEST_EXPECT(c);
	if (!c)
		return;
	for (int round = 0; round < 3; round++) {
		for (i = 0; i < 200; i++) {
			objs[i] = kmem_cache_alloc(c, GFP_KERNEL);
			/* What the constructor made is kept. */
			KTEST_EXPECT(objs[i] && objs[i][0] == 0xc0ffee);
			if (!objs[i])
				return;
			objs[i][8] = (unsigned long)i;
		}
		KTEST_EQ(kmem_cache_nr_objects("ktest"), 200);
		for (i = 0; i < 200; i++)
			KTEST_EQ(objs[i][8], i);
		for (i = 0; i < 200; i++) {
			j = (i * 77) % 200;
			kmem_cache_free(c, objs[j]);
		}
		KTEST_EQ(kmem_cache_nr_objects("ktest"), 0);
	}
	kmem_cache_destroy(c);
}

KTEST(test_fail_nth)
{
	void *p[3], *other;

	current->fail_nth = 2;
	for (int i = 0; i < 3; i++)
		p[i] = kmalloc(32, GFP_KERNEL);
	KTEST_EXPECT(p[0] && !p[1] && p[2]);
	KTEST_EQ(current->fail_nth, 0);
	current->fail_nth = 1;
	other = kmalloc(32, GFP_KERNEL | __GFP_NOFAIL_INJECT);
	KTEST_EXPECT(other);
	KTEST_EXPECT(!alloc_page(GFP_KERNEL));
	kfree(other);
	for (int i = 0; i < 3; i++)
		kfree(p[i]);
}

KTEST(test_vmalloc)
{
	unsigned long before = settled_free_pages();
	char *a = vmalloc(5 * PAGE_SIZE + 8), *b = vmalloc(PAGE_SIZE);

	KTEST_EXPECT(a && b && a != b);
	if (a && b) {
		KTEST_EXPECT(!memchr_inv(a, 0, 5 * PAGE_SIZE + 8));
		memset(a, 1, 5 * PAGE_SIZE + 8);
		KTEST_EXPECT(!memchr_inv(b, 0, PAGE_SIZE));
	}
	vfree(a);
	vfree(b);
	vfree(NULL);
	KTEST_EXPECT(settled_free_pages() + 4 >= before);	/* page tables stay */
	KTEST_EXPECT(!vmalloc(0) && !vmalloc(1UL << 40));
}

KTEST(test_kernel_stacks)
{
	void *stacks[40];
	int i, n;

	for (n = 0; n < 40; n++) {
		stacks[n] = alloc_kernel_stack();
		if (!stacks[n])
			break;
		memset(stacks[n], n, THREAD_SIZE);
	}
	KTEST_EXPECT(n >= 8);
	for (i = 0; i < n; i++)
		KTEST_EXPECT(!memchr_inv(stacks[i], i, THREAD_SIZE));
	for (i = 0; i < n; i++)
		free_kernel_stack(stacks[i]);
	flush_work_all();
}

KTEST(test_page_cache)
{
	unsigned long before = nr_pagecache_pages();
	struct address_space m;
	struct page *p, *q;

	address_space_init(&m, NULL, NULL);
	KTEST_EXPECT(!find_get_page(&m, 3));
	p = find_or_create_page(&m, 3, GFP_KERNEL);
	KTEST_EXPECT(!IS_ERR(p));
	if (IS_ERR(p))
		return;
	KTEST_EQ(refcount_read(&p->refcount), 2);
	q = find_or_create_page(&m, 3, GFP_KERNEL);
	KTEST_EXPECT(q == p);
	put_page(q);
	q = alloc_page(GFP_KERNEL);
	KTEST_EQ(add_to_page_cache(&m, q, 3), -EEXIST);
	KTEST_EQ(add_to_page_cache(&m, q, 1000), 0);
	KTEST_EQ(nr_pagecache_pages(), before + 2);
	truncate_pagecache(&m, 4);
	KTEST_EXPECT(!find_get_page(&m, 1000));
	truncate_pagecache(&m, 0);
	KTEST_EXPECT(!find_get_page(&m, 3));
	KTEST_EQ(refcount_read(&p->refcount), 1);
	KTEST_EXPECT(!p->mapping);
	put_page(p);
	KTEST_EQ(nr_pagecache_pages(), before);
}

/* Tables that were taken out are nobody's, and not free either, until the caller has flushed. */
KTEST(test_tables_wait_for_flush)
{
	struct page *table, *next;
	pgd_t *pgd = pgd_alloc();
	LIST_HEAD(gone);
	void *fresh;
	int n = 0;

	KTEST_EXPECT(pgd && pte_alloc(pgd, 1UL << 30));
	pgd_take_range(pgd, 0, 4UL << 30, &gone);
	KTEST_EXPECT(!pte_lookup(pgd, 1UL << 30));
	fresh = arch_alloc_table();
	list_for_each_entry_safe(table, next, &gone, lru) {
		KTEST_EXPECT(page_address(table) != fresh);
		n++;
	}
	KTEST_EQ(n, 3);
	pgd_free_tables(&gone);
	KTEST_EXPECT(list_empty(&gone));
	arch_free_table(fresh);
	pgd_free(pgd);
}

static unsigned long mapped_at(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return vma && vma->vm_start <= addr ? vma->vm_end - vma->vm_start : 0;
}

/* An address space without a task: areas, faults, copies. */
KTEST(test_address_space)
{
	unsigned long before = settled_free_pages(), addr = 0x10000000,
		      objects = kmem_cache_nr_objects("vm_area_struct");
	struct mm_struct *mm = mm_alloc(), *child;
	u64 value = 0x1122334455667788, seen = 0;

	KTEST_EXPECT(mm);
	if (!mm)
		return;
	/* 2: MAP_PRIVATE, 0x10: MAP_FIXED, 0x20: MAP_ANONYMOUS, 3: PROT_READ | PROT_WRITE */
	KTEST_EQ(do_mmap(mm, NULL, addr, 8 * PAGE_SIZE, 3, 0x32, 0), addr);
	KTEST_EQ(do_mmap(mm, NULL, addr + 8 * PAGE_SIZE, PAGE_SIZE, 3, 0x32, 0),
		 addr + 8 * PAGE_SIZE);
	KTEST_EQ(mapped_at(mm, addr), 9 * PAGE_SIZE);	/* joined */
	KTEST_EQ(do_mmap(mm, NULL, addr, PAGE_SIZE, 3, 0x100022, 0), -EEXIST);
	KTEST_EQ(do_mmap(mm, NULL, addr + 1, PAGE_SIZE, 3, 0x32, 0), -EINVAL);
	KTEST_EQ(do_mmap(mm, NULL, 0, 0, 3, 0x22, 0), -EINVAL);
	KTEST_EQ(access_process_vm(mm, addr + PAGE_SIZE - 4, &value, 8, FAULT_WRITE), 8);
	KTEST_EQ(access_process_vm(mm, addr + PAGE_SIZE - 4, &seen, 8, 0), 8);
	KTEST_EQ(seen, value);
	KTEST_EQ(mm->rss_anon, 2);
	KTEST_EQ(handle_mm_fault(mm, addr - 1, 0), FAULT_MAPERR);
	KTEST_EQ(handle_mm_fault(mm, addr, FAULT_EXEC), FAULT_ACCERR);

	child = mm_dup(mm);
	KTEST_EXPECT(child);
	if (child) {
		seen = 1;
		KTEST_EQ(access_process_vm(child, addr, &seen, 8, FAULT_WRITE), 8);
		KTEST_EQ(access_process_vm(mm, addr, &seen, 8, 0), 8);
		KTEST_EQ(seen, 0);			/* the parent's page is its own */
		mmput(child);
	}
	KTEST_EQ(do_mprotect(mm, addr + PAGE_SIZE, PAGE_SIZE, 1), 0);
	KTEST_EQ(mapped_at(mm, addr + PAGE_SIZE), PAGE_SIZE);
	KTEST_EQ(access_process_vm(mm, addr + PAGE_SIZE, &value, 8, FAULT_WRITE), -EFAULT);
	KTEST_EQ(do_mprotect(mm, addr + PAGE_SIZE, PAGE_SIZE, 3), 0);
	KTEST_EQ(mapped_at(mm, addr + PAGE_SIZE), 9 * PAGE_SIZE);
	KTEST_EQ(do_munmap(mm, addr + 2 * PAGE_SIZE, PAGE_SIZE), 0);
	KTEST_EQ(mapped_at(mm, addr + 2 * PAGE_SIZE), 0);
	KTEST_EQ(do_mremap(mm, addr, 2 * PAGE_SIZE, 4 * PAGE_SIZE, 0, 0), -ENOMEM);
	addr = (unsigned long)do_mremap(mm, addr, 2 * PAGE_SIZE, 4 * PAGE_SIZE, 1, 0);
	KTEST_EXPECT(!IS_ERR((void *)addr));
	KTEST_EQ(access_process_vm(mm, addr + PAGE_SIZE - 4, &seen, 8, 0), 8);
	KTEST_EQ(seen, value);
	mmput(mm);
	KTEST_EQ(kmem_cache_nr_objects("vm_area_struct"), objects);
	/* Slabs may have grown by a few pages. */
	KTEST_EXPECT(settled_free_pages() + 16 >= before);
}

/* A fork in which the n-th allocation fails leaves nothing behind, for every n. */
KTEST(test_fork_nomem)
{
	struct mm_struct *mm = mm_alloc(), *child = NULL;
	unsigned long areas, mms;
	u64 value = 1;
	long n;

	KTEST_EXPECT(mm);
	if (!mm)
		return;
	for (int i = 0; i < 4; i++) {
		KTEST_EXPECT(do_mmap(mm, NULL, 0x10000000UL << i, 4 * PAGE_SIZE, i % 2 ? 3 : 7,
				     0x32, 0) > 0);
		KTEST_EQ(access_process_vm(mm, 0x10000000UL << i, &value, 8, FAULT_WRITE), 8);
	}
	areas = kmem_cache_nr_objects("vm_area_struct");
	mms = kmem_cache_nr_objects("mm_struct");
	for (n = 1; !child && n < 100; n++) {
		current->fail_nth = (unsigned int)n;
		child = mm_dup(mm);
		current->fail_nth = 0;
		if (!child) {
			KTEST_EQ(kmem_cache_nr_objects("vm_area_struct"), areas);
			KTEST_EQ(kmem_cache_nr_objects("mm_struct"), mms);
		}
	}
	KTEST_EXPECT(child && n > 8);
	if (child)
		mmput(child);
	for (int i = 0; i < 4; i++)
		KTEST_EQ(access_process_vm(mm, 0x10000000UL << i, &value, 8, FAULT_WRITE), 8);
	mmput(mm);
}
