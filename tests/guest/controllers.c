// SPDX-License-Identifier: GPL-2.0-only
/*
 * All controllers in one hierarchy, at work at once. First the meetings of two or three of them that
 * could end badly, one by one; then a storm: processes that fork, fault, run programs, sleep and
 * exit in containers two levels deep, while others move them and write every kind of setting. When
 * it is over all of them can be killed, all containers removed, and nothing is lost.
 *
 * Every wait has an end, and what had not come until then is named. Arguments: seconds of the storm
 * (4); "storm": only that. Wants 4 CPUs and 2 nodes.
 */
#define _GNU_SOURCE
#include "tests/guest/memcg.h"

#include <sched.h>
#include <signal.h>
#include <time.h>

#define ALL	 "cpuset,cpu,cpuacct,memory,devices,freezer,numtasks"
#define PATIENCE 40			/* s; what takes longer hangs */

static const char *const homes[] = {"a", "b", "a/x", "a/y", "b/x", "b/y"};
#define HOMES 6
#define FIXED 3				/* these the storm does not remove */

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static unsigned int seed;

static unsigned int any(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

// ---- containers and who is in them ----

static int make_home(const char *home)
{
	int error = mkdir(path_of(home, ""), 0755) ? errno : 0;

	put(home, "cpuset.cpus", "0-3");
	put(home, "cpuset.mems", "0-1");
	put(home, "cpuset.memory_migrate", "1");
	return error;
}

/* Everybody there may go on and die. */
static void release_home(const char *home)
{
	put(home, "freezer.state", "THAWED");
	put(home, "memory.limit_in_bytes", "-1");
	put(home, "memory.oom_control", "0");
	put(home, "cpu.cfs_quota_us", "-1");
	put(home, "numtasks.max", "max");
}

/* Send `sig` to all who are in `home`; how many. */
static int signal_home(const char *home, int sig)
{
	static char text[16384];
	int n = 0;

	read_file(path_of(home, "tasks"), text, sizeof(text));
	for (char *p = text; *p; p = strchr(p, '\n') + 1, n++)
		kill(atoi(p), sig);
	return n;
}

/* What is known of those who are still there. */
static void show_home(const char *home)
{
	static char text[16384], stat[256], name[64];

	read_file(path_of(home, "tasks"), text, sizeof(text));
	for (char *p = text; *p; p = strchr(p, '\n') + 1) {
		snprintf(name, sizeof(name), "/proc/%d/stat", atoi(p));
		read_file(name, stat, sizeof(stat));
		printf("# hangs in %s: %.60s\n", home, stat);
	}
	fflush(stdout);
}

/* Kill until nobody is there. 1, or 0 after PATIENCE. */
static int empty_home(const char *home)
{
	long end = now_ms() + PATIENCE * 1000;

	while (signal_home(home, SIGKILL)) {
		if (now_ms() > end) {
			show_home(home);
			return 0;
		}
		usleep(5000);
	}
	return 1;
}

/* Wait at most `ms` for the end of a child. 1: it has ended. */
static int ends_within(pid_t pid, int ms)
{
	long end = now_ms() + ms;
	pid_t got;

	while (!(got = waitpid(pid, NULL, WNOHANG)) && now_ms() < end)
		usleep(2000);
	return got == pid;
}

#include "tests/guest/controllers/meetings.h"
#include "tests/guest/controllers/storm.h"

int main(int argc, char **argv)
{
	int seconds = 4, only_storm = 0;

	if (argc > 2 && !strcmp(argv[1], "life"))
		return other_program(atoi(argv[2]));
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "storm"))
			only_storm = 1;
		else
			seconds = atoi(argv[i]);
	usage_init();
	mkdir(TOP, 0755);
	EQ(mount("test", TOP, "container", 0, ALL), 0, "mount all controllers");
	if (!only_storm)
		test_meetings();
	test_storm(seconds);
	EQ(umount(TOP), 0, "umount");
	rmdir(TOP);
	return TAP_DONE();
}
