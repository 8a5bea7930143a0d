// SPDX-License-Identifier: GPL-2.0-only
/*
 * How scheduling begins: the code that boots becomes the boot CPU's idle task, init_task
 * (kernel/task/init_task.c); each other CPU makes one of what runs it when it arrives. Idle tasks
 * have pid 0 and are on no list but their CPU's.
 */
#include "kernel/sched/rq.h"
#include "kernel/debug/debug.h"

/* Make `p`, which is what this CPU runs, its idle task. Interrupts off. */
static void become_idle(struct task_struct *p, unsigned int cpu)
{
	struct rq *rq = cpu_rq(cpu);

	rq->cpu = cpu;
	rq->curr = rq->idle = p;
	cfs_rq_init(&rq->cfs, &root_task_group, NULL);
	rq->tick_at = KTIME_MAX;
	bitmap_fill(rq->peers, NR_CPUS);
	update_rq_clock(rq);
	rq->idle_since = rq->clock;
	p->sched_task_group = &root_task_group;
	set_task_cpu(p, cpu);
	p->on_cpu = true;
	bitmap_zero(p->cpus_allowed, NR_CPUS);
	__set_bit(cpu, p->cpus_allowed);
	this_cpu_write(current_task, p);
	set_bit(cpu, sched_idle_mask);
}

void sched_init(void)
{
	fair_init();
	bitmap_fill(init_task.cpus_user, NR_CPUS);
	pid_init();
	task_init();
	become_idle(&init_task, 0);
}

void sched_init_secondary(unsigned int cpu)
{
	struct task_struct *p = kmemdup(&init_task, sizeof(*p), GFP_ATOMIC);

	if (!p)
		panic("no memory for the idle task of CPU %u", cpu);
	p->thread = (struct thread){0};
	p->stack = NULL;
	p->work = 0;
	p->active_mm = NULL;
	p->group_leader = p;
	INIT_LIST_HEAD(&p->children);
	INIT_LIST_HEAD(&p->sibling);
	INIT_LIST_HEAD(&p->thread_node);
	INIT_LIST_HEAD(&p->tasks);
	INIT_LIST_HEAD(&p->cg_list);
	INIT_LIST_HEAD(&p->pending.list);
	snprintf(p->comm, sizeof(p->comm), "swapper/%u", cpu);
	become_idle(p, cpu);
}
