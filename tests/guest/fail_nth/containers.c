// SPDX-License-Identifier: GPL-2.0-only
/* fail_nth: operations on containers and hierarchies. */
#include "tests/guest/fail_nth/fail_nth.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int run_mkdir(void)
{
	return mkdir(LIMITED "/new", 0755);
}

static void undo_mkdir(void)
{
	rmdir(LIMITED "/new");
}

static int run_rmdir(void)
{
	return rmdir(LIMITED "/two");
}

static void undo_rmdir(void)
{
	mkdir(LIMITED "/two", 0755);
}

static int run_rename(void)
{
	return rename(LIMITED "/two", LIMITED "/three");
}

static void undo_rename(void)
{
	rename(LIMITED "/three", LIMITED "/two");
}

static int run_mount_new(void)
{
	return mount("test", SPARE, "container", 0, "debug");
}

static int run_mount_alias(void)
{
	return mount("test", SPARE, "cgroup", 0, "debug,release_agent=/bin/true");
}

static int run_mount_existing(void)
{
	return mount("test", SPARE, "container", 0, "numtasks");
}

void undo_mount(void)
{
	umount(SPARE);
}

static void prepare_remount(void)
{
	mount("test", SPARE, "container", 0, "none,name=spare");
}

static int run_remount(void)
{
	return mount("test", SPARE, "container", MS_REMOUNT, "debug,name=spare");
}

static void undo_remount(void)
{
	umount(SPARE);
	prepare_remount();
}

/* Does an open control file read like this? */
static int reads(int fd, const char *text)
{
	char now[64] = "";

	pread(fd, now, sizeof(now) - 1, 0);
	return !strcmp(now, text);
}

// Rules for devices, in a tree of three: all of them change or none.

#define RULES SPARE "/rules"

static void prepare_deny(void)
{
	mount("test", SPARE, "container", 0, "devices");
	mkdir(RULES, 0755);
	put(RULES "/devices.deny", "a");
	put(RULES "/devices.allow", "c 1:* rw");
	mkdir(RULES "/b", 0755);
	mkdir(RULES "/b/c", 0755);
	put(RULES "/b/c/devices.allow", "c 1:3 r");
}

static int deny_fd, list_fds[3];

static void before_deny(void)
{
	deny_fd = open(RULES "/devices.deny", O_WRONLY);
	list_fds[0] = open(RULES "/devices.list", O_RDONLY);
	list_fds[1] = open(RULES "/b/devices.list", O_RDONLY);
	list_fds[2] = open(RULES "/b/c/devices.list", O_RDONLY);
	for (int i = 0; i < 3; i++)	// their buffers are there from now on
		read(list_fds[i], (char[4]){0}, 1);
}

static int run_deny(void)
{
	static const char *const whole[] = {"c 1:* rw\n", "c 1:* rw\n", "c 1:* rw\nc 1:3 r\n"};
	int ret = write(deny_fd, "c 1:* rw", 8) == 8 ? 0 : -1, error = errno;

	for (int i = 0; i < 3; i++)
		if (!reads(list_fds[i], ret ? whole[i] : ""))
			error = EIO, ret = -1;
	errno = error;
	return ret;
}

static void undo_deny(void)
{
	put(RULES "/devices.allow", "c 1:* rw");
	put(RULES "/b/devices.allow", "c 1:* rw");
	put(RULES "/b/c/devices.allow", "c 1:* rw");
	put(RULES "/b/c/devices.allow", "c 1:3 r");
}

static void cleanup_deny(void)
{
	rmdir(RULES "/b/c");
	rmdir(RULES "/b");
	rmdir(RULES);
	umount(SPARE);
}

// The settings of a cpuset with a task in it: the new ones, or the old ones.

#define BOX SPARE "/box"

static void prepare_cpus(void)
{
	mount("test", SPARE, "container", 0, "cpuset");
	mkdir(BOX, 0755);
	put(BOX "/cpuset.cpus", "0");
	put(BOX "/cpuset.mems", "0");
	put(BOX "/tasks", helper_pid);
}

static int cpus_fds[2];

static void before_cpus(void)
{
	cpus_fds[0] = open(BOX "/cpuset.cpus", O_WRONLY);
	cpus_fds[1] = open(BOX "/cpuset.cpus", O_RDONLY);
	read(cpus_fds[1], (char[1]){0}, 1);	// its buffer is there from now on
}

static int run_cpus(void)
{
	int ret = write(cpus_fds[0], "0-1", 3) == 3 ? 0 : -1, error = errno;

	if (!reads(cpus_fds[1], ret ? "0\n" : "0-1\n"))
		error = EIO, ret = -1;
	errno = error;
	return ret;
}

static void undo_cpus(void)
{
	put(BOX "/cpuset.cpus", "0");
}

static int run_mkdir_cpuset(void)
{
	return mkdir(BOX "/more", 0755);
}

static void undo_mkdir_cpuset(void)
{
	rmdir(BOX "/more");
}

static void cleanup_cpus(void)
{
	put(SPARE "/tasks", helper_pid);
	rmdir(BOX);
	umount(SPARE);
}

/* The helper is moved from where it belongs to the inner one of two containers, and back at the end. */
static void prepare_rebind(void)
{
	prepare_remount();
	mkdir(SPARE "/one", 0755);
	mkdir(SPARE "/one/two", 0755);
	put(SPARE "/one/two/container.procs", helper_pid);
}

static void undo_rebind(void)
{
	if (mount("test", SPARE, "container", MS_REMOUNT, "none,name=spare"))
		perror("remount");
}

static int run_unbind(void)
{
	return mount("test", SPARE, "container", MS_REMOUNT, "none,name=spare");
}

static void undo_unbind(void)
{
	if (run_remount())
		perror("remount");
}

static void prepare_unbind(void)
{
	prepare_rebind();
	undo_unbind();
}

static void cleanup_rebind(void)
{
	put(SPARE "/container.procs", helper_pid);
	rmdir(SPARE "/one/two");
	rmdir(SPARE "/one");
	umount(SPARE);
}

static int tasks_fd, procs_fd;

static void before_attach(void)
{
	tasks_fd = open(LIMITED "/one/tasks", O_WRONLY);
	procs_fd = open(LIMITED "/one/container.procs", O_WRONLY);
}

static int run_attach(void)
{
	return (int)write(tasks_fd, helper_pid, strlen(helper_pid));
}

static int run_attach_group(void)
{
	return (int)write(procs_fd, helper_pid, strlen(helper_pid));
}

static int run_attach_self(void)
{
	return (int)write(tasks_fd, "0", 1);
}

static void undo_attach(void)
{
	int fd = open(LIMITED "/container.procs", O_WRONLY);

	if (write(fd, helper_pid, strlen(helper_pid)) < 0)
		perror("back to the top");
	close(fd);
}

static int read_all(const char *name)
{
	char buf[512];
	ssize_t n;
	int fd = open(name, O_RDONLY);

	if (fd < 0)
		return -1;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		;
	return (int)n;
}

static int run_open_tasks(void)
{
	return read_all(LIMITED "/tasks");
}

static int run_open_procs(void)
{
	return read_all(LIMITED "/container.procs");
}

static int run_proc_container(void)
{
	return read_all("/proc/self/container");
}

static int run_proc_containers(void)
{
	return read_all("/proc/containers");
}

static int run_release_agent(void)
{
	int fd = open(LIMITED "/release_agent", O_WRONLY);

	return fd < 0 ? -1 : (int)write(fd, "/bin/true", 9);
}

static void undo_release_agent(void)
{
	int fd = open(LIMITED "/release_agent", O_WRONLY);

	if (write(fd, "\n", 1) < 0)
		perror("release_agent");
	close(fd);
}

const struct operation container_operations[] = {
	{"mkdir of a container", .run = run_mkdir, .undo = undo_mkdir},
	{"rmdir of a container", .run = run_rmdir, .undo = undo_rmdir},
	{"rename of a container", .run = run_rename, .undo = undo_rename},
	{"mount of a new hierarchy", .run = run_mount_new, .undo = undo_mount},
	{"mount of a new hierarchy as cgroup", .run = run_mount_alias, .undo = undo_mount},
	{"mount of an existing hierarchy", .run = run_mount_existing, .undo = undo_mount},
	{"remount with a subsystem more", .prepare = prepare_remount, .run = run_remount, .undo = undo_remount,
	 .cleanup = undo_mount},
	{"deny of a device, three containers deep", .prepare = prepare_deny, .before = before_deny, .run = run_deny, .undo = undo_deny,
	 .cleanup = cleanup_deny},
	{"write of cpuset.cpus", .prepare = prepare_cpus, .before = before_cpus, .run = run_cpus, .undo = undo_cpus, .cleanup = cleanup_cpus},
	{"mkdir of a cpuset", .prepare = prepare_cpus, .run = run_mkdir_cpuset, .undo = undo_mkdir_cpuset, .cleanup = cleanup_cpus},
	{"remount with a subsystem more, containers and tasks", .prepare = prepare_rebind, .run = run_remount,
	 .undo = undo_rebind, .cleanup = cleanup_rebind},
	{"remount with a subsystem less, containers and tasks", .prepare = prepare_unbind, .run = run_unbind,
	 .undo = undo_unbind, .cleanup = cleanup_rebind},
	{"attach", .before = before_attach, .run = run_attach, .undo = undo_attach},
	{"attach of a thread group", .before = before_attach, .run = run_attach_group, .undo = undo_attach},
	{"attach of the caller", .before = before_attach, .run = run_attach_self},
	{"read of tasks", .run = run_open_tasks},
	{"read of container.procs", .run = run_open_procs},
	{"read of /proc/self/container", .run = run_proc_container},
	{"read of /proc/containers", .run = run_proc_containers},
	{"write of release_agent", .run = run_release_agent, .undo = undo_release_agent},
	{0},
};
