// SPDX-License-Identifier: GPL-2.0-only
//
// How strace shows the values of arguments: numbers, strings, and structures in the tracee's memory. What cannot be read is shown as its
// address. times.c and signals.c have those of their subjects.

#include "user/strace/strace.h"
#include "user/lib.h"

#include <dirent.h>
#include <fcntl.h>
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

#define PAGE 4096

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

void put_address(uint64_t address)
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

void show_dirfd(struct call *c, int i)
{
	if ((int)c->args[i] == AT_FDCWD)
		put("AT_FDCWD");
	else
		show_int(c, i);
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

bool get_struct(struct call *c, int i, void *to, size_t size)
{
	if (c->args[i] && read_memory(c->pid, c->args[i], to, size) == size)
		return true;
	put_address(c->args[i]);
	return false;
}

void put_bits(const unsigned char *set, int limit)
{
	bool first = true;

	put("[");
	for (int n = 0; n < limit; n++)
		if (set[n / 8] >> n % 8 & 1) {
			put("%s%d", first ? "" : " ", n);
			first = false;
		}
	put("]");
}

static void put_iov(struct call *c, int i, uint64_t bytes)
{
	struct iovec v[ELEMENTS];
	uint64_t n = c->args[i + 1] < ELEMENTS ? c->args[i + 1] : ELEMENTS;

	if (!get_struct(c, i, v, n * sizeof(v[0])))
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

	if (!get_struct(c, i, &st, sizeof(st)))
		return;
	put("{st_mode=");
	put_mode(st.st_mode);
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		put(", st_rdev=makedev(%#x, %#x), ...}", major(st.st_rdev), minor(st.st_rdev));
	else
		put(", st_size=%lld, ...}", (long long)st.st_size);
}

void show_status(struct call *c, int i)
{
	int status;

	if (!c->result) {		// nobody: it was not written
		put_address(c->args[i]);
		return;
	}
	if (!get_struct(c, i, &status, sizeof(status)))
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

void show_pipe(struct call *c, int i)
{
	int fds[2];

	if (get_struct(c, i, fds, sizeof(fds)))
		put("[%d, %d]", fds[0], fds[1]);
}

void show_uname(struct call *c, int i)
{
	struct utsname u;

	if (!get_struct(c, i, &u, sizeof(u)))
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

	if (!get_struct(c, i, limits, sizeof(limits)))
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

	if (get_struct(c, i, &value, sizeof(value)))
		put("[%d]", value);
}

void show_offset_pointer(struct call *c, int i)
{
	long value;

	if (get_struct(c, i, &value, sizeof(value)))
		put("[%ld]", value);
}

void show_ids(struct call *c, int i)
{
	uint64_t count = c->ended ? (uint64_t)c->result : c->args[0], n = count < ELEMENTS ? count : ELEMENTS;
	unsigned int ids[ELEMENTS];

	if (!c->args[0]) {
		put_address(c->args[i]);
		return;
	}
	if (!get_struct(c, i, ids, n * sizeof(ids[0])))
		return;
	put("[");
	for (uint64_t k = 0; k < n; k++)
		put("%s%u", k ? ", " : "", ids[k]);
	put(count > n ? ", ...]" : "]");
}

void show_cpu_set(struct call *c, int i)
{
	uint64_t size = c->ended ? (uint64_t)c->result : c->args[1];
	unsigned char set[128];

	size = size < sizeof(set) ? size : sizeof(set);
	if (get_struct(c, i, set, size))
		put_bits(set, (int)size * 8);
}

void show_clone3(struct call *c, int i)
{
	struct call inner = *c;
	uint64_t v[8];

	if (!get_struct(c, i, v, sizeof(v)))
		return;
	inner.args[0] = v[0] | v[4];
	put("{flags=");
	show_clone_flags(&inner, 0);
	put(", stack=");
	put_address(v[5]);
	put(", stack_size=%#llx, ...}", (unsigned long long)v[6]);
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
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		show_address(c, i);
		break;
	default:
		show_int(c, i);
	}
}
