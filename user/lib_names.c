// SPDX-License-Identifier: GPL-2.0-only
//
// Users, groups, signals and file modes by name. lib.h says what each function promises.
//
// /etc/passwd and /etc/group are read here and not by the C library, which would ask a name service
// over a socket for every name that is not in the file.

#include "user/lib.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS 7

struct entry {
	char line[512];
	char *field[FIELDS];
};

// Split a line of a database at the colons; fields that are missing are empty.
static void split_line(struct entry *e)
{
	char *rest = e->line;

	rest[strcspn(rest, "\n")] = 0;
	for (int i = 0; i < FIELDS; i++) {
		char *field = strsep(&rest, ":");

		e->field[i] = field ? field : "";
	}
}

// Find the line of `file` whose field number `index` is `key`.
static bool find_entry(const char *file, int index, const char *key, struct entry *e)
{
	FILE *f = fopen(file, "re");
	bool found = false;

	if (!f)
		return false;
	while (!found && fgets(e->line, sizeof(e->line), f)) {
		split_line(e);
		found = strcmp(e->field[index], key) == 0;
	}
	fclose(f);
	return found;
}

static bool find_by_number(const char *file, unsigned int id, struct entry *e)
{
	char key[16];

	snprintf(key, sizeof(key), "%u", id);
	return find_entry(file, 2, key, e);
}

bool find_user(const char *text, uid_t *uid, gid_t *gid)
{
	struct entry e;
	long long number;

	if (find_entry("/etc/passwd", 0, text, &e)) {
		*uid = strtoul(e.field[2], NULL, 10);
		if (gid)
			*gid = strtoul(e.field[3], NULL, 10);
		return true;
	}
	// The highest number means "no user" to the system calls.
	if (!parse_number(text, 10, 0, UINT_MAX - 1LL, &number))
		return false;
	*uid = number;
	if (gid)
		*gid = find_by_number("/etc/passwd", number, &e) ? strtoul(e.field[3], NULL, 10)
								 : (gid_t)number;
	return true;
}

bool find_group(const char *text, gid_t *gid)
{
	struct entry e;
	long long number;

	if (find_entry("/etc/group", 0, text, &e)) {
		*gid = strtoul(e.field[2], NULL, 10);
		return true;
	}
	if (!parse_number(text, 10, 0, UINT_MAX - 1LL, &number))
		return false;
	*gid = number;
	return true;
}

const char *user_home(uid_t uid)
{
	static struct entry e;

	return find_by_number("/etc/passwd", uid, &e) && e.field[5][0] ? e.field[5] : "/";
}

// Lists ask for the same few ids again and again: the last answer is kept.
struct name_cache {
	bool valid;
	unsigned int id;
	char name[64];
};

static const char *cached_name(struct name_cache *cache, const char *file, unsigned int id)
{
	struct entry e;

	if (cache->valid && cache->id == id)
		return cache->name;
	if (find_by_number(file, id, &e))
		snprintf(cache->name, sizeof(cache->name), "%.63s", e.field[0]);
	else
		snprintf(cache->name, sizeof(cache->name), "%u", id);
	cache->valid = true;
	cache->id = id;
	return cache->name;
}

const char *user_name(uid_t uid)
{
	static struct name_cache cache;

	return cached_name(&cache, "/etc/passwd", uid);
}

const char *group_name(gid_t gid)
{
	static struct name_cache cache;

	return cached_name(&cache, "/etc/group", gid);
}

static bool list_has(char *list, const char *name)
{
	char *member;

	while ((member = strsep(&list, ",")))
		if (strcmp(member, name) == 0)
			return true;
	return false;
}

int user_groups(const char *user, gid_t gid, gid_t *groups, int max)
{
	FILE *f = fopen("/etc/group", "re");
	struct entry e;
	int count = 0;

	groups[count++] = gid;
	while (f && count < max && fgets(e.line, sizeof(e.line), f)) {
		gid_t other;

		split_line(&e);
		other = strtoul(e.field[2], NULL, 10);
		if (other != gid && list_has(e.field[3], user))
			groups[count++] = other;
	}
	if (f)
		fclose(f);
	return count;
}

static const char *const signal_names[] = {
	[SIGHUP] = "HUP",   [SIGINT] = "INT",	    [SIGQUIT] = "QUIT", [SIGILL] = "ILL",
	[SIGTRAP] = "TRAP", [SIGABRT] = "ABRT",	    [SIGBUS] = "BUS",	[SIGFPE] = "FPE",
	[SIGKILL] = "KILL", [SIGUSR1] = "USR1",	    [SIGSEGV] = "SEGV", [SIGUSR2] = "USR2",
	[SIGPIPE] = "PIPE", [SIGALRM] = "ALRM",	    [SIGTERM] = "TERM", [SIGSTKFLT] = "STKFLT",
	[SIGCHLD] = "CHLD", [SIGCONT] = "CONT",	    [SIGSTOP] = "STOP", [SIGTSTP] = "TSTP",
	[SIGTTIN] = "TTIN", [SIGTTOU] = "TTOU",	    [SIGURG] = "URG",	[SIGXCPU] = "XCPU",
	[SIGXFSZ] = "XFSZ", [SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF", [SIGWINCH] = "WINCH",
	[SIGIO] = "IO",	    [SIGPWR] = "PWR",	    [SIGSYS] = "SYS",
};

const char *signal_name(int number)
{
	if (number < 1 || number >= (int)(sizeof(signal_names) / sizeof(signal_names[0])))
		return NULL;
	return signal_names[number];
}

int signal_number(const char *text)
{
	long long number;

	if (parse_number(text, 10, 0, 64, &number))
		return number;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (int i = 1; signal_name(i); i++)
		if (strcasecmp(signal_name(i), text) == 0)
			return i;
	return -1;
}

// The bits of `who` (u, g, o as bits of a mode: 0700, 0070, 0007) that the letters of one symbolic
// action stand for.
static mode_t action_bits(const char **text, mode_t who, mode_t mode)
{
	mode_t bits = 0;

	for (;; (*text)++) {
		mode_t copied = 0;

		switch (**text) {
		case 'r':
			bits |= 0444 & who;
			break;
		case 'w':
			bits |= 0222 & who;
			break;
		case 'x':
			bits |= 0111 & who;
			break;
		case 'X':
			if (S_ISDIR(mode) || (mode & 0111))
				bits |= 0111 & who;
			break;
		case 's':
			bits |= (who & 0700 ? S_ISUID : 0) | (who & 0070 ? S_ISGID : 0);
			break;
		case 't':
			bits |= S_ISVTX;
			break;
		case 'u':
			copied = mode >> 6 & 7;
			bits |= (copied * 0111) & who;
			break;
		case 'g':
			copied = mode >> 3 & 7;
			bits |= (copied * 0111) & who;
			break;
		case 'o':
			copied = mode & 7;
			bits |= (copied * 0111) & who;
			break;
		default:
			return bits;
		}
	}
}

// One clause of a symbolic mode: who, then actions. Returns what follows it, or null.
static const char *symbolic_clause(const char *text, mode_t mask, mode_t *mode)
{
	mode_t who = 0, limit = ~(mode_t)0;

	for (; *text && strchr("ugoa", *text); text++)
		who |= *text == 'u' ? 0700 : *text == 'g' ? 0070 : *text == 'o' ? 0007 : 0777;
	if (!who) {
		who = 0777;
		limit = ~mask;
	}
	if (!*text || !strchr("+-=", *text))
		return NULL;
	while (*text && strchr("+-=", *text)) {
		char action = *text++;
		mode_t bits = action_bits(&text, who, *mode) & limit;

		if (action == '=')
			*mode &= ~(who | (who & 0700 ? S_ISUID : 0) | (who & 0070 ? S_ISGID : 0));
		if (action == '-')
			*mode &= ~bits;
		else
			*mode |= bits;
	}
	return text;
}

bool parse_mode(const char *text, mode_t old, mode_t mask, mode_t *out)
{
	long long number;

	if (text[0] >= '0' && text[0] <= '7') {
		if (!parse_number(text, 8, 0, 07777, &number))
			return false;
		*out = number;
		return true;
	}
	do {
		text = symbolic_clause(text, mask, &old);
	} while (text && *text == ',' && text++);
	*out = old & 07777;
	return text && !*text;
}

void mode_string(mode_t mode, char *out)
{
	static const char letters[] = "rwxrwxrwx";

	out[0] = S_ISDIR(mode)	  ? 'd'
		 : S_ISLNK(mode)  ? 'l'
		 : S_ISCHR(mode)  ? 'c'
		 : S_ISBLK(mode)  ? 'b'
		 : S_ISFIFO(mode) ? 'p'
		 : S_ISSOCK(mode) ? 's'
				  : '-';
	for (int i = 0; i < 9; i++)
		out[i + 1] = mode & (0400 >> i) ? letters[i] : '-';
	if (mode & S_ISUID)
		out[3] = mode & 0100 ? 's' : 'S';
	if (mode & S_ISGID)
		out[6] = mode & 0010 ? 's' : 'S';
	if (mode & S_ISVTX)
		out[9] = mode & 0001 ? 't' : 'T';
	out[10] = 0;
}

const char *file_kind(mode_t mode, off_t size)
{
	if (S_ISREG(mode))
		return size ? "regular file" : "regular empty file";
	return S_ISDIR(mode)	? "directory"
	       : S_ISLNK(mode)	? "symbolic link"
	       : S_ISCHR(mode)	? "character special file"
	       : S_ISBLK(mode)	? "block special file"
	       : S_ISFIFO(mode) ? "fifo"
	       : S_ISSOCK(mode) ? "socket"
				: "unknown";
}
