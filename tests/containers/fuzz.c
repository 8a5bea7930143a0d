// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz - random operations on container hierarchies by several users, each checked against a model.
 *
 *	fuzz [-s SEED] [-n OPERATIONS] [-v]
 *
 * Three hierarchies, three users and a handful of sleeping processes ("actors"). Before each operation the model says
 * what must come of it, an errno or a text; a difference ends the run with a line that has seed and number, so that it can be
 * repeated. Prints `ok` and the number of operations at the end, after everything was removed and unmounted again.
 *
 * It knows Paddock and Linux's cgroup v1; where the two differ by decision it asks on_linux, and what Linux does some time
 * later (freeing a hierarchy) is left out there. Permissions are tried by changing the effective user for one operation.
 *
 * Start reading at struct node, the model, then operations[].
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HIERARCHIES	3
#define NODES		48
#define ACTORS		12
#define HELD		4
#define DEPTH		5
#define NO_LIMIT	-1
#define NAMES		6		/* children are called c0 ... c5, so that names collide */

/* ---- the model ---- */

struct perm {
	int uid, gid, mode;
};

struct node {				/* a container */
	bool used, removed;		/* removed: kept for a descriptor that is still open */
	int h, parent;			/* parent: -1 for the top */
	char name[16];
	struct perm dir, tasks;
	bool notify;
	long max;			/* numtasks.max */
};

struct hierarchy {
	char options[64], label[64];	/* label: what stands in /proc/PID/container */
	char dir[8];
	bool mounted, active;
	int top;
};

struct actor {
	pid_t pid;			/* 0: none */
	int uid;
	int at[HIERARCHIES];		/* node; valid while the hierarchy is active */
};

static struct node nodes[NODES];
static struct hierarchy hier[HIERARCHIES];
static struct actor actors[ACTORS];
static struct { int fd, node; bool writes; } held[HELD];
static int to_actor[ACTORS][2], from_actor[ACTORS][2];
static const int users[] = { 0, 1000, 1001 };
static bool on_linux, verbose;
static const char *procfile, *limit_name;
static int limit_hierarchy = -1;	/* where limit_name is bound; Paddock: 1, 2 or none, changed by remounts */
static uint64_t seed, state;
static long operation;

static unsigned int rnd(unsigned int below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % below;
}

static void __attribute__((noreturn, format(printf, 1, 2))) wrong(const char *format, ...)
{
	va_list args;

	printf("not ok: seed %llu, operation %ld: ", (unsigned long long)seed, operation);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	puts("");
	for (int i = 0; i < ACTORS; i++)
		if (actors[i].pid > 0)
			kill(actors[i].pid, SIGKILL);
	exit(1);
}

static void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
{
	va_list args;

	if (!verbose)
		return;
	printf("%ld: ", operation);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	puts("");
	fflush(stdout);
}

static void node_path(int n, char *out)
{
	if (nodes[n].parent < 0) {
		strcpy(out, hier[nodes[n].h].dir);
		return;
	}
	node_path(nodes[n].parent, out);
	strcat(out, "/");
	strcat(out, nodes[n].name);
}

/* The path of FILE in container N, in one of two static buffers. */
static const char *file_in(int n, const char *file)
{
	static char buffers[2][256];
	static int turn;
	char *out = buffers[turn ^= 1];

	node_path(n, out);
	strcat(out, "/");
	return strcat(out, file);
}

static int child_named(int parent, const char *name)
{
	for (int i = 0; i < NODES; i++)
		if (nodes[i].used && !nodes[i].removed && nodes[i].parent == parent && !strcmp(nodes[i].name, name))
			return i;
	return -1;
}

static int children(int n)
{
	int count = 0;

	for (int i = 0; i < NODES; i++)
		count += nodes[i].used && !nodes[i].removed && nodes[i].parent == n;
	return count;
}

static int depth(int n)
{
	return nodes[n].parent < 0 ? 0 : 1 + depth(nodes[n].parent);
}

static bool inside(int n, int ancestor)
{
	for (; n >= 0; n = nodes[n].parent)
		if (n == ancestor)
			return true;
	return false;
}

static int tasks_in(int n, bool below)
{
	int h = nodes[n].h, count = 0;

	for (int i = 0; i < ACTORS; i++)
		count += actors[i].pid && (below ? inside(actors[i].at[h], n) : actors[i].at[h] == n);
	return count;
}

static bool may(int user, const struct perm *p, int want)
{
	int bits = user == p->uid ? p->mode >> 6 : user == p->gid ? p->mode >> 3 : p->mode;

	return !user || (bits & want) == want;
}

/* May USER look names up in N, which takes search permission from the top down? */
static bool may_search(int user, int n)
{
	for (; n >= 0; n = nodes[n].parent)
		if (!may(user, &nodes[n].dir, 1))
			return false;
	return true;
}

/* Paddock: hierarchy H (1 or 2) has the limiting subsystem, or none. What was set there is lost with it. */
static void set_limited(int h, bool limited)
{
	snprintf(hier[h].options, sizeof(hier[h].options), "%s,name=fuzz%d", limited ? limit_name : "none", h);
	snprintf(hier[h].label, sizeof(hier[h].label), "%s%sname=fuzz%d", limited ? limit_name : "", limited ? "," : "", h);
	if (limited)
		limit_hierarchy = h;
	else if (limit_hierarchy == h)
		limit_hierarchy = -1;
	for (int i = 0; i < NODES; i++)
		if (nodes[i].h == h)
			nodes[i].max = NO_LIMIT;
}

static int pick_hierarchy(void)
{
	return rnd(HIERARCHIES);
}

/* A container of a mounted hierarchy; -1 when there is none. */
static int pick_node(void)
{
	for (int tries = 0; tries < 200; tries++) {
		int n = rnd(NODES);

		if (nodes[n].used && !nodes[n].removed && hier[nodes[n].h].mounted)
			return n;
	}
	return -1;
}

static int pick_user(void)
{
	return rnd(2) ? 0 : users[rnd(3)];
}

static int pick_actor(void)
{
	int i = rnd(ACTORS);

	return actors[i].pid ? i : -1;
}

/* ---- doing ---- */

static void become(int user)
{
	if (user && (syscall(SYS_setresgid, -1, user, -1) || syscall(SYS_setresuid, -1, user, -1)))
		wrong("cannot become user %d: %s", user, strerror(errno));
}

static void become_root(void)
{
	int error = errno;

	if (geteuid() && (syscall(SYS_setresuid, -1, 0, -1) || syscall(SYS_setresgid, -1, 0, -1)))
		wrong("cannot become root again: %s", strerror(errno));
	errno = error;
}

/* RET and errno of what was done as USER (now root again) against EXPECTED, an errno or 0. */
static void check(long ret, int expected, const char *what, const char *path, int user)
{
	int got = ret < 0 ? errno : 0;

	say("%s %s as %d: %s", what, path, user, got ? strerror(got) : "ok");
	if (got != expected)
		wrong("%s %s as %d: %s, but the model says %s", what, path, user, got ? strerror(got) : "ok",
		      expected ? strerror(expected) : "ok");
}

/* One write of TEXT by USER. Returns the result with errno set. */
static long write_as(int user, const char *path, const char *text)
{
	long ret;
	int fd, error;

	become(user);
	fd = open(path, O_WRONLY);
	ret = fd < 0 ? fd : write(fd, text, strlen(text));
	error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	become_root();
	return ret;
}

static char text[65536];

static const char *read_text(const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		wrong("open %s: %s", path, strerror(errno));
	/* small pieces: the list must not change under the reader */
	while ((n = read(fd, text + used, 1 + rnd(64))) > 0 && used < sizeof(text) - 100)
		used += n;
	if (n < 0)
		wrong("read %s: %s", path, strerror(errno));
	close(fd);
	text[used] = '\0';
	return text;
}

/* Is NAME a subsystem? */
static bool has_subsystem(const char *name)
{
	char pattern[40];

	read_text(on_linux ? "/proc/cgroups" : "/proc/containers");
	snprintf(pattern, sizeof(pattern), "\n%s\t", name);
	return strstr(text, pattern);
}

static int new_node(int h, int parent, const char *name, int user)
{
	for (int i = 0; i < NODES; i++) {
		struct node *n = &nodes[i];

		if (n->used)
			continue;
		*n = (struct node){ .used = true, .h = h, .parent = parent, .max = NO_LIMIT,
				    .notify = parent >= 0 && nodes[parent].notify,
				    .dir = { user, user, 0755 }, .tasks = { user, user, 0644 } };
		snprintf(n->name, sizeof(n->name), "%s", name);
		return i;
	}
	return -1;
}

static void op_mkdir(void)
{
	int parent = pick_node(), user = pick_user(), expected = 0;
	static const char *const odd[] = { "tasks", "notify_on_release", "a\nb" };
	char name[300];

	if (parent < 0 || depth(parent) >= DEPTH)
		return;
	snprintf(name, sizeof(name), "c%d", rnd(NAMES));
	if (!rnd(12))
		snprintf(name, sizeof(name), "%s", odd[rnd(3)]);
	if (!may_search(user, parent))
		expected = EACCES;
	else if (child_named(parent, name) >= 0 || !strcmp(name, "tasks") || !strcmp(name, "notify_on_release"))
		expected = EEXIST;
	else if (!may(user, &nodes[parent].dir, 3))
		expected = EACCES;
	else if (strchr(name, '\n'))
		expected = EINVAL;
	else if (new_node(nodes[parent].h, parent, name, user) < 0)
		return;
	become(user);
	long ret = mkdir(file_in(parent, name), 0755);

	become_root();
	check(ret, expected, "mkdir", file_in(parent, name), user);
}

static void op_rmdir(void)
{
	int n = pick_node(), user = pick_user(), expected = 0;
	bool open_still = false;
	char path[256];

	if (n < 0 || nodes[n].parent < 0)
		return;
	node_path(n, path);
	if (!may_search(user, nodes[n].parent) || !may(user, &nodes[nodes[n].parent].dir, 3))
		expected = EACCES;
	else if (children(n) || tasks_in(n, false))
		expected = EBUSY;
	become(user);
	long ret = rmdir(path);

	become_root();
	check(ret, expected, "rmdir", path, user);
	if (expected)
		return;
	for (int i = 0; i < HELD; i++)
		open_still |= held[i].fd >= 0 && held[i].node == n;
	nodes[n].removed = true;
	nodes[n].used = open_still;
}

static void op_rename(void)
{
	int n = pick_node(), user = pick_user(), expected = 0, parent, target;
	char path[256], name[16];

	if (n < 0 || nodes[n].parent < 0)
		return;
	parent = nodes[n].parent;
	snprintf(name, sizeof(name), "c%d", rnd(NAMES));
	target = child_named(parent, name);
	if (!may_search(user, parent))
		expected = EACCES;
	else if (target == n)
		expected = 0;
	else if (!may(user, &nodes[parent].dir, 3))
		expected = EACCES;
	else if (target >= 0)
		expected = EEXIST;
	node_path(n, path);
	become(user);
	long ret = rename(path, file_in(parent, name));

	become_root();
	check(ret, expected, "rename to a sibling", path, user);
	if (!expected)
		strcpy(nodes[n].name, name);
}

static void op_rename_away(void)
{
	int n = pick_node(), m = pick_node();
	char path[256];

	if (n < 0 || m < 0 || nodes[n].parent < 0 || nodes[n].h != nodes[m].h || nodes[n].parent == m || inside(m, n) ||
	    child_named(m, nodes[n].name) >= 0)
		return;
	node_path(n, path);
	check(rename(path, file_in(m, nodes[n].name)), EIO, "rename to another parent", path, 0);
}

static void op_attach(void)
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

static void op_attach_rubbish(void)
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

static void op_bad_pointer(void)
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

static void op_notify(void)
{
	static const struct { const char *text; int expected, value; } tries[] = {
		{ "0", 0, 0 }, { "1", 0, 1 }, { "1\n", 0, 1 }, { "7", 0, 1 }, { "yes", EINVAL, 0 }, { "1 1", EINVAL, 0 },
	};
	int n = pick_node(), which = rnd(6);

	if (n < 0)
		return;
	check(write_as(0, file_in(n, "notify_on_release"), tries[which].text), tries[which].expected, "write", file_in(n, "notify_on_release"), 0);
	if (!tries[which].expected)
		nodes[n].notify = tries[which].value;
}

static void op_permissions(void)
{
	int n = pick_node(), user = users[rnd(3)];
	static const int modes[] = { 0755, 0777, 0700, 0775, 0711 };
	int mode = modes[rnd(5)], file_mode = rnd(2) ? 0644 : 0666;
	const char *path;

	if (n < 0)
		return;
	path = rnd(2) ? file_in(n, "tasks") : file_in(n, ".");
	if (strstr(path, "tasks")) {
		check(chown(path, user, user), 0, "chown", path, user);
		check(chmod(path, file_mode), 0, "chmod", path, 0);
		nodes[n].tasks = (struct perm){ user, user, file_mode };
	} else {
		check(chown(path, user, user), 0, "chown", path, user);
		check(chmod(path, mode), 0, "chmod", path, 0);
		nodes[n].dir = (struct perm){ user, user, mode };
	}
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
static void op_start(void)
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

static void op_fork(void)
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

static void op_kill(void)
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

static void op_limit(void)
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

/* ---- descriptors that stay open ---- */

static void op_hold(void)
{
	int i = rnd(HELD), n = pick_node();

	if (held[i].fd >= 0 || n < 0)
		return;
	held[i].writes = rnd(2);
	held[i].node = n;
	held[i].fd = open(file_in(n, "notify_on_release"), held[i].writes ? O_WRONLY : O_RDONLY);
	check(held[i].fd, 0, "open", file_in(n, "notify_on_release"), 0);
}

static void op_use_held(void)
{
	int i = rnd(HELD);
	struct node *n = &nodes[held[i].node];
	char byte = '0' + rnd(2);
	long ret;

	if (held[i].fd < 0)
		return;
	ret = held[i].writes ? pwrite(held[i].fd, &byte, 1, 0) : pread(held[i].fd, &byte, 1, 0);
	check(ret, n->removed ? ENODEV : 0, held[i].writes ? "held write to" : "held read of", n->name, 0);
	if (!n->removed && held[i].writes)
		n->notify = byte == '1';
	else if (!n->removed && (byte == '1') != n->notify)
		wrong("notify_on_release of %s reads %c", n->name, byte);
}

static void release(int i)
{
	int n = held[i].node;

	if (held[i].fd < 0)
		return;
	close(held[i].fd);
	held[i].fd = -1;
	for (int j = 0; j < HELD; j++)
		if (held[j].fd >= 0 && held[j].node == n)
			return;
	if (nodes[n].removed)
		nodes[n].used = false;
}

static void op_release(void)
{
	release(rnd(HELD));
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
	bool bound = limit_name && nodes[n].h == limit_hierarchy && nodes[n].parent >= 0;
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

static void op_compare_tasks(void)
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

static void op_compare_proc(void)
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

static void op_compare_dir(void)
{
	int n = pick_node(), directories = 0;
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	if (n < 0)
		return;
	if (stat(file_in(n, "."), &st) || (int)st.st_nlink != 2 + children(n))
		wrong("%s has %d links, the model %d", file_in(n, "."), (int)st.st_nlink, 2 + children(n));
	dir = opendir(file_in(n, "."));
	if (!dir)
		wrong("opendir %s: %s", file_in(n, "."), strerror(errno));
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != 'c' || entry->d_name[2])
			continue;
		directories++;
		if (child_named(n, entry->d_name) < 0)
			wrong("%s has a child %s", file_in(n, "."), entry->d_name);
	}
	closedir(dir);
	if (directories != children(n))
		wrong("%s lists %d children, the model %d", file_in(n, "."), directories, children(n));
	read_text(file_in(n, "notify_on_release"));
	if (strcmp(text, nodes[n].notify ? "1\n" : "0\n"))
		wrong("%s reads %s", file_in(n, "notify_on_release"), text);
}

/* ---- mounting ---- */

static void mount_hierarchy(int h, int user)
{
	int expected = user ? EPERM : 0;

	become(user);
	long ret = mount("fuzz", hier[h].dir, on_linux ? "cgroup" : "container", 0, hier[h].options);

	become_root();
	check(ret, expected, "mount", hier[h].options, user);
	if (expected)
		return;
	hier[h].mounted = true;
	if (hier[h].active)
		return;
	hier[h].active = true;
	hier[h].top = new_node(h, -1, "", 0);
	if (on_linux)
		nodes[hier[h].top].dir.mode = 0555;
	for (int i = 0; i < ACTORS; i++)
		actors[i].at[h] = hier[h].top;
}

static void op_mount(void)
{
	int h = pick_hierarchy();

	for (int i = 0; i < NODES && !hier[h].mounted; i++)
		if (!nodes[i].used) {		/* room for a top */
			mount_hierarchy(h, pick_user());
			return;
		}
}

/* On Linux a hierarchy that has no children is freed some time later: not tried there. */
static bool umount_hierarchy(int h)
{
	int expected = 0;

	for (int i = 0; i < HELD; i++)
		if (held[i].fd >= 0 && nodes[held[i].node].h == h)
			expected = EBUSY;
	check(umount(hier[h].dir), expected, "umount", hier[h].dir, 0);
	if (expected)
		return false;
	hier[h].mounted = false;
	if (!children(hier[h].top)) {
		hier[h].active = false;
		nodes[hier[h].top].used = false;
		if (!on_linux && h == limit_hierarchy)
			set_limited(h, false);
	}
	return true;
}

static void op_umount(void)
{
	int h = pick_hierarchy();

	if (hier[h].mounted && !rnd(3) && (!on_linux || children(hier[h].top)))
		umount_hierarchy(h);
}

static void op_remount(void)
{
	int h = pick_hierarchy();
	static const char *const wrong_options[] = { "nosuch", ",,", "none" };
	const char *options = wrong_options[rnd(3)];
	const char *type = on_linux ? "cgroup" : "container";

	if (!hier[h].mounted || on_linux)
		return;
	if (rnd(2))
		check(mount("fuzz", hier[h].dir, type, MS_REMOUNT, rnd(2) ? NULL : hier[h].options), 0, "remount", hier[h].options, 0);
	else
		check(mount("fuzz", hier[h].dir, type, MS_REMOUNT, options), strcmp(options, "nosuch") ? EINVAL : ENOENT, "remount", options, 0);
}

/* The limiting subsystem comes to a hierarchy with containers and tasks, or goes from it. */
static void op_rebind(void)
{
	int h = 1 + rnd(2), expected = 0;
	bool limited = rnd(3);
	char options[64];

	if (on_linux || !hier[h].mounted || !has_subsystem(limit_name))
		return;
	/* A removed container that is still open may keep its parent's state, and that the subsystem (EBUSY): not modelled. */
	for (int i = 0; i < HELD; i++)
		if (!limited && held[i].fd >= 0 && nodes[held[i].node].h == h && nodes[held[i].node].removed)
			return;
	if (limited && limit_hierarchy >= 0 && limit_hierarchy != h)
		expected = EBUSY;
	snprintf(options, sizeof(options), "%s,name=fuzz%d", limited ? limit_name : "none", h);
	check(mount("fuzz", hier[h].dir, "container", MS_REMOUNT, options), expected, "remount", options, 0);
	if (!expected && limited != (limit_hierarchy == h))
		set_limited(h, limited);
}

static void op_mount_busy(void)
{
	static char options[128];

	if (!hier[0].active || limit_hierarchy < 0)
		return;
	snprintf(options, sizeof(options), "%s,%s", hier[0].options, limit_name);
	check(mount("fuzz", "/fuzz", on_linux ? "cgroup" : "container", 0, options), EBUSY, "mount", options, 0);
}

/* ---- the run ---- */

static const struct { int weight; void (*run)(void); } operations[] = {
	{ 14, op_mkdir }, { 9, op_rmdir }, { 5, op_rename }, { 2, op_rename_away }, { 20, op_attach }, { 2, op_attach_rubbish },
	{ 1, op_bad_pointer }, { 4, op_notify }, { 4, op_permissions }, { 3, op_start }, { 5, op_fork }, { 4, op_kill }, { 3, op_limit },
	{ 4, op_hold }, { 5, op_use_held }, { 4, op_release }, { 8, op_compare_tasks }, { 6, op_compare_proc }, { 5, op_compare_dir },
	{ 2, op_mount }, { 2, op_umount }, { 2, op_remount }, { 4, op_rebind }, { 1, op_mount_busy },
};

static void step(void)
{
	const int count = sizeof(operations) / sizeof(operations[0]);
	int total = 0, choice;

	for (int i = 0; i < count; i++)
		total += operations[i].weight;
	choice = rnd(total);
	for (int i = 0; i < count; i++) {
		choice -= operations[i].weight;
		if (choice < 0) {
			operations[i].run();
			return;
		}
	}
}

static void set_up(void)
{
	static const char *const plain[] = { "debug", "cpuacct", "misc" };

	on_linux = access("/proc/containers", F_OK) != 0;
	procfile = on_linux ? "cgroup" : "container";
	for (int i = 0; i < 3 && !*hier[0].options; i++)
		if (has_subsystem(plain[i]))
			strcpy(hier[0].label, strcpy(hier[0].options, plain[i]));
	limit_name = on_linux ? "pids" : "numtasks";
	set_limited(1, has_subsystem(limit_name));
	set_limited(2, false);
	mkdir("/fuzz", 0755);
	signal(SIGCHLD, SIG_IGN);
	setgroups(0, NULL);
	umask(022);
	for (int i = 0; i < ACTORS; i++)
		if (pipe(to_actor[i]) || pipe(from_actor[i]))
			wrong("pipe: %s", strerror(errno));
	for (int i = 0; i < HELD; i++)
		held[i].fd = -1;
	for (int h = 0; h < HIERARCHIES; h++) {
		snprintf(hier[h].dir, sizeof(hier[h].dir), "/fuzz%d", h);
		mkdir(hier[h].dir, 0755);
		mount_hierarchy(h, 0);
	}
}

/* Removes all that the model knows; each step must succeed. */
static void tear_down(void)
{
	char path[256];
	bool again = true;

	for (int i = 0; i < HELD; i++)
		release(i);
	for (int i = 0; i < ACTORS; i++)
		while (actors[i].pid) {
			state += i;	/* op_kill picks at random */
			op_kill();
		}
	for (int h = 0; h < HIERARCHIES; h++)
		if (!hier[h].mounted && hier[h].active)
			mount_hierarchy(h, 0);
	while (again) {
		again = false;
		for (int i = 0; i < NODES; i++) {
			if (!nodes[i].used || nodes[i].parent < 0 || children(i))
				continue;
			node_path(i, path);
			check(rmdir(path), 0, "final rmdir", path, 0);
			nodes[i].used = false;
			again = true;
		}
	}
	for (int h = 0; h < HIERARCHIES; h++)
		if (hier[h].mounted && !umount_hierarchy(h))
			wrong("%s stays mounted", hier[h].dir);
	if (!on_linux) {
		read_text("/proc/self/container");
		if (*text)
			wrong("a hierarchy is left: %s", text);
	}
}

int main(int argc, char **argv)
{
	long count = 100000;
	int option;

	seed = 1;
	while ((option = getopt(argc, argv, "s:n:v")) != -1) {
		if (option == 's')
			seed = strtoull(optarg, NULL, 10);
		else if (option == 'n')
			count = strtol(optarg, NULL, 10);
		else if (option == 'v')
			verbose = true;
		else
			return 2;
	}
	state = seed * 0x9e3779b97f4a7c15ULL + 1;
	set_up();
	for (operation = 1; operation <= count; operation++)
		step();
	tear_down();
	printf("ok: %ld operations, seed %llu\n", count, (unsigned long long)seed);
	return 0;
}
