// SPDX-License-Identifier: GPL-2.0-only
/*
 * Meetings of two or three controllers: frozen, held back by a quota, over a memory limit, on the wrong node, about to be moved or killed,
 * and more than one of these. Start with test_meetings().
 */
#include "tests/guest/controllers/controllers.h"

// ---- children ----

/* A child in `home` that runs fn(arg). */
static pid_t start(const char *home, int (*fn)(long arg), long arg)
{
	int ends[2];
	char c;
	pid_t pid;

	if (pipe(ends))
		return -1;
	pid = fork();
	if (!pid) {
		if (put(home, "tasks", "0"))
			_exit(126);
		close(ends[1]), close(ends[0]);
		_exit(fn(arg));
	}
	close(ends[1]);
	if (read(ends[0], &c, 1))	/* its end: the child is there */
		pid = -1;
	close(ends[0]);
	return pid;
}

static int burn(long unused)
{
	for (;;)
		__asm__ volatile("" : : "r"(unused));
	return 0;
}

static int touch_and_wait(long pages)
{
	touch(map(pages, MAP_PRIVATE), pages);
	while (pause())
		;
	return 0;
}

static int touch_and_end(long pages)
{
	touch(map(pages, MAP_PRIVATE), pages);
	return 0;
}

/* Wait at most `ms` until a file of `home` has this text in it. */
static int becomes(const char *home, const char *file, const char *wanted, int ms)
{
	long end = now_ms() + ms;
	char text[256];

	do {
		read_file(path_of(home, file), text, sizeof(text));
		if (strstr(text, wanted))
			return 1;
		usleep(2000);
	} while (now_ms() < end);
	printf("# %s of %s: %s", file, home, text);
	return 0;
}

/* Who dies has left his container a moment before he is no longer counted. */
static int falls_to_0(const char *home, const char *file)
{
	long end = now_ms() + 10000, n;

	while ((n = number(home, file)) && now_ms() < end)
		usleep(2000);
	return !n;
}

static int usage_reaches(const char *home, long bytes)
{
	for (long end = now_ms() + 10000; now_ms() < end; usleep(2000))
		if (usage_of(home) >= bytes)
			return 1;
	return 0;
}

/* The same as put(), by a child that may hang. */
static int put_soon(const char *home, const char *file, const char *text)
{
	pid_t pid = fork();

	if (!pid)
		_exit(put(home, file, "%s", text));
	return ends_within(pid, 10000);
}

// ---- frozen, held back, killed ----

static void no_time(const char *home)
{
	put(home, "cpu.cfs_period_us", "1000000");
	put(home, "cpu.cfs_quota_us", "10000");
}

static void test_held_back(void)
{
	pid_t pid = start("a/x", burn, 0);

	no_time("a/x");
	usleep(100000);
	put("a/x", "freezer.state", "FROZEN");
	OK(becomes("a/x", "freezer.state", "FROZEN", 8000), "a task that a quota holds back freezes");
	kill(pid, SIGKILL);
	OK(!ends_within(pid, 300), "frozen, it does not die");
	put("a/x", "freezer.state", "THAWED");
	OK(ends_within(pid, 8000), "thawed, it dies, although there is little time for it");
	pid = start("a/x", burn, 0);
	usleep(100000);
	kill(pid, SIGKILL);
	OK(ends_within(pid, 8000), "one that is only held back dies too");
	release_home("a/x");
}

/* Goes to and fro between two containers, and so holds container_mutex often. */
static int wander(long unused)
{
	(void)unused;
	for (int i = 0;; i++)
		put(i % 2 ? "a/x" : "a/y", "tasks", "0");
	return 0;
}

/* Writes settings, which needs container_mutex too, for so long. The longest took so many ms. */
static long write_settings(int ms)
{
	long longest = 0, end = now_ms() + ms;

	for (int i = 0; now_ms() < end; i++) {
		long begun = now_ms(), took;

		put("b/x", "cpu.shares", "%d", 1000 + i % 1000);
		took = now_ms() - begun;
		longest = took > longest ? took : longest;
	}
	return longest;
}

static int write_for_long(long unused)
{
	(void)unused;
	for (;;)
		write_settings(1000);
	return 0;
}

/*
 * The whole of `a` has 1 ms in a second, and its tasks are in the kernel most of the time, often with container_mutex. Others, who
 * have all the time they want, need it too: they never wait for a period of `a`. A busy host may hold up
 * anybody for a while: a round without a long wait is looked for.
 */
static void test_holders(void)
{
	long longest = 1000000;
	pid_t pids[6];

	no_time("a");
	put("a", "cpu.cfs_quota_us", "1000");
	for (int i = 0; i < 6; i++)
		pids[i] = start(i < 4 ? "a/x" : "b/y", i < 4 ? wander : write_for_long, 0);
	for (int round = 0; round < 5 && longest > 2500; round++) {
		longest = write_settings(3000);
		printf("# the longest write of a setting took %ld ms\n", longest);
	}
	OK(longest <= 2500, "tasks without time left do not keep container_mutex");
	for (int i = 0; i < 6; i++) {
		kill(pids[i], SIGKILL);
		OK(ends_within(pids[i], 8000), "one that may owe a lot dies when it is killed");
	}
	release_home("a");
	release_home("b/x");
}

/* Every CPU runs out of what it may do all the time, looks for work elsewhere, and may go on at any moment. */
static void test_short_periods(void)
{
	static const char *const where[] = {"a/x", "b/x"};
	pid_t pids[12];
	long end = now_ms() + 2000;
	int alive = 0;

	for (int i = 0; i < 12; i++)
		pids[i] = start(where[i % 2], burn, 0);
	for (int i = 0; now_ms() < end; i++) {
		put(where[i % 2], "cpu.cfs_period_us", "%d", 1000 + any(3000));
		put(where[i % 2], "cpu.cfs_quota_us", "%d", 1000 + any(1000));
		usleep(1000);
	}
	for (int i = 0; i < 12; i++) {
		alive += !waitpid(pids[i], NULL, WNOHANG);
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	EQ(alive, 12, "loops live through many short periods");
	release_home("a/x");
	release_home("b/x");
}

// ---- waiting for memory ----

static pid_t start_waiter(void)
{
	pid_t pid;

	put("a/x", "memory.oom_control", "1");
	put("a/x", "memory.limit_in_bytes", "1M");
	pid = start("a/x", touch_and_end, 512);
	OK(becomes("a/x", "memory.oom_control", "under_oom 1", 10000), "a task waits for memory");
	return pid;
}

static void test_waiter(void)
{
	pid_t pid = start_waiter();

	OK(put_soon("a/x", "cpuset.mems", "1") && put_soon("a/x", "cpuset.mems", "0") && put_soon("a/x", "cpuset.mems", "0-1"),
	   "its pages move meanwhile");
	put("a/x", "freezer.state", "FROZEN");
	OK(becomes("a/x", "freezer.state", "FROZEN", 2000), "it counts as frozen");
	put("a/x", "memory.limit_in_bytes", "-1");
	OK(!ends_within(pid, 300), "and stays so when there is memory");
	put("a/x", "freezer.state", "THAWED");
	OK(ends_within(pid, 8000), "thawed, it goes on");

	pid = start_waiter();
	put("a/x", "freezer.state", "FROZEN");
	OK(put_soon("a/x", "cpuset.mems", "1") && put_soon("a/x", "cpuset.mems", "0-1"), "its pages move while it is frozen");
	EQ(put("b/x", "tasks", "%d", pid), 0, "it is moved out");
	OK(ends_within(pid, 8000), "and goes on at once");
	release_home("a/x");

	pid = start_waiter();
	put("a/x", "freezer.state", "FROZEN");
	kill(pid, SIGKILL);
	put("a/x", "freezer.state", "THAWED");
	OK(ends_within(pid, 8000), "killed while frozen, it dies when thawed");
	pid = start_waiter();
	no_time("a/x");
	kill(pid, SIGKILL);
	OK(ends_within(pid, 8000), "killed, it dies with hardly any time");
	release_home("a/x");
}

// ---- the victim of a limit cannot run ----

/* What fills the container is in a/x; who needs memory, in a/y. Does the first die, and the second get what it needs? */
static int victim_dies(void (*stop)(const char *home), int (*fn)(long arg))
{
	pid_t big, small;
	int dies;

	put("a", "memory.limit_in_bytes", "4M");
	big = start("a/x", fn, 768);
	usage_reaches("a/x", 768 * PAGE);
	stop("a/x");
	small = start("a/y", touch_and_wait, 400);
	dies = usage_reaches("a/y", 400 * PAGE) && ends_within(big, 15000);
	kill(small, SIGKILL);
	kill(big, SIGKILL);
	for (int i = 0; i < HOMES; i++)
		release_home(homes[i]);
	waitpid(small, NULL, 0);
	waitpid(big, NULL, 0);		/* ECHILD where it has ended in time */
	empty_home("a/x");
	return dies;
}

/* On a host so busy that the victim needs 2 s, another is killed too: more than one try. */
static void victim(const char *name, void (*stop)(const char *home), int (*fn)(long arg))
{
	int dies = 0;

	for (int i = 0; i < 3 && !dies; i++)
		dies = victim_dies(stop, fn);
	OK(dies, name);
}

static void freeze(const char *home)
{
	put(home, "freezer.state", "FROZEN");
	becomes(home, "freezer.state", "FROZEN", 5000);
}

static void hold_back(const char *home)
{
	no_time(home);
	usleep(50000);
}

static void hold_back_and_freeze(const char *home)
{
	hold_back(home);
	freeze(home);
}

static int touch_and_burn(long pages)
{
	touch(map(pages, MAP_PRIVATE), pages);
	return burn(0);
}

/* A long stretch in the kernel: its time is used before anybody can ask for it. */
static int touch_and_write(long pages)
{
	char *p = map(pages, MAP_PRIVATE);
	int fd = open(TOP ".fill", O_CREAT | O_WRONLY | O_TRUNC, 0644);

	unlink(TOP ".fill");
	touch(p, pages);
	while (pwrite(fd, p, (size_t)(pages / 4 * PAGE), 0) > 0)
		;
	return 1;
}

static void test_victims(void)
{
	victim("a victim that is frozen dies", freeze, touch_and_wait);
	victim("one that a quota holds back dies", hold_back, touch_and_burn);
	victim("one that is frozen and held back dies", hold_back_and_freeze, touch_and_burn);
	victim("one that has used more time in the kernel than it may dies", hold_back, touch_and_write);
}

// ---- removed, moved, mounted anew ----

static int leave_charges(long unused)
{
	char name[64], text[PAGE];
	int fd;

	(void)unused;
	memset(text, 1, sizeof(text));
	snprintf(name, sizeof(name), TOP ".left%d", getpid() % 4);
	fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0644);
	return write(fd, text, sizeof(text)) != sizeof(text);
}

static void test_rmdir(void)
{
	int bad = 0;
	char name[64];

	for (int i = 0; i < 40; i++) {
		bad += make_home("b/z") != 0;
		bad += run_in("b/z", leave_charges, 0) != 0;
		bad += rmdir(path_of("b/z", "")) != 0;
	}
	EQ(bad, 0, "a container can be removed as soon as its last task was waited for, with charges left");
	OK(usage_of("b") > 0, "which count above");
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), TOP ".left%d", i);
		unlink(name);
	}
	for (int tries = 0; tries < 100 && usage_of("b"); tries++)
		usleep(10000);
	EQ(usage_of("b"), 0, "until they are gone");
}

static void test_nodes_at_limit(void)
{
	long usage, failures;
	pid_t pid;

	put("a/x", "cpuset.mems", "0");
	put("a/y", "cpuset.mems", "1");
	pid = start("a/x", touch_and_wait, 200);
	usage_reaches("a/x", 200 * PAGE);
	usleep(20000);
	usage = usage_of("a/x");
	EQ(put("a/x", "memory.limit_in_bytes", "%ld", usage), 0, "a limit at what is used");
	put("a/y", "memory.limit_in_bytes", "0");
	failures = number("a/x", "memory.failcnt");
	EQ(put("a/y", "tasks", "%d", pid), 0, "a task moves to another node, and its pages with it");
	EQ(usage_of("a/x"), usage, "they stay charged where they were");
	EQ(usage_of("a/y"), 0, "and not where it is now");
	EQ(number("a/x", "memory.failcnt"), failures, "no charge was tried");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EQ(usage_of("a/x"), 0, "and given back");
	for (int i = 0; i < HOMES; i++) {
		release_home(homes[i]);
		make_home(homes[i]);
	}
}

static int fork_for_ever(long unused)
{
	(void)unused;
	for (;;) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

static int remount(const char *options)
{
	return mount("test", TOP, "container", MS_REMOUNT, options) ? errno : 0;
}

static void test_remount(void)
{
	static const char *const sets[] = {"cpuset,cpuacct,memory,devices,numtasks", "cpu,memory,freezer,numtasks", "cpuset,cpu,freezer",
					   "cpu,cpuacct,memory,devices,freezer,numtasks"};
	pid_t pids[4], child;
	int errors = 0, late = 0;

	for (int i = 0; i < 4; i++)
		pids[i] = start(i % 2 ? "a/x" : "a/y", fork_for_ever, 0);
	for (int i = 0; i < 12; i++) {
		put("a", "cpu.cfs_period_us", "50000");
		put("a", "cpu.cfs_quota_us", "5000");
		put("a/x", "numtasks.max", "3");
		put("a/x", "freezer.state", "FROZEN");
		usleep(20000);
		child = fork();
		if (!child)
			_exit(remount(i % 2 ? ALL : sets[i / 2 % 4]));
		late += !ends_within(child, PATIENCE * 1000);
	}
	EQ(late, 0, "remounts that add and remove controllers come back, with tasks that are frozen, held back and fork");
	for (int i = 0; i < 3 && (errors = remount(ALL)); i++)
		usleep(10000);
	EQ(errors, 0, "all are there again");
	for (int i = 0; i < HOMES; i++) {
		release_home(homes[i]);
		make_home(homes[i]);
	}
	for (int i = 0; i < 4; i++)
		kill(pids[i], SIGKILL);
	for (int i = 0; i < 4; i++)
		late += !ends_within(pids[i], 10000);
	EQ(late + !empty_home("a/x") + !empty_home("a/y"), 0, "and everybody dies");
	OK(falls_to_0("a", "numtasks.current"), "nobody is counted any more");
	OK(falls_to_0("a", "memory.usage_in_bytes"), "and nothing charged");
}

static void test_umount(void)
{
	pid_t pid = start("a/x", touch_and_wait, 10);

	freeze("a/x");
	EQ(umount(TOP), 0, "unmounted with a frozen task");
	kill(pid, SIGKILL);
	OK(!ends_within(pid, 300), "it stays frozen");
	EQ(mount("test", TOP, "container", 0, ALL), 0, "mounted again");
	OK(becomes("a/x", "freezer.state", "FROZEN", 100), "it is still there");
	put("a/x", "freezer.state", "THAWED");
	OK(ends_within(pid, 8000), "and dies when thawed");
}

void test_meetings(void)
{
	for (int i = 0; i < HOMES; i++)
		make_home(homes[i]);
	test_held_back();
	test_holders();
	test_short_periods();
	test_waiter();
	test_victims();
	test_rmdir();
	test_nodes_at_limit();
	test_remount();
	test_umount();
	for (int i = HOMES - 1; i >= 0; i--)
		EQ(rmdir(path_of(homes[i], "")), 0, "a container is removed");
}
