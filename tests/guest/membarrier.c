// SPDX-License-Identifier: GPL-2.0-only
/* membarrier: it orders what threads do that have no barriers of their own, and its errors. */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

static long barrier(int cmd, unsigned int flags)
{
	return syscall(SYS_membarrier, cmd, flags, 0);
}

/*
 * The fast side writes x and reads y without a barrier but the compiler's; the slow one writes y and has membarrier make up for it.
 * Without barriers both may read 0.
 */
static volatile int x, y, turn, seen, stop;

static void *fast_side(void *arg)
{
	int last = 0, mine;

	while (!stop) {
		if (turn == last)
			continue;
		last = turn;
		x = 1;
		__asm__ __volatile__("" ::: "memory");
		mine = y;
		__asm__ __volatile__("" ::: "memory");
		seen = last * 2 + mine;
	}
	return arg;
}

static int both_missed(int cmd)
{
	int missed = 0, mine;
	pthread_t t;

	stop = turn = seen = 0;
	pthread_create(&t, NULL, fast_side, NULL);
	for (int i = 1; i <= 200; i++) {
		x = y = 0;
		__sync_synchronize();
		turn = i;
		y = 1;
		if (barrier(cmd, 0))
			missed++;
		mine = x;
		while (seen / 2 != i)
			sched_yield();
		missed += !mine && !(seen & 1);
	}
	stop = 1;
	pthread_join(t, NULL);
	return missed;
}

static void private_barriers(void)
{
	int status = -1;

	MUST_FAIL(barrier(8, 0), EPERM);
	MUST(!barrier(16, 0));
	MUST(!barrier(16, 0));
	MUST(!barrier(8, 0));
	if (!fork())
		_exit(barrier(8, 0) ? 1 : 0);
	MUST(wait(&status) > 0 && !status);	/* it goes with the memory's copy */
	MUST(both_missed(8) == 0);
}

static void barriers(void)
{
	EQ(barrier(0, 0) & 25, 25, "membarrier says what it has");
	FAILS(barrier(0, 1 << 8), EINVAL, "unknown flags");
	FAILS(barrier(1 << 20, 0), EINVAL, "an unknown command");
	EQ(barrier(1, 0), 0, "for all");
	EQ(both_missed(1), 0, "it orders what threads do");
	EQ(in_child(private_barriers), 0, "for the process, which says before that it will");
}

int main(void)
{
	barriers();
	return TAP_DONE();
}
