// SPDX-License-Identifier: GPL-2.0-only
/* Threads: memory, descriptors and the pid in common, mutexes and conditions on futexes, thread-local data, exit. */
#define _GNU_SOURCE
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FUTEX_WAIT, FUTEX_WAKE };   /* operations of futex(2) */
enum { THREADS = 8, ROUNDS = 2000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static long counter, turn;
static __thread long own;

static void *add(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		pthread_mutex_unlock(&lock);
		own++;
	}
	return (void *)own;
}

static void *take_turns(void *arg)
{
	long mine = (long)arg;

	for (int i = 0; i < 50; i++) {
		pthread_mutex_lock(&lock);
		while (turn % THREADS != mine)
			pthread_cond_wait(&turned, &lock);
		turn++;
		pthread_cond_broadcast(&turned);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void *ids(void *arg)
{
	long *out = arg;

	out[0] = getpid();
	out[1] = syscall(SYS_gettid);
	out[2] = open("/dev/null", O_RDONLY);
	return NULL;
}

static void run_all(void *(*body)(void *), int *good, long expected)
{
	pthread_t threads[THREADS];
	void *result;

	*good = 0;
	for (long i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, body, (void *)i))
			return;
	for (int i = 0; i < THREADS; i++)
		*good += !pthread_join(threads[i], &result) && (long)result == expected;
}

static void basics(void)
{
	long out[3];
	pthread_t thread;
	int good;

	EQ(pthread_create(&thread, NULL, ids, out), 0, "a thread starts");
	EQ(pthread_join(thread, NULL), 0, "and is joined");
	EQ(out[0], getpid(), "it has the process's pid");
	OK(out[1] != getpid() && out[1] > 0, "and a number of its own");
	EQ(close(out[2]), 0, "a descriptor it opened is open here");
	FAILS(syscall(SYS_tgkill, getpid(), out[1], 0), ESRCH, "after its end its number is free");
	run_all(add, &good, ROUNDS);
	EQ(good, THREADS, "thread-local data is each thread's own");
	EQ(counter, THREADS * ROUNDS, "no increment under the mutex is lost");
	run_all(take_turns, &good, 0);
	EQ(turn, THREADS * 50, "threads take turns by a condition variable");
}

static void futexes(void)
{
	static int word = 1;
	struct timespec soon = { 0, 20000000 };

	FAILS(syscall(SYS_futex, &word, FUTEX_WAIT, 2, NULL), EAGAIN, "FUTEX_WAIT on another value: EAGAIN");
	FAILS(syscall(SYS_futex, &word, FUTEX_WAIT, 1, &soon), ETIMEDOUT, "FUTEX_WAIT ends after its time");
	EQ(syscall(SYS_futex, &word, FUTEX_WAKE, 1), 0, "FUTEX_WAKE with nobody waiting");
	FAILS(syscall(SYS_futex, (int *)((char *)&word + 1), FUTEX_WAIT, 1, NULL), EINVAL, "a crooked address: EINVAL");
	FAILS(syscall(SYS_futex, (int *)8, FUTEX_WAIT, 1, NULL), EFAULT, "a wild one: EFAULT");
}

static void *forever(void *arg)
{
	for (;;)
		pause();
	return NULL;
}

static void *quit(void *arg)
{
	exit(33);
}

static void ends(void)
{
	pthread_t thread;
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		pthread_create(&thread, NULL, forever, NULL);
		pthread_create(&thread, NULL, quit, NULL);
		forever(NULL);
	}
	waitpid(pid, &status, 0);
	OK(WIFEXITED(status), "one thread's exit ends the process");
	EQ(WEXITSTATUS(status), 33, "with its status");
	pid = fork();
	if (!pid) {
		pthread_create(&thread, NULL, forever, NULL);
		pthread_create(&thread, NULL, forever, NULL);
		kill(getpid(), SIGKILL);
		forever(NULL);
	}
	waitpid(pid, &status, 0);
	OK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "SIGKILL ends all threads");
}

static volatile pthread_t handler_ran_in;

static void which(int number)
{
	handler_ran_in = pthread_self();
}

static void *sleeps(void *arg)
{
	while (!handler_ran_in)
		usleep(1000);
	return NULL;
}

static void directed(void)
{
	pthread_t thread;

	signal(SIGUSR1, which);
	pthread_create(&thread, NULL, sleeps, NULL);
	EQ(pthread_kill(thread, SIGUSR1), 0, "a signal is sent to a thread");
	pthread_join(thread, NULL);
	OK(handler_ran_in == thread, "and handled in it");
}

static void *yield(void *arg)
{
	sched_yield();
	return arg;
}

static void churn(void)
{
	pthread_t thread;
	int good = 0;

	for (int i = 0; i < 500; i++)
		good += !pthread_create(&thread, NULL, yield, NULL) && !pthread_join(thread, NULL);
	EQ(good, 500, "500 threads come and go");
}

int main(void)
{
	basics();
	futexes();
	ends();
	directed();
	churn();
	return TAP_DONE();
}
