// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fair class: every runnable task gets processor time in proportion to its weight.
 *
 * Each entity has a virtual runtime: the time it ran, divided by its weight. The one that has had
 * least runs next; so a red-black tree ordered by vruntime is the whole policy, and everything else
 * here decides two things:
 *   - how long the chosen one runs before another gets a turn: its share of a period in which
 * everybody runs once;
 *   - where a task stands that was away: a little before the others, so that it answers quickly,
 * but not by all the time it slept, or it could keep everybody else away for as long.
 *
 * Start with pick_next_task() and update_curr(). rq->lock is held throughout.
 */
#include "kernel/sched/rq.h"

/* in which everybody runs once, as long as that leaves … */
#define SCHED_LATENCY	  (6 * NSEC_PER_MSEC)
#define MIN_GRANULARITY	  (3 * NSEC_PER_MSEC / 4)	/* … at least this much for each */
/* a woken task preempts if it is behind by more than this */
#define WAKEUP_GRANULARITY (1 * NSEC_PER_MSEC)
#define NICE_0_WEIGHT	  1024

u64 sched_weights[40];

/* One step of nice is 25 % in weight, which is about 10 % of processor time between two tasks. */
void fair_init(void)
{
	u64 w = NICE_0_WEIGHT << 16, v = w;

	for (int i = 20; i < 40; i++, w = w * 4 / 5)
		sched_weights[i] = w >> 16;
	for (int i = 20; i >= 0; i--, v = v * 5 / 4)
		sched_weights[i] = v >> 16;
}

static struct task_struct *task_of(struct sched_entity *se)
{
	return container_of(se, struct task_struct, se);
}

static bool entity_before(const struct rb_node *a, const struct rb_node *b)
{
	return (s64)(rb_entry(a, struct sched_entity, run_node)->vruntime -
		     rb_entry(b, struct sched_entity, run_node)->vruntime) < 0;
}

static struct sched_entity *first_entity(struct cfs_rq *cfs)
{
	struct rb_node *n = rb_first_cached(&cfs->timeline);

	return n ? rb_entry(n, struct sched_entity, run_node) : NULL;
}

/* Nanoseconds on a CPU as virtual ones. */
static u64 to_virtual(u64 ns, const struct sched_entity *se)
{
	return likely(se->load_weight == NICE_0_WEIGHT) ? ns : ns * NICE_0_WEIGHT / se->load_weight;
}

static void update_min_vruntime(struct cfs_rq *cfs)
{
	struct sched_entity *first = first_entity(cfs), *curr = cfs->curr;
	u64 v = cfs->min_vruntime;

	if (curr && curr->on_rq)
		v = first && (s64)(first->vruntime - curr->vruntime) < 0 ? first->vruntime
									 : curr->vruntime;
	else if (first)
		v = first->vruntime;
	if ((s64)(v - cfs->min_vruntime) > 0)
		cfs->min_vruntime = v;
}

void update_curr(struct rq *rq)
{
	struct sched_entity *se = rq->cfs.curr;
	s64 delta;

	if (!se)
		return;
	delta = (s64)(rq->clock - se->exec_start);
	if (delta <= 0)
		return;
	se->exec_start = rq->clock;
	se->sum_exec_runtime += delta;
	se->vruntime += to_virtual(delta, se);
	update_min_vruntime(&rq->cfs);
}

/* How much of a turn an entity gets, in ns. */
static u64 sched_slice(struct cfs_rq *cfs, const struct sched_entity *se)
{
	u64 period = max(SCHED_LATENCY, cfs->nr_running * MIN_GRANULARITY);
	u64 load = cfs->load + (se->on_rq ? 0 : se->load_weight);

	return period * se->load_weight / load;
}

void place_entity(struct cfs_rq *cfs, struct sched_entity *se, bool initial)
{
	u64 v = cfs->min_vruntime;

	if (initial)
		/* behind those who wait: a fork storm must not starve them */
		v += to_virtual(sched_slice(cfs, se), se);
	else
		v -= SCHED_LATENCY / 2;
	if ((s64)(v - se->vruntime) > 0)
		se->vruntime = v;
}

void migrate_entity(struct sched_entity *se, struct rq *from, struct rq *to)
{
	se->vruntime += READ_ONCE(to->cfs.min_vruntime) - READ_ONCE(from->cfs.min_vruntime);
}

void enqueue_task(struct rq *rq, struct task_struct *p)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &p->se;

	update_curr(rq);
	cfs->load += se->load_weight;
	cfs->nr_running++;
	se->cfs_rq = cfs;
	se->on_rq = true;
	if (se != cfs->curr)
		rb_add_cached(&se->run_node, &cfs->timeline, entity_before);
}

void dequeue_task(struct rq *rq, struct task_struct *p)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &p->se;

	update_curr(rq);
	if (se != cfs->curr)
		rb_erase_cached(&se->run_node, &cfs->timeline);
	se->on_rq = false;
	cfs->load -= se->load_weight;
	cfs->nr_running--;
	update_min_vruntime(cfs);
}

struct task_struct *pick_next_task(struct rq *rq)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = first_entity(cfs);

	if (!se)
		return NULL;
	rb_erase_cached(&se->run_node, &cfs->timeline);
	cfs->curr = se;
	se->exec_start = rq->clock;
	se->prev_sum_exec_runtime = se->sum_exec_runtime;
	return task_of(se);
}

void put_prev_task(struct rq *rq, struct task_struct *p)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = &p->se;

	if (se != cfs->curr)
		return;			/* the idle task */
	update_curr(rq);
	cfs->curr = NULL;
	if (se->on_rq)
		rb_add_cached(&se->run_node, &cfs->timeline, entity_before);
}

bool wakeup_preempts(struct rq *rq, struct task_struct *p)
{
	struct sched_entity *curr = rq->cfs.curr;

	if (!curr)
		return true;		/* idle */
	update_curr(rq);
	return (s64)(curr->vruntime - p->se.vruntime) > (s64)to_virtual(WAKEUP_GRANULARITY, &p->se);
}

bool slice_is_over(struct rq *rq)
{
	struct cfs_rq *cfs = &rq->cfs;
	struct sched_entity *se = cfs->curr, *first = first_entity(cfs);

	if (!se || !first)
		return false;
	return se->sum_exec_runtime - se->prev_sum_exec_runtime >= sched_slice(cfs, se);
}

u64 slice_end(struct rq *rq)
{
	struct sched_entity *se = rq->cfs.curr;
	u64 used = se->sum_exec_runtime - se->prev_sum_exec_runtime,
	    slice = sched_slice(&rq->cfs, se);

	return rq->clock + (slice > used ? slice - used : 0);
}
