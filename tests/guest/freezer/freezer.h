// SPDX-License-Identifier: GPL-2.0-only
/*
 * freezer: what its files share. See ../freezer.c. A child works and tells in memory that all share; the test watches it from outside
 * of the container.
 */
#pragma once

#define _GNU_SOURCE
#include "tests/guest/tap.h"
#include "tests/guest/helpers.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TOP "/tmp/freezer"
#define A   TOP "/a"
#define B   TOP "/a/b"

extern struct shared {
	volatile int started;
	volatile unsigned int word;		/* a futex */
	volatile unsigned long counts[8];	/* storm: what each has done */
	struct outcome {
		volatile int done;
		long ret;
		int error;
		long ms;			/* how long the call took */
	} outcome[16];
} *shared;

struct timespec ms_spec(long ms);
void nap(long ms);
/* Have `sig` handled, by nothing. */
void handle(int sig);

/* 0, or -1 and errno. */
int write_text(const char *path, const char *text);
int move_to(pid_t pid, const char *dir);
const char *state_of(const char *dir);
/* Write a state and wait (at most 10 s) until it is reached: 1; else 0. */
int set_state(const char *dir, const char *state);
/* Wait (at most 10 s) until pid sleeps: 1; else 0. */
int sleeps(pid_t pid);
/* A child in `dir` that does one call and tells how it went; asleep in it on return. */
pid_t start(const char *dir, int slot, long (*call)(void));

/* calls.c */
void test_calls(void);
/* tasks.c */
void test_moves(void);
void test_stopped(void);
void test_vfork(void);
void test_traced(void);
/* storm.c */
void become_execer(unsigned long left);
void test_storm(int rounds);
void test_births(int rounds);
