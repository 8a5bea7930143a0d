// SPDX-License-Identifier: GPL-2.0-only
/*
 * futex(2) beyond what a C library's mutex needs: bitsets, requeueing, FUTEX_WAKE_OP, deadlines on both clocks, signals during a
 * wait, words in shared memory. Waiters are processes, so that the words are in shared memory; robust lists are in
 * tests/guest/robust.c.
 */
#define _GNU_SOURCE
#include "tests/guest/futex.h"
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static uint32_t *words;			/* a shared page */

static long futex(void *addr, int op, uint32_t val, const void *timeout, void *addr2, uint32_t val3)
{
	return syscall(SYS_futex, addr, op, val, timeout, addr2, val3);
}

static long futex_nr(void *addr, int op, uint32_t val, long nr2, void *addr2, uint32_t val3)
{
	return futex(addr, op, val, (void *)nr2, addr2, val3);
}

/* A process that waits at addr, which holds val, and exits with 0 when it was woken, else with the errno. */
static pid_t waiter(void *addr, uint32_t val, uint32_t bitset)
{
	pid_t pid = fork();

	if (!pid)
		_exit(futex(addr, FUTEX_WAIT_BITSET, val, NULL, NULL, bitset) ? errno : 0);
	becomes_asleep(pid);
	return pid;
}

/* How many of these n have ended by being woken; it is waited for at least `want` of them. */
static int woken(pid_t *pids, int n, int want)
{
	long end = now_ms() + 10000;
	int status, count = 0;

	do {
		for (int i = 0; i < n; i++)
			if (pids[i] > 0 && waitpid(pids[i], &status, WNOHANG) == pids[i]) {
				pids[i] = 0;
				count += status == 0;
			}
	} while (count < want && now_ms() < end && !usleep(2000));
	return count;
}

static void end_all(pid_t *pids, int n)
{
	for (int i = 0; i < n; i++)
		if (pids[i] > 0) {
			kill(pids[i], SIGKILL);
			waitpid(pids[i], NULL, 0);
		}
}

static void arguments(void)
{
	struct timespec bad = {0, 1000000000}, negative = {-1, 0};

	words[0] = 5;
	FAILS(futex(words, FUTEX_WAIT_BITSET, 5, NULL, NULL, 0), EINVAL, "a wait for no bits: EINVAL");
	FAILS(futex(words, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL, "a wake of no bits: EINVAL");
	FAILS(futex(words, FUTEX_WAIT_BITSET, 6, NULL, NULL, 1), EAGAIN, "another value: EAGAIN");
	FAILS(futex(words, FUTEX_WAIT, 5, &bad, NULL, 0), EINVAL, "a second of nanoseconds: EINVAL");
	FAILS(futex(words, FUTEX_WAIT, 6, &bad, NULL, 0), EINVAL, "before the value is looked at");
	FAILS(futex(words, FUTEX_WAIT, 5, &negative, NULL, 0), EINVAL, "a negative time: EINVAL");
	FAILS(futex(words, FUTEX_WAIT, 5, (void *)8, NULL, 0), EFAULT, "a time at a wild address: EFAULT");
	FAILS(futex(words, 99, 5, NULL, NULL, 0), ENOSYS, "an unknown operation: ENOSYS");
	FAILS(futex(words, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0), ENOSYS, "a wake by a clock: ENOSYS");
	FAILS(futex((char *)words + 2, FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL, "a crooked address to wake: EINVAL");
	FAILS(futex_nr(words, FUTEX_CMP_REQUEUE, 1, 1, (char *)words + 2, 5), EINVAL, "a crooked one to requeue to: EINVAL");
	FAILS(futex_nr(words, FUTEX_CMP_REQUEUE, 1, -1, words + 1, 5), EINVAL, "a negative number to requeue: EINVAL");
	FAILS(futex_nr(words, FUTEX_CMP_REQUEUE, -1, 1, words + 1, 5), EINVAL, "or to wake: EINVAL");
	FAILS(futex_nr(words, FUTEX_CMP_REQUEUE, 1, 1, words + 1, 6), EAGAIN, "requeue from another value: EAGAIN");
	FAILS(futex((void *)0x10000, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT, "a wake where nothing is mapped: EFAULT");
	EQ(futex((void *)0x10000, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0), 0, "a private wake does not look");
	FAILS(futex((void *)(1UL << 62), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0), EFAULT, "but for an address of programs");
}

static void deadlines(void)
{
	struct timespec t;
	long since;

	for (int clock = 0; clock < 2; clock++) {
		int op = FUTEX_WAIT_BITSET | (clock ? FUTEX_CLOCK_REALTIME : 0);

		clock_gettime(clock ? CLOCK_REALTIME : CLOCK_MONOTONIC, &t);
		FAILS(futex(words, op, words[0], &t, NULL, 1), ETIMEDOUT, clock ? "a wall clock time that is over" : "a time that is over");
		t.tv_nsec += 50000000;
		t.tv_sec += t.tv_nsec / 1000000000;
		t.tv_nsec %= 1000000000;
		since = now_ms();
		FAILS(futex(words, op, words[0], &t, NULL, 1), ETIMEDOUT, "a deadline in 50 ms ends the wait");
		OK(now_ms() - since >= 30, "and not before");
	}
	t = (struct timespec){0, 50000000};
	since = now_ms();
	FAILS(futex(words, FUTEX_WAIT, words[0], &t, NULL, 0), ETIMEDOUT, "FUTEX_WAIT's time is from now on");
	OK(now_ms() - since >= 49, "and as long");
	t = (struct timespec){0, 0};
	FAILS(futex(words, FUTEX_WAIT, words[0], &t, NULL, 0), ETIMEDOUT, "no time at all");
}

static void bitsets(void)
{
	pid_t pids[4];

	for (int i = 0; i < 4; i++)
		pids[i] = waiter(words, words[0], i == 3 ? FUTEX_BITSET_MATCH_ANY : 1U << i);
	EQ(futex(words, FUTEX_WAKE_BITSET, INT_MAX, NULL, NULL, 8), 1, "bits wake who waits for one of them, or for any");
	EQ(woken(pids + 3, 1, 1), 1, "who waits for any");
	EQ(futex(words, FUTEX_WAKE_BITSET, INT_MAX, NULL, NULL, 4 | 1), 2, "two others");
	EQ(woken(pids, 3, 2), 2, "two are woken");
	OK(pids[1] > 0, "not the third");
	EQ(futex(words, FUTEX_WAKE, INT_MAX, NULL, NULL, 0), 1, "FUTEX_WAKE wakes whatever is waited for");
	EQ(woken(pids, 3, 1), 1, "that one, too");
	pids[0] = waiter(words, words[0], 1);
	pids[1] = waiter(words, words[0], 1);
	EQ(futex(words, FUTEX_WAKE, 0, NULL, NULL, 0), 1, "to wake 0 wakes one");
	EQ(woken(pids, 1, 1), 1, "who came first");
	EQ(futex(words, FUTEX_WAKE, 1, NULL, NULL, 0), 1, "the next one");
	EQ(woken(pids, 2, 1), 1, "goes as well");
}

static void requeues(void)
{
	pid_t pids[5];

	words[0] = 5, words[1] = 9;
	for (int i = 0; i < 5; i++)
		pids[i] = waiter(words, 5, 1);
	EQ(futex_nr(words, FUTEX_CMP_REQUEUE, 1, 2, words + 1, 5), 3, "one is woken, two are moved: 3");
	EQ(woken(pids, 1, 1), 1, "the first is woken");
	EQ(futex(words + 1, FUTEX_WAKE, INT_MAX, NULL, NULL, 0), 2, "two wait there now");
	EQ(woken(pids, 3, 2), 2, "the next two");
	EQ(futex_nr(words, FUTEX_REQUEUE, 0, INT_MAX, words + 1, 0), 2, "the rest is moved, whatever the word holds");
	EQ(futex(words, FUTEX_WAKE, INT_MAX, NULL, NULL, 0), 0, "here waits nobody");
	kill(pids[3], SIGKILL);
	EQ(ends_within(pids[3], 10000), 1, "one who was moved is killed");
	pids[3] = 0;
	EQ(futex(words + 1, FUTEX_WAKE, INT_MAX, NULL, NULL, 0), 1, "and no longer waits");
	EQ(woken(pids, 5, 1), 1, "the last is woken");
	end_all(pids, 5);
}

/* FUTEX_WAKE_OP on a second word that holds `old`: what it holds then; *ret: what the call returned, or -errno. */
static uint32_t wake_op(int op, int oparg, int cmp, int cmparg, uint32_t old, long *ret)
{
	words[1] = old;
	*ret = futex_nr(words, FUTEX_WAKE_OP, 1, 1, words + 1, FUTEX_OP(op, oparg, cmp, cmparg));
	if (*ret < 0)
		*ret = -errno;
	return words[1];
}

static void operations(void)
{
	static const struct { int op, arg; uint32_t old, now; const char *name; } ops[] = {
		{FUTEX_OP_SET, 7, 1, 7, "SET"},
		{FUTEX_OP_SET, 0xfff, 1, 0xffffffff, "SET of -1: 12 bits with a sign"},
		{FUTEX_OP_ADD, 5, 6, 11, "ADD"},
		{FUTEX_OP_ADD, 0xffe, 6, 4, "ADD of -2"},
		{FUTEX_OP_OR, 6, 9, 15, "OR"},
		{FUTEX_OP_ANDN, 6, 15, 9, "ANDN"},
		{FUTEX_OP_XOR, 5, 6, 3, "XOR"},
		{FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT, 31, 1, 0x80000001, "OR of a bit by its number"},
	};
	static const struct { int cmp, arg, yes, no; const char *name; } cmps[] = {
		{FUTEX_OP_CMP_EQ, 5, 5, 6, "EQ"}, {FUTEX_OP_CMP_NE, 5, 6, 5, "NE"}, {FUTEX_OP_CMP_LT, 5, -6, 5, "LT"},
		{FUTEX_OP_CMP_LE, 5, 5, 6, "LE"}, {FUTEX_OP_CMP_GT, 0xfff, 0, -1, "GT -1"}, {FUTEX_OP_CMP_GE, 5, 5, 4, "GE"},
	};
	pid_t pids[2];
	long ret;

	for (unsigned int i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		EQ(wake_op(ops[i].op, ops[i].arg, FUTEX_OP_CMP_EQ, 0, ops[i].old, &ret), ops[i].now, ops[i].name);
		EQ(ret, 0, "nobody is woken");
	}
	for (unsigned int i = 0; i < sizeof(cmps) / sizeof(cmps[0]); i++) {
		for (int yes = 0; yes < 2; yes++) {
			uint32_t old = (uint32_t)(yes ? cmps[i].yes : cmps[i].no);

			words[1] = old;
			pids[0] = waiter(words + 1, old, 1);
			wake_op(FUTEX_OP_ADD, 1, cmps[i].cmp, cmps[i].arg, old, &ret);
			EQ(ret, yes, cmps[i].name);
			EQ(woken(pids, 1, yes), yes, yes ? "is true: woken" : "is false: not");
			end_all(pids, 1);
		}
	}
	words[0] = 5, words[1] = 0;
	pids[0] = waiter(words, 5, 1), pids[1] = waiter(words + 1, 0, 1);
	wake_op(FUTEX_OP_SET, 1, FUTEX_OP_CMP_EQ, 0, 0, &ret);
	EQ(ret, 2, "at both words one is woken");
	EQ(woken(pids, 2, 2), 2, "really");
	EQ(wake_op(5, 1, FUTEX_OP_CMP_EQ, 0, 3, &ret), 3, "an unknown operation changes nothing");
	EQ(ret, -ENOSYS, "and is ENOSYS");
	EQ(wake_op(FUTEX_OP_SET, 1, 6, 0, 3, &ret), 1, "an unknown comparison comes after the operation");
	EQ(ret, -ENOSYS, "and is ENOSYS");
	mprotect(words, 4096, PROT_READ);
	FAILS(futex_nr(words, FUTEX_WAKE_OP, 1, 1, words + 1, FUTEX_OP(FUTEX_OP_SET, 1, 0, 0)), EFAULT, "a word that is not writable: EFAULT");
	EQ(futex(words, FUTEX_WAKE, 1, NULL, NULL, 0), 0, "one that is not may be woken at");
	mprotect(words, 4096, PROT_READ | PROT_WRITE);
	FAILS(futex_nr(words, FUTEX_WAKE_OP, 1, 1, (char *)words + 1, 0), EINVAL, "a crooked second word: EINVAL");
}

static void handler(int sig)
{
}

/* What a wait ends with when a handler with these flags has run in its middle and the word has changed meanwhile. */
static int interrupted(int op, const struct timespec *time, int flags)
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = flags};
	int status = -1;
	pid_t pid;

	words[0] = 5;
	pid = fork();
	if (!pid) {
		sigaction(SIGUSR1, &act, NULL);
		_exit(futex(words, op, 5, time, NULL, 1) ? errno : 0);
	}
	becomes_asleep(pid);
	words[0] = 6;
	kill(pid, SIGUSR1);
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WEXITSTATUS(status);
}

static void signals(void)
{
	struct timespec t = {100, 0};

	EQ(interrupted(FUTEX_WAIT, NULL, 0), EINTR, "a handler interrupts a wait: EINTR");
	EQ(interrupted(FUTEX_WAIT, NULL, SA_RESTART), EAGAIN, "with SA_RESTART it begins again, and sees another value");
	EQ(interrupted(FUTEX_WAIT, &t, 0), EINTR, "a wait with a time: EINTR");
	EQ(interrupted(FUTEX_WAIT, &t, SA_RESTART), EINTR, "also with SA_RESTART");
	pid_t pid = fork();

	words[0] = 5;
	if (!pid) {
		t = (struct timespec){0, 200000000};
		_exit(futex(words, FUTEX_WAIT, 5, &t, NULL, 0) ? errno : 0);
	}
	becomes_asleep(pid);
	kill(pid, SIGSTOP);
	waitpid(pid, NULL, WUNTRACED);
	kill(pid, SIGCONT);
	int status = -1;

	waitpid(pid, &status, 0);
	EQ(WEXITSTATUS(status), ETIMEDOUT, "a stop in its middle does not end it, its time does");
}

/* The same word at two addresses. */
static void shared(void)
{
	int fd = open("/tmp/futex-test", O_RDWR | O_CREAT | O_TRUNC, 0600);
	uint32_t *a, *b, *c;
	pid_t pids[1];

	unlink("/tmp/futex-test");
	if (ftruncate(fd, 8192))
		return;
	a = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);
	b = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	c = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	pids[0] = waiter(a + 3, 0, 1);
	EQ(futex(b + 3, FUTEX_WAKE, 1, NULL, NULL, 0), 0, "another word of the same file is another one");
	EQ(futex(c + 1024 + 3, FUTEX_WAKE, 1, NULL, NULL, 0), 0, "a private mapping's, too");
	EQ(futex(a + 3, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0), 0, "and the private one at the same address");
	EQ(futex(b + 1024 + 3, FUTEX_WAKE, 1, NULL, NULL, 0), 1, "the word itself is found at another address");
	EQ(woken(pids, 1, 1), 1, "by another process");
	end_all(pids, 1);
	munmap(a, 4096), munmap(b, 8192), munmap(c, 8192);
	close(fd);
}

int main(void)
{
	words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	arguments();
	deadlines();
	bitsets();
	requeues();
	operations();
	signals();
	shared();
	return TAP_DONE();
}
