// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a task. do_exit() gives up what the task has, becomes a zombie and leaves the CPU for
 * ever; its parent (or whoever it is passed on to) collects the status, and release_task() takes
 * the rest away.
 */
#include "kernel/task/ptrace.h"
#include "kernel/mm/charge.h"

bool thread_group_empty(const struct task_struct *p)
{
	return READ_ONCE(p->signal->nr_threads) == 1;
}

/*
 * The last traces in the thread group; what it used is added to the group's account. siglock held.
 */
static void leave_thread_group(struct task_struct *p, struct signal_struct *sig)
{
	u64 utime, stime;

	task_cputime(p, &utime, &stime);
	sig->utime += utime;
	sig->stime += stime;
	/* It may still be on its way out of its CPU: what that adds is lost. */
	sig->sum_sched_runtime += READ_ONCE(p->se.sum_exec_runtime);
	sig->min_flt += p->min_flt;
	sig->maj_flt += p->maj_flt;
	sig->nvcsw += READ_ONCE(p->nvcsw);
	sig->nivcsw += READ_ONCE(p->nivcsw);
	sig->nr_threads--;
	list_del_rcu(&p->thread_node);
	if (sig->curr_target == p)
		sig->curr_target = list_empty(&sig->thread_head)
					   ? NULL
					   : list_first_entry(&sig->thread_head, struct task_struct,
							      thread_node);
	if (sig->group_exit_task && sig->nr_threads <= 2)
		wake_up_process(sig->group_exit_task);
}

/* p is dead and nobody will ask for its status (again). tasklist_lock is not held. */
void release_task(struct task_struct *p)
{
	struct signal_struct *sig = p->signal;
	struct sighand_struct *sh;
	struct task_struct *leader;
	bool last, zap_leader;
	pid_t pgrp = 0, session = 0;

again:
	zap_leader = false;
	leader = p->group_leader;
	nproc_uncharge(p->cred->uid);
	write_lock_irq(&tasklist_lock);
	ptrace_unlink(p);
	sh = p->sighand;
	spin_lock(&sh->siglock);
	leave_thread_group(p, sig);
	flush_sigqueue(&p->pending);
	last = sig->nr_threads == 0;
	if (last)
		flush_sigqueue(&sig->shared_pending);
	p->sighand = NULL;
	spin_unlock(&sh->siglock);
	pid_detach(p);
	if (thread_group_leader(p)) {
		list_del_rcu(&p->tasks);
		list_del_init(&p->sibling);
	}
	if (last) {
		pgrp = sig->pgrp;
		session = sig->session;
	}
	/* The leader's death was not told while there were other threads. */
	if (leader != p && thread_group_empty(leader) && leader->exit_state == EXIT_ZOMBIE) {
		zap_leader = do_notify_parent(leader, leader->exit_signal);
		if (zap_leader)
			leader->exit_state = EXIT_DEAD;
	}
	write_unlock_irq(&tasklist_lock);

	put_sighand(sh);	/* a full barrier between sighand and proc_dentry (fs/proc/keep.c) */
	if (unlikely(READ_ONCE(p->proc_dentry)))
		proc_flush_task(p);
	pid_free(p->pid);
	pid_free(pgrp);
	pid_free(session);
	put_task_struct(p);
	if (zap_leader) {
		p = leader;
		goto again;
	}
}

/* ---- children of the dead ---- */

/* A thread of the process that goes on living. NULL: none does. */
static struct task_struct *find_alive_thread(struct signal_struct *sig)
{
	struct task_struct *t;

	list_for_each_entry(t, &sig->thread_head, thread_node)
		if (!(READ_ONCE(t->flags) & PF_EXITING))
			return t;
	return NULL;
}

/* Another thread of the group; else the nearest ancestor that has asked for orphans, or init. */
static struct task_struct *find_new_reaper(struct task_struct *father)
{
	struct task_struct *t = find_alive_thread(father->signal), *p;

	if (t)
		return t;
	for (p = father->real_parent; p->tgid > 1; p = p->real_parent) {
		if (!READ_ONCE(p->signal->child_subreaper))
			continue;
		t = find_alive_thread(p->signal);
		if (t)
			return t;
	}
	t = find_task_by_pid(1);
	return t && t != father ? t : &init_task;
}

static void reparent_one(struct task_struct *p, struct task_struct *father,
			 struct task_struct *reaper, struct list_head *dead)
{
	if (reaper->signal == father->signal)
		return;			/* a thread takes over: nothing changes for others */
	p->exit_signal = SIGCHLD;
	if (!p->ptrace && p->exit_state == EXIT_ZOMBIE && thread_group_empty(p) &&
	    do_notify_parent(p, p->exit_signal)) {
		p->exit_state = EXIT_DEAD;
		list_add(&p->reap_list, dead);
	}
	kill_orphaned_pgrp(p, father);
}

static void forget_original_parent(struct task_struct *father, struct list_head *dead)
{
	struct task_struct *p, *t, *n, *reaper;

	if (unlikely(!list_empty(&father->ptraced)))
		exit_ptrace(father, dead);
	if (list_empty(&father->children))
		return;
	reaper = find_new_reaper(father);
	list_for_each_entry_safe(p, n, &father->children, sibling) {
		list_for_each_entry(t, &p->signal->thread_head, thread_node) {
			t->real_parent = reaper;
			if (likely(!t->ptrace))
				t->parent = reaper;
			if (t->pdeath_signal)
				send_group_sig(t->pdeath_signal, t);
		}
		list_move_tail(&p->sibling, &reaper->children);
		reparent_one(p, father, reaper, dead);
	}
}

/* From here on p is a zombie, or dead if nobody waits for it. */
static void exit_notify(struct task_struct *p, bool group_dead)
{
	struct task_struct *t, *n;
	LIST_HEAD(dead);
	bool autoreap = true;

	write_lock_irq(&tasklist_lock);
	forget_original_parent(p, &dead);
	if (group_dead)
		kill_orphaned_pgrp(p->group_leader, NULL);
	p->exit_state = EXIT_ZOMBIE;
	if (unlikely(p->ptrace))
		/* The tracer hears of each thread, and of a process at once as its parent would. */
		autoreap = do_notify_parent(p, thread_group_leader(p) && thread_group_empty(p) &&
							       !ptrace_reparented(p)
						       ? p->exit_signal
						       : SIGCHLD);
	else if (thread_group_leader(p))
		autoreap = thread_group_empty(p) && do_notify_parent(p, p->exit_signal);
	if (autoreap) {
		p->exit_state = EXIT_DEAD;
		list_add(&p->reap_list, &dead);
	}
	if (p->signal->group_exit_task && thread_group_leader(p))
		/* an exec in another thread waits for the leader's end */
		wake_up_process(p->signal->group_exit_task);
	write_unlock_irq(&tasklist_lock);

	list_for_each_entry_safe(t, n, &dead, reap_list)
		release_task(t);
}

static void group_is_dead(struct task_struct *p)
{
	struct signal_struct *sig = p->signal;

	if (p->tgid == 1)
		panic("Attempted to kill init! exitcode=0x%08x",
		      sig->flags & SIGNAL_GROUP_EXIT ? sig->group_exit_code : p->exit_code);
	timer_cancel_sync(&sig->real_timer);
	if (p->mm) {
		u64 rss = max(READ_ONCE(p->mm->rss_anon) + READ_ONCE(p->mm->rss_file), 0L);

		sig->maxrss = max(sig->maxrss, rss);
	}
}

void do_exit(long code)
{
	struct task_struct *p = current;
	bool group_dead;

	if (unlikely(in_interrupt()))
		panic("do_exit in an interrupt handler");
	if (unlikely(!p->pid))
		panic("Attempted to kill the idle task!");
	__set_current_state(TASK_RUNNING);
	ptrace_event(PTRACE_EVENT_EXIT, (unsigned long)code);
	exit_signals(p);			/* sets PF_EXITING */
	p->exit_code = code;
	group_dead = atomic_dec_and_test(&p->signal->live);
	if (group_dead)
		group_is_dead(p);
	exit_mm(p);
	files_exit(p);
	fs_exit(p);
	if (group_dead && p->signal->leader)
		disassociate_ctty(true);
	mnt_ns_exit(p);
	uts_exit(p);
	/*
	 * Used for some steps more; but who finds p in no container any more, finds nothing charged
	 * for it either.
	 */
	uncharge(p->stack_charge, CHARGE_STACK, STACK_PAGES);
	container_exit(p);
	trace(exit, code);
	exit_notify(p, group_dead);

	local_irq_disable();
	WRITE_ONCE(p->state, TASK_DEAD);
	schedule();
	panic("a dead task was run");
}

void do_group_exit(int code)
{
	struct signal_struct *sig = current->signal;

	if (READ_ONCE(sig->flags) & SIGNAL_GROUP_EXIT) {
		code = sig->group_exit_code;
	} else if (sig->group_exit_task) {
		code = 0;			/* an exec in another thread ends us */
	} else if (!thread_group_empty(current)) {
		spin_lock_irq(&current->sighand->siglock);
		if (sig->flags & SIGNAL_GROUP_EXIT) {
			code = sig->group_exit_code;
		} else if (!sig->group_exit_task) {
			sig->group_exit_code = code;
			sig->flags = (sig->flags & SIGNAL_UNKILLABLE) | SIGNAL_GROUP_EXIT;
			zap_other_threads();
		}
		spin_unlock_irq(&current->sighand->siglock);
	}
	do_exit(code);
}
