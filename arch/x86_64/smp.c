// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting the other CPUs, all at the same time: INIT and start-up IPI to each, one wait for all. A CPU reports when it is set up, and
 * goes on to secondary_main() when smp_boot() has decided how many there are.
 * Source: Intel SDM vol. 3, 9.4.4. Its 10 ms between INIT and SIPI are for the 82489DX; later APICs need none.
 */
#include "arch/x86_64/cpu.h"
#include "kernel/debug/debug.h"
#include "kernel/lib/lib.h"
#include "kernel/mm/mm.h"

#define ICR_INIT	0x4500
#define ICR_STARTUP	0x4600
#define RETRY_NS	10000000ULL	/* a CPU that has not come gets another SIPI */
#define GIVE_UP_NS	1000000000ULL

extern const char trampoline_begin[], trampoline_end[];

/* Read by trampoline.asm. */
u32 smp_apic_ids[NR_CPUS];
unsigned long smp_stacks[NR_CPUS];
u32 smp_count;
u8 smp_use_x2apic_ids;
u64 smp_cr3;
u32 smp_efer;

static bool here[NR_CPUS];	/* set by the CPU itself: it waits for `go` */
static bool go;			/* nr_cpus is final */

void secondary_start(unsigned int cpu) __noreturn;
void secondary_start(unsigned int cpu)
{
	percpu_load(cpu);
	cpu_setup();
	desc_load();
	desc_set_kernel_stack(smp_stacks[cpu]);
	apic_init_cpu();
	smp_store_release(&here[cpu], true);
	while (!smp_load_acquire(&go))
		cpu_relax();
	if (cpu >= nr_cpus)
		cpu_halt_forever();
	secondary_main();
}

/* Stacks for CPUs 1 …; returns how many CPUs can be started with the memory there is. */
static unsigned int prepare(void)
{
	unsigned int cpu;

	for (cpu = 0; cpu < acpi.nr_cpus; cpu++) {
		smp_apic_ids[cpu] = acpi.apic_ids[cpu];
		smp_use_x2apic_ids |= acpi.apic_ids[cpu] > 254;
		if (cpu > 0) {
			void *stack = alloc_kernel_stack();

			if (!stack) {
				pr_warn("smp: no memory for CPU %u's stack\n", cpu);
				break;
			}
			smp_stacks[cpu] = (unsigned long)stack + THREAD_SIZE;
		}
	}
	smp_count = cpu;
	smp_cr3 = __pa(kernel_pgd);
	smp_efer = rdmsr(MSR_EFER);
	memcpy(__va(trampoline_phys), trampoline_begin, trampoline_end - trampoline_begin);
	return cpu;
}

static unsigned int first_missing(unsigned int count)
{
	unsigned int cpu;

	for (cpu = 1; cpu < count && smp_load_acquire(&here[cpu]); cpu++)
		;
	return cpu;
}

static void wait_for_all(unsigned int count)
{
	u64 start = arch_clock_ns(), next_retry = start + RETRY_NS;
	unsigned int missing;

	while ((missing = first_missing(count)) < count && arch_clock_ns() - start < GIVE_UP_NS) {
		if (arch_clock_ns() > next_retry) {
			apic_send_ipi(acpi.apic_ids[missing], ICR_STARTUP | trampoline_phys >> 12);
			next_retry += RETRY_NS;
		}
		cpu_relax();
	}
}

void smp_boot(void)
{
	unsigned int count, cpu;

	if (acpi.nr_cpus > 1 && trampoline_phys) {
		count = prepare();
		for (cpu = 1; cpu < count; cpu++)
			apic_send_ipi(acpi.apic_ids[cpu], ICR_INIT);
		for (cpu = 1; cpu < count; cpu++)
			apic_send_ipi(acpi.apic_ids[cpu], ICR_STARTUP | trampoline_phys >> 12);
		wait_for_all(count);
		nr_cpus = first_missing(count);
		if (nr_cpus < count)
			pr_warn("smp: CPU %u (APIC id %u) did not start; going on with %u\n", nr_cpus,
				acpi.apic_ids[nr_cpus], nr_cpus);
		smp_store_release(&go, true);
	}
	pr_info("smp: %u CPU%s", nr_cpus, nr_cpus > 1 ? "s\n" : "\n");
	if (acpi.cpus_left_out)
		pr_info("smp: %u more left out by maxcpus= or NR_CPUS\n", acpi.cpus_left_out);
}
