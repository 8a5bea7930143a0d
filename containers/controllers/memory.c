// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory: how much memory the tasks of a container and of all below it use, and how much they may use.
 *
 *   memory.usage_in_bytes		what is charged now
 *   memory.limit_in_bytes		a number of bytes, K, M, G, T, P or E behind it; -1: no limit. EBUSY below the usage
 *   memory.max_usage_in_bytes	the most that was charged at any time; a write of anything resets it
 *   memory.failcnt		charges that the limit has stopped; a write of anything resets it
 *   memory.stat		by kind: own, and with all containers below (total_…)
 *   memory.oom_control		1: who is over the limit waits for memory, 0: somebody in the container is killed
 *   memory.force_empty		gives back what can be had again from elsewhere: here nothing is of that kind
 *
 * The counting and its rules are in kernel/mm (charge.h), the killing in kernel/task/oom.c; this file gives both their
 * settings. The container's group outlives it while pages are charged to it. The top container has no limit, and its numbers
 * are the machine's. Files and semantics are those of Linux 6.1's cgroup v1; docs/memory-controller.md has the rules and differences.
 */
#include "containers/container.h"
#include "kernel/mm/charge.h"

struct memory {
	struct container_subsys_state css;
	struct mem_group *group;	/* immutable; held */
};

static DEFINE_MUTEX(limit_mutex);	/* one change of a limit at a time; nothing inside */

static struct mem_group *css_group_of(struct container_subsys_state *css)
{
	return container_of(css, struct memory, css)->group;
}

static struct mem_group *cont_group(const struct container *cont)
{
	return css_group_of(container_subsys_state(cont, memory_subsys_id));
}

static bool is_top(const struct mem_group *g)
{
	return !g->parent;
}

/* ---- what kernel/mm asks ---- */

struct mem_group *task_mem_group(struct task_struct *p)
{
	return css_group_of(task_subsys_state(p, memory_subsys_id));
}

void mem_group_path(const struct mem_group *g, char *buf, int buflen)
{
	const struct container *cont;

	rcu_read_lock();
	cont = task_container(current, memory_subsys_id);
	while (cont->parent && cont_group(cont) != g)
		cont = cont->parent;
	if (!cont->parent || container_path(cont, buf, buflen))
		strscpy(buf, "?", buflen);
	rcu_read_unlock();
}

/* ---- a container's life ---- */

static int memory_create(struct container_subsys *ss, struct container *cont)
{
	struct memory *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;
	m->group = cont->parent ? mem_group_create(cont_group(cont->parent)) : &top_mem_group;
	if (!m->group) {
		kfree(m);
		return -ENOMEM;
	}
	cont->subsys[ss->subsys_id] = &m->css;
	return 0;
}

static void memory_destroy(struct container_subsys *ss, struct container *cont)
{
	struct memory *m = container_of(container_subsys_state(cont, ss->subsys_id), struct memory, css);

	mem_group_put(m->group);
	kfree(m);
}

/* Charges stay where they are. A task that waits for room where it was goes on where it is now. */
static void memory_attach(struct container_subsys *ss, struct container *cont, struct container *old_cont, struct task_struct *tsk)
{
	for (struct mem_group *g = cont_group(old_cont); g; g = g->parent)
		mem_group_wake(g);
}

/* ---- files ---- */

static u64 to_bytes(long pages)
{
	return (u64)pages << PAGE_SHIFT;
}

static u64 usage_read(struct container *cont, const struct cftype *cft)
{
	return to_bytes(mem_group_usage(cont_group(cont)));
}

static u64 max_usage_read(struct container *cont, const struct cftype *cft)
{
	return to_bytes(atomic_long_read(&cont_group(cont)->max_usage));
}

static int max_usage_write(struct container *cont, const struct cftype *cft, char *text)
{
	struct mem_group *g = cont_group(cont);

	atomic_long_set(&g->max_usage, is_top(g) ? 0 : mem_group_usage(g));
	return 0;
}

static u64 failcnt_read(struct container *cont, const struct cftype *cft)
{
	return (u64)atomic_long_read(&cont_group(cont)->failcnt);
}

static int failcnt_write(struct container *cont, const struct cftype *cft, char *text)
{
	atomic_long_set(&cont_group(cont)->failcnt, 0);
	return 0;
}

static u64 limit_read(struct container *cont, const struct cftype *cft)
{
	return to_bytes(READ_ONCE(cont_group(cont)->limit));
}

/* "8M" and the like, "-1", to pages, rounded down; an E behind 0x is a digit. `text` is changed. -EINVAL: no number, or one beyond 64 bits. */
static int parse_limit(char *text, long *pages)
{
	static const char units[] = "KMGTPE";
	bool hex = !strncmp(text, "0x", 2) || !strncmp(text, "0X", 2);
	size_t len = strlen(text);
	const char *unit = len && !(hex && isxdigit(text[len - 1])) ? strchr(units, toupper(text[len - 1])) : NULL;
	unsigned int shift = unit ? 10 * (unsigned int)(unit - units + 1) : 0;
	unsigned long long bytes;

	*pages = MEM_GROUP_UNLIMITED;
	if (!strcmp(text, "-1"))
		return 0;
	if (unit)
		text[len - 1] = '\0';
	if (!isdigit(*text) || kstrtoull(text, 0, &bytes) || bytes > ~0ULL >> shift)
		return -EINVAL;
	*pages = (long)min((bytes << shift) >> PAGE_SHIFT, (unsigned long long)MEM_GROUP_UNLIMITED);
	return 0;
}

static int limit_write(struct container *cont, const struct cftype *cft, char *text)
{
	struct mem_group *g = cont_group(cont);
	long pages;
	int err = is_top(g) ? -EINVAL : parse_limit(text, &pages);

	if (err)
		return err;
	mutex_lock(&limit_mutex);
	err = mem_group_set_limit(g, pages);
	mutex_unlock(&limit_mutex);
	return err;
}

/* Nothing charged can be dropped: there is no swap, and a file in memory has no other place (docs/memory-controller.md). */
static int force_empty_write(struct container *cont, const struct cftype *cft, char *text)
{
	return is_top(cont_group(cont)) ? -EINVAL : 0;
}

static void show_stat(struct seq_file *m, const char *prefix, const struct mem_group_stat *s)
{
	long shmem = s->pages[CHARGE_SHMEM], cache = s->pages[CHARGE_CACHE] + shmem, rss = s->pages[CHARGE_ANON];
	const struct {
		const char *name;
		long value;
	} lines[] = {
		{"cache", cache << PAGE_SHIFT},
		{"rss", rss << PAGE_SHIFT},
		{"shmem", shmem << PAGE_SHIFT},
		{"mapped_file", s->mapped << PAGE_SHIFT},
		{"pgpgin", s->uncharged + cache + rss},
		{"pgpgout", s->uncharged},
		{"kernel_stack", s->pages[CHARGE_STACK] << PAGE_SHIFT},
		{"pagetables", s->pages[CHARGE_TABLE] << PAGE_SHIFT},
		{"pipe", s->pages[CHARGE_PIPE] << PAGE_SHIFT},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(lines); i++)
		seq_printf(m, "%s%s %ld\n", prefix, lines[i].name, lines[i].value);
}

static int stat_read(struct container *cont, const struct cftype *cft, struct seq_file *m)
{
	struct mem_group *g = cont_group(cont);
	struct mem_group_stat own, total;
	long limit = MEM_GROUP_UNLIMITED;

	mem_group_stat(g, &own, &total);
	show_stat(m, "", &own);
	for (; g; g = g->parent)
		limit = min(limit, READ_ONCE(g->limit));
	seq_printf(m, "hierarchical_memory_limit %llu\n", (unsigned long long)to_bytes(limit));
	show_stat(m, "total_", &total);
	return 0;
}

static int oom_control_read(struct container *cont, const struct cftype *cft, struct seq_file *m)
{
	struct mem_group *g = cont_group(cont), *p;
	bool waiting = false;

	for (p = g; p && !waiting; p = p->parent)
		waiting = waitqueue_active(&p->room);
	seq_printf(m, "oom_kill_disable %d\nunder_oom %d\noom_kill %ld\n", READ_ONCE(g->oom_kill_disable), waiting,
		   atomic_long_read(&g->oom_kills));
	return 0;
}

static int oom_control_write(struct container *cont, const struct cftype *cft, u64 val)
{
	struct mem_group *g = cont_group(cont);

	if (is_top(g) || val > 1)
		return -EINVAL;
	WRITE_ONCE(g->oom_kill_disable, val);
	smp_mb();			/* before the look at who waits */
	mem_group_wake(g);
	return 0;
}

static const struct cftype memory_files[] = {
	{.name = "memory.usage_in_bytes", .read_uint = usage_read},
	{.name = "memory.max_usage_in_bytes", .read_uint = max_usage_read, .write_string = max_usage_write},
	{.name = "memory.limit_in_bytes", .read_uint = limit_read, .write_string = limit_write},
	{.name = "memory.failcnt", .read_uint = failcnt_read, .write_string = failcnt_write},
	{.name = "memory.stat", .read_seq = stat_read},
	{.name = "memory.force_empty", .write_string = force_empty_write},
	{.name = "memory.oom_control", .read_seq = oom_control_read, .write_uint = oom_control_write},
};

static int memory_populate(struct container_subsys *ss, struct container *cont)
{
	return container_add_files(cont, memory_files, ARRAY_SIZE(memory_files));
}

struct container_subsys memory_subsys = {
	.name = "memory",
	.subsys_id = memory_subsys_id,
	.create = memory_create,
	.destroy = memory_destroy,
	.attach = memory_attach,
	.populate = memory_populate,
};
