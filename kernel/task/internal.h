/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of kernel/task/ and the system calls about tasks share. */
#pragma once

#include "kernel/task/task.h"
#include "containers/container.h"
#include "fs/fs.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/trace.h"
#include "kernel/task/futex.h"

/* kernel/dev/tty_jobctl.c: a session leader exits */
void disassociate_ctty(bool on_exit);
void get_random_bytes(void *buf, size_t n);	/* kernel/dev/random.c */

#define CSIGNAL		     0x000000ff
#define CLONE_VM	     0x00000100
#define CLONE_FS	     0x00000200
#define CLONE_FILES	     0x00000400
#define CLONE_SIGHAND	     0x00000800
#define CLONE_PIDFD	     0x00001000
#define CLONE_PTRACE	     0x00002000
#define CLONE_VFORK	     0x00004000
#define CLONE_PARENT	     0x00008000
#define CLONE_THREAD	     0x00010000
#define CLONE_NEWNS	     0x00020000
#define CLONE_SYSVSEM	     0x00040000
#define CLONE_SETTLS	     0x00080000
#define CLONE_PARENT_SETTID  0x00100000
#define CLONE_CHILD_CLEARTID 0x00200000
#define CLONE_DETACHED	     0x00400000
#define CLONE_UNTRACED	     0x00800000
#define CLONE_CHILD_SETTID   0x01000000
#define CLONE_NEWCGROUP	     0x02000000
#define CLONE_NEWUTS	     0x04000000
#define CLONE_NEWIPC	     0x08000000
#define CLONE_NEWUSER	     0x10000000
#define CLONE_NEWPID	     0x20000000
#define CLONE_NEWNET	     0x40000000
#define CLONE_IO	     0x80000000UL
#define CLONE_CLEAR_SIGHAND  0x100000000UL

/* One queued signal with what is known about it. */
struct sigqueue {
	struct list_head list;
	siginfo_t info;
};

struct rusage_times {
	u64 utime, stime;		/* ns */
};

/* What signals do by default, if they do not kill. */
#define STOP_SIGNALS   (sigmask(SIGSTOP) | sigmask(SIGTSTP) | sigmask(SIGTTIN) | sigmask(SIGTTOU))
#define IGNORE_SIGNALS (sigmask(SIGCONT) | sigmask(SIGCHLD) | sigmask(SIGWINCH) | sigmask(SIGURG))

/* ---- signal.c ---- */
void signal_init(void);
/* NULL: it is gone */
struct sighand_struct *lock_task_sighand(struct task_struct *p, unsigned long *flags);
static inline void unlock_task_sighand(struct sighand_struct *sh, unsigned long flags)
{
	spin_unlock_irqrestore(&sh->siglock, flags);
}
void flush_sigqueue(struct sigpending_list *pending);
void flush_signal(struct sigpending_list *pending, int sig);	/* siglock held */
int dequeue_signal(u64 blocked, siginfo_t *info);		/* current; siglock held. 0: none */
void set_current_blocked(u64 mask);
/* for the time of a system call; ends with the handler's frame or at its end */
void set_user_sigmask(u64 mask);
void zap_other_threads(void);					/* siglock held */
/* RCU or tasklist_lock. 0 or -EPERM */
int check_kill_permission(int sig, struct task_struct *p);
void exit_signals(struct task_struct *p);
/* current dies of it, whatever it wants */
void force_fatal_sig(int sig);
bool sig_ignored_by(struct task_struct *p, int sig);
/* to current's queue again; siglock held */
void requeue_signal(const siginfo_t *info);

/* ---- jobctl.c ---- */
/* siglock held; true: it was released, and current has been stopped */
bool do_signal_stop(int sig);
/*
 * tasklist_lock held. A group has stopped or goes on (`why` is CLD_…), because of `sig`: the caller has read that under siglock, since
 * wait() takes it away. p is its leader and its parent is told; or p is traced and its tracer is.
 */
void do_notify_parent_cldstop(struct task_struct *p, bool to_tracer, int why, int sig);
/* siglock held. p is to look at these JOBCTL_ bits, unless it is dying: false */
bool jobctl_set(struct task_struct *p, unsigned int mask);
void jobctl_clear(struct task_struct *p, unsigned int mask);
/* p (current) stops or leaves: is the group stop complete with it? siglock held. */
bool take_part_in_stop(struct task_struct *p);
/* A new thread joins a group that is stopped, or about to be. siglock held. */
void join_group_stop(struct task_struct *p);
/* tasklist_lock held for writing; true: nobody will wait for it */
bool do_notify_parent(struct task_struct *p, int sig);
void kill_orphaned_pgrp(struct task_struct *p, struct task_struct *parent);	/* same */

/* ---- ptrace.c, for signals; siglock held ---- */
void ptrace_trap_notify(struct task_struct *p);
void jobctl_clear_trapping(struct task_struct *p);

/* ---- fork.c ---- */
extern struct kmem_cache *sighand_cache;
unsigned int nr_tasks_total(void);				/* threads */
u64 total_forks(void);						/* tasks ever made */
void put_sighand(struct sighand_struct *sh);
void exit_mm(struct task_struct *p);
/* p leaves its address space: tell those who wait for that */
void mm_release(struct task_struct *p);

/* ---- exit.c ---- */
void release_task(struct task_struct *p);
bool thread_group_empty(const struct task_struct *p);

/* ---- oom.c ---- */
/*
 * The limit of a container has stopped a page fault of current: kill in that container, or let current
 * wait, as its memory.oom_control says, until there may be room. may_stay: current holds no locks, so it may
 * wait for ever (but not longer than until it is killed). false: trying again makes no sense.
 */
bool container_out_of_memory(bool may_stay);

/* ---- wait.c ---- */
struct wait_opts {
	int type;			/* P_ALL … */
	pid_t pid;
	int options;			/* W* */
	int status;			/* out: wait(2)'s status word */
	int code, value;		/* out: si_code and si_status */
	uid_t uid;			/* out */
	struct rusage *rusage;		/* out, NULL: not wanted */
};
long do_wait(struct wait_opts *wo);	/* pid, 0: none yet (WNOHANG), -ECHILD, -ERESTARTSYS */
#define P_ALL  0
#define P_PID  1
#define P_PGID 2
#define WNOHANG	    1
#define WUNTRACED   2
#define WSTOPPED    2
#define WEXITED	    4
#define WCONTINUED  8
#define WNOWAIT	    0x01000000
#define __WNOTHREAD 0x20000000
#define __WALL	    0x40000000
#define __WCLONE    0x80000000

/* ---- cputime.c ---- */
struct timeval {
	s64 tv_sec, tv_usec;
};
struct rusage {
	struct timeval ru_utime, ru_stime;
	long ru_maxrss, ru_ixrss, ru_idrss, ru_isrss, ru_minflt, ru_majflt, ru_nswap, ru_inblock,
		ru_oublock, ru_msgsnd, ru_msgrcv, ru_nsignals, ru_nvcsw, ru_nivcsw;
};
#define RUSAGE_SELF	0
#define RUSAGE_CHILDREN (-1)
#define RUSAGE_THREAD	1
#define RUSAGE_BOTH	(-2)		/* of a child that is gone: itself and its children */
void task_cputime(struct task_struct *p, u64 *utime, u64 *stime);		/* ns */
/* ns, threads that are gone included */
void thread_group_cputime(struct task_struct *p, u64 *utime, u64 *stime);
void getrusage(struct task_struct *p, int who, struct rusage *r);
void it_real_fn(struct timer *t);

/* ---- user.c ---- */
/* one more process of uid; -EAGAIN: that would exceed the limit, -ENOMEM */
int nproc_charge(uid_t uid, u64 limit);
void nproc_uncharge(uid_t uid);
bool nproc_exceeds(uid_t uid, u64 limit);	/* has uid more than `limit` tasks? The superuser never */

/* ---- uts.c ---- */
int uts_fork(struct task_struct *child, bool new_ns);
int uts_unshare(void);
void uts_exit(struct task_struct *p);
