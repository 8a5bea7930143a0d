// SPDX-License-Identifier: GPL-2.0-only
/* The console as a terminal: its settings, window size, session, foreground group, and what reaches the background. */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int tty;

static void settings(void)
{
	struct termios old, now;
	struct winsize size = { 33, 111, 0, 0 }, got;

	tty = open("/dev/console", O_RDWR | O_NOCTTY);
	OK(tty >= 0, "the console opens");
	EQ(isatty(tty), 1, "and is a terminal");
	EQ(tcgetattr(tty, &old), 0, "its settings are read");
	now = old;
	now.c_lflag ^= ECHO;
	now.c_cc[VINTR] = 7;
	EQ(tcsetattr(tty, TCSADRAIN, &now), 0, "changed");
	memset(&now, 0, sizeof(now));
	tcgetattr(tty, &now);
	EQ(now.c_lflag, old.c_lflag ^ ECHO, "and read back");
	EQ(now.c_cc[VINTR], 7, "with the keys");
	EQ(tcsetattr(tty, TCSAFLUSH, &old), 0, "and set back");
	ioctl(tty, TIOCGWINSZ, &got);
	EQ(ioctl(tty, TIOCSWINSZ, &size), 0, "the window's size is set");
	memset(&size, 0, sizeof(size));
	ioctl(tty, TIOCGWINSZ, &size);
	EQ(size.ws_row * 1000 + size.ws_col, 33111, "and read back");
	ioctl(tty, TIOCSWINSZ, &got);
	FAILS(ioctl(tty, 0x12345678, 0), ENOTTY, "an unknown request is ENOTTY");
	FAILS(ioctl(tty, TCGETS, (void *)8), EFAULT, "a wild address is EFAULT");
	FAILS(tcgetattr(open("/dev/null", O_RDWR), &now), ENOTTY, "/dev/null is no terminal");
	FAILS(lseek(tty, 0, SEEK_SET), ESPIPE, "a terminal has no places");
}

static int stopped_by(pid_t pid)
{
	int status = 0;

	waitpid(pid, &status, WUNTRACED);
	if (!WIFSTOPPED(status))
		return 0;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return WSTOPSIG(status);
}

static void *read_in_thread(void *arg)
{
	char byte;

	/* Until it has the foreground: then there is nothing to read. */
	return (void *)(long)(read(tty, &byte, 1) < 0 ? errno : 0);
}

/* SIGTTIN may go to any thread of the group; the one that reads begins again. */
static void thread_in_background(void)
{
	pthread_t thread;
	void *error = NULL;
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		setpgid(0, 0);
		signal(SIGTTIN, SIG_DFL);
		fcntl(tty, F_SETFL, O_NONBLOCK);
		pthread_create(&thread, NULL, read_in_thread, NULL);
		pthread_join(thread, &error);
		_exit((int)(long)error);
	}
	waitpid(pid, &status, WUNTRACED);
	EQ(WIFSTOPPED(status) ? WSTOPSIG(status) : -1, SIGTTIN, "a thread's read in the background stops the process");
	EQ(tcsetpgrp(tty, pid), 0, "it gets the foreground");
	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	EQ(status, EAGAIN << 8, "and the read goes on there");
	EQ(tcsetpgrp(tty, getpgrp()), 0, "which is taken back");
	fcntl(tty, F_SETFL, 0);
}

/* A reader that does not block does not wait for one that does. */
static void two_readers(void)
{
	struct pollfd poll_tty = {.fd = tty, .events = POLLIN};
	int own = open("/dev/ttyS0", O_RDWR | O_NOCTTY | O_NONBLOCK);
	pid_t pid = fork();
	char byte;

	if (!pid)
		_exit(read(tty, &byte, 1) < 0);
	while (task_state(pid) != 'S')
		usleep(1000);
	FAILS(read(own, &byte, 1), EAGAIN, "O_NONBLOCK: another one is reading");
	EQ(poll(&poll_tty, 1, 0), 0, "poll: nothing to read");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(own);
}

/* In a session of its own whose controlling terminal is the console. */
static int session(void)
{
	pid_t pid;
	char byte;

	signal(SIGTTOU, SIG_IGN);
	EQ(tcgetpgrp(tty), -1, "a terminal of another session does not tell its group");
	EQ(ioctl(tty, TIOCSCTTY, 1), 0, "a session's leader takes it");
	EQ(tcgetpgrp(tty), getpgrp(), "and is its foreground");
	EQ(tcgetsid(tty), getpid(), "and its session");
	OK(open("/dev/tty", O_RDWR) >= 0, "/dev/tty opens");
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		signal(SIGTTIN, SIG_DFL);
		_exit(read(tty, &byte, 1) < 0);
	}
	EQ(stopped_by(pid), SIGTTIN, "a read in the background stops with SIGTTIN");
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		signal(SIGTTOU, SIG_DFL);
		tcsetpgrp(tty, getpgrp());
		_exit(0);
	}
	EQ(stopped_by(pid), SIGTTOU, "taking the foreground from the background stops with SIGTTOU");
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		tcsetpgrp(tty, getpgrp());
		_exit(tcgetpgrp(tty) == getpid() ? 0 : 1);
	}
	int status = -1;

	waitpid(pid, &status, 0);
	EQ(status, 0, "with SIGTTOU ignored it is taken");
	EQ(tcsetpgrp(tty, getpgrp()), 0, "and taken back");
	FAILS(tcsetpgrp(tty, 4000000), ESRCH, "a group that does not exist cannot have it");
	thread_in_background();
	two_readers();
	FAILS(tcsetpgrp(tty, getpgid(getppid())), EPERM, "for a group of another session it is not");
	return TAP_DONE();
}

int main(void)
{
	int status = 1;
	pid_t pid;

	if (getuid()) {
		printf("1..0 # SKIP needs root\n");
		return 0;
	}
	settings();
	pid = fork();
	if (!pid) {
		setsid();
		signal(SIGHUP, SIG_IGN);
		_exit(session());
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
