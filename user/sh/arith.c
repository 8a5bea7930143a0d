// SPDX-License-Identifier: GPL-2.0-only
/*
 * arith.c - $((...)): signed long arithmetic with C's operators, assignments included.
 *
 * Promises: overflow wraps, division by zero is an error, the side that && || ?: does not choose
 * has no effect. Precedence climbing over one table; start at arith_eval().
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/sh/sh.h"

struct expr {
	const char *s;		/* what remains */
	const char *all;	/* for messages */
	int skip;		/* > 0: parse without effects */
	int depth;		/* of variables whose value is an expression */
};

/* Binary operators, longest first where one starts another. */
static const struct {
	const char *op;
	int level;
} binary[] = {
	{ "||", 1 }, { "&&", 2 }, { "<<", 8 }, { ">>", 8 }, { "<=", 7 }, { ">=", 7 }, { "==", 6 },
	{ "!=", 6 }, { "|", 3 },  { "^", 4 },  { "&", 5 },  { "<", 7 },  { ">", 7 },  { "+", 9 },
	{ "-", 9 },  { "*", 10 }, { "/", 10 }, { "%", 10 },
};

static long ternary(struct expr *e);
static long comma(struct expr *e);

static void blanks(struct expr *e)
{
	e->s += strspn(e->s, " \t\n");
}

static bool take(struct expr *e, const char *op)
{
	blanks(e);
	if (strncmp(e->s, op, strlen(op)))
		return false;
	e->s += strlen(op);
	return true;
}

static void __attribute__((noreturn)) bad(struct expr *e, const char *why)
{
	sh_error(2, "arithmetic: %s: '%s'", why, e->all);
}

static long eval_string(const char *s, int depth)
{
	struct expr e = { .s = s, .all = s, .depth = depth };
	long v;

	blanks(&e);
	if (!*e.s)
		return 0;
	v = comma(&e);
	blanks(&e);
	if (*e.s)
		bad(&e, "expression not understood");
	return v;
}

static long name_value(struct expr *e, const char *name)
{
	const char *s = var_get(name);
	char *end;
	long v;

	if (e->skip)
		return 0;
	if (!s) {
		if (sh.opt[O_NOUNSET])
			sh_error(2, "%s: parameter not set", name);
		return 0;
	}
	v = strtol(s, &end, 0);
	if (end != s && !*end)
		return v;
	if (e->depth > 64)
		bad(e, "variables refer to each other");
	return eval_string(s, e->depth + 1);
}

static long calc(struct expr *e, const char *op, long a, long b)
{
	unsigned long ua = a, ub = b;

	switch (*op) {
	case '+':
		return ua + ub;
	case '-':
		return ua - ub;
	case '*':
		return ua * ub;
	case '/':
	case '%':
		if (e->skip)
			return 0;
		if (!b)
			bad(e, "division by zero");
		if (b == -1)
			return *op == '/' ? (long)(0 - ua) : 0;
		return *op == '/' ? a / b : a % b;
	case '<':
		return op[1] == '<' ? (long)(ua << (ub & 63)) : op[1] == '=' ? a <= b : a < b;
	case '>':
		return op[1] == '>' ? a >> (ub & 63) : op[1] == '=' ? a >= b : a > b;
	case '=':
		return a == b;
	case '!':
		return a != b;
	case '&':
		return op[1] == '&' ? a && b : a & b;
	case '|':
		return op[1] == '|' ? a || b : a | b;
	default:
		return a ^ b;
	}
}

static long store(struct expr *e, const char *name, long v)
{
	char num[24];

	if (e->skip)
		return v;
	snprintf(num, sizeof(num), "%ld", v);
	var_set(name, num, 0);
	return v;
}

/* A name, with the assignment or ++ -- that may follow it. */
static long name_expr(struct expr *e)
{
	static const char *const ops[] = { "<<=", ">>=", "+=", "-=", "*=",
					   "/=",  "%=",	 "&=", "|=", "^=" };
	char *name;
	size_t n;
	long v;

	for (n = 0; is_name_char(e->s[n]); n++)
		;
	name = arena_strndup(&tmp, e->s, n);
	e->s += n;
	blanks(e);
	if (*e->s == '=' && e->s[1] != '=') {
		e->s++;
		return store(e, name, ternary(e));
	}
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		if (!take(e, ops[i]))
			continue;
		v = ternary(e);
		return store(e, name, calc(e, ops[i], name_value(e, name), v));
	}
	v = name_value(e, name);
	if (take(e, "++"))
		store(e, name, v + 1);
	else if (take(e, "--"))
		store(e, name, v - 1);
	return v;
}

static long prefix_step(struct expr *e, long by)
{
	char *name;
	size_t n;

	blanks(e);
	for (n = 0; is_name_char(e->s[n]); n++)
		;
	name = arena_strndup(&tmp, e->s, n);
	e->s += n;
	return store(e, name, name_value(e, name) + by);
}

static bool at_step(struct expr *e, char c)
{
	size_t i = 2;

	if (e->s[0] != c || e->s[1] != c)
		return false;
	while (e->s[i] == ' ')
		i++;
	return is_name_start(e->s[i]);
}

static long unary(struct expr *e)
{
	char *end;
	long v;

	stack_check();
	blanks(e);
	if (at_step(e, '+') || at_step(e, '-')) {
		long by = *e->s == '+' ? 1 : -1;

		e->s += 2;
		return prefix_step(e, by);
	}
	if (take(e, "!"))
		return !unary(e);
	if (take(e, "~"))
		return ~unary(e);
	if (take(e, "-"))
		return 0 - (unsigned long)unary(e);
	if (take(e, "+"))
		return unary(e);
	if (take(e, "(")) {
		v = comma(e);
		if (!take(e, ")"))
			bad(e, "missing ')'");
		return v;
	}
	if (is_name_start(*e->s))
		return name_expr(e);
	if (*e->s < '0' || *e->s > '9')
		bad(e, "operand expected");
	v = strtoul(e->s, &end, 0);
	if (is_name_char(*end))
		bad(e, "bad number");
	e->s = end;
	return v;
}

static int next_binary(struct expr *e)
{
	blanks(e);
	for (size_t i = 0; i < sizeof(binary) / sizeof(*binary); i++)
		if (!strncmp(e->s, binary[i].op, strlen(binary[i].op)))
			return i;
	return -1;
}

static long climb(struct expr *e, int level)
{
	long v = unary(e);

	for (;;) {
		int i = next_binary(e);
		const char *op;
		bool skip;
		long r;

		if (i < 0 || binary[i].level < level)
			return v;
		op = binary[i].op;
		e->s += strlen(op);
		skip = (!strcmp(op, "&&") && !v) || (!strcmp(op, "||") && v);
		e->skip += skip;
		r = climb(e, binary[i].level + 1);
		e->skip -= skip;
		v = calc(e, op, v, r);
	}
}

static long ternary(struct expr *e)
{
	long v = climb(e, 1), a, b;

	if (!take(e, "?"))
		return v;
	e->skip += !v;
	a = comma(e);
	e->skip -= !v;
	if (!take(e, ":"))
		bad(e, "missing ':'");
	e->skip += !!v;
	b = ternary(e);
	e->skip -= !!v;
	return v ? a : b;
}

static long comma(struct expr *e)
{
	long v = ternary(e);

	while (take(e, ","))
		v = ternary(e);
	return v;
}

/* The value of an expression whose parameters are already expanded; an error is sh_error(2). */
long arith_eval(const char *s)
{
	return eval_string(s, 0);
}
