// SPDX-License-Identifier: GPL-2.0-only
/* The order in which arch/ starts; kernel/main.c calls these (arch.h says when). */
#include "arch/x86_64/cpu.h"
#include "kernel/debug/debug.h"
#include "kernel/lib/lib.h"
#include "kernel/mm/mm.h"

void arch_init_early(void)
{
	percpu_init_early();
	cpu_detect();
	cpu_setup();
	desc_init();
	desc_load();
	early_console_init();
	acpi_init();
	numa_init();
}

void arch_init(void)
{
	fpu_init();
	apic_init();
	ioapic_init();
	ipi_init();
	clock_init();
	rtc_read_boot_time();
}

void arch_init_late(void)
{
	if (trampoline_phys && nr_cpus == acpi.nr_cpus)		/* nobody is on the way through it */
		free_reserved_page(phys_to_page(trampoline_phys));
}
