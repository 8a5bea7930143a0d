// SPDX-License-Identifier: GPL-2.0-only
/*
 * redir.c - redirections, and putting descriptors back after a built-in or function.
 *
 * Promises: what redir_apply(save) changed, redir_undo() restores in reverse order, also when an
 * error abandons the command; a here-document of any size can't block the shell, because a child
 * writes what a pipe might not hold. Start at redir_apply().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/sh/sh.h"

struct saved_fd {
	struct saved_fd *prev;
	int fd;
	int copy;		/* -1: it was closed */
};

static struct saved_fd *saved;

/* Move a descriptor out of the users' range, close-on-exec; the old one is closed. */
int fd_move_high(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, SH_FD_MIN);

	if (high < 0)
		return fd;
	close(fd);
	return high;
}

static bool save_fd(int fd)
{
	struct saved_fd *s;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, SH_FD_MIN);

	if (copy < 0 && errno != EBADF) {
		sh_warn("%d: %s", fd, strerror(errno));
		return false;
	}
	s = xmalloc(sizeof(*s));
	*s = (struct saved_fd){ saved, fd, copy };
	saved = s;
	return true;
}

/* What redir_undo() goes back to. */
struct saved_fd *redir_mark(void)
{
	return saved;
}

/* Restore the descriptors saved since the mark. */
void redir_undo(struct saved_fd *to)
{
	while (saved != to) {
		struct saved_fd *s = saved;

		if (s->copy >= 0) {
			dup2(s->copy, s->fd);
			close(s->copy);
		} else {
			close(s->fd);
		}
		saved = s->prev;
		free(s);
	}
}

/* Make the changes since the mark permanent (`exec`). */
void redir_forget(struct saved_fd *to)
{
	while (saved != to) {
		struct saved_fd *s = saved;

		if (s->copy >= 0)
			close(s->copy);
		saved = s->prev;
		free(s);
	}
}

/* A descriptor from which the here-document's text can be read. */
static int open_here(const char *text)
{
	size_t n = strlen(text);
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		return -1;
	if (n <= PIPE_BUF) {
		write_all(fd[1], text, n);
	} else if (!sh_fork(NULL, FORK_NOJOB)) {
		close(fd[0]);
		write_all(fd[1], text, n);
		_exit(0);
	}
	close(fd[1]);
	return fd[0];
}

/* `>` under `set -C`: only a new file, or one that is not a regular file. */
static int open_noclobber(const char *name)
{
	struct stat st;
	int fd;

	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd >= 0 || errno != EEXIST)
		return fd;
	if (!stat(name, &st) && !S_ISREG(st.st_mode))
		return open(name, O_WRONLY | O_CLOEXEC);
	errno = EEXIST;
	return -1;
}

static int open_file(enum redir_op op, const char *name)
{
	static const int flags[] = {
		[R_IN] = O_RDONLY,
		[R_OUT] = O_WRONLY | O_CREAT | O_TRUNC,
		[R_CLOBBER] = O_WRONLY | O_CREAT | O_TRUNC,
		[R_APPEND] = O_WRONLY | O_CREAT | O_APPEND,
		[R_RDWR] = O_RDWR | O_CREAT,
	};
	int fd;

	do {
		if (op == R_OUT && sh.opt[O_NOCLOBBER])
			fd = open_noclobber(name);
		else
			fd = open(name, flags[op] | O_CLOEXEC, 0666);
	} while (fd < 0 && errno == EINTR && !sh.interrupted);
	check_interrupt();
	return fd;
}

static bool dup_fd(int fd, const char *word)
{
	char *end;
	long from;

	if (!strcmp(word, "-")) {
		close(fd);
		return true;
	}
	from = strtol(word, &end, 10);
	if (end == word || *end || from < 0 || from > INT_MAX) {
		sh_warn("%s: bad file descriptor", word);
		return false;
	}
	if (from == fd ? fcntl(fd, F_GETFD) >= 0 : dup2(from, fd) >= 0) {
		if (from == fd)
			fcntl(fd, F_SETFD, 0);
		return true;
	}
	sh_warn("%s: %s", word, strerror(errno));
	return false;
}

static bool apply_one(struct redir *r, bool save)
{
	char *word = expand_str(r->target);
	int fd;

	if (r->op == R_DUPIN || r->op == R_DUPOUT)
		return (!save || save_fd(r->fd)) && dup_fd(r->fd, word);
	fd = r->op == R_HERE ? open_here(word) : open_file(r->op, word);
	if (fd < 0) {
		if (r->op == R_HERE)
			sh_warn("here-document: %s", strerror(errno));
		else
			sh_warn("%s: %s", word, strerror(errno));
		return false;
	}
	/* If the number asked for was free, open() may have returned it: nothing to save then. */
	if (fd == r->fd) {
		fcntl(fd, F_SETFD, 0);
		if (save) {
			struct saved_fd *s = xmalloc(sizeof(*s));

			*s = (struct saved_fd){ saved, fd, -1 };
			saved = s;
		}
		return true;
	}
	if (save && !save_fd(r->fd)) {
		close(fd);
		return false;
	}
	if (dup2(fd, r->fd) < 0) {
		sh_warn("%d: %s", r->fd, strerror(errno));
		close(fd);
		return false;
	}
	close(fd);
	return true;
}

/*
 * Perform redirections in order. save: remember the old descriptors for redir_undo(). Returns 0, or
 * 1 after a message; what was done until then is left to redir_undo().
 */
int redir_apply(struct redir *r, bool save)
{
	if (r)
		out_flush();
	for (; r; r = r->next)
		if (!apply_one(r, save))
			return 1;
	return 0;
}
