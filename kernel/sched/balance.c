// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where tasks run: a CPU for a woken task, work for a CPU that has none, evening out.
 *
 * Three moments move tasks. A wake-up places the task on an idle CPU if there is one. A CPU that
 * runs out of tasks pulls one from the longest queue before it goes idle. And every now and then a
 * busy CPU compares its queue with the longest.
 *
 * All three stay within the CPU's balancing domain, rq->peers. The words of that bitmap are read
 * without its lock by wakers; a mix of an old and a new set is a set of CPUs like any other.
 */
#include "kernel/sched/rq.h"

#define BALANCE_PERIOD	 (50 * NSEC_PER_MSEC)
#define MAX_PULL_SEARCH	 32	/* tasks looked at for one that may come here */

static bool cpu_is_free(unsigned int cpu)
{
	return test_bit(cpu, sched_idle_mask) && !READ_ONCE(cpu_rq(cpu)->nr_running);
}

void sched_set_balance_cpus(unsigned int cpu, const unsigned long *peers)
{
	struct rq *rq = cpu_rq(cpu);
	unsigned long flags;

	spin_lock_irqsave(&rq->lock, flags);
	BITMAP_EACH_WORD(i, NR_CPUS)
		WRITE_ONCE(rq->peers[i], peers[i]);
	spin_unlock_irqrestore(&rq->lock, flags);
}

/* A CPU in both sets that has nothing to do; NR_CPUS: none. */
static unsigned int find_free(const unsigned long *a, const unsigned long *b)
{
	BITMAP_EACH_WORD(i, NR_CPUS) {
		unsigned long free = READ_ONCE(sched_idle_mask[i]) & READ_ONCE(a[i]) & READ_ONCE(b[i]);

		for (; free; free &= free - 1) {
			unsigned int cpu = i * BITS_PER_LONG + __ffs(free);

			if (cpu_is_free(cpu))
				return cpu;
		}
	}
	return NR_CPUS;
}

/*
 * Where p shall run: where it ran, if that is idle; else any idle CPU it may use in that one's
 * domain; else where it ran, if it still may; else an idle CPU anywhere; else the shortest queue.
 * p->pi_lock held.
 */
unsigned int select_task_rq(struct task_struct *p, unsigned int prev)
{
	bool prev_ok = prev < nr_cpus && test_bit(prev, p->cpus_allowed);
	unsigned int cpu, best = NR_CPUS;

	if (prev_ok && (nr_cpus == 1 || cpu_is_free(prev)))
		return prev;
	cpu = find_free(p->cpus_allowed, prev_ok ? cpu_rq(prev)->peers : p->cpus_allowed);
	if (cpu < NR_CPUS)
		return cpu;
	if (prev_ok)
		return prev;
	for_each_set_bit(cpu, p->cpus_allowed, nr_cpus)
		if (best == NR_CPUS || cpu_rq(cpu)->nr_running < cpu_rq(best)->nr_running)
			best = cpu;
	return best == NR_CPUS ? 0 : best;
}

static struct rq *find_busiest(struct rq *self, unsigned int at_least)
{
	struct rq *busiest = NULL;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct rq *rq = cpu_rq(cpu);

		if (rq != self && test_bit(cpu, self->peers) &&
		    READ_ONCE(rq->nr_running) >= at_least) {
			at_least = rq->nr_running + 1;
			busiest = rq;
		}
	}
	return busiest;
}

/*
 * rq->lock is held: take the other one too, in the order of CPU numbers. May release rq->lock in
 * between.
 */
static void double_lock(struct rq *rq, struct rq *other)
{
	if (other->cpu < rq->cpu) {
		spin_unlock(&rq->lock);
		spin_lock(&other->lock);
		spin_lock(&rq->lock);
	} else {
		spin_lock(&other->lock);
	}
}

/* Both locks held: move one waiting task that may run on `to`. */
static bool move_one(struct rq *from, struct rq *to)
{
	struct rb_node *n = rb_first_cached(&from->cfs.timeline);

	for (int i = 0; n && i < MAX_PULL_SEARCH; i++, n = rb_next(n)) {
		struct task_struct *p = container_of(rb_entry(n, struct sched_entity, run_node),
						     struct task_struct, se);

		if (!test_bit(to->cpu, p->cpus_allowed))
			continue;
		update_rq_clock(from);
		update_rq_clock(to);
		deactivate_task(from, p);
		migrate_entity(&p->se, from, to);
		WRITE_ONCE(p->cpu, to->cpu);
		activate_task(to, p);
		return true;
	}
	return false;
}

bool pull_one_task(struct rq *rq)
{
	struct rq *busiest;
	bool pulled = false;

	if (!atomic_read(&sched_nr_overloaded))
		return false;
	busiest = find_busiest(rq, 2);
	if (!busiest)
		return false;
	double_lock(rq, busiest);
	if (!rq->nr_running && busiest->nr_running > 1)
		pulled = move_one(busiest, rq);
	spin_unlock(&busiest->lock);
	return pulled;
}

/* Have an idle CPU of rq's domain pull one of those that wait here. False: there is none. */
static bool wake_idle_peer(struct rq *rq)
{
	unsigned int cpu = find_free(rq->peers, rq->peers);

	if (cpu >= NR_CPUS)
		return false;
	if (!test_and_set_bit(TIF_NEED_RESCHED, &cpu_rq(cpu)->idle->work))
		smp_send_reschedule(cpu);
	return true;
}

/*
 * From the tick: pull if another queue is longer by two; if others are idle while tasks wait here,
 * have one pull.
 */
void periodic_balance(struct rq *rq)
{
	struct rq *busiest;

	if (rq->clock < rq->next_balance || nr_cpus == 1)
		return;
	rq->next_balance = rq->clock + BALANCE_PERIOD;
	if (rq->nr_running > 1 && wake_idle_peer(rq))
		return;
	busiest = find_busiest(rq, rq->nr_running + 2);
	if (!busiest)
		return;
	double_lock(rq, busiest);
	if (busiest->nr_running >= rq->nr_running + 2)
		move_one(busiest, rq);
	spin_unlock(&busiest->lock);
}

void sched_exec(void)
{
	struct rq *rq = this_rq();

	if (READ_ONCE(rq->nr_running) >= 2)
		wake_idle_peer(rq);
}
