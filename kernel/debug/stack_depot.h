/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stacks, each kept once (stack_depot.c): who wants to remember a stack with every object keeps a number of 32 bits. What is in
 * stays for ever. Builds with KASAN=1 or KMEMLEAK=1.
 */
#pragma once

#include "kernel/lib/types.h"

#define STACK_DEPOT_DEPTH 16	/* frames kept of a stack */

#if defined(CONFIG_KASAN) || defined(CONFIG_KMEMLEAK)
void stack_depot_init(void);	/* boot CPU; memblock knows all memory; before either of these begins */
#else
static inline void stack_depot_init(void)
{
}
#endif
/* The number of these frames (return addresses, innermost first); 0: the depot is full. Any context but NMI. */
u32 stack_depot_save(const unsigned long *ips, unsigned int n);
/* The frames of a number; returns how many, 0 for a number that stands for nothing. */
unsigned int stack_depot_fetch(u32 id, unsigned long ips[STACK_DEPOT_DEPTH]);
/* The stack from that frame on, as far as the interrupt or trap that it is in; 0: the depot is full. */
u32 stack_depot_save_from(unsigned long frame_pointer);
