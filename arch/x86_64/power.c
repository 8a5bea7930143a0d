// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaving: power off, reboot, and the end after a panic.
 *
 * Under tools/vm the option vm.exit=PORT names QEMU's isa-debug-exit device, whose value becomes QEMU's exit status, and vm.nonce=HEX
 * asks for the line `paddock-exit HEX STATUS` on the log, which no program can fake without knowing it. Otherwise ACPI S5. In builds with
 * COVERAGE=1 vm.coverage=PORT names a port that takes what has been counted.
 */
#include "arch/x86_64/cpu.h"
#include "kernel/debug/debug.h"
#include "kernel/lib/lib.h"

#define EXIT_POWEROFF 0x00
#define EXIT_REBOOT   0x10
#define EXIT_PANIC    0x20
#define PM_SLP_EN     BIT(13)

static void say_status(int status)
{
	char nonce[64];

	if (boot_param("vm.nonce", nonce, sizeof(nonce)))
		printk(KERN_EMERG "paddock-exit %s %d\n", nonce, status);
}

static void debug_exit(u8 value)
{
	u16 port = boot_param_ulong("vm.exit", 0);

	gcov_send();
	if (port)
		outb(port, value);
}

#ifdef CONFIG_COVERAGE
/*
 * An NMI from outside: tools/vm is about to end this guest and wants its counts. All CPUs get it; one sends, while the others count on,
 * which spoils nothing. Where the guest is on its way out already, that goes on.
 */
void coverage_asked(void)
{
	if (gcov_send())
		debug_exit(EXIT_POWEROFF);
}

void arch_coverage_write(const void *data, size_t len)
{
	u16 port = boot_param_ulong("vm.coverage", 0);

	if (port)
		__asm__ __volatile__("rep outsb" : "+S"(data), "+c"(len) : "d"(port) : "memory");
}
#endif

static void write_gas(u8 space, u64 addr, u8 value)
{
	void *p;

	if (space == 1)
		outb(addr, value);
	else if ((p = ioremap(addr, 1)) != NULL)
		*(volatile u8 *)p = value;
}

static void acpi_poweroff(void)
{
	u8 type[2];

	if (!acpi_s5(type))
		return;
	if (acpi.reduced) {
		write_gas(acpi.sleep_control_space, acpi.sleep_control, type[0] << 2 | 0x20);
		return;
	}
	if (acpi.pm1a)
		outw(acpi.pm1a, type[0] << 10 | PM_SLP_EN);
	if (acpi.pm1b)
		outw(acpi.pm1b, type[1] << 10 | PM_SLP_EN);
}

void arch_poweroff(int status)
{
	console_drain();
	local_irq_disable();
	say_status(status);
	smp_stop_others();
	debug_exit(EXIT_POWEROFF);
	acpi_poweroff();
	udelay(100000);				/* the machine may take a moment */
	printk(KERN_EMERG "power off: the machine stays on; you may switch it off now\n");
	cpu_halt_forever();
}

void arch_reboot(void)
{
	static const struct {
		u16 limit;
		u64 base;
	} __packed no_idt = {0, 0};

	local_irq_disable();
	say_status(0);
	smp_stop_others();
	debug_exit(EXIT_REBOOT);
	if (acpi.reset_reg_ok)
		write_gas(acpi.reset_space, acpi.reset_addr, acpi.reset_value);
	outb(0x64, 0xfe);			/* keyboard controller: pulse the reset line */
	__asm__ __volatile__("lidt %0; int3" ::"m"(no_idt));	/* triple fault */
	cpu_halt_forever();
}

void arch_panic_exit(void)
{
	debug_exit(EXIT_PANIC);
	cpu_halt_forever();
}
