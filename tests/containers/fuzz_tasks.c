// SPDX-License-Identifier: GPL-2.0-only
/* fuzz: operations on tasks: moving, forking and killing actors, and who is where. See fuzz.c. */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- moving ---- */

void op_attach(void)
{
	int n = pick_node(), a = pick_actor(), user = pick_user(), expected = 0;
	char pid[16];

	if (n < 0 || a < 0)
		return;
	if (!may_search(user, n) || !may(user, &nodes[n].tasks, 2) || (user && user != actors[a].uid))
		expected = EACCES;
	snprintf(pid, sizeof(pid), rnd(8) ? "%d\n" : " %d ", actors[a].pid);
	check(write_as(user, file_in(n, "tasks"), pid), expected, "attach to", file_in(n, "tasks"), user);
	if (!expected)
		actors[a].at[nodes[n].h] = n;
}

void op_attach_rubbish(void)
{
	static const struct { const char *text; int expected; } rubbish[] = {
		{ "", 0 }, { "\n", EINVAL }, { " ", EINVAL }, { "-1", EINVAL }, { "x", EINVAL }, { "1 2", EINVAL }, { "1,2", EINVAL },
		{ "99999999999999999999999", EINVAL }, { "4999999", ESRCH }, { "0\n0\n", EINVAL }, { "1x", EINVAL },
	};
	int n = pick_node(), which = rnd(sizeof(rubbish) / sizeof(rubbish[0]));

	if (n < 0)
		return;
	check(write_as(0, file_in(n, "tasks"), rubbish[which].text), rubbish[which].expected, "rubbish to", file_in(n, "tasks"), 0);
}

void op_bad_pointer(void)
{
	int n = pick_node(), fd;
	long ret;

	if (n < 0)
		return;
	fd = open(file_in(n, "tasks"), O_RDWR);
	ret = write(fd, (void *)(uintptr_t)0x10, 8);
	check(ret, EFAULT, "write from nowhere", file_in(n, "tasks"), 0);
	close(fd);
}

/* ---- actors ---- */

static void actor_main(int slot);

static void actor_fork(int slot, int child)
{
	int32_t answer = fork();

	if (!answer)
		actor_main(child);
	if (answer < 0)
		answer = -errno;
	if (write(from_actor[slot][1], &answer, sizeof(answer)) < 0)
		_exit(1);
}

/* An actor waits for the number of the slot for which it has to fork. */
static void actor_main(int slot)
{
	int32_t child;

	while (read(to_actor[slot][0], &child, sizeof(child)) == sizeof(child))
		actor_fork(slot, child);
	_exit(0);
}

static int free_actor(void)
{
	for (int i = 0; i < ACTORS; i++)
		if (!actors[i].pid)
			return i;
	return -1;
}

/* A new actor, forked by the driver, which is in the top of every hierarchy. */
void op_start(void)
{
	int slot = free_actor(), user = users[rnd(3)], ready[2];
	char byte;

	if (slot < 0 || pipe(ready))
		return;
	pid_t pid = fork();

	if (!pid) {
		if (user && (setgid(user) || setuid(user)))
			_exit(1);
		for (int i = 0; i < HELD; i++)
			close(held[i].fd);
		close(ready[0]);
		close(ready[1]);
		actor_main(slot);
	}
	close(ready[1]);
	/* The end of the pipe says that the actor has changed its user. */
	if (pid < 0 || read(ready[0], &byte, 1) != 0)
		wrong("fork: %s", strerror(errno));
	close(ready[0]);
	actors[slot] = (struct actor){ .pid = pid, .uid = user };
	for (int h = 0; h < HIERARCHIES; h++)
		actors[slot].at[h] = hier[h].top;
	say("actor %d of user %d: %d", slot, user, pid);
}

void op_fork(void)
{
	int a = pick_actor(), slot = free_actor(), expected = 0;
	int32_t child = slot, pid = 0;

	if (a < 0 || slot < 0)
		return;
	if (limit_hierarchy >= 0 && hier[limit_hierarchy].active)
		for (int n = actors[a].at[limit_hierarchy]; n >= 0; n = nodes[n].parent)
			if (nodes[n].max != NO_LIMIT && tasks_in(n, true) >= nodes[n].max)
				expected = EAGAIN;
	if (write(to_actor[a][1], &child, sizeof(child)) < 0 || read(from_actor[a][0], &pid, sizeof(pid)) != sizeof(pid))
		wrong("actor %d does not answer", a);
	errno = -pid;
	check(pid, expected, "fork", "of an actor", actors[a].uid);
	if (expected)
		return;
	actors[slot] = actors[a];
	actors[slot].pid = pid;
}

void op_kill(void)
{
	int a = pick_actor();
	struct timespec pause = { 0, 200000 };

	if (a < 0)
		return;
	kill(actors[a].pid, SIGKILL);
	/* Nobody waits for actors (SIGCHLD is ignored), so they go by themselves. */
	for (int i = 0; i < 50000 && !kill(actors[a].pid, 0); i++)
		nanosleep(&pause, NULL);
	if (!kill(actors[a].pid, 0))
		wrong("actor %d (%d) does not die", a, actors[a].pid);
	say("killed actor %d, %d", a, actors[a].pid);
	if (hier[0].mounted && !rnd(4)) {
		char pid[16];

		snprintf(pid, sizeof(pid), "%d", actors[a].pid);
		check(write_as(0, file_in(hier[0].top, "tasks"), pid), ESRCH, "attach of the dead to", "top", 0);
	}
	actors[a].pid = 0;
}

void op_limit(void)
{
	int n = pick_node();
	long max = (long)rnd(6) - 1;
	char value[16], file[40];

	if (n < 0 || nodes[n].h != limit_hierarchy || nodes[n].parent < 0)
		return;
	snprintf(value, sizeof(value), max < 0 ? "max" : "%ld", max);
	snprintf(file, sizeof(file), "%s.max", limit_name);
	check(write_as(0, file_in(n, file), value), 0, "limit", file_in(n, file), 0);
	nodes[n].max = max;
}

/* ---- comparing ---- */

static bool has_line(long number)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strtol(line, NULL, 10) == number)
			return true;
	return false;
}

/* The files of the limiting subsystem are there, and right, where it is bound. */
static void compare_limit(int n)
{
	bool bound = nodes[n].h == limit_hierarchy && nodes[n].parent >= 0;
	char file[40];

	snprintf(file, sizeof(file), "%s.current", limit_name);
	if (!access(file_in(n, file), F_OK) != bound)
		wrong("%s is %sthere", file_in(n, file), bound ? "not " : "");
	if (!bound)
		return;
	read_text(file_in(n, file));
	if (strtol(text, NULL, 10) != tasks_in(n, true))
		wrong("%s is %s, the model has %d", file_in(n, file), text, tasks_in(n, true));
	snprintf(file, sizeof(file), "%s.max", limit_name);
	read_text(file_in(n, file));
	if (nodes[n].max == NO_LIMIT ? strcmp(text, "max\n") : strtol(text, NULL, 10) != nodes[n].max)
		wrong("%s is %s, the model has %ld", file_in(n, file), text, nodes[n].max);
}

void op_compare_tasks(void)
{
	int n = pick_node(), lines = 0;
	long last = 0;

	if (n < 0)
		return;
	read_text(file_in(n, "tasks"));
	for (char *line = text; *line; line = strchr(line, '\n') + 1, lines++) {
		if (!strchr(line, '\n') || strtol(line, NULL, 10) <= last)
			wrong("%s is not in order: %s", file_in(n, "tasks"), text);
		last = strtol(line, NULL, 10);
	}
	for (int i = 0; i < ACTORS; i++)
		if (actors[i].pid && has_line(actors[i].pid) != (actors[i].at[nodes[n].h] == n))
			wrong("actor %d (%d) is %s%s, says the file", i, actors[i].pid, has_line(actors[i].pid) ? "in " : "not in ", file_in(n, "tasks"));
	if (nodes[n].parent >= 0 && lines != tasks_in(n, false))
		wrong("%s has %d lines, the model %d tasks", file_in(n, "tasks"), lines, tasks_in(n, false));
	compare_limit(n);
}

void op_compare_proc(void)
{
	int a = pick_actor(), h = pick_hierarchy();
	char path[64], expected[256], own[256];

	if (a < 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d/%s", actors[a].pid, procfile);
	read_text(path);
	if (!hier[h].active)
		return;
	node_path(actors[a].at[h], own);
	snprintf(expected, sizeof(expected), "%s:%s\n", hier[h].label, own[strlen(hier[h].dir)] ? own + strlen(hier[h].dir) : "/");
	if (!strstr(text, expected))
		wrong("%s lacks %s: %s", path, expected, text);
}
