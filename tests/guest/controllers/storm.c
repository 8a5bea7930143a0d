// SPDX-License-Identifier: GPL-2.0-only
/*
 * The storm. Workers live in the containers: they may be frozen, held back
 * by a quota, or killed over a limit at any time, and are started anew. Writers stay in the top
 * container, where nothing of that can reach them: each of their steps has to come back soon. Start with test_storm().
 */
#include "tests/guest/controllers/controllers.h"

#define WORKERS 10
#define WRITERS 4

static struct shared {
	/* What succeeded, all together: a storm in which one of them never does is none. */
	unsigned int forks, moves, processes, limits, quotas, freezes, cpusets, rmdirs, mkdirs, kills, refused;
	struct {
		const char *doing;	/* text of this very program */
		long since;		/* ms */
	} writers[WRITERS];
} *shared;

static void count(unsigned int *counter, int success)
{
	if (success)
		__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

// ---- lives in the containers ----

int other_program(int pages)
{
	touch(map(pages, MAP_PRIVATE), pages);
	return 0;
}

/* A partner answers over pipes for a while, or is killed. */
static void talk(int turns)
{
	int there[2], back[2];
	char c = 0;

	if (pipe(there) || pipe(back))
		_exit(1);
	if (!fork()) {
		close(there[1]), close(back[0]);
		while (read(there[0], &c, 1) == 1 && write(back[1], &c, 1) == 1)
			;
		_exit(0);
	}
	close(there[0]), close(back[1]);
	while (turns-- && write(there[1], &c, 1) == 1 && read(back[0], &c, 1) == 1)
		;
	_exit(0);
}

static void live(void)
{
	long pages = any(200) + 1, end;
	char arg[16], *p;

	signal(SIGPIPE, SIG_DFL);
	p = map(pages, any(2) ? MAP_PRIVATE : MAP_SHARED);
	switch (any(8)) {
	case 0:
		talk((int)any(50));
		break;
	case 1:
		snprintf(arg, sizeof(arg), "%ld", pages);
		execl("/proc/self/exe", "controllers", "life", arg, NULL);
		break;
	case 2:
		usleep(any(20000));
		break;
	case 3:
		for (end = now_ms() + any(20); now_ms() < end;)
			touch(p, pages);
		break;
	case 4:
		touch_much(2);
		break;
	case 5:
		touch(p, pages);
		if (!fork())	/* copy on write; an orphan if we are faster */
			touch(p, pages);
		break;
	case 6:
		if (!vfork())
			execl("/proc/self/exe", "controllers", "life", "3", NULL), _exit(1);
		break;
	default:
		touch(p, pages);
	}
	_exit(0);
}

static void work(void)
{
	static char *mine;
	pid_t pid;

	if (!mine)
		mine = map(64, MAP_PRIVATE);
	if (!any(8))
		madvise(mine, 64 * PAGE, MADV_DONTNEED);
	touch(mine, 64);
	if (!any(10))
		put(homes[any(HOMES)], "tasks", "0");
	pid = fork();
	if (!pid) {
		seed ^= (unsigned int)getpid() * 7919;
		live();
	}
	count(&shared->forks, pid > 0);
	count(&shared->refused, pid < 0);
	if (any(3))
		waitpid(pid, NULL, 0);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

// ---- writers ----

/* Somebody who is in a container; 0: nobody. */
static pid_t anybody(void)
{
	static char text[16384];
	char *p = text;
	unsigned int n = 0;

	read_file(path_of(homes[any(HOMES)], "tasks"), text, sizeof(text));
	for (; *p; p = strchr(p, '\n') + 1)
		n++;
	if (!n)
		return 0;
	n = any(n);
	for (p = text; n--;)
		p = strchr(p, '\n') + 1;
	return atoi(p);
}

static void freeze_and_thaw(const char *home)
{
	count(&shared->freezes, !put(home, "freezer.state", "FROZEN"));
	usleep(any(4000));
	if (any(3)) {
		pid_t pid = anybody();

		if (pid > 0 && any(2))
			kill(pid, SIGKILL);
		put(home, "freezer.state", "THAWED");
	}
}

static void write_limit(const char *home)
{
	put(home, "memory.oom_control", any(6) ? "0" : "1");
	count(&shared->limits, !put(home, "memory.limit_in_bytes", any(4) ? "%dK" : "-1", 1024 + any(4096)));
}

static void write_quota(const char *home)
{
	int hard = !any(8);		/* 1 ms in 200: its tasks owe that time for long after each call */

	put(home, "cpu.cfs_period_us", "%d", hard ? 200000 : 1000 + any(30000));
	count(&shared->quotas, !put(home, "cpu.cfs_quota_us", any(3) ? "%d" : "-1", 1000 + (hard ? 0 : any(20000))));
	put(home, "cpu.shares", "%d", 2 + any(4000));
}

static void write_cpuset(const char *home)
{
	static const char *const cpus[] = {"0-3", "0-3", "0-1", "2", "1,3", "3"}, *const mems[] = {"0-1", "0", "1"};

	count(&shared->cpusets, !put(home, "cpuset.mems", "%s", mems[any(3)]));
	count(&shared->cpusets, !put(home, "cpuset.cpus", "%s", cpus[any(6)]));
}

static const struct {
	const char *name;
	void (*fn)(const char *home);
} settings[] = {
	{"write cpuset", write_cpuset},
	{"write limit", write_limit},
	{"write quota", write_quota},
	{"freeze and thaw", freeze_and_thaw},
};

static const char *step(void)
{
	const char *home = homes[any(HOMES)];
	unsigned int kind = any(9);
	pid_t pid;

	switch (kind) {
	case 0:
	case 1:
		pid = anybody();
		if (pid)
			count(&shared->moves, !put(home, "tasks", "%d", pid));
		return "move a task";
	case 2:
		pid = anybody();
		if (pid)
			count(&shared->processes, !put(home, "container.procs", "%d", pid));
		return "move a process";
	case 3:
		put(home, "numtasks.max", any(3) ? "max" : "%d", 1 + any(40));
		return "write numtasks";
	case 4:
		home = homes[FIXED + any(HOMES - FIXED)];
		for (int i = 0; i < 20 && signal_home(home, SIGKILL); i++)
			usleep(1000);
		if (!rmdir(path_of(home, "")))
			count(&shared->rmdirs, 1);
		count(&shared->mkdirs, !make_home(home));
		return "remove and make";
	default:
		settings[kind - 5].fn(home);
		return settings[kind - 5].name;
	}
}

static void write_for_ever(int i)
{
	seed = (unsigned int)(i * 104729 + getpid());
	for (;;) {
		shared->writers[i].since = now_ms();
		shared->writers[i].doing = step();
	}
}

// ---- the whole ----

static pid_t start_worker(int i)
{
	pid_t pid = fork();

	if (!pid) {
		seed = (unsigned int)(i * 7919 + getpid());
		put(homes[any(HOMES)], "tasks", "0");
		for (;;)
			work();
	}
	return pid;
}

static int everything(void)
{
	return shared->forks > 50 && shared->moves > 20 && shared->processes > 20 && shared->limits > 5 && shared->quotas > 20 &&
	       shared->freezes > 20 && shared->cpusets > 20 && shared->rmdirs > 2 && shared->mkdirs > 2;
}

/* No writer has been at one step for PATIENCE. */
static int writers_get_on(void)
{
	int all = 1;

	for (int i = 0; i < WRITERS; i++)
		if (now_ms() - shared->writers[i].since > PATIENCE * 1000) {
			printf("# writer %d hangs in the step after: %s\n", i, shared->writers[i].doing);
			all = 0;
		}
	return all;
}

/* Let it rage; start workers anew that have been killed. 1: nothing hung. */
static int rage(long ms)
{
	pid_t workers[WORKERS], writers[WRITERS];
	long begin = now_ms();
	int fine = 1;

	for (int i = 0; i < WORKERS; i++)
		workers[i] = start_worker(i);
	for (int i = 0; i < WRITERS; i++) {
		shared->writers[i].since = now_ms();
		writers[i] = fork();
		if (!writers[i])
			write_for_ever(i);
	}
	while (fine && (now_ms() < begin + ms || (!everything() && now_ms() < begin + ms + 60000))) {
		usleep(20000);
		for (int i = 0; i < WORKERS; i++)
			if (waitpid(workers[i], NULL, WNOHANG) == workers[i])
				workers[i] = start_worker(i);
		fine = writers_get_on();
	}
	for (int i = 0; i < WRITERS; i++)
		kill(writers[i], SIGKILL);
	for (int i = 0; i < WRITERS; i++)
		if (!ends_within(writers[i], PATIENCE * 1000)) {
			printf("# writer %d does not end\n", i);
			fine = 0;
		}
	for (int i = 0; i < HOMES; i++) {
		make_home(homes[i]);	/* a writer may have died between rmdir and mkdir */
		shared->kills += (unsigned int)oom_kills(homes[i]);
		release_home(homes[i]);
	}
	for (int i = 0; i < WORKERS; i++)
		kill(workers[i], SIGKILL);
	for (int i = 0; i < HOMES; i++)
		fine &= empty_home(homes[i]);
	for (int i = 0; i < WORKERS; i++)
		if (!ends_within(workers[i], PATIENCE * 1000)) {
			printf("# worker %d does not end\n", i);
			fine = 0;
		}
	return fine;
}

static long charged(void)
{
	long sum = 0;
	char c;

	if (pread(quiesce_fd, &c, 1, 0) < 0)
		return -1;
	for (int i = 0; i < HOMES; i++)
		sum += usage_of(homes[i]);
	return sum;
}

void test_storm(int seconds)
{
	static struct usage before, after;
	long begin = now_ms(), left = 0;
	int fine = 1;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(shared, 0, sizeof(*shared));
	for (int round = 0; round < 2 && fine; round++) {	/* the first fills tables that stay */
		read_usage(&before, 1);
		for (int i = 0; i < HOMES; i++)
			make_home(homes[i]);
		fine = rage(seconds * 500L);
		for (int tries = 0; tries < 100 && charged(); tries++)
			usleep(10000);
		left = charged();
		for (int i = HOMES - 1; i >= 0; i--)
			fine &= !rmdir(path_of(homes[i], ""));
		for (int tries = 0; tries < 100; tries++) {
			read_usage(&after, 1);
			if (same_usage(&before, &after))
				break;
			usleep(10000);
		}
	}
	printf("# %u forks, %u refused, %u tasks and %u processes moved, %u limits, %u quotas, %u freezes, %u cpusets, %u rmdirs, %u mkdirs, "
	       "%u kills in those that were not removed; %ld ms\n",
	       shared->forks, shared->refused, shared->moves, shared->processes, shared->limits, shared->quotas, shared->freezes,
	       shared->cpusets, shared->rmdirs, shared->mkdirs, shared->kills, now_ms() - begin);
	OK(fine, "a storm over all controllers: nothing hangs, everybody dies, all containers can be removed");
	OK(everything(), "everything has happened in it");
	EQ(left, 0, "nothing is charged any more when all have gone");
	if (!OK(same_usage(&before, &after), "and nothing is lost"))
		show_usage(&before, &after);
}
