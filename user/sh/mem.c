// SPDX-License-Identifier: GPL-2.0-only
/*
 * mem.c - memory, messages and buffered output of the shell.
 *
 * Promises: an allocation succeeds or the shell says "out of memory" and exits; a message reaches
 * standard error in one write; what built-ins print reaches standard output in as few writes
 * as possible (a file that takes one value per write, like a container's `tasks`, depends on it).
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/sh/sh.h"

struct chunk {
	struct chunk *prev;
	size_t size, used;
	char data[] __attribute__((aligned(16)));
};

enum { CHUNK_MIN = 2000, SPARE_MAX = 4 };

struct arena tmp = { .refs = 1 };

/* A few free chunks of the usual size: most commands need one, for a moment. */
static struct chunk *spare;
static int spare_n;

static void __attribute__((noreturn)) out_of_memory(void)
{
	static const char msg[] = "sh: out of memory\n";

	write_all(2, msg, sizeof(msg) - 1);
	_exit(2);
}

/* Allocate or end the shell. */
void *xmalloc(size_t n)
{
	void *p = malloc(n);

	if (!p)
		out_of_memory();
	return p;
}

/* Resize or end the shell. */
void *xrealloc(void *p, size_t n)
{
	p = realloc(p, n);
	if (!p)
		out_of_memory();
	return p;
}

/* Copy a string to the heap or end the shell. */
char *xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xmalloc(n), s, n);
}

/* A new arena with one reference. */
struct arena *arena_new(void)
{
	struct arena *a = xmalloc(sizeof(*a));

	*a = (struct arena){ .refs = 1 };
	return a;
}

/* Drop a reference; the last one frees everything allocated from the arena. */
void arena_put(struct arena *a)
{
	if (--a->refs)
		return;
	arena_release(a, (struct mark){ 0 });
	free(a);
}

/* n bytes, aligned for any object, that live as long as the arena (or until its release). */
void *arena_alloc(struct arena *a, size_t n)
{
	struct chunk *c = a->top;
	void *p;

	n = (n + 15) & ~(size_t)15;
	if (!c || c->size - c->used < n) {
		size_t size = n > CHUNK_MIN ? n : CHUNK_MIN;

		if (size == CHUNK_MIN && spare) {
			c = spare;
			spare = c->prev;
			spare_n--;
		} else {
			c = xmalloc(sizeof(*c) + size);
		}
		c->prev = a->top;
		c->size = size;
		c->used = 0;
		a->top = c;
	}
	p = c->data + c->used;
	c->used += n;
	return p;
}

/* Copy n bytes and a NUL into the arena. */
char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	memcpy(p, s, n);
	p[n] = 0;
	return p;
}

/* Remember how full the arena is. */
struct mark arena_mark(struct arena *a)
{
	return (struct mark){ a->top, a->top ? a->top->used : 0 };
}

/* Free what was allocated since the mark. */
void arena_release(struct arena *a, struct mark m)
{
	while (a->top != m.chunk) {
		struct chunk *c = a->top;

		a->top = c->prev;
		if (c->size == CHUNK_MIN && spare_n < SPARE_MAX) {
			c->prev = spare;
			spare = c;
			spare_n++;
		} else {
			free(c);
		}
	}
	if (a->top)
		a->top->used = m.used;
}

/* Append n bytes. */
void buf_put(struct buf *b, const char *s, size_t n)
{
	if (b->cap - b->len <= n) {
		b->cap = (b->len + n + 1) * 2;
		b->s = xrealloc(b->s, b->cap);
	}
	memcpy(b->s + b->len, s, n);
	b->len += n;
	b->s[b->len] = 0;
}

/* Append one byte. */
void buf_putc(struct buf *b, char c)
{
	if (b->cap - b->len < 2) {
		b->cap = b->cap ? b->cap * 2 : 64;
		b->s = xrealloc(b->s, b->cap);
	}
	b->s[b->len++] = c;
	b->s[b->len] = 0;
}

/* Append a string. */
void buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

/* Free the bytes and leave an empty buffer. */
void buf_free(struct buf *b)
{
	free(b->s);
	*b = (struct buf){ 0 };
}

/* Write n bytes, going on after a short write or a signal; errors are the caller's to ignore. */
void write_all(int fd, const char *s, size_t n)
{
	while (n) {
		ssize_t r = write(fd, s, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return;
		s += r;
		n -= r;
	}
}

static void message(const char *fmt, va_list ap)
{
	char line[1024] = "sh: ";
	int n;

	n = vsnprintf(line + 4, sizeof(line) - 5, fmt, ap);
	if (n < 0)
		return;
	n += 4;
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	write_all(2, line, n);
}

/* Print "sh: message" on standard error. */
void sh_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(fmt, ap);
	va_end(ap);
}

static void __attribute__((noreturn)) abandon(int status)
{
	sh.status = status;
	out_flush();
	if (sh.on_error)
		longjmp(*sh.on_error, 1);
	sh_exit(status);
}

/*
 * Print "sh: message" and abandon the command: an interactive shell goes back to its prompt with $?
 * set to status, any other shell exits with it (POSIX 2.8.1, consequences of shell errors).
 */
void sh_error(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(fmt, ap);
	va_end(ap);
	abandon(status);
}

/*
 * A built-in was used wrongly: print "sh: message". That is an error of the shell for a special
 * built-in only, and not when `command` runs it; else the caller returns status, as is done here.
 */
int builtin_error(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(fmt, ap);
	va_end(ap);
	if (!sh.lenient)
		abandon(status);
	return status;
}

/* Refuse to nest deeper when the stack is nearly used up: a message, not a crash. */
void stack_check(void)
{
	char here;

	if ((size_t)(sh.stack_base - &here) > SH_STACK_MAX &&
	    (size_t)(&here - sh.stack_base) > SH_STACK_MAX)
		sh_error(2, "nested too deeply");
}

static char out_buf[4096];
static size_t out_len;
static int out_errno;

static void out_write(void)
{
	size_t done = 0;

	while (done < out_len) {
		ssize_t r = write(1, out_buf + done, out_len - done);

		if (r < 0 && errno == EINTR) {
			check_interrupt();
			continue;
		}
		if (r <= 0) {
			out_errno = r < 0 ? errno : EIO;
			break;
		}
		done += r;
	}
	out_len = 0;
}

/* Queue n bytes for standard output. */
void out_put(const char *s, size_t n)
{
	while (n) {
		size_t room = sizeof(out_buf) - out_len;
		size_t k = n < room ? n : room;

		memcpy(out_buf + out_len, s, k);
		out_len += k;
		s += k;
		n -= k;
		if (out_len == sizeof(out_buf))
			out_write();
	}
}

/* Queue a string for standard output. */
void out_puts(const char *s)
{
	out_put(s, strlen(s));
}

/* Queue formatted text for standard output. */
void out_printf(const char *fmt, ...)
{
	char small[512], *s = small;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(small)) {
		s = arena_alloc(&tmp, n + 1);
		va_start(ap, fmt);
		vsnprintf(s, n + 1, fmt, ap);
		va_end(ap);
	}
	if (n > 0)
		out_put(s, n);
}

/* Queue a string in single quotes, so that the shell can read it back. */
void out_quoted(const char *s)
{
	out_put("'", 1);
	for (; *s; s++) {
		if (*s == '\'')
			out_puts("'\\''");
		else
			out_put(s, 1);
	}
	out_put("'", 1);
}

/* Forget what is queued: the command that printed it was interrupted. */
void out_drop(void)
{
	out_len = 0;
	out_errno = 0;
}

/*
 * Write what is queued. Returns 0, or 1 after saying what went wrong. Called at the end of every
 * built-in and before every fork, so that nothing is written twice or late.
 */
int out_flush(void)
{
	int err;

	if (out_len)
		out_write();
	err = out_errno;
	out_errno = 0;
	if (!err)
		return 0;
	sh_warn("write error: %s", strerror(err));
	return 1;
}
