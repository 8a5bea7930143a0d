// SPDX-License-Identifier: GPL-2.0-only
/*
 * The terminal's devices, and the serial port below them.
 *
 * Output goes into a ring that the port's interrupt empties; a writer sleeps when it is full, and
 * power off drains it, so nothing is lost. The kernel log shares the wire: before a line of it goes
 * out, console_log_begins() lets the ring out and ends a line that a program has left open, so that
 * the two never share a line.
 */
#include "fs/internal.h"
#include "kernel/dev/tty.h"
#include "kernel/lib/init.h"

#define COM1 0

struct tty_struct console_tty = {
	.lock = __SPIN_LOCK_UNLOCKED(console_tty.lock),
	.read_wait = __WAIT_QUEUE_HEAD_INITIALIZER(console_tty.read_wait),
	.write_wait = __WAIT_QUEUE_HEAD_INITIALIZER(console_tty.write_wait),
	.read_mutex = __MUTEX_INITIALIZER(console_tty.read_mutex),
	.write_mutex = __MUTEX_INITIALIZER(console_tty.write_mutex),
};

static struct tty_struct *file_tty(const struct file *file)
{
	return file->private_data;
}

/* ---- the serial port ---- */

unsigned int tty_output_pending(const struct tty_struct *tty)
{
	return tty->out_head - tty->out_tail;
}

/* The pending bytes that lie in one piece. */
static unsigned int out_chunk(const struct tty_struct *tty)
{
	return min(tty_output_pending(tty), TTY_BUF_SIZE - (unsigned int)TTY_POS(tty->out_tail));
}

void tty_start_output(struct tty_struct *tty)
{
	unsigned int n;

	while (!tty->stopped && tty_output_pending(tty)) {
		n = serial_write(COM1, &tty->out[TTY_POS(tty->out_tail)], out_chunk(tty));
		if (!n)
			break;
		tty->out_tail += n;
	}
	serial_tx_irq(COM1, !tty->stopped && tty_output_pending(tty));
}

/*
 * A break, and what follows it, belongs to the kernel (kernel/debug/sysrq.c): the next character, if it comes soon, is not for
 * programs. A second break instead is an interrupt key that no setting hides. Takes the character off *buf; *breaks are
 * those for programs. The port's interrupt alone calls this, so `until` needs no lock.
 */
#define SYSRQ_WAIT (5 * NSEC_PER_SEC)
static void sysrq_filter(const unsigned char **buf, unsigned int *len, unsigned int *breaks)
{
	static u64 until;		/* ns: a key is awaited; 0: none is */
	unsigned int again = 0;

	if (until && ktime_get() > until)
		until = 0;
	if (until && *len) {
		until = 0;
		if (**buf)
			handle_sysrq((char)**buf);
		else
			again = 1;	/* of two breaks in a row, QEMU reports the second as a 0 alone */
		++*buf;
		--*len;
	}
	if (again) {
		*breaks = 1;
	} else if (*breaks) {
		*breaks = until != 0;
		until = until ? 0 : ktime_get() + SYSRQ_WAIT;
	}
}

static void tty_rx(const unsigned char *buf, unsigned int len, unsigned int breaks)
{
	struct tty_struct *tty = &console_tty;
	unsigned long flags;
	bool readable;
	u64 signals;
	pid_t pgrp;
	int sig;

	sysrq_filter(&buf, &len, &breaks);
	spin_lock_irqsave(&tty->lock, flags);
	signals = n_tty_receive(tty, buf, len);
	/* If signals are wanted at all. */
	if (breaks && (tty->termios.c_lflag & ISIG))
		signals |= sigmask(SIGINT);
	tty_start_output(tty);
	readable = n_tty_readable(tty);
	pgrp = tty->pgrp;
	spin_unlock_irqrestore(&tty->lock, flags);

	for (sig = SIGINT; signals && pgrp && sig <= SIGTSTP; sig++)
		if (signals & sigmask(sig))
			kill_pgrp(pgrp, sig);
	if (readable)
		wake_up_interruptible_all(&tty->read_wait);
	wake_up_interruptible_all(&tty->write_wait);
}

static void tty_tx_ready(void)
{
	struct tty_struct *tty = &console_tty;
	unsigned long flags;
	bool room;

	spin_lock_irqsave(&tty->lock, flags);
	tty_start_output(tty);
	room = tty_output_pending(tty) <= TTY_BUF_SIZE / 2;
	spin_unlock_irqrestore(&tty->lock, flags);
	if (room)
		wake_up_interruptible_all(&tty->write_wait);
}

static const struct serial_ops tty_serial_ops = {.rx = tty_rx, .tx_ready = tty_tx_ready};

/* Upcall of arch's serial log console: any context, the log's lock held. */
void console_log_begins(void)
{
	struct tty_struct *tty = &console_tty;
	unsigned long flags;
	unsigned int n;

	local_irq_save(flags);
	/* If this CPU or a stopped one holds the lock, a mixed line is better than none. */
	if (spin_trylock(&tty->lock)) {
		while ((n = out_chunk(tty))) {
			serial_write_sync(COM1, (const char *)&tty->out[TTY_POS(tty->out_tail)], n);
			tty->out_tail += n;
		}
		if (tty->column)
			serial_write_sync(COM1, "\r\n", 2);
		tty->column = 0;
		spin_unlock(&tty->lock);
	}
	local_irq_restore(flags);
}

/*
 * Everything written so far has left: before power off, which may be the way out when somebody holds the lock and
 * hangs: then it goes without that.
 */
#define DRAIN_PATIENCE 10000000		/* tries */
void console_drain(void)
{
	struct tty_struct *tty = &console_tty;
	unsigned int n, tries = 0;
	unsigned long flags;

	local_irq_save(flags);
	while (!spin_trylock(&tty->lock)) {
		if (++tries > DRAIN_PATIENCE)
			goto out;
		cpu_relax();
	}
	while ((n = out_chunk(tty))) {
		serial_write_sync(COM1, (const char *)&tty->out[TTY_POS(tty->out_tail)], n);
		tty->out_tail += n;
	}
	spin_unlock(&tty->lock);
out:
	local_irq_restore(flags);
}

int tty_wait_until_sent(struct tty_struct *tty)
{
	return wait_event_interruptible(tty->write_wait, !tty_output_pending(tty));
}

/* ---- files ---- */

static int tty_open(struct inode *inode, struct file *file)
{
	struct tty_struct *tty = &console_tty;

	/* /dev/tty is the terminal of one's own session. */
	if (inode->i_rdev == MKDEV(5, 0)) {
		tty = READ_ONCE(current->signal->tty);
		if (!tty)
			return -ENXIO;
	}
	file->private_data = tty;
	file->f_mode |= FMODE_NOPOS;
	if (inode->i_rdev == MKDEV(4, 64))
		tty_acquire_on_open(tty, file);
	return 0;
}

/*
 * Is there something for this read? In raw mode VMIN characters, as many as fit, or one if VMIN is
 * 0. tty->lock held.
 */
static bool read_satisfied(const struct tty_struct *tty, size_t len)
{
	unsigned int want = 1;

	if (!(tty->termios.c_lflag & ICANON))
		want = clamp((size_t)tty->termios.c_cc[VMIN], (size_t)1, len);
	return n_tty_readable(tty) >= want;
}

static bool read_ready(struct tty_struct *tty, size_t len)
{
	unsigned long flags;
	bool ready;

	spin_lock_irqsave(&tty->lock, flags);
	ready = read_satisfied(tty, len);
	spin_unlock_irqrestore(&tty->lock, flags);
	return ready;
}

/*
 * Wait for input. 0: go and take what is there (perhaps nothing, if VTIME ran out). -EAGAIN,
 * -ERESTARTSYS. VMIN = 0: VTIME (tenths of a second) bounds the wait for the first character; VMIN
 * > 0: the time between two.
 */
static int wait_for_input(struct tty_struct *tty, struct file *file, size_t len)
{
	bool raw = !(tty->termios.c_lflag & ICANON);
	u64 timeout = raw ? tty->termios.c_cc[VTIME] * 100 * NSEC_PER_MSEC : 0;
	unsigned int had;
	long left;

	if (read_ready(tty, len))
		return 0;
	if (file->f_flags & O_NONBLOCK)
		return n_tty_readable(tty) ? 0 : -EAGAIN;
	if (raw && !tty->termios.c_cc[VMIN]) {
		left = timeout ? wait_event_interruptible_timeout(tty->read_wait,
								  read_ready(tty, len), timeout)
			       : 0;
		return left < 0 ? left : 0;
	}
	if (!timeout)
		return wait_event_interruptible(tty->read_wait, read_ready(tty, len));
	/* The timer runs from the first character on, anew with each. */
	left = wait_event_interruptible(tty->read_wait, n_tty_readable(tty));
	while (!left && !read_ready(tty, len)) {
		had = n_tty_readable(tty);
		left = wait_event_interruptible_timeout(tty->read_wait, n_tty_readable(tty) != had,
							timeout);
		if (left <= 0)
			return left;
		left = 0;
	}
	return left;
}

/* One's turn to read or write. 0, -ERESTARTSYS; -EAGAIN: another has it, and the file is not to block. */
static int lock_for(const struct file *file, struct mutex *m)
{
	if (file->f_flags & O_NONBLOCK)
		return mutex_trylock(m) ? 0 : -EAGAIN;
	return mutex_lock_interruptible(m) ? -ERESTARTSYS : 0;
}

static ssize_t tty_read(struct file *file, char __user *buf, size_t len, loff_t *ppos)
{
	struct tty_struct *tty = file_tty(file);
	unsigned int n;
	ssize_t ret;
	u8 *kbuf;
	bool eof;

	if (!len)
		return 0;
	ret = tty_check_change(tty, SIGTTIN);
	if (ret)
		return ret;
	len = min(len, (size_t)TTY_BUF_SIZE);
	kbuf = kmalloc(len, GFP_KERNEL);
	if (!kbuf)
		return -ENOMEM;
	ret = lock_for(file, &tty->read_mutex);
	if (ret)
		goto out_free;
	ret = wait_for_input(tty, file, len);
	if (ret)
		goto out_unlock;
	spin_lock_irq(&tty->lock);
	n = n_tty_take(tty, kbuf, len, &eof);
	spin_unlock_irq(&tty->lock);
	ret = copy_to_reader(buf, kbuf, n) ? -EFAULT : n;
out_unlock:
	mutex_unlock(&tty->read_mutex);
out_free:
	kfree(kbuf);
	return ret;
}

static bool has_room(struct tty_struct *tty)
{
	return tty_output_pending(tty) <= TTY_BUF_SIZE - 2;
}

/* One piece of a write; the write mutex is held. Bytes taken, or an error if none. */
static ssize_t write_piece(struct tty_struct *tty, struct file *file, const u8 *piece,
			   unsigned int len)
{
	unsigned int done = 0;
	int err;

	for (;;) {
		spin_lock_irq(&tty->lock);
		done += n_tty_output(tty, piece + done, len - done);
		tty_start_output(tty);
		spin_unlock_irq(&tty->lock);
		if (done == len)
			return done;
		if (file->f_flags & O_NONBLOCK)
			return done ? done : -EAGAIN;
		err = wait_event_interruptible(tty->write_wait, has_room(tty));
		if (err)
			return done ? done : err;
	}
}

static ssize_t tty_write(struct file *file, const char __user *buf, size_t len, loff_t *ppos)
{
	struct tty_struct *tty = file_tty(file);
	u8 piece[256];
	size_t done = 0;
	ssize_t n = 0;

	if (tty->termios.c_lflag & TOSTOP)
		n = tty_check_change(tty, SIGTTOU);
	if (n)
		return n;
	n = lock_for(file, &tty->write_mutex);
	if (n)
		return n;
	while (done < len) {
		size_t want = min(len - done, sizeof(piece));

		n = copy_from_writer(piece, buf + done, want) ? -EFAULT
							      : write_piece(tty, file, piece, want);
		if (n > 0)
			done += n;
		if (n != (ssize_t)want)
			break;
	}
	mutex_unlock(&tty->write_mutex);
	return done ? (ssize_t)done : n;
}

static unsigned int tty_poll(struct file *file, struct poll_table *pt)
{
	struct tty_struct *tty = file_tty(file);
	unsigned int mask = 0;

	poll_wait(&tty->read_wait, pt);
	poll_wait(&tty->write_wait, pt);
	spin_lock_irq(&tty->lock);
	/* With VTIME a read that has begun ends some time after the first character; without, not before the last. */
	if (read_satisfied(tty, tty->termios.c_cc[VTIME] ? 1 : TTY_BUF_SIZE))
		mask |= POLLIN | POLLRDNORM;
	if (has_room(tty))
		mask |= POLLOUT | POLLWRNORM;
	spin_unlock_irq(&tty->lock);
	return mask;
}

static const struct file_operations tty_fops = {
	.open = tty_open,
	.read = tty_read,
	.write = tty_write,
	.poll = tty_poll,
	.ioctl = tty_ioctl,
};

CHRDEV("tty", 5, 0, 0666, tty_fops);
CHRDEV("console", 5, 1, 0600, tty_fops);
CHRDEV("ttyS0", 4, 64, 0620, tty_fops);

/*
 * Without a port the devices are there and swallow what is written: a guest without a console still
 * runs.
 */
static int tty_init(void)
{
	console_tty.termios = tty_std_termios;
	console_tty.winsize = (struct winsize){.ws_row = 24, .ws_col = 80};
	serial_open(COM1, &tty_serial_ops);
	return 0;
}
INITCALL(tty_init);
