// SPDX-License-Identifier: GPL-2.0-only
//
// What the container programs (ctree, cexec, cattach) have in common: which hierarchies there are,
// which directory a container is, moving tasks, and reading a whole tree. Works on file systems of
// type container and, with Linux's names, on those of type cgroup (version 1).

#pragma once

#include "user/lib.h"

#include <stdint.h>

// An active hierarchy. `names` is as in /proc/self/container: "debug,numtasks" or "name=x".
struct hierarchy {
	char *names;
	char **mounts; // where it is mounted from its top on and can be reached; perhaps nowhere
	int mount_count;
	char *type;  // of its first mount; null when there is none
	long number; // of containers by /proc/containers; -1 when that does not say
};

// All active hierarchies in the order of /proc/self/container. Ends the program when /proc cannot
// say. Returns how many.
int list_hierarchies(struct hierarchy **list);
void free_hierarchies(struct hierarchy *list, int count);

// Is `name` ("debug", "name=x") one of the comma-separated `names`?
bool has_name(const char *names, const char *name);

// Does `text` look like HIERARCHY:/path?
bool is_container_target(const char *text);

// The directory of the container HIERARCHY:/path, in new memory. HIERARCHY is a mount point, a
// subsystem, a comma-separated list of them or name=X. Null after a message.
char *container_directory(const char *target);

// Which of the `count` hierarchies in `list` the directory `path` belongs to, or -1. `*inside` is
// then the path in the hierarchy ("/" for its top), in new memory, and `*mount` the mount point.
int find_hierarchy(const struct hierarchy *list, int count, const char *path, char **inside,
		   const char **mount);

// Write `pid` (0 for the caller) to `dir`/tasks, or with `group` move its whole thread group.
// Returns 0, or a positive errno value.
int move_task(const char *dir, long pid, bool group);

// The text of an errno value of move_task(), with what it means here.
const char *move_error(int error);

// A container and all below it, as they were when they were read.
struct container_task {
	long pid;
	char comm[32];
};
struct container_node {
	char *name, *path; // the path is the one in its hierarchy
	struct container_task *tasks;
	int task_count;
	char **settings; // by container_settings[]; null where there is no such file
	struct container_node **children;
	int child_count;
};

// The files that are read, ended by null; a long value is cut.
extern const char *const container_settings[];

// Read the container in `dir`, whose path in the hierarchy is `path`. What vanishes meanwhile is
// left out; null with errno set when `dir` itself cannot be read. `*failed` is set after a message
// about what else could not be read.
struct container_node *read_containers(const char *dir, const char *path, bool *failed);
void free_containers(struct container_node *node);
