// SPDX-License-Identifier: GPL-2.0-only
/*
 * Error paths: each operation of the table runs with its 1st, 2nd, 3rd ... allocation failing, until
 * it needs no more of them. Each failure must have the right errno and leave everything as it was:
 * mounts, directories, membership, and to the last object and page what the kernel has in use.
 *
 * An operation runs in a child ("worker"), so that one that is killed by its failure (a page that
 * can't be had has no errno) is seen. Start at fail_all().
 */
#include "tests/guest/fail_nth/fail_nth.h"
#include "tests/guest/tap.h"
#include "tests/guest/usage.h"

#include <dirent.h>
#include <fcntl.h>
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

#define MAX_N	 400
enum { EXECUTED = 40, EXECUTED_LEFT };	/* statuses of a worker that has become a new program */

/* Written by the worker, read by the test when it has ended. */
static struct result {
	int done;		/* the rest is valid */
	int error;		/* errno, or 0 */
	int left;		/* allocations that remained until the failure; 0: it has struck */
	int moved;		/* a failure has changed the worker's containers */
} *result;

char helper_pid[16];
pid_t helper;
char *const no_args[] = {"fail_nth", "executed", NULL};

// ---- what is compared ----

static struct state {
	char mounts[4096], containers[1024], dirs[2048], members[2048];
	struct usage usage;
} start, now;

void put(const char *file, const char *what)
{
	int fd = open(file, O_WRONLY);

	if (fd < 0 || write(fd, what, strlen(what)) < 0)
		perror(file);
	close(fd);
}

void list(const char *dir, char *buf, size_t size)
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
	static const struct operation *const tables[] = {container_operations, task_operations, file_operations};
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
	for (unsigned int i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct operation *op = tables[i]; op->name; op++)
			if (argc < 2 || strstr(op->name, argv[1]))
				fail_all(op);
	read_usage(&after, 1);
	OK(after.address_spaces <= before.address_spaces + sysconf(_SC_NPROCESSORS_ONLN), "as many address spaces as before, or one a CPU more");
	kill(helper, SIGKILL);
	waitpid(helper, NULL, 0);
	umount_hierarchies();
	return TAP_DONE();
}
