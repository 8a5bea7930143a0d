// SPDX-License-Identifier: GPL-2.0-only
/*
 * poll, ppoll, select, pselect: readiness, timeouts, many files, signals and masks. Runs on Linux
 * too.
 */
#define _GNU_SOURCE
#include "tests/guest/tap.h"
#include "tests/guest/helpers.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught++;
}

static void test_poll(void)
{
	struct pollfd p[3] = {
		{.events = POLLIN}, {.events = POLLOUT}, {.fd = -1, .events = POLLIN}};
	long start;
	int ends[2], status;

	pipe(ends);
	p[0].fd = ends[0];
	p[1].fd = ends[1];
	EQ(poll(p, 3, 0), 1, "an empty pipe: one is ready");
	EQ(p[0].revents, 0, "not the read end");
	EQ(p[1].revents, POLLOUT, "but the write end");
	EQ(p[2].revents, 0, "a negative descriptor is left out");
	start = now_ms();
	EQ(poll(p, 1, 50), 0, "a timeout");
	OK(now_ms() - start >= 49, "lasts as long as asked");
	if (!fork()) {
		usleep(20000);
		_exit(write(ends[1], "x", 1) != 1);
	}
	EQ(poll(p, 1, 10000), 1, "a write wakes");
	EQ(p[0].revents, POLLIN, "with POLLIN");
	wait(&status);
	p[2].fd = 99;
	EQ(poll(p, 3, -1), 3, "all three");
	EQ(p[2].revents, POLLNVAL, "a closed one is POLLNVAL");
	close(ends[1]);
	EQ(poll(p, 1, -1), 1, "the write end closed");
	EQ(p[0].revents, POLLIN | POLLHUP, "POLLHUP beside the data");
	close(ends[0]);
	pipe(ends);
	close(ends[0]);
	p[1].fd = ends[1];
	EQ(poll(p + 1, 1, -1), 1, "the read end closed");
	EQ(p[1].revents, POLLOUT | POLLERR, "POLLERR");
	close(ends[1]);
	p[0].fd = open("/dev/null", O_RDWR);
	p[0].events = POLLIN | POLLOUT;
	EQ(poll(p, 1, 0), 1, "what cannot be polled");
	EQ(p[0].revents, POLLIN | POLLOUT, "is always ready");
	close(p[0].fd);
	FAILS(poll((struct pollfd *)8, 1, 0), EFAULT, "a wild pointer");
	FAILS(poll(p, 1000000000, 0), EINVAL, "too many");
}

/* More entries than fit on a stack page. */
static void test_many(void)
{
	enum { MANY = 300 };
	static struct pollfd p[MANY];
	int ends[2], i, ready = 0;

	pipe(ends);
	for (i = 0; i < MANY; i++)
		p[i] = (struct pollfd){.fd = dup(ends[0]), .events = POLLIN};
	EQ(poll(p, MANY, 10), 0, "300 descriptors, none ready");
	if (!fork()) {
		usleep(10000);
		_exit(write(ends[1], "x", 1) != 1);
	}
	EQ(poll(p, MANY, 10000), MANY, "one write makes all ready");
	for (i = 0; i < MANY; i++) {
		ready += p[i].revents == POLLIN;
		close(p[i].fd);
	}
	EQ(ready, MANY, "each says so");
	wait(NULL);
	close(ends[0]);
	close(ends[1]);
}

static void test_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct timespec ts = {5, 0};
	struct pollfd p = {.events = POLLIN};
	sigset_t block, none;
	int ends[2];

	pipe(ends);
	p.fd = ends[0];
	sigaction(SIGUSR1, &sa, NULL);
	sigemptyset(&none);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	if (!fork()) {
		usleep(20000);
		_exit(kill(getppid(), SIGUSR1));
	}
	FAILS(poll(&p, 1, 10000), EINTR, "a handler interrupts poll, SA_RESTART or not");
	EQ(caught, 1, "and has run");
	wait(NULL);
	sigprocmask(SIG_BLOCK, &block, NULL);
	raise(SIGUSR1);
	EQ(caught, 1, "a blocked signal waits");
	EQ(poll(&p, 1, 10), 0, "also through poll");
	FAILS(ppoll(&p, 1, &ts, &none), EINTR, "ppoll lets it in");
	EQ(caught, 2, "the handler has run");
	sigprocmask(SIG_SETMASK, NULL, &none);
	OK(sigismember(&none, SIGUSR1), "and the mask is back");
	sigprocmask(SIG_UNBLOCK, &block, NULL);
	ts = (struct timespec){0, 10000000};
	EQ(ppoll(&p, 1, &ts, &block), 0, "ppoll with a timeout");
	sigprocmask(SIG_SETMASK, NULL, &none);
	OK(!sigismember(&none, SIGUSR1), "the mask is back");
	ts = (struct timespec){0, 1000000000};
	FAILS(ppoll(&p, 1, &ts, NULL), EINVAL, "a bad timeout");
	close(ends[0]);
	close(ends[1]);
}

static void test_select(void)
{
	struct timeval tv = {0, 20000};
	fd_set in, out;
	int ends[2];

	pipe(ends);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(ends[0], &in);
	FD_SET(ends[1], &out);
	EQ(select(ends[1] + 1, &in, &out, NULL, NULL), 1, "select");
	OK(!FD_ISSET(ends[0], &in) && FD_ISSET(ends[1], &out), "finds the write end");
	FD_SET(ends[0], &in);
	/* libc hides what is given back */
	EQ(syscall(SYS_select, ends[0] + 1, &in, NULL, NULL, &tv), 0, "a timeout");
	OK(!FD_ISSET(ends[0], &in), "clears the set");
	OK(tv.tv_sec == 0 && tv.tv_usec == 0, "nothing is left of it");
	write(ends[1], "x", 1);
	FD_SET(ends[0], &in);
	tv.tv_sec = 5;
	EQ(syscall(SYS_select, ends[0] + 1, &in, NULL, NULL, &tv), 1, "data");
	OK(tv.tv_sec >= 4, "the rest of the time is given back");
	FD_ZERO(&in);
	FD_SET(60, &in);
	tv.tv_sec = 0;
	FAILS(select(61, &in, NULL, NULL, &tv), EBADF, "a closed descriptor");
	FAILS(select(-1, NULL, NULL, NULL, &tv), EINVAL, "a negative count");
	tv = (struct timeval){0, 1000};
	EQ(select(0, NULL, NULL, NULL, &tv), 0, "no descriptors: a sleep");
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	alarm(60);
	test_poll();
	test_many();
	test_signals();
	test_select();
	return TAP_DONE();
}
