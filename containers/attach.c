// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moving tasks between containers, and the files that show and do it: `tasks` and `container.procs`.
 *
 * A move has three steps. Prepare, which may fail and then is undone whole: find or make each task's new css_group, ask the subsystems.
 * Commit, which cannot fail: under css_group_lock, point the tasks to their new groups. Tell the subsystems.
 * While a thread group moves, threadgroup_rwsem keeps its tasks from making threads: those that are there are all that there will be.
 *
 * The cost does not depend on how many groups, containers or other tasks there are. Start with container_attach_task().
 */
#include "containers/internal.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/trace.h"
#include "kernel/task/signal.h"

/* ---- moving ---- */

struct move {
	struct task_struct *tsk;	/* referenced */
	struct css_group *from;		/* referenced; NULL: not prepared yet */
	struct css_group *to;		/* referenced; NULL: it is there already */
	bool moved;
};

struct move_set {
	struct container *cont;
	struct move *moves;
	unsigned int n;
	u64 began;			/* ns, for the trace; 0: nobody asks */
	struct move one;		/* room for the common case */
};

static void cancel_attach_below(struct container *cont, struct task_struct *tsk, int n)
{
	struct container_subsys *ss;
	int i;

	for_each_bound_subsys (ss, i, cont->root->subsys_bits)
		if (i < n && ss->cancel_attach)
			ss->cancel_attach(ss, cont, tsk);
}

/* Ask every bound subsystem; those that had agreed hear of a later one's refusal. */
static int ask_subsystems(struct container *cont, struct task_struct *tsk)
{
	struct container_subsys *ss;
	int i, err;

	for_each_bound_subsys (ss, i, cont->root->subsys_bits) {
		err = ss->can_attach ? ss->can_attach(ss, cont, tsk) : 0;
		if (err) {
			cancel_attach_below(cont, tsk, i);
			return err;
		}
	}
	return 0;
}

/*
 * All living threads of tsk's group; one with an empty cg_list has left. tsk holds its signal_struct, dead or alive, but not its leader.
 * threadgroup_rwsem held for writing: threads end, but none is born, so that nr_threads is enough room. -ENOMEM.
 */
static int add_threads(struct move_set *set, struct task_struct *tsk)
{
	struct signal_struct *sig = tsk->signal;
	unsigned int room = READ_ONCE(sig->nr_threads);
	struct task_struct *t;

	if (room > 1) {
		set->moves = kcalloc(room, sizeof(*set->moves), GFP_KERNEL);
		if (!set->moves)
			return -ENOMEM;
	}
	rcu_read_lock();
	list_for_each_entry_rcu (t, &sig->thread_head, thread_node) {
		if (list_empty(&t->cg_list) || !refcount_inc_not_zero(&t->usage))
			continue;
		BUG_ON(set->n >= max(room, 1U));
		set->moves[set->n++].tsk = t;
	}
	rcu_read_unlock();
	return 0;
}

/* Find out where m's task goes from and to, and whether it may. On error it counts as not prepared. */
static int prepare_move(struct container *cont, struct move *m)
{
	struct css_group *from, *to;
	int err;

	/* Only movers (container_mutex) and the task's own exit change the group. */
	from = get_task_css_group(m->tsk);
	if (css_group_container(from, cont->root) == cont) {
		m->from = from;
		return 0;
	}
	err = -ENOMEM;
	to = find_css_group(from, cont);
	if (!to)
		goto out_from;
	err = ask_subsystems(cont, m->tsk);
	if (err)
		goto out_to;
	m->from = from;
	m->to = to;
	return 0;
out_to:
	put_css_group(to);
out_from:
	put_css_group(from);
	return err;
}

static int prepare_moves(struct move_set *set)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < set->n && !err; i++)
		err = prepare_move(set->cont, &set->moves[i]);
	return err;
}

/* Point the tasks to their new groups. -ESRCH: all of them have begun to exit. */
static int commit_moves(struct move_set *set)
{
	int err = -ESRCH;
	unsigned int i;

	spin_lock_irq(&css_group_lock);
	for (i = 0; i < set->n; i++) {
		struct move *m = &set->moves[i];

		if (list_empty(&m->tsk->cg_list))
			continue;	/* has begun to exit since */
		err = 0;
		if (!m->to)
			continue;
		m->tsk->cg_moved = true;
		rcu_assign_pointer(m->tsk->containers, m->to);
		list_move_tail(&m->tsk->cg_list, &m->to->tasks);
		m->to->used = true;
		m->moved = true;
	}
	spin_unlock_irq(&css_group_lock);
	return err;
}

/* The task's reference to its old group went over to us, and ours to the new one to the task. */
static void tell_moved(const struct move_set *set, struct move *m)
{
	struct container *cont = set->cont, *old = css_group_container(m->from, cont->root);
	struct container_subsys *ss;
	int id;

	for_each_bound_subsys (ss, id, cont->root->subsys_bits)
		if (ss->attach)
			ss->attach(ss, cont, old, m->tsk);
	if (trace_on(container_attach))
		container_trace_attach(cont, old, m->tsk, set->began);
	put_css_group(m->from);
}

/* Tell the subsystems how it ended, and let go of everything. */
static void finish_moves(struct move_set *set)
{
	unsigned int i;

	for (i = 0; i < set->n; i++) {
		struct move *m = &set->moves[i];

		if (m->moved) {
			tell_moved(set, m);
		} else if (m->to) {
			cancel_attach_below(set->cont, m->tsk, CONTAINER_SUBSYS_COUNT);
			put_css_group(m->to);
		}
		if (m->from)
			put_css_group(m->from);
		put_task_struct(m->tsk);
	}
	if (set->moves != &set->one)
		kfree(set->moves);
}

int container_attach_task(struct container *cont, struct task_struct *tsk, bool threadgroup)
{
	struct move_set set = {.cont = cont, .moves = &set.one};
	int err = 0;

	mutex_assert_held(&container_mutex);
	if (trace_on(container_attach))
		set.began = arch_clock_ns();
	if (threadgroup) {
		err = add_threads(&set, tsk);
	} else {
		get_task_struct(tsk);
		set.moves[set.n++].tsk = tsk;
	}
	if (!err)
		err = prepare_moves(&set);
	if (!err)
		err = commit_moves(&set);
	finish_moves(&set);
	return err;
}

/* ---- walking over the tasks of a container, for subsystems ---- */

/*
 * A walk marks the tasks that it has come to with its number, and takes some unmarked ones at a time, since fn may sleep. Not by pid: a
 * thread that calls exec takes over its leader's, and would be missed. A child is born with its parent's mark.
 */
#define WALK_BATCH 64
static u64 walk_number;		/* of the walk under way; container_mutex */

struct walk {
	struct task_struct *tasks[WALK_BATCH];	/* referenced */
	unsigned int n;
};

static bool take_unvisited(struct css_group *cg, void *arg)
{
	struct walk *w = arg;
	struct task_struct *p;

	list_for_each_entry (p, &cg->tasks, cg_list) {
		if (p->cg_walk == walk_number)
			continue;
		if (w->n == WALK_BATCH)
			return false;
		p->cg_walk = walk_number;
		get_task_struct(p);
		w->tasks[w->n++] = p;
	}
	return true;
}

void container_for_each_task(struct container *cont, void (*fn)(struct task_struct *tsk, void *arg), void *arg)
{
	struct walk w;
	unsigned int i;

	mutex_assert_held(&container_mutex);
	walk_number++;
	do {
		w.n = 0;
		spin_lock_irq(&css_group_lock);
		for_each_group_of(cont, take_unvisited, &w);
		spin_unlock_irq(&css_group_lock);
		for (i = 0; i < w.n; i++) {
			fn(w.tasks[i], arg);
			put_task_struct(w.tasks[i]);
		}
	} while (w.n == WALK_BATCH);
}

/* ---- writing `tasks` ---- */

/* The rule of the original: root, or the same user. */
static bool has_power_over(uid_t euid, const struct cred *cred)
{
	return euid == 0 || euid == cred->uid || euid == cred->suid;
}

/*
 * May current move p by a file that `opener` opened? Both must have the right: a privileged program that is made to write to a descriptor
 * which it was given moves nothing that its giver could not, and one that gave up its privileges can't use them by what it had opened.
 */
static int may_move(struct task_struct *p, uid_t opener)
{
	const struct cred *cred = get_task_cred(p);
	int err = 0;

	if (!has_power_over(current_euid(), cred) || !has_power_over(opener, cred))
		err = -EACCES;
	put_cred(cred);
	if (!err && (p->flags & PF_CPU_BOUND))
		err = -EINVAL;
	return err;
}

static int attach_pid(struct container *cont, const char *text, bool threadgroup, uid_t opener)
{
	struct task_struct *p;
	unsigned int pid;
	int err;

	if (*text < '0' || *text > '9' || kstrtouint(text, 10, &pid))
		return -EINVAL;
	if (pid > PID_MAX)
		return -ESRCH;
	p = pid ? find_get_task_by_pid(pid) : current;
	if (!p)
		return -ESRCH;
	if (!pid)
		get_task_struct(p);
	err = READ_ONCE(p->flags) & PF_EXITING && !threadgroup ? -ESRCH : may_move(p, opener);
	if (err)
		goto out_put;
	if (threadgroup)
		down_write(&threadgroup_rwsem);
	mutex_lock(&container_mutex);
	err = container_is_removed(cont) ? -ENODEV : container_attach_task(cont, p, threadgroup);
	mutex_unlock(&container_mutex);
	if (threadgroup)
		up_write(&threadgroup_rwsem);
out_put:
	put_task_struct(p);
	return err;
}

static ssize_t tasks_write(struct container *cont, const struct cftype *cft, struct file *file, const char __user *buf, size_t nbytes,
			   loff_t *ppos)
{
	char *text;
	int err;

	if (!nbytes)
		return 0;
	text = container_copy_text(buf, nbytes);
	if (IS_ERR(text))
		return PTR_ERR(text);
	err = attach_pid(cont, strim(text), cft->private, file->f_euid);
	kfree(text);
	return err ? err : (ssize_t)nbytes;
}

/* ---- reading `tasks` ---- */

/*
 * The list is fixed when the file is opened: one bit for each pid, which sorts it and makes it the same size for any
 * number of tasks.
 */
BUILD_BUG_ON(PID_MAX > PAGE_SIZE * 8);

struct collect {
	unsigned long *pids;
	bool threadgroups;
};

static bool collect_group(struct css_group *cg, void *arg)
{
	struct collect *c = arg;
	struct task_struct *p;

	list_for_each_entry (p, &cg->tasks, cg_list)
		__set_bit(c->threadgroups ? p->tgid : p->pid, c->pids);
	return true;
}

/* The record at position n is word n of the bitmap: all its pids. */
#define PID_WORDS (PID_MAX / BITS_PER_LONG)

static void *pids_start(struct seq_file *m, loff_t *pos)
{
	unsigned long *words = m->private;

	while (*pos < PID_WORDS && !words[*pos])
		++*pos;
	return *pos < PID_WORDS ? &words[*pos] : NULL;
}

static void *pids_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return pids_start(m, pos);
}

static void pids_stop(struct seq_file *m, void *v)
{
}

static int pids_show(struct seq_file *m, void *v)
{
	unsigned long *word = v, bits = *word;
	unsigned int first = (word - (unsigned long *)m->private) * BITS_PER_LONG;
	char text[BITS_PER_LONG * sizeof("32768")], *p = text + sizeof(text);

	/* From the last to the first, since numbers are written from their end. */
	while (bits) {
		unsigned int bit = fls64(bits) - 1;

		bits &= ~(1UL << bit);
		*--p = '\n';
		p = put_decimal(p, first + bit);
	}
	seq_write(m, p, text + sizeof(text) - p);
	return 0;
}

static const struct seq_operations pids_seq_operations = {
	.start = pids_start,
	.next = pids_next,
	.stop = pids_stop,
	.show = pids_show,
};

static int tasks_open(struct container *cont, const struct cftype *cft, struct file *file)
{
	struct collect c = {.threadgroups = cft->private};
	int err;

	if (!(file->f_mode & FMODE_READ))
		return 0;
	c.pids = get_free_page(GFP_KERNEL | __GFP_ZERO);
	if (!c.pids)
		return -ENOMEM;
	err = seq_open(file, &pids_seq_operations);
	if (err) {
		free_page(c.pids);
		return err;
	}
	((struct seq_file *)file->private_data)->private = c.pids;
	spin_lock_irq(&css_group_lock);
	for_each_group_of(cont, collect_group, &c);
	spin_unlock_irq(&css_group_lock);
	return 0;
}

static int tasks_release(struct container *cont, const struct cftype *cft, struct file *file)
{
	struct seq_file *m = file->private_data;

	if (!(file->f_mode & FMODE_READ))
		return 0;
	free_page(m->private);
	return seq_release(file->f_inode, file);
}

const struct cftype tasks_cftype = {
	.name = "tasks",
	.flags = CFTYPE_SEQ,
	.open = tasks_open,
	.release = tasks_release,
	.write = tasks_write,
};

const struct cftype procs_cftype = {
	.name = "container.procs",
	.flags = CFTYPE_SEQ,
	.private = true,
	.open = tasks_open,
	.release = tasks_release,
	.write = tasks_write,
};

const struct cftype cgroup_procs_cftype = {
	.name = "cgroup.procs",
	.flags = CFTYPE_SEQ,
	.private = true,
	.open = tasks_open,
	.release = tasks_release,
	.write = tasks_write,
};
