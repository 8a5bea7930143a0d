// SPDX-License-Identifier: GPL-2.0-only
/*
 * Identity: what each call may set, which ids it changes (credentials(7)), what fsuid and groups mean to files, and what a task
 * loses with a change. Each group of checks changes itself in a child. Needs root; set-user-ID programs are in perm.c.
 */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define NAME "/tmp/creds-test"

static int uids_are(uid_t ruid, uid_t euid, uid_t suid, uid_t fsuid)
{
	uid_t r, e, s;

	return !getresuid(&r, &e, &s) && r == ruid && e == euid && s == suid && (uid_t)setfsuid(-1) == fsuid && getuid() == r && geteuid() == e;
}

static int gids_are(gid_t rgid, gid_t egid, gid_t sgid, gid_t fsgid)
{
	gid_t r, e, s;

	return !getresgid(&r, &e, &s) && r == rgid && e == egid && s == sgid && (gid_t)setfsgid(-1) == fsgid && getgid() == r && getegid() == e;
}

static void setreuid_rules(void)
{
	MUST(!setreuid(-1, -1) && uids_are(0, 0, 0, 0));
	MUST(!setreuid(100, 200));
	MUST(uids_are(100, 200, 200, 200));
	MUST_FAIL(setreuid(300, -1), EPERM);
	MUST_FAIL(setreuid(-1, 300), EPERM);
	MUST_FAIL(setreuid(100, 0), EPERM);
	MUST(uids_are(100, 200, 200, 200));
	MUST(!setreuid(200, 100));		/* exchanged */
	MUST(uids_are(200, 100, 100, 100));
	MUST(!setreuid(-1, 200));		/* the real one: the saved one stays */
	MUST(uids_are(200, 200, 100, 200));
	MUST_FAIL(setreuid(100, -1), EPERM);	/* the saved one becomes effective only */
	MUST(!setreuid(-1, 100));
	MUST(uids_are(200, 100, 100, 100));
	MUST(!setreuid(100, -1));		/* and then real */
	MUST(uids_are(100, 100, 100, 100));
}

static void setreuid_of_root(void)
{
	MUST(!setreuid(-1, 100));		/* other than the real one: saved as well */
	MUST(uids_are(0, 100, 100, 100));
	MUST(!setreuid(-1, 0));
	MUST(uids_are(0, 0, 100, 0));
	MUST(!setreuid(100, -1));
	MUST(uids_are(100, 0, 0, 0));
	MUST(!setreuid(300, 300));		/* still privileged */
	MUST(uids_are(300, 300, 300, 300));
}

static void setregid_rules(void)
{
	MUST(!setregid(-1, 100));
	MUST(gids_are(0, 100, 100, 100));
	MUST(!setregid(300, 400));		/* it is the uid that has the privilege */
	MUST(gids_are(300, 400, 400, 400));
	MUST(!setuid(1000));
	MUST_FAIL(setregid(500, -1), EPERM);
	MUST_FAIL(setregid(-1, 500), EPERM);
	MUST(!setregid(400, 300));
	MUST(gids_are(400, 300, 300, 300));
	MUST(!setregid(-1, 400));
	MUST(gids_are(400, 400, 300, 400));
	MUST_FAIL(setregid(300, -1), EPERM);
	MUST(!setregid(-1, 300));
	MUST(gids_are(400, 300, 300, 300));
}

static void setresuid_rules(void)
{
	uid_t id;

	MUST(!setresuid(100, 200, 300));
	MUST(uids_are(100, 200, 300, 200));
	MUST_FAIL(setresuid(-1, -1, 400), EPERM);
	MUST_FAIL(setresuid(400, 100, 100), EPERM);
	MUST_FAIL(setresuid(100, 400, 100), EPERM);
	MUST(uids_are(100, 200, 300, 200));
	MUST(!setresuid(300, 100, 200));
	MUST(uids_are(300, 100, 200, 100));
	MUST(!setresuid(-1, -1, 100));
	MUST(uids_are(300, 100, 100, 100));
	MUST_FAIL(syscall(SYS_getresuid, 8, &id, &id), EFAULT);
	MUST_FAIL(syscall(SYS_getresuid, &id, 8, &id), EFAULT);
	MUST_FAIL(syscall(SYS_getresuid, &id, &id, 8), EFAULT);
}

static void setresgid_rules(void)
{
	gid_t id;

	MUST(!setresgid(100, 200, 300));
	MUST(gids_are(100, 200, 300, 200));
	MUST(!setuid(1000));
	MUST_FAIL(setresgid(-1, -1, 400), EPERM);
	MUST_FAIL(setresgid(0, -1, -1), EPERM);
	MUST(!setresgid(300, 100, 200));
	MUST(gids_are(300, 100, 200, 100));
	MUST_FAIL(syscall(SYS_getresgid, 8, &id, &id), EFAULT);
	MUST_FAIL(syscall(SYS_getresgid, &id, &id, 8), EFAULT);
}

static void setuid_rules(void)
{
	MUST_FAIL(setuid(-1), EINVAL);
	MUST_FAIL(setgid(-1), EINVAL);
	MUST(!setresgid(100, 200, 300) && !setresuid(100, 200, 300));
	MUST_FAIL(setuid(200), EPERM);		/* the effective one is not among them */
	MUST_FAIL(setgid(200), EPERM);
	MUST_FAIL(setuid(0), EPERM);
	MUST(!setuid(300) && uids_are(100, 300, 300, 300));
	MUST(!setgid(300) && gids_are(100, 300, 300, 300));
	MUST(!setuid(100) && uids_are(100, 100, 300, 100));
	MUST(!setgid(100) && gids_are(100, 100, 300, 100));
}

static void root_again(void)
{
	MUST(!setresuid(-1, 1000, -1));
	MUST_FAIL(chroot("/"), EPERM);
	MUST_FAIL(sethostname("x", 1), EPERM);
	MUST_FAIL(setgroups(0, NULL), EPERM);
	MUST(!setresuid(-1, 0, -1));
	MUST(!chroot("/") && !setgroups(0, NULL));
	MUST(!setuid(1000));
	MUST(uids_are(1000, 1000, 1000, 1000));
	MUST_FAIL(setuid(0), EPERM);
	MUST_FAIL(setresuid(-1, 0, -1), EPERM);
	MUST_FAIL(chroot("/"), EPERM);
}

static void setfsuid_rules(void)
{
	MUST(setfsuid(100) == 0 && uids_are(0, 0, 0, 100));
	MUST(setfsuid(200) == 100 && uids_are(0, 0, 0, 200));
	MUST(!setresuid(-1, 0, -1) && uids_are(0, 0, 0, 0));		/* follows the effective one */
	MUST(setfsgid(100) == 0 && gids_are(0, 0, 0, 100));
	MUST(!setgid(5) && gids_are(5, 5, 5, 5));
	MUST(!setresuid(1, 2, 3));
	MUST(setfsuid(4) == 2 && setfsuid(3) == 2 && setfsuid(1) == 3 && setfsuid(0) == 1 && uids_are(1, 2, 3, 1));
	MUST(setfsgid(4) == 5 && gids_are(5, 5, 5, 5));
}

static int mode_of(const char *name, struct stat *st)
{
	return stat(name, st) ? -1 : (int)(st->st_mode & 07777);
}

static void fsuid_and_files(void)
{
	struct stat st;
	int fd = open(NAME, O_CREAT | O_RDWR, 0600);

	MUST(fd >= 0 && !fchown(fd, 5, 5) && !fchmod(fd, 0600));
	MUST(setfsuid(100) == 0 && setfsgid(200) == 0);
	/* The privileges over files have gone with it: credentials of a file server that acts for somebody. */
	MUST_FAIL(open(NAME, O_RDONLY), EACCES);
	MUST_FAIL(chown(NAME, 100, -1), EPERM);
	MUST_FAIL(chmod(NAME, 0666), EPERM);
	MUST_FAIL(mknod(NAME "-dev", S_IFCHR | 0600, 1 << 8 | 3), EPERM);
	MUST(open(NAME "-new", O_CREAT | O_WRONLY, 0600) >= 0);
	MUST(!stat(NAME "-new", &st) && st.st_uid == 100 && st.st_gid == 200);
	/* Others have not. */
	MUST(!chroot("/") && !setgroups(0, NULL) && !kill(1, 0));
	MUST(access(NAME, R_OK) == 0);		/* the real uid is meant */
	MUST_FAIL(faccessat(AT_FDCWD, NAME, R_OK, AT_EACCESS), EACCES);
	MUST(setfsuid(5) == 100);
	MUST(open(NAME, O_RDONLY) >= 0 && !chmod(NAME, 0640));
	MUST(setfsuid(0) == 5);
	MUST(open(NAME, O_RDONLY) >= 0 && !chown(NAME, 6, -1));
	MUST(mode_of(NAME, &st) == 0640 && st.st_uid == 6);
	MUST(!unlink(NAME) && !unlink(NAME "-new"));
}

/* With the saved or real uid 0, fsuid 0 brings them back. */
static void fsuid_0_alone(void)
{
	MUST(open(NAME, O_CREAT | O_RDWR, 0600) >= 0 && !chown(NAME, 5, 5));
	MUST(!setresuid(-1, 100, -1));
	MUST_FAIL(open(NAME, O_RDONLY), EACCES);
	MUST(setfsuid(0) == 100);
	MUST(open(NAME, O_RDONLY) >= 0 && !chown(NAME, 6, -1));
	MUST_FAIL(chroot("/"), EPERM);
	MUST(!unlink(NAME));
}

static void groups_rules(void)
{
	gid_t some[4] = {30, 10, 20, 10}, got[8] = {0};
	int n;

	MUST(!setgroups(4, some));
	n = getgroups(0, NULL);
	MUST(n == 4);
	MUST_FAIL(getgroups(3, got), EINVAL);
	MUST_FAIL(getgroups(-1, got), EINVAL);
	MUST(getgroups(8, got) == 4);
	MUST(got[0] == 10 && got[1] == 10 && got[2] == 20 && got[3] == 30 && !got[4]);
	MUST_FAIL(syscall(SYS_getgroups, 8, 8), EFAULT);
	MUST_FAIL(syscall(SYS_setgroups, 65537, some), EINVAL);
	MUST_FAIL(syscall(SYS_setgroups, -1, some), EINVAL);
	MUST_FAIL(syscall(SYS_setgroups, 4, 8), EFAULT);
	MUST(getgroups(0, NULL) == 4);
	MUST(!setgid(5) && getgroups(0, NULL) == 4);
	MUST(!setuid(1000) && getgroups(0, NULL) == 4);
	MUST_FAIL(setgroups(0, NULL), EPERM);
	MUST_FAIL(setgroups(4, some), EPERM);
	MUST_FAIL(syscall(SYS_setgroups, -1, some), EPERM);
}

static void groups_and_files(void)
{
	gid_t some[3] = {10, 20, 30};

	MUST(open(NAME, O_CREAT | O_RDWR, 0600) >= 0 && !chown(NAME, 5, 30) && !chmod(NAME, 0040));
	MUST(!setgroups(3, some) && !setgid(7) && !setresuid(-1, 100, -1));
	MUST(open(NAME, O_RDONLY) >= 0);	/* by a supplementary group */
	MUST_FAIL(open(NAME, O_WRONLY), EACCES);
	MUST(!setresuid(-1, 0, -1) && !setgroups(2, some) && !setresuid(-1, 100, -1));
	MUST_FAIL(open(NAME, O_RDONLY), EACCES);
	MUST(!setresuid(-1, 0, -1) && !setresgid(30, 7, 7) && !setresuid(-1, 100, -1));
	MUST_FAIL(open(NAME, O_RDONLY), EACCES);		/* the real gid does not count */
	MUST(setfsgid(30) == 7);
	MUST(open(NAME, O_RDONLY) >= 0);
	MUST(!setresuid(-1, 0, -1) && !unlink(NAME));
}

static int death_signal(void)
{
	int sig = -1;

	prctl(PR_GET_PDEATHSIG, &sig);
	return sig;
}

static void what_goes(void)
{
	MUST(prctl(PR_GET_DUMPABLE) == 1);
	MUST(!prctl(PR_SET_PDEATHSIG, SIGUSR1));
	MUST(!setresuid(100, -1, 100));			/* neither effective nor fsuid */
	MUST(death_signal() == SIGUSR1 && prctl(PR_GET_DUMPABLE) == 1);
	MUST(!setgroups(0, NULL));
	MUST(death_signal() == SIGUSR1 && prctl(PR_GET_DUMPABLE) == 1);
	MUST(setfsuid(100) == 0);
	MUST(death_signal() == 0 && prctl(PR_GET_DUMPABLE) != 1);
	MUST(!prctl(PR_SET_DUMPABLE, 1) && !prctl(PR_SET_PDEATHSIG, SIGUSR1));
	MUST(setfsgid(100) == 0);
	MUST(death_signal() == 0 && prctl(PR_GET_DUMPABLE) != 1);
	MUST(!prctl(PR_SET_DUMPABLE, 1) && !prctl(PR_SET_PDEATHSIG, SIGUSR1));
	MUST(!setresgid(-1, 300, -1));
	MUST(death_signal() == 0 && prctl(PR_GET_DUMPABLE) != 1);
	MUST(!prctl(PR_SET_DUMPABLE, 1) && !prctl(PR_SET_PDEATHSIG, SIGUSR1));
	MUST(!setuid(100));
	MUST(death_signal() == 0 && prctl(PR_GET_DUMPABLE) != 1);
}

static void *become_100(void *arg)
{
	return (void *)(long)(syscall(SYS_setresuid, 100, 100, 100) || geteuid() != 100);
}

static void threads(void)
{
	pthread_t t;
	void *bad = (void *)1;

	MUST(!pthread_create(&t, NULL, become_100, NULL) && !pthread_join(t, &bad));
	MUST(!bad);
	MUST(uids_are(0, 0, 0, 0));
}

int main(void)
{
	if (getuid()) {
		printf("1..0 # SKIP needs root\n");
		return 0;
	}
	umask(0);
	EQ(in_child(setreuid_rules), 0, "setreuid: real and effective are exchanged, and what else it allows");
	EQ(in_child(setreuid_of_root), 0, "setreuid by root");
	EQ(in_child(setregid_rules), 0, "setregid");
	EQ(in_child(setresuid_rules), 0, "setresuid: any of the three becomes any");
	EQ(in_child(setresgid_rules), 0, "setresgid");
	EQ(in_child(setuid_rules), 0, "setuid and setgid without privilege: the effective id alone");
	EQ(in_child(root_again), 0, "privilege goes with the effective uid, and comes back with it");
	EQ(in_child(setfsuid_rules), 0, "setfsuid and setfsgid tell the old one, whatever happens");
	EQ(in_child(fsuid_and_files), 0, "fsuid decides on files, and root's power over them goes with it");
	EQ(in_child(fsuid_0_alone), 0, "fsuid 0 alone has it");
	EQ(in_child(groups_rules), 0, "setgroups and getgroups");
	EQ(in_child(groups_and_files), 0, "supplementary groups and fsgid open files, the real gid does not");
	EQ(in_child(what_goes), 0, "a change of effective or file system ids takes the signal of a parent's death, and dumps");
	EQ(in_child(threads), 0, "a thread changes itself alone");
	unlink(NAME), unlink(NAME "-new"), unlink(NAME "-dev");
	EQ(getuid() + geteuid(), 0, "the parent is who it was");
	return TAP_DONE();
}
