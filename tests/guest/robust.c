// SPDX-License-Identifier: GPL-2.0-only
/*
 * Robust futex lists: what the kernel does with the mutexes that a thread holds when it dies or executes another program. The
 * lists are made by hand, in shared memory, so that this process sees what has become of the words.
 */
#define _GNU_SOURCE
#include "tests/guest/futex.h"
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>

struct mutex {
	struct robust_list list;
	uint32_t word, unused;
};

static struct shared {
	struct robust_list_head head;
	struct mutex m[4];
	int ready;
} *s;

static uint32_t tid(void)
{
	return (uint32_t)syscall(SYS_gettid);
}

/* A list of the first n mutexes of s, all of them current's. */
static void hold(int n)
{
	memset(s, 0, sizeof(*s));
	s->head.futex_offset = offsetof(struct mutex, word);
	s->head.list.next = n ? &s->m[0].list : &s->head.list;
	for (int i = 0; i < n; i++) {
		s->m[i].word = tid();
		s->m[i].list.next = i + 1 < n ? &s->m[i + 1].list : &s->head.list;
	}
	syscall(SYS_set_robust_list, &s->head, sizeof(s->head));
}

static void by_exit(void)
{
	hold(2);
	s->m[1].word |= FUTEX_WAITERS;
	_exit(0);
}

static void by_signal(void)
{
	hold(1);
	raise(SIGKILL);
}

static void not_owned(void)
{
	hold(3);
	s->m[1].word = 1;
	s->m[2].word = 0;
	_exit(0);
}

static void pending(void)
{
	hold(1);
	s->m[3].word = tid();
	s->head.list_op_pending = &s->m[3].list;
	_exit(0);
}

/* Taken off the list and unlocked, but it died before it woke anybody. */
static void pending_unlocked(void)
{
	hold(0);
	s->head.list_op_pending = &s->m[3].list;
	s->ready = 1;
	pause();
}

static void in_a_circle(void)
{
	hold(2);
	s->m[1].list.next = &s->m[0].list;
	_exit(0);
}

static void broken(void)
{
	hold(2);
	s->m[0].list.next = (void *)8;
	_exit(0);
}

static void by_exec(void)
{
	hold(1);
	execl("/proc/self/exe", "robust", "nothing", NULL);
	_exit(9);
}

static void *thread(void *arg)
{
	hold(1);
	return NULL;
}

static void by_thread(void)
{
	pthread_t t;

	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
	/* The number is taken off after the list has been walked. */
	s->ready = (int)s->m[0].word;
	_exit(0);
}

static void run(void (*fn)(void))
{
	pid_t pid = fork();

	if (!pid) {
		fn();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

/* Somebody who waits at the word while fn's process dies. */
static int wakes(void (*fn)(void), uint32_t *word, int want)
{
	pid_t owner, waiter;
	int woken;

	memset(s, 0, sizeof(*s));
	owner = fork();
	if (!owner) {
		fn();
		_exit(0);
	}
	while (!*(volatile int *)&s->ready)
		usleep(1000);
	waiter = fork();
	if (!waiter)
		_exit(syscall(SYS_futex, word, FUTEX_WAIT, *word, NULL) != 0);
	becomes_asleep(waiter);
	kill(owner, SIGKILL);
	waitpid(owner, NULL, 0);
	woken = ends_within(waiter, want ? 10000 : 200);
	if (!woken) {
		kill(waiter, SIGKILL);
		waitpid(waiter, NULL, 0);
	}
	return woken;
}

static void waits_for_end(void)
{
	hold(1);
	s->m[0].word |= FUTEX_WAITERS;
	s->ready = 1;
	pause();
}

static void waits_unmarked(void)
{
	hold(1);
	s->ready = 1;
	pause();
}

static void calls(void)
{
	struct robust_list_head *head = (void *)1;
	size_t len = 0;

	FAILS(syscall(SYS_set_robust_list, &s->head, sizeof(s->head) - 1), EINVAL, "a list of another size: EINVAL");
	EQ(syscall(SYS_set_robust_list, &s->head, sizeof(s->head)), 0, "a list is set");
	EQ(syscall(SYS_get_robust_list, 0, &head, &len), 0, "and got");
	OK(head == &s->head && len == sizeof(s->head), "as it was");
	EQ(syscall(SYS_get_robust_list, getpid(), &head, &len), 0, "also by the number");
	FAILS(syscall(SYS_get_robust_list, 0x3ffffff, &head, &len), ESRCH, "of nobody: ESRCH");
	FAILS(syscall(SYS_get_robust_list, 0, &head, (void *)8), EFAULT, "to a wild address: EFAULT");
	FAILS(syscall(SYS_get_robust_list, 0, (void *)8, &len), EFAULT, "or to another: EFAULT");
	pid_t pid = fork();

	if (!pid) {
		if (syscall(SYS_get_robust_list, 0, &head, &len) || head)
			_exit(1);
		if (syscall(SYS_get_robust_list, getppid(), &head, &len) || head != &s->head)
			_exit(2);
		if (setuid(1000))
			_exit(3);
		_exit(syscall(SYS_get_robust_list, getppid(), &head, &len) == -1 && errno == EPERM ? 0 : 4);
	}
	int status = -1;

	waitpid(pid, &status, 0);
	EQ(status, 0, "a child has none; root sees its parent's, another user does not");
	syscall(SYS_set_robust_list, NULL, sizeof(s->head));
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return 0;
	s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	calls();
	run(by_exit);
	EQ(s->m[0].word, FUTEX_OWNER_DIED, "exit marks a mutex that was held");
	EQ(s->m[1].word, FUTEX_OWNER_DIED | FUTEX_WAITERS, "and keeps that somebody waits");
	run(by_signal);
	EQ(s->m[0].word, FUTEX_OWNER_DIED, "death by a signal as well");
	run(by_exec);
	EQ(s->m[0].word, FUTEX_OWNER_DIED, "and exec");
	run(by_thread);
	EQ(s->m[0].word, FUTEX_OWNER_DIED, "and the end of a thread");
	EQ(s->ready, FUTEX_OWNER_DIED, "before it is joined");
	run(not_owned);
	EQ(s->m[0].word, FUTEX_OWNER_DIED, "a list is followed");
	EQ(s->m[1].word, 1, "past what another one owns");
	EQ(s->m[2].word, 0, "or nobody");
	run(pending);
	EQ(s->m[0].word, FUTEX_OWNER_DIED, "besides the list");
	EQ(s->m[3].word, FUTEX_OWNER_DIED, "the one that was being taken is marked");
	run(in_a_circle);
	EQ(s->m[1].word, FUTEX_OWNER_DIED, "a list that never ends does end");
	run(broken);
	EQ(s->m[0].word, FUTEX_OWNER_DIED, "before a wild pointer all is done");
	OK(s->m[1].word && s->m[1].word != FUTEX_OWNER_DIED, "what is behind it is not found");
	EQ(wakes(waits_for_end, &s->m[0].word, 1), 1, "who waits for a mutex is woken by its owner's death");
	EQ(s->m[0].word, FUTEX_OWNER_DIED | FUTEX_WAITERS, "and finds the mark");
	EQ(wakes(pending_unlocked, &s->m[3].word, 1), 1, "also when it was unlocked and nobody woken yet");
	EQ(wakes(waits_unmarked, &s->m[0].word, 0), 0, "without FUTEX_WAITERS nobody is");
	return TAP_DONE();
}
