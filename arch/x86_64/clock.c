// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clock and each CPU's one-shot timer. Time is the time stamp counter, scaled; it counts from the first instruction of ours.
 *
 * The TSC's rate comes from CPUID where the processor or hypervisor tells it, else from one comparison with the HPET, the ACPI
 * timer or the PIT. That comparison halts for its millisecond (the local APIC's timer, at an unknown rate, ends it), so it
 * costs next to no instructions.
 * Sources: Intel SDM vol. 3, 11.5.4, 18.17; ACPI 6.4, 4.8.3.3; IA-PC HPET 1.0a, 2.3; Intel 8254 data sheet.
 */
#include "arch/x86_64/cpu.h"
#include "kernel/debug/debug.h"
#include "kernel/lib/lib.h"

/* Length of the comparison in ticks of the APIC timer: 1 ms at QEMU's 1 GHz, 40 ms at 25 MHz. The HPET counts 30 times finer. */
#define CALIBRATE_TICKS 1000000
#define HPET_TICKS	250000
#define APIC_TIMER_US	30
#define HPET_PERIOD	4		/* femtoseconds a tick, upper half of the capabilities */
#define HPET_CONFIG	0x10
#define HPET_COUNTER	0xf0
#define PM_TIMER_HZ	3579545
#define PIT_HZ		1193182

unsigned int tsc_khz;
static u64 tsc_mult;			/* ns = tsc * tsc_mult >> 32 */
static u64 ns_mult;			/* tsc = ns * ns_mult >> 32 */
static u64 apic_mult;			/* APIC ticks = ns * apic_mult >> 32 */
static volatile bool calibrating;
static volatile bool calibration_over;

u64 arch_cycles(void)
{
	return rdtsc();
}

u64 arch_clock_ns(void)
{
	return (unsigned __int128)(rdtsc() - boot_info.entry_tsc) * tsc_mult >> 32;
}

/* ---- reference counters: each counts up, wraps at its mask ---- */

struct reference {
	const char *name;
	u32 (*read)(void);
	u32 mask;
	u64 femtoseconds;	/* a tick */
	u32 apic_ticks;		/* how long to compare */
};

static volatile char *hpet;

static u32 hpet_read(void)
{
	return mmio_read32(hpet + HPET_COUNTER);
}

static u32 pm_read(void)
{
	return inl(acpi.pm_timer);
}

/* Channel 2 of the PIT counts down from 65535 while its gate (port 0x61) is open. */
static u32 pit_read(void)
{
	u32 lo;

	outb(0x43, 0x80);	/* latch */
	lo = inb(0x42);
	return 0xffff - (lo | inb(0x42) << 8);
}

static void pit_start(void)
{
	outb(0x61, (inb(0x61) & ~0x02) | 0x01);
	outb(0x43, 0xb0);	/* channel 2, both bytes, mode 0 */
	outb(0x42, 0xff);
	outb(0x42, 0xff);
}

static struct reference find_reference(void)
{
	if (acpi.hpet && (hpet = ioremap(acpi.hpet, PAGE_SIZE))) {
		mmio_write32(hpet + HPET_CONFIG, mmio_read32(hpet + HPET_CONFIG) | 1);
		return (struct reference){"HPET", hpet_read, ~0u, mmio_read32(hpet + HPET_PERIOD),
					  HPET_TICKS};
	}
	if (acpi.pm_timer)
		return (struct reference){"ACPI timer", pm_read, 0xffffff, 1000000000000000ULL / PM_TIMER_HZ,
					  CALIBRATE_TICKS};
	pit_start();
	return (struct reference){"PIT", pit_read, 0xffff, 1000000000000000ULL / PIT_HZ, CALIBRATE_TICKS};
}

/* The TSC at the moment of a reference reading: the tightest of a few brackets. */
static u64 read_pair(const struct reference *ref, u32 *count)
{
	u64 best = ~0ULL, at = 0;
	unsigned int i;

	*count = 0;
	for (i = 0; i < 3; i++) {
		u64 before = rdtsc();
		u32 value = ref->read();
		u64 after = rdtsc();

		if (after - before < best) {
			best = after - before;
			at = before + best / 2;
			*count = value;
		}
	}
	return at;
}

/* ---- calibration ---- */

static void timer_vector(void)
{
	if (unlikely(calibrating))
		calibration_over = true;
	else
		timer_interrupt();
}

static void set_tsc_khz(u64 khz)
{
	tsc_khz = khz;
	tsc_mult = (1000000ULL << 32) / khz;
	ns_mult = (khz << 32) / 1000000;
}

/* TSC rate from CPUID, in kHz; 0: not told. */
static u64 cpuid_tsc_khz(void)
{
	struct cpuid_regs r;

	if ((cpu_features.leaf1_ecx & BIT(31)) && cpuid(0x40000000, 0).eax >= 0x40000010)
		return cpuid(0x40000010, 0).eax;
	if (cpu_features.max_leaf < 0x15)
		return 0;
	r = cpuid(0x15, 0);
	return r.eax && r.ebx && r.ecx ? (u64)r.ecx * r.ebx / r.eax / 1000 : 0;
}

/* Halt for a while; how many TSC ticks that was, and how many ns by the reference. */
static u64 measure_tsc(const struct reference *ref, u64 *ns)
{
	u32 start, end;
	u64 tsc_start, tsc_end;

	read_pair(ref, &start);			/* once for the caches */
	calibrating = true;
	calibration_over = false;
	tsc_start = read_pair(ref, &start);
	apic_timer_start(ref->apic_ticks);
	while (!calibration_over) {
		cpu_halt_until_irq();
		local_irq_disable();
	}
	tsc_end = read_pair(ref, &end);
	calibrating = false;
	*ns = (u64)((end - start) & ref->mask) * ref->femtoseconds / 1000000;
	return tsc_end - tsc_start;
}

static u32 apic_timer_up(void)
{
	return ~apic_timer_left();
}

/* The APIC timer's rate, with the TSC as reference: long enough for 1 %, as a timer that comes early is just set again. */
static void measure_apic_timer(void)
{
	static const struct reference apic_timer = {.read = apic_timer_up};
	u32 start, end;
	u64 tsc, ns;

	apic_timer_start(~0u);
	read_pair(&apic_timer, &start);
	tsc = read_pair(&apic_timer, &start);
	udelay(APIC_TIMER_US);
	tsc = read_pair(&apic_timer, &end) - tsc;
	apic_timer_start(0);
	ns = (unsigned __int128)tsc * tsc_mult >> 32;
	if (!ns || end == start)
		panic("the local APIC's timer does not count");
	apic_mult = ((u64)(end - start) << 32) / ns;
}

/* TSC rate in kHz by an APIC timer that is known to count nanoseconds. */
static u64 khz_by_apic_timer(void)
{
	static const struct reference apic_timer = {.read = apic_timer_up};
	u32 start, now;
	u64 tsc;

	apic_timer_start(~0u);
	read_pair(&apic_timer, &start);
	tsc = read_pair(&apic_timer, &start);
	do {
		u64 at = read_pair(&apic_timer, &now);

		if (now - start >= HPET_TICKS)
			return (at - tsc) * 1000000 / (now - start);
	} while (now != start);
	return 0;
}

/* Without TSC deadline, the APIC timer's rate is needed too. */
static void calibrate(u64 known_khz)
{
	struct reference ref = find_reference();
	u64 ns = 0, tsc = known_khz ? 0 : measure_tsc(&ref, &ns);

	if (known_khz) {
		ref.name = "CPUID";
	} else if (ns && tsc) {
		known_khz = tsc * 1000000 / ns;
	} else if (cpu_features.leaf1_ecx & BIT(31)) {	/* microvm without a PIT: QEMU's and KVM's APIC timer is known */
		ref.name = "the hypervisor's 1 GHz APIC timer";
		known_khz = khz_by_apic_timer();
	}
	if (!known_khz)
		panic("the %s does not count: no clock", ref.name);
	set_tsc_khz(known_khz);
	measure_apic_timer();
	pr_info("clock: TSC %u.%03u MHz by %s, timer %llu MHz\n", tsc_khz / 1000, tsc_khz % 1000, ref.name,
		(unsigned long long)(apic_mult * 1000 >> 32));
}

void clock_init(void)
{
	u64 khz = cpuid_tsc_khz();

	irq_set_handler(VEC_TIMER, timer_vector);
	if (khz && cpu_features.tsc_deadline) {
		set_tsc_khz(khz);
		pr_info("clock: TSC %u.%03u MHz by CPUID\n", tsc_khz / 1000, tsc_khz % 1000);
	} else {
		bool deadline = cpu_features.tsc_deadline;

		cpu_features.tsc_deadline = false;	/* calibrate in counting mode */
		apic_init_cpu();
		calibrate(khz);
		cpu_features.tsc_deadline = deadline;
		apic_init_cpu();
	}
}

void arch_timer_set(u64 deadline)
{
	u64 now, ns, ticks;

	if (deadline >= (u64)KTIME_MAX) {
		if (cpu_features.tsc_deadline)
			wrmsr(MSR_TSC_DEADLINE, 0);
		else
			apic_timer_start(0);
		return;
	}
	if (cpu_features.tsc_deadline) {
		ticks = (u64)((unsigned __int128)deadline * ns_mult >> 32);
		wrmsr(MSR_TSC_DEADLINE, boot_info.entry_tsc + ticks + 1);
		return;
	}
	now = arch_clock_ns();
	ns = deadline > now ? deadline - now : 1;
	ticks = (u64)((unsigned __int128)ns * apic_mult >> 32) + 1;
	apic_timer_start(min(ticks, 0xffffffffULL));	/* a far one comes early and is set again */
}

void udelay(unsigned int us)
{
	u64 end = rdtsc() + (u64)us * (tsc_khz ? tsc_khz : 1000000) / 1000;

	while (rdtsc() < end)
		cpu_relax();
}
