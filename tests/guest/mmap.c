// SPDX-License-Identifier: GPL-2.0-only
/* Memory maps: anonymous, file, shared and private, fixed, protections, remap, brk, and what is refused. */
#define _GNU_SOURCE
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)

/* Whether an access in a child faults: the signal's number, or 0. */
static int fault(volatile char *where, int writes)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		if (writes)
			*where = 1;
		else
			(void)*where;
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static int zeroed(const char *p, long size)
{
	for (long i = 0; i < size; i += 256)
		if (p[i])
			return 0;
	return 1;
}

static void anonymous(void)
{
	char *p = mmap(NULL, 64 * 4096, RW, ANON, -1, 0), *q;

	OK(p != MAP_FAILED && !((long)p & 4095), "anonymous memory starts on a page");
	OK(zeroed(p, 64 * 4096), "and is zero");
	memset(p, 7, 64 * 4096);
	EQ(munmap(p + 4096, 4096), 0, "a hole is cut");
	EQ(fault(p + 4096, 0), SIGSEGV, "where nothing is any more");
	EQ(p[0] + p[2 * 4096], 14, "its sides stay");
	EQ(mprotect(p, 4096, PROT_READ), 0, "a page is made read-only");
	EQ(fault(p, 1), SIGSEGV, "so that writing faults");
	EQ(fault(p, 0), 0, "and reading does not");
	EQ(mprotect(p, 4096, PROT_NONE), 0, "or inaccessible");
	EQ(fault(p, 0), SIGSEGV, "so that reading faults");
	EQ(mprotect(p, 4096, RW), 0, "and back");
	EQ(p[100], 7, "with what it held");
	FAILS(mprotect(p, 2 * 4096, RW), ENOMEM, "mprotect over a hole is ENOMEM");
	q = mmap(p + 4096, 4096, RW, ANON | MAP_FIXED, -1, 0);
	OK(q == p + 4096 && !q[0], "MAP_FIXED fills the hole with zeroes");
	FAILS(mmap(p, 4096, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST, "MAP_FIXED_NOREPLACE respects what is there");
	EQ(munmap(p, 64 * 4096), 0, "all is unmapped");
	EQ(munmap(p, 64 * 4096), 0, "and unmapping nothing is no error");
	EQ(fault(p, 0), SIGSEGV, "it is gone");
}

static void refused(void)
{
	FAILS(mmap(NULL, 0, RW, ANON, -1, 0), EINVAL, "no length: EINVAL");
	FAILS(mmap(NULL, 4096, RW, MAP_ANONYMOUS, -1, 0), EINVAL, "neither shared nor private: EINVAL");
	FAILS(mmap((void *)1, 4096, RW, ANON | MAP_FIXED, -1, 0), EINVAL, "fixed off a page: EINVAL");
	FAILS(mmap(NULL, 4096, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0), EINVAL, "shared memory does not grow down: EINVAL");
	FAILS(mmap(NULL, 4096, RW, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1, 0), EINVAL, "only files are validated: EINVAL");
	FAILS(mmap(NULL, 4096, RW, MAP_PRIVATE, 99, 0), EBADF, "no such descriptor: EBADF");
	FAILS(mmap(NULL, 1L << 47, RW, ANON, -1, 0), ENOMEM, "more than there are addresses: ENOMEM");
	FAILS(munmap((void *)1, 4096), EINVAL, "unmap off a page: EINVAL");
	FAILS(mmap((void *)0xffffffff80000000, 4096, RW, ANON | MAP_FIXED, -1, 0), ENOMEM, "not over the kernel");
}

static void no_execution(void)
{
	unsigned char *p = mmap(NULL, 4096, RW, ANON, -1, 0);
	int status = -1;
	pid_t pid;

	p[0] = 0xc3;
	pid = fork();
	if (!pid) {
		((void (*)(void))p)();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	OK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "data is not executed");
	mprotect(p, 4096, PROT_READ | PROT_EXEC);
	((void (*)(void))p)();
	OK(1, "unless it is made executable");
	EQ(fault((volatile char *)no_execution, 1), SIGSEGV, "text is not written");
}

static void files(void)
{
	int fd = open("/tmp/mmap-test", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *private, *shared, *again, byte;

	OK(fd >= 0, "a file opens");
	FAILS(mmap(NULL, 4096, RW, 3 | 0x80000, fd, 0), EOPNOTSUPP, "MAP_SHARED_VALIDATE | MAP_SYNC needs another disk: EOPNOTSUPP");
	write(fd, "0123456789", 10);
	private = mmap(NULL, 8192, RW, MAP_PRIVATE, fd, 0);
	shared = mmap(NULL, 4096, RW, MAP_SHARED, fd, 0);
	again = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	OK(private != MAP_FAILED && shared != MAP_FAILED && again != MAP_FAILED, "and is mapped three times");
	OK(!memcmp(private, "0123456789", 10) && zeroed(private + 10, 4000), "its bytes are there, then zeroes");
	shared[0] = 'S';
	EQ(again[0], 'S', "a shared write is seen in another mapping");
	EQ(pread(fd, &byte, 1, 0) == 1 ? byte : -1, 'S', "and by read");
	pwrite(fd, "W", 1, 1);
	EQ(again[1], 'W', "a write to the file is seen in the mapping");
	private[2] = 'P';
	EQ(again[2], '2', "a private write is not");
	EQ(private[2], 'P', "but here");
	EQ(fault(private + 4096, 0), SIGBUS, "behind the file's end is SIGBUS");
	EQ(fault(again, 1), SIGSEGV, "a read-only mapping is not written");
	ftruncate(fd, 4096 + 5);
	EQ(private[4096], 0, "until the file grows");
	EQ(close(fd), 0, "the file is closed");
	EQ(again[0], 'S', "and its mapping stays");
	fd = open("/tmp/mmap-test", O_RDONLY);
	FAILS(mmap(NULL, 4096, RW, MAP_SHARED, fd, 0), EACCES, "a shared writable map of a read-only descriptor: EACCES");
	FAILS(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 100), EINVAL, "an offset off a page: EINVAL");
	close(fd);
	unlink("/tmp/mmap-test");
	EQ(again[0], 'S', "also when the file is removed");
	munmap(private, 8192);
	munmap(shared, 4096);
	munmap(again, 4096);
}

static void remaps(void)
{
	char *p = mmap(NULL, 16 * 4096, RW, ANON, -1, 0), *q;

	memset(p, 3, 16 * 4096);
	q = mremap(p, 16 * 4096, 4 * 4096, 0);
	OK(q == p, "mremap shrinks in place");
	EQ(fault(p + 5 * 4096, 0), SIGSEGV, "and the rest is gone");
	q = mremap(p, 4 * 4096, 64 * 4096, MREMAP_MAYMOVE);
	OK(q != MAP_FAILED && q[0] == 3 && q[4 * 4096 - 1] == 3, "it grows, with what was there");
	OK(zeroed(q + 4 * 4096, 60 * 4096), "and zeroes behind");
	p = mmap(NULL, 4096, RW, ANON, -1, 0);
	FAILS(mremap((void *)0x10000, 4096, 8192, 0), EFAULT, "mremap of nothing: EFAULT");
	munmap(q, 64 * 4096);
}

/* The C library keeps brk to itself; this asks the kernel. Returns the new end. */
static char *set_brk(char *end)
{
	return (char *)syscall(SYS_brk, end);
}

static void heap(void)
{
	char *start = set_brk(NULL);

	start = set_brk(start + (-(long)start & 4095));
	OK(set_brk(start + 10 * 4096) == start + 10 * 4096, "brk grows");
	OK(zeroed(start, 10 * 4096), "with zeroes");
	memset(start, 1, 10 * 4096);
	OK(set_brk(start) == start, "and shrinks");
	EQ(fault(start, 0), SIGSEGV, "so that nothing is there");
	set_brk(start + 4096);
	EQ(start[0], 0, "what comes back is zero again");
	OK(set_brk((char *)0x1000) == start + 4096, "a brk below the start changes nothing");
}

int main(void)
{
	anonymous();
	refused();
	no_execution();
	files();
	remaps();
	heap();
	return TAP_DONE();
}
