// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files: flags of open, positions, holes, truncation against mappings, descriptors, fcntl,
 * sendfile, times, statfs, running programs (ETXTBSY), FIFOs. Works below /tmp; needs root. Runs on
 * Linux too.
 */
#define _GNU_SOURCE
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static char buf[8192];

static void test_flags(void)
{
	int fd = open("f", O_CREAT | O_EXCL | O_RDWR, 0640);
	struct stat st;

	OK(fd >= 0, "create");
	FAILS(open("f", O_CREAT | O_EXCL | O_RDWR, 0640), EEXIST, "O_EXCL on what is there");
	EQ(write(fd, "hello world", 11), 11, "write");
	EQ(fstat(fd, &st), 0, "fstat");
	EQ(st.st_size, 11, "size");
	EQ(st.st_mode, S_IFREG | 0640, "mode after umask");
	EQ(lseek(fd, 0, SEEK_END), 11, "lseek to the end");
	EQ(lseek(fd, -5, SEEK_CUR), 6, "and back");
	EQ(read(fd, buf, 100), 5, "read to the end");
	EQ(read(fd, buf, 100), 0, "end of file");
	FAILS(lseek(fd, -1, SEEK_SET), EINVAL, "a position below 0");
	FAILS(lseek(fd, 0, 77), EINVAL, "an unknown whence");
	EQ(pread(fd, buf, 5, 6), 5, "pread");
	EQ(lseek(fd, 0, SEEK_CUR), 11, "does not move");
	FAILS(read(fd, (void *)8, 5), 0, "read at the end into nowhere is 0");
	lseek(fd, 0, SEEK_SET);
	FAILS(read(fd, (void *)8, 5), EFAULT, "read into nowhere");
	FAILS(write(fd, (void *)8, 5), EFAULT, "write from nowhere");
	close(fd);
	FAILS(close(fd), EBADF, "close twice");
	fd = open("f", O_WRONLY | O_APPEND);
	FAILS(read(fd, buf, 1), EBADF, "read of a write-only descriptor");
	lseek(fd, 0, SEEK_SET);
	EQ(write(fd, "!", 1), 1, "O_APPEND");
	EQ(lseek(fd, 0, SEEK_CUR), 12, "writes at the end");
	close(fd);
	fd = open("f", O_RDONLY);
	FAILS(write(fd, "x", 1), EBADF, "write of a read-only descriptor");
	FAILS(ftruncate(fd, 0), EINVAL, "ftruncate of a read-only descriptor");
	close(fd);
	fd = open("f", O_RDWR | O_TRUNC);
	fstat(fd, &st);
	EQ(st.st_size, 0, "O_TRUNC");
	close(fd);
	fd = open("f", O_PATH);
	OK(fd >= 0, "O_PATH");
	FAILS(read(fd, buf, 1), EBADF, "cannot be read");
	EQ(fstat(fd, &st), 0, "but looked at");
	close(fd);
	fd = open(".", O_RDONLY | O_DIRECTORY);
	FAILS(read(fd, buf, 1), EISDIR, "read of a directory");
	OK(openat(fd, "f", O_RDONLY) >= 0, "openat from it");
	close(fd + 1);
	close(fd);
	FAILS(openat(fd, "f", O_RDONLY), EBADF, "openat from a closed one");
	unlink("f");
}

static void test_holes(void)
{
	int fd = open("hole", O_CREAT | O_RDWR | O_TRUNC, 0644), i, zero = 1;
	struct stat st;

	EQ(pwrite(fd, "end", 3, 1 << 20), 3, "write far behind the end");
	fstat(fd, &st);
	EQ(st.st_size, (1 << 20) + 3, "makes the file long");
	OK(st.st_blocks * 512 < 1 << 19, "but not big");
	memset(buf, 'x', sizeof(buf));
	EQ(pread(fd, buf, 8192, 5000), 8192, "a hole reads");
	for (i = 0; i < 8192; i++)
		zero &= !buf[i];
	OK(zero, "as zeroes");
	EQ(ftruncate(fd, 3), 0, "truncate");
	EQ(pwrite(fd, "abc", 3, 0), 3, "write");
	EQ(ftruncate(fd, 2), 0, "shorter");
	EQ(ftruncate(fd, 4096), 0, "longer");
	EQ(pread(fd, buf, 4, 0), 4, "read");
	OK(!memcmp(buf, "ab\0\0", 4), "what was cut off does not come back");
	FAILS(ftruncate(fd, -1), EINVAL, "a negative length");
	FAILS(truncate("/tmp", 0), EISDIR, "truncate of a directory");
	close(fd);
	unlink("hole");
}

static void test_mmap_truncate(void)
{
	int fd = open("map", O_CREAT | O_RDWR | O_TRUNC, 0644), status;
	char *p;

	memset(buf, 'a', 8192);
	EQ(write(fd, buf, 8192), 8192, "two pages");
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	OK(p != MAP_FAILED, "map them shared");
	p[4096] = 'b';
	EQ(pread(fd, buf, 1, 4096), 1, "read");
	EQ(buf[0], 'b', "sees what was stored");
	EQ(pwrite(fd, "c", 1, 1), 1, "write");
	EQ(p[1], 'c', "is seen in the mapping");
	EQ(ftruncate(fd, 100), 0, "truncate under the mapping");
	EQ(p[99], 'a', "before the end the data stays");
	EQ(p[100], 0, "the rest of the page is zero");
	if (!fork()) {
		volatile char *q = p + 4096;

		*q = 1;
		_exit(0);
	}
	wait(&status);
	OK(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS, "the page behind is SIGBUS");
	EQ(ftruncate(fd, 8192), 0, "and after growing");
	EQ(p[4096], 0, "it is zero");
	munmap(p, 8192);
	close(fd);
	unlink("map");
}

/*
 * Behind the end of a program's file its last page is zero, although it may share the page of an
 * archive in memory.
 */
static void test_last_page(void)
{
	int fd = open("/proc/self/exe", O_RDONLY), zero = 1;
	struct stat st;
	off_t last;
	char *p;

	fstat(fd, &st);
	last = st.st_size & ~4095L;
	p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, last);
	OK(p != MAP_FAILED, "map the last page of a program");
	for (long i = st.st_size - last; p != MAP_FAILED && i < 4096; i++)
		zero &= !p[i];
	OK(zero, "zero behind the end");
	munmap(p, 4096);
	close(fd);
}

static void test_descriptors(void)
{
	int fd = open("/dev/null", O_RDWR), other, i;
	struct rlimit old, few;

	EQ(dup(fd), fd + 1, "dup takes the lowest");
	EQ(dup2(fd, 77), 77, "dup2");
	EQ(dup2(fd, fd), fd, "dup2 onto itself");
	FAILS(dup2(99, 5), EBADF, "dup2 of nothing");
	FAILS(syscall(SYS_dup3, fd, fd, 0), EINVAL, "dup3 onto itself");
	EQ(fcntl(fd, F_DUPFD, 50), 50, "F_DUPFD");
	EQ(fcntl(fd, F_DUPFD_CLOEXEC, 50), 51, "F_DUPFD_CLOEXEC");
	EQ(fcntl(51, F_GETFD), FD_CLOEXEC, "sets the flag");
	EQ(fcntl(50, F_GETFD), 0, "the other does not");
	EQ(fcntl(50, F_SETFD, FD_CLOEXEC), 0, "F_SETFD");
	EQ(fcntl(50, F_GETFD), FD_CLOEXEC, "F_GETFD");
	EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR, "F_GETFL");
	EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0, "F_SETFL");
	OK(fcntl(fd + 1, F_GETFL) & O_NONBLOCK, "is of the description, not the descriptor");
	EQ(syscall(SYS_close_range, 50, 77, 0), 0, "close_range");
	FAILS(fcntl(77, F_GETFD), EBADF, "closed them");
	EQ(dup2(fd, 500), 500, "the table grows");
	for (i = 0, other = 0; i < 200; i++)
		other = dup(fd);
	OK(other > 190 && other < 300, "two hundred more");
	EQ(fcntl(500, F_GETFD), 0, "it is still there");
	syscall(SYS_close_range, fd + 1, 600, 0);
	getrlimit(RLIMIT_NOFILE, &old);
	few = old;
	few.rlim_cur = 10;
	setrlimit(RLIMIT_NOFILE, &few);
	while ((other = dup(fd)) >= 0)
		;
	EQ(errno, EMFILE, "RLIMIT_NOFILE");
	FAILS(dup2(fd, 10), EBADF, "dup2 beyond it");
	FAILS(fcntl(fd, F_DUPFD, 10), EINVAL, "F_DUPFD beyond it");
	setrlimit(RLIMIT_NOFILE, &old);
	syscall(SYS_close_range, fd, 600, 0);
}

static void test_vectors(void)
{
	struct iovec v[3] = {{"one ", 4}, {"", 0}, {"two", 3}}, r[2] = {{buf, 2}, {buf + 100, 50}};
	int fd = open("v", O_CREAT | O_RDWR | O_TRUNC, 0644), out;
	off_t at = 4;

	EQ(writev(fd, v, 3), 7, "writev");
	EQ(lseek(fd, 0, SEEK_SET), 0, "back");
	EQ(readv(fd, r, 2), 7, "readv");
	OK(!memcmp(buf, "on", 2) && !memcmp(buf + 100, "e two", 5), "the pieces");
	EQ(preadv(fd, r, 1, 4), 2, "preadv");
	OK(!memcmp(buf, "tw", 2), "at its place");
	FAILS(readv(fd, r, -1), EINVAL, "a bad count");
	out = open("w", O_CREAT | O_RDWR | O_TRUNC, 0644);
	EQ(sendfile(out, fd, &at, 100), 3, "sendfile");
	EQ(at, 7, "moves its offset");
	EQ(pread(out, buf, 10, 0), 3, "arrives");
	OK(!memcmp(buf, "two", 3), "as it was");
	close(out);
	close(fd);
	unlink("v");
	unlink("w");
}

/* The last position is that of tmpfs; Linux's other file systems have smaller ones. */
static void test_positions(void)
{
	struct timespec before[2] = {{-5, 0}, {-5, 999}};
	int fd = open("pos", O_CREAT | O_RDWR, 0644), event = eventfd(0, 0);
	char name[64], c;
	struct stat st;

	ftruncate(fd, 10000);
	pwrite(fd, "x", 1, 9000);
	OK(lseek(fd, 10, SEEK_DATA) >= 10, "data, or a hole until later");
	FAILS(lseek(fd, 10000, SEEK_DATA), ENXIO, "no data behind the end");
	FAILS(lseek(fd, 10000, SEEK_HOLE), ENXIO, "nor a hole");
	OK(lseek(fd, 10, SEEK_HOLE) <= 10000, "the end is one");
	EQ(lseek(fd, INT64_MAX - 1, SEEK_SET), INT64_MAX - 1, "the last position");
	FAILS(read(fd, &c, 2), EINVAL, "a read that would pass it");
	FAILS(lseek(fd, 2, SEEK_CUR), EINVAL, "a seek");
	FAILS(read(fd, &c, (size_t)-1), EFAULT, "more than an address space");
	EQ(fsync(open(".", O_RDONLY)), 0, "a directory is synced");
	EQ(futimens(fd, before), 0, "a time before 1970");
	fstat(fd, &st);
	OK(st.st_mtim.tv_sec <= 0, "is not one to come");
	snprintf(name, sizeof(name), "/proc/self/fd/%d", event);
	FAILS(open(name, O_RDWR), ENXIO, "an eventfd is not opened again");
	FAILS(open("..", O_CREAT | O_EXCL, 0), EEXIST, "what is there");
	close(event);
	close(fd);
	unlink("pos");
}

static void test_times(void)
{
	struct timespec ts[2] = {{1000, 5}, {2000, 7}};
	struct stat st;

	close(open("t", O_CREAT | O_WRONLY, 0644));
	EQ(utimensat(AT_FDCWD, "t", ts, 0), 0, "set times");
	stat("t", &st);
	OK(st.st_atim.tv_sec == 1000 && st.st_atim.tv_nsec == 5 && st.st_mtim.tv_sec == 2000,
	   "they are set");
	ts[0].tv_nsec = UTIME_OMIT;
	ts[1].tv_nsec = UTIME_NOW;
	EQ(utimensat(AT_FDCWD, "t", ts, 0), 0, "omit and now");
	stat("t", &st);
	OK(st.st_atim.tv_sec == 1000 && st.st_mtim.tv_sec > 2000, "one stays, one is now");
	ts[0].tv_nsec = 1000000000;
	FAILS(utimensat(AT_FDCWD, "t", ts, 0), EINVAL, "too many nanoseconds");
	unlink("t");
}

static void test_running_program(void)
{
	char *sleeper[] = {"sleeper", "child", NULL};
	int fd, out = open("prog", O_CREAT | O_WRONLY | O_TRUNC, 0755),
		in = open("/proc/self/exe", O_RDONLY), ends[2];
	pid_t pid;
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			break;
	close(in);
	pid = fork();
	if (!pid) {
		execv("./prog", sleeper);
		_exit(errno);
	}
	waitpid(pid, &fd, 0);
	EQ(WEXITSTATUS(fd), ETXTBSY, "exec of what is open for writing");
	close(out);
	pipe2(ends, O_CLOEXEC);
	pid = vfork();
	if (!pid) {
		execv("./prog", sleeper);
		_exit(1);
	}
	FAILS(open("prog", O_WRONLY), ETXTBSY, "writing a running program");
	FAILS(truncate("prog", 0), ETXTBSY, "truncating it");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fd = open("prog", O_WRONLY);
	OK(fd >= 0, "once it has ended it may be written");
	close(fd);
	close(ends[0]);
	close(ends[1]);
	unlink("prog");
}

static void test_fifo(void)
{
	struct pollfd p = {.events = POLLIN};
	int rd, wr, status;
	pid_t pid;

	EQ(mkfifo("fifo", 0644), 0, "mkfifo");
	FAILS(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO,
	      "O_NONBLOCK for writing without a reader");
	rd = open("fifo", O_RDONLY | O_NONBLOCK);
	OK(rd >= 0, "O_NONBLOCK for reading does not wait");
	EQ(read(rd, buf, 1), 0, "no writer: end of file");
	p.fd = rd;
	EQ(poll(&p, 1, 0), 0, "no writer yet: no POLLHUP");
	wr = open("fifo", O_WRONLY | O_NONBLOCK);
	OK(wr >= 0, "now there is a reader");
	FAILS(read(rd, buf, 1), EAGAIN, "a writer, but no data");
	EQ(write(wr, "x", 1), 1, "write");
	EQ(poll(&p, 1, 1000), 1, "poll");
	EQ(p.revents, POLLIN, "says POLLIN");
	close(wr);
	EQ(poll(&p, 1, 1000), 1, "writer gone");
	EQ(p.revents, POLLIN | POLLHUP, "data is left");
	EQ(read(rd, buf, 10), 1, "read it");
	FAILS(lseek(rd, 0, SEEK_SET), ESPIPE, "a FIFO has no position");
	close(rd);
	pid = fork();
	if (!pid) {
		wr = open("fifo", O_WRONLY);
		_exit(write(wr, "hello", 5) != 5);
	}
	rd = open("fifo", O_RDONLY);
	EQ(read(rd, buf, 10), 5, "both sides wait for each other");
	EQ(read(rd, buf, 10), 0, "then the end");
	waitpid(pid, &status, 0);
	EQ(status, 0, "the writer is content");
	close(rd);
	unlink("fifo");
}

static void test_devices(void)
{
	int fd = open("/dev/zero", O_RDWR), i, any = 0;
	char *p;

	memset(buf, 1, 100);
	EQ(read(fd, buf, 100), 100, "/dev/zero reads");
	for (i = 0; i < 100; i++)
		any |= buf[i];
	EQ(any, 0, "zeroes");
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	OK(p != MAP_FAILED && p[5000] == 0, "and maps as such");
	p[5000] = 7;
	EQ(p[5000], 7, "private to us");
	munmap(p, 8192);
	close(fd);
	fd = open("/dev/full", O_WRONLY);
	FAILS(write(fd, "x", 1), ENOSPC, "/dev/full is full");
	close(fd);
	fd = open("/dev/null", O_RDWR);
	EQ(write(fd, "x", 1), 1, "/dev/null takes all");
	EQ(read(fd, buf, 1), 0, "and gives nothing");
	FAILS(ioctl(fd, 0x5401, buf), ENOTTY, "and is no terminal");
	close(fd);
	fd = open("/dev/urandom", O_RDONLY);
	memset(buf, 0, 64);
	EQ(read(fd, buf, 32), 32, "/dev/urandom reads");
	EQ(read(fd, buf + 32, 32), 32, "again");
	OK(memcmp(buf, buf + 32, 32), "something else");
	close(fd);
}

static void test_statfs(void)
{
	struct statfs s;

	EQ(statfs("/proc", &s), 0, "statfs");
	EQ(s.f_type, 0x9fa0, "of /proc");
	EQ(s.f_namelen, 255, "length of names");
	FAILS(statfs("/nothing", &s), ENOENT, "of nothing");
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/filesXXXXXX";

	if (argc > 1) {
		sleep(60);
		return 0;
	}
	if (!mkdtemp(dir) || chdir(dir) < 0) {
		perror(dir);
		return 1;
	}
	umask(022);
	test_flags();
	test_holes();
	test_mmap_truncate();
	test_last_page();
	test_descriptors();
	test_vectors();
	test_positions();
	test_times();
	test_running_program();
	test_fifo();
	test_devices();
	test_statfs();
	if (chdir("/") == 0)
		EQ(rmdir(dir), 0, "nothing is left");
	return TAP_DONE();
}
