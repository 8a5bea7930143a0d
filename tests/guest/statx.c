// SPDX-License-Identifier: GPL-2.0-only
/* statx against stat, and its errors. */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#define FILE_NAME "/tmp/statx.file"
#define LINK_NAME "/tmp/statx.link"
#define BASIC	  0x7ff

/* The C library need not know it. */
struct when {
	int64_t tv_sec;
	uint32_t tv_nsec;
	int32_t pad;
};
struct statx_buf {
	uint32_t stx_mask, stx_blksize;
	uint64_t stx_attributes;
	uint32_t stx_nlink, stx_uid, stx_gid;
	uint16_t stx_mode, pad;
	uint64_t stx_ino, stx_size, stx_blocks, stx_attributes_mask;
	struct when stx_atime, stx_btime, stx_ctime, stx_mtime;
	uint32_t stx_rdev_major, stx_rdev_minor, stx_dev_major, stx_dev_minor;
	uint64_t stx_mnt_id, spare[13];
};

static long call(int dfd, const char *name, int flags, unsigned int mask, void *buf)
{
	return syscall(SYS_statx, dfd, name, flags, mask, buf);
}

static int same(const struct statx_buf *x, const struct stat *s)
{
	return x->stx_mode == s->st_mode && x->stx_nlink == s->st_nlink && x->stx_uid == s->st_uid && x->stx_gid == s->st_gid &&
	       x->stx_ino == s->st_ino && x->stx_size == (uint64_t)s->st_size && x->stx_blocks == (uint64_t)s->st_blocks &&
	       x->stx_blksize == (uint32_t)s->st_blksize && makedev(x->stx_dev_major, x->stx_dev_minor) == s->st_dev &&
	       makedev(x->stx_rdev_major, x->stx_rdev_minor) == s->st_rdev && x->stx_mtime.tv_sec == s->st_mtim.tv_sec &&
	       x->stx_mtime.tv_nsec == s->st_mtim.tv_nsec && x->stx_ctime.tv_sec == s->st_ctim.tv_sec &&
	       x->stx_ctime.tv_nsec == s->st_ctim.tv_nsec && x->stx_atime.tv_sec == s->st_atim.tv_sec;
}

static void stats(void)
{
	static const char *const names[] = {FILE_NAME, "/", "/dev/null", "/proc/self/status"};
	int fd = open(FILE_NAME, O_CREAT | O_RDWR | O_TRUNC, 0640), path;
	struct timespec times[2] = {{1, 2}, {3, 456}};
	struct statx_buf got;
	struct stat s;

	write(fd, "12345", 5);
	futimens(fd, times);
	symlink(FILE_NAME, LINK_NAME);
	for (int i = 0; i < 4; i++) {
		memset(&got, 0xff, sizeof(got));
		EQ(call(AT_FDCWD, names[i], 0, BASIC, &got) || stat(names[i], &s), 0, names[i]);
		OK((got.stx_mask & BASIC) == BASIC && same(&got, &s), "is what stat says");
	}
	memset(&got, 0xff, sizeof(got));
	EQ(call(AT_FDCWD, LINK_NAME, AT_SYMLINK_NOFOLLOW, 0, &got) || lstat(LINK_NAME, &s), 0, "a symbolic link");
	OK((got.stx_mask & BASIC) == BASIC && same(&got, &s), "itself, though nothing was asked for");
	EQ(call(fd, "", AT_EMPTY_PATH | 0x2000, BASIC, &got), 0, "a descriptor");
	EQ(got.stx_size, 5, "its size");
	EQ(got.stx_mtime.tv_nsec, 456, "its time");
	path = open("/tmp", O_PATH);
	EQ(call(path, "statx.file", 0x4000, BASIC, &got), 0, "below a directory");
	EQ(got.stx_size, 5, "the same file");
	EQ(call(AT_FDCWD, "/proc", 0, BASIC, &got), 0, "a place where something is mounted");
	OK(got.stx_attributes & got.stx_attributes_mask & 0x2000, "is known as such");
	OK(got.stx_mask & 0x1000, "with the number of the mount");
	EQ(call(AT_FDCWD, "/proc/self", 0, BASIC, &got), 0, "what is below it");
	OK(!(got.stx_attributes & 0x2000) && got.stx_attributes_mask & 0x2000, "is none");
	FAILS(call(fd, "", 0, BASIC, &got), ENOENT, "no name");
	FAILS(call(999, "", AT_EMPTY_PATH, BASIC, &got), EBADF, "no descriptor");
	FAILS(call(fd, "x", 0, BASIC, &got), ENOTDIR, "not a directory");
	FAILS(call(AT_FDCWD, FILE_NAME, 0x6000, BASIC, &got), EINVAL, "fresh and not fresh");
	FAILS(call(AT_FDCWD, FILE_NAME, 0x8000, BASIC, &got), EINVAL, "an unknown flag");
	FAILS(call(AT_FDCWD, FILE_NAME, 0, 0x80000000, &got), EINVAL, "the reserved bit");
	FAILS(call(AT_FDCWD, FILE_NAME, 0, BASIC, (void *)8), EFAULT, "a bad address");
	close(path);
	close(fd);
	unlink(FILE_NAME);
	unlink(LINK_NAME);
}

int main(void)
{
	stats();
	return TAP_DONE();
}
