// SPDX-License-Identifier: GPL-2.0-only
/*
 * Out of memory: kill the task that holds most, wait for its pages. Either the machine has none
 * left (out_of_memory()), or the limit of a container is reached (container_out_of_memory()): then
 * only tasks in it or below it are looked at.
 *
 * A victim that is dying already gives its memory back soon: then nothing else is killed meanwhile.
 * Nothing here allocates or waits for a lock that an allocating task may hold, so the path ends
 * always.
 */
#include "kernel/task/internal.h"
#include "kernel/mm/charge.h"

/* after it a victim that has not gone is left out */
#define VICTIM_PATIENCE (2 * NSEC_PER_SEC)
/* how long a page fault waits for a victim's pages before it looks again */
#define ROOM_WAIT (20 * NSEC_PER_MSEC)

static DEFINE_SPINLOCK(oom_lock);
static u64 last_kill;			/* ns; oom_lock */

/*
 * Pages that go when an address space goes: its own, its tables, and shared memory, which its users
 * have among themselves. Those of a file stay where they are.
 */
static long mm_pages(const struct mm_struct *mm)
{
	long shmem = READ_ONCE(mm->rss_shmem);

	return READ_ONCE(mm->rss_anon) + shmem + (READ_ONCE(mm->rss_file) - shmem) / 8 +
	       (long)pgd_tables(mm->pgd) + 1;
}

static long badness(struct task_struct *p)
{
	struct task_struct *t;
	long pages = 0;

	list_for_each_entry(t, &p->signal->thread_head, thread_node) {
		task_lock(t);
		if (t->mm)
			pages = mm_pages(t->mm);
		task_unlock(t);
		if (pages)
			break;		/* threads share it */
	}
	return pages;
}

/*
 * Is the process on its way out? A leader may have exited long before its threads do. tasklist_lock
 * held.
 */
static bool is_dying(const struct task_struct *p)
{
	const struct task_struct *t;

	if (p->signal->flags & SIGNAL_GROUP_EXIT)
		return true;
	list_for_each_entry(t, &p->signal->thread_head, thread_node)
		if (!(READ_ONCE(t->flags) & PF_EXITING))
			return false;
	return true;
}

/*
 * Has p given back all that it had? Until its last thread has an exit_state it may be freeing the pages of an mm that
 * badness() does not find any more. tasklist_lock held.
 */
static bool has_left(const struct task_struct *p)
{
	const struct task_struct *t;

	list_for_each_entry(t, &p->signal->thread_head, thread_node)
		if (!t->exit_state)
			return false;
	return true;
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

		if (p->pid == 1 || (READ_ONCE(p->flags) & PF_KTHREAD) || (allowed && !allowed(p, arg)))
			continue;
		if (is_dying(p)) {
			if (!has_left(p)) {
				let_die(p);
				*dying = true;
			}
			continue;
		}
		pages = badness(p);
		if (pages > most) {
			most = pages;
			victim = p;
		}
	}
	return victim;
}

/* The group of p's first thread that is alive; the others may be elsewhere. tasklist_lock held. */
static struct mem_group *process_group(struct task_struct *p)
{
	struct task_struct *t;

	list_for_each_entry(t, &p->signal->thread_head, thread_node)
		if (!(READ_ONCE(t->flags) & PF_EXITING))
			return task_mem_group(t);
	return task_mem_group(p);
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
		atomic_long_inc(&process_group(victim)->oom_kills);
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

/*
 * oom_kill(), unless a victim of less than VICTIM_PATIENCE ago is still on its way out. true:
 * somebody is. oom_lock held.
 */
static bool kill_one(bool (*allowed)(struct task_struct *p, void *arg), void *arg,
		     const char *why, u64 *last_kill)
{
	u64 now = ktime_get();
	bool dying = false;

	if (*last_kill && now - *last_kill < VICTIM_PATIENCE) {
		read_lock(&tasklist_lock);
		pick_victim(allowed, arg, &dying);
		read_unlock(&tasklist_lock);
	}
	if (dying)
		return true;
	if (!oom_kill(allowed, arg, why))
		return false;
	*last_kill = now;
	return true;
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
		killed = kill_one(may_use_nodes, &mems, "Out of memory", &last_kill);
		spin_unlock(&oom_lock);
	}
	if (killed && !fatal_signal_pending(current)) {
		__set_current_state(TASK_KILLABLE);
		schedule_timeout(NSEC_PER_MSEC);	/* let the victim run */
	}
	return killed && !fatal_signal_pending(current);
}

/* ---- the limit of a container ---- */

/*
 * Does what p touches count in the group `arg`? One thread there is enough: its pages have filled
 * the group. A thread that is exiting has left its container already. tasklist_lock held.
 */
static bool in_group(struct task_struct *p, void *arg)
{
	struct task_struct *t;

	list_for_each_entry(t, &p->signal->thread_head, thread_node)
		if (mem_group_is_below(task_mem_group(t), arg))
			return true;
	return false;
}

/*
 * Nobody to kill is no reason to kill outside: who gave current the memory so far may have moved
 * out, or be dying.
 */
static bool kill_in_group(struct mem_group *g)
{
	char why[256] = "Memory limit of ";
	size_t used = strlen(why);
	bool killed = true;

	mem_group_path(g, why + used, (int)(sizeof(why) - used));
	if (spin_trylock(&oom_lock)) {
		killed = kill_one(in_group, g, why, &g->last_kill);
		spin_unlock(&oom_lock);
	}
	if (!fatal_signal_pending(current))
		(void)wait_event_killable_timeout(g->room, mem_group_has_room(g), ROOM_WAIT);
	return killed;
}

/* May current go on, though the group is full and its tasks are not to be killed? RCU. */
static bool need_not_wait(const struct mem_group *g)
{
	return mem_group_has_room(g) || !READ_ONCE(g->oom_kill_disable) ||
	       !mem_group_is_below(task_mem_group(current), g);
}

bool container_out_of_memory(bool may_stay)
{
	struct mem_group *g = mem_group_full();
	bool again = true;

	if (!g)			/* there is room by now */
		return true;
	if (!READ_ONCE(g->oom_kill_disable))
		again = kill_in_group(g);
	else if (may_stay)	/* with no lock, on the way back to the program: as good as frozen */
		(void)wait_event_state(g->room, need_not_wait(g), TASK_KILLABLE | TASK_FREEZABLE);
	else
		again = false;
	mem_group_put(g);
	return again;
}
