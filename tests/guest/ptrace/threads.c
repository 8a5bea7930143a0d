// SPDX-License-Identifier: GPL-2.0-only
//
// Threads: each is a tracee of its own, and so is its tracer a thread.
#include "tests/guest/helpers.h"
#include "tests/guest/ptrace/ptrace.h"

#include <pthread.h>

static void *thread_body(void *exec)
{
	shared->pid2 = (pid_t)syscall(SYS_gettid);
	shared->ready = 1;
	becomes(&shared->go, 1);
	if (exec)
		execl("/proc/self/exe", "ptrace", "child", NULL);
	return NULL;
}

static int with_thread(long exec)
{
	pthread_t t;

	if (pthread_create(&t, NULL, thread_body, (void *)exec))
		return 1;
	pthread_join(t, NULL);
	becomes(&shared->go, 2);
	return 4;
}

// A process whose second thread has started, both traced and running. Returns its pid.
static pid_t two_threads(long exec, pid_t *thread)
{
	unsigned long message = 0;
	pid_t pid;

	shared->go = shared->ready = 0;
	pid = tracee(with_thread, exec);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC);
	EQ(step(PTRACE_CONT, pid, 0), EVENT(SIGTRAP, PTRACE_EVENT_CLONE), "a new thread is an event");
	ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
	*thread = (pid_t)message;
	EQ(next_status(*thread), STOPPED(SIGSTOP), "and it is traced");
	ptrace(PTRACE_CONT, pid, 0, 0);
	ptrace(PTRACE_CONT, *thread, 0, 0);
	becomes(&shared->ready, 1);
	return pid;
}

static void test_ends(void)
{
	pid_t thread, pid = two_threads(0, &thread);

	shared->go = 1;
	EQ(next_status(thread), EXITED(0), "a thread's end is told to its tracer");
	shared->go = 2;
	EQ(next_status(pid), EXITED(4), "then its process ends");

	pid = two_threads(0, &thread);
	kill(pid, SIGKILL);
	EQ(next_status(thread), SIGKILL, "SIGKILL ends a thread");
	EQ(next_status(pid), SIGKILL, "and its process");
}

static void test_exec_in_thread(void)
{
	pid_t thread, pid = two_threads(1, &thread);
	unsigned long message = 0;

	shared->go = 1;
	EQ(next_status(pid), EVENT(SIGTRAP, PTRACE_EVENT_EXEC), "an exec in a thread is told as the process's");
	ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
	EQ(message, thread, "with the thread's number as message");
	FAILS(ptrace(PTRACE_CONT, thread, 0, 0), ESRCH, "which is no more");
	EQ(step(PTRACE_CONT, pid, 0), EXITED(23), "the process ends");
}

// ---- an exec that waits ----

// Three threads: `pid` ends and `pid2` runs a program, each when it is told to; the first waits.
static void *ender(void *unused)
{
	(void)unused;
	shared->pid = (pid_t)syscall(SYS_gettid);
	becomes(&shared->value, 1);
	return NULL;
}

static int three_threads(long unused)
{
	pthread_t exec, other;

	(void)unused;
	if (pthread_create(&other, NULL, ender, NULL) || pthread_create(&exec, NULL, thread_body, (void *)1))
		return 1;
	becomes(&shared->go, 2);
	return 2;
}

static pid_t start_three(void)
{
	pid_t pid;

	shared->go = shared->ready = shared->value = shared->pid = 0;
	pid = plain_child(three_threads, 0);
	becomes(&shared->ready, 1);
	for (int i = 0; i < 1000 && !shared->pid; i++)
		usleep(5000);
	return pid;
}

// The exec waits for a thread that is dead, but whose tracer has not asked for it; meanwhile its own thread is to stop, and is killed.
static void test_killed_in_exec(void)
{
	pid_t pid = start_three();

	EQ(ptrace(PTRACE_SEIZE, shared->pid, 0, 0), 0, "a thread is seized");
	EQ(ptrace(PTRACE_SEIZE, shared->pid2, 0, 0), 0, "and one that will run a program");
	shared->value = 1;
	OK(in_state(shared->pid, 'Z'), "the first ends, and is not asked for");
	shared->go = 1;
	OK(in_state(pid, 'Z'), "the other waits for that in its exec");
	EQ(ptrace(PTRACE_INTERRUPT, shared->pid2, 0, 0), 0, "it is to stop");
	EQ(syscall(SYS_tgkill, pid, shared->pid2, SIGKILL), 0, "and is killed");
	EQ(next_status(shared->pid2), SIGKILL, "it dies");
	EQ(next_status(shared->pid), SIGKILL, "as the process does");
	EQ(next_status(pid), SIGKILL, "all of it");
}

// Traces the leader, which has ended; another thread takes its place.
static int waits_for_leader(long pid)
{
	if (ptrace(PTRACE_SEIZE, (pid_t)pid, 0, 0))
		return 1;
	shared->value = 2;
	alarm(20);
	return waitpid((pid_t)pid, NULL, __WALL) == -1 && errno == ECHILD ? 0 : 2;
}

static int leader_of_two(long unused)
{
	pthread_t exec;

	(void)unused;
	if (pthread_create(&exec, NULL, thread_body, (void *)1))
		return 1;
	becomes(&shared->go, 2);
	return 2;
}

static void test_leader_replaced(void)
{
	pid_t pid, tracer;

	shared->go = shared->ready = shared->value = 0;
	pid = plain_child(leader_of_two, 0);
	becomes(&shared->ready, 1);
	tracer = plain_child(waits_for_leader, pid);
	becomes(&shared->value, 2);
	OK(in_state(tracer, 'S'), "a tracer waits for the leader alone");
	shared->go = 1;
	EQ(next_status(pid), EXITED(23), "another thread becomes the process and ends");
	EQ(next_status(tracer), EXITED(0), "the tracer is told that it has nobody: ECHILD");
}

static void test_group_stop(void)
{
	pid_t thread, pid = two_threads(0, &thread);
	int status, first, second;

	kill(pid, SIGTSTP);
	first = waitpid(-1, &status, __WALL);
	EQ(status, STOPPED(SIGTSTP), "one of two threads takes a signal");
	ptrace(PTRACE_CONT, first, 0, (long)SIGTSTP);
	first = waitpid(-1, &status, __WALL);
	EQ(status, STOPPED(SIGTSTP), "and both stop");
	second = waitpid(-1, &status, __WALL);
	OK(first != second && status == STOPPED(SIGTSTP), "each is told");
	OK(in_state(pid, 't') && in_state(thread, 't'), "for their tracer");
	ptrace(PTRACE_DETACH, thread, 0, 0);
	OK(in_state(thread, 'T'), "let go, one is stopped with its process");
	ptrace(PTRACE_DETACH, pid, 0, 0);
	OK(in_state(pid, 'T'), "so is the other");
	kill(pid, SIGKILL);
	EQ(waitpid(pid, &status, 0), pid, "SIGKILL ends both");
}

// The tracer is a thread: another of its process has no say, but hears.
static void *ask(void *pid)
{
	return (void *)(ptrace(PTRACE_CONT, (pid_t)(long)pid, 0, 0) ? (long)errno : 0);
}

static void *attach_and_end(void *pid)
{
	return (void *)ptrace(PTRACE_SEIZE, (pid_t)(long)pid, 0, 0);
}

static int sleeper(long unused)
{
	(void)unused;
	shared->ready = 1;
	for (;;)
		pause();
	return 0;
}

static void test_tracer_thread(void)
{
	pid_t pid = tracee(sleeper, 0);
	pthread_t t;
	void *result;

	pthread_create(&t, NULL, ask, (void *)(long)pid);
	pthread_join(t, &result);
	EQ((long)result, ESRCH, "another thread is not the tracer: ESRCH");
	finish(pid);
	shared->ready = 0;
	pid = plain_child(sleeper, 0);
	becomes(&shared->ready, 1);
	pthread_create(&t, NULL, attach_and_end, (void *)(long)pid);
	pthread_join(t, &result);
	EQ((long)result, 0, "a thread attaches, and ends");
	for (int i = 0; i < 1000 && status_number(pid, "TracerPid", 10); i++)
		usleep(5000);
	EQ(status_number(pid, "TracerPid", 10), 0, "then nobody is");
	finish(pid);
}

void test_threads(void)
{
	test_ends();
	test_exec_in_thread();
	test_killed_in_exec();
	test_leader_replaced();
	test_group_stop();
	test_tracer_thread();
}
