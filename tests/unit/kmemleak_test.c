// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds with KMEMLEAK=1 report what they promise. A test loses objects, that is, keeps only the complement of their addresses, looks
 * for the report and frees them. A thread of its own does the losing: its stack goes with it, and no address is left there.
 */
#ifdef CONFIG_KMEMLEAK
#include "tests/unit/planted.h"
#include "kernel/debug/kmemleak.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"

#define MANY 1000

static struct loser {
	void *(*get)(void);
	unsigned int n;
	unsigned long hidden[MANY];
	struct task_struct *thread;
	struct completion done;
} loser;

static int lose_thread(void *unused)
{
	for (unsigned int i = 0; i < loser.n; i++)
		loser.hidden[i] = ~(unsigned long)loser.get();
	get_task_struct(current);
	loser.thread = current;
	complete(&loser.done);
	return 0;
}

/* Call get() n times in a thread and forget what it gives. */
static void lose(void *(*get)(void), unsigned int n)
{
	loser.get = get;
	loser.n = n;
	init_completion(&loser.done);
	if (IS_ERR(kthread_run(lose_thread, NULL, "loser")))
		panic("no memory for a test's thread");
	wait_for_completion(&loser.done);
	while (READ_ONCE(loser.thread->stack)) {
		__set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_timeout(NSEC_PER_MSEC);
	}
	put_task_struct(loser.thread);
	loser.thread = NULL;
}

static void *found(unsigned int i)
{
	return (void *)~loser.hidden[i];
}

static int check(void)
{
	kmemleak_check();
	return 0;
}

#define REPORT_HAS(text, also) PLANTED(also, check(), text)

static void *get_object(void)
{
	void *p = kmalloc(500, GFP_KERNEL);

	return p ? memset(p, 0x5a, 500) : NULL;
}

KTEST(kmemleak_says_what_and_who)
{
	lose(get_object, 1);
	REPORT_HAS("KMEMLEAK: unreferenced object 0x", "(size 512, cache kmalloc-512), allocated by task loser/");
	kfree(found(0));
}

KTEST(kmemleak_shows_stack_and_contents)
{
	lose(get_object, 2);
	REPORT_HAS("first bytes: 5a 5a 5a 5a", "get_object+0x");
	kfree(found(0));
	kfree(found(1));
}

KTEST(kmemleak_reports_what_one_place_lost_as_one)
{
	lose(get_object, MANY);
	REPORT_HAS("KMEMLEAK: ", "it is the oldest of 1000 objects, 512000 bytes");
	for (unsigned int i = 0; i < MANY; i++)
		kfree(found(i));
}

struct node {
	struct list_head list;
	struct node *below;
	char more[200];
};

/* The root of a small tree, which also refers to itself. */
static void *get_tree(void)
{
	struct node *root = kzalloc(sizeof(*root), GFP_KERNEL);

	if (!root)
		return NULL;
	INIT_LIST_HEAD(&root->list);
	root->below = kzalloc(sizeof(*root), GFP_KERNEL);
	return root;
}

KTEST(kmemleak_reports_a_lost_tree_by_its_root)
{
	struct node *root;

	lose(get_tree, 1);
	REPORT_HAS("KMEMLEAK: ", "1 objects, 256 bytes, are referred to by unreferenced ones only");
	root = found(0);
	kfree(root->below);
	kfree(root);
}

static void *get_user_page(void)
{
	return alloc_page(GFP_USER);
}

static void *get_area(void)
{
	return vmalloc(3 * PAGE_SIZE);
}

KTEST(kmemleak_reports_pages_areas_and_stacks)
{
	lose(get_user_page, 1);
	REPORT_HAS("KMEMLEAK: ", "(size 4096, a program's page)");
	put_page(found(0));
	lose(get_area, 1);
	REPORT_HAS("KMEMLEAK: ", "(size 12288, vmalloc)");
	vfree(found(0));
	lose(alloc_kernel_stack, 1);
	REPORT_HAS("KMEMLEAK: ", "(size 16384, kernel stack)");
	free_kernel_stack(found(0));
}

/* References of all kinds; each is the only one. */
static char *inside;
static struct page *its_page;
static void *in_area;

static noinline void keep(void)
{
	char *object = kmalloc(200, GFP_KERNEL);
	void **page = get_free_page(GFP_KERNEL | __GFP_ZERO);

	inside = object + 199;
	its_page = virt_to_page(page);
	page[17] = kmalloc(64, GFP_KERNEL);
	in_area = vmalloc(2 * PAGE_SIZE);
	in_area = (char *)in_area + 5000;
}

KTEST(kmemleak_knows_references)
{
	u64 pos = ~0ULL >> 1;
	char text[64];

	keep();
	log_read(&pos, text, 0);
	kmemleak_check();
	KTEST_EQ(log_read(&pos, text, sizeof(text)), 0);
	kfree(inside - 199);
	kfree(((void **)page_address(its_page))[17]);
	put_page(its_page);
	vfree((char *)in_area - 5000);
	inside = in_area = its_page = NULL;
}
#endif
