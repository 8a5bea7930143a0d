// SPDX-License-Identifier: GPL-2.0-only
/* Units of static keys: the bytes at a place, what is taken while all CPUs run through it; and of stop_machine(). */
#include "kernel/debug/debug.h"
#include "kernel/sched/sched.h"
#include "kernel/sync/static_key.h"
#include "kernel/sync/stop_machine.h"

static struct static_key keys[3];

static noinline unsigned int branches(void)
{
	unsigned int taken = 0;

	if (static_branch_unlikely(&keys[0]))
		taken |= 1;
	if (static_branch_unlikely(&keys[1]))
		taken |= 2;
	if (!static_branch_unlikely(&keys[2]))
		return taken;
	return taken | 4;
}

/* How many places the key has; -1: one of them is not as it should be. */
static int places(const struct static_key *key, bool on)
{
	static const u8 nop[JUMP_SIZE] = {0x0f, 0x1f, 0x44, 0x00, 0x00};
	const struct jump_entry *e;
	int n = 0;

	for_each_table_entry(e, jump_entry) {
		const u8 *code = (const u8 *)e->place;
		s32 distance;

		if (e->key != key)
			continue;
		n++;
		memcpy(&distance, code + 1, sizeof(distance));
		if (on ? code[0] != 0xe9 || e->place + JUMP_SIZE + distance != e->target : memcmp(code, nop, JUMP_SIZE) != 0)
			return -1;
	}
	return n;
}

KTEST(static_key_bytes)
{
	KTEST_EQ(branches(), 0);
	KTEST_EXPECT(places(&keys[0], false) > 0);
	static_key_enable(&keys[0]);
	KTEST_EXPECT(places(&keys[0], true) > 0);
	KTEST_EXPECT(places(&keys[1], false) > 0);
	KTEST_EQ(branches(), 1);
	static_key_enable(&keys[0]);
	KTEST_EQ(branches(), 1);
	static_key_disable(&keys[0]);
	KTEST_EXPECT(places(&keys[0], false) > 0);
	for (u64 on = 0; on < 8; on++) {
		static_keys_set(keys, 3, on);
		KTEST_EQ(branches(), on);
		for (unsigned int i = 0; i < 3; i++)
			KTEST_EXPECT(places(&keys[i], on >> i & 1) > 0);
	}
	static_keys_set(keys, 3, 0);
	KTEST_EQ(branches(), 0);
}

/* ---- while others run ---- */

#define PHASES 20
#define ROUNDS 1000

static unsigned int phase;		/* who sees it rise runs ROUNDS; the test writes, with release */
static struct runner {
	struct completion counted, gone;
	unsigned int taken[8];		/* in the ROUNDS: by what branches() said */
} runners[NR_CPUS];

static int runner(void *arg)
{
	struct runner *r = arg;

	for (unsigned int seen = 0, now; seen < PHASES; seen = now) {
		while ((now = smp_load_acquire(&phase)) == seen) {
			branches();		/* uncounted: keys are being switched */
			cond_resched();
		}
		memset(r->taken, 0, sizeof(r->taken));
		for (unsigned int i = 0; i < ROUNDS; i++)
			r->taken[branches()]++;
		complete(&r->counted);
	}
	complete(&r->gone);
	return 0;
}

KTEST(static_key_switched_under_all_cpus)
{
	phase = 0;
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		init_completion(&runners[cpu].counted);
		init_completion(&runners[cpu].gone);
		KTEST_EXPECT(!IS_ERR(kthread_run_on(cpu, runner, &runners[cpu], "runner")));
	}
	for (unsigned int p = 1; p <= PHASES; p++) {
		unsigned int on = p * 5 % 8;

		static_keys_set(keys, 3, ~on);
		static_keys_set(keys, 3, on);
		smp_store_release(&phase, p);
		for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
			wait_for_completion(&runners[cpu].counted);
		for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
			KTEST_EQ(runners[cpu].taken[on], ROUNDS);
	}
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		wait_for_completion(&runners[cpu].gone);
	static_keys_set(keys, 3, 0);
}

/* ---- the stop itself ---- */

static unsigned long steps[NR_CPUS];	/* each CPU's own */
static bool steps_end;

static int stepper(void *gone)
{
	unsigned long *mine = &steps[smp_processor_id()];

	while (!READ_ONCE(steps_end)) {
		WRITE_ONCE(*mine, *mine + 1);
		cond_resched();
	}
	complete(gone);
	return 0;
}

static unsigned long all_steps(void)
{
	unsigned long n = 0;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		n += READ_ONCE(steps[cpu]);
	return n;
}

static void look(void *arg)
{
	int *moved = arg;
	unsigned long before = all_steps();
	u64 until = arch_clock_ns() + 100 * NSEC_PER_USEC;

	while (arch_clock_ns() < until)
		cpu_relax();
	*moved = !irqs_disabled() || all_steps() != before;
}

KTEST(stop_machine_stops_all)
{
	struct completion gone[2];
	unsigned int n = min(nr_cpus, 2U);
	int moved = -1;

	steps_end = false;
	for (unsigned int i = 0; i < n; i++) {
		init_completion(&gone[i]);
		KTEST_EXPECT(!IS_ERR(kthread_run_on(nr_cpus - 1 - i, stepper, &gone[i], "stepper")));
	}
	for (int i = 0; i < 10; i++) {
		unsigned long before = all_steps();

		stop_machine(look, &moved);
		KTEST_EQ(moved, 0);
		while (all_steps() == before)		/* they go on */
			cond_resched();
	}
	WRITE_ONCE(steps_end, true);
	for (unsigned int i = 0; i < n; i++)
		wait_for_completion(&gone[i]);
}
