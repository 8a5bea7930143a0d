// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the framework promises to subsystems (containers/container.h) and what no subsystem here needs or shows: states that are held,
 * refusals after others had agreed, callbacks that fail half-way, paths in buffers of any length. The callbacks of debug, ns, numtasks
 * and cpuset are exchanged for the length of a test.
 */
#ifdef CONFIG_CONTAINERS
#include "containers/internal.h"
#include "fs/internal.h"
#include "kernel/debug/debug.h"

#define TOP "/ktest-containers"

static long mount_flags(unsigned long flags, const char *options)
{
	char data[64];		/* parsing changes it */

	strscpy(data, options, sizeof(data));
	return do_mount("ktest", TOP, "container", flags, data);
}

static void mount_top(const char *options)
{
	KTEST_EQ(mkdir_path(TOP, 0755), 0);
	KTEST_EQ(mount_flags(0, options), 0);
}

static long remount_top(const char *options)
{
	return mount_flags(MS_REMOUNT, options);
}

static void umount_top(void)
{
	KTEST_EQ(umount_path(TOP, 0), 0);
	KTEST_EQ(unlink_path(TOP, true), 0);
}

/* Not referenced: the directory stays for as long as the test wants it. */
static struct container *container_at(const char *name)
{
	struct container *cont;
	struct path path;

	if (kern_path(name, 0, &path))
		return NULL;
	cont = dentry_container(path.dentry);
	path_put(&path);
	return cont;
}

static bool is_there(const char *name)
{
	struct path path;

	if (kern_path(name, 0, &path))
		return false;
	path_put(&path);
	return true;
}

static int move_to(struct container *cont, bool threadgroup)
{
	int err;

	down_write(&threadgroup_rwsem);
	container_lock();
	err = container_attach_task(cont, current, threadgroup);
	container_unlock();
	up_write(&threadgroup_rwsem);
	return err;
}

/* ---- states ---- */

KTEST(test_container_a_held_state_keeps_rmdir_away)
{
	struct container_subsys_state *css, *root;
	struct container *cont;
	struct file *file;

	mount_top("debug");
	KTEST_EQ(mkdir_path(TOP "/a", 0755), 0);
	cont = container_at(TOP "/a");
	css = container_subsys_state(cont, debug_subsys_id);
	KTEST_EXPECT(css_tryget(css));
	KTEST_EQ(unlink_path(TOP "/a", true), -EBUSY);
	css_get(css);
	css_put(css);
	KTEST_EQ(unlink_path(TOP "/a", true), -EBUSY);
	css_put(css);
	KTEST_EXPECT(css_tryget(css)); /* the rmdir that failed has killed nothing */
	css_put(css);

	/* An open file keeps the container in memory, but nobody can get its state any more. */
	file = filp_open(TOP "/a/tasks", O_WRONLY, 0);
	KTEST_EXPECT(!IS_ERR(file));
	KTEST_EQ(unlink_path(TOP "/a", true), 0);
	KTEST_EXPECT(container_is_removed(cont));
	KTEST_EXPECT(!css_tryget(css));
	fput(file);

	root = container_subsys_state(container_at(TOP), debug_subsys_id);
	KTEST_EXPECT(css_tryget(root));
	css_get(root);
	KTEST_EQ(atomic_read(&root->refcnt), 1);
	css_put(root);
	umount_top();
	css_put(root);		/* is not counted, so it kept nothing */
}

/* Of several states one is held: rmdir and remount say EBUSY, and the others are as before. */
KTEST(test_container_one_held_state_leaves_the_others_alone)
{
	struct container_subsys_state *first, *held;
	struct container *cont;

	mount_top("numtasks,debug");
	KTEST_EQ(mkdir_path(TOP "/a", 0755), 0);
	cont = container_at(TOP "/a");
	first = container_subsys_state(cont, numtasks_subsys_id);
	held = container_subsys_state(cont, debug_subsys_id);
	css_get(held);
	KTEST_EQ(unlink_path(TOP "/a", true), -EBUSY);
	KTEST_EQ(atomic_read(&first->refcnt), 1);
	KTEST_EQ(remount_top("none,name=x"), -EINVAL);
	KTEST_EQ(remount_top("numtasks"), -EBUSY);
	KTEST_EXPECT(is_there(TOP "/a/debug.taskcount"));
	css_put(held);
	KTEST_EQ(remount_top("numtasks"), 0);
	KTEST_EXPECT(!is_there(TOP "/a/debug.taskcount"));
	KTEST_EQ(unlink_path(TOP "/a", true), 0);
	umount_top();
}

static bool stop, stopped;

/* Gets and puts a state that it found under RCU, until it cannot be got any more. */
static int hold_now_and_then(void *css)
{
	bool alive = true;

	while (alive && !READ_ONCE(stop)) {
		rcu_read_lock();
		alive = css_tryget(css);
		rcu_read_unlock();
		if (alive)
			css_put(css);
		else
			alive = !container_is_removed(((struct container_subsys_state *)css)->container);
		cond_resched();
	}
	WRITE_ONCE(stopped, true);
	return 0;
}

KTEST(test_container_tryget_against_rmdir)
{
	int i, tries, removed = 0;

	mount_top("debug");
	for (i = 0; i < 100; i++) {
		struct container_subsys_state *css;
		struct file *file;

		stop = stopped = false;
		KTEST_EQ(mkdir_path(TOP "/a", 0755), 0);
		css = container_subsys_state(container_at(TOP "/a"), debug_subsys_id);
		file = filp_open(TOP "/a/tasks", O_WRONLY, 0);
		KTEST_EXPECT(!IS_ERR(kthread_run(hold_now_and_then, css, "ktest-css")));
		for (tries = 0; tries < 100000 && unlink_path(TOP "/a", true); tries++)
			cond_resched();
		removed += !is_there(TOP "/a");
		WRITE_ONCE(stop, true);
		while (!READ_ONCE(stopped))
			cond_resched();
		KTEST_EQ(atomic_read(&css->refcnt), 0);
		fput(file);
	}
	KTEST_EQ(removed, 100);
	umount_top();
}

/* The last reference to a state can be what a release waits for. The agent gets the path as its argument: touch makes a file of it. */
KTEST(test_container_last_css_put_runs_the_agent)
{
	struct container_subsys_state *css;
	struct container *cont;
	int i;

	mount_top("debug,release_agent=/bin/touch");
	KTEST_EQ(mkdir_path(TOP "/ktest-released", 0755), 0);
	cont = container_at(TOP "/ktest-released");
	css = container_subsys_state(cont, debug_subsys_id);
	set_bit(CONT_NOTIFY_ON_RELEASE, &cont->flags);
	css_get(css);
	KTEST_EQ(move_to(cont, false), 0);
	KTEST_EQ(move_to(container_at(TOP), false), 0);
	flush_work_all();
	KTEST_EXPECT(!is_there("/ktest-released"));
	css_put(css);
	for (i = 0; i < 6000 && !is_there("/ktest-released"); i++) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_timeout(10 * NSEC_PER_MSEC);
	}
	KTEST_EQ(unlink_path("/ktest-released", false), 0);
	KTEST_EQ(unlink_path(TOP "/ktest-released", true), 0);
	umount_top();
}

/* ---- refusals ---- */

static int agreed, cancelled, attached;

static int agree(struct container_subsys *ss, struct container *cont, struct task_struct *tsk)
{
	agreed++;
	return 0;
}

static int refuse(struct container_subsys *ss, struct container *cont, struct task_struct *tsk)
{
	return -EDOM;
}

static void hear_cancel(struct container_subsys *ss, struct container *cont, struct task_struct *tsk)
{
	cancelled++;
}

static void hear_attach(struct container_subsys *ss, struct container *cont, struct container *old, struct task_struct *tsk)
{
	attached++;
}

KTEST(test_container_a_refused_move_is_told_to_those_that_agreed)
{
	struct container_subsys ns = ns_subsys, debug = debug_subsys;
	struct css_group *before = current->containers;
	struct container *cont;

	mount_top("ns,debug");
	KTEST_EQ(mkdir_path(TOP "/a", 0755), 0);
	cont = container_at(TOP "/a");
	agreed = cancelled = attached = 0;
	ns_subsys.can_attach = agree;
	ns_subsys.cancel_attach = debug_subsys.cancel_attach = hear_cancel;
	ns_subsys.attach = hear_attach;
	debug_subsys.can_attach = refuse;
	KTEST_EQ(move_to(cont, false), -EDOM);
	KTEST_EQ(move_to(cont, true), -EDOM);
	KTEST_EQ(agreed, 2);
	KTEST_EQ(cancelled, 2); /* not the one that refused */
	KTEST_EQ(attached, 0);
	KTEST_EQ(current->containers == before, true);
	KTEST_EQ(cont->count, 0);
	debug_subsys.can_attach = NULL;
	KTEST_EQ(move_to(cont, true), 0);
	KTEST_EQ(cancelled, 2);
	KTEST_EQ(attached, 1);
	KTEST_EQ(move_to(cont, false), 0); /* there already: nobody is asked */
	KTEST_EQ(agreed, 3);
	KTEST_EQ(move_to(container_at(TOP), false), 0);
	ns_subsys.can_attach = ns.can_attach;
	ns_subsys.cancel_attach = ns.cancel_attach;
	ns_subsys.attach = ns.attach;
	debug_subsys.can_attach = debug.can_attach;
	debug_subsys.cancel_attach = debug.cancel_attach;
	KTEST_EQ(unlink_path(TOP "/a", true), 0);
	umount_top();
}

KTEST(test_container_a_refused_remount_is_told_to_those_that_agreed)
{
	struct container_subsys numtasks = numtasks_subsys, debug = debug_subsys;
	struct css_group *before;
	struct container *cont;

	mount_top("cpuacct");
	KTEST_EQ(mkdir_path(TOP "/a", 0755), 0);
	cont = container_at(TOP "/a");
	KTEST_EQ(move_to(cont, false), 0);
	before = current->containers;
	agreed = cancelled = attached = 0;
	numtasks_subsys.can_attach = agree;
	numtasks_subsys.cancel_attach = debug_subsys.cancel_attach = hear_cancel;
	numtasks_subsys.attach = hear_attach;
	debug_subsys.can_attach = refuse;
	KTEST_EQ(remount_top("cpuacct,numtasks,debug"), -EDOM);
	KTEST_EQ(agreed, 1);
	KTEST_EQ(cancelled, 1);
	KTEST_EQ(attached, 0);
	KTEST_EXPECT(!is_there(TOP "/a/debug.taskcount"));
	KTEST_EQ(current->containers == before, true);
	KTEST_EQ(container_subsys_state(cont, numtasks_subsys_id) == NULL, true);
	KTEST_EQ(numtasks_subsys.root == &rootnode && debug_subsys.root == &rootnode, true);
	numtasks_subsys.can_attach = numtasks.can_attach;
	numtasks_subsys.cancel_attach = numtasks.cancel_attach;
	numtasks_subsys.attach = numtasks.attach;
	debug_subsys.can_attach = debug.can_attach;
	debug_subsys.cancel_attach = debug.cancel_attach;
	KTEST_EQ(move_to(container_at(TOP), false), 0);
	KTEST_EQ(unlink_path(TOP "/a", true), 0);
	umount_top();
}

static int refuse_fork(struct container_subsys *ss, struct task_struct *child)
{
	return -EDOM;
}

static void hear_cancel_fork(struct container_subsys *ss, struct task_struct *child)
{
	cancelled++;
}

static int do_nothing(void *arg)
{
	return 0;
}

KTEST(test_container_a_refused_fork_is_told_to_those_that_agreed)
{
	struct container_subsys cpuset = cpuset_subsys, numtasks = numtasks_subsys;
	struct container *cont;

	mount_top("debug");
	KTEST_EQ(mkdir_path(TOP "/a", 0755), 0);
	cont = container_at(TOP "/a");
	KTEST_EQ(move_to(cont, false), 0);
	cancelled = 0;
	cpuset_subsys.cancel_fork = hear_cancel_fork;
	numtasks_subsys.can_fork = refuse_fork;
	numtasks_subsys.cancel_fork = hear_cancel_fork;
	KTEST_EQ(PTR_ERR(kthread_run(do_nothing, NULL, "ktest-fork")), -EDOM);
	cpuset_subsys.cancel_fork = cpuset.cancel_fork;
	numtasks_subsys.can_fork = numtasks.can_fork;
	numtasks_subsys.cancel_fork = numtasks.cancel_fork;
	KTEST_EQ(cancelled, 1);
	KTEST_EQ(move_to(container_at(TOP), false), 0);
	KTEST_EQ(cont->count, 0); /* the child that was not born holds nothing */
	KTEST_EQ(unlink_path(TOP "/a", true), 0);
	umount_top();
}

/* As if somebody had mounted something there since the mkdir; a real mount is not for those who hold the locks of a callback. */
static void mount_on_clone(struct container_subsys *ss, struct container *cont)
{
	cont->dentry->d_mounted++;
}

static void do_not_mount(struct container_subsys *ss, struct container *cont)
{
}

KTEST(test_container_clone_that_is_refused)
{
	struct container_subsys ns = ns_subsys, debug = debug_subsys;

	mount_top("ns,debug");
	cancelled = 0;
	debug_subsys.can_attach = refuse;
	ns_subsys.cancel_attach = hear_cancel;
	ns_subsys.post_clone = do_not_mount;
	KTEST_EQ(container_clone(current, &ns_subsys, 7), -EDOM);
	KTEST_EXPECT(!is_there(TOP "/node_7"));
	ns_subsys.post_clone = mount_on_clone;
	KTEST_EQ(container_clone(current, &ns_subsys, 7), -EDOM);
	KTEST_EQ(cancelled, 2);
	KTEST_EXPECT(is_there(TOP "/node_7")); /* its mount would have lost its place */
	if (is_there(TOP "/node_7"))
		container_at(TOP "/node_7")->dentry->d_mounted--;
	KTEST_EQ(container_clone(current, &ns_subsys, 7), -EEXIST);
	debug_subsys.can_attach = debug.can_attach;
	ns_subsys.post_clone = ns.post_clone;
	ns_subsys.cancel_attach = ns.cancel_attach;
	KTEST_EQ(unlink_path(TOP "/node_7", true), 0);
	KTEST_EQ(container_clone(current, &ns_subsys, 7), 0);
	KTEST_EQ(container_at(TOP "/node_7") == task_container(current, ns_subsys_id), true);
	KTEST_EQ(move_to(container_at(TOP), false), 0);
	KTEST_EQ(unlink_path(TOP "/node_7", true), 0);
	umount_top();
	KTEST_EQ(container_clone(current, &ns_subsys, 7), 0);	/* not mounted: nothing to do */
}

/* ---- callbacks that fail ---- */

static int destroyed;
static void (*real_destroy)(struct container_subsys *ss, struct container *cont);

static void hear_destroy(struct container_subsys *ss, struct container *cont)
{
	destroyed++;
	real_destroy(ss, cont);
}

static int fail(struct container_subsys *ss, struct container *cont)
{
	return -EDOM;
}

static int add_misnamed(struct container_subsys *ss, struct container *cont)
{
	static const struct cftype file = {.name = "debugger.x"};

	return container_add_file(cont, &file);
}

static int add_twice(struct container_subsys *ss, struct container *cont)
{
	static const struct cftype files[] = {{.name = "debug.x"}, {.name = "debug.y"}, {.name = "debug.x"}};

	return container_add_files(cont, files, ARRAY_SIZE(files));
}

static void expect_no_directory(int err)
{
	struct container *top = container_at(TOP);

	destroyed = 0;
	KTEST_EQ(mkdir_path(TOP "/a", 0755), err);
	KTEST_EXPECT(!is_there(TOP "/a"));
	KTEST_EQ(top->root->number_of_containers, 1);
	KTEST_EQ(list_empty(&top->children), true);
	rcu_barrier();
	flush_work_all();
	KTEST_EQ(destroyed, 1); /* numtasks' state, which had been made */
}

KTEST(test_container_a_mkdir_that_fails_half_way_leaves_nothing)
{
	struct container_subsys debug = debug_subsys;

	mount_top("numtasks,debug");
	real_destroy = numtasks_subsys.destroy;
	numtasks_subsys.destroy = hear_destroy;
	debug_subsys.create = fail;
	expect_no_directory(-EDOM);
	debug_subsys.create = debug.create;
	debug_subsys.populate = fail;
	expect_no_directory(-EDOM);
	debug_subsys.populate = add_misnamed;
	expect_no_directory(-EINVAL);
	KTEST_EQ(remount_top("numtasks"), 0);
	KTEST_EQ(remount_top("numtasks,debug"), -EINVAL);
	KTEST_EXPECT(!is_there(TOP "/debugger.x"));
	debug_subsys.populate = add_twice;
	KTEST_EQ(remount_top("numtasks,debug"), -EEXIST);
	KTEST_EQ(mount_flags(0, "debug"), -EEXIST);
	KTEST_EQ(debug_subsys.root == &rootnode, true);
	debug_subsys.populate = debug.populate;
	numtasks_subsys.destroy = real_destroy;
	KTEST_EQ(remount_top("numtasks,debug"), 0);
	KTEST_EQ(mkdir_path(TOP "/a", 0755), 0);
	KTEST_EQ(unlink_path(TOP "/a", true), 0);
	umount_top();
}

/* ---- paths ---- */

KTEST(test_container_path_fits_or_says_so)
{
	static const char expected[] = "/a/bcd";
	struct container *cont;
	char buf[16];
	int len;

	mount_top("debug");
	KTEST_EQ(mkdir_path(TOP "/a", 0755), 0);
	KTEST_EQ(mkdir_path(TOP "/a/bcd", 0755), 0);
	cont = container_at(TOP "/a/bcd");
	for (len = -1; len < (int)sizeof(buf); len++) {
		bool fits = len >= (int)sizeof(expected);

		memset(buf, '#', sizeof(buf));
		KTEST_EQ(container_path(cont, buf, len), fits ? 0 : -ENAMETOOLONG);
		KTEST_EXPECT(len <= 0 || !strcmp(buf, fits ? expected : ""));
		KTEST_EQ(buf[max(len, 0)], '#');
	}
	for (len = 0; len < 3; len++) {
		KTEST_EQ(container_path(container_at(TOP), buf, len), len == 2 ? 0 : -ENAMETOOLONG);
		KTEST_EQ(container_path(dummytop, buf, len), len == 2 ? 0 : -ENAMETOOLONG);
	}
	KTEST_EQ(strcmp(buf, "/"), 0);
	KTEST_EQ(container_is_descendant(cont), 1);
	KTEST_EQ(move_to(cont, false), 0);
	KTEST_EQ(container_is_descendant(cont), 1);
	KTEST_EQ(container_is_descendant(cont->parent), 0);
	KTEST_EQ(move_to(container_at(TOP), false), 0);
	KTEST_EQ(unlink_path(TOP "/a/bcd", true), 0);
	KTEST_EQ(unlink_path(TOP "/a", true), 0);
	umount_top();
}
#endif
