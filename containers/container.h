/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Task containers: the interface, for subsystems and for the kernel around them.
 *
 * The words. A *container* is a set of tasks with parameters for some *subsystems* (also called controllers). Containers form
 * trees; a tree with the subsystems bound to it is a *hierarchy*, and every task is in exactly one container of each
 * hierarchy. A hierarchy is seen through a file system of type "container": a directory a container, files for its
 * parameters, `tasks` for its members. mkdir makes a container, writing a pid into `tasks` moves a task, rmdir ends it.
 *
 * How a task finds its container. A task points to a *css_group*: one reference-counted, immutable set of pointers, a
 * container_subsys_state for each registered subsystem, shared by all tasks that are in the same container of every hierarchy. The
 * state is what a controller wants on its hot path, so that is one load away:
 *
 *	task ──▶ css_group ──▶ container_subsys_state (embedded in the controller's own object)
 *	              │                  └──▶ container
 *	              └── cg_links ──▶ containers other than the top ones
 *
 * A task moves by pointing to another css_group; it forks by taking one more reference.
 *
 * Where things are:
 *	subsys.c	registration of subsystems, boot
 *	hierarchy.c	hierarchies: made, bound, ended
 *	rebind.c	another set of subsystems for a hierarchy in use
 *	mount.c		the file system type and its options
 *	css_group.c	css_groups: found, made, shared, released
 *	attach.c	moving tasks, and the file `tasks` that does it
 *	fork.c		what fork and exit do
 *	container.c	a container's life: mkdir, rmdir, rename, its path
 *	file.c		control files: from a cftype to a file
 *	proc.c		/proc/containers, /proc/PID/container
 *	release.c	notify_on_release and the release agent
 *	clone.c		container_clone(): a container for a new namespace
 *	controllers/	one file a subsystem; docs/adding-a-controller.md
 *
 * Locks (docs/locking.md has the whole order):
 *	container_mutex	 the shape of everything: hierarchies, children, bindings, moves. Sleeps.
 *	css_group_lock	 css_groups, their tasks, which group a task is in. Spins, interrupts off.
 *	Reading a task's group or state: either of these, or an RCU read section.
 */
#pragma once

#include "kernel/lib/lib.h"
#include "kernel/sched/sched.h"
#include "fs/seq_file.h"

struct container;
struct container_subsys;
struct containerfs_root;
struct css_group;
struct dentry;
struct file;

#ifdef CONFIG_CONTAINERS

/* One number for each line of container_subsys.h, in its order. */
#define SUBSYS(x) x##_subsys_id,
enum container_subsys_id {
#include "containers/container_subsys.h"
	CONTAINER_SUBSYS_COUNT
};
#undef SUBSYS
BUILD_BUG_ON(CONTAINER_SUBSYS_COUNT > 64);

/*
 * What a subsystem keeps for one container begins with this (or holds it somewhere): the framework's handle on it.
 */
struct container_subsys_state {
	struct container *container;	/* immutable, but for a root state: container_mutex, when it is bound elsewhere */
	/*
	 * 1 for the container itself, 1 for each css_get(). rmdir takes the container's own away, if it is the last; from then on
	 * css_tryget() fails; it may also fail while a rmdir finds out that it cannot be. A root state is never removed and not counted.
	 */
	atomic_t refcnt;
	unsigned long flags;
#define CSS_ROOT 0x1
};

/*
 * Keep the container from being removed, and its subsystem bound: rmdir, and a remount without the subsystem, say EBUSY until css_put().
 * css_get() needs a state that cannot be in removal: one that was got before, or, with container_mutex held, that of a task or of a
 * container that is not removed. Any context.
 */
void css_get(struct container_subsys_state *css);
/* The same for a state found under RCU alone; false: it is being removed. Any context. */
bool css_tryget(struct container_subsys_state *css);
/* Any context. The last one may start the release agent. */
void css_put(struct container_subsys_state *css);

/* A container's name: replaced as a whole by rename. RCU. */
struct container_name {
	struct rcu_head rcu;
	char text[];
};

struct container {
	/* ---- immutable after creation ---- */
	struct containerfs_root *root;
	struct container *parent;		/* NULL for a top container; pinned by its children */
	struct container_subsys_state *subsys[CONTAINER_SUBSYS_COUNT]; /* NULL where not bound; the top one's: container_mutex */
	struct dentry *dentry;			/* its directory; only valid until CONT_REMOVED is set: container_mutex */

	/* ---- container_mutex ---- */
	struct list_head sibling;		/* in parent->children */
	struct list_head children;
	struct container_name *name;		/* RCU to read */

	/* ---- css_group_lock ---- */
	struct list_head cg_links;		/* struct cg_link: the css_groups with tasks here; empty for a top container */
	unsigned int count;			/* their number. Not that of tasks: >0 means busy */

	/* ---- atomic ---- */
	unsigned long flags;			/* CONT_* bits */
	refcount_t ref;				/* its directory's inode, children; at 0 the states are destroyed */

	/* ---- release.c: release_lock ---- */
	struct list_head release_list;

	union {					/* how it goes, once ref is 0 */
		struct rcu_head rcu;
		struct work_struct work;
	};
};
#define CONT_REMOVED	       0	/* rmdir has happened; set under container_mutex */
#define CONT_NOTIFY_ON_RELEASE 1
#define CONT_RELEASABLE	       2	/* has had a task or a child: the release agent may run */

/*
 * A control file. All operations are called with the container alive in memory and fail with ENODEV, without being called, once it
 * has been removed. At most one way to read and one to write:
 *   read_uint/write_uint	one unsigned number, decimal, as text
 *   read_seq			text of any length
 *   write_string		a short text: stripped of white space at both ends, at most CFTYPE_WRITE_MAX bytes (else E2BIG)
 *   read/write			everything by hand; the buffers are a program's or the kernel's, as in struct file_operations
 * All may sleep; none holds a lock on entry. Write operations return 0 or an error; `write` the bytes it took.
 */
#define MAX_CFTYPE_NAME	 64
#define CFTYPE_WRITE_MAX 4096
struct cftype {
	const char *name;		/* "subsystem.file", below MAX_CFTYPE_NAME characters */
	umode_t mode;			/* 0: 0644, 0444 or 0200 by what it can do */
	unsigned int flags;		/* CFTYPE_* */
	int private;			/* the subsystem's */
	int (*open)(struct container *cont, const struct cftype *cft, struct file *file);
	ssize_t (*read)(struct container *cont, const struct cftype *cft, struct file *file, char __user *buf, size_t nbytes,
			loff_t *ppos);
	u64 (*read_uint)(struct container *cont, const struct cftype *cft);
	int (*read_seq)(struct container *cont, const struct cftype *cft, struct seq_file *m); /* file->private_data is the core's */
	ssize_t (*write)(struct container *cont, const struct cftype *cft, struct file *file, const char __user *buf, size_t nbytes,
			 loff_t *ppos);
	int (*write_uint)(struct container *cont, const struct cftype *cft, u64 val);
	int (*write_string)(struct container *cont, const struct cftype *cft, char *text);
	int (*release)(struct container *cont, const struct cftype *cft, struct file *file);
};
#define CFTYPE_ONLY_ON_ROOT 1
#define CFTYPE_NOT_ON_ROOT  2
#define CFTYPE_SEQ	    4	/* open() calls seq_open() for readers: reading and seeking are seq_file's */

/*
 * Only from populate(), with the subsystem's own files; their names must begin with "NAME.". The table must live for ever.
 * -EINVAL: a name breaks the rules. -EEXIST: a child container has it, or the table has it twice. -ENOMEM. container_add_files: the first
 * error ends it; the core then removes all.
 */
int container_add_file(struct container *cont, const struct cftype *cft);
int container_add_files(struct container *cont, const struct cftype *cft, int count);

/*
 * A subsystem. `create`, `destroy` and `name` are required; subsys_id is x_subsys_id for the object x_subsys named by
 * SUBSYS(x).
 */
struct container_subsys {
	/*
	 * A container has come: make the state and put it into cont->subsys[ss->subsys_id]; cont->parent is NULL for the
	 * root state, made once at boot. On error nothing is left and the pointer is not set; mkdir fails with it.
	 * container_mutex held (not at boot). May sleep, unless early_init.
	 */
	int (*create)(struct container_subsys *ss, struct container *cont);
	/* The container is gone and nobody can reach the state any more: free it. container_mutex held. */
	void (*destroy)(struct container_subsys *ss, struct container *cont);
	/*
	 * May tsk (NULL: any task) move into cont? An error stops the move, of all tasks concerned. It stays valid
	 * while container_mutex is held. cancel_attach: the move that was agreed to does not happen after all.
	 * A remount that binds or unbinds ss moves all tasks below the top, from the root state to that of their container or back: it
	 * asks with NULL, once for each css_group, and calls attach() for each task.
	 */
	int (*can_attach)(struct container_subsys *ss, struct container *cont, struct task_struct *tsk);
	void (*cancel_attach)(struct container_subsys *ss, struct container *cont, struct task_struct *tsk);
	/*
	 * tsk has moved from old_cont to cont. container_mutex held; may sleep. If tsk exits at this moment, its exit() may have run
	 * already: what both do must add up in either order.
	 */
	void (*attach)(struct container_subsys *ss, struct container *cont, struct container *old_cont, struct task_struct *tsk);
	/*
	 * A task is about to be born into its parent's containers: can_fork may refuse it with an error; cancel_fork undoes that
	 * when the fork fails later. fork: it is born. exit: a task is leaving; it is still in its container for this call.
	 * None of the four may sleep. They run for every task, whether the subsystem is bound or not; but see ignores_top.
	 */
	int (*can_fork)(struct container_subsys *ss, struct task_struct *child);
	void (*cancel_fork)(struct container_subsys *ss, struct task_struct *child);
	void (*fork)(struct container_subsys *ss, struct task_struct *child);
	void (*exit)(struct container_subsys *ss, struct task_struct *tsk);
	/* Put the files into a new directory with container_add_files(). An error fails the mkdir or mount. container_mutex held. */
	int (*populate)(struct container_subsys *ss, struct container *cont);
	/*
	 * The root state now belongs to `top`, of another hierarchy, whose containers, if it has any, have states by now. Before attach()
	 * for the tasks there. container_mutex held.
	 */
	void (*bind)(struct container_subsys *ss, struct container *top);
	/*
	 * container_clone() has made cont and will move its maker there; or ss has come to a hierarchy in use, where cont may have tasks:
	 * give it usable settings. container_mutex held.
	 */
	void (*post_clone)(struct container_subsys *ss, struct container *cont);

	int subsys_id;
	bool early_init;			/* created before there is memory: no allocation in create */
	bool follows_namespaces;		/* container_new_namespace() makes a container in its hierarchy */
	/*
	 * fork, exit, can_fork and cancel_fork have nothing to do for a task in the top container: they are left out for tasks that are
	 * in no other container anywhere, so that who uses no containers pays for none. (fork is called also for those of which an ancestor
	 * or they were moved once: what was copied from the parent may be of a container that it has just left.)
	 */
	bool ignores_top;
	const char *name;			/* shorter than MAX_CONTAINER_TYPE_NAMELEN */
#define MAX_CONTAINER_TYPE_NAMELEN 32

	/* ---- the framework's: container_mutex ---- */
	bool active;
	struct containerfs_root *root;		/* the hierarchy it is bound to */
};

#define SUBSYS(x) extern struct container_subsys x##_subsys;
#include "containers/container_subsys.h"
#undef SUBSYS

/* ---- boot, fork and exit: the places where the rest of the kernel calls the framework ---- */
void container_init_early(void);	/* before the allocator: the root container, early subsystems */
void container_init(void);		/* kmalloc works: the other subsystems */
void container_init_smp(void);		/* all CPUs are up */
/*
 * copy_process(), in this order. container_fork: child, whose signal_struct is set, gets current's css_group; nobody sees it yet; may
 * sleep if it is a thread. container_can_fork: 0 or the errno of the subsystem that refuses. container_enter: child, whose tgid is set,
 * is now in its containers; false: these have other subsystems since, so cancel and begin again with container_can_fork.
 * container_post_fork: tell the subsystems, before child's pid can be found; tasklist_lock is held for writing for these two.
 * container_fork_done: it has been made; no locks held. When something fails: container_cancel_fork undoes container_can_fork,
 * container_fork_failed undoes container_fork.
 */
void container_fork(struct task_struct *child);
void container_cancel_fork(struct task_struct *child);
bool container_enter(struct task_struct *child);
void container_fork_failed(struct task_struct *child);
/* do_exit(): leave all containers. From here on the task is in no `tasks` file and its path is "/". */
void container_exit(struct task_struct *tsk);
/*
 * tsk gets a new namespace: container_clone() for each subsystem that follows namespaces. 0, or the first error with nothing changed.
 * clone calls it between container_fork() and container_can_fork(), unshare for current. container_new_namespace_failed undoes it
 * when something else fails later. If undoing fails too (no memory, a subsystem refuses), tsk stays in the new container.
 */
int container_new_namespace(struct task_struct *tsk, pid_t pid);
void container_new_namespace_failed(struct task_struct *tsk, pid_t pid);
/*
 * Make a container below tsk's own in ss's hierarchy and put tsk there: tsk is current, or a child that container_fork() has prepared
 * and nobody sees yet; `pid` names the container. 0 (also when ss is not mounted), -EEXIST, -ENOMEM, what a subsystem said. May sleep.
 */
int container_clone(struct task_struct *tsk, struct container_subsys *ss, pid_t pid);

/* ---- for subsystems ---- */
void container_lock(void);		/* container_mutex */
void container_unlock(void);
static inline bool container_is_removed(const struct container *cont)
{
	return test_bit(CONT_REMOVED, &cont->flags);
}
/*
 * The path of cont in its hierarchy: "/" for a top container. 0, or -ENAMETOOLONG when buf of buflen bytes (0 too) is too
 * short; buf is then an empty string if buflen > 0. Needs a container that cannot be freed (own state, reference, RCU). Any context.
 */
int container_path(const struct container *cont, char *buf, int buflen);
/* Is cont the container of current in its hierarchy, or below it? RCU or container_mutex. */
int container_is_descendant(const struct container *cont);
/* Is cont `ancestor` or below it? */
bool container_is_below(const struct container *cont, const struct container *ancestor);

/*
 * Call fn for each task in cont (not of those below), referenced. container_mutex is held, so that none is moved meanwhile; fn may sleep,
 * but not walk tasks itself, and must stand tasks that have begun to exit, whose exit() may have run. A task that is born meanwhile may be
 * missed: set what fork() shall find first, then walk.
 */
void container_for_each_task(struct container *cont, void (*fn)(struct task_struct *tsk, void *arg), void *arg);
/*
 * Over the children of cont, and over cont itself with all that is below it, parents before their children. container_mutex is held, so
 * that none is made or removed.
 */
#define container_for_each_child(child, cont) list_for_each_entry (child, &(cont)->children, sibling)
#define container_for_each_below(pos, cont)   for ((pos) = (cont); (pos); (pos) = container_next_below(pos, cont))
struct container *container_next_below(struct container *pos, const struct container *cont);

static inline struct container_subsys_state *container_subsys_state(const struct container *cont, int subsys_id)
{
	return cont->subsys[subsys_id];
}

/* One combination of containers, one for each hierarchy, and the states that go with it. */
struct css_group {
	/* ---- immutable once it can be found ---- */
	struct container_subsys_state *subsys[CONTAINER_SUBSYS_COUNT];
	unsigned long hash;			/* sum over the links' containers */
	unsigned int nr_links;

	refcount_t ref;				/* tasks, and whoever looks; at 0 it leaves the table, memory goes after RCU */
	/* ---- css_group_lock ---- */
	bool used;				/* a task has been in it: its containers may become "released" */
	struct css_group *successor;		/* rebind.c has replaced it: no task is in it, none may enter. Referenced */
	struct list_head tasks;			/* task_struct.cg_list */
	struct hlist_node hash_node;
	struct list_head all;			/* css_groups */
	struct rcu_head rcu;

	/* This group in one container: for each hierarchy where it is not the top one, by hierarchy id. */
	struct cg_link {
		struct container *cont;		/* immutable */
		struct list_head in_cont;	/* cont->cg_links; css_group_lock */
		struct css_group *group;	/* immutable */
	} links[];
};

/* RCU read section, css_group_lock, or the task is current. */
static inline struct container_subsys_state *task_subsys_state(struct task_struct *task, int subsys_id)
{
	return rcu_dereference(task->containers)->subsys[subsys_id];
}
static inline struct container *task_container(struct task_struct *task, int subsys_id)
{
	return READ_ONCE(task_subsys_state(task, subsys_id)->container);
}

/* A task in top containers only, and not a thread, is forked without a call of these. */
extern bool container_fork_in_top;		/* some subsystem wants to be called for it nevertheless; written at boot */
int container_ask_fork(struct task_struct *child);
void container_call_fork(struct task_struct *child);
void container_thread_made(void);
static inline bool container_fork_concerns(const struct task_struct *child)
{
	return child->containers->nr_links || child->cg_moved || container_fork_in_top;
}
static inline int container_can_fork(struct task_struct *child)
{
	return unlikely(container_fork_concerns(child)) ? container_ask_fork(child) : 0;
}
static inline void container_post_fork(struct task_struct *child)
{
	if (unlikely(container_fork_concerns(child)))
		container_call_fork(child);
}
static inline void container_fork_done(struct task_struct *child)
{
	if (unlikely(child->signal == current->signal))
		container_thread_made();
}

/*
 * For reports in any context but an NMI (show.c): true if container_mutex is free; then, until container_show_end(): where p is,
 * as " names:path" for each hierarchy in which that is not the top; and all containers, to the log.
 */
bool container_show_begin(void);
void container_show_end(void);
void container_show_task(struct seq_file *m, struct task_struct *p);
void container_show_all(void);

#else /* !CONFIG_CONTAINERS */

static inline void container_init_early(void) {}
static inline void container_init(void) {}
static inline void container_init_smp(void) {}
static inline void container_fork(struct task_struct *child) {}
static inline int container_can_fork(struct task_struct *child) { return 0; }
static inline void container_cancel_fork(struct task_struct *child) {}
static inline bool container_enter(struct task_struct *child) { return true; }
static inline void container_post_fork(struct task_struct *child) {}
static inline void container_fork_done(struct task_struct *child) {}
static inline void container_fork_failed(struct task_struct *child) {}
static inline void container_exit(struct task_struct *tsk) {}
static inline int container_new_namespace(struct task_struct *tsk, pid_t pid) { return 0; }
static inline void container_new_namespace_failed(struct task_struct *tsk, pid_t pid) {}
static inline void container_lock(void) {}
static inline void container_unlock(void) {}
static inline bool container_show_begin(void) { return true; }
static inline void container_show_end(void) {}
static inline void container_show_task(struct seq_file *m, struct task_struct *p) {}
static inline void container_show_all(void) {}

#endif /* CONFIG_CONTAINERS */
