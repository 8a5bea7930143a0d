// SPDX-License-Identifier: GPL-2.0-only
/* fail_nth: operations on memory, files and the trace. */
#include "tests/guest/fail_nth/fail_nth.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int run_mmap(void)
{
	char *p = mmap(NULL, 1 << 22, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	p[0] = p[1 << 21] = 1;
	return munmap(p + 8192, 4096) || mprotect(p + (1 << 20), 4096, PROT_READ) ? -1 : 0;
}

static int run_shared(void)
{
	char *p = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	p[0] = p[8192] = 1;
	return mremap(p, 1 << 16, 1 << 17, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0;
}

static int run_pipe(void)
{
	char c = 0;
	int ends[2];

	if (pipe(ends))
		return -1;
	return write(ends[1], &c, 1) < 0 || read(ends[0], &c, 1) < 0 ? -1 : 0;
}

static int run_epoll(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	int set = epoll_create1(0), fd = eventfd(1, 0);

	if (set < 0 || fd < 0)
		return -1;
	return epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) || epoll_wait(set, &event, 1, 0) != 1 ? -1 : 0;
}

static int run_record_lock(void)
{
	struct flock whole = {.l_type = F_WRLCK}, middle = {.l_type = F_UNLCK, .l_start = 9, .l_len = 9};
	int fd = open("/dev/zero", O_RDWR);

	return fd < 0 || fcntl(fd, F_SETLK, &whole) || fcntl(fd, F_SETLK, &middle) ? -1 : 0;
}

/* Over several pages, so that the first ones have to go again. */
static int run_fallocate(void)
{
	int fd = memfd_create("fail_nth", 0);

	if (fd < 0)
		return -1;
	return fallocate(fd, 0, 100, 1 << 16) || fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8000, 9000) ? -1 : 0;
}

static int run_create(void)
{
	int fd = open(TOP "/file", O_CREAT | O_EXCL | O_WRONLY, 0644);

	if (fd < 0)
		return -1;
	if (write(fd, "x", 1) < 0) {
		int error = errno;

		unlink(TOP "/file");
		errno = error;
		return -1;
	}
	return 0;
}

static void undo_create(void)
{
	unlink(TOP "/file");
}

static int run_dir(void)
{
	return mkdir(TOP "/dir", 0755);
}

static void undo_dir(void)
{
	rmdir(TOP "/dir");
}

static int run_symlink(void)
{
	return symlink("a-target-of-some-length-that-fits-nowhere-inside-of-an-inode", TOP "/link");
}

static void undo_symlink(void)
{
	unlink(TOP "/link");
}

static int run_bind(void)
{
	return mount(TOP, SPARE, NULL, MS_BIND | MS_REC, NULL);
}

static void undo_bind(void)
{
	umount2(SPARE, MNT_DETACH);
}

static int run_mount_ramfs(void)
{
	return mount("x", SPARE, "ramfs", 0, NULL);
}

static struct pollfd fds[300];

static void before_poll(void)
{
	for (int i = 0; i < 300; i++)
		fds[i] = (struct pollfd){.fd = 0, .events = POLLIN};
}

static int run_poll(void)
{
	return poll(fds, 300, 0) < 0 ? -1 : 0;
}

static int run_dup(void)
{
	int fd = fcntl(0, F_DUPFD, 500);

	return fd < 0 ? -1 : close(fd);
}

static int run_getdents(void)
{
	DIR *d = opendir("/proc");

	if (!d)
		return -1;
	errno = 0;
	while (readdir(d))
		;
	return errno ? -1 : 0;
}

static int write_events(const char *text)
{
	int fd = open("/proc/trace_events", O_WRONLY), ok, error;

	if (fd < 0)
		return -1;
	ok = write(fd, text, strlen(text)) >= 0;
	error = errno;
	close(fd);
	errno = error;
	return ok ? 0 : -1;
}

static int run_trace_open(void)
{
	int fd = open("/proc/trace_pipe", O_RDONLY);

	return fd < 0 ? -1 : close(fd);
}

static int run_trace_on(void)
{
	return write_events("buf=64K mark");
}

static void undo_trace_on(void)
{
	write_events("none");
	write_events("buf=1M");
}

// ---- in a container with the memory controller: each failure gives back what was charged ----

static int run_memory_mkdir(void)
{
	return mkdir(MEMORY "/new", 0755);
}

static void undo_memory_mkdir(void)
{
	rmdir(MEMORY "/new");
}

void before_paying(void)
{
	int fd = open(MEMORY "/paying/tasks", O_WRONLY | O_CLOEXEC);

	if (write(fd, "0", 1) != 1)
		_exit(99);
	close(fd);
}

const struct operation file_operations[] = {
	{"mmap and touch", .run = run_mmap, .may_kill = 1},
	{"shared mmap and touch", .run = run_shared, .may_kill = 1},
	{"pipe", .run = run_pipe},
	{"epoll", .run = run_epoll},
	{"record locks", .run = run_record_lock, .error = ENOLCK},
	{"memfd_create, fallocate", .run = run_fallocate},
	{"create and write", .run = run_create, .undo = undo_create},
	{"mkdir", .run = run_dir, .undo = undo_dir},
	{"symlink", .run = run_symlink, .undo = undo_symlink},
	{"bind mount", .run = run_bind, .undo = undo_bind},
	{"mount of a ramfs", .run = run_mount_ramfs, .undo = undo_mount},
	{"poll", .before = before_poll, .run = run_poll},
	{"a high descriptor", .run = run_dup},
	{"mkdir of a memory container", .run = run_memory_mkdir, .undo = undo_memory_mkdir},
	{"mmap and touch, charged", .before = before_paying, .run = run_mmap, .may_kill = 1},
	{"shared mmap and touch, charged", .before = before_paying, .run = run_shared, .may_kill = 1},
	{"pipe, charged", .before = before_paying, .run = run_pipe},
	{"create and write, charged", .before = before_paying, .run = run_create, .undo = undo_create},
	{"reading /proc", .run = run_getdents, .may_kill = 1},
	{"opening the trace", .run = run_trace_open},
	{"switching the trace on", .run = run_trace_on, .undo = undo_trace_on},
	{0},
};
