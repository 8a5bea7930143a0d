// SPDX-License-Identifier: GPL-2.0-only
/*
 * RCU stalls: a grace period that does not end, because a CPU does not pass a quiescent state (it
 * loops in the kernel, or has its interrupts off). All that is freed by RCU piles up behind it.
 *
 * Whose timer fires first looks for all. As in watchdog.c, time counts only while a CPU that holds
 * the grace period up is seen to run: one that the host keeps from running is not to blame.
 */
#include "kernel/debug/debug.h"
#include "kernel/debug/detect.h"
#include "kernel/debug/internal.h"
#include "kernel/sched/sched.h"

static struct {
	int busy; /* a CPU is at it; atomic exchange */
	/* ---- who is at it ---- */
	u64 last;	  /* ns: the last look */
	unsigned long gp; /* the grace period that was under way then; 0: none */
	u64 lasted;	  /* ns that count */
	bool reported;
	u64 life[NR_CPUS]; /* watchdog_signs_of_life() */
} stall;

static void report(const unsigned long *waiting)
{
	unsigned long flags = report_begin(), cpu;

	pr_err("WATCHDOG: RCU stall: grace period %lu has not ended for %llu s, because of:\n",
	       stall.gp, (unsigned long long)(stall.lasted / NSEC_PER_SEC));
	for_each_set_bit(cpu, waiting, nr_cpus)
		show_cpu_state((unsigned int)cpu);
	report_end(flags);
}

/* Has one of these run since the last look? */
static bool one_has_run(const unsigned long *waiting)
{
	unsigned long cpu;
	bool ran = false;

	for_each_set_bit(cpu, waiting, nr_cpus) {
		u64 life = watchdog_signs_of_life((unsigned int)cpu);

		ran |= life != stall.life[cpu];
		stall.life[cpu] = life;
	}
	return ran;
}

static void look(u64 period)
{
	DECLARE_BITMAP(waiting, NR_CPUS);
	unsigned long gp = rcu_grace_period(waiting);
	bool ran = one_has_run(waiting);

	if (!gp || gp != stall.gp) {
		stall.gp = gp;
		stall.lasted = 0;
		stall.reported = false;
		return;
	}
	if (ran)
		stall.lasted += period;
	if (!stall.reported && stall.lasted >= detector_limits.rcu_stall * NSEC_PER_SEC) {
		stall.reported = true;
		report(waiting);
	}
}

void rcu_stall_check(u64 period)
{
	u64 now = ktime_get();

	if (xchg(&stall.busy, 1))
		return;
	if (now - stall.last >= period) {
		stall.last = now;
		look(period);
	}
	smp_store_release(&stall.busy, 0);
}
