// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names: links, rename and its order of errors, symbolic links and loops, removal, directory
 * listings, path walk. Works in a directory of its own below /tmp; needs root. Runs on Linux too.
 */
#define _GNU_SOURCE
#include "tests/guest/tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

static void make_file(const char *name, const char *text)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0644);

	if (fd >= 0) {
		if (write(fd, text, strlen(text)) < 0)
			perror(name);
		close(fd);
	}
}

static int content_is(const char *name, const char *text)
{
	char buf[64];
	int fd = open(name, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf));

	close(fd);
	return n == (ssize_t)strlen(text) && !memcmp(buf, text, (size_t)n);
}

static long links(const char *name)
{
	struct stat st;

	return lstat(name, &st) < 0 ? -1 : (long)st.st_nlink;
}

static void test_links(void)
{
	struct stat a, b;

	make_file("a", "one");
	EQ(link("a", "b"), 0, "link");
	EQ(links("a"), 2, "two names, two links");
	OK(!stat("a", &a) && !stat("b", &b) && a.st_ino == b.st_ino, "both are the same inode");
	FAILS(link("a", "b"), EEXIST, "link onto an existing name");
	FAILS(link("nothing", "c"), ENOENT, "link of a missing file");
	mkdir("d", 0755);
	FAILS(link("d", "e"), EPERM, "link of a directory");
	EQ(unlink("a"), 0, "unlink one name");
	EQ(links("b"), 1, "one link left");
	OK(content_is("b", "one"), "the other name still reads");
	FAILS(unlink("d"), EISDIR, "unlink of a directory");
	FAILS(rmdir("b"), ENOTDIR, "rmdir of a file");
	FAILS(rmdir("d/."), EINVAL, "rmdir of .");
	FAILS(rmdir("d/.."), ENOTEMPTY, "rmdir of ..");
	FAILS(unlink("b/"), ENOTDIR, "unlink with a slash behind a file");
	unlink("b");
	rmdir("d");
}

static void test_open_unlinked(void)
{
	struct stat st;
	char buf[4];
	int fd;

	make_file("u", "data");
	fd = open("u", O_RDWR);
	unlink("u");
	EQ(fstat(fd, &st), 0, "fstat of an unlinked file");
	EQ(st.st_nlink, 0, "it has no links");
	EQ(read(fd, buf, 4), 4, "and still reads");
	EQ(write(fd, "more", 4), 4, "and still writes");
	close(fd);
	mkdir("gone", 0755);
	EQ(chdir("gone"), 0, "enter a directory");
	EQ(rmdir("../gone"), 0, "remove it under our feet");
	FAILS(open("x", O_CREAT | O_WRONLY, 0644), ENOENT, "create in a removed directory");
	FAILS(mkdir("x", 0755), ENOENT, "mkdir in a removed directory");
	OK(getcwd(buf, 0) == NULL, "getcwd with no room fails");
	EQ(chdir(".."), 0, ".. still leads out");
}

static void test_rename(void)
{
	make_file("a", "A");
	make_file("b", "B");
	mkdir("d", 0755);
	mkdir("d/sub", 0755);
	mkdir("e", 0755);
	EQ(rename("a", "b"), 0, "file onto file");
	OK(content_is("b", "A"), "the target is replaced");
	FAILS(access("a", F_OK), ENOENT, "the source is gone");
	FAILS(rename("a", "b"), ENOENT, "missing source");
	FAILS(rename("b", "d"), EISDIR, "file onto directory");
	FAILS(rename("d", "b"), ENOTDIR, "directory onto file");
	FAILS(rename("e", "d"), ENOTEMPTY, "directory onto a directory that is not empty");
	FAILS(rename("d", "d/sub/x"), EINVAL, "directory into its own subdirectory");
	FAILS(rename("d/sub", "d"), ENOTEMPTY, "directory onto its parent");
	FAILS(rename("b", "c/"), ENOTDIR, "file to a name with a slash");
	FAILS(rename(".", "x"), EBUSY, "rename of .");
	FAILS(rename("b", "nowhere/x"), ENOENT, "target directory missing");
	EQ(rename("b", "b"), 0, "onto itself");
	EQ(link("b", "b2"), 0, "another link");
	EQ(rename("b", "b2"), 0, "onto another link of the same file");
	EQ(links("b"), 2, "does nothing");
	FAILS(syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "b2", RENAME_NOREPLACE), EEXIST,
	      "RENAME_NOREPLACE onto a name");
	EQ(syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "n", RENAME_NOREPLACE), 0,
	   "RENAME_NOREPLACE to a new name");
	EQ(rename("d", "e"), 0, "directory onto an empty one");
	EQ(links("e"), 3, "it brought its subdirectory");
	EQ(rename("e/sub", "top"), 0, "directory to another parent");
	EQ(links("e"), 2, "the old parent lost a link");
	rmdir("top");
	rmdir("e");
	unlink("b2");
	unlink("n");
}

static void test_long_rename(void)
{
	char longname[NAME_MAX + 1], toolong[NAME_MAX + 2];

	memset(longname, 'n', NAME_MAX);
	longname[NAME_MAX] = 0;
	memset(toolong, 'n', NAME_MAX + 1);
	toolong[NAME_MAX + 1] = 0;
	make_file(longname, "L");
	OK(content_is(longname, "L"), "a name of 255 bytes");
	FAILS(mkdir(toolong, 0755), ENAMETOOLONG, "a name of 256 bytes");
	EQ(rename(longname, "short"), 0, "long name to short");
	EQ(rename("short", longname), 0, "and back");
	OK(content_is(longname, "L"), "the file is there");
	EQ(unlink(longname), 0, "and goes");
}

static void test_symlinks(void)
{
	char buf[PATH_MAX], path[64];
	struct stat st;

	make_file("file", "F");
	mkdir("dir", 0755);
	EQ(symlink("file", "s"), 0, "symlink");
	EQ(readlink("s", buf, sizeof(buf)), 4, "readlink gives the length");
	EQ(readlink("s", buf, 2), 2, "and cuts at the buffer's end");
	FAILS(readlink("file", buf, sizeof(buf)), EINVAL, "readlink of a file");
	OK(content_is("s", "F"), "open follows");
	EQ(lstat("s", &st), 0, "lstat");
	OK(S_ISLNK(st.st_mode) && st.st_size == 4, "does not");
	FAILS(open("s", O_RDONLY | O_NOFOLLOW), ELOOP, "O_NOFOLLOW");
	FAILS(open("s", O_CREAT | O_EXCL | O_RDONLY, 0644), EEXIST, "O_EXCL does not follow");
	symlink("new", "dangling");
	EQ(close(open("dangling", O_CREAT | O_WRONLY, 0644)), 0, "O_CREAT follows a dangling link");
	EQ(access("new", F_OK), 0, "and makes its target");
	symlink("loop2", "loop1");
	symlink("loop1", "loop2");
	FAILS(open("loop1", O_RDONLY), ELOOP, "a loop");
	FAILS(stat("loop1/x", &st), ELOOP, "a loop in the middle");
	EQ(unlink("loop1"), 0, "unlink does not follow");
	symlink("dir", "sd");
	EQ(stat("sd/../file", &st), 0, ".. behind a link leads out of its target");
	FAILS(rmdir("sd"), ENOTDIR, "rmdir does not follow");
	FAILS(stat("s/", &st), ENOTDIR, "a slash behind a link to a file");
	EQ(lstat("sd/", &st), 0, "a slash behind a link to a directory");
	OK(S_ISDIR(st.st_mode), "follows it");
	/* A chain of 40 links is fine, of 41 not. */
	symlink("file", "c0");
	for (int i = 1; i < 41; i++) {
		snprintf(buf, sizeof(buf), "c%d", i - 1);
		snprintf(path, sizeof(path), "c%d", i);
		symlink(buf, path);
	}
	EQ(stat("c39", &st), 0, "40 links");
	FAILS(stat("c40", &st), ELOOP, "41 links");
	for (int i = 0; i < 41; i++) {
		snprintf(path, sizeof(path), "c%d", i);
		unlink(path);
	}
	unlink("s");
	unlink("sd");
	unlink("loop2");
	unlink("dangling");
	unlink("new");
	unlink("file");
	rmdir("dir");
}

static void test_walk(void)
{
	char path[PATH_MAX + 16];
	struct stat st;

	make_file("f", "x");
	FAILS(stat("f/x", &st), ENOTDIR, "a file in the middle");
	FAILS(stat("", &st), ENOENT, "an empty path");
	memset(path, '/', sizeof(path));
	path[PATH_MAX] = 0;
	FAILS(stat(path, &st), ENAMETOOLONG, "a path of 4096 bytes");
	path[PATH_MAX - 1] = 0;
	EQ(stat(path, &st), 0, "a path of 4095 slashes is /");
	FAILS(stat((char *)8, &st), EFAULT, "a wild pointer");
	EQ(stat("/../../tmp", &st), 0, ".. stops at the root");
	FAILS(mkdir("/", 0755), EEXIST, "mkdir of /");
	FAILS(rmdir("/"), EBUSY, "rmdir of /");
	EQ(open("f", O_CREAT | O_DIRECTORY | O_RDONLY, 0644), -1, "O_CREAT with O_DIRECTORY fails");
	FAILS(open("f", O_DIRECTORY | O_RDONLY), ENOTDIR, "O_DIRECTORY of a file");
	FAILS(open(".", O_WRONLY), EISDIR, "a directory for writing");
	unlink("f");
}

static void test_getdents(void)
{
	enum { FILES = 300 };
	static char seen[FILES];
	char name[300];
	struct dirent *e;
	int i, twice = 0, others = 0, all = 1;
	DIR *d;
	long pos;

	mkdir("many", 0755);
	for (i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "many/f%d", i);
		make_file(name, "");
	}
	d = opendir("many");
	while ((e = readdir(d))) {
		if (e->d_name[0] != 'f') {
			others++;
			continue;
		}
		i = atoi(e->d_name + 1);
		twice += seen[i]++;
		/* Removing what was listed must not make the listing skip or repeat others. */
		snprintf(name, sizeof(name), "many/%s", e->d_name);
		if (i % 2)
			unlink(name);
	}
	for (i = 0; i < FILES; i++)
		all &= seen[i];
	OK(all, "every name is listed");
	EQ(twice, 0, "none twice");
	EQ(others, 2, "and . and ..");
	rewinddir(d);
	pos = telldir(d);
	e = readdir(d);
	strcpy(name, e->d_name);
	readdir(d);
	seekdir(d, pos);
	e = readdir(d);
	OK(!strcmp(e->d_name, name), "seekdir goes back");
	closedir(d);
	FAILS(rmdir("many"), ENOTEMPTY, "rmdir of what is not empty");
	for (i = 0; i < FILES; i += 2) {
		snprintf(name, sizeof(name), "many/f%d", i);
		unlink(name);
	}
	EQ(rmdir("many"), 0, "rmdir of what is");
	EQ(syscall(SYS_getdents64, open("/dev/null", O_RDONLY), name, sizeof(name)), -1,
	   "getdents of a device fails");
}

int main(void)
{
	char dir[] = "/tmp/namesXXXXXX";

	if (!mkdtemp(dir) || chdir(dir) < 0) {
		perror(dir);
		return 1;
	}
	umask(022);
	test_links();
	test_open_unlinked();
	test_rename();
	test_long_rename();
	test_symlinks();
	test_walk();
	test_getdents();
	if (chdir("/") == 0)
		EQ(rmdir(dir), 0, "nothing is left");
	return TAP_DONE();
}
