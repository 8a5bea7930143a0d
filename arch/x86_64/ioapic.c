// SPDX-License-Identifier: GPL-2.0-only
/*
 * The I/O APIC: brings the serial ports' interrupts to the boot CPU. The old 8259 pair is masked and never used.
 * Source: Intel 82093AA data sheet, 3.0; ACPI 6.4, 5.2.12.5 (overrides' polarity and trigger).
 */
#include "arch/x86_64/cpu.h"
#include "kernel/lib/lib.h"

#define IOREGSEL   0x00
#define IOWIN	   0x10
#define REG_VERSION 1
#define REG_REDIR  0x10
#define RED_MASKED BIT(16)
#define RED_LEVEL  BIT(15)
#define RED_LOW	   BIT(13)
#define RED_NMI	   (4U << 8)

static struct {
	volatile char *window;
	u32 gsi_base, pins;
} ioapics[8];			/* immutable after ioapic_init() */
static unsigned int nr_ioapics;

static u32 ioapic_read(volatile char *w, u32 reg)
{
	mmio_write32(w + IOREGSEL, reg);
	return mmio_read32(w + IOWIN);
}

static void ioapic_write(volatile char *w, u32 reg, u32 v)
{
	mmio_write32(w + IOREGSEL, reg);
	mmio_write32(w + IOWIN, v);
}

void ioapic_init(void)
{
	unsigned int i;

	outb(0x21, 0xff);		/* mask the 8259s */
	outb(0xa1, 0xff);
	for (i = 0; i < acpi.nr_ioapics; i++) {
		volatile char *w = ioremap(acpi.ioapics[i].addr, PAGE_SIZE);
		u32 version;

		if (!w)
			continue;
		version = ioapic_read(w, REG_VERSION);
		if (version == ~0u)
			continue;	/* nothing there */
		ioapics[nr_ioapics].window = w;
		ioapics[nr_ioapics].gsi_base = acpi.ioapics[i].gsi_base;
		ioapics[nr_ioapics++].pins = ((version >> 16) & 0xff) + 1;
	}
}

/* Have an ISA interrupt arrive at the boot CPU as `how` says: a vector, or NMI. -ENODEV: no I/O APIC has it. */
static int route(unsigned int isa_irq, u32 how)
{
	u32 gsi = acpi.isa[isa_irq].gsi, pin;
	u16 flags = acpi.isa[isa_irq].flags;
	unsigned int i;

	for (i = 0; i < nr_ioapics; i++) {
		pin = gsi - ioapics[i].gsi_base;
		if (gsi < ioapics[i].gsi_base || pin >= ioapics[i].pins)
			continue;
		if ((flags & 3) == 3)
			how |= RED_LOW;
		if (((flags >> 2) & 3) == 3)
			how |= RED_LEVEL;
		if ((how & RED_NMI) && (how & RED_LEVEL))
			return -ENODEV;			/* there is no such thing */
		ioapic_write(ioapics[i].window, REG_REDIR + 2 * pin + 1, acpi.apic_ids[0] << 24);
		ioapic_write(ioapics[i].window, REG_REDIR + 2 * pin, how);
		return 0;
	}
	return -ENODEV;
}

int irq_route_isa(unsigned int isa_irq, irq_handler_t fn)
{
	irq_set_handler(VEC_IRQ_BASE + isa_irq, fn);
	return route(isa_irq, VEC_IRQ_BASE + isa_irq);
}

int irq_route_isa_nmi(unsigned int isa_irq)
{
	return route(isa_irq, RED_NMI);
}
