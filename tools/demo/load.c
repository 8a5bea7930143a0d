// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that is busy, under whatever name it was started: load SECONDS MIB. It takes its memory little by little over the first half
 * of its time, and goes on using it.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define MIB  (1L << 20)
#define PAGE 4096L

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1, start = now(), gone;
	long size = (argc > 2 ? atol(argv[2]) : 1) * MIB, have = 0, at = 0;
	volatile char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 1;
	while ((gone = now() - start) < seconds) {
		double wanted = size * 2 * gone / seconds;

		for (; have < size && have < wanted; have += PAGE)
			p[have] = 1;
		for (int i = 0; i < 50000; i++) {		/* well below a millisecond */
			p[at] += i;
			at = at + PAGE < have ? at + PAGE : 0;
		}
	}
	return 0;
}
