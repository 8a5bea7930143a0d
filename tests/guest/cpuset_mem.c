// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages move between nodes while they are used: nothing that is written meanwhile may be lost, and in the end they are where they should be, by
 * /proc/PID/numa_maps. And the kernel's own pages stay within the wall of a cpuset with nodes of its own.
 *
 * Needs 2 nodes, the second one not too large to be filled.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/guest/cpuset.h"

#define BOX	TOP "/box"
#define PAGE	4096L
#define PAGES	64
#define THREADS 2
#define FLIPS	60

/* How many pages of PID's area that begins at `start` are on `node`. */
static long on_node(pid_t pid, const void *start, int node)
{
	static char text[1 << 16];
	char want[32], *line, *at;
	int fd, n, done = 0;

	snprintf(want, sizeof(want), "/proc/%d/numa_maps", pid);
	fd = open(want, O_RDONLY);
	while ((n = (int)read(fd, text + done, sizeof(text) - 1 - (size_t)done)) > 0)
		done += n;
	close(fd);
	text[done] = '\0';
	snprintf(want, sizeof(want), "%08lx ", (unsigned long)start);
	line = strstr(text, want);
	if (!line)
		return -1;
	line[strcspn(line, "\n")] = '\0';
	snprintf(want, sizeof(want), " N%d=", node);
	at = strstr(line, want);
	return at ? atol(at + strlen(want)) : 0;
}

/* An area that is not joined with its neighbours. */
static char *area(long pages, int flags, int fd)
{
	char *p = mmap(NULL, (size_t)((pages + 2) * PAGE), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mmap(p + PAGE, (size_t)(pages * PAGE), PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0);
}

/* ---- writers, while the pages move ---- */

static char *memory;
static atomic_int stop;

/* Counts up its own word in each page; how often, is the result. */
static void *count_up(void *which)
{
	long rounds = 0;

	while (!stop) {
		for (int i = 0; i < PAGES; i++)
			((volatile long *)(memory + i * PAGE))[(long)which]++;
		rounds++;
	}
	return (void *)rounds;
}

/* Let THREADS threads write to `memory` while the nodes change; OK if no write was lost. */
static void move_under_writers(const char *what)
{
	pthread_t threads[THREADS];
	void *rounds;
	int lost = 0, errors = 0;

	stop = 0;
	for (long t = 0; t < THREADS; t++)
		pthread_create(&threads[t], NULL, count_up, (void *)t);
	for (int i = 0; i < FLIPS; i++) {
		errors += !!put(BOX "/cpuset.mems", "%d", !(i & 1));
		nap(500);
	}
	stop = 1;
	for (int t = 0; t < THREADS; t++) {
		pthread_join(threads[t], &rounds);
		lost += !rounds;
		for (int i = 0; i < PAGES; i++)
			lost += ((long *)(memory + i * PAGE))[t] != (long)rounds;
	}
	EQ(errors, 0, "mems changed");
	EQ(lost, 0, what);
}

static void test_private(void)
{
	memory = area(PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	memset(memory, 0, PAGES * PAGE);
	move_under_writers("no write to private memory is lost");
	EQ(on_node(getpid(), memory, 0), PAGES, "all its pages are on the last node");
	EQ(put(BOX "/cpuset.mems", "1"), 0, "mems 1");
	EQ(on_node(getpid(), memory, 1), PAGES, "and now on the other");
	munmap(memory, PAGES * PAGE);
}

static void test_shared(void)
{
	memory = area(PAGES, MAP_SHARED | MAP_ANONYMOUS, -1);
	memset(memory, 0, PAGES * PAGE);
	move_under_writers("no write to shared memory is lost");
	EQ(put(BOX "/cpuset.mems", "1"), 0, "mems 1");
	((volatile char *)memory)[0]++;		/* what has been moved comes back with a fault, and others with it */
	for (int i = 0; i < PAGES; i++)
		((volatile char *)memory)[i * PAGE + 64]++;
	EQ(on_node(getpid(), memory, 1), PAGES, "its pages are on the node");
	munmap(memory, PAGES * PAGE);
}

/* ---- a file that is mapped, read and written at once ---- */

/* Writes ever larger numbers into the last word of each page, by write(2). */
static void *write_file(void *arg)
{
	int fd = *(int *)arg;
	long n = 0, bad = 0;

	while (!stop) {
		n++;
		for (int i = 0; i < PAGES; i++)
			bad += pwrite(fd, &n, sizeof(n), i * PAGE + PAGE - 8) != sizeof(n);
	}
	return (void *)(bad ? -bad : n);
}

/* Reads them back; they never become smaller. */
static void *read_file(void *arg)
{
	static long seen[PAGES];
	int fd = *(int *)arg;
	long bad = 0, n;

	while (!stop)
		for (int i = 0; i < PAGES; i++) {
			bad += pread(fd, &n, sizeof(n), i * PAGE + PAGE - 8) != sizeof(n) || n < seen[i];
			seen[i] = n;
		}
	return (void *)bad;
}

static void test_file(void)
{
	int fd = open("/tmp/moved", O_RDWR | O_CREAT | O_TRUNC, 0600), wrong = 0;
	void *last, *bad;
	pthread_t threads[2];

	EQ(ftruncate(fd, PAGES * PAGE), 0, "a file");
	memory = area(PAGES, MAP_SHARED, fd);
	stop = 0;
	pthread_create(&threads[0], NULL, write_file, &fd);
	pthread_create(&threads[1], NULL, read_file, &fd);
	/* Through the mapping too; `stop` ends all three. */
	move_under_writers("no write to a mapped file is lost");
	pthread_join(threads[0], &last);
	pthread_join(threads[1], &bad);
	EQ(bad, 0, "a reader never sees an old page");
	for (int i = 0; i < PAGES; i++)
		wrong += *(long *)(memory + i * PAGE + PAGE - 8) != (long)last;
	EQ(wrong, 0, "what was written is in the mapping");
	EQ(put(BOX "/cpuset.mems", "1"), 0, "mems 1");
	for (int i = 0; i < PAGES; i++)
		((volatile char *)memory)[i * PAGE + 64]++;
	EQ(on_node(getpid(), memory, 1), PAGES, "its pages are on the node");
	munmap(memory, PAGES * PAGE);
	close(fd);
	unlink("/tmp/moved");
}

/* ---- memory that fork has shared ---- */

static void test_forked(void)
{
	pid_t child;

	EQ(put(BOX "/cpuset.mems", "0"), 0, "mems 0");
	memory = area(PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	memset(memory, 'a', PAGES * PAGE);
	child = fork();
	if (!child)
		for (;;)
			pause();
	EQ(put(BOX "/cpuset.mems", "1"), 0, "mems 1");
	EQ(on_node(getpid(), memory, 0), PAGES, "pages that a child shares stay");
	memory[0] = 'b';
	EQ(on_node(getpid(), memory, 1), 1, "but the copy of one is made on the new node");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	EQ(put(BOX "/cpuset.mems", "0"), 0, "mems 0");
	EQ(put(BOX "/cpuset.mems", "1"), 0, "and 1");
	EQ(on_node(getpid(), memory, 1), PAGES, "when it has gone all are moved");
	munmap(memory, PAGES * PAGE);
}

/* ---- the kernel's pages ---- */

/* Makes directories until there is no room; their number, or -1 if there is room for `most`. */
static long fill_with_directories(const char *top, long most)
{
	char path[64];
	long n;

	for (n = 0; n < most; n++) {
		snprintf(path, sizeof(path), "%s/%ld", top, n);
		if (mkdir(path, 0700))
			break;
	}
	return n == most ? -1 : n;
}

/*
 * Only the child is in the container: when its node is full, it can do nothing any more that needs a page, so it reports through one that is there
 * already.
 */
static void test_wall(void)
{
	volatile long *made = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	EQ(put(TOP "/tasks", "0"), 0, "out");
	EQ(put(BOX "/cpuset.mem_exclusive", "1"), 0, "mem_exclusive");
	mkdir("/tmp/many", 0700);
	EQ(mount("many", "/tmp/many", "ramfs", 0, NULL), 0, "a file system");
	made[0] = made[1] = 0;
	child = fork();
	if (!child) {
		put(BOX "/tasks", "0");
		made[0] = fill_with_directories("/tmp/many", 150000);
		made[1] = errno;
		_exit(0);
	}
	waitpid(child, NULL, 0);
	OK(made[0] > 1000, "there is room for some directories");
	EQ(made[1], ENOMEM, "then the kernel finds no memory on behalf of this task");
	EQ(mkdir("/tmp/many/more", 0700), 0, "others do");
	EQ(put(BOX "/cpuset.mem_exclusive", "0"), 0, "without the wall");
	child = fork();
	if (!child) {
		put(BOX "/tasks", "0");
		made[2] = mkdir("/tmp/many/another", 0700);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	EQ(made[2], 0, "so does it");
	printf("# %ld directories\n", made[0]);
	umount("/tmp/many");
	rmdir("/tmp/many");
}

int main(void)
{
	mkdir("/tmp", 01777);
	mkdir(TOP, 0755);
	EQ(mount("test", TOP, "container", 0, "cpuset"), 0, "mount");
	EQ(mkdir(BOX, 0755), 0, "mkdir");
	EQ(put(BOX "/cpuset.cpus", "0-1"), 0, "cpus");
	EQ(put(BOX "/cpuset.mems", "0"), 0, "mems");
	EQ(put(BOX "/cpuset.memory_migrate", "1"), 0, "memory_migrate");
	EQ(put(BOX "/tasks", "0"), 0, "in");
	test_private();
	test_shared();
	test_file();
	test_forked();
	test_wall();
	EQ(rmdir(BOX), 0, "rmdir");
	EQ(umount(TOP), 0, "umount");
	rmdir(TOP);
	return TAP_DONE();
}
