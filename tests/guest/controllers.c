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
#include "tests/guest/controllers/controllers.h"

const char *const homes[HOMES] = {"a", "b", "a/x", "a/y", "b/x", "b/y"};

// ---- containers and who is in them ----

int make_home(const char *home)
{
	int error = mkdir(path_of(home, ""), 0755) ? errno : 0;

	put(home, "cpuset.cpus", "0-3");
	put(home, "cpuset.mems", "0-1");
	put(home, "cpuset.memory_migrate", "1");
	return error;
}

void release_home(const char *home)
{
	put(home, "freezer.state", "THAWED");
	put(home, "memory.limit_in_bytes", "-1");
	put(home, "memory.oom_control", "0");
	put(home, "cpu.cfs_quota_us", "-1");
	put(home, "numtasks.max", "max");
}

int signal_home(const char *home, int sig)
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

int empty_home(const char *home)
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
