// SPDX-License-Identifier: GPL-2.0-only
/*
 * edit.c - reading a line from the terminal: editing, history, completion.
 *
 * Promises: the terminal is raw only while a line is being edited; with TERM=dumb, or when standard
 * input is no terminal, nothing but the prompt is printed and the terminal stays as it is. A line
 * longer than the screen scrolls sideways on one row. Plain typing at the end of the line echoes
 * the character alone, so that a transcript stays readable. Start at edit_line().
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "user/sh/sh.h"

enum { HISTORY_MAX = 500 };

enum key {
	K_UP = 256, K_DOWN, K_LEFT, K_RIGHT, K_HOME, K_END, K_DELETE, K_WORD_LEFT, K_WORD_RIGHT,
	K_NONE, K_EOF, K_INTERRUPT
};

#define KEY_CTRL(c) ((c) & 31)

struct edit {
	struct buf *line;
	size_t pos;		/* cursor, in bytes */
	size_t from;		/* first byte shown */
	const char *prompt;	/* its last line */
	size_t prompt_width;
	size_t cols;		/* 0: not asked yet */
	struct buf out;		/* what the next write will send */
	struct buf typed;	/* the new line, while an old one is shown */
	int at;			/* which history line is shown; history_n: the new one */
};

static char *history[HISTORY_MAX];
static int history_n;
static struct termios normal;	/* the terminal's modes outside the editor */
static bool have_normal;

/* Give the terminal the modes that it had at the last prompt (a job may have left others). */
void edit_tty_restore(void)
{
	if (have_normal)
		tcsetattr(0, TCSADRAIN, &normal);
}

static bool raw_on(void)
{
	struct termios raw;

	if (tcgetattr(0, &normal) < 0)
		return false;
	have_normal = true;
	raw = normal;
	raw.c_lflag &= ~(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_iflag &= ~(ICRNL | INLCR | IGNCR | IXON);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	return !tcsetattr(0, TCSADRAIN, &raw);
}

static void history_add(const char *s)
{
	if (!s[strspn(s, " \t")] || (history_n && !strcmp(history[history_n - 1], s)))
		return;
	if (history_n == HISTORY_MAX) {
		free(history[0]);
		memmove(history, history + 1, (HISTORY_MAX - 1) * sizeof(*history));
		history_n--;
	}
	history[history_n++] = xstrdup(s);
}

static bool continuation(char c)
{
	return (c & 0xc0) == 0x80;
}

/* Columns of n bytes of UTF-8, a column a character; escape sequences (in prompts) take none. */
static size_t width(const char *s, size_t n)
{
	size_t w = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\033' && i + 1 < n && s[i + 1] == '[') {
			for (i += 2; i < n && !(s[i] >= '@' && s[i] <= '~'); i++)
				;
			continue;
		}
		w += !continuation(s[i]);
	}
	return w;
}

static void send(struct edit *e)
{
	write_all(2, e->out.s, e->out.len);
	e->out.len = 0;
}

static size_t columns(struct edit *e)
{
	struct winsize ws;

	if (!e->cols)
		e->cols = !ioctl(2, TIOCGWINSZ, &ws) && ws.ws_col > 10 ? ws.ws_col : 80;
	return e->cols;
}

/* Columns the text may use. */
static size_t room(struct edit *e)
{
	size_t cols = columns(e);

	return cols > e->prompt_width + 9 ? cols - e->prompt_width - 1 : 8;
}

static size_t left_of(struct edit *e, size_t pos)
{
	if (pos)
		pos--;
	while (pos && continuation(e->line->s[pos]))
		pos--;
	return pos;
}

/* Draw prompt and line anew on the current row, scrolled so that the cursor shows. */
static void redraw(struct edit *e)
{
	const char *s = e->line->s ? e->line->s : "";
	size_t from, end, max = room(e), back;
	char move[24];

	/* Scroll by half a row, not by a character: a slow line should not redraw at every key. */
	if (e->from > e->pos || width(s + e->from, e->pos - e->from) >= max) {
		e->from = e->pos;
		for (size_t w = 0; e->from && w < max / 2; w++)
			e->from = left_of(e, e->from);
		if (e->pos < max)
			e->from = 0;
	}
	from = e->from;
	end = from;
	while (end < e->line->len && (continuation(s[end]) || width(s + from, end - from) < max))
		end++;
	buf_puts(&e->out, "\r");
	buf_puts(&e->out, e->prompt);
	buf_put(&e->out, s + from, end - from);
	buf_puts(&e->out, "\033[K");
	back = width(s + e->pos, end - e->pos);
	if (back) {
		snprintf(move, sizeof(move), "\033[%zuD", back);
		buf_puts(&e->out, move);
	}
	send(e);
}

static void insert(struct edit *e, const char *s, size_t n)
{
	struct buf *b = e->line;
	bool at_end = e->pos == b->len;

	buf_put(b, s, n);
	if (!at_end) {
		memmove(b->s + e->pos + n, b->s + e->pos, b->len - n - e->pos);
		memcpy(b->s + e->pos, s, n);
	}
	e->pos += n;
	if (at_end && width(b->s + e->from, b->len - e->from) < room(e)) {
		buf_put(&e->out, s, n);
		send(e);
	} else {
		redraw(e);
	}
}

static void erase(struct edit *e, size_t from, size_t to)
{
	struct buf *b = e->line;

	if (from == to)
		return;
	memmove(b->s + from, b->s + to, b->len - to + 1);
	b->len -= to - from;
	e->pos = from;
	redraw(e);
}

static size_t right_of(struct edit *e, size_t pos)
{
	if (pos < e->line->len)
		pos++;
	while (pos < e->line->len && continuation(e->line->s[pos]))
		pos++;
	return pos;
}

static size_t word_left(struct edit *e)
{
	size_t p = e->pos;

	while (p && e->line->s[p - 1] == ' ')
		p--;
	while (p && e->line->s[p - 1] != ' ')
		p--;
	return p;
}

static size_t word_right(struct edit *e)
{
	size_t p = e->pos;

	while (p < e->line->len && e->line->s[p] == ' ')
		p++;
	while (p < e->line->len && e->line->s[p] != ' ')
		p++;
	return p;
}

static void move_to(struct edit *e, size_t pos)
{
	if (pos == e->pos)
		return;
	e->pos = pos;
	redraw(e);
}

static void history_show(struct edit *e, int at)
{
	const char *s;

	if (at < 0 || at > history_n || at == e->at)
		return;
	if (e->at == history_n) {
		e->typed.len = 0;
		buf_put(&e->typed, e->line->s ? e->line->s : "", e->line->len);
	}
	e->at = at;
	s = at == history_n ? e->typed.s : history[at];
	e->line->len = 0;
	buf_puts(e->line, s);
	e->pos = e->line->len;
	redraw(e);
}

/* One byte; 0 for a signal, K_EOF at the end. */
static int read_byte(void)
{
	unsigned char c;
	ssize_t n = read(0, &c, 1);

	if (n == 1)
		return c;
	return n < 0 && errno == EINTR ? 0 : K_EOF;
}

/* What follows ESC [ or ESC O. */
static int read_sequence(void)
{
	int c = read_byte(), n = 0, modifier = 0;

	for (; (c >= '0' && c <= '9') || c == ';'; c = read_byte()) {
		if (c == ';') {
			modifier = 1;
			continue;
		}
		if (!modifier)
			n = n * 10 + c - '0';
	}
	switch (c) {
	case 'A':
		return K_UP;
	case 'B':
		return K_DOWN;
	case 'C':
		return modifier ? K_WORD_RIGHT : K_RIGHT;
	case 'D':
		return modifier ? K_WORD_LEFT : K_LEFT;
	case 'H':
		return K_HOME;
	case 'F':
		return K_END;
	case '~':
		if (n == 3)
			return K_DELETE;
		return n == 1 || n == 7 ? K_HOME : n == 4 || n == 8 ? K_END : K_NONE;
	}
	return c == K_EOF ? K_EOF : K_NONE;
}

static int read_key(void)
{
	int c = read_byte();

	if (c != '\033')
		return c;
	c = read_byte();
	switch (c) {
	case '[':
	case 'O':
		return read_sequence();
	case 'b':
		return K_WORD_LEFT;
	case 'f':
		return K_WORD_RIGHT;
	}
	return c == K_EOF ? K_EOF : K_NONE;
}

static size_t common_prefix(char **v, int n)
{
	size_t len = strlen(v[0]);

	for (int i = 1; i < n; i++)
		for (size_t k = 0; k < len; k++)
			if (v[i][k] != v[0][k])
				len = k;
	while (len && continuation(v[0][len]))
		len--;
	return len;
}

static void list_choices(struct edit *e, char **v, int n)
{
	size_t widest = 0, per_row;

	for (int i = 0; i < n; i++)
		if (width(v[i], strlen(v[i])) > widest)
			widest = width(v[i], strlen(v[i]));
	per_row = columns(e) / (widest + 2);
	per_row += !per_row;
	buf_puts(&e->out, "\n");
	for (int i = 0; i < n; i++) {
		bool last = i + 1 == n || (i + 1) % per_row == 0;

		buf_puts(&e->out, v[i]);
		for (size_t k = width(v[i], strlen(v[i])); !last && k < widest + 2; k++)
			buf_putc(&e->out, ' ');
		if (last)
			buf_putc(&e->out, '\n');
	}
	redraw(e);
}

/* Put a completed name into the line, with a backslash before what the shell would read. */
static void insert_name(struct edit *e, size_t start, const char *s, size_t n, bool whole)
{
	struct buf text = { 0 };
	bool variable = *s == '$';

	for (size_t i = 0; i < n; i++) {
		if (!variable && strchr(" \t\n'\"\\$`*?[]#&|;<>()!", s[i]))
			buf_putc(&text, '\\');
		buf_putc(&text, s[i]);
	}
	if (whole && n && s[n - 1] != '/')
		buf_putc(&text, ' ');
	memmove(e->line->s + start, e->line->s + e->pos, e->line->len - e->pos + 1);
	e->line->len -= e->pos - start;
	e->pos = start;
	buf_puts(&text, "");
	buf_put(e->line, text.s, text.len);
	memmove(e->line->s + start + text.len, e->line->s + start, e->line->len - text.len - start);
	memcpy(e->line->s + start, text.s, text.len);
	e->pos += text.len;
	redraw(e);
	buf_free(&text);
}

static void tab(struct edit *e)
{
	struct mark m = arena_mark(&tmp);
	char **v;
	size_t start, typed, len;
	int n;

	if (!e->line->s)
		return;
	n = complete(e->line->s, e->pos, &start, &v);
	if (n) {
		typed = 0;
		for (size_t i = start; i < e->pos; i++, typed++)
			i += e->line->s[i] == '\\' && i + 1 < e->pos;
		len = common_prefix(v, n);
		if (n == 1 || len > typed)
			insert_name(e, start, v[0], len, n == 1);
		else
			list_choices(e, v, n);
	}
	arena_release(&tmp, m);
}

static void control_key(struct edit *e, int c)
{
	switch (c) {
	case KEY_CTRL('A'):
	case K_HOME:
		return move_to(e, 0);
	case KEY_CTRL('E'):
	case K_END:
		return move_to(e, e->line->len);
	case KEY_CTRL('B'):
	case K_LEFT:
		return move_to(e, left_of(e, e->pos));
	case KEY_CTRL('F'):
	case K_RIGHT:
		return move_to(e, right_of(e, e->pos));
	case K_WORD_LEFT:
		return move_to(e, word_left(e));
	case K_WORD_RIGHT:
		return move_to(e, word_right(e));
	case KEY_CTRL('H'):
	case 127:
		return erase(e, left_of(e, e->pos), e->pos);
	case KEY_CTRL('D'):
	case K_DELETE:
		return erase(e, e->pos, right_of(e, e->pos));
	case KEY_CTRL('U'):
		return erase(e, 0, e->pos);
	case KEY_CTRL('K'):
		return erase(e, e->pos, e->line->len);
	case KEY_CTRL('W'):
		return erase(e, word_left(e), e->pos);
	case KEY_CTRL('P'):
	case K_UP:
		return history_show(e, e->at - 1);
	case KEY_CTRL('N'):
	case K_DOWN:
		return history_show(e, e->at + 1);
	case KEY_CTRL('L'):
		buf_puts(&e->out, "\033[H\033[2J");
		return redraw(e);
	case '\t':
		return tab(e);
	}
}

/* Keys until the line is done. Returns '\n', K_EOF or K_INTERRUPT. */
static int edit_keys(struct edit *e)
{
	for (;;) {
		int c = read_key();
		char ch = c;

		if (c == '\r' || c == '\n') {
			move_to(e, e->line->len);
			return '\n';
		}
		if (c == K_EOF || (c == KEY_CTRL('D') && !e->line->len))
			return K_EOF;
		if (c == KEY_CTRL('C'))
			return K_INTERRUPT;
		if (c >= ' ' && c < 256 && c != 127)
			insert(e, &ch, 1);
		else if (c)
			control_key(e, c);
	}
}

/* A line as the terminal (or a pipe) gives it. */
static ssize_t plain_line(struct buf *line)
{
	char c;

	for (;;) {
		ssize_t n = read(0, &c, 1);

		if (n < 0 && errno == EINTR) {
			if (sh.interrupted)
				return -1;
			traps_run();
			continue;
		}
		if (n <= 0)
			return line->len ? (ssize_t)line->len : n;
		buf_putc(line, c);
		if (c == '\n')
			return line->len;
	}
}

/* The prompt's text: \w is the working directory. In `tmp`. */
static const char *prompt_text(const char *s)
{
	struct buf b = { 0 };
	char *copy;

	if (!strchr(s, '\\'))
		return s;
	for (; *s; s++) {
		if (s[0] == '\\' && s[1] == 'w') {
			buf_puts(&b, cwd_get());
			s++;
		} else if (s[0] == '\\' && s[1] == '\\') {
			buf_putc(&b, *s++);
		} else {
			buf_putc(&b, *s);
		}
	}
	copy = arena_strndup(&tmp, b.s ? b.s : "", b.len);
	buf_free(&b);
	return copy;
}

/*
 * Print the prompt and read a line with its newline into `line` (empty on entry). Returns its
 * length, 0 at the end of input, -1 after ^C (sh.interrupted is set).
 */
ssize_t edit_line(const char *prompt, struct buf *line)
{
	const char *term = var_get("TERM"), *last;
	struct edit e = { .line = line, .at = history_n };
	int end;

	jobs_notify();
	prompt = prompt_text(prompt);
	if ((term && !strcmp(term, "dumb")) || !raw_on()) {
		write_all(2, prompt, strlen(prompt));
		return plain_line(line);
	}
	write_all(2, prompt, strlen(prompt));
	last = strrchr(prompt, '\n');
	e.prompt = last ? last + 1 : prompt;
	e.prompt_width = width(e.prompt, strlen(e.prompt));
	end = edit_keys(&e);
	edit_tty_restore();
	buf_free(&e.out);
	buf_free(&e.typed);
	if (end == K_EOF)
		return 0;
	if (end == K_INTERRUPT) {
		write_all(2, "^C", 2);
		sh.interrupted = 1;
		return -1;
	}
	write_all(2, "\n", 1);
	if (line->len)
		history_add(line->s);
	buf_putc(line, '\n');
	return line->len;
}
