// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks as GDB's threads. The walks take no lock, since a CPU that stands still may hold any: what they follow is made for readers without
 * locks (RCU), and each is bounded, in case memory has been overwritten.
 */
#include "kernel/debug/gdb/internal.h"
#include "kernel/sched/rq.h"
#include "kernel/task/task.h"

static struct task_struct *idle_of(unsigned int cpu)
{
	struct task_struct *idle = cpu_rq(cpu)->idle;

	return idle || cpu ? idle : &init_task;		/* which is what runs before there is a scheduler */
}

long gdb_thread_id(const struct task_struct *p)
{
	unsigned int cpu;

	if (p->pid > 0)
		return p->pid;
	for (cpu = 0; cpu < nr_cpus && idle_of(cpu) != p; cpu++)
		;
	return GDB_FIRST_IDLE + (cpu < nr_cpus ? cpu : 0);
}

struct task_struct *gdb_thread(long id)
{
	if (id > 0 && id < PID_MAX)
		return peek_task_by_pid(id);
	if (id >= GDB_FIRST_IDLE && id < GDB_FIRST_IDLE + (long)nr_cpus)
		return idle_of(id - GDB_FIRST_IDLE);
	return NULL;
}

long gdb_next_thread(long id)
{
	while (++id < GDB_FIRST_IDLE + (long)nr_cpus)
		if (gdb_thread(id))
			return id;
	return 0;
}

int gdb_task_cpu(const struct task_struct *p)
{
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++)
		if (per_cpu(current_task, cpu) == p)
			return cpu;
	return -1;
}

void gdb_describe(struct task_struct *p, char *buf, unsigned int size)
{
	int cpu = gdb_task_cpu(p);
	unsigned int n;

	n = scnprintf(buf, size, "%.16s ", p->comm);
	if (cpu >= 0)
		n += scnprintf(buf + n, size - n, "%s on CPU %d", p->pid ? "runs" : "idle", cpu);
	else
		n += scnprintf(buf + n, size - n, "%c CPU %u", task_state_letter(p), p->cpu);
	gdb_task_containers(p, buf + n, size - n);
}
