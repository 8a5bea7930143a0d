// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which objects can be reached (builds with KMEMLEAK=1). While all CPUs stand still, every word of the roots that looks like
 * the address of an object, or of a place inside one, marks the object; then every word of the marked ones is
 * read, and so on. What is left unmarked is referred to by nothing.
 *
 * Roots: data and bss with the boot stack, memory given out at boot (the per-CPU areas among it), the kernel's page tables, and
 * the stacks of the CPUs from their stack pointers on. The registers that the stopping interrupt found are on those stacks. The
 * stack of a task that sleeps is read when the task is reached.
 *
 * A reference to a page is the address of its struct page, an address inside it, or an entry of a page table. Low bits that
 * are used as marks need no care: an address inside is as good as the first one. Start reading at scan_all().
 */
#ifdef CONFIG_KMEMLEAK
#include "kernel/debug/kasan.h"
#include "kernel/debug/kmemleak_internal.h"
#include "kernel/mm/internal.h"
#include "kernel/sched/rq.h"
#include "kernel/sync/stop_machine.h"

#define PTE_LARGE BIT(7)

extern char __percpu_end[], __load_end[];
extern char boot_stack[], boot_stack_top[];	/* boot/start.asm; CPU 0's idle task has it */

/* All that follows: the one scan that runs. */
static u32 gray;			/* objects that are marked and not yet read, by their `gray` */
static u8 color;			/* what marking means: KMEMLEAK_FOUND, then KMEMLEAK_HANGS */
static const struct kmemleak_object *hanger;	/* KMEMLEAK_HANGS: on whom */

/* ---- marking ---- */

static void mark_object(struct kmemleak_object *o)
{
	if (!o || (o->flags & (KMEMLEAK_FOUND | KMEMLEAK_HANGS)) || o == hanger)
		return;
	if (o->kind == KMEMLEAK_VMALLOC && !(o->flags & KMEMLEAK_ONCE)) {
		o->flags |= KMEMLEAK_ONCE;	/* by the vm_struct that stands for it */
		return;
	}
	o->flags |= color;
	o->gray = gray;
	gray = (u32)(o - kmemleak_objects);
}

static void mark_slab_object(unsigned long addr)
{
	mark_object(kmemleak_find(slab_object_start(addr)));
}

/* The block that page frame pfn is in. */
static void mark_page(unsigned long pfn)
{
	unsigned long start = 0, last = 0;
	struct kmemleak_object *o = NULL;

	for (unsigned int order = 0; order < MAX_ORDER && !o; order++) {
		start = (unsigned long)page_address(pfn_to_page(ALIGN_DOWN(pfn, 1UL << order)));
		if (start != last)
			o = kmemleak_find(start);
		last = start;
	}
	if (o && ((unsigned long)page_address(pfn_to_page(pfn)) - o->start) < o->size)
		mark_object(o);
	else if (pfn_to_page(pfn)->flags & PG_CHARGED)		/* from the boot image: no object, but it is paid for */
		mark_slab_object((unsigned long)pfn_to_page(pfn)->charge);
}

static void mark_mapped(unsigned long addr)
{
	struct kmemleak_object *o = kmemleak_find(ALIGN_DOWN(addr, THREAD_SIZE));

	mark_object(o && o->kind == KMEMLEAK_STACK ? o : kmemleak_find_area(addr));
}

/* Any word. */
static inline void mark(unsigned long word)
{
	if (word - PAGE_OFFSET < max_pfn << PAGE_SHIFT) {
		if (word - (unsigned long)mem_map < max_pfn * sizeof(struct page))
			mark_page((word - (unsigned long)mem_map) / sizeof(struct page));
		else if (virt_to_page((void *)word)->flags & PG_SLAB)
			mark_slab_object(word);
		else
			mark_page((word - PAGE_OFFSET) >> PAGE_SHIFT);
	} else if (word - VMALLOC_START < VMALLOC_END - VMALLOC_START) {
		mark_mapped(word);
	}
}

/* ---- reading ---- */

/* What KASAN=1 keeps free between variables and behind objects has old words in it. */
static void scan_range(unsigned long start, unsigned long end)
{
	for (const unsigned long *p = (void *)ALIGN(start, 8); (unsigned long)(p + 1) <= end; p++)
		if (!kasan_nobodys(p))
			mark(*p);
}

/* Tables that a CPU keeps for the next fork are linked through their first word, by an ordinary address. */
static void scan_table(const u64 *table)
{
	for (unsigned int i = 0; i < 512; i++) {
		unsigned long pfn = (table[i] & PTE_ADDR_MASK) >> PAGE_SHIFT;

		if (!(table[i] & (PTE_PRESENT | PTE_PROTNONE)))
			mark(table[i]);
		else if (!(table[i] & PTE_LARGE) && pfn < max_pfn)
			mark_page(pfn);
	}
}

/* The links of a page and who pays for it. */
static void scan_struct_page(const struct page *page)
{
	scan_range((unsigned long)page, (unsigned long)&page->charge);
	if (page->flags & PG_CHARGED)
		mark((unsigned long)page->charge);
}

/* What lies below a stack pointer is left over from earlier calls and counts for nothing. */
static void scan_stack(unsigned long sp)
{
	struct kmemleak_object *o = kmemleak_find(ALIGN_DOWN(sp, THREAD_SIZE));

	if (!o || o->kind != KMEMLEAK_STACK)
		return;
	mark_object(o);
	scan_range(sp, o->start + o->size);
}

/* Those of tasks that run are in scan_cpus(); here is where a sleeping task's was saved. */
static void scan_task_stack(const struct task_struct *p)
{
	if (!p->on_cpu && (p->stack || p->pid == 0))
		scan_stack(p->thread.sp);
}

static bool is_task(const struct kmemleak_object *o)
{
	return o->size >= sizeof(struct task_struct) && o->kind == KMEMLEAK_SLAB && !strcmp(o->cache, "task_struct");
}

static void scan_object(const struct kmemleak_object *o)
{
	switch ((enum kmemleak_kind)o->kind) {
	case KMEMLEAK_TABLE:
		scan_table((const u64 *)o->start);
		scan_struct_page(virt_to_page((void *)o->start));
		break;
	case KMEMLEAK_PAGES:
		scan_range(o->start, o->start + o->size);
		scan_struct_page(virt_to_page((void *)o->start));
		break;
	case KMEMLEAK_USER:
	case KMEMLEAK_MAPPED:
		scan_struct_page(virt_to_page((void *)o->start));
		break;
	case KMEMLEAK_SLAB:
		if (is_task(o))
			scan_task_stack((const struct task_struct *)o->start);
		scan_range(o->start, o->start + o->size);
		break;
	case KMEMLEAK_VMALLOC:
		scan_range(o->start, o->start + o->size);
		break;
	case KMEMLEAK_STACK:
		break;
	}
}

static void scan_gray(void)
{
	while (gray) {
		struct kmemleak_object *o = &kmemleak_objects[gray];

		gray = o->gray;
		scan_object(o);
	}
}

/* ---- roots ---- */

/* Noinline: what the callers have in registers is on the stack above this frame. */
static noinline void scan_cpus(void)
{
	unsigned long idle_sp = init_task.thread.sp;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		unsigned long sp = cpu == smp_processor_id() ? (unsigned long)__builtin_frame_address(0) :
							       per_cpu(stopped_frame, cpu);

		if (sp >= (unsigned long)boot_stack && sp < (unsigned long)boot_stack_top)
			idle_sp = sp;
		scan_stack(sp);
		scan_task_stack(cpu_rq(cpu)->idle);
	}
	scan_range((unsigned long)__load_end, (unsigned long)boot_stack);
	scan_range(idle_sp, (unsigned long)__kernel_end);
}

/* Below the top-level entries of kernel addresses. Those of the direct map and the image refer to no object. */
static void scan_kernel_tables(void)
{
	for (unsigned int i = 256; i < 512; i++)
		if (kernel_pgd[i] & PTE_PRESENT)
			scan_table(__va(kernel_pgd[i] & PTE_ADDR_MASK));
}

static void mark_all(void)
{
	u32 end = kmemleak_end();

	for (u32 i = 1; i < end; i++)
		kmemleak_objects[i].flags &= (u8)~(KMEMLEAK_FOUND | KMEMLEAK_HANGS | KMEMLEAK_ONCE);
	color = KMEMLEAK_FOUND;
	hanger = NULL;
	scan_cpus();
	scan_range((unsigned long)__init_start, (unsigned long)__percpu_end);
	for (unsigned int i = 0; i < kmemleak_nr_roots; i++)
		scan_range(kmemleak_roots[i].start, kmemleak_roots[i].end);
	scan_kernel_tables();
	scan_gray();
	for (u32 i = 1; i < end; i++) {
		struct kmemleak_object *o = &kmemleak_objects[i];

		o->missed = o->flags & KMEMLEAK_FOUND ? 0 : (u8)min(o->missed + 1, 2);
	}
}

/* Mark what only unreferenced objects refer to: of a lost tree, the root is what is reported. Of a circle, the first that comes. */
static void mark_hanging(void)
{
	u32 end = kmemleak_end();

	color = KMEMLEAK_HANGS;
	for (u32 i = 1; i < end; i++) {
		struct kmemleak_object *o = &kmemleak_objects[i];

		if (!o->start || (o->flags & (KMEMLEAK_FOUND | KMEMLEAK_HANGS)))
			continue;
		hanger = o;
		scan_object(o);
		scan_gray();
	}
}

static noinline void scan_all(void (*done)(void))
{
	__builtin_unwind_init();	/* all registers that callers may use to the stack */
	mark_all();
	mark_hanging();
	done();
}

/* ---- stopping the CPUs ---- */

static void scan_stopped(void *done)
{
	scan_all(*(void (**)(void))done);
}

void kmemleak_scan(void (*done)(void))
{
	stop_machine(scan_stopped, &done);
}
#endif
