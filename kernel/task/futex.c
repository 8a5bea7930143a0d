/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Futexes: sleeping until a word of user memory is said to have changed (futex(2)). Waiters queue
 * in a hash table by where the word is: address space and address for private memory, object and
 * offset for shared memory, so that all mappings of it meet.
 *
 * No wake-up is lost because the waiter compares the word with the bucket's lock held, and the
 * waker, who changed the word before, takes that lock too. User memory can only be read there if
 * that does not sleep; when it would, the lock is dropped, the page faulted in, and everything
 * begins again.
 */
#include "kernel/task/futex.h"
#include "kernel/lib/init.h"
#include "kernel/syscall/syscall.h"
#include "fs/fs.h"

#define FUTEX_WAIT	    0
#define FUTEX_WAKE	    1
#define FUTEX_REQUEUE	    3
#define FUTEX_CMP_REQUEUE   4
#define FUTEX_WAKE_OP	    5
#define FUTEX_WAIT_BITSET   9
#define FUTEX_WAKE_BITSET   10
#define FUTEX_PRIVATE_FLAG  128
#define FUTEX_CLOCK_REALTIME 256
#define FUTEX_BITSET_MATCH_ANY 0xffffffffU


struct futex_key {
	const void *object;		/* mm_struct or address_space; compared, never followed */
	unsigned long offset;
};

struct futex_bucket {
	spinlock_t lock;
	struct list_head waiters;	/* futex_q.list; lock */
};

/* On the waiter's stack. */
struct futex_q {
	struct list_head list;		/* bucket's lock */
	/* Where it is queued; changed by requeueing with both locks held. */
	struct futex_bucket *bucket;
	struct futex_key key;		/* same */
	struct task_struct *task;
	u32 bitset;
	/* Set last by the waker, who does not touch it afterwards. */
	bool woken;
};

#define FUTEX_HASH_BITS 7
static struct futex_bucket buckets[1U << FUTEX_HASH_BITS] = {
	[0 ... (1U << FUTEX_HASH_BITS) - 1] = {.lock = __SPIN_LOCK_UNLOCKED(buckets.lock)}
};

static struct futex_bucket *bucket_of(const struct futex_key *key)
{
	return &buckets[hash_64((unsigned long)key->object ^ key->offset * 31, FUTEX_HASH_BITS)];
}

static bool same_key(const struct futex_key *a, const struct futex_key *b)
{
	return a->object == b->object && a->offset == b->offset;
}

/* 0, -EINVAL: not aligned, -EFAULT: nothing is mapped there. */
static int get_key(const u32 __user *uaddr, bool shared, struct futex_key *key)
{
	unsigned long addr = (unsigned long)uaddr;
	struct mm_struct *mm = current->mm;
	const struct vm_area_struct *vma;
	int err = 0;

	if (!IS_ALIGNED(addr, sizeof(u32)))
		return -EINVAL;
	if (!access_ok(uaddr, sizeof(u32)))
		return -EFAULT;
	*key = (struct futex_key){mm, addr};
	if (!shared)
		return 0;
	down_read(&mm->mmap_lock);
	vma = find_vma(mm, addr);
	if (!vma || vma->vm_start > addr) {
		err = -EFAULT;
	} else if (vma->vm_flags & VM_SHARED) {
		/* What the area's pages come from: the anonymous object, or the file. */
		key->object = vma->vm_private ? vma->vm_private : (void *)vma->vm_file->f_inode;
		key->offset = (vma->vm_pgoff << PAGE_SHIFT) + (addr - vma->vm_start);
	}
	up_read(&mm->mmap_lock);
	return err;
}

/* Read the word without sleeping. */
static int read_atomic(u32 *val, const u32 __user *uaddr)
{
	size_t left;

	pagefault_disable();
	left = arch_copy_user(val, uaddr, sizeof(*val));
	pagefault_enable();
	return left ? -EFAULT : 0;
}

/* Make the page be there, after an access that could not sleep has failed. */
int futex_fault_in(const u32 __user *uaddr, bool write)
{
	switch (handle_mm_fault(current->mm, (unsigned long)uaddr, write ? FAULT_WRITE : 0)) {
	case FAULT_OK:
		return 0;
	case FAULT_NOMEM:
		return -ENOMEM;
	default:
		return -EFAULT;
	}
}

/* ---- waking; the bucket's lock held ---- */

/*
 * Who is to be woken when the bucket's lock has been released: else the first thing that they do
 * may be to wait for it. They may be gone by then, but their structures stay for a grace period,
 * and this is an RCU reader.
 */
struct wake_list {
	unsigned int n;
	struct task_struct *tasks[16];
};

static void wake_all(struct wake_list *w)
{
	for (unsigned int i = 0; i < w->n; i++)
		wake_up_process(w->tasks[i]);
	w->n = 0;
}

static void wake_one(struct futex_q *q, struct wake_list *w)
{
	struct task_struct *p = q->task;

	list_del(&q->list);
	smp_store_release(&q->woken, true);
	if (w->n == ARRAY_SIZE(w->tasks))
		wake_all(w);
	w->tasks[w->n++] = p;
}

static int wake_matching(struct futex_bucket *b, const struct futex_key *key, int nr, u32 bitset,
			 struct wake_list *w)
{
	struct futex_q *q, *next;
	int woken = 0;

	list_for_each_entry_safe(q, next, &b->waiters, list) {
		if (woken >= nr)
			break;
		if (!same_key(&q->key, key) || !(q->bitset & bitset))
			continue;
		wake_one(q, w);
		woken++;
	}
	return woken;
}

static long futex_wake(u32 __user *uaddr, bool shared, int nr, u32 bitset)
{
	struct wake_list w = {.n = 0};
	struct futex_bucket *b;
	struct futex_key key;
	int ret;

	if (!bitset)
		return -EINVAL;
	ret = get_key(uaddr, shared, &key);
	if (ret)
		return ret;
	b = bucket_of(&key);
	/*
	 * The word was changed before. A waiter that has not taken the lock yet will see that; one
	 * that has let go of it is on the list. So the queue needs no lock to be found empty, if
	 * the lock was seen free first.
	 */
	smp_mb();
	if (!spin_is_locked(&b->lock)) {
		smp_rmb();
		if (list_empty(&b->waiters))
			return 0;
	}
	spin_lock(&b->lock);
	ret = wake_matching(b, &key, max(nr, 1), bitset, &w);
	spin_unlock(&b->lock);
	wake_all(&w);
	return ret;
}

long futex_wake_addr(u32 __user *uaddr, int nr)
{
	long shared = futex_wake(uaddr, true, nr, FUTEX_BITSET_MATCH_ANY);
	long private = futex_wake(uaddr, false, nr, FUTEX_BITSET_MATCH_ANY);

	return shared < 0 ? private : shared + max(private, 0L);
}

/* ---- waiting ---- */

/* Queue current if the word still holds val. 0, -EAGAIN, -EFAULT, -ENOMEM. */
static int queue_if_equal(struct futex_q *q, const u32 __user *uaddr, u32 val)
{
	u32 now;
	int err;

	for (;;) {
		struct futex_bucket *b = bucket_of(&q->key);

		spin_lock(&b->lock);
		err = read_atomic(&now, uaddr);
		if (!err)
			break;
		spin_unlock(&b->lock);
		err = futex_fault_in(uaddr, false);
		if (err)
			return err;
	}
	q->bucket = bucket_of(&q->key);
	if (now == val) {
		set_current_state(TASK_INTERRUPTIBLE);
		list_add_tail(&q->list, &q->bucket->waiters);
	}
	spin_unlock(&q->bucket->lock);
	return now == val ? 0 : -EAGAIN;
}

/* Take q off its queue; true if a waker has done so already. */
static bool unqueue(struct futex_q *q)
{
	for (;;) {
		struct futex_bucket *b = READ_ONCE(q->bucket);
		bool mine;

		if (smp_load_acquire(&q->woken))
			return true;
		spin_lock(&b->lock);
		if (b != q->bucket) {	/* moved to another one meanwhile */
			spin_unlock(&b->lock);
			continue;
		}
		mine = !q->woken;
		if (mine)
			list_del(&q->list);
		spin_unlock(&b->lock);
		return !mine;
	}
}

static long futex_wait_restart(struct restart_block *r);

/* deadline: monotonic ns, KTIME_MAX: none. */
static long futex_wait(u32 __user *uaddr, bool shared, u32 val, u32 bitset, s64 deadline)
{
	struct futex_q q = {.task = current, .bitset = bitset};
	bool timed_out = false;
	int err;

	if (!bitset)
		return -EINVAL;
	err = get_key(uaddr, shared, &q.key);
	if (!err)
		err = queue_if_equal(&q, uaddr, val);
	if (err)
		return err;
	while (!smp_load_acquire(&q.woken) && !signal_pending(current) && !timed_out) {
		s64 left = deadline == KTIME_MAX ? KTIME_MAX : deadline - (s64)ktime_get();

		if (left > 0)
			schedule_timeout(left);
		timed_out = deadline != KTIME_MAX && (s64)ktime_get() >= deadline;
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	if (unqueue(&q))
		return 0;
	if (timed_out)
		return -ETIMEDOUT;
	if (deadline == KTIME_MAX)
		return -ERESTARTSYS;
	current->restart_block = (struct restart_block){
		futex_wait_restart,
		{(unsigned long)uaddr, val | (u64)bitset << 32, (u64)deadline, shared}};
	return -ERESTART_RESTARTBLOCK;
}

static long futex_wait_restart(struct restart_block *r)
{
	return futex_wait((u32 __user *)r->arg[0], r->arg[3], (u32)r->arg[1],
			  (u32)(r->arg[1] >> 32), (s64)r->arg[2]);
}

/* ---- operations on two words ---- */

/* Two words, and where their waiters queue. */
struct futex_pair {
	struct futex_key key1, key2;
	struct futex_bucket *b1, *b2;
};

/* 0, or what get_key() says of either. */
static int find_pair(struct futex_pair *f, u32 __user *uaddr, u32 __user *uaddr2, bool shared)
{
	int err = get_key(uaddr, shared, &f->key1);

	if (!err)
		err = get_key(uaddr2, shared, &f->key2);
	if (err)
		return err;
	f->b1 = bucket_of(&f->key1);
	f->b2 = bucket_of(&f->key2);
	return 0;
}

static void lock_pair(struct futex_pair *f)
{
	struct futex_bucket *first = min(f->b1, f->b2), *second = max(f->b1, f->b2);

	spin_lock(&first->lock);
	if (first != second)
		spin_lock(&second->lock);
}

static void unlock_pair(struct futex_pair *f)
{
	spin_unlock(&f->b1->lock);
	if (f->b1 != f->b2)
		spin_unlock(&f->b2->lock);
}

/* Wake nr_wake waiters of key1 and let at most nr_move others wait for key2. Both locks held. */
static long requeue_locked(struct futex_pair *f, int nr_wake, int nr_move, struct wake_list *w)
{
	struct futex_q *q, *next;
	long done = 0;

	list_for_each_entry_safe(q, next, &f->b1->waiters, list) {
		if (!same_key(&q->key, &f->key1))
			continue;
		if (done < nr_wake) {
			wake_one(q, w);
		} else if (done - nr_wake < nr_move) {
			q->key = f->key2;
			if (f->b1 != f->b2) {
				list_move_tail(&q->list, &f->b2->waiters);
				WRITE_ONCE(q->bucket, f->b2);
			}
		} else {
			break;
		}
		done++;
	}
	return done;
}

/* cmp: NULL, or what the first word must hold. */
static long futex_requeue(u32 __user *uaddr, u32 __user *uaddr2, bool shared, int nr_wake,
			  int nr_move, const u32 *cmp)
{
	struct wake_list w = {.n = 0};
	struct futex_pair f;
	u32 now = 0;
	long ret;

	if (nr_wake < 0 || nr_move < 0)
		return -EINVAL;
	ret = find_pair(&f, uaddr, uaddr2, shared);
	if (ret)
		return ret;
	for (;;) {
		lock_pair(&f);
		if (!cmp || !read_atomic(&now, uaddr))
			break;
		unlock_pair(&f);
		ret = futex_fault_in(uaddr, false);
		if (ret)
			return ret;
	}
	if (cmp && now != *cmp)
		ret = -EAGAIN;
	else
		ret = requeue_locked(&f, nr_wake, nr_move, &w);
	unlock_pair(&f);
	wake_all(&w);
	return ret;
}

/* The encoded operation of FUTEX_WAKE_OP: what becomes of `old`. -ENOSYS: unknown. */
static int op_result(u32 encoded, u32 old, u32 *result)
{
	int arg = (int)(encoded << 8) >> 20;

	if (encoded & (8U << 28))
		arg = (int)(1U << (arg & 31));
	switch (encoded >> 28 & 7) {
	case 0:
		*result = (u32)arg;
		return 0;
	case 1:
		*result = old + (u32)arg;
		return 0;
	case 2:
		*result = old | (u32)arg;
		return 0;
	case 3:
		*result = old & ~(u32)arg;
		return 0;
	case 4:
		*result = old ^ (u32)arg;
		return 0;
	default:
		return -ENOSYS;
	}
}

static int op_compare(u32 encoded, u32 old)
{
	int value = (int)old, arg = (int)(encoded << 20) >> 20;

	switch (encoded >> 24 & 15) {
	case 0:
		return value == arg;
	case 1:
		return value != arg;
	case 2:
		return value < arg;
	case 3:
		return value <= arg;
	case 4:
		return value > arg;
	case 5:
		return value >= arg;
	default:
		return -ENOSYS;
	}
}

/* Apply the operation to the word without sleeping; *old is what it held. */
static int op_apply(u32 encoded, u32 __user *uaddr, u32 *old)
{
	u32 seen, result;
	int err;

	pagefault_disable();
	err = arch_copy_user(&seen, uaddr, sizeof(seen)) ? -EFAULT : 0;
	while (!err) {
		err = op_result(encoded, seen, &result);
		*old = seen;
		if (!err)
			err = arch_futex_cmpxchg(uaddr, &seen, result);
		if (!err && seen == *old)
			break;
	}
	pagefault_enable();
	return err;
}

static long futex_wake_op(u32 __user *uaddr, u32 __user *uaddr2, bool shared, int nr, int nr2,
			  u32 encoded)
{
	struct wake_list w = {.n = 0};
	struct futex_pair f;
	u32 old;
	long ret = find_pair(&f, uaddr, uaddr2, shared);

	if (ret)
		return ret;
	for (;;) {
		lock_pair(&f);
		ret = op_apply(encoded, uaddr2, &old);
		if (ret != -EFAULT)
			break;
		unlock_pair(&f);
		ret = futex_fault_in(uaddr2, true);
		if (ret)
			return ret;
	}
	if (!ret)
		ret = op_compare(encoded, old);
	if (ret >= 0) {
		bool second = ret;

		ret = wake_matching(f.b1, &f.key1, nr, FUTEX_BITSET_MATCH_ANY, &w);
		if (second)
			ret += wake_matching(f.b2, &f.key2, nr2, FUTEX_BITSET_MATCH_ANY, &w);
	}
	unlock_pair(&f);
	wake_all(&w);
	return ret;
}

/* ---- system calls ---- */

/* The deadline of a wait in monotonic ns. -EFAULT, -EINVAL. */
static int read_deadline(unsigned long user, bool absolute, bool realtime, s64 *deadline)
{
	struct timespec64 ts;
	u64 ns;

	*deadline = KTIME_MAX;
	if (!user)
		return 0;
	if (copy_from_user(&ts, (void __user *)user, sizeof(ts)))
		return -EFAULT;
	if (ts.tv_sec < 0 || (u64)ts.tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	if ((u64)ts.tv_sec >= (u64)KTIME_MAX / NSEC_PER_SEC / 2)
		return 0;
	ns = (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
	if (!absolute)
		*deadline = (s64)(ktime_get() + ns);
	else if (realtime)
		*deadline = (s64)(ns + ktime_get()) - (s64)ktime_get_real();
	else
		*deadline = (s64)ns;
	return 0;
}

long sys_futex(uptr_t uaddr, int op, u32 val, unsigned long timeout, uptr_t uaddr2, u32 val3)
{
	int cmd = op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
	bool shared = !(op & FUTEX_PRIVATE_FLAG);
	s64 deadline;
	int err;

	if ((op & FUTEX_CLOCK_REALTIME) && cmd != FUTEX_WAIT_BITSET && cmd != FUTEX_WAIT)
		return -ENOSYS;
	switch (cmd) {
	case FUTEX_WAIT:
		val3 = FUTEX_BITSET_MATCH_ANY;
		fallthrough;
	case FUTEX_WAIT_BITSET:
		err = read_deadline(timeout, cmd == FUTEX_WAIT_BITSET, op & FUTEX_CLOCK_REALTIME,
				    &deadline);
		return err ? err : futex_wait(uaddr, shared, val, val3, deadline);
	case FUTEX_WAKE:
		val3 = FUTEX_BITSET_MATCH_ANY;
		fallthrough;
	case FUTEX_WAKE_BITSET:
		return futex_wake(uaddr, shared, (int)val, val3);
	case FUTEX_REQUEUE:
		return futex_requeue(uaddr, uaddr2, shared, (int)val, (int)timeout, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(uaddr, uaddr2, shared, (int)val, (int)timeout, &val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(uaddr, uaddr2, shared, (int)val, (int)timeout, val3);
	default:
		return -ENOSYS;
	}
}

static int futex_init(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(buckets); i++)
		INIT_LIST_HEAD(&buckets[i].waiters);
	return 0;
}
INITCALL(futex_init);
