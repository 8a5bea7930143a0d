// SPDX-License-Identifier: GPL-2.0-only
/* Multiboot 2 (GRUB, on BIOS and UEFI): its tags → boot_info. Source: Multiboot2 Specification 2.0, 3.6. */
#include "boot/boot.h"
#include "arch/x86_64/arch.h"

struct mb2_tag {
	u32 type, size;
};

#define MB2_END	     0
#define MB2_CMDLINE  1
#define MB2_LOADER   2
#define MB2_MODULE   3
#define MB2_MMAP     6
#define MB2_ACPI_OLD 14
#define MB2_ACPI_NEW 15

struct mb2_module {
	struct mb2_tag tag;
	u32 start, end;
};

struct mb2_mmap {
	struct mb2_tag tag;
	u32 entry_size, entry_version;
};

struct mb2_mmap_entry {
	u64 addr, len;
	u32 type, reserved;
};

/* The tag holds a copy of the root pointer; it stays in boot_info's own memory, as the tables of the loader may go. */
static char rsdp_copy[64] __aligned(8);

static void take_rsdp(const struct mb2_tag *tag)
{
	const char *from = (const char *)(tag + 1);
	u32 i;

	for (i = 0; i < tag->size - sizeof(*tag) && i < sizeof(rsdp_copy); i++)
		rsdp_copy[i] = from[i];
	boot_info.rsdp = __pa(rsdp_copy);
}

static void take_mmap(const struct mb2_mmap *m)
{
	const char *p = (const char *)(m + 1), *end = (const char *)m + m->tag.size;

	for (; p < end; p += m->entry_size) {
		const struct mb2_mmap_entry *e = (const void *)p;

		boot_add_range(e->addr, e->addr + e->len, e->type);
	}
}

void boot_from_multiboot2(phys_addr_t info)
{
	const char *p = (const char *)__va(info) + 8;	/* after total_size, reserved */

	boot_info.protocol = "multiboot2";
	for (;;) {
		const struct mb2_tag *tag = (const void *)p;
		const struct mb2_module *mod = (const void *)p;

		switch (tag->type) {
		case MB2_END:
			return;
		case MB2_CMDLINE:
			boot_set_cmdline((const char *)(tag + 1), false);
			break;
		case MB2_LOADER:
			boot_set_loader((const char *)(tag + 1));
			break;
		case MB2_MODULE:
			boot_add_module(mod->start, mod->end);
			break;
		case MB2_MMAP:
			take_mmap((const void *)p);
			break;
		case MB2_ACPI_OLD:
			if (!boot_info.rsdp)
				take_rsdp(tag);
			break;
		case MB2_ACPI_NEW:
			take_rsdp(tag);
			break;
		}
		p += ALIGN(tag->size, 8u);
	}
}
