// SPDX-License-Identifier: GPL-2.0-only
/*
 * glob.c - patterns: matching a string (`case`, ${v#p}) and finding file names.
 *
 * A pattern is text with a flag byte per character; a character with F_QUOTED stands for itself.
 * Start at pat_match() and glob_expand().
 */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "user/sh/sh.h"

static bool quoted(const unsigned char *f, size_t i)
{
	return f && (f[i] & F_QUOTED);
}

static bool in_class(const char *name, size_t n, unsigned char c)
{
	static const struct {
		const char *name;
		int (*is)(int);
	} classes[] = {
		{ "alnum", isalnum }, { "alpha", isalpha }, { "blank", isblank },
		{ "cntrl", iscntrl }, { "digit", isdigit }, { "graph", isgraph },
		{ "lower", islower }, { "print", isprint }, { "punct", ispunct },
		{ "space", isspace }, { "upper", isupper }, { "xdigit", isxdigit },
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		if (strlen(classes[i].name) == n && !memcmp(classes[i].name, name, n))
			return classes[i].is(c) != 0;
	return false;
}

/*
 * Match c against the bracket expression at p[i] (after the '['). Returns the index after the ']',
 * or 0 if there is none and the '[' is an ordinary character.
 */
static size_t bracket(const char *p, const unsigned char *f, size_t n, size_t i, unsigned char c,
		      bool *match)
{
	bool negate = i < n && !quoted(f, i) && (p[i] == '!' || p[i] == '^');
	bool hit = false;
	size_t first;

	i += negate;
	first = i;
	for (; i < n; i++) {
		unsigned char lo = p[i], hi;

		if (lo == ']' && !quoted(f, i) && i > first) {
			*match = hit != negate;
			return i + 1;
		}
		if (lo == '[' && !quoted(f, i) && i + 1 < n && p[i + 1] == ':') {
			const char *end = memchr(p + i + 2, ':', n - i - 2);

			if (end && end + 1 < p + n && end[1] == ']') {
				hit |= in_class(p + i + 2, end - (p + i + 2), c);
				i = end + 1 - p;
				continue;
			}
		}
		if (lo == '\\' && !quoted(f, i) && i + 1 < n)
			lo = p[++i];
		hi = lo;
		if (i + 2 < n && p[i + 1] == '-' && !quoted(f, i + 1) &&
		    (p[i + 2] != ']' || quoted(f, i + 2))) {
			i += 2;
			if (p[i] == '\\' && !quoted(f, i) && i + 1 < n)
				i++;
			hi = p[i];
		}
		hit |= c >= lo && c <= hi;
	}
	return 0;
}

/* Match one pattern element at p[i], not a star. Returns the index after it, 0 for no match. */
static size_t match_one(const char *p, const unsigned char *f, size_t n, size_t i, unsigned char c)
{
	if (!quoted(f, i)) {
		if (p[i] == '?')
			return i + 1;
		if (p[i] == '[') {
			bool match;
			size_t end = bracket(p, f, n, i + 1, c, &match);

			if (end)
				return match ? end : 0;
		} else if (p[i] == '\\' && i + 1 < n) {
			i++;
		}
	}
	return (unsigned char)p[i] == c ? i + 1 : 0;
}

/*
 * Does the whole of s[0..slen) match the pattern? f may be NULL: nothing is quoted. On a mismatch
 * only the last star is retried, so the time is at most plen * slen.
 */
bool pat_match(const char *p, const unsigned char *f, size_t plen, const char *s, size_t slen)
{
	size_t i = 0, j = 0, star = (size_t)-1, from = 0;

	while (j < slen) {
		size_t k = 0;

		if (i < plen && p[i] == '*' && !quoted(f, i)) {
			star = ++i;
			from = j;
			continue;
		}
		if (i < plen)
			k = match_one(p, f, plen, i, s[j]);
		if (k) {
			i = k;
			j++;
		} else if (star != (size_t)-1) {
			i = star;
			j = ++from;
		} else {
			return false;
		}
	}
	while (i < plen && p[i] == '*' && !quoted(f, i))
		i++;
	return i == plen;
}

/*
 * Is there an unquoted * or ?, or a [ with a ] after it? (A lone `[` is the command, and common.)
 */
bool glob_has_meta(const char *s, const unsigned char *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!quoted(f, i) && (s[i] == '*' || s[i] == '?' ||
				      (s[i] == '[' && memchr(s + i, ']', n - i))))
			return true;
	return false;
}

/* The names found so far, and the pattern. */
struct glob {
	char **v;
	int n, cap;
	const char *p;
	const unsigned char *f;
	size_t len;
};

static void found(struct glob *g, const char *path, size_t n)
{
	if (g->n == g->cap) {
		int cap = g->cap ? g->cap * 2 : 16;
		char **v = arena_alloc(&tmp, cap * sizeof(*v));

		if (g->n)
			memcpy(v, g->v, g->n * sizeof(*v));
		g->v = v;
		g->cap = cap;
	}
	g->v[g->n++] = arena_strndup(&tmp, path, n);
}

static void walk(struct glob *g, struct buf *path, size_t at);

/* Try each entry of the directory against the component p[at..end). */
static void walk_dir(struct glob *g, struct buf *path, size_t at, size_t end)
{
	DIR *d = opendir(path->len ? path->s : ".");
	size_t len = path->len;
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.' && g->p[at] != '.')
			continue;
		if (!pat_match(g->p + at, g->f ? g->f + at : NULL, end - at, e->d_name,
			       strlen(e->d_name)))
			continue;
		buf_puts(path, e->d_name);
		walk(g, path, end);
		path->len = len;
		path->s[len] = 0;
	}
	closedir(d);
}

/* Follow the pattern from p[at] on, below path. */
static void walk(struct glob *g, struct buf *path, size_t at)
{
	size_t end, len = path->len;
	struct stat st;

	while (at < g->len && g->p[at] == '/') {
		buf_putc(path, '/');
		at++;
	}
	if (at == g->len) {
		if (!lstat(path->s, &st) &&
		    (at == 0 || g->p[at - 1] != '/' || !stat(path->s, &st)))
			found(g, path->s, path->len);
		path->len = len;
		return;
	}
	for (end = at; end < g->len && g->p[end] != '/'; end++)
		;
	if (glob_has_meta(g->p + at, g->f ? g->f + at : NULL, end - at)) {
		walk_dir(g, path, at, end);
	} else {
		for (size_t i = at; i < end; i++) {
			if (g->p[i] == '\\' && !quoted(g->f, i) && i + 1 < end)
				i++;
			buf_putc(path, g->p[i]);
		}
		walk(g, path, end);
	}
	path->len = len;
	if (path->s)
		path->s[len] = 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The existing names that match, sorted, in `tmp`. Returns how many. */
int glob_expand(const char *s, const unsigned char *f, size_t n, char ***out)
{
	struct glob g = { .p = s, .f = f, .len = n };
	struct buf path = { 0 };

	buf_puts(&path, "");
	walk(&g, &path, 0);
	buf_free(&path);
	if (g.n > 1)
		qsort(g.v, g.n, sizeof(*g.v), by_name);
	*out = g.v;
	return g.n;
}
