// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports of several lines, one after the other: warnings, those of the detectors, of sysrq, and
 * of all checkers.
 *
 * The lock is a plain word that knows its holder, as the log's is (printk.c), because a report may
 * come anywhere. Who interrupted the holder, in an NMI or by a mistake in reporting itself, does
 * not wait, and what it says stands within the other's report. Who comes with a lock that the holder
 * wants makes both wait, but not for ever. In a panic, or while GDB is served,
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
static unsigned int within;   /* reports that stand in the reporter's; its own: an NMI leaves it as it was */

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
	if (holder == self)
		within++;
	return flags;
}

void report_end(unsigned long flags)
{
	/* If somebody else has it, this report did not wait for the end of that. */
	if (READ_ONCE(reporter) == raw_cpu_id() + 1) {
		if (within)
			within--;
		else
			smp_store_release(&reporter, 0U);
	}
	local_irq_restore(flags);
}
