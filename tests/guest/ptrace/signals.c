// SPDX-License-Identifier: GPL-2.0-only
//
// Signals come to the tracer first: it lets them through, takes them away, changes them. Group stops.
#include "tests/guest/helpers.h"
#include "tests/guest/ptrace/ptrace.h"

static int handled(long unused)
{
	(void)unused;
	return shared->value;
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	(void)context;
	shared->value = shared->value * 100 + sig;
	shared->word = info->si_code;
}

static int raiser(long sig)
{
	struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};

	shared->value = 0;
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	raise_only((int)sig);
	return handled(0);
}

static void test_delivery(void)
{
	pid_t pid = tracee(raiser, SIGUSR1);
	siginfo_t info;

	EQ(step(PTRACE_CONT, pid, 0), STOPPED(SIGUSR1), "a signal stops its receiver");
	EQ(ptrace(PTRACE_GETSIGINFO, pid, 0, &info), 0, "GETSIGINFO");
	OK(info.si_signo == SIGUSR1 && info.si_code == SI_TKILL && info.si_pid == pid, "says what it is");
	EQ(step(PTRACE_CONT, pid, SIGUSR1), EXITED(SIGUSR1), "it can be let through");

	pid = tracee(raiser, SIGUSR1);
	step(PTRACE_CONT, pid, 0);
	EQ(step(PTRACE_CONT, pid, 0), EXITED(0), "or taken away");

	pid = tracee(raiser, SIGUSR1);
	step(PTRACE_CONT, pid, 0);
	EQ(step(PTRACE_CONT, pid, SIGUSR2), EXITED(SIGUSR2), "or changed");

	pid = tracee(raiser, SIGUSR1);
	step(PTRACE_CONT, pid, 0);
	ptrace(PTRACE_GETSIGINFO, pid, 0, &info);
	info.si_code = -77;
	EQ(ptrace(PTRACE_SETSIGINFO, pid, 0, &info), 0, "SETSIGINFO");
	step(PTRACE_CONT, pid, SIGUSR1);
	EQ(shared->word, -77, "changes what the handler sees");

	pid = tracee(raiser, SIGTERM);
	EQ(step(PTRACE_CONT, pid, 0), STOPPED(SIGTERM), "a deadly one stops as well");
	EQ(WTERMSIG(step(PTRACE_CONT, pid, SIGTERM)), SIGTERM, "and kills when it is let through");

	pid = tracee(raiser, SIGWINCH);
	EQ(step(PTRACE_CONT, pid, 0), STOPPED(SIGWINCH), "so does one that is ignored");
	EQ(step(PTRACE_CONT, pid, 0), EXITED(0), "to no effect");

	pid = tracee(raiser, SIGUSR1);
	FAILS(ptrace(PTRACE_CONT, pid, 0, 65L), EIO, "a signal that is none: EIO");
	kill(pid, SIGKILL);
	EQ(WTERMSIG(next_status(pid)), SIGKILL, "SIGKILL is not asked about");
	FAILS(ptrace(PTRACE_CONT, pid, 0, 0), ESRCH, "then there is nobody: ESRCH");
}

static volatile int sigchlds;

static void on_child(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	if (info->si_code == CLD_TRAPPED)
		sigchlds++;
}

static void test_told(void)
{
	struct sigaction sa = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO | SA_RESTART};
	siginfo_t info = {0};
	pid_t pid;
	int status;

	sigaction(SIGCHLD, &sa, NULL);
	pid = tracee(pauser, 0);
	for (int i = 0; i < 4000 && !sigchlds; i++)
		usleep(5000);		// wait() may see the stop before it is told
	OK(sigchlds >= 1, "a stop sends SIGCHLD, CLD_TRAPPED");
	signal(SIGCHLD, SIG_DFL);
	EQ(waitpid(pid, &status, WNOHANG | __WALL), 0, "a stop is told once");
	shared->ready = 0;
	ptrace(PTRACE_CONT, pid, 0, 0);
	becomes(&shared->ready, 1);
	kill(pid, SIGUSR1);
	EQ(waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT), 0, "waitid");
	EQ(info.si_code, CLD_TRAPPED, "says trapped");
	EQ(info.si_status, SIGUSR1, "by the signal");
	EQ(waitpid(pid, &status, 0), pid, "WNOWAIT has left it, WUNTRACED is not needed");
	EQ(status_number(pid, "TracerPid", 10), getpid(), "TracerPid is ours");
	OK(in_state(pid, 't'), "the state is t");
	finish(pid);
}

// ---- group stops ----

static void test_group_stop(void)
{
	pid_t pid = tracee(pauser, 0);
	siginfo_t info;

	shared->ready = 0;
	ptrace(PTRACE_CONT, pid, 0, 0);
	becomes(&shared->ready, 1);
	kill(pid, SIGSTOP);
	EQ(next_status(pid), STOPPED(SIGSTOP), "SIGSTOP is told as a signal");
	EQ(ptrace(PTRACE_GETSIGINFO, pid, 0, &info), 0, "that has been sent");
	EQ(step(PTRACE_CONT, pid, SIGSTOP), STOPPED(SIGSTOP), "let through, it is told as a stop");
	FAILS(ptrace(PTRACE_GETSIGINFO, pid, 0, &info), EINVAL, "which is no signal: EINVAL");
	ptrace(PTRACE_CONT, pid, 0, 0);
	OK(in_state(pid, 'S'), "the tracer can let it go on all the same");
	EQ(ptrace(PTRACE_CONT, pid, 0, 0), -1, "it is not stopped now");
	finish(pid);

	pid = paused_child();
	EQ(ptrace(PTRACE_SEIZE, pid, 0, 0), 0, "SEIZE");
	OK(in_state(pid, 'S'), "does not stop it");
	FAILS(ptrace(PTRACE_SEIZE, pid, 0, 0), EPERM, "once is enough: EPERM");
	EQ(ptrace(PTRACE_INTERRUPT, pid, 0, 0), 0, "INTERRUPT");
	EQ(next_status(pid), EVENT(SIGTRAP, PTRACE_EVENT_STOP), "does");
	EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0, "and it goes on");
	kill(pid, SIGTSTP);
	EQ(next_status(pid), STOPPED(SIGTSTP), "a stop signal");
	EQ(step(PTRACE_CONT, pid, SIGTSTP), EVENT(SIGTSTP, PTRACE_EVENT_STOP), "begins a group stop, an event");
	EQ(ptrace(PTRACE_LISTEN, pid, 0, 0), 0, "LISTEN");
	FAILS(ptrace(PTRACE_CONT, pid, 0, 0), ESRCH, "then it is out of reach");
	kill(pid, SIGCONT);
	EQ(next_status(pid), EVENT(SIGTRAP, PTRACE_EVENT_STOP), "until SIGCONT is told");
	FAILS(ptrace(PTRACE_DETACH, pid, 0, 65L), EIO, "a signal that is none: EIO");
	EQ(step(PTRACE_CONT, pid, 0), STOPPED(SIGCONT), "which comes as a signal then");
	finish(pid);
}

static void test_detach_into_stop(void)
{
	pid_t pid;
	int status;

	pid = paused_child();
	kill(pid, SIGSTOP);
	EQ(waitpid(pid, &status, WUNTRACED), pid, "a child is stopped");
	EQ(ptrace(PTRACE_SEIZE, pid, 0, 0), 0, "then traced");
	EQ(next_status(pid), EVENT(SIGSTOP, PTRACE_EVENT_STOP), "its stop is told again");
	EQ(ptrace(PTRACE_DETACH, pid, 0, 0), 0, "not traced any more");
	OK(in_state(pid, 'T'), "it is stopped as before");
	kill(pid, SIGCONT);
	OK(in_state(pid, 'S'), "SIGCONT gets it going");
	EQ(ptrace(PTRACE_ATTACH, pid, 0, 0), 0, "attached");
	EQ(next_status(pid), STOPPED(SIGSTOP), "it is stopped by SIGSTOP");
	EQ(ptrace(PTRACE_DETACH, pid, 0, (long)SIGTERM), 0, "and let go with a signal");
	EQ(next_status(pid), SIGTERM, "which kills it");
}

#define GROUP_STOP(sig) EVENT(sig, PTRACE_EVENT_STOP)

static void test_seized_corners(void)
{
	siginfo_t info;
	pid_t pid;

	pid = paused_child();
	EQ(ptrace(PTRACE_SEIZE, pid, 0, 0), 0, "a process is seized");
	FAILS(ptrace(PTRACE_LISTEN, pid, 0, 0), ESRCH, "LISTEN to one that runs: ESRCH");
	FAILS(ptrace(PTRACE_DETACH, pid, 0, 0), ESRCH, "nor can it be let go: ESRCH");
	EQ(ptrace(PTRACE_INTERRUPT, pid, 0, 0), 0, "INTERRUPT");
	EQ(next_status(pid), GROUP_STOP(SIGTRAP), "stops it");
	OK(!ptrace(PTRACE_GETSIGINFO, pid, 0, &info) && info.si_code == (PTRACE_EVENT_STOP << 8 | SIGTRAP), "which GETSIGINFO tells");
	ptrace(PTRACE_CONT, pid, 0, 0);
	OK(in_state(pid, 'S'), "it goes on");
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	EQ(next_status(pid), GROUP_STOP(SIGTRAP), "INTERRUPT");
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	EQ(step(PTRACE_CONT, pid, 0), GROUP_STOP(SIGTRAP), "of one that is stopped is for when it goes on");
	ptrace(PTRACE_CONT, pid, 0, 0);
	kill(pid, SIGUSR1);
	EQ(next_status(pid), STOPPED(SIGUSR1), "a signal");
	FAILS(ptrace(PTRACE_LISTEN, pid, 0, 0), EIO, "is no stop to LISTEN in: EIO");
	EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0, "it is taken away");

	kill(pid, SIGSTOP);
	EQ(next_status(pid), STOPPED(SIGSTOP), "SIGSTOP");
	EQ(step(PTRACE_CONT, pid, SIGSTOP), GROUP_STOP(SIGSTOP), "stops the group");
	ptrace(PTRACE_LISTEN, pid, 0, 0);
	EQ(ptrace(PTRACE_INTERRUPT, pid, 0, 0), 0, "INTERRUPT of one that listens");
	EQ(next_status(pid), GROUP_STOP(SIGSTOP), "tells the stop again");
	EQ(ptrace(PTRACE_CONT, pid, 0, 0), 0, "CONT lets it go on in spite of it");
	OK(in_state(pid, 'S'), "and it runs");
	kill(pid, SIGCONT);
	EQ(next_status(pid), GROUP_STOP(SIGTRAP), "SIGCONT is told");
	EQ(step(PTRACE_CONT, pid, 0), STOPPED(SIGCONT), "and comes");
	ptrace(PTRACE_CONT, pid, 0, 0);
	kill(pid, SIGSTOP);
	next_status(pid);
	step(PTRACE_CONT, pid, SIGSTOP);
	ptrace(PTRACE_LISTEN, pid, 0, 0);
	kill(pid, SIGKILL);
	EQ(next_status(pid), SIGKILL, "SIGKILL ends one that listens");
}

void test_signals(void)
{
	test_delivery();
	test_told();
	test_group_stop();
	test_detach_into_stop();
	test_seized_corners();
}
