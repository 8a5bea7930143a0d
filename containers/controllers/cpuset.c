// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpuset: on which CPUs the tasks of a container run, and from which memory nodes their pages come. docs/cpuset.md describes the files.
 *
 * The settings of a cpuset are one object that never changes once it is published. A write copies it, edits the copy, checks that against
 * the cpusets around it (check_change()), puts it in the place of the old one and carries it to the tasks; refused, it leaves everything
 * as it was. Writers hold container_mutex, so that all they look at stands still. Readers need RCU alone.
 *
 * The scheduler and the allocator know nothing of containers. They look at two masks in the task, cpus_allowed and mems_allowed, which
 * sched_update_placement() sets from what cpuset_placement() says, under the task's pi_lock. It is called whenever a task may have
 * got other settings: for its move (cpuset_attach()), for each member after a write (carry_out()), for its birth (cpuset_fork()).
 * No task keeps old settings:
 *  - A write and a birth. The child enters the list of its container, then asks. If the writer's walk comes after that entry, it visits the
 *    child; and of the two updates the later one, in the order of pi_lock, asks when the new settings are there. If the walk came before, they
 *    were there before the child entered (css_group_lock), and it finds them. The child has not run yet in either case.
 *  - A move and a birth. The child's own container is what is asked for, whatever its parent's masks were when they were copied.
 *  - A move and a write exclude each other by container_mutex; sched_setaffinity() asks under pi_lock like everyone.
 *
 * Start with change() for writes, cpuset_placement() for what they lead to.
 */
#include "containers/container.h"
#include "fs/fs.h"
#include "kernel/mm/mm.h"

enum {	/* settings.flags; the private of their files */
	CPU_EXCLUSIVE	= 1 << 0,
	MEM_EXCLUSIVE	= 1 << 1,
	MEM_HARDWALL	= 1 << 2,
	MEMORY_MIGRATE	= 1 << 3,
	SPREAD_PAGE	= 1 << 4,
	LOAD_BALANCE	= 1 << 5,
};
#define EXCLUSIVE_FLAGS (CPU_EXCLUSIVE | MEM_EXCLUSIVE)
#define TOP_FLAGS	(EXCLUSIVE_FLAGS | LOAD_BALANCE)

struct settings {			/* immutable once published, but for the top's: cpuset_bind() */
	DECLARE_BITMAP(cpus, NR_CPUS);
	nodemask_t mems;
	unsigned int flags;
	struct rcu_head rcu;
};

/* How often tasks had to reclaim memory, lately: see meter_read(). */
struct meter {
	spinlock_t lock;		/* nothing inside */
	u64 second;			/* up to which `value` is right */
	u64 value;			/* events a second, times 1000 */
	u64 events;			/* since then, times 1000 */
};

struct cpuset {
	struct container_subsys_state css;
	struct cpuset *parent;		/* immutable; NULL: the top, which has all CPUs and nodes for ever */
	struct settings *settings;	/* container_mutex to write, RCU to read */
	struct meter pressure;
	unsigned int spread_turn;	/* pages spread so far; races only disturb the order */
};

static struct settings top_settings = {.flags = TOP_FLAGS};
static struct cpuset top = {.settings = &top_settings, .pressure.lock = __SPIN_LOCK_UNLOCKED(top.pressure.lock)};
static bool pressure_enabled;		/* one for all; races are harmless */

static struct cpuset *css_cpuset(struct container_subsys_state *css)
{
	return container_of(css, struct cpuset, css);
}

static struct cpuset *cont_cpuset(struct container *cont)
{
	return css_cpuset(container_subsys_state(cont, cpuset_subsys_id));
}

/* RCU, or current is the task. */
static struct cpuset *task_cpuset(struct task_struct *tsk)
{
	return css_cpuset(task_subsys_state(tsk, cpuset_subsys_id));
}

/* RCU or container_mutex. */
static const struct settings *settings_of(const struct cpuset *cs)
{
	return rcu_dereference(cs->settings);
}

static bool is_usable(const struct settings *s)
{
	return !bitmap_empty(s->cpus, NR_CPUS) && s->mems.bits;
}

/* ---- what the scheduler and the allocator ask ---- */

void cpuset_placement(struct task_struct *p, struct task_placement *place)
{
	const struct settings *s;
	struct cpuset *cs;

	rcu_read_lock();
	cs = task_cpuset(p);
	s = settings_of(cs);
	if (cs->parent) {
		bitmap_copy(place->cpus, s->cpus, NR_CPUS);
		place->mems = s->mems;
	} else {
		bitmap_fill(place->cpus, NR_CPUS);
		place->mems = NODE_MASK_ALL;
	}
	rcu_read_unlock();
}

/* The kernel's pages on behalf of current stay within the nearest cpuset that has its nodes for itself. */
nodemask_t cpuset_kernel_mems(void)
{
	nodemask_t mems = NODE_MASK_ALL;
	struct cpuset *cs;

	rcu_read_lock();
	for (cs = task_cpuset(current); cs->parent; cs = cs->parent) {
		const struct settings *s = settings_of(cs);

		if (s->flags & (MEM_EXCLUSIVE | MEM_HARDWALL)) {
			mems = s->mems;
			break;
		}
	}
	rcu_read_unlock();
	return mems;
}

int cpuset_spread_node(void)
{
	const struct settings *s;
	struct cpuset *cs;
	int node = -1;

	rcu_read_lock();
	cs = task_cpuset(current);
	s = settings_of(cs);
	if (s->flags & SPREAD_PAGE) {
		unsigned long mems = s->mems.bits;

		for (unsigned int turn = data_race(cs->spread_turn++) % hweight_long(mems); turn; turn--)
			mems &= mems - 1;
		node = (int)__ffs(mems);
	}
	rcu_read_unlock();
	return node;
}

/* ---- memory_pressure ---- */

#define KEPT_IN_A_SECOND 933	/* thousandths: 2^(-1/10), so half is left after 10 s */

/*
 * Bring m up to now; its lock is held. Each second the value moves by 67 thousandths of the way towards the events of that second: for
 * a steady rate it comes to that, times 1000.
 */
static void meter_update(struct meter *m)
{
	u64 now = ktime_get() / NSEC_PER_SEC;

	if (now == m->second)
		return;
	/* After that many seconds nothing is left of any value. */
	for (u64 passed = min(now - m->second, (u64)1000); passed && m->value; passed--)
		m->value = m->value * KEPT_IN_A_SECOND / 1000;
	m->value += m->events * (1000 - KEPT_IN_A_SECOND) / 1000;
	m->events = 0;
	m->second = now;
}

static void meter_count(struct meter *m)
{
	spin_lock(&m->lock);
	meter_update(m);
	m->events = min(m->events + 1000, (u64)NSEC_PER_SEC);
	spin_unlock(&m->lock);
}

static u64 meter_read(struct meter *m)
{
	u64 value;

	spin_lock(&m->lock);
	meter_update(m);
	value = m->value;
	spin_unlock(&m->lock);
	return value;
}

void cpuset_note_reclaim(void)
{
	if (!READ_ONCE(pressure_enabled))
		return;
	rcu_read_lock();
	meter_count(&task_cpuset(current)->pressure);
	rcu_read_unlock();
}

/* ---- balancing domains ---- */

typedef DECLARE_BITMAP(cpu_set_t, NR_CPUS);
static cpu_set_t domains[NR_CPUS], new_domains[NR_CPUS];	/* for each CPU, those it exchanges tasks with; container_mutex */

/* The CPUs in `cpus` and all that share a domain with one of them are one domain. */
static void join_domains(const unsigned long *cpus)
{
	unsigned long cpu;
	cpu_set_t all;

	bitmap_copy(all, cpus, NR_CPUS);
	for_each_set_bit(cpu, cpus, NR_CPUS)
		bitmap_or(all, all, new_domains[cpu], NR_CPUS);
	for_each_set_bit(cpu, all, NR_CPUS)
		bitmap_copy(new_domains[cpu], all, NR_CPUS);
}

/*
 * Let the scheduler spread tasks over the CPUs of each cpuset with sched_load_balance; those that overlap count as one. A CPU in none of
 * them is left alone. container_mutex held.
 */
static void rebuild_domains(void)
{
	struct container *cont = top.css.container;

	memset(new_domains, 0, sizeof(new_domains));
	if (top.settings->flags & LOAD_BALANCE) {
		/* Nobody has more. */
		join_domains(top.settings->cpus);
		cont = NULL;
	}
	for (; cont; cont = container_next_below(cont, top.css.container)) {
		const struct settings *s = settings_of(cont_cpuset(cont));

		if (s->flags & LOAD_BALANCE)
			join_domains(s->cpus);
	}
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		if (bitmap_equal(domains[cpu], new_domains[cpu], NR_CPUS))
			continue;
		bitmap_copy(domains[cpu], new_domains[cpu], NR_CPUS);
		sched_set_balance_cpus(cpu, domains[cpu]);
	}
}

/* ---- changing settings ---- */

static bool is_subset(const struct settings *a, const struct settings *b)
{
	return bitmap_subset(a->cpus, b->cpus, NR_CPUS) && !(a->mems.bits & ~b->mems.bits) &&
	       !(a->flags & ~b->flags & EXCLUSIVE_FLAGS);
}

/* Do siblings share what one of them wants for itself? */
static bool conflicts(const struct settings *a, const struct settings *b)
{
	unsigned int exclusive = a->flags | b->flags;

	return ((exclusive & CPU_EXCLUSIVE) && bitmap_intersects(a->cpus, b->cpus, NR_CPUS)) ||
	       ((exclusive & MEM_EXCLUSIVE) && (a->mems.bits & b->mems.bits));
}

/*
 * May cont, which is not removed, have the settings `new`? container_mutex held.
 * -EBUSY: a child has more. -EACCES: the parent has less. -ENOSPC: tasks would have nothing. -EINVAL: a sibling has it for itself, or shares
 * what cont wants for itself.
 */
static int check_change(struct container *cont, const struct settings *new)
{
	const struct settings *old = settings_of(cont_cpuset(cont));
	struct container *other;

	container_for_each_child(other, cont)
		if (!is_subset(settings_of(cont_cpuset(other)), new))
			return -EBUSY;
	if (!cont->parent)
		return 0;
	if (!is_subset(new, settings_of(cont_cpuset(cont->parent))))
		return -EACCES;
	if (READ_ONCE(cont->count) && is_usable(old) && !is_usable(new))
		return -ENOSPC;
	container_for_each_child(other, cont->parent)
		if (other != cont && conflicts(new, settings_of(cont_cpuset(other))))
			return -EINVAL;
	return 0;
}

/* Move the pages of p's program, if p stands for it. */
static void move_pages(struct task_struct *p, nodemask_t from, nodemask_t to)
{
	struct mm_struct *mm = thread_group_leader(p) ? get_task_mm(p) : NULL;

	if (!mm)
		return;
	migrate_pages(mm, from, to);
	mmput(mm);
}

struct placement_change {
	const struct settings *old, *new;
};

static void place_member(struct task_struct *p, void *arg)
{
	const struct placement_change *c = arg;

	sched_update_placement(p);
	sched_wait_placed(p);
	if ((c->new->flags & MEMORY_MIGRATE) && c->old->mems.bits != c->new->mems.bits)
		move_pages(p, c->old->mems, c->new->mems);
}

/* cont's settings have changed from `old` to `new`. container_mutex held. */
static void carry_out(struct container *cont, const struct settings *old, const struct settings *new)
{
	struct placement_change c = {.old = old, .new = new};
	bool cpus_differ = !bitmap_equal(old->cpus, new->cpus, NR_CPUS);

	if (cpus_differ || old->mems.bits != new->mems.bits)
		container_for_each_task(cont, place_member, &c);
	if (cpus_differ || ((old->flags ^ new->flags) & LOAD_BALANCE))
		rebuild_domains();
	if ((old->flags ^ new->flags) & SPREAD_PAGE)
		page_spreaders += new->flags & SPREAD_PAGE ? 1 : -1;
}

/* Give cont the settings `new`, which are taken over; an error of check_change() leaves it as it was. container_mutex held. */
static int change(struct container *cont, struct settings *new)
{
	struct cpuset *cs = cont_cpuset(cont);
	struct settings *old = cs->settings;
	int err = check_change(cont, new);

	if (err) {
		kfree(new);
		return err;
	}
	rcu_assign_pointer(cs->settings, new);
	carry_out(cont, old, new);
	if (old != &top_settings)
		kfree_rcu(old, rcu);
	return 0;
}

/* A copy of cont's settings for change(), with container_mutex taken; an error leaves it free: -ENODEV, -ENOMEM. */
static struct settings *begin_change(struct container *cont)
{
	struct settings *new = ERR_PTR(-ENODEV);

	container_lock();
	if (!container_is_removed(cont))
		new = kmemdup(settings_of(cont_cpuset(cont)), sizeof(*new), GFP_KERNEL) ?: ERR_PTR(-ENOMEM);
	if (IS_ERR(new))
		container_unlock();
	return new;
}

/* The end of what begin_change() began. `err`: the edit failed. */
static int end_change(struct container *cont, struct settings *new, int err)
{
	if (err)
		kfree(new);
	else
		err = change(cont, new);
	container_unlock();
	return err;
}

/* ---- files ---- */

/* A list as "0-2,5"; all of it must be in `there`. -EINVAL, -ERANGE. */
static int parse_set(const char *text, unsigned long *set, const unsigned long *there, int nbits)
{
	int err = bitmap_parselist(text, set, nbits);

	return !err && !bitmap_subset(set, there, (unsigned int)nbits) ? -EINVAL : err;
}

enum {CPUS, MEMS};			/* the private of the files with lists */

static int list_write(struct container *cont, const struct cftype *cft, char *text)
{
	struct settings *new;
	int err;

	if (!cont->parent)
		return -EACCES;
	new = begin_change(cont);
	if (IS_ERR(new))
		return PTR_ERR(new);
	if (cft->private == CPUS)
		err = parse_set(text, new->cpus, top.settings->cpus, NR_CPUS);
	else
		err = parse_set(text, &new->mems.bits, &top.settings->mems.bits, MAX_NUMNODES);
	return end_change(cont, new, err);
}

static int list_read(struct container *cont, const struct cftype *cft, struct seq_file *m)
{
	const struct settings *s;
	char text[NR_CPUS * 4];

	rcu_read_lock();
	s = settings_of(cont_cpuset(cont));
	if (cft->private == CPUS)
		bitmap_print_list(text, sizeof(text), s->cpus, NR_CPUS);
	else
		bitmap_print_list(text, sizeof(text), &s->mems.bits, MAX_NUMNODES);
	rcu_read_unlock();
	seq_printf(m, "%s\n", text);
	return 0;
}

static u64 flag_read(struct container *cont, const struct cftype *cft)
{
	bool set;

	rcu_read_lock();
	set = settings_of(cont_cpuset(cont))->flags & cft->private;
	rcu_read_unlock();
	return set;
}

static int flag_write(struct container *cont, const struct cftype *cft, u64 val)
{
	struct settings *new = begin_change(cont);

	if (IS_ERR(new))
		return PTR_ERR(new);
	if (val)
		new->flags |= cft->private;
	else
		new->flags &= ~cft->private;
	return end_change(cont, new, 0);
}

static u64 pressure_read(struct container *cont, const struct cftype *cft)
{
	return meter_read(&cont_cpuset(cont)->pressure);
}

static u64 pressure_enabled_read(struct container *cont, const struct cftype *cft)
{
	return READ_ONCE(pressure_enabled);
}

static int pressure_enabled_write(struct container *cont, const struct cftype *cft, u64 val)
{
	WRITE_ONCE(pressure_enabled, val != 0);
	return 0;
}

#define FLAG_FILE(file, flag) {.name = "cpuset." file, .private = (flag), .read_uint = flag_read, .write_uint = flag_write}

static const struct cftype cpuset_files[] = {
	{.name = "cpuset.cpus", .private = CPUS, .read_seq = list_read, .write_string = list_write},
	{.name = "cpuset.mems", .private = MEMS, .read_seq = list_read, .write_string = list_write},
	{.name = "cpuset.effective_cpus", .private = CPUS, .read_seq = list_read},
	{.name = "cpuset.effective_mems", .private = MEMS, .read_seq = list_read},
	FLAG_FILE("cpu_exclusive", CPU_EXCLUSIVE),
	FLAG_FILE("mem_exclusive", MEM_EXCLUSIVE),
	FLAG_FILE("mem_hardwall", MEM_HARDWALL),
	FLAG_FILE("memory_migrate", MEMORY_MIGRATE),
	FLAG_FILE("memory_spread_page", SPREAD_PAGE),
	FLAG_FILE("sched_load_balance", LOAD_BALANCE),
	{.name = "cpuset.memory_pressure", .read_uint = pressure_read},
	{.name = "cpuset.memory_pressure_enabled", .flags = CFTYPE_ONLY_ON_ROOT, .read_uint = pressure_enabled_read,
	 .write_uint = pressure_enabled_write},
};

static int show_pid_cpuset(struct seq_file *m, struct task_struct *p)
{
	char *path = kmalloc(PATH_MAX, GFP_KERNEL);
	int err;

	if (!path)
		return -ENOMEM;
	rcu_read_lock();
	err = container_path(task_container(p, cpuset_subsys_id), path, PATH_MAX);
	rcu_read_unlock();
	if (!err)
		seq_printf(m, "%s\n", path);
	kfree(path);
	return err;
}
PROC_PID_FILE("cpuset", show_pid_cpuset);

/* ---- tasks come and go ---- */

static int cpuset_can_attach(struct container_subsys *ss, struct container *cont, struct task_struct *tsk)
{
	return is_usable(settings_of(cont_cpuset(cont))) ? 0 : -ENOSPC;
}

static void cpuset_attach(struct container_subsys *ss, struct container *cont, struct container *old_cont, struct task_struct *tsk)
{
	const struct settings *old = settings_of(cont_cpuset(old_cont)), *new = settings_of(cont_cpuset(cont));

	sched_update_placement(tsk);
	sched_wait_placed(tsk);
	if (new->flags & MEMORY_MIGRATE)
		move_pages(tsk, old->mems, new->mems);
}

/* container_clone() puts an unborn child into its new container without asking can_attach. */
static int cpuset_can_fork(struct container_subsys *ss, struct task_struct *child)
{
	return is_usable(settings_of(task_cpuset(child))) ? 0 : -ENOSPC;
}

static void cpuset_fork(struct container_subsys *ss, struct task_struct *child)
{
	sched_update_placement(child);
}

/* The parent's CPUs and nodes; if a sibling has one of them for itself, none. */
static void cpuset_post_clone(struct container_subsys *ss, struct container *cont)
{
	const struct settings *parent = settings_of(cont_cpuset(cont->parent));
	struct settings *new = kmemdup(settings_of(cont_cpuset(cont)), sizeof(*new), GFP_KERNEL);

	if (!new)
		return;
	bitmap_copy(new->cpus, parent->cpus, NR_CPUS);
	new->mems = parent->mems;
	change(cont, new);
}

/* ---- containers come and go ---- */

static int cpuset_create(struct container_subsys *ss, struct container *cont)
{
	struct cpuset *cs = &top;

	if (cont->parent) {
		cs = kzalloc(sizeof(*cs), GFP_KERNEL);
		if (!cs)
			return -ENOMEM;
		cs->settings = kzalloc(sizeof(*cs->settings), GFP_KERNEL);
		if (!cs->settings) {
			kfree(cs);
			return -ENOMEM;
		}
		cs->parent = cont_cpuset(cont->parent);
		cs->settings->flags = LOAD_BALANCE | (settings_of(cs->parent)->flags & SPREAD_PAGE);
		spin_lock_init(&cs->pressure.lock);
		page_spreaders += !!(cs->settings->flags & SPREAD_PAGE);
	}
	cont->subsys[ss->subsys_id] = &cs->css;
	return 0;
}

static void cpuset_destroy(struct container_subsys *ss, struct container *cont)
{
	struct cpuset *cs = cont_cpuset(cont);

	page_spreaders -= !!(cs->settings->flags & SPREAD_PAGE);
	rebuild_domains();	/* it is in no list of children any more */
	kfree(cs->settings);
	kfree(cs);
}

static int cpuset_populate(struct container_subsys *ss, struct container *cont)
{
	return container_add_files(cont, cpuset_files, ARRAY_SIZE(cpuset_files));
}

/*
 * All CPUs are up; or the top has gone to another hierarchy, where it begins anew: what was set before would otherwise hold with nobody able
 * to see it. Its CPUs and nodes are written once, at boot, before anybody could read a mix.
 */
static void cpuset_bind(struct container_subsys *ss, struct container *cont)
{
	struct settings *s = top.settings;

	if (bitmap_empty(s->cpus, NR_CPUS)) {
		bitmap_set(s->cpus, 0, nr_cpus);
		s->mems = nodes_with_memory();
	}
	if (s->flags & SPREAD_PAGE)
		page_spreaders--;
	WRITE_ONCE(s->flags, TOP_FLAGS);
	WRITE_ONCE(pressure_enabled, false);
	rebuild_domains();
}

struct container_subsys cpuset_subsys = {
	.name = "cpuset",
	.subsys_id = cpuset_subsys_id,
	.early_init = true,	/* so that the allocator may always ask */
	.ignores_top = true,
	.create = cpuset_create,
	.destroy = cpuset_destroy,
	.populate = cpuset_populate,
	.bind = cpuset_bind,
	.can_attach = cpuset_can_attach,
	.attach = cpuset_attach,
	.can_fork = cpuset_can_fork,
	.fork = cpuset_fork,
	.post_clone = cpuset_post_clone,
};
