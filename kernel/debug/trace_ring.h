/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ring of records of one size, written by one CPU without a lock, read by all.
 *
 * The writer is whatever runs on the CPU: a task, an interrupt in the midst of the task's record,
 * an NMI in the midst of that. They nest, the inner ends first; that is all the order there is, and
 * all that is needed:
 *
 *   next	counts records begun. One instruction advances it, so each record has a slot of its
 *		own. The clock is read between reading and advancing it; if another writer came in
 *		between, that is done again: the records of a ring are in the order of their times.
 *   committed	counts records that readers may look at. Only the outermost writer moves it, when it
 *		is done: then all that have begun are done.
 *
 * The oldest record is overwritten, but none that is not published: its writer may be in the midst
 * of it, and interrupts may come faster than it gets on. What finds no other slot is dropped.
 *
 * A reader copies a record and then looks at `next`: if that is not more than one round ahead,
 * nobody has begun to overwrite what was copied.
 */
#pragma once

#include "arch/x86_64/arch.h"

struct trace_ring {
	u64 next;		/* its CPU writes, others read */
	u64 committed;		/* its CPU writes, others read */
	u64 writers;		/* how deep they are nested now; its CPU writes, others read */
	u64 dropped;		/* records that no reader sees; its CPU writes, others read */
	/* trace_mutex, and only while nobody writes: */
	char *slots;		/* and one more behind them, for what is dropped */
	u64 mask;		/* number of slots - 1 */
	unsigned int size;	/* bytes in a slot */
};

/*
 * Begin a record in a ring of this CPU: its slot, and the time that belongs to it (ns since boot).
 * The caller fills the slot and calls trace_ring_commit(), without sleeping in between; also if the
 * record is dropped. Any context.
 */
static inline void *trace_ring_begin(struct trace_ring *r, u64 *time)
{
	u64 at;

	local_inc(&r->writers);
	do {
		at = READ_ONCE(r->next);
		*time = arch_clock_ns();
		if (unlikely(at - READ_ONCE(r->committed) > r->mask)) {
			local_inc(&r->dropped);
			return r->slots + (r->mask + 1) * r->size;
		}
	} while (!local_cmpxchg(&r->next, at, at + 1));
	return r->slots + (at & r->mask) * r->size;
}

static inline void trace_ring_commit(struct trace_ring *r)
{
	u64 before, now;

	if (!local_dec_and_test(&r->writers))
		return;
	/* A writer that interrupts here is an outermost one itself; what it published must stay. */
	do {
		before = READ_ONCE(r->committed);
		now = READ_ONCE(r->next);
	} while (!local_cmpxchg(&r->committed, before, now));
}

/* A reader's place in a ring. All 0: at the oldest record. */
struct trace_place {
	u64 next;		/* number of the record to read */
	u64 dropped;		/* so many of the ring's are told of */
};

/* The place behind the latest record. Any CPU. */
struct trace_place trace_ring_end(const struct trace_ring *r);
/*
 * Copy the record at a place, or the first after it that is still there, and go on to the next.
 * *lost grows by the number of those left out. False: there is none yet. Any CPU.
 */
bool trace_ring_read(const struct trace_ring *r, struct trace_place *at, void *record, u64 *lost);
/* Wait until every record whose time is before this call can be read. Any CPU; not from an NMI. */
void trace_ring_settle(const struct trace_ring *r);
/* Memory for `slots` records, a power of two. -ENOMEM. May sleep. */
int trace_ring_alloc(struct trace_ring *r, unsigned long slots, unsigned int size);
/* Nobody writes or reads any more. May sleep. */
void trace_ring_free(struct trace_ring *r);
