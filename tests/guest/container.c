// SPDX-License-Identifier: GPL-2.0-only
// Containers where one shell command does not reach: processes whose threads come and go, namespaces, and
// places where two operations meet on two CPUs. What one call does to one file is in tests/containers.
#define _GNU_SOURCE
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOP "/tmp/container"

// What the processes of a test tell each other.
static struct {
	volatile int stop, count, ready;
} *shared;

static char text[65536];

// The text of a file below TOP, "" if there is none.
static const char *contents(const char *name)
{
	char path[128];
	size_t used = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), TOP "/%s", name);
	fd = open(path, O_RDONLY);
	while (fd >= 0 && (n = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)n;
	text[used] = 0;
	if (fd >= 0)
		close(fd);
	return text;
}

// Writes to a file below TOP: 0, or -1 with errno.
static int put(const char *name, const char *what, size_t len)
{
	char path[128];
	int fd, ret, error;

	snprintf(path, sizeof(path), TOP "/%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -1;
	ret = write(fd, what, len) < 0 ? -1 : 0;
	error = errno;
	close(fd);
	errno = error;
	return ret;
}

static int put_number(const char *name, int number)
{
	char digits[16];

	return put(name, digits, (size_t)snprintf(digits, sizeof(digits), "%d", number));
}

static int mount_with(const char *subsystem)
{
	mkdir(TOP, 0755);
	return mount("test", TOP, "container", 0, subsystem);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void await(volatile int *what)
{
	while (!*what)
		usleep(1000);
}

// ---- processes whose threads come and go ----

static void *short_life(void *arg)
{
	__sync_fetch_and_add(&shared->count, 1);
	return arg;
}

static void *make_threads(void *arg)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 16384);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (;;)
		if (pthread_create(&t, &attr, short_life, NULL))
			sched_yield();
	return arg;
}

// Nothing else is in these two containers: the one that has been left must be empty when the write returns.
static void test_move_of_process(void)
{
	int left = 0, failed = 0, begun;
	pthread_t t;
	pid_t pid = fork();

	if (!pid) {
		for (int i = 0; i < 3; i++)
			pthread_create(&t, NULL, make_threads, NULL);
		shared->ready = 1;
		for (;;)
			pause();
	}
	mkdir(TOP "/a", 0755);
	mkdir(TOP "/b", 0755);
	await(&shared->ready);
	begun = shared->count;
	for (int i = 0; i < 3000; i++) {
		failed += put_number(i & 1 ? "a/container.procs" : "b/container.procs", pid) != 0;
		left += *contents(i & 1 ? "b/tasks" : "a/tasks") != 0;
	}
	OK(shared->count > begun, "a process makes threads all the time");
	EQ(failed, 0, "it can be moved as a whole nevertheless");
	EQ(left, 0, "and no thread stays behind, born or being born");
	end(pid);
	EQ(rmdir(TOP "/a") || rmdir(TOP "/b"), 0, "it leaves nothing");
}

static void *live_on(void *arg)
{
	shared->ready = (int)syscall(SYS_gettid);
	for (;;)
		pause();
	return arg;
}

// Waits until the first thread of a process has ended, which need not be its last.
static void await_zombie(pid_t pid)
{
	char path[64], line[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	do {
		usleep(1000);
		fd = open(path, O_RDONLY);
		n = fd < 0 ? 0 : read(fd, line, sizeof(line) - 1);
		line[n > 0 ? n : 0] = 0;
		close(fd);
	} while (n > 0 && !strstr(line, ") Z"));
}

static void test_dead_leader(void)
{
	char tid[16];
	pid_t pid;

	shared->ready = 0;
	mkdir(TOP "/a", 0755);
	pid = fork();
	if (!pid) {
		pthread_t t;

		pthread_create(&t, NULL, live_on, NULL);
		await(&shared->ready);
		syscall(SYS_exit, 0);
	}
	await(&shared->ready);
	await_zombie(pid);
	FAILS(put_number("a/tasks", pid), ESRCH, "a thread that has ended cannot be moved");
	EQ(put_number("a/container.procs", pid), 0, "but by its number, its process can: other threads live");
	snprintf(tid, sizeof(tid), "%d\n", shared->ready);
	OK(!strcmp(contents("a/tasks"), tid), "they have been moved");
	snprintf(tid, sizeof(tid), "%d\n", pid);
	OK(!strcmp(contents("a/container.procs"), tid), "the process is listed under that number");
	end(pid);
	pid = fork();
	if (!pid)
		_exit(0);
	await_zombie(pid);
	FAILS(put_number("a/container.procs", pid), ESRCH, "a process without a living thread cannot be moved");
	waitpid(pid, NULL, 0);
	EQ(rmdir(TOP "/a"), 0, "and holds nothing");
}

// ---- where two operations meet ----

// Looking for a name that is not there makes a dentry for a moment; rmdir walks the list that it is in.
static void test_names_at_removal(void)
{
	pid_t lookers[3];
	int bad = 0;

	shared->stop = 0;
	for (int i = 0; i < 3; i++) {
		lookers[i] = fork();
		if (!lookers[i]) {
			char path[64];
			struct stat st;

			for (unsigned int n = 0; !shared->stop; n++) {
				snprintf(path, sizeof(path), TOP "/x/none%u", n % 16);
				stat(path, &st);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < 10000; i++)
		bad += mkdir(TOP "/x", 0755) || rmdir(TOP "/x");
	shared->stop = 1;
	for (int i = 0; i < 3; i++)
		waitpid(lookers[i], NULL, 0);
	EQ(bad, 0, "containers come and go while others look for names in them");
}

// ---- what is written ----

// One message a call, whoever puts it together.
static void test_messages(void)
{
	struct iovec number[] = {{"", 0}, {"4", 1}, {"2\n", 2}}, flag[] = {{"1", 1}, {"\n", 1}, {"", 0}}, many[4];
	static char page[4096];
	int notify, max, from;

	mkdir(TOP "/a", 0755);
	notify = open(TOP "/a/notify_on_release", O_WRONLY);
	max = open(TOP "/a/numtasks.max", O_WRONLY);
	EQ(writev(max, number, 3), 3, "writev of a text in pieces");
	OK(!strcmp(contents("a/numtasks.max"), "42\n"), "is one write");
	EQ(writev(notify, flag, 3), 2, "also of a number with its newline apart");
	OK(!strcmp(contents("a/notify_on_release"), "1\n"), "it has been set");
	EQ(pwritev(max, number, 2, 100), 1, "pwritev");
	OK(!strcmp(contents("a/numtasks.max"), "4\n"), "too");
	memset(page, ' ', sizeof(page));
	for (int i = 0; i < 4; i++)
		many[i] = (struct iovec){page, 1024};
	many[3] = (struct iovec){"00007", 5};
	many[0].iov_len = 4096 - 2048 - 5;
	EQ(writev(max, many, 4), 4096, "a page of it");
	OK(!strcmp(contents("a/numtasks.max"), "7\n"), "is not too much");
	many[0].iov_len++;
	FAILS(writev(max, many, 4), E2BIG, "more is");
	many[1].iov_base = (void *)8;
	FAILS(writev(max, many + 1, 3), EFAULT, "a piece that cannot be read");
	OK(!strcmp(contents("a/numtasks.max"), "7\n"), "and nothing has been written");
	from = open("/tmp/number", O_RDWR | O_CREAT | O_TRUNC, 0600);
	EQ(write(from, "55\n", 3), 3, "a file with a number");
	lseek(from, 0, SEEK_SET);
	EQ(sendfile(max, from, NULL, 100), 3, "can be sent there");
	OK(!strcmp(contents("a/numtasks.max"), "55\n"), "by the kernel itself");
	close(from);
	unlink("/tmp/number");
	close(max);
	close(notify);
	EQ(rmdir(TOP "/a"), 0, "end");
}

static void test_numbers(void)
{
	mkdir(TOP "/a", 0755);
	FAILS(put("a/notify_on_release", "1\0002", 3), EINVAL, "a number does not end at a NUL");
	FAILS(put("a/notify_on_release", "1\0", 2), EINVAL, "and has none behind it");
	OK(!strcmp(contents("a/notify_on_release"), "0\n"), "nothing has been set");
	EQ(rmdir(TOP "/a"), 0, "end");
}

// ---- namespaces ----

static char place[128];

// current's path in the hierarchy of ns
static const char *own_place(void)
{
	FILE *f = fopen("/proc/self/container", "r");
	char line[128];

	*place = 0;
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "ns:", 3))
			strcpy(place, line + 3);
	if (f)
		fclose(f);
	place[strcspn(place, "\n")] = 0;
	return place;
}

// In a child: 0, or the number of the step that went wrong.
static int unshare_twice(void)
{
	char first[32], second[64], path[128];

	sprintf(first, "/node_%d", getpid());
	sprintf(second, "/node_%d/node_%d", getpid(), getpid());
	if (unshare(CLONE_NEWUTS) || strcmp(own_place(), first))
		return 1;
	// the second finds its name taken
	sprintf(path, TOP "%s", second);
	if (mkdir(path, 0755))
		return 2;
	if (!unshare(CLONE_NEWUTS) || errno != EEXIST)
		return 3;
	if (strcmp(own_place(), first))
		return 4;
	if (rmdir(path) || unshare(CLONE_NEWUTS) || strcmp(own_place(), second))
		return 5;
	return 0;
}

static void test_namespaces(void)
{
	char path[128];
	int status = -1;
	pid_t pid;

	EQ(mount_with("ns"), 0, "mount of ns");
	pid = fork();
	if (!pid)
		_exit(unshare_twice());
	EQ(waitpid(pid, &status, 0), pid, "a process gets namespaces");
	EQ(status >> 8, 0, "and a container with each; one that fails leaves it where it was");
	snprintf(path, sizeof(path), TOP "/node_%d/node_%d", pid, pid);
	EQ(rmdir(path), 0, "the containers stay behind");
	*strrchr(path, '/') = 0;
	EQ(rmdir(path), 0, "both");
	EQ(umount(TOP), 0, "end of ns");
}

int main(void)
{
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	EQ(mount_with("debug,numtasks"), 0, "mount");
	test_numbers();
	test_messages();
	test_dead_leader();
	test_names_at_removal();
	test_move_of_process();
	EQ(umount(TOP), 0, "umount");
	test_namespaces();
	rmdir(TOP);
	return TAP_DONE();
}
