/* SPDX-License-Identifier: GPL-2.0-only */
/* Signals to the Linux x86_64 ABI: what is pending, what is blocked, who handles; and the thread group's shared state. */
#pragma once

#include "kernel/sched/sched.h"

#define SIGHUP	1
#define SIGINT	2
#define SIGQUIT 3
#define SIGILL	4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGBUS	7
#define SIGFPE	8
#define SIGKILL 9
#define SIGUSR1 10
#define SIGSEGV 11
#define SIGUSR2 12
#define SIGPIPE 13
#define SIGALRM 14
#define SIGTERM 15
#define SIGSTKFLT 16
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGURG	23
#define SIGXCPU 24
#define SIGXFSZ 25
#define SIGVTALRM 26
#define SIGPROF 27
#define SIGWINCH 28
#define SIGIO	29
#define SIGPWR	30
#define SIGSYS	31
#define SIGRTMIN 32
#define _NSIG	64
#define sigmask(sig) (1UL << ((sig) - 1))

#define SA_NOCLDSTOP 0x00000001
#define SA_NOCLDWAIT 0x00000002
#define SA_SIGINFO   0x00000004
#define SA_RESTORER  0x04000000
#define SA_ONSTACK   0x08000000
#define SA_RESTART   0x10000000
#define SA_NODEFER   0x40000000
#define SA_RESETHAND 0x80000000

#define SIG_DFL ((void __user *)0)
#define SIG_IGN ((void __user *)1)

/* sigaltstack(2) */
#define SS_ONSTACK    1
#define SS_DISABLE    2
#define SS_AUTODISARM (1U << 31)
#define MINSIGSTKSZ   2048

#define SI_USER	  0
#define SI_KERNEL 0x80
#define SI_QUEUE  (-1)
#define SI_TIMER  (-2)
#define SI_TKILL  (-6)
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2
#define BUS_ADRALN 1
#define BUS_ADRERR 2
#define ILL_ILLOPN 2
#define FPE_INTDIV 1
#define FPE_FLTINV 7
#define TRAP_BRKPT 1
#define TRAP_TRACE 2
#define CLD_EXITED 1
#define CLD_KILLED 2
#define CLD_DUMPED 3
#define CLD_TRAPPED 4
#define CLD_STOPPED 5
#define CLD_CONTINUED 6

/* 128 bytes, the ABI's layout. */
typedef struct siginfo {
	int si_signo, si_errno, si_code, pad0;
	union {
		struct {
			pid_t pid;
			uid_t uid;
			union {
				int status;
				u64 value;	/* sigqueue */
			};
			s64 utime, stime;
		} kill;				/* kill, SIGCHLD, queue */
		struct {
			unsigned long addr;
		} fault;
		struct {
			int tid, overrun;
			u64 value;
		} timer;
		char pad[112];
	};
} siginfo_t;

/* The kernel's sigaction structure. */
struct k_sigaction {
	void __user *handler;
	unsigned long flags;
	void __user *restorer;
	u64 mask;
};

/* The alternate stack, as sigaltstack(2) and a handler's frame have it. */
struct altstack {
	unsigned long sp;
	u32 flags, pad;			/* SS_* */
	size_t size;
};

/* A signal on its way to a handler. */
struct ksignal {
	struct k_sigaction ka;
	siginfo_t info;
	int sig;
};

/* Handlers: shared by CLONE_SIGHAND. */
struct sighand_struct {
	refcount_t count;
	spinlock_t siglock;		/* irqs off. Guards all signal state of the tasks that share this. Inside tasklist_lock. */
	struct k_sigaction action[_NSIG];
	struct rcu_head rcu;
};

struct tty_struct;
struct signal_struct {
	refcount_t sigcnt;
	atomic_t live;				/* threads that have not begun to exit */
	int nr_threads;				/* siglock */
	struct list_head thread_head;		/* task_struct.thread_node; siglock to write, RCU to read */
	wait_queue_head_t wait_chldexit;	/* wait4 of any thread of the group */
	struct task_struct *curr_target;
	struct sigpending_list shared_pending;	/* siglock */
	int group_exit_code;			/* siglock */
	struct task_struct *group_exit_task;	/* exec waits for the others here; siglock */
	unsigned int flags;			/* SIGNAL_*; siglock */
	int group_stop_count;			/* siglock */
	struct timer real_timer;		/* ITIMER_REAL */
	u64 it_real_incr;			/* ns; siglock */
	u64 it_virt[2], it_prof[2];		/* value, increment in ns of CPU time; siglock */
	pid_t pgrp, session;			/* tasklist_lock to write */
	bool leader;				/* session leader; tasklist_lock */
	bool child_subreaper;			/* takes orphans below it (PR_SET_CHILD_SUBREAPER); plain word */
	struct tty_struct *tty;			/* siglock */
	u64 utime, stime, cutime, cstime;	/* of threads that are gone; of waited-for children. ns; siglock */
	u64 nvcsw, nivcsw, min_flt, maj_flt, cmin_flt, cmaj_flt, maxrss, cmaxrss;
	u64 sum_sched_runtime;			/* ns, of threads that are gone */
	struct { u64 rlim_cur, rlim_max; } rlim[16];	/* siglock to write */
	struct rcu_head rcu;
};
#define SIGNAL_STOP_STOPPED   1
#define SIGNAL_STOP_CONTINUED 2
#define SIGNAL_GROUP_EXIT     4
#define SIGNAL_UNKILLABLE     8	/* init: default actions do nothing */
#define SIGNAL_CLD_STOPPED    16
#define SIGNAL_CLD_CONTINUED  32
#define SIGNAL_CLD_MASK	      (SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED)
/* task_struct.jobctl */
#define JOBCTL_STOP_SIGMASK  0x0ff	/* the signal of the last group stop */
#define JOBCTL_STOP_DEQUEUED 0x100	/* a stop signal was taken and no SIGCONT came since */
#define JOBCTL_STOP_PENDING  0x200	/* has to stop for a group stop */
#define JOBCTL_STOP_CONSUME  0x400	/* ... and counts in group_stop_count */
/* Of traced tasks (kernel/task/ptrace.h). */
#define JOBCTL_TRAP_STOP     0x0800	/* has to stop for its tracer */
#define JOBCTL_TRAP_NOTIFY   0x1000	/* ... and tell it that a group stop has begun or ended */
#define JOBCTL_TRAPPING	     0x2000	/* its new tracer waits until it has stopped */
#define JOBCTL_LISTENING     0x4000	/* is stopped and stays so; the tracer cannot use it until something happens */
#define JOBCTL_PTRACE_FROZEN 0x8000	/* is stopped, the tracer works on it: nobody may wake it */
#define JOBCTL_TRAP_MASK     (JOBCTL_TRAP_STOP | JOBCTL_TRAP_NOTIFY)
#define JOBCTL_PENDING_MASK  (JOBCTL_STOP_PENDING | JOBCTL_TRAP_MASK)

int send_sig_info(int sig, const siginfo_t *info, struct task_struct *p, bool group);	/* info NULL: from the kernel. Any context. */
void force_sig_fault(int sig, int code, unsigned long addr);	/* current; cannot be blocked or ignored */
int kill_pgrp(pid_t pgrp, int sig);		/* as the kernel; -ESRCH */
bool is_orphaned_pgrp(pid_t pgrp);
void signal_wake_up(struct task_struct *p, bool fatal);
void recalc_sigpending(void);			/* current; siglock held */
void set_current_blocked(u64 mask);		/* signal mask of current; takes siglock */

/* Is sp, a user stack pointer of current, in its alternate stack? One that is disarmed while in use never is. */
static inline bool on_altstack(unsigned long sp)
{
	return !(current->sas_ss_flags & SS_AUTODISARM) && sp > current->sas_ss_sp &&
	       sp - current->sas_ss_sp <= current->sas_ss_size;
}
