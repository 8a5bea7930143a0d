// SPDX-License-Identifier: GPL-2.0-only
/* bench: the cases of containers, and of a controller that has something to do. See bench.c. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMBER_STACK	4096

/* The hierarchy of the container cases; see find_framework(). */
static const char *fstype, *fsoptions, *procfile;
static char mnt[64];

/*
 * Chooses the hierarchy that is nearest on both sides, with a subsystem whose only work is a small object per container and
 * a few files, so that the framework is measured and not a controller: `debug` on Paddock, `misc` on Linux. Debian
 * does not build Linux's own debug controller. A hierarchy without any (none,name=N) would be unfair in both directions: no
 * object to make, but then all css_sets share one hash bucket and attach walks them. cpuacct and pids allocate
 * per-CPU memory or take part in each fork.
 */
static bool find_framework(void)
{
	char line[128];
	FILE *f = fopen("/proc/filesystems", "re");

	fstype = NULL;
	while (f && fgets(line, sizeof(line), f)) {
		char *name = strrchr(line, '\t');

		name = name ? name + 1 : line;
		name[strcspn(name, "\n")] = '\0';
		if (!strcmp(name, "container")) {
			fstype = "container";
			fsoptions = "debug";
			procfile = "/proc/self/container";
		} else if (!strcmp(name, "cgroup") && !fstype) {
			fstype = "cgroup";
			fsoptions = "misc";
			procfile = "/proc/self/cgroup";
		}
	}
	if (f)
		fclose(f);
	errno = 0;
	return fstype || fail("neither `container` nor `cgroup` in /proc/filesystems");
}

/* Returns MNT with "/" and the formatted text behind it, in one of a few static buffers. */
static const char *in_mnt(const char *format, ...)
{
	static char buffers[4][128];
	static int turn;
	char *buffer = buffers[turn++ % 4];
	int used = snprintf(buffer, sizeof(buffers[0]), "%s/", mnt);
	va_list args;

	va_start(args, format);
	vsnprintf(buffer + used, sizeof(buffers[0]) - used, format, args);
	va_end(args);
	return buffer;
}

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return fail("open %s", path);
	n = write(fd, text, strlen(text));
	if (n < 0)
		fail("write %s", path);
	close(fd);
	return n >= 0;
}

static bool attach_self(const char *path)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)getpid());
	return write_text(path, text);
}

/* Lets the last unmount's deferred work end, so that the next mount need not wait for it: waiting is time, not instructions. */
bool prepare_mount(void)
{
	return !usleep(100000);
}

bool op_mount(void)
{
	if (mount("bench", mnt, fstype, 0, fsoptions))
		return fail("mount -t %s -o %s", fstype, fsoptions);
	if (umount(mnt))
		return fail("umount");
	return true;
}

bool setup_mountpoint(void)
{
	snprintf(mnt, sizeof(mnt), "/tmp/bench.mnt");
	if (mkdir(mnt, 0755) && errno != EEXIST)
		return fail("mkdir %s", mnt);
	errno = 0;
	return find_framework();
}

bool setup_hierarchy(void)
{
	if (!setup_mountpoint())
		return false;
	if (mount("bench", mnt, fstype, 0, fsoptions))
		return fail("mount -t %s -o %s", fstype, fsoptions);
	return true;
}

void done_hierarchy(void)
{
	umount(mnt);
	rmdir(mnt);
}

bool op_mkdir(void)
{
	static char path[64];

	if (!*path)
		snprintf(path, sizeof(path), "%s", in_mnt("x"));
	if (mkdir(path, 0755))
		return fail("mkdir");
	if (rmdir(path))
		return fail("rmdir");
	return true;
}

/* Made beforehand: formatting them would be half of what is measured. */
static char attach_path_a[64], attach_path_b[64], attach_pid[16];

/* Two containers between which the benchmark's own task moves. */
bool setup_attach(void)
{
	if (!setup_hierarchy())
		return false;
	snprintf(attach_path_a, sizeof(attach_path_a), "%s", in_mnt("a/tasks"));
	snprintf(attach_path_b, sizeof(attach_path_b), "%s", in_mnt("b/tasks"));
	snprintf(attach_pid, sizeof(attach_pid), "%d", (int)getpid());
	if (mkdir(in_mnt("a"), 0755) || mkdir(in_mnt("b"), 0755))
		return fail("mkdir");
	return true;
}

bool op_attach(void)
{
	static bool in_a;

	in_a = !in_a;
	return write_text(in_a ? attach_path_a : attach_path_b, attach_pid);
}

void done_attach(void)
{
	attach_self(in_mnt("tasks"));
	rmdir(in_mnt("a"));
	rmdir(in_mnt("b"));
	done_hierarchy();
}

/*
 * Starts COUNT more threads in the calling process, asleep for ever on stacks that STACKS holds, one of MEMBER_STACK bytes each.
 * They end with the process. Returns the number started.
 */
static int start_threads(int count, char *stacks)
{
	const long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;

	for (int i = 0; i < count; i++) {
		long ret;
		register long tls __asm__("r8") = 0;
		register long child __asm__("r10") = 0;

		__asm__ volatile("syscall\n\t"
				 "test %%rax, %%rax\n\t"
				 "jnz 2f\n"
				 "1:\tmov %[pause], %%eax\n\t"
				 "syscall\n\t"
				 "jmp 1b\n"
				 "2:"
				 : "=a"(ret)
				 : "a"((long)SYS_clone), "D"(flags), "S"(stacks + (i + 1L) * MEMBER_STACK), "d"(0L),
				   "r"(child), "r"(tls), [pause] "i"(SYS_pause)
				 : "rcx", "r11", "memory");
		if (ret < 0)
			return i;
	}
	return count;
}

/* Forks a process of COUNT threads that lives in CONTAINER. Returns its pid once all are there, -1 on failure. */
static pid_t start_members(const char *container, int count)
{
	char *stacks = count > 1 ? map_pages(count) : NULL;
	int ready[2], started = 0;
	pid_t pid;

	if ((count > 1 && !stacks) || pipe(ready))
		return -1;
	pid = fork();
	if (!pid) {
		if (attach_self(in_mnt("%s/tasks", container)))
			started = 1 + start_threads(count - 1, stacks);
		if (write(ready[1], &started, sizeof(started)) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (pid < 0 || read(ready[0], &started, sizeof(started)) != sizeof(started) || started != count) {
		fail("%d of %d members started", started, count);
		if (pid > 0)
			kill(pid, SIGKILL), waitpid(pid, NULL, 0);
		pid = -1;
	}
	close(ready[0]);
	if (stacks)
		munmap(stacks, (size_t)count * 4096);
	return pid;
}

static int group_count;

void done_groups(void)
{
	if (partner > 0) {
		kill(partner, SIGKILL);
		waitpid(partner, NULL, 0);
	}
	while (group_count > 0)
		rmdir(in_mnt("g%d", --group_count));
	done_attach();
}

/* Gives each task of a/tasks a container of its own. */
static bool spread_members(void)
{
	FILE *tasks = fopen(in_mnt("a/tasks"), "re");
	char line[16];

	if (!tasks)
		return fail("open a/tasks");
	while (!reason[0] && fgets(line, sizeof(line), tasks)) {
		if (mkdir(in_mnt("g%d", group_count), 0755))
			fail("mkdir g%d", group_count);
		else
			write_text(in_mnt("g%d/tasks", group_count++), line);
	}
	fclose(tasks);
	return !reason[0];
}

/* COUNT further containers with one task each, so that as many css_groups exist. */
static bool setup_groups(int count)
{
	if (!setup_attach())
		return false;
	partner = start_members("a", count);
	if (partner < 0)
		return fail("members");
	return spread_members();
}

bool setup_1000_groups(void)
{
	return setup_groups(1000);
}

bool setup_10000_groups(void)
{
	return setup_groups(10000);
}

void done_members(void)
{
	if (partner > 0) {
		kill(partner, SIGKILL);
		waitpid(partner, NULL, 0);
	}
	done_attach();
}

static bool setup_members(int count)
{
	if (!setup_attach())
		return false;
	partner = start_members("a", count);
	return partner > 0 || fail("members");
}

bool setup_200(void)
{
	return setup_members(200);
}

bool setup_10000(void)
{
	return setup_members(10000);
}

static bool read_file(const char *path)
{
	static char buffer[16384];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fail("open %s", path);
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		;
	close(fd);
	return !n || fail("read %s", path);
}

bool op_read_tasks(void)
{
	return read_file(in_mnt("a/tasks"));
}

bool op_read_proc(void)
{
	return read_file(procfile);
}

/* ---- a controller that has something to do ---- */

/* We are in the innermost of three containers, so that what is measured counts in three. */
static bool setup_nested(const char *subsystem)
{
	if (!setup_mountpoint())
		return false;
	for (int tries = 0; mount("bench", mnt, fstype, 0, subsystem); tries++) {
		if (errno != EBUSY || tries == 200)
			return fail("mount -t %s -o %s", fstype, subsystem);
		usleep(10000);		/* Linux takes a hierarchy apart after umount has returned */
	}
	if (mkdir(in_mnt("a"), 0755) || mkdir(in_mnt("a/b"), 0755) || mkdir(in_mnt("a/b/c"), 0755))
		return fail("mkdir");
	return attach_self(in_mnt("a/b/c/tasks"));
}

bool setup_memory3(void)
{
	return setup_nested("memory");
}

bool setup_cpu_memory3(void)
{
	return setup_nested("cpu,memory");
}

void done_nested(void)
{
	attach_self(in_mnt("tasks"));
	rmdir(in_mnt("a/b/c"));
	rmdir(in_mnt("a/b"));
	rmdir(in_mnt("a"));
	done_hierarchy();
}

void done_faults_nested(void)
{
	done_faults();
	done_nested();
}

/* Both ends of the pipes are in that container, on one CPU. */
bool setup_pipes_cpu3(void)
{
	return setup_nested("cpu") && setup_pipes();
}

bool setup_pipes_cpu_memory3(void)
{
	return setup_nested("cpu,memory") && setup_pipes();
}

bool setup_pipes_cpuacct3(void)
{
	return setup_nested("cpuacct") && setup_pipes();
}

void done_pipes_nested(void)
{
	done_pipes();
	done_nested();
}
