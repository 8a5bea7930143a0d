// SPDX-License-Identifier: GPL-2.0-only
// Many at once: trees of forks, threads that exec and fork, signals from all sides, kill of
// everything. Nobody may be left over, and nothing may hang.
#define _GNU_SOURCE
#include "tests/guest/tap.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int *shared;

// A tree of processes: each forks two and waits for them. The number of processes that were there.
static int tree(int depth)
{
	int total = 1, status;

	for (int i = 0; depth > 0 && i < 2; i++) {
		pid_t pid = fork();

		if (pid < 0)
			_exit(255);
		if (!pid)
			_exit(tree(depth - 1));
	}
	while (wait(&status) > 0)
		total += WEXITSTATUS(status);
	return total;
}

static void *forker(void *arg)
{
	long good = 0;

	(void)arg;
	for (int i = 0; i < 20; i++) {
		int status;
		pid_t pid = fork();

		if (!pid)
			_exit(i);
		good += waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == i;
	}
	return (void *)good;
}

static void test_forks(void)
{
	pthread_t t[3];
	long good = 0;
	void *ret;

	EQ(tree(6), 127, "a tree of 127 processes");
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, forker, NULL);
	for (int i = 0; i < 3; i++) {
		pthread_join(t[i], &ret);
		good += (long)ret;
	}
	EQ(good, 60, "three threads fork side by side");
}

// ---- exec by any thread ends all others; the process keeps its number ----

static void *idle_thread(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void *exec_thread(void *unused)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	usleep(10000);
	execl("/proc/self/exe", "storm", "same-pid", pid, NULL);
	_exit(1);
	return unused;
}

static int exec_from_thread(int others, int by_leader)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		pthread_t t;

		for (int i = 0; i < others; i++)
			pthread_create(&t, NULL, idle_thread, NULL);
		if (by_leader)
			exec_thread(NULL);
		pthread_create(&t, NULL, exec_thread, NULL);
		for (;;)
			pause();
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void *exit_leader(void *unused)
{
	usleep(30000);
	shared[0] = 1;
	_exit(5);
	return unused;
}

static void test_threads(void)
{
	int bad = 0, status;
	pid_t pid;

	for (int i = 0; i < 5; i++)
		bad += exec_from_thread(i, i & 1) != 0;
	EQ(bad, 0,
	   "exec from a thread, or from the first with others: one thread is left, with the same "
	   "number");
	pid = fork();
	if (!pid) {
		pthread_t t;

		pthread_create(&t, NULL, exit_leader, NULL);
		syscall(SYS_exit, 9);
	}
	EQ(waitpid(pid, &status, 0), pid, "a process whose first thread has ended lives on");
	EQ(WEXITSTATUS(status), 5, "until the others end it");
	EQ(shared[0], 1, "not before");
}

// ---- signals from all sides ----

static volatile int caught;

static void on_usr(int sig)
{
	(void)sig;
	caught++;
}

static void test_signal_storm(void)
{
	struct sigaction sa = {.sa_handler = on_usr, .sa_flags = SA_RESTART};
	pid_t pids[4], self = getpid();
	int alive = 0, status;

	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			for (int n = 0; n < 2000; n++)
				kill(self, n & 1 ? SIGUSR1 : SIGUSR2);
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++)
		alive += waitpid(pids[i], &status, 0) == pids[i] && status == 0;
	EQ(alive, 4, "four processes send 8,000 signals");
	OK(caught > 0 && caught <= 8000, "handlers ran for them");
}

static void test_stop_storm(void)
{
	pid_t pid = fork();
	int status, stops = 0;

	if (!pid)
		for (;;)
			getppid();
	for (int i = 0; i < 200; i++) {
		kill(pid, SIGSTOP);
		if (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status))
			stops++;
		kill(pid, SIGCONT);
	}
	EQ(stops, 200, "200 stops, each seen");
	kill(pid, SIGKILL);
	EQ(waitpid(pid, &status, 0), pid, "and the end");
}

// ---- kill of everything ----

static void test_kill_all(void)
{
	int n = 0, status;
	pid_t pid;

	signal(SIGTERM, SIG_IGN);
	for (int i = 0; i < 40; i++) {
		pid = fork();
		if (!pid) {
			pthread_t t;

			if (i & 1)
				pthread_create(&t, NULL, idle_thread, NULL);
			for (;;) {
				if (i & 2)
					getppid();
				else
					pause();
			}
		}
	}
	EQ(kill(0, SIGTERM), 0, "SIGTERM to the group, which ignores it");
	EQ(kill(0, SIGUSR2), 0, "a signal that all handle");
	EQ(waitpid(-1, &status, WNOHANG), 0, "nobody ends");
	shared[1] = getpid();
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		// the group's members one by one, but for the parent
		for (int p = 2; p < 32768; p++)
			if (p != shared[1] && p != getpid() && getpgid(p) == shared[1])
				kill(p, SIGKILL);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	while (wait(&status) > 0)
		n += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	EQ(n, 40, "SIGKILL ends all 40, threads and all");
	signal(SIGTERM, SIG_DFL);
}

static void test_limit(void)
{
	struct rlimit lim = {20, 20};
	int status, made = 0;
	pid_t pid;

	if (getuid()) {
		OK(1, "RLIMIT_NPROC # SKIP needs root");
		return;
	}
	pid = fork();
	if (!pid) {
		setrlimit(RLIMIT_NPROC, &lim);
		if (setgid(4321) || setuid(4321))
			_exit(100);
		while (made < 50) {
			pid = fork();
			if (pid < 0)
				break;
			if (!pid)
				for (;;)
					pause();
			made++;
		}
		status = errno;
		kill(-1, SIGKILL);
		while (wait(NULL) > 0)
			;
		_exit(status == EAGAIN ? made : 101);
	}
	waitpid(pid, &status, 0);
	EQ(WEXITSTATUS(status), 19,
	   "RLIMIT_NPROC: the 20th process of a user is the last; kill(-1) reaches his own");
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return atoi(argv[2]) == getpid() && syscall(SYS_gettid) == getpid() ? 0 : 2;
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	setpgid(0, 0);
	test_forks();
	test_threads();
	test_signal_storm();
	test_stop_storm();
	test_kill_all();
	test_limit();
	return TAP_DONE();
}
