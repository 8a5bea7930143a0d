// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job control: which session a terminal belongs to, which of its process groups is in the
 * foreground, and what happens to the others when they touch it. See credentials(7), setsid(2),
 * tcsetpgrp(3).
 *
 * tty->session and tty->pgrp are guarded by tty->lock; a group's own pointer to its terminal
 * (signal->tty) by its siglock.
 */
#include "kernel/dev/tty.h"

#define TIOCSCTTY 0x540e
#define TIOCGPGRP 0x540f
#define TIOCSPGRP 0x5410
#define TIOCNOTTY 0x5422
#define TIOCGSID  0x5429

static void set_signal_tty(struct task_struct *p, struct tty_struct *tty)
{
	spin_lock_irq(&p->sighand->siglock);
	p->signal->tty = tty;
	spin_unlock_irq(&p->sighand->siglock);
}

/* Blocked or ignored by current? */
static bool sig_does_nothing(int sig)
{
	return (current->blocked & sigmask(sig)) ||
	       current->sighand->action[sig - 1].handler == SIG_IGN;
}

int tty_check_change(struct tty_struct *tty, int sig)
{
	pid_t pgrp = current->signal->pgrp;

	if (current->signal->tty != tty || !READ_ONCE(tty->pgrp) || READ_ONCE(tty->pgrp) == pgrp)
		return 0;
	if (sig_does_nothing(sig))
		return sig == SIGTTIN ? -EIO : 0;
	if (is_orphaned_pgrp(pgrp))
		return -EIO;
	kill_pgrp(pgrp, sig);
	/* Another thread may have been chosen to take it: this one has to look, too, and then begin the call again. */
	set_bit(TIF_SIGPENDING, &current->work);
	return -ERESTARTSYS;
}

/* The foreground group, 0: none. Its number is held: nobody new gets it as long as it is here. tty->lock held. */
static void set_pgrp(struct tty_struct *tty, pid_t pgrp)
{
	pid_hold(pgrp);
	pid_free(tty->pgrp);
	tty->pgrp = pgrp;
}

/*
 * Make tty the controlling terminal of current, a session leader without one, if `from` is still the session that it belongs to (0:
 * to none). False: another was faster.
 */
static bool acquire(struct tty_struct *tty, pid_t from)
{
	bool free;

	spin_lock_irq(&tty->lock);
	free = tty->session == from;
	if (free) {
		WRITE_ONCE(tty->session, current->signal->session);
		set_pgrp(tty, current->signal->pgrp);
	}
	spin_unlock_irq(&tty->lock);
	if (free)
		set_signal_tty(current, tty);
	return free;
}

void tty_acquire_on_open(struct tty_struct *tty, struct file *file)
{
	if (!(file->f_flags & O_NOCTTY) && (file->f_mode & FMODE_READ) && current->signal->leader &&
	    !current->signal->tty)
		acquire(tty, 0);
}

/* Take the terminal away from every process of its session. */
static void session_clear_tty(pid_t session)
{
	struct task_struct *p;

	read_lock_irq(&tasklist_lock);
	for_each_process (p) {
		if (p->signal->session == session && p->sighand) {
			spin_lock(&p->sighand->siglock);
			p->signal->tty = NULL;
			spin_unlock(&p->sighand->siglock);
		}
	}
	read_unlock_irq(&tasklist_lock);
}

static int set_controlling_tty(struct tty_struct *tty, bool steal)
{
	pid_t session = READ_ONCE(tty->session);

	if (current->signal->leader && session == current->signal->session)
		return 0;
	if (!current->signal->leader || current->signal->tty)
		return -EPERM;
	if (session) {
		if (!steal || !capable(CAP_SYS_ADMIN))
			return -EPERM;
		session_clear_tty(session);
	}
	return acquire(tty, session) ? 0 : -EPERM;
}

void disassociate_ctty(bool on_exit)
{
	struct tty_struct *tty = current->signal->tty;
	pid_t pgrp = 0;

	if (!current->signal->leader || !tty)
		return;
	spin_lock_irq(&tty->lock);
	if (tty->session == current->signal->session) {
		pgrp = tty->pgrp;
		WRITE_ONCE(tty->session, 0);
		set_pgrp(tty, 0);
	}
	spin_unlock_irq(&tty->lock);
	session_clear_tty(current->signal->session);
	if (pgrp) {
		kill_pgrp(pgrp, SIGHUP);
		kill_pgrp(pgrp, SIGCONT);
	}
}

/* The session of a process group; 0: there is no such group. tasklist_lock held. */
static pid_t session_of(pid_t pgrp)
{
	struct task_struct *p;

	for_each_process(p)
		if (p->signal->pgrp == pgrp)
			return p->signal->session;
	return 0;
}

static int set_foreground(struct tty_struct *tty, pid_t __user *arg)
{
	int err = tty_check_change(tty, SIGTTOU);
	pid_t pgrp, session, mine = current->signal->session;

	if (err)
		return err == -EIO ? -ENOTTY : err;
	if (current->signal->tty != tty || READ_ONCE(tty->session) != mine)
		return -ENOTTY;
	if (get_user(pgrp, arg))
		return -EFAULT;
	if (pgrp < 0)
		return -EINVAL;
	read_lock_irq(&tasklist_lock);		/* the group stays until its number is held */
	session = session_of(pgrp);
	if (session == mine) {
		spin_lock(&tty->lock);
		set_pgrp(tty, pgrp);
		spin_unlock(&tty->lock);
	}
	read_unlock_irq(&tasklist_lock);
	return session == mine ? 0 : session ? -EPERM : -ESRCH;
}

long tty_jobctl_ioctl(struct tty_struct *tty, unsigned int cmd, void __user *arg)
{
	switch (cmd) {
	case TIOCSCTTY:
		return set_controlling_tty(tty, (unsigned long)arg == 1);
	case TIOCNOTTY:
		if (current->signal->tty != tty)
			return -ENOTTY;
		if (current->signal->leader)
			disassociate_ctty(false);
		set_signal_tty(current, NULL);
		return 0;
	case TIOCGPGRP:
		if (current->signal->tty != tty)
			return -ENOTTY;
		return put_user(READ_ONCE(tty->pgrp), (pid_t __user *)arg);
	case TIOCSPGRP:
		return set_foreground(tty, arg);
	case TIOCGSID:
		if (current->signal->tty != tty)
			return -ENOTTY;
		return put_user(READ_ONCE(tty->session), (pid_t __user *)arg);
	default:
		return -ENOTTY;
	}
}
