// SPDX-License-Identifier: GPL-2.0-only
/*
 * boot_info: collecting what the loader said, in one form. start.asm calls boot_main(), which lets the protocol's translator
 * (multiboot1.c, multiboot2.c, pvh.c) report through boot_add_*() and then calls kernel_main().
 *
 * Runs once, on the boot CPU, on start.asm's page tables: physical memory below 4 GiB is visible through __va().
 */
#include "boot/boot.h"
#include "arch/x86_64/arch.h"

struct boot_info boot_info;

static char loader_name[64];

/* Put a range at place `at`; returns how many places it took: none if it is empty or the table is full. */
static unsigned int insert(unsigned int at, phys_addr_t start, phys_addr_t end, enum boot_range_type type)
{
	struct boot_info *bi = &boot_info;
	unsigned int i;

	if (start >= end || bi->nr_ranges == BOOT_MAX_RANGES)
		return 0;
	for (i = bi->nr_ranges++; i > at; i--)
		bi->ranges[i] = bi->ranges[i - 1];
	bi->ranges[at] = (struct boot_range){start, end, type};
	return 1;
}

static void remove(unsigned int at)
{
	struct boot_info *bi = &boot_info;

	for (bi->nr_ranges--; at < bi->nr_ranges; at++)
		bi->ranges[at] = bi->ranges[at + 1];
}

/*
 * Keep the list sorted and without overlaps: walk over the old ranges, giving each overlapping stretch to the stronger
 * type (RAM is the weakest) and filling the gaps with the new one.
 */
void boot_add_range(phys_addr_t start, phys_addr_t end, unsigned int raw_type)
{
	struct boot_info *bi = &boot_info;
	enum boot_range_type type = raw_type >= BOOT_RAM && raw_type <= BOOT_BAD ? raw_type : BOOT_RESERVED;
	unsigned int i;

	for (i = 0; i < bi->nr_ranges && start < end; i++) {
		struct boot_range old = bi->ranges[i];
		phys_addr_t cut = min(end, old.end);

		if (old.end <= start)
			continue;
		if (start < old.start) {
			i += insert(i, start, min(end, old.start), type);
			start = min(end, old.start);
			if (start >= end)
				return;
		}
		if (old.type == BOOT_RAM && type != BOOT_RAM) {
			remove(i);
			i += insert(i, old.start, start, BOOT_RAM);
			i += insert(i, start, cut, type);
			i += insert(i, cut, old.end, BOOT_RAM);
			i--;
		}
		start = cut;
	}
	insert(i, start, end, type);
}

void boot_add_module(phys_addr_t start, phys_addr_t end)
{
	struct boot_info *bi = &boot_info;

	if (end > start && bi->nr_modules < BOOT_MAX_MODULES)
		bi->modules[bi->nr_modules++] = (struct boot_module){start, end};
}

void boot_set_cmdline(const char *s, bool skip_first)
{
	unsigned int i = 0;

	if (skip_first)
		while (*s && *s != ' ')
			s++;
	while (*s == ' ')
		s++;
	for (; *s && i < BOOT_CMDLINE_MAX - 1; s++)
		boot_info.cmdline[i++] = *s;
	boot_info.cmdline[i] = '\0';
}

void boot_set_loader(const char *s)
{
	unsigned int i;

	for (i = 0; s[i] && i < sizeof(loader_name) - 1; i++)
		loader_name[i] = s[i];
	loader_name[i] = '\0';
}

void boot_main(u32 magic, phys_addr_t info, u64 entry_tsc) __noreturn;

void boot_main(u32 magic, phys_addr_t info, u64 entry_tsc)
{
	boot_info.entry_tsc = entry_tsc;
	boot_info.loader = loader_name;
	boot_info.protocol = "unknown";
	if (magic == MULTIBOOT1_MAGIC)
		boot_from_multiboot1(info);
	else if (magic == MULTIBOOT2_MAGIC)
		boot_from_multiboot2(info);
	else if (magic == PVH_MAGIC)
		boot_from_pvh(info);
	kernel_main();
}
