/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scheduler, timers, pids, credentials, kernel threads, the work queue; and creating a task when
 * memory runs out.
 */
#include "kernel/debug/debug.h"
#include "kernel/sched/rq.h"
#include "kernel/task/internal.h"

/* ---- weights and turns ---- */

KTEST(test_nice_weights)
{
	KTEST_EQ(sched_weights[20], 1024);
	for (int i = 0; i < 39; i++) {
		u64 ratio = sched_weights[i] * 100 / sched_weights[i + 1];

		/* about 25 % a step, as far as whole numbers can */
		KTEST_EXPECT(ratio >= 110 && ratio <= 140);
	}
}

static struct {
	struct completion done;
	atomic_long_t count[4];
	bool stop;
	unsigned int cpu;
} turns;

/* Takes a turn, then lets the others have theirs. */
static int yielder(void *arg)
{
	while (!READ_ONCE(turns.stop)) {
		atomic_long_inc(&turns.count[(long)arg]);
		sched_yield_current();
	}
	complete(&turns.done);
	return 0;
}

/*
 * Four threads on one CPU yield to each other for 50 ms. Returns whether none had more than four
 * times another's turns.
 */
static bool turns_are_fair(void)
{
	long least, most;

	init_completion(&turns.done);
	turns.stop = false;
	for (long i = 0; i < 4; i++) {
		atomic_long_set(&turns.count[i], 0);
		KTEST_EXPECT(!IS_ERR(kthread_run_on(0, yielder, (void *)i, "turn/%ld", i)));
	}
	__set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(50 * NSEC_PER_MSEC);
	WRITE_ONCE(turns.stop, true);
	for (int i = 0; i < 4; i++)
		wait_for_completion(&turns.done);
	least = most = atomic_long_read(&turns.count[0]);
	for (int i = 1; i < 4; i++) {
		least = min(least, atomic_long_read(&turns.count[i]));
		most = max(most, atomic_long_read(&turns.count[i]));
	}
	return least > 0 && most / 4 <= least;
}

/*
 * A busy host can take the CPU away during a turn, which is charged to the thread that had it: one
 * fair round of many will do.
 */
KTEST(test_yield_gives_turns)
{
	bool fair = false;

	for (int round = 0; round < 40 && !fair; round++)
		fair = turns_are_fair();
	KTEST_EXPECT(fair);
}

/* ---- groups ---- */

static struct {
	struct task_group *group[3];	/* of each thread */
	u64 ran[3];			/* ns that it had */
	struct completion there, go, done;
	bool stop;
} groups;

/* Where a program would be on its way to user mode. */
static void edge_of_user_mode(void)
{
	if (test_bit(TIF_THROTTLE, &current->work))
		sched_throttle();
}

/* Busy in a group, from when all are there until it is told to stop. */
static int group_spinner(void *arg)
{
	long i = (long)arg;
	u64 before;

	sched_move_task(current, groups.group[i]);
	complete(&groups.there);
	wait_for_completion(&groups.go);
	before = task_sched_runtime(current);
	while (!READ_ONCE(groups.stop)) {
		cond_resched();
		edge_of_user_mode();
	}
	groups.ran[i] = task_sched_runtime(current) - before;
	sched_move_task(current, &root_task_group);
	complete(&groups.done);
	return 0;
}

static void begin_spinning(void)
{
	init_completion(&groups.there);
	init_completion(&groups.go);
	init_completion(&groups.done);
	groups.stop = false;
}

/* Thread i is there, and waits to go. */
static void start_spinner(long i, unsigned int cpu)
{
	KTEST_EXPECT(!IS_ERR(kthread_run_on(cpu, group_spinner, (void *)i, "group/%ld", i)));
	/* To start one takes long on a CPU where another is busy already, the longer in a build that checks a lot. */
	wait_for_completion(&groups.there);
}

static void sleep_for(u64 ns)
{
	__set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(ns);
}

/* So many threads were there. */
static void end_spinning(int n)
{
	WRITE_ONCE(groups.stop, true);
	for (int i = 0; i < n; i++)
		wait_for_completion(&groups.done);
}

/* A thread in each of the first n groups on CPU 0. */
static void begin_spinning_in_groups(int n)
{
	begin_spinning();
	for (int i = 0; i < n; i++)
		start_spinner(i, 0);
	for (int i = 0; i < n; i++)
		complete(&groups.go);
}

static void spin_in_groups(int n, u64 ns)
{
	begin_spinning_in_groups(n);
	sleep_for(ns);
	end_spinning(n);
}

KTEST(test_group_shares)
{
	bool fair = false;

	for (int i = 0; i < 2; i++) {
		groups.group[i] = sched_create_group(&root_task_group);
		KTEST_EXPECT(groups.group[i]);
	}
	KTEST_EQ(sched_group_shares(groups.group[0]), SHARES_DEFAULT);
	sched_group_set_shares(groups.group[0], 0);
	KTEST_EQ(sched_group_shares(groups.group[0]), SHARES_MIN);
	sched_group_set_shares(groups.group[0], ~0UL);
	KTEST_EQ(sched_group_shares(groups.group[0]), SHARES_MAX);
	sched_group_set_shares(groups.group[0], 3 * SHARES_DEFAULT);
	/* A busy host takes time from whoever has it just then: several tries. */
	for (int round = 0; round < 10 && !fair; round++) {
		spin_in_groups(2, 80 * NSEC_PER_MSEC);
		fair = groups.ran[0] > 2 * groups.ran[1] && groups.ran[0] < 4 * groups.ran[1];
	}
	KTEST_EXPECT(fair);
	for (int i = 0; i < 2; i++)
		sched_destroy_group(groups.group[i]);
}

/* A group that has had its turn with hardly any weight would have to wait for seconds; with more weight it need not. */
KTEST(test_group_made_heavier)
{
	bool soon = false;

	for (int i = 0; i < 2; i++) {
		groups.group[i] = sched_create_group(&root_task_group);
		KTEST_EXPECT(groups.group[i]);
	}
	for (int round = 0; round < 10 && !soon; round++) {
		sched_group_set_shares(groups.group[0], SHARES_MIN);
		begin_spinning_in_groups(2);
		sleep_for(30 * NSEC_PER_MSEC);
		sched_group_set_shares(groups.group[0], SHARES_DEFAULT);
		sleep_for(120 * NSEC_PER_MSEC);
		end_spinning(2);
		soon = groups.ran[0] >= 30 * NSEC_PER_MSEC;
	}
	KTEST_EXPECT(soon);
	for (int i = 0; i < 2; i++)
		sched_destroy_group(groups.group[i]);
}

static int say_done(void *done)
{
	complete(done);
	return 0;
}

/*
 * A group of hardly any weight, alone on CPU 0, has taken the time of that queue far ahead. Another comes, whose time is CPU 1's; and
 * then tasks (this one may be among them), which need not wait until that group has come as far.
 */
KTEST(test_group_that_ran_ahead)
{
	struct completion done;
	u64 begun;

	if (nr_cpus < 2)
		return;
	for (int i = 0; i < 2; i++) {
		groups.group[i] = sched_create_group(&root_task_group);
		KTEST_EXPECT(groups.group[i]);
	}
	groups.group[2] = groups.group[1];
	sched_group_set_shares(groups.group[0], SHARES_MIN);
	begin_spinning();
	start_spinner(0, 0);
	complete(&groups.go);
	start_spinner(1, 1);
	complete(&groups.go);
	sleep_for(50 * NSEC_PER_MSEC);
	begun = ktime_get();
	start_spinner(2, 0);
	complete(&groups.go);
	sleep_for(20 * NSEC_PER_MSEC);
	init_completion(&done);
	KTEST_EXPECT(!IS_ERR(kthread_run_on(0, say_done, &done, "newcomer")));
	wait_for_completion(&done);
	/* Else it takes a quarter of a minute. */
	KTEST_EXPECT(ktime_get() - begun < 4 * NSEC_PER_SEC);
	end_spinning(3);
	for (int i = 0; i < 2; i++)
		sched_destroy_group(groups.group[i]);
}

KTEST(test_group_quota)
{
	struct task_group *outer = sched_create_group(&root_task_group);
	struct group_bandwidth b;
	bool kept = false;

	KTEST_EXPECT(outer);
	groups.group[0] = sched_create_group(outer);
	KTEST_EXPECT(groups.group[0]);
	KTEST_EQ(sched_group_set_bandwidth(outer, NSEC_PER_MSEC - 1, 10 * NSEC_PER_MSEC), -EINVAL);
	KTEST_EQ(sched_group_set_bandwidth(outer, NSEC_PER_MSEC, NSEC_PER_MSEC - 1), -EINVAL);
	KTEST_EQ(sched_group_set_bandwidth(outer, NSEC_PER_MSEC, NSEC_PER_SEC + 1), -EINVAL);
	sched_group_bandwidth(outer, &b);
	KTEST_EQ(b.quota, GROUP_NO_QUOTA);
	KTEST_EQ(sched_group_set_bandwidth(outer, 2 * NSEC_PER_MSEC, 10 * NSEC_PER_MSEC), 0);
	/* Of ten or eleven periods, 2 ms each; one more if the host holds up the timer. */
	for (int round = 0; round < 10 && !kept; round++) {
		spin_in_groups(1, 100 * NSEC_PER_MSEC);
		kept = groups.ran[0] > 14 * NSEC_PER_MSEC && groups.ran[0] < 26 * NSEC_PER_MSEC;
	}
	KTEST_EXPECT(kept);
	sched_group_bandwidth(outer, &b);
	KTEST_EXPECT(b.nr_throttled >= 8 && b.nr_periods >= b.nr_throttled);
	KTEST_EXPECT(b.throttled_time >= 50 * NSEC_PER_MSEC);
	/* The group ends with the quota on, and perhaps its timer. */
	sched_destroy_group(groups.group[0]);
	sched_destroy_group(outer);
}

/* Runs in the kernel for four periods, then goes to the edge of user mode; ran[]: for how long, and how long it waited there. */
static int group_debtor(void *unused)
{
	u64 start;

	sched_move_task(current, groups.group[0]);
	start = task_sched_runtime(current);
	while (task_sched_runtime(current) < start + 40 * NSEC_PER_MSEC)
		cond_resched();
	groups.ran[0] = task_sched_runtime(current) - start;
	start = arch_clock_ns();
	edge_of_user_mode();
	groups.ran[1] = arch_clock_ns() - start;
	sched_move_task(current, &root_task_group);
	complete(&groups.done);
	return 0;
}

/* A quota does not stop who is in the kernel; the time is owed, and paid at the edge. */
KTEST(test_group_quota_debt)
{
	groups.group[0] = sched_create_group(&root_task_group);
	KTEST_EXPECT(groups.group[0]);
	KTEST_EQ(sched_group_set_bandwidth(groups.group[0], 5 * NSEC_PER_MSEC, 10 * NSEC_PER_MSEC), 0);
	init_completion(&groups.done);
	KTEST_EXPECT(!IS_ERR(kthread_run_on(0, group_debtor, NULL, "debtor")));
	wait_for_completion(&groups.done);
	/* Of some 40 ms, periods that ended meanwhile have paid 20 or more, if it had the CPU for itself. */
	KTEST_EXPECT(groups.ran[0] >= 40 * NSEC_PER_MSEC);
	KTEST_EXPECT(groups.ran[1] >= 10 * NSEC_PER_MSEC);
	sched_destroy_group(groups.group[0]);
}

KTEST(test_group_without_memory)
{
	current->fail_nth = 1;
	KTEST_EXPECT(!sched_create_group(&root_task_group));
	KTEST_EQ(current->fail_nth, 0);
}

/* ---- affinity ---- */

static int note_cpu(void *unused)
{
	turns.cpu = smp_processor_id();
	complete(&turns.done);
	return 0;
}

KTEST(test_bound_threads)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		init_completion(&turns.done);
		turns.cpu = ~0U;
		KTEST_EXPECT(!IS_ERR(kthread_run_on(cpu, note_cpu, NULL, "bound")));
		wait_for_completion(&turns.done);
		KTEST_EQ(turns.cpu, cpu);
	}
}

KTEST(test_own_affinity)
{
	DECLARE_BITMAP(mask, NR_CPUS) = {0};
	DECLARE_BITMAP(before, NR_CPUS);

	bitmap_copy(before, current->cpus_allowed, NR_CPUS);
	KTEST_EQ(sched_setaffinity(current, mask), -EINVAL);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		bitmap_zero(mask, NR_CPUS);
		__set_bit(cpu, mask);
		KTEST_EQ(sched_setaffinity(current, mask), 0);
		KTEST_EQ(smp_processor_id(), cpu);
	}
	KTEST_EQ(sched_setaffinity(current, before), 0);
}

/* ---- timers ---- */

static struct {
	struct timer timer[4];
	int order[4], rings;
	u64 late;
} rung;

static void ring(struct timer *t)
{
	u64 now = ktime_get();

	if (rung.rings < 4)
		rung.order[rung.rings] = t - rung.timer;
	rung.rings++;
	KTEST_EXPECT(now >= t->expires);
	rung.late = max(rung.late, now - t->expires);
}

static void nap(u64 ns)
{
	__set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(ns);
}

KTEST(test_timer_order)
{
	static const int delay_ms[4] = {9, 3, 6, 1};
	u64 now = ktime_get() + 100 * NSEC_PER_MSEC;	/* all are set before the first is due, whatever the host does */

	rung.rings = 0;
	for (int i = 0; i < 4; i++) {
		timer_init(&rung.timer[i], ring);
		timer_start(&rung.timer[i], now + delay_ms[i] * NSEC_PER_MSEC);
	}
	nap(120 * NSEC_PER_MSEC);
	KTEST_EQ(rung.rings, 4);
	KTEST_EQ(rung.order[0], 3);
	KTEST_EQ(rung.order[1], 1);
	KTEST_EQ(rung.order[2], 2);
	KTEST_EQ(rung.order[3], 0);
}

KTEST(test_timer_cancel)
{
	struct timer *t = &rung.timer[0];

	rung.rings = 0;
	timer_init(t, ring);
	KTEST_EXPECT(!timer_cancel(t));
	timer_start(t, ktime_get() + 100 * NSEC_PER_SEC);	/* far away: a host may hold us up for long */
	KTEST_EXPECT(timer_cancel(t));
	timer_start(t, ktime_get() + 100 * NSEC_PER_SEC);
	timer_start(t, ktime_get() + 2 * NSEC_PER_MSEC);	/* earlier, while armed */
	nap(15 * NSEC_PER_MSEC);
	KTEST_EQ(rung.rings, 1);
	timer_cancel_sync(t);
	KTEST_EXPECT(!t->armed);
}

static void rearm(struct timer *t)
{
	if (++rung.rings < 5)
		timer_start(t, t->expires + NSEC_PER_MSEC);
}

KTEST(test_timer_rearms_itself)
{
	rung.rings = 0;
	timer_init(&rung.timer[0], rearm);
	timer_start(&rung.timer[0], ktime_get() + NSEC_PER_MSEC);
	nap(30 * NSEC_PER_MSEC);
	timer_cancel_sync(&rung.timer[0]);
	KTEST_EQ(rung.rings, 5);
}

KTEST(test_schedule_timeout)
{
	u64 start = ktime_get();

	nap(3 * NSEC_PER_MSEC);
	KTEST_EXPECT(ktime_get() - start >= 3 * NSEC_PER_MSEC);
	__set_current_state(TASK_INTERRUPTIBLE);
	KTEST_EQ(schedule_timeout(0), 0);
	KTEST_EQ(current->state, TASK_RUNNING);
}

/* ---- pids ---- */

KTEST(test_pid_numbers)
{
	static pid_t pids[64];
	struct task_struct *p;

	for (int i = 0; i < 64; i++) {
		pids[i] = pid_alloc();
		KTEST_EXPECT(pids[i] > 1 && pids[i] < PID_MAX);
		KTEST_EXPECT(i == 0 || pids[i] != pids[i - 1]);
		KTEST_EXPECT(!find_task_by_pid(pids[i]));
	}
	for (int i = 0; i < 64; i++)
		pid_free(pids[i]);
	p = find_get_task_by_pid(current->pid);
	KTEST_EXPECT(p == current);
	put_task_struct(p);
	p = next_tgid(1);
	KTEST_EXPECT(p && p->tgid == 1);
	put_task_struct(p);
	KTEST_EXPECT(!next_tgid(PID_MAX));
}

KTEST(test_pid_held)
{
	pid_t pid = pid_alloc();
	bool again = false;

	pid_hold(pid);			/* a process group, say */
	pid_free(pid);			/* whose leader is gone */
	/* A whole round of numbers passes by: this one is not given out. */
	for (int i = 0; i < PID_MAX && !again; i++) {
		pid_t other = pid_alloc();

		if (other < 0)
			break;
		again = other == pid;
		pid_free(other);
	}
	KTEST_EXPECT(!again);
	pid_free(pid);
}

/* ---- credentials ---- */

KTEST(test_creds)
{
	struct group_info *gi = groups_alloc(3);
	struct cred *c = prepare_creds();
	const struct cred *old = get_cred(current_cred());

	KTEST_EXPECT(gi && c);
	gi->gid[0] = 5;
	gi->gid[1] = 50;
	gi->gid[2] = 500;
	put_group_info(c->group_info);
	c->group_info = gi;
	c->euid = c->fsuid = 1000;
	c->fsgid = 7;
	commit_creds(c);
	KTEST_EXPECT(!capable(CAP_KILL));
	KTEST_EXPECT(in_group_p(7));
	KTEST_EXPECT(in_group_p(5) && in_group_p(50) && in_group_p(500));
	KTEST_EXPECT(!in_group_p(6) && !in_group_p(501) && !in_group_p(0));
	commit_creds((struct cred *)old);
	KTEST_EXPECT(capable(CAP_KILL));
}

KTEST(test_nproc)
{
	KTEST_EQ(nproc_charge(777, 2), 0);
	KTEST_EQ(nproc_charge(777, 2), 0);
	KTEST_EQ(nproc_charge(777, 2), -EAGAIN);
	KTEST_EQ(nproc_charge(778, 2), 0);
	nproc_uncharge(777);
	KTEST_EQ(nproc_charge(777, 2), 0);
	nproc_uncharge(777);
	nproc_uncharge(777);
	nproc_uncharge(778);
	KTEST_EQ(nproc_charge(0, 0), 0);	/* the superuser is not bound */
}

/* ---- work queue ---- */

static int work_log[3], work_count;
static struct work_struct works[3];

static void log_work(struct work_struct *w)
{
	if (work_count < 3)
		work_log[work_count] = w - works;
	work_count++;
}

KTEST(test_work_queue)
{
	work_count = 0;
	for (int i = 0; i < 3; i++) {
		INIT_WORK(&works[i], log_work);
		schedule_work(&works[i]);
	}
	flush_work_all();
	KTEST_EQ(work_count, 3);
	for (int i = 0; i < 3; i++)
		KTEST_EQ(work_log[i], i);
	KTEST_EXPECT(schedule_work(&works[0]));		/* it may be queued again */
	flush_work_all();
	KTEST_EQ(work_count, 4);
}

/* ---- a new task when the n-th allocation fails ---- */

static int do_nothing(void *unused)
{
	return 0;
}

KTEST(test_fork_failure)
{
	unsigned int tasks;
	int failures = 0;
	bool done = false;

	nap(10 * NSEC_PER_MSEC);
	synchronize_rcu();		/* earlier threads are gone */
	tasks = nr_tasks_total();
	for (int n = 1; n < 100 && !done; n++) {
		struct task_struct *p;

		current->fail_nth = (unsigned int)n;
		p = copy_kthread(do_nothing, NULL);
		done = current->fail_nth != 0;	/* there was no n-th */
		current->fail_nth = 0;
		if (IS_ERR(p)) {
			failures++;
			KTEST_EXPECT(PTR_ERR(p) == -ENOMEM || PTR_ERR(p) == -EAGAIN);
			KTEST_EQ(nr_tasks_total(), tasks);
		} else {
			wake_up_new_task(p);
			for (int i = 0; i < 100 && nr_tasks_total() != tasks; i++) {
				nap(NSEC_PER_MSEC);
				synchronize_rcu();
			}
			KTEST_EQ(nr_tasks_total(), tasks);
		}
	}
	KTEST_EXPECT(done);
	KTEST_EXPECT(failures >= 3);
}
