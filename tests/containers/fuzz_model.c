// SPDX-License-Identifier: GPL-2.0-only
/* fuzz: the model of hierarchies, containers and actors, and doing things as another user. See fuzz.c. */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct node nodes[NODES];
struct hierarchy hier[HIERARCHIES];
struct actor actors[ACTORS];
struct held held[HELD];
int to_actor[ACTORS][2], from_actor[ACTORS][2];
const int users[3] = { 0, 1000, 1001 };
bool on_linux, verbose;
const char *procfile, *limit_name;
int limit_hierarchy = -1;
uint64_t seed, state;
long operation;
char text[65536];

unsigned int rnd(unsigned int below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % below;
}

void __attribute__((noreturn, format(printf, 1, 2))) wrong(const char *format, ...)
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

void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
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

void node_path(int n, char *out)
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
const char *file_in(int n, const char *file)
{
	static char buffers[2][256];
	static int turn;
	char *out = buffers[turn ^= 1];

	node_path(n, out);
	strcat(out, "/");
	return strcat(out, file);
}

int child_named(int parent, const char *name)
{
	for (int i = 0; i < NODES; i++)
		if (nodes[i].used && !nodes[i].removed && nodes[i].parent == parent && !strcmp(nodes[i].name, name))
			return i;
	return -1;
}

int children(int n)
{
	int count = 0;

	for (int i = 0; i < NODES; i++)
		count += nodes[i].used && !nodes[i].removed && nodes[i].parent == n;
	return count;
}

int depth(int n)
{
	return nodes[n].parent < 0 ? 0 : 1 + depth(nodes[n].parent);
}

bool inside(int n, int ancestor)
{
	for (; n >= 0; n = nodes[n].parent)
		if (n == ancestor)
			return true;
	return false;
}

int tasks_in(int n, bool below)
{
	int h = nodes[n].h, count = 0;

	for (int i = 0; i < ACTORS; i++)
		count += actors[i].pid && (below ? inside(actors[i].at[h], n) : actors[i].at[h] == n);
	return count;
}

bool may(int user, const struct perm *p, int want)
{
	int bits = user == p->uid ? p->mode >> 6 : user == p->gid ? p->mode >> 3 : p->mode;

	return !user || (bits & want) == want;
}

/* May USER look names up in N, which takes search permission from the top down? */
bool may_search(int user, int n)
{
	for (; n >= 0; n = nodes[n].parent)
		if (!may(user, &nodes[n].dir, 1))
			return false;
	return true;
}

/* Paddock: hierarchy H (1 or 2) has the limiting subsystem, or none. What was set there is lost with it. */
void set_limited(int h, bool limited)
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

int pick_hierarchy(void)
{
	return rnd(HIERARCHIES);
}

/* A container of a mounted hierarchy; -1 when there is none. */
int pick_node(void)
{
	for (int tries = 0; tries < 200; tries++) {
		int n = rnd(NODES);

		if (nodes[n].used && !nodes[n].removed && hier[nodes[n].h].mounted)
			return n;
	}
	return -1;
}

int pick_user(void)
{
	return rnd(2) ? 0 : users[rnd(3)];
}

int pick_actor(void)
{
	int i = rnd(ACTORS);

	return actors[i].pid ? i : -1;
}

/* ---- doing ---- */

void become(int user)
{
	if (user && (syscall(SYS_setresgid, -1, user, -1) || syscall(SYS_setresuid, -1, user, -1)))
		wrong("cannot become user %d: %s", user, strerror(errno));
}

void become_root(void)
{
	int error = errno;

	if (geteuid() && (syscall(SYS_setresuid, -1, 0, -1) || syscall(SYS_setresgid, -1, 0, -1)))
		wrong("cannot become root again: %s", strerror(errno));
	errno = error;
}

/* RET and errno of what was done as USER (now root again) against EXPECTED, an errno or 0. */
void check(long ret, int expected, const char *what, const char *path, int user)
{
	int got = ret < 0 ? errno : 0;

	say("%s %s as %d: %s", what, path, user, got ? strerror(got) : "ok");
	if (got != expected)
		wrong("%s %s as %d: %s, but the model says %s", what, path, user, got ? strerror(got) : "ok",
		      expected ? strerror(expected) : "ok");
}

/* One write of TEXT by USER. Returns the result with errno set. */
long write_as(int user, const char *path, const char *text)
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

const char *read_text(const char *path)
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
bool has_subsystem(const char *name)
{
	char pattern[40];

	read_text(on_linux ? "/proc/cgroups" : "/proc/containers");
	snprintf(pattern, sizeof(pattern), "\n%s\t", name);
	return strstr(text, pattern);
}

int new_node(int h, int parent, const char *name, int user)
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
