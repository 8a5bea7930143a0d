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
#include "kernel/debug/stack_depot.h"
#include "fs/internal.h"
#include "kernel/sched/sched.h"

#define MAX_ENTRIES 32
#define BYTES_SHOWN 32
#define PAUSE_NS    (10 * NSEC_PER_MSEC)

/* The objects of one stack. The address and the bytes of the oldest are stored inverted: this must not be a reference. */
struct entry {
	struct kmemleak_object oldest;
	u32 objects;
	u32 fresh;			/* of those, not yet on the log */
	u64 bytes;
	unsigned char inverted[BYTES_SHOWN];
};

static DEFINE_MUTEX(scan_mutex);	/* one scan at a time; all that follows */
static struct entry entries[MAX_ENTRIES];
static unsigned int nr_entries;
static u32 nr_objects, nr_hanging, nr_others;	/* others: their stack found no room in entries */
static u64 nr_bytes, hanging_bytes;
static u32 scanned_ms;			/* when; 0: not yet */

/* ---- collecting, with all CPUs stopped ---- */

static struct entry *entry_of(u32 stack)
{
	for (unsigned int i = 0; i < nr_entries; i++)
		if (entries[i].oldest.stack == stack)
			return &entries[i];
	if (nr_entries == MAX_ENTRIES)
		return NULL;
	entries[nr_entries] = (struct entry){.objects = 0};
	return &entries[nr_entries++];
}

static void set_oldest(struct entry *e, const struct kmemleak_object *o)
{
	const unsigned char *bytes = (const unsigned char *)o->start;

	e->oldest = *o;
	e->oldest.start = ~o->start;
	for (unsigned int i = 0; i < BYTES_SHOWN && i < o->size; i++)
		e->inverted[i] = (unsigned char)~bytes[i];
}

static void count(struct kmemleak_object *o)
{
	struct entry *e;

	if (o->flags & KMEMLEAK_HANGS) {
		nr_hanging++;
		hanging_bytes += o->size;
		return;
	}
	e = entry_of(o->stack);
	if (!e) {
		nr_others++;
		return;
	}
	if (!e->objects++ || o->born < e->oldest.born)
		set_oldest(e, o);
	e->bytes += o->size;
	e->fresh += !(o->flags & KMEMLEAK_REPORTED);
	o->flags |= KMEMLEAK_REPORTED;
}

static void collect(void)
{
	u32 end = kmemleak_end();

	nr_entries = nr_objects = nr_hanging = nr_others = 0;
	nr_bytes = hanging_bytes = 0;
	for (u32 i = 1; i < end; i++) {
		struct kmemleak_object *o = &kmemleak_objects[i];

		if (!o->start)
			continue;
		nr_objects++;
		nr_bytes += o->size;
		if (o->missed >= 2)
			count(o);
	}
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
	unsigned long ips[STACK_DEPOT_DEPTH];
	unsigned int n = stack_depot_fetch(o->stack, ips);

	say(m, "KMEMLEAK: unreferenced object %#lx (size %zu, %s%s), allocated by task %s/%d %u s ago\n", ~o->start, o->size,
	    o->kind == KMEMLEAK_SLAB ? "cache " : "", kind_name(o), o->comm, o->pid, (scanned_ms - o->born) / 1000);
	if (e->objects > 1)
		say(m, "  it is the oldest of %u objects, %llu bytes, that were allocated so\n", e->objects,
		    (unsigned long long)e->bytes);
	say_bytes(m, e);
	for (unsigned int i = 0; i < n; i++)
		say(m, "  %#lx %pS\n", ips[i], (void *)(ips[i] - 1));
	if (!o->stack)
		say(m, "  (no room was left for its stack)\n");
}

static void say_rest(struct seq_file *m)
{
	if (nr_others)
		say(m, "  and %u objects from more places\n", nr_others);
	if (nr_hanging)
		say(m, "  %u objects, %llu bytes, are referred to by unreferenced ones only\n", nr_hanging,
		    (unsigned long long)hanging_bytes);
}

/* Entries that have something new. scan_mutex held. */
static void report(void)
{
	unsigned long flags = report_begin();
	bool any = false;

	for (unsigned int i = 0; i < nr_entries; i++) {
		if (!entries[i].fresh)
			continue;
		say_entry(NULL, &entries[i]);
		any = true;
	}
	if (any)
		say_rest(NULL);
	report_end(flags);
}

/* 0; -ENOSPC: the records are used up. */
static int scan(void)
{
	if (READ_ONCE(kmemleak_off))
		return -ENOSPC;
	mutex_lock(&scan_mutex);
	kmemleak_scan(nothing);
	__set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(PAUSE_NS);
	kmemleak_scan(collect);
	report();
	mutex_unlock(&scan_mutex);
	return 0;
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
	seq_printf(m, "%u of %u records ever used%s\n", kmemleak_end(), kmemleak_max,
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
