/* SPDX-License-Identifier: GPL-2.0-only */
/* Between boot/'s own files: what the three translators use to fill boot_info. Others include boot_info.h. */
#pragma once

#include "boot/boot_info.h"

#define MULTIBOOT1_MAGIC 0x2badb002u
#define MULTIBOOT2_MAGIC 0x36d76289u
#define PVH_MAGIC	 0x336ec578u	/* start.asm gives it to itself for a PVH start */

/* Each takes the physical address (below 4 GiB) of its protocol's tables. */
void boot_from_multiboot1(phys_addr_t info);
void boot_from_multiboot2(phys_addr_t info);
void boot_from_pvh(phys_addr_t info);

/* Note a range of the loader's memory map; overlaps and any order are fine, non-RAM wins. Types are e820's numbers. */
void boot_add_range(phys_addr_t start, phys_addr_t end, unsigned int type);
void boot_add_module(phys_addr_t start, phys_addr_t end);
/* Take over the command line; `skip_first` drops its first word (the kernel's file name). */
void boot_set_cmdline(const char *s, bool skip_first);
void boot_set_loader(const char *s);
