// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hung tasks: those that sleep where no signal wakes them, and are not woken. The thread khungtaskd
 * looks at all tasks a few times in the limit that hung_task= sets; who was in the same sleep at
 * each look of a whole limit is reported, with its stack and with whoever holds the mutex that it
 * waits for.
 *
 * What counts is looks, not the clock's time: when the host has kept the machine from running for a
 * while, that is one look.
 */
#include "kernel/debug/debug.h"
#include "kernel/debug/detect.h"
#include "kernel/debug/internal.h"
#include "kernel/debug/stack_use.h"
#include "kernel/lib/init.h"
#include "kernel/sched/sched.h"

#define LOOKS	    4  /* in one limit */
#define MAX_REPORTS 10 /* since boot: a machine that hangs has many hung tasks */

static DECLARE_WAIT_QUEUE_HEAD(restart_wait);
static bool restarted;	     /* the limit has changed; who sets it wakes restart_wait */
static unsigned int reports; /* khungtaskd only */

/*
 * Waits until it is woken, whatever signal comes. A killable sleep and a frozen task can be helped
 * otherwise.
 */
static bool sleeps_deeply(const struct task_struct *p)
{
	unsigned int state = READ_ONCE(p->state);

	return (state & TASK_UNINTERRUPTIBLE) && !(state & (TASK_WAKEKILL | TASK_FROZEN));
}

/*
 * Who holds the mutex that p waits for: with a reference, NULL if unknown. While p is held off it
 * cannot leave the mutex, so that is still there; its owner may be about to exit, but interrupts
 * are off, so this is an RCU reader.
 */
static struct task_struct *mutex_owner_of(struct task_struct *p)
{
	struct task_struct *owner = NULL;
	unsigned long flags;

	if (task_hold_off(p, &flags))
		return NULL;
	if (p->blocked_on)
		owner = (struct task_struct *)(READ_ONCE(p->blocked_on->owner) & ~MUTEX_WAITERS);
	if (owner && !refcount_inc_not_zero(&owner->usage))
		owner = NULL;
	task_let_go(p, flags);
	return owner;
}

static void report(struct task_struct *p)
{
	struct task_struct *owner = mutex_owner_of(p);
	unsigned long flags = report_begin();

	pr_err("WATCHDOG: hung task: PID: %d Comm: %s has not been woken for %u s\n", p->pid,
	       p->comm, detector_limits.hung_task);
	show_task_stack(p);
	lockdep_show_task(p);
	if (owner) {
		pr_err("it waits for a mutex that PID: %d Comm: %s holds\n", owner->pid,
		       owner->comm);
		show_task_stack(owner);
	}
	report_end(flags);
	if (owner)
		put_task_struct(owner);
}

static void look_at(struct task_struct *p)
{
	u64 switches = READ_ONCE(p->nvcsw) + READ_ONCE(p->nivcsw);

	if (!sleeps_deeply(p) || switches != p->hung_switches) {
		p->hung_switches = switches;
		p->hung_looks = 0;
	} else if (++p->hung_looks == LOOKS && reports < MAX_REPORTS) {
		if (++reports == MAX_REPORTS)
			pr_err("WATCHDOG: the last hung task that is reported\n");
		report(p);
	}
}

static void look_at_all(void)
{
	struct task_struct *p;

	for (pid_t pid = 1; (p = next_pid(pid)); pid++) {
		pid = p->pid;
		look_at(p);
		stack_use_look(p);
		put_task_struct(p);
		cond_resched();
	}
}

static int khungtaskd(void *unused)
{
	s64 every;

	(void)unused;
	for (;;) {
		every = detector_limits.hung_task
				? (s64)(detector_limits.hung_task * NSEC_PER_SEC / LOOKS)
				: KTIME_MAX;
		if (wait_event_interruptible_timeout(restart_wait, xchg(&restarted, false),
						     every) == 0)
			look_at_all();
	}
	return 0;
}

void hung_task_restart(void)
{
	static struct task_struct *thread; /* tests and boot come one at a time */

	if (!thread && detector_limits.hung_task) {
		thread = kthread_run(khungtaskd, NULL, "khungtaskd");
		if (IS_ERR(thread))
			thread = NULL;
	}
	WRITE_ONCE(restarted, true);
	wake_up_interruptible(&restart_wait);
}

static int hung_task_init(void)
{
	detector_limits.hung_task = (unsigned int)boot_param_ulong("hung_task", 120);
	hung_task_restart();
	return 0;
}
INITCALL(hung_task_init);
