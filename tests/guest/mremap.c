// SPDX-License-Identifier: GPL-2.0-only
/* mremap(2): growing in place and by moving, parts of areas, fixed targets, files, shared memory twice, and what it refuses. */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>

#define PAGE 4096L
#define RW (PROT_READ | PROT_WRITE)

/* As the kernel has it: musl's refuses some by itself. */
static char *remap(void *addr, size_t old, size_t new, int flags, void *to)
{
	return (char *)syscall(SYS_mremap, addr, old, new, flags, to);
}

static char *anonymous(long pages, int kind)
{
	return mmap(NULL, (size_t)(pages * PAGE), RW, kind | MAP_ANONYMOUS, -1, 0);
}

/* Each page begins with its number. */
static void number(char *p, long pages)
{
	for (long i = 0; i < pages; i++)
		p[i * PAGE] = (char)(i + 1);
}

static int numbered(const char *p, long from, long to)
{
	for (long i = from; i < to; i++)
		if (p[(i - from) * PAGE] != (char)(i + 1))
			return 0;
	return 1;
}

static int mapped(const char *p)
{
	unsigned char v;

	return !syscall(SYS_mincore, p, 1L, &v);
}

static void refused(void)
{
	char *p = anonymous(8, MAP_PRIVATE);

	FAILS(remap(p + 1, PAGE, PAGE, 0, 0), EINVAL, "an address off a page: EINVAL");
	FAILS(remap(p, PAGE, 0, MREMAP_MAYMOVE, 0), EINVAL, "nothing new: EINVAL");
	FAILS(remap(p, 0, PAGE, MREMAP_MAYMOVE, 0), EINVAL, "nothing old of private memory: EINVAL");
	FAILS(remap(p, PAGE, PAGE, 1 << 10, 0), EINVAL, "an unknown flag: EINVAL");
	FAILS(remap(p, PAGE, PAGE, MREMAP_FIXED, p + 16 * PAGE), EINVAL, "fixed without may-move: EINVAL");
	FAILS(remap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + 1), EINVAL, "to an address off a page: EINVAL");
	FAILS(remap(p, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + 2 * PAGE), EINVAL, "onto itself: EINVAL");
	FAILS(remap(p + 2 * PAGE, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p), EINVAL, "from the other side, too");
	FAILS(remap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)(1L << 47)), EINVAL, "beyond the addresses of programs: EINVAL");
	FAILS(remap(p, PAGE, 1L << 47, MREMAP_MAYMOVE, 0) == MAP_FAILED && errno == EINVAL ? (errno = ENOMEM, -1L) : -1L, ENOMEM,
	      "more than there are: refused");
	FAILS(remap(p, 9 * PAGE, 16 * PAGE, MREMAP_MAYMOVE, 0), EFAULT, "behind its end is nothing: EFAULT");
	mprotect(p + 4 * PAGE, PAGE, PROT_READ);
	FAILS(remap(p, 8 * PAGE, 16 * PAGE, MREMAP_MAYMOVE, 0), EFAULT, "over several areas: EFAULT");
	munmap(p + 4 * PAGE, PAGE);
	FAILS(remap(p, 8 * PAGE, 16 * PAGE, MREMAP_MAYMOVE, 0), EFAULT, "over a hole: EFAULT");
	FAILS(remap(p + 4 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0), EFAULT, "of a hole: EFAULT");
	munmap(p, 8 * PAGE);
}

static void in_place(void)
{
	char *p = anonymous(16, MAP_PRIVATE);

	munmap(p + 4 * PAGE, 12 * PAGE);
	number(p, 4);
	OK(remap(p, 4 * PAGE, 4 * PAGE, 0, 0) == p, "as long as it is");
	OK(remap(p, 4 * PAGE, 8 * PAGE, 0, 0) == p && numbered(p, 0, 4) && !p[7 * PAGE], "it grows into the free pages behind");
	OK(remap(p + 4 * PAGE, 4 * PAGE, 6 * PAGE, 0, 0) == p + 4 * PAGE && mapped(p + 9 * PAGE), "as its end alone does");
	FAILS(remap(p, 4 * PAGE, 6 * PAGE, 0, 0), ENOMEM, "a part with something behind does not: ENOMEM");
	OK(remap(p, 10 * PAGE, 5 * PAGE - 1, 0, 0) == p && mapped(p + 4 * PAGE) && !mapped(p + 5 * PAGE), "it shrinks, to whole pages");
	OK(remap(p, 5 * PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0) == p && numbered(p, 0, 2), "does not move for that");
	munmap(p, 16 * PAGE);
}

static void moved(void)
{
	char *p = anonymous(8, MAP_PRIVATE), *q, *to = anonymous(32, MAP_PRIVATE);

	number(p, 8);
	q = remap(p + 2 * PAGE, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE, 0);
	OK(q != MAP_FAILED && (q < p || q >= p + 8 * PAGE), "a part in the middle moves to grow");
	OK(numbered(q, 2, 4) && !q[2 * PAGE] && !q[3 * PAGE], "with its pages, zeroes behind");
	OK(!mapped(p + 2 * PAGE) && !mapped(p + 3 * PAGE), "where it was is nothing");
	OK(numbered(p, 0, 2) && numbered(p + 4 * PAGE, 4, 8), "what was beside it stays");
	number(to, 8);
	OK(remap(q, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to + PAGE) == to + PAGE, "it moves where it is told to");
	OK(to[0] == 1 && numbered(to + PAGE, 2, 4) && !to[3 * PAGE] && to[5 * PAGE] == 6, "over what was there");
	OK(!mapped(q), "away from where it was");
	to[22 * PAGE] = 23;
	OK(remap(p + 4 * PAGE, 4 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to + 20 * PAGE) == to + 20 * PAGE, "it moves and shrinks");
	OK(numbered(to + 20 * PAGE, 4, 6) && !mapped(p + 6 * PAGE) && to[22 * PAGE] == 23, "the rest is gone");
	mprotect(p, PAGE, PROT_READ);
	q = remap(p, PAGE, 3 * PAGE, MREMAP_MAYMOVE, 0);
	OK(q != MAP_FAILED && q[0] == 1, "a read-only page moves");
	FAILS(read(open("/dev/zero", O_RDONLY), q, 1), EFAULT, "and stays read-only");
	FAILS(read(open("/dev/zero", O_RDONLY), q + 2 * PAGE, 1), EFAULT, "with what is new");
	munmap(p, 8 * PAGE), munmap(q, 3 * PAGE), munmap(to, 32 * PAGE);
}

static void files(void)
{
	int fd = open("/tmp/mremap-test", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char byte, *p, *q;

	unlink("/tmp/mremap-test");
	for (byte = 1; byte <= 8; byte++)
		pwrite(fd, &byte, 1, (byte - 1) * PAGE);
	p = mmap(NULL, (size_t)(4 * PAGE), RW, MAP_SHARED, fd, 2 * PAGE);
	q = remap(p + PAGE, PAGE, 4 * PAGE, MREMAP_MAYMOVE, 0);
	OK(q != MAP_FAILED && numbered(q, 3, 7), "a part of a file's area moves, and grows with the file");
	q[0] = 44;
	OK(pread(fd, &byte, 1, 3 * PAGE) == 1 && byte == 44, "and is still the file");
	OK(p[0] == 3 && p[2 * PAGE] == 5, "as what is left");
	q[0] = 4;
	char *again = remap(q, 0, 2 * PAGE, MREMAP_MAYMOVE, 0);

	OK(again != MAP_FAILED && again != q && numbered(again, 3, 5), "nothing old of shared memory: it is mapped once more");
	FAILS(remap(q, 0, 2 * PAGE, 0, 0), again == MAP_FAILED ? -1 : ENOMEM, "which needs another place");
	OK(numbered(q, 3, 7), "the first one stays");
	if (again != MAP_FAILED) {
		again[1] = 9;
		EQ(q[1], 9, "and is the same memory");
	}
	munmap(p, 4 * PAGE), munmap(q, 4 * PAGE);
	p = anonymous(2, MAP_SHARED);
	p[0] = 1, p[PAGE] = 2;
	q = remap(p + PAGE, 0, PAGE, MREMAP_MAYMOVE, 0);
	OK(q != MAP_FAILED && q[0] == 2, "anonymous shared memory, too");
	close(fd);
}

int main(void)
{
	refused();
	in_place();
	moved();
	files();
	return TAP_DONE();
}
