// SPDX-License-Identifier: GPL-2.0-only
/* mlockall(2) with MCL_FUTURE, mlock2(2), what is locked then and what RLIMIT_MEMLOCK says to it. Needs root. */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define PAGE 4096L
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define ONFAULT 4		/* MCL_ONFAULT */

static char *map(long pages, int flags)
{
	return mmap(NULL, (size_t)(pages * PAGE), RW, ANON | flags, -1, 0);
}

/* A line of /proc/self/status, in pages. Not by status_number(): what stdio allocates would be locked, too. */
static long status(const char *name)
{
	char text[4096], *at;
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = 0;
	at = strstr(text, name);
	return at ? atol(at + strlen(name) + 1) / (PAGE / 1024) : -1;
}

static long locked(void)
{
	return status("VmLck");
}

/* How many of the pages are there. */
static int present(char *p, long pages)
{
	unsigned char v[64] = {0};
	int n = 0;

	if (mincore(p, (size_t)(pages * PAGE), v))
		return -1;
	for (long i = 0; i < pages; i++)
		n += v[i] & 1;
	return n;
}

static void ranges(void)
{
	char *p = map(8, 0);

	EQ(locked(), 0, "VmLck is nothing at first");
	mlock(p + PAGE, 3 * PAGE);
	EQ(locked(), 3, "three pages are locked");
	mlock(p, 3 * PAGE);
	EQ(locked(), 4, "what is locked twice counts once");
	munlock(p + 2 * PAGE, PAGE);
	EQ(locked(), 3, "one is unlocked");
	munmap(p + PAGE, PAGE);
	EQ(locked(), 2, "one is unmapped");
	mprotect(p, PAGE, PROT_READ);
	mprotect(p, PAGE, RW);
	EQ(locked(), 2, "other rights do not matter");
	FAILS(syscall(SYS_mlock2, p, PAGE, 2), EINVAL, "mlock2 with an unknown flag: EINVAL");
	EQ(syscall(SYS_mlock2, p + 4 * PAGE, 3 * PAGE, 1), 0, "MLOCK_ONFAULT");
	OK(locked() == 5 && present(p + 4 * PAGE, 4) == 0, "locks and brings nothing");
	p[5 * PAGE] = 1;
	EQ(present(p + 4 * PAGE, 4), 1, "what is touched comes");
	FAILS(madvise(p + 5 * PAGE, PAGE, MADV_DONTNEED), EINVAL, "and stays: EINVAL");
	EQ(syscall(SYS_mlock2, p + 4 * PAGE, 3 * PAGE, 0), 0, "mlock2 without it is mlock");
	OK(locked() == 5 && present(p + 4 * PAGE, 4) == 3, "so all is there");
	munmap(p, 8 * PAGE);
	EQ(locked(), 0, "nothing is left");
}

static void future(void)
{
	char *p, *q, *end;
	long before;

	EQ(mlockall(MCL_FUTURE), 0, "MCL_FUTURE");
	EQ(locked(), 0, "leaves what there is");
	p = map(4, 0);
	OK(locked() == 4 && present(p, 4) == 4, "new memory is locked and there");
	q = mremap(p, 4 * PAGE, 9 * PAGE, MREMAP_MAYMOVE);
	OK(q != MAP_FAILED && locked() == 9 && present(q, 9) == 9, "what mremap adds, too");
	munmap(q, 9 * PAGE);
	p = mmap(NULL, 4 * PAGE, PROT_NONE, ANON, -1, 0);
	OK(locked() == 4 && present(p, 4) == 0, "what can't be touched is locked and not there");
	mprotect(p, 2 * PAGE, RW);
	EQ(present(p, 4), 2, "until it gets rights");
	munmap(p, 4 * PAGE);
	end = (char *)syscall(SYS_brk, 0);
	end = (char *)(((long)end + PAGE - 1) & -PAGE);
	syscall(SYS_brk, end);
	before = locked();
	OK((char *)syscall(SYS_brk, end + 3 * PAGE) == end + 3 * PAGE, "brk");
	OK(locked() == before + 3 && present(end, 3) == 3, "is locked as well");
	syscall(SYS_brk, end);
	EQ(locked(), before, "and given back");
	if (!fork())
		_exit(locked() || present(p = map(2, 0), 2) ? 1 : 0);
	int how = -1;

	wait(&how);
	EQ(how, 0, "a child has no lock and no MCL_FUTURE");
	EQ(mlockall(MCL_FUTURE | ONFAULT), 0, "MCL_FUTURE | MCL_ONFAULT");
	p = map(4, 0);
	OK(locked() == before + 4 && present(p, 4) == 0, "locks without bringing");
	munmap(p, 4 * PAGE);
	EQ(mlockall(MCL_CURRENT), 0, "MCL_CURRENT alone");
	OK(locked() > before && status("VmSize") - locked() < 16, "locks all there is, but what the kernel lends");
	before = locked();
	p = map(4, 0);
	EQ(locked(), before, "and ends MCL_FUTURE");
	mlockall(MCL_CURRENT | MCL_FUTURE);
	EQ(munlockall(), 0, "munlockall");
	q = map(4, 0);
	EQ(locked(), 0, "ends both");
	munmap(p, 4 * PAGE);
	munmap(q, 4 * PAGE);
}

static void limits(void)
{
	struct rlimit eight = {8 * PAGE, 8 * PAGE}, none = {0, 0};
	char *p, *end = (char *)syscall(SYS_brk, 0);

	MUST(!setrlimit(RLIMIT_MEMLOCK, &eight) && !setuid(54321) && !mlockall(MCL_FUTURE));
	MUST_FAIL(mmap(NULL, 9 * PAGE, RW, ANON, -1, 0), EAGAIN);
	MUST((p = map(6, 0)) != MAP_FAILED);
	MUST_FAIL(mmap(NULL, 3 * PAGE, RW, ANON, -1, 0), EAGAIN);
	MUST_FAIL(mremap(p, 6 * PAGE, 9 * PAGE, MREMAP_MAYMOVE), EAGAIN);
	MUST((char *)syscall(SYS_brk, end + 3 * PAGE) == end);
	MUST(mremap(p, 6 * PAGE, 8 * PAGE, MREMAP_MAYMOVE) != MAP_FAILED && locked() == 8);
	MUST(!munlockall() && map(9, 0) != MAP_FAILED);
	MUST_FAIL(mmap(NULL, 9 * PAGE, RW, ANON | MAP_LOCKED, -1, 0), EAGAIN);
	MUST(map(2, MAP_LOCKED) != MAP_FAILED && locked() == 2);
	MUST(!setrlimit(RLIMIT_MEMLOCK, &none));
	MUST_FAIL(syscall(SYS_mmap, NULL, PAGE, RW, ANON | MAP_LOCKED, -1, 0), EPERM);	/* musl says ENOMEM */
	MUST_FAIL(mlockall(MCL_FUTURE), EPERM);
	MUST(!munlockall());
}

int main(void)
{
	ranges();
	future();
	EQ(in_child(limits), 0, "RLIMIT_MEMLOCK bounds what is locked in the future");
	return TAP_DONE();
}
