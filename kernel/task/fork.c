// SPDX-License-Identifier: GPL-2.0-only
/*
 * New tasks: fork, vfork, clone and kernel threads are all copy_process().
 *
 * It makes the child part by part, nothing of which anybody else can see, and may fail at each;
 * then, under tasklist_lock, the child becomes visible all at once. An error unwinds in reverse
 * order.
 */
#include "kernel/task/ptrace.h"
#include "kernel/mm/charge.h"

static struct kmem_cache *task_cache, *signal_cache;
struct kmem_cache *sighand_cache;
static atomic_t nr_tasks;
static atomic_long_t nr_forks;		/* ever */
static unsigned int max_tasks;

void task_init(void)
{
	signal_init();
	task_cache = kmem_cache_create("task_struct", sizeof(struct task_struct), 64, NULL);
	signal_cache = kmem_cache_create("signal_struct", sizeof(struct signal_struct), 64, NULL);
	sighand_cache =
		kmem_cache_create("sighand_struct", sizeof(struct sighand_struct), 64, NULL);
	if (!task_cache || !signal_cache || !sighand_cache)
		panic("no memory for the task caches");
	/* Kernel stacks may take an eighth of memory. */
	max_tasks = clamp(total_ram_pages() * PAGE_SIZE / 8 / THREAD_SIZE, 64UL,
			  (unsigned long)PID_MAX - 8);
}

unsigned int nr_tasks_total(void)
{
	return atomic_read(&nr_tasks);
}

u64 total_forks(void)
{
	return atomic_long_read(&nr_forks);
}

/* ---- the parts ---- */

void put_sighand(struct sighand_struct *sh)
{
	if (refcount_dec_and_test(&sh->count))
		kfree_rcu(sh, rcu);
}

static int copy_sighand(u64 flags, struct task_struct *p)
{
	struct sighand_struct *sh = current->sighand;

	if (flags & CLONE_SIGHAND) {
		refcount_inc(&sh->count);
		p->sighand = sh;
		return 0;
	}
	sh = kmem_cache_alloc(sighand_cache, GFP_KERNEL);
	if (!sh)
		return -ENOMEM;
	refcount_set(&sh->count, 1);
	spin_lock_init(&sh->siglock);
	spin_lock_irq(&current->sighand->siglock);
	memcpy(sh->action, current->sighand->action, sizeof(sh->action));
	spin_unlock_irq(&current->sighand->siglock);
	if (flags & CLONE_CLEAR_SIGHAND)
		for (int i = 0; i < _NSIG; i++)
			if (sh->action[i].handler != SIG_IGN)
				sh->action[i] = (struct k_sigaction){0};
	p->sighand = sh;
	return 0;
}

static void put_signal(struct signal_struct *sig)
{
	if (refcount_dec_and_test(&sig->sigcnt))
		kmem_cache_free(signal_cache, sig);
}

static int copy_signal(u64 flags, struct task_struct *p)
{
	struct signal_struct *sig = current->signal;

	if (flags & CLONE_THREAD) {
		/* its counts of threads follow when the task becomes visible */
		refcount_inc(&sig->sigcnt);
		p->signal = sig;
		return 0;
	}
	sig = kmem_cache_alloc(signal_cache, GFP_KERNEL | __GFP_ZERO);
	if (!sig)
		return -ENOMEM;
	refcount_set(&sig->sigcnt, 1);
	atomic_set(&sig->live, 1);
	sig->nr_threads = 1;
	INIT_LIST_HEAD(&sig->thread_head);
	init_waitqueue_head(&sig->wait_chldexit);
	INIT_LIST_HEAD(&sig->shared_pending.list);
	timer_init(&sig->real_timer, it_real_fn);
	sig->curr_target = p;
	memcpy(sig->rlim, current->signal->rlim, sizeof(sig->rlim));
	p->signal = sig;
	return 0;
}

static int copy_mm(u64 flags, struct task_struct *p)
{
	struct mm_struct *mm = current->mm;

	p->mm = p->active_mm = NULL;
	p->min_flt = p->maj_flt = 0;
	if (!mm)
		return 0;
	if (flags & CLONE_VM) {
		refcount_inc(&mm->mm_users);
	} else {
		mm = mm_dup(mm);
		if (!mm)
			return -ENOMEM;
	}
	p->mm = p->active_mm = mm;
	return 0;
}

/*
 * Tell those who wait for p to leave its address space: a vfork parent, pthread_join() through
 * clear_child_tid, futexes.
 */
void mm_release(struct task_struct *p)
{
	struct completion *vfork;

	exit_robust_list(p);
	if (p->clear_child_tid) {
		if (refcount_read(&p->mm->mm_users) > 1 && !put_user(0, p->clear_child_tid))
			futex_wake_addr((u32 __user *)p->clear_child_tid, 1);
		p->clear_child_tid = NULL;
	}
	task_lock(p);
	vfork = p->vfork_done;
	p->vfork_done = NULL;
	if (vfork)
		complete(vfork);
	task_unlock(p);
}

/*
 * p (current) gives up its address space; the tables stay loaded as a borrowed one until the next
 * switch.
 */
void exit_mm(struct task_struct *p)
{
	struct mm_struct *mm = p->mm;

	if (!mm)
		return;
	mm_release(p);
	refcount_inc(&mm->mm_count);
	task_lock(p);
	p->mm = NULL;
	task_unlock(p);
	mmput(mm);
}

static int copy_namespaces(u64 flags, struct task_struct *p)
{
	int err = mnt_ns_fork(p, flags & CLONE_NEWNS);

	if (err)
		return err;
	err = uts_fork(p, flags & CLONE_NEWUTS);
	if (err)
		mnt_ns_exit(p);
	return err;
}

void free_task(struct task_struct *p)
{
	arch_thread_free(&p->thread);
	if (p->stack)
		free_kernel_stack(p->stack);
	put_signal(p->signal);
	put_cred(p->cred);
	kmem_cache_free(task_cache, p);
	atomic_dec(&nr_tasks);
}

/*
 * One task more, if there may be. Those count that wait to be freed, too, and threads that come and go
 * quickly on busy CPUs are many: if there are any, wait for them once. May sleep.
 */
static bool count_task(void)
{
	if (likely(atomic_inc_return(&nr_tasks) <= max_tasks))
		return true;
	atomic_dec(&nr_tasks);
	if (!atomic_read(&sched_nr_unfreed))
		return false;
	rcu_barrier();
	if (atomic_inc_return(&nr_tasks) <= max_tasks)
		return true;
	atomic_dec(&nr_tasks);
	return false;
}

/* A copy of current with a stack of its own and nothing else of its own yet. -EAGAIN: too many tasks; -ENOMEM. */
static struct task_struct *dup_task(void)
{
	struct task_struct *p;
	int err = -ENOMEM;

	if (!count_task())
		return ERR_PTR(-EAGAIN);
	p = kmem_cache_alloc(task_cache, GFP_KERNEL);
	if (!p)
		goto out_count;
	/* Others may be writing some of it: times, links of lists. The child gets its own of all those, below. */
	data_race(memcpy(p, current, sizeof(*p)));
	p->stack_charge = charge_current(CHARGE_STACK, STACK_PAGES);
	if (IS_ERR(p->stack_charge))
		goto out_free;
	p->stack = alloc_kernel_stack();
	if (!p->stack)
		goto out_charge;
	/*
	 * One for whoever reaps it, one for the CPU until it has left schedule() for the last time.
	 */
	refcount_set(&p->usage, 2);
	p->flags = (current->flags & PF_KTHREAD) | PF_FORKNOEXEC;
	lockdep_init_held(&p->held);
	spin_lock_init(&p->alloc_lock);
	INIT_LIST_HEAD(&p->children);
	INIT_LIST_HEAD(&p->sibling);
	INIT_HLIST_NODE(&p->pid_link);
	INIT_LIST_HEAD(&p->cg_list);
	INIT_LIST_HEAD(&p->pending.list);
	p->pending.signal = 0;
	p->pending.count = 0;
	p->exit_state = p->exit_code = 0;
	p->vfork_done = NULL;
	p->robust_list = NULL;
	p->set_child_tid = p->clear_child_tid = NULL;
	p->restore_sigmask = false;
	p->real_blocked = 0;
	p->jobctl = 0;
	p->ptrace = 0;
	p->ptrace_code = p->ptrace_sig = 0;
	p->last_siginfo = NULL;
	p->exec_secure = false;
	INIT_LIST_HEAD(&p->ptraced);
	INIT_LIST_HEAD(&p->ptrace_entry);
	p->pdeath_signal = 0;
	p->default_timer_slack = p->timer_slack;
	p->restart_block.fn = NULL;
	p->freeze = p->freeze_exempt = false;
	p->fail_nth = 0;
	p->stack_use_reported = false;
	p->proc_dentry = NULL;
	p->over_limit = false;
	p->start_time = ktime_get();
	return p;

out_charge:
	uncharge(p->stack_charge, CHARGE_STACK, STACK_PAGES);
out_free:
	kmem_cache_free(task_cache, p);
out_count:
	atomic_dec(&nr_tasks);
	return ERR_PTR(err);
}

static int check_flags(u64 flags)
{
	const u64 unknown = CLONE_PIDFD | CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWUSER |
			    CLONE_NEWPID | CLONE_NEWNET;

	if (flags & unknown)
		return -EINVAL;
	if ((flags & (CLONE_NEWNS | CLONE_FS)) == (CLONE_NEWNS | CLONE_FS))
		return -EINVAL;
	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && (!(flags & CLONE_VM) || (flags & CLONE_CLEAR_SIGHAND)))
		return -EINVAL;
	if ((flags & CLONE_PARENT) && (current->signal->flags & SIGNAL_UNKILLABLE))
		return -EINVAL;
	if ((flags & (CLONE_NEWNS | CLONE_NEWUTS)) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	return 0;
}

/* ---- visible ---- */

static void become_thread(struct task_struct *p)
{
	struct signal_struct *sig = p->signal;

	p->group_leader = current->group_leader;
	p->real_parent = p->parent = current->real_parent;
	p->exit_signal = -1;
	sig->nr_threads++;
	atomic_inc(&sig->live);
	list_add_tail_rcu(&p->thread_node, &sig->thread_head);
	join_group_stop(p);
}

static void become_process(struct task_struct *p, u64 flags, struct task_struct *parent)
{
	struct signal_struct *sig = p->signal;

	p->group_leader = p;
	p->exit_signal = (flags & CLONE_PARENT) ? current->group_leader->exit_signal
						: (int)(flags & CSIGNAL);
	p->real_parent = p->parent = (flags & CLONE_PARENT) ? current->real_parent : parent;
	if (p->pid == 1) {
		sig->flags |= SIGNAL_UNKILLABLE;
		sig->pgrp = sig->session = 0;
	} else {
		sig->pgrp = parent->signal->pgrp;
		sig->session = parent->signal->session;
		sig->tty = parent->signal->tty;
	}
	pid_hold(sig->pgrp);
	pid_hold(sig->session);
	list_add_tail_rcu(&p->thread_node, &sig->thread_head);
	list_add_tail(&p->sibling, &p->real_parent->children);
	list_add_tail_rcu(&p->tasks, &init_task.tasks);
}

/*
 * Make p visible; -ERESTARTNOINTR: a signal came first, which the child would otherwise miss. -EAGAIN:
 * its containers have changed, to be tried again (container_enter).
 */
static int publish(struct task_struct *p, u64 flags, struct task_struct *parent, bool traced)
{
	int err = 0;

	write_lock_irq(&tasklist_lock);
	spin_lock(&current->sighand->siglock);
	recalc_sigpending();
	p->tgid = flags & CLONE_THREAD ? current->tgid : p->pid;
	if (signal_pending(current))
		err = -ERESTARTNOINTR;
	else if (!container_enter(p))
		err = -EAGAIN;
	if (err) {
		spin_unlock(&current->sighand->siglock);
		write_unlock_irq(&tasklist_lock);
		return err;
	}
	if (flags & CLONE_THREAD)
		become_thread(p);
	else
		become_process(p, flags, parent);
	ptrace_init_child(p, traced);
	container_post_fork(p);
	pid_attach(p);
	trace(fork, p->pid, p->tgid);
	atomic_long_inc(&nr_forks);
	spin_unlock(&current->sighand->siglock);
	write_unlock_irq(&tasklist_lock);
	return 0;
}

struct kthread_start {
	int (*fn)(void *);
	void *arg;
};

/*
 * The first function of a kernel thread. If fn has turned it into a program (kernel_execve), it
 * goes there.
 */
static void kthread_main(void *data)
{
	struct kthread_start start = *(struct kthread_start *)data;
	int ret;

	kfree(data);
	ret = start.fn(start.arg);
	if (current->flags & PF_KTHREAD)
		do_exit(ret);
	arch_enter_user();
}

/*
 * start: for a kernel thread what it runs, NULL for a copy of the program. traced: it has the tracer that
 * current has. The child is returned without a reference of the caller's; it stays valid until it is woken.
 */
static struct task_struct *copy_process(const struct kernel_clone_args *args,
					struct kthread_start *start, bool traced)
{
	u64 flags = args->flags;
	struct task_struct *p;
	int err = check_flags(flags);

	if (err)
		return ERR_PTR(err);
	if (signal_pending(current))
		return ERR_PTR(-ERESTARTNOINTR);
	err = nproc_charge(current_uid(), capable(CAP_SYS_RESOURCE)
						  ? RLIM_INFINITY
						  : current->signal->rlim[RLIMIT_NPROC].rlim_cur);
	if (err)
		return ERR_PTR(err);
	p = dup_task();
	err = PTR_ERR(p);
	if (IS_ERR(p))
		goto out_nproc;
	get_cred(p->cred);
	sched_fork(p);
	if (start) {	/* what its maker asked for is not for it; its cpuset is asked when it is born */
		bitmap_fill(p->cpus_user, NR_CPUS);
		bitmap_fill(p->cpus_allowed, NR_CPUS);
	}
	if ((flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM)
		p->sas_ss_sp = p->sas_ss_size = p->sas_ss_flags = 0;
	err = copy_sighand(flags, p);
	if (err)
		goto out_task;
	err = copy_signal(flags, p);
	if (err)
		goto out_sighand;
	err = files_fork(p, flags & CLONE_FILES);
	if (err)
		goto out_signal;
	err = fs_fork(p, flags & CLONE_FS);
	if (err)
		goto out_files;
	err = copy_namespaces(flags, p);
	if (err)
		goto out_fs;
	err = copy_mm(flags, p);
	if (err)
		goto out_ns;
	if (start)
		arch_thread_init_kernel(&p->thread, p->stack, kthread_main, start);
	else
		err = arch_thread_fork(&p->thread, p->stack, current_pt_regs(), args->stack,
				       (flags & CLONE_SETTLS) ? args->tls : ~0UL);
	if (err)
		goto out_mm;
	err = pid_alloc();
	if (err < 0)
		goto out_thread;
	p->pid = err;
	if (flags & CLONE_CHILD_SETTID)
		p->set_child_tid = args->child_tid;
	if (flags & CLONE_CHILD_CLEARTID)
		p->clear_child_tid = args->child_tid;
	container_fork(p);
	if (flags & (CLONE_NEWNS | CLONE_NEWUTS))
		err = container_new_namespace(p, p->pid);
	else
		err = 0;
	if (err)
		goto out_container;
	do {
		err = container_can_fork(p);
		if (err)
			goto out_namespace;
		err = publish(p, flags, start ? &init_task : current, traced);
		if (err)
			container_cancel_fork(p);
	} while (unlikely(err == -EAGAIN));
	if (err)
		goto out_namespace;
	container_fork_done(p);
	return p;

out_namespace:
	if (flags & (CLONE_NEWNS | CLONE_NEWUTS))
		container_new_namespace_failed(p, p->pid);
out_container:
	container_fork_failed(p);
	pid_free(p->pid);
out_thread:
	arch_thread_free(&p->thread);
out_mm:
	if (p->mm)
		mmput(p->mm);
out_ns:
	uts_exit(p);
	mnt_ns_exit(p);
out_fs:
	fs_exit(p);
out_files:
	files_exit(p);
out_signal:
	put_signal(p->signal);
out_sighand:
	put_sighand(p->sighand);
out_task:
	put_cred(p->cred);
	free_kernel_stack(p->stack);
	uncharge(p->stack_charge, CHARGE_STACK, STACK_PAGES);
	kmem_cache_free(task_cache, p);
	atomic_dec(&nr_tasks);
out_nproc:
	nproc_uncharge(current_uid());
	return ERR_PTR(err);
}

/*
 * The parent of a vfork sleeps until the child has left its memory, or a fatal signal comes. If both
 * are to freeze, the child may never get there: so the parent counts as frozen. Takes over the
 * reference.
 */
static void wait_for_vfork(struct task_struct *child, struct completion *vfork)
{
	if (wait_for_completion_state(vfork, TASK_KILLABLE | TASK_FREEZABLE)) {
		task_lock(child);
		child->vfork_done = NULL;
		task_unlock(child);
	}
	put_task_struct(child);
}

/* Which event a tracer of current sees in this fork; 0: none. */
static int fork_event(u64 flags)
{
	int event = flags & CLONE_VFORK		     ? PTRACE_EVENT_VFORK
		    : (flags & CSIGNAL) != SIGCHLD ? PTRACE_EVENT_CLONE
						     : PTRACE_EVENT_FORK;

	return !(flags & CLONE_UNTRACED) && ptrace_event_enabled(event) ? event : 0;
}

pid_t kernel_clone(const struct kernel_clone_args *args)
{
	int event = unlikely(READ_ONCE(current->ptrace)) ? fork_event(args->flags) : 0;
	struct completion vfork;
	struct task_struct *p;
	pid_t pid;

	p = copy_process(args, NULL, event || (args->flags & CLONE_PTRACE));
	if (IS_ERR(p))
		return PTR_ERR(p);
	pid = p->pid;
	if (args->flags & CLONE_PARENT_SETTID)
		/* as on Linux: no error once the child is there */
		(void)put_user(pid, args->parent_tid);
	if (args->flags & CLONE_VFORK) {
		init_completion(&vfork);
		p->vfork_done = &vfork;
		get_task_struct(p);
	}
	wake_up_new_task(p);
	if (unlikely(event))
		ptrace_event_stop(event, (unsigned long)pid);
	if (args->flags & CLONE_VFORK) {
		wait_for_vfork(p, &vfork);
		ptrace_event(PTRACE_EVENT_VFORK_DONE, (unsigned long)pid);
	}
	return pid;
}

struct task_struct *copy_kthread(int (*fn)(void *), void *arg)
{
	const struct kernel_clone_args args = {.flags = CLONE_FS};
	struct kthread_start *start = kmalloc(sizeof(*start), GFP_KERNEL);
	struct task_struct *p;

	if (!start)
		return ERR_PTR(-ENOMEM);
	*start = (struct kthread_start){fn, arg};
	p = copy_process(&args, start, false);
	if (IS_ERR(p))
		kfree(start);
	return p;
}
