// SPDX-License-Identifier: GPL-2.0-only
/*
 * input.c - where commands come from: strings, files, the terminal; one byte at a time.
 *
 * Promises: when commands share the descriptor, no byte is read that the shell does not need yet;
 * two bytes can be put back; lines are counted. Sources nest in a stack whose top is `ps`. Start at
 * input_next().
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/sh/sh.h"

enum { INPUT_BUF = 4096, KEEP = 2 };

struct parser *ps;

static void parser_push(struct parser *p, const char *name)
{
	*p = (struct parser){ .prev = ps, .name = name, .assign_ok = true };
	p->in = &p->base;
	p->pending_tail = &p->pending;
	p->base.line = 1;
	p->base.fd = -1;
	p->arena = arena_new();
	ps = p;
}

/* Read commands from the n bytes at s (kept by the caller). parser_pop() ends it. */
void parser_push_string(struct parser *p, const char *s, size_t n, const char *name)
{
	parser_push(p, name);
	p->base.p = s;
	p->base.end = s + n;
}

/* Read commands from a descriptor, which parser_pop() closes unless base.keep is set. */
void parser_push_fd(struct parser *p, int fd, const char *name)
{
	parser_push(p, name);
	p->base.fd = fd;
	p->base.buf = xmalloc(INPUT_BUF);
	p->base.p = p->base.end = p->base.buf + KEEP;
}

/* Go back to the source that was being read before. */
void parser_pop(void)
{
	struct parser *p = ps;

	ps = p->prev;
	if (p->base.fd >= 0 && !p->base.keep)
		close(p->base.fd);
	free(p->base.buf);
	buf_free(&p->text);
	arena_put(p->arena);
}

/* Say what is wrong at the current line and abandon the command, status 2. */
void syntax_error(const char *fmt, ...)
{
	char msg[256];
	va_list ap;
	unsigned line = ps->in->line;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (ps->have_tok)
		line = ps->tok.line;
	if (ps->name)
		sh_error(2, "%s: line %u: syntax error: %s", ps->name, line, msg);
	sh_error(2, "line %u: syntax error: %s", line, msg);
}

static ssize_t read_some(struct input *in, char *to, size_t n)
{
	ssize_t r;

	for (;;) {
		r = read(in->fd, to, n);
		if (r >= 0 || errno != EINTR)
			return r;
		if (sh.interrupted && in->interactive)
			return -1;
		if (in->interactive)
			traps_run();
	}
}

/* A line of the interactive shell, with prompt. */
static ssize_t read_interactive(struct input *in)
{
	static struct buf line;
	const char *prompt = var_get(ps->prompt2 ? "PS2" : "PS1");
	ssize_t n;

	if (!prompt)
		prompt = ps->prompt2 ? "> " : geteuid() ? "$ " : "# ";
	line.len = 0;
	n = edit_line(prompt, &line);
	check_interrupt();
	if (n <= 0)
		return n;
	if (n > INPUT_BUF - KEEP) {
		in->buf = xrealloc(in->buf, n + KEEP);
		in->p = in->end = in->buf + KEEP;
	}
	memcpy(in->buf + KEEP, line.s, n);
	ps->prompt2 = true;
	return n;
}

static bool refill(struct input *in)
{
	ssize_t n;

	if (in->fd < 0 || in->eof)
		return false;
	/* Keep the last bytes so that they can be put back. */
	if (in->end - in->buf > KEEP)
		memmove(in->buf, in->end - KEEP, KEEP);
	in->p = in->end = in->buf + KEEP;
	if (in->interactive)
		n = read_interactive(in);
	else
		n = read_some(in, in->buf + KEEP, in->bytewise ? 1 : INPUT_BUF - KEEP);
	if (n <= 0) {
		in->eof = true;
		return false;
	}
	in->p = in->buf + KEEP;
	in->end = in->p + n;
	if (sh.opt[O_VERBOSE])
		write_all(2, in->p, n);
	return true;
}

/* The next byte as it is, -1 at the end. */
int input_raw(void)
{
	struct input *in = ps->in;
	int c;

	do {
		if (in->p == in->end && !refill(in))
			return -1;
		c = (unsigned char)*in->p++;
	} while (!c);
	if (c == '\n')
		in->line++;
	if (in == &ps->base)
		buf_putc(&ps->text, c);
	return c;
}

/* Put back the byte last read (-1: nothing). */
void input_unget(int c)
{
	if (c < 0)
		return;
	ps->in->p--;
	if (c == '\n')
		ps->in->line--;
	if (ps->in == &ps->base)
		ps->text.len--;
}

/* The next byte, with backslash-newline pairs removed. */
int input_next(void)
{
	for (;;) {
		int c = input_raw(), d;

		if (c != '\\')
			return c;
		d = input_raw();
		if (d != '\n') {
			input_unget(d);
			return c;
		}
	}
}
