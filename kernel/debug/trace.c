// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trace events: how a record is made, shown, and switched on and off.
 *
 * Everything about single events comes from trace_events.h, which is included here several times:
 * the record's structure, the function that writes it, the description by which it is shown.
 * Records go into the rings of the CPU (trace_ring.h): short ones into one, long ones into another.
 * The memory for all rings is taken when the first event is switched on.
 */
#include "fs/internal.h"
#include "kernel/debug/internal.h"
#include "kernel/lib/init.h"

/*
 * Bytes of short records for each CPU; long ones get half as much on top. The least has room for
 * many more records than an interrupt makes that strikes in the midst of one: it is a storm of
 * interrupts that has some dropped.
 */
#define DEFAULT_SIZE (1UL << 20)
#define MIN_SIZE     (64UL << 10)
#define MAX_SIZE     (256UL << 20)

struct static_key trace_keys[NR_TRACE_EVENTS];
DEFINE_PER_CPU(struct trace_cpu, trace_cpu);

static DEFINE_MUTEX(trace_mutex);		/* trace_keys, and: */
static u32 events_on;				/* the same as bits */
static unsigned long ring_size = DEFAULT_SIZE;
static bool allocated;
static unsigned int nr_readers;			/* open files that read rings */

/* ---- records ---- */

#define MEMBER_pid_t(name)   pid_t name;
#define MEMBER_uid_t(name)   uid_t name;
#define MEMBER_u32(name)     u32 name;
#define MEMBER_u64(name)     u64 name;
#define MEMBER_hex_t(name)   u64 name;
#define MEMBER_state_t(name) u32 name;
#define MEMBER_comm_t(name)  char name[16];
#define MEMBER_text_t(name)  char name[TRACE_TEXT];

#define RECORD(name, members)           \
	struct trace_##name {           \
		struct trace_head head; \
		members                 \
	};                              \
	BUILD_BUG_ON(sizeof(struct trace_##name) > TRACE_LONG_SIZE);
#define TRACE1(name, t1, a1)	     RECORD(name, MEMBER_##t1(a1))
#define TRACE2(name, t1, a1, t2, a2) RECORD(name, MEMBER_##t1(a1) MEMBER_##t2(a2))
#define TRACE3(name, t1, a1, t2, a2, t3, a3) \
	RECORD(name, MEMBER_##t1(a1) MEMBER_##t2(a2) MEMBER_##t3(a3))
#define TRACE4(name, t1, a1, t2, a2, t3, a3, t4, a4) \
	RECORD(name, MEMBER_##t1(a1) MEMBER_##t2(a2) MEMBER_##t3(a3) MEMBER_##t4(a4))
#include "kernel/debug/trace_events.h"
#undef TRACE1
#undef TRACE2
#undef TRACE3
#undef TRACE4

static __always_inline void *begin_record(enum trace_event event, unsigned int ring)
{
	struct trace_cpu *tc = this_cpu_ptr(trace_cpu);
	struct task_struct *p = current;
	struct trace_head *head;
	u64 time;

	local_inc(&tc->records[event]);
	head = trace_ring_begin(&tc->rings[ring], &time);
	head->time = time;
	head->pid = p->pid;
	head->event = event;
	memcpy(head->comm, p->comm, sizeof(head->comm));
	return head;
}

static __always_inline void end_record(unsigned int ring)
{
	trace_ring_commit(&this_cpu_ptr(trace_cpu)->rings[ring]);
}

#define PUT_pid_t(name)	  r->name = name;
#define PUT_uid_t(name)	  r->name = name;
#define PUT_u32(name)	  r->name = name;
#define PUT_u64(name)	  r->name = name;
#define PUT_hex_t(name)	  r->name = name;
#define PUT_state_t(name) r->name = name;
#define PUT_comm_t(name)  memcpy(r->name, name, sizeof(r->name));
#define PUT_text_t(name)  strscpy(r->name, name, sizeof(r->name));

#define RING_OF(name) (sizeof(struct trace_##name) > TRACE_SHORT_SIZE ? TRACE_LONG : TRACE_SHORT)
#define WRITER(name, puts)                                                                 \
	{                                                                                  \
		struct trace_##name *r = begin_record(TRACE_##name, RING_OF(name));        \
		puts                                                                       \
		end_record(RING_OF(name));                                                 \
	}
#define TRACE1(name, t1, a1) \
	void trace_##name(t1 a1) WRITER(name, PUT_##t1(a1))
#define TRACE2(name, t1, a1, t2, a2) \
	void trace_##name(t1 a1, t2 a2) WRITER(name, PUT_##t1(a1) PUT_##t2(a2))
#define TRACE3(name, t1, a1, t2, a2, t3, a3) \
	void trace_##name(t1 a1, t2 a2, t3 a3) WRITER(name, PUT_##t1(a1) PUT_##t2(a2) PUT_##t3(a3))
#define TRACE4(name, t1, a1, t2, a2, t3, a3, t4, a4) \
	void trace_##name(t1 a1, t2 a2, t3 a3, t4 a4) \
		WRITER(name, PUT_##t1(a1) PUT_##t2(a2) PUT_##t3(a3) PUT_##t4(a4))
#include "kernel/debug/trace_events.h"
#undef TRACE1
#undef TRACE2
#undef TRACE3
#undef TRACE4

u64 trace_count(u32 events)
{
	u64 n = 0;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		for (unsigned int i = 0; i < NR_TRACE_EVENTS; i++)
			if (events & (1U << i))
				n += READ_ONCE(per_cpu(trace_cpu, cpu).records[i]);
	return n;
}

/* ---- descriptions ---- */

enum field_kind {
	KIND_NONE,
	KIND_pid_t,
	KIND_uid_t,
	KIND_u32,
	KIND_u64,
	KIND_hex_t,
	KIND_state_t,
	KIND_comm_t,
	KIND_text_t,
};

#define MAX_FIELDS 4
static const struct trace_event_info {
	const char *name;
	struct {
		const char *name;
		enum field_kind kind;		/* KIND_NONE: no more */
		unsigned int offset;		/* in the record */
	} fields[MAX_FIELDS];
} event_info[NR_TRACE_EVENTS] = {
#define FIELD(event, type, name) {#name, KIND_##type, offsetof(struct trace_##event, name)}
#define TRACE1(e, t1, a1) [TRACE_##e] = {#e, {FIELD(e, t1, a1)}},
#define TRACE2(e, t1, a1, t2, a2) [TRACE_##e] = {#e, {FIELD(e, t1, a1), FIELD(e, t2, a2)}},
#define TRACE3(e, t1, a1, t2, a2, t3, a3) \
	[TRACE_##e] = {#e, {FIELD(e, t1, a1), FIELD(e, t2, a2), FIELD(e, t3, a3)}},
#define TRACE4(e, t1, a1, t2, a2, t3, a3, t4, a4)                                 \
	[TRACE_##e] = {#e,                                                        \
		       {FIELD(e, t1, a1), FIELD(e, t2, a2), FIELD(e, t3, a3),    \
			FIELD(e, t4, a4)}},
#include "kernel/debug/trace_events.h"
#undef TRACE1
#undef TRACE2
#undef TRACE3
#undef TRACE4
};

static char letter_of(u32 state)
{
	if (state & TASK_DEAD)
		return 'X';
	if (state & TASK_STOPPED)
		return 'T';
	if (state & TASK_TRACED)
		return 't';
	if (state & TASK_UNINTERRUPTIBLE)
		return 'D';
	return (state & (TASK_INTERRUPTIBLE | TASK_THROTTLED)) == TASK_INTERRUPTIBLE ? 'S' : 'R';
}

/* A name or text as one word: white space and backslashes as octal escapes. */
static void show_text(struct seq_file *m, const char *text, size_t size)
{
	char copy[TRACE_TEXT];

	/* The task may have changed its name while it was copied: the end is wherever it is. */
	memcpy(copy, text, size);
	copy[size - 1] = '\0';
	if (*copy)
		seq_escape(m, copy, " \t\n\r\\");
	else
		seq_putc(m, '-');
}

static void show_field(struct seq_file *m, enum field_kind kind, const void *at)
{
	switch (kind) {
	case KIND_pid_t:
		seq_printf(m, "%d", *(const pid_t *)at);
		break;
	case KIND_uid_t:
	case KIND_u32:
		seq_printf(m, "%u", *(const u32 *)at);
		break;
	case KIND_u64:
		seq_printf(m, "%llu", *(const unsigned long long *)at);
		break;
	case KIND_hex_t:
		seq_printf(m, "0x%llx", *(const unsigned long long *)at);
		break;
	case KIND_state_t:
		seq_putc(m, letter_of(*(const u32 *)at));
		break;
	case KIND_comm_t:
		show_text(m, at, 16);
		break;
	case KIND_text_t:
		show_text(m, at, TRACE_TEXT);
		break;
	case KIND_NONE:
		break;
	}
}

void trace_format(struct seq_file *m, unsigned int cpu, const struct trace_head *head)
{
	const struct trace_event_info *info = &event_info[head->event];

	seq_printf(m, "%llu.%09llu %u %d ", (unsigned long long)(head->time / NSEC_PER_SEC),
		   (unsigned long long)(head->time % NSEC_PER_SEC), cpu, head->pid);
	show_text(m, head->comm, sizeof(head->comm));
	seq_printf(m, " %s:", info->name);
	for (unsigned int i = 0; i < MAX_FIELDS && info->fields[i].kind; i++) {
		seq_printf(m, " %s=", info->fields[i].name);
		show_field(m, info->fields[i].kind, (const char *)head + info->fields[i].offset);
	}
	seq_putc(m, '\n');
}

void trace_show_events(struct seq_file *m)
{
	u32 on = READ_ONCE(events_on);

	for (unsigned int i = 0; i < NR_TRACE_EVENTS; i++) {
		const struct trace_event_info *info = &event_info[i];

		seq_printf(m, "%c%s %llu", on & (1U << i) ? '+' : '-', info->name,
			   (unsigned long long)trace_count(1U << i));
		for (unsigned int f = 0; f < MAX_FIELDS && info->fields[f].kind; f++)
			seq_printf(m, " %s", info->fields[f].name);
		seq_putc(m, '\n');
	}
}

/* ---- switching ---- */

/* The events that a word names, without its sign; 0: none is called so. */
static u32 events_named(const char *word)
{
	if (!strcmp(word, "all"))
		return TRACE_ALL;
	for (unsigned int i = 0; i < NR_TRACE_EVENTS; i++)
		if (!strcmp(word, event_info[i].name))
			return 1U << i;
	return 0;
}

#define SEPARATORS ", \t\n"

/* *size: NULL: not to be asked for; else what "buf=" asks for, untouched without one. */
static int parse_words(char *text, u32 *events, unsigned long *size)
{
	bool first = true;
	u32 set = *events;
	char *word, *end;

	while ((word = strsep(&text, SEPARATORS))) {
		bool minus = *word == '-', sign = minus || *word == '+';
		u32 named;

		if (!*word)
			continue;
		if (size && strstarts(word, "buf=")) {
			*size = memparse(word + 4, &end);
			if (*end || *size < MIN_SIZE || *size > MAX_SIZE)
				return -EINVAL;
			continue;
		}
		if (first && !sign)
			set = 0;
		first = false;
		if (!strcmp(word, "none"))
			continue;
		named = events_named(word + sign);
		if (!named)
			return -EINVAL;
		set = minus ? set & ~named : set | named;
	}
	*events = set;
	return 0;
}

int trace_parse_events(char *text, u32 *events)
{
	return parse_words(text, events, NULL);
}

static void free_rings(void)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		for (unsigned int i = 0; i < TRACE_RINGS; i++)
			trace_ring_free(&per_cpu(trace_cpu, cpu).rings[i]);
	allocated = false;
}

static int alloc_rings(void)
{
	unsigned long size = 1UL << (fls64(ring_size - 1));	/* a power of two */
	int err = 0;

	for (unsigned int cpu = 0; cpu < nr_cpus && !err; cpu++) {
		struct trace_ring *rings = per_cpu(trace_cpu, cpu).rings;

		err = trace_ring_alloc(&rings[TRACE_SHORT], size / TRACE_SHORT_SIZE,
				       TRACE_SHORT_SIZE);
		if (!err)
			err = trace_ring_alloc(&rings[TRACE_LONG], size / 2 / TRACE_LONG_SIZE,
					       TRACE_LONG_SIZE);
	}
	allocated = true;
	if (err)
		free_rings();
	return err;
}

/* Another size: what has been recorded is forgotten. trace_mutex held. */
static int resize(unsigned long size)
{
	if (events_on || nr_readers)
		return -EBUSY;
	/* Whoever saw an event that was on has made its record: that takes no sleep. */
	synchronize_rcu();
	free_rings();
	ring_size = size;
	return 0;
}

int trace_control(char *text)
{
	unsigned long size = 0;
	u32 events;
	int err;

	mutex_lock(&trace_mutex);
	events = events_on;
	err = parse_words(text, &events, &size);
	if (!err && size)
		err = resize(size);
	if (!err && events && !allocated)
		err = alloc_rings();
	if (!err) {
		static_keys_set(trace_keys, NR_TRACE_EVENTS, events);
		WRITE_ONCE(events_on, events);
	}
	mutex_unlock(&trace_mutex);
	return err;
}

void trace_reader_comes(void)
{
	mutex_lock(&trace_mutex);
	nr_readers++;
	mutex_unlock(&trace_mutex);
}

void trace_reader_goes(void)
{
	mutex_lock(&trace_mutex);
	nr_readers--;
	mutex_unlock(&trace_mutex);
}

/* Command line: trace=EVENTS, trace_buf=SIZE. */
static int trace_init(void)
{
	char size[32] = "", events[192], text[256];

	if (!boot_param("trace", events, sizeof(events)))
		return 0;
	boot_param("trace_buf", size, sizeof(size));
	snprintf(text, sizeof(text), "%s%s %s", *size ? "buf=" : "", size, events);
	return trace_control(text);
}
INITCALL(trace_init);
