/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracing (ptrace(2)): one thread, the tracer, watches and controls others. docs/ptrace.md has the picture.
 *
 * ptrace.c holds the relation: who traces whom, from attaching to the end of either. ptrace_stop.c is the tracee's side: where it stops and
 * how it goes on. The system call is kernel/syscall/ptrace.c. While p is traced, p->parent is the tracer.
 */
#pragma once

#include "kernel/task/internal.h"

/* ---- task_struct.ptrace ---- */
#define PT_PTRACED 0x1
#define PT_SEIZED  0x2			/* by PTRACE_SEIZE: group stops are told apart, PTRACE_INTERRUPT and PTRACE_LISTEN work */
#define PT_CAPABLE 0x4			/* the tracer was root when it began: an exec may give the tracee rights */
#define PT_OPTIONS_SHIFT 4
#define PT_OPTION(o)	 ((unsigned int)(o) << PT_OPTIONS_SHIFT)
#define PTRACE_O_TRACESYSGOOD	 0x01
#define PTRACE_O_TRACEFORK	 0x02	/* 1 << PTRACE_EVENT_FORK, and so on */
#define PTRACE_O_TRACEVFORK	 0x04
#define PTRACE_O_TRACECLONE	 0x08
#define PTRACE_O_TRACEEXEC	 0x10
#define PTRACE_O_TRACEVFORKDONE	 0x20
#define PTRACE_O_TRACEEXIT	 0x40
#define PTRACE_O_TRACESECCOMP	 0x80	/* there are no filters: it never happens */
#define PTRACE_O_EXITKILL	 0x100000
#define PTRACE_O_MASK		 0x1000ff

#define PTRACE_EVENT_FORK	1
#define PTRACE_EVENT_VFORK	2
#define PTRACE_EVENT_CLONE	3
#define PTRACE_EVENT_EXEC	4
#define PTRACE_EVENT_VFORK_DONE 5
#define PTRACE_EVENT_EXIT	6
#define PTRACE_EVENT_STOP	128
#define PTRACE_EVENTMSG_SYSCALL_ENTRY 1
#define PTRACE_EVENTMSG_SYSCALL_EXIT  2

/* Is its parent another than its tracer? */
static inline bool ptrace_reparented(const struct task_struct *p)
{
	return p->real_parent->signal != p->parent->signal;
}

/* ---- ptrace.c ---- */
/* The tracer, current, asks. 0, or -errno: -EPERM, -ESRCH ... May sleep. */
int ptrace_attach(struct task_struct *p, bool seize, unsigned int options);
int ptrace_traceme(void);
int ptrace_detach(struct task_struct *p, int sig);
/*
 * May current look into p and change it, as ptrace(2) has the rule? Same user, and the program has no rights of its own; or root. `mm`: the
 * memory that it is about, NULL: p has none. p's own, as get_task_mm() gave it before the question: by now p may run another program, as
 * another user. Any context.
 */
bool ptrace_may_access(struct task_struct *p, const struct mm_struct *mm);
/*
 * p is current's tracee and stopped: 0, and until ptrace_unfreeze() nothing wakes it, SIGKILL neither. Else -ESRCH. `running`: it
 * does not have to be stopped, and is not held.
 */
int ptrace_freeze(struct task_struct *p, bool running);
void ptrace_unfreeze(struct task_struct *p);	/* nothing happens if it goes on already */
/* Let a frozen one go on, with a signal (0: none). */
void ptrace_resume(struct task_struct *p, int sig);
int ptrace_interrupt(struct task_struct *p);	/* seized: stop soon. -EIO */
int ptrace_listen(struct task_struct *p);	/* frozen in a group stop: stay there, but tell its end. -EIO */

/* ---- the life of a task; tasklist_lock held for writing ---- */
/* A child of current is about to be seen. `traced`: it is to have current's tracer, if that is still there. current's siglock held. */
void ptrace_init_child(struct task_struct *child, bool traced);
void ptrace_unlink(struct task_struct *p);	/* nobody traces it any more; nothing if nobody did */
/* The tracer exits: its tracees go on, or are killed. Those that are dead, and whom nobody waits for, go to the list. */
void exit_ptrace(struct task_struct *tracer, struct list_head *dead);

/* ---- exec ---- */
/* Does exec give current the rights of `cred`, whoever traces it? If so, only root can begin to trace it until exec_secure_end(). */
bool exec_secure_begin(void);
void exec_secure_end(void);

/* ---- ptrace_stop.c: current stops for its tracer, if it has one and that wants it ---- */
static inline bool ptrace_event_enabled(int event)
{
	return READ_ONCE(current->ptrace) & PT_OPTION(1U << event);
}
/* The stop itself. No locks held; sleeps. */
void ptrace_event_stop(int event, unsigned long message);
static inline void ptrace_event(int event, unsigned long message)
{
	if (unlikely(ptrace_event_enabled(event)))
		ptrace_event_stop(event, message);
}
void ptrace_exec(pid_t old_pid);		/* current runs another program now */
/* A signal is about to be delivered: the tracer first. siglock held, released and taken. What is left: the signal, or 0. */
int ptrace_signal(int sig, siginfo_t *info);
void ptrace_trap(void);				/* JOBCTL_TRAP_MASK is set. siglock held, released and taken */
void ptrace_step_trap(int code);		/* an instruction has been done: SIGTRAP, if steps are still wanted */
void ptrace_step_stop(void);			/* a handler has been entered: a stop by itself */
