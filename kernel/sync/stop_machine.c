// SPDX-License-Identifier: GPL-2.0-only
/*
 * stop_machine(): all CPUs come to one place by a function call (an interrupt), and one of them does the work.
 *
 * A CPU may wait, with interrupts off, for a lock that one who already stands still holds with interrupts on (tasklist_lock, for
 * its writers). It will not come. So whoever waits for the others lets them go after a while and tries again, with more
 * patience each time, in case it was only that the host did not let a CPU run. No such wait survives the pause: who stood goes on, and
 * lets the lock go. smp_call_function_all() itself returns when all have been here, late or not, so `s` on the stack outlives them.
 */
#include "kernel/sync/stop_machine.h"
#include "kernel/sched/sched.h"

#define PATIENCE_NS   (50 * NSEC_PER_MSEC)	/* for all CPUs to arrive, at first */
#define MAX_DOUBLINGS 4

struct stop {
	void (*fn)(void *arg);
	void *arg;
	unsigned int leader;
	u64 patience;			/* ns */
	atomic_t arrived;
	bool go_on;			/* the leader, with release */
	bool done;			/* the leader */
};

DEFINE_PER_CPU(unsigned long, stopped_frame);	/* the CPU itself, before it counts as arrived */

static DEFINE_MUTEX(stop_mutex);		/* one at a time; nothing inside */

static void lead(struct stop *s)
{
	u64 until = arch_clock_ns() + s->patience;

	while (atomic_read(&s->arrived) < (int)nr_cpus - 1 && arch_clock_ns() < until)
		cpu_relax();
	/* Whoever has arrived stays until go_on. */
	s->done = atomic_read(&s->arrived) == (int)nr_cpus - 1;
	smp_mb();
	if (s->done)
		s->fn(s->arg);
	smp_store_release(&s->go_on, true);
	sync_core();
}

static void stand_still(void *arg)
{
	struct stop *s = arg;

	this_cpu_write(stopped_frame, (unsigned long)__builtin_frame_address(0));
	if (smp_processor_id() == s->leader) {
		lead(s);
		return;
	}
	(void)atomic_inc_return(&s->arrived);	/* with stopped_frame before it */
	while (!smp_load_acquire(&s->go_on))
		cpu_relax();
	/* In order: go_on is seen, then this, then code that may have been changed (Intel SDM vol. 3, 8.1.3). */
	sync_core();
}

void stop_machine(void (*fn)(void *arg), void *arg)
{
	mutex_lock(&stop_mutex);
	for (unsigned int tries = 0;; tries++) {
		struct stop s = {
			.fn = fn,
			.arg = arg,
			.leader = smp_processor_id(),	/* kernel mode is not preempted: it stays so */
			.patience = PATIENCE_NS << min(tries, MAX_DOUBLINGS),
			.arrived = ATOMIC_INIT(0),
		};

		smp_call_function_all(stand_still, &s);
		if (s.done)
			break;
		__set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_timeout(NSEC_PER_MSEC);
	}
	mutex_unlock(&stop_mutex);
}
