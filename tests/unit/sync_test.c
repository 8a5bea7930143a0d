/* SPDX-License-Identifier: GPL-2.0-only */
/* Locks, waiting and RCU, with kernel threads that get in each other's way. */
#include "kernel/debug/debug.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"

#define THREADS 4
#define ROUNDS	200

static struct {
	struct mutex mutex;
	struct rw_semaphore sem;
	spinlock_t lock;
	unsigned long under_mutex, under_lock, a, b;
	atomic_t broken;
	struct completion done;
} shared;

static void start_threads(int (*fn)(void *))
{
	mutex_init(&shared.mutex);
	init_rwsem(&shared.sem);
	spin_lock_init(&shared.lock);
	init_completion(&shared.done);
	shared.under_mutex = shared.under_lock = shared.a = shared.b = 0;
	atomic_set(&shared.broken, 0);
	for (int i = 0; i < THREADS; i++)
		if (IS_ERR(kthread_run(fn, (void *)(long)i, "ktest/%d", i))) {
			KTEST_EXPECT(!"kthread_run");
			complete(&shared.done);
		}
	for (int i = 0; i < THREADS; i++)
		wait_for_completion(&shared.done);
	KTEST_EQ(atomic_read(&shared.broken), 0);
}

static int mutex_thread(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		unsigned long seen;

		mutex_lock(&shared.mutex);
		if (!mutex_is_mine(&shared.mutex))
			atomic_inc(&shared.broken);
		seen = shared.under_mutex;
		if (i % 8 == 0)
			sched_yield_current();		/* with the lock held: others must wait */
		shared.under_mutex = seen + 1;
		mutex_unlock(&shared.mutex);
		spin_lock(&shared.lock);
		shared.under_lock++;
		spin_unlock(&shared.lock);
	}
	complete(&shared.done);
	return 0;
}

KTEST(test_mutex)
{
	start_threads(mutex_thread);
	KTEST_EQ(shared.under_mutex, THREADS * ROUNDS);
	KTEST_EQ(shared.under_lock, THREADS * ROUNDS);
	KTEST_EXPECT(!mutex_is_locked(&shared.mutex) && mutex_trylock(&shared.mutex) &&
		     !mutex_trylock(&shared.mutex));
	mutex_unlock(&shared.mutex);
}

/* Two writers keep a == b; readers check it and sleep inside. */
static int rwsem_thread(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		if ((long)arg % 2) {
			down_write(&shared.sem);
			shared.a++;
			if (i % 8 == 0)
				sched_yield_current();
			shared.b++;
			if (i % 16 == 0) {
				downgrade_write(&shared.sem);
				if (shared.a != shared.b)
					atomic_inc(&shared.broken);
				up_read(&shared.sem);
			} else {
				up_write(&shared.sem);
			}
		} else {
			unsigned long a;

			down_read(&shared.sem);
			a = shared.a;
			if (i % 8 == 0)
				sched_yield_current();
			if (a != shared.b)
				atomic_inc(&shared.broken);
			up_read(&shared.sem);
		}
	}
	complete(&shared.done);
	return 0;
}

KTEST(test_rwsem)
{
	start_threads(rwsem_thread);
	KTEST_EQ(shared.a, THREADS / 2 * ROUNDS);
	KTEST_EXPECT(down_write_trylock(&shared.sem) && !down_read_trylock(&shared.sem));
	up_write(&shared.sem);
	KTEST_EXPECT(down_read_trylock(&shared.sem) && down_read_trylock(&shared.sem) &&
		     !down_write_trylock(&shared.sem));
	up_read(&shared.sem);
	up_read(&shared.sem);
}

KTEST(test_rwlock)
{
	DEFINE_RWLOCK(l);

	read_lock(&l);
	read_lock(&l);
	KTEST_EQ(l.count, 2);
	read_unlock(&l);
	read_unlock(&l);
	write_lock(&l);
	KTEST_EQ(l.count, RWLOCK_WRITER);
	write_unlock(&l);
	KTEST_EQ(l.count, 0);
}

static DEFINE_RWLOCK(crowded);
static bool written;

/* Readers that overlap, so that there is always one, until the writer has been there. */
static int reading_thread(void *unused)
{
	u64 end = ktime_get() + 20 * NSEC_PER_SEC;

	while (!READ_ONCE(written) && ktime_get() < end) {
		read_lock(&crowded);
		for (int i = 0; i < 5000; i++)
			cpu_relax();
		read_unlock(&crowded);
		sched_yield_current();
	}
	complete(&shared.done);
	return 0;
}

static int writing_thread(void *arg)
{
	if (arg)
		return reading_thread(NULL);
	write_lock(&crowded);
	WRITE_ONCE(written, true);
	write_unlock(&crowded);
	complete(&shared.done);
	return 0;
}

KTEST(test_readers_let_a_writer_in)
{
	written = false;
	start_threads(writing_thread);
	KTEST_EXPECT(written);
	KTEST_EQ(crowded.count, 0);
}

static DECLARE_WAIT_QUEUE_HEAD(queue);
static int turn;

/* A token goes round: each thread waits for its turn and passes it on. */
static int ring_thread(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		wait_event(queue, READ_ONCE(turn) % THREADS == (long)arg);
		WRITE_ONCE(turn, turn + 1);
		wake_up_all(&queue);
	}
	complete(&shared.done);
	return 0;
}

KTEST(test_wait_queue)
{
	turn = 0;
	start_threads(ring_thread);
	KTEST_EQ(turn, THREADS * ROUNDS);
	KTEST_EXPECT(!waitqueue_active(&queue));
}

static int exclusive_thread(void *arg)
{
	wait_event_interruptible_exclusive(queue, READ_ONCE(turn) > 0);
	spin_lock(&shared.lock);
	turn--;
	spin_unlock(&shared.lock);
	complete(&shared.done);
	return 0;
}

static int count_waiters(void)
{
	struct list_head *e;
	unsigned long flags;
	int n = 0;

	spin_lock_irqsave(&queue.lock, flags);
	list_for_each(e, &queue.head)
		n++;
	spin_unlock_irqrestore(&queue.lock, flags);
	return n;
}

static int waker_thread(void *unused)
{
	while (count_waiters() < THREADS)
		schedule_timeout(NSEC_PER_MSEC);
	WRITE_ONCE(turn, 1);
	wake_up(&queue);		/* one of them */
	while (count_waiters() > THREADS - 1 || READ_ONCE(turn))
		schedule_timeout(NSEC_PER_MSEC);
	if (count_waiters() != THREADS - 1)
		atomic_inc(&shared.broken);
	WRITE_ONCE(turn, THREADS - 1);
	wake_up_all(&queue);
	return 0;
}

KTEST(test_exclusive_wait)
{
	turn = 0;
	KTEST_EXPECT(!IS_ERR(kthread_run(waker_thread, NULL, "ktest/waker")));
	start_threads(exclusive_thread);
	KTEST_EQ(turn, 0);
}

KTEST(test_wait_timeout)
{
	u64 before = ktime_get();

	KTEST_EQ(wait_event_timeout(queue, false, (s64)(5 * NSEC_PER_MSEC)), 0);
	KTEST_EXPECT(ktime_get() - before >= 5 * NSEC_PER_MSEC);
	KTEST_EXPECT(wait_event_timeout(queue, true, 1000) > 0);
	KTEST_EXPECT(!waitqueue_active(&queue));
	init_completion(&shared.done);
	KTEST_EQ(wait_for_completion_timeout(&shared.done, NSEC_PER_MSEC), 0);
	complete(&shared.done);
	KTEST_EXPECT(wait_for_completion_timeout(&shared.done, NSEC_PER_MSEC) > 0);
	KTEST_EXPECT(!try_wait_for_completion(&shared.done));
	complete_all(&shared.done);
	KTEST_EXPECT(try_wait_for_completion(&shared.done) && completion_done(&shared.done));
}

/* ---- RCU ---- */

struct thing {
	struct rcu_head rcu;
	unsigned long magic;
};
#define ALIVE 0x600d

static struct thing *published;
static atomic_t freed;

static void free_thing(struct rcu_head *head)
{
	struct thing *t = container_of(head, struct thing, rcu);

	t->magic = 0xdead;
	kfree(t);
	atomic_inc(&freed);
}

/* Thread 0 replaces the thing again and again; the others read it and must never see a dead one. */
static int rcu_thread(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (!arg) {
			struct thing *t = kmalloc(sizeof(*t), GFP_KERNEL), *old = published;

			if (!t) {
				atomic_inc(&shared.broken);
				break;
			}
			t->magic = ALIVE;
			rcu_assign_pointer(published, t);
			if (old)
				call_rcu(&old->rcu, free_thing);
		} else {
			struct thing *t;

			rcu_read_lock();
			t = rcu_dereference(published);
			for (int k = 0; t && k < 50; k++)
				if (READ_ONCE(t->magic) != ALIVE)
					atomic_inc(&shared.broken);
			rcu_read_unlock();
		}
		if (i % 10 == 0)
			sched_yield_current();
	}
	complete(&shared.done);
	return 0;
}

KTEST(test_rcu)
{
	struct thing *old;

	atomic_set(&freed, 0);
	start_threads(rcu_thread);
	old = published;
	rcu_assign_pointer(published, NULL);
	synchronize_rcu();
	KTEST_EQ(old->magic, ALIVE);
	call_rcu(&old->rcu, free_thing);
	rcu_barrier();
	KTEST_EQ(atomic_read(&freed), ROUNDS);
}

KTEST(test_synchronize_rcu_is_prompt)
{
	u64 before = ktime_get();

	for (int i = 0; i < 10; i++)
		synchronize_rcu();
	/* Ten times far less than a tick's worth each would be: it must not wait for ticks. */
	KTEST_EXPECT(ktime_get() - before < 2 * NSEC_PER_SEC);
}

struct late {
	char before[40];
	struct rcu_head rcu;
};

KTEST(test_kfree_rcu)
{
	unsigned long live = kmem_cache_nr_objects("kmalloc-64");

	for (int i = 0; i < 100; i++) {
		struct late *l = kmalloc(sizeof(*l), GFP_KERNEL);

		KTEST_EXPECT(l);
		if (l)
			kfree_rcu(l, rcu);
	}
	rcu_barrier();
	KTEST_EXPECT(kmem_cache_nr_objects("kmalloc-64") <= live + 8);
}

KTEST(test_refcount)
{
	refcount_t r = REFCOUNT_INIT(1);

	refcount_inc(&r);
	KTEST_EXPECT(!refcount_dec_and_test(&r) && refcount_dec_and_test(&r) &&
		     !refcount_inc_not_zero(&r));
	KTEST_EQ(refcount_read(&r), 0);
}

KTEST(test_seqlock)
{
	DEFINE_SEQLOCK(sl);
	unsigned int seq = read_seqbegin(&sl);

	KTEST_EXPECT(!read_seqretry(&sl, seq));
	write_seqlock(&sl);
	write_sequnlock(&sl);
	KTEST_EXPECT(read_seqretry(&sl, seq));
}
