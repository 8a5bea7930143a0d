// SPDX-License-Identifier: GPL-2.0-only
/*
 * builtin_io.c - the built-ins that read and print: echo, printf, read, getopts.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/sh/sh.h"

/* echo [-n] [ARG...]: no escapes, so that what is given is what is printed. */
int builtin_echo(int argc, char **argv)
{
	bool newline = true;
	int i = 1;

	if (i < argc && !strcmp(argv[i], "-n")) {
		newline = false;
		i++;
	}
	for (int first = i; i < argc; i++) {
		if (i > first)
			out_put(" ", 1);
		out_puts(argv[i]);
	}
	if (newline)
		out_put("\n", 1);
	return 0;
}

/* The state of one printf command. */
struct format {
	char **arg;		/* next argument, NULL at the end */
	int status;
	bool stop;		/* \c in %b */
};

static const char *next_arg(struct format *f)
{
	return *f->arg ? *f->arg++ : NULL;
}

/* Print the escape after a backslash at s; returns what follows it. in_b: %b's rules. */
static const char *escape(struct format *f, const char *s, bool in_b)
{
	static const char from[] = "abfnrtv\\", to[] = "\a\b\f\n\r\t\v\\";
	const char *p;
	char c;

	if (in_b && *s == 'c') {
		f->stop = true;
		return s + 1;
	}
	if (*s >= '0' && *s <= '7') {
		int n = 0, max = in_b && *s == '0' ? 4 : 3;

		for (int i = 0; i < max && *s >= '0' && *s <= '7'; i++)
			n = n * 8 + *s++ - '0';
		c = n;
		out_put(&c, 1);
		return s;
	}
	p = *s ? memchr(from, *s, sizeof(from) - 1) : NULL;
	if (p) {
		out_put(to + (p - from), 1);
		return s + 1;
	}
	out_put("\\", 1);
	return s;
}

static void print_b(struct format *f, const char *s)
{
	while (*s && !f->stop) {
		if (*s == '\\') {
			s = escape(f, s + 1, true);
		} else {
			out_put(s++, 1);
		}
	}
}

static long long integer_arg(struct format *f, bool is_signed)
{
	const char *s = next_arg(f);
	unsigned long long v;
	char *end;

	if (!s)
		return 0;
	if (*s == '"' || *s == '\'')
		return (unsigned char)s[1];
	errno = 0;
	v = is_signed ? (unsigned long long)strtoll(s, &end, 0) : strtoull(s, &end, 0);
	if (end == s || *end || errno) {
		sh_warn("printf: %s: bad number", s);
		f->status = 1;
	}
	return v;
}

/* One conversion; spec is "%flags.width" with room for a length and the letter. */
static void convert(struct format *f, char *spec, size_t n, char letter)
{
	const char *s;

	switch (letter) {
	case 'd':
	case 'i':
	case 'o':
	case 'u':
	case 'x':
	case 'X':
		spec[n++] = 'l';
		spec[n++] = 'l';
		spec[n++] = letter;
		spec[n] = 0;
		out_printf(spec, integer_arg(f, letter == 'd' || letter == 'i'));
		return;
	case 'c':
		s = next_arg(f);
		if (s && *s)
			out_put(s, 1);
		return;
	case 's':
		s = next_arg(f);
		spec[n++] = 's';
		spec[n] = 0;
		out_printf(spec, s ? s : "");
		return;
	case 'b':
		s = next_arg(f);
		print_b(f, s ? s : "");
		return;
	}
	sh_warn("printf: %%%c: no such conversion", letter);
	f->status = 1;
	f->stop = true;
}

/* A percent sign was met at s[-1]: read the specification and convert. */
static const char *conversion(struct format *f, const char *s)
{
	char spec[64] = "%";
	size_t n = 1;

	if (*s == '%') {
		out_put("%", 1);
		return s + 1;
	}
	while (*s && strchr("-+ #0123456789.*", *s) && n < sizeof(spec) - 16) {
		if (*s == '*') {
			n += snprintf(spec + n, 12, "%d", (int)integer_arg(f, true));
			s++;
		} else {
			spec[n++] = *s++;
		}
	}
	if (!*s) {
		sh_warn("printf: conversion missing after %%");
		f->status = 1;
		f->stop = true;
		return s;
	}
	convert(f, spec, n, *s);
	return s + 1;
}

/* printf FORMAT [ARG...]: the format is used again while arguments remain. */
int builtin_printf(int argc, char **argv)
{
	struct format f = { .arg = argv + 2 };
	int i = 1;

	if (argc > 1 && !strcmp(argv[1], "--")) {
		i++;
		f.arg++;
	}
	if (i >= argc) {
		sh_warn("usage: printf FORMAT [ARG...]");
		return 2;
	}
	for (;;) {
		char **before = f.arg;

		for (const char *s = argv[i]; *s && !f.stop;) {
			if (*s == '%') {
				s = conversion(&f, s + 1);
			} else if (*s == '\\') {
				s = escape(&f, s + 1, false);
			} else {
				out_put(s++, 1);
			}
		}
		if (f.stop || !*f.arg || f.arg == before)
			return f.status;
	}
}

/*
 * A line from standard input, byte by byte: the next command shares the descriptor. quoted gets a
 * byte per character, 1 where a backslash protects it from splitting. Returns false at end of file.
 */
static bool read_input(struct buf *line, struct buf *quoted, bool raw, int *status)
{
	bool escaped = false;
	char c;

	for (;;) {
		ssize_t n = read(0, &c, 1);

		if (n < 0 && errno == EINTR) {
			check_interrupt();
			if (trap_waiting()) {
				*status = 128 + trap_pending_sig();
				return false;
			}
			continue;
		}
		if (n <= 0)
			return false;
		if (!c)
			continue;
		if (escaped) {
			escaped = false;
			if (c == '\n')
				continue;
			buf_putc(line, c);
			buf_putc(quoted, 1);
			continue;
		}
		if (c == '\n')
			return true;
		if (c == '\\' && !raw) {
			escaped = true;
			continue;
		}
		buf_putc(line, c);
		buf_putc(quoted, 0);
	}
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Give each name a field, the last one the rest of the line (POSIX read). */
static void assign_fields(char *s, const char *q, size_t n, char **names)
{
	const char *sep = arena_strndup(&tmp, ifs(), strlen(ifs()));
	size_t i = 0;

#define SEP(k) (!q[k] && strchr(sep, s[k]))
	while (i < n && SEP(i) && is_space(s[i]))
		i++;
	for (; names[1]; names++) {
		size_t start = i;

		while (i < n && !SEP(i))
			i++;
		var_set(*names, arena_strndup(&tmp, s + start, i - start), 0);
		while (i < n && SEP(i) && is_space(s[i]))
			i++;
		if (i < n && SEP(i) && i > start && !is_space(s[i]))
			i++;
		else if (i < n && i == start && SEP(i))
			i++;
		while (i < n && SEP(i) && is_space(s[i]))
			i++;
	}
	while (n > i && SEP(n - 1) && is_space(s[n - 1]))
		n--;
	/* A single field's closing separator is not part of it. */
	if (n > i && SEP(n - 1)) {
		size_t k = i;

		while (k < n && !SEP(k))
			k++;
		if (k == n - 1)
			n--;
	}
#undef SEP
	var_set(*names, arena_strndup(&tmp, s + i, n - i), 0);
}

/* read [-r] [-p PROMPT] NAME... */
int builtin_read(int argc, char **argv)
{
	static char *reply[] = { (char *)"REPLY", NULL };
	struct buf line = { 0 }, quoted = { 0 };
	bool raw = false, got;
	const char *prompt = NULL;
	char **names, *copy, *q;
	int i, status = 1;
	size_t n;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		if (!strcmp(argv[i], "-r")) {
			raw = true;
		} else if (!strcmp(argv[i], "-p") && i + 1 < argc) {
			prompt = argv[++i];
		} else {
			sh_warn("read: %s: no such option", argv[i]);
			return 2;
		}
	}
	names = i < argc ? argv + i : reply;
	for (char **name = names; *name; name++)
		if (!valid_name(*name, strlen(*name)))
			return builtin_error(2, "read: %s: bad variable name", *name);
	if (prompt)
		write_all(2, prompt, strlen(prompt));
	got = read_input(&line, &quoted, raw, &status);
	n = line.len;
	copy = arena_strndup(&tmp, n ? line.s : "", n);
	q = arena_strndup(&tmp, n ? quoted.s : "", n);
	buf_free(&line);
	buf_free(&quoted);
	assign_fields(copy, q, n, names);
	return got ? 0 : status;
}

static const char *opt_at;	/* the next letter inside a group like -abc */

/* OPTIND was assigned: start anew. */
void getopts_reset(void)
{
	opt_at = NULL;
}

static int getopts_bad(const char *spec, const char *name, char letter, bool missing)
{
	char s[2] = { letter, 0 };

	if (*spec == ':') {
		var_set("OPTARG", s, 0);
		var_set(name, missing ? ":" : "?", 0);
		return 0;
	}
	sh_warn(missing ? "option -%c needs an argument" : "option -%c is not known", letter);
	var_unset("OPTARG");
	var_set(name, "?", 0);
	return 0;
}

static void set_optind(int n)
{
	const char *keep = opt_at;
	char num[16];

	snprintf(num, sizeof(num), "%d", n);
	var_set("OPTIND", num, 0);
	opt_at = keep;
}

/* getopts OPTIONS NAME [ARG...] */
int builtin_getopts(int argc, char **argv)
{
	char **v = argc > 3 ? argv + 3 : sh.params.v;
	int n = argc > 3 ? argc - 3 : sh.params.n, ind;
	const char *spec, *name, *p;
	char s[2] = { 0 };

	if (argc < 3) {
		sh_warn("usage: getopts OPTIONS NAME [ARG...]");
		return 2;
	}
	spec = argv[1];
	name = argv[2];
	if (!valid_name(name, strlen(name)))
		return builtin_error(2, "getopts: %s: bad variable name", name);
	ind = var_get("OPTIND") ? atoi(var_get("OPTIND")) : 1;
	if (ind < 1)
		ind = 1;
	if (!opt_at || !*opt_at) {
		if (ind > n || v[ind - 1][0] != '-' || !v[ind - 1][1] ||
		    !strcmp(v[ind - 1], "--")) {
			if (ind <= n && !strcmp(v[ind - 1], "--"))
				set_optind(ind + 1);
			var_set(name, "?", 0);
			opt_at = NULL;
			return 1;
		}
		opt_at = v[ind - 1] + 1;
	}
	s[0] = *opt_at++;
	p = strchr(spec + (*spec == ':'), s[0]);
	if (!*opt_at && (!p || s[0] == ':' || p[1] != ':'))
		set_optind(ind + 1);
	if (!p || s[0] == ':')
		return getopts_bad(spec, name, s[0], false);
	if (p[1] == ':') {
		const char *arg = *opt_at ? opt_at : ind < n ? v[ind] : NULL;

		ind += *opt_at || !arg ? 1 : 2;
		opt_at = NULL;
		set_optind(ind);
		if (!arg)
			return getopts_bad(spec, name, s[0], true);
		var_set("OPTARG", arg, 0);
	} else {
		var_unset("OPTARG");
	}
	var_set(name, s, 0);
	return 0;
}
