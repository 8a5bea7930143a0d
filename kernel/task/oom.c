// SPDX-License-Identifier: GPL-2.0-only
/*
 * Out of memory: kill the task that holds most, wait for its pages.
 *
 * A victim that is dying already gives its memory back soon: then nothing else is killed meanwhile.
 * Nothing here allocates or waits for a lock that an allocating task may hold, so the path ends
 * always.
 */
#include "kernel/task/internal.h"

/* after it a victim that has not gone is left out */
#define VICTIM_PATIENCE (2 * NSEC_PER_SEC)

static DEFINE_SPINLOCK(oom_lock);
static u64 last_kill;			/* ns; oom_lock */

/* Pages that go when p's address space goes. */
static long badness(struct task_struct *p)
{
	struct task_struct *t;
	long pages = 0;

	list_for_each_entry(t, &p->signal->thread_head, thread_node) {
		task_lock(t);
		if (t->mm)
			pages = t->mm->rss_anon + t->mm->rss_file / 8 + 1;
		task_unlock(t);
		if (pages)
			break;		/* threads share it */
	}
	return pages;
}

static bool is_dying(const struct task_struct *p)
{
	return (p->flags & PF_EXITING) || (p->signal->flags & SIGNAL_GROUP_EXIT);
}

/* Frozen, it would hold its memory for ever. tasklist_lock held. */
static void let_die(struct task_struct *p)
{
	struct task_struct *t;

	list_for_each_entry(t, &p->signal->thread_head, thread_node)
		freeze_exempt(t);
}

/*
 * The largest of those allowed. tasklist_lock held. *dying: someone who is on the way out already.
 */
static struct task_struct *pick_victim(bool (*allowed)(struct task_struct *p, void *arg), void *arg,
				       bool *dying)
{
	struct task_struct *p, *victim = NULL;
	long most = 0;

	*dying = false;
	for_each_process(p) {
		long pages;

		if (p->pid == 1 || (p->flags & PF_KTHREAD) || (allowed && !allowed(p, arg)))
			continue;
		pages = badness(p);
		if (!pages)
			continue;
		if (is_dying(p)) {
			let_die(p);
			*dying = true;
			continue;
		}
		if (pages > most) {
			most = pages;
			victim = p;
		}
	}
	return victim;
}

struct task_struct *oom_kill(bool (*allowed)(struct task_struct *p, void *arg), void *arg,
			     const char *why)
{
	struct task_struct *victim;
	unsigned long flags;
	long pages;
	bool dying;

	read_lock_irqsave(&tasklist_lock, flags);
	victim = pick_victim(allowed, arg, &dying);
	if (victim) {
		pages = badness(victim);
		pr_err("%s: killed process %d (%s), %ld kB\n", why, victim->pid, victim->comm,
		       pages * 4);
		trace(oom, victim->pid, victim->comm, pages * 4, why);
		send_group_sig(SIGKILL, victim);
		let_die(victim);
	}
	read_unlock_irqrestore(&tasklist_lock, flags);
	return victim;
}

/* Killing a task that has no pages where current needs one helps nobody. */
static bool may_use_nodes(struct task_struct *p, void *mems)
{
	return p->mems_allowed.bits & ((const nodemask_t *)mems)->bits;
}

bool out_of_memory(gfp_t gfp, unsigned int order)
{
	nodemask_t mems = current_mems_allowed();
	bool killed = true;

	if (!(gfp & GFP_KERNEL) || order > 3 || in_interrupt() || irqs_disabled())
		return false;
	if (fatal_signal_pending(current) || (current->flags & PF_EXITING))
		return false;		/* we are the way out: fail, and leave */
	if (spin_trylock(&oom_lock)) {
		struct task_struct *p;
		u64 now = ktime_get();
		bool dying = false;

		if (last_kill && now - last_kill < VICTIM_PATIENCE) {
			read_lock(&tasklist_lock);
			pick_victim(may_use_nodes, &mems, &dying);
			read_unlock(&tasklist_lock);
		}
		p = dying ? NULL : oom_kill(may_use_nodes, &mems, "Out of memory");
		if (p)
			last_kill = now;
		killed = p || dying;
		spin_unlock(&oom_lock);
	}
	if (killed && !fatal_signal_pending(current)) {
		__set_current_state(TASK_KILLABLE);
		schedule_timeout(NSEC_PER_MSEC);	/* let the victim run */
	}
	return killed && !fatal_signal_pending(current);
}
