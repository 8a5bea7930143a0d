// SPDX-License-Identifier: GPL-2.0-only
/* Resource limits: who may set which, what each does when it is reached (getrlimit(2)), prlimit(2) of others. Needs root. */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <alloca.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define NAME "/tmp/rlimit-test"
#define NOBODY 54321		/* has no other process */

static int limit(int what, rlim_t soft, rlim_t hard)
{
	struct rlimit l = {soft, hard};

	return setrlimit(what, &l);
}

static int limit_is(int what, rlim_t soft, rlim_t hard)
{
	struct rlimit l = {1234567, 7654321};

	return !getrlimit(what, &l) && l.rlim_cur == soft && l.rlim_max == hard;
}

static void rules(void)
{
	struct rlimit l;
	pid_t pid;
	int status;

	MUST_FAIL(getrlimit(99, &l), EINVAL);
	MUST_FAIL(limit(99, 1, 1), EINVAL);
	MUST_FAIL(limit(-1, 1, 1), EINVAL);
	MUST_FAIL(limit(RLIMIT_CORE, 2, 1), EINVAL);
	MUST_FAIL(syscall(SYS_getrlimit, RLIMIT_CORE, 8), EFAULT);
	MUST_FAIL(syscall(SYS_setrlimit, RLIMIT_CORE, 8), EFAULT);
	MUST(!limit(RLIMIT_CORE, 1000, 2000) && limit_is(RLIMIT_CORE, 1000, 2000));
	MUST(!limit(RLIMIT_CORE, 3000, 4000));		/* root raises */
	MUST_FAIL(limit(RLIMIT_NOFILE, 10, (1UL << 30) + 1), EPERM);	/* not above what a table may have */
	pid = fork();
	if (!pid)
		execl("/proc/self/exe", "rlimit", "core", "3000", "4000", NULL);
	MUST(waitpid(pid, &status, 0) == pid && !status);	/* through fork and exec */
	MUST(!setuid(NOBODY));
	MUST(!limit(RLIMIT_CORE, 4000, 4000) && !limit(RLIMIT_CORE, 0, 4000));
	MUST_FAIL(limit(RLIMIT_CORE, 0, 4001), EPERM);
	MUST_FAIL(limit(RLIMIT_CORE, 4001, RLIM_INFINITY), EPERM);
	MUST(!limit(RLIMIT_CORE, 0, 3999));
	MUST_FAIL(limit(RLIMIT_CORE, 0, 4000), EPERM);
	MUST(limit_is(RLIMIT_CORE, 0, 3999));
}

static void nofile(void)
{
	struct pollfd p[20] = {{0}};
	int fd, high = fcntl(0, F_DUPFD, 30), ends[2];

	MUST(high == 30);
	for (int i = 3; i < 30; i++)
		close(i);
	MUST(!limit(RLIMIT_NOFILE, 10, 20));
	while ((fd = dup(0)) >= 0)
		MUST(fd < 10);
	MUST(errno == EMFILE);
	MUST_FAIL(open("/dev/null", O_RDONLY), EMFILE);
	MUST_FAIL(pipe(ends), EMFILE);
	MUST_FAIL(fcntl(0, F_DUPFD, 3), EMFILE);
	MUST_FAIL(fcntl(0, F_DUPFD, 10), EINVAL);
	MUST_FAIL(dup2(0, 10), EBADF);
	MUST_FAIL(dup3(0, 10, 0), EBADF);
	MUST(dup2(0, 9) == 9);				/* one that is taken is no new one */
	close(9);
	MUST_FAIL(pipe(ends), EMFILE);
	MUST(dup(0) == 9);				/* of which nothing was left */
	MUST(fcntl(high, F_GETFD) == 0 && dup2(high, 5) == 5);	/* those above stay */
	MUST(poll(p, 10, 0) >= 0);
	MUST_FAIL(poll(p, 11, 0), EINVAL);
	MUST(!limit(RLIMIT_NOFILE, 0, 20));
	close(5);
	MUST_FAIL(dup(0), EMFILE);
	MUST_FAIL(open("/no-such-file", O_RDONLY), EMFILE);	/* the number comes first */
	MUST(!limit(RLIMIT_NOFILE, 20, 20));
	MUST(dup2(0, 19) == 19 && dup(0) == 5 && dup(0) == 10);
}

static volatile int signals;

static void count(int sig)
{
	signals++;
}

static long size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) ? -1 : (long)st.st_size;
}

static void fsize(void)
{
	int fd = open(NAME, O_CREAT | O_RDWR | O_TRUNC, 0600), append = open(NAME, O_WRONLY | O_APPEND), ends[2];
	char data[3000] = {0};

	signal(SIGXFSZ, count);
	MUST(fd >= 0 && !limit(RLIMIT_FSIZE, 5000, RLIM_INFINITY));
	MUST(write(fd, data, 3000) == 3000);
	MUST(write(fd, data, 3000) == 2000 && !signals);	/* as much as fits, silently */
	MUST_FAIL(write(fd, data, 1), EFBIG);
	MUST(signals == 1 && size_of(NAME) == 5000);
	MUST_FAIL(write(append, data, 1), EFBIG);
	MUST_FAIL(pwrite(fd, data, 1, 100000), EFBIG);
	MUST_FAIL(ftruncate(fd, 5001), EFBIG);
	MUST_FAIL(truncate(NAME, 5001), EFBIG);
	MUST(signals == 5);
	MUST(write(fd, data, 0) == 0 && signals == 5);
	MUST(pwrite(fd, data, 3000, 0) == 3000);		/* what is there may be written */
	MUST(!limit(RLIMIT_FSIZE, 4000, RLIM_INFINITY));
	MUST_FAIL(pwrite(fd, data, 1, 4000), EFBIG);		/* though not above a limit that came later */
	MUST(pwrite(fd, data, 3000, 3999) == 1);
	MUST(!ftruncate(fd, 4500) && size_of(NAME) == 4500);	/* to become smaller is allowed */
	MUST(!pipe(ends) && !limit(RLIMIT_FSIZE, 0, RLIM_INFINITY));
	MUST(write(ends[1], data, 10) == 10);			/* a pipe is no file */
	signal(SIGXFSZ, SIG_IGN);
	MUST_FAIL(write(fd, data, 1), EFBIG);
	signal(SIGXFSZ, SIG_DFL);
	write(fd, data, 1);
}

static void *sleeper(void *arg)
{
	pause();
	return NULL;
}

static void nproc(void)
{
	pthread_t t;
	pid_t pid;

	MUST(!limit(RLIMIT_NPROC, 3, 3));
	MUST(!setuid(NOBODY));
	pid = fork();
	if (!pid)
		pause();
	MUST(pid > 0);
	MUST(!pthread_create(&t, NULL, sleeper, NULL));		/* a thread counts */
	MUST_FAIL(fork(), EAGAIN);
	MUST(pthread_create(&t, NULL, sleeper, NULL) == EAGAIN);
	MUST(!kill(pid, SIGKILL) && waitpid(pid, NULL, 0) == pid);
	pid = fork();
	if (!pid)
		_exit(0);
	MUST(pid > 0 && waitpid(pid, NULL, 0) == pid);		/* an end makes room */
	pid = fork();
	if (!pid)
		_exit(0);
	MUST(pid > 0);
	siginfo_t info;

	MUST(!waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
	MUST_FAIL(fork(), EAGAIN);				/* which one makes when it is waited for */
	MUST(waitpid(pid, NULL, 0) == pid);
	MUST(!limit(RLIMIT_NPROC, 0, 3));
	MUST_FAIL(fork(), EAGAIN);
}

/* Root is not bound, and does not count for others. */
static void nproc_of_root(void)
{
	pid_t pid;

	MUST(!limit(RLIMIT_NPROC, 0, 0));
	pid = fork();
	if (!pid)
		_exit(0);
	MUST(pid > 0 && waitpid(pid, NULL, 0) == pid);
}

/* A process of NOBODY's. */
static pid_t nobodys(void)
{
	pid_t pid = fork();

	if (!pid) {
		setuid(NOBODY);
		pause();
	}
	becomes_asleep(pid);
	return pid;
}

static void nproc_and_exec(void)
{
	pid_t one = nobodys(), two = nobodys();

	MUST(one > 0 && two > 0);
	MUST(!limit(RLIMIT_NPROC, 1, 5));
	MUST(!setresuid(NOBODY, 0, 0));				/* too many, but setuid is not what fails */
	MUST_FAIL(execl("/proc/self/exe", "rlimit", "core", "1", "2", NULL), EAGAIN);
	MUST(!kill(one, SIGKILL) && waitpid(one, NULL, 0) == one);
	MUST_FAIL(execl("/proc/self/exe", "rlimit", "core", "1", "2", NULL), EAGAIN);
	MUST(!kill(two, SIGKILL) && waitpid(two, NULL, 0) == two);
	execl("/proc/self/exe", "rlimit", "nothing", NULL);	/* with room it goes */
	MUST(0);
}

static __attribute__((noinline)) void use_stack(size_t size)
{
	volatile char *p = alloca(size);

	for (size_t i = size; i > 4096; i -= 4096)
		p[i - 1] = 1;
}

static void stack_within(void)
{
	MUST(!limit(RLIMIT_STACK, 1 << 20, 4 << 20));
	use_stack(900 << 10);
}

static void stack_beyond(void)
{
	MUST(!limit(RLIMIT_STACK, 1 << 20, 4 << 20));
	use_stack(1100 << 10);
}

static void stack_raised(void)
{
	MUST(!limit(RLIMIT_STACK, 1 << 20, 4 << 20));
	use_stack(900 << 10);
	MUST(!limit(RLIMIT_STACK, 2 << 20, 4 << 20));
	use_stack(1800 << 10);
}

static void stack_and_arguments(void)
{
	char *big = malloc(100 << 10), *args[] = {"rlimit", "nothing", big, NULL}, *five[] = {"rlimit", "nothing", big, big, big, big, big, NULL};

	memset(big, 'x', 100 << 10);
	big[(100 << 10) - 1] = 0;
	MUST(!limit(RLIMIT_STACK, 1 << 20, 1 << 20));
	MUST_FAIL(execv("/proc/self/exe", five), E2BIG);	/* a quarter of it is for arguments */
	execv("/proc/self/exe", args);
	MUST(0);
}

static void address_space(void)
{
	void *p;

	MUST(!limit(RLIMIT_AS, 64 << 20, 64 << 20));
	MUST_FAIL(mmap(NULL, 64 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
	p = mmap(NULL, 32 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(p != MAP_FAILED);
	MUST_FAIL(mremap(p, 32 << 20, 64 << 20, MREMAP_MAYMOVE), ENOMEM);
	/* What a mapping replaces does not count twice. */
	MUST(mmap(p, 32 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p);
	MUST(!limit(RLIMIT_DATA, 1 << 20, 1 << 20));
	/* Private memory that can be written is data, however it comes to be so. */
	MUST_FAIL(mmap(NULL, 2 << 20, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
	MUST_FAIL(mprotect(p, 2 << 20, PROT_WRITE), ENOMEM);
	MUST(!mprotect(p, 512 << 10, PROT_WRITE));
	MUST_FAIL(mmap(NULL, 768 << 10, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
	MUST(mmap(NULL, 2 << 20, PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	MUST(!munmap(p, 32 << 20));
	char *now = (char *)syscall(SYS_brk, 0);

	MUST((char *)syscall(SYS_brk, now + (2 << 20)) == now);
}

/* prlimit(2) of a process with these ids, as NOBODY: the errno, or 0. */
static int of_another(uid_t ruid, uid_t suid, gid_t gid)
{
	struct rlimit old = {0};
	int result = -1, status;
	pid_t other = fork(), asker;

	if (!other) {
		limit(RLIMIT_CORE, 100, 200);
		if (setresgid(gid, gid, gid) || setresuid(ruid, ruid, suid))
			_exit(1);
		pause();
	}
	becomes_asleep(other);
	asker = fork();
	if (!asker) {
		if (setgid(NOBODY) || setuid(NOBODY))
			_exit(255);
		if (prlimit(other, RLIMIT_CORE, NULL, &old))
			_exit(errno);
		_exit(old.rlim_cur == 100 && old.rlim_max == 200 ? 0 : 254);
	}
	if (waitpid(asker, &status, 0) == asker)
		result = WEXITSTATUS(status);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	return result;
}

static void others(void)
{
	struct rlimit new = {50, 60}, old = {0};
	pid_t pid = fork();

	if (!pid) {
		while (!limit_is(RLIMIT_CORE, 50, 60))
			usleep(1000);
		_exit(0);
	}
	EQ(prlimit(pid, RLIMIT_CORE, &new, &old), 0, "root sets another one's limit");
	EQ(ends_within(pid, 10000), 1, "which sees it");
	EQ(of_another(NOBODY, NOBODY, NOBODY), 0, "a user asks for another of his processes");
	EQ(of_another(NOBODY, 0, NOBODY), EPERM, "not for one with root's saved uid");
	EQ(of_another(NOBODY, NOBODY, 7), EPERM, "nor for one with another gid");
	EQ(of_another(7, 7, NOBODY), EPERM, "nor for one of another user");
	EQ(of_another(0, 0, 0), EPERM, "nor for root's");
	FAILS(prlimit(0x3ffffff, RLIMIT_CORE, NULL, &old), ESRCH, "nobody: ESRCH");
	FAILS(prlimit(0, 99, NULL, &old), EINVAL, "no such limit: EINVAL");
	FAILS(prlimit(0, RLIMIT_CORE, (void *)8, NULL), EFAULT, "a wild new one: EFAULT");
	FAILS(prlimit(0, RLIMIT_CORE, NULL, (void *)8), EFAULT, "or old one");
	EQ(prlimit(0, RLIMIT_CORE, NULL, NULL), 0, "neither: nothing");
}

int main(int argc, char **argv)
{
	if (argc > 3)
		return !limit_is(RLIMIT_CORE, (rlim_t)atol(argv[2]), (rlim_t)atol(argv[3]));
	if (argc > 1)
		return 0;
	if (getuid()) {
		printf("1..0 # SKIP needs root\n");
		return 0;
	}
	EQ(in_child(rules), 0, "limits are set by the rules, and inherited");
	EQ(in_child(nofile), 0, "RLIMIT_NOFILE bounds the numbers of descriptors");
	EQ(in_child(fsize), -1, "RLIMIT_FSIZE bounds files, with SIGXFSZ");
	unlink(NAME);
	EQ(in_child(nproc), 0, "RLIMIT_NPROC bounds a user's tasks");
	EQ(in_child(nproc_of_root), 0, "but not root's");
	EQ(in_child(nproc_and_exec), 0, "and who comes to be one too many does not execute");
	EQ(in_child(stack_within), 0, "RLIMIT_STACK: the stack grows");
	EQ(in_child(stack_beyond), -1, "not above the limit");
	EQ(in_child(stack_raised), 0, "and more when that is raised");
	EQ(in_child(stack_and_arguments), 0, "it bounds a new program's arguments");
	EQ(in_child(address_space), 0, "RLIMIT_AS and RLIMIT_DATA");
	others();
	return TAP_DONE();
}
