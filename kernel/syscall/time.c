// SPDX-License-Identifier: GPL-2.0-only
/* System calls about time: clocks, sleeping, interval timers, what was used. */
#include "kernel/syscall/syscall.h"
#include "kernel/task/internal.h"

#define CLOCK_REALTIME		 0
#define CLOCK_MONOTONIC		 1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID	 3
#define CLOCK_MONOTONIC_RAW	 4
#define CLOCK_REALTIME_COARSE	 5
#define CLOCK_MONOTONIC_COARSE	 6
#define CLOCK_BOOTTIME		 7
#define CLOCK_TAI		 11
#define TIMER_ABSTIME		 1

/* ---- conversions ---- */

static struct timespec64 to_timespec(u64 ns)
{
	return (struct timespec64){ns / NSEC_PER_SEC, ns % NSEC_PER_SEC};
}

static struct timeval to_timeval(u64 ns)
{
	return (struct timeval){ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / NSEC_PER_USEC};
}

/* Nanoseconds, cut to what fits. */
static u64 seconds_ns(u64 sec, u64 ns)
{
	return sec >= (u64)KTIME_MAX / NSEC_PER_SEC ? (u64)KTIME_MAX : sec * NSEC_PER_SEC + ns;
}

static int get_timespec(u64 *ns, ucptr_t uts)
{
	struct timespec64 ts;

	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	if (ts.tv_sec < 0 || (u64)ts.tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	*ns = seconds_ns(ts.tv_sec, ts.tv_nsec);
	return 0;
}

static int put_timespec(u64 ns, uptr_t uts)
{
	struct timespec64 ts = to_timespec(ns);

	return copy_to_user(uts, &ts, sizeof(ts)) ? -EFAULT : 0;
}

/* ---- reading clocks ---- */

/*
 * Clocks of other processes and threads: ~pid in the upper bits, 4: thread, 2: of the scheduler
 * (clock_getcpuclockid(3)).
 */
static int read_cpu_clock(int clock, u64 *ns)
{
	pid_t pid = ~(clock >> 3);
	struct task_struct *p;
	u64 utime, stime;
	int err = 0;

	if ((clock & 3) == 3)
		return -EINVAL;
	if (pid)
		p = find_get_task_by_pid(pid);
	else
		get_task_struct(p = current);
	if (!p)
		return -EINVAL;
	if (clock & 4) {
		if (p->signal != current->signal)
			err = -EINVAL;
		else
			*ns = task_sched_runtime(p);
	} else {
		thread_group_cputime(p, &utime, &stime);
		*ns = utime + stime;
	}
	put_task_struct(p);
	return err;
}

static int read_clock(int clock, u64 *ns)
{
	u64 utime, stime;

	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_TAI:
		*ns = ktime_get_real();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*ns = ktime_get();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		thread_group_cputime(current, &utime, &stime);
		*ns = utime + stime;
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		*ns = task_sched_runtime(current);
		return 0;
	}
	return clock < 0 ? read_cpu_clock(clock, ns) : -EINVAL;
}

long sys_clock_gettime(int clock, uptr_t ts)
{
	u64 ns;
	int err = read_clock(clock, &ns);

	return err ? err : put_timespec(ns, ts);
}

long sys_clock_getres(int clock, uptr_t ts)
{
	u64 ns;
	int err = read_clock(clock, &ns);

	if (err)
		return err;
	return ts ? put_timespec(1, ts) : 0;
}

static long set_real(u64 ns)
{
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	ktime_set_real(ns);
	return 0;
}

long sys_clock_settime(int clock, ucptr_t ts)
{
	u64 ns;
	int err;

	if (clock != CLOCK_REALTIME)
		return -EINVAL;
	err = get_timespec(&ns, ts);
	return err ? err : set_real(ns);
}

struct timezone {
	int tz_minuteswest, tz_dsttime;
};

long sys_gettimeofday(uptr_t tv, uptr_t tz)
{
	struct timeval now = to_timeval(ktime_get_real());
	struct timezone zone = {0};

	if (tv && copy_to_user(tv, &now, sizeof(now)))
		return -EFAULT;
	if (tz && copy_to_user(tz, &zone, sizeof(zone)))
		return -EFAULT;
	return 0;
}

long sys_settimeofday(ucptr_t utv, ucptr_t tz)
{
	struct timeval tv;

	(void)tz;			/* there is no time zone in the kernel */
	if (!utv)
		return capable(CAP_SYS_TIME) ? 0 : -EPERM;
	if (copy_from_user(&tv, utv, sizeof(tv)))
		return -EFAULT;
	if (tv.tv_sec < 0 || (u64)tv.tv_usec >= 1000000)
		return -EINVAL;
	return set_real(seconds_ns(tv.tv_sec, tv.tv_usec * NSEC_PER_USEC));
}

long sys_time(uptr_t tloc)
{
	s64 now = ktime_get_real() / NSEC_PER_SEC;

	return tloc && put_user(now, (s64 __user *)tloc) ? -EFAULT : now;
}

/* ---- sleeping ---- */

/* Sleep until `deadline` of `clock` (real or monotonic). 0, or -ERESTARTSYS: a signal. */
static long sleep_until(bool real, u64 deadline)
{
	for (;;) {
		u64 now = real ? ktime_get_real() : ktime_get();

		if (now >= deadline)
			return 0;
		if (signal_pending(current))
			return -ERESTARTSYS;
		__set_current_state(TASK_INTERRUPTIBLE);
		schedule_timeout(min(deadline - now, (u64)KTIME_MAX));
	}
}

/* What is left goes to the program if a signal ends the sleep for good. */
static long put_remaining(u64 deadline, uptr_t rem)
{
	u64 now = ktime_get();

	if (!rem)
		return -ERESTART_RESTARTBLOCK;
	return put_timespec(deadline > now ? deadline - now : 0, rem) ? -EFAULT
								      : -ERESTART_RESTARTBLOCK;
}

static long nanosleep_restart(struct restart_block *restart)
{
	u64 deadline = restart->arg[0];

	return sleep_until(false, deadline) ? put_remaining(deadline, (uptr_t)restart->arg[1]) : 0;
}

static long sleep_for(u64 ns, uptr_t rem)
{
	u64 now = ktime_get(), deadline = ns > (u64)KTIME_MAX - now ? (u64)KTIME_MAX : now + ns;

	if (!sleep_until(false, deadline))
		return 0;
	current->restart_block = (struct restart_block){nanosleep_restart, {deadline, (u64)rem}};
	return put_remaining(deadline, rem);
}

long sys_nanosleep(ucptr_t req, uptr_t rem)
{
	u64 ns;
	int err = get_timespec(&ns, req);

	return err ? err : sleep_for(ns, rem);
}

long sys_clock_nanosleep(int clock, int flags, ucptr_t req, uptr_t rem)
{
	bool real = clock == CLOCK_REALTIME || clock == CLOCK_TAI;
	u64 ns;
	int err;

	if (clock == CLOCK_THREAD_CPUTIME_ID)
		return -EINVAL;
	if (clock == CLOCK_PROCESS_CPUTIME_ID)
		return -EOPNOTSUPP;
	if (!real && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME)
		return -EINVAL;
	err = get_timespec(&ns, req);
	if (err)
		return err;
	if (flags & TIMER_ABSTIME)
		return sleep_until(real, ns) ? -ERESTARTNOHAND : 0;
	return sleep_for(ns, rem);
}

/* ---- interval timers ---- */

#define ITIMER_REAL    0
#define ITIMER_VIRTUAL 1
#define ITIMER_PROF    2

struct itimerval {
	struct timeval it_interval, it_value;
};

/* The clock that counts for a CPU time timer, ns. */
static u64 cpu_clock(int which)
{
	u64 utime, stime;

	thread_group_cputime(current, &utime, &stime);
	return which == ITIMER_VIRTUAL ? utime : utime + stime;
}

static u64 *cpu_timer(int which)
{
	return which == ITIMER_VIRTUAL ? current->signal->it_virt : current->signal->it_prof;
}

/* What is left until `when`; a timer that is about to ring has 1 us left. */
static u64 left_until(u64 when, u64 now)
{
	if (!when)
		return 0;
	return when > now + NSEC_PER_USEC ? when - now : NSEC_PER_USEC;
}

static int read_itimer(int which, u64 *value, u64 *interval)
{
	struct signal_struct *sig = current->signal;
	u64 now;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	now = which == ITIMER_REAL ? ktime_get() : cpu_clock(which);
	spin_lock_irq(&current->sighand->siglock);
	if (which == ITIMER_REAL) {
		*value = sig->real_timer.armed ? left_until(sig->real_timer.expires, now) : 0;
		*interval = sig->it_real_incr;
	} else {
		*value = left_until(cpu_timer(which)[0], now);
		*interval = cpu_timer(which)[1];
	}
	spin_unlock_irq(&current->sighand->siglock);
	return 0;
}

static void write_itimer(int which, u64 value, u64 interval)
{
	struct signal_struct *sig = current->signal;
	u64 *it;

	if (which == ITIMER_REAL) {
		u64 now = ktime_get();

		timer_cancel_sync(&sig->real_timer);
		WRITE_ONCE(sig->it_real_incr, interval);
		if (value)
			timer_start(&sig->real_timer,
				    value > (u64)KTIME_MAX - now ? (u64)KTIME_MAX : now + value);
		return;
	}
	it = cpu_timer(which);
	value = value ? value + cpu_clock(which) : 0;
	spin_lock_irq(&current->sighand->siglock);
	it[0] = value;
	it[1] = interval;
	spin_unlock_irq(&current->sighand->siglock);
}

long sys_getitimer(int which, uptr_t uvalue)
{
	struct itimerval it;
	u64 value, interval;
	int err = read_itimer(which, &value, &interval);

	if (err)
		return err;
	it = (struct itimerval){to_timeval(interval), to_timeval(value)};
	return copy_to_user(uvalue, &it, sizeof(it)) ? -EFAULT : 0;
}

long sys_setitimer(int which, ucptr_t uvalue, uptr_t uold)
{
	struct itimerval it = {0}, old;
	u64 value, interval;
	int err;

	if (uvalue && copy_from_user(&it, uvalue, sizeof(it)))
		return -EFAULT;
	if (it.it_value.tv_sec < 0 || (u64)it.it_value.tv_usec >= 1000000 ||
	    it.it_interval.tv_sec < 0 || (u64)it.it_interval.tv_usec >= 1000000)
		return -EINVAL;
	err = read_itimer(which, &value, &interval);
	if (err)
		return err;
	old = (struct itimerval){to_timeval(interval), to_timeval(value)};
	write_itimer(which, seconds_ns(it.it_value.tv_sec, it.it_value.tv_usec * NSEC_PER_USEC),
		     seconds_ns(it.it_interval.tv_sec, it.it_interval.tv_usec * NSEC_PER_USEC));
	return uold && copy_to_user(uold, &old, sizeof(old)) ? -EFAULT : 0;
}

/* Seconds left of an earlier alarm, rounded so that it is not 0 while one is running. */
long sys_alarm(unsigned int seconds)
{
	u64 value, interval;

	read_itimer(ITIMER_REAL, &value, &interval);
	write_itimer(ITIMER_REAL, seconds * NSEC_PER_SEC, 0);
	return value && value < NSEC_PER_SEC ? 1
					     : (long)((value + NSEC_PER_SEC / 2) / NSEC_PER_SEC);
}

/* ---- what was used ---- */

long sys_getrusage(int who, uptr_t usage)
{
	struct rusage r;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	getrusage(current, who, &r);
	return copy_to_user(usage, &r, sizeof(r)) ? -EFAULT : 0;
}

#define TICK (NSEC_PER_SEC / 100)

long sys_times(uptr_t buf)
{
	struct signal_struct *sig = current->signal;
	u64 utime, stime;

	thread_group_cputime(current, &utime, &stime);
	if (buf) {
		s64 t[4] = {utime / TICK, stime / TICK, sig->cutime / TICK, sig->cstime / TICK};

		if (copy_to_user(buf, t, sizeof(t)))
			return -EFAULT;
	}
	return ktime_get() / TICK;
}
