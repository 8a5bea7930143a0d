// SPDX-License-Identifier: GPL-2.0-only
//
// The begin and the end of tracing. Start reading at attach().

#include "user/strace/tracee.h"
#include "user/lib.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

struct tracee *tracees;
int tracee_count;
pid_t main_child;

// ---- the list ----

struct tracee *find(pid_t pid)
{
	struct tracee *t = tracees;

	while (t && t->pid != pid)
		t = t->next;
	return t;
}

struct tracee *add(pid_t pid)
{
	struct tracee *t = xmalloc(sizeof(*t));

	*t = (struct tracee){.next = tracees, .pid = pid};
	tracees = t;
	tracee_count++;
	return t;
}

void drop(struct tracee *t)
{
	struct tracee **at = &tracees;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	tracee_count--;
	free(t);
}

// ---- stops ----

static long options(void)
{
	long o = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC;

	if (follow_forks)
		o |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
	return o;
}

// The signal that a stop is about; 0: it is about something else.
static int signal_of(int status)
{
	return status >> 16 || WSTOPSIG(status) == SYSCALL_STOP ? 0 : WSTOPSIG(status);
}

bool group_stopped(int status)
{
	int sig = WSTOPSIG(status);

	return status >> 16 == PTRACE_EVENT_STOP && (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU);
}

void go_on(pid_t pid, int status)
{
	if (group_stopped(status))
		ptrace(PTRACE_LISTEN, pid, 0, 0);
	else
		ptrace(PTRACE_SYSCALL, pid, 0, (long)signal_of(status));
}

// The next status of one; 0: there is none, since it has become another thread's (exec).
static int wait_for(pid_t pid)
{
	int status;
	pid_t got;

	do {
		got = waitpid(pid, &status, __WALL);
	} while (got < 0 && errno == EINTR);
	return got == pid ? status : 0;
}

// ---- begin ----

// False, with errno: it cannot be traced. Else it is, and runs until its next call.
static bool seize(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_SEIZE, pid, 0, options()) || ptrace(PTRACE_INTERRUPT, pid, 0, 0))
		return false;
	// Signals that it had before are for follow(); they are rare, and it will not miss one for long.
	while (WIFSTOPPED(status = wait_for(pid)) && status >> 16 != PTRACE_EVENT_STOP)
		ptrace(PTRACE_CONT, pid, 0, (long)signal_of(status));
	errno = ESRCH;
	if (!WIFSTOPPED(status))
		return false;
	go_on(pid, status);
	return true;
}

// Those threads of a process that are not ours yet. How many there were.
static int attach_threads(pid_t pid)
{
	char folder[32], **names;
	int n, found = 0;

	snprintf(folder, sizeof(folder), "/proc/%d/task", pid);
	n = list_directory(folder, &names);
	if (n < 0)
		return 0;
	for (int i = 0; i < n; i++) {
		pid_t tid = (pid_t)atoi(names[i]);

		// Refused: it has ended, or one of ours has made it, so that it is ours already and follow() hears of it.
		if (!find(tid) && seize(tid)) {
			add(tid);
			found++;
		}
	}
	free_list(names, n);
	return found;
}

void attach(pid_t pid)
{
	int threads = 1, found;

	if (find(pid))
		return;
	if (pid == getpid()) {
		warn("cannot trace itself");
		return;
	}
	if (!seize(pid)) {
		warn_errno("attach: ptrace(PTRACE_SEIZE, %d)", pid);
		return;
	}
	add(pid);
	// A thread that has not been looked at yet may make another: until there is none that is new.
	while (follow_forks && (found = attach_threads(pid)))
		threads += found;
	if (quiet)
		return;
	if (threads > 1)
		warn("Process %d attached with %d threads", pid, threads);
	else
		warn("Process %d attached", pid);
}

// What execvp() would run; the name itself when nothing is found.
static const char *find_program(const char *name)
{
	static char path[PATH_MAX];
	char *rest = xstrdup(getenv("PATH") ? getenv("PATH") : "/bin:/usr/bin"), *all = rest, *dir;

	if (!strchr(name, '/'))
		while ((dir = strsep(&rest, ":"))) {
			struct stat st;

			snprintf(path, sizeof(path), "%s/%s", dir[0] ? dir : ".", name);
			if (!stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK)) {
				free(all);
				return path;
			}
		}
	free(all);
	return name;
}

// The child waits until it is traced.
void start(char **argv)
{
	const char *path = find_program(argv[0]);
	int gate[2];
	char byte;
	pid_t pid;

	if (access(path, F_OK))
		die_errno("Can't stat '%s'", argv[0]);
	if (pipe2(gate, O_CLOEXEC))
		die_errno("pipe");
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (!pid) {
		close(gate[1]);
		while (read(gate[0], &byte, 1) < 0 && errno == EINTR)
			;
		execv(path, argv);
		warn_errno("exec");
		_exit(1);
	}
	close(gate[0]);
	main_child = pid;
	if (!seize(pid))
		die_errno("attach: ptrace(PTRACE_SEIZE, %d)", pid);
	add(pid)->ours = true;
	close(gate[1]);
}

// ---- end ----

void detach(struct tracee *t)
{
	int status;

	if (!ptrace(PTRACE_DETACH, t->pid, 0, 0) || errno != ESRCH || ptrace(PTRACE_INTERRUPT, t->pid, 0, 0))
		return;
	status = wait_for(t->pid);	// it ran
	if (WIFSTOPPED(status))
		ptrace(PTRACE_DETACH, t->pid, 0, (long)signal_of(status));
}
