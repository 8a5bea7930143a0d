/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Static keys: a condition that hardly ever changes, at places that run all the time.
 *
 *	static struct static_key fancy;
 *
 *	if (static_branch_unlikely(&fancy))
 *		do_fancy_things();
 *
 * Nothing is tested there: while the key is off the place is one NOP, and to switch it on the NOP is overwritten with a jump, while
 * all CPUs stand still. So the branch costs one instruction, and the switch many thousands. Start with static_key.c.
 */
#pragma once

#include "arch/x86_64/jump_label.h"

struct static_key {
	bool enabled;		/* static_key_mutex to write */
};

/*
 * Is the key on? `key` is the address of an object of its own or in an array, known when linking. Any context but NMI: an NMI could come
 * upon a place that is half written.
 */
#define static_branch_unlikely(key) unlikely(arch_static_branch(key))

/*
 * Switch a key. When it returns, no CPU is on its way to the other branch; who was inside the branch may still be. May sleep;
 * interrupts on. Works as soon as there is a current task, before the other CPUs are up, too.
 */
void static_key_enable(struct static_key *key);
void static_key_disable(struct static_key *key);
/* Switch keys[0] … keys[n - 1] at the same moment: the i-th to bit i of `on`. n: at most 64. As above. */
void static_keys_set(struct static_key *keys, unsigned int n, u64 on);
