// SPDX-License-Identifier: GPL-2.0-only
//
// Events: new tasks, which have the same tracer from their first instruction; and the end.
#include "tests/guest/helpers.h"
#include "tests/guest/ptrace/ptrace.h"

#include <pthread.h>
#include <stdbool.h>

static int forker(long flags)
{
	pid_t pid = flags == -1 ? fork() : flags == -2 ? vfork() : (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
	int status = 0;

	if (!pid)
		_exit(5);
	shared->pid = pid;
	if (waitpid(pid, &status, __WALL) != pid)
		return 1;
	return WEXITSTATUS(status);
}

// A fork of that kind reports `event`, and there is a new tracee. Returns the parent, stopped, and the child in *child, not waited for.
static pid_t begin(long flags, long options, int event, const char *what, pid_t *child)
{
	pid_t pid = tracee(forker, flags);
	unsigned long message = 0;
	char name[100];

	ptrace(PTRACE_SETOPTIONS, pid, 0, options);
	snprintf(name, sizeof(name), "%s is an event", what);
	EQ(step(PTRACE_CONT, pid, 0), EVENT(SIGTRAP, event), name);
	ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
	*child = (pid_t)message;
	return pid;
}

static void test_fork(void)
{
	pid_t child, pid = begin(-1, PTRACE_O_TRACEFORK, PTRACE_EVENT_FORK, "fork", &child);
	struct user_regs_struct regs;

	OK(child > pid, "its message is the child");
	EQ(next_status(child), STOPPED(SIGSTOP), "the child is traced, and stopped");
	EQ(status_number(child, "TracerPid", 10), getpid(), "by us");
	EQ(status_number(child, "PPid", 10), pid, "its parent is another");
	get_regs(child, &regs);
	EQ(regs.rax, 0, "in the call that made it");
	EQ(step(PTRACE_CONT, child, 0), EXITED(5), "its status is told to the tracer");
	EQ(step(PTRACE_CONT, pid, 0), STOPPED(SIGCHLD), "then to the parent");
	EQ(step(PTRACE_CONT, pid, SIGCHLD), EXITED(5), "which waits for it");
	EQ(waitpid(child, NULL, __WALL), -1, "not to us again");
}

static void test_vfork(void)
{
	pid_t child, pid = begin(-2, PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE, PTRACE_EVENT_VFORK, "vfork", &child);
	int status;

	EQ(next_status(child), STOPPED(SIGSTOP), "the child of a vfork is traced");
	ptrace(PTRACE_CONT, pid, 0, 0);
	EQ(waitpid(pid, &status, WNOHANG), 0, "its parent waits for it");
	EQ(step(PTRACE_CONT, child, 0), EXITED(5), "it ends");
	EQ(next_status(pid), EVENT(SIGTRAP, PTRACE_EVENT_VFORK_DONE), "and that is an event, too");
	finish(pid);
}

static void test_clone(void)
{
	pid_t child, pid = begin(0, PTRACE_O_TRACECLONE, PTRACE_EVENT_CLONE, "clone without SIGCHLD", &child);

	EQ(next_status(child), STOPPED(SIGSTOP), "its child is traced");
	EQ(step(PTRACE_CONT, child, 0), EXITED(5), "to its end");
	EQ(step(PTRACE_CONT, pid, 0), EXITED(5), "which the parent sees, without a signal");

	pid = tracee(forker, CLONE_UNTRACED | SIGCHLD);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE);
	EQ(step(PTRACE_CONT, pid, 0), STOPPED(SIGCHLD), "CLONE_UNTRACED is no event");
	EQ(step(PTRACE_CONT, pid, 0), EXITED(5), "and the child is not traced");

	shared->pid = 0;
	pid = tracee(forker, CLONE_PTRACE | SIGCHLD);
	ptrace(PTRACE_CONT, pid, 0, 0);
	child = waitpid(-1, NULL, __WALL);
	OK(child > 0 && child != pid, "with CLONE_PTRACE it is, without an option");
	EQ(step(PTRACE_CONT, child, 0), EXITED(5), "it ends");
	finish(pid);

	shared->pid = 0;
	pid = plain_child(forker, SIGCHLD);
	EQ(next_status(pid), EXITED(5), "nobody is traced without a tracer");
}

static int leaver(long code)
{
	return (int)code;
}

static void test_exit(void)
{
	pid_t pid = tracee(leaver, 9);
	unsigned long message = 0;
	struct user_regs_struct regs;

	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXIT);
	EQ(step(PTRACE_CONT, pid, 0), EVENT(SIGTRAP, PTRACE_EVENT_EXIT), "exit is an event");
	ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
	EQ(message, EXITED(9), "its message is the status");
	get_regs(pid, &regs);
	EQ(regs.orig_rax, SYS_exit_group, "registers can be seen");
	EQ(step(PTRACE_CONT, pid, 0), EXITED(9), "then it ends");

	pid = tracee(leaver, 9);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXIT);
	kill(pid, SIGKILL);
	EQ(next_status(pid), EVENT(SIGTRAP, PTRACE_EVENT_EXIT), "also of one that is killed");
	EQ(ptrace(PTRACE_GETEVENTMSG, pid, 0, &message), 0, "who can be asked");
	EQ(message, SIGKILL, "what of");
	EQ(step(PTRACE_CONT, pid, 0), SIGKILL, "then it is gone");
}

// ---- SIGKILL and the exit event ----

static void *pausing_thread(void *unused)
{
	shared->ready = 1;
	for (;;)
		pause();
	return unused;
}

static void *ending_thread(void *unused)
{
	syscall(SYS_exit, 7);
	return unused;
}

static void *exec_thread(void *unused)
{
	execl("/proc/self/exe", "ptrace", "child", NULL);
	return unused;
}

static int with_thread(long fn)
{
	pthread_t t;

	pthread_create(&t, NULL, (void *(*)(void *))fn, NULL);
	if ((void *)fn == pausing_thread) {
		becomes(&shared->ready, 1);
		return 9;
	}
	for (;;)
		pause();
	return 0;
}

// A process of two threads that reports exits; both run. Returns its pid.
static pid_t start_two(void *(*fn)(void *), pid_t *thread)
{
	pid_t pid = tracee(with_thread, (long)fn);
	unsigned long message = 0;

	shared->ready = 0;
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXIT | PTRACE_O_TRACECLONE);
	EQ(step(PTRACE_CONT, pid, 0), EVENT(SIGTRAP, PTRACE_EVENT_CLONE), "a process of two threads");
	ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
	*thread = (pid_t)message;
	EQ(next_status(*thread), STOPPED(SIGSTOP), "both traced");
	ptrace(PTRACE_CONT, pid, 0, 0);
	ptrace(PTRACE_CONT, *thread, 0, 0);
	return pid;
}

// All tracees go on, until the process is dead: its status. An exec may have become the process before it was killed.
static int end_of(pid_t pid)
{
	int status;
	pid_t got;

	while ((got = waitpid(-1, &status, __WALL)) > 0)
		if (WIFSTOPPED(status))
			ptrace(PTRACE_CONT, got, 0, 0);
		else if (got == pid)
			return status;
	return -1;
}

#define AT_EXIT EVENT(SIGTRAP, PTRACE_EVENT_EXIT)

// Who stands in its exit event does not stay there: of two threads, of one.
static void test_killed_at_exit(void)
{
	bool on_linux = access("/proc/quiesce", F_OK);
	pid_t thread, pid = start_two(ending_thread, &thread);

	EQ(next_status(thread), AT_EXIT, "a thread ends and stands in its exit event");
	kill(pid, SIGKILL);
	EQ(next_status(thread), SIGKILL, "SIGKILL ends it there");
	EQ(next_status(pid), AT_EXIT, "the other comes to its own");
	EQ(step(PTRACE_CONT, pid, 0), SIGKILL, "and ends as well");

	pid = start_two(exec_thread, &thread);
	EQ(next_status(pid), AT_EXIT, "an exec waits for a thread in its exit event");
	kill(pid, SIGKILL);
	EQ(end_of(pid), SIGKILL, "SIGKILL ends that one and the exec");

	if (on_linux) {		// as of 6.18 it drops what comes when the process ends already
		OK(1, "SIGKILL in the exit event of a process # SKIP Linux drops it");
		return;
	}
	pid = tracee(leaver, 9);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXIT);
	EQ(step(PTRACE_CONT, pid, 0), AT_EXIT, "a process stands in its exit event");
	kill(pid, SIGKILL);
	EQ(next_status(pid), SIGKILL, "SIGKILL ends it there");

	pid = tracee(leaver, 9);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXIT);
	kill(pid, SIGKILL);
	EQ(next_status(pid), AT_EXIT, "so does one that is killed");
	kill(pid, SIGKILL);
	EQ(next_status(pid), SIGKILL, "until it is killed again");

	pid = start_two(pausing_thread, &thread);
	EQ(next_status(pid), AT_EXIT, "the end of a process");
	EQ(next_status(thread), AT_EXIT, "is that of its threads");
	kill(pid, SIGKILL);
	EQ(next_status(thread), EXITED(9), "SIGKILL gets all of them going");
	EQ(next_status(pid), EXITED(9), "with the status that was decided on");
}

static int seized_forker(long unused)
{
	(void)unused;
	becomes(&shared->go, 1);
	return forker(-1);
}

static void test_seized(void)
{
	unsigned long message = 0;
	pid_t pid, child;

	shared->go = 0;
	pid = plain_child(seized_forker, 0);
	EQ(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEFORK), 0, "SEIZE takes options");
	shared->go = 1;
	EQ(next_status(pid), EVENT(SIGTRAP, PTRACE_EVENT_FORK), "which count");
	ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
	child = (pid_t)message;
	EQ(next_status(child), EVENT(SIGTRAP, PTRACE_EVENT_STOP), "the child is seized and stops without a signal");
	EQ(step(PTRACE_CONT, child, 0), EXITED(5), "it ends");
	finish(pid);
}

void test_events(void)
{
	test_fork();
	test_vfork();
	test_clone();
	test_exit();
	test_killed_at_exit();
	test_seized();
}
