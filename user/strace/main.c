// SPDX-License-Identifier: GPL-2.0-only
//
// strace: run a program, or watch running ones, and print each system call with what it was given and what it returned.
//
// All is done with ptrace(2): the tracees are seized, and stop at the begin and the end of each call, before each signal, and when
// there is a new one. follow() waits for a stop, prints what there is to say, and lets the tracee go on. A line is printed in two
// parts; when another tracee has something to say in between, it ends in <unfinished ...>. Start reading at follow().

#include "user/strace/strace.h"
#include "user/strace/tracee.h"
#include "user/lib.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char help[] =
	"Usage: strace [OPTION...] PROGRAM [ARG...]\n"
	"       strace [OPTION...] -p PID\n"
	"Print (on standard error) each system call that PROGRAM or process PID makes: name, arguments, result; and each signal it gets.\n"
	"The status is that of PROGRAM.\n"
	"  -f        follow the processes and threads that it makes, too\n"
	"  -p PID    watch what runs already; may be given again; ends with Ctrl-C\n"
	"  -e trace=LIST  only these calls: names with commas between, or a class:\n"
	"            %file, %desc, %process, %signal, %memory; !LIST: all but these\n"
	"  -o FILE   print to FILE\n"
	"  -s N      show at most N bytes of a string (32)\n"
	"  -c        print no calls, but at the end how many there were and how long they took\n"
	"  -t, -r    begin lines with the time of day; with the time since the last one\n"
	"  -T        end lines with how long the call took\n"
	"  -q        say nothing of attaching\n";

#define RESULT_COLUMN 40
#define MAX_PIDS      64

size_t string_limit = 32;
bool follow_forks, quiet;
static bool count_only, show_clock_time, show_relative, show_duration;
static FILE *out;
static const char *out_name;
static int column;
static struct tracee *open_line;	// whose call is printed in part
static int main_status;
static volatile sig_atomic_t interrupted;

// ---- output ----

void put(const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vfprintf(out, format, args);
	va_end(args);
	column += n > 0 ? n : 0;
}

static void end_line(void)
{
	fputc('\n', out);
	fflush(out);
	column = 0;
}

static double between(const struct timespec *a, const struct timespec *b)
{
	return (double)(b->tv_sec - a->tv_sec) + (double)(b->tv_nsec - a->tv_nsec) / 1e9;
}

// Everything that stands before the name.
static void begin_line(const struct tracee *t)
{
	static struct timespec last;
	struct timespec now;

	if (open_line) {
		put(" <unfinished ...>");
		end_line();
		open_line = NULL;
	}
	if (follow_forks && out_name)
		put("%-5d ", t->pid);
	else if (tracee_count > 1)
		put("[pid %5d] ", t->pid);
	if (show_clock_time) {
		clock_gettime(CLOCK_REALTIME, &now);
		put("%02d:%02d:%02d ", (int)(now.tv_sec / 3600 % 24), (int)(now.tv_sec / 60 % 60), (int)(now.tv_sec % 60));
	}
	if (show_relative) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		put("%12.6f ", last.tv_sec || last.tv_nsec ? between(&last, &now) : 0);
		last = now;
	}
}

// ---- system calls ----

struct syscall_info {
	uint8_t op, pad[3];
	uint32_t arch;
	uint64_t ip, sp;
	union {
		struct {
			uint64_t nr, args[MAX_ARGS];
		} entry;
		struct {
			int64_t value;
			uint8_t is_error;
		} exit;
	};
};
#define GET_SYSCALL_INFO 0x420e
#define OP_ENTRY	 1
#define OP_EXIT		 2

// What a tracee does before its exec is ours; only that call is of interest.
static bool of_interest(const struct tracee *t)
{
	return (!t->ours || t->call.nr == SYS_execve) && call_selected(t->call.nr);
}

static bool shown(const struct tracee *t)
{
	return !count_only && of_interest(t);
}

static void call_begins(struct tracee *t, const struct syscall_info *info)
{
	t->in_call = true;
	t->call = (struct call){.pid = t->pid, .nr = (long)info->entry.nr};
	memcpy(t->call.args, info->entry.args, sizeof(t->call.args));
	clock_gettime(CLOCK_MONOTONIC, &t->call.start);
	if (!shown(t))
		return;
	begin_line(t);
	show_begin(&t->call);
	open_line = t;
	fflush(out);
}

static void pad_to_result(void)
{
	put("%*s= ", column < RESULT_COLUMN ? RESULT_COLUMN - column : 1, "");
}

// The rest of a line that may have been interrupted.
static void resume_line(struct tracee *t)
{
	if (open_line == t) {
		open_line = NULL;
		return;
	}
	begin_line(t);
	put("<... %s resumed>", call_name(t->call.nr));
}

static void call_ends(struct tracee *t, const struct syscall_info *info)
{
	struct timespec now;

	if (!t->in_call)
		return;		// it began before we came
	t->in_call = false;
	t->call.result = info->exit.value;
	t->call.error = info->exit.is_error;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (count_only && of_interest(t))
		count_call(&t->call, between(&t->call.start, &now));
	if (!shown(t))
		return;
	resume_line(t);
	show_rest(&t->call);
	pad_to_result();
	show_result(&t->call);
	if (show_duration)
		put(" <%.6f>", between(&t->call.start, &now));
	end_line();
}

static void syscall_stop(struct tracee *t)
{
	struct syscall_info info = {0};

	if (syscall(SYS_ptrace, GET_SYSCALL_INFO, (long)t->pid, sizeof(info), &info) < 0)
		return;		// it has been killed meanwhile
	if (info.op == OP_ENTRY)
		call_begins(t, &info);
	else if (info.op == OP_EXIT)
		call_ends(t, &info);
}

// The task ends in the midst of a call: its line is completed.
static void call_never_ends(struct tracee *t)
{
	if (!t->in_call || !shown(t))
		return;
	t->in_call = false;
	resume_line(t);
	put(all_shown(&t->call) ? ")" : " <unfinished ...>)");
	pad_to_result();
	put("?");
	end_line();
}

// ---- signals and ends ----

static void forget(struct tracee *t)
{
	if (open_line == t)
		open_line = NULL;
	drop(t);
}

static void signal_stop(struct tracee *t, int sig)
{
	siginfo_t info;

	if (count_only || t->ours || ptrace(PTRACE_GETSIGINFO, t->pid, 0, &info))
		return;
	begin_line(t);
	put("--- ");
	put_signal(sig);
	put(" ");
	show_signal_info(&info);
	put(" ---");
	end_line();
}

static void ended(struct tracee *t, int status)
{
	call_never_ends(t);
	if (!count_only) {
		begin_line(t);
		if (WIFEXITED(status)) {
			put("+++ exited with %d +++", WEXITSTATUS(status));
		} else {
			put("+++ killed by ");
			put_signal(WTERMSIG(status));
			put(" +++");
		}
		end_line();
	}
	if (t->pid == main_child)
		main_status = status;
	forget(t);
}

// Another thread has become the process by exec: `old` is what it was called.
static void exec_event(struct tracee *t)
{
	unsigned long old = 0;
	struct tracee *other;

	t->ours = false;
	if (ptrace(PTRACE_GETEVENTMSG, t->pid, 0, &old) || (pid_t)old == t->pid)
		return;
	other = find((pid_t)old);
	if (!other)
		return;
	call_never_ends(t);
	t->call = other->call;
	t->call.pid = t->pid;
	t->in_call = other->in_call;
	if (open_line == other)
		open_line = t;
	if (!count_only) {
		begin_line(other);
		put("+++ superseded by execve in pid %d +++", t->pid);
		end_line();
	}
	forget(other);
}

// A stop that is not a call's.
static void other_stop(struct tracee *t, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (event == PTRACE_EVENT_EXEC) {
		exec_event(t);
	} else if (group_stopped(status)) {
		if (!count_only && !t->ours) {
			begin_line(t);
			put("--- stopped by ");
			put_signal(sig);
			put(" ---");
			end_line();
		}
	} else if (!event) {
		signal_stop(t, sig);
	}
}

static void on_signal(int sig)
{
	interrupted = sig;
}

static void follow(void)
{
	while (tracees && !interrupted) {
		struct tracee *t;
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		t = find(pid);
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (t)
				ended(t, status);
			continue;
		}
		if (!t) {	// a new one, perhaps seen before its maker's event
			t = add(pid);
			if (!quiet)
				warn("Process %d attached", pid);
		}
		if (WSTOPSIG(status) == SYSCALL_STOP)
			syscall_stop(t);
		else
			other_stop(t, status);
		go_on(pid, status);
	}
}

// ---- the program itself ----

// Let all go: they go on as if nothing had been. What we were sent is for the program.
static void let_go(void)
{
	if (open_line) {
		put(" <detached ...>");
		end_line();
	}
	while (tracees) {
		detach(tracees);
		if (tracees->pid == main_child)
			kill(main_child, interrupted);
		else if (!quiet)
			warn("Process %d detached", tracees->pid);
		drop(tracees);
	}
}

// End as the program did.
static int end(void)
{
	int sig = interrupted ? interrupted : WIFSIGNALED(main_status) ? WTERMSIG(main_status) : 0;

	if (count_only)
		show_counts();
	if (fclose(out) && out_name) {
		warn_errno("%s", out_name);
		return 1;
	}
	if (main_child && sig) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
	return sig ? 128 + sig : WEXITSTATUS(main_status);
}

static void parse_filter(const char *text)
{
	const char *list = strncmp(text, "trace=", 6) ? text : text + 6;

	const char *bad = select_calls(list);

	if (bad)
		die("invalid system call '%s'", bad);
}

static int parse_options(int argc, char **argv, pid_t *pids)
{
	long long number;
	int option, n = 0;

	while ((option = next_option(argc, argv, "+fp:e:o:s:ctrTq")) != -1)
		switch (option) {
		case 'f':
			follow_forks = true;
			break;
		case 'p':
			if (!parse_number(optarg, 10, 1, INT_MAX, &number) || n == MAX_PIDS)
				die("Invalid process id: '%s'", optarg);
			pids[n++] = (pid_t)number;
			break;
		case 'e':
			parse_filter(optarg);
			break;
		case 'o':
			out_name = optarg;
			break;
		case 's':
			if (!parse_number(optarg, 10, 0, 1 << 20, &number))
				usage_error("invalid -s argument: '%s'", optarg);
			string_limit = (size_t)number;
			break;
		case 'c':
			count_only = true;
			break;
		case 't':
			show_clock_time = true;
			break;
		case 'r':
			show_relative = true;
			break;
		case 'T':
			show_duration = true;
			break;
		case 'q':
			quiet = true;
		}
	if (!n && optind == argc)
		usage_error("must have PROG [ARGS] or -p PID");
	if (n && optind < argc)
		usage_error("a program or processes, not both");
	return n;
}

int main(int argc, char **argv)
{
	struct sigaction sa = {.sa_handler = on_signal};
	pid_t pids[MAX_PIDS];
	int n;

	program_start("strace", help);
	usage_status = 1;
	calls_init();
	n = parse_options(argc, argv, pids);
	out = out_name ? fopen(out_name, "we") : fdopen(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3), "w");
	if (!out)
		die_errno("Can't fopen '%s'", out_name ? out_name : "standard error");
	if (out_name && !n)
		quiet = true;		// nobody sees the program's output among ours
	setvbuf(out, NULL, _IOFBF, BUFSIZ);
	if (!n)
		start(argv + optind);
	// What a terminal's keys send is for the program; attached ones are let go.
	sa.sa_handler = n ? on_signal : SIG_IGN;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGQUIT, &sa, NULL);
	sa.sa_handler = on_signal;
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	for (int i = 0; i < n; i++)
		attach(pids[i]);
	if (!tracees)
		return 1;
	follow();
	if (interrupted)
		let_go();
	return end();
}
