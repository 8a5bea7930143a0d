// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registration of subsystems, and the framework's start at boot.
 *
 * The table below is made from container_subsys.h, so a subsystem is registered by naming it there. Mistakes that the
 * compiler cannot see stop the boot with a message that names the subsystem.
 */
#include "containers/internal.h"
#include "kernel/debug/debug.h"

DEFINE_MUTEX(container_mutex);

#define SUBSYS(x) [x##_subsys_id] = &x##_subsys,
struct container_subsys *const subsys[] = {
#include "containers/container_subsys.h"
	NULL,
};
#undef SUBSYS

void container_lock(void)
{
	mutex_lock(&container_mutex);
}

void container_unlock(void)
{
	mutex_unlock(&container_mutex);
}

/* What mount options mean by themselves, and what stands before the period in the core's own files. */
static const char *const reserved_names[] = {"all", "none", "noprefix", "container", "cgroup"};

/* Panics with what is wrong about ss, slot i of the table. */
static void check_subsys(const struct container_subsys *ss, int i)
{
	const char *wrong = NULL;
	unsigned int j;

	if (!ss->name || !*ss->name)
		panic("container subsystem %d has no name", i);
	if (strlen(ss->name) >= MAX_CONTAINER_TYPE_NAMELEN)
		wrong = "its name is too long";
	else if (strpbrk(ss->name, ".,=:\n"))
		wrong = "its name may not contain a period, a comma, an equals sign, a colon or a newline";
	else if (!ss->create || !ss->destroy)
		wrong = "create and destroy are required";
	else if (ss->subsys_id != i)
		wrong = "its subsys_id is not that of its line in container_subsys.h";
	for (j = 0; j < (unsigned int)i; j++)
		if (!strcmp(subsys[j]->name, ss->name))
			wrong = "its name is taken";
	for (j = 0; j < ARRAY_SIZE(reserved_names); j++)
		if (!strcmp(reserved_names[j], ss->name))
			wrong = "its name means something else";
	if (wrong)
		panic("container subsystem \"%s\": %s", ss->name, wrong);
}

/* Make the root state of ss in the dummy hierarchy and let every task have it. */
static void init_subsys(struct container_subsys *ss)
{
	int err;

	ss->root = &rootnode;
	err = ss->create(ss, dummytop);
	if (err || !dummytop->subsys[ss->subsys_id])
		panic("container subsystem \"%s\": no root state (error %d)", ss->name, err);
	container_init_css(ss, dummytop);
	rootnode.subsys_bits |= 1ULL << ss->subsys_id;
	init_css_group.subsys[ss->subsys_id] = dummytop->subsys[ss->subsys_id];
	container_note_callbacks(ss);
	ss->active = true;
	pr_debug("containers: subsystem %s\n", ss->name);
}

void container_init_early(void)
{
	struct container_subsys *ss;
	int i;

	container_init_top(dummytop, &rootnode);
	rootnode.number_of_containers = 1;
	css_groups_init();
	for_each_subsys (ss, i) {
		check_subsys(ss, i);
		if (ss->early_init)
			init_subsys(ss);
	}
}

void container_init(void)
{
	struct container_subsys *ss;
	int i;

	for_each_subsys (ss, i)
		if (!ss->early_init)
			init_subsys(ss);
}

void container_init_smp(void)
{
	/* Root states that depend on the number of CPUs are told through bind, as at a mount. */
	struct container_subsys *ss;
	int i;

	mutex_lock(&container_mutex);
	for_each_subsys (ss, i)
		if (ss->bind)
			ss->bind(ss, dummytop);
	mutex_unlock(&container_mutex);
}
