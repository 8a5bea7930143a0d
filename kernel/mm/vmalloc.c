/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel memory that is contiguous in addresses only: vmalloc() areas, and kernel stacks with an
 * unmapped page below each.
 *
 * Address space: [VMALLOC_START, +64 GiB) stack slots of twice THREAD_SIZE, then vmalloc up to +512
 * GiB.
 *
 * Mapping and unmapping needs a flush on all CPUs, so stacks are kept: a few on each CPU, some more
 * on a common list, and only what is beyond that is unmapped.
 */
#include "kernel/mm/internal.h"
#include "kernel/sched/sched.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/kmemleak.h"
#include "kernel/debug/stack_use.h"

#define STACK_SLOT	(2 * THREAD_SIZE)	/* the lower half stays unmapped */
/* Pages that one takes in all. */
#define STACK_COST	(STACK_PAGES + (long)KASAN_SHADOW_PAGES(THREAD_SIZE))
#define MAX_STACKS	(PID_MAX + 2 * NR_CPUS)
#define STACKS_PER_CPU	4
#define STACKS_COMMON	16

#define AREA_START (VMALLOC_START + (64UL << 30))
#define AREA_END   (VMALLOC_START + (512UL << 30))
#define AREA_ALIGN KASAN_SHADOW_SPAN		/* a page, but where areas may not share pages of shadow */

/* A free stack keeps its link in its lowest word. */
struct stack_list {
	void *head;
	unsigned int count;
};
static DEFINE_PER_CPU(struct stack_list, stack_list);	/* own CPU only, interrupts off */
static struct stack_list common_stacks;			/* stack_lock */
static DEFINE_SPINLOCK(stack_lock);			/* interrupts off */
/* stack_lock: slots that are mapped, or being so. */
static DECLARE_BITMAP(stack_slots, MAX_STACKS);
static unsigned long stack_hint;			/* stack_lock: no free slot below */

struct vm_struct {
	struct list_head list;		/* vm_lock; sorted by addr */
	unsigned long addr;
	size_t size;			/* bytes mapped; a hole of AREA_ALIGN at least follows */
};
static DEFINE_MUTEX(vm_lock);
static LIST_HEAD(vm_areas);

/* ---- mapping ---- */

/*
 * Unmap and free the first `mapped` bytes of an area of `size` bytes, and its shadow. The pages go
 * only when no CPU can reach them any more. Interrupts on.
 */
static void unmap_pages(unsigned long va, size_t mapped, size_t size)
{
	struct page *gone = NULL, *next;

	for (size_t at = 0; at < mapped; at += PAGE_SIZE) {
		struct page *page = phys_to_page(kernel_unmap_page(va + at));

		page->freelist = gone;
		gone = page;
	}
	gone = kasan_unmap_shadow(va, size, gone);
	kernel_tlb_flush_all();
	for (; gone; gone = next) {
		next = gone->freelist;
		put_page(gone);
	}
}

/* Fresh zeroed pages at [va, va + size). -ENOMEM: nothing is mapped. */
static int map_pages(unsigned long va, size_t size)
{
	if (kasan_map_shadow(va, size))
		return -ENOMEM;
	for (size_t at = 0; at < size; at += PAGE_SIZE) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

		if (page)
			kmemleak_alloc(page_address(page), PAGE_SIZE, KMEMLEAK_MAPPED, NULL);
		if (page &&
		    !kernel_map_page(va + at, page_to_phys(page), PTE_PRESENT | PTE_WRITE | PTE_NX))
			continue;
		if (page)
			put_page(page);
		unmap_pages(va, at, size);
		return -ENOMEM;
	}
	return 0;
}

/* ---- stacks ---- */

static void *list_pop(struct stack_list *l)
{
	void *stack = l->head;

	if (stack) {
		l->head = *(void **)stack;
		l->count--;
	}
	return stack;
}

static void list_push(struct stack_list *l, void *stack)
{
	*(void **)stack = l->head;
	l->head = stack;
	l->count++;
}

static unsigned long slot_address(unsigned long slot)
{
	return VMALLOC_START + slot * STACK_SLOT + STACK_SLOT - THREAD_SIZE;
}

static void slot_free(unsigned long slot)
{
	unsigned long flags;

	spin_lock_irqsave(&stack_lock, flags);
	__clear_bit(slot, stack_slots);
	stack_hint = min(stack_hint, slot);
	spin_unlock_irqrestore(&stack_lock, flags);
}

static noinline void *map_new_stack(void)
{
	unsigned long flags, slot;

	spin_lock_irqsave(&stack_lock, flags);
	slot = find_next_zero_bit(stack_slots, MAX_STACKS, stack_hint);
	if (slot < MAX_STACKS) {
		__set_bit(slot, stack_slots);
		stack_hint = slot + 1;
	}
	spin_unlock_irqrestore(&stack_lock, flags);
	if (slot == MAX_STACKS)
		return NULL;
	if (map_pages(slot_address(slot), THREAD_SIZE)) {
		slot_free(slot);
		return NULL;
	}
	vm_stat_add(VM_STACKS, STACK_COST);
	return (void *)slot_address(slot);
}

void *alloc_kernel_stack(void)
{
	unsigned long flags;
	void *stack;

	if (should_fail(GFP_KERNEL))
		return NULL;
	local_irq_save(flags);
	stack = list_pop(this_cpu_ptr(stack_list));
	if (unlikely(!stack && READ_ONCE(common_stacks.head))) {
		spin_lock(&stack_lock);
		stack = list_pop(&common_stacks);
		spin_unlock(&stack_lock);
	}
	local_irq_restore(flags);
	if (unlikely(!stack))
		stack = map_new_stack();
	else
		kasan_alloc_stack(stack);
	if (likely(stack))
		stack_use_begin(stack);
	return kmemleak_alloc(stack, THREAD_SIZE, KMEMLEAK_STACK, NULL);
}

/* Stacks beyond what the lists hold are unmapped here, where it may sleep. */
static void trim_stacks(struct work_struct *work);
static struct work_struct trim_work = __WORK_INITIALIZER(trim_work, trim_stacks);

void free_kernel_stack(void *stack)
{
	struct stack_list *l;
	unsigned long flags;
	bool trim = false;

	kasan_free_stack(stack);
	kmemleak_free(stack);
	local_irq_save(flags);
	l = this_cpu_ptr(stack_list);
	if (l->count < STACKS_PER_CPU) {
		list_push(l, stack);
	} else {
		spin_lock(&stack_lock);
		list_push(&common_stacks, stack);
		trim = common_stacks.count == STACKS_COMMON + 1;
		spin_unlock(&stack_lock);
	}
	local_irq_restore(flags);
	if (trim)
		schedule_work(&trim_work);
}

/* Unmap the common stacks above `keep`. May sleep, interrupts on. */
static unsigned long trim_to(unsigned int keep)
{
	unsigned long freed = 0, flags;
	struct stack_list gone = {NULL, 0};
	void *stack;

	spin_lock_irqsave(&stack_lock, flags);
	while (common_stacks.count > keep)
		list_push(&gone, list_pop(&common_stacks));
	spin_unlock_irqrestore(&stack_lock, flags);
	while ((stack = list_pop(&gone))) {
		unmap_pages((unsigned long)stack, THREAD_SIZE, THREAD_SIZE);
		slot_free(((unsigned long)stack - VMALLOC_START) / STACK_SLOT);
		freed += STACK_COST;
	}
	vm_stat_add(VM_STACKS, -(long)freed);
	return freed;
}

static void trim_stacks(struct work_struct *work)
{
	trim_to(STACKS_COMMON / 2);
}

unsigned long kernel_stack_shrink(void)
{
	return trim_to(0);
}

/* ---- vmalloc ---- */

/* First hole that fits, in address order. vm_lock held. */
static int area_insert(struct vm_struct *area)
{
	unsigned long at = AREA_START;
	struct vm_struct *v;

	list_for_each_entry(v, &vm_areas, list) {
		if (v->addr - at >= area->size + AREA_ALIGN)
			break;
		at = ALIGN(v->addr + v->size + PAGE_SIZE, AREA_ALIGN);
	}
	if (at + area->size > AREA_END)
		return -ENOMEM;
	area->addr = at;
	list_add_tail(&area->list, &v->list);
	return 0;
}

void *vmalloc(size_t size)
{
	struct vm_struct *area;
	int err;

	if (!size || size > total_ram_pages() << PAGE_SHIFT)
		return NULL;
	area = kmalloc(sizeof(*area), GFP_KERNEL);
	if (!area)
		return NULL;
	area->size = ALIGN(size, PAGE_SIZE);
	mutex_lock(&vm_lock);
	err = area_insert(area);
	mutex_unlock(&vm_lock);
	if (!err) {
		if (!map_pages(area->addr, area->size)) {
			kasan_vmalloc((void *)area->addr, size);
			return kmemleak_alloc((void *)area->addr, area->size, KMEMLEAK_VMALLOC, NULL);
		}
		mutex_lock(&vm_lock);
		list_del(&area->list);
		mutex_unlock(&vm_lock);
	}
	kfree(area);
	return NULL;
}

void vfree(void *p)
{
	struct vm_struct *v;

	if (!p)
		return;
	kmemleak_free(p);
	mutex_lock(&vm_lock);
	list_for_each_entry(v, &vm_areas, list) {
		if (v->addr != (unsigned long)p)
			continue;
		unmap_pages(v->addr, v->size, v->size);
		list_del(&v->list);
		mutex_unlock(&vm_lock);
		kfree(v);
		return;
	}
	mutex_unlock(&vm_lock);
	WARN_ON(1);
}
