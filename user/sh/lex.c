// SPDX-License-Identifier: GPL-2.0-only
/*
 * lex.c - from bytes to tokens.
 *
 * Promises: a word comes out as a list of parts with its quoting resolved, substitutions already
 * parsed; a here-document's body is read at the newline that ends its line. Start at peek(), then
 * read_parts().
 */
#include <stdio.h>
#include <string.h>

#include "user/sh/sh.h"

/* Where a run of parts ends and what quotes mean in it. */
enum mode { M_WORD, M_BRACE, M_BRACE_DQ, M_DQ, M_HERE, M_ARITH };

/* A word being built. */
struct builder {
	struct part *head, **tail;
	char *s;
	size_t len, cap;
	bool any, quoted;
};

static int peekc(void)
{
	int c = input_next();

	input_unget(c);
	return c;
}

static void builder_init(struct builder *b)
{
	*b = (struct builder){ 0 };
	b->tail = &b->head;
}

static struct part *add_part(struct builder *b, enum part_type type, bool quoted)
{
	struct part *p = arena_alloc(ps->arena, sizeof(*p));

	*p = (struct part){ .type = type, .quoted = quoted };
	*b->tail = p;
	b->tail = &p->next;
	return p;
}

static void flush(struct builder *b)
{
	struct part *p;

	if (!b->any)
		return;
	p = add_part(b, P_LIT, b->quoted);
	p->s = arena_strndup(ps->arena, b->s ? b->s : "", b->len);
	p->meta = !b->quoted && glob_has_meta(p->s, NULL, b->len);
	b->any = false;
	b->len = 0;
}

static void put(struct builder *b, int c, bool quoted)
{
	if (b->any && b->quoted != quoted)
		flush(b);
	b->any = true;
	b->quoted = quoted;
	if (b->len == b->cap) {
		char *s;

		b->cap = b->cap ? b->cap * 2 : 48;
		s = arena_alloc(ps->arena, b->cap);
		if (b->len)
			memcpy(s, b->s, b->len);
		b->s = s;
	}
	b->s[b->len++] = c;
}

static void read_parts(struct builder *b, enum mode mode);

static struct part *read_operand(enum mode mode)
{
	struct builder b;

	builder_init(&b);
	read_parts(&b, mode);
	flush(&b);
	return b.head;
}

static void read_single_quotes(struct builder *b)
{
	unsigned line = ps->in->line;
	int c;

	while ((c = input_raw()) != '\'') {
		if (c < 0) {
			ps->in->line = line;
			syntax_error("unterminated quoted string");
		}
		put(b, c, true);
	}
}

/* ${...}, after the brace. */
static void read_brace(struct builder *b, bool quoted)
{
	struct part *p = add_part(b, P_PARAM, quoted);
	char name[256];
	size_t n = 0;
	int c = input_next();

	if (c == '#') {
		int d = peekc();

		if (is_name_char(d) || (d >= 0 && strchr("@*?$!-", d))) {
			p->op = 'L';
			c = input_next();
		}
	}
	if (is_name_char(c)) {
		bool digits = c >= '0' && c <= '9';

		for (; is_name_char(c) && n < sizeof(name) - 1; c = input_next()) {
			if (digits && !(c >= '0' && c <= '9'))
				break;
			name[n++] = c;
		}
	} else if (c >= 0 && strchr("@*#?$!-", c)) {
		name[n++] = c;
		c = input_next();
	}
	p->s = arena_strndup(ps->arena, name, n);
	if (!n)
		syntax_error("bad substitution");
	if (c == '}')
		return;
	if (p->op == 'L')
		syntax_error("bad substitution");
	if (c == ':') {
		p->colon = true;
		c = input_next();
		if (c < 0 || !strchr("-=?+", c))
			syntax_error("bad substitution");
	}
	if (c < 0 || !strchr("-=?+%#", c))
		syntax_error("bad substitution");
	p->op = c;
	if (c == '%' || c == '#') {
		if (peekc() == c) {
			p->colon = true;
			input_next();
		}
		p->word = read_operand(M_BRACE);
	} else {
		p->word = read_operand(quoted ? M_BRACE_DQ : M_BRACE);
	}
}

static void read_backquote(struct builder *b, bool quoted)
{
	struct buf text = { 0 };
	char *copy;
	int c;

	while ((c = input_raw()) != '`') {
		if (c == '\\') {
			c = input_raw();
			if (c >= 0 && c != '$' && c != '`' && c != '\\' && !(quoted && c == '"'))
				buf_putc(&text, '\\');
		}
		if (c < 0) {
			buf_free(&text);
			syntax_error("unterminated backquote");
		}
		buf_putc(&text, c);
	}
	copy = arena_strndup(ps->arena, text.s ? text.s : "", text.len);
	buf_free(&text);
	add_part(b, P_CMD, quoted)->cmd = parse_nested_string(copy, strlen(copy));
}

/* What follows a dollar sign. */
static void read_dollar(struct builder *b, bool quoted)
{
	int c = input_next();

	if (c == '(' || c == '{' || is_name_char(c) || (c >= 0 && strchr("@*#?$!-", c))) {
		flush(b);
	} else {
		input_unget(c);
		put(b, '$', quoted);
		return;
	}
	if (c == '{') {
		read_brace(b, quoted);
	} else if (c == '(' && peekc() == '(') {
		input_next();
		add_part(b, P_ARITH, quoted)->word = read_operand(M_ARITH);
	} else if (c == '(') {
		add_part(b, P_CMD, quoted)->cmd = parse_until_paren();
	} else {
		char name[256];
		size_t n = 0;

		name[n++] = c;
		if (is_name_start(c)) {
			while (is_name_char(c = input_next()))
				if (n < sizeof(name))
					name[n++] = c;
			input_unget(c);
		}
		add_part(b, P_PARAM, quoted)->s = arena_strndup(ps->arena, name, n);
	}
}

static void read_backslash(struct builder *b, enum mode mode)
{
	int c = input_raw();

	if (mode == M_WORD || mode == M_BRACE) {
		if (c < 0)
			put(b, '\\', true);
		else
			put(b, c, true);
		return;
	}
	if (c < 0 || !(strchr("$`\\", c) || (c == '"' && mode != M_HERE) ||
		       (c == '}' && mode == M_BRACE_DQ)))
		put(b, '\\', true);
	if (c >= 0)
		put(b, c, true);
}

/*
 * A tilde that may stand for a home directory: at a word's start, or after = or : in an assignment.
 */
static void read_tilde(struct builder *b, bool in_assign)
{
	char user[64];
	size_t n = 0;
	int c;

	while (is_name_char(c = input_next()) || c == '-' || c == '.')
		if (n < sizeof(user) - 1)
			user[n++] = c;
	input_unget(c);
	if (c < 0 || strchr(" \t\n/;&|<>()}", c) || (in_assign && c == ':')) {
		flush(b);
		add_part(b, P_TILDE, true)->s = arena_strndup(ps->arena, user, n);
		return;
	}
	put(b, '~', false);
	for (size_t i = 0; i < n; i++)
		put(b, user[i], false);
}

static bool tilde_here(struct builder *b, enum mode mode, bool *in_assign)
{
	if (mode != M_WORD && mode != M_BRACE)
		return false;
	if (!b->head && !b->any)
		return true;
	if (!*in_assign && !b->head && ps->assign_ok && mode == M_WORD && b->any && !b->quoted) {
		char *eq = memchr(b->s, '=', b->len);

		*in_assign = eq && valid_name(b->s, eq - b->s);
	} else if (!*in_assign && ps->assign_ok && mode == M_WORD && b->head &&
		   b->head->type == P_LIT && !b->head->quoted) {
		char *eq = strchr(b->head->s, '=');

		*in_assign = eq && valid_name(b->head->s, eq - b->head->s);
	}
	return *in_assign && b->any && !b->quoted && b->len &&
	       (b->s[b->len - 1] == '=' || b->s[b->len - 1] == ':');
}

static void read_quotes(struct builder *b, int c)
{
	struct part **tail = b->tail;

	if (c == '"')
		read_parts(b, M_DQ);
	else
		read_single_quotes(b);
	if (b->tail == tail && !b->any) {
		b->any = b->quoted = true;
		b->len = 0;
	}
}

/* Read parts up to what ends the mode; the ending character is taken, except in M_WORD. */
static void read_parts(struct builder *b, enum mode mode)
{
	bool quoted = mode != M_WORD && mode != M_BRACE;
	bool in_assign = false;
	unsigned line = ps->in->line;
	int depth = 0;

	stack_check();
	for (;;) {
		int c = input_next();

		if (c < 0) {
			if (mode == M_WORD || mode == M_HERE)
				return;
			ps->in->line = line;
			syntax_error(mode == M_DQ ? "unterminated quoted string" :
				     mode == M_ARITH ? "missing '))'" : "missing '}'");
		}
		if (mode == M_WORD && strchr(" \t\n;&|<>()", c)) {
			input_unget(c);
			return;
		}
		if ((c == '}' && (mode == M_BRACE || mode == M_BRACE_DQ)) ||
		    (c == '"' && mode == M_DQ))
			return;
		if (mode == M_ARITH && c == ')' && depth-- == 0) {
			if (input_next() != ')')
				syntax_error("missing '))'");
			return;
		}
		if (mode == M_ARITH && c == '(')
			depth++;
		if (c == '\\')
			read_backslash(b, mode);
		else if (c == '$')
			read_dollar(b, quoted);
		else if (c == '`') {
			flush(b);
			read_backquote(b, quoted);
		} else if (c == '"' && mode == M_ARITH)
			continue;
		else if ((c == '"' && mode != M_HERE) || (c == '\'' && !quoted))
			read_quotes(b, c);
		else if (c == '~' && tilde_here(b, mode, &in_assign))
			read_tilde(b, in_assign);
		else
			put(b, c, quoted);
	}
}

/* Note that a here-document's body is due after the next newline. */
void heredoc_add(struct redir *r, struct part *delim, bool strip)
{
	struct heredoc *h = arena_alloc(ps->arena, sizeof(*h));
	struct buf text = { 0 };

	*h = (struct heredoc){ .redir = r, .strip = strip };
	for (; delim; delim = delim->next) {
		h->quoted |= delim->quoted;
		if (delim->type == P_LIT)
			buf_puts(&text, delim->s);
	}
	h->delim = arena_strndup(ps->arena, text.s ? text.s : "", text.len);
	buf_free(&text);
	*ps->pending_tail = h;
	ps->pending_tail = &h->next;
}

/* One line with its newline; false at the end of the input. */
static bool read_line(struct buf *line, bool strip)
{
	int c;

	line->len = 0;
	while ((c = input_raw()) >= 0) {
		if (strip && c == '\t' && !line->len)
			continue;
		buf_putc(line, c);
		if (c == '\n')
			return true;
	}
	return line->len != 0;
}

/* The body's text as parts, with substitutions if the delimiter was not quoted. */
static struct part *parse_body(char *body, size_t n, bool quoted)
{
	struct input *outer = ps->in, in = { .p = body, .end = body + n, .fd = -1 };
	struct builder b;

	builder_init(&b);
	if (quoted) {
		add_part(&b, P_LIT, true)->s = body;
		return b.head;
	}
	in.line = outer->line;
	ps->in = &in;
	read_parts(&b, M_HERE);
	flush(&b);
	ps->in = outer;
	return b.head;
}

static void read_heredocs(void)
{
	struct heredoc *h = ps->pending;

	ps->pending = NULL;
	ps->pending_tail = &ps->pending;
	for (; h; h = h->next) {
		struct buf line = { 0 }, body = { 0 };
		size_t n = strlen(h->delim);
		char *copy;

		while (read_line(&line, h->strip)) {
			size_t len = line.len - (line.s[line.len - 1] == '\n');

			if (len == n && !memcmp(line.s, h->delim, n))
				break;
			buf_put(&body, line.s, line.len);
		}
		copy = arena_strndup(ps->arena, body.s ? body.s : "", body.len);
		n = body.len;
		buf_free(&line);
		buf_free(&body);
		h->redir->target = parse_body(copy, n, h->quoted);
	}
}

static enum tok read_redir(struct token *t, int c, int fd)
{
	int d = input_next();

	t->fd = fd >= 0 ? fd : c == '>';
	if (c == '<' && d == '<') {
		t->op = R_HERE;
		d = input_next();
		t->strip = d == '-';
		if (!t->strip)
			input_unget(d);
	} else if (c == '<') {
		t->op = d == '>' ? R_RDWR : d == '&' ? R_DUPIN : R_IN;
	} else {
		t->op = d == '>' ? R_APPEND : d == '|' ? R_CLOBBER : d == '&' ? R_DUPOUT : R_OUT;
	}
	if (t->op == R_IN || t->op == R_OUT)
		input_unget(d);
	return T_REDIR;
}

static enum tok one_or_two(int c, enum tok one, enum tok two)
{
	int d = input_next();

	if (d == c)
		return two;
	input_unget(d);
	return one;
}

static enum tok read_word(struct token *t)
{
	struct builder b;

	builder_init(&b);
	read_parts(&b, M_WORD);
	flush(&b);
	t->parts = b.head;
	if (b.head && !b.head->next && b.head->type == P_LIT && !b.head->quoted)
		t->lit = b.head->s;
	return T_WORD;
}

static enum tok read_token(struct token *t)
{
	int c, d;

	do
		c = input_next();
	while (c == ' ' || c == '\t' || c == '\r');
	if (c == '#')
		while (c >= 0 && c != '\n')
			c = input_raw();
	input_unget(c);
	t->start = ps->text.len;
	t->line = ps->in->line;
	c = input_next();
	switch (c) {
	case -1:
		if (ps->pending)
			read_heredocs();
		return T_EOF;
	case '\n':
		if (ps->pending)
			read_heredocs();
		return T_NL;
	case ';':
		return one_or_two(c, T_SEMI, T_DSEMI);
	case '&':
		return one_or_two(c, T_AMP, T_ANDAND);
	case '|':
		return one_or_two(c, T_PIPE, T_OROR);
	case '(':
		return T_LP;
	case ')':
		return T_RP;
	case '<':
	case '>':
		return read_redir(t, c, -1);
	}
	if (c >= '0' && c <= '9') {
		d = peekc();
		if (d == '<' || d == '>') {
			input_next();
			return read_redir(t, d, c - '0');
		}
	}
	input_unget(c);
	return read_word(t);
}

/* The next token, without taking it. */
struct token *peek(void)
{
	if (!ps->have_tok) {
		ps->tok = (struct token){ 0 };
		ps->tok.t = read_token(&ps->tok);
		ps->have_tok = true;
	}
	return &ps->tok;
}

/* Take the token last peeked at. */
void next(void)
{
	ps->have_tok = false;
}

/* The token last peeked at, for a message. */
const char *token_text(void)
{
	static const char *const names[] = {
		[T_EOF] = "end of file", [T_NL] = "newline", [T_SEMI] = "';'", [T_DSEMI] = "';;'",
		[T_AMP] = "'&'", [T_ANDAND] = "'&&'", [T_OROR] = "'||'", [T_PIPE] = "'|'",
		[T_LP] = "'('", [T_RP] = "')'", [T_REDIR] = "redirection",
	};
	static char text[64];
	struct token *t = peek();

	if (t->t != T_WORD)
		return names[t->t];
	if (!t->lit)
		return "word";
	snprintf(text, sizeof(text), "'%.50s'", t->lit);
	return text;
}

/* The raw text from offset start to the token last peeked at, without trailing blanks. */
char *text_slice(size_t start)
{
	size_t end = ps->have_tok ? ps->tok.start : ps->text.len;

	if (ps->in != &ps->base || start >= end)
		return NULL;
	while (end > start && strchr(" \t\n;&", ps->text.s[end - 1]))
		end--;
	return arena_strndup(ps->arena, ps->text.s + start, end - start);
}
