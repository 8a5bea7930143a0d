// SPDX-License-Identifier: GPL-2.0-only
/*
 * Children of threads: the thread that forks is the parent. They pass on to another thread of the process when it ends, and to
 * init with the process, whichever thread lives longest; and what is bound to "the parent" is bound to that thread.
 */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* fn in a process whose first thread is gone; its status. */
static void *(*after_leader)(void);

static void *wait_for_leader(void *arg)
{
	while (task_state(getpid()) != 'Z')
		usleep(1000);
	return after_leader();
}

static int without_leader(void *(*fn)(void))
{
	pthread_t thread;
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		after_leader = fn;
		pthread_create(&thread, NULL, wait_for_leader, NULL);
		syscall(SYS_exit, 0);
	}
	waitpid(pid, &status, 0);
	return status;
}

static pid_t child_of_7(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(7);
	return pid;
}

/* A child is waited for, as wait4() has it; 1: it was that one. */
static int waited_for(int any, int options)
{
	int status = 0;
	pid_t pid = child_of_7();

	return pid > 0 && waitpid(any ? -1 : pid, &status, options) == pid && status == 7 << 8;
}

/* Its value: which failed first. */
static void *fork_and_wait(void)
{
	_exit(!waited_for(0, 0)	     ? 1 :
	      !waited_for(1, 0)	     ? 2 :
	      !waited_for(0, __WNOTHREAD) ? 3 :
	      !waited_for(1, __WNOTHREAD) ? 4 :
					    0);
}

static int pipe_ends[2];

/* Leaves a child behind that tells when it has another parent. */
static void *leave_orphan(void)
{
	pid_t parent = getpid();
	int tries = 0;

	if (!fork()) {
		while (getppid() == parent && tries++ < 5000)
			usleep(2000);
		_exit(write(pipe_ends[1], getppid() == 1 ? "1" : "0", 1) != 1);
	}
	_exit(0);
}

static void orphans(void)
{
	char text = 0;

	EQ(without_leader(fork_and_wait), 0, "a thread waits for its children when the first thread is gone");
	EQ(pipe(pipe_ends), 0, "a pipe");
	EQ(without_leader(leave_orphan), 0, "the last thread leaves a child");
	close(pipe_ends[1]);
	EQ(read(pipe_ends[0], &text, 1), 1, "which tells of it");
	EQ(text, '1', "that its parent is now init");
	close(pipe_ends[0]);
}

static pthread_barrier_t barrier;
static pid_t thread_child;

static void *fork_in_thread(void *arg)
{
	thread_child = child_of_7();
	pthread_barrier_wait(&barrier);		/* main tries to wait */
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void only_own(void)
{
	pthread_t thread;
	int status = 0;

	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&thread, NULL, fork_in_thread, NULL);
	pthread_barrier_wait(&barrier);
	FAILS(waitpid(thread_child, NULL, __WNOTHREAD), ECHILD, "__WNOTHREAD: not another thread's child");
	FAILS(waitpid(-1, NULL, __WNOTHREAD), ECHILD, "nor any of them");
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
	EQ(waitpid(thread_child, &status, __WNOTHREAD), thread_child, "it passes on to the thread that is left");
	EQ(status, 7 << 8, "with its status");
}

static int ready[2];

static void *fork_one_that_dies(void *arg)
{
	char text;

	thread_child = fork();
	if (!thread_child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (write(ready[1], "x", 1) == 1)
			for (int i = 0; i < 60; i++)
				sleep(1);
		_exit(0);
	}
	return (void *)(long)read(ready[0], &text, 1);
}

/* prctl(2): the "parent" is the thread. */
static void death_of_thread(void)
{
	pthread_t thread;
	int status = 0;

	if (pipe(ready))
		return;
	pthread_create(&thread, NULL, fork_one_that_dies, NULL);
	pthread_join(thread, NULL);
	EQ(waitpid(thread_child, &status, 0), thread_child, "a child ends with the thread that made it");
	EQ(status, SIGKILL, "by its PR_SET_PDEATHSIG");
	close(ready[0]);
	close(ready[1]);
}

int main(void)
{
	orphans();
	only_own();
	death_of_thread();
	return TAP_DONE();
}
