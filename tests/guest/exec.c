// SPDX-License-Identifier: GPL-2.0-only
/*
 * execve: arguments and environment, scripts, what is no program, what is too long, what survives and what does not.
 * The program executes itself: with an argument it is the one that reports.
 */
#define _GNU_SOURCE
#include "tests/guest/tap.h"

#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *self;
static char *volatile wild = (char *)8;

/* Execute `path` in a child; returns its exit status, or 200 + errno when execve failed. */
static int run(const char *path, char *const argv[], char *const envp[])
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		execve(path, argv, envp);
		_exit(200 + errno);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

static int run_self(const char *what)
{
	char *argv[] = { "name", (char *)what, "x y", "", NULL }, *envp[] = { "A=1", "B=two words", NULL };

	return run(self, argv, envp);
}

static void file(const char *path, const void *data, long size, int mode)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0700);

	write(fd, data, size);
	fchmod(fd, mode);
	close(fd);
}

/* What the executed program finds; the exit status is 0 when it is right. */
static int inside(int argc, char **argv, char **envp)
{
	struct sigaction sa;
	sigset_t mask;

	if (!strcmp(argv[1], "args"))
		return !(argc == 4 && !strcmp(argv[0], "name") && !strcmp(argv[2], "x y") && !argv[3][0] && !argv[4]);
	if (!strcmp(argv[1], "env"))
		return !(!strcmp(envp[0], "A=1") && !strcmp(envp[1], "B=two words") && !envp[2]);
	if (!strcmp(argv[1], "auxv"))
		return !(getauxval(AT_PAGESZ) == 4096 && getauxval(AT_PHDR) && getauxval(AT_RANDOM) &&
			 getauxval(AT_UID) == getuid() && getauxval(AT_ENTRY));
	if (!strcmp(argv[1], "fds"))
		return !(fcntl(10, F_GETFD) == -1 && fcntl(11, F_GETFD) == 0);
	if (!strcmp(argv[1], "signals")) {
		sigaction(SIGUSR1, NULL, &sa);
		if (sa.sa_handler != SIG_DFL)
			return 1;
		sigaction(SIGUSR2, NULL, &sa);
		if (sa.sa_handler != SIG_IGN)
			return 2;
		sigprocmask(SIG_BLOCK, NULL, &mask);
		return sigismember(&mask, SIGHUP) == 1 ? 0 : 3;
	}
	if (!strcmp(argv[1], "stack"))
		return (unsigned long)__builtin_frame_address(0) % 16;
	if (!strcmp(argv[1], "script"))
		return !(argc == 4 && !strcmp(argv[2], "/tmp/exec-script") && !strcmp(argv[3], "arg"));
	return 99;
}

static void works(void)
{
	EQ(run_self("args"), 0, "arguments arrive, empty ones too");
	EQ(run_self("env"), 0, "the environment arrives");
	EQ(run_self("auxv"), 0, "the auxiliary vector tells page size, program headers, random bytes, user");
	EQ(run_self("stack"), 0, "the stack is aligned");
	dup2(open("/dev/null", O_RDONLY), 11);
	dup3(11, 10, O_CLOEXEC);
	EQ(run_self("fds"), 0, "descriptors stay, but those with FD_CLOEXEC");
	close(10);
	close(11);
	sigset_t mask;

	signal(SIGUSR1, _exit);
	signal(SIGUSR2, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	EQ(run_self("signals"), 0, "handlers go, ignored signals and the mask stay");
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
}

static void scripts(void)
{
	char line[256], *argv[] = { "/tmp/exec-script", "arg", NULL }, *envp[] = { NULL };

	file("/tmp/exec-script", line, snprintf(line, sizeof(line), "#! %s script\n", self), 0755);
	EQ(run("/tmp/exec-script", argv, envp), 0, "#! starts its interpreter with its argument, the script, the arguments");
	file("/tmp/exec-script", "#!/tmp/exec-nowhere\n", 20, 0755);
	EQ(run("/tmp/exec-script", argv, envp), 200 + ENOENT, "without its interpreter: ENOENT");
	file("/tmp/exec-script", "#!/tmp/exec-script\n", 19, 0755);
	EQ(run("/tmp/exec-script", argv, envp), 200 + ELOOP, "a script that is its own interpreter: ELOOP");
	unlink("/tmp/exec-script");
}

static void no_programs(void)
{
	char *argv[] = { "x", NULL }, *envp[] = { NULL };
	Elf64_Ehdr header;
	int fd;

	EQ(run("/tmp/exec-nowhere", argv, envp), 200 + ENOENT, "no file: ENOENT");
	EQ(run("/tmp", argv, envp), 200 + EACCES, "a folder: EACCES");
	file("/tmp/exec-bad", "hello", 5, 0755);
	EQ(run("/tmp/exec-bad", argv, envp), 200 + ENOEXEC, "a text: ENOEXEC");
	file("/tmp/exec-bad", "", 0, 0755);
	EQ(run("/tmp/exec-bad", argv, envp), 200 + ENOEXEC, "nothing: ENOEXEC");
	file("/tmp/exec-bad", "hello", 5, 0644);
	EQ(run("/tmp/exec-bad", argv, envp), 200 + EACCES, "what is not executable: EACCES");
	fd = open(self, O_RDONLY);
	read(fd, &header, sizeof(header));
	close(fd);
	file("/tmp/exec-bad", &header, 40, 0755);
	EQ(run("/tmp/exec-bad", argv, envp), 200 + ENOEXEC, "half an ELF header: ENOEXEC");
	header.e_machine = EM_AARCH64;
	file("/tmp/exec-bad", &header, sizeof(header), 0755);
	EQ(run("/tmp/exec-bad", argv, envp), 200 + ENOEXEC, "another processor's program: ENOEXEC");
	FAILS(execve(wild, argv, envp), EFAULT, "a wild path: EFAULT");
	FAILS(execve(self, (char **)wild, envp), EFAULT, "wild arguments: EFAULT");
	unlink("/tmp/exec-bad");
}

static void too_long(void)
{
	enum { COUNT = 4000, SIZE = 1000 };
	char *one = malloc(200000), **many = calloc(COUNT + 1, sizeof(*many));
	char *argv[] = { "name", one, NULL }, *envp[] = { NULL };

	memset(one, 'a', 200000);
	one[199999] = 0;
	EQ(run(self, argv, envp), 200 + E2BIG, "one argument of 200 kB: E2BIG");
	one[SIZE] = 0;
	for (int i = 0; i < COUNT; i++)
		many[i] = one;
	EQ(run(self, many, envp), 200 + E2BIG, "arguments of 4 MB together: E2BIG");
	many[COUNT / 8] = NULL;
	EQ(run(self, many, envp), 99, "half a megabyte is taken");
}

static void by_vfork(void)
{
	char *argv[] = { "name", "args", "x y", "", NULL }, *envp[] = { NULL };
	volatile int shared = 1;
	int status = -1;
	pid_t pid = vfork();

	if (!pid) {
		shared = 2;
		execve(self, argv, envp);
		_exit(98);
	}
	EQ(shared, 2, "vfork's child runs first, in the parent's memory");
	waitpid(pid, &status, 0);
	EQ(status, 0, "and executes");
}

int main(int argc, char **argv, char **envp)
{
	if (argc > 1)
		return inside(argc, argv, envp);
	self = argv[0];
	works();
	scripts();
	no_programs();
	too_long();
	by_vfork();
	return TAP_DONE();
}
