// SPDX-License-Identifier: GPL-2.0-only
/* Units of arch/x86_64: page copies, user copies with faults, calls to other CPUs, kernel mappings, the clock. */
#include "arch/x86_64/arch.h"
#include "kernel/debug/debug.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"

KTEST(arch_clear_and_copy_page)
{
	u8 *a = get_free_page(GFP_KERNEL), *b = get_free_page(GFP_KERNEL);
	unsigned int i, wrong = 0;

	KTEST_EXPECT(a && b);
	if (a && b) {
		for (i = 0; i < PAGE_SIZE; i++)
			a[i] = i * 7 + (i >> 8);
		memset(b, 0xff, PAGE_SIZE);
		copy_page(b, a);
		KTEST_EQ(memcmp(a, b, PAGE_SIZE), 0);
		clear_page(a);
		for (i = 0; i < PAGE_SIZE; i++)
			wrong += a[i] != 0;
		KTEST_EQ(wrong, 0);
	}
	free_page(a);
	free_page(b);
}

/* The vector registers hold a program's values while the kernel runs. */
KTEST(arch_page_copies_keep_xmm0)
{
	void *page = get_free_page(GFP_KERNEL);
	u64 value = 0x1122334455667788, after = 0;
	u8 to[200] = {0}, from[200] = {0};

	KTEST_EXPECT(page);
	if (!page)
		return;
	local_irq_disable();
	__asm__ __volatile__("movq %0, %%xmm0" ::"r"(value));
	clear_page(page);
	arch_copy_user(to, from, sizeof(to));
	__asm__ __volatile__("movq %%xmm0, %0" : "=r"(after));
	local_irq_enable();
	KTEST_EQ(after, value);
	free_page(page);
}

/* Each length takes another path through the copy: bytes, words, blocks and their tails. */
KTEST(arch_copy_user_lengths)
{
	static u8 from[600], to[600];
	unsigned int n, i, wrong = 0;

	for (i = 0; i < sizeof(from); i++)
		from[i] = i ^ (i >> 4);
	for (n = 0; n < sizeof(from); n++) {
		memset(to, 0xee, sizeof(to));
		KTEST_EQ(arch_copy_user(to, from, n), 0);
		wrong += memcmp(to, from, n) != 0 || (n < sizeof(to) && to[n] != 0xee);
	}
	KTEST_EQ(wrong, 0);
}

/* A user address with nothing behind it: everything is left. This thread has no user memory at all. */
KTEST(arch_copy_user_faults)
{
	char buf[300];

	KTEST_EQ(arch_copy_user(buf, (void *)0x1000, 5), 5);
	KTEST_EQ(arch_copy_user(buf, (void *)0x1000, 64), 64);
	KTEST_EQ(arch_copy_user(buf, (void *)0x1000, 300), 300);
	KTEST_EQ(arch_copy_user((void *)0x1000, buf, 300), 300);
	KTEST_EQ(arch_clear_user((void *)0x1000, 100), 100);
	KTEST_EQ(arch_strncpy_from_user(buf, (void *)0x1000, 100), -EFAULT);
}

KTEST(arch_strncpy_lengths)
{
	char from[40], to[40];
	unsigned int n;

	for (n = 0; n < 30; n++) {
		memset(from, 'x', sizeof(from));
		from[n] = '\0';
		KTEST_EQ(arch_strncpy_from_user(to, from, sizeof(to)), n);
		KTEST_EQ(memcmp(to, from, n + 1), 0);
	}
	KTEST_EQ(arch_strncpy_from_user(to, from, 10), 10);
}

static void mark(void *arg)
{
	__atomic_fetch_or((unsigned long *)arg, BIT(smp_processor_id()), __ATOMIC_SEQ_CST);
}

KTEST(arch_call_every_cpu)
{
	unsigned long seen = 0, all = nr_cpus >= 64 ? ~0UL : BIT(nr_cpus) - 1;
	unsigned int i;

	for (i = 0; i < 50; i++) {
		seen = 0;
		smp_call_function_all(mark, &seen);
		KTEST_EQ(seen, all);
	}
}

KTEST(arch_clock_never_goes_back)
{
	u64 last = arch_clock_ns(), now;
	unsigned int i;

	for (i = 0; i < 10000; i++, last = now) {
		now = arch_clock_ns();
		if (now < last)
			ktest_fail(__FILE__, __LINE__, "%llu after %llu", (unsigned long long)now,
				   (unsigned long long)last);
	}
}

KTEST(arch_ioremap_shows_memory)
{
	u32 *page = get_free_page(GFP_KERNEL), *window;

	KTEST_EXPECT(page);
	if (!page)
		return;
	page[3] = 0x12345678;
	window = ioremap(__pa(page) + 12, 4);
	KTEST_EXPECT(window);
	if (window)
		KTEST_EQ(*window, 0x12345678);
	kernel_unmap_page((unsigned long)window & PAGE_MASK);
	kernel_tlb_flush_all();
	free_page(page);
}
