// SPDX-License-Identifier: GPL-2.0-only
/*
 * The freezer: programs do not notice that they were frozen. Each system call that sleeps is frozen in its sleep and thawed
 * again: no EINTR, no early end, and a timeout ends when it would have ended. Then everything at once, many times.
 */
#define _GNU_SOURCE
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1

#define TOP "/tmp/freezer"
#define A   TOP "/a"
#define B   TOP "/a/b"

/* What the children tell; in memory that all share. */
static struct shared {
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

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static struct timespec ms_spec(long ms)
{
	return (struct timespec){ms / 1000, ms % 1000 * 1000000};
}

static void nap(long ms)
{
	struct timespec ts = ms_spec(ms);

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* ---- the container ---- */

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	close(fd);
	return ret;
}

static int move_to(pid_t pid, const char *dir)
{
	char path[64], text[16];

	snprintf(path, sizeof(path), "%s/tasks", dir);
	snprintf(text, sizeof(text), "%d", pid);
	return write_text(path, text);
}

static const char *state_of(const char *dir)
{
	static char text[32];
	char path[64];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/freezer.state", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n - 1 : 0] = '\0';
	return text;
}

/* Write a state and wait (at most 10 s) until it is reached. */
static int set_state(const char *dir, const char *state)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/freezer.state", dir);
	if (write_text(path, state))
		return 0;
	for (int i = 0; i < 10000; i++) {
		if (!strcmp(state_of(dir), state))
			return 1;
		nap(1);
	}
	return 0;
}

/* Wait (at most 10 s) until pid sleeps. */
static int sleeps(pid_t pid)
{
	char path[64], text[256], *paren;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (int i = 0; i < 10000; i++, nap(1)) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = read(fd, text, sizeof(text) - 1);

		close(fd);
		text[n > 0 ? n : 0] = '\0';
		paren = strrchr(text, ')');
		if (paren && (paren[2] == 'S' || paren[2] == 'T'))
			return 1;
	}
	return 0;
}

/* A child in `dir` that does one call and tells how it went; asleep in it on return. */
static pid_t start(const char *dir, int slot, long (*call)(void))
{
	pid_t pid;

	shared->outcome[slot].done = shared->started = 0;
	pid = fork();
	if (!pid) {
		struct outcome *o = &shared->outcome[slot];
		long begin = now_ms();

		move_to(0, dir);
		shared->started = 1;
		errno = 0;
		o->ret = call();
		o->error = errno;
		o->ms = now_ms() - begin;
		o->done = 1;
		_exit(0);
	}
	while (!shared->started)
		nap(1);
	sleeps(pid);
	return pid;
}

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

#define BULK 300000			/* more than a pipe holds */

static int ends[2];
static char bulk[BULK];

static void on_signal(int sig)
{
	(void)sig;
}

static void handle(int sig)
{
	struct sigaction sa = {.sa_handler = on_signal};

	sigaction(sig, &sa, NULL);
}

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
	return open("/tmp/freezer.fifo", O_RDONLY) >= 0;
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
	close(open("/tmp/freezer.fifo", O_WRONLY));
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

/* ---- whom it reaches ---- */

static long count_for_ever(void)
{
	for (;;)
		shared->counts[1]++;
	return 0;
}

/* Does counts[i] stand still? */
static int still(int i)
{
	unsigned long before = shared->counts[i];

	nap(30);
	return shared->counts[i] == before;
}

static pid_t counter(const char *dir)
{
	pid_t pid = fork();

	if (!pid) {
		move_to(0, dir);
		count_for_ever();
	}
	for (unsigned long before = shared->counts[1]; shared->counts[1] == before;)
		nap(1);
	return pid;
}

static void test_moves(void)
{
	pid_t pid = counter(TOP);
	int status;

	EQ(set_state(A, "FROZEN"), 1, "an empty container is frozen at once");
	EQ(move_to(pid, A), 0, "a task may move in");
	OK(set_state(A, "FROZEN"), "and freezes");
	OK(still(1), "in the middle of its program");
	EQ(move_to(pid, B), 0, "it may move to a container below");
	OK(!strcmp(state_of(B), "FROZEN") && still(1), "and stays frozen");
	EQ(write_text(B "/freezer.state", "THAWED"), 0, "the container below is thawed");
	OK(still(1), "which changes nothing");
	EQ(move_to(pid, TOP), 0, "it may move out");
	OK(!still(1), "and goes on");
	move_to(pid, A);
	set_state(A, "FROZEN");
	kill(pid, SIGSTOP);
	kill(pid, SIGKILL);
	nap(50);
	EQ(waitpid(pid, &status, WNOHANG), 0, "SIGKILL waits");
	set_state(A, "THAWED");
	EQ(waitpid(pid, &status, 0), pid, "until the task is thawed");
	OK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "and then kills");
}

static void test_stopped(void)
{
	pid_t pid = counter(A);
	int status;

	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	OK(set_state(A, "FROZEN"), "a stopped task counts as frozen");
	kill(pid, SIGCONT);
	OK(still(1), "SIGCONT does not let it run");
	OK(set_state(A, "FROZEN"), "it stays frozen");
	set_state(A, "THAWED");
	OK(!still(1), "thawed it runs");
	OK(set_state(A, "FROZEN"), "it freezes again");
	kill(pid, SIGSTOP);
	nap(20);
	EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0, "SIGSTOP waits");
	set_state(A, "THAWED");
	EQ(waitpid(pid, &status, WUNTRACED), pid, "until it is thawed");
	OK(WIFSTOPPED(status), "and then stops it");
	set_state(A, "FROZEN");
	kill(pid, SIGKILL);
	nap(20);
	EQ(waitpid(pid, &status, WNOHANG), 0, "stopped and frozen: SIGKILL waits too");
	set_state(A, "THAWED");
	waitpid(pid, &status, 0);
	OK(WIFSIGNALED(status), "and kills when it is thawed");
}

static long do_vfork(void)
{
	pid_t pid = vfork();

	if (!pid) {
		shared->counts[2] = getpid();
		pause();
		_exit(7);
	}
	return pid;
}

static void test_vfork(void)
{
	pid_t pid;

	shared->counts[2] = 0;
	pid = fork();
	if (!pid) {
		int status;

		move_to(0, A);
		handle(SIGUSR1);
		_exit(waitpid(do_vfork(), &status, 0) > 0 && WEXITSTATUS(status) == 7 ? 5 : 6);
	}
	while (!shared->counts[2])
		nap(1);
	OK(set_state(A, "FROZEN"), "a parent that waits for its vfork counts as frozen");
	kill(shared->counts[2], SIGUSR1);
	OK(set_state(A, "FROZEN"), "a signal to the child changes nothing");
	set_state(A, "THAWED");
	int status;

	waitpid(pid, &status, 0);
	EQ(WEXITSTATUS(status), 5, "both go on");
}

/* ---- everything at once ---- */

static void *thread_counts(void *arg)
{
	volatile unsigned long *count = arg;

	for (;;)
		++*count;
	return NULL;
}

/* Argument of a thread that execs while its siblings run: the program itself, which begins again. */
static void become_execer(unsigned long left)
{
	char text[16];
	pthread_t t;

	for (int i = 0; i < 2; i++)
		pthread_create(&t, NULL, thread_counts, (void *)&(volatile unsigned long){0});
	snprintf(text, sizeof(text), "%lu", left + 1);
	execl("/proc/self/exe", "freezer", "exec", text, NULL);
	_exit(1);
}

static void forker(void)
{
	for (;;) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		if (pid > 0)
			waitpid(pid, NULL, 0);
		shared->counts[2]++;
	}
}

static void vforker(void)
{
	for (;;) {
		pid_t pid = vfork();

		if (!pid) {
			execl("/proc/self/exe", "freezer", "true", NULL);
			_exit(1);
		}
		if (pid > 0)
			waitpid(pid, NULL, 0);
		shared->counts[3]++;
	}
}

static void pinger(int in, int out, int count)
{
	char c;

	while (read(in, &c, 1) == 1 && write(out, &c, 1) == 1)
		shared->counts[count]++;
	_exit(1);		/* an error or a short count: seen as a process too few */
}

static void threads(void)
{
	pthread_t t;

	for (int i = 0; i < 3; i++)
		pthread_create(&t, NULL, thread_counts, (void *)&shared->counts[6]);
	for (;;) {
		nap(3);
		shared->counts[7]++;
	}
}

static pid_t in_container(void)
{
	pid_t pid = fork();

	if (!pid)
		move_to(0, A);
	return pid;
}

static void test_storm(int rounds)
{
	int there[2], back[2], status, frozen = 0, quiet_rounds = 0;
	unsigned long before[8];
	pid_t pids[6];

	pipe(there);
	pipe(back);
	if (!(pids[0] = in_container()))
		forker();
	if (!(pids[1] = in_container()))
		vforker();
	if (!(pids[2] = in_container()))
		pinger(there[0], back[1], 4);
	if (!(pids[3] = in_container()))
		pinger(back[0], there[1], 5);
	if (!(pids[4] = in_container()))
		threads();
	if (!(pids[5] = in_container()))
		become_execer(0);
	write(there[1], "x", 1);
	for (int round = 0; round < rounds; round++) {
		frozen += set_state(round % 2 ? A : B, "FROZEN") && set_state(A, "FROZEN");
		memcpy(before, (void *)shared->counts, sizeof(before));
		if (round % 16 == 0)
			nap(20);
		sched_yield();
		quiet_rounds += !memcmp(before, (void *)shared->counts, sizeof(before));
		if (round % 3 == 0)
			kill(pids[4], round % 2 ? SIGSTOP : SIGCONT);
		write_text(A "/freezer.state", "THAWED");
		if (round % 4 == 0)
			nap(2);
	}
	write_text(B "/freezer.state", "THAWED");
	EQ(frozen, rounds, "forks, execs, pipes, threads and stops: each time all freeze");
	EQ(quiet_rounds, rounds, "and nobody does anything until thawed");
	kill(pids[4], SIGCONT);
	memcpy(before, (void *)shared->counts, sizeof(before));
	for (int i = 2; i < 8; i++) {
		for (int tries = 0; tries < 500 && shared->counts[i] == before[i]; tries++)
			nap(10);
		OK(shared->counts[i] != before[i], "then each goes on");
	}
	for (int i = 0; i < 6; i++) {
		kill(pids[i], SIGKILL);
		EQ(waitpid(pids[i], &status, 0), pids[i], "ends when it is killed");
		OK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "and not earlier");
	}
}

/* Births meet freezes, thaws and moves that nobody waits for: no child may be left frozen, which would stop its parent. */
static void test_births(int rounds)
{
	unsigned long before;
	pid_t pids[3];

	for (int i = 0; i < 3; i++)
		if (!(pids[i] = in_container()))
			forker();
	for (int i = 0; i < rounds; i++) {
		write_text(A "/freezer.state", "FROZEN");
		if (i % 3 == 0)
			move_to(pids[i / 3 % 3], i & 1 ? A : TOP);
		write_text(A "/freezer.state", "THAWED");
		if (i % 7 == 0)
			nap(1);
	}
	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 3; j++)
			if (j != i)
				kill(pids[j], SIGSTOP);
		nap(20);
		before = shared->counts[2];
		for (int tries = 0; tries < 500 && shared->counts[2] == before; tries++)
			nap(10);
		OK(shared->counts[2] != before, "a parent whose children were born meanwhile goes on");
		for (int j = 0; j < 3; j++)
			kill(pids[j], SIGCONT);
	}
	for (int i = 0; i < 3; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
}

/* ---- running ---- */

int main(int argc, char **argv)
{
	int ready[2];

	if (argc > 1 && !strcmp(argv[1], "true"))
		return 0;
	if (argc > 2 && !strcmp(argv[1], "exec"))
		become_execer(strtoul(argv[2], NULL, 10));
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	mkdir(TOP, 0755);
	if (mount("freezer", TOP, "cgroup", 0, "freezer") || mkdir(A, 0755) || mkdir(B, 0755)) {
		printf("1..0 # SKIP no freezer\n");
		rmdir(TOP);
		return 0;
	}
	pipe(ready);
	quiet = ready[0];
	mkfifo("/tmp/freezer.fifo", 0600);

	test_timed(500, LIMIT + 350, "ends in time behind a freeze");
	test_timed(LIMIT + 500, LIMIT + 500 + 700, "ends at once when its time has passed frozen");
	for (size_t i = 0; i < sizeof(untimed) / sizeof(untimed[0]); i++)
		test_untimed(&untimed[i]);
	test_moves();
	test_stopped();
	test_vfork();
	test_storm(argc > 1 ? atoi(argv[1]) : 60);
	test_births(argc > 1 ? 20 * atoi(argv[1]) : 1000);

	unlink("/tmp/freezer.fifo");
	for (int i = 0; i < 1000 && (rmdir(B) & rmdir(A)); i++)
		nap(10);
	EQ(umount(TOP), 0, "the hierarchy can be unmounted");
	rmdir(TOP);
	return TAP_DONE();
}
