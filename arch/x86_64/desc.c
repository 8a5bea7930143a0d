// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptor tables: a GDT and TSS for each CPU, one IDT for all. Stacks of the TSS: sp0 is the running task's kernel stack;
 * NMI, double fault and machine check have a stack each (IST), because they may come when the current one is unusable; int3
 * and debug traps share one, so that GDB may stop the kernel where it has no stack, and use the stack where it has one.
 * Source: Intel SDM vol. 3, 3.5, 6.14, 8.7.
 */
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/gdb.h"
#include "kernel/debug/kmemleak.h"
#include "kernel/lib/lib.h"

struct tss {
	u32 reserved0;
	u64 sp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3;
	u16 iomap_base;
} __packed;

struct gate {
	u16 offset_low, selector;
	u8 ist, type;
	u16 offset_mid;
	u32 offset_high, reserved;
};

struct descriptor_pointer {
	u16 limit;
	u64 base;
} __packed;

#define GDT_ENTRIES 10
#define IST_NMI	    1
#define IST_DF	    2
#define IST_MC	    3
#define IST_DEBUG   4
#define NR_IST	    4
#define IST_SIZE    (KASAN_ON ? 16384 : 8192)	/* a panic may have no other, and says a lot */

struct ist_stacks {
	char stack[NR_IST][IST_SIZE];
};

DEFINE_PER_CPU(unsigned long, kernel_sp0);	/* read by entry.asm */
DEFINE_PER_CPU(unsigned long, user_sp);		/* entry.asm's scratch */
static DEFINE_PER_CPU(struct tss, tss);
static DEFINE_PER_CPU(u64, gdt)[GDT_ENTRIES];
static DEFINE_PER_CPU(struct ist_stacks, ist_stacks) __aligned(16);
static struct gate idt[256] __aligned(16);	/* immutable after desc_init() */

static void set_gate(unsigned int vector, void *entry, unsigned int ist, unsigned int dpl)
{
	u64 addr = (u64)entry;

	idt[vector] = (struct gate){
		.offset_low = addr,
		.selector = KERNEL_CS,
		.ist = ist,
		.type = 0x8e | dpl << 5,	/* interrupt gate: interrupts off on entry */
		.offset_mid = addr >> 16,
		.offset_high = addr >> 32,
	};
}

void desc_init(void)
{
	unsigned int v;

	for (v = 0; v < 256; v++)
		set_gate(v, trap_stubs + v * TRAP_STUB_SIZE, 0, 0);
	set_gate(1, trap_debug, IST_DEBUG, 0);
	set_gate(3, trap_int3, IST_DEBUG, 3);			/* INT3 and INTO are for programs too */
	set_gate(4, trap_stubs + 4 * TRAP_STUB_SIZE, 0, 3);
	set_gate(2, trap_nmi, IST_NMI, 0);
	set_gate(8, trap_double_fault, IST_DF, 0);
	set_gate(18, trap_machine_check, IST_MC, 0);
}

/* Interrupts are off on these stacks: when all CPUs have come to one, what is in there is old. */
void desc_new_stacks(unsigned int cpu)
{
	kmemleak_no_root(per_cpu_ptr(ist_stacks, cpu), sizeof(struct ist_stacks));
}

void desc_load(void)
{
	u64 *gdt = *this_cpu_ptr(gdt);
	struct tss *tss = this_cpu_ptr(tss);
	struct ist_stacks *ist = this_cpu_ptr(ist_stacks);
	struct descriptor_pointer gdtr = {GDT_ENTRIES * 8 - 1, (u64)gdt};
	struct descriptor_pointer idtr = {sizeof(idt) - 1, (u64)idt};
	u64 gs = rdmsr(MSR_GS_BASE), base = (u64)tss;
	unsigned int i;

	for (i = 0; i < NR_IST; i++)
		tss->ist[i] = (u64)ist->stack[i] + IST_SIZE;
	tss->iomap_base = sizeof(*tss);			/* no port is for programs */
	gdt[2] = 0x00af9b000000ffff;			/* KERNEL_CS */
	gdt[3] = 0x00cf93000000ffff;			/* KERNEL_DS */
	gdt[4] = 0x00cffb000000ffff;			/* 32-bit user code: SYSRET's base, unused */
	gdt[5] = 0x00cff3000000ffff;			/* USER_DS */
	gdt[6] = 0x00affb000000ffff;			/* USER_CS */
	gdt[8] = (sizeof(*tss) - 1) | (base & 0xffffff) << 16 | 0x89ULL << 40 | ((base >> 24) & 0xff) << 56;
	gdt[9] = base >> 32;

	__asm__ __volatile__("lgdt %0; lidt %1" ::"m"(gdtr), "m"(idtr) : "memory");
	__asm__ __volatile__("pushq %0; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:" ::"i"(KERNEL_CS)
			     : "rax", "memory");
	__asm__ __volatile__("mov %0, %%ss; mov %1, %%ds; mov %1, %%es; mov %1, %%fs; mov %1, %%gs" ::"r"(KERNEL_DS),
			     "r"(0)
			     : "memory");
	wrmsr(MSR_GS_BASE, gs);				/* loading the selector cleared it */
	__asm__ __volatile__("ltr %w0" ::"r"(TSS_SEL));
}

/* Half of each stack is enough for the first trap, and half for one that comes while it is served. */
__nobreak void desc_nest_traps(bool nested)
{
	struct tss *tss = this_cpu_ptr(tss);
	struct ist_stacks *ist = this_cpu_ptr(ist_stacks);
	unsigned int size = nested ? IST_SIZE / 2 : IST_SIZE;

	tss->ist[IST_NMI - 1] = (u64)ist->stack[IST_NMI - 1] + size;
	tss->ist[IST_DEBUG - 1] = (u64)ist->stack[IST_DEBUG - 1] + size;
}

static __nobreak char *debug_stack(unsigned int cpu)
{
	return per_cpu_ptr(ist_stacks, cpu)->stack[IST_DEBUG - 1];
}

__nobreak bool desc_on_debug_stack(unsigned int cpu, const struct pt_regs *regs)
{
	return !user_mode(regs) && regs->rsp - (unsigned long)debug_stack(cpu) < IST_SIZE;
}

/* As the processor would place it; but if the stack is in use, below that. */
__nobreak struct iret_frame *desc_debug_frame(const struct pt_regs *regs)
{
	unsigned int cpu = raw_cpu_id();
	unsigned long top = (unsigned long)debug_stack(cpu) + IST_SIZE;

	if (desc_on_debug_stack(cpu, regs))
		top = regs->rsp & ~15UL;
	return (struct iret_frame *)top - 1;
}

void desc_set_kernel_stack(unsigned long top)
{
	this_cpu_write(kernel_sp0, top);
	this_cpu_ptr(tss)->sp[0] = top;
}
