// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups of tasks that pay for pages (kernel/mm/charge.h): their life, limits, and the charge of a
 * page that is replaced.
 */
#include "kernel/debug/debug.h"
#include "kernel/mm/charge.h"

/* What charge_page() does for a task in g; the test's own thread is in the top group. */
static struct page *charged_page(struct mem_group *g, enum charge_kind kind)
{
	struct page *page = alloc_page(GFP_KERNEL);

	for (struct mem_group *p = g; p->parent; p = p->parent)
		atomic_long_add(GROUP_PAGE, &p->usage);
	atomic_long_inc(&g->pages[kind]);
	page->charge = g;
	page->flags |= PG_CHARGED | (unsigned int)kind << PG_KIND_SHIFT;
	return page;
}

KTEST(test_charge_ends_with_the_page)
{
	struct mem_group *g = mem_group_create(&top_mem_group), *child = mem_group_create(g);
	struct page *page = charged_page(child, CHARGE_PIPE);

	KTEST_EQ(mem_group_usage(child), 1);
	KTEST_EQ(mem_group_usage(g), 1);
	get_page(page);
	put_page(page);
	KTEST_EQ(mem_group_usage(g), 1);
	put_page(page);
	KTEST_EQ(mem_group_usage(child), 0);
	KTEST_EQ(mem_group_usage(g), 0);
	mem_group_put(child);
	mem_group_put(g);
}

KTEST(test_charge_moves_to_a_copy)
{
	struct mem_group *g = mem_group_create(&top_mem_group);
	struct page *from = charged_page(g, CHARGE_SHMEM), *to = alloc_page(GFP_KERNEL);

	charge_transfer(from, to);
	put_page(from);
	KTEST_EQ(mem_group_usage(g), 1);
	KTEST_EQ(atomic_long_read(&g->pages[CHARGE_SHMEM]), 1);
	put_page(to);
	KTEST_EQ(mem_group_usage(g), 0);
	KTEST_EQ(atomic_long_read(&g->pages[CHARGE_SHMEM]), 0);
	mem_group_put(g);
}

KTEST(test_charge_of_nobody)
{
	/* Where there is no group, nobody would look at the charges. */
	struct mem_group *g = mem_group_create(&top_mem_group);
	struct page *page = alloc_page(GFP_KERNEL), *copy = alloc_page(GFP_KERNEL);

	KTEST_EXPECT(charge_page(page, CHARGE_ANON));
	KTEST_EQ(page->flags & PG_CHARGED, 0);
	KTEST_EXPECT(!charge_current(CHARGE_STACK, STACK_PAGES));
	charge_transfer(page, copy);
	KTEST_EQ(copy->flags & PG_CHARGED, 0);
	put_page(page);
	put_page(copy);
	mem_group_put(g);
}

KTEST(test_mem_group_lives_until_its_last_page)
{
	struct mem_group *g, *child;
	unsigned long before;
	struct page *page;

	rcu_barrier();
	before = kmem_cache_nr_objects("mem_group");
	g = mem_group_create(&top_mem_group);
	child = mem_group_create(g);
	page = charged_page(child, CHARGE_CACHE);
	mem_group_put(g);
	mem_group_put(child);
	rcu_barrier();
	KTEST_EQ(kmem_cache_nr_objects("mem_group"), before + 2);
	KTEST_EQ(mem_group_usage(g), 1);
	put_page(page);
	rcu_barrier();
	KTEST_EQ(kmem_cache_nr_objects("mem_group"), before);
}

KTEST(test_mem_group_limit)
{
	struct mem_group *g = mem_group_create(&top_mem_group), *other;
	struct page *one = charged_page(g, CHARGE_ANON), *two = charged_page(g, CHARGE_ANON);

	KTEST_EXPECT(mem_group_has_room(g));
	KTEST_EQ(mem_group_set_limit(g, 1), -EBUSY);
	KTEST_EQ(g->limit, MEM_GROUP_UNLIMITED);
	KTEST_EQ(mem_group_set_limit(g, 2), 0);
	KTEST_EXPECT(!mem_group_has_room(g));
	put_page(two);
	KTEST_EXPECT(mem_group_has_room(g));
	g->oom_kill_disable = true;
	other = mem_group_create(g);
	KTEST_EXPECT(other->oom_kill_disable);
	KTEST_EXPECT(mem_group_is_below(other, g) && mem_group_is_below(g, g));
	KTEST_EXPECT(!mem_group_is_below(g, other));
	mem_group_put(other);
	put_page(one);
	mem_group_put(g);
}
