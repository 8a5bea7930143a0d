// SPDX-License-Identifier: GPL-2.0-only
/* epoll: members, level and edge, one shot, what happens when files are closed, waiting; and eventfd. */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/time.h>

#define LONG_MS 60000

static int set, ends[2];
static struct epoll_event got[64];

static int control(int op, int fd, unsigned int events, uint64_t data)
{
	struct epoll_event event = {.events = events, .data.u64 = data};

	return epoll_ctl(set, op, fd, &event);
}

/* How many are ready now. */
static int ready(void)
{
	return epoll_wait(set, got, 64, 0);
}

static void start(void)
{
	set = epoll_create1(EPOLL_CLOEXEC);
	if (set < 0 || pipe(ends))
		abort();
}

static void stop(void)
{
	close(set);
	close(ends[0]);
	close(ends[1]);
}

static void errors(void)
{
	int file = open("/proc/self/exe", O_RDONLY);

	FAILS(syscall(SYS_epoll_create, 0), EINVAL, "a set for no files");
	FAILS(epoll_create1(1), EINVAL, "a set with unknown flags");
	start();
	EQ(fcntl(set, F_GETFD), FD_CLOEXEC, "a set can be closed on exec");
	FAILS(control(EPOLL_CTL_ADD, 999, EPOLLIN, 0), EBADF, "no such file");
	FAILS(control(EPOLL_CTL_ADD, file, EPOLLIN, 0), EPERM, "what is always ready is refused");
	FAILS(control(EPOLL_CTL_ADD, set, EPOLLIN, 0), EINVAL, "a set in itself");
	FAILS(control(9, ends[0], EPOLLIN, 0), EINVAL, "an unknown operation");
	FAILS(control(EPOLL_CTL_MOD, ends[0], EPOLLIN, 0), ENOENT, "no member to modify");
	FAILS(control(EPOLL_CTL_DEL, ends[0], 0, 0), ENOENT, "no member to delete");
	FAILS(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], NULL), EFAULT, "no event");
	FAILS(epoll_ctl(ends[1], EPOLL_CTL_DEL, ends[0], NULL), EINVAL, "a pipe is no set");
	FAILS(epoll_wait(ends[0], got, 1, 0), EINVAL, "a pipe is no set to wait for");
	FAILS(epoll_wait(set, got, 0, 0), EINVAL, "room for no event");
	FAILS(epoll_wait(999, got, 1, 0), EBADF, "no such set");
	EQ(control(EPOLL_CTL_ADD, ends[0], EPOLLIN, 0), 0, "a member");
	FAILS(control(EPOLL_CTL_ADD, ends[0], EPOLLIN, 0), EEXIST, "a member for the second time");
	EQ(write(ends[1], "x", 1), 1, "it becomes ready");
	FAILS(epoll_wait(set, (void *)8, 1, 0), EFAULT, "the events have no place");
	stop();
	close(file);
}

static void level(void)
{
	char byte;

	start();
	control(EPOLL_CTL_ADD, ends[0], EPOLLIN, 7);
	control(EPOLL_CTL_ADD, ends[1], EPOLLOUT, 8);
	EQ(ready(), 1, "the write end is ready from the start");
	EQ(got[0].data.u64, 8, "it is named by what the program gave");
	EQ(got[0].events, EPOLLOUT, "and says what for");
	write(ends[1], "x", 1);
	EQ(ready(), 2, "then the read end is, too");
	EQ(ready(), 2, "and they stay so");
	EQ(epoll_wait(set, got, 1, 0), 1, "with room for one,");
	byte = (char)got[0].data.u64;
	EQ(epoll_wait(set, got, 1, 0), 1, "one comes,");
	OK(byte != (char)got[0].data.u64, "and then it is the other's turn");
	read(ends[0], &byte, 1);
	EQ(ready(), 1, "an empty pipe is not ready");
	EQ(control(EPOLL_CTL_MOD, ends[1], 0, 8), 0, "nothing is asked for any more:");
	EQ(ready(), 0, "nothing is ready");
	close(ends[0]);
	EQ(ready(), 1, "an error is reported without being asked for");
	EQ(got[0].events, EPOLLERR, "as such");
	EQ(epoll_ctl(set, EPOLL_CTL_DEL, ends[1], NULL), 0, "a member leaves");
	EQ(ready(), 0, "and is not reported");
	stop();
}

static void edge(void)
{
	char bytes[2];

	start();
	write(ends[1], "x", 1);
	control(EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLET, 0);
	EQ(ready(), 1, "edge: what was there is reported");
	EQ(ready(), 0, "once");
	write(ends[1], "y", 1);
	EQ(ready(), 1, "and again when more comes");
	EQ(ready(), 0, "once");
	control(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET, 0);
	EQ(ready(), 1, "a change looks again");
	control(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 0);
	EQ(ready(), 1, "one shot");
	write(ends[1], "z", 1);
	EQ(ready(), 0, "is all there is");
	control(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 0);
	EQ(ready(), 1, "until it is asked for again");
	read(ends[0], bytes, 2);
	stop();
}

/* A member goes with the last descriptor of its file, not with the one by which it came. */
static void closing(void)
{
	int copy;

	start();
	control(EPOLL_CTL_ADD, ends[0], EPOLLIN, 1);
	write(ends[1], "x", 1);
	copy = dup(ends[0]);
	close(ends[0]);
	EQ(ready(), 1, "a member whose file is still open by another descriptor is there");
	close(copy);
	EQ(ready(), 0, "with the last descriptor it is gone");
	stop();

	start();
	control(EPOLL_CTL_ADD, ends[0], EPOLLIN, 1);
	close(set);
	EQ(write(ends[1], "x", 1), 1, "a file outlives a set");
	stop();
}

static void as_file(void)
{
	struct pollfd p;
	char byte;

	start();
	p = (struct pollfd){.fd = set, .events = POLLIN};
	control(EPOLL_CTL_ADD, ends[0], EPOLLIN, 1);
	EQ(poll(&p, 1, 0), 0, "a set with nothing ready is not ready");
	write(ends[1], "x", 1);
	EQ(poll(&p, 1, 0), 1, "one with something is");
	EQ(ready(), 1, "and still has it");
	read(ends[0], &byte, 1);
	EQ(poll(&p, 1, 0), 0, "poll asks the files");
	FAILS(read(set, &byte, 1), EINVAL, "a set cannot be read");
	stop();
}

/* ---- waiting ---- */

static void *write_soon(void *arg)
{
	usleep(20000);
	write(ends[1], "x", 1);
	return NULL;
}

static void *add_soon(void *arg)
{
	usleep(20000);
	control(EPOLL_CTL_ADD, ends[1], EPOLLOUT, 5);
	return NULL;
}

static void on_signal(int number)
{
}

static void waiting(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct itimerval soon = {.it_value.tv_usec = 20000};
	long before = now_ms();
	pthread_t thread;
	sigset_t all, none;

	start();
	EQ(epoll_wait(set, got, 1, 30), 0, "time is up");
	OK(now_ms() - before >= 29, "not too early");
	control(EPOLL_CTL_ADD, ends[0], EPOLLIN, 4);
	pthread_create(&thread, NULL, write_soon, NULL);
	EQ(epoll_wait(set, got, 1, LONG_MS), 1, "an event ends the wait");
	pthread_join(thread, NULL);
	control(EPOLL_CTL_DEL, ends[0], 0, 0);
	pthread_create(&thread, NULL, add_soon, NULL);
	EQ(epoll_wait(set, got, 1, -1), 1, "so does a new member that is ready");
	pthread_join(thread, NULL);
	control(EPOLL_CTL_DEL, ends[1], 0, 0);

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	FAILS(epoll_wait(set, got, 1, LONG_MS), EINTR, "a signal ends it, whatever SA_RESTART says");
	sigfillset(&all);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	FAILS(epoll_pwait(set, got, 1, LONG_MS, &none), EINTR, "a blocked one with epoll_pwait's mask");
	sigprocmask(SIG_SETMASK, NULL, &none);
	EQ(sigismember(&none, SIGALRM), 1, "and then it is blocked again");
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	stop();
}

/* ---- many members, many threads ---- */

#define PAIRS  40
#define ROUNDS 2000
static int pairs[PAIRS][2];

static void *write_all(void *arg)
{
	for (int i = 0; i < ROUNDS; i++)
		write(pairs[i % PAIRS][1], "x", 1);
	return NULL;
}

/* Members come and go while others make them ready. */
static void *churn(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		int fd = eventfd(1, 0);

		control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, PAIRS);
		close(fd);
	}
	return NULL;
}

static void many(void)
{
	pthread_t threads[2];
	int bytes = 0, strange = 0, n = 1;
	char buf[256];

	start();
	for (uint64_t i = 0; i < PAIRS; i++) {
		pipe2(pairs[i], O_NONBLOCK);
		control(EPOLL_CTL_ADD, pairs[i][0], EPOLLIN | EPOLLET, i);
	}
	pthread_create(&threads[0], NULL, write_all, NULL);
	pthread_create(&threads[1], NULL, churn, NULL);
	while (bytes < ROUNDS && n > 0) {
		n = epoll_wait(set, got, 64, LONG_MS);
		for (int i = 0; i < n; i++) {
			uint64_t which = got[i].data.u64;
			ssize_t len;

			strange += which > PAIRS;
			while (which < PAIRS && (len = read(pairs[which][0], buf, sizeof(buf))) > 0)
				bytes += (int)len;
		}
	}
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	EQ(bytes, ROUNDS, "each byte of each pipe was announced");
	EQ(strange, 0, "and nobody else");
	for (int i = 0; i < PAIRS; i++) {
		close(pairs[i][0]);
		close(pairs[i][1]);
	}
	EQ(ready(), 0, "nothing is left");
	stop();
}

/* ---- eventfd ---- */

static int event;

static void *add_five(void *arg)
{
	uint64_t n = 5;

	usleep(20000);
	write(event, &n, sizeof(n));
	return NULL;
}

static void *take_it(void *arg)
{
	uint64_t n;

	usleep(20000);
	read(event, &n, sizeof(n));
	return NULL;
}

static void eventfds(void)
{
	struct pollfd p;
	uint64_t n = 3, most = UINT64_MAX - 1;
	pthread_t thread;

	FAILS(eventfd(0, 2), EINVAL, "an eventfd with unknown flags");
	event = eventfd(2, EFD_NONBLOCK);
	p = (struct pollfd){.fd = event, .events = POLLIN | POLLOUT};
	EQ(write(event, &n, 8), 8, "eventfd: a write adds");
	EQ(poll(&p, 1, 0), 1, "poll sees it");
	EQ(p.revents, POLLIN | POLLOUT, "both ways");
	FAILS(read(event, &n, 4), EINVAL, "a short read");
	EQ(read(event, &n, 8), 8, "a read");
	EQ(n, 5, "gives the sum");
	FAILS(read(event, &n, 8), EAGAIN, "and leaves nothing");
	n = UINT64_MAX;
	FAILS(write(event, &n, 8), EINVAL, "what is never allowed");
	EQ(write(event, &most, 8), 8, "the most there can be");
	n = 1;
	FAILS(write(event, &n, 8), EAGAIN, "no more fits");
	poll(&p, 1, 0);
	EQ(p.revents, POLLIN, "and poll says so");
	close(event);

	event = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	EQ(read(event, &n, 8), 8, "a semaphore's read");
	EQ(n, 1, "gives one");
	EQ(read(event, &n, 8), 8, "and another");
	FAILS(read(event, &n, 8), EAGAIN, "until all are gone");
	close(event);

	event = eventfd(0, 0);
	pthread_create(&thread, NULL, add_five, NULL);
	EQ(read(event, &n, 8), 8, "a read waits for a write");
	EQ(n, 5, "and takes all of it");
	pthread_join(thread, NULL);
	write(event, &most, 8);
	pthread_create(&thread, NULL, take_it, NULL);
	EQ(write(event, &n, 8), 8, "a write waits for a read that makes room");
	pthread_join(thread, NULL);
	close(event);
}

/* What a pipe's reader leaves is no news for an edge, nor is the room that its writer leaves. */
static void edge_of_pipe(void)
{
	static char buf[2000];

	start();
	control(EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLET, 1);
	write(ends[1], buf, 2000);
	EQ(ready(), 1, "a write is an edge");
	EQ(read(ends[0], buf, 1000), 1000, "half of it is read");
	EQ(ready(), 0, "the other half is no edge");
	control(EPOLL_CTL_ADD, ends[1], EPOLLOUT | EPOLLET, 2);
	EQ(ready(), 1, "there is room");
	write(ends[1], buf, 10);
	EQ(ready(), 1, "a write");
	EQ(got[0].data.u64, 1, "is an edge for the reader alone");
	close(ends[0]);
	close(ends[1]);
	close(set);
}

/* A ready set that is polled for something else: the call ends when its time is up, and for a signal. */
static void polled_for_nothing(void)
{
	struct pollfd p;
	int status = -1;
	pid_t pid;

	start();
	control(EPOLL_CTL_ADD, ends[0], EPOLLIN, 1);
	write(ends[1], "x", 1);
	p = (struct pollfd){.fd = set, .events = POLLOUT};
	pid = fork();
	if (!pid)
		_exit(poll(&p, 1, 50) ? 1 : 0);
	if (!ends_within(pid, LONG_MS))
		kill(pid, SIGKILL);
	else
		status = 0;
	EQ(status, 0, "a ready set that is polled for POLLOUT: time is up");
	p.events = POLLIN;
	EQ(poll(&p, 1, 0), 1, "and it is still ready");
	EQ(ready(), 1, "for epoll_wait as well");
	close(ends[0]);
	close(ends[1]);
	close(set);
}

int main(void)
{
	errors();
	level();
	edge();
	edge_of_pipe();
	polled_for_nothing();
	closing();
	as_file();
	waiting();
	many();
	eventfds();
	return TAP_DONE();
}
