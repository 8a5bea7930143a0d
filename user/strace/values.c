// SPDX-License-Identifier: GPL-2.0-only
//
// How strace shows the values of arguments: numbers, strings, and structures in the tracee's memory. What cannot be read is shown as its
// address.

#include "user/strace/strace.h"
#include "user/lib.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define ELEMENTS 32		// of an array that are shown
#define PAGE	 4096

size_t read_memory(pid_t pid, uint64_t address, void *to, size_t size)
{
	struct iovec local = {to, size}, remote = {(void *)address, size};
	long n = size ? syscall(SYS_process_vm_readv, pid, &local, 1, &remote, 1, 0) : 0;

	return n < 0 ? 0 : (size_t)n;
}

// ---- numbers ----

void show_int(struct call *c, int i)
{
	put("%d", (int)c->args[i]);
}

void show_unsigned(struct call *c, int i)
{
	put("%llu", (unsigned long long)c->args[i]);
}

// A signed number of 64 bits that is mostly an offset.
void show_hex(struct call *c, int i)
{
	int64_t value = (int64_t)c->args[i];

	if (value >= -4096 && value < 1 << 30)
		put("%lld", (long long)value);
	else
		put("%#llx", (unsigned long long)value);
}

static void put_address(uint64_t address)
{
	if (address)
		put("%#llx", (unsigned long long)address);
	else
		put("NULL");
}

void show_address(struct call *c, int i)
{
	bool offset = c->nr == SYS_mmap && i == 5;

	if (offset && !c->args[i])
		put("0");
	else
		put_address(c->args[i]);
}

void show_octal(struct call *c, int i)
{
	put("%#03o", (unsigned int)c->args[i]);
}

void show_fd(struct call *c, int i)
{
	put("%d", (int)c->args[i]);
}

void show_dirfd(struct call *c, int i)
{
	if ((int)c->args[i] == AT_FDCWD)
		put("AT_FDCWD");
	else
		show_fd(c, i);
}

// ---- strings ----

static void put_quoted(const unsigned char *s, size_t size, bool more)
{
	put("\"");
	for (size_t k = 0; k < size; k++) {
		static const char special[] = "\t\n\v\f\r\"\\", letters[] = "tnvfr\"\\";
		const char *at = s[k] ? strchr(special, s[k]) : NULL;
		bool digit = k + 1 < size && s[k + 1] >= '0' && s[k + 1] <= '9';

		if (at)
			put("\\%c", letters[at - special]);
		else if (s[k] >= ' ' && s[k] < 0x7f)
			put("%c", s[k]);
		else
			put(digit ? "\\%03o" : "\\%o", s[k]);
	}
	put(more ? "\"..." : "\"");
}

// `size` bytes as they are.
static void put_bytes(pid_t pid, uint64_t address, uint64_t size)
{
	size_t want = size < string_limit ? size : string_limit;
	unsigned char *s = xmalloc(want);

	if (address && read_memory(pid, address, s, want) == want)
		put_quoted(s, want, size > want);
	else
		put_address(address);
	free(s);
}

// A string up to its NUL, but at most `limit` bytes of it.
static void put_string(pid_t pid, uint64_t address, size_t limit)
{
	unsigned char *s = xmalloc(limit + 1), *end = NULL;
	size_t size = 0;

	// A page at a time: what lies behind the string may not be there.
	while (size <= limit && !end) {
		size_t n = PAGE - (address + size) % PAGE, got;

		if (n > limit + 1 - size)
			n = limit + 1 - size;
		got = read_memory(pid, address + size, s + size, n);
		if (!got)
			break;
		end = memchr(s + size, 0, got);
		size += got;
	}
	if (end)
		put_quoted(s, end - s, false);
	else if (size > limit)
		put_quoted(s, limit, true);
	else
		put_address(address);
	free(s);
}

void show_path(struct call *c, int i)
{
	put_string(c->pid, c->args[i], PAGE);
}

void show_read(struct call *c, int i)
{
	put_bytes(c->pid, c->args[i], c->result);
}

void show_write(struct call *c, int i)
{
	put_bytes(c->pid, c->args[i], c->args[i + 1]);
}

void show_link(struct call *c, int i)
{
	put_bytes(c->pid, c->args[i], c->result);
}

void show_cwd(struct call *c, int i)
{
	put_string(c->pid, c->args[i], PAGE);
}

void show_strings(struct call *c, int i)
{
	uint64_t at = c->args[i], string;

	if (read_memory(c->pid, at, &string, sizeof(string)) != sizeof(string)) {
		put_address(at);
		return;
	}
	put("[");
	for (int n = 0;; n++, at += sizeof(string)) {
		if (read_memory(c->pid, at, &string, sizeof(string)) != sizeof(string)) {
			put("%s...", n ? ", " : "");
			break;
		}
		if (!string)
			break;
		if (n)
			put(", ");
		if (n == ELEMENTS) {
			put("...");
			break;
		}
		put_string(c->pid, string, string_limit);
	}
	put("]");
}

void show_environ(struct call *c, int i)
{
	uint64_t at = c->args[i], string;
	int n = 0;

	put_address(at);
	while (at && read_memory(c->pid, at, &string, sizeof(string)) == sizeof(string) && string) {
		at += sizeof(string);
		n++;
	}
	if (at)
		put(" /* %d var%s */", n, n == 1 ? "" : "s");
}

// ---- structures ----

// Read a structure; false: it is not there, and its address has been printed.
static bool get(struct call *c, int i, void *to, size_t size)
{
	if (c->args[i] && read_memory(c->pid, c->args[i], to, size) == size)
		return true;
	put_address(c->args[i]);
	return false;
}

static void put_iov(struct call *c, int i, uint64_t bytes)
{
	struct iovec v[ELEMENTS];
	uint64_t n = c->args[i + 1] < ELEMENTS ? c->args[i + 1] : ELEMENTS;

	if (!get(c, i, v, n * sizeof(v[0])))
		return;
	put("[");
	for (uint64_t k = 0; k < n; k++) {
		uint64_t size = v[k].iov_len < bytes ? v[k].iov_len : bytes;

		put("%s{iov_base=", k ? ", " : "");
		put_bytes(c->pid, (uint64_t)v[k].iov_base, size);
		put(", iov_len=%zu}", v[k].iov_len);
		bytes -= size;
	}
	put(c->args[i + 1] > n ? ", ...]" : "]");
}

void show_iov_in(struct call *c, int i)
{
	put_iov(c, i, UINT64_MAX);
}

void show_iov_out(struct call *c, int i)
{
	put_iov(c, i, c->result);
}

static void put_mode(mode_t mode)
{
	static const struct word types[] = {{S_IFREG, "S_IFREG"}, {S_IFDIR, "S_IFDIR"}, {S_IFCHR, "S_IFCHR"}, {S_IFBLK, "S_IFBLK"},
					    {S_IFIFO, "S_IFIFO"}, {S_IFLNK, "S_IFLNK"}, {S_IFSOCK, "S_IFSOCK"}, {0}};

	if (mode & S_IFMT) {
		put_word(types, mode & S_IFMT);
		put("|");
	}
	if (mode & S_ISUID)
		put("S_ISUID|");
	if (mode & S_ISGID)
		put("S_ISGID|");
	if (mode & S_ISVTX)
		put("S_ISVTX|");
	put("%#03o", mode & 0777);
}

void show_mknod_mode(struct call *c, int i)
{
	put_mode(c->args[i]);
}

void show_stat(struct call *c, int i)
{
	struct stat st;

	if (!get(c, i, &st, sizeof(st)))
		return;
	put("{st_mode=");
	put_mode(st.st_mode);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		put(", st_rdev=makedev(%#x, %#x), ...}", major(st.st_rdev), minor(st.st_rdev));
	else
		put(", st_size=%lld, ...}", (long long)st.st_size);
}

static void put_time(const long t[2], const char *fraction)
{
	put("{tv_sec=%ld, tv_%s=%ld}", t[0], fraction, t[1]);
}

void show_timespec(struct call *c, int i)
{
	long t[2];

	if (get(c, i, t, sizeof(t)))
		put_time(t, "nsec");
}

// What is left of a sleep: written if a signal has ended it.
void show_remaining(struct call *c, int i)
{
	if (c->error)
		show_timespec(c, i);
	else
		put_address(c->args[i]);
}

void show_timeval(struct call *c, int i)
{
	long t[2];

	if (get(c, i, t, sizeof(t)))
		put_time(t, "usec");
}

void show_itimerval(struct call *c, int i)
{
	long t[4];

	if (!get(c, i, t, sizeof(t)))
		return;
	put("{it_interval=");
	put_time(t, "usec");
	put(", it_value=");
	put_time(t + 2, "usec");
	put("}");
}

void show_timespecs(struct call *c, int i)
{
	long t[4];

	if (!get(c, i, t, sizeof(t)))
		return;
	put("[");
	for (int k = 0; k < 4; k += 2) {
		put(k ? ", " : "");
		if (t[k + 1] == 0x3fffffff)
			put("UTIME_NOW");
		else if (t[k + 1] == 0x3ffffffe)
			put("UTIME_OMIT");
		else
			put_time(t + k, "nsec");
	}
	put("]");
}

static const struct word poll_events[] = {{POLLIN, "POLLIN"}, {POLLPRI, "POLLPRI"}, {POLLOUT, "POLLOUT"}, {POLLRDNORM, "POLLRDNORM"},
					  {POLLRDBAND, "POLLRDBAND"}, {POLLWRNORM, "POLLWRNORM"}, {POLLERR, "POLLERR"},
					  {POLLHUP, "POLLHUP"}, {POLLNVAL, "POLLNVAL"}, {0}};

static uint64_t get_polls(struct call *c, struct pollfd *fds)
{
	uint64_t n = (uint32_t)c->args[1] < ELEMENTS ? (uint32_t)c->args[1] : ELEMENTS;

	return read_memory(c->pid, c->args[0], fds, n * sizeof(*fds)) == n * sizeof(*fds) ? n : 0;
}

void show_polls(struct call *c, int i)
{
	struct pollfd fds[ELEMENTS];
	uint64_t n = get_polls(c, fds);

	if (!n && (uint32_t)c->args[1]) {
		put_address(c->args[i]);
		return;
	}
	put("[");
	for (uint64_t k = 0; k < n; k++) {
		put("%s{fd=%d", k ? ", " : "", fds[k].fd);
		if (fds[k].fd >= 0) {
			put(", events=");
			put_flags(poll_events, (uint16_t)fds[k].events);
		}
		put("}");
	}
	put((uint32_t)c->args[1] > n ? ", ...]" : "]");
}

void show_poll_result(struct call *c)
{
	struct pollfd fds[ELEMENTS];
	uint64_t n = get_polls(c, fds);
	bool first = true;

	if (!c->result) {
		put(" (Timeout)");
		return;
	}
	put(" ([");
	for (uint64_t k = 0; k < n; k++)
		if (fds[k].revents) {
			put("%s{fd=%d, revents=", first ? "" : ", ", fds[k].fd);
			put_flags(poll_events, (uint16_t)fds[k].revents);
			put("}");
			first = false;
		}
	put("])");
}

static bool get_fd_set(struct call *c, int i, unsigned char set[128], int *limit)
{
	*limit = (int)c->args[0] < 0 ? 0 : (int)c->args[0] > 1024 ? 1024 : (int)c->args[0];
	return c->args[i] && read_memory(c->pid, c->args[i], set, (*limit + 7) / 8) == (size_t)(*limit + 7) / 8;
}

static int put_fd_set(const unsigned char *set, int limit)
{
	int n = 0;

	put("[");
	for (int fd = 0; fd < limit; fd++)
		if (set[fd / 8] >> fd % 8 & 1)
			put("%s%d", n++ ? " " : "", fd);
	put("]");
	return n;
}

void show_fd_set(struct call *c, int i)
{
	unsigned char set[128];
	int limit;

	if (get_fd_set(c, i, set, &limit))
		put_fd_set(set, limit);
	else
		put_address(c->args[i]);
}

void show_select_result(struct call *c)
{
	static const char *const names[] = {"", "in ", "out ", "except "};
	unsigned char set[128];
	bool first = true;
	int limit;

	if (!c->result) {
		put(" (Timeout)");
		return;
	}
	for (int i = 1; i <= 3; i++) {
		bool any = false;

		if (!get_fd_set(c, i, set, &limit))
			continue;
		for (int fd = 0; fd < limit; fd++)
			any |= set[fd / 8] >> fd % 8 & 1;
		if (!any)
			continue;
		put("%s%s", first ? " (" : ", ", names[i]);
		put_fd_set(set, limit);
		first = false;
	}
	if (c->nr == SYS_select && c->args[4]) {
		put(first ? " (left " : ", left ");
		show_timeval(c, 4);
		first = false;
	}
	put(first ? "" : ")");
}

void show_status(struct call *c, int i)
{
	int status;

	if (!c->result) {		// nobody: it was not written
		put_address(c->args[i]);
		return;
	}
	if (!get(c, i, &status, sizeof(status)))
		return;
	if (WIFEXITED(status)) {
		put("[{WIFEXITED(s) && WEXITSTATUS(s) == %d}]", WEXITSTATUS(status));
	} else if (WIFSIGNALED(status)) {
		put("[{WIFSIGNALED(s) && WTERMSIG(s) == ");
		put_signal(WTERMSIG(status));
		put("}]");
	} else if (WIFSTOPPED(status)) {
		put("[{WIFSTOPPED(s) && WSTOPSIG(s) == ");
		put_signal(WSTOPSIG(status) & 0x7f);
		put("}]");
	} else if (WIFCONTINUED(status)) {
		put("[{WIFCONTINUED(s)}]");
	} else {
		put("[%#x]", status);
	}
}

void show_rusage(struct call *c, int i)
{
	long t[4];

	if ((c->nr == SYS_wait4 && !c->result) || !get(c, i, t, sizeof(t))) {
		if (c->nr == SYS_wait4 && !c->result)
			put_address(c->args[i]);
		return;
	}
	put("{ru_utime=");
	put_time(t, "usec");
	put(", ru_stime=");
	put_time(t + 2, "usec");
	put(", ...}");
}

void show_pipe(struct call *c, int i)
{
	int fds[2];

	if (get(c, i, fds, sizeof(fds)))
		put("[%d, %d]", fds[0], fds[1]);
}

void show_uname(struct call *c, int i)
{
	struct utsname u;

	if (!get(c, i, &u, sizeof(u)))
		return;
	put("{sysname=");
	put_quoted((unsigned char *)u.sysname, strnlen(u.sysname, sizeof(u.sysname)), false);
	put(", nodename=");
	put_quoted((unsigned char *)u.nodename, strnlen(u.nodename, sizeof(u.nodename)), false);
	put(", ...}");
}

static void put_limit(uint64_t value)
{
	if (value == RLIM_INFINITY)
		put("RLIM64_INFINITY");
	else if (value > 1024 && value % 1024 == 0)
		put("%llu*1024", (unsigned long long)value / 1024);
	else
		put("%llu", (unsigned long long)value);
}

void show_rlimit(struct call *c, int i)
{
	uint64_t limits[2];

	if (!get(c, i, limits, sizeof(limits)))
		return;
	put("{rlim_cur=");
	put_limit(limits[0]);
	put(", rlim_max=");
	put_limit(limits[1]);
	put("}");
}

void show_dirents(struct call *c, int i)
{
	char *buf = xmalloc(c->result ? c->result : 1);
	size_t size = read_memory(c->pid, c->args[i], buf, c->result), at = 0;
	int n = 0;

	for (; at + 19 <= size; n++) {
		unsigned short length;

		memcpy(&length, buf + at + 16, sizeof(length));
		if (!length)
			break;
		at += length;
	}
	free(buf);
	put("%#llx /* %d entr%s */", (unsigned long long)c->args[i], n, n == 1 ? "y" : "ies");
}

void show_int_pointer(struct call *c, int i)
{
	int value;

	if (get(c, i, &value, sizeof(value)))
		put("[%d]", value);
}

void show_offset_pointer(struct call *c, int i)
{
	long value;

	if (get(c, i, &value, sizeof(value)))
		put("[%ld]", value);
}

void show_ids(struct call *c, int i)
{
	uint64_t count = c->ended ? (uint64_t)c->result : c->args[0], n = count < ELEMENTS ? count : ELEMENTS;
	unsigned int ids[ELEMENTS];

	if (!c->args[0] || !get(c, i, ids, n * sizeof(ids[0]))) {
		if (!c->args[0])
			put_address(c->args[i]);
		return;
	}
	put("[");
	for (uint64_t k = 0; k < n; k++)
		put("%s%u", k ? ", " : "", ids[k]);
	put(count > n ? ", ...]" : "]");
}

void show_cpu_set(struct call *c, int i)
{
	uint64_t size = c->ended ? (uint64_t)c->result : c->args[1];
	unsigned char set[128] = {0};
	int n = 0;

	size = size < sizeof(set) ? size : sizeof(set);
	if (!get(c, i, set, size))
		return;
	put("[");
	for (uint64_t cpu = 0; cpu < size * 8; cpu++)
		if (set[cpu / 8] >> cpu % 8 & 1)
			put("%s%d", n++ ? " " : "", (int)cpu);
	put("]");
}

void show_clone3(struct call *c, int i)
{
	struct call inner = *c;
	uint64_t v[8];

	if (!get(c, i, v, sizeof(v)))
		return;
	inner.args[0] = v[0] | v[4];
	put("{flags=");
	show_clone_flags(&inner, 0);
	put(", stack=");
	put_address(v[5]);
	put(", stack_size=%#llx, ...}", (unsigned long long)v[6]);
}

// ---- signals ----

static void put_sigset(uint64_t set)
{
	bool most = __builtin_popcountll(set) > 42, first = true;

	if (most)
		set = ~set;
	put(most ? "~[" : "[");
	for (int sig = 1; sig <= 64; sig++) {
		const char *name = signal_name(sig);

		if (!(set >> (sig - 1) & 1))
			continue;
		put(first ? "" : " ");
		if (sig >= 32)
			put(sig == 32 ? "RTMIN" : "RT_%d", sig - 32);
		else
			put("%s", name ? name : "?");
		first = false;
	}
	put("]");
}

void show_sigset(struct call *c, int i)
{
	uint64_t set;

	if (get(c, i, &set, sizeof(set)))
		put_sigset(set);
}

void show_sigaction(struct call *c, int i)
{
	static const struct word flags[] = {{0, "0"}, {0x4000000, "SA_RESTORER"}, {0x8000000, "SA_ONSTACK"}, {0x10000000, "SA_RESTART"},
					    {1, "SA_NOCLDSTOP"}, {2, "SA_NOCLDWAIT"}, {4, "SA_SIGINFO"}, {0x40000000, "SA_NODEFER"},
					    {0x80000000, "SA_RESETHAND"}, {0}};
	struct {
		uint64_t handler, flags, restorer, mask;
	} sa;

	if (!get(c, i, &sa, sizeof(sa)))
		return;
	put("{sa_handler=");
	if (sa.handler < 2)
		put(sa.handler ? "SIG_IGN" : "SIG_DFL");
	else
		put_address(sa.handler);
	put(", sa_mask=");
	put_sigset(sa.mask);
	put(", sa_flags=");
	put_flags(flags, sa.flags);
	if (sa.flags & 0x4000000)
		put(", sa_restorer=%#llx", (unsigned long long)sa.restorer);
	put("}");
}

static void put_code(const siginfo_t *info)
{
	static const struct word general[] = {{SI_USER, "SI_USER"}, {0x80, "SI_KERNEL"}, {(uint32_t)SI_QUEUE, "SI_QUEUE"},
					      {(uint32_t)SI_TIMER, "SI_TIMER"}, {(uint32_t)SI_TKILL, "SI_TKILL"}, {0}};
	static const struct word child[] = {{CLD_EXITED, "CLD_EXITED"}, {CLD_KILLED, "CLD_KILLED"}, {CLD_DUMPED, "CLD_DUMPED"},
					    {CLD_TRAPPED, "CLD_TRAPPED"}, {CLD_STOPPED, "CLD_STOPPED"}, {CLD_CONTINUED, "CLD_CONTINUED"},
					    {0}};
	static const struct word segv[] = {{SEGV_MAPERR, "SEGV_MAPERR"}, {SEGV_ACCERR, "SEGV_ACCERR"}, {0}};
	static const struct word fpe[] = {{FPE_INTDIV, "FPE_INTDIV"}, {FPE_INTOVF, "FPE_INTOVF"}, {FPE_FLTDIV, "FPE_FLTDIV"},
					  {FPE_FLTINV, "FPE_FLTINV"}, {0}};
	static const struct word trap[] = {{TRAP_BRKPT, "TRAP_BRKPT"}, {TRAP_TRACE, "TRAP_TRACE"}, {0}};
	static const struct word bus[] = {{BUS_ADRALN, "BUS_ADRALN"}, {BUS_ADRERR, "BUS_ADRERR"}, {0}};
	static const struct word ill[] = {{ILL_ILLOPC, "ILL_ILLOPC"}, {ILL_ILLOPN, "ILL_ILLOPN"}, {0}};
	int sig = info->si_signo;
	const struct word *words = info->si_code <= 0 || info->si_code == 0x80 ? general : sig == SIGCHLD ? child
				   : sig == SIGSEGV ? segv : sig == SIGFPE ? fpe : sig == SIGTRAP ? trap : sig == SIGBUS ? bus : ill;

	put_word(words, (uint32_t)info->si_code);
}

void show_signal_info(pid_t pid, const void *from)
{
	const siginfo_t *info = from;
	int sig = info->si_signo;

	(void)pid;
	put("{si_signo=");
	put_signal(sig);
	put(", si_code=");
	put_code(info);
	if (sig == SIGCHLD && info->si_code > 0) {
		put(", si_pid=%d, si_uid=%u, si_status=", info->si_pid, info->si_uid);
		if (info->si_code == CLD_EXITED)
			put("%d", info->si_status);
		else
			put_signal(info->si_status & 0x7f);
		put(", si_utime=%ld, si_stime=%ld", (long)info->si_utime, (long)info->si_stime);
	} else if ((sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL || sig == SIGTRAP) && info->si_code > 0) {
		put(", si_addr=");
		put_address((uint64_t)info->si_addr);
	} else if (info->si_code <= 0) {
		put(", si_pid=%d, si_uid=%u", info->si_pid, info->si_uid);
	}
	put("}");
}

void show_siginfo(struct call *c, int i)
{
	siginfo_t info;

	if (!get(c, i, &info, sizeof(info)))
		return;
	if (info.si_signo)
		show_signal_info(c->pid, &info);
	else
		put("{}");
}

// ---- ioctl, fcntl ----

void show_ioctl_arg(struct call *c, int i)
{
	unsigned int command = c->args[1];
	struct winsize w;
	struct termios t;
	int value;

	if ((command == TIOCGWINSZ || command == TIOCSWINSZ) && read_memory(c->pid, c->args[i], &w, sizeof(w)) == sizeof(w)) {
		put("{ws_row=%u, ws_col=%u, ws_xpixel=%u, ws_ypixel=%u}", w.ws_row, w.ws_col, w.ws_xpixel, w.ws_ypixel);
	} else if (command >= 0x5401 && command <= 0x5404 && read_memory(c->pid, c->args[i], &t, 36) == 36) {
		put("{c_iflag=%#x, c_oflag=%#x, c_cflag=%#x, c_lflag=%#x, ...}", t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag);
	} else if ((command == TIOCGPGRP || command == TIOCSPGRP || command == FIONREAD || command == TIOCGSID) &&
		   read_memory(c->pid, c->args[i], &value, sizeof(value)) == sizeof(value)) {
		put("[%d]", value);
	} else if (command == TCSBRK || command == TCFLSH || command == TCXONC) {
		show_int(c, i);
	} else {
		put_address(c->args[i]);
	}
}

void show_fcntl_arg(struct call *c, int i)
{
	static const struct word fd_flags[] = {{0, "0"}, {FD_CLOEXEC, "FD_CLOEXEC"}, {0}};

	switch ((int)c->args[1]) {
	case F_SETFD:
		put_flags(fd_flags, (uint32_t)c->args[i]);
		break;
	case F_SETFL:
		show_open_flags(c, i);
		break;
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
		show_address(c, i);
		break;
	default:
		show_int(c, i);
	}
}
