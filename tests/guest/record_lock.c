// SPDX-License-Identifier: GPL-2.0-only
/* Record locks, fcntl(F_SETLK): ranges, who owns them, waiting, circles, closing; and those of open files. */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define NAME  "/tmp/record-lock-test"
#define RANGE 12

#ifndef F_OFD_GETLK
#define F_OFD_GETLK  36
#define F_OFD_SETLK  37
#define F_OFD_SETLKW 38
#endif

static int fd;

static int reopen(int flags)
{
	return open(NAME, flags | O_CREAT, 0600);
}

static int lock(int file, int command, int type, long start, long len)
{
	struct flock f = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};

	return fcntl(file, command, &f);
}

static int set(int type, long start, long len)
{
	return lock(fd, F_SETLK, type, start, len);
}

/*
 * What another process sees of the first RANGE bytes: r, w, or - for each. It writes to a pipe what its F_GETLK says with a write lock, which
 * each lock is in the way of.
 */
static const char *seen(void)
{
	static char text[RANGE + 1];
	int ends[2];

	if (pipe(ends))
		abort();
	if (!fork()) {
		for (int i = 0; i < RANGE; i++) {
			struct flock f = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = i, .l_len = 1};

			text[i] = fcntl(fd, F_GETLK, &f) ? '?' : f.l_type == F_UNLCK ? '-' : f.l_type == F_RDLCK ? 'r' : 'w';
		}
		_exit(write(ends[1], text, RANGE) != RANGE);
	}
	close(ends[1]);
	memset(text, 0, sizeof(text));
	if (read(ends[0], text, RANGE) != RANGE)
		abort();
	close(ends[0]);
	wait(NULL);
	return text;
}

static void sees(const char *want, const char *what)
{
	const char *got = seen();

	if (!OK(!strcmp(got, want), what))
		printf("# %s instead of %s\n", got, want);
}

static void arguments(void)
{
	int readable = reopen(O_RDONLY), writable = reopen(O_WRONLY), path = reopen(O_PATH);
	struct flock f = {.l_type = 9};

	FAILS(lock(999, F_SETLK, F_RDLCK, 0, 0), EBADF, "no descriptor");
	FAILS(lock(path, F_SETLK, F_RDLCK, 0, 0), EBADF, "one of O_PATH");
	FAILS(lock(readable, F_SETLK, F_WRLCK, 0, 0), EBADF, "to lock for writing what is open to read");
	FAILS(lock(writable, F_SETLK, F_RDLCK, 0, 0), EBADF, "and the other way round");
	FAILS(fcntl(fd, F_SETLK, 8), EFAULT, "no structure");
	FAILS(fcntl(fd, F_SETLK, &f), EINVAL, "an unknown type");
	f = (struct flock){.l_type = F_RDLCK, .l_whence = 9};
	FAILS(fcntl(fd, F_SETLK, &f), EINVAL, "a place from nowhere");
	FAILS(set(F_RDLCK, -1, 1), EINVAL, "before the file's start");
	FAILS(set(F_RDLCK, 3, -4), EINVAL, "back to before its start");
	FAILS(set(F_RDLCK, INT64_MAX, 2), EOVERFLOW, "beyond all files");
	FAILS(lock(fd, F_GETLK, F_UNLCK, 0, 0), EINVAL, "to ask who is in the way of an unlock");
	close(readable), close(writable), close(path);
	sees("------------", "nothing is locked by that");
}

static void ranges(void)
{
	struct flock f = {.l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = -2, .l_len = 1};

	EQ(set(F_WRLCK, 2, 6), 0, "a range");
	sees("--wwwwww----", "is locked");
	EQ(set(F_RDLCK, 4, 2), 0, "its middle changes its kind");
	sees("--wwrrww----", "and it is three");
	EQ(set(F_UNLCK, 3, 2), 0, "an unlock in the middle");
	sees("--w--rww----", "cuts two");
	EQ(set(F_RDLCK, 3, 2), 0, "a lock that touches one of its kind");
	sees("--wrrrww----", "joins it");
	EQ(set(F_WRLCK, 0, 0), 0, "a length of 0");
	sees("wwwwwwwwwwww", "reaches to the end");
	EQ(set(F_UNLCK, 8, -4), 0, "a negative one");
	sees("wwww----wwww", "is what is before");
	EQ(set(F_UNLCK, 0, 0), 0, "one unlock for all");
	sees("------------", "leaves nothing");
	EQ(ftruncate(fd, 6), 0, "in a file of six bytes");
	EQ(fcntl(fd, F_SETLK, &f), 0, "two before the end");
	lseek(fd, 9, SEEK_SET);
	f.l_whence = SEEK_CUR;
	f.l_type = F_RDLCK;
	EQ(fcntl(fd, F_SETLK, &f), 0, "and two before the position");
	sees("----w--r----", "are what was meant");
	set(F_UNLCK, 0, 0);
}

/* The status of a child that does this. */
static int child(int (*run)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(run());
	waitpid(pid, &status, 0);
	return status;
}

static int read_and_write(void)
{
	struct flock f = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 4};

	if (set(F_RDLCK, 0, 4) || set(F_WRLCK, 6, 2))
		return 1;
	if (set(F_WRLCK, 0, 4) != -1 || (errno != EAGAIN && errno != EACCES))
		return 2;
	if (set(F_RDLCK, 4, 1) != -1 || set(F_UNLCK, 4, 1))
		return 3;
	if (fcntl(fd, F_GETLK, &f) || f.l_type != F_RDLCK || f.l_start != 2 || f.l_len != 2 || f.l_pid != getppid())
		return 4;
	return 0;
}

static int close_another(void)
{
	if (set(F_WRLCK, 8, 4))
		return 1;
	close(dup(fd));
	return strcmp(seen(), "--rrw-------") != 0;
}

static void owners(void)
{
	set(F_RDLCK, 2, 2);
	set(F_WRLCK, 4, 1);
	EQ(child(read_and_write), 0, "readers share, writers do not; who is in the way is told");
	sees("--rrw-------", "the end of a process unlocks what it had, and that alone");
	EQ(child(close_another), 0, "so does closing any descriptor of the file");
	sees("--rrw-------", "for who closes it");
	close(reopen(O_RDONLY));
	sees("------------", "even one that was opened later");
}

/* ---- waiting ---- */

static int wait_for_it(void)
{
	return lock(fd, F_SETLKW, F_WRLCK, 0, 4) || set(F_UNLCK, 0, 2) || strcmp(seen() + 2, "ww--------");
}

static void on_alarm(int number)
{
}

static int give_up(void)
{
	struct sigaction action = {.sa_handler = on_alarm};
	struct itimerval often = {{0, 20000}, {0, 20000}};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	return !(lock(fd, F_SETLKW, F_WRLCK, 0, 4) == -1 && errno == EINTR);
}

static void waiting(void)
{
	int status = -1;
	pid_t pid;

	set(F_WRLCK, 0, 4);
	EQ(child(give_up), 0, "a signal ends a wait");
	pid = fork();
	if (!pid)
		_exit(wait_for_it());
	usleep(20000);
	EQ(waitpid(pid, &status, WNOHANG), 0, "a child waits");
	set(F_UNLCK, 0, 1);
	usleep(20000);
	EQ(waitpid(pid, &status, WNOHANG), 0, "for all that it wants");
	set(F_UNLCK, 0, 0);
	waitpid(pid, &status, 0);
	EQ(status, 0, "and then has it");
}

/* Each has one byte and wants the other's: one of them is told. */
static void circle(void)
{
	int status, ends[2], in_child, here;
	pid_t pid;
	char c;

	pipe(ends);
	set(F_WRLCK, 0, 1);
	pid = fork();
	if (!pid) {
		set(F_WRLCK, 1, 1);
		write(ends[1], "x", 1);
		in_child = lock(fd, F_SETLKW, F_WRLCK, 0, 1);
		_exit(!in_child ? 0 : errno == EDEADLK ? 1 : 2);
	}
	read(ends[0], &c, 1);
	here = lock(fd, F_SETLKW, F_WRLCK, 1, 1);
	if (here < 0)
		EQ(errno, EDEADLK, "a circle is found here");
	else
		EQ(here, 0, "a circle is found in the child");
	set(F_UNLCK, 0, 0);
	waitpid(pid, &status, 0);
	EQ(WEXITSTATUS(status), here < 0 ? 0 : 1, "and by one of the two");
	close(ends[0]), close(ends[1]);
}

/* ---- locks of open files ---- */

static void open_files(void)
{
	int other = reopen(O_RDWR), copy = dup(fd);
	struct flock f = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

	EQ(lock(fd, F_OFD_SETLK, F_WRLCK, 0, 4), 0, "a lock of an open file");
	FAILS(lock(other, F_OFD_SETLK, F_RDLCK, 3, 4), EAGAIN, "is in the way of another one, in one process");
	FAILS(lock(fd, F_SETLK, F_RDLCK, 3, 4), EAGAIN, "and of the process");
	EQ(lock(copy, F_OFD_SETLK, F_RDLCK, 3, 4), 0, "but not of its own copy");
	EQ(fcntl(other, F_OFD_GETLK, &f), 0, "who is in the way");
	EQ(f.l_pid, f.l_type == F_WRLCK ? -1 : 0, "is no process");
	f = (struct flock){.l_type = F_RDLCK, .l_pid = 1};
	FAILS(fcntl(other, F_OFD_SETLK, &f), EINVAL, "and none can be named");
	close(other);
	close(copy);
	sees("wwwrrrr-----", "closing others leaves it");
	close(fd);
	fd = reopen(O_RDWR);
	sees("------------", "closing the last does not");
}

/* ---- many ---- */

#define WRITERS 4
#define ROUNDS	300

/* Each adds one to a number in the file, and to that of a byte of its own by chance. */
static int count(void)
{
	int number;

	for (int i = 0; i < ROUNDS; i++) {
		long place = 100 + any(20);

		if (lock(fd, F_SETLKW, F_WRLCK, 0, 4) || pread(fd, &number, 4, 0) != 4)
			return 1;
		number++;
		if (pwrite(fd, &number, 4, 0) != 4 || set(F_UNLCK, 0, 4))
			return 2;
		set(any(3), place, 1 + any(20));
	}
	return 0;
}

static void many(void)
{
	int number = 0, status, failed = 0;

	pwrite(fd, &number, 4, 0);
	for (int i = 0; i < WRITERS; i++)
		if (!fork()) {
			seed = i + 1;
			_exit(count());
		}
	for (int i = 0; i < WRITERS; i++)
		failed += wait(&status) < 0 || status;
	EQ(failed, 0, "processes that take turns");
	pread(fd, &number, 4, 0);
	EQ(number, WRITERS * ROUNDS, "lose nothing");
	sees("------------", "and leave nothing");
}

int main(void)
{
	fd = reopen(O_RDWR);
	arguments();
	ranges();
	owners();
	waiting();
	circle();
	open_files();
	many();
	close(fd);
	unlink(NAME);
	return TAP_DONE();
}
