// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tasks have used: CPU time as user and system time, rusage, and the timers and limits that
 * count CPU time.
 *
 * The exact number is sum_exec_runtime, taken at every switch. How it divides into user and system
 * time is known by samples (sched_tick); so the samples only give the proportion.
 */
#include "kernel/task/internal.h"

/* Divide `total` ns as the samples say. */
static void scale(u64 total, u64 usamples, u64 ssamples, u64 *utime, u64 *stime)
{
	if (!ssamples)
		*stime = 0;
	else if (!usamples)
		*stime = total;
	else
		*stime = total / (usamples + ssamples) * ssamples;
	*stime = min(*stime, total);
	*utime = total - *stime;
}

void task_cputime(struct task_struct *p, u64 *utime, u64 *stime)
{
	/* Its CPU samples on meanwhile. */
	u64 usamples = READ_ONCE(p->utime), ssamples = READ_ONCE(p->stime);

	if (!READ_ONCE(p->mm) && READ_ONCE(p->flags) & PF_KTHREAD)
		ssamples = 1;
	scale(task_sched_runtime(p), usamples, ssamples, utime, stime);
}

void thread_group_cputime(struct task_struct *p, u64 *utime, u64 *stime)
{
	struct signal_struct *sig = p->signal;
	struct task_struct *t;
	u64 ut, st;

	*utime = READ_ONCE(sig->utime);
	*stime = READ_ONCE(sig->stime);
	rcu_read_lock();
	list_for_each_entry_rcu(t, &sig->thread_head, thread_node) {
		task_cputime(t, &ut, &st);
		*utime += ut;
		*stime += st;
	}
	rcu_read_unlock();
}

static struct timeval to_timeval(u64 ns)
{
	return (struct timeval){ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / NSEC_PER_USEC};
}

/* t counts on meanwhile. */
static void add_thread(struct task_struct *t, struct rusage *r)
{
	r->ru_minflt += READ_ONCE(t->min_flt);
	r->ru_majflt += READ_ONCE(t->maj_flt);
	r->ru_nvcsw += READ_ONCE(t->nvcsw);
	r->ru_nivcsw += READ_ONCE(t->nivcsw);
}

void getrusage(struct task_struct *p, int who, struct rusage *r)
{
	struct signal_struct *sig = p->signal;
	u64 utime = 0, stime = 0, maxrss = 0;
	struct task_struct *t;

	memset(r, 0, sizeof(*r));
	if (who == RUSAGE_THREAD) {
		task_cputime(p, &utime, &stime);
		add_thread(p, r);
	}
	if (who == RUSAGE_SELF || who == RUSAGE_BOTH) {
		thread_group_cputime(p, &utime, &stime);
		r->ru_minflt = sig->min_flt;
		r->ru_majflt = sig->maj_flt;
		r->ru_nvcsw = sig->nvcsw;
		r->ru_nivcsw = sig->nivcsw;
		rcu_read_lock();
		list_for_each_entry_rcu(t, &sig->thread_head, thread_node)
			add_thread(t, r);
		rcu_read_unlock();
		maxrss = sig->maxrss;
	}
	if (who == RUSAGE_CHILDREN || who == RUSAGE_BOTH) {
		utime += sig->cutime;
		stime += sig->cstime;
		r->ru_minflt += sig->cmin_flt;
		r->ru_majflt += sig->cmaj_flt;
		maxrss = max(maxrss, sig->cmaxrss);
	}
	if (who != RUSAGE_CHILDREN) {
		task_lock(p);
		if (p->mm)
			maxrss = max(maxrss, (u64)max(READ_ONCE(p->mm->rss_anon) + READ_ONCE(p->mm->rss_file), 0L));
		task_unlock(p);
	}
	r->ru_utime = to_timeval(utime);
	r->ru_stime = to_timeval(stime);
	r->ru_maxrss = maxrss * (PAGE_SIZE / 1024);
}

/* ---- interval timers ---- */

/* ITIMER_REAL has run out. Interrupt context. */
void it_real_fn(struct timer *t)
{
	struct signal_struct *sig = container_of(t, struct signal_struct, real_timer);
	struct task_struct *p = NULL;
	u64 incr = READ_ONCE(sig->it_real_incr), now = ktime_get();

	rcu_read_lock();
	p = list_first_or_null_rcu(&sig->thread_head, struct task_struct, thread_node);
	if (p)
		send_group_sig(SIGALRM, p);
	rcu_read_unlock();
	if (incr && p)
		/* missed ones are one signal */
		timer_start(t, t->expires + (now - t->expires) / incr * incr + incr);
}

/* One CPU time timer: [0] when it rings, [1] the period; `now` in the same clock. siglock held. */
static void check_cpu_timer(u64 it[2], u64 now, int sig, struct task_struct *p, unsigned int *fire)
{
	if (!it[0] || now < it[0])
		return;
	*fire |= 1U << sig;
	it[0] = it[1] ? now + it[1] : 0;
}

/* RLIMIT_CPU: SIGXCPU at the soft limit and every second after, SIGKILL at the hard one. */
static void check_cpu_limit(struct signal_struct *sig, u64 total, unsigned int *fire)
{
	u64 seconds = total / NSEC_PER_SEC;

	if (seconds >= sig->rlim[RLIMIT_CPU].rlim_max) {
		*fire |= 1U << SIGKILL;
	} else if (seconds >= sig->rlim[RLIMIT_CPU].rlim_cur) {
		*fire |= 1U << SIGXCPU;
		sig->rlim[RLIMIT_CPU].rlim_cur = seconds + 1;
	}
}

void task_tick(struct task_struct *p)
{
	struct signal_struct *sig = p->signal;
	u64 utime, stime;
	unsigned int fire = 0;

	if (likely(!sig->it_virt[0] && !sig->it_prof[0] &&
		   sig->rlim[RLIMIT_CPU].rlim_cur == RLIM_INFINITY) ||
	    !p->mm)
		return;
	thread_group_cputime(p, &utime, &stime);
	if (!p->sighand)
		return;
	spin_lock(&p->sighand->siglock);
	check_cpu_timer(sig->it_virt, utime, SIGVTALRM, p, &fire);
	check_cpu_timer(sig->it_prof, utime + stime, SIGPROF, p, &fire);
	check_cpu_limit(sig, utime + stime, &fire);
	spin_unlock(&p->sighand->siglock);
	for (int s = 1; s < SIGRTMIN; s++)
		if (fire & (1U << s))
			send_group_sig(s, p);
}
