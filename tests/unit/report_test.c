// SPDX-License-Identifier: GPL-2.0-only
/* Reports do not mix: while one CPU reports, those of another wait, whoever makes them. */
#include "arch/x86_64/arch.h"
#include "kernel/sched/sched.h"
#include "tests/unit/planted.h"

#define LONG_ENOUGH (20 * NSEC_PER_MSEC) /* for the other CPU to come, if it does not wait */
#define TOO_LONG    (2 * NSEC_PER_SEC)	 /* report_begin() waits for four seconds */

static bool ready, go, there;
static DECLARE_COMPLETION(gone);

static int other_cpu(void *mistake)
{
	WRITE_ONCE(ready, true);
	while (!READ_ONCE(go))
		cpu_relax();
	WRITE_ONCE(there, true);
	((void (*)(void))mistake)();
	complete(&gone);
	return 0;
}

/* Report while another CPU makes a mistake. false: this took so long that the other need not have waited. */
static bool report_beside(void)
{
	u64 since = arch_clock_ns(), until;
	unsigned long flags = report_begin();

	report_end(report_begin()); /* one within does not end the other */
	WRITE_ONCE(go, true);
	while (!READ_ONCE(there))
		cpu_relax();
	until = arch_clock_ns() + LONG_ENOUGH;
	while (arch_clock_ns() < until)
		cpu_relax();
	printk("report_test: the end\n");
	report_end(flags);
	return arch_clock_ns() - since < TOO_LONG;
}

/* What `mistake` reports has `text`, and stands behind a report that was under way. */
static bool waits(void (*mistake)(void), const char *text)
{
	static char log[8192];
	u64 from = ~0ULL >> 1;
	const char *end, *at;
	bool fast;

	ready = go = there = false;
	reinit_completion(&gone);
	log_read(&from, log, 0);
	if (IS_ERR(kthread_run_on(nr_cpus - 1, other_cpu, mistake, "other")))
		return false;
	while (!READ_ONCE(ready)) {
		__set_current_state(TASK_INTERRUPTIBLE);
		schedule_timeout(NSEC_PER_MSEC);
	}
	fast = report_beside();
	wait_for_completion(&gone);
	log[log_read(&from, log, sizeof(log) - 1)] = '\0';
	end = strstr(log, "report_test: the end");
	at = strstr(log, text);
	return end && at && (at > end || !fast);
}

/* The test itself stays off the last CPU. */
static void check_waits(void (*mistake)(void), const char *text)
{
	DECLARE_BITMAP(first, NR_CPUS) = {1};
	DECLARE_BITMAP(all, NR_CPUS);

	if (nr_cpus == 1)
		return;
	KTEST_EQ(sched_setaffinity(current, first), 0);
	PLANTED(text, ({
			bool waited = waits(mistake, text);

			KTEST_EXPECT(waited);
			waited;
		}),
		"report_test: the end");
	bitmap_fill(all, NR_CPUS);
	KTEST_EQ(sched_setaffinity(current, all), 0);
}

static void report_warning(void)
{
	(void)WARN_ON(READ_ONCE(go));
}

KTEST(report_of_a_warning_waits)
{
	check_waits(report_warning, "WARNING at ");
}

#ifdef CONFIG_UBSAN
static void report_shift(void)
{
	static volatile int one = 1, wide = 33;

	one = one << wide;
}

KTEST(report_of_ubsan_waits)
{
	check_waits(report_shift, "UBSAN: ");
}
#endif

#ifdef CONFIG_LOCKDEP
static void report_order(void)
{
	static DEFINE_SPINLOCK(left);
	static DEFINE_SPINLOCK(right);

	spin_lock(&left);
	spin_lock(&right);
	spin_unlock(&right);
	spin_unlock(&left);
	spin_lock(&right);
	spin_lock(&left);
	spin_unlock(&left);
	spin_unlock(&right);
}

KTEST(report_of_lockdep_waits)
{
	check_waits(report_order, "LOCKDEP: ");
}
#endif
