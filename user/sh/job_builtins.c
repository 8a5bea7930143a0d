// SPDX-License-Identifier: GPL-2.0-only
/*
 * job_builtins.c - jobs, fg, bg, wait and kill.
 *
 * They name jobs as %n, %+, %-, %prefix or %?part; `wait` and `kill` take process ids too. Start at
 * job_find().
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "user/sh/jobs.h"
#include "user/sh/sh.h"

/* The job that %n, %+, %-, %prefix, %?part or (also without %) a pid names; NULL after a message. */
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
		} else if (*spec == '%' && j->text && *s == '?' && strstr(j->text, s + 1)) {
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

	while (job_reap(false) > 0)
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
			job_print(j, pids);
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
			job_take_terminal(j);
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
		if (job_reap(true) < 0 && errno != EINTR)
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
		if (job_reap(true) < 0 && errno != EINTR)
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

/* kill -l: all names; the name of a number, or of a status that a signal made; a name's number. */
static int kill_list(int argc, char **argv)
{
	int status = 0;

	for (int i = 2; i < argc; i++) {
		char *end;
		long n = strtol(argv[i], &end, 10);
		bool is_name = end == argv[i] || *end;
		int sig = signal_number(argv[i]);

		if (!is_name && n > 128 && n < 256)
			sig = n - 128;
		if (sig < 0 || sig >= NSIG) {
			sh_warn("kill: %s: no such signal", argv[i]);
			status = 1;
		} else if (is_name) {
			out_printf("%d\n", sig);
		} else {
			out_printf("%s\n", signal_name(sig));
		}
	}
	for (int sig = 1; argc == 2 && sig < 32; sig++)
		out_printf("%s%c", signal_name(sig), sig % 8 && sig != 31 ? ' ' : '\n');
	return status;
}

static int kill_one(const char *spec, int sig)
{
	char *end;
	long pid;

	if (*spec == '%') {
		struct job *j = job_find("kill", spec);

		if (!j)
			return 1;
		pid = j->pgid ? -j->pgid : j->proc[0].pid;
		if (kill(pid, sig) < 0) {
			sh_warn("kill: %s: %s", spec, strerror(errno));
			return 1;
		}
		/* A stopped job must run to notice; what it then does is told as news. */
		if (job_state(j) == STOPPED && sig != SIGSTOP && sig != SIGTSTP)
			continue_job(j);
		return 0;
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
