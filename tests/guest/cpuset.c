// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task in a cpuset never runs elsewhere. Two containers whose CPUs change all the time; tasks that spin, sleep, fork, are moved between the two
 * and have their affinity set by others look where they are; none may ever be on a CPU that its container does not have.
 *
 * What is allowed at a moment is kept in shared memory: who changes it first allows the old and the new, then writes the control file, and when
 * that returns allows the new alone. Each change has a number; a look counts if no number has changed meanwhile. Meanwhile the kernel records each
 * switch of each CPU, and marks tell when the CPUs changed: so what the tasks did not see of themselves is found there, afterwards.
 *
 * Needs 4 CPUs.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "tests/guest/cpuset.h"

#define ALL_CPUS 0xfUL
#define SPINNERS 2
#define SAMPLERS 3
#define ROAMERS	 2
#define FORKERS	 2

struct zone {				/* a container */
	atomic_ulong number, cpus;
};
struct place {				/* of one or more tasks */
	atomic_ulong number, zones;	/* bit n: may be in zone n */
};

static struct shared {
	struct zone zones[2];
	struct place home, roamer[ROAMERS];	/* home: in zone 0 for ever */
	atomic_long looks, births, moves, flips, settings;
	atomic_long violations;
	char first[160];		/* what the first violation was */
	pid_t spinner[SPINNERS], sampler[SAMPLERS], roaming[ROAMERS];
} *s;

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void __attribute__((format(printf, 1, 2))) violation(const char *format, ...)
{
	va_list args;

	if (atomic_fetch_add(&s->violations, 1))
		return;
	va_start(args, format);
	vsnprintf(s->first, sizeof(s->first), format, args);
	va_end(args);
}

/* ---- what is allowed ---- */

struct view {
	unsigned long numbers[3], cpus;
};

static struct view look(struct place *p)
{
	struct view v = {{atomic_load(&p->number), atomic_load(&s->zones[0].number), atomic_load(&s->zones[1].number)}, 0};
	unsigned long zones = atomic_load(&p->zones);

	for (int z = 0; z < 2; z++)
		if (zones & (1UL << z))
			v.cpus |= atomic_load(&s->zones[z].cpus);
	return v;
}

static int still(struct place *p, const struct view *v)
{
	return v->numbers[0] == atomic_load(&p->number) && v->numbers[1] == atomic_load(&s->zones[0].number) &&
	       v->numbers[2] == atomic_load(&s->zones[1].number);
}

static unsigned int here(void)
{
	unsigned int cpu = ~0U;

	syscall(SYS_getcpu, &cpu, NULL, NULL);
	return cpu;
}

/* The CPU that PID ran on last, by the 39th field of its stat. */
static int last_cpu(pid_t pid)
{
	char path[64], text[512], *at;
	int fd, n, cpu = -1;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? -1 : (int)read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	at = strrchr(text, ')');
	for (int field = 2; at && field < 39; field++)
		at = strchr(at + 1, ' ');
	if (at)
		cpu = atoi(at);
	return cpu;
}

static void check_self(struct place *p)
{
	struct view v = look(p);
	unsigned int cpu = here();
	unsigned long affinity = 0;
	int shown;

	if (still(p, &v)) {
		atomic_fetch_add(&s->looks, 1);
		if (!(v.cpus & (1UL << cpu)))
			violation("task %d on CPU %u, allowed %#lx", getpid(), cpu, v.cpus);
	}
	v = look(p);
	syscall(SYS_sched_getaffinity, 0, sizeof(affinity), &affinity);
	if (still(p, &v) && (affinity & ~v.cpus || !affinity))
		violation("task %d has affinity %#lx, allowed %#lx", getpid(), affinity, v.cpus);
	if (any(8))
		return;
	v = look(p);
	shown = last_cpu(getpid());
	if (still(p, &v) && (shown < 0 || !(v.cpus & (1UL << shown))))
		violation("task %d shown on CPU %d, allowed %#lx", getpid(), shown, v.cpus);
}

/* ---- those who are looked at ---- */

static pid_t start(void (*body)(int), int arg)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	seed = (unsigned int)getpid() * 7919;
	for (;;)
		body(arg);
}

/* Never enters the kernel of its own accord. */
static void spin(int unused)
{
	for (volatile int i = 0; i < 1000000; i++)
		;
}

static void sample(int unused)
{
	check_self(&s->home);
	if (!any(3))
		nap(any(300));
	else if (!any(3))
		sched_yield();
}

/* A child looks before it does anything else; what was allowed before the fork must hold for it. */
static void bear(struct place *p)
{
	struct view v = look(p);
	pid_t pid = fork();

	if (!pid) {
		unsigned int cpu = here();

		if (still(p, &v)) {
			atomic_fetch_add(&s->births, 1);
			if (!(v.cpus & (1UL << cpu)))
				violation("a child on CPU %u, allowed %#lx", cpu, v.cpus);
		}
		/* If it was born while cpus was written, it must have what was written. */
		for (int i = 0; p == &s->home && i < 5; i++)
			check_self(p);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void fork_at_home(int unused)
{
	bear(&s->home);
}

static void roam(int which)
{
	check_self(&s->roamer[which]);
	if (!any(2))
		bear(&s->roamer[which]);
}

/* ---- those who disturb ---- */

static void set_affinities(int unused)
{
	unsigned long mask = 1 + any(ALL_CPUS);
	int which = (int)any(SAMPLERS + ROAMERS);
	pid_t pid = which < SAMPLERS ? s->sampler[which] : s->roaming[which - SAMPLERS];

	if (!syscall(SYS_sched_setaffinity, pid, sizeof(mask), &mask))
		atomic_fetch_add(&s->settings, 1);
	else if (errno != EINVAL)
		violation("sched_setaffinity: %s", strerror(errno));
	nap(any(500));
}

static void move(int unused)
{
	int which = (int)any(ROAMERS);
	struct place *p = &s->roamer[which];
	int to = atomic_load(&p->zones) == 1, error;

	atomic_store(&p->zones, 3);
	atomic_fetch_add(&p->number, 1);
	error = put(to ? TOP "/1/tasks" : TOP "/0/tasks", "%d", s->roaming[which]);
	if (error)
		violation("moving: %s", strerror(error));
	atomic_store(&p->zones, 1UL << to);
	atomic_fetch_add(&p->number, 1);
	atomic_fetch_add(&s->moves, 1);
	nap(any(500));
}

/*
 * Is PID, which never comes to the kernel, shown on one of the CPUs? It has left others when the write returns; until it is queued elsewhere it
 * is shown on the last one.
 */
static int arrives(pid_t pid, unsigned long cpus)
{
	for (int tries = 0; tries < 2000; tries++) {
		int cpu = last_cpu(pid);

		if (cpu >= 0 && (cpus & (1UL << cpu)))
			return 1;
		nap(500);
	}
	return 0;
}

static void flip(int zone, unsigned long cpus)
{
	struct zone *z = &s->zones[zone];
	char list[16] = "", *at = list;
	int error;

	for (int cpu = 0; cpu < 4; cpu++)
		if (cpus & (1UL << cpu))
			at += sprintf(at, "%s%d", at == list ? "" : ",", cpu);
	atomic_fetch_or(&z->cpus, cpus);
	atomic_fetch_add(&z->number, 1);
	if (!zone)
		put("/proc/trace", "home-any");
	error = put(zone ? TOP "/1/cpuset.cpus" : TOP "/0/cpuset.cpus", "%s", list);
	if (!zone)
		put("/proc/trace", "home-%lu", cpus);
	if (error)
		violation("cpus %s: %s", list, strerror(error));
	atomic_store(&z->cpus, cpus);
	atomic_fetch_add(&z->number, 1);
	atomic_fetch_add(&s->flips, 1);
	for (int i = 0; i < SPINNERS && !zone; i++)
		if (!arrives(s->spinner[i], cpus))
			violation("a spinning task stays on CPU %d after cpus was set to %s", last_cpu(s->spinner[i]), list);
}

/* ---- the record of all switches ---- */

static struct {
	enum {ELSEWHERE, CHILD, STAYS} home[1 << 15];	/* by pid: is it in container 0? */
	int current[4];			/* by CPU: who runs there */
	unsigned long cpus;		/* of container 0; 0: they are just changing */
	long turns, lost;
} record;

static void check_turn(int cpu, int pid, const char *what)
{
	if (!record.cpus || !record.home[pid])
		return;
	record.turns++;
	if (!(record.cpus & (1UL << cpu)))
		violation("recorded: task %d %s CPU %d, allowed %#lx", pid, what, cpu, record.cpus);
}

/* One line: "TIME CPU PID NAME EVENT: FIELDS". */
static void read_record(const char *line)
{
	int cpu, pid, other, at = 0;
	char event[32];

	if (sscanf(line, "%*s %d %d %*s %31s %n", &cpu, &pid, event, &at) < 3) {
		record.lost += !strncmp(line, "# lost", 6);
	} else if (!strcmp(event, "sched_switch:") && sscanf(line + at, "%*s next_pid=%d", &other) == 1) {
		record.current[cpu] = other;
		check_turn(cpu, other, "comes to");
	} else if (!strcmp(event, "fork:") && sscanf(line + at, "child=%d", &other) == 1) {
		if (record.home[pid] && !record.home[other])
			record.home[other] = CHILD;
	} else if (!strcmp(event, "exit:")) {
		record.home[pid] = ELSEWHERE;	/* it has left its container, and does not run for long */
	} else if (!strcmp(event, "mark:") && strstr(line + at, "home-")) {
		record.cpus = strtoul(strstr(line + at, "home-") + 5, NULL, 10);
		/* A child may be about to exit, and have left the container before. */
		for (cpu = 0; cpu < 4; cpu++)
			if (record.home[record.current[cpu]] == STAYS)
				check_turn(cpu, record.current[cpu], "is still on");
	}
}

static void check_record(void)
{
	static char text[1 << 16];
	int fd = open("/proc/trace", O_RDONLY);
	size_t have = 0;
	ssize_t got;

	while ((got = read(fd, text + have, sizeof(text) - 1 - have)) > 0) {
		char *line = text, *end;

		have += (size_t)got;
		text[have] = '\0';
		for (; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			read_record(line);
		}
		have -= (size_t)(line - text);
		memmove(text, line, have);
	}
	close(fd);
	printf("# %ld turns in the record\n", record.turns);
	tap_result(!s->violations, "nor does the record of switches have one", s->first);
	OK(record.turns > 100 && !record.lost, "which is whole");
}

static int enough(void)
{
	return s->looks > 1000 && s->births > 200 && s->moves > 50 && s->flips > 100 && s->settings > 50;
}

static void test_storm(void)
{
	double begin = seconds();
	pid_t pids[16];
	int n = 0;

	s->home.zones = s->roamer[0].zones = s->roamer[1].zones = 1;
	EQ(put("/proc/trace_events", "buf=8M sched_switch fork exit mark"), 0, "record switches");
	put(TOP "/0/tasks", "0");
	for (int i = 0; i < SPINNERS; i++)
		pids[n++] = s->spinner[i] = start(spin, 0);
	for (int i = 0; i < SAMPLERS; i++)
		pids[n++] = s->sampler[i] = start(sample, 0);
	for (int i = 0; i < FORKERS; i++)
		pids[n++] = start(fork_at_home, 0);
	for (int i = 0; i < n; i++)
		record.home[pids[i]] = STAYS;
	for (int i = 0; i < ROAMERS; i++)
		pids[n++] = s->roaming[i] = start(roam, i);
	put(TOP "/tasks", "0");
	pids[n++] = start(set_affinities, 0);
	pids[n++] = start(move, 0);
	while (!enough() && !s->violations && seconds() - begin < 80) {
		flip((int)any(2), 1 + any(ALL_CPUS));
		nap(any(1500));
	}
	while (n--) {		/* first those who disturb the others */
		kill(pids[n], SIGKILL);
		waitpid(pids[n], NULL, 0);
	}
	printf("# %ld looks, %ld births, %ld changes of cpus, %ld moves, %ld of affinity\n", s->looks, s->births, s->flips, s->moves,
	       s->settings);
	put("/proc/trace_events", "none");
	tap_result(!s->violations, "no task ran where its container forbids", s->first);
	OK(enough(), "many looks, births, moves and changes");
	check_record();
	put("/proc/trace_events", "buf=1M");
}

/* ---- sched_load_balance ---- */

/*
 * On how many CPUs at once three spinning children of one parent are, in container 0. They have 5 s to be on `wanted`; where that is 1, they have
 * 1 s to leave it.
 */
static int spread(int wanted)
{
	pid_t pids[3];
	int most = 0;

	put(TOP "/0/tasks", "0");
	for (int i = 0; i < 3; i++)
		pids[i] = start(spin, 0);
	put(TOP "/tasks", "0");
	for (int tries = 0; tries < (wanted > 1 ? 100 : 20) && (wanted == 1 || most < wanted); tries++) {
		unsigned long cpus = 0;

		nap(50000);
		for (int i = 0; i < 3; i++)
			cpus |= 1UL << last_cpu(pids[i]);
		if (__builtin_popcountl(cpus) > most)
			most = __builtin_popcountl(cpus);
	}
	for (int i = 0; i < 3; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	return most;
}

static void test_balance(void)
{
	EQ(put(TOP "/0/cpuset.cpus", "0-2"), 0, "cpus 0-2");
	EQ(put(TOP "/1/cpuset.cpus", "3"), 0, "and 3 in the other");
	EQ(spread(3), 3, "three spinning tasks are on three CPUs");
	EQ(put(TOP "/0/cpuset.sched_load_balance", "0"), 0, "no balancing in the container");
	EQ(spread(3), 3, "means nothing while the top is balanced");
	EQ(put(TOP "/cpuset.sched_load_balance", "0"), 0, "nor in the top");
	EQ(spread(1), 1, "now they stay where they were born");
	EQ(put(TOP "/1/cpuset.cpus", "0-2"), 0, "the other container has the same CPUs, and is balanced");
	EQ(spread(3), 3, "which makes them a domain for all");
	EQ(put(TOP "/1/cpuset.cpus", "3"), 0, "not any more");
	EQ(put(TOP "/0/cpuset.sched_load_balance", "1"), 0, "balancing in the container");
	EQ(spread(3), 3, "spreads them again");
	EQ(put(TOP "/cpuset.sched_load_balance", "1"), 0, "and in the top");
}

int main(void)
{
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	seed = 42;
	mkdir(TOP, 0755);
	EQ(mount("test", TOP, "container", 0, "cpuset"), 0, "mount");
	for (int z = 0; z < 2; z++) {
		char path[64];

		snprintf(path, sizeof(path), TOP "/%d", z);
		EQ(mkdir(path, 0755), 0, "mkdir");
		snprintf(path, sizeof(path), TOP "/%d/cpuset.cpus", z);
		EQ(put(path, "0-3"), 0, "cpus");
		snprintf(path, sizeof(path), TOP "/%d/cpuset.mems", z);
		EQ(put(path, "0"), 0, "mems");
		s->zones[z].cpus = ALL_CPUS;
	}
	test_storm();
	test_balance();
	EQ(rmdir(TOP "/0") | rmdir(TOP "/1"), 0, "rmdir");
	EQ(umount(TOP), 0, "umount");
	rmdir(TOP);
	return TAP_DONE();
}
