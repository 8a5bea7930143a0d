// SPDX-License-Identifier: GPL-2.0-only
/* Multiboot 1 (QEMU -kernel): its information structure → boot_info. Source: Multiboot Specification 0.6.96, 3.3. */
#include "boot/boot.h"
#include "arch/x86_64/arch.h"

struct mb1_info {
	u32 flags;
	u32 mem_lower, mem_upper;	/* KiB */
	u32 boot_device;
	u32 cmdline;
	u32 mods_count, mods_addr;
	u32 syms[4];
	u32 mmap_length, mmap_addr;
	u32 drives_length, drives_addr;
	u32 config_table;
	u32 boot_loader_name;
} __packed;

#define MB1_MEM	    BIT(0)
#define MB1_CMDLINE BIT(2)
#define MB1_MODS    BIT(3)
#define MB1_MMAP    BIT(6)
#define MB1_LOADER  BIT(9)

struct mb1_mmap {
	u32 size;			/* of the rest */
	u64 addr, len;
	u32 type;
} __packed;

struct mb1_module {
	u32 start, end, string, reserved;
};

void boot_from_multiboot1(phys_addr_t info)
{
	const struct mb1_info *mb = __va(info);
	const struct mb1_module *mod = __va(mb->mods_addr);
	bool from_qemu = false;
	u32 i, at;

	boot_info.protocol = "multiboot";
	if (mb->flags & MB1_LOADER) {
		const char *name = __va(mb->boot_loader_name);

		boot_set_loader(name);
		from_qemu = name[0] == 'q' && name[1] == 'e';	/* QEMU puts the file's name first, GRUB does not */
	}
	if (mb->flags & MB1_CMDLINE)
		boot_set_cmdline(__va(mb->cmdline), from_qemu);
	if (mb->flags & MB1_MMAP) {
		for (at = 0; at < mb->mmap_length;) {
			const struct mb1_mmap *m = __va(mb->mmap_addr + at);

			boot_add_range(m->addr, m->addr + m->len, m->type);
			at += m->size + 4;
		}
	} else if (mb->flags & MB1_MEM) {
		boot_add_range(0, mb->mem_lower * 1024UL, BOOT_RAM);
		boot_add_range(0x100000, 0x100000 + mb->mem_upper * 1024UL, BOOT_RAM);
	}
	if (mb->flags & MB1_MODS)
		for (i = 0; i < mb->mods_count; i++)
			boot_add_module(mod[i].start, mod[i].end);
}
