// SPDX-License-Identifier: GPL-2.0-only
//
// The system calls of strace. Numbers, names, and the type and name of each argument come from the kernel's own table; the rules
// below say how an argument is shown: the first that fits counts, and a type alone is enough for most. What a call writes is
// shown when it has ended.

#include "user/strace/strace.h"
#include "user/lib.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NR_CALLS 512

struct argument {
	const char *type, *name;
	show_fn *show;
	bool out;		// the call writes it
};

// As the kernel declares them.
static const struct {
	short nr, count;
	const char *name, *args[2 * MAX_ARGS];
} declared[] = {
#define SYSCALL0(nr, name) {nr, 0, #name, {0}},
#define SYSCALL1(nr, name, ...) {nr, 1, #name, {ARGS1(__VA_ARGS__)}},
#define SYSCALL2(nr, name, ...) {nr, 2, #name, {ARGS2(__VA_ARGS__)}},
#define SYSCALL3(nr, name, ...) {nr, 3, #name, {ARGS3(__VA_ARGS__)}},
#define SYSCALL4(nr, name, ...) {nr, 4, #name, {ARGS4(__VA_ARGS__)}},
#define SYSCALL5(nr, name, ...) {nr, 5, #name, {ARGS5(__VA_ARGS__)}},
#define SYSCALL6(nr, name, ...) {nr, 6, #name, {ARGS6(__VA_ARGS__)}},
#define ARGS1(type, name)      #type, #name
#define ARGS2(type, name, ...) #type, #name, ARGS1(__VA_ARGS__)
#define ARGS3(type, name, ...) #type, #name, ARGS2(__VA_ARGS__)
#define ARGS4(type, name, ...) #type, #name, ARGS3(__VA_ARGS__)
#define ARGS5(type, name, ...) #type, #name, ARGS4(__VA_ARGS__)
#define ARGS6(type, name, ...) #type, #name, ARGS5(__VA_ARGS__)
#include "kernel/syscall/table.h"
};

// The same by number, made by calls_init(), with what is known of them here.
static struct {
	const char *name;
	int count;
	struct argument args[MAX_ARGS];
	bool selected;
	unsigned long calls, errors;
	double seconds;
} table[NR_CALLS];

// Null: any.
static const struct rule {
	const char *call, *type, *name;
	show_fn *show;
	bool out;
} rules[] = {
	{"read", NULL, "buf", show_read, true},
	{"pread64", NULL, "buf", show_read, true},
	{"getrandom", NULL, "buf", show_read, true},
	{"write", NULL, "buf", show_write, false},
	{"pwrite64", NULL, "buf", show_write, false},
	{"sethostname", NULL, "name", show_write, false},
	{"readv", NULL, "iov", show_iov_out, true},
	{"preadv", NULL, "iov", show_iov_out, true},
	{"writev", NULL, "iov", show_iov_in, false},
	{"pwritev", NULL, "iov", show_iov_in, false},
	{"open", NULL, "flags", show_open_flags, false},
	{"openat", NULL, "flags", show_open_flags, false},
	{"mmap", NULL, "flags", show_map_flags, false},
	{"mmap", NULL, "offset", show_address, false},
	{"mremap", NULL, "flags", show_mremap_flags, false},
	{"msync", NULL, "flags", show_msync_flags, false},
	{"clone", NULL, "flags", show_clone_flags, false},
	{"unshare", NULL, "flags", show_clone_flags, false},
	{"clone3", NULL, "args", show_clone3, false},
	{"mount", NULL, "flags", show_mount_flags, false},
	{"mount", NULL, "data", show_path, false},
	{"umount2", NULL, "flags", show_umount_flags, false},
	{"clock_nanosleep", NULL, "flags", show_timer_flags, false},
	{"pipe2", NULL, "flags", show_pipe_flags, false},
	{"dup3", NULL, "flags", show_pipe_flags, false},
	{"accept4", NULL, "flags", show_pipe_flags, false},
	{"epoll_create1", NULL, "flags", show_pipe_flags, false},
	{"eventfd2", NULL, "flags", show_pipe_flags, false},
	{"epoll_ctl", NULL, "op", show_epoll_op, false},
	{"epoll_pwait", NULL, "mask", show_sigset, false},
	{"getrandom", NULL, "flags", show_random_flags, false},
	{"renameat2", NULL, "flags", show_rename_flags, false},
	{"close_range", NULL, "flags", show_hex, false},
	{"process_vm_readv", NULL, "flags", show_int, false},
	{"process_vm_writev", NULL, "flags", show_int, false},
	{NULL, "int", "flags", show_at_flags, false},
	{"access", NULL, "mode", show_access_mode, false},
	{"faccessat", NULL, "mode", show_access_mode, false},
	{"faccessat2", NULL, "mode", show_access_mode, false},
	{"mknod", NULL, "mode", show_mknod_mode, false},
	{"mknodat", NULL, "mode", show_mknod_mode, false},
	{"umask", NULL, "mask", show_octal, false},
	{"pipe", NULL, "fds", show_pipe, true},
	{"pipe2", NULL, "fds", show_pipe, true},
	{"poll", NULL, "fds", show_polls, false},
	{"ppoll", NULL, "fds", show_polls, false},
	{"select", NULL, "in", show_fd_set, false},
	{"select", NULL, "out", show_fd_set, false},
	{"select", NULL, "ex", show_fd_set, false},
	{"select", NULL, "timeout", show_timeval, false},
	{"pselect6", NULL, "in", show_fd_set, false},
	{"pselect6", NULL, "out", show_fd_set, false},
	{"pselect6", NULL, "ex", show_fd_set, false},
	{"futex", NULL, "op", show_futex_op, false},
	{"futex", NULL, "timeout", show_timespec, false},
	{"execve", NULL, "argv", show_strings, false},
	{"execve", NULL, "envp", show_environ, false},
	{"wait4", NULL, "status", show_status, true},
	{NULL, NULL, "rusage", show_rusage, true},
	{"getrusage", NULL, "usage", show_rusage, true},
	{"getrusage", NULL, "who", show_who, false},
	{"wait4", NULL, "options", show_wait_options, false},
	{"waitid", NULL, "options", show_wait_options, false},
	{"waitid", NULL, "which", show_id_type, false},
	{"getpriority", NULL, "which", show_priority_which, false},
	{"setpriority", NULL, "which", show_priority_which, false},
	{NULL, "int", "which", show_which_timer, false},
	{"waitid", NULL, "info", show_siginfo, true},
	{"rt_sigtimedwait", NULL, "info", show_siginfo, true},
	{"rt_sigqueueinfo", NULL, "info", show_siginfo, false},
	{"rt_tgsigqueueinfo", NULL, "info", show_siginfo, false},
	{"rt_sigaction", NULL, "act", show_sigaction, false},
	{"rt_sigaction", NULL, "oact", show_sigaction, true},
	{"rt_sigprocmask", NULL, "how", show_sig_how, false},
	{NULL, "uptr_t", "oset", show_sigset, true},
	{"rt_sigpending", NULL, "set", show_sigset, true},
	{NULL, "ucptr_t", "set", show_sigset, false},
	{"ppoll", NULL, "sigmask", show_sigset, false},
	{NULL, NULL, "sig", show_signal, false},
	{"lseek", NULL, "whence", show_whence, false},
	{"fcntl", NULL, "cmd", show_fcntl_command, false},
	{"fcntl", NULL, "arg", show_fcntl_arg, false},
	{"flock", NULL, "op", show_flock, false},
	{"fallocate", NULL, "mode", show_fallocate_mode, false},
	{"memfd_create", NULL, "flags", show_memfd_flags, false},
	{"membarrier", NULL, "cmd", show_membarrier, false},
	{"statx", NULL, "mask", show_hex, false},
	{"ioctl", NULL, "cmd", show_ioctl_command, false},
	{"ioctl", NULL, "arg", show_ioctl_arg, true},
	{"arch_prctl", NULL, "code", show_arch_code, false},
	{"prctl", NULL, "option", show_prctl, false},
	{"madvise", NULL, "advice", show_madvice, false},
	{"ptrace", NULL, "request", show_ptrace_request, false},
	{"reboot", NULL, "arg", show_address, false},
	{"reboot", NULL, NULL, show_reboot, false},
	{NULL, NULL, "policy", show_policy, false},
	{"sched_getaffinity", NULL, "mask", show_cpu_set, true},
	{"sched_setaffinity", NULL, "mask", show_cpu_set, false},
	{NULL, NULL, "clock", show_clock, false},
	{NULL, NULL, "resource", show_resource, false},
	{"getrlimit", NULL, "rlim", show_rlimit, true},
	{"setrlimit", NULL, "rlim", show_rlimit, false},
	{"prlimit64", NULL, "new_rlim", show_rlimit, false},
	{"prlimit64", NULL, "old_rlim", show_rlimit, true},
	{"nanosleep", NULL, "rem", show_remaining, true},
	{"clock_nanosleep", NULL, "rem", show_remaining, true},
	{NULL, NULL, "req", show_timespec, false},
	{"clock_settime", NULL, "ts", show_timespec, false},
	{NULL, NULL, "ts", show_timespec, true},
	{NULL, "ucptr_t", "timeout", show_timespec, false},
	{"gettimeofday", NULL, "tv", show_timeval, true},
	{"settimeofday", NULL, "tv", show_timeval, false},
	{"utimensat", NULL, "times", show_timespecs, false},
	{"setitimer", NULL, "value", show_itimerval, false},
	{NULL, NULL, "value", show_itimerval, true},
	{NULL, NULL, "ovalue", show_itimerval, true},
	{NULL, NULL, "statbuf", show_stat, true},
	{"uname", NULL, "name", show_uname, true},
	{"getcwd", NULL, "buf", show_path, true},
	{"readlink", NULL, "buf", show_read, true},
	{"readlinkat", NULL, "buf", show_read, true},
	{"getdents64", NULL, "dirent", show_dirents, true},
	{"sendfile", NULL, "offset", show_offset_pointer, false},
	{"getcpu", NULL, "cpu", show_int_pointer, true},
	{"getcpu", NULL, "node", show_int_pointer, true},
	{"getresuid", NULL, NULL, show_int_pointer, true},
	{"getresgid", NULL, NULL, show_int_pointer, true},
	{"setgroups", NULL, "list", show_ids, false},
	{"getgroups", NULL, "list", show_ids, true},
	{"brk", NULL, "brk", show_address, false},
	{NULL, NULL, "addr", show_address, false},
	{NULL, NULL, "new_addr", show_address, false},
	{NULL, NULL, "newsp", show_address, false},
	{NULL, NULL, "tls", show_address, false},
	{NULL, NULL, "prot", show_prot, false},
	{NULL, "fd_t", "dfd", show_dirfd, false},
	{NULL, "fd_t", "olddfd", show_dirfd, false},
	{"symlinkat", "fd_t", "newdfd", show_dirfd, false},
	{NULL, "fd_t", "newdfd", show_dirfd, false},
	{NULL, "fd_t", NULL, show_int, false},
	{NULL, "ustr_t", NULL, show_path, false},
	{NULL, "umode_t", NULL, show_octal, false},
	{NULL, "uptr_t", NULL, show_address, false},
	{NULL, "ucptr_t", NULL, show_address, false},
	{"prctl", "unsigned long", NULL, show_hex, false},
	{NULL, "unsigned long", "arg", show_address, false},
	{NULL, "unsigned long", "data", show_address, false},
	{NULL, "int", NULL, show_int, false},
	{NULL, "pid_t", NULL, show_int, false},
	{NULL, "uid_t", NULL, show_int, false},
	{NULL, "gid_t", NULL, show_int, false},
	{NULL, "loff_t", NULL, show_hex, false},
	{NULL, NULL, NULL, show_unsigned, false},
};

static const struct rule *find_rule(const char *call, const struct argument *a)
{
	for (const struct rule *r = rules;; r++)
		if ((!r->call || !strcmp(r->call, call)) && (!r->type || !strcmp(r->type, a->type)) &&
		    (!r->name || !strcmp(r->name, a->name)))
			return r;
}

void calls_init(void)
{
	for (size_t n = 0; n < sizeof(declared) / sizeof(declared[0]); n++) {
		int nr = declared[n].nr;

		table[nr].name = declared[n].name;
		table[nr].count = declared[n].count;
		table[nr].selected = true;
		for (int i = 0; i < table[nr].count; i++) {
			struct argument *a = &table[nr].args[i];
			const struct rule *r;

			a->type = declared[n].args[2 * i];
			a->name = declared[n].args[2 * i + 1];
			r = find_rule(table[nr].name, a);
			a->show = r->show;
			a->out = r->out;
		}
	}
}

static bool known(long nr)
{
	return nr >= 0 && nr < NR_CALLS && table[nr].name;
}

static bool is_call(const struct call *c, const char *name)
{
	return known(c->nr) && !strcmp(table[c->nr].name, name);
}

const char *call_name(long nr)
{
	static char text[40];

	if (known(nr))
		return table[nr].name;
	snprintf(text, sizeof(text), "syscall_%#lx", (unsigned long)nr);
	return text;
}

// ---- -e trace= ----

static bool has_argument(int nr, const char *type)
{
	for (int i = 0; i < table[nr].count; i++)
		if (!strcmp(table[nr].args[i].type, type))
			return true;
	return false;
}

static bool in_list(int nr, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(table[nr].name, *names))
			return true;
	return false;
}

// Those that take a path or a descriptor are told by the types of their arguments.
static bool in_class(int nr, const char *class)
{
	static const char *const process[] = {"clone", "fork", "vfork", "execve", "exit", "wait4", "kill", "tkill", "exit_group",
					      "tgkill", "waitid", "unshare", "clone3", "rt_sigqueueinfo", "rt_tgsigqueueinfo", NULL};
	static const char *const memory[] = {"mmap", "mprotect", "munmap", "brk", "mremap", "msync", "mincore", "madvise", "mlock",
					     "munlock", "mlock2", "mlockall", "munlockall", NULL};
	static const char *const signals[] = {"pause", "kill", "tkill", "tgkill", "sigaltstack", NULL};

	if (!strcmp(class, "all"))
		return true;
	if (!strcmp(class, "file"))
		return has_argument(nr, "ustr_t") || !strcmp(table[nr].name, "getcwd");
	if (!strcmp(class, "desc"))
		return has_argument(nr, "fd_t") || !strncmp(table[nr].name, "pipe", 4) || strstr(table[nr].name, "poll") ||
		       strstr(table[nr].name, "select");
	if (!strcmp(class, "process"))
		return in_list(nr, process);
	if (!strcmp(class, "memory"))
		return in_list(nr, memory);
	if (!strcmp(class, "signal"))
		return in_list(nr, signals) || !strncmp(table[nr].name, "rt_sig", 6);
	return false;
}

static bool select_one(const char *word, bool value)
{
	bool found = !strcmp(word, "none");

	for (int nr = 0; nr < NR_CALLS; nr++)
		if (known(nr) && (!strcmp(table[nr].name, word) || in_class(nr, word + (word[0] == '%')))) {
			table[nr].selected = value;
			found = true;
		}
	return found;
}

const char *select_calls(const char *list)
{
	bool value = list[0] != '!';
	char *words = xstrdup(list + !value), *word;

	for (int nr = 0; nr < NR_CALLS; nr++)
		table[nr].selected = !value;
	while ((word = strsep(&words, ",")))
		if (!select_one(word, value))
			return word;
	return NULL;
}

static bool others_selected(void)
{
	return table[0].selected && table[39].selected;	// read and getpid: nearly all
}

bool call_selected(long nr)
{
	return known(nr) ? table[nr].selected : others_selected();
}

// ---- showing ----

static bool makes_device(uint64_t mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode);
}

// Arguments that the call, as it is, does not look at.
static bool unused(const struct call *c, int i)
{
	if (is_call(c, "open"))
		return i == 2 && !opens_new(c, 1);
	if (is_call(c, "openat"))
		return i == 3 && !opens_new(c, 2);
	if (is_call(c, "mknod"))
		return i == 2 && !makes_device(c->args[1]);
	if (is_call(c, "mknodat"))
		return i == 3 && !makes_device(c->args[2]);
	if (is_call(c, "fcntl"))
		return i == 2 && (c->args[1] == 1 || c->args[1] == 3 || c->args[1] == 9);
	if (is_call(c, "mremap"))
		return i == 4 && !(c->args[3] & 2);
	if (is_call(c, "faccessat") || is_call(c, "fchmodat"))
		return i == 4;
	return false;
}

static void show_until(struct call *c, bool ended)
{
	int count = known(c->nr) ? table[c->nr].count : MAX_ARGS;

	for (; c->shown < count; c->shown++) {
		int i = c->shown;
		const struct argument *a = known(c->nr) ? &table[c->nr].args[i] : NULL;

		if (a && a->out && !ended)
			return;
		if (unused(c, i))
			continue;
		if (i)
			put(", ");
		if (a && a->out && c->error && a->show != show_remaining)
			show_address(c, i);	// nothing was written
		else if (a)
			a->show(c, i);
		else
			show_hex(c, i);
	}
}

void show_begin(struct call *c)
{
	put("%s(", call_name(c->nr));
	show_until(c, false);
}

bool all_shown(const struct call *c)
{
	return c->shown == (known(c->nr) ? table[c->nr].count : MAX_ARGS);
}

void show_rest(struct call *c)
{
	c->ended = true;
	show_until(c, true);
	put(")");
}

static const struct {
	int error;
	const char *text;
} restarts[] = {
	{512, "ERESTARTSYS (To be restarted if SA_RESTART is set)"},
	{513, "ERESTARTNOINTR (To be restarted)"},
	{514, "ERESTARTNOHAND (To be restarted if no handler)"},
	{516, "ERESTART_RESTARTBLOCK (Interrupted by signal)"},
};

static void show_error(int error)
{
	for (size_t i = 0; i < sizeof(restarts) / sizeof(restarts[0]); i++)
		if (restarts[i].error == error) {
			put("? %s", restarts[i].text);
			return;
		}
	if (errno_name(error))
		put("-1 %s (%s)", errno_name(error), error_text(error));
	else
		put("-1 (errno %d)", error);
}

void show_result(struct call *c)
{
	static const char *const addresses[] = {"mmap", "brk", "mremap", NULL};

	if (c->error)
		show_error((int)-c->result);
	else if (in_list((int)c->nr * known(c->nr), addresses))
		put("%#llx", (unsigned long long)c->result);
	else if (is_call(c, "umask"))
		put("%#03llo", (unsigned long long)c->result);
	else if (is_call(c, "fcntl") && (c->args[1] == 1 || c->args[1] == 3))
		put("%#llx", (unsigned long long)c->result);
	else
		put("%lld", (long long)c->result);
	if (c->error)
		return;
	if (is_call(c, "poll") || is_call(c, "ppoll"))
		show_poll_result(c);
	if (is_call(c, "select") || is_call(c, "pselect6"))
		show_select_result(c);
}

// ---- -c ----

void count_call(const struct call *c, double seconds)
{
	int nr = known(c->nr) ? (int)c->nr : -1;

	if (nr < 0)
		return;
	table[nr].calls++;
	table[nr].errors += c->error;
	table[nr].seconds += seconds;
}

static int by_seconds(const void *a, const void *b)
{
	double x = table[*(const int *)a].seconds, y = table[*(const int *)b].seconds;

	return x < y ? 1 : x > y ? -1 : *(const int *)a - *(const int *)b;
}

static void count_line(double part, double seconds, unsigned long calls, unsigned long errors, const char *name)
{
	char text[24] = "";

	if (errors)
		snprintf(text, sizeof(text), "%lu", errors);
	put("%6.2f %11.6f %11lu %9lu %9s %s\n", part, seconds, calls ? (unsigned long)(seconds * 1e6 / calls) : 0, calls, text, name);
}

#define RULER "------ ----------- ----------- --------- --------- ----------------\n"

void show_counts(void)
{
	unsigned long calls = 0, errors = 0;
	int order[NR_CALLS], n = 0;
	double seconds = 0;

	for (int nr = 0; nr < NR_CALLS; nr++)
		if (table[nr].calls) {
			order[n++] = nr;
			calls += table[nr].calls;
			errors += table[nr].errors;
			seconds += table[nr].seconds;
		}
	qsort(order, n, sizeof(order[0]), by_seconds);
	put("%% time     seconds  usecs/call     calls    errors syscall\n" RULER);
	for (int i = 0; i < n; i++)
		count_line(seconds ? table[order[i]].seconds * 100 / seconds : 0, table[order[i]].seconds, table[order[i]].calls,
			   table[order[i]].errors, table[order[i]].name);
	put(RULER);
	count_line(100, seconds, calls, errors, "total");
}
