/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's GDB stub, as the rest of the kernel sees it: `gdb=com2` or `gdb=com2,wait` on the command line. Without either
 * all of this does nothing. docs/gdb-stub.md is its chapter.
 */
#pragma once

#include "kernel/lib/types.h"

struct pt_regs;

/* Boot CPU, after arch_init(): find the port; with `wait`, stop here until GDB lets the kernel go on. */
void gdb_init(void);
/* Another CPU has come: give it the breakpoints of the hardware that GDB has set so far. */
void gdb_init_secondary(void);
/* The kernel is about to panic: stop for GDB, at `regs`, or in here if that is NULL. */
void gdb_panic(const char *text, struct pt_regs *regs);
/* The same a moment before: does not return if it is the stub that has run into the panic. Its command fails instead. */
void gdb_give_up(void);
/* The machine stands still for GDB, and this CPU serves it: locks may be held by those that stand. */
bool gdb_serving(void);

/*
 * Call fn(arg), which changes the kernel's text: with all breakpoints out of it, and while nobody can stop the machine for GDB. They go in
 * again afterwards, over the new bytes. Interrupts off, and all other CPUs wait in an interrupt (stop_machine()).
 */
void gdb_change_text(void (*fn)(void *arg), void *arg);

/* ---- from arch's traps; interrupts off ---- */
/* int3 (3), a debug trap (1), or what gdb_nmi() makes of an NMI (2). False: it is not the stub's. */
bool gdb_trap(struct pt_regs *regs, unsigned long vector);
/* Each NMI. True: it may have been the stub's. */
bool gdb_nmi(struct pt_regs *regs);
/* The kernel has tried to execute what is no code. True: GDB has a breakpoint there, and was served. */
bool gdb_fetch_fault(struct pt_regs *regs);
/* A trap of the kernel that nothing else repairs. True: it was the stub's own, and `regs` goes on behind it. */
bool gdb_recover(struct pt_regs *regs);
