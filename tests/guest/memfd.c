// SPDX-License-Identifier: GPL-2.0-only
/* memfd_create: its errors, what the file is, and a program in one. */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

static char buf[65536];

static void memfds(void)
{
	char name[300], link[80] = "", want[] = "/memfd:a/b c (deleted)";
	struct stat st;
	int fd, again;

	FAILS(memfd_create("x", 0x80), EINVAL, "a memfd with unknown flags");
	FAILS(memfd_create((char *)8, 0), EFAULT, "a bad name");
	memset(name, 'n', sizeof(name));
	name[250] = 0;
	FAILS(memfd_create(name, 0), EINVAL, "a name that is too long");
	name[249] = 0;
	fd = memfd_create(name, 0);
	OK(fd >= 0, "the longest name");
	close(fd);
	fd = memfd_create("", MFD_CLOEXEC);
	OK(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC, "no name, closed by exec");
	close(fd);
	fd = memfd_create("a/b c", 0);
	EQ(fcntl(fd, F_GETFD), 0, "and one that is not");
	EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR, "open for both");
	EQ(fstat(fd, &st), 0, "stat");
	EQ(st.st_mode, S_IFREG | 0777, "a regular file");
	EQ(st.st_nlink, 0, "without a name");
	EQ(st.st_size, 0, "empty");
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	EQ(readlink(name, link, sizeof(link) - 1), strlen(want), "its link");
	OK(!strcmp(link, want), "says what it is");
	EQ(write(fd, "hello", 5), 5, "write");
	again = open(name, O_RDONLY);
	EQ(read(again, buf, 9), 5, "opened again by its link it is the same file");
	close(again);
	FAILS(linkat(AT_FDCWD, name, AT_FDCWD, "/tmp/memfd", AT_SYMLINK_FOLLOW), EXDEV, "it gets no name");
	close(fd);
}

/* A program in a memfd. Its exit status. */
static int executes(void)
{
	int fd = memfd_create("program", MFD_CLOEXEC), in = open("/proc/self/exe", O_RDONLY), status = -1;
	char *argv[] = {"program", "run", NULL}, *envp[] = {NULL};
	char name[40];
	ssize_t n;
	pid_t pid;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(fd, buf, (size_t)n) != n)
			return -1;
	close(in);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	in = open(name, O_RDONLY | O_CLOEXEC);
	close(fd);
	pid = fork();
	if (!pid) {
		fexecve(in, argv, envp);
		_exit(99);
	}
	waitpid(pid, &status, 0);
	close(in);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "run"))
		return 42;
	memfds();
	EQ(executes(), 42, "a program in a memfd");
	return TAP_DONE();
}
