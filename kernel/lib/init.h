/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * INITCALL(fn): have `int fn(void)` called once at boot, in a kernel thread that may sleep, when memory, scheduler, VFS and all
 * CPUs are up and before the initramfs is unpacked. In link order. An error is logged; boot goes on.
 */
#pragma once

#include "kernel/lib/types.h"

struct initcall {
	const char *name;
	int (*fn)(void);
};
#define INITCALL(function) \
	static const struct initcall initcall_##function TABLE_ENTRY(initcall) = {#function, function}
