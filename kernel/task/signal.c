// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals: queues, masks, sending.
 *
 * A signal sent to a thread waits in its `pending`, one sent to the process in `shared_pending`.
 * Sending decides at once what can be decided (ignored signals vanish, stop and continue signals
 * cancel each other, a deadly one ends the whole group) and wakes a thread that can take it.
 * siglock covers all of it. What the thread then does is deliver.c; stopping and telling parents is
 * jobctl.c. Start with send_locked().
 */
#include "kernel/task/internal.h"

#define MAX_QUEUED 1024		/* siginfos that wait in one queue, and a few (send_locked()); RLIMIT_SIGPENDING's place */

#define SYNC_SIGNALS                                                               \
	(sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGILL) | sigmask(SIGTRAP) | \
	 sigmask(SIGFPE) | sigmask(SIGSYS))
#define UNBLOCKABLE    (sigmask(SIGKILL) | sigmask(SIGSTOP))

struct sighand_struct init_sighand = {
	.count = REFCOUNT_INIT(1),
};
struct signal_struct init_signals = {
	.sigcnt = REFCOUNT_INIT(1),
	.live = ATOMIC_INIT(1),
	.nr_threads = 1,
	.thread_head = LIST_HEAD_INIT(init_signals.thread_head),
	.wait_chldexit = __WAIT_QUEUE_HEAD_INITIALIZER(init_signals.wait_chldexit),
	.shared_pending = {.list = LIST_HEAD_INIT(init_signals.shared_pending.list)},
	.rlim = {
		[RLIMIT_CPU ... RLIMIT_DATA] = {RLIM_INFINITY, RLIM_INFINITY},
		[RLIMIT_STACK] = {8 << 20, RLIM_INFINITY},
		[RLIMIT_CORE] = {0, RLIM_INFINITY},
		[RLIMIT_RSS ... RLIMIT_NPROC] = {RLIM_INFINITY, RLIM_INFINITY},
		[RLIMIT_NOFILE] = {1024, 4096},
		[RLIMIT_MEMLOCK] = {8 << 20, 8 << 20},
		[RLIMIT_AS ... 10] = {RLIM_INFINITY, RLIM_INFINITY},	/* 10: RLIMIT_LOCKS */
		[11] = {MAX_QUEUED, MAX_QUEUED},	/* RLIMIT_SIGPENDING */
		[12] = {819200, 819200},		/* RLIMIT_MSGQUEUE */
		/* RLIMIT_RTTIME; 13 and 14, RLIMIT_NICE and RLIMIT_RTPRIO, are 0 */
		[15] = {RLIM_INFINITY, RLIM_INFINITY},
	},
};

unsigned long rlimit(int resource)
{
	return READ_ONCE(current->signal->rlim[resource].rlim_cur);
}

static struct kmem_cache *sigqueue_cache;

void signal_init(void)
{
	sigqueue_cache = kmem_cache_create("sigqueue", sizeof(struct sigqueue), 8, NULL);
	if (!sigqueue_cache)
		panic("no memory for the signal cache");
}

struct sighand_struct *lock_task_sighand(struct task_struct *p, unsigned long *flags)
{
	struct sighand_struct *sh;

	rcu_read_lock();
	for (;;) {
		sh = rcu_dereference(p->sighand);
		if (!sh)
			break;
		spin_lock_irqsave(&sh->siglock, *flags);
		if (likely(sh == READ_ONCE(p->sighand)))
			break;
		spin_unlock_irqrestore(&sh->siglock, *flags);
	}
	rcu_read_unlock();
	return sh;
}

/* ---- queues ---- */

static void free_sigqueue(struct sigpending_list *pending, struct sigqueue *q)
{
	list_del(&q->list);
	pending->count--;
	kmem_cache_free(sigqueue_cache, q);
}

void flush_sigqueue(struct sigpending_list *pending)
{
	struct sigqueue *q, *n;

	list_for_each_entry_safe(q, n, &pending->list, list)
		free_sigqueue(pending, q);
	pending->signal = 0;
}

static void flush_mask(struct sigpending_list *pending, u64 mask)
{
	struct sigqueue *q, *n;

	if (!(pending->signal & mask))
		return;
	pending->signal &= ~mask;
	list_for_each_entry_safe(q, n, &pending->list, list)
		if (sigmask(q->info.si_signo) & mask)
			free_sigqueue(pending, q);
}

void flush_signal(struct sigpending_list *pending, int sig)
{
	flush_mask(pending, sigmask(sig));
}

/* Take the first of `sig` out of the queue; its bit goes when it was the last. */
static void collect(struct sigpending_list *pending, int sig, siginfo_t *info)
{
	struct sigqueue *q, *first = NULL;
	bool more = false;

	list_for_each_entry(q, &pending->list, list) {
		if (q->info.si_signo != sig)
			continue;
		if (first) {
			more = true;
			break;
		}
		first = q;
	}
	if (first) {
		*info = first->info;
		free_sigqueue(pending, first);
	} else {
		*info = (siginfo_t){.si_signo = sig, .si_code = SI_USER};
	}
	if (!more)
		pending->signal &= ~sigmask(sig);
}

/* Faults first, then by number. 0: none. */
static int next_signal(u64 pending)
{
	if (!pending)
		return 0;
	if (pending & SYNC_SIGNALS)
		pending &= SYNC_SIGNALS;
	return __ffs(pending) + 1;
}

int dequeue_signal(u64 blocked, siginfo_t *info)
{
	struct sigpending_list *pending = &current->pending;
	int sig = next_signal(pending->signal & ~blocked);

	if (!sig) {
		pending = &current->signal->shared_pending;
		sig = next_signal(pending->signal & ~blocked);
	}
	if (sig) {
		collect(pending, sig, info);
		if (sigmask(sig) & STOP_SIGNALS)
			current->jobctl |= JOBCTL_STOP_DEQUEUED;
	}
	recalc_sigpending();
	return sig;
}

/* ---- masks ---- */

void recalc_sigpending(void)
{
	struct task_struct *p = current;

	if (((p->pending.signal | p->signal->shared_pending.signal) & ~p->blocked) ||
	    (p->jobctl & JOBCTL_PENDING_MASK) || p->restore_sigmask)
		set_bit(TIF_SIGPENDING, &p->work);
	else if (test_bit(TIF_SIGPENDING, &p->work))
		clear_bit(TIF_SIGPENDING, &p->work);
}

/* What waits for the process and was ours to take: some other thread must look. siglock held. */
static void retarget_shared(u64 newly_blocked)
{
	u64 left = current->signal->shared_pending.signal & newly_blocked;
	struct task_struct *t;

	if (!left || thread_group_empty(current))
		return;
	list_for_each_entry(t, &current->signal->thread_head, thread_node)
		if (t != current && !(READ_ONCE(t->flags) & PF_EXITING) && (left & ~t->blocked))
			signal_wake_up(t, false);
}

void set_current_blocked(u64 mask)
{
	mask &= ~UNBLOCKABLE;
	if (mask == current->blocked && !signal_pending(current))
		return;
	spin_lock_irq(&current->sighand->siglock);
	retarget_shared(mask & ~current->blocked);
	current->blocked = mask;
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
}

void set_user_sigmask(u64 mask)
{
	current->saved_sigmask = current->blocked;
	current->restore_sigmask = true;
	set_current_blocked(mask);
	set_bit(TIF_SIGPENDING, &current->work);
}

/* ---- sending ---- */

void signal_wake_up(struct task_struct *p, bool fatal)
{
	unsigned int state = TASK_INTERRUPTIBLE;

	if (fatal)
		state |= TASK_WAKEKILL | TASK_STOPPED |
			 (p->jobctl & JOBCTL_PTRACE_FROZEN ? 0 : TASK_TRACED);
	set_bit(TIF_SIGPENDING, &p->work);
	wake_up_to_work(p, state);
}

static bool sig_is_ignored(struct task_struct *p, int sig)
{
	void __user *handler = p->sighand->action[sig - 1].handler;

	if ((p->blocked | p->real_blocked) & sigmask(sig))
		return false;		/* the handler may change before it is unblocked */
	if (p->ptrace && sig != SIGKILL)
		return false;		/* its tracer wants to know */
	if (handler == SIG_DFL && (p->signal->flags & SIGNAL_UNKILLABLE))
		return true;
	return handler == SIG_IGN || (handler == SIG_DFL && (sigmask(sig) & IGNORE_SIGNALS));
}

bool sig_ignored_by(struct task_struct *p, int sig)
{
	return (p->blocked & sigmask(sig)) || p->sighand->action[sig - 1].handler == SIG_IGN;
}

/* Each thread has to die, whatever it waits for. siglock held. */
static void kill_threads(struct signal_struct *sigs)
{
	struct task_struct *t;

	list_for_each_entry(t, &sigs->thread_head, thread_node) {
		jobctl_clear(t, JOBCTL_PENDING_MASK);
		t->pending.signal |= sigmask(SIGKILL);
		signal_wake_up(t, true);
	}
}

/* Stop and continue cancel each other at once. False: the signal goes nowhere. siglock held. */
static bool prepare_signal(int sig, struct task_struct *p)
{
	struct signal_struct *sigs = p->signal;
	struct task_struct *t;

	if (sigs->flags & SIGNAL_GROUP_EXIT) {
		/* It ends anyway, but a thread may stand before its tracer (PTRACE_EVENT_EXIT): it does not stay there. */
		if (sig == SIGKILL)
			kill_threads(sigs);
		return false;
	}
	if (sigmask(sig) & STOP_SIGNALS) {
		flush_mask(&sigs->shared_pending, sigmask(SIGCONT));
		list_for_each_entry(t, &sigs->thread_head, thread_node)
			flush_mask(&t->pending, sigmask(SIGCONT));
	} else if (sig == SIGCONT) {
		unsigned int why = 0;

		flush_mask(&sigs->shared_pending, STOP_SIGNALS);
		list_for_each_entry(t, &sigs->thread_head, thread_node) {
			flush_mask(&t->pending, STOP_SIGNALS);
			jobctl_clear(t, JOBCTL_STOP_PENDING | JOBCTL_STOP_DEQUEUED);
			if (unlikely(t->ptrace))
				ptrace_trap_notify(t);
			wake_up_state(t, TASK_STOPPED);
		}
		if (sigs->flags & SIGNAL_STOP_STOPPED)
			why = SIGNAL_CLD_CONTINUED;
		else if (sigs->group_stop_count)
			why = SIGNAL_CLD_STOPPED;
		if (why) {
			/* A thread that wakes up tells the parent: that needs tasklist_lock. */
			sigs->flags =
				(sigs->flags & SIGNAL_UNKILLABLE) | SIGNAL_STOP_CONTINUED | why;
			sigs->group_stop_count = 0;
			sigs->group_exit_code = 0;
		}
	}
	return !sig_is_ignored(p, sig);
}

static bool wants_signal(int sig, struct task_struct *p)
{
	unsigned int state = READ_ONCE(p->state);	/* without siglock only other sleeps than these two end */

	if ((p->blocked & sigmask(sig)) || (READ_ONCE(p->flags) & PF_EXITING))
		return false;
	if (sig == SIGKILL)
		return true;
	if (state == TASK_STOPPED || state == TASK_TRACED)
		return false;
	return p == current || !test_bit(TIF_SIGPENDING, &p->work);
}

/* Would it end the process, when t takes it? Not if t only waits for it (sigtimedwait()), or its tracer is asked first. */
static bool sig_fatal(struct task_struct *t, int sig)
{
	return !(sigmask(sig) & (STOP_SIGNALS | IGNORE_SIGNALS)) &&
	       t->sighand->action[sig - 1].handler == SIG_DFL &&
	       !(t->signal->flags & SIGNAL_UNKILLABLE) && !(t->real_blocked & sigmask(sig)) &&
	       (sig == SIGKILL || !t->ptrace);
}

/* The signal is queued: who takes it? siglock held. */
static void complete_signal(int sig, struct task_struct *p, bool group)
{
	struct signal_struct *sigs = p->signal;
	struct task_struct *t = NULL, *i;

	if (wants_signal(sig, p)) {
		t = p;
	} else if (group && !thread_group_empty(p)) {
		list_for_each_entry(i, &sigs->thread_head, thread_node)
			if (wants_signal(sig, i)) {
				t = i;
				break;
			}
	}
	if (!t)
		return;			/* whoever unblocks it will see it */
	if (sig_fatal(t, sig) && !sigs->group_exit_task) {
		sigs->flags = SIGNAL_GROUP_EXIT;
		sigs->group_exit_code = sig;
		sigs->group_stop_count = 0;
		kill_threads(sigs);
	} else if (sig == SIGKILL && sigs->group_exit_task) {
		kill_threads(sigs);	/* the exec waits for the others, and these perhaps for a tracer */
	} else {
		signal_wake_up(t, sig == SIGKILL);
	}
}

static int send_locked(int sig, const siginfo_t *info, struct task_struct *p, bool group)
{
	struct sigpending_list *pending = group ? &p->signal->shared_pending : &p->pending;
	struct sigqueue *q = NULL;

	lock_assert_held(&p->sighand->siglock);
	if (!prepare_signal(sig, p))
		return 0;
	if (sig < SIGRTMIN && (pending->signal & sigmask(sig)))
		return 0;		/* one of each standard signal is enough */
	/* The kernel's own word on a standard signal always finds room: there is one of each at most. */
	if (sig != SIGKILL && (pending->count < MAX_QUEUED || (sig < SIGRTMIN && (!info || info->si_code >= 0))))
		q = kmem_cache_alloc(sigqueue_cache, GFP_ATOMIC);
	if (q) {
		if (info)
			q->info = *info;
		else
			q->info = (siginfo_t){.si_code = SI_KERNEL};
		q->info.si_signo = sig;
		list_add_tail(&q->list, &pending->list);
		pending->count++;
	} else if (sig >= SIGRTMIN && info && info->si_code != SI_USER) {
		return -EAGAIN;		/* it would lose what it carries */
	}
	pending->signal |= sigmask(sig);
	complete_signal(sig, p, group);
	return 0;
}

void requeue_signal(const siginfo_t *info)
{
	send_locked(info->si_signo, info, current, false);
}

int send_sig_info(int sig, const siginfo_t *info, struct task_struct *p, bool group)
{
	struct sighand_struct *sh;
	unsigned long flags;
	int err;

	if (!sig)
		return 0;
	sh = lock_task_sighand(p, &flags);
	if (!sh)
		return -ESRCH;
	err = send_locked(sig, info, p, group);
	unlock_task_sighand(sh, flags);
	return err;
}

int send_sig(int sig, struct task_struct *p)
{
	return send_sig_info(sig, NULL, p, false);
}

int send_group_sig(int sig, struct task_struct *p)
{
	return send_sig_info(sig, NULL, p, true);
}

/* A signal that current cannot evade: what blocks or ignores it is reset to the default. */
static void force_sig_info(const siginfo_t *info)
{
	int sig = info->si_signo;
	struct k_sigaction *ka = &current->sighand->action[sig - 1];
	bool blocked, ignored;
	unsigned long flags;

	spin_lock_irqsave(&current->sighand->siglock, flags);
	ignored = ka->handler == SIG_IGN;
	blocked = current->blocked & sigmask(sig);
	if (blocked || ignored) {
		ka->handler = SIG_DFL;
		current->blocked &= ~sigmask(sig);
	}
	if (ka->handler == SIG_DFL && (!current->ptrace || sig == SIGKILL))
		current->signal->flags &= ~SIGNAL_UNKILLABLE;
	send_locked(sig, info, current, false);
	recalc_sigpending();
	spin_unlock_irqrestore(&current->sighand->siglock, flags);
}

void force_sig_fault(int sig, int code, unsigned long addr)
{
	siginfo_t info = {.si_signo = sig, .si_code = code, .fault.addr = addr};

	force_sig_info(&info);
}

void force_fatal_sig(int sig)
{
	siginfo_t info = {.si_signo = sig, .si_code = SI_KERNEL};

	spin_lock_irq(&current->sighand->siglock);
	current->sighand->action[sig - 1].handler = SIG_DFL;
	spin_unlock_irq(&current->sighand->siglock);
	force_sig_info(&info);
}

bool fatal_signal_pending(struct task_struct *p)
{
	return signal_pending(p) && (p->pending.signal & sigmask(SIGKILL));
}

void zap_other_threads(void)
{
	struct task_struct *t;

	current->signal->group_stop_count = 0;
	list_for_each_entry(t, &current->signal->thread_head, thread_node) {
		jobctl_clear(t, JOBCTL_PENDING_MASK);
		if (t == current || t->exit_state)
			continue;
		t->pending.signal |= sigmask(SIGKILL);
		signal_wake_up(t, true);
	}
}

int check_kill_permission(int sig, struct task_struct *p)
{
	const struct cred *c = current_cred(), *t = rcu_dereference(p->cred);

	if (p->signal == current->signal)
		return 0;
	if (c->euid == t->suid || c->euid == t->uid || c->uid == t->suid || c->uid == t->uid ||
	    capable(CAP_KILL))
		return 0;
	if (sig == SIGCONT && p->signal->session == current->signal->session)
		return 0;
	return -EPERM;
}
