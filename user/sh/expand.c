// SPDX-License-Identifier: GPL-2.0-only
/*
 * expand.c - from the parts of a word to the arguments of a command (POSIX 2.6).
 *
 * Text is collected with one flag byte per character: F_QUOTED (never split, never a pattern),
 * F_SPLIT (came from an expansion: IFS applies), F_EMPTY (no character, but a field exists) and
 * F_BREAK (no character, a field ends: "$@"). Splitting and globbing then read the flags. All
 * memory is in `tmp`. Start at expand_words().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/sh/sh.h"

/* What the caller wants of an expansion. */
struct ctx {
	struct xbuf *x;
	bool split;		/* fields matter: $@ breaks, expansions are split */
};

static void expand_parts(struct ctx *c, struct part *p, unsigned char base);

static void x_put(struct xbuf *x, char ch, unsigned char flag)
{
	if (x->len == x->cap) {
		size_t cap = x->cap ? x->cap * 2 : 64;
		char *s = arena_alloc(&tmp, cap);
		unsigned char *f = arena_alloc(&tmp, cap);

		if (x->len) {
			memcpy(s, x->s, x->len);
			memcpy(f, x->f, x->len);
		}
		x->s = s;
		x->f = f;
		x->cap = cap;
	}
	x->s[x->len] = ch;
	x->f[x->len++] = flag;
}

static void x_puts(struct xbuf *x, const char *s, unsigned char flag)
{
	while (*s)
		x_put(x, *s++, flag);
}

/* A value in place of a parameter or substitution. */
static void put_value(struct ctx *c, const char *s, bool quoted)
{
	if (!*s && quoted)
		x_put(c->x, 0, F_EMPTY | F_QUOTED);
	x_puts(c->x, s, quoted ? F_QUOTED : F_SPLIT);
}

static void put_number(struct ctx *c, long n, bool quoted)
{
	char num[24];

	snprintf(num, sizeof(num), "%ld", n);
	put_value(c, num, quoted);
}

/* The home directory for ~user ("" is ~), or NULL. */
const char *tilde_home(const char *user)
{
	struct buf file = { 0 };
	char chunk[512], *line, *home = NULL;
	ssize_t n;
	int fd;

	if (!*user)
		return var_get("HOME");
	fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_put(&file, chunk, n);
	close(fd);
	for (line = file.s; line && *line && !home; line = strchr(line, '\n')) {
		char *field;
		size_t len = strlen(user);

		line += *line == '\n';
		if (strncmp(line, user, len) || line[len] != ':')
			continue;
		field = line;
		for (int i = 0; i < 5 && field; i++)
			field = strchr(field, ':') ? strchr(field, ':') + 1 : NULL;
		if (field)
			home = arena_strndup(&tmp, field, strcspn(field, ":\n"));
	}
	buf_free(&file);
	return home;
}

/* $@ and $*. */
static void put_args(struct ctx *c, char which, bool quoted)
{
	const char *sep = ifs();

	for (int i = 0; i < sh.params.n; i++) {
		if (i && quoted && which == '*') {
			if (*sep)
				x_put(c->x, *sep, F_QUOTED);
		} else if (i && c->split) {
			x_put(c->x, 0, F_BREAK);
		} else if (i) {
			x_put(c->x, which == '*' ? *sep : ' ', F_QUOTED);
		}
		put_value(c, sh.params.v[i], quoted);
	}
	if (!sh.params.n && quoted && which == '*')
		x_put(c->x, 0, F_EMPTY | F_QUOTED);
}

/* The value of a parameter other than @ and *, or NULL if unset. */
static const char *param_value(const char *name)
{
	char *num;
	int n;

	if (is_name_start(*name))
		return var_get(name);
	num = arena_alloc(&tmp, 32);
	switch (*name) {
	case '?':
		snprintf(num, 32, "%d", sh.status);
		return num;
	case '$':
		snprintf(num, 32, "%d", (int)sh.pid);
		return num;
	case '#':
		snprintf(num, 32, "%d", sh.params.n);
		return num;
	case '!':
		if (!sh.last_bg)
			return NULL;
		snprintf(num, 32, "%d", (int)sh.last_bg);
		return num;
	case '-':
		options_string(num);
		return num;
	}
	n = strlen(name) > 8 ? sh.params.n + 1 : atoi(name);
	if (n == 0)
		return sh.arg0;
	return n <= sh.params.n ? sh.params.v[n - 1] : NULL;
}

/* ${v#p} and its kin: the part of value that remains. */
static const char *strip_pattern(const char *value, struct part *p)
{
	struct xbuf pat = { 0 };
	size_t n = strlen(value);

	expand_pattern(p->word, &pat);
	if (p->op == '#') {
		for (size_t i = 0; i <= n; i++) {
			size_t k = p->colon ? n - i : i;

			if (pat_match(pat.s, pat.f, pat.len, value, k))
				return value + k;
		}
		return value;
	}
	for (size_t i = 0; i <= n; i++) {
		size_t k = p->colon ? i : n - i;

		if (pat_match(pat.s, pat.f, pat.len, value + k, n - k))
			return arena_strndup(&tmp, value, k);
	}
	return value;
}

static void __attribute__((noreturn)) unset_error(struct part *p, const char *why)
{
	const char *msg = p->word ? expand_str(p->word) : why;

	sh_error(2, "%s: %s", p->s, msg);
}

static void assign_default(struct ctx *c, struct part *p)
{
	const char *value;

	if (!is_name_start(*p->s))
		sh_error(2, "%s: cannot assign in this way", p->s);
	value = expand_str(p->word);
	var_set(p->s, value, 0);
	put_value(c, value, p->quoted);
}

/* The word of ${v:-word}; quoting inside it was resolved by the lexer. */
static void put_operand(struct ctx *c, struct part *p)
{
	size_t before = c->x->len;

	expand_parts(c, p->word, F_SPLIT);
	if (p->quoted && c->x->len == before)
		x_put(c->x, 0, F_EMPTY | F_QUOTED);
}

static void expand_param(struct ctx *c, struct part *p)
{
	bool multi = (*p->s == '@' || *p->s == '*');
	const char *value = NULL;
	bool have;

	if (multi) {
		have = sh.params.n > 0 && !(p->colon && sh.params.n == 1 && !*sh.params.v[0]);
	} else {
		value = param_value(p->s);
		have = value && !(p->colon && !*value);
	}
	switch (p->op) {
	case '-':
		if (!have) {
			put_operand(c, p);
			return;
		}
		break;
	case '+':
		if (have)
			put_operand(c, p);
		else if (p->quoted)
			x_put(c->x, 0, F_EMPTY | F_QUOTED);
		return;
	case '=':
		if (!have) {
			assign_default(c, p);
			return;
		}
		break;
	case '?':
		if (!have)
			unset_error(p, p->colon ? "parameter null or not set" :
						  "parameter not set");
		break;
	default:
		if (!value && !multi && sh.opt[O_NOUNSET])
			sh_error(2, "%s: parameter not set", p->s);
	}
	if (p->op == 'L') {
		put_number(c, multi ? sh.params.n : value ? (long)strlen(value) : 0, p->quoted);
		return;
	}
	if (multi) {
		put_args(c, *p->s, p->quoted);
		return;
	}
	if (value && (p->op == '%' || p->op == '#'))
		value = strip_pattern(value, p);
	put_value(c, value ? value : "", p->quoted);
}

/* $(...): what the commands print, without the newlines at the end. */
static void expand_command(struct ctx *c, struct part *p)
{
	struct buf text = { 0 };
	char chunk[1024], *copy;
	int fd[2], status;
	ssize_t n;
	pid_t pid;

	if (!p->cmd) {
		put_value(c, "", p->quoted);
		sh.cmdsub_status = 0;
		return;
	}
	if (pipe(fd) < 0)
		sh_error(2, "cannot make a pipe: %s", strerror(errno));
	pid = sh_fork(NULL, FORK_NOJOB);
	if (!pid) {
		sh.tested = 0;
		close(fd[0]);
		if (fd[1] != 1) {
			dup2(fd[1], 1);
			close(fd[1]);
		}
		sh_exit(exec_node(p->cmd, X_NOFORK));
	}
	close(fd[1]);
	for (;;) {
		n = read(fd[0], chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR && !sh.interrupted)
			continue;
		if (n <= 0)
			break;
		buf_put(&text, chunk, n);
	}
	close(fd[0]);
	status = wait_pid(pid);
	sh.cmdsub_status = status;
	while (text.len && text.s[text.len - 1] == '\n')
		text.len--;
	copy = arena_alloc(&tmp, text.len + 1);
	n = 0;
	for (size_t i = 0; i < text.len; i++)
		if (text.s[i])
			copy[n++] = text.s[i];
	copy[n] = 0;
	buf_free(&text);
	check_interrupt();
	put_value(c, copy, p->quoted);
}

static void expand_tilde(struct ctx *c, struct part *p)
{
	const char *home = tilde_home(p->s);

	if (home) {
		put_value(c, home, true);
		return;
	}
	x_put(c->x, '~', 0);
	x_puts(c->x, p->s, 0);
}

static void expand_literal(struct ctx *c, struct part *p, unsigned char base)
{
	if (p->quoted && !*p->s)
		x_put(c->x, 0, F_EMPTY | F_QUOTED);
	x_puts(c->x, p->s, p->quoted ? F_QUOTED : base);
}

/* Expand parts into c->x; unquoted literal text gets the flag base. */
static void expand_parts(struct ctx *c, struct part *p, unsigned char base)
{
	for (; p; p = p->next) {
		switch (p->type) {
		case P_LIT:
			expand_literal(c, p, base);
			break;
		case P_PARAM:
			expand_param(c, p);
			break;
		case P_CMD:
			expand_command(c, p);
			break;
		case P_ARITH:
			put_number(c, arith_eval(expand_str(p->word)), p->quoted);
			break;
		case P_TILDE:
			expand_tilde(c, p);
			break;
		}
	}
}

/* One string, neither split nor globbed: assignments, redirections, here-documents, `case`. */
char *expand_str(struct part *p)
{
	struct xbuf x = { 0 };
	struct ctx c = { &x, false };
	size_t n = 0;

	if (!p)
		return (char *)"";
	if (p->type == P_LIT && !p->next)
		return p->s;
	expand_parts(&c, p, 0);
	for (size_t i = 0; i < x.len; i++)
		if (x.s[i])
			x.s[n++] = x.s[i];
	x_put(&x, 0, 0);
	x.s[n] = 0;
	return x.s;
}

/* A pattern: text in which F_QUOTED characters stand for themselves. */
void expand_pattern(struct part *p, struct xbuf *x)
{
	struct ctx c = { x, false };
	size_t n = 0;

	expand_parts(&c, p, 0);
	for (size_t i = 0; i < x->len; i++) {
		if (!x->s[i])
			continue;
		x->s[n] = x->s[i];
		x->f[n++] = x->f[i];
	}
	x->len = n;
}

/* The arguments collected so far. */
struct args {
	char **v;
	int n, cap;
};

static void arg_add(struct args *a, char *s)
{
	if (a->n + 1 >= a->cap) {
		int cap = a->cap ? a->cap * 2 : 16;
		char **v = arena_alloc(&tmp, cap * sizeof(*v));

		if (a->n)
			memcpy(v, a->v, a->n * sizeof(*v));
		a->v = v;
		a->cap = cap;
	}
	a->v[a->n++] = s;
	a->v[a->n] = NULL;
}

static void field_end(struct args *a, struct xbuf *field, bool *have)
{
	if (!*have)
		return;
	*have = false;
	if (!sh.opt[O_NOGLOB] && glob_has_meta(field->s, field->f, field->len)) {
		char **names;
		int n = glob_expand(field->s, field->f, field->len, &names);

		for (int i = 0; i < n; i++)
			arg_add(a, names[i]);
		if (n) {
			field->len = 0;
			return;
		}
	}
	arg_add(a, arena_strndup(&tmp, field->s ? field->s : "", field->len));
	field->len = 0;
}

/* Split expanded text into fields (POSIX 2.6.5) and glob each. */
static void split_fields(struct args *a, struct xbuf *x)
{
	struct xbuf field = { 0 };
	const char *sep = ifs();
	bool have = false, after_space = false;

	for (size_t i = 0; i < x->len; i++) {
		char ch = x->s[i];
		unsigned char f = x->f[i];

		if (f & F_BREAK) {
			field_end(a, &field, &have);
			after_space = false;
		} else if (f & F_EMPTY) {
			have = true;
			after_space = false;
		} else if ((f & F_SPLIT) && strchr(sep, ch)) {
			if (ch == ' ' || ch == '\t' || ch == '\n') {
				after_space = have || after_space;
				field_end(a, &field, &have);
			} else if (after_space && !have) {
				after_space = false;
			} else {
				have = true;
				field_end(a, &field, &have);
			}
		} else {
			x_put(&field, ch, f);
			have = true;
			after_space = false;
		}
	}
	field_end(a, &field, &have);
}

/* All words of a command as a NULL-terminated argv. */
char **expand_words(struct word *w, int *argc)
{
	struct args a = { 0 };

	for (; w; w = w->next) {
		struct part *p = w->parts;
		struct xbuf x = { 0 };
		struct ctx c = { &x, true };

		/* Most words are plain text. */
		if (p && !p->next && p->type == P_LIT && !p->meta) {
			arg_add(&a, p->s);
			continue;
		}
		expand_parts(&c, p, 0);
		split_fields(&a, &x);
	}
	if (!a.v)
		a.v = arena_alloc(&tmp, sizeof(*a.v));
	a.v[a.n] = NULL;
	*argc = a.n;
	return a.v;
}
