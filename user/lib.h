// SPDX-License-Identifier: GPL-2.0-only
//
// What the userland's programs have in common. Each program starts with program_start(), reads its
// options with next_option(), and ends with `return finish(status)`. Messages go to standard error
// as `NAME: ...`; exit statuses are 0, 1, and 2 for wrong usage. lib.c: messages, options, numbers;
// lib_names.c: users, groups, signals, modes; lib_files.c: paths, copying, trees. The functions are
// for programs with one thread.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <termios.h>
#include <time.h>

#define STATUS_USAGE	 2
#define REBOOT_MAGIC1	 0xfee1dead
#define REBOOT_MAGIC2	 672274793
#define REBOOT_POWER_OFF 0x4321fedc
#define REBOOT_RESTART	 0x01234567

#define NORETURN	  __attribute__((noreturn))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

// Messages and options (lib.c).

// Say what the program is called and what --help prints. Both strings are kept, not copied.
void program_start(const char *name, const char *help);

// getopt() with `spec` (as for getopt: "ab:"; a leading '+' stops at the first operand, otherwise
// options may stand anywhere). Prints the help and exits for --help; exits with usage_status for an
// option that is not in `spec`. Returns the option's letter, or -1 at the end, when optind is the
// first operand.
int next_option(int argc, char **argv, const char *spec);

// Print `NAME: message` and how to get help; exit with usage_status: STATUS_USAGE, unless the program is one that has always had another.
extern int usage_status;
NORETURN void usage_error(const char *format, ...) PRINTF(1, 2);

// Print `NAME: message`, with `: what errno says` in the _errno forms. die*() exit with status 1,
// warn*() return.
void warn(const char *format, ...) PRINTF(1, 2);
void warn_errno(const char *format, ...) PRINTF(1, 2);
NORETURN void die(const char *format, ...) PRINTF(1, 2);
NORETURN void die_errno(const char *format, ...) PRINTF(1, 2);

// The text of an errno value, in the wording that glibc's users know (musl says "Resource busy" for
// EBUSY).
const char *error_text(int error);

// Flush standard output and return `status`, or 1 after a message when the output did not get out.
int finish(int status);

// Write all of `data`. Returns 0, or -1 with errno set.
int write_all(int fd, const void *data, size_t size);

// malloc() and friends that end the program when there is no memory.
void *xmalloc(size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);

// Read a decimal number (or one in `base`) that fills all of `text`. False when it does not, or is
// not in min..max.
bool parse_number(const char *text, int base, long long min, long long max, long long *out);

// Read seconds with an optional fraction and an optional unit s, m, h or d.
bool parse_seconds(const char *text, struct timespec *out);

// Run argv[0] with `argv`; on failure print why and exit, 127 when there is no such file and 126
// otherwise.
NORETURN void exec_command(char **argv);

// An exit status out of what wait() reported: 128 + signal for a killed program.
int exit_status(int wait_status);

// Set `t` to a terminal's usual modes: canonical, echo, signals, newline translation. Keeps the
// line speed.
void termios_sane(struct termios *t);

// Users, groups, signals and modes (lib_names.c).

// Look up a user by name or number. `gid` (may be null) is the user's group; the number itself for
// an unknown number.
bool find_user(const char *text, uid_t *uid, gid_t *gid);
bool find_group(const char *text, gid_t *gid);

// Home directory of `uid` or "/", in memory that the next call overwrites.
const char *user_home(uid_t uid);

// Names, or the number in decimal when there is none. The memory is overwritten by the next call of
// the same function.
const char *user_name(uid_t uid);
const char *group_name(gid_t gid);

// Groups of which /etc/group says that `user` is a member, after `gid`: at most `max`. Returns how
// many.
int user_groups(const char *user, gid_t gid, gid_t *groups, int max);

// "TERM", "SIGTERM" and "15" are 15, "0" is 0; -1 for no signal. signal_name() returns "TERM", or
// null.
int signal_number(const char *text);
const char *signal_name(int number);

// Apply a mode in octal or in chmod's symbols to `old`. `mask` is the umask that counts where no
// who is given. False: bad text.
bool parse_mode(const char *text, mode_t old, mode_t mask, mode_t *out);

// "-rwxr-xr-x" of `mode` to a buffer of 11 bytes, and "regular file" and the like.
void mode_string(mode_t mode, char *out);
const char *file_kind(mode_t mode, off_t size);

// Files and trees (lib_files.c).

// `dir`/`name` in new memory, without doubling the slash.
char *path_join(const char *dir, const char *name);

// What follows the last slash of `path`, not counting slashes at its end; in new memory.
char *path_base(const char *path);

// The content of a small file (such as one of /proc) as a string in new memory; null with errno
// set.
char *read_file(const char *path);

// Open `path`, or standard input for "-". Returns null after a message.
FILE *open_input(const char *path);

// Names in directory `path`, sorted, without "." and "..". Returns how many, or -1 with errno set;
// the caller frees the names and the list.
int list_directory(const char *path, char ***names);
void free_list(char **names, int count);

// Call `visit` for `path` and all below it, directories after (or, with `before`, before) what they
// hold. Symbolic links are not followed below `path`. visit() returns 0, or 1 after a message.
// Returns 1 if anything failed.
typedef int (*visit_fn)(const char *path, const struct stat *st, void *arg);
int walk_tree(const char *path, bool before, visit_fn visit, void *arg);

// Copy what is left of file `in` to file `out`. Returns 0; -1 reading failed, -2 writing failed;
// errno is set.
int copy_data(int in, int out);

// Copy a file, link or (with `recurse`) a directory and all in it. `keep`: also owner, mode and
// times, and copy links as links. Prints its own messages; returns 0 or 1.
int copy_tree(const char *from, const char *to, bool recurse, bool keep);

// Remove `path` and all below it. With `force`, what is not there is no failure. Prints its own
// messages; returns 0 or 1.
int remove_tree(const char *path, bool recurse, bool force);
