// SPDX-License-Identifier: GPL-2.0-only
//
// Everything about ptrace(2) at once: tracers attach to, let go, interrupt, read and kill processes and threads that fork, exec, stop,
// signal each other and end, while tracers themselves are killed. At the end nothing is left, nobody hangs, and nothing is lost.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/guest/tap.h"
#include "tests/guest/usage.h"

#define WORKERS 6
#define TRACERS 4
#define SECONDS 3

static struct {
	volatile pid_t pids[WORKERS * 4];	// of workers and what they make; hints only
	volatile int stop;
	volatile long attached, stops, requests, refused, killed;
} *shared;

static uint32_t seed;

static uint32_t random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

static void nap_us(long us)
{
	struct timespec ts = {0, us * 1000};

	nanosleep(&ts, NULL);
}

// ---- workers ----

static void note(pid_t pid)
{
	shared->pids[random_below(WORKERS * 4)] = pid;
}

static void nothing(int sig)
{
	(void)sig;
}

static void *thread(void *unused)
{
	(void)unused;
	note((pid_t)syscall(SYS_gettid));
	for (int i = 0; i < 20; i++)
		syscall(SYS_getppid);
	return NULL;
}

static void *exec_thread(void *unused)
{
	(void)unused;
	execl("/proc/self/exe", "ptrace_storm", "child", NULL);
	return NULL;
}

static void child_of_worker(void)
{
	pthread_t t;

	note(getpid());
	switch (random_below(4)) {
	case 0:
		execl("/proc/self/exe", "ptrace_storm", "child", NULL);
		break;
	case 1:
		if (!pthread_create(&t, NULL, exec_thread, NULL))
			pthread_join(t, NULL);
		break;
	case 2:
		kill(getpid(), SIGUSR1);
		nap_us(500);
		break;
	}
	_exit(0);
}

static void work(int number)
{
	struct sigaction sa = {.sa_handler = nothing, .sa_flags = SA_RESTART};
	pthread_t t;
	pid_t pid;

	seed = (uint32_t)(number * 7919 + 1);
	sigaction(SIGUSR1, &sa, NULL);
	while (!shared->stop) {
		note(getpid());
		switch (random_below(6)) {
		case 0:
			pid = random_below(2) ? fork() : (pid_t)syscall(SYS_clone, 0x2000 | SIGCHLD, 0, 0, 0, 0);
			if (!pid)
				child_of_worker();
			while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
				;
			break;
		case 1:
			pid = vfork();
			if (!pid)
				_exit(0);
			while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
				;
			break;
		case 2:
			if (!pthread_create(&t, NULL, thread, NULL))
				pthread_join(t, NULL);
			break;
		case 3:
			pid = shared->pids[random_below(WORKERS * 4)];
			if (pid > 1)
				kill(pid, SIGUSR1);
			break;
		case 4:
			pid = shared->pids[random_below(WORKERS * 4)];
			if (pid > 1 && kill(pid, random_below(2) ? SIGSTOP : SIGTSTP) == 0)
				nap_us(100);
			if (pid > 1)
				kill(pid, SIGCONT);
			break;
		default:
			nap_us(200);
		}
	}
	_exit(0);
}

// ---- tracers ----

// One request to a stopped tracee, and on.
static void one_stop(pid_t pid, int status)
{
	static const int resume[] = {PTRACE_CONT, PTRACE_SYSCALL, PTRACE_SYSCALL, PTRACE_SINGLESTEP};
	int sig = status >> 16 || WSTOPSIG(status) & 0x80 ? 0 : WSTOPSIG(status);
	struct user_regs_struct regs;
	siginfo_t info;

	if (sig == SIGTRAP)
		sig = 0;		// of a step, or an exec: it would kill
	shared->stops++;
	switch (random_below(8)) {
	case 0:
		ptrace(PTRACE_GETREGS, pid, 0, &regs);
		ptrace(PTRACE_SETREGS, pid, 0, &regs);
		break;
	case 1:
		ptrace(PTRACE_GETSIGINFO, pid, 0, &info);
		break;
	case 2:
		ptrace(PTRACE_PEEKDATA, pid, &shared, 0);
		break;
	case 3:
		ptrace(PTRACE_SETOPTIONS, pid, 0, (long)(random_below(0x80) & 0x7f));
		break;
	case 4:
		if (random_below(4) == 0)
			return;		// it is left as it is, until we end
		ptrace(PTRACE_DETACH, pid, 0, (long)sig);
		return;
	case 5:
		if (status >> 16 == PTRACE_EVENT_STOP && ptrace(PTRACE_LISTEN, pid, 0, 0) == 0)
			return;
		break;
	}
	shared->requests++;
	if (ptrace(resume[random_below(4)], pid, 0, (long)sig))
		shared->refused++;
}

static void *tracer_thread(void *number)
{
	seed = (uint32_t)((long)number * 104729 + (long)getpid());
	for (int i = 0; i < 40 && !shared->stop; i++) {
		pid_t pid = shared->pids[random_below(WORKERS * 4)];
		int status;

		if (pid <= 1)
			continue;
		if (random_below(2) ? !ptrace(PTRACE_ATTACH, pid, 0, 0)
				    : !ptrace(PTRACE_SEIZE, pid, 0, (long)random_below(0x80)) && !ptrace(PTRACE_INTERRUPT, pid, 0, 0))
			shared->attached++;
		for (int k = 0; k < 10; k++) {
			pid = waitpid(-1, &status, WNOHANG | __WALL);
			if (pid < 0)
				break;
			if (!pid)
				nap_us(50);		// wait() in a loop on all CPUs would keep others from tasklist_lock
			else if (WIFSTOPPED(status))
				one_stop(pid, status);
		}
	}
	return NULL;
}

// Tracers come and go, by themselves or killed, with tracees in all states.
static void trace(int number)
{
	while (!shared->stop) {
		pid_t pid = fork();

		if (!pid) {
			pthread_t t;

			if (number % 2 && !pthread_create(&t, NULL, tracer_thread, (void *)(long)(number + 50)))
				pthread_detach(t);
			tracer_thread((void *)(long)number);
			_exit(0);
		}
		seed = (uint32_t)pid;
		nap_us(1000 * (long)(20 + random_below(150)));
		if (random_below(2)) {
			kill(pid, SIGKILL);
			shared->killed++;
		}
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	_exit(0);
}

static pid_t start_worker(pid_t group)
{
	static int number;
	pid_t pid = fork();

	number++;
	setpgid(pid, group);
	if (!pid)
		work(number);
	return pid;
}

static void storm(int seconds)
{
	pid_t group, workers[WORKERS], tracers[TRACERS];
	int lost = 0, left, status;

	shared->stop = 0;
	memset((void *)shared->pids, 0, sizeof(shared->pids));
	// The workers and all that they make are a process group: to continue those that were left stopped, and to end all.
	group = fork();
	setpgid(group, group);
	if (!group)
		for (;;)
			pause();
	for (int i = 0; i < WORKERS; i++)
		workers[i] = start_worker(group);
	for (int i = 0; i < TRACERS; i++)
		if (!(tracers[i] = fork()))
			trace(i);
	for (time_t end = time(NULL) + seconds; time(NULL) < end; nap_us(10000)) {
		kill(-group, SIGCONT);
		for (int i = 0; i < WORKERS; i++)
			if (waitpid(workers[i], &status, WNOHANG) == workers[i])
				workers[i] = start_worker(group);
	}
	shared->stop = 1;
	for (int i = 0; i < TRACERS; i++)
		lost += waitpid(tracers[i], &status, 0) != tracers[i];
	kill(-group, SIGKILL);
	for (int i = 0; i < WORKERS; i++)
		lost += waitpid(workers[i], &status, 0) != workers[i];
	lost += waitpid(group, &status, 0) != group;
	EQ(lost, 0, "all tracers and workers end");
	for (left = 4000; left && !kill(-group, 0); left--)
		nap_us(5000);
	OK(left, "and so does what they have made");
}

int main(int argc, char **argv)
{
	struct usage before, after;

	if (argc == 2 && !strcmp(argv[1], "child"))
		return 0;
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	usage_init();
	storm(1);
	read_usage(&before, 1);
	storm(argc == 2 ? atoi(argv[1]) : SECONDS);
	read_usage(&after, 1);
	OK(same_usage(&before, &after), "nothing is lost");
	if (!same_usage(&before, &after))
		show_usage(&before, &after);
	OK(shared->attached > 0 && shared->stops > 0, "there were tracees, and they stopped");
	printf("# %ld attached, %ld stops, %ld requests, %ld refused, %ld tracers killed\n", shared->attached, shared->stops,
	       shared->requests, shared->refused, shared->killed);
	return TAP_DONE();
}
