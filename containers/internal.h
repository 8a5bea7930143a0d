/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of containers/ share and nobody else sees. */
#pragma once

#include "containers/container.h"
#include "fs/fs.h"

extern struct mutex container_mutex;
extern spinlock_t css_group_lock;

/*
 * A hierarchy: a tree of containers and the subsystems bound to it. Made by mounting; lives while it is mounted or has
 * containers below its top. The one that is not mountable, `rootnode`, holds the subsystems that nobody has mounted.
 */
struct containerfs_root {
	/* ---- immutable after creation ---- */
	unsigned int hierarchy_id;		/* 0: rootnode */
	char name[64];				/* of a named hierarchy, or "" */
	/* ---- container_mutex ---- */
	struct super_block *sb;			/* NULL: rootnode, or not complete yet */
	u64 subsys_bits;			/* bit n: subsystem n is bound here */
	u64 wanted_bits;			/* what a mount asks for, from its beginning: sget() finds it by this. s_umount */
	unsigned int number_of_containers;
	struct list_head root_list;		/* in `roots` once it is complete */
	char *release_agent;			/* path; NULL or empty: none */
	bool cgroup_files;			/* is or was mounted as "cgroup": its directories have cgroup.procs */
	/* ---- has its own rules ---- */
	struct container top_container;
};

extern struct containerfs_root rootnode;
#define dummytop (&rootnode.top_container)
extern struct list_head roots;			/* complete hierarchies by id, without rootnode; container_mutex */
extern struct container_subsys *const subsys[];	/* by id; NULL beyond the last */
extern struct css_group init_css_group;

#define for_each_subsys(ss, i) \
	for ((i) = 0; (i) < CONTAINER_SUBSYS_COUNT && ((ss) = subsys[i], true); (i)++)
/* Those whose bit is set in `bits`, in id order. */
#define for_each_bound_subsys(ss, i, bits)                                                         \
	for (u64 bits_left = (bits);                                                               \
	     bits_left && ((i) = __builtin_ctzll(bits_left), (ss) = subsys[i], true);              \
	     bits_left &= bits_left - 1)

static inline bool root_has_agent(const struct containerfs_root *root)
{
	return root->release_agent && *root->release_agent;
}

static inline bool container_is_top(const struct container *cont)
{
	return !cont->parent;
}

/* ---- hierarchy.c ---- */
/* What a mount asks for, parsed. */
struct container_opts {
	u64 subsys_bits;
	bool given;			/* any option that chooses subsystems or a name */
	bool none;			/* "none": no subsystem */
	char name[64];
	char *release_agent;		/* kmalloc'ed; NULL: not given */
};
struct containerfs_root *root_alloc(const struct container_opts *opts);	/* NULL: no memory */
void root_free(struct containerfs_root *root);			/* never became visible */
/* Bind opts' subsystems, fill the top directory, publish. All or nothing. Its i_mutex is held. -EBUSY, -ENOMEM, populate's. */
int root_activate(struct containerfs_root *root, struct super_block *sb, u64 bits);
void root_deactivate(struct containerfs_root *root);		/* last unmount, no child containers: give the subsystems back */
/* Hand subsystems and their root states over to the top container of `to`; tell them, when that is certain. container_mutex held. */
void hand_over_subsystems(u64 bits, struct containerfs_root *to);
void tell_bound(u64 bits);
struct containerfs_root *root_by_name(const char *name);	/* container_mutex */
void container_init_top(struct container *cont, struct containerfs_root *root);

/* ---- rebind.c ---- */
/*
 * Change the set of bound subsystems, with containers and tasks there: all or nothing. s_umount held for writing, container_mutex not.
 * -EBUSY: one is bound elsewhere, or one that goes has an open file or a held state; -EEXIST: a child has the name of a file; -ENOMEM;
 * what a subsystem said. May sleep.
 */
int root_rebind(struct containerfs_root *root, u64 bits);

/* ---- container.c ---- */
void container_get(struct container *cont);
bool container_tryget(struct container *cont);	/* false: it is on its way out */
void container_put(struct container *cont);		/* any context; states are destroyed later, in a work item */
void container_init_css(struct container_subsys *ss, struct container *cont);
/* States of the subsystems in bits; container_mutex held. Make them: on error none is left, what create() said. Destroy those there are. */
int container_create_states(struct container *cont, u64 bits);
void container_destroy_states(struct container *cont, u64 bits);
/*
 * Take away the container's own count of each state, if it is the last one: nobody may get it any more. All or none; false: one is held.
 * container_revive_states() gives the counts back.
 */
bool container_kill_states(struct container *cont, u64 bits);
void container_revive_states(struct container *cont, u64 bits);
#define ALL_SUBSYSTEMS (~0ULL >> (64 - CONTAINER_SUBSYS_COUNT))
/* From the first container in a tree that has no child, over each after its children, to the top. container_mutex held. */
struct container *container_first_leaf(struct container *cont);
struct container *container_next_up(struct container *cont);
/* Are there containers that were removed below cont, but are still open? container_mutex held. */
bool container_has_dead_children(const struct container *cont);
int container_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode);
int container_rmdir(struct inode *dir, struct dentry *dentry);
int container_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new_dentry, unsigned int flags);
/*
 * The path of cont, right-aligned into buf; its start, or NULL if it does not fit. RCU read section. Should a container be renamed meanwhile,
 * the result mixes two moments: container_path() does not.
 */
char *container_build_path(const struct container *cont, char *buf, int buflen);
struct container_name *container_name_alloc(const char *text, size_t len);

/* ---- file.c ---- */
int container_populate_dir(struct container *cont);		/* the core's files and those of all bound subsystems */
/* In a directory that can be seen the files are made hidden, until they are shown. container_mutex held for all of these. */
int container_populate_subsys(struct container *cont, struct container_subsys *ss);
void container_show_subsys_files(struct container *cont, struct container_subsys *ss);
bool container_hide_subsys_files(struct container *cont, struct container_subsys *ss);	/* false: one is open; some may be hidden */
/* Have the files of the type "cgroup" in all directories of root. s_umount held for writing. -ENOMEM, -EEXIST: none has them. */
int container_add_cgroup_files(struct containerfs_root *root);
/* What is written to a file, kmalloc'ed and with a NUL behind it. ERR_PTR: -E2BIG, -ENOMEM, -EFAULT; -EINVAL: it has a NUL. */
char *container_copy_text(const char __user *buf, size_t nbytes);
void container_remove_subsys_files(struct container *cont, struct container_subsys *ss);
void container_clear_dir(struct dentry *dir);			/* all files */
struct inode *container_new_dir_inode(struct super_block *sb, struct container *cont, umode_t mode);
static inline struct container *dentry_container(const struct dentry *dentry)
{
	return dentry->d_fsdata;
}

/* ---- attach.c ---- */
/*
 * Move one task, or its whole thread group (then threadgroup_rwsem is held for writing, too). container_mutex held, cont not removed. 0;
 * -ESRCH: exiting, all of them; what a subsystem said; -ENOMEM. On error nothing has moved.
 */
int container_attach_task(struct container *cont, struct task_struct *tsk, bool threadgroup);
extern const struct cftype tasks_cftype, procs_cftype, cgroup_procs_cftype;

/* ---- css_group.c ---- */
/*
 * The group that is `old` but for being in `cont`; referenced. NULL: no memory. May sleep; container_mutex held.
 */
struct css_group *find_css_group(struct css_group *old, struct container *cont);
/* A group with the same links, that nobody can find yet, referenced, and its states for cont in it. NULL: no memory. */
struct css_group *copy_css_group(const struct css_group *old);
void set_css_group_states(struct css_group *cg, const struct container *cont, u64 bits);
/* `cg` takes the place of `old` and has its tasks now; old knows it as its successor. css_group_lock held. */
void replace_css_group(struct css_group *old, struct css_group *cg);
void wait_for_replaced_css_groups(void);		/* until the last reference to each is gone; may sleep */
void follow_successor(struct task_struct *child);	/* an unborn child: to the group that has replaced its own, if one has */
struct css_group *get_task_css_group(struct task_struct *tsk);	/* referenced; any context */
void put_css_group(struct css_group *cg);		/* any context with irqs off or on */
/* The container of a group in a hierarchy. css_group_lock, RCU or a reference. */
struct container *css_group_container(const struct css_group *cg, const struct containerfs_root *root);
void css_groups_init(void);
extern struct list_head css_groups;			/* all of them; css_group_lock */
/* Call fn for each group with tasks in cont, until it returns false. css_group_lock held. */
void for_each_group_of(struct container *cont, bool (*fn)(struct css_group *cg, void *arg), void *arg);

/* ---- fork.c ---- */
extern struct rw_semaphore threadgroup_rwsem;
void container_note_callbacks(struct container_subsys *ss);	/* registration: which of fork, exit, can_fork it has */

/* ---- release.c ---- */
void check_for_release(struct container *cont);		/* any context */
void container_set_releasable(struct container *cont);
extern const struct cftype notify_cftype, release_agent_cftype;

/* ---- proc.c ---- */
/* "debug,numtasks" or "debug,name=x" or "name=x". container_mutex held. */
void container_show_names(struct seq_file *m, const struct containerfs_root *root);

/* ---- trace.c: when the event is on; container_mutex held ---- */
void container_trace_mkdir(const struct container *cont);
void container_trace_rmdir(const struct container *cont);
/* tsk has been moved; began: arch_clock_ns() when that was decided, 0: not known. */
void container_trace_attach(const struct container *cont, const struct container *old, struct task_struct *tsk, u64 began);
void container_trace_release(const struct container *cont, const char *agent);
