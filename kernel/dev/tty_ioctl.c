// SPDX-License-Identifier: GPL-2.0-only
/* Terminal ioctls: settings, window size, queues. See ioctl_tty(2). */
#include "kernel/dev/tty.h"

#define TCGETS	   0x5401
#define TCSETS	   0x5402
#define TCSETSW	   0x5403
#define TCSETSF	   0x5404
#define TCSBRK	   0x5409
#define TCXONC	   0x540a
#define TCFLSH	   0x540b
#define TIOCOUTQ   0x5411
#define TIOCGWINSZ 0x5413
#define TIOCSWINSZ 0x5414
#define FIONREAD   0x541b
#define TCSBRKP	   0x5425

#define TCIFLUSH  0
#define TCOFLUSH  1
#define TCIOFLUSH 2
#define TCOOFF	  0
#define TCOON	  1

static int get_termios(struct tty_struct *tty, void __user *arg)
{
	struct ktermios termios;

	spin_lock_irq(&tty->lock);
	termios = tty->termios;
	spin_unlock_irq(&tty->lock);
	return copy_to_user(arg, &termios, sizeof(termios)) ? -EFAULT : 0;
}

/*
 * TCSETS at once, TCSETSW after the output has gone, TCSETSF also without the input that was not
 * read.
 */
static int set_termios(struct tty_struct *tty, unsigned int cmd, const void __user *arg)
{
	struct ktermios termios;
	int err = tty_check_change(tty, SIGTTOU);

	if (err)
		return err;
	if (copy_from_user(&termios, arg, sizeof(termios)))
		return -EFAULT;
	err = cmd == TCSETS ? 0 : tty_wait_until_sent(tty);
	if (err)
		return err;
	spin_lock_irq(&tty->lock);
	if (cmd == TCSETSF)
		n_tty_flush_input(tty);
	n_tty_set_termios(tty, &termios);
	tty_start_output(tty);
	spin_unlock_irq(&tty->lock);
	wake_up_interruptible_all(&tty->read_wait);
	return 0;
}

static int get_winsize(struct tty_struct *tty, void __user *arg)
{
	struct winsize ws;

	spin_lock_irq(&tty->lock);
	ws = tty->winsize;
	spin_unlock_irq(&tty->lock);
	return copy_to_user(arg, &ws, sizeof(ws)) ? -EFAULT : 0;
}

static int set_winsize(struct tty_struct *tty, const void __user *arg)
{
	struct winsize ws;
	bool changed;
	pid_t pgrp;

	if (copy_from_user(&ws, arg, sizeof(ws)))
		return -EFAULT;
	spin_lock_irq(&tty->lock);
	changed = memcmp(&ws, &tty->winsize, sizeof(ws));
	tty->winsize = ws;
	pgrp = tty->pgrp;
	spin_unlock_irq(&tty->lock);
	if (changed && pgrp)
		kill_pgrp(pgrp, SIGWINCH);
	return 0;
}

static int flush_queues(struct tty_struct *tty, unsigned long which)
{
	int err = tty_check_change(tty, SIGTTOU);

	if (err)
		return err;
	if (which > TCIOFLUSH)
		return -EINVAL;
	spin_lock_irq(&tty->lock);
	if (which != TCOFLUSH)
		n_tty_flush_input(tty);
	if (which != TCIFLUSH)
		tty->out_tail = tty->out_head;
	spin_unlock_irq(&tty->lock);
	wake_up_interruptible_all(&tty->write_wait);
	return 0;
}

static int set_flow(struct tty_struct *tty, unsigned long what)
{
	int err = tty_check_change(tty, SIGTTOU);

	if (err)
		return err;
	if (what > TCOON)
		return -EINVAL;
	spin_lock_irq(&tty->lock);
	tty->stopped = what == TCOOFF;
	tty_start_output(tty);
	spin_unlock_irq(&tty->lock);
	return 0;
}

static int count_queue(struct tty_struct *tty, bool output, int __user *arg)
{
	int n;

	spin_lock_irq(&tty->lock);
	n = output ? tty_output_pending(tty) : n_tty_count(tty);
	spin_unlock_irq(&tty->lock);
	return put_user(n, arg);
}

long tty_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct tty_struct *tty = file->private_data;
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case TCGETS:
		return get_termios(tty, uarg);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_termios(tty, cmd, uarg);
	case TIOCGWINSZ:
		return get_winsize(tty, uarg);
	case TIOCSWINSZ:
		return set_winsize(tty, uarg);
	/*
	 * with an argument other than 0: tcdrain(); a real break would mean nothing to an emulated
	 * wire
	 */
	case TCSBRK:
	case TCSBRKP:
		return tty_wait_until_sent(tty);
	case TCXONC:
		return set_flow(tty, arg);
	case TCFLSH:
		return flush_queues(tty, arg);
	case TIOCOUTQ:
	case FIONREAD:
		return count_queue(tty, cmd == TIOCOUTQ, uarg);
	default:
		return tty_jobctl_ioctl(tty, cmd, uarg);
	}
}
