// SPDX-License-Identifier: GPL-2.0-only
/* prctl: who takes orphans, no new privileges, timer slack. */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define COPY "/tmp/prctl.setid"

static int parent_of(pid_t pid)
{
	char name[32];
	int parent = -1;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	f = fopen(name, "r");
	if (f) {
		if (fscanf(f, "%*d (%*[^)]) %*c %d", &parent) != 1)
			parent = -1;
		fclose(f);
	}
	return parent;
}

// ---- who takes orphans ----

/* A grandchild, whose parent `dies` at once. Its pid, told by a pipe; it waits for `go` to be closed. */
static pid_t make_orphan(int *go)
{
	int hold[2], tell[2];
	pid_t pid = -1, child;

	if (pipe(hold) || pipe(tell))
		abort();
	child = fork();
	if (!child) {
		char c;

		pid = fork();
		if (!pid) {
			close(hold[1]);
			read(hold[0], &c, 1);
			_exit(7);
		}
		write(tell[1], &pid, sizeof(pid));
		_exit(0);
	}
	MUST(waitpid(child, NULL, 0) == child);
	MUST(read(tell[0], &pid, sizeof(pid)) == sizeof(pid));
	close(hold[0]);
	close(tell[0]);
	close(tell[1]);
	*go = hold[1];
	return pid;
}

static void takes_orphans(void)
{
	int on = -1, status, go;
	pid_t pid;

	MUST(!prctl(PR_GET_CHILD_SUBREAPER, &on) && on == 0);
	MUST(!prctl(PR_SET_CHILD_SUBREAPER, 5));
	MUST(!prctl(PR_GET_CHILD_SUBREAPER, &on) && on == 1);
	MUST_FAIL(prctl(PR_GET_CHILD_SUBREAPER, 8), EFAULT);
	pid = make_orphan(&go);
	MUST(parent_of(pid) == getpid());
	close(go);
	MUST(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7);
	MUST(!prctl(PR_SET_CHILD_SUBREAPER, 0));
	pid = make_orphan(&go);
	MUST(parent_of(pid) != getpid());
	close(go);
	MUST_FAIL(waitpid(pid, &status, 0), ECHILD);
}

static int child_has_flag(void)
{
	int on = -1, status;
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_GET_CHILD_SUBREAPER, &on);
		_exit(on);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

/* The nearest one above takes it: not one that has given it up, nor one further up. */
static void nearest_takes(void)
{
	pid_t pid, middle, want;
	int status, go, report[2];

	MUST(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	MUST(!child_has_flag());
	for (int keeps = 0; keeps < 2; keeps++) {
		MUST(!pipe(report));
		want = getpid();
		middle = fork();
		if (!middle) {
			prctl(PR_SET_CHILD_SUBREAPER, 1);
			if (!keeps)
				prctl(PR_SET_CHILD_SUBREAPER, 0);
			else
				want = getpid();
			pid = make_orphan(&go);
			MUST(parent_of(pid) == want);
			/* With it also what it has taken goes up. */
			write(report[1], &pid, sizeof(pid));
			close(go);
			_exit(0);
		}
		MUST(waitpid(middle, &status, 0) == middle && !status);
		MUST(read(report[0], &pid, sizeof(pid)) == sizeof(pid));
		MUST(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7);
	}
}

static void *stay(void *arg)
{
	pause();
	return arg;
}

/* Its first thread is gone; another takes what there is. */
static void *rest(void *arg)
{
	int go, status;
	pid_t pid;

	while (task_state(getpid()) != 'Z')
		usleep(1000);
	pid = make_orphan(&go);
	MUST(parent_of(pid) == getpid());
	close(go);
	MUST(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7);
	exit(0);
	return arg;
}

static void thread_takes(void)
{
	pthread_t t;

	MUST(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	MUST(!pthread_create(&t, NULL, stay, NULL));
	MUST(!pthread_create(&t, NULL, rest, NULL));
	syscall(SYS_exit, 1);
}

// ---- no new privileges ----

static int runs_as(void)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		execl(COPY, COPY, "whoami", NULL);
		_exit(99);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void *sees_flag(void *arg)
{
	*(long *)arg = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	return NULL;
}

static void no_privileges(void)
{
	long seen = -1;
	pthread_t t;

	MUST(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
	MUST(status_number(getpid(), "NoNewPrivs", 10) == 0);
	MUST_FAIL(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
	MUST_FAIL(prctl(PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0), EINVAL);
	MUST_FAIL(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 1), EINVAL);
	MUST_FAIL(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0), EINVAL);
	MUST(!setgid(1000) && !setuid(1000));
	MUST(runs_as() == 0);
	MUST(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	MUST(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	MUST(status_number(getpid(), "NoNewPrivs", 10) == 1);
	MUST(runs_as() == 10 + 1);	/* our own uid still, and the flag */
	MUST(!pthread_create(&t, NULL, sees_flag, &seen) && !pthread_join(t, NULL) && seen == 1);
}

static int whoami(void)
{
	return (geteuid() == 1000 ? 10 : geteuid() ? 50 : 0) + prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

static void slack(void)
{
	long was = prctl(PR_GET_TIMERSLACK);

	MUST(was > 0 && !prctl(PR_SET_TIMERSLACK, 1234) && prctl(PR_GET_TIMERSLACK) == 1234);
	if (!fork())
		_exit(prctl(PR_GET_TIMERSLACK) == 1234 && !prctl(PR_SET_TIMERSLACK, 77) && !prctl(PR_SET_TIMERSLACK, 0) &&
		      prctl(PR_GET_TIMERSLACK) == 1234 ? 0 : 1);
	int status = -1;

	MUST(wait(&status) > 0 && !status);
	MUST(!prctl(PR_SET_TIMERSLACK, 0) && prctl(PR_GET_TIMERSLACK) == was);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "whoami"))
		return whoami();
	EQ(in_child(takes_orphans), 0, "a subreaper gets what its children leave, until it does not want to");
	EQ(in_child(nearest_takes), 0, "the nearest one gets it; children are none");
	EQ(in_child(thread_takes), 0, "a subreaper whose first thread has ended");
	EQ(copy_set_id(COPY), 0, "a set-user-ID program");
	EQ(in_child(no_privileges), 0, "no_new_privs: set for good, and no program gives rights");
	unlink(COPY);
	EQ(in_child(slack), 0, "timer slack");
	return TAP_DONE();
}
