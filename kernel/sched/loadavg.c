// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load averages: how many tasks wanted a CPU (or were in uninterruptible sleep) over the last 1, 5
 * and 15 minutes, as exponentially falling averages of a sample every 5 s. Nobody wakes up for a
 * sample: any timer interrupt, or a reader, catches up with those that are due.
 */
#include "kernel/sched/rq.h"

#define FSHIFT	  11
#define FIXED_1	  (1UL << FSHIFT)
#define LOAD_FREQ (5 * NSEC_PER_SEC)
#define MAX_CATCH_UP 1000	/* samples after which even the 15 minute average has forgotten */

static const unsigned long decay[3] = {1884, 2014, 2037};	/* 2048 / e^(5 s / 1, 5, 15 min) */
static DEFINE_SPINLOCK(load_lock);
static u64 load_avg[3];		/* load_lock */
static u64 next_sample = LOAD_FREQ;

static unsigned long count_active(void)
{
	long n = sched_nr_running();

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		n += READ_ONCE(cpu_rq(cpu)->nr_uninterruptible);
	return n > 0 ? n * FIXED_1 : 0;
}

void calc_load(u64 now)
{
	unsigned long active, flags;
	u64 samples;

	if (likely(now < READ_ONCE(next_sample)))
		return;
	spin_lock_irqsave(&load_lock, flags);
	if (now >= next_sample) {
		samples = (now - next_sample) / LOAD_FREQ + 1;
		next_sample += samples * LOAD_FREQ;
		active = count_active();
		for (samples = min(samples, (u64)MAX_CATCH_UP); samples; samples--)
			for (int i = 0; i < 3; i++) {
				u64 v = load_avg[i] * decay[i] + active * (FIXED_1 - decay[i]);

				if (active >= load_avg[i])
					v += FIXED_1 - 1;
				load_avg[i] = v / FIXED_1;
			}
	}
	spin_unlock_irqrestore(&load_lock, flags);
}

void sched_loadavg(u64 avg[3])
{
	calc_load(arch_clock_ns());
	for (int i = 0; i < 3; i++)
		avg[i] = READ_ONCE(load_avg[i]);
}
