// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls that take a directory's descriptor: each begins there and not in the current directory, an absolute name does not look
 * at it, a number that is not open is EBADF and a file ENOTDIR; their flags and empty names. Needs root for owners.
 */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

static char top[] = "/tmp/atXXXXXX";
static int dir, file, bad = 999;	/* descriptors: of top/d, of top/d/f, and one that is not open */
static struct stat st;
static char text[256];

static long renameat2_(int from_dir, const char *from, int to_dir, const char *to, unsigned int flags)
{
	return syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

/* As the kernel has it, without what the C library does about flags. */
static long kfchmodat(int at, const char *name, int mode)
{
	return syscall(SYS_fchmodat, at, name, mode);
}

static long kfaccessat(int at, const char *name, int mode)
{
	return syscall(SYS_faccessat, at, name, mode);
}

static long kfstatat(int at, const char *name, int flags)
{
	return syscall(SYS_newfstatat, at, name, &st, flags);
}

static long kutimensat(int at, const char *name, const struct timespec *times, int flags)
{
	return syscall(SYS_utimensat, at, name, times, flags);
}

static int is_file(const char *name)
{
	return !lstat(name, &st) && S_ISREG(st.st_mode);
}

/* What all have in common, for a call with descriptor `at` and name `n`. */
#define COMMON(call, what)                                                                         \
	do {                                                                                       \
		int at;                                                                            \
		const char *n = "x";                                                               \
		at = bad;                                                                          \
		FAILS(call, EBADF, what " from a number that is not open");                        \
		at = file;                                                                         \
		FAILS(call, ENOTDIR, what " from a file");                                         \
		at = -1, n = "x";                                                                  \
		FAILS(call, EBADF, what " from -1");                                               \
		at = dir, n = "";                                                                  \
		FAILS(call, ENOENT, what " of an empty name");                                     \
		n = (char *)8;                                                                     \
		FAILS(call, EFAULT, what " of a wild name");                                       \
		n = "nothing/x";                                                                   \
		FAILS(call, ENOENT, what " below what is not there");                              \
		n = "f/x";                                                                         \
		FAILS(call, ENOTDIR, what " below a file");                                        \
	} while (0)

static void common(void)
{
	COMMON(openat(at, n, O_RDONLY), "openat");
	COMMON(openat(at, n, O_RDWR | O_CREAT, 0600), "openat to create");
	COMMON(mkdirat(at, n, 0700), "mkdirat");
	COMMON(mknodat(at, n, S_IFIFO | 0600, 0), "mknodat");
	COMMON(unlinkat(at, n, 0), "unlinkat");
	COMMON(unlinkat(at, n, AT_REMOVEDIR), "unlinkat of a directory");
	COMMON(renameat2_(at, n, dir, "y", 0), "renameat");
	COMMON(renameat2_(dir, "f", at, n, 0), "renameat to there");
	COMMON(renameat2_(dir, "f", at, n, RENAME_NOREPLACE), "renameat2 to there");
	COMMON(linkat(at, n, dir, "y", 0), "linkat");
	COMMON(linkat(dir, "f", at, n, 0), "linkat to there");
	COMMON(symlinkat("f", at, n), "symlinkat");
	COMMON(kfstatat(at, n, 0), "fstatat");
	COMMON(kfstatat(at, n, AT_SYMLINK_NOFOLLOW), "fstatat of a link itself");
	COMMON(kfaccessat(at, n, R_OK), "faccessat");
	COMMON(kfchmodat(at, n, 0600), "fchmodat");
	COMMON(fchownat(at, n, 0, 0, 0), "fchownat");
	COMMON(kutimensat(at, n, NULL, 0), "utimensat");
	FAILS(readlinkat(bad, "x", text, 9), EBADF, "readlinkat from a number that is not open");
	FAILS(readlinkat(file, "x", text, 9), ENOTDIR, "readlinkat from a file");
	FAILS(readlinkat(dir, "x", text, 9), ENOENT, "readlinkat of nothing");
	FAILS(readlinkat(dir, "", text, 9), ENOENT, "readlinkat of a directory by an empty name");
	FAILS(readlinkat(file, "", text, 9), ENOENT, "or of a file");
	FAILS(readlinkat(dir, "f", text, 9), EINVAL, "or of one by its name");
}

/* Names count from the descriptor, and absolute ones from the root. */
static void places(void)
{
	int fd = openat(dir, "new", O_CREAT | O_EXCL | O_WRONLY, 0600);

	OK(fd >= 0 && is_file("d/new") && !is_file("new"), "openat creates in the directory");
	close(fd);
	snprintf(text, sizeof(text), "%s/d/new", top);
	EQ(close(openat(bad, text, O_RDONLY)), 0, "an absolute name needs no directory");
	EQ(close(openat(file, text, O_RDONLY)), 0, "and does not look at what is there");
	EQ(close(openat(AT_FDCWD, "d/new", O_RDONLY)), 0, "AT_FDCWD is the current one");
	FAILS(openat(dir, "new", O_CREAT | O_EXCL | O_WRONLY, 0600), EEXIST, "what is there is not created");
	EQ(close(openat(dir, "../d/new", O_RDONLY)), 0, ".. leads out of it");
	EQ(unlinkat(dir, "new", 0), 0, "unlinkat");
	EQ(mkdirat(dir, "sub", 0750), 0, "mkdirat");
	OK(!stat("d/sub", &st) && S_ISDIR(st.st_mode) && (st.st_mode & 0777) == 0750, "makes it there");
	FAILS(mkdirat(dir, "sub", 0750), EEXIST, "once");
	FAILS(unlinkat(dir, "sub", 0), EISDIR, "unlinkat of a directory needs AT_REMOVEDIR");
	FAILS(unlinkat(dir, "f", AT_REMOVEDIR), ENOTDIR, "which is for nothing else");
	FAILS(unlinkat(dir, "sub", 0x800), EINVAL, "and no other flag is known");
	EQ(mkdirat(dir, "sub/x", 0700), 0, "a longer name");
	FAILS(unlinkat(dir, "sub", AT_REMOVEDIR), ENOTEMPTY, "is not removed with what is in it");
	EQ(unlinkat(dir, "sub/x", AT_REMOVEDIR), 0, "but one after the other");
	fd = open("d/sub", O_RDONLY | O_DIRECTORY);
	EQ(unlinkat(dir, "sub", AT_REMOVEDIR), 0, "also while it is open");
	FAILS(mkdirat(fd, "x", 0700), ENOENT, "and in it nothing is made any more");
	FAILS(openat(fd, "x", O_CREAT | O_WRONLY, 0600), ENOENT, "no file");
	FAILS(renameat(dir, "f", fd, "f"), ENOENT, "nor moved there");
	FAILS(linkat(dir, "f", fd, "f", 0), ENOENT, "nor linked");
	EQ(kfstatat(fd, ".", 0), 0, ". is still there");
	close(fd);
	fd = open("d", O_PATH | O_DIRECTORY);
	EQ(close(openat(fd, "f", O_RDONLY)), 0, "O_PATH is enough to begin at");
	FAILS(getdents(fd, (void *)text, sizeof(text)), EBADF, "though not to list");
	close(fd);
	mkdir("moved", 0700);
	fd = open("moved", O_RDONLY);
	rename("moved", "elsewhere");
	EQ(mkdirat(fd, "x", 0700), 0, "a descriptor is for the directory, whatever its name");
	EQ(access("elsewhere/x", F_OK), 0, "which has moved");
	rmdir("elsewhere/x"), rmdir("elsewhere");
	close(fd);
}

static void renames(void)
{
	mknodat(dir, "a", S_IFREG | 0600, 0), mknodat(dir, "b", S_IFREG | 0600, 0);
	FAILS(renameat2_(dir, "a", dir, "b", RENAME_NOREPLACE), EEXIST, "RENAME_NOREPLACE replaces nothing");
	FAILS(renameat2_(dir, "a", dir, "a", RENAME_NOREPLACE), EEXIST, "not even itself");
	OK(is_file("d/a") && is_file("d/b"), "both are there");
	EQ(renameat2_(dir, "a", AT_FDCWD, "c", RENAME_NOREPLACE), 0, "but goes to a new name");
	OK(is_file("c") && !is_file("d/a"), "in another directory");
	FAILS(renameat2_(dir, "nothing", dir, "b", RENAME_NOREPLACE), ENOENT, "what is not there is that first");
	FAILS(renameat2_(dir, "b", dir, ".", RENAME_NOREPLACE), EEXIST, ". exists");
	FAILS(renameat2_(dir, "b", dir, ".", 0), EBUSY, "and is busy");
	FAILS(renameat2_(dir, "..", dir, "x", 0), EBUSY, "as .. is");
	FAILS(renameat2_(dir, "b", dir, "x/", RENAME_NOREPLACE), ENOTDIR, "a file does not become x/");
	FAILS(renameat2_(dir, "b", dir, "x", 1U << 31), EINVAL, "an unknown flag: EINVAL");
	FAILS(renameat2_(dir, "b", dir, "f", RENAME_NOREPLACE | 2), EINVAL, "not to replace and to exchange: EINVAL");
	EQ(renameat2_(AT_FDCWD, "c", dir, "b", 0), 0, "without it the target is replaced");
	OK(is_file("d/b") && !is_file("c"), "by what came");
	symlinkat("nothing", dir, "s");
	FAILS(renameat2_(dir, "b", dir, "s", RENAME_NOREPLACE), EEXIST, "a dangling link is something");
	unlinkat(dir, "s", 0), unlinkat(dir, "b", 0);
}

static void links(void)
{
	struct stat other;
	int fd;

	symlinkat("f", dir, "s");
	EQ(readlinkat(dir, "s", text, sizeof(text)), 1, "readlinkat of a link");
	EQ(text[0], 'f', "tells its text");
	FAILS(syscall(SYS_readlinkat, dir, "s", text, 0), EINVAL, "to no room: EINVAL");
	FAILS(readlinkat(dir, "s", (char *)8, 10), EFAULT, "to a wild place: EFAULT");
	fd = openat(dir, "s", O_PATH | O_NOFOLLOW);
	EQ(readlinkat(fd, "", text, sizeof(text)), 1, "also by a descriptor of the link and an empty name");
	EQ(fstat(fd, &st), 0, "fstat of that descriptor");
	OK(S_ISLNK(st.st_mode), "is of the link");
	FAILS(openat(fd, "x", O_RDONLY), ENOTDIR, "at which nothing begins");
	close(fd);
	EQ(linkat(dir, "s", AT_FDCWD, "hard", 0), 0, "linkat of a link");
	OK(!lstat("hard", &st) && S_ISLNK(st.st_mode), "gives the link another name");
	unlink("hard");
	EQ(linkat(dir, "s", AT_FDCWD, "hard", AT_SYMLINK_FOLLOW), 0, "with AT_SYMLINK_FOLLOW");
	OK(!lstat("hard", &st) && !stat("d/f", &other) && st.st_ino == other.st_ino, "its target");
	unlink("hard");
	FAILS(linkat(dir, "f", dir, "x", 0x100), EINVAL, "another flag: EINVAL");
	FAILS(linkat(dir, "f", dir, "f", 0), EEXIST, "onto itself: EEXIST");
	FAILS(linkat(AT_FDCWD, "d", dir, "x", 0), EPERM, "of a directory: EPERM");
	FAILS(linkat(file, "", AT_FDCWD, "hard", 0), ENOENT, "of a descriptor without AT_EMPTY_PATH");
	EQ(linkat(file, "", AT_FDCWD, "hard", AT_EMPTY_PATH), 0, "with it");
	OK(!lstat("hard", &st) && st.st_ino == other.st_ino && st.st_nlink == 2, "a name more");
	unlink("hard");
	FAILS(linkat(dir, "", AT_FDCWD, "hard", AT_EMPTY_PATH), EPERM, "of a directory neither");
	unlinkat(dir, "s", 0);
}

static void stats(void)
{
	ino_t d, f, s;

	symlinkat("f", dir, "s");
	stat("d", &st), d = st.st_ino;
	stat("d/f", &st), f = st.st_ino;
	lstat("d/s", &st), s = st.st_ino;
	OK(!kfstatat(dir, "f", 0) && st.st_ino == f, "fstatat");
	OK(!kfstatat(dir, "s", 0) && st.st_ino == f, "follows a link");
	OK(!kfstatat(dir, "s", AT_SYMLINK_NOFOLLOW) && st.st_ino == s, "or not");
	OK(!kfstatat(dir, "", AT_EMPTY_PATH) && st.st_ino == d, "AT_EMPTY_PATH: the descriptor itself");
	OK(!kfstatat(file, "", AT_EMPTY_PATH) && st.st_ino == f, "also of a file");
	OK(!kfstatat(dir, "f", AT_EMPTY_PATH) && st.st_ino == f, "a name goes before");
	OK(!kfstatat(AT_FDCWD, "", AT_EMPTY_PATH) && S_ISDIR(st.st_mode), "with AT_FDCWD the current directory");
	FAILS(kfstatat(bad, "", AT_EMPTY_PATH), EBADF, "no descriptor: EBADF");
	FAILS(kfstatat(dir, "f", 0x10), EINVAL, "an unknown flag: EINVAL");
	FAILS(syscall(SYS_newfstatat, dir, "f", 8, 0), EFAULT, "a wild place: EFAULT");
	FAILS(kfstatat(dir, "f/", 0), ENOTDIR, "a slash behind a file: ENOTDIR");
	int ends[2], fd = openat(dir, "s", O_PATH | O_NOFOLLOW);

	OK(!kfstatat(fd, "", AT_EMPTY_PATH) && st.st_ino == s, "a descriptor of a link is the link");
	close(fd);
	OK(!pipe(ends) && !kfstatat(ends[0], "", AT_EMPTY_PATH) && S_ISFIFO(st.st_mode), "a pipe's");
	FAILS(kfstatat(ends[0], "x", 0), ENOTDIR, "nothing begins there");
	close(ends[0]), close(ends[1]);
	unlinkat(dir, "s", 0);
}

static void modes_and_owners(void)
{
	symlinkat("f", dir, "s");
	EQ(kfchmodat(dir, "s", 0640), 0, "fchmodat follows a link");
	stat("d/f", &st);
	EQ(st.st_mode & 07777, 0640, "to its file");
	EQ(fchownat(dir, "s", 5, 6, 0), 0, "fchownat as well");
	stat("d/f", &st);
	EQ(st.st_uid * 100 + st.st_gid, 506, "to its file");
	EQ(fchownat(dir, "s", 7, 8, AT_SYMLINK_NOFOLLOW), 0, "unless it is told not to");
	stat("d/f", &st);
	EQ(st.st_uid * 100 + st.st_gid, 506, "the file stays");
	lstat("d/s", &st);
	EQ(st.st_uid * 100 + st.st_gid, 708, "the link is another's");
	EQ(fchownat(file, "", 9, -1, AT_EMPTY_PATH), 0, "a descriptor's owner, -1 leaves the group");
	fstat(file, &st);
	EQ(st.st_uid * 100 + st.st_gid, 906, "as it was");
	FAILS(fchownat(dir, "f", 0, 0, 0x10), EINVAL, "an unknown flag: EINVAL");
	fchown(file, 0, 0);
	unlinkat(dir, "s", 0);
}

static void access_by_real_ids(void)
{
	MUST(!mkdirat(dir, "hidden", 0700) && !close(openat(dir, "hidden/f", O_CREAT | O_WRONLY, 0666)));
	MUST(!chmod(top, 0755) && !chmod("d", 0755));
	MUST(!kfchmodat(dir, "f", 0600));
	MUST(!setresuid(1000, 0, 0));
	MUST(!kfaccessat(dir, "f", F_OK));
	MUST_FAIL(kfaccessat(dir, "f", R_OK), EACCES);
	MUST(!syscall(SYS_faccessat2, dir, "f", R_OK, AT_EACCESS));
	MUST_FAIL(kfaccessat(dir, "hidden/f", F_OK), EACCES);		/* the way there, too */
	MUST(!syscall(SYS_faccessat2, dir, "hidden/f", F_OK, AT_EACCESS));
	MUST(!setresuid(0, 1000, 0));
	MUST(!kfaccessat(dir, "f", R_OK | W_OK));
	MUST(!kfaccessat(dir, "hidden/f", R_OK));
	MUST_FAIL(kfaccessat(dir, "f", X_OK), EACCES);
	MUST_FAIL(syscall(SYS_faccessat2, dir, "f", R_OK, AT_EACCESS), EACCES);
	MUST_FAIL(syscall(SYS_faccessat2, dir, "hidden/f", F_OK, AT_EACCESS), EACCES);
	MUST(!setresuid(0, 0, 0));
	MUST_FAIL(kfaccessat(dir, "f", 8), EINVAL);
	MUST_FAIL(syscall(SYS_faccessat2, dir, "f", R_OK, 1), EINVAL);
	MUST(!syscall(SYS_faccessat2, file, "", R_OK, AT_EMPTY_PATH));
	MUST(!symlinkat("nothing", dir, "dangling"));
	MUST_FAIL(kfaccessat(dir, "dangling", F_OK), ENOENT);
	MUST(!syscall(SYS_faccessat2, dir, "dangling", F_OK, AT_SYMLINK_NOFOLLOW));
	MUST(!unlinkat(dir, "dangling", 0) && !unlinkat(dir, "hidden/f", 0) && !unlinkat(dir, "hidden", AT_REMOVEDIR));
}

static void times(void)
{
	struct timespec t[2] = {{1000, 5}, {2000, 6}}, bad_ns[2] = {{0, 1000000000}, {0, 0}}, omit[2] = {{7, UTIME_OMIT}, {7, UTIME_OMIT}};

	symlinkat("f", dir, "s");
	EQ(kutimensat(dir, "f", t, 0), 0, "utimensat");
	fstat(file, &st);
	OK(st.st_atim.tv_sec == 1000 && st.st_atim.tv_nsec == 5 && st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 6, "sets both");
	t[0].tv_nsec = UTIME_OMIT, t[1].tv_sec = 3000;
	EQ(kutimensat(dir, "s", t, 0), 0, "by a link, one of them");
	fstat(file, &st);
	OK(st.st_atim.tv_sec == 1000 && st.st_mtim.tv_sec == 3000, "the other stays");
	t[0].tv_nsec = 0, t[0].tv_sec = 4000;
	EQ(kutimensat(dir, "s", t, AT_SYMLINK_NOFOLLOW), 0, "the link's own");
	fstat(file, &st);
	OK(st.st_atim.tv_sec == 1000, "not the file's");
	lstat("d/s", &st);
	OK(st.st_atim.tv_sec == 4000, "but its");
	t[0].tv_nsec = UTIME_NOW, t[1].tv_nsec = UTIME_OMIT;
	EQ(kutimensat(file, NULL, t, 0), 0, "no name: the descriptor");
	fstat(file, &st);
	OK(st.st_atim.tv_sec > 4000 && st.st_mtim.tv_sec == 3000, "UTIME_NOW and UTIME_OMIT");
	EQ(kutimensat(file, "", omit, AT_EMPTY_PATH), 0, "an empty one with AT_EMPTY_PATH");
	EQ(kutimensat(dir, "nothing", omit, 0), 0, "two times UTIME_OMIT do not even look");
	FAILS(kutimensat(dir, "f", bad_ns, 0), EINVAL, "a second of nanoseconds: EINVAL");
	FAILS(kutimensat(dir, "nothing", bad_ns, 0), ENOENT, "of what is not there: ENOENT");
	FAILS(kutimensat(dir, "f", t, 0x10), EINVAL, "an unknown flag: EINVAL");
	FAILS(kutimensat(dir, "f", (void *)8, 0), EFAULT, "times at a wild address: EFAULT");
	FAILS(kutimensat(AT_FDCWD, NULL, t, 0), EFAULT, "no name and no descriptor: EFAULT");
	FAILS(kutimensat(file, NULL, t, AT_SYMLINK_NOFOLLOW), EINVAL, "no name, but a flag: EINVAL");
	FAILS(kutimensat(bad, NULL, t, 0), EBADF, "no name of no descriptor: EBADF");
	EQ(kutimensat(dir, "f", NULL, 0), 0, "no times: both now");
	fstat(file, &st);
	OK(st.st_mtim.tv_sec > 4000, "so they are");
	unlinkat(dir, "s", 0);
}

int main(void)
{
	if (getuid()) {
		printf("1..0 # SKIP needs root\n");
		return 0;
	}
	umask(0);
	if (!mkdtemp(top) || chdir(top) || mkdir("d", 0755))
		return 1;
	dir = open("d", O_RDONLY | O_DIRECTORY);
	file = openat(dir, "f", O_CREAT | O_RDWR, 0644);
	common();
	places();
	renames();
	links();
	stats();
	modes_and_owners();
	EQ(in_child(access_by_real_ids), 0, "faccessat asks for the real ids, with AT_EACCESS for the effective ones");
	times();
	EQ(unlinkat(dir, "f", 0), 0, "the file goes");
	EQ(rmdir("d"), 0, "its directory");
	EQ(chdir("/") || rmdir(top), 0, "and nothing is left");
	return TAP_DONE();
}
