// SPDX-License-Identifier: GPL-2.0-only
/* Signals that wait: for a thread that asks for them, in a full queue, for one thread alone; and what a child may end with. */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static sigset_t only(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return set;
}

static void *wait_for_term(void *arg)
{
	const struct timespec patience = {60, 0};
	sigset_t set = only(SIGTERM);

	return (void *)(long)sigtimedwait(&set, NULL, &patience);
}

/* The usual way to take signals by a thread: all block them, one waits. It may sleep already, or not. */
static int taken_by_thread(int delay_us)
{
	sigset_t set = only(SIGTERM);
	pthread_t thread;
	void *got = NULL;
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		sigprocmask(SIG_BLOCK, &set, NULL);
		pthread_create(&thread, NULL, wait_for_term, NULL);
		usleep(delay_us);
		kill(getpid(), SIGTERM);
		pthread_join(thread, &got);
		_exit(got == (void *)SIGTERM ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void waiting_thread(void)
{
	int bad = 0;

	for (int i = 0; i < 20; i++)
		bad += taken_by_thread(i * 1000) != 0;
	EQ(bad, 0, "a signal that all block is for the thread that waits for it");
}

static void full_queue(void)
{
	sigset_t all, old, set = only(SIGCHLD);
	const struct timespec now = {0, 0}, patience = {60, 0};
	const union sigval value = {.sival_int = 5};
	siginfo_t info = {0};
	int n = 0;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	while (n < 1 << 20 && !sigqueue(getpid(), SIGRTMIN + 1, value))
		n++;
	EQ(errno, EAGAIN, "a queue is full some time");
	EQ(kill(getpid(), SIGRTMIN + 2), 0, "kill() needs no room");
	pid = fork();
	if (!pid)
		_exit(42);
	EQ(sigtimedwait(&set, &info, &patience), SIGCHLD, "SIGCHLD comes nevertheless");
	EQ(info.si_pid, pid, "and says of whom");
	EQ(info.si_code, CLD_EXITED, "and why");
	EQ(info.si_status, 42, "and the status");
	waitpid(pid, NULL, 0);
	set = only(SIGRTMIN + 1);
	for (n = 0; sigtimedwait(&set, &info, &now) == SIGRTMIN + 1 && info.si_value.sival_int == 5;)
		n++;
	OK(n > 100, "what was queued is all there");
	set = only(SIGRTMIN + 2);
	EQ(sigtimedwait(&set, &info, &now), SIGRTMIN + 2, "and the other one");
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static int queue_to(pid_t tgid, pid_t tid, int sig, int code)
{
	siginfo_t info = {.si_code = code};

	info.si_value.sival_int = 7;
	return syscall(SYS_rt_tgsigqueueinfo, tgid, tid, sig, &info);
}

static void *has_none(void *arg)
{
	sigset_t set;

	sigpending(&set);
	return (void *)(long)!sigismember(&set, SIGUSR1);
}

static void to_one_thread(void)
{
	sigset_t set = only(SIGUSR1), old;
	const struct timespec now = {0, 0};
	siginfo_t info = {0};
	pthread_t thread;
	void *none = NULL;

	sigprocmask(SIG_BLOCK, &set, &old);
	EQ(queue_to(getpid(), getpid(), SIGUSR1, SI_QUEUE), 0, "queued to a thread");
	pthread_create(&thread, NULL, has_none, NULL);
	pthread_join(thread, &none);
	OK(none, "it is not another's");
	EQ(sigtimedwait(&set, &info, &now), SIGUSR1, "but its own");
	EQ(info.si_value.sival_int, 7, "with its value");
	sigprocmask(SIG_SETMASK, &old, NULL);
	FAILS(queue_to(1, getpid(), 0, SI_QUEUE), ESRCH, "a thread of another process");
	FAILS(queue_to(getpid(), 0, 0, SI_QUEUE), EINVAL, "no thread");
	FAILS(queue_to(getppid(), getppid(), 0, SI_USER), EPERM, "nobody looks like kill(2) to others");
}

/* clone(2) does not look at the byte that is the exit signal. One that is none is not sent. */
static void exit_signals(void)
{
	static const int numbers[] = {65, 72, 73, 100, 128, 200, 255};
	int status, bad = 0;
	sigset_t pending;
	pid_t pid;

	for (unsigned int i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		pid = fork();
		if (!pid) {
			long child = syscall(SYS_clone, numbers[i], 0, 0, 0, 0);

			if (!child)
				syscall(SYS_exit, 4);
			if (waitpid(child, &status, __WALL) != child || status != 4 << 8)
				_exit(1);
			_exit(sigpending(&pending) ? 2 : 0);
		}
		waitpid(pid, &status, 0);
		bad += status != 0;
	}
	EQ(bad, 0, "exit signals that do not exist do nothing");
}

static stack_t in_handler;

static void look(int sig)
{
	sigaltstack(NULL, &in_handler);
}

static void autodisarm(void)
{
	static char memory[65536];
	const unsigned int flag = 1U << 31;		/* SS_AUTODISARM */
	stack_t ss = {.ss_sp = memory, .ss_size = sizeof(memory), .ss_flags = (int)flag}, now;
	struct sigaction sa = {.sa_handler = look, .sa_flags = SA_ONSTACK};

	EQ(sigaltstack(&ss, NULL), 0, "a stack that is disarmed while in use");
	sigaction(SIGUSR1, &sa, NULL);
	for (int i = 0; i < 2; i++) {
		raise(SIGUSR1);
		EQ(in_handler.ss_flags, SS_DISABLE, "in the handler there is none");
		EQ(sigaltstack(NULL, &now), 0, "and after it");
		OK(now.ss_sp == memory && now.ss_size == sizeof(memory), "it is there again");
		EQ((unsigned int)now.ss_flags, flag, "as it was");
	}
	ss.ss_flags = 0;
	EQ(sigaltstack(&ss, NULL), 0, "one that stays");
	raise(SIGUSR1);
	EQ(in_handler.ss_flags, SS_ONSTACK, "in the handler it is in use");
	ss.ss_flags = SS_DISABLE;
	EQ(sigaltstack(&ss, NULL), 0, "and none");
}

/* Sizes of clone3(2)'s structure. */
static void longer_clone3(void)
{
	uint64_t args[600] = {[4] = SIGCHLD};
	long pid = syscall(SYS_clone3, args, 200);

	if (!pid)
		_exit(0);
	OK(pid > 0, "clone3: a longer structure that is 0 at its end");
	waitpid(pid, NULL, 0);
	args[12] = 1;
	FAILS(syscall(SYS_clone3, args, 200), E2BIG, "and one that is not");
	FAILS(syscall(SYS_clone3, args, 4800), E2BIG, "longer than a page");
	args[12] = 0;
	args[0] = 0x00400000;				/* CLONE_DETACHED */
	FAILS(syscall(SYS_clone3, args, 88), EINVAL, "CLONE_DETACHED is no more");
}

int main(void)
{
	waiting_thread();
	full_queue();
	to_one_thread();
	exit_signals();
	autodisarm();
	longer_clone3();
	return TAP_DONE();
}
