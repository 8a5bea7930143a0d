// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports of several lines, one after the other: those of the detectors, of sysrq, of KASAN and
 * KCSAN.
 *
 * The lock is a plain word that knows its holder, as the log's is (printk.c), because a report may
 * come anywhere. Who interrupted the holder, in an NMI or by a mistake in reporting itself, does
 * not wait, and what it says stands within the other's report. In a panic, or while GDB is served,
 * the holder may have stopped; else it may hang: then lines mix, which is better than silence.
 */
#include "arch/x86_64/arch.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/gdb/gdb.h"
#include "kernel/debug/internal.h"
#include "kernel/lib/lib.h"
#include "kernel/sched/sched.h"

#define PATIENCE (4 * NSEC_PER_SEC)

static unsigned int reporter; /* 0, or the number of the CPU that reports, + 1; atomic */

unsigned long report_begin(void)
{
	u64 since = arch_clock_ns();
	unsigned int self, holder;
	unsigned long flags;

	local_irq_save(flags);
	self = raw_cpu_id() + 1;
	while ((holder = cmpxchg(&reporter, 0U, self)) && holder != self &&
	       !panic_in_progress() && !gdb_serving() && arch_clock_ns() - since < PATIENCE)
		cpu_relax();
	return flags;
}

void report_end(unsigned long flags)
{
	/* Not if somebody else has it: this report did not wait for the end of that. */
	(void)cmpxchg(&reporter, raw_cpu_id() + 1, 0U);
	local_irq_restore(flags);
}
