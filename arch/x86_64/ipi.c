// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs talking to each other: reschedule, call a function there, forget translations, stop.
 *
 * A call is a node on the target's list, pushed with one atomic exchange; the interrupt takes the whole list. The nodes
 * belong to the caller's CPU, which waits for all of them before it can make another call.
 */
#include "arch/x86_64/cpu.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/kmemleak.h"
#include "kernel/lib/lib.h"
#include "kernel/mm/mm.h"

#define ICR_FIXED 0x4000	/* level assert */
#define ICR_NMI	  0x4400

struct call {
	struct call *next;
	void (*fn)(void *arg);
	void *arg;
	atomic_t *pending;	/* of the caller: calls not yet done */
};

struct call_slots {
	struct call slot[NR_CPUS];
};
static DEFINE_PER_CPU(struct call_slots, call_slots);	/* the caller's, one for each target */
static DEFINE_PER_CPU(struct call *, call_list);	/* the target's; atomic exchange */

void smp_send_reschedule(unsigned int cpu)
{
	apic_send_ipi(cpu_apic_id(cpu), ICR_FIXED | VEC_RESCHEDULE);
}

static void call_interrupt(void)
{
	struct call *c = xchg(this_cpu_ptr(call_list), NULL), *next;

	for (; c; c = next) {
		atomic_t *pending = c->pending;

		next = c->next;
		c->fn(c->arg);
		atomic_dec_and_test(pending);	/* c belongs to its caller again */
	}
}

static void push_call(unsigned int cpu, struct call *c)
{
	struct call **list = per_cpu_ptr(call_list, cpu);
	struct call *first = READ_ONCE(*list);

	do {
		c->next = first;
	} while (!__atomic_compare_exchange_n(list, &first, c, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	if (!first)
		apic_send_ipi(cpu_apic_id(cpu), ICR_FIXED | VEC_CALL);
}

void smp_call_function_mask(const unsigned long *cpumask, void (*fn)(void *), void *arg)
{
	struct call_slots *slots = this_cpu_ptr(call_slots);
	unsigned int self = raw_cpu_id(), cpu;
	atomic_t pending = ATOMIC_INIT(0);
	unsigned long flags;

	for (cpu = 0; cpu < nr_cpus; cpu++) {
		struct call *c = &slots->slot[cpu];

		if (cpu == self || !test_bit(cpu, cpumask))
			continue;
		c->fn = fn;
		c->arg = arg;
		c->pending = &pending;
		atomic_inc(&pending);
		push_call(cpu, c);
	}
	if (test_bit(self, cpumask)) {
		local_irq_save(flags);
		fn(arg);
		local_irq_restore(flags);
	}
	while (atomic_read(&pending)) {
		if (irqs_disabled())		/* two such callers would wait for each other: serve the other one */
			call_interrupt();
		cpu_relax();
	}
	smp_mb();
	kmemleak_clear(slots->slot, nr_cpus * sizeof(slots->slot[0]));	/* addresses on this stack */
}

void smp_call_function_all(void (*fn)(void *), void *arg)
{
	unsigned long all[DIV_ROUND_UP(NR_CPUS, 64)];

	memset(all, 0xff, sizeof(all));
	smp_call_function_mask(all, fn, arg);
}

void nmi_send(unsigned int cpu)
{
	apic_send_ipi(cpu_apic_id(cpu), ICR_NMI);
}

void smp_stop_others(void)
{
	unsigned int cpu;

	WRITE_ONCE(nmi_stop, raw_cpu_id());
	smp_mb();
	for (cpu = 0; cpu < nr_cpus; cpu++)
		if (cpu != raw_cpu_id())
			nmi_send(cpu);
}

static DEFINE_PER_CPU(nmi_fn_t, nmi_fn);		/* what the next NMI is to call; atomic exchange */

int nmi_call(unsigned int cpu, nmi_fn_t fn)
{
	nmi_fn_t none = NULL;

	if (!__atomic_compare_exchange_n(per_cpu_ptr(nmi_fn, cpu), &none, fn, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return -EBUSY;
	nmi_send(cpu);
	return 0;
}

/* From nmi_dispatch(). False: nobody asked for this NMI. */
__nobreak bool nmi_serve(struct pt_regs *regs)
{
	nmi_fn_t fn = xchg(this_cpu_ptr(nmi_fn), NULL);

	if (fn)
		fn(regs);
	return fn != NULL;
}

void ipi_init(void)
{
	irq_set_handler(VEC_RESCHEDULE, reschedule_ipi);
	irq_set_handler(VEC_CALL, call_interrupt);
}

/* ---- TLB ---- */

#define FLUSH_PAGES_MAX 32	/* above, reloading CR3 is cheaper than one INVLPG a page */

struct tlb_flush {
	pgd_t *pgd;		/* NULL: kernel addresses, all of them */
	unsigned long start, end;
};

void tlb_flush_local_page(unsigned long addr)
{
	__asm__ __volatile__("invlpg (%0)" ::"r"(addr) : "memory");
}

static void flush_user(unsigned long start, unsigned long end)
{
	if (end == ~0UL || end - start > FLUSH_PAGES_MAX * PAGE_SIZE) {
		write_cr3(read_cr3());
		return;
	}
	for (; start < end; start += PAGE_SIZE)
		tlb_flush_local_page(start);
}

static void flush_global(void)
{
	unsigned long cr4 = read_cr4();

	if (cr4 & CR4_PGE) {			/* a change of PGE empties the TLB of global entries too */
		write_cr4(cr4 & ~CR4_PGE);
		write_cr4(cr4);
	} else {
		write_cr3(read_cr3());
	}
}

static void flush_here(void *arg)
{
	const struct tlb_flush *f = arg;

	if (!f->pgd)
		flush_global();
	else if (read_cr3() == __pa(f->pgd))
		flush_user(f->start, f->end);
}

void tlb_flush_range(struct mm_struct *mm, const unsigned long *cpumask, unsigned long start, unsigned long end)
{
	struct tlb_flush f = {mm->pgd, start, end};
	unsigned int word, self = raw_cpu_id();
	bool others = false;

	for (word = 0; word < DIV_ROUND_UP(nr_cpus, 64u); word++) {
		unsigned long bits = READ_ONCE(cpumask[word]);

		if (word == self / 64)
			bits &= ~BIT(self % 64);
		others |= bits != 0;
	}
	flush_here(&f);
	if (others) {
		unsigned long mask[DIV_ROUND_UP(NR_CPUS, 64)];

		/* Who joins after this loads the tables as they are by then; who has left gets one call in vain. */
		data_race(memcpy(mask, cpumask, sizeof(mask)));
		clear_bit(self, mask);
		smp_call_function_mask(mask, flush_here, &f);
	}
}

void kernel_tlb_flush_all(void)
{
	struct tlb_flush f = {NULL, 0, ~0UL};

	smp_call_function_all(flush_here, &f);
}
