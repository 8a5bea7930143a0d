// SPDX-License-Identifier: GPL-2.0-only
// The controllers cpu and cpuacct at work: shares, quotas, wake-ups beside busy groups, and a storm of moves, settings and removals.
//
//	shares				the tests: coarse, since here time is the host's
//	shares storm SECONDS		the storm alone
//	shares measure MS DIR:LOOPS...	for tests/host/test_shares.py, which gives it virtual time: start so many busy loops in each
//					of the containers, and print what they got in MS milliseconds, a line each:
//					DIR LOOPS NS LEAST MOST TOOK (least and most: of one loop; took: how long it was really measured; all in
//					ns). DIR:LOOPS@N: on CPU N.
//	shares latency			for the same: print how late, in us, a task wakes up beside busy loops of another container
#define _GNU_SOURCE
#include "tests/guest/tap.h"
#include "tests/guest/usage.h"
#include "tests/guest/helpers.h"

#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TOP "/tmp/shares"

static long now_ns(clockid_t clock)
{
	struct timespec t;

	return clock_gettime(clock, &t) ? -1 : t.tv_sec * 1000000000L + t.tv_nsec;
}

static long cpu_ns(pid_t pid)
{
	clockid_t clock;

	return clock_getcpuclockid(pid, &clock) ? -1 : now_ns(clock);
}

// ---- containers ----

static const char *path_of(const char *dir, const char *file)
{
	static char paths[4][256];
	static int turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s%s/%s", *dir == '/' ? "" : TOP "/", dir, file);
	return path;
}

// 0 or the errno.
static int put(const char *dir, const char *file, long value)
{
	char text[32];
	int fd = open(path_of(dir, file), O_WRONLY | O_CLOEXEC), error = 0;

	snprintf(text, sizeof(text), "%ld", value);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		error = errno;
	if (fd >= 0)
		close(fd);
	return error;
}

static long number(const char *dir, const char *file)
{
	char text[256];

	read_file(path_of(dir, file), text, sizeof(text));
	return atol(text);
}

static long throttled(const char *dir)
{
	char text[256], *at;

	read_file(path_of(dir, "cpu.stat"), text, sizeof(text));
	at = strstr(text, "nr_throttled ");
	return at ? atol(at + strlen("nr_throttled ")) : -1;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

// A busy loop in a container; on one CPU if cpu >= 0.
static pid_t start_loop(const char *dir, int cpu)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (cpu >= 0)
		pin(cpu);
	setpriority(PRIO_PROCESS, 0, 0);
	if (put(dir, "tasks", 0))
		_exit(1);
	for (;;)
		;
}

static void end_loop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

// ---- measuring ----

#define MAX_LOOPS 64
#define WARM_UP	  175000	/* us: until all loops are in their containers, and spread. No multiple of a period: there a quota is not being used */

static int measure(long ms, char **specs, int n)
{
	static pid_t pids[MAX_LOOPS];
	static long ns[MAX_LOOPS];
	int total = 0, first = 0;
	long took;

	setpriority(PRIO_PROCESS, 0, -20);	/* so that all clocks are read in one go */
	for (int i = 0; i < n; i++) {
		char dir[128], *at = strchr(specs[i], '@');

		snprintf(dir, sizeof(dir), "%.*s", (int)(strchr(specs[i], ':') - specs[i]), specs[i]);
		for (int k = atoi(strchr(specs[i], ':') + 1); k > 0 && total < MAX_LOOPS; k--)
			pids[total++] = start_loop(dir, at ? atoi(at + 1) : -1);
	}
	usleep(WARM_UP);
	for (int i = 0; i < total; i++)
		ns[i] = cpu_ns(pids[i]);
	took = now_ns(CLOCK_MONOTONIC);
	usleep(ms * 1000);
	took = now_ns(CLOCK_MONOTONIC) - took;
	for (int i = 0; i < total; i++)
		ns[i] = cpu_ns(pids[i]) - ns[i];
	for (int i = 0; i < n; i++) {
		int loops = atoi(strchr(specs[i], ':') + 1);
		long sum = 0, least = ns[first], most = 0;

		for (int k = first; k < first + loops; k++) {
			sum += ns[k];
			least = ns[k] < least ? ns[k] : least;
			most = ns[k] > most ? ns[k] : most;
		}
		first += loops;
		printf("%.*s %d %ld %ld %ld %ld\n", (int)(strchr(specs[i], ':') - specs[i]), specs[i], loops, sum, least, most, took);
	}
	for (int i = 0; i < total; i++)
		end_loop(pids[i]);
	return 0;
}

// ---- coarse tests ----

// Loops in two containers, three times the shares in one; on one CPU. A host that takes time away spoils a try.
static int shares_hold(void)
{
	pid_t a = start_loop("a", 0), b = start_loop("b", 0);
	long got_a, got_b;

	usleep(50000);
	got_a = cpu_ns(a);
	got_b = cpu_ns(b);
	usleep(500000);
	got_a = cpu_ns(a) - got_a;
	got_b = cpu_ns(b) - got_b;
	end_loop(a);
	end_loop(b);
	return got_a * 10 > got_b * 25 && got_a * 10 < got_b * 35;
}

static void test_shares(void)
{
	int hold = 0;

	EQ(put("a", "cpu.shares", 3072), 0, "three times the shares for a");
	for (int i = 0; i < 8 && !hold; i++)
		hold = shares_hold();
	OK(hold, "a gets about three times what b gets");
	put("a", "cpu.shares", 1024);
}

static int quota_holds(void)
{
	long before = number("a", "cpuacct.usage"), got;
	pid_t pid = start_loop("a", -1);

	usleep(1000000);
	end_loop(pid);
	got = number("a", "cpuacct.usage") - before;
	return got > 150000000 && got < 250000000;
}

static void test_quota(void)
{
	int holds = 0;
	pid_t pid;

	EQ(put("a", "cpu.cfs_quota_us", 20000), 0, "a quota of a fifth");
	for (int i = 0; i < 8 && !holds; i++)
		holds = quota_holds();
	OK(holds, "a loop gets about a fifth");
	OK(throttled("a") > 5, "cpu.stat says that it was held back");

	put("a", "cpu.cfs_period_us", 1000000);
	put("a", "cpu.cfs_quota_us", 1000);
	pid = start_loop("a", -1);
	usleep(100000);
	EQ(put("", "tasks", pid), 0, "one that is held back is moved out");
	usleep(200000);
	OK(cpu_ns(pid) > 20000000, "and runs at once");
	end_loop(pid);
	put("a", "cpu.cfs_quota_us", -1);
	put("a", "cpu.cfs_period_us", 100000);
}

// How long after the end of its sleep a task of b runs, beside busy loops of a on the same CPU: the median of many, in us, to 100.
static long median_latency(void)
{
	int *late = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t hogs[3], pid;
	long median = -1;

	for (int i = 0; i < 3; i++)
		hogs[i] = start_loop("a", 0);
	pid = fork();
	if (!pid) {
		pin(0);
		put("b", "tasks", 0);
		for (int i = 0; i < 100; i++) {
			long start = now_ns(CLOCK_MONOTONIC), us;

			usleep(4000);
			us = (now_ns(CLOCK_MONOTONIC) - start) / 1000 - 4000;
			late[us < 100000 ? us / 100 : 1000]++;
		}
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 3; i++)
		end_loop(hogs[i]);
	for (int i = 0, seen = 0; i <= 1000 && median < 0; i++)
		if ((seen += late[i]) >= 50)
			median = i * 100;
	return median;
}

// Loops that change places between two children of a, and end.
static void run_and_move(void)
{
	pid_t pids[4];

	for (int i = 0; i < 4; i++)
		pids[i] = start_loop(i % 2 ? "a/x" : "a/y", -1);
	usleep(100000);
	for (int i = 0; i < 4; i++)
		put(i % 2 ? "a/y" : "a/x", "tasks", pids[i]);
	usleep(100000);
	for (int i = 0; i < 4; i++)
		end_loop(pids[i]);
}

static void test_sums(void)
{
	long parent, children;

	mkdir(path_of("a", "x"), 0755);
	mkdir(path_of("a", "y"), 0755);
	run_and_move();
	put("a", "cpuacct.usage", 0);
	put("a/x", "cpuacct.usage", 0);
	put("a/y", "cpuacct.usage", 0);
	run_and_move();
	parent = number("a", "cpuacct.usage");
	children = number("a/x", "cpuacct.usage") + number("a/y", "cpuacct.usage");
	OK(parent > 50000000, "what the children use counts for the parent");
	EQ(parent, children, "to the nanosecond, moves included");
	rmdir(path_of("a", "x"));
	rmdir(path_of("a", "y"));
}

// ---- the storm ----

static const char *const homes[] = {"s", "s/a", "s/b", "s/a/x", "s/a/y", "s/b/x", ""};
#define HOMES	((int)(sizeof(homes) / sizeof(homes[0])))
#define WORKERS 12

static void burn_us(long us)
{
	long end = now_ns(CLOCK_MONOTONIC) + us * 1000;

	while (now_ns(CLOCK_MONOTONIC) < end)
		;
}

// Errors are part of it: others remove and make the containers meanwhile.
static void one_step(void)
{
	const char *home = homes[any(HOMES)];
	pid_t pid;

	switch (any(10)) {
	case 0:
	case 1:
		put(home, "tasks", 0);
		break;
	case 2:
		put(home, "cpu.shares", 2 + any(5000));
		break;
	case 3:
		put(home, "cpu.cfs_quota_us", any(3) ? (long)any(40000) + 1000 : -1);
		break;
	case 4:
		if (!any(4))
			put(home, "cpu.cfs_period_us", 1000 + any(60000));
		break;
	case 5:
		pid = fork();
		if (!pid) {
			burn_us(any(2000));
			put(homes[any(HOMES)], "tasks", 0);
			_exit(0);
		}
		if (pid > 0 && any(2))
			put(homes[any(HOMES)], "tasks", pid);
		waitpid(pid, NULL, 0);
		break;
	case 6:
		if (*home && !rmdir(path_of(home, "")))
			mkdir(path_of(home, ""), 0755);
		else if (*home)
			mkdir(path_of(home, ""), 0755);
		break;
	case 7:
		setpriority(PRIO_PROCESS, 0, any(10));
		pin(any(4));
		break;
	case 8:
		usleep(any(2000));
		break;
	default:
		burn_us(any(3000));
	}
}

static void test_storm(int seconds)
{
	static struct usage before, after;
	pid_t workers[WORKERS];
	int left = 0, removed = 0;

	for (int round = 0; round < 2; round++) {	/* the first fills tables that stay */
		read_usage(&before, 1);
		for (int i = 0; i < HOMES; i++)
			mkdir(path_of(homes[i], ""), 0755);
		for (int i = 0; i < WORKERS; i++) {
			workers[i] = fork();
			if (!workers[i]) {
				seed = (unsigned int)(i * 7919 + getpid());
				for (;;)
					one_step();
			}
		}
		usleep(seconds * 1000000 / 2);
		for (int i = 0; i < WORKERS; i++)
			kill(workers[i], SIGKILL);
		for (int i = 0; i < HOMES; i++)		/* whoever a quota holds back dies at once then */
			put(homes[i], "cpu.cfs_quota_us", -1);
		for (int i = 0; i < WORKERS; i++)
			waitpid(workers[i], NULL, 0);
		for (int i = HOMES - 1; i >= 0; i--) {
			if (!*homes[i])
				continue;
			for (int tries = 0; tries < 500; tries++) {	/* orphans are init's */
				if (!rmdir(path_of(homes[i], "")) || errno != EBUSY)
					break;
				usleep(10000);
			}
			left += !access(path_of(homes[i], ""), F_OK);
			removed++;
		}
		for (int tries = 0; tries < 100; tries++) {
			read_usage(&after, 1);
			if (same_usage(&before, &after))
				break;
			usleep(10000);
		}
	}
	OK(removed > 0 && !left, "after the storm all containers can be removed");
	if (!OK(same_usage(&before, &after), "and nothing is lost")) {
		show_lines(before.slabs, after.slabs);
		show_lines(before.meminfo, after.meminfo);
	}
}

int main(int argc, char **argv)
{
	if (argc > 3 && !strcmp(argv[1], "measure"))
		return measure(atol(argv[2]), argv + 3, argc - 3);
	usage_init();
	mkdir(TOP, 0755);
	EQ(mount("test", TOP, "container", 0, "cpu,cpuacct"), 0, "mount cpu and cpuacct");
	mkdir(path_of("a", ""), 0755);
	mkdir(path_of("b", ""), 0755);
	if (argc > 1 && !strcmp(argv[1], "latency")) {
		printf("%ld\n", median_latency());
		return 0;
	}
	if (argc < 2) {
		test_shares();
		test_quota();
		test_sums();
	}
	EQ(rmdir(path_of("a", "")) || rmdir(path_of("b", "")), 0, "containers that are empty can be removed");
	test_storm(argc > 2 ? atoi(argv[2]) : 3);
	EQ(umount(TOP), 0, "umount");
	rmdir(TOP);
	return TAP_DONE();
}
