/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the test of all controllers share: the containers, and who is in them (controllers.c). */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "tests/guest/memcg.h"
#include "tests/guest/helpers.h"

#include <signal.h>

#define ALL	 "cpuset,cpu,cpuacct,memory,devices,freezer,numtasks"
#define PATIENCE 40			/* s; what takes longer hangs */
#define HOMES	 6
#define FIXED	 3			/* these the storm does not remove */

extern const char *const homes[HOMES];

int make_home(const char *home);
void release_home(const char *home);		/* everybody there may go on and die */
int signal_home(const char *home, int sig);	/* to all who are there; how many */
int empty_home(const char *home);		/* kill until nobody is there. 1, or 0 after PATIENCE */

void test_meetings(void);
void test_storm(int seconds);
int other_program(int pages);			/* what workers of the storm run: it touches so many pages */
