// SPDX-License-Identifier: GPL-2.0-only
/*
 * The boot of the file systems: their caches. mount_root() and initramfs_unpack() follow from
 * kernel/main.c.
 */
#include "fs/internal.h"

void vfs_init_early(void)
{
	dcache_init();
	inode_cache_init();
	file_cache_init();
	names_cache_init();
}
