// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nothing is lost: what is made and undone a thousand times leaves every cache and the free memory as
 * they were, to the object and the page. Each storm runs once before it is counted, so that what is
 * kept for ever after the first time is there. Arguments: the number of rounds for 1,000 (1000), then
 * a part of a storm's name.
 */
#define _GNU_SOURCE
#include "tests/guest/tap.h"
#include "tests/guest/usage.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define TOP   "/tmp/leak"
#define TASKS 4			/* of the storms that run several at once */

static int errors;		/* calls that failed in a storm */

static void want(int ok)
{
	errors += !ok;
}

static void storm_fork(int i)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(i & 0x7f);
	want(waitpid(pid, &status, 0) == pid && status == (i & 0x7f) << 8);
}

static void storm_exec(int i)
{
	int status;
	pid_t pid = vfork();

	(void)i;
	if (!pid) {
		execl("/proc/self/exe", "leak", "true", NULL);
		_exit(1);
	}
	want(waitpid(pid, &status, 0) == pid && !status);
}

/* A process with threads that is killed while they run. */
static void *spin(void *arg)
{
	for (;;)
		sched_yield();
	return arg;
}

static void storm_kill_threads(int i)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		pthread_t t;

		for (int n = 0; n < 3; n++)
			pthread_create(&t, NULL, spin, NULL);
		spin(NULL);
	}
	if (i & 1)
		sched_yield();
	kill(pid, SIGKILL);
	want(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
}

/* Killed while it executes new programs, over and over. */
static void storm_kill_exec(int i)
{
	struct timespec t = {.tv_nsec = i % 40 * 20000};
	int status;
	pid_t pid = fork();

	if (!pid) {
		execl("/proc/self/exe", "leak", "again", NULL);
		_exit(1);
	}
	nanosleep(&t, NULL);
	kill(pid, SIGKILL);
	want(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
}

/* Locks in pieces, of a process and of an open file. */
static void storm_record_lock(int i)
{
	struct flock whole = {.l_type = F_WRLCK}, middle = {.l_type = F_RDLCK, .l_start = 9, .l_len = 9};
	int fd = open("/dev/zero", O_RDWR);

	want(!fcntl(fd, F_SETLK, &whole));
	want(!fcntl(fd, F_SETLK, &middle));
	want(!fcntl(fd, i & 1 ? F_SETLK : F_OFD_SETLK, &middle));
	close(fd);
}

/* Sets that go before or after their members. */
static void storm_epoll(int i)
{
	struct epoll_event event = {.events = EPOLLIN};
	int set = epoll_create1(0), fd = eventfd(1, 0);

	want(!epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
	close(i & 1 ? set : fd);
	close(i & 1 ? fd : set);
}

/* A file without a name, whose pages come in advance and go from under a mapping. */
static void storm_memfd(int i)
{
	int fd = memfd_create("leak", MFD_CLOEXEC);
	char *p = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, i & 1 ? MAP_SHARED : MAP_PRIVATE, fd, 0);

	want(fd >= 0 && p != MAP_FAILED);
	want(!fallocate(fd, i & 2 ? FALLOC_FL_KEEP_SIZE : 0, 0, 1 << 16) && !ftruncate(fd, 1 << 16));
	p[0] = p[9000] = 1;
	want(p[20000] == 0);
	want(!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 1 << 15));
	if (i & 4)
		close(fd);
	want(!munmap(p, 1 << 16));
	if (!(i & 4))
		close(fd);
}

/* Pipes with something in them, handed to a child, closed in any order. */
static void storm_pipe(int i)
{
	static char text[5000];
	int ends[2];

	want(!pipe(ends));
	want(write(ends[1], text, sizeof(text)) == sizeof(text));
	if (!(i % 8)) {
		pid_t pid = fork();

		if (!pid)
			_exit(read(ends[0], text, sizeof(text)) < 0);
		waitpid(pid, NULL, 0);
	}
	close(ends[i & 1]);
	close(ends[!(i & 1)]);
}

static void storm_signals(int i)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int n = 0; n < 5; n++)
		want(!sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i}));
	for (int n = 0; n < 5; n++)
		want(sigwaitinfo(&set, NULL) == SIGRTMIN);
}

static void storm_memory(int i)
{
	char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, (i & 1 ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1, 0);

	want(p != MAP_FAILED);
	for (int at = 0; at < 1 << 20; at += 1 << 16)
		p[at] = 1;
	want(!munmap(p + (1 << 18), 1 << 18));
	want(!mprotect(p, 4096, PROT_READ));
	want(!munmap(p, 1 << 20));
}

static void storm_files(int i)
{
	char name[64], other[64];
	int fd;

	snprintf(name, sizeof(name), TOP "/f%d", i % 7);
	snprintf(other, sizeof(other), TOP "/g%d", i % 5);
	fd = open(name, O_CREAT | O_RDWR, 0644);
	want(fd >= 0 && write(fd, name, sizeof(name)) == sizeof(name));
	want(!rename(name, other));
	want(!symlink(other, name));
	want(!unlink(name) && !unlink(other));
	want(!close(fd));
}

static void storm_mount(int i)
{
	want(!mount("x", TOP "/m", "ramfs", 0, NULL));
	want(!mkdir(TOP "/m/d", 0755));
	want(!mount(TOP "/m", TOP "/m/d", NULL, MS_BIND, NULL));
	want(!umount2(TOP "/m", i & 1 ? MNT_DETACH : 0) || errno == EBUSY);
	if (!(i & 1))
		want(!umount(TOP "/m/d") && !umount(TOP "/m"));
}

// ---- containers ----

static void attach(const char *tasks)
{
	int fd = open(tasks, O_WRONLY);

	want(fd >= 0 && write(fd, "0", 1) == 1);
	close(fd);
}

static void storm_containers(int i)
{
	(void)i;
	want(!mkdir(TOP "/c/a", 0755) && !mkdir(TOP "/c/a/b", 0755));
	attach(TOP "/c/a/b/tasks");
	storm_fork(i);
	want(!rename(TOP "/c/a", TOP "/c/z"));
	attach(TOP "/c/tasks");
	want(!rmdir(TOP "/c/z/b") && !rmdir(TOP "/c/z"));
}

static void storm_hierarchies(int i)
{
	want(!mount("x", TOP "/m", "container", 0, i & 1 ? "debug" : "debug,name=leak"));
	want(!mkdir(TOP "/m/a", 0755));
	attach(TOP "/m/a/tasks");
	attach(TOP "/m/tasks");
	want(!rmdir(TOP "/m/a"));
	want(!umount(TOP "/m"));
}

static void storm_namespaces(int i)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(unshare(i & 1 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUTS) ||
		      mount("x", TOP "/m", "ramfs", 0, NULL) ? 1 : 0);	/* goes with the namespace */
	want(waitpid(pid, &status, 0) == pid && !status);
}

// ---- several at once, in containers that come and go ----

static void together(int i, void (*one)(int))
{
	int status;

	for (int t = 0; t < TASKS; t++)
		if (!fork()) {
			for (int n = 0; n < 5; n++)
				one(i + n);
			_exit(errors != 0);
		}
	for (int t = 0; t < TASKS; t++)
		want(wait(&status) > 0 && !status);
}

static void storm_forks_together(int i)
{
	together(i, storm_fork);
}

static void storm_kills_together(int i)
{
	together(i, storm_kill_threads);
}

static void storm_execs_together(int i)
{
	together(i, storm_kill_exec);
}

/* A child is looked at through /proc, which keeps what was found as long as it lives. */
static void storm_proc(int i)
{
	static const char *const names[] = {"stat", "status", "container", "fd", "task", "cwd"};
	char path[64], c;
	int ends[2], fd = -1;
	pid_t pid;

	want(!pipe(ends));
	pid = fork();
	if (!pid) {
		close(ends[1]);
		_exit(read(ends[0], &c, 1) != 0);
	}
	for (int n = 0; n < 6; n++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, names[(n + i) % 6]);
		fd = open(path, n & 1 ? O_PATH : O_RDONLY);
		want(fd >= 0);
		if (n < 5)
			close(fd);
	}
	close(ends[0]);
	close(ends[1]);
	want(waitpid(pid, NULL, 0) == pid);
	close(fd);
}

static const struct storm {
	const char *name;
	void (*round)(int i);
	int per_thousand;
} storms[] = {
	{"forks", storm_fork, 2000},
	{"exec after vfork", storm_exec, 300},
	{"kills of processes with threads", storm_kill_threads, 100},
	{"kills in exec", storm_kill_exec, 200},
	{"pipes", storm_pipe, 1000},
	{"epoll", storm_epoll, 1000},
	{"record locks", storm_record_lock, 1000},
	{"memfds", storm_memfd, 500},
	{"queued signals", storm_signals, 1000},
	{"mappings", storm_memory, 500},
	{"files", storm_files, 1000},
	{"mounts", storm_mount, 300},
	{"containers: mkdir, attach, fork, rename, attach, rmdir", storm_containers, 1000},
	{"hierarchies: mount, mkdir, attach, rmdir, umount", storm_hierarchies, 300},
	{"namespaces", storm_namespaces, 100},
	{"processes looked at", storm_proc, 500},
	{"forks of several at once", storm_forks_together, 20},
	{"kills of several at once", storm_kills_together, 10},
	{"kills in exec, of several at once", storm_execs_together, 20},
};

static void run_storm(const struct storm *s, int rounds)
{
	static struct usage before, after;
	char name[128];
	int ok;

	errors = 0;
	for (int i = 0; i < (rounds < 40 ? rounds : 40); i++)
		s->round(i);
	read_usage(&after, 1);
	read_usage(&before, 1);
	for (int i = 0; i < rounds; i++)
		s->round(i);
	read_usage(&after, 1);
	ok = same_usage(&before, &after) && after.address_spaces <= before.address_spaces + sysconf(_SC_NPROCESSORS_ONLN);
	if (!ok)
		show_usage(&before, &after);
	snprintf(name, sizeof(name), "%d %s", rounds, s->name);
	EQ(errors, 0, name);
	snprintf(name, sizeof(name), "%s: nothing is lost", s->name);
	OK(ok, name);
}

int main(int argc, char **argv)
{
	long thousand = argc > 1 ? atol(argv[1]) : 1000;

	if (argc > 1 && !strcmp(argv[1], "true"))
		return 0;
	if (argc > 1 && !strcmp(argv[1], "again"))
		execl("/proc/self/exe", "leak", "again", NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir(TOP, 0755);
	mkdir(TOP "/m", 0755);
	mkdir(TOP "/c", 0755);
	EQ(mount("x", TOP "/c", "container", 0, "numtasks"), 0, "mount numtasks");
	usage_init();
	for (unsigned int i = 0; i < sizeof(storms) / sizeof(storms[0]); i++)
		if (argc < 3 || strstr(storms[i].name, argv[2]))
			run_storm(&storms[i], (int)(storms[i].per_thousand * thousand / 1000));
	EQ(umount(TOP "/c"), 0, "umount");
	rmdir(TOP "/m");
	rmdir(TOP "/c");
	EQ(rmdir(TOP), 0, "nothing is left");
	return TAP_DONE();
}
