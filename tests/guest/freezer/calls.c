// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each system call that sleeps is frozen in its sleep and thawed again: no EINTR, no early end, and a timeout ends when it would have ended.
 */
#include "tests/guest/freezer/freezer.h"

#include <poll.h>
#include <sys/select.h>
#include <sys/stat.h>

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1

/* ---- calls with a timeout: at LIMIT ms they end, frozen meanwhile or not ---- */

#define LIMIT 1000

static long do_nanosleep(void)
{
	struct timespec ts = ms_spec(LIMIT), left = {0};

	return nanosleep(&ts, &left);
}

static long do_nanosleep_until(void)
{
	struct timespec ts = ms_spec(now_ms() + LIMIT);
	int error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);

	errno = error;
	return error;
}

static int quiet;			/* the read end of a pipe that nobody writes to */

static long do_poll(void)
{
	struct pollfd p = {quiet, POLLIN, 0};

	return poll(&p, 1, LIMIT);
}

static long do_ppoll(void)
{
	struct pollfd p = {quiet, POLLIN, 0};
	struct timespec ts = ms_spec(LIMIT);
	sigset_t none;

	sigemptyset(&none);
	return ppoll(&p, 1, &ts, &none);
}

static long do_select(void)
{
	struct timeval tv = {LIMIT / 1000, LIMIT % 1000 * 1000};
	fd_set set;

	FD_ZERO(&set);
	FD_SET(quiet, &set);
	return select(quiet + 1, &set, NULL, NULL, &tv);
}

static long do_pselect(void)
{
	struct timespec ts = ms_spec(LIMIT);
	sigset_t none;
	fd_set set;

	FD_ZERO(&set);
	FD_SET(quiet, &set);
	sigemptyset(&none);
	return pselect(quiet + 1, &set, NULL, NULL, &ts, &none);
}

static long do_futex(void)
{
	struct timespec ts = ms_spec(LIMIT);
	unsigned int mine = 0;

	return syscall(SYS_futex, &mine, FUTEX_WAIT, 0, &ts, NULL, 0);
}

static long do_sigtimedwait(void)
{
	struct timespec ts = ms_spec(LIMIT);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return syscall(SYS_rt_sigtimedwait, &set, NULL, &ts, 8);
}

static const struct timed {
	const char *name;
	long (*call)(void);
	long ret;
	int error;
} timed[] = {
	{"nanosleep", do_nanosleep, 0, 0},
	{"clock_nanosleep until a time", do_nanosleep_until, 0, 0},
	{"poll", do_poll, 0, 0},
	{"ppoll", do_ppoll, 0, 0},
	{"select", do_select, 0, 0},
	{"pselect", do_pselect, 0, 0},
	{"futex", do_futex, -1, ETIMEDOUT},
	{"sigtimedwait", do_sigtimedwait, -1, EAGAIN},
};
#define NR_TIMED (int)(sizeof(timed) / sizeof(timed[0]))

/* All of them are asleep; frozen for `ms`. They must end at LIMIT, or when thawed. `latest`: too late. */
static void test_timed(long ms, long latest, const char *when)
{
	pid_t pids[NR_TIMED];
	char name[96];

	for (int i = 0; i < NR_TIMED; i++)
		pids[i] = start(A, i, timed[i].call);
	OK(set_state(A, "FROZEN"), "all who sleep with a timeout freeze");
	nap(ms);
	for (int i = 0; i < NR_TIMED; i++)
		if (shared->outcome[i].done)
			OK(0, timed[i].name);
	set_state(A, "THAWED");
	for (int i = 0; i < NR_TIMED; i++) {
		struct outcome *o = &shared->outcome[i];

		waitpid(pids[i], NULL, 0);
		snprintf(name, sizeof(name), "%s %s", timed[i].name, when);
		if (o->ret != timed[i].ret || o->error != timed[i].error || o->ms < LIMIT - 5 || o->ms >= latest)
			printf("# returned %ld, errno %d, after %ld ms\n", o->ret, o->error, o->ms);
		OK(o->ret == timed[i].ret && o->error == timed[i].error && o->ms >= LIMIT - 5 && o->ms < latest, name);
	}
}

/* ---- calls without: they end when what they wait for happens ---- */

#define FIFO "/tmp/freezer.fifo"
#define BULK 300000			/* more than a pipe holds */

static int ends[2];
static char bulk[BULK];

static long do_read(void)
{
	char c;

	return read(ends[0], &c, 1);
}

static long do_write(void)
{
	return write(ends[1], bulk, BULK);
}

static long do_wait(void)
{
	pid_t pid = fork();

	if (!pid) {
		handle(SIGUSR1);
		shared->counts[0] = getpid();
		pause();
		_exit(0);
	}
	return waitpid(pid, NULL, 0) == pid;
}

static long do_pause(void)
{
	handle(SIGUSR1);
	return pause();
}

static long do_sigsuspend(void)
{
	sigset_t set;

	handle(SIGUSR1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigemptyset(&set);
	return sigsuspend(&set);
}

static long do_futex_wait(void)
{
	return syscall(SYS_futex, &shared->word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static long do_open_fifo(void)
{
	return open(FIFO, O_RDONLY) >= 0;
}

static void make_byte(pid_t pid)
{
	(void)pid;
	write(ends[1], "x", 1);
}

static void make_room(pid_t pid)
{
	static char sink[BULK];
	size_t got = 0;

	(void)pid;
	while (got < BULK)
		got += read(ends[0], sink, BULK - got);
}

static void make_child_end(pid_t pid)
{
	(void)pid;
	kill(shared->counts[0], SIGUSR1);
}

static void make_signal(pid_t pid)
{
	kill(pid, SIGUSR1);
}

static void make_wake(pid_t pid)
{
	(void)pid;
	while (!syscall(SYS_futex, &shared->word, FUTEX_WAKE, 1, NULL, NULL, 0))
		nap(1);
}

static void make_writer(pid_t pid)
{
	(void)pid;
	close(open(FIFO, O_WRONLY));
}

static const struct untimed {
	const char *name;
	long (*call)(void);
	void (*event)(pid_t pid);
	long ret;
	int error;
} untimed[] = {
	{"read of a pipe", do_read, make_byte, 1, 0},
	{"write to a pipe", do_write, make_room, BULK, 0},
	{"wait", do_wait, make_child_end, 1, 0},
	{"pause", do_pause, make_signal, -1, EINTR},
	{"sigsuspend", do_sigsuspend, make_signal, -1, EINTR},
	{"futex without a timeout", do_futex_wait, make_wake, 0, 0},
	{"open of a FIFO", do_open_fifo, make_writer, 1, 0},
};

static void test_untimed(const struct untimed *u)
{
	struct outcome *o = &shared->outcome[0];
	char name[96];
	pid_t pid;

	pipe(ends);
	pid = start(A, 0, u->call);
	for (int i = 0; i < 3; i++) {
		set_state(A, "FROZEN");
		set_state(A, "THAWED");
	}
	nap(50);
	snprintf(name, sizeof(name), "%s sleeps on behind a freeze", u->name);
	OK(!o->done && sleeps(pid), name);
	u->event(pid);
	waitpid(pid, NULL, 0);
	snprintf(name, sizeof(name), "%s ends as if nothing had been", u->name);
	if (o->ret != u->ret || o->error != u->error)
		printf("# returned %ld, errno %d\n", o->ret, o->error);
	OK(o->done && o->ret == u->ret && o->error == u->error, name);

	/* The event comes while it is frozen; but the writer must not wait for a frozen partner. */
	if (u->call == do_read || u->call == do_pause || u->call == do_sigsuspend) {
		pid = start(A, 0, u->call);
		set_state(A, "FROZEN");
		u->event(pid);
		nap(20);
		snprintf(name, sizeof(name), "%s: what happens meanwhile waits", u->name);
		OK(!o->done && !strcmp(state_of(A), "FROZEN"), name);
		set_state(A, "THAWED");
		waitpid(pid, NULL, 0);
		snprintf(name, sizeof(name), "%s: and is found after it", u->name);
		OK(o->ret == u->ret && o->error == u->error, name);
	}
	close(ends[0]);
	close(ends[1]);
}

void test_calls(void)
{
	int ends_of_quiet[2];

	pipe(ends_of_quiet);
	quiet = ends_of_quiet[0];
	mkfifo(FIFO, 0600);
	test_timed(500, LIMIT + 350, "ends in time behind a freeze");
	test_timed(LIMIT + 500, LIMIT + 500 + 700, "ends at once when its time has passed frozen");
	for (size_t i = 0; i < sizeof(untimed) / sizeof(untimed[0]); i++)
		test_untimed(&untimed[i]);
	unlink(FIFO);
}
