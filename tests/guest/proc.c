// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc: what its files say about ourselves and others, magic links, directories of tasks that end.
 * Needs root. Runs on Linux too.
 */
#define _GNU_SOURCE
#include "tests/guest/proc/proc.h"
#include "tests/guest/tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

char text[65536];
static int on_linux;

ssize_t slurp(const char *name, size_t step)
{
	int fd = open(name, O_RDONLY);
	ssize_t n, total = 0;

	if (fd < 0)
		return -1;
	while ((size_t)total + step < sizeof(text) && (n = read(fd, text + total, step)) > 0)
		total += n;
	text[total] = 0;
	close(fd);
	return total;
}

static long field(const char *label)
{
	char *p = strstr(text, label);

	return p ? strtol(p + strlen(label), NULL, 10) : -1;
}

static void test_self(const char *name0)
{
	char link[256], want[64], name[64];
	ssize_t n = readlink("/proc/self", link, sizeof(link) - 1);

	link[n > 0 ? n : 0] = 0;
	EQ(atoi(link), getpid(), "self");
	snprintf(want, sizeof(want), "%d/task/%ld", getpid(), syscall(SYS_gettid));
	n = readlink("/proc/thread-self", link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = 0;
	OK(!strcmp(link, want), "thread-self");
	OK(slurp("/proc/self/stat", 4096) > 0, "stat");
	EQ(atoi(text), getpid(), "begins with the pid");
	OK(slurp("/proc/self/status", 4096) > 0, "status");
	EQ(field("\nPid:\t"), getpid(), "Pid");
	EQ(field("\nPPid:\t"), getppid(), "PPid");
	EQ(field("\nThreads:\t"), 1, "Threads");
	OK(slurp("/proc/self/comm", 100) > 0 && !strncmp(text, "proc", 4), "comm");
	EQ(slurp("/proc/self/cmdline", 100), (long)strlen(name0) + 1,
	   "cmdline is one argument with its NUL");
	OK(!strcmp(text, name0), "the one we were given");
	OK(slurp("/proc/self/maps", 4096) > 0 && strstr(text, "r-xp") && strstr(text, "[stack]"),
	   "maps");
	if (chdir("/tmp") == 0)
		n = readlink("/proc/self/cwd", link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = 0;
	OK(!strcmp(link, "/tmp"), "cwd");
	n = readlink("/proc/self/exe", link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = 0;
	OK(link[0] == '/' && !access(link, X_OK), "exe");
	snprintf(name, sizeof(name), "/proc/%d/fd", getpid());
	EQ(access(name, R_OK | X_OK), 0, "fd/ by number");
}

static void test_fd(void)
{
	char name[64], link[256], buf[8] = "";
	int fd = open("/tmp/proc-test", O_CREAT | O_RDWR | O_TRUNC, 0600), again, ends[2],
	    count = 0;
	struct dirent *e;
	struct stat a, b;
	ssize_t n;
	DIR *d;

	if (write(fd, "magic", 5) != 5)
		perror("write");
	unlink("/tmp/proc-test");
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = 0;
	OK(!strcmp(link, "/tmp/proc-test (deleted)"), "fd/N of an unlinked file");
	again = open(name, O_RDONLY);
	OK(again >= 0 && read(again, buf, 5) == 5 && !memcmp(buf, "magic", 5),
	   "opens what has no name");
	OK(!fstat(fd, &a) && !stat(name, &b) && a.st_ino == b.st_ino, "the same inode");
	close(again);
	pipe(ends);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", ends[0]);
	n = readlink(name, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = 0;
	OK(!strncmp(link, "pipe:[", 6), "a pipe");
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	close(fd);
	FAILS(readlink(name, link, sizeof(link)), ENOENT, "a closed one is gone");
	d = opendir("/proc/self/fd");
	while ((e = readdir(d)))
		count += e->d_name[0] >= '0' && e->d_name[0] <= '9';
	closedir(d);
	for (fd = 0; fd < 1024; fd++)
		count -= fcntl(fd, F_GETFD) >= 0;
	EQ(count, 1, "the directory lists the open ones, its own descriptor included");
	close(ends[0]);
	close(ends[1]);
}

static void *wait_there(void *arg)
{
	pthread_barrier_wait(arg);
	pthread_barrier_wait(arg);
	return NULL;
}

/* Another thread's name is written to its comm; another process's is not. */
static void test_names(pthread_t t)
{
	char name[16] = "", parent[32];
	int fd;

	EQ(pthread_setname_np(t, "worker"), 0, "a thread gets a name");
	EQ(pthread_getname_np(t, name, sizeof(name)), 0, "which can be read");
	OK(!strcmp(name, "worker"), "as it was given");
	fd = open("/proc/thread-self/comm", O_RDWR);
	EQ(write(fd, "a name that is too long", 23), 23, "a long one is cut");
	OK(slurp("/proc/thread-self/comm", 100) > 0 && !strcmp(text, "a name that is \n"), "to 15 bytes");
	EQ(write(fd, "proc", 4), 4, "a short one");
	OK(slurp("/proc/thread-self/comm", 100) > 0 && !strcmp(text, "proc\n"), "replaces all of it");
	FAILS(write(fd, (void *)8, 4), EFAULT, "a bad address");
	close(fd);
	snprintf(parent, sizeof(parent), "/proc/%d/comm", getppid());
	fd = open(parent, O_WRONLY);
	FAILS(write(fd, "mine", 4), EINVAL, "another process keeps its name");
	close(fd);
}

static void test_threads(void)
{
	pthread_barrier_t barrier;
	struct dirent *e;
	pthread_t t;
	int count = 0;
	DIR *d;

	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&t, NULL, wait_there, &barrier);
	pthread_barrier_wait(&barrier);
	d = opendir("/proc/self/task");
	while ((e = readdir(d)))
		count += e->d_name[0] != '.';
	closedir(d);
	EQ(count, 2, "task/ has both threads");
	slurp("/proc/self/status", 4096);
	EQ(field("\nThreads:\t"), 2, "status counts them");
	test_names(t);
	pthread_barrier_wait(&barrier);
	pthread_join(t, NULL);
}

static void test_end(void)
{
	char dir[64], name[64];
	int fd, dfd, go[2], c;
	pid_t pid;

	pipe(go);
	pid = fork();
	if (!pid) {
		close(go[1]);
		_exit((int)read(go[0], &c, 1));
	}
	snprintf(dir, sizeof(dir), "/proc/%d", pid);
	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	EQ(access(dir, F_OK), 0, "the child has a directory");
	dfd = open(dir, O_RDONLY | O_DIRECTORY);
	fd = open(name, O_RDONLY);
	close(go[1]);
	while (slurp(name, 4096) > 0 && !strstr(text, ") Z "))
		usleep(1000);
	OK(strstr(text, ") Z ") != NULL, "a zombie has one, too");
	waitpid(pid, NULL, 0);
	FAILS(access(dir, F_OK), ENOENT, "waited for, it is gone");
	FAILS(read(fd, text, 100), ESRCH, "a file opened before: ESRCH");
	FAILS(openat(dfd, "stat", O_RDONLY), access("/proc/kallsyms", F_OK) ? ENOENT : ESRCH,
	      "nothing opens in its directory");
	close(fd);
	close(dfd);
	close(go[0]);
	FAILS(access("/proc/0", F_OK), ENOENT, "there is no process 0");
	FAILS(access("/proc/01", F_OK), ENOENT, "nor 01");
	FAILS(open("/proc/newfile", O_CREAT | O_WRONLY, 0644), ENOENT, "nothing can be created");
	FAILS(mkdir("/proc/newdir", 0755), ENOENT, "nor made");
}

static void test_system(void)
{
	long total, free_kb;
	char *whole;
	struct dirent *e;
	int pids = 0, ours = 0;
	DIR *d;

	OK(slurp("/proc/meminfo", 4096) > 0, "meminfo");
	total = field("MemTotal:");
	free_kb = field("MemFree:");
	OK(total > 1000 && free_kb > 0 && free_kb < total, "makes sense");
	OK(slurp("/proc/mounts", 4096) > 0 && strstr(text, " /proc proc "), "mounts");
	whole = strdup(text);
	slurp("/proc/mounts", 3);
	OK(!strcmp(whole, text), "small reads give the same text");
	free(whole);
	OK(slurp("/proc/filesystems", 4096) > 0 && strstr(text, "nodev\tproc\n"), "filesystems");
	OK(slurp("/proc/cpuinfo", 4096) > 0 && strstr(text, "processor"), "cpuinfo");
	OK(slurp("/proc/uptime", 100) > 0 && atof(text) > 0, "uptime");
	OK(slurp("/proc/loadavg", 100) > 0 && strchr(text, '/'), "loadavg");
	OK(slurp("/proc/version", 4096) > 0, "version");
	OK(slurp("/proc/stat", 4096) > 0 && strstr(text, "cpu0 "), "stat");
	OK(slurp("/proc/cmdline", 4096) > 0 && !strstr(text, "vm."), "cmdline");
	d = opendir("/proc");
	while ((e = readdir(d))) {
		pids += atoi(e->d_name) > 0;
		ours += atoi(e->d_name) == getpid();
	}
	closedir(d);
	OK(pids >= 2, "the directory lists processes");
	EQ(ours, 1, "each once");
}

/* ---- directories that were looked at before ---- */

const char *in_proc(pid_t pid, const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return path;
}

/* A child that becomes user 1000 when a byte comes, and ends when the pipe closes. */
static pid_t start_changer(int *go)
{
	int ends[2];
	char c;
	pid_t pid;

	if (pipe(ends))
		return -1;
	pid = fork();
	if (!pid) {
		close(ends[1]);
		if (read(ends[0], &c, 1) == 1 && (setgid(1000) || setuid(1000)))
			_exit(1);
		_exit(read(ends[0], &c, 1) != 0);
	}
	close(ends[0]);
	*go = ends[1];
	return pid;
}

static void test_owner(void)
{
	struct stat st;
	int go = -1;
	pid_t pid = start_changer(&go);

	OK(!stat(in_proc(pid, "status"), &st) && !st.st_uid, "files of root's process are root's");
	OK(!stat(in_proc(pid, ""), &st) && !st.st_uid, "so is the directory");
	EQ(write(go, "x", 1), 1, "it becomes another user's");
	usleep(50000);
	OK(!stat(in_proc(pid, "status"), &st) && !st.st_uid, "its files stay root's: it may know what only root may");
	OK(!stat(in_proc(pid, ""), &st) && st.st_uid == 1000, "the directory is the other user's");
	close(go);
	waitpid(pid, NULL, 0);
	FAILS(stat(in_proc(pid, "status"), &st), ENOENT, "all goes when it ends");
}

/* The next process with this number, which sleeps; -1: it did not come. On one CPU, where nobody waits for another. */
static pid_t fork_until(pid_t wanted)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	for (int i = 0; i < 40000; i++) {
		pid_t pid = fork();

		if (!pid && getpid() != wanted)
			_exit(0);
		if (!pid)
			for (;;)
				pause();
		if (pid == wanted)
			return pid;
		waitpid(pid, NULL, 0);
	}
	return -1;
}

static void test_reuse(void)
{
	struct stat st;
	pid_t pid, again;
	int old;

	/* The first 300 numbers are given out once only. */
	while (!(pid = fork()) || pid <= 300) {
		if (!pid && getpid() > 300)
			sleep(1000);
		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	old = open(in_proc(pid, ""), O_RDONLY | O_DIRECTORY);
	OK(slurp(in_proc(pid, "status"), 4096) > 0, "a process is looked at");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EQ(fstatat(old, "status", &st, 0), -1, "its directory has nothing after its end");
	if (on_linux) {
		OK(1, "numbers used again # SKIP takes too long here");
	} else {
		again = fork_until(pid);
		EQ(again, pid, "its number comes again");
		OK(slurp(in_proc(pid, "status"), 4096) > 0, "that leads to the new process");
		EQ(fstatat(old, "status", &st, 0), -1, "and the old directory still to nothing");
		kill(again, SIGKILL);
		waitpid(again, NULL, 0);
	}
	close(old);
}

/* The objects of a cache; -1 where that cannot be told. */
static long objects(const char *cache)
{
	char line[32];

	snprintf(line, sizeof(line), "\n%s ", cache);
	return slurp("/proc/slabinfo", 4096) > 0 ? field(line) : -1;
}

/* More processes are looked at than what is kept may hold. */
static void test_many(void)
{
	static pid_t pids[900];
	const int n = sizeof(pids) / sizeof(pids[0]);
	long before = objects("dentry"), after;
	int seen = 0;

	for (int i = 0; i < n; i++) {
		pids[i] = fork();
		if (!pids[i])
			for (;;)
				pause();
	}
	for (int i = 0; i < n; i++)
		seen += slurp(in_proc(pids[i], "stat"), 4096) > 0;
	after = objects("dentry");
	for (int i = 0; i < n; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	EQ(seen, n, "900 processes are looked at");
	OK(on_linux || after - before < 1000, "not all of that is kept");
}

/* ---- stack, wchan ---- */

/* Wait until a task waits in a function with this in its name; its pid as text in `who`. */
static void wait_wchan(const char *who, const char *function)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/%s/wchan", who);
	for (int i = 0; i < 1000; i++) {
		if (slurp(name, 4096) < 0 || strstr(text, function))
			break;
		usleep(10000);
	}
	OK(strstr(text, function), "wchan of one that sleeps");
}

static volatile pid_t tid;		/* of the last that called this */

static void *read_pipe(void *fd)
{
	char c;

	tid = (pid_t)syscall(SYS_gettid);
	return (void *)read((int)(long)fd, &c, 1);
}

static void test_sleeper(void)
{
	char who[48], name[64];
	int ends[2];
	pthread_t t;
	pid_t pid;

	EQ(pipe(ends), 0, "a pipe");
	pid = fork();
	if (!pid) {
		close(ends[1]);
		read_pipe((void *)(long)ends[0]);
		_exit(0);
	}
	snprintf(who, sizeof(who), "%d", pid);
	wait_wchan(who, "pipe_read");
	snprintf(name, sizeof(name), "/proc/%d/stack", pid);
	OK(slurp(name, 4096) > 0 && strstr(text, "pipe_read+0x") && strstr(text, "sys_read"), "its stack");
	OK(slurp("/proc/self/wchan", 4096) >= 0 && !strcmp(text, "0"), "who runs waits nowhere");
	OK(slurp("/proc/self/stack", 4096) > 0 && strstr(text, "sys_read"), "one's own stack");

	EQ(pthread_create(&t, NULL, read_pipe, (void *)(long)ends[0]), 0, "a thread");
	while (!tid)
		usleep(1000);
	snprintf(who, sizeof(who), "%d/task/%d", getpid(), tid);
	wait_wchan(who, "pipe_read");
	close(ends[1]);
	EQ(waitpid(pid, NULL, 0), pid, "the child ends");
	EQ(pthread_join(t, NULL), 0, "and the thread");
	close(ends[0]);
}

/* A stack is root's to see, even the owner's own. */
static void test_stack_rights(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (setuid(1000))
			_exit(1);
		_exit(slurp("/proc/self/stack", 4096) <= 0 ? 0 : 2);
	}
	EQ(waitpid(pid, &status, 0), pid, "a user");
	EQ(status, 0, "does not see its stack");
}

static void *end_at_once(void *unused)
{
	return unused;
}

/* Stacks that go while somebody looks. */
static void test_stacks_that_end(void)
{
	long seen = 0;
	pid_t looker = fork(), pid;

	if (!looker) {
		for (;;) {
			char name[64];

			for (pid = getpid(); pid < getpid() + 3000; pid++) {
				snprintf(name, sizeof(name), "/proc/%d/stack", pid);
				slurp(name, 4096);
			}
		}
	}
	for (int i = 0; i < 400; i++) {
		pthread_t t;

		pid = fork();
		if (!pid)
			_exit(0);
		if (!pthread_create(&t, NULL, end_at_once, NULL))
			seen += !pthread_join(t, NULL);
		seen += waitpid(pid, NULL, 0) == pid;
	}
	EQ(seen, 800, "tasks came and went");
	kill(looker, SIGKILL);
	EQ(waitpid(looker, NULL, 0), looker, "and somebody looked at their stacks");
}

int main(int argc, char **argv)
{
	alarm(600);
	if (argc > 1)
		return rights_program(argv);
	on_linux = access("/proc/quiesce", F_OK);
	test_self(argv[0]);
	test_fd();
	test_threads();
	test_end();
	test_owner();
	test_reuse();
	test_many();
	test_system();
	test_sleeper();
	test_stack_rights();
	test_stacks_that_end();
	test_rights();
	return TAP_DONE();
}
