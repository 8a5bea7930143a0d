// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trace as files of /proc, for root:
 *
 *   trace		what has been recorded, up to the moment of the open. A write makes a
 *			`mark`.
 *   trace_pipe		what is recorded from the open on: a read waits for more. A list of events
 *			that is written there chooses what this one open file shows.
 *   trace_events	all events, a line each: sign (on or off), name, records so far, names of
 *			the fields. A write switches (trace_control()).
 *
 * A reader merges the rings of all CPUs. From each it holds the next record; the one with the
 * earliest time becomes the next line. So that none with an earlier time can come later, a pass
 * ends at a moment up to which all writers were seen to be done: horizon(). Reading takes nothing
 * away, and readers do not know of each other.
 *
 * Nobody who records can wake a reader: the run queue's lock may be held. So while somebody waits,
 * a timer looks for news (look()).
 */
#include "fs/internal.h"
#include "kernel/debug/internal.h"
#include "kernel/sched/timer.h"

#define LOOK_EVERY (5 * NSEC_PER_MSEC)

struct trace_reader {
	struct mutex lock;		/* the fields down to `rings` */
	u64 horizon;			/* ns: no records after it, yet; 0: ask the clock */
	u32 events;			/* these only; lock to write */
	u64 seen;			/* trace_count(events) before the last pass; same */
	struct seq_file line;		/* being read: count bytes from `from` on */
	char text[TRACE_LINE];
	struct reader_ring {
		const struct trace_ring *ring;
		unsigned int cpu;
		bool full;		/* record is there, not yet shown */
		struct trace_place at;
		union {
			struct trace_head head;
			char record[TRACE_LONG_SIZE];
		};
	} *rings;			/* TRACE_RINGS for each CPU */
	/* trace_pipe */
	wait_queue_head_t wait;
	struct list_head list;		/* in `pipes`; pipes_lock */
};

static DEFINE_SPINLOCK(pipes_lock);	/* irq; outside the wait queues' and the timer's */
static LIST_HEAD(pipes);		/* open trace_pipes */
static bool looking;			/* the timer is armed; pipes_lock */

/* ---- one reader ---- */

static struct trace_reader *reader_alloc(void)
{
	struct trace_reader *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return NULL;
	r->rings = kzalloc(nr_cpus * TRACE_RINGS * sizeof(*r->rings), GFP_KERNEL);
	if (!r->rings) {
		kfree(r);
		return NULL;
	}
	mutex_init(&r->lock);
	init_waitqueue_head(&r->wait);
	INIT_LIST_HEAD(&r->list);
	r->events = TRACE_ALL;
	for (unsigned int i = 0; i < nr_cpus * TRACE_RINGS; i++) {
		r->rings[i].cpu = i / TRACE_RINGS;
		r->rings[i].ring = &per_cpu(trace_cpu, r->rings[i].cpu).rings[i % TRACE_RINGS];
	}
	return r;
}

static void reader_free(struct trace_reader *r)
{
	kfree(r->rings);
	kfree(r);
}

/* Now, and every record with an earlier time can be read. */
static u64 horizon(const struct trace_reader *r)
{
	u64 now = arch_clock_ns();

	for (unsigned int i = 0; i < nr_cpus * TRACE_RINGS; i++)
		trace_ring_settle(r->rings[i].ring);
	return now;
}

/*
 * Have the next record that is wanted from a ring. Some were lost: their number; the caller says
 * so.
 */
static u64 fill(const struct trace_reader *r, struct reader_ring *rr)
{
	u64 lost = 0;

	while (!rr->full && trace_ring_read(rr->ring, &rr->at, rr->record, &lost))
		rr->full = r->events & (1U << rr->head.event);
	return lost;
}

/* Make the next line; false: there is none up to the horizon. lock held. */
static bool next_line(struct trace_reader *r)
{
	struct reader_ring *first = NULL;

	r->line.buf = r->text;
	r->line.size = sizeof(r->text);
	r->line.from = r->line.count = 0;
	for (struct reader_ring *rr = r->rings; rr < r->rings + nr_cpus * TRACE_RINGS; rr++) {
		u64 lost = fill(r, rr);

		if (lost) {
			seq_printf(&r->line, "# lost %llu records on cpu %u\n",
				   (unsigned long long)lost, rr->cpu);
			return true;
		}
		if (rr->full && rr->head.time <= r->horizon &&
		    (!first || rr->head.time < first->head.time))
			first = rr;
	}
	if (!first)
		return false;
	trace_format(&r->line, first->cpu, &first->head);
	first->full = false;
	return true;
}

/* As many lines as fit; the last may be cut, its rest comes next. lock held. */
static ssize_t read_lines(struct trace_reader *r, char __user *buf, size_t len)
{
	size_t done = 0, n, left;

	if (!r->horizon)
		r->horizon = horizon(r);
	while (done < len && (r->line.count || next_line(r))) {
		n = min(r->line.count, len - done);
		left = copy_to_reader(buf + done, r->line.buf + r->line.from, n);
		n -= left;
		r->line.from += n;
		r->line.count -= n;
		done += n;
		if (left)
			return done ? (ssize_t)done : -EFAULT;
		cond_resched();
	}
	if (!done)
		r->horizon = 0;		/* who reads on after the end gets what has come */
	return (ssize_t)done;
}

/* ---- trace ---- */

/* Copy a short text from a writer. -EINVAL: too long. */
static int get_text(char *text, size_t size, const char __user *buf, size_t len)
{
	if (len >= size)
		return -EINVAL;
	if (copy_from_writer(text, buf, len))
		return -EFAULT;
	text[len] = '\0';
	return 0;
}

static int trace_open(struct inode *inode, struct file *file)
{
	struct trace_reader *r;

	file->f_mode |= FMODE_NOPOS;
	if (!(file->f_mode & FMODE_READ))
		return 0;
	r = reader_alloc();
	if (!r)
		return -ENOMEM;
	trace_reader_comes();
	r->horizon = horizon(r);
	file->private_data = r;
	return 0;
}

static int trace_release(struct inode *inode, struct file *file)
{
	struct trace_reader *r = file->private_data;

	if (r) {
		trace_reader_goes();
		reader_free(r);
	}
	return 0;
}

static ssize_t trace_read(struct file *file, char __user *buf, size_t len, loff_t *ppos)
{
	struct trace_reader *r = file->private_data;
	ssize_t n;

	mutex_lock(&r->lock);
	n = read_lines(r, buf, len);
	mutex_unlock(&r->lock);
	return n;
}

static ssize_t trace_write(struct file *file, const char __user *buf, size_t len, loff_t *ppos)
{
	char text[TRACE_TEXT];
	int err = get_text(text, sizeof(text), buf, len);

	if (err)
		return err;
	trace(mark, strim(text));
	return (ssize_t)len;
}

static const struct file_operations trace_fops = {
	.open = trace_open,
	.read = trace_read,
	.write = trace_write,
	.release = trace_release,
};
PROC_FILE_OPS("trace", 0600, trace_fops);

/* ---- trace_pipe ---- */

static void look(struct timer *t);
static struct timer look_timer = {.fn = look};

static bool news(const struct trace_reader *r)
{
	return trace_count(READ_ONCE(r->events)) != READ_ONCE(r->seen);
}

/* Wake the pipes that have news and readers who wait; go on as long as there are any. */
static void look(struct timer *t)
{
	struct trace_reader *r;

	spin_lock(&pipes_lock);
	looking = false;
	list_for_each_entry(r, &pipes, list) {
		if (!waitqueue_active(&r->wait))
			continue;
		looking = true;
		if (news(r))
			wake_up_interruptible_poll(&r->wait, POLLIN | POLLRDNORM);
	}
	if (looking)
		timer_start(t, ktime_get() + LOOK_EVERY);
	spin_unlock(&pipes_lock);
}

/*
 * Is there news? If not, someone will look soon. The caller is on the wait queue when it matters,
 * so the timer finds it there, or has found it.
 */
static bool news_or_look(struct trace_reader *r)
{
	unsigned long flags;

	if (news(r))
		return true;
	spin_lock_irqsave(&pipes_lock, flags);
	if (!looking) {
		looking = true;
		timer_start(&look_timer, ktime_get() + LOOK_EVERY);
	}
	spin_unlock_irqrestore(&pipes_lock, flags);
	return false;
}

static int pipe_open(struct inode *inode, struct file *file)
{
	struct trace_reader *r = reader_alloc();

	if (!r)
		return -ENOMEM;
	file->f_mode |= FMODE_NOPOS;
	trace_reader_comes();
	for (unsigned int i = 0; i < nr_cpus * TRACE_RINGS; i++)
		r->rings[i].at = trace_ring_end(r->rings[i].ring);
	spin_lock_irq(&pipes_lock);
	list_add_tail(&r->list, &pipes);
	spin_unlock_irq(&pipes_lock);
	file->private_data = r;
	return 0;
}

static int pipe_close(struct inode *inode, struct file *file)
{
	struct trace_reader *r = file->private_data;

	spin_lock_irq(&pipes_lock);
	list_del(&r->list);
	spin_unlock_irq(&pipes_lock);
	trace_reader_goes();
	reader_free(r);
	return 0;
}

/* The lines that are there. lock held. */
static ssize_t pipe_pass(struct trace_reader *r, char __user *buf, size_t len)
{
	/* The rest of a line comes first, without any of this: a shell reads byte by byte. */
	if (!r->line.count) {
		/* before looking: what comes meanwhile is news */
		r->seen = trace_count(r->events);
		r->horizon = 0;
	}
	return read_lines(r, buf, len);
}

static ssize_t pipe_read(struct file *file, char __user *buf, size_t len, loff_t *ppos)
{
	struct trace_reader *r = file->private_data;
	ssize_t n;
	int err;

	for (;;) {
		mutex_lock(&r->lock);
		n = pipe_pass(r, buf, len);
		mutex_unlock(&r->lock);
		if (n || !len)
			return n;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(r->wait, news_or_look(r));
		if (err)
			return err;
	}
}

static unsigned int pipe_poll(struct file *file, struct poll_table *pt)
{
	struct trace_reader *r = file->private_data;
	bool ready;

	poll_wait(&r->wait, pt);
	mutex_lock(&r->lock);
	if (!r->line.count) {
		r->seen = trace_count(r->events);
		r->horizon = horizon(r);
		next_line(r);
	}
	ready = r->line.count;
	mutex_unlock(&r->lock);
	if (!ready)
		news_or_look(r);
	return ready ? POLLIN | POLLRDNORM : 0;
}

static ssize_t pipe_write(struct file *file, const char __user *buf, size_t len, loff_t *ppos)
{
	struct trace_reader *r = file->private_data;
	char text[512];
	u32 events;
	int err = get_text(text, sizeof(text), buf, len);

	if (err)
		return err;
	mutex_lock(&r->lock);
	events = r->events;
	err = trace_parse_events(text, &events);
	if (!err) {
		WRITE_ONCE(r->events, events);
		for (unsigned int i = 0; i < nr_cpus * TRACE_RINGS; i++)
			if (!(events & (1U << r->rings[i].head.event)))
				r->rings[i].full = false;
	}
	mutex_unlock(&r->lock);
	return err ? err : (ssize_t)len;
}

static const struct file_operations trace_pipe_fops = {
	.open = pipe_open,
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.release = pipe_close,
};
PROC_FILE_OPS("trace_pipe", 0600, trace_pipe_fops);

/* ---- trace_events ---- */

static int events_show(struct seq_file *m, void *v)
{
	trace_show_events(m);
	return 0;
}

static int events_open(struct inode *inode, struct file *file)
{
	return single_open(file, events_show, NULL);
}

static ssize_t events_write(struct file *file, const char __user *buf, size_t len, loff_t *ppos)
{
	char text[512];
	int err = get_text(text, sizeof(text), buf, len);

	if (!err)
		err = trace_control(text);
	return err ? err : (ssize_t)len;
}

static const struct file_operations trace_events_fops = {
	.open = events_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.write = events_write,
	.release = single_release,
};
PROC_FILE_OPS("trace_events", 0600, trace_events_fops);
