// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything at once, many times: forks, execs, threads, pipes and stops, while their container is frozen and thawed.
 */
#include "tests/guest/freezer/freezer.h"

#include <pthread.h>
#include <sched.h>

static void *thread_counts(void *arg)
{
	volatile unsigned long *count = arg;

	for (;;)
		++*count;
	return NULL;
}

/* Argument of a thread that execs while its siblings run: the program itself, which begins again. */
void become_execer(unsigned long left)
{
	char text[16];
	pthread_t t;

	for (int i = 0; i < 2; i++)
		pthread_create(&t, NULL, thread_counts, (void *)&(volatile unsigned long){0});
	snprintf(text, sizeof(text), "%lu", left + 1);
	execl("/proc/self/exe", "freezer", "exec", text, NULL);
	_exit(1);
}

static void forker(void)
{
	for (;;) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		if (pid > 0)
			waitpid(pid, NULL, 0);
		shared->counts[2]++;
	}
}

static void vforker(void)
{
	for (;;) {
		pid_t pid = vfork();

		if (!pid) {
			execl("/proc/self/exe", "freezer", "true", NULL);
			_exit(1);
		}
		if (pid > 0)
			waitpid(pid, NULL, 0);
		shared->counts[3]++;
	}
}

static void pinger(int in, int out, int count)
{
	char c;

	while (read(in, &c, 1) == 1 && write(out, &c, 1) == 1)
		shared->counts[count]++;
	_exit(1);		/* an error or a short count: seen as a process too few */
}

static void threads(void)
{
	pthread_t t;

	for (int i = 0; i < 3; i++)
		pthread_create(&t, NULL, thread_counts, (void *)&shared->counts[6]);
	for (;;) {
		nap(3);
		shared->counts[7]++;
	}
}

static pid_t in_container(void)
{
	pid_t pid = fork();

	if (!pid)
		move_to(0, A);
	return pid;
}

void test_storm(int rounds)
{
	int there[2], back[2], status, frozen = 0, quiet_rounds = 0;
	unsigned long before[8];
	pid_t pids[6];

	pipe(there);
	pipe(back);
	if (!(pids[0] = in_container()))
		forker();
	if (!(pids[1] = in_container()))
		vforker();
	if (!(pids[2] = in_container()))
		pinger(there[0], back[1], 4);
	if (!(pids[3] = in_container()))
		pinger(back[0], there[1], 5);
	if (!(pids[4] = in_container()))
		threads();
	if (!(pids[5] = in_container()))
		become_execer(0);
	write(there[1], "x", 1);
	for (int round = 0; round < rounds; round++) {
		frozen += set_state(round % 2 ? A : B, "FROZEN") && set_state(A, "FROZEN");
		memcpy(before, (void *)shared->counts, sizeof(before));
		if (round % 16 == 0)
			nap(20);
		sched_yield();
		quiet_rounds += !memcmp(before, (void *)shared->counts, sizeof(before));
		if (round % 3 == 0)
			kill(pids[4], round % 2 ? SIGSTOP : SIGCONT);
		write_text(A "/freezer.state", "THAWED");
		if (round % 4 == 0)
			nap(2);
	}
	write_text(B "/freezer.state", "THAWED");
	EQ(frozen, rounds, "forks, execs, pipes, threads and stops: each time all freeze");
	EQ(quiet_rounds, rounds, "and nobody does anything until thawed");
	kill(pids[4], SIGCONT);
	memcpy(before, (void *)shared->counts, sizeof(before));
	for (int i = 2; i < 8; i++) {
		for (int tries = 0; tries < 500 && shared->counts[i] == before[i]; tries++)
			nap(10);
		OK(shared->counts[i] != before[i], "then each goes on");
	}
	for (int i = 0; i < 6; i++) {
		kill(pids[i], SIGKILL);
		EQ(waitpid(pids[i], &status, 0), pids[i], "ends when it is killed");
		OK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "and not earlier");
	}
}

/* Births meet freezes, thaws and moves that nobody waits for: no child may be left frozen, which would stop its parent. */
void test_births(int rounds)
{
	unsigned long before;
	pid_t pids[3];

	for (int i = 0; i < 3; i++)
		if (!(pids[i] = in_container()))
			forker();
	for (int i = 0; i < rounds; i++) {
		write_text(A "/freezer.state", "FROZEN");
		if (i % 3 == 0)
			move_to(pids[i / 3 % 3], i & 1 ? A : TOP);
		write_text(A "/freezer.state", "THAWED");
		if (i % 7 == 0)
			nap(1);
	}
	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 3; j++)
			if (j != i)
				kill(pids[j], SIGSTOP);
		nap(20);
		before = shared->counts[2];
		for (int tries = 0; tries < 500 && shared->counts[2] == before; tries++)
			nap(10);
		OK(shared->counts[2] != before, "a parent whose children were born meanwhile goes on");
		for (int j = 0; j < 3; j++)
			kill(pids[j], SIGCONT);
	}
	for (int i = 0; i < 3; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
}
