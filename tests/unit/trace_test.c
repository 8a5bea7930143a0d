// SPDX-License-Identifier: GPL-2.0-only
/* Units of the trace: rings with nested and interrupting writers, with readers elsewhere; lists of events; lines. */
#include "fs/seq_file.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/internal.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/timer.h"

struct record {
	u64 time;
	u64 writer, number;
	u64 check;		/* ~number */
	u64 unused[4];
};
BUILD_BUG_ON(sizeof(struct record) != 64);

static struct record *begin(struct trace_ring *ring, u64 writer, u64 number)
{
	u64 time;
	struct record *r = trace_ring_begin(ring, &time);

	r->time = time;
	r->writer = writer;
	r->number = number;
	r->check = ~number;
	return r;
}

static void put(struct trace_ring *ring, u64 writer, u64 number)
{
	begin(ring, writer, number);
	trace_ring_commit(ring);
}

KTEST(trace_ring_keeps_order)
{
	struct trace_ring ring = {0};
	struct trace_place a = {0}, b = {0};
	u64 lost = 0, time = 0;
	struct record r;

	KTEST_EQ(trace_ring_alloc(&ring, 8, sizeof(struct record)), 0);
	KTEST_EXPECT(!trace_ring_read(&ring, &a, &r, &lost));
	for (u64 i = 0; i < 5; i++)
		put(&ring, 1, i);
	for (u64 i = 0; i < 5; i++) {
		KTEST_EXPECT(trace_ring_read(&ring, &a, &r, &lost));
		KTEST_EQ(r.number, i);
		KTEST_EXPECT(r.time >= time);
		time = r.time;
	}
	KTEST_EXPECT(!trace_ring_read(&ring, &a, &r, &lost));
	/* Another reader is somewhere else, and reading takes nothing away. */
	KTEST_EXPECT(trace_ring_read(&ring, &b, &r, &lost));
	KTEST_EQ(r.number, 0);
	KTEST_EQ(lost, 0);
	trace_ring_free(&ring);
}

KTEST(trace_ring_nested_writers)
{
	struct trace_ring ring = {0};
	struct trace_place at = {0};
	u64 lost = 0;
	struct record r;

	KTEST_EQ(trace_ring_alloc(&ring, 8, sizeof(struct record)), 0);
	begin(&ring, 1, 0);
	begin(&ring, 2, 1);
	put(&ring, 3, 2);
	KTEST_EXPECT(!trace_ring_read(&ring, &at, &r, &lost));
	trace_ring_commit(&ring);
	KTEST_EXPECT(!trace_ring_read(&ring, &at, &r, &lost));
	trace_ring_commit(&ring);		/* the outermost: now all three */
	for (u64 i = 0; i < 3; i++) {
		KTEST_EXPECT(trace_ring_read(&ring, &at, &r, &lost));
		KTEST_EQ(r.number, i);
		KTEST_EQ(r.writer, i + 1);
	}
	KTEST_EQ(ring.writers, 0);
	KTEST_EQ(ring.committed, 3);
	trace_ring_free(&ring);
}

KTEST(trace_ring_counts_what_is_lost)
{
	struct trace_ring ring = {0};
	struct trace_place at = {0};
	u64 lost = 0;
	struct record r;

	KTEST_EQ(trace_ring_alloc(&ring, 8, sizeof(struct record)), 0);
	for (u64 i = 0; i < 20; i++)
		put(&ring, 1, i);
	for (u64 i = 12; i < 20; i++) {
		KTEST_EXPECT(trace_ring_read(&ring, &at, &r, &lost));
		KTEST_EQ(r.number, i);
		KTEST_EQ(lost, 12);
	}
	put(&ring, 1, 20);
	/* Half-made records overwrite too: 13 to 20 have a slot each, 21 is being made in 13's. */
	begin(&ring, 1, 21);
	at.next = 13;
	KTEST_EXPECT(trace_ring_read(&ring, &at, &r, &lost));
	KTEST_EQ(r.number, 14);
	KTEST_EQ(lost, 13);
	trace_ring_commit(&ring);
	trace_ring_free(&ring);
}

/* Half-made records are not overwritten: who comes round to them is dropped, and counted. */
KTEST(trace_ring_drops_what_finds_no_slot)
{
	struct trace_ring ring = {0};
	struct trace_place at, late;
	u64 lost = 0, late_lost = 0;
	struct record r, *outer, *inner;

	KTEST_EQ(trace_ring_alloc(&ring, 8, sizeof(struct record)), 0);
	for (u64 i = 0; i < 5; i++)
		put(&ring, 1, i);
	at = trace_ring_end(&ring);
	outer = begin(&ring, 1, 5);
	for (u64 i = 6; i < 20; i++) {		/* 6 to 12 have a slot each */
		inner = begin(&ring, 2, i);
		KTEST_EXPECT(inner != outer);
		trace_ring_commit(&ring);
	}
	KTEST_EXPECT(!trace_ring_read(&ring, &at, &r, &lost));
	trace_ring_commit(&ring);
	put(&ring, 1, 13);			/* there is room again; 5 has to go now */
	late = at;
	late.next++;
	for (u64 i = 6; i < 14; i++) {
		KTEST_EXPECT(trace_ring_read(&ring, &at, &r, &lost));
		KTEST_EQ(r.number, i);
		KTEST_EQ(lost, 1 + 7);
	}
	KTEST_EXPECT(!trace_ring_read(&ring, &at, &r, &lost));
	/* Each reader is told once, and one that comes later is not. */
	KTEST_EXPECT(trace_ring_read(&ring, &late, &r, &late_lost));
	KTEST_EQ(late_lost, 7);
	late = trace_ring_end(&ring);
	put(&ring, 1, 14);
	KTEST_EXPECT(trace_ring_read(&ring, &late, &r, &late_lost) && trace_ring_read(&ring, &at, &r, &lost));
	KTEST_EQ(late_lost, 7);
	KTEST_EQ(lost, 1 + 7);
	trace_ring_free(&ring);
}

/* ---- an interrupt that writes while the task does ---- */

#define STORM 20000

static struct trace_ring storm_ring;
static u64 storm_interrupts;

static void storm_fn(struct timer *t)
{
	put(&storm_ring, 2, storm_interrupts++);
	timer_start(t, ktime_get() + 7 * NSEC_PER_USEC);
}

static int storm_writer(void *done)
{
	struct timer t;

	timer_init(&t, storm_fn);
	timer_start(&t, ktime_get());
	for (u64 i = 0; i < STORM; i++) {
		begin(&storm_ring, 1, i);
		for (unsigned int spin = i % 16; spin; spin--)	/* wide enough for the interrupt */
			cpu_relax();
		trace_ring_commit(&storm_ring);
	}
	timer_cancel_sync(&t);
	complete(done);
	return 0;
}

/*
 * Read until both writers are done; from another CPU while they write, if there is one. What is missing in the numbers of
 * both must be what the ring says was lost.
 */
static void storm_read(struct completion *done)
{
	struct trace_place at = {0};
	u64 lost = 0, time = 0, next[3] = {0}, n = 0, missing = 0;
	struct record r;

	for (bool over = false;;) {
		if (!trace_ring_read(&storm_ring, &at, &r, &lost)) {
			if (over)
				break;
			over = completion_done(done);
			cond_resched();
			continue;
		}
		n++;
		if (r.check != ~r.number || r.writer < 1 || r.writer > 2 || r.number < next[r.writer] || r.time < time) {
			ktest_fail(__FILE__, __LINE__, "record %llu is torn or out of order: writer %llu, number %llu (from %llu), check %llx, time %llu after %llu",
				(unsigned long long)at.next - 1, (unsigned long long)r.writer, (unsigned long long)r.number,
				(unsigned long long)(r.writer < 3 ? next[r.writer] : 0), (unsigned long long)r.check,
				(unsigned long long)r.time, (unsigned long long)time);
			return;
		}
		time = r.time;
		missing += r.number - next[r.writer];
		next[r.writer] = r.number + 1;
	}
	missing += STORM - next[1] + storm_interrupts - next[2];
	KTEST_EQ(missing, lost);
	KTEST_EQ(n + lost, STORM + storm_interrupts);
	KTEST_EXPECT(storm_interrupts > 0);
}

KTEST(trace_ring_interrupts_and_readers)
{
	DECLARE_COMPLETION_ONSTACK(done);

	storm_interrupts = 0;
	storm_ring = (struct trace_ring){0};
	KTEST_EQ(trace_ring_alloc(&storm_ring, 64, sizeof(struct record)), 0);
	KTEST_EXPECT(!IS_ERR(kthread_run_on(nr_cpus - 1, storm_writer, &done, "storm")));
	storm_read(&done);
	wait_for_completion(&done);
	trace_ring_free(&storm_ring);
}

/* ---- a reader that wants everything up to now ---- */

static u64 slow_began;		/* time of the record that the writer is in the midst of */
static bool slow_looked_at;	/* the reader is about to look */

static int slow_writer(void *done)
{
	struct record *r = begin(&storm_ring, 1, 0);

	u64 until;

	smp_store_release(&slow_began, r->time);
	while (!smp_load_acquire(&slow_looked_at))
		cpu_relax();
	until = ktime_get() + 5 * NSEC_PER_MSEC;
	while (ktime_get() < until)
		cpu_relax();
	trace_ring_commit(&storm_ring);
	complete(done);
	return 0;
}

KTEST(trace_ring_settles)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct trace_place at = {0};
	u64 lost = 0;
	struct record r;

	if (nr_cpus == 1)
		return;			/* nobody can look while another writes */
	storm_ring = (struct trace_ring){0};
	slow_began = 0;
	slow_looked_at = false;
	KTEST_EQ(trace_ring_alloc(&storm_ring, 8, sizeof(struct record)), 0);
	trace_ring_settle(&storm_ring);
	KTEST_EXPECT(!IS_ERR(kthread_run_on(!smp_processor_id(), slow_writer, &done, "slow")));
	while (!smp_load_acquire(&slow_began))
		cond_resched();
	smp_store_release(&slow_looked_at, true);
	trace_ring_settle(&storm_ring);
	KTEST_EXPECT(trace_ring_read(&storm_ring, &at, &r, &lost) && r.time == slow_began);
	wait_for_completion(&done);
	trace_ring_free(&storm_ring);
}

/* ---- events ---- */

static int parse(const char *text, u32 *events)
{
	char copy[128];

	strscpy(copy, text, sizeof(copy));
	return trace_parse_events(copy, events);
}

KTEST(trace_lists_of_events)
{
	u32 set = 1U << TRACE_exit;

	KTEST_EQ(parse("exec", &set), 0);
	KTEST_EQ(set, 1U << TRACE_exec);
	KTEST_EQ(parse("+fork, -exec\n", &set), 0);
	KTEST_EQ(set, 1U << TRACE_fork);
	KTEST_EQ(parse("all -page_fault", &set), 0);
	KTEST_EQ(set, TRACE_ALL & ~(1U << TRACE_page_fault));
	KTEST_EQ(parse("-all +oom", &set), 0);
	KTEST_EQ(set, 1U << TRACE_oom);
	KTEST_EQ(parse("exec nonsense", &set), -EINVAL);
	KTEST_EQ(parse("+", &set), -EINVAL);
	KTEST_EQ(parse("buf=1M", &set), -EINVAL);
	KTEST_EQ(set, 1U << TRACE_oom);
	KTEST_EQ(parse("none", &set), 0);
	KTEST_EQ(set, 0);
}

KTEST(trace_line_is_words)
{
	static char buf[TRACE_LINE];
	static struct {
		struct trace_head head;
		char text[TRACE_TEXT];
	} rec = {{1002000003ULL, 7, TRACE_mark, "a b"}, "two\nlines \\"};
	struct seq_file m = {.buf = buf, .size = sizeof(buf)};

	trace_format(&m, 3, &rec.head);
	KTEST_EXPECT(m.count < sizeof(buf));
	buf[m.count] = '\0';
	KTEST_EXPECT(!strcmp(buf, "1.002000003 3 7 a\\040b mark: text=two\\012lines\\040\\134\n"));
	/* The longest: every character an escape. */
	memset(rec.text, ' ', sizeof(rec.text));
	m.count = 0;
	trace_format(&m, 3, &rec.head);
	KTEST_EXPECT(m.count > 4 * (TRACE_TEXT - 1) && m.count < sizeof(buf));
}

KTEST(trace_off_evaluates_nothing)
{
	u64 before = trace_count(1U << TRACE_mark);
	char on[] = "+mark", off[] = "-mark";
	int n = 0;

	trace(mark, (n++, "not evaluated"));
	KTEST_EQ(n, 0);
	KTEST_EQ(trace_count(1U << TRACE_mark), before);
	KTEST_EQ(trace_control(on), 0);
	trace(mark, (n++, "evaluated"));
	KTEST_EQ(trace_control(off), 0);
	KTEST_EQ(n, 1);
	KTEST_EQ(trace_count(1U << TRACE_mark), before + 1);
}
