// SPDX-License-Identifier: GPL-2.0-only
//
// strace: run a program, or watch running ones, and print each system call with what it was given and what it returned.
//
// All is done with ptrace(2): the tracees are seized, and stop at the begin and the end of each call, before each signal, and when
// there is a new one. follow() waits for a stop, prints what there is to say, and lets the tracee go on. A line is printed in two
// parts; when another tracee has something to say in between, it ends in <unfinished ...>. Start reading at follow().

#include "user/strace/strace.h"
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

struct tracee {
	struct tracee *next;
	pid_t pid;
	bool in_call;		// between the two stops of a call, which is in `call`
	bool hidden;		// ours before its exec: not shown
	bool stopped_once;
	struct call call;
};

size_t string_limit = 32;
static bool follow_forks, count_only, show_clock_time, show_relative, show_duration, quiet;
static FILE *out;
static const char *out_name;
static int column;
static struct tracee *tracees, *open_line;	// open_line: whose call is printed in part
static int tracee_count;
static pid_t main_child;
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

static void say(const struct tracee *t, const char *format, int value)
{
	if (count_only || t->hidden)
		return;
	begin_line(t);
	put(format, value);
	end_line();
}

// ---- tracees ----

static struct tracee *find(pid_t pid)
{
	struct tracee *t = tracees;

	while (t && t->pid != pid)
		t = t->next;
	return t;
}

static struct tracee *add(pid_t pid)
{
	struct tracee *t = xmalloc(sizeof(*t));

	*t = (struct tracee){.next = tracees, .pid = pid};
	tracees = t;
	tracee_count++;
	return t;
}

static void drop(struct tracee *t)
{
	struct tracee **at = &tracees;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	if (open_line == t)
		open_line = NULL;
	tracee_count--;
	free(t);
}

static long options(void)
{
	long o = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC;

	if (follow_forks)
		o |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
	return o;
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

static bool shown(const struct tracee *t)
{
	return !t->hidden && !count_only && call_selected(t->call.nr);
}

static void call_begins(struct tracee *t, const struct syscall_info *info)
{
	t->in_call = true;
	t->call = (struct call){.pid = t->pid, .nr = (long)info->entry.nr};
	memcpy(t->call.args, info->entry.args, sizeof(t->call.args));
	if (t->call.nr == SYS_execve)
		t->hidden = false;
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
	if (count_only && !t->hidden && call_selected(t->call.nr))
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

static void signal_stop(struct tracee *t, int sig)
{
	siginfo_t info;

	if (count_only || t->hidden || ptrace(PTRACE_GETSIGINFO, t->pid, 0, &info))
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
	if (!count_only && !t->hidden) {
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
	drop(t);
}

// Another thread has become the process by exec: `old` is what it was called.
static void exec_event(struct tracee *t)
{
	unsigned long old = 0;
	struct tracee *other;

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
	say(other, "+++ superseded by execve in pid %d +++", t->pid);
	drop(other);
}

static bool stops(int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

// A stop that is not a call's. Returns the signal to go on with; *listen: it is to stay where it is.
static int other_stop(struct tracee *t, int status, bool *listen)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (event == PTRACE_EVENT_EXEC) {
		exec_event(t);
	} else if (event == PTRACE_EVENT_STOP && stops(sig)) {
		if (!count_only && !t->hidden) {
			begin_line(t);
			put("--- stopped by ");
			put_signal(sig);
			put(" ---");
			end_line();
		}
		*listen = true;
	} else if (!event) {
		signal_stop(t, sig);
		return sig;
	}
	return 0;
}

static void on_signal(int sig)
{
	interrupted = sig;
}

static void follow(void)
{
	while (tracees && !interrupted) {
		bool listen = false;
		int status, sig = 0;
		pid_t pid = waitpid(-1, &status, __WALL);
		struct tracee *t;

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
		if (!t)
			t = add(pid);	// a new one, seen before its maker's event
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			syscall_stop(t);
		else
			sig = other_stop(t, status, &listen);
		ptrace(listen ? PTRACE_LISTEN : PTRACE_SYSCALL, pid, 0, (long)sig);
	}
}

// ---- begin and end ----

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

static void seize(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_SEIZE, pid, 0, options()) || ptrace(PTRACE_INTERRUPT, pid, 0, 0))
		die_errno("cannot attach to %d", pid);
	// Signals that it had before are for follow(); they are rare, and it will not miss one for long.
	while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status) && status >> 16 != PTRACE_EVENT_STOP)
		ptrace(PTRACE_CONT, pid, 0, (long)WSTOPSIG(status));
	// One that job control has stopped stays so.
	ptrace(WIFSTOPPED(status) && stops(WSTOPSIG(status)) ? PTRACE_LISTEN : PTRACE_SYSCALL, pid, 0, 0);
}

// The child waits until it is traced; what it does before its exec is ours, and not shown.
static void start(char **argv)
{
	const char *path = find_program(argv[0]);
	int gate[2];
	char byte;
	pid_t pid;

	if (access(path, F_OK))
		die_errno("%s", argv[0]);
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
		warn_errno("%s", argv[0]);
		_exit(errno == ENOENT ? 127 : 126);
	}
	close(gate[0]);
	main_child = pid;
	add(pid)->hidden = true;
	seize(pid);
	close(gate[1]);
}

// Let all go: they go on as if nothing had been.
static void detach_all(void)
{
	for (struct tracee *t = tracees; t; t = t->next) {
		int status;

		if (ptrace(PTRACE_DETACH, t->pid, 0, 0) && errno == ESRCH && !ptrace(PTRACE_INTERRUPT, t->pid, 0, 0) &&
		    waitpid(t->pid, &status, __WALL) == t->pid && WIFSTOPPED(status)) {
			int sig = status >> 16 || WSTOPSIG(status) == (SIGTRAP | 0x80) ? 0 : WSTOPSIG(status);

			ptrace(PTRACE_DETACH, t->pid, 0, (long)sig);
		}
		if (open_line) {
			put(" <detached ...>");
			end_line();
			open_line = NULL;
		}
		if (t->pid == main_child)
			kill(t->pid, interrupted);
		else if (!quiet)
			warn("Process %d detached", t->pid);
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

	if (!select_calls(list))
		usage_error("no such system call or class: %s", list);
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
				usage_error("not a process: %s", optarg);
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
				usage_error("not a size: %s", optarg);
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
		usage_error("no program and no process given");
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
	calls_init();
	n = parse_options(argc, argv, pids);
	out = out_name ? fopen(out_name, "we") : fdopen(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3), "w");
	if (!out)
		die_errno("%s", out_name ? out_name : "standard error");
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
	for (int i = 0; i < n; i++) {
		seize(pids[i]);
		add(pids[i]);
		if (!quiet)
			warn("Process %d attached", pids[i]);
	}
	follow();
	if (interrupted)
		detach_all();
	return end();
}
