// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory controller: each kind of memory is charged to the page, calls over the limit fail with
 * the right errno, faults over it kill inside the container, charges outlive containers, and no
 * charge passes a new limit.
 */
#define _GNU_SOURCE
#include "tests/guest/memcg.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#define STACK (16 * 1024L)

// ---- each kind, to the page ----

static void *sleeper(void *arg)
{
	pause();
	return arg;
}

/*
 * A difference of `kind` in a's stat is what the step between has used. Its number is the exit
 * status on a mismatch.
 */
static int failed_step;
static long last;

static void begin(const char *kind)
{
	(void)stat_of("a", kind);	/* its own pages are had now */
	last = stat_of("a", kind);
}

static void gained(const char *kind, long bytes, int step)
{
	long now = stat_of("a", kind);

	if (now - last != bytes && !failed_step) {
		failed_step = step;
		fprintf(stderr, "# step %d: %s has gained %ld, not %ld\n", step, kind, now - last, bytes);
	}
}

static int use_each_kind(long unused)
{
	char *private = map(20, MAP_PRIVATE), *shared = map(20, MAP_SHARED), *big;
	static char data[3 * PAGE];
	int fd = open(TOP ".file", O_CREAT | O_RDWR, 0644), ends[2], status;
	pthread_attr_t attr;
	pthread_t thread;
	pid_t pid;

	(void)unused;
	touch(data, 3);
	touch(private, 1);
	touch(shared, 1);
	begin("rss"), touch(private, 11), gained("rss", 10 * PAGE, 1);
	begin("shmem"), touch(shared, 8), gained("shmem", 7 * PAGE, 2);
	begin("cache");
	if (write(fd, data, sizeof(data)) != sizeof(data))
		return 3;
	gained("cache", 3 * PAGE, 3);
	begin("cache"), ftruncate(fd, 0), gained("cache", -3 * PAGE, 4);
	unlink(TOP ".file");
	if (pipe(ends))
		return 5;
	begin("pipe");
	if (write(ends[1], data, sizeof(data)) != sizeof(data))
		return 5;
	gained("pipe", 3 * PAGE, 5);
	close(ends[0]), close(ends[1]), gained("pipe", 0, 6);
	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, malloc(65536), 65536);
	begin("kernel_stack"), pthread_create(&thread, &attr, sleeper, NULL), gained("kernel_stack", STACK, 7);
	begin("kernel_stack");
	pid = vfork();
	if (!pid)
		gained("kernel_stack", STACK, 8), _exit(0);
	waitpid(pid, &status, 0), gained("kernel_stack", 0, 9);
	/*
	 * An area of 2 MiB further on needs one table of its own; the tables above it are shared.
	 */
	big = mmap((void *)0x10000400000, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	touch(big, 1);
	begin("pagetables"), touch(big + (2 << 20), 1), gained("pagetables", PAGE, 10);
	begin("rss"), munmap(private, 20 * PAGE), gained("rss", -11 * PAGE, 11);
	begin("rss"), madvise(big, 8 << 20, MADV_DONTNEED), gained("rss", -2 * PAGE, 12);
	return failed_step;
}

static void test_kinds(void)
{
	mkdir(path_of("a", ""), 0755);
	EQ(usage_of("a"), 0, "a new container uses nothing");
	EQ(run_in("a", use_each_kind, 0), 0, "each kind of memory is charged to the page");
	EQ(usage_of("a"), 0, "and given back with the task that was waited for");
	EQ(stat_of("a", "pgpgin"), stat_of("a", "pgpgout"), "as many pages out as in");
	OK(stat_of("a", "pgpgin") >= 20, "some of them");
	rmdir(path_of("a", ""));
}

/* The parent's pages stay its own; what the child writes to is the child's. */
static int copy_on_write(long pages)
{
	char *p = map(pages, MAP_PRIVATE);
	long before, after;

	touch(p, pages);
	if (!fork()) {
		if (put("b", "tasks", "0"))
			_exit(1);
		(void)stat_of("b", "rss");
		before = stat_of("b", "rss");
		touch(p, 5);
		after = stat_of("b", "rss");
		_exit(after - before == 5 * PAGE && stat_of("a", "rss") >= pages * PAGE ? 0 : 2);
	}
	int status;

	wait(&status);
	return status >> 8;
}

static void test_copies(void)
{
	mkdir(path_of("a", ""), 0755);
	mkdir(path_of("b", ""), 0755);
	EQ(run_in("a", copy_on_write, 50), 0, "a copy is charged to who makes it");
	EQ(usage_of("a") + usage_of("b"), 0, "all is given back");
	rmdir(path_of("a", ""));
	rmdir(path_of("b", ""));
}

// ---- over the limit ----

static int fill_pipe(void)
{
	static char data[16 * PAGE];
	int ends[2];

	if (pipe(ends))
		return -1;
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	return write(ends[1], data, sizeof(data)) < 0 ? -1 : 0;
}

static int fill_file(void)
{
	static char data[PAGE];
	int fd = open(TOP ".full", O_CREAT | O_WRONLY, 0644), ret = 0;

	while (fd >= 0 && ret >= 0)
		ret = (int)write(fd, data, sizeof(data));
	close(fd);
	return ret;
}

static int do_fork(void)
{
	int ret = (int)syscall(SYS_fork);

	if (!ret)
		_exit(0);
	return ret;
}

/* A call when no page is left; what it uses was used before. Exits with its errno. */
static int call_when_full(long which)
{
	static char room[64 * PAGE];
	char *more = map(16, MAP_PRIVATE);
	int ret = 0, failcnt;

	touch(room, 64);
	errno = 0;
	usage_of("a");
	put("a", "memory.limit_in_bytes", "%ld", usage_of("a"));
	failcnt = (int)number("a", "memory.failcnt");
	switch (which) {
	case 0:
		ret = do_fork();
		break;
	case 1:
		ret = fill_pipe();
		break;
	case 2:
		ret = fill_file();
		break;
	case 3:
		ret = mlock(more, 16 * PAGE);
		break;
	case 4:
		ret = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0) == MAP_FAILED
			      ? -1 : 0;
		break;
	case 5:
		ret = (int)read(open("/dev/zero", O_RDONLY), more, 16 * PAGE);
		break;
	case 6:
		ret = execl("/proc/self/exe", "memcg", "executed", NULL);
		break;
	case 7:
		touch(more, 16);
		break;
	}
	which = ret < 0 ? errno : 0;
	return number("a", "memory.failcnt") > failcnt ? (int)which : 125;
}

static void test_limits(void)
{
	static const struct {
		const char *name;
		int status;
	} calls[] = {
		{"fork is ENOMEM", EXITED(ENOMEM)},
		{"a write to a pipe is ENOMEM", EXITED(ENOMEM)},
		{"a write to a file is ENOMEM", EXITED(ENOMEM)},
		{"mlock is ENOMEM", EXITED(ENOMEM)},
		{"mmap with MAP_POPULATE gives what it can", EXITED(0)},
		{"a read into fresh memory is the end", SIGKILL},
		{"exec is ENOMEM", EXITED(ENOMEM)},
		{"a touch of fresh memory is the end", SIGKILL},
	};

	for (unsigned int i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		mkdir(path_of("a", ""), 0755);
		EQ(run_in("a", call_when_full, i), calls[i].status, calls[i].name);
		unlink(TOP ".full");
		EQ(usage_of("a"), 0, "and nothing stays charged");
		EQ(rmdir(path_of("a", "")), 0, "the container goes");
	}
}

// ---- who is killed ----

static long leader_leaves;

static int leader_has_left(void)
{
	char name[32], text[64];

	snprintf(name, sizeof(name), "/proc/%d/stat", getpid());
	read_file(name, text, sizeof(text));
	return strstr(text, ") Z ") != NULL;
}

static void *touching_thread(void *arg)
{
	if (put("a", "tasks", "%ld", syscall(SYS_gettid)))
		_exit(126);
	while (leader_leaves && !leader_has_left())
		usleep(1000);
	touch_much((long)arg);
	return NULL;
}

/*
 * A thread of a process that is elsewhere goes in and touches too much; with `leave`, when the
 * leader has gone.
 */
static int thread_in_container(long leave)
{
	pthread_t thread;

	leader_leaves = leave;
	pthread_create(&thread, NULL, touching_thread, (void *)16);
	if (leave)
		syscall(SYS_exit, 0);
	pthread_join(thread, NULL);
	return 0;
}

static void test_victims(void)
{
	mkdir(path_of("a", ""), 0755);
	mkdir(path_of("b", ""), 0755);
	put("a", "memory.limit_in_bytes", "4M");
	EQ(run_in("b", touch_much, 16), 0, "outside nobody is stopped");
	EQ(run_in("a", touch_much, 16), SIGKILL, "inside one is killed");
	EQ(run_in("b", thread_in_container, 0), SIGKILL, "a thread inside is the end of its process");
	EQ(run_in("b", thread_in_container, 1), SIGKILL, "also when its leader has exited");
	EQ(usage_of("a") + usage_of("b"), 0, "all is given back");
	rmdir(path_of("a", ""));
	rmdir(path_of("b", ""));
}

// ---- charges that outlive their container ----

static int leave_files(long n)
{
	static char data[16 * PAGE];
	char name[64];

	snprintf(name, sizeof(name), TOP ".left%ld", n);
	return write(open(name, O_CREAT | O_WRONLY, 0644), data, sizeof(data)) != sizeof(data);
}

static void test_outlive(void)
{
	long groups = slab_objects("mem_group");

	mkdir(path_of("a", ""), 0755);
	mkdir(path_of("a/b", ""), 0755);
	mkdir(path_of("a/b/c", ""), 0755);
	run_in("a/b/c", leave_files, 1);
	run_in("a/b", leave_files, 2);
	EQ(usage_of("a"), 32 * PAGE, "two files are charged");
	EQ(rmdir(path_of("a/b/c", "")), 0, "the innermost container goes");
	EQ(rmdir(path_of("a/b", "")), 0, "the one above it goes");
	EQ(slab_objects("mem_group"), groups + 3, "their groups stay");
	EQ(usage_of("a"), 32 * PAGE, "the charges stay with the container above");
	EQ(stat_of("a", "total_cache"), 32 * PAGE, "are in its totals");
	EQ(stat_of("a", "cache"), 0, "but not its own");
	unlink(TOP ".left1");
	EQ(usage_of("a"), 16 * PAGE, "the first file goes");
	EQ(slab_objects("mem_group"), groups + 2, "and a group with it");
	EQ(rmdir(path_of("a", "")), 0, "the outermost container goes");
	EQ(slab_objects("mem_group"), groups + 2, "its group stays for the other file");
	unlink(TOP ".left2");
	EQ(slab_objects("mem_group"), groups, "with that all have gone");
}

// ---- a limit that changes while others charge ----

static int write_and_drop(long n)
{
	static char data[8 * PAGE];
	char name[64];
	int fd;

	snprintf(name, sizeof(name), TOP ".drop%ld", n);
	fd = open(name, O_CREAT | O_RDWR, 0644);
	unlink(name);
	for (;;) {
		if (pwrite(fd, data, sizeof(data), 0) < 0 && errno != ENOMEM)
			return 1;
		ftruncate(fd, 0);
	}
}

static void test_limit_race(void)
{
	int above = 0, set = 0, refused = 0;
	pid_t pids[4];
	struct timespec start, now;

	mkdir(path_of("a", ""), 0755);
	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			put("a", "tasks", "0");
			_exit(write_and_drop(i));
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		long limit = usage_of("a") - (rand() % 6) * PAGE;

		limit = limit > 0 ? limit : 0;
		if (put("a", "memory.limit_in_bytes", "%ld", limit)) {
			refused++;
		} else {
			set++;
			/*
			 * Nobody is being killed, so nobody may exceed it: a charge that fails is
			 * not there for long.
			 */
			for (int i = 0; i < 3; i++)
				above += stat_of("a", "cache") > limit;
		}
		put("a", "memory.limit_in_bytes", "-1");
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < 2 || (now.tv_sec - start.tv_sec < 60 && !(set && refused)));
	for (int i = 0; i < 4; i++)
		kill(pids[i], SIGKILL), waitpid(pids[i], NULL, 0);
	EQ(above, 0, "no charge passes a new limit");
	OK(set && refused, "some limits were set, some refused");
	EQ(usage_of("a"), 0, "nothing stays charged");
	rmdir(path_of("a", ""));
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "executed"))
		return 0;
	usage_init();
	srand(1);
	mkdir(TOP, 0755);
	EQ(mount("test", TOP, "container", 0, "memory"), 0, "mount memory");
	test_kinds();
	test_copies();
	test_limits();
	test_victims();
	test_outlive();
	test_limit_race();
	EQ(umount(TOP), 0, "umount");
	rmdir(TOP);
	return TAP_DONE();
}
