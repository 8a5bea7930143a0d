/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The terminal: one tty on the serial port COM1, which is /dev/console, /dev/ttyS0 and, for its
 * sessions, /dev/tty.
 *
 *	tty.c		the devices: open, read, write, poll; the serial port below
 *	n_tty.c		the line discipline: editing and echo of input, processing of output
 *	tty_ioctl.c	termios and the other ioctls
 *	tty_jobctl.c	sessions, foreground group, background access
 *
 * Layouts and values are those of Linux x86_64; the rules are in termios(3) and ioctl_tty(2).
 */
#pragma once

#include "fs/fs.h"
#include "kernel/task/task.h"

#define NCCS 19
struct ktermios {
	u32 c_iflag, c_oflag, c_cflag, c_lflag;
	u8 c_line;
	u8 c_cc[NCCS];
};

struct winsize {
	u16 ws_row, ws_col, ws_xpixel, ws_ypixel;
};

/* c_cc */
#define VINTR	 0
#define VQUIT	 1
#define VERASE	 2
#define VKILL	 3
#define VEOF	 4
#define VTIME	 5
#define VMIN	 6
#define VSTART	 8
#define VSTOP	 9
#define VSUSP	 10
#define VEOL	 11
#define VREPRINT 12
#define VWERASE	 14
#define VLNEXT	 15
#define VEOL2	 16
/* c_iflag */
#define ISTRIP 0000040
#define INLCR  0000100
#define IGNCR  0000200
#define ICRNL  0000400
#define IXON   0002000
#define IXANY  0004000
#define IMAXBEL 0020000
#define IUTF8  0040000
/* c_oflag */
#define OPOST  0000001
#define ONLCR  0000004
#define OCRNL  0000010
/* c_cflag */
#define B38400 0000017
#define CS8    0000060
#define CREAD  0000200
#define HUPCL  0002000
#define CLOCAL 0004000
/* c_lflag */
#define ISIG	0000001
#define ICANON	0000002
#define ECHO	0000010
#define ECHOE	0000020
#define ECHOK	0000040
#define ECHONL	0000100
#define NOFLSH	0000200
#define TOSTOP	0000400
#define ECHOCTL 0001000
#define ECHOKE	0004000
#define IEXTEN	0100000

#define TTY_BUF_SIZE 4096	/* a power of two: positions run freely and are cut to the buffer */
#define TTY_POS(n)   ((n) & (TTY_BUF_SIZE - 1))

struct tty_struct {
	/* irqs off. Guards everything below, but for what is said */
	spinlock_t lock;
	struct ktermios termios;
	struct winsize winsize;
	bool stopped;			/* ^S */
	bool lnext;			/* the next character is taken as it is (^V) */

	/*
	 * Input: [tail, canon_head) are complete lines, [canon_head, head) the line being edited.
	 */
	u8 in[TTY_BUF_SIZE];
	/* this character ends a line; if it is '\0' it is an EOF, not given to readers */
	DECLARE_BITMAP(line_end, TTY_BUF_SIZE);
	unsigned int head, canon_head, tail;
	unsigned int canon_column;	/* where the line being edited began */

	/* Output on its way to the port. */
	u8 out[TTY_BUF_SIZE];
	unsigned int out_head, out_tail;
	unsigned int column;		/* of the cursor, for erasing and for the kernel log */

	pid_t session, pgrp;		/* 0: none */

	wait_queue_head_t read_wait, write_wait;
	struct mutex read_mutex;	/* one reader at a time; sleeps */
	struct mutex write_mutex;	/* one writer at a time: writes do not mix */
};

extern struct tty_struct console_tty;

/* ---- n_tty.c ---- */
extern const struct ktermios tty_std_termios;
/*
 * Take received characters. tty->lock held. Returns the signals (sigmask bits) that the foreground
 * group is to get.
 */
u64 n_tty_receive(struct tty_struct *tty, const u8 *buf, unsigned int len);
/*
 * Put characters of a program, processed, into the output buffer. tty->lock held. Returns how many
 * were taken.
 */
unsigned int n_tty_output(struct tty_struct *tty, const u8 *buf, unsigned int len);
/* Not 0: a read would get something now, perhaps an end of file. tty->lock held. */
unsigned int n_tty_readable(const struct tty_struct *tty);
/* Bytes that reads would get now: end of file marks are none. tty->lock held. */
unsigned int n_tty_count(const struct tty_struct *tty);
/*
 * Take up to len bytes of what is readable, at most one line in canonical mode; *eof: an EOF
 * character ended it. tty->lock held.
 */
unsigned int n_tty_take(struct tty_struct *tty, u8 *buf, unsigned int len, bool *eof);
void n_tty_flush_input(struct tty_struct *tty);			/* tty->lock held */
/* New settings; what is in the input buffer stays readable. tty->lock held. */
void n_tty_set_termios(struct tty_struct *tty, const struct ktermios *new_termios);

/* ---- tty.c ---- */
/* give the port what it takes. tty->lock held */
void tty_start_output(struct tty_struct *tty);
unsigned int tty_output_pending(const struct tty_struct *tty);	/* bytes; tty->lock held */
int tty_wait_until_sent(struct tty_struct *tty);		/* may sleep; -ERESTARTSYS */

/* ---- tty_ioctl.c ---- */
long tty_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

/* ---- tty_jobctl.c ---- */
/*
 * May current use the tty as its background or foreground group stands? sig: SIGTTIN to read,
 * SIGTTOU to write or change. 0, -EIO, or -ERESTARTSYS after the group has been signalled.
 */
int tty_check_change(struct tty_struct *tty, int sig);
void tty_acquire_on_open(struct tty_struct *tty, struct file *file);
/* -ENOTTY: not one of these */
long tty_jobctl_ioctl(struct tty_struct *tty, unsigned int cmd, void __user *arg);
/* kernel/task/exit.c: current, a session leader, exits or gives up its terminal. */
void disassociate_ctty(bool on_exit);
