/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The task as every floor above may name it, and what runs it: run queues, timers, kernel threads, work queues.
 *
 * kernel/sched owns the task_struct, the pid table and the credentials; what *happens* to tasks (fork, exec, exit, wait, signals)
 * is kernel/task's, which fills the pointers that are opaque here.
 *
 * Start with: struct task_struct below, then fair.c (who runs next), core.c (schedule, wake-ups), group.c, bandwidth.c, balance.c, affinity.c,
 * timer.c, freezer.c.
 */
#pragma once

#include "kernel/lib/lib.h"
#include "arch/x86_64/arch.h"
#include "kernel/sync/sync.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/cred.h"
#include "kernel/sched/timer.h"

struct files_struct;	/* fs/file.c: open file table */
struct fs_struct;	/* fs/fs_struct.c: root, cwd, umask */
struct mnt_namespace;	/* fs/namespace.c */
struct uts_namespace;	/* kernel/task/uts.c */
struct signal_struct;	/* kernel/task/signal.h: shared by a thread group */
struct sighand_struct;	/* kernel/task/signal.h */
struct css_group;	/* containers/container.h */
struct dentry;		/* fs/fs.h */
struct cfs_rq;		/* kernel/sched/rq.h */
struct task_group;	/* kernel/sched/rq.h, group.c */
struct rq;

/* task_struct.state: TASK_* in kernel/sync/wait.h */
/* task_struct.exit_state */
#define EXIT_ZOMBIE 1
#define EXIT_DEAD   2
#define EXIT_TRACE  4	/* its tracer is collecting its status; then it is its parent's zombie again (kernel/task/wait.c) */

/* task_struct.flags */
#define PF_KTHREAD    0x01	/* kernel thread: no user memory */
#define PF_EXITING    0x02	/* in do_exit(); set under p->alloc_lock, never cleared */
#define PF_FORKNOEXEC 0x04
#define PF_CPU_BOUND  0x08	/* per-CPU kernel thread: its affinity may not change */
#define PF_SIGNALED   0x10	/* killed by a signal */
#define PF_NPROC_EXCEEDED 0x20	/* its new user had more tasks than RLIMIT_NPROC: exec looks again */

/* task_struct.work: bits that exit_to_user_work() must look at before user mode. Atomic bit operations. */
enum {
	TIF_NEED_RESCHED,
	TIF_SIGPENDING,
	TIF_NOTIFY,		/* the user registers have changed: not by the short way; and callbacks before user mode */
	TIF_FREEZE,		/* ->freeze may be set: freezer.c. Only the task itself clears it */
	TIF_THROTTLE,		/* a quota is used up: sched_throttle(). Set with rq->lock of the CPU it runs on */
	NR_TIF_WORK,		/* up to here they are done and gone */
	/* These stay while its tracer wants them: such a task always leaves the kernel by exit_to_user_work(). */
	TIF_SYSCALL_TRACE = NR_TIF_WORK,	/* stop at the begin and the end of system calls */
	TIF_SINGLESTEP,		/* ... and after each instruction; arch_single_step() */
};
#define TIF_WORK_MASK ((1UL << NR_TIF_WORK) - 1)

/* Scheduling entity: a task, or a group on one CPU. rq->lock of its CPU. */
struct sched_entity {
	struct rb_node run_node;
	u64 load_weight;		/* 1024 = nice 0, or a group's shares */
	u64 vruntime;			/* weighted ns */
	bool on_rq;
	struct sched_entity *parent;	/* its group on this CPU, NULL at the top */
	struct cfs_rq *cfs_rq;		/* queue it is on, or will be */
	struct cfs_rq *my_q;		/* queue it owns, NULL for a task; immutable */
	/* ---- a task's ---- */
	u64 exec_start;			/* rq clock, ns */
	u64 sum_exec_runtime;		/* ns on a CPU, ever */
	u64 prev_sum_exec_runtime;	/* when its turn began */
};

struct task_struct {
	/* ---- fixed offsets: none. First, what the fast paths touch ---- */
	unsigned long work;		/* TIF_* bits; atomic */
	unsigned int state;		/* p->pi_lock for wake-ups; only the task itself makes it sleep */
	unsigned int flags;		/* PF_*: the task itself writes, plainly; READ_ONCE() by others. PF_EXITING: see above */
	struct thread thread;		/* the task itself, and the switch with rq->lock */
	void *stack;			/* lowest address of the kernel stack; immutable */
	refcount_t usage;		/* get_task_struct; the last put frees after a grace period */

	/* ---- scheduling: rq->lock of task_cpu(p), except where noted ---- */
	spinlock_t pi_lock;		/* serializes wake-ups and affinity changes; outside rq->lock */
	unsigned int cpu;		/* asleep: pi_lock; on a queue: its rq->lock */
	bool on_cpu;			/* is running; cleared when its registers are saved */
	struct sched_entity se;
	int static_prio;		/* nice -20 … 19 */
	unsigned int policy;		/* SCHED_NORMAL … as set; only the fair class exists */
	DECLARE_BITMAP(cpus_user, NR_CPUS);	/* what sched_setaffinity asked for; pi_lock */
	DECLARE_BITMAP(cpus_allowed, NR_CPUS);	/* what counts: cpus_user cut to what the cpuset allows; pi_lock */
	nodemask_t mems_allowed;	/* nodes for its pages; pi_lock to write, READ_ONCE() without */
	struct task_group *sched_task_group;	/* pi_lock + rq->lock to write; never NULL */
	struct task_group *throttled_by;	/* for its quota it waits, or did last; NULL: for none. rq->lock */
	struct list_head throttle_node;	/* in its list of waiters; that group's bandwidth.lock */
	u64 nvcsw, nivcsw;		/* context switches; rq->lock */
	u64 utime, stime;		/* ns, by the tick; written by its CPU only */
	u64 start_time;			/* ns since boot; immutable */
	u64 min_flt, maj_flt;		/* the task itself */
	HELD_LOCKS			/* builds with LOCKDEP=1: sleeping locks held. The task itself */
	bool freeze;			/* has to freeze; freeze_task() and thaw_task(), whose callers (for one task) exclude each other */
	bool freeze_exempt;		/* ... but need not: it is to die. Set once */
	struct mutex *blocked_on;	/* in mutex_lock_slow(); the task itself, others while it is held off */
	u64 hung_switches;		/* context switches at khungtaskd's last look; that alone */
	unsigned int hung_looks;	/* in the same deep sleep at so many looks; that alone */
	bool stack_use_reported;	/* kernel/debug/stack_use.c; who finds it first */
	unsigned int fail_nth;		/* this many allocations from now one fails; 0: none. The task itself, and its /proc file */

	/* ---- memory ---- */
	struct mm_struct *mm;		/* NULL for kernel threads; alloc_lock to change */
	struct mm_struct *active_mm;	/* whose page tables are loaded; scheduler only */
	struct mem_group *stack_charge;	/* who pays for the kernel stack, NULL: nobody; until it exits, the task itself */
	bool over_limit;		/* the limit of a container has stopped an allocation (kernel/mm/charge.h); the task itself */

	/* ---- identity and family: tasklist_lock to write, RCU or tasklist_lock to read ---- */
	pid_t pid;			/* of the thread; immutable */
	pid_t tgid;			/* of the thread group; immutable but for exec by a non-leader */
	struct hlist_node pid_link;	/* pid hash; RCU */
	struct task_struct *real_parent;
	struct task_struct *parent;	/* who is told and waits: its tracer, else real_parent */
	struct list_head children;
	struct list_head sibling;
	struct task_struct *group_leader;
	struct list_head thread_node;	/* in leader's signal->thread_head; RCU readers */
	struct list_head tasks;		/* all thread group leaders, from init_task; RCU readers */
	int exit_state, exit_code, exit_signal;
	struct list_head reap_list;	/* dead: on a list of the one who claimed it for release_task() */

	/* ---- tracing, kernel/task/ptrace.h ---- */
	unsigned int ptrace;		/* PT_*, 0: nobody traces it. tasklist_lock for writing and siglock to write, READ_ONCE() with neither */
	struct list_head ptraced;	/* whom it traces; tasklist_lock */
	struct list_head ptrace_entry;	/* in its tracer's ptraced; tasklist_lock */
	/* Of a task that is stopped for its tracer; siglock. */
	int ptrace_code;		/* what wait tells the tracer; 0: it has */
	int ptrace_sig;			/* from the tracer: go on with this signal */
	unsigned long ptrace_message;	/* PTRACE_GETEVENTMSG */
	struct siginfo *last_siginfo;	/* PTRACE_GETSIGINFO; NULL: stopped by a group stop, or not at all */
	bool exec_secure;		/* is in an exec that gives it rights: only root may begin to trace it. siglock */

	/* ---- other floors' parts ---- */
	spinlock_t alloc_lock;		/* task_lock(): mm, files, fs and namespace pointers change. Irqs stay on. */
	const struct cred *cred;	/* RCU; changed only by the task itself */
	bool no_new_privs;		/* its execs give it no rights (PR_SET_NO_NEW_PRIVS). The task itself sets it, for ever; children have it */
	struct files_struct *files;	/* alloc_lock to change; the task itself reads plainly */
	struct fs_struct *fs;		/* same */
	struct mnt_namespace *mnt_ns;	/* same */
	struct uts_namespace *uts_ns;	/* same */
	char comm[16];			/* its process writes; readers may see a mix, always terminated */

	struct signal_struct *signal;	/* kernel/task/signal.h; lives as long as the thread group */
	struct sighand_struct *sighand;	/* siglock inside; NULL once the task has been released */
	u64 blocked;			/* signal mask; sighand->siglock to write, the task itself reads plainly */
	u64 real_blocked;		/* while sigtimedwait() listens: what is blocked but for that; siglock */
	unsigned int jobctl;		/* JOBCTL_*; siglock */
	int pdeath_signal;		/* from prctl, when the parent dies; the task itself */
	u64 timer_slack, default_timer_slack;	/* ns, from prctl and the parent's; the task itself. Timers ring in time all the same */
	u64 saved_sigmask;		/* for sigsuspend, ppoll: restored after the handler */
	bool restore_sigmask;
	struct sigpending_list {
		struct list_head list;	/* struct sigqueue */
		u64 signal;		/* bit sig - 1 */
		unsigned int count;	/* length of the list */
	} pending;			/* siglock */
	unsigned long sas_ss_sp;	/* alternate stack; the task itself */
	size_t sas_ss_size;
	unsigned int sas_ss_flags;
	struct restart_block {
		long (*fn)(struct restart_block *);
		u64 arg[4];
	} restart_block;

	int __user *set_child_tid;	/* the task itself */
	int __user *clear_child_tid;
	void __user *robust_list;
	struct completion *vfork_done;	/* alloc_lock */

	/* ---- containers: written with css_group_lock; read with it, under RCU, or by the task itself ---- */
	struct css_group *containers;
	bool cg_moved;			/* it or an ancestor was moved once; never cleared. css_group_lock, before that the parent */
	u64 cg_walk;			/* the last walk that came by; css_group_lock, and copied from the parent */
	struct list_head cg_list;	/* in css_group->tasks, empty before birth and after exit; css_group_lock */

	struct dentry *proc_dentry;	/* its directory of procfs, if that is kept; keep_lock (fs/proc/keep.c) */

	struct rcu_head rcu;
};

extern struct task_struct init_task;	/* the boot CPU's idle task: pid 0, head of the `tasks` list */

#define for_each_process(p) \
	list_for_each_entry_rcu(p, &init_task.tasks, tasks)

static inline void get_task_struct(struct task_struct *p)
{
	refcount_inc(&p->usage);
}
void put_task_struct(struct task_struct *p);
extern atomic_t sched_nr_unfreed;	/* tasks without references, whose grace period has not passed yet */

static inline void task_lock(struct task_struct *p)
{
	spin_lock(&p->alloc_lock);
}
static inline void task_unlock(struct task_struct *p)
{
	spin_unlock(&p->alloc_lock);
}
static inline bool thread_group_leader(const struct task_struct *p)
{
	return p->group_leader == p;
}
/* Must p go to the edge of user mode, to take a signal or to freeze? Who sleeps interruptibly gives up then. */
static inline bool signal_pending(const struct task_struct *p)
{
	return READ_ONCE(p->work) & (1UL << TIF_SIGPENDING | 1UL << TIF_FREEZE);
}
static inline bool need_resched(void)
{
	return test_bit(TIF_NEED_RESCHED, &current->work);
}
/* A SIGKILL is waiting (kernel/task/signal.c). Any context. */
bool fatal_signal_pending(struct task_struct *p);

#define task_pid_nr(p)	((p)->pid)
#define task_tgid_nr(p) ((p)->tgid)

/* ---- pids (pid.c) ---- */
extern rwlock_t tasklist_lock;	/* the family fields above and the pid table; writers with irqs off */
void pid_init(void);
pid_t pid_alloc(void);		/* -EAGAIN when all are in use; may sleep */
void pid_hold(pid_t pid);	/* one more user of a number in use: a process group, a session. Any context. 0: nothing */
void pid_free(pid_t pid);	/* one user less; the last: may be reused at once. 0: nothing */
pid_t pid_last(void);		/* given out last */
void pid_attach(struct task_struct *p);	/* into the hash: visible; tasklist_lock for writing */
void pid_detach(struct task_struct *p);
/* RCU read section (or tasklist_lock); no reference is taken. Threads are found too. */
struct task_struct *find_task_by_pid(pid_t pid);
/* The same for a debugger that has stopped all other CPUs: gives up where the table makes no sense, or is not made yet. */
struct task_struct *peek_task_by_pid(pid_t pid);
/* The same with a reference; NULL if none. */
struct task_struct *find_get_task_by_pid(pid_t pid);
/* The next thread group leader with tgid >= pid, referenced; NULL at the end. For /proc and `tasks`: O(1) memory. */
struct task_struct *next_tgid(pid_t pid);
/* The next thread (any) with pid >= `pid`, referenced. */
struct task_struct *next_pid(pid_t pid);
#define PID_MAX 32768

/* ---- running ---- */
void sched_init(void);			/* boot CPU; before interrupts are on */
void sched_init_secondary(unsigned int cpu);
void cpu_idle(void) __noreturn;		/* the idle task's loop */
/* schedule() and wake_up_process() are declared in kernel/sync/sync.h */
int wake_up_state(struct task_struct *p, unsigned int state);	/* wakes only from these states; 1 if woken */
void wake_up_to_work(struct task_struct *p, unsigned int state);	/* the same; or if it runs a program, have it look at ->work */
void wake_up_new_task(struct task_struct *p);	/* first time; picks a CPU */
void sched_fork(struct task_struct *p);		/* child's scheduling fields, state TASK_RUNNING but not queued */
void sched_exec(void);				/* good moment to move to a less busy CPU */
long schedule_timeout(s64 ns);	/* sleep in the state set before; remaining ns, 0 when elapsed; KTIME_MAX: for ever */
#define set_current_state(s)                                                                       \
	do {                                                                                       \
		WRITE_ONCE(current->state, (s));                                                   \
		smp_mb();                                                                          \
	} while (0)
#define __set_current_state(s) WRITE_ONCE(current->state, (s))
void sched_yield_current(void);
#define cond_resched()                                                                             \
	do {                                                                                       \
		if (unlikely(need_resched()))                                                      \
			schedule();                                                                \
	} while (0)
void sched_tick(void);		/* from the timer; irqs off */
int set_user_nice(struct task_struct *p, int nice);
/*
 * Ask for a CPU set (bit n = CPU n). -EINVAL: no online CPU that the task's cpuset allows. Moves the task if it runs elsewhere.
 */
int sched_setaffinity(struct task_struct *p, const unsigned long *mask);
/* Where p may run, as it is at one moment: NR_CPUS bits to mask. */
void sched_getaffinity(struct task_struct *p, unsigned long *mask);
/*
 * p is in another cpuset, or its cpuset has changed: ask it again. If it gives none of the CPUs that p asked for, p gets all that it
 * gives; what p asked for is kept for later. p leaves a CPU that it may not use at once, if it does not run there just now. Any context.
 */
void sched_update_placement(struct task_struct *p);
/*
 * Wait until p, for which something of the kind was done, runs on a CPU that it may use: for the time of an interrupt if it is in
 * user mode, else until it sleeps or leaves the kernel. May sleep.
 */
void sched_wait_placed(struct task_struct *p);
/*
 * Balancing domains, for cpuset: among which CPUs the scheduler spreads tasks of its own accord. From now on `cpu` takes waiting tasks only from
 * the CPUs in `peers` (bit n = CPU n; its own bit does not matter), and a task that ran on it is woken on it or one of them. At boot: all. An
 * empty set isolates it. Affinity comes first: a task that may not run on its CPU goes to any that it may use. Tasks already there are not
 * moved. Who wants domains calls this for each CPU; domains that are not symmetric work, but pull one way only.
 * The caller serializes its calls (cpuset: container_mutex). Takes that CPU's rq->lock, so: no rq->lock and no pi_lock held. Does not sleep.
 */
void sched_set_balance_cpus(unsigned int cpu, const unsigned long *peers);
/*
 * ---- groups of tasks (group.c): each gets processor time as one, by its weight among the tasks and groups beside it ----
 *
 * A group is made below its parent and ends before it. Tasks join by sched_move_task() and leave the same way; a new task belongs to the top group
 * until someone moves it. The caller serializes all of these but sched_move_task() (cpu controller: container_mutex).
 */
extern struct task_group root_task_group;	/* the top one: has no weight and no quota */
struct task_group *sched_create_group(struct task_group *parent);	/* NULL: no memory. May sleep. */
void sched_destroy_group(struct task_group *tg);	/* no tasks and no groups below are left. Does not sleep. */
#define SHARES_DEFAULT 1024
#define SHARES_MIN     2
#define SHARES_MAX     (1 << 18)
void sched_group_set_shares(struct task_group *tg, u64 shares);		/* cut to the limits above */
u64 sched_group_shares(const struct task_group *tg);
/*
 * Put p into tg; into the top group if p is exiting, so that an exit that moves itself to the top has the last word. Any context, no rq->lock and
 * no pi_lock held.
 */
void sched_move_task(struct task_struct *p, struct task_group *tg);
/*
 * current is about to leave the kernel, has TIF_THROTTLE and no signal to see to: wait until no group that it is in
 * has used up its quota, or a signal comes. Nothing may be held.
 */
void sched_throttle(void);
/* The same for a task that nobody knows yet. */
void sched_set_group(struct task_struct *p, struct task_group *tg);
/* What the tasks of a group may use of all CPUs together. */
struct group_bandwidth {
	u64 quota;		/* ns in each period; GROUP_NO_QUOTA */
	u64 period;		/* ns */
	u64 nr_periods;		/* that have ended while the group ran */
	u64 nr_throttled;	/* of these, in how many the quota was used up */
	u64 throttled_time;	/* ns, summed over CPUs, that tasks waited because of it */
};
#define GROUP_NO_QUOTA (~0ULL)
void sched_group_bandwidth(struct task_group *tg, struct group_bandwidth *b);
/* 0, or -EINVAL: a quota or period below 1 ms, a period above 1 s. Takes effect at once; a new period begins. Does not sleep. */
int sched_group_set_bandwidth(struct task_group *tg, u64 quota, u64 period);

/*
 * Keep p, which the caller keeps from being freed, from running until task_let_go(): its stack stays as it is. 0, or
 * (nothing to let go): -EBUSY: it runs; -ESRCH: it is dead and has no stack; -EAGAIN: a lock is held by one that does not
 * release it. Interrupts are off in between, and it takes p->pi_lock and a run queue's lock. Any context but NMI.
 */
int task_hold_off(struct task_struct *p, unsigned long *flags);
void task_let_go(struct task_struct *p, unsigned long flags);

/* ---- accounting for others (cpuacct) ---- */
void sched_update_accounts(void);	/* charge what runs now, on all CPUs, up to now. Any context, no rq->lock held. */
u64 sched_exec_time(unsigned int cpu);	/* ns charged to tasks on this CPU since boot */
void sched_samples(unsigned int cpu, u64 *user, u64 *system);	/* in which mode the tick found them, each time, since boot */
/* As long as it is not 0 the upcalls cpuacct_charge() and cpuacct_sample() are made. */
extern atomic_t sched_cpuacct_users;

/* CPU time of a task in ns, including the current slice. */
u64 task_sched_runtime(struct task_struct *p);
u64 sched_idle_time(unsigned int cpu);			/* ns */
void sched_busy_time(unsigned int cpu, u64 *user, u64 *system);	/* ns */
u64 sched_nr_switches(void);
u64 sched_cpu_switches(unsigned int cpu);		/* the same of one CPU */
unsigned int sched_nr_running(void);
void sched_loadavg(u64 avg[3]);				/* fixed point, 11 bits of fraction, as in Linux */

/* ---- freezing (freezer.c) ---- */
/*
 * Have p freeze before it executes the next instruction of its program; it may take a while. A kernel thread goes on until it becomes a
 * program. thaw_task() takes that back and lets p go on. freeze_exempt(): p is not frozen any more, whoever asks. Any context.
 */
void freeze_task(struct task_struct *p);
void thaw_task(struct task_struct *p);
void freeze_exempt(struct task_struct *p);
/* Is p frozen? Then no instruction of its program is executed before thaw_task(). Any context. */
bool frozen(const struct task_struct *p);
void refrigerator(void);	/* stay here while current has to freeze. Sleeps; no lock may be held */
/*
 * Freeze here if asked to; true: we were. For loops that sleep interruptibly, hold no lock, and would have to tell the program if they gave
 * up: after it they look again whether there is a signal too.
 */
static inline bool try_to_freeze(void)
{
	if (likely(!test_bit(TIF_FREEZE, &current->work)))
		return false;
	refrigerator();
	return true;
}

/* ---- kernel threads (kthread.c) ---- */
/* Create and start; runs fn(arg); returning from fn ends the thread. ERR_PTR on error. May sleep. */
struct task_struct *kthread_run(int (*fn)(void *), void *arg, const char *namefmt, ...) __printf(3, 4);
/* The same, bound to a CPU for ever (PF_CPU_BOUND). */
struct task_struct *kthread_run_on(unsigned int cpu, int (*fn)(void *), void *arg, const char *namefmt, ...) __printf(4, 5);

/* ---- work queue (workqueue.c): run later, in a kernel thread that may sleep ---- */
struct work_struct {
	struct list_head entry;		/* workqueue lock */
	void (*func)(struct work_struct *work);
	bool pending;
};
#define INIT_WORK(w, f)                                                                            \
	do {                                                                                       \
		INIT_LIST_HEAD(&(w)->entry);                                                       \
		(w)->func = (f);                                                                   \
		(w)->pending = false;                                                              \
	} while (0)
#define __WORK_INITIALIZER(n, f) {.entry = LIST_HEAD_INIT((n).entry), .func = (f)}
bool schedule_work(struct work_struct *work);	/* false: it was queued already. Any context. */
void flush_work_all(void);			/* wait until everything queued before has run. May sleep. */
int workqueue_init(void);			/* starts the thread; from a kernel thread */

/* ---- upcalls ---- */
/* What a task's cpuset gives it: CPUs that are online, and nodes that have memory; or all bits, if it gives everything. */
struct task_placement {
	DECLARE_BITMAP(cpus, NR_CPUS);	/* not empty */
	nodemask_t mems;		/* not empty */
};
/* containers/controllers/cpuset.c; without it everything. Spin locks held, interrupts off. */
void cpuset_placement(struct task_struct *p, struct task_placement *place);
/* ---- kernel/task defines these ---- */
/* A kernel thread that will run fn(arg); not started yet (wake_up_new_task). current is a kernel thread. ERR_PTR. May sleep. */
struct task_struct *copy_kthread(int (*fn)(void *), void *arg);
void task_init(void);				/* caches; from sched_init() */
void free_task(struct task_struct *p);		/* the last reference is gone, a grace period has passed */
void task_tick(struct task_struct *p);		/* current, from sched_tick(): CPU time limits and timers; irqs off */
/* While sched_cpuacct_users is set. p has run on this CPU for so many ns; the tick found it running, in user mode or not. rq->lock held. */
void cpuacct_charge(struct task_struct *p, unsigned int cpu, u64 ns);
void cpuacct_sample(struct task_struct *p, unsigned int cpu, bool user);
unsigned long rlimit(int resource);	/* soft limit (RLIMIT_*) of current; ~0UL: none */
void do_exit(long code) __noreturn;
/*
 * Run a user program from the kernel, as root, in "/", with umask 022 and no open files: queued, waits for exec only. argv, envp
 * NULL-terminated. 0, or what exec said. May sleep.
 */
int call_usermodehelper(const char *path, char *const argv[], char *const envp[]);
/* Queue a signal to one thread / to the whole group, as the kernel. Any context. */
int send_sig(int sig, struct task_struct *p);
int send_group_sig(int sig, struct task_struct *p);
