/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens to tasks: fork, exec, exit, wait, signals. Public header of kernel/task/; the task_struct itself stands in
 * kernel/sched/sched.h.
 *
 * The life of a task, and where the container framework looks in (containers/container.h):
 *   copy_process()  container_fork(child)          inherits the css_group, in no list yet
 *                   container_can_fork(child)      may refuse
 *                   container_enter(child)         in its css_group's list of tasks
 *                   container_post_fork(child)     callbacks
 *                   [visible: pid table]
 *   do_exit()       container_exit(task)           out of the list, callbacks; shows "/" from here on
 *   release_task()  the pid goes, the struct goes after a grace period
 */
#pragma once

#include "kernel/sched/sched.h"
#include "kernel/task/signal.h"

struct kernel_clone_args {
	u64 flags;			/* CLONE_* and the exit signal in the low byte, as clone(2) */
	unsigned long stack;		/* user stack pointer, 0: parent's */
	unsigned long tls;
	int __user *parent_tid;
	int __user *child_tid;
};

pid_t kernel_clone(const struct kernel_clone_args *args);	/* pid of the child in the parent; -EAGAIN, -ENOMEM, -EINVAL … */
/*
 * Replace the program of current. argv, envp: arrays in kernel memory. 0: the registers are set for user mode. A failure past the point of no
 * return kills the task with SIGKILL/SIGSEGV. May sleep.
 */
int kernel_execve(const char *path, const char *const argv[], const char *const envp[]);
/* The first user program: runs in a kernel thread that becomes pid 1. */
int kernel_init(void *unused);

char task_state_letter(const struct task_struct *p);	/* as in /proc/PID/stat. Any context (proc.c) */

void do_group_exit(int code) __noreturn;

/* ---- what init_task starts with (init_task.c, signal.c, uts.c) ---- */
extern struct signal_struct init_signals;
extern struct sighand_struct init_sighand;
extern struct uts_namespace init_uts_ns;

/* ---- resource limits: signal_struct.rlim, group's siglock to write ---- */
struct rlimit64 {
	u64 rlim_cur, rlim_max;
};
#define RLIM_NLIMITS   16
#define RLIMIT_CPU     0
#define RLIMIT_FSIZE   1
#define RLIMIT_DATA    2
#define RLIMIT_STACK   3
#define RLIMIT_CORE    4
#define RLIMIT_RSS     5
#define RLIMIT_NPROC   6
#define RLIMIT_NOFILE  7
#define RLIMIT_MEMLOCK 8
#define RLIMIT_AS      9
#define RLIM_INFINITY  (~0ULL)

/* ---- oom.c ---- */
/* Kill the task that holds most memory, among those for which allowed() says yes (NULL: all). The victim, or NULL. */
struct task_struct *oom_kill(bool (*allowed)(struct task_struct *p, void *arg), void *arg, const char *why);
