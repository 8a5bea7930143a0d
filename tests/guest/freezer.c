// SPDX-License-Identifier: GPL-2.0-only
/*
 * The freezer: programs do not notice that they were frozen. Here is what the tests do with containers and children; the tests themselves
 * are in freezer/: calls.c (system calls that sleep), tasks.c (whom it reaches), storm.c (everything at once).
 */
#include "tests/guest/freezer/freezer.h"

#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>

struct shared *shared;

struct timespec ms_spec(long ms)
{
	return (struct timespec){ms / 1000, ms % 1000 * 1000000};
}

void nap(long ms)
{
	struct timespec ts = ms_spec(ms);

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

static void on_signal(int sig)
{
	(void)sig;
}

void handle(int sig)
{
	struct sigaction sa = {.sa_handler = on_signal};

	sigaction(sig, &sa, NULL);
}

/* ---- the container ---- */

int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	close(fd);
	return ret;
}

int move_to(pid_t pid, const char *dir)
{
	char path[64], text[16];

	snprintf(path, sizeof(path), "%s/tasks", dir);
	snprintf(text, sizeof(text), "%d", pid);
	return write_text(path, text);
}

const char *state_of(const char *dir)
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

int set_state(const char *dir, const char *state)
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

int sleeps(pid_t pid)
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

pid_t start(const char *dir, int slot, long (*call)(void))
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

/* ---- running ---- */

int main(int argc, char **argv)
{
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
	test_calls();
	test_moves();
	test_stopped();
	test_vfork();
	test_traced();
	test_storm(argc > 1 ? atoi(argv[1]) : 60);
	test_births(argc > 1 ? 20 * atoi(argv[1]) : 1000);

	for (int i = 0; i < 1000 && (rmdir(B) & rmdir(A)); i++)
		nap(10);
	EQ(umount(TOP), 0, "the hierarchy can be unmounted");
	rmdir(TOP);
	return TAP_DONE();
}
