// SPDX-License-Identifier: GPL-2.0-only
/* fail_nth: operations on tasks. */
#include "tests/guest/fail_nth/fail_nth.h"

#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int wait_for(pid_t pid)
{
	int error = errno;

	if (pid > 0)
		waitpid(pid, NULL, 0);
	errno = error;
	return pid < 0 ? -1 : 0;
}

static int run_fork(void)
{
	pid_t pid = (pid_t)syscall(SYS_fork);

	if (!pid)
		syscall(SYS_exit_group, 0);
	return wait_for(pid);
}

static int run_vfork(void)
{
	pid_t pid = vfork();

	if (!pid)
		_exit(0);
	return wait_for(pid);
}

/* The new program reports (main): the knob goes with the task. */
static int run_exec(void)
{
	return execv("/proc/self/exe", no_args);
}

static int run_script(void)
{
	static char *const args[] = {TOP "/script", NULL};

	return execv(TOP "/script", args);
}

static void prepare_script(void)
{
	int fd = open(TOP "/script", O_CREAT | O_WRONLY, 0755);
	char text[300], self[200] = "";

	readlink("/proc/self/exe", self, sizeof(self) - 1);
	snprintf(text, sizeof(text), "#!%s executed\n", self);
	if (write(fd, text, strlen(text)) < 0)
		perror("script");
	close(fd);
}

static void cleanup_script(void)
{
	unlink(TOP "/script");
}

static void *thread(void *arg)
{
	return arg;
}

static int run_thread(void)
{
	pthread_t t;
	int err = pthread_create(&t, NULL, thread, NULL);

	if (!err)
		pthread_join(t, NULL);
	errno = err;
	return err ? -1 : 0;
}

static int run_clone(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWNS | CLONE_NEWUTS | SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		syscall(SYS_exit_group, 0);
	return wait_for(pid);
}

static int run_unshare(void)
{
	return unshare(CLONE_NEWNS | CLONE_NEWUTS);
}

static void undo_namespace(void)
{
	static char names[2048];

	names[0] = 0;
	list(NS, names, sizeof(names));
	for (char *name = strtok(names, "\n"); name; name = strtok(NULL, "\n"))
		rmdir(name);		/* files refuse */
}

static int run_setuid(void)
{
	gid_t groups[3] = {4, 5, 6};

	return setgroups(3, groups) || setresgid(5, 5, 5) || setresuid(5, 0, 0) ? -1 : 0;
}

static void before_signal(void)
{
	signal(SIGUSR1, SIG_IGN);
	signal(SIGRTMIN, SIG_DFL);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static int run_sigqueue(void)
{
	return sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 1});
}

const struct operation task_operations[] = {
	{"fork", .run = run_fork, .may_kill = 1},
	{"vfork", .run = run_vfork},
	{"exec", .run = run_exec, .may_kill = 1},
	{"exec of a script", .prepare = prepare_script, .run = run_script, .cleanup = cleanup_script, .may_kill = 1},
	{"a thread", .run = run_thread, .error = EAGAIN, .may_kill = 1},
	{"clone with new namespaces", .run = run_clone, .undo = undo_namespace, .may_kill = 1},
	{"unshare of namespaces", .run = run_unshare, .undo = undo_namespace},
	{"setgroups, setresgid, setresuid", .run = run_setuid},
	{"sigqueue", .before = before_signal, .run = run_sigqueue, .error = EAGAIN},
	{"fork, charged", .before = before_paying, .run = run_fork, .may_kill = 1},
	{"exec, charged", .before = before_paying, .run = run_exec, .may_kill = 1},
	{"a thread, charged", .before = before_paying, .run = run_thread, .error = EAGAIN, .may_kill = 1},
	{0},
};
