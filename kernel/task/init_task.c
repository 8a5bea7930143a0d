// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first task: what runs when the kernel is entered, later the boot CPU's idle task. It is not
 * made but stands here, with all that a task points to. Every other task is a copy of a copy of it.
 */
#include "kernel/task/task.h"

struct task_struct init_task = {
	.state = TASK_RUNNING,
	.flags = PF_KTHREAD,
	.usage = REFCOUNT_INIT(2),
	.on_cpu = true,
	.se = {.load_weight = 1024},
	.mems_allowed = NODE_MASK_ALL,
	.real_parent = &init_task,
	.parent = &init_task,
	.children = LIST_HEAD_INIT(init_task.children),
	.ptraced = LIST_HEAD_INIT(init_task.ptraced),
	.sibling = LIST_HEAD_INIT(init_task.sibling),
	.group_leader = &init_task,
	.thread_node = LIST_HEAD_INIT(init_task.thread_node),
	.tasks = LIST_HEAD_INIT(init_task.tasks),
	.cred = &init_cred,
	.uts_ns = &init_uts_ns,
	.comm = "swapper/0",
	.signal = &init_signals,
	.sighand = &init_sighand,
	.timer_slack = 50 * NSEC_PER_USEC,
	.default_timer_slack = 50 * NSEC_PER_USEC,
	.blocked = ~0UL,
	.pending = {.list = LIST_HEAD_INIT(init_task.pending.list)},
	.cg_list = LIST_HEAD_INIT(init_task.cg_list),
};
