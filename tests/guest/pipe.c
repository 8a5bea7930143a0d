// SPDX-License-Identifier: GPL-2.0-only
/* Pipes: order, capacity, both ends closed, SIGPIPE, O_NONBLOCK, atomic writes, poll. */
#define _GNU_SOURCE
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int ends[2];
static volatile sig_atomic_t broken;

static void on_pipe(int number)
{
	broken++;
}

static void basics(void)
{
	char buf[16] = "";

	EQ(pipe(ends), 0, "a pipe opens");
	EQ(write(ends[1], "hello", 5), 5, "takes bytes");
	EQ(read(ends[0], buf, 2), 2, "gives as many as asked");
	EQ(read(ends[0], buf + 2, 10), 3, "then the rest");
	OK(!memcmp(buf, "hello", 5), "in order");
	FAILS(write(ends[0], "x", 1), EBADF, "its read end takes none");
	FAILS(read(ends[1], buf, 1), EBADF, "its write end gives none");
	FAILS(lseek(ends[0], 0, SEEK_SET), ESPIPE, "it has no place to seek to");
	write(ends[1], "y", 1);
	FAILS(read(ends[0], (void *)8, 1), EFAULT, "a bad address is EFAULT");
	close(ends[1]);
}

static void ending(void)
{
	char byte;

	pipe(ends);
	write(ends[1], "z", 1);
	close(ends[1]);
	EQ(read(ends[0], &byte, 1), 1, "after the writer has gone, what it wrote comes");
	EQ(read(ends[0], &byte, 1), 0, "then the end");
	close(ends[0]);
	pipe(ends);
	close(ends[0]);
	signal(SIGPIPE, on_pipe);
	FAILS(write(ends[1], "x", 1), EPIPE, "without a reader, writing is EPIPE");
	EQ(broken, 1, "and SIGPIPE");
	signal(SIGPIPE, SIG_IGN);
	FAILS(write(ends[1], "x", 1), EPIPE, "ignored, it is EPIPE alone");
	signal(SIGPIPE, SIG_DFL);
	close(ends[1]);
}

static void nonblocking(void)
{
	char block[4096] = { 0 };
	struct pollfd both[2];
	long total = 0, got;

	EQ(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0, "pipe2 with O_NONBLOCK");
	FAILS(read(ends[0], block, 1), EAGAIN, "empty: EAGAIN");
	while ((got = write(ends[1], block, sizeof(block))) > 0)
		total += got;
	EQ(errno, EAGAIN, "full: EAGAIN");
	EQ(total, 65536, "a pipe holds 64 KiB");
	both[0] = (struct pollfd){ ends[0], POLLIN, 0 };
	both[1] = (struct pollfd){ ends[1], POLLOUT, 0 };
	EQ(poll(both, 2, 0), 1, "poll: a full pipe is ready at one end");
	EQ(both[0].revents, POLLIN, "to be read");
	read(ends[0], block, sizeof(block));
	EQ(poll(both, 2, 0), 2, "with room, at both");
	close(ends[1]);
	while (read(ends[0], block, sizeof(block)) > 0)
		;
	EQ(poll(both, 1, 0), 1, "without writer, it is ready");
	OK(both[0].revents & POLLHUP, "with POLLHUP");
	close(ends[0]);
	EQ(fcntl(ends[0], F_GETFD), -1, "closed is closed");
}

static void waiting(void)
{
	struct pollfd one;
	char byte = 0;
	pid_t pid;

	pipe(ends);
	pid = fork();
	if (!pid) {
		usleep(30000);
		write(ends[1], "w", 1);
		_exit(0);
	}
	one = (struct pollfd){ ends[0], POLLIN, 0 };
	EQ(poll(&one, 1, 20000), 1, "poll waits for a writer");
	EQ(read(ends[0], &byte, 1), 1, "and then there is a byte");
	waitpid(pid, NULL, 0);
	EQ(poll(&one, 1, 10), 0, "poll gives up after its time");
	close(ends[0]);
	close(ends[1]);
}

/* Writes of up to 4096 bytes are whole: with many writers no record is torn. A reader that waits gets all of them. */
static void many_writers(void)
{
	enum { WRITERS = 4, RECORDS = 200, SIZE = 512 };
	char record[SIZE];
	int counts[WRITERS] = { 0 }, torn = 0, short_reads = 0;
	long got, fill = 0;

	pipe(ends);
	for (int w = 0; w < WRITERS; w++) {
		if (fork())
			continue;
		memset(record, 'a' + w, SIZE);
		for (int i = 0; i < RECORDS; i++)
			write(ends[1], record, SIZE);
		_exit(0);
	}
	close(ends[1]);
	while ((got = read(ends[0], record + fill, SIZE - fill)) > 0) {
		fill += got;
		if (fill < SIZE) {
			short_reads++;
			continue;
		}
		fill = 0;
		for (int i = 1; i < SIZE; i++)
			torn += record[i] != record[0];
		if (record[0] >= 'a' && record[0] < 'a' + WRITERS)
			counts[record[0] - 'a']++;
	}
	EQ(torn, 0, "records of many writers are not torn");
	for (int w = 0; w < WRITERS; w++) {
		EQ(counts[w], RECORDS, "and none is lost");
		wait(NULL);
	}
	close(ends[0]);
}

static void large(void)
{
	enum { SIZE = 1 << 20 };
	unsigned char *sent = malloc(SIZE), *got = malloc(SIZE);
	long at = 0, n;

	for (int i = 0; i < SIZE; i++)
		sent[i] = i * 7 + (i >> 8);
	pipe(ends);
	if (!fork()) {
		close(ends[0]);
		_exit(write(ends[1], sent, SIZE) == SIZE ? 0 : 1);
	}
	close(ends[1]);
	while (at < SIZE && (n = read(ends[0], got + at, SIZE - at < 7777 ? SIZE - at : 7777)) > 0)
		at += n;
	EQ(at, SIZE, "a mebibyte in one write arrives");
	OK(!memcmp(sent, got, SIZE), "unchanged");
	int status = -1;

	wait(&status);
	EQ(status, 0, "and the write said so");
	close(ends[0]);
}

/* What `cat /dev/stdin` does behind a pipe. */
static void opened_again(void)
{
	char name[32], buf[8] = "";
	int reader, writer;

	pipe(ends);
	write(ends[1], "abc", 3);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", ends[1]);
	writer = open(name, O_WRONLY);
	OK(writer >= 0, "a pipe's write end opens once more");
	EQ(write(writer, "def", 3), 3, "and takes bytes");
	close(ends[1]);
	close(writer);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", ends[0]);
	reader = open(name, O_RDONLY);
	OK(reader >= 0, "its read end opens without a writer");
	close(ends[0]);
	EQ(read(reader, buf, sizeof(buf)), 6, "and is that of the same pipe");
	OK(!memcmp(buf, "abcdef", 6), "with all bytes");
	EQ(read(reader, buf, sizeof(buf)), 0, "and its end");
	close(reader);
}

int main(void)
{
	basics();
	ending();
	nonblocking();
	waiting();
	many_writers();
	large();
	opened_again();
	return TAP_DONE();
}
