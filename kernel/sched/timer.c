// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers and the time of day. Each CPU has a tree of timers ordered by expiry; its one-shot
 * hardware timer is set to the first of them or to the moment when the running task must be looked
 * at, whichever is earlier. An idle CPU without timers gets no interrupts.
 *
 * The hardware is only ever set to an earlier moment, and set anew when it has fired: a context
 * switch usually finds it early enough and leaves it alone.
 */
#include "kernel/sched/rq.h"

struct timer_base {
	spinlock_t lock;		/* irqs off */
	struct rb_root_cached tree;	/* struct timer.node */
	struct timer *running;		/* whose function is being called */
	/* what the hardware is set to; its own CPU only, irqs off */
	u64 armed_until;
};
static DEFINE_PER_CPU(struct timer_base, timer_bases) = {
	.lock = __SPIN_LOCK_UNLOCKED(timer_bases.lock), .armed_until = KTIME_MAX
};

static bool timer_less(const struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct timer, node)->expires < rb_entry(b, struct timer, node)->expires;
}

static void program(struct timer_base *base, u64 when)
{
	base->armed_until = when;
	arch_timer_set(when);
}

void timer_want_tick(u64 when)
{
	struct timer_base *base = this_cpu_ptr(timer_bases);

	if (when < base->armed_until)
		program(base, when);
}

void timer_reprogram(void)
{
	struct timer_base *base = this_cpu_ptr(timer_bases);
	struct rb_node *first;
	u64 when = this_rq()->tick_at;

	spin_lock(&base->lock);
	first = rb_first_cached(&base->tree);
	if (first)
		when = min(when, rb_entry(first, struct timer, node)->expires);
	spin_unlock(&base->lock);
	program(base, when);
}

static struct timer_base *lock_base(struct timer *t)
{
	for (;;) {
		unsigned int cpu = READ_ONCE(t->cpu);
		struct timer_base *base = per_cpu_ptr(timer_bases, cpu);

		spin_lock(&base->lock);
		if (likely(t->cpu == cpu))
			return base;
		spin_unlock(&base->lock);
	}
}

static bool disarm(struct timer_base *base, struct timer *t)
{
	if (!t->armed)
		return false;
	rb_erase_cached(&t->node, &base->tree);
	t->armed = false;
	return true;
}

void timer_init(struct timer *t, void (*fn)(struct timer *t))
{
	t->fn = fn;
	t->cpu = smp_processor_id();
	t->armed = false;
	t->expires = 0;
}

void timer_start(struct timer *t, u64 expires)
{
	struct timer_base *base, *mine;
	unsigned long flags;

	local_irq_save(flags);
	mine = this_cpu_ptr(timer_bases);
	base = lock_base(t);
	disarm(base, t);
	/*
	 * While its function runs on another CPU the timer stays there, so that timer_cancel_sync()
	 * knows where to look.
	 */
	if (base != mine && base->running != t) {
		WRITE_ONCE(t->cpu, smp_processor_id());
		spin_unlock(&base->lock);
		base = mine;
		spin_lock(&base->lock);
		disarm(base, t);
	}
	t->expires = expires;
	t->armed = true;
	rb_add_cached(&t->node, &base->tree, timer_less);
	if (base == mine && expires < base->armed_until)
		program(base, expires);
	spin_unlock(&base->lock);
	local_irq_restore(flags);
}

bool timer_cancel(struct timer *t)
{
	struct timer_base *base;
	unsigned long flags;
	bool was;

	local_irq_save(flags);
	base = lock_base(t);
	was = disarm(base, t);
	spin_unlock(&base->lock);
	local_irq_restore(flags);
	return was;
}

void timer_cancel_sync(struct timer *t)
{
	for (;;) {
		struct timer_base *base;
		unsigned long flags;
		bool running;

		local_irq_save(flags);
		base = lock_base(t);
		running = base->running == t;
		disarm(base, t);
		spin_unlock(&base->lock);
		local_irq_restore(flags);
		if (!running)
			return;
		cpu_relax();
	}
}

static void run_timers(struct timer_base *base, u64 now)
{
	struct rb_node *first;

	spin_lock(&base->lock);
	while ((first = rb_first_cached(&base->tree))) {
		struct timer *t = rb_entry(first, struct timer, node);

		if (t->expires > now)
			break;
		disarm(base, t);
		base->running = t;
		spin_unlock(&base->lock);
		t->fn(t);
		spin_lock(&base->lock);
		base->running = NULL;
	}
	spin_unlock(&base->lock);
}

void timer_interrupt(void)
{
	u64 now = arch_clock_ns();

	run_timers(this_cpu_ptr(timer_bases), now);
	calc_load(now);
	if (now >= this_rq()->tick_at)
		sched_tick();
	timer_reprogram();
}

/* ---- sleeping for a time ---- */

struct sleeper {
	struct timer timer;
	struct task_struct *task;
};

static void sleeper_wake(struct timer *t)
{
	wake_up_state(container_of(t, struct sleeper, timer)->task, TASK_NORMAL);
}

long __sched schedule_timeout(s64 ns)
{
	struct sleeper s = {.task = current};
	u64 deadline;
	s64 left;

	if (ns == KTIME_MAX) {
		schedule();
		return KTIME_MAX;
	}
	if (ns <= 0) {
		__set_current_state(TASK_RUNNING);
		return 0;
	}
	deadline = arch_clock_ns() + ns;
	timer_init(&s.timer, sleeper_wake);
	timer_start(&s.timer, deadline);
	schedule();
	timer_cancel_sync(&s.timer);
	left = (s64)(deadline - arch_clock_ns());
	return left > 0 ? left : 0;
}

/* ---- time of day ---- */

static DEFINE_SEQLOCK(real_lock);
/* what settimeofday added to the CMOS clock's idea, ns; real_lock */
static s64 real_adjust;

u64 ktime_get_real(void)
{
	u64 base = arch_wall_clock_at_boot() * NSEC_PER_SEC;
	unsigned int seq;
	s64 adjust;

	do {
		seq = read_seqbegin(&real_lock);
		adjust = real_adjust;
	} while (read_seqretry(&real_lock, seq));
	return base + arch_clock_ns() + adjust;
}

void ktime_set_real(u64 ns)
{
	unsigned long flags;

	write_seqlock_irqsave(&real_lock, flags);
	real_adjust = (s64)(ns - arch_wall_clock_at_boot() * NSEC_PER_SEC - arch_clock_ns());
	write_sequnlock_irqrestore(&real_lock, flags);
}
