/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the GDB stub (kernel/debug/gdb) needs of this processor: its serial port, debug registers, single steps, writing
 * into the kernel's text, and functions that may fault. Nobody else includes it.
 */
#pragma once

#include "arch/x86_64/arch.h"

/* ---- COM2 ---- */
/* Find the port; its receive interrupt becomes an NMI of the boot CPU. -ENODEV: no port. *silent: no such interrupt here. */
int gdb_port_init(bool *silent);
#define GDB_PORT_EMPTY	-1
#define GDB_PORT_BREAK	-2	/* the line was held low: a break */
bool gdb_port_ready(void);	/* there is a byte, or a break */
int gdb_port_get(void);		/* a byte or one of these; does not wait */
void gdb_port_put(char c);	/* waits for room, not for ever */
void gdb_port_irq(bool on);

/* ---- debug registers ---- */
#define HW_BREAKS 4
enum hw_break_type { HW_EXEC = 0, HW_WRITE = 1, HW_ACCESS = 3 };	/* as in DR7 */
struct hw_break {
	unsigned long addr;	/* a multiple of len */
	unsigned char len;	/* 1, 2, 4, 8; 0: not in use */
	unsigned char type;
};
/* This CPU comes to the stub: no breakpoint of the hardware any more, and what a step has changed is as before. */
void gdb_cpu_enter(void);
/* It leaves: these breakpoints. */
void gdb_cpu_leave(const struct hw_break breaks[HW_BREAKS]);
#define GDB_DR6_HITS 0xfUL
#define GDB_DR6_STEP 0x4000UL
unsigned long gdb_debug_status(void);	/* DR6; cleared by this */
bool gdb_has_stepped(void);		/* the debug trap of a step has come to this CPU, and gdb_debug_status() not yet */

/* ---- single steps: one at a time on the whole machine ---- */
enum step_kind { STEP_PLAIN, STEP_CLI, STEP_STI, STEP_SETS_FLAGS, STEP_PUSHF, STEP_SYSCALL, STEP_SYSRET };
/*
 * Have this CPU stop after the instruction at regs->rip, whose first bytes are insn (zeroes where unknown). Interrupts wait
 * meanwhile, except for instructions that may fault on user memory.
 */
void gdb_step_begin(struct pt_regs *regs, const unsigned char insn[4]);
/* The step is over, or is given up: `regs` as if it had been made without us. Returns what it was, for STEP_PUSHF's image. */
enum step_kind gdb_step_end(struct pt_regs *regs);
/* The trap flag alone: is it set; take it back, after a trap of the kernel by a step that is no more. */
bool gdb_steps_into(const struct pt_regs *regs);
void gdb_forget_trap(struct pt_regs *regs);
/* Flags as a program should see them that the step's PUSHF has pushed. */
unsigned long gdb_step_pushed_flags(unsigned long image);

/* ---- breaking in ---- */
#define GDB_BREAK_IN 2		/* as vector of gdb_trap(): the NMI's own, for which there is no trap */
/*
 * In the NMI that has interrupted this CPU at regs: have it come to gdb_trap() with GDB_BREAK_IN when the NMI returns, as if a trap had been
 * there. No instruction is executed in between, and no interrupt comes in between.
 */
void gdb_break_in(struct pt_regs *regs);

/* ---- memory ---- */
/* Copy without any check but one: after a fault the arch_try() around it returns. Aligned 4 and 8 bytes are one access. */
void gdb_copy(void *to, const void *from, unsigned long n);
/* Call fn(arg). 0, or -EFAULT: it was left at a fault. Nests. One CPU at a time. */
int arch_try(void (*fn)(void *arg), void *arg);
/* The fault `regs` has happened inside arch_try(): return from it there. False: it has not. */
bool arch_try_recover(struct pt_regs *regs);
bool arch_trying(void);
void arch_try_failed(void) __noreturn;	/* leave the innermost arch_try() from here */
/* Call fn on another stack. */
void arch_call_on(void *stack_top, void (*fn)(void));

/* NMI, int3 and debug traps that come while one is served need other stacks than it has (desc.c). This CPU. */
void desc_nest_traps(bool nested);
/* Is the CPU that stopped at regs on its stack for debug traps? */
bool desc_on_debug_stack(unsigned int cpu, const struct pt_regs *regs);

void arch_breakpoint(void);	/* stop here */

/* CR2: the stub's own faults must not show in a page fault that it has interrupted. */
unsigned long gdb_fault_address(void);
void gdb_restore_fault_address(unsigned long addr);

#define INT3_OPCODE 0xcc
#define HLT_OPCODE  0xf4
