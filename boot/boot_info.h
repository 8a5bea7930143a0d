/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the boot protocols leave behind, in one form.
 *
 * Multiboot 1 (QEMU -kernel), multiboot 2 (GRUB) and PVH (QEMU -M microvm, Firecracker) each describe the
 * machine in their own tables. boot/ translates whichever came into the one `boot_info` below, before anything
 * else runs; nobody else looks at the originals. Immutable after that.
 */
#pragma once

#include "kernel/lib/types.h"

#define BOOT_MAX_RANGES	 64
#define BOOT_MAX_MODULES 8
#define BOOT_CMDLINE_MAX 2048

enum boot_range_type {
	BOOT_RAM = 1,		/* usable */
	BOOT_RESERVED = 2,
	BOOT_ACPI_RECLAIM = 3,	/* tables; kept */
	BOOT_ACPI_NVS = 4,
	BOOT_BAD = 5,
};

/* One physical range [start, end), bytes; `ranges` is sorted and free of overlaps. */
struct boot_range {
	phys_addr_t start;
	phys_addr_t end;
	enum boot_range_type type;
};

struct boot_module {
	phys_addr_t start;	/* bytes [start, end) stay untouched until fs/initramfs.c has unpacked them */
	phys_addr_t end;
};

struct boot_info {
	const char *protocol;	/* "multiboot", "multiboot2", "pvh" */
	const char *loader;	/* what the loader calls itself, or "" */
	u64 entry_tsc;		/* time stamp counter at the first instruction of ours */
	phys_addr_t rsdp;	/* ACPI root pointer, 0 if the loader gave none (arch then searches the BIOS area) */
	unsigned int nr_ranges;
	unsigned int nr_modules;
	struct boot_range ranges[BOOT_MAX_RANGES];
	struct boot_module modules[BOOT_MAX_MODULES];
	char cmdline[BOOT_CMDLINE_MAX];
};

extern struct boot_info boot_info;

/* The userland linked into the image (boot/initramfs.asm), page aligned. */
extern const char initramfs_start[], initramfs_end[];

/* ---- command line (boot/cmdline.c); any context ---- */
/*
 * Was the option `name` (or `name=value`) given before `--`? Its value goes into buf, cut to size, "" if it has none. The
 * last one of several counts.
 */
bool boot_param(const char *name, char *buf, unsigned int size);
/* The option's number, decimal or 0x…; `otherwise` when it is not given or not a number. */
unsigned long boot_param_ulong(const char *name, unsigned long otherwise);
/* What follows `--`, "" if nothing. */
const char *boot_init_args(void);
/* The command line as /proc/cmdline shows it: without vm.* options. Callers run one at a time (initcall time). */
const char *boot_public_cmdline(void);
