// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory controller in a storm: forks, exits, moves, containers that come and go, files, limits
 * and kills, on all CPUs at once. When it is over and everybody has gone, nothing may be charged
 * anywhere and no group may be left. Argument: seconds (3).
 */
#define _GNU_SOURCE
#include "tests/guest/memcg.h"
#include "tests/guest/helpers.h"

#include <signal.h>
#include <time.h>

#define WORKERS 12
static const char *const homes[] = {"s", "s/1", "s/1/2", "s/3", "s/3/4", "s/3/4/5", "s/6", "s/7", "t", "t/8", "t/9"};
#define HOMES 11

/* What succeeded, all workers together: a storm in which one of them never does is none. */
static struct counts {
	unsigned int forks, moves, writes, limits, rmdirs, mkdirs;
} *counts;

static void count(unsigned int *counter, int success)
{
	if (success)
		__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static int everything(void)
{
	return counts->forks > 20 && counts->moves > 20 && counts->writes > 20 && counts->limits > 5 && counts->rmdirs > 5 &&
	       counts->mkdirs > 5;
}

static void child_life(void)
{
	long pages = any(64) + 1;
	int ends[2];

	if (any(2))
		put(homes[any(HOMES)], "tasks", "0");
	touch(map(pages, any(2) ? MAP_PRIVATE : MAP_SHARED), pages);
	if (!any(3) && !pipe(ends) && write(ends[1], homes, 100) < 0)
		_exit(1);
	if (!any(8))
		touch_much(3);
	if (!any(4) && !fork())
		_exit(0);
	_exit(0);
}

static void one_step(void)
{
	static char data[4 * PAGE];
	char name[64];
	pid_t pid;
	int fd;

	switch (any(8)) {
	case 0:
	case 1:
		pid = fork();
		if (!pid)
			child_life();
		count(&counts->forks, pid > 0);
		if (pid > 0 && any(2))
			count(&counts->moves, !put(homes[any(HOMES)], "tasks", "%d", pid));
		if (pid > 0 && !any(4))
			kill(pid, SIGKILL);
		break;
	case 2:
		count(&counts->moves, !put(homes[any(HOMES)], "tasks", "0"));
		break;
	case 3:
		snprintf(name, sizeof(name), TOP ".storm%d", any(4));
		fd = open(name, O_CREAT | O_WRONLY | O_APPEND, 0644);
		count(&counts->writes, write(fd, data, sizeof(data)) > 0);
		close(fd);
		if (any(2))
			unlink(name);
		break;
	case 4:
		count(&counts->limits, !put(homes[any(HOMES)], "memory.limit_in_bytes", "%dK", 512 + any(4096)));
		break;
	case 5:
		count(&counts->rmdirs, !rmdir(path_of(homes[any(HOMES)], "")));
		break;
	case 6:
		count(&counts->mkdirs, !mkdir(path_of(homes[any(HOMES)], ""), 0755));
		break;
	case 7:
		(void)stat_of(homes[any(HOMES)], "cache");
		break;
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static pid_t start_worker(int i)
{
	pid_t pid = fork();

	if (!pid) {
		seed = (unsigned int)(i * 7919 + getpid());
		setpgid(0, 0);
		for (;;)
			one_step();
	}
	return pid;
}

/*
 * Remove a container when all have been killed. The last may still be on their way out: who ends leaves `tasks` first and holds the container
 * for some steps more (container_exit()), which take long on a busy host. 1: it is gone.
 */
static int remove_home(const char *home)
{
	static char text[4096];
	long end = now_ms() + 60000;

	while (rmdir(path_of(home, "")) && errno != ENOENT) {
		if (errno != EBUSY || now_ms() > end) {
			int error = errno;

			read_file(path_of(home, "tasks"), text, sizeof(text));
			printf("# %s stays: %s; in it: %s\n", home, strerror(error), text);
			return 0;
		}
		usleep(10000);
	}
	return 1;
}

static void test_storm(int seconds)
{
	long groups = slab_objects("mem_group"), charged = 0, left = 0, kills = 0;
	pid_t workers[WORKERS];
	time_t end = time(NULL) + seconds;

	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(counts, 0, sizeof(*counts));	/* ours: not charged to the worker that counts first */

	for (int i = 0; i < HOMES; i++)
		mkdir(path_of(homes[i], ""), 0755);
	for (int i = 0; i < WORKERS; i++)
		workers[i] = start_worker(i);
	while (time(NULL) < end || (!everything() && time(NULL) < end + 60)) {
		usleep(20000);
		for (int i = 0; i < WORKERS; i++)	/* one that was killed over a limit */
			if (waitpid(workers[i], NULL, WNOHANG) == workers[i]) {
				kill(-workers[i], SIGKILL);
				workers[i] = start_worker(i);
			}
	}
	for (int i = 0; i < WORKERS; i++) {
		kill(workers[i], SIGKILL);
		kill(-workers[i], SIGKILL);
		waitpid(workers[i], NULL, 0);
	}
	for (int i = 0; i < HOMES; i++)
		for (long end = now_ms() + 60000; now_ms() < end && number(homes[i], "tasks");)
			usleep(10000);
	for (int i = 0; i < 4; i++) {
		char name[64];

		snprintf(name, sizeof(name), TOP ".storm%d", i);
		unlink(name);
	}
	for (int i = HOMES - 1; i >= 0; i--) {
		charged += usage_of(homes[i]);
		kills += oom_kills(homes[i]);
		left += !remove_home(homes[i]);
	}
	printf("# %u forks, %u moves, %u writes, %u limits, %u rmdirs, %u mkdirs, %ld kills in those that were not removed\n",
	       counts->forks, counts->moves, counts->writes, counts->limits, counts->rmdirs, counts->mkdirs, kills);
	OK(everything(), "everything has happened");
	EQ(charged, 0, "after the storm nothing is charged anywhere");
	EQ(left, 0, "all containers can be removed");
	EQ(slab_objects("mem_group"), groups, "and no group is left");
}

int main(int argc, char **argv)
{
	usage_init();
	mkdir(TOP, 0755);
	EQ(mount("test", TOP, "container", 0, "memory"), 0, "mount memory");
	test_storm(argc > 1 ? atoi(argv[1]) : 3);
	EQ(umount(TOP), 0, "umount");
	rmdir(TOP);
	return TAP_DONE();
}
