// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whom the freezer reaches, and when: tasks that move in and out, that are stopped or killed, that wait for a vfork.
 */
#include "tests/guest/freezer/freezer.h"

#include <poll.h>
#include <sys/ptrace.h>

static long count_for_ever(void)
{
	for (;;)
		shared->counts[1]++;
	return 0;
}

/* Does counts[i] stand still? */
static int still(int i)
{
	unsigned long before = shared->counts[i];

	nap(30);
	return shared->counts[i] == before;
}

static pid_t counter(const char *dir)
{
	pid_t pid = fork();

	if (!pid) {
		move_to(0, dir);
		count_for_ever();
	}
	for (unsigned long before = shared->counts[1]; shared->counts[1] == before;)
		nap(1);
	return pid;
}

void test_moves(void)
{
	pid_t pid = counter(TOP);
	int status;

	EQ(set_state(A, "FROZEN"), 1, "an empty container is frozen at once");
	EQ(move_to(pid, A), 0, "a task may move in");
	OK(set_state(A, "FROZEN"), "and freezes");
	OK(still(1), "in the middle of its program");
	EQ(move_to(pid, B), 0, "it may move to a container below");
	OK(!strcmp(state_of(B), "FROZEN") && still(1), "and stays frozen");
	EQ(write_text(B "/freezer.state", "THAWED"), 0, "the container below is thawed");
	OK(still(1), "which changes nothing");
	EQ(move_to(pid, TOP), 0, "it may move out");
	OK(!still(1), "and goes on");
	move_to(pid, A);
	set_state(A, "FROZEN");
	kill(pid, SIGSTOP);
	kill(pid, SIGKILL);
	nap(50);
	EQ(waitpid(pid, &status, WNOHANG), 0, "SIGKILL waits");
	set_state(A, "THAWED");
	EQ(waitpid(pid, &status, 0), pid, "until the task is thawed");
	OK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "and then kills");
}

void test_stopped(void)
{
	pid_t pid = counter(A);
	int status;

	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	OK(set_state(A, "FROZEN"), "a stopped task counts as frozen");
	kill(pid, SIGCONT);
	OK(still(1), "SIGCONT does not let it run");
	OK(set_state(A, "FROZEN"), "it stays frozen");
	set_state(A, "THAWED");
	OK(!still(1), "thawed it runs");
	OK(set_state(A, "FROZEN"), "it freezes again");
	kill(pid, SIGSTOP);
	nap(20);
	EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0, "SIGSTOP waits");
	set_state(A, "THAWED");
	EQ(waitpid(pid, &status, WUNTRACED), pid, "until it is thawed");
	OK(WIFSTOPPED(status), "and then stops it");
	set_state(A, "FROZEN");
	kill(pid, SIGKILL);
	nap(20);
	EQ(waitpid(pid, &status, WNOHANG), 0, "stopped and frozen: SIGKILL waits too");
	set_state(A, "THAWED");
	waitpid(pid, &status, 0);
	OK(WIFSIGNALED(status), "and kills when it is thawed");
}

static long do_vfork(void)
{
	pid_t pid = vfork();

	if (!pid) {
		shared->counts[2] = getpid();
		pause();
		_exit(7);
	}
	return pid;
}

void test_vfork(void)
{
	int status;
	pid_t pid;

	shared->counts[2] = 0;
	pid = fork();
	if (!pid) {
		move_to(0, A);
		handle(SIGUSR1);
		_exit(waitpid(do_vfork(), &status, 0) > 0 && WEXITSTATUS(status) == 7 ? 5 : 6);
	}
	while (!shared->counts[2])
		nap(1);
	OK(set_state(A, "FROZEN"), "a parent that waits for its vfork counts as frozen");
	kill(shared->counts[2], SIGUSR1);
	OK(set_state(A, "FROZEN"), "a signal to the child changes nothing");
	set_state(A, "THAWED");
	waitpid(pid, &status, 0);
	EQ(WEXITSTATUS(status), 5, "both go on");
}

/* Stopped at the begin of a call, frozen, let go on: the call is not made before the thaw. */
static void test_traced_call(void)
{
	struct pollfd p;
	int fds[2], status;
	pid_t pid;

	if (pipe(fds))
		return;
	pid = fork();
	if (!pid) {
		move_to(0, A);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		syscall(SYS_tkill, syscall(SYS_gettid), SIGSTOP);
		_exit(write(fds[1], "x", 1) == 1 ? 7 : 1);
	}
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	EQ(waitpid(pid, &status, 0), pid, "a task is stopped at the begin of a write");
	OK(set_state(A, "FROZEN"), "its container is frozen");
	ptrace(PTRACE_CONT, pid, 0, 0);
	p = (struct pollfd){fds[0], POLLIN, 0};
	EQ(poll(&p, 1, 100), 0, "let go on, it does not write");
	set_state(A, "THAWED");
	EQ(poll(&p, 1, 10000), 1, "but when it is thawed");
	waitpid(pid, &status, 0);
	EQ(WEXITSTATUS(status), 7, "and does not notice");
	close(fds[0]);
	close(fds[1]);
}

static int ends[2];

static long read_one(void)
{
	char c = 0;

	return read(ends[0], &c, 1) == 1 ? c : -1;
}

/* Frozen while it sleeps in a call, the end of which its tracer then wants to see: the program must not see that end. */
static void test_traced_sleep(void)
{
	int status;
	pid_t pid;

	if (pipe(ends))
		return;
	pid = start(A, 0, read_one);
	EQ(ptrace(PTRACE_SEIZE, pid, 0, 0), 0, "one that reads is seized");
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	EQ(waitpid(pid, &status, 0), pid, "and stops");
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	EQ(waitpid(pid, &status, 0), pid, "at the begin of its read");
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
	OK(sleeps(pid), "in which it sleeps");
	OK(set_state(A, "FROZEN"), "its container is frozen");
	EQ(waitpid(pid, &status, 0), pid, "which shows the tracer an end of the read");
	EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0, "and it is let go on");
	nap(50);
	set_state(A, "THAWED");
	EQ(write(ends[1], "*", 1), 1, "thawed, there is a byte");
	EQ(waitpid(pid, &status, 0), pid, "it ends");
	EQ(shared->outcome[0].ret, '*', "and has read that: the call has begun again");
	close(ends[0]);
	close(ends[1]);
}

/* A task that its tracer has stopped counts as frozen, and what the tracer lets go on waits for the thaw. */
void test_traced(void)
{
	pid_t pid = counter(A);
	int status;

	EQ(ptrace(PTRACE_ATTACH, pid, 0, 0), 0, "a task is traced");
	EQ(waitpid(pid, &status, 0), pid, "and stops");
	OK(set_state(A, "FROZEN"), "its container is frozen");
	errno = 0;
	ptrace(PTRACE_PEEKDATA, pid, shared, 0);
	EQ(errno, 0, "the tracer can look into it");
	EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0, "and let it go on");
	OK(!strcmp(state_of(A), "FROZEN") || set_state(A, "FROZEN"), "which leaves the container frozen");
	OK(still(1), "and the task where it is");
	EQ(ptrace(PTRACE_PEEKDATA, pid, shared, 0), -1, "it is not stopped for its tracer now");
	set_state(A, "THAWED");
	OK(!still(1), "thawed, it goes on");
	EQ(set_state(A, "FROZEN"), 1, "frozen in the midst of its program");
	kill(pid, SIGTERM);
	nap(50);
	EQ(waitpid(pid, &status, WNOHANG), 0, "no signal comes to the tracer");
	set_state(A, "THAWED");
	EQ(waitpid(pid, &status, 0), pid, "until it is thawed");
	OK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTERM, "then it does");
	ptrace(PTRACE_CONT, pid, 0, SIGTERM);
	EQ(waitpid(pid, &status, 0), pid, "and ends the task");
	test_traced_call();
	test_traced_sleep();
}
