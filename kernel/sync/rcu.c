/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RCU grace periods. One at a time: rcu.waiting holds the CPUs that have not passed a quiescent
 * state since it began. The last one to report ends it, and begins the next if somebody has queued
 * callbacks meanwhile. There is no thread: the work is done by whoever passes by (rcu_do_work, from
 * schedule() and the idle loop).
 *
 * A CPU's callbacks move through three lists: `next` (new) → `wait` (for the grace period
 * rcu.gp_wanted of then) → run. On a machine with one CPU each context switch is a grace period, so
 * there they run at the next one.
 *
 * An idle CPU is not asked: while `idle` is set it has no reader. Interrupt handlers that run on it
 * clear the flag first (irq_enter_work), and the idle loop sets it again. A CPU that sleeps with
 * callbacks waiting is woken by the end of their grace period, by nothing else.
 */
#include "kernel/sched/sched.h"
#include "kernel/debug/debug.h"

#define RCU_NEED_QS   1		/* the grace period waits for this CPU */
#define RCU_CALLBACKS 2		/* a list below may be ready to move on */

/*
 * Callbacks run per visit, so that a long queue does not hold up a switch for ever. When more than
 * RCU_MANY are queued, memory counts more: all that are ready run, and whoever goes on queueing
 * comes through schedule() on the way to user mode.
 */
#define RCU_BATCH 64
#define RCU_MANY  512

struct rcu_list {
	struct rcu_head *head, **tail;
};

/* Own CPU only, interrupts off. */
struct rcu_cpu {
	struct rcu_list next, wait, ready;
	unsigned long queued;		/* callbacks in all three */
	unsigned long wait_gp;		/* `wait` is ready when rcu.gp_done >= this */
	bool running;			/* callbacks are running: no second level */
};

static struct {
	spinlock_t lock;		/* everything here, but as noted; interrupts off */
	unsigned long gp_started;	/* number of the latest grace period */
	unsigned long gp_done;		/* == gp_started: none is running */
	unsigned long gp_wanted;	/* somebody waits for this one */
	/* Set with the lock; each CPU clears its own bit, also without (report_quiet()). Atomic. */
	DECLARE_BITMAP(waiting, NR_CPUS);
	DECLARE_BITMAP(sleepers, NR_CPUS);	/* CPUs with callbacks waiting for a grace period */
	atomic_t hurry;			/* synchronize_rcu()s under way */
} rcu = {.lock = __SPIN_LOCK_UNLOCKED(rcu.lock)};

DEFINE_PER_CPU(unsigned int, rcu_work);
/* 1: halted, or about to; read by others after a full barrier. */
static DEFINE_PER_CPU(unsigned int, rcu_idle);
static DEFINE_PER_CPU(struct rcu_cpu, rcu_cpu);

static void list_append(struct rcu_list *l, struct rcu_head *head)
{
	head->next = NULL;
	if (!l->head)
		l->tail = &l->head;
	*l->tail = head;
	l->tail = &head->next;
}

/* Append all of `from`, which is empty afterwards. */
static void list_take(struct rcu_list *to, struct rcu_list *from)
{
	if (!from->head)
		return;
	if (!to->head)
		to->tail = &to->head;
	*to->tail = from->head;
	to->tail = from->tail;
	from->head = NULL;
}

static void work_add(unsigned int cpu, unsigned int what)
{
	(void)__atomic_fetch_or(per_cpu_ptr(rcu_work, cpu), what, __ATOMIC_SEQ_CST);
}

/* ---- grace periods; rcu.lock held ---- */

static void gp_begin(void)
{
	rcu.gp_started++;
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		/* Full barrier: before it, what was unlinked; after it, is it idle?. */
		work_add(cpu, RCU_NEED_QS);
		if (__atomic_load_n(per_cpu_ptr(rcu_idle, cpu), __ATOMIC_SEQ_CST))
			continue;
		set_bit(cpu, rcu.waiting);
		if (atomic_read(&rcu.hurry) && cpu != smp_processor_id())
			smp_send_reschedule(cpu);
	}
}

static void gp_end(void)
{
	unsigned long cpu;

	rcu.gp_done = rcu.gp_started;
	for_each_set_bit(cpu, rcu.sleepers, nr_cpus) {
		work_add((unsigned int)cpu, RCU_CALLBACKS);
		if (READ_ONCE(per_cpu(rcu_idle, cpu)) && cpu != smp_processor_id())
			smp_send_reschedule((unsigned int)cpu);
	}
	bitmap_zero(rcu.sleepers, NR_CPUS);
}

/*
 * End the running one if nobody is left to wait for, begin the next if one is wanted; more than one
 * if all others idle.
 */
static void gp_advance(void)
{
	for (;;) {
		if (rcu.gp_done != rcu.gp_started) {
			if (!bitmap_empty(rcu.waiting, nr_cpus))
				return;
			gp_end();
		}
		if (rcu.gp_wanted <= rcu.gp_done)
			return;
		gp_begin();
	}
}

/* ---- this CPU; interrupts off ---- */

/*
 * Move lists on, and report the quiescent state that this moment is. False: others are at it, and
 * `wait` is not set. Waiting here would have all CPUs queue up in each grace period.
 */
static bool advance(struct rcu_cpu *rc, bool wait)
{
	unsigned int cpu = smp_processor_id();

	if (nr_cpus == 1) {
		list_take(&rc->ready, &rc->next);
		return true;
	}
	if (wait)
		spin_lock(&rcu.lock);
	else if (!spin_trylock(&rcu.lock))
		return false;
	clear_bit(cpu, rcu.waiting);
	if (rc->wait.head && rcu.gp_done >= rc->wait_gp)
		list_take(&rc->ready, &rc->wait);
	if (!rc->wait.head && rc->next.head) {
		/*
		 * One that is running now may have begun before these were queued: they need the
		 * whole next one.
		 */
		list_take(&rc->wait, &rc->next);
		rc->wait_gp = rcu.gp_started + 1;
		rcu.gp_wanted = max(rcu.gp_wanted, rc->wait_gp);
	}
	if (rc->wait.head)
		__set_bit(cpu, rcu.sleepers);
	gp_advance();
	/*
	 * This CPU is quiescent all through here, so a grace period that began above need not wait
	 * for it.
	 */
	if (test_bit((int)cpu, rcu.waiting)) {
		clear_bit(cpu, rcu.waiting);
		gp_advance();
	}
	if (rc->wait.head && rcu.gp_done >= rc->wait_gp)
		list_take(&rc->ready, &rc->wait);
	spin_unlock(&rcu.lock);
	return true;
}

/*
 * Report this quiescent state without the lock. False: it takes advance(). Either the bit is not there, and the grace period is just
 * beginning, or no other CPU is left to wait for.
 */
static bool report_quiet(void)
{
	return test_and_clear_bit((int)smp_processor_id(), rcu.waiting) &&
	       !bitmap_empty(rcu.waiting, nr_cpus);
}

static void run_callback(struct rcu_head *head)
{
	unsigned long offset = (unsigned long)head->func;

	if (offset < RCU_KFREE_OFFSET_MAX)	/* kfree_rcu() */
		kfree((char *)head - offset);
	else
		head->func(head);
}

/* Interrupts are as `flags` says while a callback runs. */
static void run_ready(struct rcu_cpu *rc, unsigned long flags)
{
	unsigned long n = rc->queued > RCU_MANY ? rc->queued : RCU_BATCH;
	struct rcu_head *head;

	rc->running = true;
	while ((head = rc->ready.head) && n--) {
		rc->ready.head = head->next;
		rc->queued--;
		local_irq_restore(flags);
		run_callback(head);
		local_irq_disable();
	}
	rc->running = false;
}

/* What rcu_work says; what is not done when `wait` is not set stays there. */
static void do_work(bool wait)
{
	struct rcu_cpu *rc;
	unsigned long flags;
	unsigned int work;

	local_irq_save(flags);
	rc = this_cpu_ptr(rcu_cpu);
	work = __atomic_exchange_n(this_cpu_ptr(rcu_work), 0, __ATOMIC_SEQ_CST);
	if (work == RCU_NEED_QS && report_quiet()) {
		local_irq_restore(flags);
		return;
	}
	if (!advance(rc, wait))
		work_add(smp_processor_id(), work);
	if (!rc->running)
		run_ready(rc, flags);
	if (rc->ready.head || (rc->next.head && !rc->wait.head))
		work_add(smp_processor_id(), RCU_CALLBACKS);
	local_irq_restore(flags);
}

void rcu_do_work(void)
{
	do_work(false);
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	struct rcu_cpu *rc;
	unsigned long flags;

	kasan_note_call_rcu(head);
	head->func = func;
	local_irq_save(flags);
	rc = this_cpu_ptr(rcu_cpu);
	list_append(&rc->next, head);
	if (unlikely(++rc->queued % RCU_MANY == 0))
		set_bit(TIF_NEED_RESCHED, &current->work);
	if (!(this_cpu_read(rcu_work) & RCU_CALLBACKS))
		work_add(smp_processor_id(), RCU_CALLBACKS);
	local_irq_restore(flags);
}

/* ---- hooks ---- */

void irq_enter_work(void)
{
	if (unlikely(this_cpu_read(rcu_idle)))
		rcu_idle_exit();
}

/*
 * An interrupt came while RCU has work for this CPU: the tick, or one that gp_begin() or gp_end()
 * sent. Have it go through schedule() on the way back to user mode or to the idle loop; a program
 * that runs for long comes there seldom by itself.
 */
void irq_exit_work(void)
{
	if (unlikely(this_cpu_read(rcu_work)))
		set_bit(TIF_NEED_RESCHED, &current->work);
}

void rcu_idle_enter(void)
{
	/* Callbacks that are ready run here, with interrupts off. */
	for (int tries = 0; this_cpu_read(rcu_work) && tries < 4; tries++)
		do_work(true);
	__atomic_store_n(this_cpu_ptr(rcu_idle), 1, __ATOMIC_SEQ_CST);
	smp_mb();
	/* A grace period that began before the flag was seen waits for this CPU. */
	if (this_cpu_read(rcu_work) & RCU_NEED_QS) {
		spin_lock(&rcu.lock);
		clear_bit(smp_processor_id(), rcu.waiting);
		gp_advance();
		spin_unlock(&rcu.lock);
	}
}

void rcu_idle_exit(void)
{
	__atomic_store_n(this_cpu_ptr(rcu_idle), 0, __ATOMIC_SEQ_CST);
	smp_mb();
}

unsigned long rcu_grace_period(unsigned long *waiting)
{
	unsigned long gp = READ_ONCE(rcu.gp_started);

	data_race(memcpy(waiting, rcu.waiting, sizeof(rcu.waiting)));	/* CPUs take themselves out meanwhile */
	return gp != READ_ONCE(rcu.gp_done) ? gp : 0;
}

/* ---- waiting ---- */

struct rcu_waiter {
	struct rcu_head rcu;
	struct completion done;
};

static void wake_waiter(struct rcu_head *head)
{
	complete(&container_of(head, struct rcu_waiter, rcu)->done);
}

void synchronize_rcu(void)
{
	struct rcu_waiter w;
	unsigned long flags, cpu;

	if (nr_cpus == 1)	/* nothing else can be inside a reader while this code runs */
		return;
	init_completion(&w.done);
	atomic_inc(&rcu.hurry);
	call_rcu(&w.rcu, wake_waiter);
	/* The one that is running, if any, has to end first. */
	spin_lock_irqsave(&rcu.lock, flags);
	for_each_set_bit(cpu, rcu.waiting, nr_cpus)
		if (cpu != smp_processor_id())
			smp_send_reschedule((unsigned int)cpu);
	spin_unlock_irqrestore(&rcu.lock, flags);
	wait_for_completion(&w.done);
	atomic_dec(&rcu.hurry);
}

static struct {
	struct mutex lock;		/* one rcu_barrier() at a time */
	atomic_t pending;
	struct completion done;
	struct rcu_head head[NR_CPUS];
} rcu_barriers = {.lock = __MUTEX_INITIALIZER(rcu_barriers.lock)};

static void barrier_passed(struct rcu_head *head)
{
	if (atomic_dec_and_test(&rcu_barriers.pending))
		complete(&rcu_barriers.done);
}

static void barrier_queue(void *unused)
{
	call_rcu(&rcu_barriers.head[smp_processor_id()], barrier_passed);
}

void rcu_barrier(void)
{
	mutex_lock(&rcu_barriers.lock);
	init_completion(&rcu_barriers.done);
	atomic_inc(&rcu.hurry);
	atomic_set(&rcu_barriers.pending, (int)nr_cpus);
	smp_call_function_all(barrier_queue, NULL);
	/*
	 * Callbacks run in order, so ours runs behind all that this CPU had. On one CPU the sleep
	 * is the grace period.
	 */
	wait_for_completion(&rcu_barriers.done);
	atomic_dec(&rcu.hurry);
	mutex_unlock(&rcu_barriers.lock);
}
