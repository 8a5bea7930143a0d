// SPDX-License-Identifier: GPL-2.0-only
// Job control: stops and continues, process groups, sessions, orphaned groups, and what wait says
// of all this.
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int *shared;		// memory that children see too

static void nap(long ms)
{
	struct timespec ts = {ms / 1000, ms % 1000 * 1000000};

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

// Wait (at most 5 s) until *word has the value.
static int becomes(volatile int *word, int value)
{
	for (int i = 0; i < 500 && *word != value; i++)
		nap(10);
	return *word == value;
}

// A child in a group of its own: one that is not orphaned, whatever started this test.
static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	setpgid(pid, pid);
	return pid;
}

static void test_stops(void)
{
	pid_t pid = sleeper();
	siginfo_t info = {0};
	int status;

	EQ(kill(pid, SIGTSTP), 0, "SIGTSTP is sent");
	EQ(waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT), 0, "waitid sees the stop");
	EQ(info.si_code, CLD_STOPPED, "as CLD_STOPPED");
	EQ(info.si_status, SIGTSTP, "by SIGTSTP");
	EQ(waitpid(pid, &status, WUNTRACED), pid, "WNOWAIT has left it there");
	OK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP, "wait says the same");
	EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0, "a stop is told once");
	EQ(kill(pid, SIGTERM), 0, "SIGTERM to a stopped process");
	nap(50);
	EQ(waitpid(pid, &status, WNOHANG), 0, "waits until it goes on");
	EQ(kill(pid, SIGCONT), 0, "SIGCONT");
	EQ(waitpid(pid, &status, 0), pid, "then it ends");
	OK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "by SIGTERM");

	pid = sleeper();
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGKILL);
	EQ(waitpid(pid, &status, 0), pid, "SIGKILL ends a stopped process at once");
	OK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "by SIGKILL");
}

static void test_cancel(void)
{
	sigset_t set, pending;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	sigaddset(&set, SIGCONT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGTSTP);
	sigpending(&pending);
	OK(sigismember(&pending, SIGTSTP), "a blocked stop waits");
	kill(getpid(), SIGCONT);
	sigpending(&pending);
	OK(!sigismember(&pending, SIGTSTP), "SIGCONT takes it away");
	kill(getpid(), SIGTSTP);
	sigpending(&pending);
	OK(!sigismember(&pending, SIGCONT), "and a stop takes SIGCONT away");
	kill(getpid(), SIGCONT);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static int child_code, child_count;

static void on_child(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	child_code = info->si_code;
	child_count++;
}

static void test_sigchld(void)
{
	struct sigaction sa = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO};
	pid_t pid;
	int status;

	sigaction(SIGCHLD, &sa, NULL);
	pid = sleeper();
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	nap(20);
	EQ(child_code, CLD_STOPPED, "a stop sends SIGCHLD");
	kill(pid, SIGCONT);
	waitpid(pid, &status, WCONTINUED);
	nap(20);
	EQ(child_code, CLD_CONTINUED, "so does going on");
	sa.sa_flags |= SA_NOCLDSTOP;
	sigaction(SIGCHLD, &sa, NULL);
	child_count = 0;
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	nap(20);
	EQ(child_count, 0, "with SA_NOCLDSTOP it does not");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	EQ(child_code, CLD_KILLED, "a killed child is CLD_KILLED");
	signal(SIGCHLD, SIG_DFL);
}

static void test_groups(void)
{
	pid_t a = sleeper(), b = sleeper(), c;
	int status, n = 0;

	EQ(setpgid(a, a), 0, "a child leads a group");
	EQ(setpgid(b, a), 0, "another joins it");
	FAILS(setpgid(b, 1 << 20), EPERM, "a group that is not there: EPERM");
	FAILS(setpgid(1 << 20, a), ESRCH, "a process that is not there: ESRCH");
	FAILS(setpgid(0, -1), EINVAL, "a negative group: EINVAL");
	EQ(getpgid(b), a, "getpgid says it");
	EQ(kill(a, SIGKILL), 0, "the leader is killed");
	EQ(waitpid(a, &status, 0), a, "and waited for");
	EQ(kill(-a, 0), 0, "its group lives on");
	c = sleeper();
	OK(c != a, "its number is not given out again");
	EQ(setpgid(c, a), 0, "and can still be joined");
	EQ(kill(-a, SIGKILL), 0, "the group is killed");
	while (waitpid(-a, &status, 0) > 0)
		n++;
	EQ(n, 2, "both of it are waited for");
	FAILS(kill(-a, 0), ESRCH, "then it is gone");
}

static void test_exec_denies(void)
{
	int fds[2];
	char byte;
	pid_t pid;

	if (pipe(fds))
		return;
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	pid = fork();
	if (!pid) {
		close(fds[0]);
		execl("/proc/self/exe", "jobctl", "pause", NULL);
		_exit(1);
	}
	close(fds[1]);
	EQ(read(fds[0], &byte, 1), 0, "a child has called exec");
	FAILS(setpgid(pid, pid), EACCES, "then its parent may not set its group: EACCES");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(fds[0]);
}

static void test_sessions(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		pid_t me = getpid(), kid;

		if (setsid() != me || getsid(0) != me || getpgrp() != me)
			_exit(1);
		if (setsid() != -1 || errno != EPERM)
			_exit(2);
		if (setpgid(0, 0) != -1 || errno != EPERM)
			_exit(3);
		kid = sleeper();
		if (getsid(kid) != me || setpgid(kid, kid))
			_exit(4);
		kill(kid, SIGKILL);
		waitpid(kid, NULL, 0);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	EQ(WEXITSTATUS(status), 0, "a session: its leader has the numbers, and cannot leave");
	pid = fork();
	if (!pid) {
		setsid();
		shared[0] = 1;
		for (;;)
			pause();
	}
	OK(becomes(&shared[0], 1), "a child has a session of its own");
	FAILS(setpgid(pid, getpgrp()), EPERM, "it is out of reach: EPERM");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

// A group whose last link to the session's other groups ends while it is stopped gets SIGHUP and
// SIGCONT.
static void test_orphaned(void)
{
	pid_t pid;

	shared[1] = shared[2] = 0;
	pid = fork();
	if (!pid) {
		setsid();
		pid = fork();		// the link: in the session's first group
		if (!pid) {
			pid_t job = fork();

			if (!job) {
				setpgid(0, 0);
				signal(SIGHUP, SIG_DFL);
				shared[1] = getpid();
				raise(SIGSTOP);
				for (;;)
					pause();
			}
			waitpid(job, NULL, WUNTRACED);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		for (int i = 0; i < 200 && !kill(shared[1], 0); i++)
			nap(10);
		shared[2] = kill(shared[1], 0) && errno == ESRCH ? 1 : 2;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	EQ(shared[2], 1, "a stopped group that is orphaned gets SIGHUP and goes on, to its end");
	if (shared[2] != 1)
		kill(shared[1], SIGKILL);
}

static void test_orphan_stop(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		setsid();		// the only group of its session: orphaned
		raise(SIGTSTP);
		_exit(7);
	}
	waitpid(pid, &status, WUNTRACED);
	OK(WIFEXITED(status) && WEXITSTATUS(status) == 7,
	   "terminal stops do nothing in an orphaned group");
}

static void test_death_signal(void)
{
	pid_t pid;

	shared[3] = 0;
	pid = fork();
	if (!pid) {
		if (!fork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			shared[3] = getpid();
			for (;;)
				pause();
		}
		while (!shared[3])
			nap(1);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 200 && !kill(shared[3], 0); i++)
		nap(10);
	OK(kill(shared[3], 0) && errno == ESRCH, "PR_SET_PDEATHSIG: a child dies with its parent");
}

static void test_clone_waits(void)
{
	struct rusage r = {0};
	int status;
	pid_t pid = syscall(SYS_clone, 0, 0, 0, 0, 0);	// no signal at its end

	if (!pid)
		_exit(3);
	FAILS(waitpid(pid, &status, 0), ECHILD, "a clone without SIGCHLD is not waited for");
	EQ(waitpid(pid, &status, __WALL), pid, "but with __WALL");
	EQ(WEXITSTATUS(status), 3, "and its status is there");
	pid = fork();
	if (!pid) {
		for (volatile long i = 0; i < 20000000; i++)
			;
		_exit(0);
	}
	EQ(wait4(pid, &status, 0, &r), pid, "wait4 of a child that worked");
	OK(r.ru_utime.tv_sec || r.ru_utime.tv_usec || r.ru_stime.tv_usec, "gives the time it used");
	FAILS(waitid(P_ALL, 0, NULL, WNOHANG), EINVAL, "waitid wants to know for what");
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc == 2)
		for (;;)
			pause();
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	test_stops();
	test_cancel();
	test_sigchld();
	test_groups();
	test_exec_denies();
	test_sessions();
	test_orphaned();
	test_orphan_stop();
	test_death_signal();
	test_clone_waits();
	return TAP_DONE();
}
