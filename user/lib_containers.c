// SPDX-License-Identifier: GPL-2.0-only
//
// Finding hierarchies and containers, moving tasks, reading trees: see lib_containers.h. The
// hierarchies come from /proc/self/container, also those that are mounted nowhere; their mount
// points from /proc/mounts. Start reading at list_hierarchies().

#include "user/lib_containers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETTING_MAX 256

const char *const container_settings[] = {
	"notify_on_release",
	"numtasks.current",
	"numtasks.max",
	"pids.current",
	"pids.max",
	"cpuset.cpus",
	"cpuset.mems",
	"cpu.shares",
	"memory.usage_in_bytes",
	"memory.limit_in_bytes",
	"freezer.state",
	NULL,
};

// ---- hierarchies ----

bool has_name(const char *names, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = names; at && *at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, length) == 0 && (!at[length] || at[length] == ','))
			return true;
	}
	return false;
}

// Undo the escapes (\040 for a blank) of /proc/mounts.
static void unescape(char *text)
{
	char *out = text;

	while (*text) {
		if (text[0] == '\\' && strspn(text + 1, "01234567") >= 3) {
			*out++ = (text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0');
			text += 4;
		} else {
			*out++ = *text++;
		}
	}
	*out = 0;
}

// A hierarchy's names are among the options of its mounts, between options of other kinds; a name
// is in one hierarchy at most.
static struct hierarchy *hierarchy_of_options(struct hierarchy *list, int count, char *options)
{
	char *option;

	while ((option = strsep(&options, ",")))
		for (int i = 0; i < count; i++)
			if (has_name(list[i].names, option))
				return &list[i];
	return NULL;
}

static void forget_mount(struct hierarchy *list, int count, const char *dir)
{
	for (int i = 0; i < count; i++)
		for (int j = 0; j < list[i].mount_count; j++)
			if (strcmp(list[i].mounts[j], dir) == 0) {
				free(list[i].mounts[j]);
				list[i].mounts[j--] = list[i].mounts[--list[i].mount_count];
			}
}

// Does `dir` show a hierarchy from its top on? A bind mount may begin further down, where the paths
// of /proc/self/container do not hold. The top alone has a release agent.
static bool shows_top(const char *dir)
{
	char *agent = path_join(dir, "release_agent");
	bool top = access(agent, F_OK) == 0 || errno != ENOENT;

	free(agent);
	return top;
}

// Fill in the mount points. A later mount on the same directory hides the earlier one.
static void read_mounts(struct hierarchy *list, int count)
{
	char *text = read_file("/proc/mounts"), *rest = text, *line;

	if (!text)
		die_errno("/proc/mounts");
	while ((line = strsep(&rest, "\n"))) {
		char *dir, *type, *options;
		struct hierarchy *h;

		strsep(&line, " ");
		dir = strsep(&line, " ");
		type = strsep(&line, " ");
		options = strsep(&line, " ");
		if (!options)
			continue;
		unescape(dir);
		forget_mount(list, count, dir);
		if (strcmp(type, "container") != 0 && strcmp(type, "cgroup") != 0)
			continue;
		h = hierarchy_of_options(list, count, options);
		if (!h || !shows_top(dir))
			continue;
		h->mounts = xrealloc(h->mounts, (h->mount_count + 1) * sizeof(*h->mounts));
		h->mounts[h->mount_count++] = xstrdup(dir);
		if (!h->type)
			h->type = xstrdup(type);
	}
	free(text);
}

// Fill in the numbers of containers: the third column, after the subsystem and its hierarchy.
static void read_numbers(struct hierarchy *list, int count)
{
	char *text = read_file("/proc/containers"), *rest, *line;

	if (!text)
		text = read_file("/proc/cgroups");
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		char name[64];
		long number;

		if (sscanf(line, "%63s %*s %ld", name, &number) != 2)
			continue;
		for (int i = 0; i < count; i++)
			if (has_name(list[i].names, name))
				list[i].number = number;
	}
	free(text);
}

// Lines are names:path, or id:names:path in the form of Linux, where the hierarchy without names
// is that of version 2.
int list_hierarchies(struct hierarchy **list)
{
	char *text = read_file("/proc/self/container"), *rest, *line;
	bool with_id = !text;
	int count = 0;

	*list = NULL;
	if (!text)
		text = read_file("/proc/self/cgroup");
	if (!text)
		die_errno("/proc/self/container");
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		char *names;

		if (with_id)
			strsep(&line, ":");
		names = strsep(&line, ":");
		if (!line || !*names)
			continue;
		*list = xrealloc(*list, (count + 1) * sizeof(**list));
		(*list)[count++] = (struct hierarchy){.names = xstrdup(names), .number = -1};
	}
	free(text);
	read_mounts(*list, count);
	read_numbers(*list, count);
	return count;
}

void free_hierarchies(struct hierarchy *list, int count)
{
	for (int i = 0; i < count; i++) {
		for (int j = 0; j < list[i].mount_count; j++)
			free(list[i].mounts[j]);
		free(list[i].mounts);
		free(list[i].names);
		free(list[i].type);
	}
	free(list);
}

int find_hierarchy(const struct hierarchy *list, int count, const char *path, char **inside,
		   const char **mount)
{
	char *real = realpath(path, NULL);
	size_t longest = 0;
	int found = -1;

	for (int i = 0; real && i < count; i++)
		for (int j = 0; j < list[i].mount_count; j++) {
			size_t length = strlen(list[i].mounts[j]);

			if (length > longest && strncmp(real, list[i].mounts[j], length) == 0 &&
			    (!real[length] || real[length] == '/')) {
				longest = length;
				found = i;
				*mount = list[i].mounts[j];
			}
		}
	if (found >= 0)
		*inside = xstrdup(real[longest] ? real + longest : "/");
	free(real);
	return found;
}

// ---- HIERARCHY:/path ----

bool is_container_target(const char *text)
{
	return strstr(text, ":/") && text[0] != ':';
}

// Are all of the comma-separated `wanted` in `names`?
static bool has_all_names(const char *names, const char *wanted)
{
	char *copy = xstrdup(wanted), *rest = copy, *name;
	bool all = true;

	while ((name = strsep(&rest, ",")))
		all &= *name && has_name(names, name);
	free(copy);
	return all;
}

// The mount point that `name` stands for, in new memory; null after a message.
static char *hierarchy_mount(const char *name)
{
	struct hierarchy *list;
	int count = list_hierarchies(&list);
	const char *mount = NULL;
	char *inside, *result;
	bool known = false;

	if (name[0] == '/') {
		if (find_hierarchy(list, count, name, &inside, &mount) >= 0) {
			if (strcmp(inside, "/") != 0)
				mount = NULL;
			free(inside);
		}
		if (!mount)
			warn("%s: no hierarchy is mounted there", name);
	} else {
		for (int i = 0; i < count; i++)
			if (has_all_names(list[i].names, name)) {
				known = true;
				mount = list[i].mount_count ? list[i].mounts[0] : NULL;
			}
		if (!known)
			warn("%s: no such hierarchy", name);
		else if (!mount)
			warn("%s: the hierarchy is not mounted", name);
	}
	result = mount ? xstrdup(mount) : NULL;
	free_hierarchies(list, count);
	return result;
}

// A ".." could lead out of the hierarchy.
static bool has_dotdot(const char *path)
{
	for (const char *at = path; (at = strstr(at, "/..")); at += 3)
		if (!at[3] || at[3] == '/')
			return true;
	return false;
}

char *container_directory(const char *target)
{
	const char *path = strstr(target, ":/") + 1;
	size_t length = path - target - 1;
	char *name = xstrdup(target), *mount, *dir = NULL;
	struct stat st;

	name[length] = 0;
	mount = hierarchy_mount(name);
	if (!mount)
		goto out;
	while (path[0] == '/')
		path++;
	dir = *path ? path_join(mount, path) : xstrdup(mount);
	errno = 0;
	if (has_dotdot(target + length + 1) || stat(dir, &st) != 0 || !S_ISDIR(st.st_mode)) {
		if (errno == EACCES)
			warn_errno("%s", target);
		else
			warn("%s: no such container", target);
		free(dir);
		dir = NULL;
	}
out:
	free(mount);
	free(name);
	return dir;
}

// ---- moving ----

static int open_members(const char *dir, bool group)
{
	static const char *const files[] = {"container.procs", "cgroup.procs"};
	int fd = -1;

	for (int i = group ? 0 : 2; i < 3; i++) {
		char *path = path_join(dir, i < 2 ? files[i] : "tasks");

		fd = open(path, O_WRONLY | O_CLOEXEC);
		free(path);
		if (fd >= 0 || errno != ENOENT || i == 1)
			break;
	}
	return fd;
}

int move_task(const char *dir, long pid, bool group)
{
	int fd = open_members(dir, group), length, error = 0;
	char text[32];

	if (fd < 0)
		return errno;
	length = snprintf(text, sizeof(text), "%ld", pid);
	if (write(fd, text, length) < 0)
		error = errno;
	close(fd);
	return error;
}

const char *move_error(int error)
{
	switch (error) {
	case ENODEV:
	case ENOENT:
		return "the container is gone";
	case ENOSPC:
		return "it has no CPUs or no memory nodes: set cpuset.cpus and cpuset.mems first";
	default:
		return error_text(error);
	}
}

// ---- trees ----

static bool has_vanished(int error)
{
	return error == ENOENT || error == ENODEV || error == ESRCH;
}

static char *read_in(const char *dir, const char *name)
{
	char *path = path_join(dir, name), *text = read_file(path);
	int error = errno;

	free(path);
	errno = error;
	return text;
}

static int compare_tasks(const void *a, const void *b)
{
	long first = ((const struct container_task *)a)->pid;
	long second = ((const struct container_task *)b)->pid;

	return first < second ? -1 : first > second;
}

// Take the members out of `text`; a task that has ended since is not one of them.
static void parse_tasks(struct container_node *node, char *text)
{
	char *line, *rest = text;
	int room = 0;

	while ((line = strsep(&rest, "\n"))) {
		struct container_task task = {.pid = atol(line)};
		char path[64], *comm;

		if (!*line)
			continue;
		snprintf(path, sizeof(path), "/proc/%ld/comm", task.pid);
		comm = read_file(path);
		if (!comm && has_vanished(errno))
			continue;
		snprintf(task.comm, sizeof(task.comm), "%.31s", comm ? comm : "?");
		task.comm[strcspn(task.comm, "\n")] = 0;
		free(comm);
		if (node->task_count == room) {
			room = room ? 2 * room : 8;
			node->tasks = xrealloc(node->tasks, room * sizeof(task));
		}
		node->tasks[node->task_count++] = task;
	}
	qsort(node->tasks, node->task_count, sizeof(*node->tasks), compare_tasks);
}

static void read_settings(struct container_node *node, const char *dir)
{
	int count = sizeof(container_settings) / sizeof(container_settings[0]);

	node->settings = xmalloc(count * sizeof(char *));
	for (int i = 0; i < count; i++) {
		char *text = container_settings[i] ? read_in(dir, container_settings[i]) : NULL;

		if (text) {
			size_t length = strcspn(text, "\n");

			text[length < SETTING_MAX ? length : SETTING_MAX] = 0;
		}
		node->settings[i] = text;
	}
}

static void read_children(struct container_node *node, const char *dir, bool *failed)
{
	char **names;
	int count = list_directory(dir, &names);

	if (count < 0) {
		if (!has_vanished(errno)) {
			warn_errno("%s", dir);
			*failed = true;
		}
		return;
	}
	node->children = xmalloc(count * sizeof(*node->children));
	for (int i = 0; i < count; i++) {
		char *child = path_join(dir, names[i]), *path = path_join(node->path, names[i]);
		struct container_node *below = NULL;
		struct stat st;

		if (lstat(child, &st) == 0 && S_ISDIR(st.st_mode)) {
			below = read_containers(child, path, failed);
			if (!below && !has_vanished(errno)) {
				warn_errno("%s", child);
				*failed = true;
			}
		}
		if (below)
			node->children[node->child_count++] = below;
		free(child);
		free(path);
	}
	free_list(names, count);
}

struct container_node *read_containers(const char *dir, const char *path, bool *failed)
{
	char *tasks = read_in(dir, "tasks");
	struct container_node *node;

	if (!tasks)
		return NULL;
	node = xmalloc(sizeof(*node));
	*node = (struct container_node){.path = xstrdup(path)};
	node->name = strcmp(path, "/") == 0 ? xstrdup("/") : path_base(path);
	parse_tasks(node, tasks);
	free(tasks);
	read_settings(node, dir);
	read_children(node, dir, failed);
	return node;
}

void free_containers(struct container_node *node)
{
	for (int i = 0; i < node->child_count; i++)
		free_containers(node->children[i]);
	for (int i = 0; container_settings[i]; i++)
		free(node->settings[i]);
	free(node->settings);
	free(node->children);
	free(node->tasks);
	free(node->name);
	free(node->path);
	free(node);
}
