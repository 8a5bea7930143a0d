// SPDX-License-Identifier: GPL-2.0-only
//
// A tracer that is not the parent: attaching, letting go, and the end of either. Who may trace whom.
#include "tests/guest/helpers.h"
#include "tests/guest/ptrace/ptrace.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <fcntl.h>

static void test_errors(void)
{
	pid_t pid = paused_child();

	FAILS(ptrace(PTRACE_ATTACH, 1 << 20, 0, 0), ESRCH, "nobody of that number: ESRCH");
	FAILS(ptrace(PTRACE_ATTACH, getpid(), 0, 0), EPERM, "ourselves: EPERM");
	FAILS(ptrace(PTRACE_CONT, pid, 0, 0), ESRCH, "not our tracee: ESRCH");
	FAILS(ptrace(PTRACE_SEIZE, pid, 8, 0), EIO, "SEIZE with an address: EIO");
	FAILS(ptrace(PTRACE_SEIZE, pid, 0, 1L << 30), EIO, "with options that are not known: EIO");
	EQ(ptrace(PTRACE_ATTACH, pid, 0, 0), 0, "ATTACH");
	FAILS(ptrace(PTRACE_ATTACH, pid, 0, 0), EPERM, "twice: EPERM");
	EQ(next_status(pid), STOPPED(SIGSTOP), "it stops");
	FAILS(ptrace(PTRACE_INTERRUPT, pid, 0, 0), EIO, "INTERRUPT is for the seized: EIO");
	FAILS(ptrace(PTRACE_LISTEN, pid, 0, 0), EIO, "so is LISTEN: EIO");
	FAILS(ptrace(9999, pid, 0, 0), EIO, "a request that is not known: EIO");
	if (!access("/proc/quiesce", F_OK))
		FAILS(ptrace(31 /* PTRACE_SYSEMU */, pid, 0, 0), EIO, "there is no SYSEMU: EIO");
	FAILS(ptrace(PTRACE_SETOPTIONS, pid, 0, 1L << 30), EINVAL, "options that are not known: EINVAL");
	EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0, "CONT");
	FAILS(ptrace(PTRACE_PEEKDATA, pid, shared, 0), ESRCH, "it runs: ESRCH");
	EQ(ptrace(PTRACE_KILL, pid, 0, 0), 0, "KILL does not mind");
	EQ(next_status(pid), SIGKILL, "it is dead");
}

// A stopped process is attached to by another than its parent.
static int attacher(long pid)
{
	int status;

	if (ptrace(PTRACE_ATTACH, (pid_t)pid, 0, 0))
		return 1;
	status = next_status((pid_t)pid);
	if (status != STOPPED(SIGSTOP))
		return 2;
	shared->value = 1;
	becomes(&shared->go, 1);
	if (ptrace(PTRACE_CONT, (pid_t)pid, 0, 0))
		return 3;
	kill((pid_t)pid, SIGTERM);
	if (next_status((pid_t)pid) != STOPPED(SIGTERM))
		return 4;
	if (step(PTRACE_CONT, (pid_t)pid, SIGTERM) != SIGTERM)
		return 5;
	shared->value = 2;
	becomes(&shared->go, 2);
	return 0;
}

static void test_not_the_parent(void)
{
	pid_t pid = paused_child(), tracer;
	int status;

	shared->value = shared->go = 0;
	tracer = plain_child(attacher, pid);
	OK(becomes(&shared->value, 1), "another child attaches to a child");
	EQ(status_number(pid, "TracerPid", 10), tracer, "TracerPid says it");
	EQ(status_number(pid, "PPid", 10), getpid(), "PPid is still ours");
	EQ(waitpid(pid, &status, WNOHANG | WUNTRACED), 0, "we hear nothing of its stop");
	FAILS(ptrace(PTRACE_ATTACH, pid, 0, 0), EPERM, "there is one tracer: EPERM");
	shared->go = 1;
	OK(becomes(&shared->value, 2), "its death is told to the tracer");
	EQ(waitpid(pid, &status, 0), pid, "and then to us");
	EQ(status, SIGTERM, "the same");
	shared->go = 2;
	EQ(next_status(tracer), EXITED(0), "all was as the tracer expected");
}

// The tracer dies: its tracee goes on, or not.
static int dying_tracer(long pid)
{
	if (ptrace(PTRACE_SEIZE, (pid_t)pid, 0, (long)shared->word))
		return 1;
	ptrace(PTRACE_INTERRUPT, (pid_t)pid, 0, 0);
	if (next_status((pid_t)pid) != EVENT(SIGTRAP, PTRACE_EVENT_STOP))
		return 2;
	return 0;
}

static void test_tracer_dies(void)
{
	pid_t pid = paused_child();
	int status;

	shared->word = 0;
	EQ(next_status(plain_child(dying_tracer, pid)), EXITED(0), "a tracer dies");
	OK(in_state(pid, 'S'), "its tracee goes on");
	EQ(status_number(pid, "TracerPid", 10), 0, "and is free");
	shared->word = 0x100000;
	EQ(next_status(plain_child(dying_tracer, pid)), EXITED(0), "a tracer with EXITKILL dies");
	EQ(waitpid(pid, &status, 0), pid, "its tracee dies as well");
	EQ(status, SIGKILL, "by SIGKILL");

	pid = paused_child();
	kill(pid, SIGKILL);
	OK(in_state(pid, 'Z'), "a zombie");
	FAILS(ptrace(PTRACE_ATTACH, pid, 0, 0), EPERM, "cannot be traced: EPERM");
	waitpid(pid, &status, 0);
}

// The parent goes, the tracer stays: init gets the child, when the tracer is done with it.
static int orphan(long unused)
{
	shared->pid = getpid();
	return pauser(unused);
}

static int orphan_maker(long unused)
{
	(void)unused;
	plain_child(orphan, 0);
	becomes(&shared->go, 1);
	return 0;
}

static void test_parent_dies(void)
{
	pid_t parent, pid;

	shared->ready = shared->go = 0;
	parent = plain_child(orphan_maker, 0);
	becomes(&shared->ready, 1);
	pid = shared->pid;
	EQ(ptrace(PTRACE_ATTACH, pid, 0, 0), 0, "a grandchild is traced");
	EQ(next_status(pid), STOPPED(SIGSTOP), "and stops");
	shared->go = 1;
	EQ(next_status(parent), EXITED(0), "its parent dies");
	OK(status_number(pid, "PPid", 10) != parent, "it has another");
	EQ(status_number(pid, "TracerPid", 10), getpid(), "and is ours");
	EQ(step(PTRACE_CONT, pid, SIGTERM), SIGTERM, "until it ends");
	EQ(waitpid(pid, NULL, __WALL), -1, "and then not");
}

// Its number is nobody's child's, but a tracee's like any other.
static void test_process_1(void)
{
	if (ptrace(PTRACE_SEIZE, 1, 0, 0)) {
		OK(errno == EPERM, "process 1 # SKIP may not be traced here");
		return;
	}
	ptrace(PTRACE_INTERRUPT, 1, 0, 0);
	EQ(next_status(1), EVENT(SIGTRAP, PTRACE_EVENT_STOP), "process 1 is traced and stops");
	EQ(ptrace(PTRACE_DETACH, 1, 0, 0), 0, "it is let go");
	EQ(status_number(1, "TracerPid", 10), 0, "and nobody's");
}

void test_attach(void)
{
	test_errors();
	test_not_the_parent();
	test_tracer_dies();
	test_parent_dies();
	test_process_1();
}

// ---- rights ----

static int as_user(long pid)
{
	struct iovec v = {&pid, 4};

	if (setgid(1000) || setuid(1000))
		return 1;
	if (ptrace(PTRACE_ATTACH, (pid_t)pid, 0, 0) != -1 || errno != EPERM)
		return 2;
	if (process_vm_readv((pid_t)pid, &v, 1, &v, 1, 0) != -1 || errno != EPERM)
		return 3;
	return 0;
}

// Two of one user: the first can be traced if it is not marked, and its links followed.
static int two_of_one_user(long dumpable)
{
	char name[32], target[256];
	int links;
	pid_t pid;
	int status;

	if (setgid(1000) || setuid(1000))
		return 1;
	if (prctl(PR_GET_DUMPABLE) != 0)
		return 2;
	prctl(PR_SET_DUMPABLE, dumpable);
	pid = paused_child();
	snprintf(name, sizeof(name), "/proc/%d/exe", pid);
	links = readlink(name, target, sizeof(target)) > 0 ? 1 : errno == EACCES ? 0 : -1;
	status = ptrace(PTRACE_ATTACH, pid, 0, 0) ? errno : 0;
	if (!status)
		next_status(pid);
	kill(pid, SIGKILL);
	while (next_status(pid) != SIGKILL)
		;
	return links == dumpable ? status : 3;
}

#define SET_ID_COPY "/tmp/ptrace-set-id"

static int exec_set_id(long unused)
{
	(void)unused;
	if (setgid(1000) || setuid(1000))
		return 1;
	execl(SET_ID_COPY, "ptrace", "ids", NULL);
	return 2;
}

// A user traces a set-user-ID program of root's.
static int user_traces_set_id(long unused)
{
	pid_t pid;
	int status;

	(void)unused;
	if (setgid(1000) || setuid(1000))
		return 1;
	pid = tracee(exec_set_id, 0);
	status = step(PTRACE_CONT, pid, 0);
	if (status != STOPPED(SIGTRAP))
		return 3;
	status = step(PTRACE_CONT, pid, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 4;
}

static int root_traceme(long unused)
{
	(void)unused;
	becomes(&shared->go, 1);
	return ptrace(PTRACE_TRACEME, 0, 0, 0) ? errno : 0;
}

static int user_parent(long unused)
{
	pid_t pid = plain_child(root_traceme, 0);

	(void)unused;
	if (setgid(1000) || setuid(1000))
		return 1;
	shared->go = 1;
	return WEXITSTATUS(next_status(pid));
}

void test_rights(void)
{
	pid_t pid = paused_child();

	if (geteuid() != 0) {
		OK(1, "rights # SKIP for root");
		finish(pid);
		return;
	}
	EQ(next_status(plain_child(as_user, pid)), EXITED(0), "a user may not trace root's, nor read its memory");
	finish(pid);
	EQ(next_status(plain_child(two_of_one_user, 1)), EXITED(0), "but its own");
	EQ(next_status(plain_child(two_of_one_user, 0)), EXITED(EPERM), "unless they are not to be looked into");
	OK(copy_set_id(SET_ID_COPY) == 0, "there is a set-user-ID program");
	EQ(next_status(plain_child(exec_set_id, 0)), EXITED(20), "it gives root's rights");
	EQ(next_status(plain_child(user_traces_set_id, 0)), EXITED(10), "not to one that a user traces");
	pid = tracee(exec_set_id, 0);
	step(PTRACE_CONT, pid, 0);
	EQ(step(PTRACE_CONT, pid, 0), EXITED(20), "but to one that root traces");
	unlink(SET_ID_COPY);
	shared->go = 0;
	EQ(next_status(plain_child(user_parent, 0)), EXITED(EPERM), "root does not have itself traced by a user");
}
