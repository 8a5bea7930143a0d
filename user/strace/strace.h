// SPDX-License-Identifier: GPL-2.0-only
//
// strace: what its files share. main.c follows whom attach.c has; calls.c knows the system calls (from the kernel's own table) and
// how each argument is shown; values.c, times.c and signals.c show them; names.c has the words.

#pragma once

#define _GNU_SOURCE

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

#define MAX_ARGS 6

// One system call of a tracee, from its begin on.
struct call {
	pid_t pid;
	long nr;
	uint64_t args[MAX_ARGS];
	bool ended;		// from here on:
	int64_t result;		// as the kernel returned it
	bool error;		// result is -errno
	int shown;		// arguments that have been printed
	struct timespec start;
};

// ---- output (main.c) ----

extern size_t string_limit;	// -s
void put(const char *format, ...) __attribute__((format(printf, 1, 2)));

// ---- the system calls (calls.c) ----

void calls_init(void);
const char *call_name(long nr);		// in memory that the next call overwrites, if it is not a known one
// -e trace=LIST. Returns the word that is no call and no class, in memory that stays; null: all are.
const char *select_calls(const char *list);
bool call_selected(long nr);
// Print `name(` and the arguments that are known before the call, or, once it has ended, those that were not.
void show_begin(struct call *c);
void show_rest(struct call *c);
bool all_shown(const struct call *c);	// nothing is left for show_rest()
void show_result(struct call *c);	// ` = ...` to the end of the line, without the newline
// -c
void count_call(const struct call *c, double seconds);
void show_counts(void);

// ---- values (values.c, times.c, signals.c): each prints argument i of the call ----

#define ELEMENTS 32		// of an array that are shown

typedef void show_fn(struct call *c, int i);
show_fn show_int, show_unsigned, show_hex, show_address, show_dirfd, show_path, show_octal, show_mknod_mode, show_read, show_write,
	show_iov_in, show_iov_out, show_stat, show_timespec, show_timeval, show_itimerval, show_timespecs, show_polls, show_fd_set,
	show_status, show_rusage, show_strings, show_environ, show_pipe, show_sigset, show_sigaction, show_siginfo, show_uname,
	show_rlimit, show_dirents, show_int_pointer, show_ioctl_arg, show_fcntl_arg, show_cpu_set, show_clone3, show_offset_pointer,
	show_ids, show_remaining;
void show_poll_result(struct call *c);
void show_select_result(struct call *c);
void show_signal_info(const void *info);	// {si_signo=...} of a siginfo_t
void put_address(uint64_t address);
void put_bits(const unsigned char *set, int limit);	// [0 3 17]: the numbers below `limit` that are in the set
// Read the structure that argument i points to. False: it is not there, and its address has been printed.
bool get_struct(struct call *c, int i, void *to, size_t size);
size_t read_memory(pid_t pid, uint64_t address, void *to, size_t size);	// bytes that could be read

// ---- names (names.c) ----

// A word for a value; with flags the words of bits, `|` between. What has none is a number.
struct word {
	uint64_t value;
	const char *text;
};
void put_word(const struct word *words, uint64_t value);
void put_flags(const struct word *words, uint64_t value);
void put_signal(int number);
const char *errno_name(int error);	// null: none
show_fn show_open_flags, show_access_mode, show_at_flags, show_prot, show_map_flags, show_clone_flags, show_signal, show_whence,
	show_wait_options, show_sig_how, show_clock, show_timer_flags, show_which_timer, show_resource, show_fcntl_command,
	show_ioctl_command, show_pipe_flags, show_epoll_op, show_arch_code, show_madvice, show_futex_op, show_mount_flags, show_umount_flags,
	show_random_flags, show_prctl, show_who, show_mremap_flags, show_id_type, show_reboot, show_policy, show_ptrace_request,
	show_msync_flags, show_rename_flags, show_flock, show_priority_which, show_fallocate_mode, show_memfd_flags, show_membarrier;
bool opens_new(const struct call *c, int flags);	// do these open flags make use of a mode?
