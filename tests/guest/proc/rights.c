// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may look into a process by /proc: a user into its own programs, but not into those that are marked (prctl(2), PR_SET_DUMPABLE), that
 * had another identity, or that have more rights than the user.
 */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/proc/proc.h"
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SET_ID_COPY "/tmp/proc-set-id"

/* What a user has seen of a process. Errors are errno; 0: it could be read or followed. */
static struct seen {
	volatile int ready, go;
	int maps, numa_maps, exe, cwd, root, fds, fd0;
	int wchan, cmdline;			/* is something there? */
	unsigned long start_code, start_stack, arg_start;
} *seen;

static int become_user(void)
{
	return setgid(1000) || setuid(1000) ? -1 : 0;
}

static void await(volatile int *at)
{
	for (int i = 0; i < 4000 && !*at; i++)
		usleep(5000);
}

/* ---- those who are looked at ---- */

static void wait_for_end(void)
{
	seen->ready = 1;
	for (;;)
		pause();
}

static int roots(void)
{
	wait_for_end();
	return 0;
}

/* A fork has left behind what only root may know: the new program has not. */
static int users(void)
{
	if (become_user())
		return 1;
	execl("/proc/self/exe", "proc", "wait", NULL);
	return 1;
}

static int has_changed(void)
{
	if (become_user())
		return 1;
	wait_for_end();
	return 0;
}

static int marked(void)
{
	if (become_user())
		return 1;
	execl("/proc/self/exe", "proc", "mark", NULL);
	return 1;
}

static int has_rights(void)
{
	if (become_user())
		return 1;
	execl(SET_ID_COPY, "proc", "wait", NULL);
	return 1;
}

/* A program that the user can look into until it is told to run one that has rights. */
static int gets_rights(void)
{
	if (become_user())
		return 1;
	execl("/proc/self/exe", "proc", "then", SET_ID_COPY, NULL);
	return 1;
}

static pid_t start(int (*fn)(void))
{
	pid_t pid;

	seen->ready = seen->go = 0;
	pid = fork();
	if (!pid)
		_exit(fn());
	await(&seen->ready);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* main() of the programs above; they find the page of their starter as descriptor 9. */
int rights_program(char **argv)
{
	seen = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 9, 0);
	if (seen == MAP_FAILED)
		return 1;
	if (!strcmp(argv[1], "mark"))
		prctl(PR_SET_DUMPABLE, 0);
	if (!strcmp(argv[1], "then")) {
		seen->ready = 1;
		await(&seen->go);
		execl(argv[2], "proc", "wait", NULL);
	}
	wait_for_end();
	return 0;
}

/* ---- looking ---- */

static int try_open(const char *name, int flags)
{
	int fd = open(name, O_RDONLY | flags);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int try_link(const char *name)
{
	char target[256];

	return readlink(name, target, sizeof(target)) < 0 ? errno : 0;
}

/* Field n of `text`, from 1 as proc(5) has them; the name, the second, has no blanks. */
static unsigned long stat_field(int n)
{
	char *at = text;

	while (--n && at)
		at = strchr(at + 1, ' ');
	return at ? strtoul(at, NULL, 10) : 0;
}

static void look(pid_t pid)
{
	seen->maps = try_open(in_proc(pid, "maps"), 0);
	if (!seen->maps && slurp(in_proc(pid, "maps"), 4096) <= 0)
		seen->maps = -1;
	seen->numa_maps = try_open(in_proc(pid, "numa_maps"), 0);
	seen->exe = try_link(in_proc(pid, "exe"));
	seen->cwd = try_link(in_proc(pid, "cwd"));
	seen->root = try_link(in_proc(pid, "root"));
	seen->fds = try_open(in_proc(pid, "fd"), O_DIRECTORY);
	seen->fd0 = try_link(in_proc(pid, "fd/9"));
	seen->cmdline = slurp(in_proc(pid, "cmdline"), 100) > 0;
	seen->wchan = slurp(in_proc(pid, "wchan"), 100) > 0 && strcmp(text, "0");
	slurp(in_proc(pid, "stat"), 4096);
	seen->start_code = stat_field(26);
	seen->start_stack = stat_field(28);
	seen->arg_start = stat_field(48);
}

static void look_as_user(pid_t pid)
{
	pid_t looker = fork();

	if (!looker) {
		if (!become_user())
			look(pid);
		_exit(0);
	}
	waitpid(looker, NULL, 0);
}

/* `error` 0: all can be seen. */
static void check(const char *whose, int error)
{
	char name[100];

#define CHECK(test, what) (snprintf(name, sizeof(name), "%s %s", whose, what), OK(test, name))
	CHECK(seen->maps == error, "maps");
	CHECK(seen->numa_maps == error || seen->numa_maps == ENOENT, "numa_maps");
	CHECK(seen->exe == error && seen->cwd == error && seen->root == error, "exe, cwd, root");
	CHECK(seen->fds == error && seen->fd0 == error, "fd/");
	CHECK(error ? seen->start_code == 1 && !seen->start_stack && !seen->arg_start
		    : seen->start_code > 1 && seen->start_stack && seen->arg_start,
	      "addresses in stat");
	CHECK(seen->cmdline, "cmdline, which all may see");
	CHECK(!error || !seen->wchan, "wchan");
#undef CHECK
}

static void test_of(int (*fn)(void), const char *whose, int error)
{
	pid_t pid = start(fn);

	look_as_user(pid);
	check(whose, error);
	end(pid);
}

/* A program that is marked sees itself. */
static void test_self(void)
{
	pid_t pid = fork();

	if (!pid) {
		if (become_user() || prctl(PR_GET_DUMPABLE))
			_exit(1);
		look(getpid());
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	check("who is marked sees its own", 0);
}

/* maps that was opened before the process got rights. */
static void test_open_before(void)
{
	pid_t pid = start(gets_rights), looker = fork();
	int status;

	if (!looker) {
		ssize_t n;
		char buf[256];
		int fd;

		if (become_user())
			_exit(1);
		fd = open(in_proc(pid, "maps"), O_RDONLY);
		if (fd < 0)
			_exit(2);
		seen->ready = 0;
		seen->go = 1;
		await(&seen->ready);
		n = read(fd, buf, sizeof(buf));
		_exit(n > 0 ? 3 : open(in_proc(pid, "maps"), O_RDONLY) < 0 ? 0 : 4);
	}
	waitpid(looker, &status, 0);
	EQ(status, 0, "maps that was open before an exec shows nothing of the new program");
	end(pid);
}

void test_rights(void)
{
	int page = open("/tmp/proc-rights", O_RDWR | O_CREAT | O_TRUNC, 0666);

	if (dup2(page, 9) != 9 || ftruncate(9, 4096))
		perror("a page for all");
	close(page);
	unlink("/tmp/proc-rights");
	seen = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 9, 0);
	EQ(copy_set_id(SET_ID_COPY), 0, "a set-user-ID program");
	test_of(users, "a user sees its program's", 0);
	test_of(roots, "not root's", EACCES);
	test_of(has_changed, "not those of one that was root's", EACCES);
	test_of(marked, "not those of one that is marked", EACCES);
	test_of(has_rights, "not those of one with rights", EACCES);
	test_self();
	test_open_before();
	unlink(SET_ID_COPY);
	close(9);
}
