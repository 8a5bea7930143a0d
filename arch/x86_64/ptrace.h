/* SPDX-License-Identifier: GPL-2.0-only */
/* The registers that entry.asm saves, lowest address first. The layout is that of Linux's struct pt_regs. */
#pragma once

#include "kernel/lib/types.h"

struct pt_regs {
	unsigned long r15, r14, r13, r12, rbp, rbx;
	unsigned long r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	unsigned long orig_rax;		/* system call number; error code of a trap; -1 otherwise */
	unsigned long rip, cs, eflags, rsp, ss;
};
