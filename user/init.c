// SPDX-License-Identifier: GPL-2.0-only
//
// init: the first program, process 1. It mounts /proc and /dev, opens the console, and then does
// one of three things:
//   * with arguments (`-- PROGRAM ARG...` on the kernel's command line): runs them, powers off with
//     their status;
//   * where /etc/vm/run exists (tools/vm -c put it there): runs it with sh on a raw console, powers
//     off with its status;
//   * otherwise keeps a login shell on the console.
// In all of them it reaps the orphans. The way to the prompt is measured in instructions: no call
// here that is not needed. Start reading at main().

#include "user/lib.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUN_SCRIPT "/etc/vm/run"

static const char help[] =
	"Usage: init [PROGRAM ARG...]\n"
	"The first program of the system: runs PROGRAM, or /etc/vm/run, and powers off with its\n"
	"status; without either keeps a shell on the console.\n";

static const char welcome[] =
	"Paddock: task containers on a small kernel. Programs are in /bin, each knows --help.\n"
	"To leave: poweroff, or Ctrl-A X.\n";

static char term[64] = "TERM=vt100";
static char *environment[] = {"PATH=/bin:/sbin", "HOME=/root", term, NULL};

static void mount_one(const char *type, const char *dir)
{
	if (mount(type, dir, type, 0, NULL) < 0 && errno != EBUSY)
		warn_errno("mounting %s on %s failed", type, dir);
}

// What programs expect below /dev and no driver makes: `<(command)` of bash, /dev/stderr of scripts, and the place of shm_open() and
// sem_open().
static void make_links(void)
{
	static const char *const links[][2] = {
		{"/proc/self/fd", "/dev/fd"},
		{"fd/0", "/dev/stdin"},
		{"fd/1", "/dev/stdout"},
		{"fd/2", "/dev/stderr"},
	};

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (symlink(links[i][0], links[i][1]) < 0 && errno != EEXIST)
			warn_errno("%s", links[i][1]);
	if (mkdir("/dev/shm", 0) < 0 && errno != EEXIST)
		warn_errno("/dev/shm");
	chmod("/dev/shm", 01777);
}

// The kernel may have opened the console already, but before /dev was mounted there may have been
// none.
static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0)
		return;
	for (int i = 0; i < 3; i++)
		if (fd != i)
			dup2(fd, i);
	if (fd > 2)
		close(fd);
}

// Start a program in its own session with the console as controlling terminal. vfork() is enough,
// because the child only makes system calls; its error comes back through memory that both share.
static pid_t start(const char *path, char **argv, const char *input)
{
	volatile int error = 0;
	pid_t pid = vfork();

	if (pid == 0) {
		setsid();
		ioctl(STDOUT_FILENO, TIOCSCTTY, 0);
		if (input) {
			close(STDIN_FILENO);
			open(input, O_RDONLY);
		}
		execve(path, argv, environment);
		error = errno;
		_exit(127);
	}
	if (pid < 0 || error) {
		errno = pid < 0 ? errno : error;
		warn_errno("%s", path);
	}
	return pid;
}

// Wait until `pid` ends, reaping all other children that end before; returns its exit status.
static int reap_until(pid_t pid)
{
	int status;

	for (;;) {
		pid_t ended = wait(&status);

		if (ended == pid)
			return exit_status(status);
		if (ended < 0 && errno != EINTR)
			return 127;
	}
}

// Leave the machine. The status is Paddock's extension of reboot(2); Linux ignores the argument.
NORETURN static void power_off(int status)
{
	tcdrain(STDOUT_FILENO);
	syscall(SYS_reboot, REBOOT_MAGIC1, REBOOT_MAGIC2, REBOOT_POWER_OFF, status);
	die_errno("power off");
}

static void set_console(bool raw)
{
	struct termios t;

	if (tcgetattr(STDIN_FILENO, &t) < 0)
		return;
	if (raw)
		cfmakeraw(&t);
	else
		termios_sane(&t);
	tcsetattr(STDIN_FILENO, TCSANOW, &t);
}

static int run_arguments(char **argv)
{
	// A shell word without a slash is looked for in /bin alone: that is where all programs are.
	char *path = strchr(argv[0], '/') ? xstrdup(argv[0]) : path_join("/bin", argv[0]);
	pid_t pid = start(path, argv, NULL);

	return pid < 0 ? 127 : reap_until(pid);
}

static int run_script(void)
{
	char *argv[] = {"sh", RUN_SCRIPT, NULL};
	pid_t pid;

	set_console(true);
	pid = start("/bin/sh", argv, "/dev/null");
	return pid < 0 ? 127 : reap_until(pid);
}

NORETURN static void keep_shell(void)
{
	static char *argv[] = {"-sh", NULL};

	write_all(STDOUT_FILENO, welcome, sizeof(welcome) - 1);
	for (;;) {
		pid_t pid = start("/bin/sh", argv, NULL);
		int status = pid < 0 ? 127 : reap_until(pid);

		// A shell that cannot be started will not start the next time either; do not fill
		// the console.
		if (status == 127)
			sleep(1);
		// The last user of the terminal may have left it raw.
		set_console(false);
	}
}

int main(int argc, char **argv)
{
	const char *given = getenv("TERM");

	program_start("init", help);
	if (getpid() != 1) {
		next_option(argc, argv, "+");
		die("must be process 1");
	}
	if (given)
		snprintf(term, sizeof(term), "TERM=%.50s", given);
	mount_one("proc", "/proc");
	mount_one("devtmpfs", "/dev");
	make_links();
	open_console();
	if (argc > 1)
		power_off(run_arguments(argv + 1));
	if (access(RUN_SCRIPT, F_OK) == 0)
		power_off(run_script());
	keep_shell();
}
