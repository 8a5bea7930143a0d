/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events: what happens, moment by moment, for /proc/trace. The events are in trace_events.h;
 * a place in the code records one with
 *
 *	trace(fork, p->pid, p->tgid);
 *
 * in any context but NMI, with any lock held. An event that is off costs one NOP (a static key);
 * its arguments are not evaluated. May be used from every floor above kernel/sync.
 *
 * Start with trace.c (how a record is made and switched on), then trace_ring.h (where it goes),
 * trace_proc.c (how it is read). docs/trace.md is the chapter.
 */
#pragma once

#include "kernel/lib/types.h"
#include "kernel/sync/static_key.h"

/* Types of fields that are more than C's: how a number is shown, how much of a text is kept. */
typedef u64 hex_t;
typedef u32 state_t;		/* task_struct.state; shown as the letter of /proc/PID/stat */
typedef const char *comm_t;	/* a task's name, 16 bytes */
typedef const char *text_t;	/* at most TRACE_TEXT - 1 bytes are kept */
#define TRACE_TEXT 224

#define TRACE1(name, ...) TRACE_##name,
#define TRACE2(name, ...) TRACE_##name,
#define TRACE3(name, ...) TRACE_##name,
#define TRACE4(name, ...) TRACE_##name,
enum trace_event {
#include "kernel/debug/trace_events.h"
	NR_TRACE_EVENTS
};
#undef TRACE1
#undef TRACE2
#undef TRACE3
#undef TRACE4
BUILD_BUG_ON(NR_TRACE_EVENTS > 32);

/* On while the event is recorded; trace_mutex to switch. */
extern struct static_key trace_keys[NR_TRACE_EVENTS];

#define trace_on(event) static_branch_unlikely(&trace_keys[TRACE_##event])
#define trace(event, ...)                           \
	do {                                        \
		if (trace_on(event))                \
			trace_##event(__VA_ARGS__); \
	} while (0)

/*
 * trace_NAME(fields): record it, on or not. Out of line, so that the place that is off stays small.
 */
#define TRACE_WRITER __attribute__((cold)) void
#define TRACE1(name, t1, a1)	     TRACE_WRITER trace_##name(t1 a1);
#define TRACE2(name, t1, a1, t2, a2) TRACE_WRITER trace_##name(t1 a1, t2 a2);
#define TRACE3(name, t1, a1, t2, a2, t3, a3) \
	TRACE_WRITER trace_##name(t1 a1, t2 a2, t3 a3);
#define TRACE4(name, t1, a1, t2, a2, t3, a3, t4, a4) \
	TRACE_WRITER trace_##name(t1 a1, t2 a2, t3 a3, t4 a4);
#include "kernel/debug/trace_events.h"
#undef TRACE1
#undef TRACE2
#undef TRACE3
#undef TRACE4
