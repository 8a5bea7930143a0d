// SPDX-License-Identifier: GPL-2.0-only
/*
 * What kmemleak says (builds with KMEMLEAK=1): on the log when the machine goes off or /proc/kmemleak is asked to scan, and in that
 * file, whose text is the result of the last scan. Objects that were allocated by the same stack of callers are one
 * entry. The log gets an entry once; one that has new objects comes again.
 *
 * An object is reported when two scans in a row found no reference. A single one could miss a reference that a stopped CPU
 * has in a register as a distance, or as an address just before or behind the object.
 */
#ifdef CONFIG_KMEMLEAK
#include "kernel/debug/kmemleak_internal.h"
#include "fs/internal.h"
#include "kernel/sched/sched.h"

#define MAX_ENTRIES 32
#define BYTES_SHOWN 32
#define PAUSE_NS    (10 * NSEC_PER_MSEC)

/* Copied while nothing moves. `oldest.start` and the bytes are stored inverted: this must not be a reference. */
struct entry {
	struct kmemleak_object oldest;
	u32 objects, fresh;
	u64 bytes;
	unsigned char inverted[BYTES_SHOWN];
};

static DEFINE_MUTEX(scan_mutex);	/* one scan at a time; all that follows */
static struct entry entries[MAX_ENTRIES];
static unsigned int nr_entries, more_entries;	/* those that found no room */
static u32 nr_objects, nr_hanging;
static u64 nr_bytes, hanging_bytes;
static u32 scanned_ms;			/* when; 0: not yet */

/* ---- collecting, with all CPUs stopped ---- */

static void count(struct kmemleak_object *o)
{
	struct kmemleak_stack *s = &kmemleak_stacks[o->stack];

	if (o->flags & KMEMLEAK_HANGS) {
		nr_hanging++;
		hanging_bytes += o->size;
		return;
	}
	if (!s->unreferenced++ || o->born < kmemleak_objects[s->oldest].born)
		s->oldest = (u32)(o - kmemleak_objects);
	s->bytes += o->size;
	s->fresh += !(o->flags & KMEMLEAK_REPORTED);
	o->flags |= KMEMLEAK_REPORTED;
}

static void copy_entry(const struct kmemleak_stack *s)
{
	struct entry *e = &entries[nr_entries];
	const unsigned char *bytes;

	if (nr_entries == MAX_ENTRIES) {
		more_entries++;
		return;
	}
	e->oldest = kmemleak_objects[s->oldest];
	e->objects = s->unreferenced;
	e->fresh = s->fresh;
	e->bytes = s->bytes;
	bytes = (const unsigned char *)e->oldest.start;
	for (unsigned int i = 0; i < BYTES_SHOWN && i < e->oldest.size; i++)
		e->inverted[i] = (unsigned char)~bytes[i];
	e->oldest.start = ~e->oldest.start;
	nr_entries++;
}

static void collect(void)
{
	u32 end = kmemleak_end();

	nr_entries = more_entries = nr_objects = nr_hanging = 0;
	nr_bytes = hanging_bytes = 0;
	for (u32 i = 0; i < kmemleak_nr_stacks; i++)
		kmemleak_stacks[i].unreferenced = kmemleak_stacks[i].fresh = 0, kmemleak_stacks[i].bytes = 0;
	for (u32 i = 1; i < end; i++) {
		struct kmemleak_object *o = &kmemleak_objects[i];

		if (!o->start)
			continue;
		nr_objects++;
		nr_bytes += o->size;
		if (o->missed >= 2)
			count(o);
	}
	for (u32 i = 0; i < kmemleak_nr_stacks; i++)
		if (kmemleak_stacks[i].unreferenced)
			copy_entry(&kmemleak_stacks[i]);
	scanned_ms = (u32)(arch_clock_ns() / NSEC_PER_MSEC);
}

static void nothing(void)
{
}

/* ---- saying; m NULL: on the log ---- */

static __printf(2, 3) void say(struct seq_file *m, const char *fmt, ...)
{
	char line[160];
	va_list ap;

	va_start(ap, fmt);
	vscnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (m)
		seq_puts(m, line);
	else
		pr_err("%s", line);
}

static const char *kind_name(const struct kmemleak_object *o)
{
	static const char *const names[] = {
		[KMEMLEAK_PAGES] = "pages",
		[KMEMLEAK_USER] = "a program's page",
		[KMEMLEAK_MAPPED] = "page of an area or a stack",
		[KMEMLEAK_TABLE] = "page table",
		[KMEMLEAK_VMALLOC] = "vmalloc",
		[KMEMLEAK_STACK] = "kernel stack",
	};

	return o->kind == KMEMLEAK_SLAB ? o->cache : names[o->kind];
}

static void say_bytes(struct seq_file *m, const struct entry *e)
{
	char line[3 * BYTES_SHOWN + 1];
	unsigned int n = 0;

	for (unsigned int i = 0; i < BYTES_SHOWN && i < e->oldest.size; i++)
		n += (unsigned int)snprintf(line + n, sizeof(line) - n, " %02x", (unsigned char)~e->inverted[i]);
	say(m, "  first bytes:%s\n", line);
}

static void say_entry(struct seq_file *m, const struct entry *e)
{
	const struct kmemleak_object *o = &e->oldest;
	const struct kmemleak_stack *s = &kmemleak_stacks[o->stack];

	say(m, "KMEMLEAK: unreferenced object %#lx (size %zu, %s%s), allocated by task %s/%d %u s ago\n", ~o->start, o->size,
	    o->kind == KMEMLEAK_SLAB ? "cache " : "", kind_name(o), o->comm, o->pid, (scanned_ms - o->born) / 1000);
	if (e->objects > 1)
		say(m, "  it is the oldest of %u objects, %llu bytes, that were allocated so\n", e->objects,
		    (unsigned long long)e->bytes);
	say_bytes(m, e);
	for (u32 i = 0; i < s->nr; i++)
		say(m, "  %#lx %pS\n", KERNEL_BASE + s->ips[i], (void *)(KERNEL_BASE + s->ips[i] - 1));
	if (!o->stack)
		say(m, "  (no room was left for its stack)\n");
}

static void say_rest(struct seq_file *m)
{
	if (more_entries)
		say(m, "  and objects from %u more places\n", more_entries);
	if (nr_hanging)
		say(m, "  %u objects, %llu bytes, are referred to by unreferenced ones only\n", nr_hanging,
		    (unsigned long long)hanging_bytes);
}

/* Entries that have something new. scan_mutex held. */
static void report(void)
{
	bool any = false;

	for (unsigned int i = 0; i < nr_entries; i++) {
		if (!entries[i].fresh)
			continue;
		say_entry(NULL, &entries[i]);
		any = true;
	}
	if (any)
		say_rest(NULL);
}

/* 0, -EBUSY: the CPUs did not stop; -ENOSPC: the records are used up. */
static int scan(void)
{
	int err = -ENOSPC;

	mutex_lock(&scan_mutex);
	if (!READ_ONCE(kmemleak_off))
		err = kmemleak_scan(nothing);
	if (!err) {
		__set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_timeout(PAUSE_NS);
		err = kmemleak_scan(collect);
	}
	if (!err)
		report();
	mutex_unlock(&scan_mutex);
	return err;
}

void kmemleak_check(void)
{
	int err = scan();

	if (err)
		pr_notice("kmemleak: no scan: %pe\n", ERR_PTR(err));
}

/* ---- /proc/kmemleak ---- */

static int show(struct seq_file *m, void *v)
{
	mutex_lock(&scan_mutex);
	if (scanned_ms)
		seq_printf(m, "last scan %u ms after boot: %u objects, %llu bytes\n", scanned_ms, nr_objects,
			   (unsigned long long)nr_bytes);
	seq_printf(m, "%u of %u records ever used, %u different stacks%s\n", kmemleak_end(), kmemleak_max, kmemleak_nr_stacks,
		   kmemleak_off ? "; out of records, stopped" : "");
	for (unsigned int i = 0; i < nr_entries; i++)
		say_entry(m, &entries[i]);
	say_rest(m);
	mutex_unlock(&scan_mutex);
	return 0;
}

static int kmemleak_open(struct inode *inode, struct file *file)
{
	return single_open(file, show, NULL);
}

static ssize_t kmemleak_write(struct file *file, const char __user *buf, size_t len, loff_t *ppos)
{
	char text[16];
	int err;

	if (len >= sizeof(text))
		return -EINVAL;
	if (copy_from_writer(text, buf, len))
		return -EFAULT;
	text[len] = '\0';
	if (strcmp(strim(text), "scan"))
		return -EINVAL;
	err = scan();
	return err ? err : (ssize_t)len;
}

static const struct file_operations kmemleak_fops = {
	.open = kmemleak_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.write = kmemleak_write,
	.release = single_release,
};
PROC_FILE_OPS("kmemleak", 0600, kmemleak_fops);
#endif
