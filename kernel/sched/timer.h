/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers: a function called once at a moment of the monotonic clock, in interrupt context with interrupts off.
 * Per-CPU trees ordered by expiry; the hardware's one-shot timer is set to the first.
 */
#pragma once

#include "kernel/lib/lib.h"
#include "kernel/sync/sync.h"

struct timer {
	struct rb_node node;		/* lock of the tree of `cpu` */
	u64 expires;			/* arch_clock_ns() */
	void (*fn)(struct timer *t);	/* may re-arm itself, must not sleep */
	unsigned int cpu;
	bool armed;
};

void timer_init(struct timer *t, void (*fn)(struct timer *t));
void timer_start(struct timer *t, u64 expires);	/* on this CPU; re-arms if armed. Any context. */
bool timer_cancel(struct timer *t);		/* true if it was armed; its function may still be running elsewhere */
void timer_cancel_sync(struct timer *t);	/* and it is not running any more on return; not from fn itself */

static inline u64 ktime_get(void)
{
	extern u64 arch_clock_ns(void);

	return arch_clock_ns();
}
struct timespec64 {
	s64 tv_sec;
	s64 tv_nsec;
};
#define NSEC_PER_SEC 1000000000ULL
#define NSEC_PER_MSEC 1000000ULL
#define NSEC_PER_USEC 1000ULL
u64 ktime_get_real(void);			/* ns since 1970 */
void ktime_set_real(u64 ns);			/* settimeofday */
