// SPDX-License-Identifier: GPL-2.0-only
// The scheduler: affinity and migration, niceness, fairness, yielding, what the processors did.
#define _GNU_SOURCE
#include "tests/guest/tap.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile long *shared;

static double now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static unsigned int here(void)
{
	unsigned int cpu = -1;

	syscall(SYS_getcpu, &cpu, NULL, NULL);
	return cpu;
}

static int pin(pid_t pid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(pid, sizeof(set), &set);
}

static cpu_set_t all;
static int cpus;

static void test_affinity(void)
{
	cpu_set_t set;
	int moved = 0, cpu;
	pid_t pid;

	EQ(sched_getaffinity(0, sizeof(all), &all), 0, "the set of processors is told");
	cpus = CPU_COUNT(&all);
	OK(cpus > 0, "and has some");
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &all) && !pin(0, cpu) && here() == (unsigned int)cpu)
			moved++;
	EQ(moved, cpus, "a task that is pinned to each is there at once");
	CPU_ZERO(&set);
	FAILS(sched_setaffinity(0, sizeof(set), &set), EINVAL, "no processor: EINVAL");
	FAILS(sched_setaffinity(1 << 22, sizeof(all), &all), ESRCH, "no such task: ESRCH");
	FAILS(syscall(SYS_sched_getaffinity, 0, 1, &set), EINVAL, "room for too few: EINVAL");

	pid = fork();
	if (!pid)
		for (;;)
			shared[0] = here();
	for (int round = moved = 0; round < 20; round++)
		for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
			if (!CPU_ISSET(cpu, &all))
				continue;
			if (pin(pid, cpu))
				break;
			// the first answer may be from before
			for (int twice = 0; twice < 2; twice++) {
				shared[0] = -1;
				while (shared[0] == -1)
					sched_yield();
			}
			moved += shared[0] == cpu;
		}
	EQ(moved, 20 * cpus, "a task that runs elsewhere is moved, every time");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	sched_setaffinity(0, sizeof(all), &all);
}

// Children with these nice values count on one processor; shared[i] is what each got done.
static void compete(int n, const int *nice_values, double seconds)
{
	int cpu = 0;
	pid_t pids[8];

	while (!CPU_ISSET(cpu, &all))
		cpu++;
	for (int i = 0; i < n; i++) {
		shared[i] = 0;
		pids[i] = fork();
		if (!pids[i]) {
			pin(0, cpu);
			setpriority(PRIO_PROCESS, 0, nice_values[i]);
			while (!shared[8])
				;
			for (;;)
				shared[i]++;
		}
	}
	usleep(20000);
	shared[8] = 1;
	usleep(seconds * 1e6);
	for (int i = 0; i < n; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	shared[8] = 0;
}

static int share_equally(void)
{
	static const int equal[4] = {0, 0, 0, 0};
	long least, most;

	compete(4, equal, 0.6);
	least = most = shared[0];
	for (int i = 1; i < 4; i++) {
		least = shared[i] < least ? shared[i] : least;
		most = shared[i] > most ? shared[i] : most;
	}
	return least > most / 2;
}

static int share_by_nice(void)
{
	static const int unequal[2] = {0, 5};

	compete(2, unequal, 0.6);
	return shared[0] > shared[1] * 3 / 2 && shared[1] > 0;
}

// A machine below that has other work takes time from whoever runs just then: several tries.
static void test_fairness(void)
{
	int equally = 0, by_nice = 0;

	for (int i = 0; i < 5 && !equally; i++)
		equally = share_equally();
	OK(equally, "four equal tasks on one processor get about the same");
	for (int i = 0; i < 5 && !by_nice; i++)
		by_nice = share_by_nice();
	OK(by_nice, "five steps of nice make a difference, but starve nobody");
}

static void test_nice(void)
{
	errno = 0;
	EQ(getpriority(PRIO_PROCESS, 0), 0, "niceness begins at 0");
	EQ(setpriority(PRIO_PROCESS, 0, 5), 0, "it is raised");
	EQ(getpriority(PRIO_PROCESS, 0), 5, "and is so");
	EQ(setpriority(PRIO_PROCESS, 0, 100), 0, "too much is cut");
	EQ(getpriority(PRIO_PROCESS, 0), 19, "to 19");
	FAILS(setpriority(7, 0, 0), EINVAL, "an unknown kind: EINVAL");
	FAILS(getpriority(PRIO_PROCESS, 1 << 22), ESRCH, "nobody: ESRCH");
	if (!getuid())
		EQ(setpriority(PRIO_PROCESS, 0, 0), 0, "root takes it back");
}

static void test_policies(void)
{
	struct sched_param param = {0};

	EQ(syscall(SYS_sched_getscheduler, 0), SCHED_OTHER, "the policy is the usual one");
	EQ(syscall(SYS_sched_getparam, 0, &param), 0, "its parameter is told");
	EQ(param.sched_priority, 0, "and is 0");
	EQ(sched_get_priority_max(SCHED_FIFO), 99, "real-time priorities end at 99");
	EQ(sched_get_priority_min(SCHED_OTHER), 0, "usual ones at 0");
	FAILS(sched_get_priority_max(77), EINVAL, "an unknown policy: EINVAL");
	param.sched_priority = 5;
	FAILS(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &param), EINVAL,
	      "the usual policy has no priorities: EINVAL");
}

static void *spin(void *unused)
{
	double end = now(CLOCK_THREAD_CPUTIME_ID) + 0.1;

	(void)unused;
	while (now(CLOCK_THREAD_CPUTIME_ID) < end)
		;
	return NULL;
}

static void test_time(void)
{
	double before = now(CLOCK_PROCESS_CPUTIME_ID), used, thread;
	struct rusage r;
	struct tms t;
	pthread_t th;

	usleep(100000);
	used = now(CLOCK_PROCESS_CPUTIME_ID) - before;
	OK(used < 0.05, "sleeping uses no processor time");
	pthread_create(&th, NULL, spin, NULL);
	thread = now(CLOCK_THREAD_CPUTIME_ID);
	pthread_join(th, NULL);
	used = now(CLOCK_PROCESS_CPUTIME_ID) - before;
	OK(used >= 0.1, "a thread's time counts for the process");
	OK(now(CLOCK_THREAD_CPUTIME_ID) - thread < used / 2, "but not for another thread");
	getrusage(RUSAGE_SELF, &r);
	used = r.ru_utime.tv_sec + r.ru_stime.tv_sec +
	       (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
	OK(used >= 0.1, "getrusage says so too");
	OK(r.ru_nvcsw > 0, "and that it slept");
	OK(times(&t) > 0 && t.tms_utime + t.tms_stime >= 9, "and times");
}

// All processors work when there is work for all.
static void test_spread(void)
{
	pid_t pids[4];
	int n = cpus > 4 ? 4 : cpus, together = 0;

	for (int i = 0; i < n; i++) {
		shared[i] = -1;
		pids[i] = fork();
		if (!pids[i]) {
			sched_setaffinity(0, sizeof(all), &all);
			for (;;)
				shared[i] = here();
		}
	}
	for (int round = 0; round < 100 && !together; round++) {
		unsigned long seen = 0;

		usleep(10000);
		for (int i = 0; i < n; i++)
			if (shared[i] >= 0)
				seen |= 1UL << shared[i] % 64;
		together = __builtin_popcountl(seen) == n;
	}
	for (int i = 0; i < n; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	OK(together, "as many tasks as processors run side by side");
}

// A yielding task lets another run that waits for the same processor.
static void test_yield(void)
{
	int cpu = 0;
	pid_t pid;

	while (!CPU_ISSET(cpu, &all))
		cpu++;
	pin(0, cpu);
	shared[0] = 0;
	pid = fork();
	if (!pid) {
		shared[0] = 1;
		_exit(0);
	}
	for (int i = 0; i < 1000 && !shared[0]; i++)
		sched_yield();
	EQ(shared[0], 1, "sched_yield lets another run");
	waitpid(pid, NULL, 0);
	sched_setaffinity(0, sizeof(all), &all);
}

int main(void)
{
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	test_affinity();
	test_fairness();
	test_yield();
	test_policies();
	test_time();
	test_spread();
	test_nice();
	return TAP_DONE();
}
