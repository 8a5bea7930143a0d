// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of the trace, for a panic. All other CPUs have stopped, some in the midst of a record, so
 * nothing may be waited for: what was published counts, a record under way is left out. The rings
 * may be gone or going; each record is asked for before it is read. Nothing is allocated, and no
 * large thing is on the stack: it may be an NMI's.
 */
#include "fs/internal.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/internal.h"

struct ring_end {
	const struct trace_ring *ring;
	unsigned int cpu;
	u64 next, end; /* records to be shown: [next, end) */
	u64 oldest;    /* that is still there */
};
static struct ring_end ends[NR_CPUS * TRACE_RINGS]; /* the CPU that panics */
static char line[TRACE_LINE];

static const struct trace_head *record(const struct ring_end *e, u64 n)
{
	const char *at = e->ring->slots + (n & e->ring->mask) * e->ring->size;

	if (!kernel_address_mapped((unsigned long)at) ||
	    !kernel_address_mapped((unsigned long)at + e->ring->size - 1))
		return NULL;
	return (const struct trace_head *)at;
}

static unsigned int find_ends(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < nr_cpus * TRACE_RINGS; i++) {
		const struct trace_ring *r =
			&per_cpu(trace_cpu, i / TRACE_RINGS).rings[i % TRACE_RINGS];
		u64 slots = r->mask + 1;

		if (!r->slots || !r->committed)
			continue;
		/*
		 * A writer that was stopped has begun to overwrite what is a round before `next`.
		 */
		ends[n++] = (struct ring_end){
			.ring = r,
			.cpu = i / TRACE_RINGS,
			.next = r->committed,
			.end = r->committed,
			.oldest = r->next > slots ? r->next - slots : 0,
		};
	}
	return n;
}

/* The latest record that is not chosen yet, by its ring. NULL: all are. */
static struct ring_end *latest(unsigned int n)
{
	struct ring_end *best = NULL;
	u64 best_time = 0;

	for (struct ring_end *e = ends; e < ends + n; e++) {
		const struct trace_head *head = e->next > e->oldest ? record(e, e->next - 1) : NULL;

		if (head && (!best || head->time >= best_time)) {
			best = e;
			best_time = head->time;
		}
	}
	return best;
}

static struct ring_end *earliest(unsigned int n)
{
	struct ring_end *best = NULL;
	u64 best_time = 0;

	for (struct ring_end *e = ends; e < ends + n; e++) {
		const struct trace_head *head = e->next < e->end ? record(e, e->next) : NULL;

		if (head && (!best || head->time < best_time)) {
			best = e;
			best_time = head->time;
		}
	}
	return best;
}

static void show(const struct ring_end *e)
{
	const struct trace_head *head = record(e, e->next);
	struct seq_file m = {.buf = line, .size = sizeof(line)};

	if (head->event >= NR_TRACE_EVENTS)
		return;
	trace_format(&m, e->cpu, head);
	printk(KERN_EMERG " %.*s", (int)m.count, line);
}

void trace_show_last(unsigned int n)
{
	unsigned int rings = find_ends(), chosen = 0;
	struct ring_end *e;

	while (chosen < n && (e = latest(rings))) {
		e->next--;
		chosen++;
	}
	if (!chosen)
		return;
	printk(KERN_EMERG "Last trace events:\n");
	while ((e = earliest(rings))) {
		show(e);
		e->next++;
	}
}
