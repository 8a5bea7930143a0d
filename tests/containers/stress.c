// SPDX-License-Identifier: GPL-2.0-only
/*
 * stress - everything that container hierarchies can do, by many processes at once, on all CPUs.
 *
 *	stress [-t SECONDS] [-w WORKERS] [-s SEED] [-f]
 *
 * Workers of seven kinds race each other on the same few names: fork and exit (with threads), attach, mkdir and rmdir, rename, reading
 * `tasks` and /proc/PID/container, mount, umount and remount. Each call may fail in the ways that losing a race
 * explains, and in no other. About once a second all workers stand still and the driver checks what must hold then:
 *
 *   - each living task is in the `tasks` of exactly one container per hierarchy, and /proc/PID/container names that one;
 *   - `tasks` is in ascending order (checked while racing, too);
 *   - counts agree: containers in /proc/containers, debug.taskcount, numtasks.current.
 *
 * With -f, workers have an allocation of theirs fail now and then (/proc/self/fail-nth).
 *
 * At the end all is removed and unmounted, and free memory and the objects of each cache must be what they were after a
 * warm-up. Prints `ok` and the number of calls, or what was wrong. Works on Linux's cgroup v1 too, where things that Linux does some time later are not checked.
 *
 * Start reading at kinds[], then check_all() in stress_check.c.
 */
#include "stress.h"
#include "../guest/usage.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_WORKERS	32
#define NAMES		5
#define TEXT		262144
#define LEAK_LIMIT	2048		/* KiB of free memory that may be missing at the end: caches of various sizes */
#define OBJECT_LIMIT	8		/* objects of one cache: what this program and the shell have */

struct shared *shared;
int worker_count = 14;
bool on_linux;
const char *procfile, *first, *second;
static const char *fstype;
static pid_t workers[MAX_WORKERS];
static uint64_t state;
static bool failing;

static unsigned int rnd(unsigned int below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % below;
}

void sleep_us(long us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&t, NULL);
}

void __attribute__((format(printf, 1, 2))) wrong(const char *format, ...)
{
	va_list args;

	if (atomic_exchange(&shared->failed, true))
		return;
	va_start(args, format);
	vsnprintf(shared->message, sizeof(shared->message), format, args);
	va_end(args);
}

/* RET of a call that may fail with one of the errnos given, 0 at the end. Returns whether it succeeded. */
static bool expect(long ret, const char *what, const char *path, ...)
{
	int error = ret < 0 ? errno : 0, allowed;
	bool found = !error || (failing && (error == ENOMEM || error == EAGAIN || error == EFAULT));
	va_list args;

	atomic_fetch_add(&shared->calls, 1);
	va_start(args, path);
	while (!found && (allowed = va_arg(args, int)))
		found = error == allowed;
	va_end(args);
	if (!found)
		wrong("%s %s: %s", what, path, strerror(error));
	return !error;
}

/* ---- names ---- */

/* A random directory of one of the hierarchies, at most two levels down, in one of four static buffers. */
static char *random_dir(bool below_top)
{
	static char buffers[4][64];
	static int turn;
	char *out = buffers[turn++ % 4];
	int used = sprintf(out, "/s%d", rnd(4) ? 1 : 2);

	for (int levels = below_top ? 1 + rnd(2) : rnd(3); levels > 0; levels--)
		used += sprintf(out + used, "/d%d", rnd(NAMES));
	return out;
}

char *joined(const char *dir, const char *file)
{
	static char buffers[2][4352];
	static int turn;
	char *out = buffers[turn ^= 1];

	snprintf(out, sizeof(buffers[0]), "%s/%s", dir, file);
	return out;
}

/* ---- the kinds of workers; each function is one turn ---- */

static void *short_thread(void *arg)
{
	sleep_us((uintptr_t)arg);
	return NULL;
}

static void child_main(void)
{
	pthread_t threads[3];
	int started = 0;

	state += getpid();
	switch (rnd(4)) {
	case 0:
		while (started < 3 && !pthread_create(&threads[started], NULL, short_thread, (void *)(uintptr_t)rnd(500)))
			started++;
		if (rnd(2))
			break;			/* exits with its threads alive */
		while (started > 0)
			pthread_join(threads[--started], NULL);
		break;
	case 1:
		if (!fork())
			_exit(0);
		wait(NULL);
		break;
	case 2:
		sleep_us(rnd(1000));
		break;
	}
	_exit(0);
}

static void turn_fork(void)
{
	pid_t children[4];
	int count = 1 + rnd(4);

	for (int i = 0; i < count; i++) {
		children[i] = fork();
		if (!children[i])
			child_main();
		if (expect(children[i], "fork", "", EAGAIN, ENOMEM, 0))
			atomic_store(&shared->pids[rnd(PIDS)], children[i]);
	}
	for (int i = 0; i < count; i++)
		if (children[i] > 0)
			waitpid(children[i], NULL, 0);
}

static void turn_attach(void)
{
	const char *path = joined(random_dir(false), rnd(8) ? "tasks" : on_linux ? "cgroup.procs" : "container.procs");
	int fd = open(path, O_WRONLY);
	char text[16];

	if (!expect(fd, "open", path, ENOENT, ENODEV, 0))
		return;
	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "%d", rnd(6) ? atomic_load(&shared->pids[rnd(PIDS)]) : 0);
		expect(write(fd, text, strlen(text)), "attach to", path, ESRCH, ENODEV, ENOMEM, 0);
	}
	close(fd);
}

static void turn_mkdir(void)
{
	const char *path = random_dir(true);

	if (rnd(2))
		expect(mkdir(path, 0755), "mkdir", path, EEXIST, ENOENT, ENODEV, 0);
	else
		expect(rmdir(path), "rmdir", path, EBUSY, ENOENT, ENOTEMPTY, ENODEV, 0);
}

/* Renames to a sibling. */
static void turn_rename(void)
{
	char *old = random_dir(true), new[64];

	strcpy(new, old);
	new[strlen(new) - 1] = '0' + rnd(NAMES);
	/* EXDEV: a mount or umount came between the two lookups. ENOTEMPTY: not mounted. */
	expect(rename(old, new), "rename", old, ENOENT, EEXIST, ENOTEMPTY, EBUSY, EXDEV, ENODEV, 0);
	sleep_us(rnd(300));
}

const char *read_text(const char *path, size_t chunk)
{
	static char text[TEXT];
	int fd = open(path, O_RDONLY);
	size_t used = 0;
	ssize_t n;

	if (!expect(fd, "open", path, ENOENT, ENODEV, ESRCH, 0))
		return NULL;
	while ((n = read(fd, text + used, chunk)) > 0 && used + 2 * chunk < TEXT)
		used += n;
	expect(n, "read", path, ENODEV, ESRCH, 0);
	close(fd);
	text[used] = '\0';
	return n < 0 ? NULL : text;
}

/* Is TEXT numbers in ascending order, one a line? */
static bool ascending(const char *text)
{
	long last = 0, number;
	char *end;

	for (; *text; text = end + 1, last = number) {
		number = strtol(text, &end, 10);
		if (*end != '\n' || number <= last)
			return false;
	}
	return true;
}

static void turn_read(void)
{
	const char *dir = random_dir(false), *text;
	char path[64];

	text = read_text(joined(dir, "tasks"), 16 + rnd(64));
	if (text && !ascending(text))
		wrong("%s/tasks is not in order: %.300s", dir, text);
	snprintf(path, sizeof(path), "/proc/%d/%s", atomic_load(&shared->pids[rnd(PIDS)]), procfile);
	read_text(path, 4096);
	read_text(on_linux ? "/proc/cgroups" : "/proc/containers", 4096);
}

/*
 * /s2 comes and goes; /s3 is a second mount of what is at /s1, which gains and loses the second subsystem. Only one worker may be of
 * this kind.
 */
static void turn_mount(void)
{
	char both[64];

	snprintf(both, sizeof(both), "%s,%s", first, second);
	switch (rnd(9)) {
	case 0:
		expect(mount("stress", "/s2", fstype, 0, second), "mount", "/s2", EBUSY, 0);
		break;
	case 1:
		expect(umount("/s2"), "umount", "/s2", EBUSY, EINVAL, 0);
		break;
	case 2:
		expect(mount("stress", "/s3", fstype, 0, first), "mount", "/s3", EBUSY, 0);
		break;
	case 3:
		expect(umount("/s3"), "umount", "/s3", EBUSY, EINVAL, 0);
		break;
	case 4:
		expect(mount("stress", "/s2", fstype, MS_REMOUNT, second), "remount", "/s2", EBUSY, EINVAL, 0);
		break;
	case 5:
		expect(mount("stress", "/s4", fstype, 0, second), "mount", "/s4", EBUSY, 0);
		expect(umount("/s4"), "umount", "/s4", EBUSY, EINVAL, 0);
		break;
	case 6:
	case 7:
		expect(mount("stress", "/s1", fstype, MS_REMOUNT, both), "remount", "/s1", EBUSY, 0);
		break;
	case 8:
		expect(mount("stress", "/s1", fstype, MS_REMOUNT, first), "remount", "/s1", EBUSY, 0);
		break;
	}
	sleep_us(rnd(2000));
}

static const struct {
	const char *name;
	void (*turn)(void);
} kinds[] = {
	{ "mount", turn_mount }, { "fork", turn_fork }, { "attach", turn_attach }, { "mkdir", turn_mkdir }, { "rename", turn_rename },
	{ "read", turn_read }, { "fork", turn_fork }, { "attach", turn_attach }, { "mkdir", turn_mkdir },
};

/* With -f: one of the next allocations of this worker fails; 0: none does (any more). */
static void fail_later(int n)
{
	static int knob = -1;
	char text[16];

	if (!failing)
		return;
	if (knob < 0)
		knob = open("/proc/self/fail-nth", O_RDWR);
	if (pwrite(knob, text, sprintf(text, "%d", n), 0) < 0)
		wrong("fail-nth: %s", strerror(errno));
}

/* Worker NUMBER: turns until it is told to stand still or to end. It has no children then. */
static void worker_main(int number)
{
	const int count = sizeof(kinds) / sizeof(kinds[0]);
	const int kind = number < count ? number : 1 + number % (count - 1);

	state += (number + 1) * 0x9e3779b97f4a7c15ULL;
	while (!atomic_load(&shared->quit)) {
		if (atomic_load(&shared->gate)) {
			atomic_fetch_add(&shared->parked, 1);
			while (atomic_load(&shared->gate))
				sleep_us(1000);
			atomic_fetch_sub(&shared->parked, 1);
			continue;
		}
		fail_later(rnd(3) ? 0 : 1 + rnd(40));
		kinds[kind].turn();
		fail_later(0);
	}
	_exit(0);
}

/* ---- the run ---- */

static void remove_below(const char *dir, int level)
{
	char child[64];

	for (int i = 0; i < NAMES && level < 2; i++) {
		snprintf(child, sizeof(child), "%s/d%d", dir, i);
		if (access(child, F_OK))
			continue;
		remove_below(child, level + 1);
		/* Linux counts a task that is ending for a moment longer. */
		for (int tries = 0; rmdir(child) && tries < (on_linux ? 1000 : 0); tries++)
			sleep_us(1000);
		if (!access(child, F_OK))
			wrong("%s can't be removed at the end: %s", child, strerror(errno));
	}
}

static long free_memory(void)
{
	const char *text;

	sleep_us(500000);	/* what waits for a grace period is freed in this time */
	text = read_text("/proc/meminfo", 4096);
	text = text ? strstr(text, "MemFree:") : NULL;
	return text ? strtol(text + 8, NULL, 10) : 0;
}

static void start_workers(void)
{
	atomic_store(&shared->quit, false);
	fflush(stdout);
	for (int i = 0; i < worker_count; i++) {
		workers[i] = fork();
		if (!workers[i])
			worker_main(i);
		if (workers[i] < 0)
			wrong("fork of worker %d: %s", i, strerror(errno));
	}
}

static void stop_workers(void)
{
	atomic_store(&shared->quit, true);
	atomic_store(&shared->gate, false);
	sleep_us(200000);
	for (int i = 0; i < worker_count; i++) {
		if (atomic_load(&shared->failed) && workers[i] > 0)
			kill(workers[i], SIGKILL);
		if (workers[i] > 0)
			waitpid(workers[i], NULL, 0);
	}
}

/* Races for SECONDS, then removes everything. Returns the free memory in KiB afterwards. */
static long run_round(int seconds, struct usage *used)
{
	struct timespec start, now;

	if (mount("stress", "/s1", fstype, 0, first))
		wrong("mount %s: %s", first, strerror(errno));
	start_workers();
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		for (int i = 0; i < 10 && !atomic_load(&shared->failed); i++)
			sleep_us(100000);
		if (!atomic_load(&shared->failed))
			check_all();
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < seconds && !atomic_load(&shared->failed));
	stop_workers();
	mount("stress", "/s2", fstype, 0, second);	/* it may have been unmounted with children in it */
	remove_below("/s1", 0);
	remove_below("/s2", 0);
	umount("/s3");
	if (umount("/s1"))
		wrong("final umount of /s1: %s", strerror(errno));
	if (umount("/s2") && errno != EINVAL)
		wrong("final umount of /s2: %s", strerror(errno));
	remove_below("/s2", 0);				/* made while nothing was mounted there */
	if (!on_linux)
		read_usage(used, 1);
	return free_memory();
}

/* The first of NAMES that is a subsystem, other than NOT. */
static const char *find_subsystem(const char *const names[], const char *not)
{
	for (; *names; names++)
		if ((!not || strcmp(*names, not)) && listed_containers(*names) >= 0)
			return *names;
	return NULL;
}

int main(int argc, char **argv)
{
	static const char *const plain[] = { "debug", "cpuacct", "misc", NULL };
	static const char *const limited[] = { "numtasks", "pids", "misc", "cpuacct", NULL };
	static struct usage used_before, used_after;
	long before, after, gained;
	char cache[32];
	int option, seconds = 10;

	state = 1;
	while ((option = getopt(argc, argv, "t:w:s:f")) != -1) {
		if (option == 't')
			seconds = atoi(optarg);
		else if (option == 'w')
			worker_count = atoi(optarg) < MAX_WORKERS ? atoi(optarg) : MAX_WORKERS;
		else if (option == 'f')
			failing = true;
		else if (option == 's')
			state = strtoull(optarg, NULL, 10) * 0x9e3779b97f4a7c15ULL + 1;
		else
			return 2;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		perror("stress: mmap");
		return 1;
	}
	on_linux = access("/proc/containers", F_OK) != 0;
	fstype = procfile = on_linux ? "cgroup" : "container";
	first = find_subsystem(plain, NULL);
	second = find_subsystem(limited, first);
	if (!first || !second) {
		puts("not ok: two subsystems are needed");
		return 1;
	}
	for (int i = 1; i <= 4; i++) {
		char dir[] = { '/', 's', '0' + i, '\0' };

		mkdir(dir, 0755);
	}
	usage_init();
	before = run_round(1 + seconds / 5, &used_before);
	after = atomic_load(&shared->failed) ? before : run_round(seconds, &used_after);
	if (!on_linux && before - after > LEAK_LIMIT)
		wrong("%ld KiB of memory are missing", before - after);
	gained = on_linux ? 0 : most_gained(&used_before, &used_after, cache);
	if (gained > OBJECT_LIMIT)
		wrong("%ld objects more in the cache %s", gained, cache);
	if (atomic_load(&shared->failed)) {
		printf("not ok: %s\n", shared->message);
		return 1;
	}
	printf("ok: %ld calls, free memory %ld KiB before, %ld KiB after\n", atomic_load(&shared->calls), before, after);
	return 0;
}
