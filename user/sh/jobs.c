// SPDX-License-Identifier: GPL-2.0-only
/*
 * jobs.c - child processes, and job control on a terminal.
 *
 * Every pipeline is a job; it gets a number when it goes to the background or stops. The list is in
 * the order of %+ and %-. With job control a job has its own process group and the terminal while it
 * is in the foreground. Start at sh_fork() and job_wait_fg().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/sh/sh.h"

enum { DONE_MAX = 256 };	/* finished jobs remembered for `wait PID` */

enum state { RUNNING, STOPPED, DONE };

struct proc {
	pid_t pid;
	int status;		/* as wait4 gave it */
	enum state state;
};

struct job {
	struct job *next;
	int id;			/* 0: never left the foreground */
	pid_t pgid;		/* 0: no group of its own */
	char *text;
	bool told;		/* the user has been told the present state */
	int n;
	struct proc proc[];
};

static struct job *jobs;
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

static enum state job_state(struct job *j)
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

static int job_status(struct job *j)
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

static void job_free(struct job *j)
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
static pid_t reap(bool block)
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

	while (reap(false) > 0)
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
	sh.subshell = true;
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

static char job_mark(struct job *j)
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

static void print_job(struct job *j, bool pids)
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
	snprintf(line, sizeof(line), "%s%s\n", strsignal(sig), WCOREDUMP(st) ? " (core dumped)" : "");
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
		if (reap(true) >= 0 || errno == EINTR)
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
		print_job(j, false);
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
	while (reap(false) > 0)
		;
	for (struct job *j = jobs; j; j = next) {
		next = j->next;
		if (!j->told)
			print_job(j, false);
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

/* The job that %n, %+, %-, %prefix or (also without %) a pid names; NULL after a message. */
static struct job *job_find(const char *cmd, const char *spec)
{
	const char *s = spec && *spec == '%' ? spec + 1 : spec;
	char want = !s || !*s || !strcmp(s, "%") ? '+' : s[1] ? 0 : *s;
	char *end;
	long n = s ? strtol(s, &end, 10) : 0;

	for (struct job *j = jobs; j; j = j->next) {
		if (!j->id)
			continue;
		if (want == '+' || want == '-') {
			if (job_mark(j) == want)
				return j;
		} else if (end != s && !*end) {
			if (*spec == '%' ? j->id == n : j->proc[j->n - 1].pid == n)
				return j;
		} else if (*spec == '%' && j->text && !strncmp(j->text, s, strlen(s))) {
			return j;
		}
	}
	sh_warn("%s: %s: no such job", cmd, spec ? spec : "current");
	return NULL;
}

/* jobs [-l|-p] [JOB...] */
int builtin_jobs(int argc, char **argv)
{
	bool pids = argc > 1 && !strcmp(argv[1], "-l"), groups = argc > 1 && !strcmp(argv[1], "-p");
	int max = 0;

	while (reap(false) > 0)
		;
	for (struct job *j = jobs; j; j = j->next)
		if (j->id > max)
			max = j->id;
	for (int id = 1; id <= max; id++) {
		struct job *j;

		for (j = jobs; j && j->id != id; j = j->next)
			;
		if (!j)
			continue;
		if (groups)
			out_printf("%d\n", (int)j->proc[0].pid);
		else
			print_job(j, pids);
		if (sh.interactive && job_state(j) == DONE)
			job_free(j);
	}
	return 0;
}

static void continue_job(struct job *j)
{
	for (int i = 0; i < j->n; i++)
		if (j->proc[i].state == STOPPED)
			j->proc[i].state = RUNNING;
	j->told = true;
	if (j->pgid)
		kill(-j->pgid, SIGCONT);
	else
		kill(j->proc[0].pid, SIGCONT);
}

/* fg [JOB] and bg [JOB...] */
int builtin_fg(int argc, char **argv)
{
	bool fg = argv[0][0] == 'f';
	int status = 0;

	if (!sh.opt[O_MONITOR]) {
		sh_warn("%s: no job control", argv[0]);
		return 2;
	}
	for (int i = 1; i < argc || i == 1; i++) {
		struct job *j = job_find(argv[0], argc > 1 ? argv[i] : NULL);

		if (!j)
			return 2;
		if (fg) {
			out_printf("%s\n", j->text ? j->text : "");
			out_flush();
			if (sh.tty >= 0 && j->pgid)
				tcsetpgrp(sh.tty, j->pgid);
			continue_job(j);
			return job_wait_fg(j);
		}
		out_printf("[%d]%c %s &\n", j->id, job_mark(j), j->text ? j->text : "");
		continue_job(j);
	}
	return status;
}

/* Wait for one job, or until a trapped signal: then 128+n. */
static int wait_job(struct job *j)
{
	int status;

	while (job_state(j) == RUNNING) {
		if (trap_waiting())
			return 128 + trap_pending_sig();
		if (reap(true) < 0 && errno != EINTR)
			break;
		check_interrupt();
	}
	status = job_status(j);
	if (job_state(j) != STOPPED)
		job_free(j);
	return status;
}

static int wait_all(void)
{
	for (;;) {
		struct job *j;

		for (j = jobs; j && job_state(j) != RUNNING; j = j->next)
			;
		if (!j)
			break;
		if (trap_waiting())
			return 128 + trap_pending_sig();
		if (reap(true) < 0 && errno != EINTR)
			break;
		check_interrupt();
	}
	if (!sh.interactive)
		for (struct job *j = jobs, *next; j; j = next) {
			next = j->next;
			if (job_state(j) == DONE)
				job_free(j);
		}
	return 0;
}

/* wait [PID|JOB...] */
int builtin_wait(int argc, char **argv)
{
	int status = 0;

	if (argc == 1)
		return wait_all();
	for (int i = 1; i < argc; i++) {
		struct job *j = NULL;
		pid_t pid = atoi(argv[i]);

		if (argv[i][0] == '%') {
			j = job_find("wait", argv[i]);
		} else {
			for (j = jobs; j; j = j->next)
				if (j->proc[j->n - 1].pid == pid)
					break;
		}
		status = j ? wait_job(j) : 127;
	}
	return status;
}

static int kill_list(int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		int sig = atoi(argv[i]);

		out_printf("%s\n", signal_name(sig > 128 ? sig - 128 : sig));
	}
	for (int sig = 1; argc == 2 && sig < 32; sig++)
		out_printf("%s%c", signal_name(sig), sig % 8 && sig != 31 ? ' ' : '\n');
	return 0;
}

static int kill_one(const char *spec, int sig)
{
	char *end;
	long pid;

	if (*spec == '%') {
		struct job *j = job_find("kill", spec);

		if (!j)
			return 1;
		if (job_state(j) == STOPPED && sig != SIGSTOP && sig != SIGTSTP && j->pgid) {
			kill(-j->pgid, sig);
			return kill(-j->pgid, SIGCONT) < 0;
		}
		return kill(j->pgid ? -j->pgid : j->proc[0].pid, sig) < 0;
	}
	pid = strtol(spec, &end, 10);
	if (end == spec || *end) {
		sh_warn("kill: %s: not a process or job", spec);
		return 1;
	}
	if (!kill(pid, sig))
		return 0;
	sh_warn("kill: %s: %s", spec, strerror(errno));
	return 1;
}

/* kill [-s SIGNAL|-SIGNAL] PID|JOB..., kill -l [STATUS...] */
int builtin_kill(int argc, char **argv)
{
	int sig = SIGTERM, i = 1, status = 0;

	if (argc > 1 && !strcmp(argv[1], "-l"))
		return kill_list(argc, argv);
	if (argc > 2 && !strcmp(argv[1], "-s")) {
		sig = signal_number(argv[2]);
		i = 3;
	} else if (argc > 1 && argv[1][0] == '-' && strcmp(argv[1], "--")) {
		sig = signal_number(argv[1] + 1);
		i = 2;
	}
	if (i < argc && !strcmp(argv[i], "--"))
		i++;
	if (sig < 0) {
		sh_warn("kill: %s: no such signal", argv[i - 1]);
		return 1;
	}
	if (i >= argc) {
		sh_warn("usage: kill [-s SIGNAL] PID...");
		return 2;
	}
	for (; i < argc; i++)
		status |= kill_one(argv[i], sig);
	return status;
}
