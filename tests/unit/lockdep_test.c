// SPDX-License-Identifier: GPL-2.0-only
/* Builds with LOCKDEP=1 report what they promise: each test plants one mistake that hangs nothing, yet. */
#ifdef CONFIG_LOCKDEP
#include "kernel/sched/sched.h"
#include "kernel/sched/timer.h"
#include "tests/unit/planted.h"

KTEST(lockdep_reports_cycles)
{
	static DEFINE_SPINLOCK(apple);
	static DEFINE_SPINLOCK(pear);
	static DEFINE_MUTEX(basket);

	mutex_lock(&basket);
	spin_lock(&apple);
	spin_unlock(&apple);
	mutex_unlock(&basket);
	spin_lock(&apple);
	spin_lock(&pear);
	spin_unlock(&pear);
	spin_unlock(&apple);
	PLANTED("  earlier: tests/unit/lockdep_test.c:", ({
		spin_lock(&pear);
		spin_lock(&apple);
		spin_unlock(&apple);
		spin_unlock(&pear);
		1;
	}), "LOCKDEP: circular order of locks: tests/unit/lockdep_test.c:");
}

/* A chain of three, of sleeping locks. */
KTEST(lockdep_reports_long_cycles)
{
	static DEFINE_MUTEX(north);
	static DEFINE_MUTEX(east);
	static DECLARE_RWSEM(south);

	mutex_lock(&north);
	mutex_lock(&east);
	mutex_unlock(&east);
	mutex_unlock(&north);
	mutex_lock(&east);
	down_read(&south);
	up_read(&south);
	mutex_unlock(&east);
	PLANTED(" holds tests/unit/lockdep_test.c:", ({
		down_write(&south);
		mutex_lock(&north);
		mutex_unlock(&north);
		up_write(&south);
		1;
	}), "circular order of locks: ");
}

KTEST(lockdep_reports_sleeping)
{
	static DEFINE_SPINLOCK(lock);
	static DEFINE_MUTEX(mutex);

	PLANTED("lockdep_reports_sleeping+", ({
		spin_lock(&lock);
		mutex_lock(&mutex);
		mutex_unlock(&mutex);
		spin_unlock(&lock);
		1;
	}), "LOCKDEP: sleeping with a spin lock held, at ");
	PLANTED(" lock (", ({
		spin_lock(&lock);
		__set_current_state(TASK_RUNNING);
		schedule();
		spin_unlock(&lock);
		1;
	}), "LOCKDEP: sleeping with a spin lock held, at ");
	PLANTED("Call trace:", ({
		spin_lock(&lock);
		size_t left = copy_from_user(&(int){0}, NULL, sizeof(int));
		spin_unlock(&lock);
		left;
	}), "LOCKDEP: sleeping with a spin lock held, at copy_from_user+");
}

static DEFINE_SPINLOCK(timer_lock);
static void take_in_interrupt(struct timer *t)
{
	spin_lock(&timer_lock);
	spin_unlock(&timer_lock);
}

KTEST(lockdep_reports_interrupts)
{
	struct timer t;

	timer_init(&t, take_in_interrupt);
	PLANTED("timer_lock is taken in an interrupt at take_in_interrupt+", ({
		timer_start(&t, arch_clock_ns());
		__set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_timeout(20 * NSEC_PER_MSEC);
		timer_cancel_sync(&t);
		spin_lock(&timer_lock);
		spin_unlock(&timer_lock);
		1;
	}), "and with interrupts on at lockdep_reports_interrupts+");
}

KTEST(lockdep_reports_strangers)
{
	static DEFINE_SPINLOCK(lock);

	PLANTED("by one who does not hold it", ({
		__atomic_fetch_add(&lock.ticket, 1U << 16, __ATOMIC_ACQUIRE);
		spin_unlock(&lock);
		1;
	}), "lock is released at lockdep_reports_strangers+");
}

/* Readers of a rwlock_t may nest; those of a semaphore wait for a writer who waits for them. */
KTEST(lockdep_reports_recursion)
{
	static DEFINE_RWLOCK(lock);
	static DECLARE_RWSEM(sem);
	u64 before = ~0ULL >> 1, after = ~0ULL >> 1;

	log_read(&before, NULL, 0);	/* to the end */
	read_lock(&lock);
	read_lock(&lock);
	read_unlock(&lock);
	read_unlock(&lock);
	log_read(&after, NULL, 0);
	KTEST_EQ(after, before);
	PLANTED("Call trace:", ({
		down_read(&sem);
		down_read(&sem);
		up_read(&sem);
		up_read(&sem);
		1;
	}), "sem is taken twice: at lockdep_reports_recursion+");
}
#endif
