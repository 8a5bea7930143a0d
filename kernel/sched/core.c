// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scheduler's core: sleeping, waking, switching. Who runs next is fair.c's decision, where is
 * balance.c's.
 *
 * A task is in one of three conditions: it runs (on_cpu, se.on_rq), it waits for its CPU (se.on_rq,
 * in the queue's tree), or it sleeps (neither). schedule() leads from the first to the others,
 * try_to_wake_up() back.
 *
 * The handoff. While a task switches away, its stack is in use until the next one has its own. So a
 * waker that finds it asleep waits for on_cpu to drop before it queues the task anywhere. on_cpu is
 * cleared by finish_task_switch(), which runs on the next task's stack; rq->lock is taken by the
 * task that leaves and released by the one that arrives.
 *
 * A task that may not stay on its CPU (its affinity changed) leaves it the same way: schedule()
 * takes it off the queue though it is runnable, and finish_task_switch() queues it elsewhere. Until
 * then its state is TASK_RUNNING while it is on no queue; wakers ignore it because of the state, so
 * nobody else queues it.
 */
#include "kernel/sched/rq.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/stack_use.h"
#include "kernel/debug/trace.h"

DEFINE_PER_CPU(struct rq, runqueue) = {.lock = __SPIN_LOCK_UNLOCKED(runqueue.lock)};
unsigned long sched_idle_mask[BITS_TO_LONGS(NR_CPUS)];
atomic_t sched_nr_overloaded;

/* how often a running task is looked at, at least */
#define SAMPLE_PERIOD (10 * NSEC_PER_MSEC)

/* True: the other CPU has to be told by an interrupt. */
static bool mark_resched(struct rq *rq)
{
	return !test_and_set_bit(TIF_NEED_RESCHED, &rq->curr->work) &&
	       rq->cpu != smp_processor_id();
}

void resched_curr(struct rq *rq)
{
	if (mark_resched(rq))
		smp_send_reschedule(rq->cpu);
}

struct rq *task_rq_lock(struct task_struct *p, unsigned long *flags)
{
	struct rq *rq;

	spin_lock_irqsave(&p->pi_lock, *flags);
	for (;;) {
		rq = task_rq(p);
		spin_lock(&rq->lock);
		if (likely(rq == task_rq(p)))
			return rq;
		spin_unlock(&rq->lock);
	}
}

void task_rq_unlock(struct rq *rq, struct task_struct *p, unsigned long flags)
{
	spin_unlock(&rq->lock);
	spin_unlock_irqrestore(&p->pi_lock, flags);
}

/* When the running task has to be looked at again. */
static void set_tick(struct rq *rq)
{
	if (rq->curr == rq->idle) {
		rq->tick_at = KTIME_MAX;
		return;
	}
	rq->tick_at = rq->next_sample;
	/*
	 * A slice that is over needs no timer in the past: the task leaves as soon as it leaves the
	 * kernel.
	 */
	if (!test_bit(TIF_NEED_RESCHED, &rq->curr->work) && rq->nr_running > 1)
		rq->tick_at = min(rq->tick_at, slice_end(rq));
	if (unlikely(quotas_used()))
		rq->tick_at = min(rq->tick_at, quota_end(rq));
	timer_want_tick(rq->tick_at);
}

bool check_preempt_curr(struct rq *rq, struct task_struct *p)
{
	if (wakeup_preempts(rq, p))
		return mark_resched(rq);
	if (rq->nr_running == 2 && rq->cpu == smp_processor_id())
		set_tick(rq);		/* another CPU's notices by itself within SAMPLE_PERIOD */
	return false;
}

/* ---- waking ---- */

/* Queue a task that is on no queue. p->pi_lock held, interrupts off. */
static void queue_on(struct task_struct *p, unsigned int cpu, enum arrival how)
{
	struct rq *rq = cpu_rq(cpu);
	bool kick;

	spin_lock(&rq->lock);
	update_rq_clock(rq);
	if (cpu != p->cpu)
		set_task_cpu(p, cpu);
	trace(sched_wakeup, p->pid, cpu);
	enqueue_task(rq, p, how);
	kick = check_preempt_curr(rq, p);
	spin_unlock(&rq->lock);
	if (kick)	/* not earlier: the first that CPU does is to take the lock */
		smp_send_reschedule(cpu);
}

int wake_up_state(struct task_struct *p, unsigned int state)
{
	unsigned long flags;
	struct rq *rq;
	int woken = 0;

	spin_lock_irqsave(&p->pi_lock, flags);
	if (!(READ_ONCE(p->state) & state))
		goto out;
	woken = 1;
	if (smp_load_acquire(&p->se.on_rq)) {
		/* It is about to sleep, but has not left the queue: it just stays. */
		rq = task_rq(p);
		spin_lock(&rq->lock);
		if (p->se.on_rq) {
			WRITE_ONCE(p->state, TASK_RUNNING);
			spin_unlock(&rq->lock);
			goto out;
		}
		spin_unlock(&rq->lock);
	}
	while (smp_load_acquire(&p->on_cpu))
		cpu_relax();
	if (p->state & TASK_UNINTERRUPTIBLE)
		__atomic_fetch_sub(&task_rq(p)->nr_uninterruptible, 1, __ATOMIC_RELAXED);
	WRITE_ONCE(p->state, TASK_RUNNING);
	queue_on(p, select_task_rq(p, p->cpu), WOKEN);
out:
	spin_unlock_irqrestore(&p->pi_lock, flags);
	return woken;
}

void wake_up_to_work(struct task_struct *p, unsigned int state)
{
	if (!wake_up_state(p, state) && p != current && READ_ONCE(p->on_cpu))
		smp_send_reschedule(READ_ONCE(p->cpu));	/* out of user mode */
}

int wake_up_process(struct task_struct *p)
{
	return wake_up_state(p, TASK_NORMAL);
}

void sched_fork(struct task_struct *p)
{
	p->state = TASK_RUNNING;
	p->work = 0;
	p->on_cpu = false;
	spin_lock_init(&p->pi_lock);
	p->se = (struct sched_entity){.load_weight = sched_weights[p->static_prio + 20]};
	p->sched_task_group = &root_task_group;
	INIT_LIST_HEAD(&p->throttle_node);
	p->throttled_by = NULL;
	set_task_cpu(p, smp_processor_id());
	p->nvcsw = p->nivcsw = 0;
	p->utime = p->stime = 0;
	p->active_mm = NULL;
}

void wake_up_new_task(struct task_struct *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->pi_lock, flags);
	queue_on(p, select_task_rq(p, p->cpu), NEWCOMER);
	spin_unlock_irqrestore(&p->pi_lock, flags);
}

/* ---- switching ---- */

atomic_t sched_nr_unfreed;

static void free_task_rcu(struct rcu_head *head)
{
	free_task(container_of(head, struct task_struct, rcu));
	atomic_dec(&sched_nr_unfreed);
}

void put_task_struct(struct task_struct *p)
{
	if (!refcount_dec_and_test(&p->usage))
		return;
	atomic_inc(&sched_nr_unfreed);
	call_rcu(&p->rcu, free_task_rcu);
}

/*
 * The kernel half of an address space is in all of them: a kernel thread borrows the one that is
 * loaded.
 */
static void switch_mm(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	if (next->mm) {
		if (prev->active_mm != next->mm)
			mm_activate(prev->active_mm, next->mm, rq->cpu);
		next->active_mm = next->mm;
	} else {
		next->active_mm = prev->active_mm;
		if (prev->mm)
			refcount_inc(&prev->mm->mm_count);
	}
	if (!prev->mm) {
		if (next->mm)
			/* the borrowed reference ends; else next has it now */
			rq->prev_mm = prev->active_mm;
		prev->active_mm = NULL;
	}
}

/* On the new task's stack: `prev` has left. Releases rq->lock; interrupts stay off. */
static void finish_task_switch(struct task_struct *prev)
{
	struct rq *rq = this_rq();
	struct mm_struct *mm = rq->prev_mm;
	unsigned int state = prev->state;
	bool moves = state == TASK_RUNNING && !prev->se.on_rq && prev != rq->idle;

	rq->prev_mm = NULL;
	smp_store_release(&prev->on_cpu, false);
	spin_unlock(&rq->lock);
	if (unlikely(moves)) {
		spin_lock(&prev->pi_lock);
		queue_on(prev, select_task_rq(prev, prev->cpu), MOVED);
		spin_unlock(&prev->pi_lock);
	}
	if (mm)
		mmdrop(mm);
	if (unlikely(state == TASK_DEAD)) {
		stack_use_end(prev);
		free_kernel_stack(prev->stack);
		prev->stack = NULL;
		put_task_struct(prev);
	}
}

void schedule_tail(struct task_struct *prev)
{
	finish_task_switch(prev);
	local_irq_enable();
	if (current->set_child_tid)
		/* no room: the child sees 0, as on Linux */
		(void)put_user(current->pid, current->set_child_tid);
}

static __sched void context_switch(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	trace(sched_switch, prev->state, next->pid, next->comm);
	rq->nr_switches++;
	rq->curr = next;
	next->on_cpu = true;
	if (next == rq->idle) {
		rq->idle_since = rq->clock;
		set_bit(rq->cpu, sched_idle_mask);
	} else if (prev == rq->idle) {
		rq->idle_ns += rq->clock - rq->idle_since;
		rq->idle_since = 0;
		rq->next_sample = (rq->clock / SAMPLE_PERIOD + 1) * SAMPLE_PERIOD;
		clear_bit(rq->cpu, sched_idle_mask);
	}
	set_tick(rq);
	switch_mm(rq, prev, next);
	prev = arch_switch_to(prev, next, &prev->thread, &next->thread);
	finish_task_switch(prev);
}

static bool signal_pending_state(unsigned int state, struct task_struct *p)
{
	if (!(state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)) || !signal_pending(p))
		return false;
	return (state & TASK_INTERRUPTIBLE) || fatal_signal_pending(p);
}

/* Take prev off the queue if it sleeps or must go elsewhere. */
static void leave_queue(struct rq *rq, struct task_struct *prev)
{
	unsigned int state = prev->state;

	if (state == TASK_RUNNING) {
		prev->nivcsw++;
		if (unlikely(!test_bit(rq->cpu, prev->cpus_allowed)) && prev != rq->idle)
			dequeue_task(rq, prev);
	} else if (signal_pending_state(state, prev)) {
		WRITE_ONCE(prev->state, TASK_RUNNING);
	} else {
		prev->nvcsw++;
		if (state & TASK_UNINTERRUPTIBLE)
			__atomic_fetch_add(&rq->nr_uninterruptible, 1, __ATOMIC_RELAXED);
		dequeue_task(rq, prev);
	}
}

/*
 * Let the next task run: the caller's state says whether current wants to go on (TASK_RUNNING) or
 * sleeps. No spinlock may be held. Interrupts are as before on return.
 */
void __sched schedule(void)
{
	struct task_struct *prev = current, *next;
	unsigned long flags;
	struct rq *rq;

	lockdep_might_sleep();
	rcu_note_context_switch();
	local_irq_save(flags);
	rq = this_rq();
	spin_lock(&rq->lock);
	update_rq_clock(rq);
	clear_bit(TIF_NEED_RESCHED, &prev->work);
	leave_queue(rq, prev);
	next = pick_next_task(rq);
	if (!next) {
		pull_one_task(rq);
		next = pick_next_task(rq);	/* also what came while the lock was released */
	}
	if (!next)
		next = rq->idle;
	if (likely(next != prev)) {
		context_switch(rq, prev, next);
	} else {
		set_tick(rq);
		spin_unlock(&rq->lock);
	}
	local_irq_restore(flags);
}

void reschedule_ipi(void)
{
	/*
	 * The sender has set TIF_NEED_RESCHED; the way back to user mode or to the idle loop looks
	 * at it.
	 */
}

void cpu_idle(void)
{
	for (;;) {
		rcu_note_context_switch();
		local_irq_disable();
		if (need_resched() || READ_ONCE(this_rq()->nr_running)) {
			local_irq_enable();
			schedule();
			continue;
		}
		rcu_idle_enter();
		/*
		 * Its callbacks may have woken a task, or the grace period that it ended made
		 * callbacks ready: look again.
		 */
		if (!need_resched() && !READ_ONCE(this_rq()->nr_running) &&
		    !this_cpu_read(rcu_work))
			cpu_halt_until_irq();
		local_irq_disable();
		rcu_idle_exit();
		local_irq_enable();
	}
}

/*
 * Note what runs. The frame of the last entry from user mode tells what was interrupted: only an
 * interrupt leaves -1 there.
 */
static void sample(struct rq *rq, struct task_struct *p)
{
	bool user = p->mm && (long)current_pt_regs()->orig_rax == -1;

	if (user) {
		p->utime += SAMPLE_PERIOD;
		rq->user_samples++;
	} else {
		p->stime += SAMPLE_PERIOD;
		rq->system_samples++;
	}
	if (unlikely(atomic_read(&sched_cpuacct_users)))
		cpuacct_sample(p, rq->cpu, user);
}

/*
 * The running task's slice or its quota may be over, or SAMPLE_PERIOD is: charge it, see whether
 * another's turn has come.
 */
void sched_tick(void)
{
	struct rq *rq = this_rq();
	struct task_struct *p = current;

	spin_lock(&rq->lock);
	update_rq_clock(rq);
	update_curr(rq);
	charge_groups(rq);
	if (slice_is_over(rq))
		resched_curr(rq);
	if (rq->clock >= rq->next_sample) {
		rq->next_sample = rq->clock + SAMPLE_PERIOD;
		sample(rq, p);
		advance_clocks(rq);
		periodic_balance(rq);
	}
	set_tick(rq);
	spin_unlock(&rq->lock);

	task_tick(p);
}

/* ---- small services ---- */

void __sched sched_yield_current(void)
{
	unsigned long flags;
	struct rq *rq;

	local_irq_save(flags);
	rq = this_rq();
	spin_lock(&rq->lock);
	update_rq_clock(rq);
	yield_running(rq);
	spin_unlock(&rq->lock);
	local_irq_restore(flags);
	schedule();
}

int set_user_nice(struct task_struct *p, int nice)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);

	nice = clamp(nice, -20, 19);
	update_rq_clock(rq);
	update_curr(rq);	/* what it ran so far counts by the old weight */
	p->static_prio = nice;
	p->se.load_weight = sched_weights[nice + 20];
	task_rq_unlock(rq, p, flags);
	return 0;
}

u64 task_sched_runtime(struct task_struct *p)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(p, &flags);
	u64 ns;

	if (rq->running == &p->se) {
		update_rq_clock(rq);
		update_curr(rq);
	}
	ns = p->se.sum_exec_runtime;
	task_rq_unlock(rq, p, flags);
	return ns;
}

u64 sched_idle_time(unsigned int cpu)
{
	struct rq *rq = cpu_rq(cpu);
	u64 since = READ_ONCE(rq->idle_since), now = arch_clock_ns();

	return READ_ONCE(rq->idle_ns) + (since && now > since ? now - since : 0);
}

void sched_busy_time(unsigned int cpu, u64 *user, u64 *system)
{
	struct rq *rq = cpu_rq(cpu);
	u64 now = arch_clock_ns(), idle = sched_idle_time(cpu), busy = now > idle ? now - idle : 0;
	u64 us = READ_ONCE(rq->user_samples), ss = READ_ONCE(rq->system_samples);

	*user = us ? busy / (us + ss) * us : 0;
	*system = busy - *user;
}

void sched_update_accounts(void)
{
	unsigned long flags;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct rq *rq = cpu_rq(cpu);

		spin_lock_irqsave(&rq->lock, flags);
		update_rq_clock(rq);
		update_curr(rq);
		spin_unlock_irqrestore(&rq->lock, flags);
	}
}

u64 sched_exec_time(unsigned int cpu)
{
	return READ_ONCE(cpu_rq(cpu)->exec_total);
}

void sched_samples(unsigned int cpu, u64 *user, u64 *system)
{
	*user = READ_ONCE(cpu_rq(cpu)->user_samples);
	*system = READ_ONCE(cpu_rq(cpu)->system_samples);
}

u64 sched_nr_switches(void)
{
	u64 n = 0;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		n += READ_ONCE(cpu_rq(cpu)->nr_switches);
	return n;
}

u64 sched_cpu_switches(unsigned int cpu)
{
	return READ_ONCE(cpu_rq(cpu)->nr_switches);
}

unsigned int sched_nr_running(void)
{
	unsigned int n = 0;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		n += READ_ONCE(cpu_rq(cpu)->nr_running);
	return n;
}

nodemask_t current_mems_allowed(void)
{
	return (nodemask_t){READ_ONCE(current->mems_allowed.bits)};
}
