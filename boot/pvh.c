// SPDX-License-Identifier: GPL-2.0-only
/* PVH (QEMU -M microvm, Firecracker): hvm_start_info → boot_info. Source: xen/include/public/arch-x86/hvm/start_info.h. */
#include "boot/boot.h"
#include "arch/x86_64/arch.h"

struct hvm_start_info {
	u32 magic;
	u32 version;
	u32 flags;
	u32 nr_modules;
	u64 modlist;
	u64 cmdline;
	u64 rsdp;
	u64 memmap;		/* version 1 and up */
	u32 memmap_entries;
	u32 reserved;
};

/* QEMU puts the list at a multiple of 4, not of 8. */
struct hvm_module {
	u64_unaligned paddr, size, cmdline, reserved;
};

struct hvm_memmap_entry {
	u64_unaligned addr, size;
	u32_unaligned type, reserved;
};

void boot_from_pvh(phys_addr_t info)
{
	const struct hvm_start_info *si = __va(info);
	const struct hvm_module *mod = __va(si->modlist);
	const struct hvm_memmap_entry *map = __va(si->memmap);
	u32 i;

	boot_info.protocol = "pvh";
	boot_info.rsdp = si->rsdp;
	if (si->cmdline)
		boot_set_cmdline(__va(si->cmdline), false);
	for (i = 0; si->version >= 1 && i < si->memmap_entries; i++)
		boot_add_range(map[i].addr, map[i].addr + map[i].size, map[i].type);
	for (i = 0; i < si->nr_modules; i++)
		boot_add_module(mod[i].paddr, mod[i].paddr + mod[i].size);
}
