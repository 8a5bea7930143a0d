// SPDX-License-Identifier: GPL-2.0-only
/* Processes: statuses by every way to end, orphans, process groups, a storm of forks, and no page lost by it. */
#include "tests/guest/tap.h"
#include <fcntl.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Fork a child that runs the expression and exits with its value; returns the wait status. */
#define CHILD(expr)                                                                                \
	({                                                                                         \
		int child_status = -1;                                                             \
		pid_t child_pid = fork();                                                          \
		if (!child_pid)                                                                    \
			_exit(expr);                                                               \
		waitpid(child_pid, &child_status, 0);                                              \
		child_status;                                                                      \
	})

/* Free memory and kernel stacks, which are kept for the next task, when all that the kernel puts off has been done. */
static long free_kib(void)
{
	int quiesce = open("/proc/quiesce", O_RDONLY);		/* Linux has none */
	long kib, sum = 0;
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];

	if (quiesce >= 0) {
		read(quiesce, line, 1);
		close(quiesce);
	}
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemFree: %ld", &kib) == 1 || sscanf(line, "KernelStack: %ld", &kib) == 1)
			sum += kib;
	if (f)
		fclose(f);
	return sum;
}

static int killed_by(int number)
{
	signal(number, SIG_DFL);
	raise(number);
	return 0;
}

static void statuses(void)
{
	int status = CHILD(42);

	OK(WIFEXITED(status), "a child that exits has exited");
	EQ(WEXITSTATUS(status), 42, "with its status");
	EQ(WEXITSTATUS(CHILD(256 + 7)), 7, "of which eight bits count");
	status = CHILD(killed_by(SIGTERM));
	OK(WIFSIGNALED(status), "a child that is killed is signaled");
	EQ(WTERMSIG(status), SIGTERM, "by that signal");
	EQ(CHILD(getppid() == getpid() ? 1 : 0), 0, "a child is another process");
	FAILS(waitpid(-1, NULL, 0), ECHILD, "without children, wait fails");
	FAILS(waitpid(-1, NULL, 0x100), EINVAL, "and so does an unknown option");
}

static void stop_and_continue(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	EQ(waitpid(pid, &status, WNOHANG), 0, "WNOHANG does not wait");
	kill(pid, SIGSTOP);
	EQ(waitpid(pid, &status, WUNTRACED), pid, "WUNTRACED sees a stop");
	OK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP, "and its signal");
	kill(pid, SIGCONT);
	EQ(waitpid(pid, &status, WCONTINUED), pid, "WCONTINUED sees it go on");
	OK(WIFCONTINUED(status), "and says so");
	kill(pid, SIGKILL);
	EQ(waitpid(pid, &status, 0), pid, "SIGKILL ends it");
}

static void waitid_keeps(void)
{
	siginfo_t info = { 0 };
	pid_t pid = fork();

	if (!pid)
		_exit(9);
	EQ(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0, "waitid with WNOWAIT");
	EQ(info.si_status, 9, "gives the status");
	EQ(info.si_code, CLD_EXITED, "and the way");
	EQ(waitpid(pid, NULL, 0), pid, "and leaves the child to be waited for");
}

static void groups(void)
{
	int status;
	pid_t first = fork(), second;

	if (!first) {
		setpgid(0, 0);
		for (;;)
			pause();
	}
	setpgid(first, first);
	second = fork();
	if (!second) {
		for (;;)
			pause();
	}
	EQ(setpgid(second, first), 0, "a child moves into its sibling's group");
	EQ(getpgid(second), first, "and is there");
	EQ(kill(-first, SIGKILL), 0, "a group is killed");
	OK(waitpid(-first, &status, 0) > 0 && waitpid(-first, &status, 0) > 0, "and waited for, both of it");
	FAILS(waitpid(-first, &status, 0), ECHILD, "after which it has none left");
	EQ(CHILD(setsid() == getpid() ? 0 : 1), 0, "a child starts a session");
}

/* A grandchild whose parent ends is the first process's child. */
static int orphan(void)
{
	int ends[2];
	pid_t parent = -1;

	if (pipe(ends))
		return 1;
	if (!fork()) {
		pid_t before = getpid();

		if (!fork()) {
			while (getppid() == before)
				usleep(1000);
			parent = getppid();
			write(ends[1], &parent, sizeof(parent));
		}
		_exit(0);
	}
	wait(NULL);
	read(ends[0], &parent, sizeof(parent));
	return parent > 0 ? 0 : 1;
}

static void storm(void)
{
	enum { WIDTH = 8, ROUNDS = 40 };
	long before, after, in_hand = 256 + 96 * sysconf(_SC_NPROCESSORS_ONLN);
	int bad = 0;

	CHILD(0);
	before = free_kib();
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < WIDTH; i++)
			if (!fork())
				_exit(i);
		for (int i = 0; i < WIDTH; i++) {
			int status;

			if (wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) >= WIDTH)
				bad++;
		}
	}
	EQ(bad, 0, "a storm of forks: each child is waited for");
	/* What each CPU keeps in hand for itself is not lost; a page lost by each fork would be 1280 KiB. */
	for (int tries = 0; tries < 50; tries++) {
		after = free_kib();
		if (before - after < in_hand)
			break;
		usleep(20000);
	}
	OK(before - after < in_hand, "and no page of theirs is lost");
}

int main(void)
{
	statuses();
	stop_and_continue();
	waitid_keeps();
	groups();
	EQ(orphan(), 0, "an orphan gets another parent");
	storm();
	return TAP_DONE();
}
