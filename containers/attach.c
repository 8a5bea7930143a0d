// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moving tasks between containers, and the files that show and do it: `tasks` and `container.procs`.
 *
 * A move has three steps. Prepare, which may fail and then is undone whole: find or make each task's new css_group, ask the subsystems.
 * Commit, which cannot fail: under css_group_lock, point the tasks to their new groups. Tell the subsystems.
 * For a thread group, commit first makes sure that no thread has been born unprepared; if one has, it prepares it and tries again. Forks
 * need no lock for that: a child enters its group's list under css_group_lock too, before it can be seen.
 *
 * The cost does not depend on how many groups, containers or tasks there are.
 */
#include "containers/internal.h"
#include "kernel/debug/debug.h"
#include "kernel/task/signal.h"

/* ---- moving ---- */

struct move {
	struct task_struct *tsk;	/* referenced */
	struct css_group *from;		/* referenced */
	struct css_group *to;		/* referenced */
	bool moved;
};

struct move_set {
	struct container *cont;
	struct move *moves;
	unsigned int n, size;
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

/* Make room for one more move. */
static int grow_set(struct move_set *set)
{
	unsigned int size = set->size * 2;
	struct move *moves;

	if (set->n < set->size)
		return 0;
	moves = kmalloc(size * sizeof(*moves), GFP_KERNEL);
	if (!moves)
		return -ENOMEM;
	memcpy(moves, set->moves, set->n * sizeof(*moves));
	if (set->moves != &set->one)
		kfree(set->moves);
	set->moves = moves;
	set->size = size;
	return 0;
}

/* Prepare one task. 0 also when it is there already: then nothing is added. */
static int prepare_move(struct move_set *set, struct task_struct *tsk)
{
	struct css_group *from, *to;
	int err = grow_set(set);

	if (err)
		return err;
	/* Only movers (container_mutex) and the task's own exit change the group. */
	from = get_task_css_group(tsk);
	if (css_group_container(from, set->cont->root) == set->cont)
		goto out_put;
	err = -ENOMEM;
	to = find_css_group(from, set->cont);
	if (!to)
		goto out_put;
	err = ask_subsystems(set->cont, tsk);
	if (err) {
		put_css_group(to);
		goto out_put;
	}
	get_task_struct(tsk);
	tsk->cg_moving = true;
	set->moves[set->n++] = (struct move){.tsk = tsk, .from = from, .to = to};
	return 0;
out_put:
	put_css_group(from);
	return err;
}

/*
 * css_group_lock held. A live thread of leader's group that would be left behind; NULL: none.
 * An empty cg_list: not born yet, or leaving.
 */
static struct task_struct *find_unprepared(const struct move_set *set, struct task_struct *leader)
{
	struct task_struct *t;

	list_for_each_entry_rcu (t, &leader->signal->thread_head, thread_node)
		if (!t->cg_moving && !list_empty(&t->cg_list) &&
		    css_group_container(t->containers, set->cont->root) != set->cont)
			return t;
	return NULL;
}

/* css_group_lock held. */
static void commit_moves(struct move_set *set)
{
	unsigned int i;

	for (i = 0; i < set->n; i++) {
		struct move *m = &set->moves[i];

		if (list_empty(&m->tsk->cg_list))
			continue;	/* has begun to exit since */
		rcu_assign_pointer(m->tsk->containers, m->to);
		list_move_tail(&m->tsk->cg_list, &m->to->tasks);
		m->to->used = true;
		m->moved = true;
	}
}

/* Tell the subsystems how it ended, and let go of everything. */
static void finish_moves(struct move_set *set)
{
	struct container *old, *cont = set->cont;
	struct container_subsys *ss;
	unsigned int i;
	int id;

	for (i = 0; i < set->n; i++) {
		struct move *m = &set->moves[i];

		if (m->moved) {
			/* The task's reference to its old group went over to us, and ours to the new one to the task. */
			old = css_group_container(m->from, cont->root);
			for_each_bound_subsys (ss, id, cont->root->subsys_bits)
				if (ss->attach)
					ss->attach(ss, cont, old, m->tsk);
			put_css_group(m->from);
		} else {
			cancel_attach_below(cont, m->tsk, CONTAINER_SUBSYS_COUNT);
			put_css_group(m->to);
		}
		put_css_group(m->from);
		m->tsk->cg_moving = false;
		put_task_struct(m->tsk);
	}
	if (set->moves != &set->one)
		kfree(set->moves);
}

/* Prepare all threads and commit; on error nothing is committed. */
static int move_thread_group(struct move_set *set, struct task_struct *leader)
{
	struct task_struct *t;
	int err;

	for (;;) {
		rcu_read_lock();
		spin_lock_irq(&css_group_lock);
		t = find_unprepared(set, leader);
		if (!t)
			commit_moves(set);
		else
			get_task_struct(t);
		spin_unlock_irq(&css_group_lock);
		rcu_read_unlock();
		if (!t)
			return 0;
		err = prepare_move(set, t);
		put_task_struct(t);
		if (err)
			return err;
	}
}

static int move_one(struct move_set *set, struct task_struct *tsk)
{
	int err = prepare_move(set, tsk);

	if (err)
		return err;
	spin_lock_irq(&css_group_lock);
	commit_moves(set);
	spin_unlock_irq(&css_group_lock);
	return set->n && !set->moves[0].moved ? -ESRCH : 0;
}

int container_attach_task(struct container *cont, struct task_struct *tsk, bool threadgroup)
{
	struct move_set set = {.cont = cont, .moves = &set.one, .size = 1};
	int err;

	mutex_assert_held(&container_mutex);
	err = threadgroup ? move_thread_group(&set, tsk->group_leader) : move_one(&set, tsk);
	finish_moves(&set);
	return err;
}

/* ---- writing `tasks` ---- */

/* May current move p? By the rule of the original: root, or the same user. */
static int may_move(struct task_struct *p)
{
	const struct cred *cred = get_task_cred(p);
	uid_t euid = current_euid();
	int err = 0;

	if (euid != 0 && euid != cred->uid && euid != cred->suid)
		err = -EACCES;
	put_cred(cred);
	if (!err && (p->flags & PF_CPU_BOUND))
		err = -EINVAL;
	return err;
}

static int attach_pid(struct container *cont, char *text, bool threadgroup)
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
	err = p->flags & PF_EXITING ? -ESRCH : may_move(p);
	if (err)
		goto out_put;
	mutex_lock(&container_mutex);
	err = container_is_removed(cont) ? -ENODEV : container_attach_task(cont, p, threadgroup);
	mutex_unlock(&container_mutex);
out_put:
	put_task_struct(p);
	return err;
}

static int tasks_write(struct container *cont, const struct cftype *cft, char *text)
{
	return attach_pid(cont, text, cft->private);
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

static bool is_member(struct container *cont, struct task_struct *p)
{
	bool member;

	spin_lock_irq(&css_group_lock);
	member = !list_empty(&p->cg_list) && css_group_container(p->containers, cont->root) == cont;
	spin_unlock_irq(&css_group_lock);
	return member;
}

static bool collect_group(struct css_group *cg, void *arg)
{
	struct collect *c = arg;
	struct task_struct *p;

	list_for_each_entry (p, &cg->tasks, cg_list)
		__set_bit(c->threadgroups ? p->tgid : p->pid, c->pids);
	return true;
}

void container_for_each_task(struct container *cont, void (*fn)(struct task_struct *tsk, void *arg), void *arg)
{
	static unsigned long pids[PID_MAX / BITS_PER_LONG];	/* container_mutex; too large for a stack, and an allocation could fail */
	struct collect c = {.pids = pids};
	struct task_struct *p;
	unsigned int pid;

	mutex_assert_held(&container_mutex);
	memset(pids, 0, sizeof(pids));
	/* A child enters its group and the pid table in one step under tasklist_lock: here it is in both or in neither. */
	read_lock(&tasklist_lock);
	spin_lock_irq(&css_group_lock);
	for_each_group_of(cont, collect_group, &c);
	spin_unlock_irq(&css_group_lock);
	read_unlock(&tasklist_lock);

	for_each_set_bit(pid, pids, PID_MAX) {
		p = find_get_task_by_pid(pid);
		if (!p)
			continue;
		/* Exited since; or a pid that was used again. */
		if (is_member(cont, p))
			fn(p, arg);
		put_task_struct(p);
	}
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

/* Write pid and a newline so that they end before `end`; the start. printf would be most of the cost of a long list. */
static char *put_pid(char *end, unsigned int pid)
{
	*--end = '\n';
	do
		*--end = '0' + pid % 10;
	while (pid /= 10);
	return end;
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
		p = put_pid(p, first + bit);
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
	.write_string = tasks_write,
};

const struct cftype procs_cftype = {
	.name = "container.procs",
	.flags = CFTYPE_SEQ,
	.private = true,
	.open = tasks_open,
	.release = tasks_release,
	.write_string = tasks_write,
};

const struct cftype cgroup_procs_cftype = {
	.name = "cgroup.procs",
	.flags = CFTYPE_SEQ,
	.private = true,
	.open = tasks_open,
	.release = tasks_release,
	.write_string = tasks_write,
};
