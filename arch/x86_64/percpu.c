// SPDX-License-Identifier: GPL-2.0-only
/*
 * Per-CPU areas: each CPU's copy of .data..percpu, found through the GS base (percpu.h has the access macros).
 *
 * The boot CPU starts on the master copy itself; percpu_alloc() gives every CPU a copy and moves the boot CPU to its own, so
 * that from then on a kernel GS base is always a negative number: entry.asm tells by its sign whose it is.
 */
#include "arch/x86_64/cpu.h"
#include "kernel/lib/lib.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"

extern char __percpu_start[], __percpu_end[];

unsigned long per_cpu_offset[NR_CPUS];		/* immutable after percpu_alloc() */
unsigned long percpu_this_offset __section(".data..percpu");
DEFINE_PER_CPU(unsigned int, cpu_number);
DEFINE_PER_CPU(struct task_struct *, current_task) = &init_task;
DEFINE_PER_CPU(unsigned int, irq_depth);
unsigned int nr_cpus = 1;

void percpu_init_early(void)
{
	wrmsr(MSR_GS_BASE, 0);
	wrmsr(MSR_KERNEL_GS_BASE, 0);
}

void percpu_load(unsigned int cpu)
{
	wrmsr(MSR_GS_BASE, per_cpu_offset[cpu]);
	wrmsr(MSR_KERNEL_GS_BASE, 0);
}

void percpu_alloc(unsigned int cpus)
{
	size_t size = __percpu_end - __percpu_start;
	unsigned int cpu;

	for (cpu = 0; cpu < cpus; cpu++) {
		void *area = memblock_alloc(size, 64);

		memcpy(area, __percpu_start, size);
		per_cpu_offset[cpu] = (unsigned long)area - (unsigned long)__percpu_start;
		per_cpu(cpu_number, cpu) = cpu;
		desc_new_stacks(cpu);
		*(unsigned long *)((unsigned long)&percpu_this_offset + per_cpu_offset[cpu]) = per_cpu_offset[cpu];
	}
	percpu_load(0);
}
