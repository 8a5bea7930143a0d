// SPDX-License-Identifier: GPL-2.0-only
/*
 * The line discipline: what happens between the wire and a program's read() and write().
 *
 * Input in canonical mode is gathered into lines that can be edited until they end; in raw mode
 * every character is readable at once. Both use one ring: positions only grow, and `line_end` marks
 * where lines end. All of it runs under tty->lock, most of it in the receive interrupt, so nothing
 * here sleeps; signals are returned to the caller, who sends them without the lock.
 */
#include "kernel/dev/tty.h"

#define CTRL(c) ((c) & 0x1f)
#define DEL	0x7f

const struct ktermios tty_std_termios = {
	.c_iflag = ICRNL | IXON | IUTF8,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = B38400 | CS8 | CREAD | HUPCL | CLOCAL,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.c_cc =
		{
			[VINTR] = CTRL('C'),
			[VQUIT] = CTRL('\\'),
			[VERASE] = DEL,
			[VKILL] = CTRL('U'),
			[VEOF] = CTRL('D'),
			[VMIN] = 1,
			[VSTART] = CTRL('Q'),
			[VSTOP] = CTRL('S'),
			[VSUSP] = CTRL('Z'),
			[VREPRINT] = CTRL('R'),
			[VWERASE] = CTRL('W'),
			[VLNEXT] = CTRL('V'),
		},
};

static bool is(const struct tty_struct *tty, u8 c, int which)
{
	return c && tty->termios.c_cc[which] == c;
}

static bool lflag(const struct tty_struct *tty, u32 flag)
{
	return tty->termios.c_lflag & flag;
}

static bool utf8_continues(const struct tty_struct *tty, u8 c)
{
	return (tty->termios.c_iflag & IUTF8) && (c & 0xc0) == 0x80;
}

/* ---- output ---- */

static bool put_raw(struct tty_struct *tty, u8 c)
{
	if (tty->out_head - tty->out_tail == TTY_BUF_SIZE)
		return false;
	tty->out[TTY_POS(tty->out_head++)] = c;
	return true;
}

/* Columns that c takes at `column`, apart from \n, \r and \b. */
static unsigned int char_width(const struct tty_struct *tty, u8 c, unsigned int column)
{
	if (c == '\t')
		return 8 - column % 8;
	return c < ' ' || c == DEL || utf8_continues(tty, c) ? 0 : 1;
}

static void move_cursor(struct tty_struct *tty, u8 c)
{
	if (c == '\r' || c == '\n')
		tty->column = 0;
	else if (c == '\b')
		tty->column -= tty->column > 0;
	else
		tty->column += char_width(tty, c, tty->column);
}

/* One character of a program or echo, processed; false: no room. */
static bool put_char(struct tty_struct *tty, u8 c)
{
	u32 oflag = tty->termios.c_oflag;

	if (!(oflag & OPOST)) {
		if (!put_raw(tty, c))
			return false;
		move_cursor(tty, c);
		return true;
	}
	if (c == '\r' && (oflag & OCRNL))
		c = '\n';
	if (c == '\n' && (oflag & ONLCR)) {
		if (tty->out_head - tty->out_tail > TTY_BUF_SIZE - 2)
			return false;
		put_raw(tty, '\r');
	}
	if (!put_raw(tty, c))
		return false;
	move_cursor(tty, c);
	return true;
}

unsigned int n_tty_output(struct tty_struct *tty, const u8 *buf, unsigned int len)
{
	unsigned int n = 0;

	while (n < len && put_char(tty, buf[n]))
		n++;
	return n;
}

/* ---- echo ---- */

static bool shown_as_ctl(const struct tty_struct *tty, u8 c)
{
	return lflag(tty, ECHOCTL) && (c < ' ' || c == DEL) && c != '\t' && c != '\n';
}

static void echo_char(struct tty_struct *tty, u8 c)
{
	if (shown_as_ctl(tty, c)) {
		put_char(tty, '^');
		put_char(tty, c ^ 0x40);
	} else {
		put_char(tty, c);
	}
}

static void echo(struct tty_struct *tty, u8 c)
{
	if (lflag(tty, ECHO))
		echo_char(tty, c);
}

static void echo_back(struct tty_struct *tty, unsigned int columns)
{
	while (columns--) {
		put_char(tty, '\b');
		put_char(tty, ' ');
		put_char(tty, '\b');
	}
}

/* The column after the characters [canon_head, end) of the line being edited. */
static unsigned int line_column(const struct tty_struct *tty, unsigned int end)
{
	unsigned int i, column = tty->canon_column;

	for (i = tty->canon_head; i != end; i++) {
		u8 c = tty->in[TTY_POS(i)];

		column += shown_as_ctl(tty, c) ? 2 : char_width(tty, c, column);
	}
	return column;
}

/* ---- editing the line ---- */

/* Take the last character off the line, with its echo. */
static void erase_char(struct tty_struct *tty)
{
	unsigned int end = tty->head, columns;

	do
		end--;
	while (end != tty->canon_head && utf8_continues(tty, tty->in[TTY_POS(end)]));
	columns = line_column(tty, tty->head) - line_column(tty, end);
	tty->head = end;
	if (!lflag(tty, ECHO))
		return;
	if (lflag(tty, ECHOE))
		echo_back(tty, columns);
	else
		echo_char(tty, tty->termios.c_cc[VERASE]);
}

static bool is_word_char(u8 c)
{
	return isalnum(c) || c == '_' || c >= 0x80;
}

static void erase_word(struct tty_struct *tty)
{
	while (tty->head != tty->canon_head && !is_word_char(tty->in[TTY_POS(tty->head - 1)]))
		erase_char(tty);
	while (tty->head != tty->canon_head && is_word_char(tty->in[TTY_POS(tty->head - 1)]))
		erase_char(tty);
}

static void kill_line(struct tty_struct *tty)
{
	if (lflag(tty, ECHO) && !(lflag(tty, ECHOKE) && lflag(tty, ECHOE))) {
		tty->head = tty->canon_head;
		echo_char(tty, tty->termios.c_cc[VKILL]);
		if (lflag(tty, ECHOK))
			put_char(tty, '\n');
		return;
	}
	while (tty->head != tty->canon_head)
		erase_char(tty);
}

static void reprint_line(struct tty_struct *tty)
{
	unsigned int i;

	echo(tty, tty->termios.c_cc[VREPRINT]);
	put_char(tty, '\n');
	tty->canon_column = 0;
	for (i = tty->canon_head; i != tty->head; i++)
		echo(tty, tty->in[TTY_POS(i)]);
}

/* Editing characters of canonical mode; true: c was one. */
static bool edit_line(struct tty_struct *tty, u8 c)
{
	bool ext = lflag(tty, IEXTEN);

	/* Both codes that terminals send for the erase key. */
	if (is(tty, c, VERASE) || (c == '\b' && is(tty, DEL, VERASE))) {
		if (tty->head != tty->canon_head)
			erase_char(tty);
	} else if (is(tty, c, VKILL)) {
		kill_line(tty);
	} else if (ext && is(tty, c, VWERASE)) {
		erase_word(tty);
	} else if (ext && is(tty, c, VREPRINT)) {
		reprint_line(tty);
	} else if (ext && is(tty, c, VLNEXT)) {
		tty->lnext = true;
	} else {
		return false;
	}
	return true;
}

/* ---- input ---- */

/*
 * Room is kept for one character that ends a line, so that a line that is too long can still be
 * ended.
 */
static void store_char(struct tty_struct *tty, u8 c, bool ends_line)
{
	unsigned int pos = TTY_POS(tty->head);

	if (tty->head - tty->tail >= TTY_BUF_SIZE - (ends_line ? 0 : 1)) {
		if (tty->termios.c_iflag & IMAXBEL)
			put_char(tty, '\a');
		return;
	}
	if (tty->head == tty->canon_head && lflag(tty, ICANON))
		tty->canon_column = tty->column;
	tty->in[pos] = c;
	if (ends_line)
		__set_bit(pos, tty->line_end);
	else
		__clear_bit(pos, tty->line_end);
	if (!ends_line)
		echo(tty, c);
	tty->head++;
	if (ends_line || !lflag(tty, ICANON))
		tty->canon_head = tty->head;
}

static void receive_canon(struct tty_struct *tty, u8 c)
{
	if (edit_line(tty, c))
		return;
	if (c == '\n' || is(tty, c, VEOL) || is(tty, c, VEOL2)) {
		if (lflag(tty, ECHO) || (c == '\n' && lflag(tty, ECHONL)))
			put_char(tty, c);
		store_char(tty, c, true);
	} else if (is(tty, c, VEOF)) {
		store_char(tty, '\0', true);
	} else {
		store_char(tty, c, false);
	}
}

void n_tty_flush_input(struct tty_struct *tty)
{
	tty->tail = tty->canon_head = tty->head;
}

/* Signal and flow control characters. true: c was one; *signals gets the signal. */
static bool receive_control(struct tty_struct *tty, u8 c, u64 *signals)
{
	int sig = 0;

	if (tty->termios.c_iflag & IXON) {
		if (is(tty, c, VSTART) || is(tty, c, VSTOP)) {
			tty->stopped = is(tty, c, VSTOP);
			return true;
		}
		if (tty->termios.c_iflag & IXANY)
			tty->stopped = false;
	}
	if (!lflag(tty, ISIG))
		return false;
	if (is(tty, c, VINTR))
		sig = SIGINT;
	else if (is(tty, c, VQUIT))
		sig = SIGQUIT;
	else if (is(tty, c, VSUSP))
		sig = SIGTSTP;
	else
		return false;
	tty->stopped = false;
	if (!lflag(tty, NOFLSH)) {
		n_tty_flush_input(tty);
		if (sig != SIGTSTP)
			tty->out_tail = tty->out_head;
	}
	echo(tty, c);
	*signals |= sigmask(sig);
	return true;
}

static void receive_char(struct tty_struct *tty, u8 c, u64 *signals)
{
	u32 iflag = tty->termios.c_iflag;

	if (iflag & ISTRIP)
		c &= 0x7f;
	if (tty->lnext) {
		tty->lnext = false;
		store_char(tty, c, false);
		return;
	}
	if (receive_control(tty, c, signals))
		return;
	if (c == '\r') {
		if (iflag & IGNCR)
			return;
		if (iflag & ICRNL)
			c = '\n';
	} else if (c == '\n' && (iflag & INLCR)) {
		c = '\r';
	}
	if (lflag(tty, ICANON))
		receive_canon(tty, c);
	else
		store_char(tty, c, false);
}

u64 n_tty_receive(struct tty_struct *tty, const u8 *buf, unsigned int len)
{
	u64 signals = 0;

	while (len--)
		receive_char(tty, *buf++, &signals);
	return signals;
}

/* ---- reading ---- */

unsigned int n_tty_readable(const struct tty_struct *tty)
{
	return tty->canon_head - tty->tail;
}

static bool is_eof_mark(const struct tty_struct *tty, unsigned int pos)
{
	return lflag(tty, ICANON) && !tty->in[TTY_POS(pos)] && test_bit(TTY_POS(pos), tty->line_end);
}

unsigned int n_tty_count(const struct tty_struct *tty)
{
	unsigned int pos, n = 0;

	for (pos = tty->tail; pos != tty->canon_head; pos++)
		n += !is_eof_mark(tty, pos);
	return n;
}

unsigned int n_tty_take(struct tty_struct *tty, u8 *buf, unsigned int len, bool *eof)
{
	unsigned int n = 0;

	*eof = false;
	while (n < len && tty->tail != tty->canon_head) {
		unsigned int pos = TTY_POS(tty->tail++);
		bool end = lflag(tty, ICANON) && test_bit(pos, tty->line_end);

		if (end && tty->in[pos] == '\0') {
			*eof = true;
			break;
		}
		buf[n++] = tty->in[pos];
		if (end)
			break;
	}
	/*
	 * A line that was read up to just before its EOF mark: the mark goes with it, it must not
	 * end the next read.
	 */
	if (n == len && tty->tail != tty->canon_head && is_eof_mark(tty, tty->tail) && n &&
	    buf[n - 1] != '\n')
		tty->tail++;
	return n;
}

void n_tty_set_termios(struct tty_struct *tty, const struct ktermios *new_termios)
{
	bool was_canon = lflag(tty, ICANON);

	tty->termios = *new_termios;
	if (!(tty->termios.c_iflag & IXON))
		tty->stopped = false;
	tty->lnext = false;
	/* What was half a line, or raw, is readable now. */
	if (was_canon != lflag(tty, ICANON))
		tty->canon_head = tty->head;
}
