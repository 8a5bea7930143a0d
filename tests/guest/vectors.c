// SPDX-License-Identifier: GPL-2.0-only
/*
 * readv and writev: vectors that are wrong are seen before anything is done, small ones are one read or write, and a pipe is not asked
 * for more than it has. Runs on Linux too.
 */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/uio.h>

#define BAD ((void *)8)

static char buf[8192];

static struct iovec piece(const void *base, size_t len)
{
	return (struct iovec){(void *)base, len};
}

static void wrong_ones(int fd)
{
	struct iovec v[3] = {piece("ab", 2), piece("cd", (size_t)-1)};

	FAILS(writev(fd, v, 2), EINVAL, "a negative length");
	FAILS(writev(fd, v, -1), EINVAL, "a negative number of pieces");
	FAILS(writev(fd, BAD, 1), EFAULT, "no vector");
	v[1] = piece("cd", LONG_MAX);
	FAILS(writev(fd, v, 2), EFAULT, "a piece that leaves the address space");
	v[1] = piece((void *)-4096UL, 1);
	FAILS(writev(fd, v, 2), EFAULT, "a piece of the kernel's");
	EQ(lseek(fd, 0, SEEK_END), 0, "and nothing has been written");
	v[1] = piece(BAD, 3);
	v[2] = piece("x", 1);
	EQ(writev(fd, v, 3), 2, "what is before a piece that is not mapped");
	EQ(lseek(fd, 0, SEEK_END), 2, "is written");
	FAILS(writev(fd, v + 1, 2), EFAULT, "nothing is before it");
	v[0] = piece("", 0);
	EQ(writev(fd, v, 1), 0, "no bytes");
	EQ(writev(fd, v, 0), 0, "no pieces");
}

static void many_pieces(int fd)
{
	struct iovec v[1024];

	for (int i = 0; i < 1024; i++)
		v[i] = piece(i % 3 ? "wxyz" : "12", i % 3 ? 4 : i % 2 ? 0 : 2);
	EQ(pwritev(fd, v, 1024, 0), 4 * 682 + 2 * 171, "the most pieces, some of them empty");
	EQ(pread(fd, buf, 16, 0), 16, "they are there");
	OK(!memcmp(buf, "12wxyzwxyzwxyzwx", 16), "in their order");
	v[0] = piece(buf, 5000);
	v[1] = piece(buf + 5000, 3000);
	EQ(ftruncate(fd, 7000), 0, "a file of more than a page");
	EQ(preadv(fd, v, 2, 0), 7000, "is read in large pieces");
	EQ(pwritev(fd, v, 2, 0), 8000, "and written");
}

static void on_alarm(int number)
{
}

static void pipes(void)
{
	struct iovec v[3] = {piece(buf, 4), piece(buf + 4, 0), piece(buf + 4, 4)};
	int ends[2];

	sigaction(SIGALRM, &(struct sigaction){.sa_handler = on_alarm}, NULL);
	pipe(ends);
	write(ends[1], "abcd", 4);
	alarm(20);
	EQ(readv(ends[0], v, 3), 4, "a pipe gives what it has: as much as the first piece");
	write(ends[1], "efghijklmn", 10);
	EQ(readv(ends[0], v, 3), 8, "or as all");
	OK(!memcmp(buf, "efghijkl", 8), "each in its place");
	v[0].iov_len = sizeof(buf) - 10;
	v[2].iov_base = buf + sizeof(buf) - 10;
	EQ(readv(ends[0], v, 3), 2, "a large first piece");
	write(ends[1], "z", 1);
	v[0] = piece(BAD, 2);
	FAILS(readv(ends[0], v, 3), EFAULT, "a piece that is not mapped");
	alarm(0);
	close(ends[1]);
	close(ends[0]);
}

/* A line of 60 times the same letter, in two pieces as stdio writes it. */
static void write_lines(int fd, char letter)
{
	char line[61];

	memset(line, letter, 60);
	line[60] = '\n';
	for (int i = 0; i < 300; i++) {
		unsigned int cut = 1 + any(59);
		struct iovec v[2] = {piece(line, cut), piece(line + cut, 61 - cut)};

		if (writev(fd, v, 2) != 61)
			_exit(1);
	}
	_exit(0);
}

static int whole_line(const char *line)
{
	for (int i = 1; i < 60; i++)
		if (line[i] != line[0])
			return 0;
	return line[60] == '\n';
}

/* Four writers at `to`; 0: all of their lines come whole out of `from`. */
static int mixed_lines(int from, int to)
{
	int status, broken = 0, lines = 0;
	char line[61];
	FILE *f;

	for (int i = 0; i < 4; i++) {
		if (fork())
			continue;
		seed = (unsigned int)i;
		write_lines(to, (char)('a' + i));
	}
	close(to);
	if (lseek(from, 0, SEEK_CUR) >= 0)
		while (wait(NULL) > 0)
			;
	f = fdopen(from, "r");
	while (fread(line, 1, 61, f) == 61) {
		broken += !whole_line(line);
		lines++;
	}
	fclose(f);
	while (wait(&status) > 0)
		broken += status != 0;
	return broken ? broken : lines - 4 * 300;
}

int main(void)
{
	char name[] = "/tmp/vectorsXXXXXX";
	int fd = mkstemp(name), ends[2];

	if (fd < 0)
		return 1;
	wrong_ones(fd);
	many_pieces(fd);
	pipes();
	pipe(ends);
	EQ(mixed_lines(ends[0], ends[1]), 0, "lines of several writers come whole through a pipe");
	ftruncate(fd, 0);
	close(fd);
	EQ(mixed_lines(open(name, O_RDONLY), open(name, O_WRONLY | O_APPEND)), 0, "and into a file, with O_APPEND");
	unlink(name);
	return TAP_DONE();
}
