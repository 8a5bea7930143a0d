// SPDX-License-Identifier: GPL-2.0-only
// Clocks, sleeping and its interruption, interval timers, CPU time limits.
#define _GNU_SOURCE
#include "tests/guest/tap.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(clockid_t clock)
{
	struct timespec ts = {0};

	clock_gettime(clock, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static volatile int rings;

static void on_ring(int sig)
{
	(void)sig;
	rings++;
}

static void test_clocks(void)
{
	static const clockid_t clocks[] = {CLOCK_REALTIME,	     CLOCK_MONOTONIC,
					   CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
					   CLOCK_MONOTONIC_RAW,	     CLOCK_REALTIME_COARSE,
					   CLOCK_MONOTONIC_COARSE,   CLOCK_BOOTTIME};
	struct timespec ts;
	struct timeval tv;
	struct sysinfo si;
	int good = 0, back = 0;
	double last;
	time_t t;

	for (unsigned int i = 0; i < sizeof(clocks) / sizeof(*clocks); i++)
		good += !clock_gettime(clocks[i], &ts) && ts.tv_nsec < 1000000000 &&
			!clock_getres(clocks[i], &ts);
	EQ(good, 8, "all clocks are there");
	FAILS(syscall(SYS_clock_gettime, 77, &ts), EINVAL, "but no others");
	FAILS(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, (void *)8), EFAULT,
	      "a wild address: EFAULT");
	last = now(CLOCK_MONOTONIC);
	for (int i = 0; i < 10000; i++) {
		double t2 = now(CLOCK_MONOTONIC);

		back += t2 < last;
		last = t2;
	}
	EQ(back, 0, "the monotonic clock does not go back");
	t = time(NULL);
	gettimeofday(&tv, NULL);
	OK(tv.tv_sec - t <= 1 && now(CLOCK_REALTIME) - t < 2,
	   "time, gettimeofday and the real clock agree");
	OK(t > 1600000000, "it is later than 2020");
	OK(!sysinfo(&si) && si.uptime <= now(CLOCK_BOOTTIME) + 1, "sysinfo knows how long it runs");
}

static void test_sleep(void)
{
	struct timespec ts = {0, 50000000}, rem = {9, 9};
	double start = now(CLOCK_MONOTONIC), took;
	struct pollfd none = {.fd = -1};

	EQ(nanosleep(&ts, NULL), 0, "a sleep of 50 ms");
	took = now(CLOCK_MONOTONIC) - start;
	OK(took >= 0.05 && took < 0.5, "takes that long");
	ts.tv_nsec = 1000000000;
	FAILS(nanosleep(&ts, NULL), EINVAL, "too many nanoseconds: EINVAL");
	ts.tv_nsec = 0;
	ts.tv_sec = -1;
	FAILS(nanosleep(&ts, NULL), EINVAL, "negative seconds: EINVAL");
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_nsec += 30000000;
	if (ts.tv_nsec >= 1000000000)
		ts.tv_sec++, ts.tv_nsec -= 1000000000;
	start = now(CLOCK_MONOTONIC);
	EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, &rem), 0, "a sleep until a moment");
	took = now(CLOCK_MONOTONIC) - start;
	OK(took > 0.02 && took < 0.4, "ends at it");
	EQ(rem.tv_sec, 9, "and leaves the remaining time alone");
	start = now(CLOCK_MONOTONIC);
	EQ(poll(&none, 1, 40), 0, "poll with a time limit");
	OK(now(CLOCK_MONOTONIC) - start >= 0.04, "waits that long");
}

// Stopped and continued, a sleep goes on to its end and is not interrupted.
static void test_restart(void)
{
	struct timespec ts = {0, 300000000};
	double start = now(CLOCK_MONOTONIC);
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(nanosleep(&ts, NULL) ? errno : 0);
	usleep(50000);
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	usleep(50000);
	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	EQ(WEXITSTATUS(status), 0, "a stop does not end a sleep");
	OK(now(CLOCK_MONOTONIC) - start >= 0.3 && now(CLOCK_MONOTONIC) - start < 0.8,
	   "nor lengthen it");
}

static void test_real_timer(void)
{
	struct itimerval it = {.it_value = {0, 30000}, .it_interval = {0, 20000}}, old;
	struct sigaction sa = {.sa_handler = on_ring};
	double start;

	sigaction(SIGALRM, &sa, NULL);
	rings = 0;
	start = now(CLOCK_MONOTONIC);
	EQ(setitimer(ITIMER_REAL, &it, NULL), 0, "a periodic timer");
	while (rings < 5)
		pause();
	OK(now(CLOCK_MONOTONIC) - start >= 0.1, "rings at its times");
	EQ(getitimer(ITIMER_REAL, &old), 0, "it can be read");
	OK(old.it_interval.tv_usec == 20000 && old.it_value.tv_usec <= 20000, "with its period");
	it = (struct itimerval){0};
	EQ(setitimer(ITIMER_REAL, &it, &old), 0, "and switched off");
	rings = 0;
	usleep(60000);
	EQ(rings, 0, "then it is silent");
	FAILS(setitimer(9, &it, NULL), EINVAL, "an unknown timer: EINVAL");
	EQ(alarm(100), 0, "alarm");
	EQ(alarm(0), 100, "says what was left");
	rings = 0;
	if (!fork())
		_exit(0);
	wait(NULL);
	it.it_value.tv_usec = 20000;
	setitimer(ITIMER_REAL, &it, NULL);
	FAILS(usleep(500000), EINTR, "a timer interrupts a sleep");
	EQ(rings, 1, "once");
}

static void test_cpu_timers(void)
{
	struct itimerval it = {.it_value = {0, 50000}};
	struct sigaction sa = {.sa_handler = on_ring};
	double start;

	sigaction(SIGVTALRM, &sa, NULL);
	sigaction(SIGPROF, &sa, NULL);
	rings = 0;
	setitimer(ITIMER_VIRTUAL, &it, NULL);
	usleep(120000);
	EQ(rings, 0, "a timer of processor time rests while the process sleeps");
	start = now(CLOCK_MONOTONIC);
	while (!rings && now(CLOCK_MONOTONIC) - start < 10)
		for (volatile int i = 0; i < 100000; i++)
			;
	EQ(rings, 1, "and rings when it has worked");
	setitimer(ITIMER_PROF, &it, NULL);
	start = now(CLOCK_MONOTONIC);
	while (rings < 2 && now(CLOCK_MONOTONIC) - start < 10)
		getppid();
	EQ(rings, 2, "so does the one that counts system time too");
}

static void test_cpu_limit(void)
{
	struct rlimit lim = {1, 2};
	int status;
	pid_t pid = fork();

	if (!pid) {
		setrlimit(RLIMIT_CPU, &lim);
		for (;;)
			;
	}
	waitpid(pid, &status, 0);
	OK(WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU,
	   "RLIMIT_CPU ends who works too long");
}

int main(void)
{
	test_clocks();
	test_sleep();
	test_restart();
	test_real_timer();
	test_cpu_timers();
	test_cpu_limit();
	return TAP_DONE();
}
