// SPDX-License-Identifier: GPL-2.0-only
/*
 * Error paths: each operation of the table runs with its 1st, 2nd, 3rd ... allocation failing, until
 * it needs no more of them. Each failure must have the right errno and leave everything as it was:
 * mounts, directories, membership, and to the last object and page what the kernel has in use.
 *
 * An operation runs in a child ("worker"), so that one that is killed by its failure (a page that
 * can't be had has no errno) is seen. Start at fail_all().
 */
#define _GNU_SOURCE
#include "tests/guest/tap.h"
#include "tests/guest/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TOP	 "/tmp/fail_nth"
#define LIMITED	 TOP "/limited"		/* numtasks, with containers */
#define NS	 TOP "/ns"
#define MEMORY	 TOP "/memory"		/* with a container that pays for what the worker uses */
#define SPARE	 TOP "/spare"		/* the place for more */
#define MAX_N	 400
enum { EXECUTED = 40, EXECUTED_LEFT };	/* statuses of a worker that has become a new program */

/* Written by the worker, read by the test when it has ended. */
static struct result {
	int done;		/* the rest is valid */
	int error;		/* errno, or 0 */
	int left;		/* allocations that remained until the failure; 0: it has struck */
	int moved;		/* a failure has changed the worker's containers */
} *result;

static char helper_pid[16];	/* a task with three threads, as text: what is attached */
static pid_t helper;
static char *const no_args[] = {"fail_nth", "executed", NULL};

struct operation {
	const char *name;
	void (*prepare)(void);		/* once; NULL: nothing, as for the others */
	void (*before)(void);		/* in the worker, nothing fails yet */
	int (*run)(void);		/* in the worker: 0, or -1 and errno */
	void (*undo)(void);		/* after a success */
	void (*cleanup)(void);		/* once */
	int error;		/* allowed beside ENOMEM */
	int may_kill;			/* a failure may be the worker's end */
};

// ---- what is compared ----

static struct state {
	char mounts[4096], containers[1024], dirs[2048], members[2048];
	struct usage usage;
} start, now;

static void put(const char *file, const char *what)
{
	int fd = open(file, O_WRONLY);

	if (fd < 0 || write(fd, what, strlen(what)) < 0)
		perror(file);
	close(fd);
}

/* Append the names in a directory; the order is the kernel's, which does not change by itself. */
static void list(const char *dir, char *buf, size_t size)
{
	static char entries[4096];	/* no malloc(): what it keeps would be a change */
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	long n = syscall(SYS_getdents64, fd, entries, sizeof(entries));

	for (long at = 0; at < n; at += ((struct dirent *)(entries + at))->d_reclen)
		snprintf(buf + strlen(buf), size - strlen(buf), "%s/%s\n", dir,
			 ((struct dirent *)(entries + at))->d_name);
	close(fd);
}

/* With `settled`, after all that was put off has been done. */
static void look(struct state *s, int settled)
{
	char name[64];

	read_usage(&s->usage, settled);
	read_file("/proc/mounts", s->mounts, sizeof(s->mounts));
	read_file("/proc/containers", s->containers, sizeof(s->containers));
	s->dirs[0] = s->members[0] = 0;
	list(TOP, s->dirs, sizeof(s->dirs));
	list(LIMITED, s->dirs, sizeof(s->dirs));
	list(NS, s->dirs, sizeof(s->dirs));
	list(MEMORY, s->dirs, sizeof(s->dirs));
	list(SPARE, s->dirs, sizeof(s->dirs));
	list(SPARE "/one", s->dirs, sizeof(s->dirs));
	for (int i = 0; i < 3; i++) {
		static const char *const dirs[] = {"", "/one", "/two"};

		snprintf(name, sizeof(name), LIMITED "%s/tasks", dirs[i]);
		read_file(name, s->members + strlen(s->members), sizeof(s->members) / 4);
		strcat(s->members, "-\n");
	}
	snprintf(name, sizeof(name), "/proc/%d/container", helper);
	read_file(name, s->members + strlen(s->members), sizeof(s->members) / 4);
}

static int same(const char *what, const char *a, const char *b)
{
	if (!strcmp(a, b))
		return 1;
	while (*a && *b && *a == *b)
		a++, b++;
	printf("# %s: \"%.60s\" has become \"%.60s\"\n", what, a, b);
	return 0;
}

/* Is everything as it was at the start? */
static int unchanged(int settle)
{
	int ok;

	look(&now, settle);
	if (!settle && !same_usage(&start.usage, &now.usage))
		look(&now, 1);
	ok = same("mounts", start.mounts, now.mounts) & same("containers", start.containers, now.containers) &
	     same("directories", start.dirs, now.dirs) & same("members", start.members, now.members);
	if (!same_usage(&start.usage, &now.usage)) {
		show_usage(&start.usage, &now.usage);
		ok = 0;
	}
	return ok;
}

// ---- one try ----

static void knob_write(int fd, int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", n);

	if (pwrite(fd, text, (size_t)len, 0) != len)
		_exit(99);
}

static int knob_read(int fd)
{
	char text[16] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? atoi(text) : -1;
}

static int knob;

static void worker(const struct operation *op, int n)
{
	static char before[1024], after[1024];
	int ret;

	if (op->before)
		op->before();
	read_file("/proc/self/container", before, sizeof(before));
	knob = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	knob_write(knob, n);
	errno = 0;		/* its page is the worker's own from here on */
	ret = op->run();
	result->error = ret < 0 ? errno : 0;
	result->left = knob_read(knob);
	knob_write(knob, 0);
	if (ret < 0) {
		read_file("/proc/self/container", after, sizeof(after));
		result->moved = strcmp(before, after) != 0;
	}
	result->done = 1;
	_exit(0);
}

/* The status of a worker whose n-th allocation fails. */
static int try(const struct operation *op, int n)
{
	int status;
	pid_t pid;

	memset(result, 0, sizeof(*result));
	fflush(stdout);
	pid = fork();
	if (!pid)
		worker(op, n);
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && (WEXITSTATUS(status) == EXECUTED || WEXITSTATUS(status) == EXECUTED_LEFT)) {
		result->done = 1;
		result->left = WEXITSTATUS(status) == EXECUTED_LEFT;
		status = 0;
	}
	return status;
}

/* What is wrong with the outcome of a try, or NULL. */
static const char *judge(const struct operation *op, int status)
{
	if (WIFSIGNALED(status))
		return op->may_kill && WTERMSIG(status) == SIGKILL ? NULL : "ended by a signal";
	if (WEXITSTATUS(status) || !result->done)
		return "the worker did not finish";
	if (!result->error)
		return NULL;
	if (result->left)
		return "fails though no allocation has";
	if (result->moved)
		return "has moved the task";
	if (result->error == ENOMEM || result->error == op->error)
		return NULL;
	return "has the wrong errno";
}

static int undo(const struct operation *op, int status)
{
	if (!WIFSIGNALED(status) && result->done && !result->error && op->undo)
		op->undo();
	return status;
}

static void fail_all(const struct operation *op)
{
	const char *wrong = NULL;
	int n, failures = 0, status;
	char name[128];

	if (op->prepare)
		op->prepare();
	for (int i = 2; i >= 0; i--) {	/* files are read in, lists of the CPUs are filled */
		status = undo(op, try(op, i));
		look(i ? &now : &start, 0);
	}
	wrong = status || result->error ? "fails without a failure" : NULL;
	look(&start, 1);
	for (n = 1; !wrong && n < MAX_N; n++) {
		status = try(op, n);
		wrong = judge(op, status);
		failures += WIFSIGNALED(status) || result->error;
		if (result->done && !result->error && result->left) {
			undo(op, status);
			break;
		}
		undo(op, status);
		if (!unchanged(0) && !wrong)
			wrong = "something has changed";
	}
	if (!wrong && !unchanged(1))
		wrong = "something has changed";
	if (wrong)
		printf("# allocation %d: %s; status %#x, errno %d (%s), %d left\n", n, wrong, status, result->error,
		       strerror(result->error), result->left);
	snprintf(name, sizeof(name), "%s: %d allocations fail, %d of them it", op->name, n - 1, failures);
	OK(!wrong && n > 1 && n < MAX_N, name);
	if (op->cleanup)
		op->cleanup();
}

// ---- containers ----

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

static void undo_mount(void)
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

// Rules for devices, in a tree of three: all of them change or none.

#define RULES SPARE "/rules"

static void write_rule(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);

	write(fd, text, strlen(text));
	close(fd);
}

static void prepare_deny(void)
{
	mount("test", SPARE, "container", 0, "devices");
	mkdir(RULES, 0755);
	write_rule(RULES "/devices.deny", "a");
	write_rule(RULES "/devices.allow", "c 1:* rw");
	mkdir(RULES "/b", 0755);
	mkdir(RULES "/b/c", 0755);
	write_rule(RULES "/b/c/devices.allow", "c 1:3 r");
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

	for (int i = 0; i < 3; i++) {
		char text[64] = "";

		pread(list_fds[i], text, sizeof(text) - 1, 0);
		if (strcmp(text, ret ? whole[i] : ""))
			error = EIO, ret = -1;
	}
	errno = error;
	return ret;
}

static void undo_deny(void)
{
	write_rule(RULES "/devices.allow", "c 1:* rw");
	write_rule(RULES "/b/devices.allow", "c 1:* rw");
	write_rule(RULES "/b/c/devices.allow", "c 1:* rw");
	write_rule(RULES "/b/c/devices.allow", "c 1:3 r");
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
	write_rule(BOX "/cpuset.cpus", "0");
	write_rule(BOX "/cpuset.mems", "0");
	write_rule(BOX "/tasks", helper_pid);
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
	char text[16] = "";

	pread(cpus_fds[1], text, sizeof(text) - 1, 0);
	if (strcmp(text, ret ? "0\n" : "0-1\n"))
		error = EIO, ret = -1;
	errno = error;
	return ret;
}

static void undo_cpus(void)
{
	write_rule(BOX "/cpuset.cpus", "0");
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
	write_rule(SPARE "/tasks", helper_pid);
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

// ---- tasks ----

static int wait_for(pid_t pid)
{
	int error = errno;

	if (pid > 0)
		waitpid(pid, NULL, 0);
	errno = error;
	return pid < 0 ? -1 : 0;
}

static int run_fork(void)
{
	pid_t pid = (pid_t)syscall(SYS_fork);

	if (!pid)
		syscall(SYS_exit_group, 0);
	return wait_for(pid);
}

static int run_vfork(void)
{
	pid_t pid = vfork();

	if (!pid)
		_exit(0);
	return wait_for(pid);
}

/* The new program reports (main): the knob goes with the task. */
static int run_exec(void)
{
	return execv("/proc/self/exe", no_args);
}

static int run_script(void)
{
	static char *const args[] = {TOP "/script", NULL};

	return execv(TOP "/script", args);
}

static void prepare_script(void)
{
	int fd = open(TOP "/script", O_CREAT | O_WRONLY, 0755);
	char text[300], self[200] = "";

	readlink("/proc/self/exe", self, sizeof(self) - 1);
	snprintf(text, sizeof(text), "#!%s executed\n", self);
	if (write(fd, text, strlen(text)) < 0)
		perror("script");
	close(fd);
}

static void cleanup_script(void)
{
	unlink(TOP "/script");
}

static void *thread(void *arg)
{
	return arg;
}

static int run_thread(void)
{
	pthread_t t;
	int err = pthread_create(&t, NULL, thread, NULL);

	if (!err)
		pthread_join(t, NULL);
	errno = err;
	return err ? -1 : 0;
}

static int run_clone(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWNS | CLONE_NEWUTS | SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		syscall(SYS_exit_group, 0);
	return wait_for(pid);
}

static int run_unshare(void)
{
	return unshare(CLONE_NEWNS | CLONE_NEWUTS);
}

static void undo_namespace(void)
{
	static char names[2048];

	names[0] = 0;
	list(NS, names, sizeof(names));
	for (char *name = strtok(names, "\n"); name; name = strtok(NULL, "\n"))
		rmdir(name);		/* files refuse */
}

static int run_setuid(void)
{
	gid_t groups[3] = {4, 5, 6};

	return setgroups(3, groups) || setresgid(5, 5, 5) || setresuid(5, 0, 0) ? -1 : 0;
}

static void before_signal(void)
{
	signal(SIGUSR1, SIG_IGN);
	signal(SIGRTMIN, SIG_DFL);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static int run_sigqueue(void)
{
	return sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 1});
}

// ---- memory and files ----

static int run_mmap(void)
{
	char *p = mmap(NULL, 1 << 22, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	p[0] = p[1 << 21] = 1;
	return munmap(p + 8192, 4096) || mprotect(p + (1 << 20), 4096, PROT_READ) ? -1 : 0;
}

static int run_shared(void)
{
	char *p = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	p[0] = p[8192] = 1;
	return mremap(p, 1 << 16, 1 << 17, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0;
}

static int run_pipe(void)
{
	char c = 0;
	int ends[2];

	if (pipe(ends))
		return -1;
	return write(ends[1], &c, 1) < 0 || read(ends[0], &c, 1) < 0 ? -1 : 0;
}

static int run_create(void)
{
	int fd = open(TOP "/file", O_CREAT | O_EXCL | O_WRONLY, 0644);

	if (fd < 0)
		return -1;
	if (write(fd, "x", 1) < 0) {
		int error = errno;

		unlink(TOP "/file");
		errno = error;
		return -1;
	}
	return 0;
}

static void undo_create(void)
{
	unlink(TOP "/file");
}

static int run_dir(void)
{
	return mkdir(TOP "/dir", 0755);
}

static void undo_dir(void)
{
	rmdir(TOP "/dir");
}

static int run_symlink(void)
{
	return symlink("a-target-of-some-length-that-fits-nowhere-inside-of-an-inode", TOP "/link");
}

static void undo_symlink(void)
{
	unlink(TOP "/link");
}

static int run_bind(void)
{
	return mount(TOP, SPARE, NULL, MS_BIND | MS_REC, NULL);
}

static void undo_bind(void)
{
	umount2(SPARE, MNT_DETACH);
}

static int run_mount_ramfs(void)
{
	return mount("x", SPARE, "ramfs", 0, NULL);
}

static struct pollfd fds[300];

static void before_poll(void)
{
	for (int i = 0; i < 300; i++)
		fds[i] = (struct pollfd){.fd = 0, .events = POLLIN};
}

static int run_poll(void)
{
	return poll(fds, 300, 0) < 0 ? -1 : 0;
}

static int run_dup(void)
{
	int fd = fcntl(0, F_DUPFD, 500);

	return fd < 0 ? -1 : close(fd);
}

static int run_getdents(void)
{
	DIR *d = opendir("/proc");

	if (!d)
		return -1;
	errno = 0;
	while (readdir(d))
		;
	return errno ? -1 : 0;
}

static int write_events(const char *text)
{
	int fd = open("/proc/trace_events", O_WRONLY), ok, error;

	if (fd < 0)
		return -1;
	ok = write(fd, text, strlen(text)) >= 0;
	error = errno;
	close(fd);
	errno = error;
	return ok ? 0 : -1;
}

static int run_trace_open(void)
{
	int fd = open("/proc/trace_pipe", O_RDONLY);

	return fd < 0 ? -1 : close(fd);
}

static int run_trace_on(void)
{
	return write_events("buf=64K mark");
}

static void undo_trace_on(void)
{
	write_events("none");
	write_events("buf=1M");
}

// ---- in a container with the memory controller: each failure gives back what was charged ----

static int run_memory_mkdir(void)
{
	return mkdir(MEMORY "/new", 0755);
}

static void undo_memory_mkdir(void)
{
	rmdir(MEMORY "/new");
}

static void before_paying(void)
{
	int fd = open(MEMORY "/paying/tasks", O_WRONLY | O_CLOEXEC);

	if (write(fd, "0", 1) != 1)
		_exit(99);
	close(fd);
}

static const struct operation operations[] = {
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
	{"fork", .run = run_fork, .may_kill = 1},
	{"vfork", .run = run_vfork},
	{"exec", .run = run_exec, .may_kill = 1},
	{"exec of a script", .prepare = prepare_script, .run = run_script, .cleanup = cleanup_script, .may_kill = 1},
	{"a thread", .run = run_thread, .error = EAGAIN, .may_kill = 1},
	{"clone with new namespaces", .run = run_clone, .undo = undo_namespace, .may_kill = 1},
	{"unshare of namespaces", .run = run_unshare, .undo = undo_namespace},
	{"setgroups, setresgid, setresuid", .run = run_setuid},
	{"sigqueue", .before = before_signal, .run = run_sigqueue, .error = EAGAIN},
	{"mmap and touch", .run = run_mmap, .may_kill = 1},
	{"shared mmap and touch", .run = run_shared, .may_kill = 1},
	{"pipe", .run = run_pipe},
	{"create and write", .run = run_create, .undo = undo_create},
	{"mkdir", .run = run_dir, .undo = undo_dir},
	{"symlink", .run = run_symlink, .undo = undo_symlink},
	{"bind mount", .run = run_bind, .undo = undo_bind},
	{"mount of a ramfs", .run = run_mount_ramfs, .undo = undo_mount},
	{"poll", .before = before_poll, .run = run_poll},
	{"a high descriptor", .run = run_dup},
	{"mkdir of a memory container", .run = run_memory_mkdir, .undo = undo_memory_mkdir},
	{"fork, charged", .before = before_paying, .run = run_fork, .may_kill = 1},
	{"exec, charged", .before = before_paying, .run = run_exec, .may_kill = 1},
	{"a thread, charged", .before = before_paying, .run = run_thread, .error = EAGAIN, .may_kill = 1},
	{"mmap and touch, charged", .before = before_paying, .run = run_mmap, .may_kill = 1},
	{"shared mmap and touch, charged", .before = before_paying, .run = run_shared, .may_kill = 1},
	{"pipe, charged", .before = before_paying, .run = run_pipe},
	{"create and write, charged", .before = before_paying, .run = run_create, .undo = undo_create},
	{"reading /proc", .run = run_getdents, .may_kill = 1},
	{"opening the trace", .run = run_trace_open},
	{"switching the trace on", .run = run_trace_on, .undo = undo_trace_on},
};

// ---- the test itself ----

static void *sleeper(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void start_helper(void)
{
	helper = fork();
	if (!helper) {
		execl("/proc/self/exe", "fail_nth", "helper", NULL);	/* shares no page with us */
		_exit(1);
	}
	snprintf(helper_pid, sizeof(helper_pid), "%d", helper);
	usleep(100000);
}

/* Writing N, reading what is left, and who may. */
static void test_knob(void)
{
	int fd = open("/proc/self/fail-nth", O_RDWR), status, ends[2];
	struct stat st;
	pid_t pid;

	EQ(knob_read(fd), 0, "the knob is off");
	EQ(fstat(fd, &st) == 0 ? st.st_mode & 07777 : 0, 0600, "is for the owner alone");
	FAILS(pwrite(fd, "x", 1, 0), EINVAL, "takes numbers only");
	FAILS(pwrite(fd, "-1", 2, 0), EINVAL, "not below 0");
	knob_write(fd, 1000);
	EQ(knob_read(fd), 1000, "reads what was written");
	status = (int)syscall(SYS_fork);
	if (!status) {
		int own = open("/proc/self/fail-nth", O_RDWR);

		_exit(knob_read(own));
	}
	waitpid(-1, &status, 0);
	EQ(status, 0, "a child begins without");
	OK(knob_read(fd) < 1000 && knob_read(fd) > 0, "the fork was counted");
	knob_write(fd, 1);
	FAILS(pipe(ends), ENOMEM, "the first allocation of pipe fails");
	EQ(knob_read(fd), 0, "and the knob is off again");
	EQ(pipe(ends), 0, "so the next pipe is made");
	close(ends[0]);
	close(ends[1]);
	pid = fork();
	if (!pid) {
		setresuid(1000, 1000, 1000);
		_exit(pwrite(fd, "1", 1, 0) < 0 && errno == EPERM ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	EQ(status, 0, "only the superuser may write");
	close(fd);
}

static void mount_hierarchies(void)
{
	mkdir(TOP, 0755);
	mkdir(LIMITED, 0755);
	mkdir(NS, 0755);
	mkdir(MEMORY, 0755);
	mkdir(SPARE, 0755);
	EQ(mount("test", LIMITED, "container", 0, "numtasks"), 0, "mount numtasks");
	EQ(mount("test", NS, "container", 0, "ns"), 0, "mount ns");
	EQ(mount("test", MEMORY, "container", 0, "memory"), 0, "mount memory");
	mkdir(LIMITED "/one", 0755);
	mkdir(LIMITED "/two", 0755);
	mkdir(MEMORY "/paying", 0755);
}

static void umount_hierarchies(void)
{
	char text[16];

	read_file(MEMORY "/paying/memory.usage_in_bytes", text, sizeof(text));
	EQ(atol(text), 0, "nothing is charged at the end");
	rmdir(LIMITED "/one");
	rmdir(LIMITED "/two");
	rmdir(MEMORY "/paying");
	EQ(umount(NS), 0, "umount ns");
	EQ(umount(LIMITED), 0, "umount numtasks");
	EQ(umount(MEMORY), 0, "umount memory");
	rmdir(LIMITED);
	rmdir(NS);
	rmdir(MEMORY);
	rmdir(SPARE);
	EQ(rmdir(TOP), 0, "nothing is left");
}

int main(int argc, char **argv)
{
	cpu_set_t one = {0};
	struct usage before, after;

	if (argc > 1 && !strcmp(argv[1], "executed")) {	/* what is left is the worker's */
		knob = open("/proc/self/fail-nth", O_RDWR);
		return knob >= 0 && knob_read(knob) > 0 ? EXECUTED_LEFT : EXECUTED;
	}
	result = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (argc > 1 && !strcmp(argv[1], "helper")) {
		pthread_t t;

		for (int i = 0; i < 2; i++)
			pthread_create(&t, NULL, sleeper, NULL);
		sleeper(NULL);
	}
	CPU_SET(0, &one);	/* the only one at work: no waiting for another's turn on the host */
	sched_setaffinity(0, sizeof(one), &one);
	usage_init();
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_knob();
	mount_hierarchies();
	start_helper();
	read_usage(&before, 1);
	for (unsigned int i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (argc < 2 || strstr(operations[i].name, argv[1]))
			fail_all(&operations[i]);
	read_usage(&after, 1);
	OK(after.address_spaces <= before.address_spaces + sysconf(_SC_NPROCESSORS_ONLN), "as many address spaces as before, or one a CPU more");
	kill(helper, SIGKILL);
	waitpid(helper, NULL, 0);
	umount_hierarchies();
	return TAP_DONE();
}
