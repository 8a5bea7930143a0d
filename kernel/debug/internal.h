/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of kernel/debug/. */
#pragma once

#include "kernel/debug/trace.h"
#include "kernel/debug/trace_ring.h"

struct seq_file;

/* A panic has begun: locks may be held by CPUs that have stopped. */
bool panic_in_progress(void);

/* ---- backtrace.c ---- */
/* The return address of a function without a frame, perhaps; 0: none. And a trace with it. */
unsigned long stack_trace_leaf(const struct pt_regs *regs);
void show_trace(unsigned long leaf, const unsigned long *ips, unsigned int n);

/* ---- cpus.c ---- */
/* In a panic, after smp_stop_others(): where the others were, and the locks that their tasks hold. */
void show_stopped_cpus(void);

/* ---- trace_last.c ---- */
/* Log the last records of all rings, at most `n`. Nobody records any more: in a panic only. */
void trace_show_last(unsigned int n);

/* ---- trace.c ---- */
/* What all records begin with. */
struct trace_head {
	u64 time;		/* ns since boot */
	pid_t pid;		/* of the task that ran: in an interrupt, the interrupted one */
	u32 event;
	char comm[16];
};

/* Each CPU has two rings. */
enum { TRACE_SHORT, TRACE_LONG, TRACE_RINGS };
#define TRACE_SHORT_SIZE 64
#define TRACE_LONG_SIZE	 512

struct trace_cpu {
	struct trace_ring rings[TRACE_RINGS];
	u64 records[NR_TRACE_EVENTS];	/* ever made; its CPU writes, others read */
} __aligned(64);
DECLARE_PER_CPU(struct trace_cpu, trace_cpu);

#define TRACE_ALL ((1U << NR_TRACE_EVENTS) - 1)
/* Records ever made of the events in the mask. */
u64 trace_count(u32 events);
/* The longest line: every character of the texts as an octal escape. */
#define TRACE_LINE (256 + 2 * 4 * TRACE_TEXT)
/* A record as a line of text. */
void trace_format(struct seq_file *m, unsigned int cpu, const struct trace_head *head);
/* Every event with its state, records and fields, a line each. */
void trace_show_events(struct seq_file *m);
/*
 * Change a set of events: words "all", "none", "NAME", "+NAME", "-NAME", with spaces or commas in
 * between. A list whose first word has no sign is the whole set. -EINVAL: unknown word, nothing has
 * changed. `text` is destroyed.
 */
int trace_parse_events(char *text, u32 *events);
/*
 * The same for what is recorded; also "buf=SIZE", bytes of short records for each CPU. -EBUSY: the
 * size can only be changed while all is off and nobody reads. -ENOMEM. May sleep.
 */
int trace_control(char *text);
/* Nobody frees the rings between these. May sleep. */
void trace_reader_comes(void);
void trace_reader_goes(void);
