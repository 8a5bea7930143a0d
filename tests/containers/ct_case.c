// SPDX-License-Identifier: GPL-2.0-only
/*
 * ct: the driver of the cases. `ct case` runs one of them from a clean state and cleans up behind it; `ct clean` is the
 * cleaning alone. See ct.h. Start reading at cmd_case().
 *
 * Clean means: no hierarchy is mounted, none is active, no child container exists, and of all the processes that the case
 * started none is left.
 */
#define _GNU_SOURCE
#include "ct.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLEAN_DIR	"/ct.clean"

static bool write_line(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) >= 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* Ends every task in the file TASKS; what can't be ended (a kernel thread) is moved to ROOT_TASKS. */
static void empty_tasks(const char *tasks, const char *root_tasks)
{
	for (int tries = 0; tries < 200; tries++) {
		char *text = slurp(tasks), *line, *save;
		bool any = false;

		for (line = strtok_r(text ? text : "", "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
			any = true;
			if (atoi(line) != getpid() && atoi(line) != 1 && atoi(line) != getppid())
				kill(atoi(line), SIGKILL);
			write_line(root_tasks, line);
		}
		free(text);
		if (!any)
			return;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		sleep_ms(5);
	}
}

/* Removes all containers below DIR. */
static void remove_children(const char *dir, const char *root)
{
	char path[4096], tasks[4200], root_tasks[256];
	struct dirent *entry;
	DIR *d = opendir(dir);

	if (!d)
		return;
	snprintf(root_tasks, sizeof(root_tasks), "%s/tasks", root);
	while ((entry = readdir(d))) {
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (entry->d_name[0] == '.' || lstat(path, &st) || !S_ISDIR(st.st_mode))
			continue;
		remove_children(path, root);
		snprintf(tasks, sizeof(tasks), "%s/freezer.state", path);
		write_line(tasks, "THAWED");
		snprintf(tasks, sizeof(tasks), "%s/tasks", path);
		empty_tasks(tasks, root_tasks);
		rmdir(path);
		rewinddir(d);
	}
	closedir(d);
}

/* Unmounts every hierarchy, its child containers removed first. Returns whether one was mounted. */
static bool unmount_all(void)
{
	char *text = slurp("/proc/mounts"), *line, *save;
	bool any = false;

	for (line = strtok_r(text ? text : "", "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char dir[256], type[32];

		if (sscanf(line, "%*s %255s %31s", dir, type) != 2 || (strcmp(type, "container") && strcmp(type, "cgroup")))
			continue;
		any = true;
		write_line("/m/release_agent", "\n");
		remove_children(dir, dir);
		if (umount(dir))
			umount2(dir, MNT_DETACH);
	}
	free(text);
	return any;
}

/*
 * Fills OPTIONS with the mount options of a hierarchy that is active, for the first subsystem found in one or the first named
 * hierarchy of /proc/self/container. Returns false when there is none.
 */
static bool active_options(char *options, size_t size)
{
	struct subsys s[MAX_SUBSYS];
	int count = read_subsystems(s), used = 0;
	long hierarchy = 0;

	for (int i = 0; i < count; i++) {
		if (!hierarchy)
			hierarchy = s[i].hierarchy;
		if (hierarchy && s[i].hierarchy == hierarchy)
			used += snprintf(options + used, size - used, "%s%s", used ? "," : "", s[i].name);
	}
	if (!used) {
		char path[64], *text, *name;

		snprintf(path, sizeof(path), "/proc/self/%s", fstype());
		text = slurp(path);
		name = text ? strstr(text, "name=") : NULL;
		if (name)
			used = snprintf(options, size, "none,%.*s", (int)strcspn(name, ":,\n"), name);
		free(text);
	}
	return used > 0;
}

/* Waits until no hierarchy is active. Linux frees one some time after the umount, Paddock at once. OPTIONS as above. */
static bool all_gone(char *options, size_t size)
{
	for (int tries = on_linux() ? 50 : 1; tries > 0; tries--) {
		options[0] = '\0';
		if (!active_options(options, size))
			return true;
		if (tries > 1)
			sleep_ms(10);
	}
	return false;
}

/* Brings the guest back to the clean state. Returns false, with a line saying what is left, when it can't. */
static bool clean(void)
{
	char options[1024];

	mkdir(CLEAN_DIR, 0755);
	for (int turn = 0; turn < 10; turn++) {
		while (unmount_all())
			;
		if (all_gone(options, sizeof(options)))
			return true;
		mount("ct", CLEAN_DIR, fstype(), 0, options);
	}
	printf("@@dirty %s\n", options);
	return false;
}

static int cmd_clean(int argc, char **argv)
{
	(void)argc, (void)argv;
	return !clean();
}

/*
 * Sets SYSTEM, FSTYPE, PROC (the name in /proc/PID), LIST, NUM and A, B, C: three subsystems for cases that need any, in the order
 * of their ids, chosen so that tasks and containers may be had without first setting something.
 */
static void set_environment(void)
{
	static const char *const preferred[] = { "debug", "cpuacct", "numtasks", "pids", "misc", "freezer", "memory", "cpu", NULL };
	struct subsys s[MAX_SUBSYS];
	int count = read_subsystems(s), chosen = 0;
	bool take[MAX_SUBSYS] = { false };
	char name[2] = "A";

	setenv("SYSTEM", on_linux() ? "linux" : "paddock", 1);
	setenv("FSTYPE", fstype(), 1);
	setenv("PROC", fstype(), 1);
	setenv("LIST", list_path(), 1);
	setenv("NUM", on_linux() ? "pids" : "numtasks", 1);
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	for (int p = 0; preferred[p] && chosen < 3; p++)
		for (int i = 0; i < count && chosen < 3; i++)
			if (!strcmp(s[i].name, preferred[p])) {
				take[i] = true;
				chosen++;
			}
	for (int i = 0; i < count; i++) {
		if (take[i]) {
			setenv(name, s[i].name, 1);
			name[0]++;
		}
	}
}

/* Prints what set_environment() sets, for the host, which expands it in what is expected. */
static int cmd_environment(int argc, char **argv)
{
	static const char *const names[] = { "SYSTEM", "FSTYPE", "PROC", "LIST", "NUM", "A", "B", "C" };

	(void)argc, (void)argv;
	set_environment();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (getenv(names[i]))
			printf("@@env %s=%s\n", names[i], getenv(names[i]));
	return 0;
}

/* Returns the first of the names in NEEDS (subsystems, or A, B, C, NUM) that is not there; NULL when all are. */
static const char *missing(char *needs)
{
	struct subsys s[MAX_SUBSYS];
	int count = read_subsystems(s);
	char *need, *save;

	for (need = strtok_r(needs, ",", &save); need; need = strtok_r(NULL, ",", &save)) {
		const char *name = strcmp(need, "NUM") ? need : getenv("NUM");
		bool found = need[0] >= 'A' && need[0] <= 'C' && !need[1] && getenv(need);

		for (int i = 0; i < count; i++)
			found |= !strcmp(s[i].name, name);
		if (!found)
			return need[1] ? name : need[0] == 'A' ? "a subsystem" : need[0] == 'B' ? "two subsystems" : "three subsystems";
	}
	return NULL;
}

static pid_t running;

static void on_alarm(int signal)
{
	(void)signal;
	kill(-running, SIGKILL);
}

/*
 * case NUMBER SECONDS NEEDS SCRIPT: runs SCRIPT with sh, in a session of its own, SECONDS at most. NEEDS is a comma list of what must
 * be there, or `-`. The host reads the lines that start with @@.
 */
static int cmd_case(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_alarm };
	const char *need;
	int status = 0;

	(void)argc;
	set_environment();
	printf("@@case %s\n", argv[0]);
	need = strcmp(argv[2], "-") ? missing(argv[2]) : NULL;
	if (need) {
		printf("@@skip needs %s\n@@end %s 0\n", need, argv[0]);
		return 0;
	}
	mkdir("/m", 0755);
	mkdir("/m2", 0755);
	mkdir("/tmp", 01777);
	clean();
	fflush(stdout);
	running = fork();
	if (!running) {
		setsid();
		execlp("sh", "sh", argv[3], NULL);
		_exit(127);
	}
	sigaction(SIGALRM, &action, NULL);
	alarm(atoi(argv[1]));
	while (waitpid(running, &status, 0) < 0 && errno == EINTR)
		;
	alarm(0);
	kill(-running, SIGKILL);
	sleep_ms(1);
	clean();
	if (WIFSIGNALED(status))
		printf("@@killed by signal %d, after %s s at most\n", WTERMSIG(status), argv[1]);
	printf("@@end %s %d\n", argv[0], WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}

const struct ct_command case_commands[] = {
	{ "case", 4, "NUMBER SECONDS NEEDS SCRIPT", cmd_case },
	{ "clean", 0, "", cmd_clean },
	{ "environment", 0, "", cmd_environment },
	{ NULL, 0, NULL, NULL },
};
