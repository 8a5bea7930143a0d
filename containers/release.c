// SPDX-License-Identifier: GPL-2.0-only
/*
 * notify_on_release: when a container that has been in use becomes empty, run the hierarchy's release agent with
 * the container's path as its one argument.
 *
 * Empty means: no tasks, no children, no held state. That can become true deep inside an exit, under a spin lock, so
 * check_for_release() only puts the container on a list; a work item looks again and runs the agent.
 */
#include "containers/internal.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/trace.h"

static DEFINE_SPINLOCK(release_lock);		/* innermost */
static LIST_HEAD(release_list);			/* container.release_list; each holds a reference. release_lock */

static void release_agents_run(struct work_struct *work);
static struct work_struct release_work = __WORK_INITIALIZER(release_work, release_agents_run);

void container_set_releasable(struct container *cont)
{
	if (!test_bit(CONT_RELEASABLE, &cont->flags))
		set_bit(CONT_RELEASABLE, &cont->flags);
}

static bool wants_release(const struct container *cont)
{
	return test_bit(CONT_NOTIFY_ON_RELEASE, &cont->flags) && test_bit(CONT_RELEASABLE, &cont->flags) &&
	       !test_bit(CONT_REMOVED, &cont->flags) && !container_is_top(cont);
}

static bool states_held(const struct container *cont)
{
	int i;

	for (i = 0; i < CONTAINER_SUBSYS_COUNT; i++)
		if (cont->subsys[i] && atomic_read(&cont->subsys[i]->refcnt) > 1)
			return true;
	return false;
}

void check_for_release(struct container *cont)
{
	unsigned long flags;

	if (!wants_release(cont))
		return;
	/*
	 * A hint is enough here: the work item looks at everything under the locks. But of two callers who take the last task and the last
	 * child away at once, one must see both gone: each looks after what it did itself.
	 */
	smp_mb();
	if (READ_ONCE(cont->count) || !list_empty(&cont->children) || states_held(cont))
		return;
	spin_lock_irqsave(&release_lock, flags);
	if (list_empty(&cont->release_list) && container_tryget(cont))
		list_add_tail(&cont->release_list, &release_list);
	spin_unlock_irqrestore(&release_lock, flags);
	schedule_work(&release_work);
}

/* container_mutex held. Still empty? Then what to run: agent and path, kmalloc'ed. */
static bool prepare_agent(struct container *cont, char **agent, char **path)
{
	bool empty;

	spin_lock_irq(&css_group_lock);
	empty = cont->count == 0;
	spin_unlock_irq(&css_group_lock);
	if (!empty || !wants_release(cont) || !list_empty(&cont->children) || states_held(cont))
		return false;
	if (!root_has_agent(cont->root))
		return false;
	*agent = kstrdup(cont->root->release_agent, GFP_KERNEL);
	*path = kmalloc(PATH_MAX, GFP_KERNEL);
	if (*agent && *path && !container_path(cont, *path, PATH_MAX))
		return true;
	pr_warn("containers: release agent %s not run: no memory, or a path that is too long\n", cont->root->release_agent);
	kfree(*agent);
	kfree(*path);
	return false;
}

static void run_agent(struct container *cont)
{
	static char *const envp[] = {"HOME=/", "PATH=/sbin:/bin:/usr/sbin:/usr/bin", NULL};
	char *agent, *path;
	bool run;
	int err;

	mutex_lock(&container_mutex);
	run = prepare_agent(cont, &agent, &path);
	if (run && trace_on(release_agent))
		container_trace_release(cont, agent);
	mutex_unlock(&container_mutex);
	if (!run)
		return;
	/* Without the mutex: the agent's first act may be an rmdir. */
	err = call_usermodehelper(agent, (char *const[]){agent, path, NULL}, envp);
	if (err)
		pr_warn("containers: release agent %s for %s: error %d\n", agent, path, err);
	kfree(agent);
	kfree(path);
}

static struct container *next_released(void)
{
	struct container *cont;

	spin_lock_irq(&release_lock);
	cont = list_first_entry_or_null(&release_list, struct container, release_list);
	if (cont)
		list_del_init(&cont->release_list);
	spin_unlock_irq(&release_lock);
	return cont;
}

static void release_agents_run(struct work_struct *work)
{
	struct container *cont;

	while ((cont = next_released())) {
		run_agent(cont);
		container_put(cont);
	}
}

/* ---- the files ---- */

static u64 notify_read(struct container *cont, const struct cftype *cft)
{
	return test_bit(CONT_NOTIFY_ON_RELEASE, &cont->flags);
}

static int notify_write(struct container *cont, const struct cftype *cft, u64 val)
{
	/* What happened before does not count: the agent runs for the next release. */
	clear_bit(CONT_RELEASABLE, &cont->flags);
	if (val)
		set_bit(CONT_NOTIFY_ON_RELEASE, &cont->flags);
	else
		clear_bit(CONT_NOTIFY_ON_RELEASE, &cont->flags);
	return 0;
}

const struct cftype notify_cftype = {
	.name = "notify_on_release",
	.read_uint = notify_read,
	.write_uint = notify_write,
};

static int agent_read(struct container *cont, const struct cftype *cft, struct seq_file *m)
{
	mutex_lock(&container_mutex);
	if (cont->root->release_agent)
		seq_puts(m, cont->root->release_agent);
	mutex_unlock(&container_mutex);
	seq_putc(m, '\n');
	return 0;
}

static int agent_write(struct container *cont, const struct cftype *cft, char *text)
{
	char *path = NULL;

	/* It runs as root: owning the file is not enough. */
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (strlen(text) >= PATH_MAX)
		return -E2BIG;
	if (*text) {
		path = kstrdup(text, GFP_KERNEL);
		if (!path)
			return -ENOMEM;
	}
	mutex_lock(&container_mutex);
	swap(cont->root->release_agent, path);
	mutex_unlock(&container_mutex);
	kfree(path);
	return 0;
}

const struct cftype release_agent_cftype = {
	.name = "release_agent",
	.flags = CFTYPE_ONLY_ON_ROOT,
	.read_seq = agent_read,
	.write_string = agent_write,
};
