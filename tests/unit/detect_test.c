// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each detector (docs/detectors.md) notices what it is there for: a thread plants the fault and
 * goes on when it has been reported.
 */
#include "kernel/debug/detect.h"
#include "kernel/debug/stack_use.h"
#include "kernel/sched/sched.h"
#include "tests/unit/planted.h"

#define PATIENCE 1200 /* looks at the log, 100 ms each at least */

static bool stop;		 /* the fault may end */
static bool held;		 /* the fault has begun */
static DECLARE_COMPLETION(gone); /* the thread with the fault has ended */

static void limits(unsigned int watchdog, unsigned int rcu_stall, unsigned int hung_task)
{
	detector_limits = (struct detector_limits){watchdog, rcu_stall, hung_task};
	detectors_restart();
}

static void rest(void)
{
	__set_current_state(TASK_INTERRUPTIBLE);
	schedule_timeout(100 * NSEC_PER_MSEC);
}

/* Wait until the log since `from` has `text`. */
static bool reported(u64 from, const char *text)
{
	static char log[16384];

	for (int looks = 0; looks < PATIENCE; looks++) {
		u64 pos = from;

		log[log_read(&pos, log, sizeof(log) - 1)] = '\0';
		if (strstr(log, text))
			return true;
		rest();
	}
	return false;
}

static u64 log_end(void)
{
	u64 pos = ~0ULL >> 1;

	log_read(&pos, NULL, 0);
	return pos;
}

/* Keeps its CPU. In virtual time cpu_relax() hands the turn on: without it nobody else would get on, with nothing else a second takes minutes. */
static noinline int hog(void *irqs_off)
{
	if (irqs_off)
		local_irq_disable();
	WRITE_ONCE(held, true);
	while (!READ_ONCE(stop)) {
		for (int i = 0; i < 1000; i++)
			barrier();
		cpu_relax();
	}
	local_irq_enable();
	complete(&gone);
	return 0;
}

static DECLARE_COMPLETION(grace_period);
static void nothing(struct rcu_head *head)
{
	complete(&grace_period);
}

/*
 * Run hog() on the last CPU, where the caller is not, until the log has `text`; a grace period
 * waits for it, too.
 */
static bool hog_until(const char *text, bool irqs_off)
{
	struct task_struct *p;
	static struct rcu_head head;
	u64 from = log_end();
	bool told;

	stop = held = false;
	reinit_completion(&gone);
	p = kthread_run_on(nr_cpus - 1, hog, (void *)(unsigned long)irqs_off, "hog");
	if (IS_ERR(p))
		return false;
	while (!READ_ONCE(held))
		rest();
	reinit_completion(&grace_period);
	call_rcu(&head, nothing);
	told = reported(from, text);
	WRITE_ONCE(stop, true);
	wait_for_completion(&gone);
	wait_for_completion(&grace_period);
	return told;
}

/* The test itself stays off the last CPU. False: there is no other. */
static bool begin(void)
{
	DECLARE_BITMAP(first, NR_CPUS) = {1};

	return nr_cpus > 1 && !sched_setaffinity(current, first);
}

static void end(struct detector_limits before)
{
	DECLARE_BITMAP(all, NR_CPUS);

	bitmap_fill(all, NR_CPUS);
	(void)sched_setaffinity(current, all);
	limits(before.watchdog, before.rcu_stall, before.hung_task);
}

KTEST(detect_soft_lockup)
{
	struct detector_limits before = detector_limits;

	if (!begin())
		return;
	limits(1, 0, 0);
	PLANTED(" hog+0x", hog_until("WATCHDOG: soft lockup", false), "Comm: hog\n");
	end(before);
}

KTEST(detect_hard_lockup)
{
	struct detector_limits before = detector_limits;

	if (!begin())
		return;
	limits(1, 0, 0);
	PLANTED("Comm: hog, in the kernel, interrupts off",
		hog_until("WATCHDOG: hard lockup", true),
		" has not taken its timer for 1 s; noticed by CPU ");
	end(before);
}

KTEST(detect_rcu_stall)
{
	struct detector_limits before = detector_limits;

	if (!begin())
		return;
	limits(0, 1, 0);
	PLANTED(" hog+0x", hog_until("WATCHDOG: RCU stall", false),
		" has not ended for 1 s, because of:");
	end(before);
}

/* ---- hung tasks ---- */

static DEFINE_MUTEX(contended);

static int holder(void *unused)
{
	(void)unused;
	mutex_lock(&contended);
	WRITE_ONCE(held, true);
	while (!READ_ONCE(stop))
		rest();
	mutex_unlock(&contended);
	complete(&gone);
	return 0;
}

static int waiter(void *unused)
{
	(void)unused;
	mutex_lock(&contended);
	mutex_unlock(&contended);
	complete(&gone);
	return 0;
}

static bool hang_until_reported(void)
{
	u64 from = log_end();
	bool told;

	stop = held = false;
	reinit_completion(&gone);
	(void)kthread_run(holder, NULL, "holder");
	while (!READ_ONCE(held))
		rest();
	(void)kthread_run(waiter, NULL, "waiter");
	told = reported(from, "it waits for a mutex");
	WRITE_ONCE(stop, true);
	wait_for_completion(&gone);
	wait_for_completion(&gone);
	return told;
}

KTEST(detect_hung_task)
{
	struct detector_limits before = detector_limits;

	limits(0, 0, 1);
	PLANTED("Comm: holder holds", hang_until_reported(),
		"Comm: waiter has not been woken for 1 s");
	end(before);
}

/* What sleeps where a signal wakes it, or is woken now and then, is not hung. */
static int light_sleeper(void *unused)
{
	(void)unused;
	while (!READ_ONCE(stop)) {
		__set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_timeout(50 * NSEC_PER_MSEC);
		__set_current_state(TASK_INTERRUPTIBLE);
		schedule_timeout(500 * NSEC_PER_MSEC);
	}
	complete(&gone);
	return 0;
}

KTEST(detect_leaves_others_alone)
{
	struct detector_limits before = detector_limits;
	u64 from = log_end();

	stop = false;
	reinit_completion(&gone);
	limits(0, 0, 1);
	(void)kthread_run(light_sleeper, NULL, "light");
	for (int i = 0; i < 30; i++)
		rest();
	WRITE_ONCE(stop, true);
	wait_for_completion(&gone);
	end(before);
	KTEST_EQ(log_end(), from);
}

/* ---- stacks ---- */

/* Interrupts would come on top of this. */
static noinline int deep(void *unused)
{
	volatile char much[THREAD_SIZE - 1900];

	(void)unused;
	local_irq_disable();
	for (size_t i = 0; i < sizeof(much); i += 64)
		much[i] = 1;
	local_irq_enable();
	return much[0] - 1;
}

KTEST(detect_stack_use)
{
	u64 from = log_end();

	if (!stack_use_on)
		return;
	PLANTED("Comm: deep has come within ", ({
			(void)kthread_run(deep, NULL, "deep");
			reported(from, "Comm: deep has come within ");
		}),
		"WATCHDOG: stack use: PID: ");
}

/* ---- sleeping tasks' stacks ---- */

KTEST(detect_wchan)
{
	unsigned long offset, at;
	struct task_struct *p;
	const char *name;

	stop = held = false;
	reinit_completion(&gone);
	(void)kthread_run(holder, NULL, "holder");
	while (!READ_ONCE(held))
		rest();
	p = kthread_run(waiter, NULL, "waiter");
	get_task_struct(p);
	while (!(at = task_wchan(p)))
		rest();
	name = ksym_lookup(at - 1, &offset);
	KTEST_EXPECT(name && !strcmp(name, "waiter")); /* not mutex_lock_slow, not schedule */
	KTEST_EQ(task_wchan(current), 0);
	WRITE_ONCE(stop, true);
	wait_for_completion(&gone);
	wait_for_completion(&gone);
	while (stack_trace_save_any(p, &at, 1) != -ESRCH)
		rest(); /* it is dead and has no stack, and that is said */
	put_task_struct(p);
}
