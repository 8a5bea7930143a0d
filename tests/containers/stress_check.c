// SPDX-License-Identifier: GPL-2.0-only
/*
 * stress: what must hold while all workers stand still. See stress.c. Start reading at check_all().
 */
#include "stress.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place {
	int pid;
	int node;
};

static struct place places[8192];

static int place_count, node_count;

static char node_paths[256][64];

/* The number in the file NAME of DIR; -1 when there is none. */
static long count_in(const char *dir, const char *name)
{
	const char *path = joined(dir, name), *text;

	if (access(path, F_OK))
		return -1;
	text = read_text(path, 4096);
	return text ? strtol(text, NULL, 10) : -1;
}

/* Collects the tasks of DIR and of all below it. Returns their number. */
static int collect(const char *mount_point, const char *dir)
{
	int node = node_count++, own = 0, below = 0;
	const char *text = read_text(joined(dir, "tasks"), 4096);
	char limit_file[64], child[64];
	struct dirent *entry;
	long count;
	DIR *d;

	snprintf(node_paths[node % 256], sizeof(node_paths[0]), "%s", dir[strlen(mount_point)] ? dir + strlen(mount_point) : "/");
	for (; text && *text; text = strchr(text, '\n') + 1, own++)
		if (place_count < 8192)
			places[place_count++] = (struct place){ strtol(text, NULL, 10), node };
	count = count_in(dir, "debug.taskcount");
	if (count >= 0 && count != own)
		wrong("%s: debug.taskcount is %ld, tasks has %d", dir, count, own);
	d = opendir(dir);
	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] != 'd' || strlen(entry->d_name) != 2)
			continue;
		snprintf(child, sizeof(child), "%s/%s", dir, entry->d_name);
		below += collect(mount_point, child);
	}
	if (d)
		closedir(d);
	snprintf(limit_file, sizeof(limit_file), "%s.current", second);
	count = count_in(dir, limit_file);
	if (count >= 0 && count != own + below)
		wrong("%s: %s is %ld, %d tasks are in and below", dir, limit_file, count, own + below);
	return own + below;
}

static int node_of(int pid, int *times)
{
	int node = -1;

	*times = 0;
	for (int i = 0; i < place_count; i++) {
		if (places[i].pid == pid) {
			node = places[i].node;
			++*times;
		}
	}
	return node;
}

/* Is PID a kernel thread, or gone? Those come and go while we look. */
static bool not_ours(int pid)
{
	char path[64];
	const char *text;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	text = read_text(path, 4096);
	return !text || !*text;
}

static void check_task(int pid, const char *subsystem)
{
	char path[64], expected[128];
	const char *text;
	int times, node = node_of(pid, &times);

	if (not_ours(pid))
		return;
	if (times != 1) {
		wrong("task %d is in %d containers of %s", pid, times, subsystem);
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, procfile);
	snprintf(expected, sizeof(expected), "%s:%s\n", subsystem, node_paths[node % 256]);
	text = read_text(path, 4096);
	if (text && !strstr(text, expected))
		wrong("task %d is in %s by its tasks file, but %s has %s", pid, expected, path, text);
}

int listed_containers(const char *subsystem)
{
	const char *text = read_text(on_linux ? "/proc/cgroups" : "/proc/containers", 4096);
	char pattern[40];
	int count = -1;

	snprintf(pattern, sizeof(pattern), "\n%s\t", subsystem);
	text = text ? strstr(text, pattern) : NULL;
	if (text)
		sscanf(text + strlen(pattern), "%*s %d", &count);
	return count;
}

static void check_hierarchy(const char *mount_point, const char *subsystem)
{
	struct dirent *entry;
	DIR *proc;

	if (access(joined(mount_point, "tasks"), F_OK))
		return;
	place_count = node_count = 0;
	collect(mount_point, mount_point);
	if (!on_linux && listed_containers(subsystem) != node_count)
		wrong("%s: %d containers listed, %d found", subsystem, listed_containers(subsystem), node_count);
	proc = opendir("/proc");
	while (proc && (entry = readdir(proc)))
		if (atoi(entry->d_name) > 0)
			check_task(atoi(entry->d_name), subsystem);
	if (proc)
		closedir(proc);
}

void check_all(void)
{
	atomic_store(&shared->gate, true);
	for (int i = 0; atomic_load(&shared->parked) < worker_count; i++) {
		if (i > 30000) {
			wrong("%d of %d workers do not come to a stop within 30 s", worker_count - atomic_load(&shared->parked), worker_count);
			return;
		}
		sleep_us(1000);
	}
	check_hierarchy("/s1", first);
	check_hierarchy("/s2", second);
	atomic_store(&shared->gate, false);
	for (int i = 0; i < 30000 && atomic_load(&shared->parked); i++)
		sleep_us(1000);
}
