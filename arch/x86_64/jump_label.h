/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processor's part of static keys (kernel/sync/static_key.h): a place in the text that either goes on or jumps away.
 */
#pragma once

#include "kernel/lib/types.h"

struct static_key;

/* One place; the compiler may make several of one source line. */
struct jump_entry {
	unsigned long place;		/* JUMP_SIZE bytes: one NOP, or one JMP to target */
	unsigned long target;
	struct static_key *key;
};
TABLE_DECLARE(const struct jump_entry, jump_entry);

#define JUMP_SIZE 5
/* NOPL 0(%rax,%rax,1): one instruction, so that no CPU can stand between two parts of it. */
#define JUMP_NOP 0x0f, 0x1f, 0x44, 0x00, 0x00

/* False while the place is as it was compiled. */
static __always_inline bool arch_static_branch(const struct static_key *key)
{
	__asm__ goto("1: .byte " STRINGIFY(JUMP_NOP) "\n\t"
		     ".pushsection .tab.jump_entry, \"aw\"\n\t"
		     ".balign 8\n\t"
		     ".quad 1b, %l[yes], %c0\n\t"
		     ".popsection"
		     : : "i"(key) : : yes);
	return false;
yes:
	return true;
}

/*
 * Have the place jump, or not. No other CPU may be able to execute it meanwhile, and each must serialize before it does
 * (sync_core()).
 */
void arch_jump_entry_set(const struct jump_entry *e, bool jump);
