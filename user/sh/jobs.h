// SPDX-License-Identifier: GPL-2.0-only
/*
 * jobs.h - the job list, shared by jobs.c (which keeps it) and job_builtins.c (which shows it).
 */
#pragma once

#include "user/sh/sh.h"

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

extern struct job *jobs;

enum state job_state(struct job *j);
int job_status(struct job *j);
char job_mark(struct job *j);
void job_free(struct job *j);
pid_t job_reap(bool block);
void job_print(struct job *j, bool pids);
void job_take_terminal(struct job *j);
