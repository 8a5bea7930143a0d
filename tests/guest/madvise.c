// SPDX-License-Identifier: GPL-2.0-only
/* Calls about ranges of memory that leave the areas as they are: madvise(2), mincore(2), msync(2), mlock(2). Needs root to lock. */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define PAGE 4096L
#define RW (PROT_READ | PROT_WRITE)
#ifndef MADV_FREE
#define MADV_FREE 8
#endif

static char *anonymous(long pages, int kind)
{
	return mmap(NULL, (size_t)(pages * PAGE), RW, kind | MAP_ANONYMOUS, -1, 0);
}

static int make_file(void)
{
	int fd = open("/tmp/madvise-test", O_RDWR | O_CREAT | O_TRUNC, 0600);

	unlink("/tmp/madvise-test");
	return fd;
}

static void advice(void)
{
	char *p = anonymous(8, MAP_PRIVATE), *shared = anonymous(2, MAP_SHARED), *file;
	int fd = make_file();

	FAILS(madvise(p + 1, PAGE, MADV_NORMAL), EINVAL, "an address off a page: EINVAL");
	FAILS(madvise(p, PAGE, 77), EINVAL, "unknown advice: EINVAL");
	FAILS(madvise(p, 0, 77), EINVAL, "also for nothing");
	EQ(madvise(p, 0, MADV_DONTNEED), 0, "nothing at all is fine");
	FAILS(madvise(p, -PAGE, MADV_NORMAL), EINVAL, "around the end of the addresses: EINVAL");
	FAILS(madvise((void *)(1L << 47), PAGE, MADV_NORMAL), ENOMEM, "where no program has memory: ENOMEM");
	EQ(madvise(p, 8 * PAGE, MADV_RANDOM) | madvise(p, 8 * PAGE, MADV_SEQUENTIAL) | madvise(p, 8 * PAGE, MADV_WILLNEED) |
		   madvise(p, 8 * PAGE, MADV_NORMAL), 0, "hints");
	memset(p, 7, 8 * PAGE);
	EQ(madvise(p + PAGE, PAGE + 1, MADV_DONTNEED), 0, "two pages are not needed");
	OK(p[PAGE - 1] == 7 && !p[PAGE] && !p[3 * PAGE - 1] && p[3 * PAGE] == 7, "and are zero, no others");
	munmap(p + 4 * PAGE, PAGE);
	FAILS(madvise(p + 3 * PAGE, 3 * PAGE, MADV_DONTNEED), ENOMEM, "a hole: ENOMEM");
	OK(!p[3 * PAGE] && !p[5 * PAGE] && p[6 * PAGE] == 7, "but on both sides it was done");
	memset(shared, 7, 2 * PAGE);
	EQ(madvise(shared, 2 * PAGE, MADV_DONTNEED), 0, "of shared memory");
	EQ(shared[PAGE], 7, "the contents stay");
	write(fd, "file", 4);
	file = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	memcpy(file, "mine", 4);
	EQ(madvise(file, PAGE, MADV_DONTNEED), 0, "of a private mapping of a file");
	OK(!memcmp(file, "file", 4), "what the file has comes back");
	FAILS(madvise(file, PAGE, MADV_FREE), EINVAL, "MADV_FREE is for anonymous memory: EINVAL");
	FAILS(madvise(shared, PAGE, MADV_FREE), EINVAL, "that is private");
	EQ(madvise(p, PAGE, MADV_FREE), 0, "where it may be done");
	OK(p[0] == 7 || !p[0], "now or later");
	p[0] = 8;
	EQ(p[0], 8, "what is written then stays");
	munmap(p, 8 * PAGE), munmap(shared, 2 * PAGE), munmap(file, PAGE);
	close(fd);
}

/* In a child: can it read this? */
static int child_reads(const volatile char *p)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(*p == 7 ? 0 : 1);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static void forks(void)
{
	char *p = anonymous(3, MAP_PRIVATE);

	memset(p, 7, 3 * PAGE);
	EQ(madvise(p + PAGE, PAGE, MADV_DONTFORK), 0, "a page is not for children");
	EQ(child_reads(p) * 100 + child_reads(p + PAGE) * 10 + child_reads(p + 2 * PAGE), 101, "who do not have it, but its neighbours");
	EQ(madvise(p + PAGE, PAGE, MADV_DOFORK), 0, "and is again");
	EQ(child_reads(p + PAGE), 1, "they have it");
	munmap(p, 3 * PAGE);
}

static void residence(void)
{
	unsigned char v[8];
	char *p = anonymous(8, MAP_PRIVATE), *f, byte = 1;
	int fd = make_file();

	FAILS(mincore(p + 1, PAGE, v), EINVAL, "mincore off a page: EINVAL");
	FAILS(mincore(p, 8 * PAGE, (void *)8), EFAULT, "to a wild place: EFAULT");
	EQ(mincore(p, 0, (void *)8), 0, "of nothing");
	FAILS(mincore((void *)(1L << 47), PAGE, v), ENOMEM, "where no program has memory: ENOMEM");
	memset(v, 0xff, sizeof(v));
	p[PAGE] = 1, p[3 * PAGE] = 1;
	EQ(mincore(p, 4 * PAGE + 1, v), 0, "of five pages");
	OK(!(v[0] & 1) && (v[1] & 1) && !(v[2] & 1) && (v[3] & 1) && !(v[4] & 1), "the two that were written are there");
	EQ(v[5], 0xff, "no more bytes than pages");
	munmap(p + 2 * PAGE, PAGE);
	FAILS(mincore(p, 4 * PAGE, v), ENOMEM, "over a hole: ENOMEM");
	madvise(p + PAGE, PAGE, MADV_DONTNEED);
	OK(!mincore(p, 2 * PAGE, v) && !(v[1] & 1), "what is not needed is not there");
	pwrite(fd, &byte, 1, 0), pwrite(fd, &byte, 1, 3 * PAGE);
	if (ftruncate(fd, 6 * PAGE))
		return;
	f = mmap(NULL, 8 * PAGE, RW, MAP_SHARED, fd, 0);
	memset(v, 0xff, sizeof(v));
	EQ(mincore(f, 8 * PAGE, v), 0, "of a file");
	OK((v[0] & 1) && (v[3] & 1), "what was written to it is there");
	OK(!(v[5] & 1), "a page that nobody wrote or read is not");
	OK(!(v[6] & 1) && !(v[7] & 1), "nor what is behind its end");
	byte = *(volatile char *)(f + 5 * PAGE);
	OK(!mincore(f, 6 * PAGE, v) && (v[5] & 1), "once it was read, it is");
	munmap(p, 8 * PAGE), munmap(f, 8 * PAGE);
	close(fd);
}

static void syncs(void)
{
	char *p = anonymous(4, MAP_PRIVATE), *f, byte = 0;
	int fd = make_file();

	if (ftruncate(fd, PAGE))
		return;
	f = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	f[10] = 5;
	EQ(msync(f, PAGE, MS_SYNC), 0, "msync of a file");
	OK(pread(fd, &byte, 1, 10) == 1 && byte == 5, "which has what was written");
	EQ(msync(f, 1, MS_ASYNC) | msync(f, PAGE, MS_SYNC | MS_INVALIDATE) | msync(f, PAGE, 0), 0, "in other ways");
	EQ(msync(p, 4 * PAGE, MS_SYNC), 0, "anonymous memory has nothing to do");
	EQ(msync(p, 0, MS_SYNC), 0, "nothing, either");
	FAILS(msync(f, PAGE, MS_SYNC | MS_ASYNC), EINVAL, "now and later: EINVAL");
	FAILS(msync(f, PAGE, 64), EINVAL, "an unknown flag: EINVAL");
	FAILS(msync(f + 1, PAGE, MS_SYNC), EINVAL, "off a page: EINVAL");
	munmap(p + PAGE, PAGE);
	FAILS(msync(p, 4 * PAGE, MS_ASYNC), ENOMEM, "over a hole: ENOMEM");
	FAILS(msync(p, 4 * PAGE, MS_SYNC), ENOMEM, "also at once");
	FAILS(msync(p, -PAGE, MS_SYNC), ENOMEM, "around the end of the addresses: ENOMEM");
	munmap(p, 4 * PAGE), munmap(f, PAGE);
	close(fd);
}

static void locks(void)
{
	char *p = anonymous(4, MAP_PRIVATE);
	unsigned char v[4];

	EQ(mlock(p + PAGE + 5, 1), 0, "a page is locked, from anywhere in it");
	OK(!mincore(p, 4 * PAGE, v) && !(v[0] & 1) && (v[1] & 1) && !(v[2] & 1), "and is there");
	FAILS(madvise(p, 4 * PAGE, MADV_DONTNEED), EINVAL, "it can't be given up: EINVAL");
	FAILS(msync(p + PAGE, PAGE, MS_INVALIDATE), EBUSY, "nor invalidated: EBUSY");
	EQ(msync(p + PAGE, PAGE, MS_SYNC), 0, "though written back");
	EQ(madvise(p + 2 * PAGE, PAGE, MADV_DONTNEED), 0, "its neighbour can");
	EQ(munlock(p + PAGE, PAGE), 0, "unlocked");
	EQ(madvise(p, 4 * PAGE, MADV_DONTNEED), 0, "it is as any other");
	munmap(p + 2 * PAGE, PAGE);
	FAILS(mlock(p, 4 * PAGE), ENOMEM, "a lock over a hole: ENOMEM");
	FAILS(munlock(p, 4 * PAGE), ENOMEM, "an unlock: ENOMEM");
	FAILS(mlock(p, -2 * PAGE), EINVAL, "around the end of the addresses: EINVAL");
	EQ(mlock(p, 0), 0, "of nothing");
	FAILS(mlockall(0), EINVAL, "mlockall of nothing: EINVAL");
	FAILS(mlockall(64), EINVAL, "or something unknown: EINVAL");
	FAILS(mlockall(4), EINVAL, "or of MCL_ONFAULT alone: EINVAL");
	EQ(munlockall(), 0, "munlockall");
	munmap(p, 4 * PAGE);
}

static void locks_of_others(void)
{
	struct rlimit some = {2 * PAGE, 2 * PAGE}, none = {0, 0};
	char *p = anonymous(4, MAP_PRIVATE);

	MUST(!setrlimit(RLIMIT_MEMLOCK, &some) && !setuid(54321));
	MUST(!mlock(p, 2 * PAGE));
	MUST_FAIL(mlock(p, 3 * PAGE), ENOMEM);
	MUST_FAIL(mlock(p + 2 * PAGE, PAGE), ENOMEM);		/* the sum counts */
	MUST(!mlock(p, PAGE));					/* what is locked counts once */
	MUST(!munlock(p, PAGE) && !mlock(p + 2 * PAGE, PAGE));
	MUST_FAIL(mlockall(MCL_CURRENT), ENOMEM);
	MUST(!munlockall() && !mlock(p + 2 * PAGE, 2 * PAGE));
	MUST(!setrlimit(RLIMIT_MEMLOCK, &none));
	MUST_FAIL(mlock(p, PAGE), EPERM);
	MUST_FAIL(mlockall(MCL_CURRENT), EPERM);
	MUST(!munlock(p, 4 * PAGE));
}

int main(void)
{
	advice();
	forks();
	residence();
	syncs();
	if (!getuid()) {
		locks();
		EQ(in_child(locks_of_others), 0, "RLIMIT_MEMLOCK bounds what others lock");
	}
	return TAP_DONE();
}
