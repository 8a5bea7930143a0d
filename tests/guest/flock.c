// SPDX-License-Identifier: GPL-2.0-only
/*
 * flock(2): shared and exclusive locks of open files, waiting for one, changing one into the other, and who has it: the open file,
 * which dup() and fork() share, until its last descriptor is closed.
 */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>

#define NAME "/tmp/flock-test"

static int reopen(void)
{
	return open(NAME, O_RDWR | O_CREAT, 0600);
}

static void arguments(void)
{
	int fd = reopen(), path = open(NAME, O_PATH), ends[2];

	FAILS(flock(999, LOCK_SH), EBADF, "no descriptor: EBADF");
	FAILS(flock(path, LOCK_SH), EBADF, "one of O_PATH: EBADF");
	FAILS(flock(fd, 0), EINVAL, "no operation: EINVAL");
	FAILS(flock(fd, LOCK_NB), EINVAL, "nor with LOCK_NB");
	FAILS(flock(fd, LOCK_SH | LOCK_EX), EINVAL, "two of them: EINVAL");
	FAILS(flock(fd, 16), EINVAL, "an unknown one: EINVAL");
	EQ(flock(fd, LOCK_UN), 0, "what is not locked is unlocked");
	EQ(pipe(ends) || flock(ends[0], LOCK_EX) || flock(ends[1], LOCK_UN), 0, "a pipe is locked, too");
	FAILS(flock(ends[1], LOCK_EX | LOCK_NB), EWOULDBLOCK, "both ends are one thing");
	close(fd), close(path), close(ends[0]), close(ends[1]);
	fd = open(NAME, O_ACCMODE);
	FAILS(flock(fd, LOCK_SH), EBADF, "a descriptor neither to read nor to write: EBADF");
	close(fd);
	int dir = open("/tmp", O_RDONLY);

	EQ(flock(dir, LOCK_EX), 0, "and a directory");
	close(dir);
	fd = open(NAME, O_RDONLY);
	EQ(flock(fd, LOCK_EX | LOCK_NB), 0, "an exclusive lock needs no right to write");
	close(fd);
}

static void kinds(void)
{
	int a = reopen(), b = reopen(), c = reopen();

	EQ(flock(a, LOCK_SH) || flock(b, LOCK_SH | LOCK_NB), 0, "two share");
	FAILS(flock(c, LOCK_EX | LOCK_NB), EWOULDBLOCK, "a third does not get it alone");
	EQ(flock(a, LOCK_SH), 0, "a second time is the same lock");
	EQ(flock(a, LOCK_UN), 0, "so that one unlock ends it");
	FAILS(flock(c, LOCK_EX | LOCK_NB), EWOULDBLOCK, "not while the other one has it");
	EQ(flock(b, LOCK_UN) || flock(c, LOCK_EX | LOCK_NB), 0, "after both it is free");
	EQ(flock(c, LOCK_EX | LOCK_NB), 0, "to have it again is no conflict with oneself");
	FAILS(flock(a, LOCK_SH | LOCK_NB), EWOULDBLOCK, "nobody shares an exclusive one");
	FAILS(flock(a, LOCK_EX | LOCK_NB), EWOULDBLOCK, "and it is exclusive");
	EQ(flock(c, LOCK_SH | LOCK_NB), 0, "it becomes a shared one");
	EQ(flock(a, LOCK_SH | LOCK_NB), 0, "and another joins");
	FAILS(flock(c, LOCK_EX | LOCK_NB), EWOULDBLOCK, "with whom it does not become exclusive again");
	EQ(flock(a, LOCK_EX | LOCK_NB), 0, "and the attempt has cost the shared lock, as the man page says");
	EQ(flock(a, LOCK_UN), 0, "unlocked");
	EQ(flock(c, LOCK_SH | LOCK_NB) || flock(c, LOCK_EX | LOCK_NB), 0, "alone it does become one");
	FAILS(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK, "really");
	close(c);
	EQ(flock(b, LOCK_EX | LOCK_NB), 0, "close unlocks");
	close(a), close(b);
}

static void owners(void)
{
	int a = reopen(), again = dup(a), b = reopen(), status;
	pid_t pid;

	flock(a, LOCK_EX);
	EQ(flock(again, LOCK_EX | LOCK_NB), 0, "a duplicate is the same open file");
	close(a);
	FAILS(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK, "which is locked until its last descriptor is closed");
	pid = fork();
	if (!pid) {
		close(again);
		_exit(flock(b, LOCK_EX | LOCK_NB) == 0);
	}
	waitpid(pid, &status, 0);
	EQ(status, 0, "a child's close does not unlock");
	pid = fork();
	if (!pid)
		_exit(flock(again, LOCK_UN));
	waitpid(pid, &status, 0);
	EQ(flock(b, LOCK_EX | LOCK_NB), 0, "but what it inherited it may unlock");
	flock(b, LOCK_UN);
	flock(again, LOCK_EX);
	pid = fork();
	if (!pid) {
		close(b);
		pause();
	}
	close(again);
	FAILS(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK, "a child that has inherited a lock keeps it");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EQ(flock(b, LOCK_EX | LOCK_NB), 0, "until its end");
	pid = fork();
	if (!pid) {
		int own = reopen();

		_exit(flock(own, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK && !flock(b, LOCK_SH | LOCK_NB) && !flock(own, LOCK_SH | LOCK_NB) ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	EQ(status, 0, "one that opens the file itself is another owner, what it inherited the same");
	a = reopen();
	EQ(flock(a, LOCK_SH | LOCK_NB), 0, "and has changed it for its parent");
	close(a), close(b);
}

static void handler(int sig)
{
}

/* A child that waits for a lock on a file of its own, and exits with 0 or the errno. `restart`: its handler of SIGUSR1 does. */
static pid_t locker(int op, int restart)
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = restart ? SA_RESTART : 0};
	pid_t pid = fork();

	if (!pid) {
		for (int i = 3; i < 32; i++)	/* whose files are the parent's */
			close(i);
		int fd = reopen();

		sigaction(SIGUSR1, &act, NULL);
		_exit(flock(fd, op) ? errno : 0);
	}
	becomes_asleep(pid);
	return pid;
}

static int result(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void waiting(void)
{
	int a = reopen(), b = reopen();
	pid_t one, two, three;

	flock(a, LOCK_EX);
	one = locker(LOCK_EX, 0);
	EQ(becomes_asleep(one), 1, "who asks for a lock that is taken sleeps");
	flock(a, LOCK_UN);
	EQ(result(one), 0, "until it is unlocked");
	flock(a, LOCK_EX);
	one = locker(LOCK_SH, 0), two = locker(LOCK_SH, 0);
	flock(a, LOCK_SH);
	EQ(result(one) + result(two), 0, "who wants to share goes on when it becomes shared");
	three = locker(LOCK_EX, 0);
	EQ(flock(b, LOCK_SH | LOCK_NB), 0, "who waits for it alone keeps no others out");
	close(a);
	EQ(becomes_asleep(three), 1, "and waits for all of them");
	close(b);
	EQ(result(three), 0, "by a last close it is woken");
	a = reopen();
	flock(a, LOCK_EX);
	one = locker(LOCK_EX, 0);
	kill(one, SIGUSR1);
	EQ(result(one), EINTR, "a handler interrupts the wait");
	one = locker(LOCK_EX, 1);
	kill(one, SIGUSR1);
	EQ(ends_within(one, 100), 0, "with SA_RESTART it goes on waiting");
	flock(a, LOCK_UN);
	EQ(result(one), 0, "and gets it");
	flock(a, LOCK_EX);
	one = locker(LOCK_EX, 0);
	kill(one, SIGKILL);
	EQ(ends_within(one, 10000), 1, "who is killed while waiting goes");
	one = fork();
	if (!one) {
		flock(reopen(), LOCK_EX);
		_exit(0);
	}
	becomes_asleep(one);
	flock(a, LOCK_UN);
	EQ(result(one), 0, "a process that ends with a lock");
	EQ(flock(a, LOCK_EX | LOCK_NB), 0, "leaves none");
	close(a);
}

/* Many processes add to a number in the file, each with the lock. */
static void many(void)
{
	int fd = reopen(), good = 0;
	long n = 0;

	pwrite(fd, &n, sizeof(n), 0);
	for (int i = 0; i < 8; i++) {
		if (fork())
			continue;
		fd = reopen();
		for (int j = 0; j < 200; j++) {
			flock(fd, LOCK_EX);
			pread(fd, &n, sizeof(n), 0);
			n++;
			pwrite(fd, &n, sizeof(n), 0);
			flock(fd, LOCK_UN);
		}
		_exit(0);
	}
	for (int i = 0; i < 8; i++)
		good += wait(NULL) > 0;
	pread(fd, &n, sizeof(n), 0);
	EQ(good, 8, "eight processes have finished");
	EQ(n, 8 * 200, "and counted without a mistake");
	close(fd);
}

int main(void)
{
	arguments();
	kinds();
	owners();
	waiting();
	many();
	unlink(NAME);
	return TAP_DONE();
}
