// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data races, found by sampling (builds with KCSAN=1; docs/kcsan.md). The compiler calls a hook before each access to memory that another
 * CPU could see. Now and then a hook sets a *watchpoint* on its access: it notes address, size and kind in a table, waits a
 * little with interrupts off, and takes the note back. A hook on another CPU that meets the note has caught two accesses at
 * the same time. Where nothing met it but the value has changed, somebody wrote whom the compiler did not see. Nothing else is
 * known about locks or order: what is reported has happened.
 *
 * Accesses are plain or marked; READ_ONCE(), WRITE_ONCE() and atomic operations are marked. Two that overlap are a race when
 * one at least writes and one at least is plain; but a marked read may meet a plain write of a word, which the compiler does not
 * tear. Only plain ones are watched; all look for notes. data_race() exempts an expression.
 *
 * This file and what writes the log are built without hooks, and a CPU's hooks are silent while it reports. Start reading at access(), then watch() and caught().
 */
#ifdef CONFIG_KCSAN
#include "arch/x86_64/arch.h"
#include "arch/x86_64/cpu.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/gdb/gdb.h"
#include "kernel/debug/internal.h"
#include "kernel/lib/init.h"
#include "kernel/lib/lib.h"
#include "kernel/sched/sched.h"

enum { PLAIN = 0, WRITE = 1, MARKED = 2 };

/*
 * The table: one note for each place, chosen by cache line. A note goes FREE -> note -> FREE when nobody met it, else
 * FREE -> note -> TAKEN -> MET -> FREE: who meets it takes it, writes down who he is, says MET; who set it waits for that and frees it.
 */
#define SLOTS	   64
#define LINE	   64
#define FREE	   0UL
#define TAKEN	   1UL
#define MET	   2UL
#define NOTE_WRITE (1UL << 63)
#define NOTE_SIZE  48				/* shift: the size, above an address without its sign bits */
#define NOTE_ADDR  ((1UL << NOTE_SIZE) - 1)
#define MAX_WATCHED 8				/* bytes; longer accesses look for notes only */

#define MAX_FRAMES 12

struct party {
	unsigned long addr;
	unsigned int size, kind;
	unsigned int cpu;
	pid_t pid;
	char comm[sizeof(((struct task_struct *)0)->comm)];
	unsigned int n;
	unsigned long ips[MAX_FRAMES];		/* [0]: behind the access */
};

static unsigned long slots[SLOTS];		/* atomic, as above */
static struct party met[SLOTS];			/* who holds TAKEN writes; who set the note reads after MET */
static bool on;					/* set once, when all CPUs run */

/*
 * A watchpoint is set on each of some SKIP accesses of a CPU, and stays for up to DELAY turns of a waiting loop; but no longer than LONG
 * cycles: in virtual time each turn lets other CPUs run, for a millisecond or more where they are busy, and this one has interrupts off.
 */
#define SKIP  800
#define DELAY 400
#define LONG  200000

static DEFINE_PER_CPU(int, skip);
static DEFINE_PER_CPU(int, quiet);		/* in data_race(), or in here: not to be watched, not to be caught */
static DEFINE_PER_CPU(u32, seed);

static u32 random_below(u32 n)
{
	u32 x = this_cpu_read(seed) | 1;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	this_cpu_write(seed, x);
	return x % n;
}

void kcsan_quiet_begin(void)
{
	this_cpu_inc(quiet);
}

void kcsan_quiet_end(void)
{
	this_cpu_dec(quiet);
}

/* ---- reports ---- */

#define MAX_REPORTED 256
static struct pair {
	unsigned long low, high;	/* places in the code; low 0: nobody knows who the other was */
} reported[MAX_REPORTED];		/* within a report */
static unsigned int nr_reported;	/* the same */
static unsigned long races;		/* atomic */

/* Note a pair of places. False: it has had its report, or there were too many. */
static bool first_time(unsigned long a, unsigned long b)
{
	struct pair pair = {min(a, b), max(a, b)};
	unsigned int i, end = READ_ONCE(nr_reported);	/* once: report_begin() does not wait for ever */

	for (i = 0; i < end; i++)
		if (reported[i].low == pair.low && reported[i].high == pair.high)
			return false;
	if (end == MAX_REPORTED)
		return false;
	reported[end] = pair;
	WRITE_ONCE(nr_reported, end + 1);
	return true;
}

static const char *function_at(unsigned long ip)
{
	unsigned long offset;
	const char *name = ksym_lookup(ip - 1, &offset);

	return name ? name : "?";
}

static void show_party(const struct party *p)
{
	pr_err("%s%s of %u bytes at %#lx by CPU %u, PID %d (%s)\n", p->kind & MARKED ? "marked " : "", p->kind & WRITE ? "write" : "read", p->size,
	       p->addr, p->cpu, p->pid, p->comm);
	show_stack_trace(p->ips, p->n);
}

/* `other` NULL: the value changed and nobody was met. */
static void report(const struct party *own, const struct party *other, u64 before, u64 after)
{
	unsigned long flags = report_begin();

	(void)__atomic_fetch_add(&races, 1, __ATOMIC_RELAXED);
	if (first_time(own->ips[0], other ? other->ips[0] : 0)) {
		if (other)
			pr_err("KCSAN: data-race in %s / %s\n", function_at(own->ips[0]), function_at(other->ips[0]));
		else
			pr_err("KCSAN: data-race in %s, with a write that was not seen\n", function_at(own->ips[0]));
		show_party(own);
		if (other)
			show_party(other);
		if (before != after)
			pr_err("The value changed from %#llx to %#llx.\n", (unsigned long long)before, (unsigned long long)after);
	}
	report_end(flags);
}

static void fill_party(struct party *p, unsigned long addr, unsigned int size, unsigned int kind, unsigned long frame)
{
	*p = (struct party){.addr = addr, .size = size, .kind = kind, .cpu = raw_cpu_id(), .pid = current->pid};
	memcpy(p->comm, current->comm, sizeof(p->comm));
	p->n = stack_trace_save(frame, p->ips, MAX_FRAMES);
}

unsigned long kcsan_races(void)
{
	return READ_ONCE(races);
}

/* ---- watching ---- */

static u64 value_at(unsigned long addr, unsigned int size)
{
	u64 value = 0;

	memcpy(&value, (void *)addr, size);
	return value;
}

static unsigned int slot_of(unsigned long addr)
{
	return addr / LINE % SLOTS;
}

/* Not inlined, so that `frame` is that of a hook and its return address the access. */
static noinline void watch(unsigned long addr, unsigned int size, unsigned int kind, unsigned long frame)
{
	unsigned long *slot = &slots[slot_of(addr)], free = FREE, flags;
	unsigned long note = (addr & NOTE_ADDR) | (unsigned long)size << NOTE_SIZE | (kind & WRITE ? NOTE_WRITE : 0), left = note;
	struct party own, other;
	u64 before, after, start;
	u32 turns;

	this_cpu_write(skip, SKIP / 2 + random_below(SKIP));
	/* Who has stopped, for a panic or for GDB, may have taken a note and never says MET. */
	if (panic_in_progress() || gdb_serving())
		return;
	if (this_cpu_read(quiet) || size > MAX_WATCHED || addr % LINE + size > LINE)
		return;
	local_irq_save(flags);
	this_cpu_inc(quiet);
	before = value_at(addr, size);
	if (!__atomic_compare_exchange_n(slot, &free, note, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		goto out;
	start = rdtsc();
	for (turns = random_below(DELAY); turns && rdtsc() - start < LONG; turns--)
		cpu_relax();
	after = value_at(addr, size);
	if (__atomic_compare_exchange_n(slot, &left, FREE, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
		if (before == after)
			goto out;
		fill_party(&own, addr, size, kind, frame);
		report(&own, NULL, before, after);
		goto out;
	}
	while (__atomic_load_n(slot, __ATOMIC_ACQUIRE) != MET)
		cpu_relax();
	other = met[slot - slots];
	__atomic_store_n(slot, FREE, __ATOMIC_RELEASE);
	fill_party(&own, addr, size, kind, frame);
	report(&own, &other, before, after);
out:
	this_cpu_dec(quiet);
	local_irq_restore(flags);
}

/* This access meets `note` in `slot`. Interrupts are off while it is TAKEN, because the other CPU waits. */
static noinline void caught(unsigned long *slot, unsigned long note, unsigned long addr, unsigned int size, unsigned int kind,
			    unsigned long frame)
{
	unsigned long flags;

	if (this_cpu_read(quiet))
		return;
	local_irq_save(flags);
	if (__atomic_compare_exchange_n(slot, &note, TAKEN, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
		fill_party(&met[slot - slots], addr, size, kind, frame);
		__atomic_store_n(slot, MET, __ATOMIC_RELEASE);
	}
	local_irq_restore(flags);
}

/* Is there a note in the slot of `line` that this access conflicts with? */
static __always_inline void look(unsigned long line, unsigned long addr, unsigned int size, unsigned int kind, unsigned long frame)
{
	unsigned long *slot = &slots[slot_of(line)], note = __atomic_load_n(slot, __ATOMIC_RELAXED), start, length;

	if (likely(note <= MET) || !(kind & WRITE || (note & NOTE_WRITE && kind == PLAIN)))
		return;
	start = note & NOTE_ADDR;
	length = (note & ~NOTE_WRITE) >> NOTE_SIZE;
	addr &= NOTE_ADDR;
	if (addr < start + length && start < addr + size)
		caught(slot, note, addr | ~NOTE_ADDR, size, kind, frame);
}

static __always_inline void access(const volatile void *p, unsigned long size, unsigned int kind)
{
	unsigned long addr = (unsigned long)p, frame = (unsigned long)__builtin_frame_address(0), line;

	if (!READ_ONCE(on))
		return;
	for (line = addr; line < addr + size; line = ALIGN_DOWN(line, LINE) + LINE)
		look(line, addr, size, kind, frame);
	if (kind & MARKED)
		return;
	this_cpu_dec(skip);
	if (unlikely(this_cpu_read(skip) <= 0))
		watch(addr, size, kind, frame);
}

static int kcsan_init(void)
{
	if (nr_cpus > 1)
		WRITE_ONCE(on, true);
	return 0;
}
INITCALL(kcsan_init);

/* ---- the compiler's hooks ---- */

#define HOOK(name, kind, size)                                                                     \
	void __tsan_##name(const volatile void *p);                                                \
	void __tsan_##name(const volatile void *p)                                                 \
	{                                                                                          \
		access(p, size, kind);                                                             \
	}
#define HOOKS(size)                                                                                \
	HOOK(read##size, PLAIN, size)                                                              \
	HOOK(write##size, WRITE, size)                                                             \
	HOOK(unaligned_read##size, PLAIN, size)                                                    \
	HOOK(unaligned_write##size, WRITE, size)                                                   \
	HOOK(volatile_read##size, MARKED, size)                                                    \
	HOOK(volatile_write##size, MARKED | WRITE, size)                                           \
	HOOK(unaligned_volatile_read##size, MARKED, size)                                          \
	HOOK(unaligned_volatile_write##size, MARKED | WRITE, size)

HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)

void __tsan_read_range(const volatile void *p, unsigned long size);
void __tsan_read_range(const volatile void *p, unsigned long size)
{
	access(p, size, PLAIN);
}

void __tsan_write_range(const volatile void *p, unsigned long size);
void __tsan_write_range(const volatile void *p, unsigned long size)
{
	access(p, size, WRITE);
}

/* Atomic operations come as calls, which look for notes and then do the operation, in the strongest order. */
#define FETCH(bits, op)                                                                            \
	u##bits __tsan_atomic##bits##_fetch_##op(volatile u##bits *p, u##bits v, int order);       \
	u##bits __tsan_atomic##bits##_fetch_##op(volatile u##bits *p, u##bits v, int order)        \
	{                                                                                          \
		access(p, sizeof(*p), MARKED | WRITE);                                             \
		return __atomic_fetch_##op(p, v, __ATOMIC_SEQ_CST);                                \
	}
#define COMPARE_EXCHANGE(bits, strength)                                                           \
	int __tsan_atomic##bits##_compare_exchange_##strength(volatile u##bits *p, u##bits *old, u##bits new, int order, int failed); \
	int __tsan_atomic##bits##_compare_exchange_##strength(volatile u##bits *p, u##bits *old, u##bits new, int order, int failed)  \
	{                                                                                          \
		access(p, sizeof(*p), MARKED | WRITE);                                             \
		return __atomic_compare_exchange_n(p, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	}
#define ATOMICS(bits)                                                                              \
	u##bits __tsan_atomic##bits##_load(const volatile u##bits *p, int order);                  \
	u##bits __tsan_atomic##bits##_load(const volatile u##bits *p, int order)                   \
	{                                                                                          \
		access(p, sizeof(*p), MARKED);                                                     \
		return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                       \
	}                                                                                          \
	void __tsan_atomic##bits##_store(volatile u##bits *p, u##bits v, int order);               \
	void __tsan_atomic##bits##_store(volatile u##bits *p, u##bits v, int order)                \
	{                                                                                          \
		access(p, sizeof(*p), MARKED | WRITE);                                             \
		__atomic_store_n(p, v, __ATOMIC_SEQ_CST);                                          \
	}                                                                                          \
	u##bits __tsan_atomic##bits##_exchange(volatile u##bits *p, u##bits v, int order);         \
	u##bits __tsan_atomic##bits##_exchange(volatile u##bits *p, u##bits v, int order)          \
	{                                                                                          \
		access(p, sizeof(*p), MARKED | WRITE);                                             \
		return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);                                \
	}                                                                                          \
	FETCH(bits, add)                                                                           \
	FETCH(bits, sub)                                                                           \
	FETCH(bits, or)                                                                            \
	FETCH(bits, and)                                                                           \
	FETCH(bits, xor)                                                                           \
	COMPARE_EXCHANGE(bits, strong)                                                             \
	COMPARE_EXCHANGE(bits, weak)

ATOMICS(8)
ATOMICS(16)
ATOMICS(32)
ATOMICS(64)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Would be called by each object's constructor; the kernel runs none. */
void __tsan_init(void);
void __tsan_init(void)
{
}
#endif
