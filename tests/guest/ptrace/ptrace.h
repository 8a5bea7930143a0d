// SPDX-License-Identifier: GPL-2.0-only
//
// What the parts of the ptrace test share. A tracee is a child that runs one function; the test waits for its stops and looks.
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/guest/tap.h"

#define STOPPED(sig)	    ((sig) << 8 | 0x7f)
#define EVENT(sig, event) ((event) << 16 | STOPPED(sig))
#define EXITED(code)	    ((code) << 8)

// Memory that all processes of the test see.
struct shared {
	volatile int ready, go, value;
	volatile pid_t pid, pid2;
	volatile long word;
};
extern struct shared *shared;

// A child that runs fn(arg) and exits with what it returns: traced from its first instruction, stopped by SIGSTOP and waited for; or plain.
pid_t tracee(int (*fn)(long), long arg);
pid_t plain_child(int (*fn)(long), long arg);
int pauser(long unused);	/* for these: says that it is ready, and waits for signals */
pid_t paused_child(void);	/* a plain one, in pause() */

// raise() that is one system call (but for gettid) and changes no masks.
int raise_only(int sig);

// The next status of pid (__WALL), -1 if there is none.
int next_status(pid_t pid);
// Resume by `request` with a signal, then the next status.
int step(int request, pid_t pid, int sig);
// Kill and wait until it is gone.
void finish(pid_t pid);
// The task is in a state of /proc/PID/stat, soon.
int in_state(pid_t pid, char state);
int becomes(volatile int *at, int want);

long peek(pid_t pid, void *at);
void get_regs(pid_t pid, struct user_regs_struct *regs);

void test_syscalls(void);
void test_signals(void);
void test_events(void);
void test_attach(void);
void test_rights(void);
void test_threads(void);
