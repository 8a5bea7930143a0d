// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds with KCSAN=1 report what they promise: the test's thread and one on another CPU touch the same variable, in ways that are races and in
 * ways that are none. PLANTED (tests/unit/planted.h) marks the reports as expected.
 */
#ifdef CONFIG_KCSAN
#include "kernel/sched/sched.h"
#include "tests/unit/planted.h"

static struct {
	unsigned long plain, marked, locked, wide, twice;
	int small[2];
	spinlock_t lock;
	bool stop;
	struct completion done;
	void (*step)(void);		/* what the other CPU does, over and over */
} race;

/* ---- steps ---- */

static noinline void add_plain(void)
{
	race.plain++;
}

static noinline void read_plain(void)
{
	__asm__ __volatile__("" : : "r"(race.marked));
}

static noinline void write_marked(void)
{
	WRITE_ONCE(race.marked, race.marked + 1);		/* the only writer */
}

static noinline void read_marked(void)
{
	(void)READ_ONCE(race.marked);
}

static noinline void read_anyhow(void)
{
	__asm__ __volatile__("" : : "r"(data_race(race.marked)));
}

static noinline void add_locked(void)
{
	spin_lock(&race.lock);
	race.locked++;
	spin_unlock(&race.lock);
}

static noinline void write_first(void)
{
	race.small[0] = 1;		/* one place, so one report */
	barrier();
}

static noinline void write_second(void)
{
	race.small[1] = 1;
	barrier();
}

static noinline void add_atomically(void)
{
	(void)__atomic_fetch_add(&race.twice, 1, __ATOMIC_RELAXED);
}

static noinline void reset_plainly(void)
{
	race.twice = 0;
	barrier();
}

/* The compiler sees no access here. */
static noinline void add_unseen(void)
{
	__asm__ __volatile__("addq $1, %0" : "+m"(race.wide));
}

static noinline void read_wide(void)
{
	__asm__ __volatile__("" : : "r"(race.wide));
}

/* ---- two CPUs ---- */

static int other_cpu(void *unused)
{
	while (!READ_ONCE(race.stop)) {
		for (int i = 0; i < 100; i++)
			race.step();
		cond_resched();
	}
	complete(&race.done);
	return 0;
}

/* Repeat `mine` here and `theirs` there until `times` are over or one race more was met. True: one was. */
static bool meet(void (*mine)(void), void (*theirs)(void), unsigned long times)
{
	unsigned long before = kcsan_races();
	unsigned int cpu = smp_processor_id() ? 0 : 1;

	race.step = theirs;
	race.stop = false;
	spin_lock_init(&race.lock);
	init_completion(&race.done);
	if (IS_ERR(kthread_run_on(cpu, other_cpu, NULL, "ktest/race")))
		return false;
	while (times-- && kcsan_races() == before) {
		for (int i = 0; i < 100; i++)
			mine();
		cond_resched();
	}
	WRITE_ONCE(race.stop, true);
	wait_for_completion(&race.done);
	return kcsan_races() != before;
}

#define LONG  10000000		/* a race is met long before */
#define SHORT 150		/* enough to meet the planted ones, as a rule */

KTEST(kcsan_reports_plain_accesses)
{
	if (nr_cpus == 1)
		return;
	PLANTED("add_plain+", meet(add_plain, add_plain, LONG), "KCSAN: data-race in add_plain / add_plain");
	PLANTED("marked write of 8 bytes at ", meet(read_plain, write_marked, LONG), "KCSAN: data-race in read_plain / write_marked");
	PLANTED("marked write of 8 bytes at ", meet(reset_plainly, add_atomically, LONG), "KCSAN: data-race in reset_plainly / add_atomically");
	PLANTED("The value changed from ", meet(read_wide, add_unseen, LONG), "KCSAN: data-race in read_wide, with a write that was not seen");
}

KTEST(kcsan_reports_each_place_once)
{
	if (nr_cpus == 1)
		return;
	PLANTED("# planted: ", meet(write_first, write_first, LONG), "KCSAN: data-race in write_first / write_first");
	KTEST_EXPECT(meet(write_first, write_first, LONG));		/* met again; tests/run fails if there were a second report */
}

KTEST(kcsan_accepts_order)
{
	if (nr_cpus == 1)
		return;
	KTEST_EXPECT(!meet(add_locked, add_locked, SHORT));
	KTEST_EXPECT(!meet(read_marked, write_marked, SHORT));
	KTEST_EXPECT(!meet(read_anyhow, write_marked, SHORT));
	KTEST_EXPECT(!meet(add_atomically, add_atomically, SHORT));
	KTEST_EXPECT(!meet(write_first, write_second, SHORT));		/* neighbours */
}
#endif
