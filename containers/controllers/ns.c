// SPDX-License-Identifier: GPL-2.0-only
/*
 * ns: containers that follow namespaces. It has no files. When a task makes itself, or is born with, a new UTS or mount namespace, it is
 * put into a new container below its old one, called node_PID (container_clone()).
 *
 * So that the tree says something about who made what, only a privileged task makes containers here, and only below its
 * own; and a task without privilege can be moved only further down, never back up.
 */
#include "containers/container.h"

struct ns_state {
	struct container_subsys_state css;
};

static int ns_create(struct container_subsys *ss, struct container *cont)
{
	struct ns_state *state;

	if (cont->parent && (!capable(CAP_SYS_ADMIN) || !container_is_descendant(cont->parent)))
		return -EPERM;
	state = kzalloc(sizeof(*state), GFP_KERNEL);
	if (!state)
		return -ENOMEM;
	cont->subsys[ss->subsys_id] = &state->css;
	return 0;
}

static void ns_destroy(struct container_subsys *ss, struct container *cont)
{
	kfree(container_of(container_subsys_state(cont, ss->subsys_id), struct ns_state, css));
}

static int ns_can_attach(struct container_subsys *ss, struct container *cont, struct task_struct *tsk)
{
	if (capable(CAP_SYS_ADMIN))
		return 0;
	if (!tsk || !container_is_below(cont, task_container(tsk, ss->subsys_id)))
		return -EPERM;
	return 0;
}

struct container_subsys ns_subsys = {
	.name = "ns",
	.subsys_id = ns_subsys_id,
	.follows_namespaces = true,
	.create = ns_create,
	.destroy = ns_destroy,
	.can_attach = ns_can_attach,
};
