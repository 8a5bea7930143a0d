// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file is truncated while the areas that map it are cut, joined, moved and copied: afterwards no entry may be left. One thread
 * grows the file, touches its pages and truncates it; behind its end mincore(2) must then find nothing, whatever the other thread did.
 */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>

#define PAGE 4096L
#define PAGES 16L
#define SIZE (PAGES * PAGE)
#define ROUNDS 200

static int fd;
static char *at;
static volatile int stop;

/* Cut and join. */
static void *split(void *unused)
{
	for (long i = 0; !stop; i++) {
		mprotect(at + i % (PAGES - 1) * PAGE, PAGE, PROT_READ);
		mprotect(at + i % (PAGES - 1) * PAGE, PAGE, PROT_READ | PROT_WRITE);
	}
	return NULL;
}

/* Pages that are mapped behind the end of the file, which is empty. */
static int left_over(void)
{
	unsigned char v[PAGES];
	int n = 0;

	if (mincore(at, SIZE, v))
		return -1;
	for (long i = 0; i < PAGES; i++)
		n += v[i] & 1;
	return n;
}

static long race(int flags, void *(*other)(void *))
{
	pthread_t thread;
	long bad = 0;

	at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags, fd, 0);
	stop = 0;
	pthread_create(&thread, NULL, other, NULL);
	for (int i = 0; i < ROUNDS && !bad; i++) {
		if (ftruncate(fd, SIZE))
			return -1;
		for (long p = 0; p < PAGES; p++)
			(void)*(volatile char *)(at + p * PAGE);
		if (ftruncate(fd, 0))
			return -1;
		bad = left_over();
	}
	stop = 1;
	pthread_join(thread, NULL);
	munmap(at, SIZE);
	return bad;
}

int main(void)
{
	fd = open("/tmp/truncate-race", O_RDWR | O_CREAT | O_TRUNC, 0600);
	unlink("/tmp/truncate-race");
	EQ(race(MAP_SHARED, split), 0, "nothing is left of a shared mapping that is cut and joined");
	EQ(race(MAP_PRIVATE, split), 0, "nor of a private one");
	close(fd);
	return TAP_DONE();
}
