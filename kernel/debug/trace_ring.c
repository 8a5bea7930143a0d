// SPDX-License-Identifier: GPL-2.0-only
/* Trace rings: the reader's side, and memory. trace_ring.h has the writer's and the protocol. */
#include "kernel/debug/trace_ring.h"
#include "kernel/lib/lib.h"
#include "kernel/mm/mm.h"

bool trace_ring_read(const struct trace_ring *r, u64 *pos, void *record, u64 *lost)
{
	u64 slots = r->mask + 1, next;

	for (;;) {
		if (*pos >= smp_load_acquire(&r->committed))
			return false;
		/* Its CPU may be writing over it; then `next` has moved on, and this copy is not used. */
		data_race(memcpy(record, r->slots + (*pos & r->mask) * r->size, r->size));
		/*
		 * A writer advances `next` before it touches the slot: if the copy has seen its
		 * bytes, so does this read.
		 */
		smp_rmb();
		next = READ_ONCE(r->next);
		if (next - *pos <= slots)
			return true;
		*lost += next - slots - *pos;
		*pos = next - slots;
	}
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
	r->slots = vmalloc(slots * size);
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
