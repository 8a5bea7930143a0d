// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where tasks run: a CPU for a woken task, work for a CPU that has none, evening out.
 *
 * Three moments move tasks. A wake-up places the task on an idle CPU if there is one. A CPU that
 * runs out of tasks pulls one from the longest queue before it goes idle. And every now and then a
 * busy CPU looks at what waits on another, and takes a task that is behind in virtual time: not the
 * lengths of queues are evened out but what tasks and groups get. So those that can't be divided
 * evenly among CPUs go round.
 *
 * All three stay within the CPU's balancing domain, rq->peers. The words of that bitmap are read
 * without its lock by wakers; a mix of an old and a new set is a set of CPUs like any other.
 */
#include "kernel/sched/rq.h"

#define LAG		(10 * NSEC_PER_MSEC)	/* a task that is behind by more is moved */
#define MAX_PULL_SEARCH	32	/* tasks looked at for one that may come here */
#define MAX_COMPARE	4	/* CPUs looked at in one tick */

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
		unsigned long free = READ_ONCE(sched_idle_mask[i]);

		free &= READ_ONCE(a[i]) & READ_ONCE(b[i]);
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
		if (best == NR_CPUS || READ_ONCE(cpu_rq(cpu)->nr_running) < READ_ONCE(cpu_rq(best)->nr_running))
			best = cpu;
	return best == NR_CPUS ? 0 : best;
}

/* The peer with the longest queue, if it has a task that waits. */
static struct rq *find_busiest(struct rq *self)
{
	unsigned int at_least = 2;
	struct rq *busiest = NULL;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct rq *rq = cpu_rq(cpu);
		unsigned int n = READ_ONCE(rq->nr_running);

		if (rq != self && test_bit(cpu, self->peers) && n >= at_least) {
			at_least = n + 1;
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

/* ---- over all that waits on a CPU ---- */

static struct sched_entity *entity_at(struct rb_node *n)
{
	return rb_entry_safe(n, struct sched_entity, run_node);
}

/* The running group comes first, since others of it may wait; then the tree. NULL: nobody does. */
static struct sched_entity *first_in(struct cfs_rq *cfs)
{
	if (cfs->curr && cfs->curr->my_q)
		return cfs->curr;
	return entity_at(rb_first_cached(&cfs->timeline));
}

static struct sched_entity *next_in(struct sched_entity *se)
{
	struct cfs_rq *cfs = se->cfs_rq;

	return entity_at(se == cfs->curr ? rb_first_cached(&cfs->timeline)
					 : rb_next(&se->run_node));
}

/* The task that waits behind `p`, or the first of all if it is NULL; NULL at the end. rq->lock. */
static struct task_struct *next_waiting(struct rq *rq, struct task_struct *p)
{
	struct cfs_rq *cfs = p ? p->se.cfs_rq : &rq->cfs;
	struct sched_entity *se = p ? next_in(&p->se) : first_in(cfs);

	while (!se || se->my_q) {
		if (se) {			/* into the group */
			cfs = se->my_q;
			se = first_in(cfs);
		} else if (cfs->owner) {	/* and out again */
			se = next_in(cfs->owner);
			cfs = cfs->owner->cfs_rq;
		} else {
			return NULL;
		}
	}
	return container_of(se, struct task_struct, se);
}

/* ---- moving a task here ---- */

/*
 * Shall p, which waits on another CPU, come to rq? If rq has nothing to do; and if it is time that
 * p had its turn rather than what rq has: when at any level of groups p, or the group that it is
 * in, is behind all that is on rq, by more than LAG of what runs there. Both locks held.
 */
static bool wants_here(const struct task_struct *p, const struct rq *rq)
{
	bool behind = !rq->nr_running;

	if (!test_bit(rq->cpu, p->cpus_allowed))
		return false;
	for (const struct sched_entity *se = &p->se; se; se = se->parent) {
		struct cfs_rq *here = queue_on_cpu(se->cfs_rq, rq->cpu);

		if (here->nr_running)
			behind |= before(entity_key(se) + to_virtual(LAG, here->curr ?: se),
					 next_turn(here));
	}
	return behind;
}

/* Both locks held: move one waiting task that shall come to `to`. */
static bool move_one(struct rq *from, struct rq *to)
{
	struct task_struct *p = NULL;

	for (int i = 0; i < MAX_PULL_SEARCH; i++) {
		p = next_waiting(from, p);
		if (!p)
			return false;
		if (!wants_here(p, to))
			continue;
		update_rq_clock(from);
		update_rq_clock(to);
		dequeue_task(from, p);
		set_task_cpu(p, to->cpu);
		enqueue_task(to, p, MOVED);
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
	busiest = find_busiest(rq);
	if (!busiest)
		return false;
	double_lock(rq, busiest);
	if (!rq->nr_running && busiest->nr_running > 1)
		pulled = move_one(busiest, rq);
	spin_unlock(&busiest->lock);
	return pulled;
}

/*
 * Have an idle CPU of rq's domain pull one of those that wait here and may run there. False: there is
 * none; an idle CPU alone is no reason to leave the others uneven. rq->lock held.
 */
static bool wake_idle_peer(struct rq *rq)
{
	unsigned int cpu = find_free(rq->peers, rq->peers);
	struct task_struct *p = NULL;

	if (cpu >= NR_CPUS)
		return false;
	cpu = NR_CPUS;
	for (int i = 0; i < MAX_PULL_SEARCH && cpu >= NR_CPUS; i++) {
		p = next_waiting(rq, p);
		if (!p)
			return false;
		cpu = find_free(rq->peers, p->cpus_allowed);
	}
	if (cpu >= NR_CPUS)
		return false;
	if (!test_and_set_bit(TIF_NEED_RESCHED, &cpu_rq(cpu)->idle->work))
		smp_send_reschedule(cpu);
	return true;
}

/* Going round, the next CPU of rq's domain where tasks wait; NULL: it is none of `left` more. */
static struct rq *next_peer(struct rq *rq, unsigned int *left)
{
	while (*left) {
		--*left;
		rq->last_peer = rq->last_peer + 1 < nr_cpus ? rq->last_peer + 1 : 0;
		if (rq->last_peer != rq->cpu && test_bit(rq->last_peer, rq->peers) &&
		    READ_ONCE(cpu_rq(rq->last_peer)->nr_running) > 1)
			return cpu_rq(rq->last_peer);
	}
	return NULL;
}

/*
 * From the tick. If others are idle while tasks wait here, have one pull. Else go on with the round
 * of the peers, and take a task that waits there and is behind what runs here.
 */
void periodic_balance(struct rq *rq)
{
	unsigned int left = nr_cpus - 1;
	struct rq *other;
	bool moved = false;

	if (rq->nr_running > 1 && wake_idle_peer(rq))
		return;
	for (int i = 0; i < MAX_COMPARE && !moved; i++) {
		other = next_peer(rq, &left);
		if (!other)
			return;
		double_lock(rq, other);
		moved = rq->nr_running && move_one(other, rq);
		spin_unlock(&other->lock);
	}
}

void sched_exec(void)
{
	unsigned long flags;
	struct rq *rq;

	local_irq_save(flags);
	rq = this_rq();
	if (READ_ONCE(rq->nr_running) >= 2) {
		spin_lock(&rq->lock);
		wake_idle_peer(rq);
		spin_unlock(&rq->lock);
	}
	local_irq_restore(flags);
}
