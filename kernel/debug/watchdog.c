// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lock-ups. A timer fires on each CPU, a few times in the limit that watchdog= sets, and looks at
 * two things:
 *
 *   soft	This CPU takes interrupts, but what it runs in the kernel does not give it up. After
 *		one period without a switch it is asked to (TIF_NEED_RESCHED), which cond_resched()
 *		and the way to user mode follow; a CPU that still has not after the limit is locked
 *		up.
 *   hard	The next CPU's timer has not fired: it has its interrupts off, or hangs in one. It
 *		is shown by NMI.
 *
 * Time is not what a clock says. The host may keep a CPU from running for seconds, and then its
 * clock jumps. So a soft lock-up is counted in ticks that this CPU has taken itself, each a proof
 * that it ran; and for a hard one, the CPU that watches asks for a proof by an NMI: only periods in
 * which the other has answered, and so has run, and still did not take its timer, count. A CPU that
 * answers nothing at all is reported, too, after three times as long.
 *
 * Nothing of this is on the path of a context switch: it reads counters that are there anyway.
 */
#include "kernel/debug/debug.h"
#include "kernel/debug/detect.h"
#include "kernel/debug/internal.h"
#include "kernel/lib/init.h"
#include "kernel/sched/sched.h"

#define LOOKS 5 /* in one limit */
/* That a CPU takes while it runs a task: kernel/sched/core.c, SAMPLE_PERIOD. */
#define TICKS_PER_SECOND 100
#define SILENCE 3 /* limits without an answer to an NMI */

struct detector_limits detector_limits;

struct watchdog {
	/* ---- its CPU only, in the timer's interrupt ---- */
	struct timer timer;
	u64 switches; /* when it was last seen to make progress */
	u64 ticks;    /* since it was asked to schedule */
	bool asked, soft_reported;
	/* ---- the CPU that it watches; its CPU only ---- */
	u64 other_beats, other_answers;
	unsigned int proofs;   /* looks at which the other had run, but not taken its timer */
	unsigned int silences; /* looks in a row at which it had not even answered */
	bool hard_reported;
	/* ---- its CPU writes, others read ---- */
	u64 beats;   /* its timer has fired */
	u64 answers; /* NMIs; counted in the NMI */
};
static DEFINE_PER_CPU(struct watchdog, watchdog);
static u64 period; /* ns between looks; 0: off */

static u64 ticks_taken(unsigned int cpu)
{
	u64 user, system;

	sched_samples(cpu, &user, &system);
	return user + system;
}

u64 watchdog_signs_of_life(unsigned int cpu)
{
	const struct watchdog *w = per_cpu_ptr(watchdog, cpu);

	return ticks_taken(cpu) + READ_ONCE(w->beats) + READ_ONCE(w->answers);
}

void watchdog_touch(void)
{
	struct watchdog *w = this_cpu_ptr(watchdog);

	WRITE_ONCE(w->asked, false);
	WRITE_ONCE(w->beats, w->beats + 1);
}

/* ---- soft ---- */

static void report_soft(u64 ticks)
{
	struct pt_regs *regs = this_cpu_read(irq_regs);
	unsigned long flags = report_begin();

	pr_err("WATCHDOG: soft lockup: CPU %u has run %llu s in the kernel without scheduling, "
	       "PID: %d Comm: %s\n",
	       raw_cpu_id(), (unsigned long long)(ticks / TICKS_PER_SECOND), current->pid,
	       current->comm);
	show_regs(regs);
	show_regs_trace(regs);
	lockdep_show_held();
	report_end(flags);
}

static void look_at_self(struct watchdog *w)
{
	unsigned int cpu = raw_cpu_id();
	u64 switches = sched_cpu_switches(cpu), ticks = ticks_taken(cpu);

	if (switches != w->switches || !current->pid || user_mode(this_cpu_read(irq_regs)) ||
	    (w->asked && !need_resched())) {
		w->switches = switches;
		w->asked = w->soft_reported = false;
	} else if (!w->asked) {
		w->asked = true;
		w->ticks = ticks;
		set_bit(TIF_NEED_RESCHED, &current->work);
	} else if (!w->soft_reported &&
		   ticks - w->ticks >= (u64)detector_limits.watchdog * TICKS_PER_SECOND) {
		w->soft_reported = true;
		report_soft(ticks - w->ticks);
	}
}

/* ---- hard ---- */

/* NMI: a sign of life. */
static void answer(struct pt_regs *regs)
{
	(void)regs;
	local_inc(&this_cpu_ptr(watchdog)->answers);
}

static void report_hard(unsigned int cpu, bool silent)
{
	unsigned long flags = report_begin();

	pr_err("WATCHDOG: hard lockup: CPU %u has not taken its timer for %u s%s; noticed by CPU "
	       "%u\n",
	       cpu, (silent ? SILENCE : 1) * detector_limits.watchdog, silent ? " nor an NMI" : "",
	       raw_cpu_id());
	show_all_cpus();
	lockdep_show_cpus();
	report_end(flags);
}

static void look_at_other(struct watchdog *w)
{
	unsigned int cpu = (raw_cpu_id() + 1) % nr_cpus;
	struct watchdog *other = per_cpu_ptr(watchdog, cpu);
	u64 beats = READ_ONCE(other->beats), answers = READ_ONCE(other->answers);
	bool silent;

	if (beats != w->other_beats) {
		w->other_beats = beats;
		w->other_answers = answers;
		w->proofs = w->silences = 0;
		w->hard_reported = false;
		return;
	}
	if (answers != w->other_answers) {
		w->proofs++;
		w->silences = 0;
	} else {
		w->silences++;
	}
	w->other_answers = answers;
	silent = w->silences >= SILENCE * LOOKS;
	if (!w->hard_reported && (silent || w->proofs >= LOOKS)) {
		w->hard_reported = true;
		report_hard(cpu, silent);
	}
	(void)nmi_call(cpu, answer); /* -EBUSY: it has not come to the one before */
}

/* ---- the timer ---- */

static void look(struct timer *t)
{
	struct watchdog *w = this_cpu_ptr(watchdog);
	u64 every = READ_ONCE(period);

	WRITE_ONCE(w->beats, w->beats + 1);
	if (!every)
		return;
	if (detector_limits.watchdog) {
		look_at_self(w);
		if (nr_cpus > 1)
			look_at_other(w);
	}
	if (detector_limits.rcu_stall)
		rcu_stall_check(every);
	timer_start(t, ktime_get() + every);
}

static void start_here(void *unused)
{
	struct watchdog *w = this_cpu_ptr(watchdog);

	(void)unused;
	if (!w->timer.fn)
		timer_init(&w->timer, look);
	w->asked = w->soft_reported = w->hard_reported = false;
	w->proofs = w->silences = 0;
	if (period)
		timer_start(&w->timer, ktime_get() + period);
}

static u64 shortest(unsigned int a, unsigned int b)
{
	return a && b ? min(a, b) : max(a, b);
}

static void restart(void)
{
	WRITE_ONCE(period, shortest(detector_limits.watchdog, detector_limits.rcu_stall) *
				   NSEC_PER_SEC / LOOKS);
	smp_call_function_all(start_here, NULL);
}

void detectors_restart(void)
{
	restart();
	hung_task_restart();
}

static int watchdog_init(void)
{
	detector_limits.watchdog = (unsigned int)boot_param_ulong("watchdog", 20);
	detector_limits.rcu_stall = (unsigned int)boot_param_ulong("rcu_stall", 30);
	restart();
	return 0;
}
INITCALL(watchdog_init);
