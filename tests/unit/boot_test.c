// SPDX-License-Identifier: GPL-2.0-only
/* Units of boot/: the command line and the memory map. They work on boot_info itself and put it back. */
#include "boot/boot.h"
#include "kernel/debug/debug.h"
#include "kernel/mm/mm.h"

static struct boot_info *saved;

static bool begin(void)
{
	saved = kmemdup(&boot_info, sizeof(boot_info), GFP_KERNEL);
	KTEST_EXPECT(saved);
	return saved;
}

static void end(void)
{
	boot_info = *saved;
	kfree(saved);
}

KTEST(boot_cmdline_options)
{
	char buf[8];

	if (!begin())
		return;
	boot_set_cmdline("paddock.elf  a=1 b a=22  vm.exit=0xf4 longer=abcdefghij -- a=3 c", true);
	KTEST_EXPECT(boot_param("a", buf, sizeof(buf)));
	KTEST_EQ(strcmp(buf, "22"), 0);
	KTEST_EXPECT(boot_param("b", buf, sizeof(buf)));
	KTEST_EQ(buf[0], 0);
	KTEST_EXPECT(!boot_param("c", buf, sizeof(buf)));
	KTEST_EXPECT(!boot_param("long", buf, sizeof(buf)));
	KTEST_EXPECT(boot_param("longer", buf, sizeof(buf)));
	KTEST_EQ(strcmp(buf, "abcdefg"), 0);
	KTEST_EQ(boot_param_ulong("vm.exit", 5), 0xf4);
	KTEST_EQ(boot_param_ulong("nothing", 5), 5);
	KTEST_EQ(boot_param_ulong("longer", 5), 5);
	KTEST_EQ(strcmp(boot_init_args(), "a=3 c"), 0);
	KTEST_EQ(strcmp(boot_public_cmdline(), "a=1 b a=22 longer=abcdefghij -- a=3 c"), 0);
	end();
	boot_public_cmdline();		/* its text is the caller's to keep: make it the true one again */
}

static void expect_range(unsigned int i, u64 start, u64 stop, int type)
{
	KTEST_EQ(boot_info.ranges[i].start, start);
	KTEST_EQ(boot_info.ranges[i].end, stop);
	KTEST_EQ(boot_info.ranges[i].type, type);
}

KTEST(boot_ranges_do_not_overlap)
{
	if (!begin())
		return;
	boot_info.nr_ranges = 0;
	boot_add_range(0x4000, 0x8000, BOOT_RAM);
	boot_add_range(0x0000, 0x1000, BOOT_RAM);
	boot_add_range(0x5000, 0x6000, BOOT_RESERVED);	/* a hole in RAM */
	boot_add_range(0x7000, 0xa000, 99);		/* over the end; unknown types are reserved */
	boot_add_range(0x0800, 0x4800, BOOT_RAM);	/* fills the gap, may not undo anything */
	KTEST_EQ(boot_info.nr_ranges, 7);
	expect_range(0, 0x0000, 0x1000, BOOT_RAM);
	expect_range(1, 0x1000, 0x4000, BOOT_RAM);
	expect_range(2, 0x4000, 0x5000, BOOT_RAM);
	expect_range(3, 0x5000, 0x6000, BOOT_RESERVED);
	expect_range(4, 0x6000, 0x7000, BOOT_RAM);
	expect_range(5, 0x7000, 0x8000, BOOT_RESERVED);
	expect_range(6, 0x8000, 0xa000, BOOT_RESERVED);
	end();
}
