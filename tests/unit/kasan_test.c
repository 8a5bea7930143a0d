// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds with KASAN=1 report what they promise: each test plants a mistake and looks for its report in the log. The memory that
 * is touched wrongly is the test's own or nobody's, so that nothing breaks; what is written is what stands there.
 */
#ifdef CONFIG_KASAN
#include "arch/x86_64/arch.h"
#include "kernel/debug/kasan.h"
#include "kernel/mm/mm.h"
#include "kernel/sync/sync.h"
#include "tests/unit/planted.h"

/* Numbers that the compiler must not know. */
static volatile long ten = 10, minus_one = -1;

static noinline char *take(size_t size)
{
	char *p = kmalloc(size, GFP_KERNEL);

	barrier();			/* not the last thing done: this function is to be on the stack */
	return p;
}

static noinline void give(void *p)
{
	kfree(p);
	barrier();
}

KTEST(kasan_reports_heap_bounds)
{
	char *p = take(10);

	PLANTED("Read of size 1 at ", *(volatile char *)(p + ten), "KASAN: slab-out-of-bounds in kasan_reports_heap_bounds+");
	PLANTED_ALSO(" of cache kmalloc-16, 10 bytes asked for, allocated");
	PLANTED_ALSO("The address is 0 bytes behind its end.");
	PLANTED_ALSO("Allocated by task 1:");
	PLANTED_ALSO(" take+");
	PLANTED_ALSO("[02]");
	PLANTED("Read of size 8 at ", *(volatile long *)(p + 8), "KASAN: slab-out-of-bounds in kasan_reports_heap_bounds+");
	PLANTED("The address is 54 bytes behind its end.", *(volatile char *)(p + 64), "KASAN: slab-out-of-bounds");
	give(p);
}

KTEST(kasan_reports_heap_writes)
{
	char *p = take(100);
	long size = ten * 10;

	PLANTED("Write of size 1 at ", ({ ((volatile char *)p)[size] = 0; 1; }), "KASAN: slab-out-of-bounds in kasan_reports_heap_writes+");
	PLANTED("Write of size 101 at ", memset(p, 0, (size_t)size + 1), "KASAN: slab-out-of-bounds in kasan_reports_heap_writes+");
	PLANTED("Read of size 101 at ", memcmp(p, p, (size_t)size + 1), "KASAN: slab-out-of-bounds in kasan_reports_heap_writes+");
	give(p);
}

KTEST(kasan_reports_use_after_free)
{
	char *p = take(200);

	p[8] = 1;
	give(p);
	PLANTED("Read of size 1 at ", ((volatile char *)p)[8], "KASAN: use-after-free in kasan_reports_use_after_free+");
	PLANTED_ALSO(" of cache kmalloc-256, 200 bytes asked for, free");
	PLANTED_ALSO("The address is 8 bytes inside it.");
	PLANTED_ALSO("Allocated by task 1:");
	PLANTED_ALSO(" take+");
	PLANTED_ALSO("Freed by task 1:");
	PLANTED_ALSO(" give+");
}

struct deferred {
	struct rcu_head rcu;
	long value;
};

static noinline void give_later(struct deferred *d)
{
	kfree_rcu(d, rcu);
	barrier();
}

KTEST(kasan_reports_use_after_grace_period)
{
	struct deferred *d = kzalloc(sizeof(*d), GFP_KERNEL);

	give_later(d);
	KTEST_EQ(READ_ONCE(d->value), 0);	/* not yet */
	rcu_barrier();
	PLANTED("Given to call_rcu() by task 1:", READ_ONCE(d->value), "KASAN: use-after-free in kasan_reports_use_after_grace_period+");
	PLANTED_ALSO(" give_later+");
	PLANTED_ALSO("Freed by task ");
}

KTEST(kasan_reports_caches)
{
	struct kmem_cache *c = kmem_cache_create("kasan-test", 72, 8, NULL);
	long *p = kmem_cache_alloc(c, GFP_KERNEL);

	PLANTED(" of cache kasan-test, 72 bytes, allocated", READ_ONCE(p[ten - 1]), "KASAN: slab-out-of-bounds in ");
	kmem_cache_free(c, p);
	PLANTED(" of cache kasan-test, 72 bytes, free", READ_ONCE(p[0]), "KASAN: use-after-free in ");
	KTEST_EQ(kmem_cache_nr_objects("kasan-test"), 0);
	kmem_cache_destroy(c);
}

KTEST(kasan_reports_bad_frees)
{
	char *p = take(50);
	static long variable;
	void *volatile wrong = &variable;

	PLANTED("Free of ", ({ give(p + 8); 1; }), "KASAN: invalid-free in give+");
	PLANTED_ALSO("The address is 8 bytes inside it.");
	give(p);
	PLANTED("Freed by task 1:", ({ kfree(p); 1; }), "KASAN: double-free in kasan_reports_bad_frees+");
	PLANTED_ALSO(" give+");
	PLANTED("variable of ", ({ kfree(wrong); 1; }), "KASAN: invalid-free in kasan_reports_bad_frees+");
	PLANTED("Call trace:", ({ kfree((void *)0x1000); 1; }), "KASAN: invalid-free in kasan_reports_bad_frees+");
}

KTEST(kasan_reports_pages)
{
	size_t size = 3 * PAGE_SIZE + 100;
	char *p = take(size);

	PLANTED(", of a kmalloc()", ((volatile char *)p)[size], "KASAN: slab-out-of-bounds in kasan_reports_pages+");
	PLANTED_ALSO("The address is 0 bytes behind its end.");
	PLANTED_ALSO(" take+");
	give(p);
	PLANTED(", free", ((volatile char *)p)[0], "KASAN: use-after-free in kasan_reports_pages+");
	PLANTED_ALSO(" give+");
	PLANTED(", free", ({ kfree(p); 1; }), "KASAN: double-free in kasan_reports_pages+");
	p = get_free_page(GFP_KERNEL);
	free_page(p);
	PLANTED("Freed by task 1:", ((volatile char *)p)[PAGE_SIZE - 1], "KASAN: use-after-free in kasan_reports_pages+");
	PLANTED("kasan_reports_pages+", ({ clear_page(p); 1; }), "Write of size 4096 at ");
}

KTEST(kasan_reports_vmalloc)
{
	char *p = vmalloc(PAGE_SIZE + 5);

	PLANTED("Read of size 1 at ", ((volatile char *)p)[PAGE_SIZE + 5], "KASAN: vmalloc-out-of-bounds in kasan_reports_vmalloc+");
	vfree(p);
	PLANTED("Read of size 8 at ", kasan_check_read(p, 8), "KASAN: wild-memory-access in kasan_reports_vmalloc+");
}

KTEST(kasan_reports_stack)
{
	char before[8] = "", text[12] = "", array[ten];

	__asm__ __volatile__("" : : "r"(before), "r"(text), "r"(array) : "memory");
	PLANTED("Frame of kasan_reports_stack+", ((volatile char *)text)[ten + 2], "KASAN: stack-out-of-bounds in kasan_reports_stack+");
	PLANTED_ALSO(") text");
	PLANTED("Write of size 1 at ", ({ ((volatile char *)text)[minus_one] = 0; 1; }), "KASAN: stack-out-of-bounds in kasan_reports_stack+");
	PLANTED("Read of size 1 at ", ((volatile char *)array)[ten], "KASAN: stack-out-of-bounds in kasan_reports_stack+");
}

/* What a dead task has left on its stack troubles nobody who gets that stack next. */
KTEST(kasan_forgets_dead_stacks)
{
	char *stack = alloc_kernel_stack();

	free_kernel_stack(stack);
	PLANTED("Read of size 1 at ", ((volatile char *)stack)[THREAD_SIZE / 2], "KASAN: use-after-free in kasan_forgets_dead_stacks+");
	stack = alloc_kernel_stack();
	KTEST_EQ(kasan_check_write(stack, THREAD_SIZE), true);
	free_kernel_stack(stack);
}

static char table[10];
KTEST(kasan_reports_globals)
{
	PLANTED("Variable table of tests/unit/kasan_test.c, 10 bytes", ((volatile char *)table)[ten],
		"KASAN: global-out-of-bounds in kasan_reports_globals+");
	PLANTED_ALSO("The address is 0 bytes behind its end.");
	PLANTED("A text in tests/unit/kasan_test.c, 7 bytes", ((const volatile char *)"a text")[ten - 2], "KASAN: global-out-of-bounds in kasan_reports_globals+");
	PLANTED("kasan_reports_globals+", memchr_inv(table, 0, 11) == NULL, "KASAN: global-out-of-bounds in memchr_inv+");
}

/* Through the explicit check alone: the access itself would be the end. */
KTEST(kasan_reports_addresses)
{
	PLANTED("Read of size 8 at 10 by task init/1 on CPU ", kasan_check_read((void *)0x10, 8),
		"KASAN: null-ptr-deref in kasan_reports_addresses+");
	PLANTED("Write of size 4 at ", kasan_check_write((void *)0x400000, 4), "KASAN: wild-memory-access in kasan_reports_addresses+");
	PLANTED("Write of size 4 at ", kasan_check_write((void *)0xdead000000000000, 4), "KASAN: wild-memory-access in ");
}

/* The kernel's side of copies to and from programs; nothing is mapped at the other. */
KTEST(kasan_checks_user_copies)
{
	char *p = take(24);

	PLANTED("Write of size 25 at ", copy_from_user(p, NULL, 25), "KASAN: slab-out-of-bounds in copy_from_user+");
	PLANTED("Read of size 25 at ", copy_to_user(NULL, p, 25), "KASAN: slab-out-of-bounds in copy_to_user+");
	give(p);
	PLANTED("Write of size ", strncpy_from_user(p, NULL, 24), "KASAN: use-after-free in strncpy_from_user+");
}

KTEST(kasan_checks_atomics)
{
	unsigned long *p = (unsigned long *)take(8);
	u64 *count = (u64 *)(p + 1);

	PLANTED("Write of size 8 at ", ({ set_bit(64, p); 1; }), "KASAN: slab-out-of-bounds in ");
	PLANTED("Write of size 8 at ", ({ local_inc(count); 1; }), "KASAN: slab-out-of-bounds in ");
	give(p);
}

/* The same mistake again says nothing. */
KTEST(kasan_reports_once)
{
	char *p = take(32);

	PLANTED("Read of size 1 at ", ({
		for (long i = 0; i < ten; i++)
			*(volatile char *)(p + 22 + ten);
		1;
	}), "KASAN: slab-out-of-bounds in kasan_reports_once+");
	KTEST_EQ(planted_count("KASAN: "), 1);
	give(p);
}

/* The quarantine keeps what was freed last, within its bounds, and gives everything back when it is asked to. */
KTEST(kasan_quarantine_is_bounded)
{
	struct kmem_cache *c = kmem_cache_create("kasan-test", 64, 8, NULL);
	unsigned long before, free;
	void *first = NULL, *p;

	kasan_empty_quarantine();
	before = nr_free_pages();
	for (unsigned long n = 0; n < (total_ram_pages() << PAGE_SHIFT) / 32 / 64; n++) {
		p = kmem_cache_alloc(c, GFP_KERNEL);
		if (!n)
			first = p;
		else if (n < 100)
			KTEST_EXPECT(p != first);
		kmem_cache_free(c, p);
	}
	free = nr_free_pages();
	KTEST_EQ(kmem_cache_nr_objects("kasan-test"), 0);
	KTEST_EXPECT(before - free < total_ram_pages() / 16);
	kasan_empty_quarantine();
	kmem_cache_destroy(c);
}
#endif
