// SPDX-License-Identifier: GPL-2.0-only
/*
 * One address space under fire: threads map, write, protect, move and unmap their own memory while others fork, and one
 * truncates a file that another has mapped. Each thread checks what it wrote; memory must be as before at the end.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "tests/guest/tap.h"

#define THREADS	  4
#define PAGE	  4096UL
#define MAX_PAGES 40

static double seconds_to_run = 1.5;
static double deadline;
static atomic_int wrong, rounds, forks, buses;

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Until the time is up and everybody has done something; on a busy machine the second takes longer. */
static int goes_on(void)
{
	double t = seconds();

	return t < deadline || ((rounds <= 20 || forks <= 5 || !buses) && t < deadline + 15);
}

static unsigned int next(unsigned int *seed)
{
	return (*seed = *seed * 1103515245U + 12345U) >> 16;
}

static void fill(char *p, unsigned int pages, unsigned int mark)
{
	for (unsigned int i = 0; i < pages; i++)
		*(unsigned int *)(p + i * PAGE + 8) = mark + i;
}

static void check(const char *p, unsigned int pages, unsigned int mark)
{
	for (unsigned int i = 0; i < pages; i++)
		if (*(const unsigned int *)(p + i * PAGE + 8) != mark + i)
			atomic_fetch_add(&wrong, 1);
}

/* Map, write, take rights away and back, grow and move, unmap from the middle. */
static void *mapper(void *arg)
{
	unsigned int seed = (unsigned int)(long)arg * 7919 + 1;

	while (goes_on()) {
		unsigned int pages = 2 + next(&seed) % MAX_PAGES, mark = next(&seed) << 8, cut;
		char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			       MAP_ANONYMOUS | (next(&seed) % 4 ? MAP_PRIVATE : MAP_SHARED), -1, 0);

		if (p == MAP_FAILED) {
			atomic_fetch_add(&wrong, 1);
			continue;
		}
		fill(p, pages, mark);
		cut = next(&seed) % pages;
		if (mprotect(p + cut * PAGE, PAGE, PROT_NONE) || mprotect(p, pages * PAGE, PROT_READ))
			atomic_fetch_add(&wrong, 1);
		check(p, pages, mark);
		if (mprotect(p, pages * PAGE, PROT_READ | PROT_WRITE))
			atomic_fetch_add(&wrong, 1);
		fill(p, pages, ++mark);
		p = mremap(p, pages * PAGE, (pages + 3) * PAGE, MREMAP_MAYMOVE);
		if (p == MAP_FAILED) {
			atomic_fetch_add(&wrong, 1);
			continue;
		}
		check(p, pages, mark);
		munmap(p + cut * PAGE, PAGE);
		check(p, cut, mark);
		check(p + (cut + 1) * PAGE, pages - cut - 1, mark + cut + 1);
		/* The hole may be another thread's by now. */
		munmap(p, cut * PAGE);
		munmap(p + (cut + 1) * PAGE, (pages + 2 - cut) * PAGE);
		atomic_fetch_add(&rounds, 1);
	}
	return NULL;
}

static char *common;

/* Children see what was there at the fork, whatever the other threads write meanwhile. */
static void *forker(void *arg)
{
	unsigned int mark = 1;

	while (goes_on()) {
		int status;
		pid_t pid;

		fill(common, 16, mark);
		pid = fork();
		if (!pid) {
			check(common, 16, mark);
			fill(common, 16, 0);
			check(common, 16, 0);
			_exit(wrong != 0);
		}
		if (pid < 0)
			continue;
		fill(common, 16, ++mark);
		if (waitpid(pid, &status, 0) != pid || status)
			atomic_fetch_add(&wrong, 1);
		check(common, 16, mark);
		atomic_fetch_add(&forks, 1);
	}
	return arg;
}

static char *file_map;
static int file;
static _Thread_local sigjmp_buf bus_return;

static void on_bus(int sig)
{
	siglongjmp(bus_return, sig);
}

/* Reads and writes a shared file mapping that is cut off under its feet: SIGBUS or the page, nothing else. */
static void *toucher(void *arg)
{
	static unsigned int seed = 99;

	while (goes_on()) {
		if (sigsetjmp(bus_return, 1)) {
			atomic_fetch_add(&buses, 1);
			continue;
		}
		for (int i = 0; i < 100; i++) {
			char *p = file_map + next(&seed) % 16 * PAGE;

			if (i % 2)
				*p = 1;
			else if (*p != 0 && *p != 1)
				atomic_fetch_add(&wrong, 1);
		}
	}
	return arg;
}

static void *truncater(void *arg)
{
	while (goes_on())
		if (ftruncate(file, 4 * PAGE) || ftruncate(file, 16 * PAGE))
			atomic_fetch_add(&wrong, 1);
	return arg;
}

static long free_kib(void)
{
	char text[2048], *at;
	int fd = open("/proc/meminfo", O_RDONLY);
	long n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	at = strstr(text, "MemFree:");
	return at ? atol(at + 8) : -1;
}

static void storm(void)
{
	pthread_t t[THREADS + 3];
	int n = 0;

	deadline = seconds() + seconds_to_run;
	for (long i = 0; i < THREADS; i++)
		n += !pthread_create(&t[n], NULL, mapper, (void *)i);
	n += !pthread_create(&t[n], NULL, forker, NULL);
	n += !pthread_create(&t[n], NULL, toucher, NULL);
	n += !pthread_create(&t[n], NULL, truncater, NULL);
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

int main(void)
{
	struct sigaction bus = {.sa_handler = on_bus};
	long before, after;

	sigaction(SIGBUS, &bus, NULL);
	common = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	file = open("/tmp/mmstorm", O_RDWR | O_CREAT | O_TRUNC, 0600);
	OK(file >= 0 && !ftruncate(file, 16 * PAGE), "a file");
	file_map = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	OK(common != MAP_FAILED && file_map != MAP_FAILED, "two mappings");
	storm();		/* a first time, so that all caches are filled */
	before = free_kib();
	storm();
	after = free_kib();
	EQ(wrong, 0, "nobody sees what it did not write");
	OK(rounds > 20 && forks > 5, "all have worked");
	OK(buses > 0, "what was cut off is not there: SIGBUS");
	OK(before < 0 || after > before - 1024, "no memory is lost");
	if (before >= 0 && after <= before - 1024)
		printf("# %ld kB before, %ld kB after\n", before, after);
	unlink("/tmp/mmstorm");
	return TAP_DONE();
}
