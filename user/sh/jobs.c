// SPDX-License-Identifier: GPL-2.0-only
/*
 * jobs.c - child processes, and job control on a terminal.
 *
 * Every pipeline is a job; it gets a number when it goes to the background or stops. The list is in
 * the order of %+ and %-. With job control a job has its own process group and the terminal while
 * it is in the foreground. Start at sh_fork() and job_wait_fg().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/sh/jobs.h"
#include "user/sh/sh.h"

enum { DONE_MAX = 256 };	/* finished jobs remembered for `wait PID` */

struct job *jobs;
static pid_t shell_pgid;

/*
 * Take the terminal for an interactive shell: wait until we are in the foreground, make our own
 * group the foreground one. Without a controlling terminal job control stays off.
 */
void jobs_init_tty(void)
{
	pid_t fg;

	sh.tty = fcntl(2, F_DUPFD_CLOEXEC, SH_FD_MIN);
	if (sh.tty < 0)
		return;
	shell_pgid = getpgrp();
	while ((fg = tcgetpgrp(sh.tty)) >= 0 && fg != shell_pgid) {
		if (!fg)
			break;
		kill(0, SIGTTIN);
		shell_pgid = getpgrp();
	}
	if (fg < 0) {
		sh_warn("no job control: %s", strerror(errno));
		close(sh.tty);
		sh.tty = -1;
		return;
	}
	signals_interactive();
	if (shell_pgid != sh.pid && !setpgid(0, 0))
		shell_pgid = sh.pid;
	tcsetpgrp(sh.tty, shell_pgid);
	sh.opt[O_MONITOR] = true;
}

/* Running if any process runs, else stopped if any is. */
enum state job_state(struct job *j)
{
	enum state s = DONE;

	for (int i = 0; i < j->n; i++) {
		if (j->proc[i].state == RUNNING)
			return RUNNING;
		if (j->proc[i].state == STOPPED)
			s = STOPPED;
	}
	return s;
}

static int to_status(int st)
{
	if (WIFSIGNALED(st))
		return 128 + WTERMSIG(st);
	if (WIFSTOPPED(st))
		return 128 + WSTOPSIG(st);
	return WEXITSTATUS(st);
}

/* The job's exit status as $? shows it. */
int job_status(struct job *j)
{
	int status = j->n ? to_status(j->proc[j->n - 1].status) : 0;

	if (sh.opt[O_PIPEFAIL])
		for (int i = j->n - 1; i >= 0 && !status; i--)
			status = to_status(j->proc[i].status);
	return status;
}

static void job_unlink(struct job *j)
{
	struct job **p;

	for (p = &jobs; *p && *p != j; p = &(*p)->next)
		;
	if (*p)
		*p = j->next;
}

/* Forget a job. */
void job_free(struct job *j)
{
	job_unlink(j);
	free(j->text);
	free(j);
}

static void job_to_front(struct job *j)
{
	job_unlink(j);
	j->next = jobs;
	jobs = j;
}

/* Note what wait4 said about a child. */
static void note(pid_t pid, int st)
{
	for (struct job *j = jobs; j; j = j->next) {
		for (int i = 0; i < j->n; i++) {
			if (j->proc[i].pid != pid || j->proc[i].state == DONE)
				continue;
			j->proc[i].status = st;
			j->proc[i].state = WIFSTOPPED(st) ? STOPPED : DONE;
			j->told = false;
			return;
		}
	}
}

/* Collect one child. Returns its pid, 0 if none is ready, -1 with errno. */
pid_t job_reap(bool block)
{
	int st;
	pid_t pid = waitpid(-1, &st, (block ? 0 : WNOHANG) | (sh.opt[O_MONITOR] ? WUNTRACED : 0));

	if (pid > 0)
		note(pid, st);
	return pid;
}

/* Forget finished jobs that nobody asked about, so that a long script does not grow. */
static void trim_done(void)
{
	int kept = 0;
	struct job *next;

	while (job_reap(false) > 0)
		;
	for (struct job *j = jobs; j; j = next) {
		next = j->next;
		if (j->id && job_state(j) == DONE && ++kept > DONE_MAX)
			job_free(j);
	}
}

/* A job for nprocs processes; text (copied, may be NULL) is what the user will see. */
struct job *job_new(int nprocs, const char *text)
{
	struct job *j = xmalloc(sizeof(*j) + nprocs * sizeof(struct proc));

	*j = (struct job){ .next = jobs, .told = true };
	if (text)
		j->text = xstrdup(text);
	jobs = j;
	return j;
}

static void child_setup(struct job *j, enum fork_mode mode)
{
	bool monitor = sh.opt[O_MONITOR];

	if (monitor && j) {
		pid_t pgid = j->pgid ? j->pgid : getpid();

		setpgid(0, pgid);
		if (mode == FORK_FG && sh.tty >= 0)
			tcsetpgrp(sh.tty, pgid);
	}
	sh.interactive = false;
	sh.on_error = NULL;
	sh.opt[O_MONITOR] = false;
	sh.tty = -1;
	signals_child(mode == FORK_BG && !monitor, monitor);
	/* An asynchronous list without job control reads from /dev/null (POSIX 2.9.3.1). */
	if (mode == FORK_BG && !monitor && j && !j->n) {
		int fd = open("/dev/null", O_RDONLY);

		if (fd > 0) {
			dup2(fd, 0);
			close(fd);
		}
	}
	jobs = NULL;
}

/*
 * fork() for the shell: adds the child to job j (may be NULL for FORK_NOJOB), and makes the child a
 * subshell with its signals and process group in order. Returns as fork; a failure is sh_error.
 */
pid_t sh_fork(struct job *j, enum fork_mode mode)
{
	pid_t pid;

	out_flush();
	pid = fork();
	if (pid < 0) {
		int err = errno;

		if (j && !j->n)
			job_free(j);
		sh_error(2, "cannot fork: %s", strerror(err));
	}
	if (!pid) {
		child_setup(j, mode);
		return 0;
	}
	if (!j)
		return pid;
	j->proc[j->n++] = (struct proc){ .pid = pid, .state = RUNNING };
	if (sh.opt[O_MONITOR]) {
		if (!j->pgid)
			j->pgid = pid;
		setpgid(pid, j->pgid);
	}
	return pid;
}

static void give_id(struct job *j)
{
	int id = 0;

	if (j->id)
		return;
	for (struct job *o = jobs; o; o = o->next)
		if (o->id > id)
			id = o->id;
	j->id = id + 1;
}

static const char *state_text(struct job *j, char *to, size_t n)
{
	int st = j->n ? j->proc[j->n - 1].status : 0;

	switch (job_state(j)) {
	case RUNNING:
		return "Running";
	case STOPPED:
		return "Stopped";
	case DONE:
		break;
	}
	if (WIFSIGNALED(st))
		return strsignal(WTERMSIG(st));
	if (!WEXITSTATUS(st))
		return "Done";
	snprintf(to, n, "Done(%d)", WEXITSTATUS(st));
	return to;
}

/* '+' for the job that %+ names, '-' for %-, else a blank. */
char job_mark(struct job *j)
{
	struct job *first = jobs;

	while (first && !first->id)
		first = first->next;
	if (j == first)
		return '+';
	for (first = first ? first->next : NULL; first && !first->id; first = first->next)
		;
	return j == first ? '-' : ' ';
}

/* Queue the line that `jobs` and notices show. */
void job_print(struct job *j, bool pids)
{
	char num[16];

	out_printf("[%d]%c  ", j->id, job_mark(j));
	if (pids)
		out_printf("%d ", (int)j->proc[0].pid);
	out_printf("%-22s  %s%s\n", state_text(j, num, sizeof(num)), j->text ? j->text : "",
		   job_state(j) == RUNNING ? " &" : "");
	j->told = true;
}

/* Say what happened to a foreground job that a signal ended. */
static void report_signal(struct job *j)
{
	int st = j->proc[j->n - 1].status, sig = WIFSIGNALED(st) ? WTERMSIG(st) : 0;
	char line[96];

	if (!sig || sig == SIGPIPE)
		return;
	if (sig == SIGINT) {
		if (sh.interactive)
			sh.interrupted = 1;
		return;
	}
	snprintf(line, sizeof(line), "%s%s\n", strsignal(sig),
		 WCOREDUMP(st) ? " (core dumped)" : "");
	write_all(2, line, strlen(line));
}

/*
 * Wait until the foreground job has ended or stopped, and take the terminal back. Returns its
 * status: of the last process, 128+n for a signal.
 */
int job_wait_fg(struct job *j)
{
	int status;

	while (job_state(j) == RUNNING) {
		if (job_reap(true) >= 0 || errno == EINTR)
			continue;
		for (int i = 0; i < j->n; i++)
			j->proc[i].state = DONE;
	}
	if (sh.tty >= 0 && sh.opt[O_MONITOR]) {
		tcsetpgrp(sh.tty, shell_pgid);
		if (job_state(j) == STOPPED || WIFSIGNALED(j->proc[j->n - 1].status))
			edit_tty_restore();
	}
	status = job_status(j);
	if (job_state(j) == STOPPED) {
		give_id(j);
		job_to_front(j);
		write_all(2, "\n", 1);
		job_print(j, false);
		out_flush();
		return status;
	}
	report_signal(j);
	job_free(j);
	check_interrupt();
	return status;
}

/* Let a job run in the background, as $!. */
void job_background(struct job *j)
{
	char line[48];

	sh.last_bg = j->proc[j->n - 1].pid;
	trim_done();
	give_id(j);
	if (!sh.interactive)
		return;
	snprintf(line, sizeof(line), "[%d] %d\n", j->id, (int)sh.last_bg);
	write_all(2, line, strlen(line));
}

/* Wait for a child that belongs to no job. Returns its status, 127 if there is none such. */
int wait_pid(pid_t pid)
{
	int st;

	while (waitpid(pid, &st, 0) < 0)
		if (errno != EINTR)
			return 127;
	return to_status(st);
}

/* Tell an interactive user about background jobs that changed; forget those that ended. */
void jobs_notify(void)
{
	struct job *next;

	if (!jobs)
		return;
	while (job_reap(false) > 0)
		;
	for (struct job *j = jobs; j; j = next) {
		next = j->next;
		if (!j->told)
			job_print(j, false);
		if (job_state(j) == DONE)
			job_free(j);
	}
	out_flush();
}

/* How many jobs are stopped. */
int jobs_stopped(void)
{
	int n = 0;

	for (struct job *j = jobs; j; j = j->next)
		n += job_state(j) == STOPPED;
	return n;
}

/* Give the terminal to a job that is to run in the foreground. */
void job_take_terminal(struct job *j)
{
	if (sh.tty >= 0 && j->pgid)
		tcsetpgrp(sh.tty, j->pgid);
}
