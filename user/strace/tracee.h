// SPDX-License-Identifier: GPL-2.0-only
//
// Whom strace traces. attach.c has the list, and begins and ends the tracing; main.c follows what they do.

#pragma once

#include "user/strace/strace.h"

struct tracee {
	struct tracee *next;
	pid_t pid;
	bool ours;		// the child before its exec: what it does is strace's own
	bool in_call;		// between the two stops of a call, which is in `call`
	struct call call;
};

extern struct tracee *tracees;
extern int tracee_count;
struct tracee *find(pid_t pid);		// null: not one of ours
struct tracee *add(pid_t pid);
void drop(struct tracee *t);		// frees it

extern bool follow_forks, quiet;	// -f, -q
extern pid_t main_child;		// the program that strace has started; 0: none

#define SYSCALL_STOP (SIGTRAP | 0x80)	// what a stop of PTRACE_O_TRACESYSGOOD is told as

// Start a program: argv[0] as the shell finds it. Ends strace if there is none.
void start(char **argv);
// Trace what runs already, with -f all its threads. Prints who it is, or why not.
void attach(pid_t pid);
// Let go, wherever it is.
void detach(struct tracee *t);
// It has stopped with this status: let it go on, with the signal that it was about; or stay, if its process is stopped.
void go_on(pid_t pid, int status);
bool group_stopped(int status);
