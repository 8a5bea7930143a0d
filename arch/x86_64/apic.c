// SPDX-License-Identifier: GPL-2.0-only
/*
 * The local APIC of each CPU: interprocessor interrupts, the one-shot timer, end of interrupt; in x2APIC mode (MSRs) where
 * the firmware has switched it on or an id needs it, else through its memory window. Source: Intel SDM vol. 3, 11.
 */
#include "arch/x86_64/cpu.h"
#include "kernel/debug/debug.h"
#include "kernel/lib/lib.h"

#define APIC_ID		 0x20
#define APIC_TPR	 0x80
#define APIC_EOI	 0xb0
#define APIC_SPURIOUS	 0xf0
#define APIC_ESR	 0x280
#define APIC_ICR_LOW	 0x300
#define APIC_ICR_HIGH	 0x310
#define APIC_LVT_TIMER	 0x320
#define APIC_LVT_PERF	 0x340
#define APIC_LVT_LINT0	 0x350
#define APIC_LVT_LINT1	 0x360
#define APIC_LVT_ERROR	 0x370
#define APIC_TIMER_INIT	 0x380
#define APIC_TIMER_COUNT 0x390
#define APIC_TIMER_DIV	 0x3e0
#define LVT_MASKED	 BIT(16)
#define LVT_NMI		 0x400
#define LVT_DEADLINE	 BIT(18)
#define DIV_BY_1	 0xb
#define ICR_PENDING	 BIT(12)
#define BASE_ENABLED	 BIT(11)
#define BASE_X2APIC	 BIT(10)

static bool x2apic;			/* immutable after apic_init() */
static volatile char *window;		/* xAPIC mode */

static u32 apic_read(u32 reg)
{
	return x2apic ? (u32)rdmsr(MSR_X2APIC + (reg >> 4)) : mmio_read32(window + reg);
}

static void apic_write(u32 reg, u32 v)
{
	if (x2apic)
		wrmsr(MSR_X2APIC + (reg >> 4), v);
	else
		mmio_write32(window + reg, v);
}

u32 apic_id(void)
{
	return x2apic ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24;
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

unsigned int cpu_apic_id(unsigned int cpu)
{
	return acpi.apic_ids[cpu];
}

void apic_send_ipi(u32 id, u32 icr_low)
{
	unsigned long flags;

	if (x2apic) {
		smp_mb();		/* the MSR write does not order earlier stores */
		wrmsr(MSR_X2APIC + (APIC_ICR_LOW >> 4), (u64)id << 32 | icr_low);
		return;
	}
	local_irq_save(flags);		/* the two halves belong together */
	while (apic_read(APIC_ICR_LOW) & ICR_PENDING)
		cpu_relax();
	apic_write(APIC_ICR_HIGH, id << 24);
	apic_write(APIC_ICR_LOW, icr_low);
	local_irq_restore(flags);
}

void apic_timer_start(u32 count)
{
	apic_write(APIC_TIMER_INIT, count);
}

u32 apic_timer_left(void)
{
	return apic_read(APIC_TIMER_COUNT);
}

static void error_interrupt(void)
{
	apic_write(APIC_ESR, 0);
	pr_warn("apic: CPU %u error status %#x\n", raw_cpu_id(), apic_read(APIC_ESR));
}

void apic_init_cpu(void)
{
	u64 base = rdmsr(MSR_APIC_BASE);

	wrmsr(MSR_APIC_BASE, base | BASE_ENABLED | (x2apic ? BASE_X2APIC : 0));
	apic_write(APIC_SPURIOUS, 0x100 | VEC_SPURIOUS);
	apic_write(APIC_TPR, 0);
	apic_write(APIC_LVT_LINT0, LVT_MASKED);
	apic_write(APIC_LVT_LINT1, LVT_NMI);
	apic_write(APIC_LVT_PERF, LVT_MASKED);
	apic_write(APIC_LVT_ERROR, VEC_ERROR);
	apic_write(APIC_TIMER_DIV, DIV_BY_1);
	apic_write(APIC_TIMER_INIT, 0);
	apic_write(APIC_LVT_TIMER, VEC_TIMER | (cpu_features.tsc_deadline ? LVT_DEADLINE : 0));
}

void apic_init(void)
{
	bool big_id = false;
	unsigned int i;

	for (i = 0; i < acpi.nr_cpus; i++)
		big_id |= acpi.apic_ids[i] > 254;
	x2apic = cpu_features.x2apic && (big_id || (rdmsr(MSR_APIC_BASE) & BASE_X2APIC));
	if (!x2apic) {
		window = ioremap(acpi.lapic, PAGE_SIZE);
		if (!window)
			panic("no memory to map the local APIC");
	}
	irq_set_handler(VEC_ERROR, error_interrupt);
	apic_init_cpu();
}
