// SPDX-License-Identifier: GPL-2.0-only
/*
 * The start, in order: kernel_main() on the boot CPU with interrupts off, then main_thread(), the first kernel thread, which may sleep
 * and ends as process 1. Each other CPU comes through secondary_main(). Read this first.
 */
#include "boot/boot_info.h"
#include "containers/container.h"
#include "fs/fs.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/gdb/gdb.h"
#include "kernel/debug/kmemleak.h"
#include "kernel/debug/stack_depot.h"
#include "kernel/debug/stack_use.h"
#include "kernel/lib/init.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"
#include "kernel/task/task.h"

#define FOUR_GIB (1ULL << 32)

TABLE_DECLARE(const struct initcall, initcall);

/* Tell memblock about the RAM in [from, to). */
static void add_memory(phys_addr_t from, phys_addr_t to)
{
	unsigned int i;

	for (i = 0; i < boot_info.nr_ranges; i++) {
		const struct boot_range *r = &boot_info.ranges[i];
		phys_addr_t start = max(ALIGN(r->start, PAGE_SIZE), from), end = min(ALIGN_DOWN(r->end, PAGE_SIZE), to);

		if (r->type == BOOT_RAM && start < end)
			memblock_add(start, end);
	}
}

/* Until arch_init_memory() only what lies below 4 GiB can be touched, so the rest is added after it. */
static void init_memory(void)
{
	unsigned int i;

	memblock_reserve(0, PAGE_SIZE);		/* BIOS data, and physical 0 is nobody's address */
	memblock_reserve(__pa(__kernel_start), __pa(__kernel_end));
	for (i = 0; i < boot_info.nr_modules; i++)
		memblock_reserve(ALIGN_DOWN(boot_info.modules[i].start, PAGE_SIZE),
				 ALIGN(boot_info.modules[i].end, PAGE_SIZE));
	add_memory(0, FOUR_GIB);
	arch_init_memory();
	add_memory(FOUR_GIB, ~0ULL);
	stack_depot_init();
	kasan_init();
	mm_init();
}

static void do_initcalls(void)
{
	const struct initcall *call;

	for_each_table_entry(call, initcall) {
		int err = call->fn();

		if (err)
			pr_err("init: %s: error %d\n", call->name, err);
	}
}

static void run_ktest(void)
{
	char pattern[64];
	int failed;

	if (!boot_param("ktest", pattern, sizeof(pattern)))
		return;
	failed = ktest_run(pattern[0] ? pattern : NULL);
	stack_use_show();
	kmemleak_check();
	arch_poweroff(failed ? 1 : 0);
}

/* The first kernel thread. When kernel_init() has put init's registers in place, it leaves for user mode and never comes back. */
static int main_thread(void *unused)
{
	smp_boot();
	mm_init_late();
	workqueue_init();
	container_init_smp();
	do_initcalls();
	initramfs_unpack();
	arch_init_late();
	run_ktest();
	if (kernel_init(NULL))
		panic("init did not start");
	arch_enter_user();
}

void kernel_main(void)
{
	console_loglevel = boot_param_ulong("loglevel", console_loglevel);
	arch_init_early();
	stack_use_init();
	pr_info("Paddock: %u memory ranges, by %s (%s)\n", boot_info.nr_ranges, boot_info.protocol, boot_info.loader);
	pr_info("boot: entered C at tsc %llu\n", (unsigned long long)boot_info.entry_tsc);
	pr_info("boot: command line: %s\n", boot_public_cmdline());

	container_init_early();
	init_memory();
	arch_init();
	gdb_init();
	sched_init();
	vfs_init_early();
	container_init();
	if (mount_root() || memfd_init())
		panic("no root file system");
	if (IS_ERR(kthread_run(main_thread, NULL, "init")))
		panic("no memory for the first thread");
	cpu_idle();
}

void secondary_main(void)
{
	gdb_init_secondary();
	sched_init_secondary(smp_processor_id());
	cpu_idle();
}
