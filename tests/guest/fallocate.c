// SPDX-License-Identifier: GPL-2.0-only
/*
 * fallocate: what it allocates and punches, mapped files, its errors; on memfds. No call here could
 * take more than a few pages, on a system without an error in it or with one: another Linux that runs this is not to be filled up.
 */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/statfs.h>

#define PAGE 4096L
#define FALLOC_FL_COLLAPSE_RANGE 8

static char buf[16 * PAGE];

static int new_file(void)
{
	int fd = memfd_create("test", 0);

	if (fd < 0)
		abort();
	return fd;
}

static long blocks(int fd)
{
	struct stat st = {0};

	fstat(fd, &st);
	return st.st_blocks * 512 / PAGE;
}

static long size(int fd)
{
	struct stat st = {0};

	fstat(fd, &st);
	return st.st_size;
}

/* Bytes of [from, to) that are c. */
static long count(int fd, long from, long to, char c)
{
	long n = 0, got = pread(fd, buf, (size_t)(to - from), from);

	for (long i = 0; i < got; i++)
		n += buf[i] == c;
	return n;
}

static void allocates(void)
{
	int fd = new_file();

	EQ(fallocate(fd, 0, PAGE + 100, 2 * PAGE), 0, "pages in advance");
	EQ(size(fd), 3 * PAGE + 100, "the file has grown");
	EQ(blocks(fd), 3, "to the pages that the range touches");
	EQ(count(fd, 0, 3 * PAGE + 100, 0), 3 * PAGE + 100, "which are zeroes");
	EQ(fallocate(fd, FALLOC_FL_KEEP_SIZE, 4 * PAGE, 2 * PAGE), 0, "pages behind the end");
	EQ(size(fd), 3 * PAGE + 100, "the size stays");
	EQ(blocks(fd), 5, "the pages are there");
	EQ(fallocate(fd, 0, 0, 10), 0, "a part of a page");
	EQ(size(fd), 3 * PAGE + 100, "a file does not shrink");
	EQ(blocks(fd), 6, "one page more");
	memset(buf, 'x', PAGE);
	EQ(pwrite(fd, buf, PAGE, PAGE), PAGE, "contents");
	EQ(fallocate(fd, 0, 0, 4 * PAGE), 0, "over contents");
	EQ(count(fd, PAGE, 2 * PAGE, 'x'), PAGE, "which stay");
	EQ(ftruncate(fd, 0), 0, "truncation");
	EQ(blocks(fd), 0, "takes all away");
	close(fd);
}

static void punches(void)
{
	int fd = new_file();
	char *shared, *private;

	memset(buf, 'x', 8 * PAGE);
	write(fd, buf, 8 * PAGE);
	shared = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	private = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	private[3 * PAGE] = 'p';
	(void)*(volatile char *)&private[4 * PAGE];
	(void)*(volatile char *)&shared[4 * PAGE];
	EQ(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2 * PAGE - 100, 4 * PAGE), 0, "a hole");
	EQ(size(fd), 8 * PAGE, "the size stays");
	EQ(blocks(fd), 8 - 3, "three whole pages are gone");
	EQ(count(fd, 0, 2 * PAGE - 100, 'x'), 2 * PAGE - 100, "before it all is as it was");
	EQ(count(fd, 2 * PAGE - 100, 6 * PAGE - 100, 0), 4 * PAGE, "in it are zeroes");
	EQ(count(fd, 6 * PAGE - 100, 8 * PAGE, 'x'), 2 * PAGE + 100, "behind it all is as it was");
	EQ(shared[4 * PAGE], 0, "who has it mapped sees the hole");
	EQ(private[4 * PAGE], 0, "in a private mapping, too");
	EQ(private[3 * PAGE], 'p', "whose copies stay");
	shared[4 * PAGE + 5] = 'y';
	EQ(count(fd, 4 * PAGE, 5 * PAGE, 'y'), 1, "a page comes back when it is written");
	EQ(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 7 * PAGE + 10, 20), 0, "a hole in a page");
	EQ(count(fd, 7 * PAGE, 8 * PAGE, 0), 20, "is just as long");
	EQ(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 6 * PAGE + 10, PAGE), 0, "a hole in two pages");
	EQ(count(fd, 6 * PAGE, 8 * PAGE, 0), PAGE + 20, "is just as long, too");
	EQ(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8 * PAGE, LONG_MAX - 8 * PAGE), 0, "a hole behind the end");
	EQ(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, LONG_MAX), 0, "all");
	EQ(blocks(fd), 0, "nothing is left");
	EQ(count(fd, 0, 8 * PAGE, 0), 8 * PAGE, "but zeroes");
	munmap(shared, 8 * PAGE);
	munmap(private, 8 * PAGE);
	close(fd);
}

static void errors(void)
{
	int fd = new_file(), ends[2], null = open("/dev/null", O_RDWR);
	char name[40];
	int reader;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	reader = open(name, O_RDONLY);
	pipe(ends);
	FAILS(fallocate(999, 0, 0, 1), EBADF, "no descriptor");
	FAILS(fallocate(reader, 0, 0, 1), EBADF, "not open for writing");
	FAILS(fallocate(fd, 0, -1, 1), EINVAL, "before the file");
	FAILS(fallocate(fd, 0, 0, 0), EINVAL, "nothing");
	FAILS(fallocate(fd, 0, 1, LONG_MAX), EFBIG, "beyond what a file may have");
	FAILS(fallocate(fd, FALLOC_FL_KEEP_SIZE, LONG_MAX, LONG_MAX), EFBIG, "far beyond");
	FAILS(fallocate(fd, 0, 0, -1), EINVAL, "less than nothing");
	EQ(blocks(fd), 0, "and nothing of all that stays");
	FAILS(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 1), EOPNOTSUPP, "a hole that would change the size");
	FAILS(fallocate(fd, 0x1000, 0, 1), EOPNOTSUPP, "an unknown mode");
	FAILS(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, PAGE), EOPNOTSUPP, "to collapse");
	FAILS(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_KEEP_SIZE, 0, PAGE), EINVAL, "to collapse and more");
	FAILS(fallocate(ends[1], 0, 0, 1), ESPIPE, "a pipe");
	FAILS(fallocate(null, 0, 0, 1), ENODEV, "a device");
	close(ends[0]);
	close(ends[1]);
	close(null);
	close(reader);
	close(fd);
}

static void limited(void)
{
	struct rlimit r = {PAGE, PAGE};
	int fd = new_file();

	MUST(!setrlimit(RLIMIT_FSIZE, &r));
	signal(SIGXFSZ, SIG_IGN);
	MUST_FAIL(fallocate(fd, 0, 0, PAGE + 1), EFBIG);
	MUST(!fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 2 * PAGE));
	MUST(!fallocate(fd, 0, 0, PAGE));
	signal(SIGXFSZ, SIG_DFL);
	fallocate(fd, 0, 0, PAGE + 1);		/* and that is the end */
}

int main(void)
{
	allocates();
	punches();
	errors();
	EQ(in_child(limited), -1, "RLIMIT_FSIZE: an error, and a signal");
	return TAP_DONE();
}
