// SPDX-License-Identifier: GPL-2.0-only
/* Permissions: file modes, directories, the sticky bit, set-user-ID, identity calls, who may signal whom. Needs root. */
#define _GNU_SOURCE
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DIR_NAME "/tmp/perm-test"

/* Run the expression in a child with this identity; returns the errno it ends with, 0 when it gave no -1. */
#define AS(uid, gid, expr)                                                                         \
	({                                                                                         \
		int as_status = -1;                                                                \
		pid_t as_pid = fork();                                                             \
		if (!as_pid) {                                                                     \
			setgroups(0, NULL);                                                        \
			if (setgid(gid) || setuid(uid))                                            \
				_exit(255);                                                        \
			_exit((expr) == -1 ? errno : 0);                                           \
		}                                                                                  \
		waitpid(as_pid, &as_status, 0);                                                    \
		WEXITSTATUS(as_status);                                                            \
	})

static void make(const char *path, int mode, int uid, int gid)
{
	close(open(path, O_CREAT | O_WRONLY, 0600));
	chown(path, uid, gid);
	chmod(path, mode);
}

static void modes(void)
{
	make("f", 0640, 100, 200);
	EQ(AS(100, 1, open("f", O_RDWR)), 0, "the owner reads and writes");
	EQ(AS(101, 200, open("f", O_RDONLY)), 0, "the group reads");
	EQ(AS(101, 200, open("f", O_WRONLY)), EACCES, "but does not write");
	EQ(AS(101, 1, open("f", O_RDONLY)), EACCES, "others do neither");
	chmod("f", 0066);
	EQ(AS(100, 200, open("f", O_RDONLY)), EACCES, "the owner's bits alone count for the owner");
	EQ(open("f", O_RDWR) < 0, 0, "root reads and writes anything");
	chmod("f", 0600);
	EQ(AS(100, 1, access("f", R_OK | W_OK)), 0, "access agrees for the owner");
	EQ(AS(101, 1, access("f", R_OK)), EACCES, "and for others");
	EQ(AS(101, 1, chmod("f", 0777)), EPERM, "only the owner changes the mode");
	EQ(AS(100, 1, chown("f", 101, -1)), EPERM, "only root gives a file away");
	EQ(AS(100, 300, chown("f", -1, 300)), 0, "the owner gives it to a group of his");
	EQ(AS(100, 300, chown("f", -1, 301)), EPERM, "and to no other");
	FAILS(execl("f", "f", NULL), EACCES, "what is not executable is not executed, by root neither");
}

static void directories(void)
{
	mkdir("d", 0755);
	make("d/f", 0666, 100, 1);
	chmod("d", 0700);
	EQ(AS(100, 1, open("d/f", O_RDONLY)), EACCES, "a folder without x for me hides its files");
	chmod("d", 0711);
	EQ(AS(100, 1, open("d/f", O_RDONLY)), 0, "with x they are reached");
	EQ(AS(100, 1, open("d", O_RDONLY)), EACCES, "without r it is not listed");
	EQ(AS(100, 1, unlink("d/f")), EACCES, "without w nothing is removed");
	EQ(AS(100, 1, mkdir("d/new", 0777)), EACCES, "nor made");
	chmod("d", 01777);
	EQ(AS(101, 1, unlink("d/f")), EPERM, "in a sticky folder others remove nothing of mine");
	EQ(AS(101, 1, rename("d/f", "d/g")), EPERM, "nor rename it");
	EQ(AS(100, 1, rename("d/f", "d/g")), 0, "but I do");
	EQ(AS(100, 1, unlink("d/g")), 0, "and remove it");
}

static void set_ids(void)
{
	uid_t r, e, s;

	EQ(AS(100, 100, setuid(0)), EPERM, "who is not root does not become root");
	EQ(AS(100, 100, setgid(0)), EPERM, "nor its group");
	EQ(AS(100, 100, setgroups(0, NULL)), EPERM, "nor chooses groups");
	EQ(AS(100, 100, setresuid(-1, 101, -1)), EPERM, "nor becomes another");
	EQ(AS(100, 100, setresuid(100, 100, 100)), 0, "but stays who he is");
	EQ(AS(0, 0, setresuid(1, 2, 3) || getresuid(&r, &e, &s) || r != 1 || e != 2 || s != 3 ? -1 : setresuid(3, 1, 2)), 0,
	   "three ids are set, and then exchanged without root");
	EQ(AS(0, 0, seteuid(100) || seteuid(0) ? -1 : 0), 0, "root lays its rights down and takes them up");
}

static void signals(void)
{
	pid_t mine = fork(), yours;

	if (!mine) {
		setuid(100);
		for (;;)
			pause();
	}
	yours = fork();
	if (!yours) {
		setuid(101);
		for (;;)
			pause();
	}
	usleep(50000);
	EQ(AS(100, 1, kill(mine, 0)), 0, "I may signal what is mine");
	EQ(AS(100, 1, kill(yours, 0)), EPERM, "not what is yours");
	EQ(AS(100, 1, kill(1, SIGTERM)), EPERM, "nor the first process");
	EQ(kill(mine, SIGKILL) | kill(yours, SIGKILL), 0, "root signals anyone");
	waitpid(mine, NULL, 0);
	waitpid(yours, NULL, 0);
}

static void creation(void)
{
	struct stat st;

	umask(027);
	close(open("u", O_CREAT | O_WRONLY, 0666));
	stat("u", &st);
	EQ(st.st_mode & 07777, 0640, "umask takes bits away");
	mkdir("ud", 0777);
	stat("ud", &st);
	EQ(st.st_mode & 07777, 0750, "from folders too");
	umask(022);
	chmod(".", 0777);
	EQ(AS(100, 200, close(open("mine", O_CREAT | O_WRONLY, 0600))), 0, "a user makes a file");
	stat("mine", &st);
	EQ(st.st_uid, 100, "it is his");
	EQ(st.st_gid, 200, "and his group's");
}

/* The mode of a file that uid, gid makes in "set", whose setgid bit hands its group 300 down. */
static int made_mode(int uid, int gid, int mode)
{
	struct stat st = {0};

	AS(uid, gid, close(open("set/new", O_CREAT | O_WRONLY, mode)));
	stat("set/new", &st);
	unlink("set/new");
	return (int)st.st_mode & 07777;
}

static void handed_down(void)
{
	umask(0);
	mkdir("set", 0777);
	chown("set", 0, 300);
	chmod("set", 02777);
	EQ(made_mode(100, 200, 02775), 0775, "no setgid program of a group that is not the maker's");
	EQ(made_mode(100, 300, 02775), 02775, "but of his own");
	EQ(made_mode(100, 200, 02765), 02765, "without group execution the bit is no power");
	EQ(made_mode(0, 0, 02775), 02775, "root may");
	umask(022);
}

/* linkat(AT_EMPTY_PATH) would bring a file back that others have hidden. Since 6.10 Linux lets who opened it do that. */
static void links_of_descriptors(void)
{
	chmod("set", 0777);
	EQ(AS(100, 200, linkat(open("/proc/version", O_RDONLY), "", AT_FDCWD, "set/x", AT_EMPTY_PATH)), ENOENT,
	   "a name for a descriptor");
	rmdir("set");
}

int main(void)
{
	if (getuid()) {
		printf("1..0 # SKIP needs root\n");
		return 0;
	}
	mkdir(DIR_NAME, 0755);
	if (chdir(DIR_NAME))
		return 1;
	modes();
	directories();
	set_ids();
	signals();
	creation();
	handed_down();
	links_of_descriptors();
	return TAP_DONE();
}
