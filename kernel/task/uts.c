// SPDX-License-Identifier: GPL-2.0-only
/* The names that uname(2) gives, one set a uts namespace. */
#include "kernel/task/uts.h"

struct uts_namespace init_uts_ns = {
	.count = REFCOUNT_INIT(1),
	.name = {
		/* programs ask for the ABI, not for the kernel's name */
		.sysname = "Linux",
		.nodename = "paddock",
		.release = "6.1.0-paddock",
		.version = "#1 SMP Paddock",
		.machine = "x86_64",
		.domainname = "(none)",
	},
};
DEFINE_RWLOCK(uts_lock);

static struct uts_namespace *clone_uts(struct uts_namespace *old)
{
	struct uts_namespace *ns = kmalloc(sizeof(*ns), GFP_KERNEL);

	if (!ns)
		return NULL;
	refcount_set(&ns->count, 1);
	read_lock(&uts_lock);
	ns->name = old->name;
	read_unlock(&uts_lock);
	return ns;
}

static void put_uts(struct uts_namespace *ns)
{
	if (ns != &init_uts_ns && refcount_dec_and_test(&ns->count))
		kfree(ns);
}

int uts_fork(struct task_struct *child, bool new_ns)
{
	struct uts_namespace *ns = current->uts_ns;

	if (new_ns)
		ns = clone_uts(ns);
	else if (ns != &init_uts_ns)
		refcount_inc(&ns->count);
	if (!ns)
		return -ENOMEM;
	child->uts_ns = ns;
	return 0;
}

int uts_unshare(void)
{
	struct uts_namespace *old = current->uts_ns, *ns = clone_uts(old);

	if (!ns)
		return -ENOMEM;
	task_lock(current);
	current->uts_ns = ns;
	task_unlock(current);
	put_uts(old);
	return 0;
}

void uts_exit(struct task_struct *p)
{
	struct uts_namespace *ns = p->uts_ns;

	task_lock(p);
	p->uts_ns = NULL;
	task_unlock(p);
	put_uts(ns);
}
