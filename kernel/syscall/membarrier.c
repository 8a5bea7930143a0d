// SPDX-License-Identifier: GPL-2.0-only
/*
 * membarrier(2): one thread makes all others pass a memory barrier, so that these need none of their own.
 *
 * An interrupt is one, and so is each switch to another task: it is enough to interrupt the CPUs that run the
 * process just now. Start with sys_membarrier().
 */
#include "kernel/syscall/syscall.h"

#define MEMBARRIER_CMD_QUERY			  0
#define MEMBARRIER_CMD_GLOBAL			  1
#define MEMBARRIER_CMD_PRIVATE_EXPEDITED	  8
#define MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED 16

static void pass_barrier(void *unused)
{
	smp_mb();
}

/*
 * A CPU whose bit is not seen here sets it, atomically, when it goes over to this mm: what it then does in user mode comes after
 * all that current has done so far. One whose bit has just been cleared has done what it did there before.
 */
static long private_expedited(void)
{
	if (!READ_ONCE(current->mm->membarrier))
		return -EPERM;
	smp_mb();
	smp_call_function_mask(current->mm->cpumask, pass_barrier, NULL);
	smp_mb();
	return 0;
}

/* cpu: used by commands of restartable sequences alone */
long sys_membarrier(int cmd, unsigned int flags, int cpu)
{
	if (flags)
		return -EINVAL;
	switch (cmd) {
	case MEMBARRIER_CMD_QUERY:
		return MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_PRIVATE_EXPEDITED |
		       MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
	case MEMBARRIER_CMD_GLOBAL:
		smp_call_function_all(pass_barrier, NULL);
		return 0;
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
		return private_expedited();
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
		WRITE_ONCE(current->mm->membarrier, true);
		return 0;
	}
	return -EINVAL;
}
