// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounts: flags, bind, remount, what makes a umount busy, lazy umount, namespaces, chroot, mounts
 * that race. Works below /tmp; needs root. Runs on Linux too (in a mount namespace of its own).
 */
#define _GNU_SOURCE
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static char mounts[65536];

/* Is there a line with this in /proc/mounts? */
static int mounted(const char *what)
{
	int fd = open("/proc/mounts", O_RDONLY);
	ssize_t n, total = 0;

	while ((n = read(fd, mounts + total, sizeof(mounts) - 1 - (size_t)total)) > 0)
		total += n;
	close(fd);
	mounts[total] = 0;
	return strstr(mounts, what) != NULL;
}

static void make_file(const char *name)
{
	close(open(name, O_CREAT | O_WRONLY, 0755));
}

static void test_basics(const char *dir)
{
	char line[300];
	int fd;

	mkdir("m", 0755);
	make_file("m/hidden");
	FAILS(mount("x", "m", "nosuchfs", 0, NULL), ENODEV, "an unknown type");
	FAILS(mount("x", "nowhere", "ramfs", 0, NULL), ENOENT, "a missing directory");
	FAILS(mount("x", "m/hidden", "ramfs", 0, NULL), ENOTDIR, "a file");
	EQ(mount("my dev", "m", "ramfs", MS_NOSUID | MS_NODEV, NULL), 0, "mount");
	snprintf(line, sizeof(line), "my\\040dev %s/m ramfs rw,nosuid,nodev", dir);
	OK(mounted(line), "shows in /proc/mounts, escaped");
	FAILS(access("m/hidden", F_OK), ENOENT, "covers what was there");
	make_file("m/f");
	FAILS(rmdir("m"), EBUSY, "rmdir of a mountpoint");
	FAILS(rename("m", "n"), EBUSY, "rename of a mountpoint");
	FAILS(rename("m/f", "f"), EXDEV, "rename across mounts");
	FAILS(link("m/f", "f"), EXDEV, "link across mounts");
	fd = open("m/f", O_RDONLY);
	FAILS(umount("m"), EBUSY, "an open file keeps it");
	close(fd);
	if (chdir("m") == 0)
		FAILS(umount("../m"), EBUSY, "a current directory keeps it");
	EQ(chdir(".."), 0, ".. leads out of it");
	EQ(access("m/f", F_OK), 0, "to where it is mounted");
	EQ(mknod("m/null", S_IFCHR | 0666, 1 << 8 | 3), 0, "mknod");
	FAILS(open("m/null", O_RDONLY), EACCES, "MS_NODEV");
	EQ(umount("m"), 0, "umount");
	EQ(access("m/hidden", F_OK), 0, "uncovers");
	FAILS(umount("m"), EINVAL, "umount of what is not mounted");
	unlink("m/hidden");
}

static void test_stacked(void)
{
	EQ(mount("one", "m", "tmpfs", 0, NULL), 0, "mount");
	make_file("m/one");
	EQ(mount("two", "m", "tmpfs", 0, NULL), 0, "mount over it");
	FAILS(access("m/one", F_OK), ENOENT, "the upper is seen");
	EQ(umount("m"), 0, "umount");
	EQ(access("m/one", F_OK), 0, "the lower again");
	mkdir("m/d", 0755);
	EQ(mount("sub", "m/d", "tmpfs", 0, NULL), 0, "mount inside");
	FAILS(umount("m"), EBUSY, "a mount inside keeps it");
	EQ(umount2("m", MNT_DETACH), 0, "MNT_DETACH takes both");
	FAILS(access("m/one", F_OK), ENOENT, "it is gone");
	OK(!mounted("sub "), "with what was inside");
}

static void test_readonly(void)
{
	struct statvfs s;
	int fd;

	EQ(mount("ro", "m", "ramfs", 0, NULL), 0, "mount");
	make_file("m/f");
	fd = open("m/f", O_WRONLY);
	FAILS(mount("ro", "m", NULL, MS_REMOUNT | MS_RDONLY, NULL), EBUSY,
	      "remount ro with a file open for writing");
	close(fd);
	EQ(mount("ro", "m", NULL, MS_REMOUNT | MS_RDONLY, NULL), 0, "remount ro");
	FAILS(open("m/f", O_WRONLY), EROFS, "open for writing");
	FAILS(open("m/new", O_CREAT | O_WRONLY, 0644), EROFS, "create");
	FAILS(mkdir("m/d", 0755), EROFS, "mkdir");
	FAILS(mkdir("m/f", 0755), EEXIST, "but EEXIST comes first");
	FAILS(unlink("m/f"), EROFS, "unlink");
	FAILS(chmod("m/f", 0600), EROFS, "chmod");
	FAILS(truncate("m/f", 0), EROFS, "truncate");
	FAILS(access("m/f", W_OK), EROFS, "access");
	EQ(close(open("m/f", O_RDONLY)), 0, "reading is fine");
	EQ(statvfs("m", &s), 0, "statvfs");
	OK(s.f_flag & ST_RDONLY, "says so");
	EQ(mount("ro", "m", NULL, MS_REMOUNT, NULL), 0, "remount rw");
	EQ(chmod("m/f", 0600), 0, "chmod works again");
	FAILS(mount("ro", "m/f", NULL, MS_REMOUNT, NULL), EINVAL, "remount of what is no mount");
	EQ(umount("m"), 0, "umount");
}

static void test_bind(void)
{
	mkdir("b", 0755);
	mkdir("src", 0755);
	make_file("src/f");
	EQ(mount("src", "b", NULL, MS_BIND, NULL), 0, "bind a directory");
	EQ(access("b/f", F_OK), 0, "the same files");
	EQ(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0, "bind remount ro");
	FAILS(open("b/f", O_WRONLY), EROFS, "read-only here");
	EQ(close(open("src/f", O_WRONLY)), 0, "but not there");
	EQ(umount("b"), 0, "umount");
	make_file("b/onto");
	EQ(mount("src/f", "b/onto", NULL, MS_BIND, NULL), 0, "bind a file");
	FAILS(unlink("b/onto"), EBUSY, "unlink of a mountpoint");
	FAILS(mount("src", "b/onto", NULL, MS_BIND, NULL), ENOTDIR, "directory onto file");
	EQ(umount("b/onto"), 0, "umount");
	EQ(mount("t", "src", "tmpfs", 0, NULL), 0, "mount below");
	make_file("src/inner");
	EQ(mount(".", "b", NULL, MS_BIND | MS_REC, NULL), 0, "recursive bind");
	EQ(access("b/src/inner", F_OK), 0, "brings the mounts below");
	EQ(umount2("b", MNT_DETACH), 0, "umount all");
	EQ(umount("src"), 0, "and the one below");
	unlink("b/onto");
	unlink("src/f");
	rmdir("src");
	rmdir("b");
}

static void test_unprivileged(void)
{
	int status;

	if (!fork()) {
		if (setgid(NOBODY) || setuid(NOBODY))
			_exit(99);
		if (mount("x", "/tmp", "ramfs", 0, NULL) != -1 || errno != EPERM)
			_exit(1);
		if (umount("/proc") != -1 || errno != EPERM)
			_exit(2);
		if (chroot("/tmp") != -1 || errno != EPERM)
			_exit(3);
		_exit(unshare(CLONE_NEWNS) != -1 || errno != EPERM ? 4 : 0);
	}
	wait(&status);
	EQ(status, 0, "others than root may do nothing of this");
}

static void test_namespace(void)
{
	int status, to_child[2], to_parent[2];
	char c;

	pipe(to_child);
	pipe(to_parent);
	if (!fork()) {
		close(to_child[1]);
		if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL))
			_exit(1);
		if (mount("private", "m", "ramfs", 0, NULL))
			_exit(2);
		make_file("m/secret");
		write(to_parent[1], "x", 1);
		read(to_child[0], &c, 1);
		if (mounted("outer "))
			_exit(3);
		_exit(access("m/secret", F_OK) ? 4 : 0);
	}
	read(to_parent[0], &c, 1);
	FAILS(access("m/secret", F_OK), ENOENT, "a mount in another namespace is not seen");
	OK(!mounted("private "), "nor listed");
	EQ(mount("outer", "m", "ramfs", 0, NULL), 0, "mount here");
	close(to_child[1]);
	wait(&status);
	EQ(status, 0, "is not seen there");
	EQ(umount("m"), 0, "umount");
	for (int i = 0; i < 2; i++)
		close(to_parent[i]);
	close(to_child[0]);
}

static void test_chroot(void)
{
	int status;

	mkdir("m/root", 0755);
	make_file("outside");
	if (!fork()) {
		char cwd[64];

		if (chroot("m") || chdir("/"))
			_exit(1);
		if (!getcwd(cwd, sizeof(cwd)) || strcmp(cwd, "/"))
			_exit(2);
		if (access("/root", F_OK) || access("/../root", F_OK))
			_exit(3);
		_exit(access("/../outside", F_OK) ? 0 : 4);
	}
	wait(&status);
	EQ(status, 0, "chroot holds, .. included");
	if (!fork()) {
		char cwd[64];

		if (chroot("m/root"))
			_exit(1);
		/* The current directory is outside now. */
		if (syscall(SYS_getcwd, cwd, sizeof(cwd)) < 0 || strncmp(cwd, "(unreachable)/", 14))
			_exit(2);
		_exit(0);
	}
	wait(&status);
	EQ(status, 0, "a directory outside of the root has no path");
	unlink("outside");
	rmdir("m/root");
}

/*
 * Processes that mount, look, remount and umount the same places at the same time: nobody crashes,
 * nothing is left.
 */
static void test_race(void)
{
	enum { TASKS = 6, ROUNDS = 60 };
	int status, bad = 0;

	for (int t = 0; t < TASKS; t++) {
		if (fork())
			continue;
		for (int i = 0; i < ROUNDS; i++) {
			switch ((t + i) % 3) {
			case 0:
				mount("race", "m", i & 1 ? "ramfs" : "proc", 0, NULL);
				break;
			case 1:
				umount2("m", i & 1 ? 0 : MNT_DETACH);
				break;
			default:
				mount("race", "m", NULL, MS_REMOUNT | (i & 1 ? MS_RDONLY : 0),
				      NULL);
				access("m/self/fd", F_OK);
				close(open("m/f", O_CREAT | O_WRONLY, 0644));
				break;
			}
		}
		_exit(0);
	}
	while (wait(&status) > 0)
		bad |= status;
	EQ(bad, 0, "racing mounts and umounts");
	while (!umount("m"))
		;
	OK(!mounted("race "), "nothing is left mounted");
	unlink("m/f");
}

/* What stands in no tree of mounts can be no part of one. */
static void test_pipes(void)
{
	char pipe_name[64];
	struct statfs st;
	int ends[2];

	if (pipe(ends) < 0)
		return;
	snprintf(pipe_name, sizeof(pipe_name), "/proc/self/fd/%d", ends[0]);
	close(open("pf", O_CREAT | O_WRONLY, 0644));
	FAILS(mount(pipe_name, "pf", NULL, MS_BIND, NULL), EINVAL, "a bind mount of a pipe");
	OK(mount("none", pipe_name, "tmpfs", 0, NULL) < 0, "a mount on a pipe");
	OK(mount("pf", pipe_name, NULL, MS_BIND, NULL) < 0, "a file bound over a pipe");
	FAILS(mount(NULL, pipe_name, NULL, MS_REMOUNT, NULL), EINVAL, "a pipe is remounted");
	FAILS(mount(NULL, pipe_name, NULL, MS_REMOUNT | MS_BIND, NULL), EINVAL, "with MS_BIND");
	FAILS(mount(NULL, pipe_name, NULL, MS_PRIVATE, NULL), EINVAL, "made private");
	FAILS(umount2(pipe_name, 0), EINVAL, "unmounted");
	FAILS(umount2(pipe_name, MNT_DETACH), EINVAL, "or lazily");
	EQ(fstatfs(ends[0], &st), 0, "a pipe has a file system");
	EQ(st.f_type, 0x50495045, "of its own sort");
	unlink("pf");
	close(ends[0]);
	close(ends[1]);
}

/* A directory that is moved out of what is bound has no way up from there. */
static void test_moved_out(void)
{
	int fd, up;

	mkdir("real", 0755);
	mkdir("real/in", 0755);
	mkdir("real/in/deep", 0755);
	mkdir("bound", 0755);
	EQ(mount("real/in", "bound", NULL, MS_BIND, NULL), 0, "a bind mount");
	fd = open("bound/deep", O_RDONLY | O_DIRECTORY);
	up = openat(fd, "..", O_RDONLY);
	OK(up >= 0, "a way up inside");
	close(up);
	EQ(rename("real/in/deep", "real/deep"), 0, "a directory leaves it");
	FAILS(openat(fd, "..", O_RDONLY), ENOENT, "it has no parent there");
	FAILS(openat(fd, "../in", O_RDONLY), ENOENT, "nor a sister");
	up = openat(fd, ".", O_RDONLY);
	OK(up >= 0, "and is still what it was");
	close(up);
	EQ(rename("real/deep", "real/in/deep"), 0, "it comes back");
	up = openat(fd, "..", O_RDONLY);
	OK(up >= 0, "and has a parent again");
	close(up);
	close(fd);
	EQ(umount("bound"), 0, "the end of it");
	rmdir("bound");
	rmdir("real/in/deep");
	rmdir("real/in");
	rmdir("real");
}

int main(void)
{
	char dir[] = "/tmp/mountXXXXXX";

	if (unshare(CLONE_NEWNS) ||
	    (mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) && errno != EINVAL)) {
		perror("a mount namespace");
		return 1;
	}
	if (!mkdtemp(dir) || chdir(dir) < 0) {
		perror(dir);
		return 1;
	}
	umask(022);
	test_basics(dir);
	test_stacked();
	test_readonly();
	test_bind();
	test_pipes();
	test_moved_out();
	test_unprivileged();
	test_namespace();
	test_chroot();
	test_race();
	rmdir("m");
	if (chdir("/") == 0)
		EQ(rmdir(dir), 0, "nothing is left");
	return TAP_DONE();
}
