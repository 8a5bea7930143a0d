// SPDX-License-Identifier: GPL-2.0-only
/*
 * parse.c - from tokens to a syntax tree, by recursive descent over the POSIX shell grammar.
 *
 * Promises: a complete command or a syntax error with its line; never half a tree. Start at
 * parse_complete(), which reads the commands of one line (and the lines they need).
 */
#include <string.h>

#include "user/sh/sh.h"

static struct node *parse_list(bool one_line);
static struct node *parse_command(void);

static struct node *new_node(enum node_type type)
{
	struct node *n = arena_alloc(ps->arena, sizeof(*n));

	memset(n, 0, sizeof(*n));
	n->type = type;
	return n;
}

static void __attribute__((noreturn)) unexpected(void)
{
	const char *text = token_text();

	syntax_error("%s unexpected", text);
}

static bool at(enum tok t)
{
	return peek()->t == t;
}

static bool at_word(const char *s)
{
	struct token *t = peek();

	return t->t == T_WORD && t->lit && !strcmp(t->lit, s);
}

/* Take a token that a command may follow. */
static void take(void)
{
	next();
	ps->assign_ok = true;
}

static bool accept_word(const char *s)
{
	if (!at_word(s))
		return false;
	take();
	return true;
}

static void expect_word(const char *s)
{
	const char *text;

	if (accept_word(s))
		return;
	text = token_text();
	syntax_error("%s unexpected (expecting '%s')", text, s);
}

static void skip_newlines(void)
{
	while (at(T_NL))
		take();
}

/* Does the token end a list of commands? */
static bool at_list_end(void)
{
	static const char *const closers[] = { "then", "else", "elif", "fi",
					       "do",   "done", "esac", "}" };
	struct token *t = peek();

	if (t->t == T_EOF || t->t == T_RP || t->t == T_DSEMI)
		return true;
	if (t->t != T_WORD || !t->lit)
		return false;
	for (size_t i = 0; i < sizeof(closers) / sizeof(*closers); i++)
		if (!strcmp(t->lit, closers[i]))
			return true;
	return false;
}

static void parse_redir(struct redir ***tail)
{
	struct redir *r = arena_alloc(ps->arena, sizeof(*r));
	bool strip = peek()->strip;

	*r = (struct redir){ .op = peek()->op, .fd = peek()->fd };
	next();
	if (!at(T_WORD))
		unexpected();
	if (r->op == R_HERE)
		heredoc_add(r, peek()->parts, strip);
	else
		r->target = peek()->parts;
	next();
	**tail = r;
	*tail = &r->next;
}

/* If the word is NAME=value, the assignment; else NULL. */
static struct assign *as_assign(struct part *p)
{
	struct assign *a;
	char *eq;

	if (!p || p->type != P_LIT || p->quoted)
		return NULL;
	eq = strchr(p->s, '=');
	if (!eq || !valid_name(p->s, eq - p->s))
		return NULL;
	a = arena_alloc(ps->arena, sizeof(*a));
	a->next = NULL;
	a->name = arena_strndup(ps->arena, p->s, eq - p->s);
	a->value = p->next;
	if (eq[1]) {
		struct part *rest = arena_alloc(ps->arena, sizeof(*rest));

		*rest = *p;
		rest->s = eq + 1;
		a->value = rest;
	}
	return a;
}

static struct word *new_word(struct part *parts)
{
	struct word *w = arena_alloc(ps->arena, sizeof(*w));

	w->next = NULL;
	w->parts = parts;
	return w;
}

static void parse_redirs(struct node *n)
{
	struct redir **tail = &n->redirs;

	while (at(T_REDIR))
		parse_redir(&tail);
}

static struct node *parse_function(const char *name)
{
	struct node *n = new_node(N_FUNC);

	next();
	if (!at(T_RP))
		unexpected();
	/* Not only names: `:` is one that people know. */
	if (!is_name_start(*name) && strcmp(name, ":"))
		syntax_error("bad function name");
	take();
	skip_newlines();
	n->name = (char *)name;
	n->arena = ps->arena;
	n->def = parse_command();
	return n;
}

static bool is_declaration(const char *lit)
{
	return lit && (!strcmp(lit, "export") || !strcmp(lit, "readonly") || !strcmp(lit, "local"));
}

static struct node *parse_simple(void)
{
	struct node *n = new_node(N_SIMPLE);
	struct assign **atail = &n->assigns;
	struct word **wtail = &n->words;
	struct redir **rtail = &n->redirs;

	ps->assign_ok = true;
	for (;;) {
		struct token *t = peek();
		struct assign *a;

		if (t->t == T_REDIR) {
			parse_redir(&rtail);
			continue;
		}
		if (t->t == T_LP && n->words && !n->words->next && !n->assigns && !n->redirs) {
			struct part *p = n->words->parts;

			if (p && !p->next && p->type == P_LIT && !p->quoted)
				return parse_function(p->s);
		}
		if (t->t == T_LP)
			unexpected();
		if (t->t != T_WORD)
			break;
		a = n->words ? NULL : as_assign(t->parts);
		if (a) {
			*atail = a;
			atail = &a->next;
		} else {
			if (!n->words)
				ps->assign_ok = is_declaration(t->lit);
			*wtail = new_word(t->parts);
			wtail = &(*wtail)->next;
		}
		next();
	}
	ps->assign_ok = true;
	if (!n->assigns && !n->words && !n->redirs)
		unexpected();
	return n;
}

static struct node *parse_body(const char *open, const char *close)
{
	struct node *n;

	expect_word(open);
	n = parse_list(false);
	if (!n)
		unexpected();
	expect_word(close);
	return n;
}

static struct node *parse_if(void)
{
	struct node *n = new_node(N_IF);

	n->a = parse_list(false);
	if (!n->a)
		unexpected();
	expect_word("then");
	n->b = parse_list(false);
	if (!n->b)
		unexpected();
	if (accept_word("elif")) {
		n->c = parse_if();
		return n;
	}
	if (accept_word("else")) {
		n->c = parse_list(false);
		if (!n->c)
			unexpected();
	}
	expect_word("fi");
	return n;
}

static struct node *parse_while(enum node_type type)
{
	struct node *n = new_node(type);

	n->a = parse_list(false);
	if (!n->a)
		unexpected();
	n->b = parse_body("do", "done");
	return n;
}

static struct node *parse_for(void)
{
	struct node *n = new_node(N_FOR);
	struct word **tail = &n->list;
	const char *lit = peek()->lit;

	if (!at(T_WORD))
		unexpected();
	if (!lit || !valid_name(lit, strlen(lit)))
		syntax_error("bad for loop variable");
	n->var = (char *)lit;
	ps->assign_ok = false;
	next();
	skip_newlines();
	ps->assign_ok = false;
	if (at_word("in")) {
		n->has_in = true;
		next();
		for (; at(T_WORD); next()) {
			*tail = new_word(peek()->parts);
			tail = &(*tail)->next;
		}
		if (!at(T_SEMI) && !at(T_NL))
			unexpected();
		take();
	} else if (at(T_SEMI)) {
		take();
	}
	skip_newlines();
	n->body = parse_body("do", "done");
	return n;
}

static struct case_item *parse_case_item(void)
{
	struct case_item *it = arena_alloc(ps->arena, sizeof(*it));
	struct word **tail = &it->patterns;

	*it = (struct case_item){ 0 };
	ps->assign_ok = false;
	if (at(T_LP))
		next();
	for (;;) {
		if (!at(T_WORD))
			unexpected();
		*tail = new_word(peek()->parts);
		tail = &(*tail)->next;
		next();
		if (!at(T_PIPE))
			break;
		next();
	}
	if (!at(T_RP))
		unexpected();
	take();
	it->body = parse_list(false);
	return it;
}

static struct node *parse_case(void)
{
	struct node *n = new_node(N_CASE);
	struct case_item **tail = &n->items;

	if (!at(T_WORD))
		unexpected();
	n->subject = peek()->parts;
	next();
	skip_newlines();
	expect_word("in");
	for (;;) {
		skip_newlines();
		if (accept_word("esac"))
			return n;
		*tail = parse_case_item();
		tail = &(*tail)->next;
		if (at(T_DSEMI)) {
			take();
			continue;
		}
		skip_newlines();
		expect_word("esac");
		return n;
	}
}

static struct node *parse_subshell(void)
{
	struct node *n = new_node(N_SUBSHELL);

	n->a = parse_list(false);
	if (!n->a || !at(T_RP))
		unexpected();
	take();
	return n;
}

static struct node *parse_group(void)
{
	struct node *n = new_node(N_GROUP);

	n->a = parse_list(false);
	if (!n->a)
		unexpected();
	expect_word("}");
	return n;
}

static struct node *parse_command(void)
{
	struct node *n;

	stack_check();
	if (at(T_LP)) {
		take();
		n = parse_subshell();
	} else if (accept_word("{")) {
		n = parse_group();
	} else if (accept_word("if")) {
		n = parse_if();
	} else if (accept_word("while")) {
		n = parse_while(N_WHILE);
	} else if (accept_word("until")) {
		n = parse_while(N_UNTIL);
	} else if (at_word("for")) {
		next();
		n = parse_for();
	} else if (at_word("case")) {
		next();
		n = parse_case();
	} else if (at_list_end()) {
		unexpected();
	} else {
		return parse_simple();
	}
	parse_redirs(n);
	return n;
}

static struct node *parse_pipeline(void)
{
	struct node *n, *pipe, **tail;
	size_t start = peek()->start;
	bool negate = false;

	while (accept_word("!"))
		negate = !negate;
	n = parse_command();
	if (at(T_PIPE)) {
		pipe = new_node(N_PIPE);
		pipe->a = n;
		tail = &n->next;
		while (at(T_PIPE)) {
			take();
			skip_newlines();
			*tail = parse_command();
			tail = &(*tail)->next;
		}
		n = pipe;
	}
	peek();
	n->text = text_slice(start);
	if (negate) {
		struct node *not = new_node(N_NOT);

		not->a = n;
		not->text = n->text;
		return not;
	}
	return n;
}

static struct node *parse_and_or(void)
{
	size_t start = peek()->start;
	struct node *n = parse_pipeline();

	while (at(T_ANDAND) || at(T_OROR)) {
		struct node *op = new_node(at(T_ANDAND) ? N_AND : N_OR);

		take();
		skip_newlines();
		op->a = n;
		op->b = parse_pipeline();
		op->text = text_slice(start);
		n = op;
	}
	return n;
}

/*
 * A list of commands up to what ends it (not taken). one_line: up to the newline. NULL if empty.
 */
static struct node *parse_list(bool one_line)
{
	struct node *first = NULL, **tail = &first, *list;

	for (;;) {
		struct node *n;

		if (!one_line)
			skip_newlines();
		if (one_line ? at(T_NL) || at(T_EOF) : at_list_end())
			break;
		n = parse_and_or();
		if (at(T_AMP)) {
			struct node *bg = new_node(N_BG);

			bg->a = n;
			bg->text = n->text;
			n = bg;
			take();
		} else if (at(T_SEMI)) {
			take();
		} else if (!at(T_NL)) {
			*tail = n;
			break;
		}
		*tail = n;
		tail = &n->next;
	}
	if (!first || !first->next)
		return first;
	list = new_node(N_LIST);
	list->a = first;
	return list;
}

/*
 * The commands of the next line of the current source, in its arena. NULL for an empty line, or at
 * the end of the source, when *eof is set.
 */
struct node *parse_complete(bool *eof)
{
	struct node *n;

	ps->text.len = 0;
	ps->have_tok = false;
	ps->prompt2 = false;
	ps->assign_ok = true;
	ps->in = &ps->base;
	ps->pending = NULL;
	ps->pending_tail = &ps->pending;
	*eof = at(T_EOF);
	if (*eof)
		return NULL;
	n = parse_list(true);
	if (!at(T_NL) && !at(T_EOF))
		unexpected();
	next();
	return n;
}

/* The commands of $( ... ), its closing parenthesis taken. Called in the middle of a word. */
struct node *parse_until_paren(void)
{
	struct token tok = ps->tok;
	bool assign_ok = ps->assign_ok;
	struct node *n;

	ps->have_tok = false;
	ps->assign_ok = true;
	n = parse_list(false);
	if (!at(T_RP))
		unexpected();
	next();
	ps->tok = tok;
	ps->have_tok = false;
	ps->assign_ok = assign_ok;
	return n;
}

/* The commands in a string (a backquote's), read in the middle of a word. */
struct node *parse_nested_string(const char *s, size_t n)
{
	struct input *outer = ps->in, in = { .p = s, .end = s + n, .fd = -1, .line = outer->line };
	struct token tok = ps->tok;
	bool assign_ok = ps->assign_ok;
	struct node *list;

	ps->in = &in;
	ps->have_tok = false;
	ps->assign_ok = true;
	list = parse_list(false);
	if (!at(T_EOF))
		unexpected();
	ps->in = outer;
	ps->tok = tok;
	ps->have_tok = false;
	ps->assign_ok = assign_ok;
	return list;
}
