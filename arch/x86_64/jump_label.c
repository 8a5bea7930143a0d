// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel changes its own text: static keys (jump_label.h), and breakpoints of the GDB stub, share write_text().
 * Sources: Intel SDM vol. 3, 8.1.3 (self- and cross-modifying code), 8.3 (what serializes); vol. 2, JMP, NOP.
 */
#include "arch/x86_64/jump_label.h"
#include "arch/x86_64/cpu.h"
#include "kernel/lib/lib.h"

#define JMP_REL32 0xe9

/* All mappings of text are read-only, so the protection is lifted, for this CPU alone. */
__nobreak void write_text(void *to, const void *from, unsigned long n)
{
	unsigned long cr0 = read_cr0();

	write_cr0(cr0 & ~CR0_WP);
	__asm__ __volatile__("rep movsb" : "+D"(to), "+S"(from), "+c"(n)::"memory");
	write_cr0(cr0);
}

void sync_core(void)
{
	cpuid(0, 0);
}

void arch_jump_entry_set(const struct jump_entry *e, bool jump)
{
	u8 code[JUMP_SIZE] = {JUMP_NOP};

	if (jump) {
		s32 distance = (s32)(e->target - (e->place + JUMP_SIZE));	/* the image is smaller than 2 GiB */

		code[0] = JMP_REL32;
		memcpy(&code[1], &distance, sizeof(distance));
	}
	write_text((void *)e->place, code, JUMP_SIZE);
}
