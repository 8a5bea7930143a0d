// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fair class: every runnable task gets processor time in proportion to its weight, and every
 * group of tasks in proportion to its own.
 *
 * Each entity has a virtual time: the time it ran, divided by its weight. The one that has had
 * least runs next; so a red-black tree ordered by virtual time is the whole policy, at each level
 * of groups, and everything else here decides two things:
 *   - how long the chosen one runs before another gets a turn;
 *   - where one stands that was away: a little before the others, so that it answers quickly, but
 * not by all the time it slept, or it could keep everybody else away for as long.
 *
 * Virtual time is the same on all CPUs. A task takes its own along when it moves. A group has one
 * for all CPUs (task_group.vruntime): serving it on one makes its turn come later on each, which is
 * how weights hold over the machine whatever the number of its tasks and wherever they are. Its
 * entity in a CPU's tree is sorted by what that time was when it was put there. It only grows, so
 * the leftmost of the tree is looked at anew before it is believed (first_entity()).
 *
 * CPUs that have different work run at different speeds in virtual time; balance.c moves tasks so
 * that they keep together. Where affinity forbids it they drift apart, so whoever comes to a queue
 * is brought within SLACK of those who are there.
 *
 * Start with pick_next_task() and charge_running(). rq->lock is held throughout. A task without
 * groups takes a short way through both; what is marked noinline is not on it.
 */
#include "kernel/sched/rq.h"
#include "kernel/debug/debug.h"

/* in which everybody runs once, as long as that leaves … */
#define SCHED_LATENCY	  (6 * NSEC_PER_MSEC)
#define MIN_GRANULARITY	  (3 * NSEC_PER_MSEC / 4) /* … at least this much for each */
/* a woken task preempts if it is behind by more than this */
#define WAKEUP_GRANULARITY (1 * NSEC_PER_MSEC)
/* how far behind the others of its new queue an arrival may stand */
#define PATIENCE	  (2 * SCHED_LATENCY)
#define MAX_REFRESH	  4	/* stale groups looked at in one choice */

u64 sched_weights[40];
atomic_t sched_cpuacct_users;

/* One step of nice is 25 % in weight, which is about 10 % of processor time between two tasks. */
void fair_init(void)
{
	u64 w = NICE_0_WEIGHT << 16, v = w;

	for (int i = 20; i < 40; i++, w = w * 4 / 5)
		sched_weights[i] = w >> 16;
	for (int i = 20; i >= 0; i--, v = v * 5 / 4)
		sched_weights[i] = v >> 16;
}

void cfs_rq_init(struct cfs_rq *cfs, struct task_group *tg, struct sched_entity *owner)
{
	cfs->timeline = RB_ROOT_CACHED;
	cfs->tg = tg;
	cfs->owner = owner;
	cfs->depth = owner ? owner->cfs_rq->depth + 1 : 0;
}

/* ---- virtual time ---- */

static u64 later(u64 a, u64 b)
{
	return before(a, b) ? b : a;
}

static struct task_struct *task_of(struct sched_entity *se)
{
	return container_of(se, struct task_struct, se);
}

static struct group_cpu *group_of(const struct sched_entity *se)
{
	return container_of(se, struct group_cpu, se);
}

static u64 group_time(const struct sched_entity *se)
{
	return READ_ONCE(se->my_q->tg->vruntime);
}

/* Virtual time of one that runs, without what it has paid in advance. */
static u64 running_key(const struct sched_entity *se)
{
	return se->my_q ? group_time(se) - to_virtual(group_of(se)->prepaid, se) : se->vruntime;
}

u64 entity_key(const struct sched_entity *se)
{
	u64 v;

	if (!se->my_q)
		return se->vruntime;
	v = group_time(se);
	return before(group_of(se)->latest, v) ? group_of(se)->latest : v;
}

static bool entity_before(const struct rb_node *a, const struct rb_node *b)
{
	return before(rb_entry(a, struct sched_entity, run_node)->vruntime,
		      rb_entry(b, struct sched_entity, run_node)->vruntime);
}

static struct sched_entity *leftmost(const struct cfs_rq *cfs)
{
	return rb_entry_safe(rb_first_cached(&cfs->timeline), struct sched_entity, run_node);
}

static __always_inline u64 update_min_vruntime(struct cfs_rq *cfs)
{
	struct sched_entity *first = leftmost(cfs), *curr = cfs->curr;
	u64 v = cfs->min_vruntime;

	if (curr)
		v = first && before(first->vruntime, curr->vruntime) ? first->vruntime
								     : curr->vruntime;
	else if (first)
		v = first->vruntime;
	return cfs->min_vruntime = later(cfs->min_vruntime, v);
}

/* How long one of n tasks may go on while the others wait, in ns. */
static u64 turn(unsigned int n)
{
	return max(SCHED_LATENCY / n, MIN_GRANULARITY);
}

/*
 * A group that runs here pays for a turn in advance, so that other CPUs, which decide meanwhile, do
 * not all serve it at once. What it owes already is paid, too.
 */
static noinline void prepay(struct rq *rq, struct sched_entity *se)
{
	struct group_cpu *g = group_of(se);
	s64 ns = (s64)turn(rq->nr_running);

	se->vruntime = group_time(se);
	__atomic_fetch_add(&g->q.tg->vruntime, to_virtual(ns - g->prepaid, se), __ATOMIC_RELAXED);
	g->prepaid = ns;
}

/*
 * The groups that run are charged for what their tasks were charged since this was done last. That is
 * not at each switch, but before it is decided by what they had, before other groups begin to run or
 * these stop, and at ticks: tasks of one group that take turns pay nothing for it.
 */
void charge_groups(struct rq *rq)
{
	s64 ns = (s64)(rq->exec_total - rq->groups_charged);

	if (!ns)
		return;
	rq->groups_charged = rq->exec_total;
	for (struct sched_entity *se = rq->cfs.curr; se && se->my_q; se = se->my_q->curr) {
		struct group_cpu *g = group_of(se);

		g->prepaid -= ns;
		if (g->prepaid < 0)
			prepay(rq, se);
	}
}

/* It stops running, and has been charged: give back what was not used. */
static noinline void settle(struct sched_entity *se)
{
	struct group_cpu *g = group_of(se);

	__atomic_fetch_sub(&g->q.tg->vruntime, to_virtual(g->prepaid, se), __ATOMIC_RELAXED);
	g->prepaid = 0;
}

__weak void cpuacct_charge(struct task_struct *p, unsigned int cpu, u64 ns)
{
}

__weak void cpuacct_sample(struct task_struct *p, unsigned int cpu, bool user)
{
}

/* A task has run here: others want to know. */
static noinline void charge_others(struct rq *rq, struct sched_entity *running, u64 ns)
{
	if (quotas_used())
		bandwidth_charge(rq, running, ns);
	if (atomic_read(&sched_cpuacct_users))
		cpuacct_charge(task_of(running), rq->cpu, ns);
}

void charge_running(struct rq *rq)
{
	struct sched_entity *se = rq->running;
	u64 ns = rq->clock - se->exec_start;

	se->exec_start = rq->clock;
	se->sum_exec_runtime += ns;
	rq->exec_total += ns;
	se->vruntime += to_virtual(ns, se);
	if (unlikely(quotas_used() || atomic_read(&sched_cpuacct_users)))
		charge_others(rq, se, ns);
}

void advance_clocks(struct rq *rq)
{
	for (struct sched_entity *se = rq->running; se; se = se->parent) {
		u64 now = update_min_vruntime(se->cfs_rq);

		if (before(READ_ONCE(se->cfs_rq->tg->clock), now))
			WRITE_ONCE(se->cfs_rq->tg->clock, now);
	}
}

/* ---- turns ---- */

bool slice_is_over(struct rq *rq)
{
	struct sched_entity *se = rq->running;

	return se && rq->nr_running > 1 &&
	       se->sum_exec_runtime - se->prev_sum_exec_runtime >= turn(rq->nr_running);
}

u64 slice_end(struct rq *rq)
{
	struct sched_entity *se = rq->running;
	u64 used = se ? se->sum_exec_runtime - se->prev_sum_exec_runtime : 0;
	u64 whole = turn(rq->nr_running);

	return rq->clock + (whole > used ? whole - used : 0);
}

void yield_running(struct rq *rq)
{
	struct sched_entity *se = rq->running, *first;

	update_curr(rq);
	first = se ? leftmost(se->cfs_rq) : NULL;
	if (first && before(se->vruntime, first->vruntime + 1))
		se->vruntime = first->vruntime + 1;
}

/* Two of different groups: it is decided on the level where their ways part. */
static noinline bool group_preempts(struct rq *rq, const struct sched_entity *se)
{
	const struct sched_entity *curr = rq->running;

	charge_groups(rq);
	while (curr->cfs_rq != se->cfs_rq) {
		int deeper = (int)curr->cfs_rq->depth - (int)se->cfs_rq->depth;

		if (deeper >= 0)
			curr = curr->parent;
		if (deeper <= 0)
			se = se->parent;
	}
	return before(entity_key(se) + to_virtual(WAKEUP_GRANULARITY, se), running_key(curr));
}

bool wakeup_preempts(struct rq *rq, struct task_struct *p)
{
	const struct sched_entity *curr = rq->running, *se = &p->se;

	if (!curr)
		return true;		/* idle */
	if (unlikely(curr->cfs_rq != se->cfs_rq))
		return group_preempts(rq, se);
	return before(se->vruntime + to_virtual(WAKEUP_GRANULARITY, se), curr->vruntime);
}

/* ---- joining and leaving a queue ---- */

/*
 * How far before the others one may stand that joins them. The one that runs and the first of those
 * who wait have to give way, so it is measured in their running time: that of the heavier one, for
 * whom it is longer.
 */
static __always_inline u64 credit(const struct cfs_rq *cfs, const struct sched_entity *se,
				  enum arrival how, u64 slack)
{
	const struct sched_entity *host = cfs->curr, *first = leftmost(cfs);

	if (!host || (first && first->load_weight > host->load_weight))
		host = first ?: se;
	return to_virtual(how == WOKEN ? SCHED_LATENCY / 2 : slack, host);
}

/* Where a queue stands: where those on it are; without any, where the group is on other CPUs. */
static __always_inline u64 queue_time(struct cfs_rq *cfs)
{
	return cfs->nr_running ? update_min_vruntime(cfs) : READ_ONCE(cfs->tg->clock);
}

/* Where in virtual time a task joins its queue. */
static __always_inline u64 place_task(struct cfs_rq *cfs, const struct sched_entity *se,
				      enum arrival how)
{
	u64 now = queue_time(cfs), v = se->vruntime;

	if (how == NEWCOMER)
		/* behind those who wait: a fork storm must not starve them */
		return now + to_virtual(turn(cfs->nr_running + 1), se);
	if (before(v, now))
		return later(v, now - credit(cfs, se, how, SLACK));
	return before(now + to_virtual(PATIENCE, se), v) ? now + to_virtual(PATIENCE, se) : v;
}

/* Raise a group's virtual time to v, unless it is there already. */
static u64 raise_vruntime(struct task_group *tg, u64 v)
{
	u64 old = READ_ONCE(tg->vruntime);

	while (before(old, v))
		if (__atomic_compare_exchange_n(&tg->vruntime, &old, v, false, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return v;
	return old;
}

/*
 * A group's entity begins to wait. Its key is the group's virtual time, but what the group gets on
 * other CPUs keeps it waiting for no longer than g->hold (in its own running time).
 */
static void park_group(struct sched_entity *se)
{
	struct group_cpu *g = group_of(se);

	g->seen = group_time(se);
	g->latest = update_min_vruntime(se->cfs_rq) + to_virtual(g->hold, se);
	se->vruntime = entity_key(se);
}

/*
 * Let an entity join its queue, at its vruntime. If that is further before all who are there than
 * credit() gives anybody of common weight, the queue's time goes back to it: theirs has run ahead, as
 * that of a light group does that was alone, and who comes next is to stand beside the new one and
 * not wait until it is where they are.
 */
static __always_inline void join(struct sched_entity *se)
{
	struct cfs_rq *cfs = se->cfs_rq;

	if (!cfs->nr_running++ || before(se->vruntime + SLACK * nr_cpus, cfs->min_vruntime))
		cfs->min_vruntime = se->vruntime;
	se->on_rq = true;
	rb_add_cached(&se->run_node, &cfs->timeline, entity_before);
}

static __always_inline void leave(struct sched_entity *se)
{
	struct cfs_rq *cfs = se->cfs_rq;

	if (se == cfs->curr)
		cfs->curr = NULL;
	else
		rb_erase_cached(&se->run_node, &cfs->timeline);
	se->on_rq = false;
	cfs->nr_running--;
	update_min_vruntime(cfs);
}

/* A group that was active on no CPU has slept: then it may not come with all that it missed. */
static noinline void join_group(struct sched_entity *se, enum arrival how)
{
	struct cfs_rq *cfs = se->cfs_rq;
	struct task_group *tg = se->my_q->tg;
	bool slept = atomic_inc_return(&tg->nr_active) == 1 && how != MOVED;

	if (slept || cfs->nr_running)
		raise_vruntime(tg, queue_time(cfs) - credit(cfs, se, slept ? WOKEN : MOVED,
							    SLACK * nr_cpus));
	if (!cfs->nr_running)
		cfs->min_vruntime = group_time(se);
	park_group(se);
	join(se);
}

static noinline void leave_group(struct rq *rq, struct sched_entity *se)
{
	if (se == se->cfs_rq->curr) {
		charge_groups(rq);
		settle(se);
	}
	leave(se);
	atomic_dec(&se->my_q->tg->nr_active);
}

/* A task has joined its queue: so do the groups above it. */
static noinline void join_above(struct sched_entity *se, enum arrival how)
{
	while ((se = se->parent) && !se->on_rq)
		join_group(se, how);
}

/* The reverse: groups leave that have nothing left to run. */
static noinline void leave_above(struct rq *rq, struct sched_entity *se)
{
	while ((se = se->parent) && !se->my_q->nr_running)
		leave_group(rq, se);
}

void enqueue_task(struct rq *rq, struct task_struct *p, enum arrival how)
{
	struct sched_entity *se = &p->se;

	update_curr(rq);
	se->vruntime = place_task(se->cfs_rq, se, how);
	join(se);
	if (unlikely(se->parent))
		join_above(se, how);
	add_nr_running(rq, 1);
}

void dequeue_task(struct rq *rq, struct task_struct *p)
{
	struct sched_entity *se = &p->se;

	update_curr(rq);
	if (rq->running == se)
		rq->running = NULL;
	leave(se);
	if (unlikely(se->parent))
		leave_above(rq, se);
	sub_nr_running(rq, 1);
}

/* ---- choosing ---- */

/*
 * The first of those who wait. A group that was served on another CPU since it was put into the
 * tree goes to where it belongs now, and the next is looked at. Each turn that a group has anywhere
 * makes for one such step here at most; MAX_REFRESH of them are enough for one choice, since to let
 * a group go early only makes it wait longer afterwards.
 */
static noinline struct sched_entity *refresh_first(struct cfs_rq *cfs, struct sched_entity *se)
{
	for (int i = 0; i < MAX_REFRESH && se->my_q; i++) {
		u64 key = entity_key(se);

		if (!before(se->vruntime, key))
			break;
		rb_erase_cached(&se->run_node, &cfs->timeline);
		se->vruntime = key;
		rb_add_cached(&se->run_node, &cfs->timeline, entity_before);
		se = leftmost(cfs);
	}
	return se;
}

static __always_inline struct sched_entity *first_entity(struct cfs_rq *cfs)
{
	struct sched_entity *se = leftmost(cfs);

	return se && unlikely(se->my_q) ? refresh_first(cfs, se) : se;
}

u64 next_turn(struct cfs_rq *cfs)
{
	const struct sched_entity *first = first_entity(cfs), *curr = cfs->curr;
	u64 v = curr ? curr->my_q ? group_time(curr) : curr->vruntime : 0;

	return !curr || (first && before(first->vruntime, v)) ? first->vruntime : v;
}

/*
 * A group's turn has come. If it had to wait for as long as it may, then either it got nothing
 * anywhere meanwhile: what it got before that, on CPUs whose time is ahead of this one's, is not
 * held against it any more. Or it is served elsewhere, and its tasks here can't go there: next time
 * it waits half as long, so that they get a tenth of what this CPU alone would give them, at least.
 */
static noinline void end_wait(struct sched_entity *se)
{
	struct group_cpu *g = group_of(se);

	if (!before(g->latest, group_time(se)))
		g->hold = SLACK * nr_cpus;
	else if (cmpxchg(&g->q.tg->vruntime, g->seen, g->latest) != g->seen)
		g->hold = max(g->hold / 2, PATIENCE);
}

/* Put the running entity of a queue, and what runs below it, back among those who wait. */
static noinline void put_running(struct rq *rq, struct cfs_rq *cfs)
{
	struct sched_entity *se;

	charge_groups(rq);
	for (; cfs && (se = cfs->curr); cfs = se->my_q) {
		cfs->curr = NULL;
		if (se->my_q) {
			settle(se);
			park_group(se);
		}
		rb_add_cached(&se->run_node, &cfs->timeline, entity_before);
	}
}

/* Make an entity that waits the one that runs. */
static __always_inline void take(struct rq *rq, struct sched_entity *se)
{
	rb_erase_cached(&se->run_node, &se->cfs_rq->timeline);
	if (unlikely(se->my_q)) {
		charge_groups(rq);
		end_wait(se);
		prepay(rq, se);
	}
	se->cfs_rq->curr = se;
}

/* Of those at one level, running or waiting, the one that shall run now; it is cfs->curr then. */
static __always_inline struct sched_entity *choose(struct rq *rq, struct cfs_rq *cfs)
{
	struct sched_entity *first = first_entity(cfs), *curr = cfs->curr;

	if (!first)
		return curr;
	if (curr) {
		if (unlikely(curr->my_q))
			charge_groups(rq);
		if (before(running_key(curr), first->vruntime))
			return curr;
		if (unlikely(curr->my_q))
			put_running(rq, cfs);
		else
			rb_add_cached(&curr->run_node, &cfs->timeline, entity_before);
	}
	take(rq, first);
	return first;
}

/* From a group that shall run, down to a task. */
static noinline struct sched_entity *descend(struct rq *rq, struct sched_entity *se)
{
	while (se->my_q)
		se = choose(rq, se->my_q);
	return se;
}

/*
 * The highest queue on which there is something to choose, for one who leaves a group's queue. If as
 * much is there as wants this CPU at all, every group above runs and is alone on its queue.
 */
static struct cfs_rq *first_choice(struct rq *rq, struct cfs_rq *cfs)
{
	if (cfs->nr_running == rq->nr_running && cfs->owner->cfs_rq->curr == cfs->owner)
		return cfs;
	return &rq->cfs;
}

struct task_struct *pick_next_task(struct rq *rq)
{
	struct cfs_rq *cfs = rq->curr->se.cfs_rq;
	struct sched_entity *se;

	update_curr(rq);
	if (unlikely(cfs->owner))
		cfs = first_choice(rq, cfs);
	se = choose(rq, cfs);
	if (se && unlikely(se->my_q))
		se = descend(rq, se);
	rq->running = se;
	if (!se)
		return NULL;
	se->exec_start = rq->clock;
	se->prev_sum_exec_runtime = se->sum_exec_runtime;
	return task_of(se);
}

/*
 * A group that waits has another weight. What it has had too much was running time by the old weight,
 * and is so much virtual time by the new one: heavier now, it need not wait as long as it would have
 * had to. (Lighter, it may: the time it got counts as it did when it got it.)
 */
static void shorten_wait(struct sched_entity *se, u64 old_weight)
{
	struct cfs_rq *cfs = se->cfs_rq;
	struct group_cpu *g = group_of(se);
	u64 now = update_min_vruntime(cfs), key = entity_key(se);

	if (!before(now, key))
		return;
	key = now + (key - now) * old_weight / se->load_weight;
	if (before(key, g->latest))
		g->latest = key;
	rb_erase_cached(&se->run_node, &cfs->timeline);
	se->vruntime = entity_key(se);
	rb_add_cached(&se->run_node, &cfs->timeline, entity_before);
}

/* What the group ran, or paid in advance, up to now counts by the old weight. */
void set_group_weight(struct rq *rq, struct sched_entity *se, u64 weight)
{
	bool runs = se->cfs_rq->curr == se;
	u64 old_weight = se->load_weight;

	update_curr(rq);
	charge_groups(rq);
	if (runs)
		settle(se);
	se->load_weight = weight;
	if (runs)
		prepay(rq, se);
	else if (se->on_rq && weight > old_weight)
		shorten_wait(se, old_weight);
}

void set_running(struct rq *rq, struct task_struct *p)
{
	put_running(rq, &rq->cfs);
	for (struct sched_entity *se = &p->se; se; se = se->parent)
		take(rq, se);
	rq->running = &p->se;
	p->se.exec_start = rq->clock;
}
