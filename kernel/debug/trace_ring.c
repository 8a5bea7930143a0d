// SPDX-License-Identifier: GPL-2.0-only
/* Trace rings: the reader's side, and memory. trace_ring.h has the writer's and the protocol. */
#include "kernel/debug/trace_ring.h"
#include "kernel/lib/lib.h"
#include "kernel/mm/mm.h"

struct trace_place trace_ring_end(const struct trace_ring *r)
{
	return (struct trace_place){
		.next = READ_ONCE(r->next),
		.dropped = READ_ONCE(r->dropped),
	};
}

/* Dropped ones have no number, so that they are missed shows nowhere else. */
static u64 newly_dropped(const struct trace_ring *r, struct trace_place *at)
{
	u64 before = at->dropped;

	at->dropped = READ_ONCE(r->dropped);
	return at->dropped - before;
}

bool trace_ring_read(const struct trace_ring *r, struct trace_place *at, void *record, u64 *lost)
{
	u64 slots = r->mask + 1, next;

	for (;;) {
		if (at->next >= smp_load_acquire(&r->committed))
			return false;
		/* Its CPU may be writing over it; then `next` has moved on, and this copy is not used. */
		data_race(memcpy(record, r->slots + (at->next & r->mask) * r->size, r->size));
		/*
		 * A writer advances `next` before it touches the slot: if the copy has seen its
		 * bytes, so does this read.
		 */
		smp_rmb();
		next = READ_ONCE(r->next);
		if (next - at->next <= slots)
			break;
		*lost += next - slots - at->next;
		at->next = next - slots;
	}
	at->next++;
	*lost += newly_dropped(r, at);
	return true;
}

void trace_ring_settle(const struct trace_ring *r)
{
	u64 committed, next;

	smp_mb();	/* the caller's clock first */
	committed = READ_ONCE(r->committed);
	/*
	 * Who is at work now may have an earlier time. It is done when nobody is, or when one has
	 * published.
	 */
	while (READ_ONCE(r->writers) && READ_ONCE(r->committed) == committed)
		cpu_relax();
	next = smp_load_acquire(&r->next);
	while (READ_ONCE(r->committed) < next)
		cpu_relax();
}

int trace_ring_alloc(struct trace_ring *r, unsigned long slots, unsigned int size)
{
	r->slots = vmalloc((slots + 1) * size);
	if (!r->slots)
		return -ENOMEM;
	r->mask = slots - 1;
	r->size = size;
	return 0;
}

void trace_ring_free(struct trace_ring *r)
{
	vfree(r->slots);
	*r = (struct trace_ring){0};
}
