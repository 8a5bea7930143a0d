// SPDX-License-Identifier: GPL-2.0-only
/*
 * capget(2) and capset(2): what a task may do, in sets of capabilities.
 *
 * Here the sets follow from the uids (kernel/sched/cred.h): all with uid 0, none without, and nothing in between. So capset() can
 * confirm what is and nothing else: EPERM, whereas Linux would let a task give up single ones. Start with sys_capget().
 */
#include "kernel/syscall/syscall.h"

#define LINUX_CAPABILITY_VERSION_1 0x19980330
#define LINUX_CAPABILITY_VERSION_2 0x20071026
#define LINUX_CAPABILITY_VERSION_3 0x20080522

struct cap_header {
	u32 version;
	pid_t pid;			/* 0: the caller */
};

/* One for each 32 capabilities. */
struct cap_data {
	u32 effective, permitted, inheritable;
};

/* How many cap_data the program uses: 1 or 2. -EINVAL: a version nobody knows; the program has been told a better one. -EFAULT. */
static int get_header(struct cap_header __user *user, struct cap_header *header)
{
	if (copy_from_user(header, user, sizeof(*header)))
		return -EFAULT;
	switch (header->version) {
	case LINUX_CAPABILITY_VERSION_1:
		return 1;
	case LINUX_CAPABILITY_VERSION_2:
	case LINUX_CAPABILITY_VERSION_3:
		return 2;
	}
	return put_user((u32)LINUX_CAPABILITY_VERSION_3, &user->version) ? -EFAULT : -EINVAL;
}

static void fill_data(const struct cred *c, struct cap_data data[2])
{
	u64 effective = cap_effective(c), permitted = cap_permitted(c);

	data[0] = (struct cap_data){.effective = (u32)effective, .permitted = (u32)permitted};
	data[1] = (struct cap_data){.effective = effective >> 32, .permitted = permitted >> 32};
}

long sys_capget(uptr_t uheader, uptr_t data)
{
	struct cap_header header;
	int n = get_header(uheader, &header);
	struct cap_data sets[2];
	struct task_struct *p;
	const struct cred *c;

	if (!data && (n > 0 || n == -EINVAL))
		return 0;		/* it only asked for the version */
	if (n < 0)
		return n;
	if (header.pid < 0)
		return -EINVAL;
	rcu_read_lock();
	p = header.pid ? find_task_by_pid(header.pid) : current;
	c = p ? get_task_cred(p) : NULL;
	rcu_read_unlock();
	if (!c)
		return -ESRCH;
	fill_data(c, sets);
	put_cred(c);
	return copy_to_user(data, sets, (size_t)n * sizeof(sets[0])) ? -EFAULT : 0;
}

long sys_capset(uptr_t uheader, ucptr_t data)
{
	struct cap_data want[2] = {0}, have[2];
	struct cap_header header;
	int n = get_header(uheader, &header);

	if (n < 0)
		return n;
	if (header.pid && header.pid != current->pid)
		return -EPERM;
	if (copy_from_user(want, data, (size_t)n * sizeof(want[0])))
		return -EFAULT;
	want[1].effective &= CAP_ALL >> 32;
	want[1].permitted &= CAP_ALL >> 32;
	want[1].inheritable &= CAP_ALL >> 32;
	fill_data(current_cred(), have);
	return memcmp(want, have, sizeof(want)) ? -EPERM : 0;
}
