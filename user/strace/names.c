// SPDX-License-Identifier: GPL-2.0-only
//
// The words of strace: names of flags, commands, signals and errors. A table and a line each.

#include "user/strace/strace.h"
#include "user/lib.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define W(name) {(uint64_t)(name), #name}

void put_word(const struct word *words, uint64_t value)
{
	for (; words->text; words++)
		if (words->value == value) {
			put("%s", words->text);
			return;
		}
	put(value > 9 ? "%#llx" : "%lld", (unsigned long long)value);
}

// A word whose value is 0 stands for no bits.
void put_flags(const struct word *words, uint64_t value)
{
	bool first = true;

	for (; words->text; words++) {
		if (words->value ? (value & words->value) != words->value : value || !first)
			continue;
		put("%s%s", first ? "" : "|", words->text);
		value &= ~words->value;
		first = false;
	}
	if (value || first)
		put(value ? "%s%#llx" : "%s%lld", first ? "" : "|", (unsigned long long)value);
}

#define FLAGS(function, type, ...)                                   \
	void function(struct call *c, int i)                         \
	{                                                            \
		static const struct word words[] = {__VA_ARGS__, {0}}; \
		put_flags(words, (type)c->args[i]);                  \
	}
#define WORDS(function, type, ...)                                   \
	void function(struct call *c, int i)                         \
	{                                                            \
		static const struct word words[] = {__VA_ARGS__, {0}}; \
		put_word(words, (type)c->args[i]);                   \
	}

FLAGS(show_prot, uint32_t, W(PROT_NONE), W(PROT_READ), W(PROT_WRITE), W(PROT_EXEC))
FLAGS(show_map_flags, uint32_t, W(MAP_SHARED_VALIDATE), W(MAP_SHARED), W(MAP_PRIVATE), W(MAP_FIXED), W(MAP_ANONYMOUS), W(MAP_GROWSDOWN),
      W(MAP_DENYWRITE), W(MAP_EXECUTABLE), W(MAP_LOCKED), W(MAP_NORESERVE), W(MAP_POPULATE), W(MAP_NONBLOCK), W(MAP_STACK),
      W(MAP_FIXED_NOREPLACE))
FLAGS(show_at_flags, uint32_t, {0, "0"}, W(AT_SYMLINK_NOFOLLOW), W(AT_REMOVEDIR), W(AT_SYMLINK_FOLLOW), W(AT_NO_AUTOMOUNT),
      W(AT_EMPTY_PATH))
FLAGS(show_access_mode, uint32_t, W(F_OK), W(R_OK), W(W_OK), W(X_OK))
FLAGS(show_wait_options, uint32_t, {0, "0"}, W(WNOHANG), W(WSTOPPED), W(WEXITED), W(WCONTINUED), W(WNOWAIT),
      {0x20000000, "__WNOTHREAD"}, {0x40000000, "__WALL"}, {0x80000000, "__WCLONE"})
FLAGS(show_timer_flags, uint32_t, {0, "0"}, W(TIMER_ABSTIME))
FLAGS(show_pipe_flags, uint32_t, {0, "0"}, W(O_CLOEXEC), W(O_NONBLOCK), W(O_DIRECT))
FLAGS(show_random_flags, uint32_t, {0, "0"}, {1, "GRND_NONBLOCK"}, {2, "GRND_RANDOM"}, {4, "GRND_INSECURE"})
FLAGS(show_mremap_flags, uint32_t, {0, "0"}, {1, "MREMAP_MAYMOVE"}, {2, "MREMAP_FIXED"})
FLAGS(show_msync_flags, uint32_t, {0, "0"}, W(MS_ASYNC), W(MS_INVALIDATE), W(MS_SYNC))
FLAGS(show_rename_flags, uint32_t, {0, "0"}, {1, "RENAME_NOREPLACE"}, {2, "RENAME_EXCHANGE"})
FLAGS(show_fallocate_mode, uint32_t, {0, "0"}, {1, "FALLOC_FL_KEEP_SIZE"}, {2, "FALLOC_FL_PUNCH_HOLE"}, {8, "FALLOC_FL_COLLAPSE_RANGE"},
      {16, "FALLOC_FL_ZERO_RANGE"}, {32, "FALLOC_FL_INSERT_RANGE"}, {64, "FALLOC_FL_UNSHARE_RANGE"})
FLAGS(show_memfd_flags, uint32_t, {0, "0"}, {1, "MFD_CLOEXEC"}, {2, "MFD_ALLOW_SEALING"}, {4, "MFD_HUGETLB"})
FLAGS(show_flock, uint32_t, {1, "LOCK_SH"}, {2, "LOCK_EX"}, {8, "LOCK_UN"}, {4, "LOCK_NB"})
FLAGS(show_mount_flags, uint64_t, {0, "0"}, W(MS_RDONLY), W(MS_NOSUID), W(MS_NODEV), W(MS_NOEXEC), W(MS_SYNCHRONOUS), W(MS_REMOUNT),
      W(MS_NOATIME), W(MS_BIND), W(MS_MOVE), W(MS_REC), W(MS_SILENT), W(MS_PRIVATE), W(MS_SHARED), W(MS_RELATIME))
FLAGS(show_umount_flags, uint32_t, {0, "0"}, W(MNT_FORCE), W(MNT_DETACH), W(MNT_EXPIRE), W(UMOUNT_NOFOLLOW))

WORDS(show_whence, int32_t, W(SEEK_SET), W(SEEK_CUR), W(SEEK_END))
WORDS(show_epoll_op, int32_t, {1, "EPOLL_CTL_ADD"}, {2, "EPOLL_CTL_DEL"}, {3, "EPOLL_CTL_MOD"})
WORDS(show_membarrier, int32_t, {0, "MEMBARRIER_CMD_QUERY"}, {1, "MEMBARRIER_CMD_GLOBAL"}, {8, "MEMBARRIER_CMD_PRIVATE_EXPEDITED"},
      {16, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED"})
WORDS(show_sig_how, int32_t, W(SIG_BLOCK), W(SIG_UNBLOCK), W(SIG_SETMASK))
WORDS(show_clock, int32_t, W(CLOCK_REALTIME), W(CLOCK_MONOTONIC), W(CLOCK_PROCESS_CPUTIME_ID), W(CLOCK_THREAD_CPUTIME_ID),
      W(CLOCK_MONOTONIC_RAW), W(CLOCK_REALTIME_COARSE), W(CLOCK_MONOTONIC_COARSE), W(CLOCK_BOOTTIME))
WORDS(show_which_timer, int32_t, {0, "ITIMER_REAL"}, {1, "ITIMER_VIRTUAL"}, {2, "ITIMER_PROF"})
WORDS(show_resource, uint32_t, W(RLIMIT_CPU), W(RLIMIT_FSIZE), W(RLIMIT_DATA), W(RLIMIT_STACK), W(RLIMIT_CORE), W(RLIMIT_RSS),
      W(RLIMIT_NPROC), W(RLIMIT_NOFILE), W(RLIMIT_MEMLOCK), W(RLIMIT_AS), W(RLIMIT_LOCKS), W(RLIMIT_SIGPENDING),
      W(RLIMIT_MSGQUEUE), W(RLIMIT_NICE), W(RLIMIT_RTPRIO), W(RLIMIT_RTTIME))
WORDS(show_fcntl_command, uint32_t, W(F_DUPFD), W(F_GETFD), W(F_SETFD), W(F_GETFL), W(F_SETFL), W(F_GETLK), W(F_SETLK), W(F_SETLKW),
      W(F_SETOWN), W(F_GETOWN), {36, "F_OFD_GETLK"}, {37, "F_OFD_SETLK"}, {38, "F_OFD_SETLKW"}, W(F_DUPFD_CLOEXEC), W(F_SETPIPE_SZ), W(F_GETPIPE_SZ))
WORDS(show_ioctl_command, uint32_t, {0x5401, "TCGETS"}, {0x5402, "TCSETS"}, {0x5403, "TCSETSW"}, {0x5404, "TCSETSF"},
      {0x5409, "TCSBRK"}, {0x540a, "TCXONC"}, {0x540b, "TCFLSH"}, {0x540e, "TIOCSCTTY"}, {0x540f, "TIOCGPGRP"},
      {0x5410, "TIOCSPGRP"}, {0x5411, "TIOCOUTQ"}, {0x5413, "TIOCGWINSZ"}, {0x5414, "TIOCSWINSZ"}, {0x541b, "FIONREAD"},
      {0x5421, "FIONBIO"}, {0x5422, "TIOCNOTTY"}, {0x5425, "TCSBRKP"}, {0x5429, "TIOCGSID"}, {0x5450, "FIONCLEX"},
      {0x5451, "FIOCLEX"})
WORDS(show_arch_code, int32_t, {0x1001, "ARCH_SET_GS"}, {0x1002, "ARCH_SET_FS"}, {0x1003, "ARCH_GET_FS"}, {0x1004, "ARCH_GET_GS"})
WORDS(show_madvice, int32_t, W(MADV_NORMAL), W(MADV_RANDOM), W(MADV_SEQUENTIAL), W(MADV_WILLNEED), W(MADV_DONTNEED), W(MADV_FREE))
WORDS(show_prctl, int32_t, {1, "PR_SET_PDEATHSIG"}, {2, "PR_GET_PDEATHSIG"}, {3, "PR_GET_DUMPABLE"}, {4, "PR_SET_DUMPABLE"},
      {7, "PR_GET_KEEPCAPS"}, {8, "PR_SET_KEEPCAPS"}, {15, "PR_SET_NAME"}, {16, "PR_GET_NAME"}, {23, "PR_CAPBSET_READ"},
      {29, "PR_SET_TIMERSLACK"}, {30, "PR_GET_TIMERSLACK"}, {36, "PR_SET_CHILD_SUBREAPER"}, {37, "PR_GET_CHILD_SUBREAPER"},
      {38, "PR_SET_NO_NEW_PRIVS"}, {39, "PR_GET_NO_NEW_PRIVS"})
WORDS(show_who, int32_t, W(RUSAGE_SELF), {(uint64_t)-1, "RUSAGE_CHILDREN"}, W(RUSAGE_THREAD))
WORDS(show_id_type, int32_t, W(P_ALL), W(P_PID), W(P_PGID))
WORDS(show_reboot, uint32_t, {0xfee1dead, "LINUX_REBOOT_MAGIC1"}, {672274793, "LINUX_REBOOT_MAGIC2"},
      {0x4321fedc, "LINUX_REBOOT_CMD_POWER_OFF"}, {0x01234567, "LINUX_REBOOT_CMD_RESTART"})
WORDS(show_policy, int32_t, {0, "SCHED_OTHER"}, W(SCHED_FIFO), W(SCHED_RR), W(SCHED_BATCH), W(SCHED_IDLE))
WORDS(show_priority_which, int32_t, W(PRIO_PROCESS), W(PRIO_PGRP), W(PRIO_USER))
WORDS(show_ptrace_request, int64_t, W(PTRACE_TRACEME), W(PTRACE_PEEKTEXT), W(PTRACE_PEEKDATA), W(PTRACE_PEEKUSER), W(PTRACE_POKETEXT),
      W(PTRACE_POKEDATA), W(PTRACE_POKEUSER), W(PTRACE_CONT), W(PTRACE_KILL), W(PTRACE_SINGLESTEP), W(PTRACE_GETREGS),
      W(PTRACE_SETREGS), W(PTRACE_GETFPREGS), W(PTRACE_SETFPREGS), W(PTRACE_ATTACH), W(PTRACE_DETACH), W(PTRACE_SYSCALL),
      W(PTRACE_SETOPTIONS), W(PTRACE_GETEVENTMSG), W(PTRACE_GETSIGINFO), W(PTRACE_SETSIGINFO), W(PTRACE_GETREGSET),
      W(PTRACE_SETREGSET), W(PTRACE_SEIZE), W(PTRACE_INTERRUPT), W(PTRACE_LISTEN), {0x420e, "PTRACE_GET_SYSCALL_INFO"})

// ---- those with a value in their lowest bits ----

void show_open_flags(struct call *c, int i)
{
	static const struct word access[] = {W(O_RDONLY), W(O_WRONLY), W(O_RDWR), {3, "O_ACCMODE"}, {0}};
	static const struct word flags[] = {
		W(O_CREAT), W(O_EXCL), W(O_NOCTTY), W(O_TRUNC), W(O_APPEND), W(O_NONBLOCK), {04010000, "O_SYNC"}, {010000, "O_DSYNC"},
		W(O_DIRECT), {0100000, "O_LARGEFILE"}, W(O_NOFOLLOW), W(O_NOATIME), W(O_CLOEXEC), W(O_PATH), {020200000, "O_TMPFILE"},
		W(O_DIRECTORY), {0}};
	uint32_t value = c->args[i];

	put_word(access, value & 3);
	if (value & ~3u) {
		put("|");
		put_flags(flags, value & ~3u);
	}
}

bool opens_new(const struct call *c, int flags)
{
	return (c->args[flags] & O_CREAT) || (c->args[flags] & 020000000);
}

void show_clone_flags(struct call *c, int i)
{
	static const struct word words[] = {
		W(CLONE_VM), W(CLONE_FS), W(CLONE_FILES), W(CLONE_SIGHAND), {0x1000, "CLONE_PIDFD"}, {0x2000, "CLONE_PTRACE"},
		W(CLONE_VFORK), {0x8000, "CLONE_PARENT"}, W(CLONE_THREAD), W(CLONE_NEWNS), W(CLONE_SYSVSEM), W(CLONE_SETTLS),
		W(CLONE_PARENT_SETTID), W(CLONE_CHILD_CLEARTID), W(CLONE_DETACHED), {0x800000, "CLONE_UNTRACED"},
		W(CLONE_CHILD_SETTID), W(CLONE_NEWCGROUP), W(CLONE_NEWUTS), W(CLONE_NEWIPC), W(CLONE_NEWUSER), W(CLONE_NEWPID),
		W(CLONE_NEWNET), W(CLONE_IO), {0}};
	uint64_t flags = c->args[i] & ~0xffULL;
	int sig = c->args[i] & 0xff;

	if (flags)
		put_flags(words, flags);
	if (flags && sig)
		put("|");
	if (sig || !flags)
		put_signal(sig);
}

void show_futex_op(struct call *c, int i)
{
	static const struct word words[] = {
		{0, "FUTEX_WAIT"}, {1, "FUTEX_WAKE"}, {3, "FUTEX_REQUEUE"}, {4, "FUTEX_CMP_REQUEUE"}, {5, "FUTEX_WAKE_OP"},
		{9, "FUTEX_WAIT_BITSET"}, {10, "FUTEX_WAKE_BITSET"}, {0}};
	uint32_t op = c->args[i];

	put_word(words, op & 0x7f);
	put("%s%s", op & 0x80 ? "_PRIVATE" : "", op & 0x100 ? "|FUTEX_CLOCK_REALTIME" : "");
}

// ---- signals and errors ----

void put_signal(int number)
{
	const char *name = signal_name(number);

	if (number >= 32 && number <= 64)
		put(number == 32 ? "SIGRTMIN" : "SIGRT_%d", number - 32);
	else if (number > 0 && name)
		put("SIG%s", name);
	else
		put("%d", number);
}

void show_signal(struct call *c, int i)
{
	put_signal(c->args[i]);
}

#define E(name) [name] = #name
static const char *const errors[] = {
	E(EPERM), E(ENOENT), E(ESRCH), E(EINTR), E(EIO), E(ENXIO), E(E2BIG), E(ENOEXEC), E(EBADF), E(ECHILD), E(EAGAIN), E(ENOMEM),
	E(EACCES), E(EFAULT), E(ENOTBLK), E(EBUSY), E(EEXIST), E(EXDEV), E(ENODEV), E(ENOTDIR), E(EISDIR), E(EINVAL), E(ENFILE),
	E(EMFILE), E(ENOTTY), E(ETXTBSY), E(EFBIG), E(ENOSPC), E(ESPIPE), E(EROFS), E(EMLINK), E(EPIPE), E(EDOM), E(ERANGE),
	E(EDEADLK), E(ENAMETOOLONG), E(ENOLCK), E(ENOSYS), E(ENOTEMPTY), E(ELOOP), E(EOVERFLOW), E(ENOTSOCK), E(EOPNOTSUPP),
	E(EAFNOSUPPORT), E(ETIMEDOUT), E(ESTALE), E(ENODATA), E(ECONNREFUSED), E(ENOTCONN), E(EPROTONOSUPPORT), E(EADDRINUSE),
	E(EUSERS), E(EILSEQ), E(ENOSTR), E(ETIME), E(EPROTO), E(EBADMSG), E(ECANCELED),
};

const char *errno_name(int error)
{
	return error > 0 && (size_t)error < sizeof(errors) / sizeof(errors[0]) ? errors[error] : NULL;
}
