// SPDX-License-Identifier: GPL-2.0-only
/*
 * KASAN's reports: what was done to which memory, by whom, and what is known about that memory. The kernel goes on afterwards. The same
 * mistake (the same three innermost frames) is reported once.
 *
 * Start with kasan_report(). Nothing here trusts what it reports about: the mistake may have overwritten anything.
 */
#ifdef CONFIG_KASAN
#include "arch/x86_64/arch.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/kasan_internal.h"
#include "kernel/debug/stack_depot.h"
#include "kernel/lib/lib.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"

#define MAX_FRAMES 24

bool kasan_ready;

static DEFINE_PER_CPU(int, reporting);	/* this CPU is in a report: one within it is dropped */

/* ---- each mistake once ---- */

#define MAX_PLACES 256
static u32 places[MAX_PLACES];		/* hashes of frames; within a report */
static unsigned int nr_places;		/* the same */

static bool is_new(const unsigned long *ips, unsigned int n)
{
	u32 hash = hash_bytes(ips, min(n, 3U) * sizeof(*ips), 0);
	unsigned int i, end = READ_ONCE(nr_places);	/* once: report_begin() does not wait for ever */

	for (i = 0; i < end; i++)
		if (places[i] == hash)
			return false;
	if (end == MAX_PLACES)
		return false;
	places[end] = hash;
	WRITE_ONCE(nr_places, end + 1);
	return true;
}

static bool begin(unsigned long *flags)
{
	local_irq_save(*flags);
	if (!kasan_ready || this_cpu_read(reporting)) {
		local_irq_restore(*flags);
		return false;
	}
	this_cpu_write(reporting, 1);
	(void)report_begin();
	return true;
}

static void end(unsigned long flags)
{
	this_cpu_write(reporting, 0);
	report_end(flags);
}

/* The stack from `ip` outward; ip alone if it is not on it. */
static unsigned int stack_from(unsigned long ip, unsigned long ips[MAX_FRAMES])
{
	unsigned int n = stack_trace_save((unsigned long)__builtin_frame_address(0), ips, MAX_FRAMES), first = 0;

	while (first < n && ips[first] != ip)
		first++;
	if (first == n) {
		ips[0] = ip;
		return 1;
	}
	memmove(ips, ips + first, (n - first) * sizeof(*ips));
	return n - first;
}

/* ---- what lies there ---- */

static const char *kind_of(unsigned long addr, unsigned long bad)
{
	u8 v;

	if (addr < PAGE_SIZE)
		return "null-ptr-deref";
	if (bad < KASAN_FIRST)
		return "wild-memory-access";
	v = *kasan_shadow((void *)bad);
	if (v < KASAN_GRANULE)		/* the end of something: what follows says of what */
		v = kasan_shadow((void *)bad)[1];
	switch (v) {
	case KASAN_SLAB_FREE:
	case KASAN_PAGE_FREE:
	case KASAN_STACK_FREE:
		return "use-after-free";
	case KASAN_SLAB_REDZONE:
	case KASAN_PAGE_REDZONE:
		return "slab-out-of-bounds";
	case KASAN_VMALLOC_TAIL:
		return "vmalloc-out-of-bounds";
	case KASAN_GLOBAL:
		return "global-out-of-bounds";
	case KASAN_STACK_LEFT:
	case KASAN_STACK_MID:
	case KASAN_STACK_RIGHT:
	case KASAN_ALLOCA_LEFT:
	case KASAN_ALLOCA_RIGHT:
		return "stack-out-of-bounds";
	case KASAN_STACK_SCOPE:
		return "stack-use-after-scope";
	}
	return "wild-memory-access";
}

static void show_track(const char *what, struct kasan_track t)
{
	unsigned long ips[STACK_DEPOT_DEPTH];
	unsigned int n = stack_depot_fetch(t.stack, ips);

	printk(KERN_ERR "%s by task %d:\n", what, t.pid);
	if (!n)
		printk(KERN_ERR " (no stack was kept)\n");
	for (unsigned int i = 0; i < n; i++)
		printk(KERN_ERR " %#lx %pS\n", ips[i], (void *)(ips[i] - 1));
}

/* Where `addr` is as seen from [start, start + size). */
static void show_place(unsigned long addr, unsigned long start, unsigned long size)
{
	if (addr < start)
		printk(KERN_ERR "The address is %lu bytes before it.\n", start - addr);
	else if (addr < start + size)
		printk(KERN_ERR "The address is %lu bytes inside it.\n", addr - start);
	else
		printk(KERN_ERR "The address is %lu bytes behind its end.\n", addr - start - size);
}

static void show_object(unsigned long addr, const struct page *page)
{
	struct kmem_cache *c = page->slab_cache;
	void *obj = slab_object((void *)addr);
	const struct kasan_object *o;

	if (!obj) {
		printk(KERN_ERR "The rest of a slab of cache %s, behind its last object.\n", slab_name(c));
		return;
	}
	o = kasan_object_of(c, obj);
	printk(KERN_ERR "Object %lx of cache %s, %u bytes%s, %s\n", (unsigned long)obj, slab_name(c), o->size,
	       o->size < slab_usable(c) ? " asked for" : "",
	       o->state == KASAN_OBJECT_ALLOCATED ? "allocated" : "free");
	show_place(addr, (unsigned long)obj, o->size);
	if (o->state == KASAN_OBJECT_NEW)
		return;
	show_track("Allocated", o->alloc);
	if (o->put_off.stack)
		show_track("Given to call_rcu()", o->put_off);
	if (o->state != KASAN_OBJECT_ALLOCATED)
		show_track("Freed", o->free);
}

/* The head of the block that the page is in has the tracks; of a free page that is in the midst of one nothing is known. */
static void show_pages(unsigned long addr, struct page *page)
{
	bool free = *kasan_shadow((void *)addr) == KASAN_PAGE_FREE;

	if (!free)
		while (page > mem_map && !(page->flags & PG_LARGE) && page_to_pfn(page) % (1U << (MAX_ORDER - 1)))
			page--;
	printk(KERN_ERR "Page %lx%s\n", (unsigned long)page_address(page),
	       free ? ", free" : page->flags & PG_LARGE ? ", of a kmalloc()" : "");
	if (page->flags & PG_LARGE)
		show_place(addr, (unsigned long)page_address(page), page->index);
	if (page->alloc_track.stack)
		show_track("Allocated", page->alloc_track);
	if (free && page->free_track.stack)
		show_track("Freed", page->free_track);
}

static void show_global(unsigned long addr)
{
	const struct kasan_global *g = kasan_find_global(addr);

	if (!g)
		return;
	if (strstarts(g->name, "*.LC"))
		printk(KERN_ERR "A text in %s, %zu bytes\n", (const char *)g->module, g->size);
	else
		printk(KERN_ERR "Variable %s of %s, %zu bytes\n", (const char *)g->name, (const char *)g->module, g->size);
	show_place(addr, (unsigned long)g->start, g->size);
}

/*
 * The frame around addr begins, after its left redzone, with three words that the compiler writes: a magic number, a text that
 * describes the variables ("2 32 4 1 x 48 8 5 other": their number, then offset, size and name with its length), the function.
 */
#define FRAME_MAGIC 0x41b58ab3UL

static void show_frame(unsigned long addr)
{
	unsigned long at = ALIGN_DOWN(addr, KASAN_GRANULE), low = ALIGN_DOWN(addr, THREAD_SIZE);
	const unsigned long *frame;
	char *text;
	u64 n;

	while (at > low && *kasan_shadow((void *)at) != KASAN_STACK_LEFT)
		at -= KASAN_GRANULE;
	while (at > low && *kasan_shadow((void *)(at - KASAN_GRANULE)) == KASAN_STACK_LEFT)
		at -= KASAN_GRANULE;
	if (*kasan_shadow((void *)at) != KASAN_STACK_LEFT)	/* so this is not a stack, or not one that is in use */
		return;
	frame = (const unsigned long *)at;
	if (frame[0] != FRAME_MAGIC || frame[1] < KERNEL_BASE || frame[1] >= (unsigned long)__kernel_end)
		return;
	printk(KERN_ERR "Frame of %pS, the address is %lu bytes inside. Its variables:\n", (void *)frame[2], addr - at);
	n = simple_strtoull((const char *)frame[1], &text, 10);
	while (n--) {
		u64 offset = simple_strtoull(skip_spaces(text), &text, 10);
		u64 size = simple_strtoull(skip_spaces(text), &text, 10);
		u64 len = simple_strtoull(skip_spaces(text), &text, 10);

		text = skip_spaces(text);
		printk(KERN_ERR " [%llu, %llu) %.*s\n", (unsigned long long)offset, (unsigned long long)(offset + size), (int)len, text);
		text += len;
	}
}

static void show_memory(unsigned long addr)
{
	struct page *page;

	if (addr >= PAGE_OFFSET && addr - PAGE_OFFSET < max_pfn << PAGE_SHIFT) {
		page = virt_to_page((void *)addr);
		if (page->flags & PG_SLAB)
			show_object(addr, page);
		else
			show_pages(addr, page);
	} else if (addr >= KERNEL_BASE && addr < (unsigned long)__kernel_end) {
		if (addr >= (unsigned long)boot_stack && addr < (unsigned long)boot_stack_top)
			show_frame(addr);
		else
			show_global(addr);
	} else if (addr >= VMALLOC_START && addr < VMALLOC_END) {
		show_frame(addr);
	}
}

/* The shadow around addr, 16 bytes (for 128 of memory) a line. */
static void show_shadow(unsigned long addr)
{
	unsigned long line = ALIGN_DOWN(addr, 128), first = line - 2 * 128;

	printk(KERN_ERR "The shadow around it (00: 8 bytes may be touched, 01 to 07: so many, else none):\n");
	for (unsigned long at = first; at <= line + 2 * 128; at += 128) {
		long here = ((long)addr - (long)at) >> KASAN_SHADOW_SHIFT;
		char text[16 * 3 + 2];
		unsigned int used = 0;

		for (long i = 0; i < 16; i++)
			used += (unsigned int)scnprintf(text + used, sizeof(text) - used, "%c%02x",
							i == here ? '[' : i && i == here + 1 ? ']' : ' ', kasan_shadow((void *)at)[i]);
		printk(KERN_ERR "%c%lx:%s%s\n", at == line ? '>' : ' ', at, text, here == 15 ? "]" : "");
	}
}

/* ---- the reports ---- */

void kasan_report(unsigned long addr, size_t n, bool write, unsigned long ip)
{
	unsigned long ips[MAX_FRAMES], flags, bad;
	unsigned int frames;

	if (!begin(&flags))
		return;
	frames = stack_from(ip, ips);
	if (is_new(ips, frames)) {
		bad = addr < KASAN_FIRST ? addr : kasan_first_bad(addr, n);
		bad = bad ? bad : addr;		/* it may have changed since */
		printk(KERN_ERR "KASAN: %s in %pS\n", kind_of(addr, bad), (void *)(ip - 1));
		printk(KERN_ERR "%s of size %zu at %lx by task %s/%d on CPU %u\n", write ? "Write" : "Read", n, addr,
		       current->comm, current->pid, raw_cpu_id());
		show_stack_trace(ips, frames);
		if (bad >= KASAN_FIRST) {
			show_memory(bad);
			show_shadow(bad);
		}
	}
	end(flags);
}

void kasan_report_free(const char *what, const void *p, unsigned long ip)
{
	unsigned long ips[MAX_FRAMES], flags, addr = (unsigned long)p;
	unsigned int frames, first = 0;
	unsigned long offset;

	if (!begin(&flags))
		return;
	frames = stack_from(ip, ips);
	/* Who freed it is whoever called the allocator. */
	while (first + 1 < frames) {
		const char *name = ksym_lookup(ips[first] - 1, &offset);

		if (!name || (strcmp(name, "kfree") && strcmp(name, "kmem_cache_free") && strcmp(name, "free_block") &&
			      strcmp(name, "free_page_last")))
			break;
		first++;
	}
	if (is_new(ips + first, frames - first)) {
		printk(KERN_ERR "KASAN: %s in %pS\n", what, (void *)(ips[first] - 1));
		printk(KERN_ERR "Free of %lx by task %s/%d on CPU %u\n", addr, current->comm, current->pid, raw_cpu_id());
		show_stack_trace(ips, frames);
		if (addr >= KASAN_FIRST) {
			show_memory(addr);
			show_shadow(addr);
		}
	}
	end(flags);
}

const char *kasan_fault_name(unsigned long addr)
{
	if (addr < KASAN_SHADOW_START || addr >= KASAN_SHADOW_END)
		return NULL;
	return "KASAN: shadow of no memory is written (a kernel stack that overflows?)";
}
#endif
