// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel threads. They are made by kernel threads only, so that they inherit nothing from a
 * program: a program's request is carried out by the work queue's thread.
 */
#include "kernel/sched/sched.h"

struct kthread_request {
	struct work_struct work;
	struct completion done;
	int (*fn)(void *);
	void *arg;
	const char *name;
	int cpu;			/* -1: any */
	struct task_struct *task;	/* the answer */
};

static void create(struct kthread_request *r)
{
	struct task_struct *p = copy_kthread(r->fn, r->arg);

	r->task = p;
	if (IS_ERR(p))
		return;
	strscpy(p->comm, r->name, sizeof(p->comm));
	if (r->cpu >= 0) {
		bitmap_zero(p->cpus_allowed, NR_CPUS);
		__set_bit(r->cpu, p->cpus_allowed);
		bitmap_copy(p->cpus_user, p->cpus_allowed, NR_CPUS);
		p->flags |= PF_CPU_BOUND;
	}
	wake_up_new_task(p);
}

static void create_work(struct work_struct *work)
{
	struct kthread_request *r = container_of(work, struct kthread_request, work);

	create(r);
	complete(&r->done);
}

static struct task_struct *run(int cpu, int (*fn)(void *), void *arg, const char *fmt, va_list ap)
{
	char name[sizeof(current->comm)];
	struct kthread_request r = {.fn = fn, .arg = arg, .name = name, .cpu = cpu};

	vsnprintf(name, sizeof(name), fmt, ap);
	if (current->flags & PF_KTHREAD) {
		create(&r);
		return r.task;
	}
	INIT_WORK(&r.work, create_work);
	init_completion(&r.done);
	schedule_work(&r.work);
	wait_for_completion(&r.done);
	return r.task;
}

struct task_struct *kthread_run(int (*fn)(void *), void *arg, const char *namefmt, ...)
{
	struct task_struct *p;
	va_list ap;

	va_start(ap, namefmt);
	p = run(-1, fn, arg, namefmt, ap);
	va_end(ap);
	return p;
}

struct task_struct *kthread_run_on(unsigned int cpu, int (*fn)(void *), void *arg,
				   const char *namefmt, ...)
{
	struct task_struct *p;
	va_list ap;

	va_start(ap, namefmt);
	p = run(cpu, fn, arg, namefmt, ap);
	va_end(ap);
	return p;
}
