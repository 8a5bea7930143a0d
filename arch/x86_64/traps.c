// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traps and interrupts, after entry.asm has saved the registers: a program's fault becomes a signal, a fault on a user address in
 * a user copy becomes its error return, an interrupt calls its handler, and everything else in the kernel is a bug.
 * Vectors: Intel SDM vol. 3, table 6-1.
 */
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/gdb.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/gdb/gdb.h"
#include "kernel/lib/lib.h"
#include "kernel/sync/sync.h"

void trap_dispatch(struct pt_regs *regs, unsigned long vector);
void nmi_dispatch(struct pt_regs *regs);
void debug_trap(struct pt_regs *regs, unsigned long vector);
void double_fault(struct pt_regs *regs);
void machine_check(struct pt_regs *regs);

/* Signal numbers and codes of the Linux ABI, which kernel/task delivers. */
enum { SIG_ILL = 4, SIG_TRAP = 5, SIG_BUS = 7, SIG_FPE = 8, SIG_SEGV = 11 };
#define CODE_KERNEL	0x80
#define CODE_ILL_ILLOPN 2
#define CODE_FPE_INTDIV 1
#define CODE_FPE_INTOVF 2
#define CODE_BUS_ADRALN 1
#define CODE_TRAP_BRKPT 1
#define CODE_TRAP_TRACE 2

static const struct {
	const char *name;
	int sig, code;		/* for a program; sig 0: cannot come from one */
} traps[32] = {
	[0] = {"divide error", SIG_FPE, CODE_FPE_INTDIV},
	[1] = {"debug", SIG_TRAP, CODE_TRAP_TRACE},
	[2] = {"NMI", 0, 0},
	[3] = {"int3", SIG_TRAP, CODE_KERNEL},
	[4] = {"overflow", SIG_SEGV, CODE_KERNEL},
	[5] = {"bounds", SIG_SEGV, CODE_KERNEL},
	[6] = {"invalid opcode", SIG_ILL, CODE_ILL_ILLOPN},
	[7] = {"device not available", SIG_SEGV, CODE_KERNEL},
	[8] = {"double fault", 0, 0},
	[9] = {"coprocessor segment overrun", SIG_FPE, CODE_KERNEL},
	[10] = {"invalid TSS", SIG_SEGV, CODE_KERNEL},
	[11] = {"segment not present", SIG_BUS, CODE_KERNEL},
	[12] = {"stack segment", SIG_BUS, CODE_KERNEL},
	[13] = {"general protection", SIG_SEGV, CODE_KERNEL},
	[14] = {"page fault", SIG_SEGV, CODE_KERNEL},
	[15] = {"reserved trap 15", 0, 0},
	[16] = {"x87 floating point", SIG_FPE, 0},
	[17] = {"alignment check", SIG_BUS, CODE_BUS_ADRALN},
	[18] = {"machine check", 0, 0},
	[19] = {"SIMD floating point", SIG_FPE, 0},
	[20] = {"virtualization", 0, 0},
	[21] = {"control protection", SIG_SEGV, CODE_KERNEL},
	[28] = {"hypervisor injection", 0, 0},
	[29] = {"VMM communication", 0, 0},
	[30] = {"security", 0, 0},
};

static irq_handler_t irq_handlers[256];	/* written before a vector can fire */

void irq_set_handler(unsigned int vector, irq_handler_t fn)
{
	irq_handlers[vector] = fn;
}

/* ---- exception table ---- */

struct extable_entry {
	unsigned long insn, fixup, nofault;
};
extern const struct extable_entry __start_extable[], __stop_extable[];

static __nobreak const struct extable_entry *extable_find(unsigned long rip)
{
	const struct extable_entry *e;

	for (e = __start_extable; e < __stop_extable; e++)
		if (e->insn == rip)
			return e;
	return NULL;
}

__nobreak bool extable_holds(unsigned long rip)
{
	return extable_find(rip) != NULL;
}

/* ---- traps ---- */

/* A trap in the kernel that nothing repairs: the end, unless the GDB stub has run into it. */
static void kernel_trap(const char *what, struct pt_regs *regs, unsigned long error)
{
	if (!gdb_recover(regs))
		die(what, regs, error);
}

/* Which floating point error, from the exception flags that are not masked: FPE_* codes. Source: SDM vol. 1, 8.5 and 11.5. */
static int fpe_code(unsigned long vector)
{
	u32 mxcsr, flags;
	u16 status, control;

	if (vector == 19) {
		__asm__ __volatile__("stmxcsr %0" : "=m"(mxcsr));
		flags = mxcsr & ~(mxcsr >> 7);
	} else {
		__asm__ __volatile__("fnstsw %0; fnstcw %1; fnclex" : "=m"(status), "=m"(control));
		flags = status & ~control;
	}
	if (flags & 0x01)
		return 7;	/* FPE_FLTINV */
	if (flags & 0x04)
		return 3;	/* FPE_FLTDIV */
	if (flags & 0x08)
		return 4;	/* FPE_FLTOVF */
	if (flags & 0x12)
		return 5;	/* FPE_FLTUND */
	return 6;		/* FPE_FLTRES */
}

static void user_trap(struct pt_regs *regs, unsigned long vector)
{
	const char *name = traps[vector].name ? traps[vector].name : "unknown trap";
	int sig = traps[vector].sig ? traps[vector].sig : SIG_SEGV;
	int code = vector == 16 || vector == 19 ? fpe_code(vector) : traps[vector].code;
	bool about_code = sig == SIG_FPE || sig == SIG_ILL || vector == 1;

	if ((vector == 1 || vector == GDB_BREAK_IN) && gdb_trap(regs, vector))
		return;
	local_irq_enable();
	handle_user_trap(regs, sig, code, about_code ? regs->rip : 0, name);
	local_irq_disable();
}

#define ERROR_FETCH BIT(4)	/* SDM vol. 3, 4.7 */

static void page_fault(struct pt_regs *regs)
{
	unsigned long addr = read_cr2(), error = regs->orig_rax;
	const struct extable_entry *fix = NULL;

	if (!user_mode(regs)) {
		if (addr < USER_END)
			fix = extable_find(regs->rip);
		if (!fix) {
			if ((error & ERROR_FETCH) && gdb_fetch_fault(regs))
				return;
			kernel_trap(addr < PAGE_SIZE ? "NULL pointer dereference" :
				    addr < USER_END ? "access to user memory outside of a user copy" :
				    kasan_fault_name(addr) ? kasan_fault_name(addr) : "page fault",
				    regs, error);
			return;
		}
		if (fix->nofault || in_interrupt() || !(regs->eflags & EFLAGS_IF)) {
			regs->rip = fix->fixup;		/* may not sleep */
			return;
		}
	}
	local_irq_enable();
	if (!handle_page_fault(regs, addr, error)) {
		if (!fix)
			die("page fault", regs, error);
		regs->rip = fix->fixup;
	}
	local_irq_disable();
}

DEFINE_PER_CPU(struct pt_regs *, irq_regs);

static void hardware_interrupt(struct pt_regs *regs, unsigned long vector)
{
	struct pt_regs *outer = this_cpu_read(irq_regs);

	this_cpu_inc(irq_depth);
	this_cpu_write(irq_regs, regs);
	irq_enter_work();
	if (likely(irq_handlers[vector])) {
		irq_handlers[vector]();
		apic_eoi();
	} else if (vector != VEC_SPURIOUS) {	/* a spurious interrupt wants no EOI */
		pr_warn_once("irq: nobody handles vector %#lx\n", vector);
		apic_eoi();
	}
	irq_exit_work();
	this_cpu_write(irq_regs, outer);
	this_cpu_dec(irq_depth);
}

void trap_dispatch(struct pt_regs *regs, unsigned long vector)
{
	if (vector == 14) {
		page_fault(regs);
	} else if (vector >= 32) {
		hardware_interrupt(regs, vector);
	} else if (user_mode(regs)) {
		user_trap(regs, vector);
	} else {
		const struct extable_entry *fix = vector == 13 ? extable_find(regs->rip) : NULL;

		if (fix)		/* #GP: a non-canonical user pointer */
			regs->rip = fix->fixup;
		else
			kernel_trap(traps[vector].name ? traps[vector].name : "unknown trap", regs, regs->orig_rax);
	}
}

/* int3 and debug traps of the kernel: entry.asm. */
__nobreak void debug_trap(struct pt_regs *regs, unsigned long vector)
{
	if (!gdb_trap(regs, vector))
		kernel_trap(traps[vector].name, regs, regs->orig_rax);
}

/* Not in the stub's own part of the text: what stops here is a place like any other. */
void arch_breakpoint(void)
{
	__asm__ __volatile__("int3" ::: "memory");
}

/* Set by smp_stop_others() to its CPU: the next NMI stops any other one for good. */
int nmi_stop = -1;

__nobreak void nmi_dispatch(struct pt_regs *regs)
{
	int stop = READ_ONCE(nmi_stop);
	bool asked_for;

	if (stop >= 0 && stop != (int)raw_cpu_id()) {
		cpu_stopped(regs);
		cpu_halt_forever();
	}
	asked_for = nmi_serve(regs);
	asked_for |= gdb_nmi(regs);
	if (!asked_for) {
		pr_warn("NMI on CPU %u at %pS: nobody asked for it\n", raw_cpu_id(), (void *)regs->rip);
		coverage_asked();
	}
}

void double_fault(struct pt_regs *regs)
{
	unsigned long addr = read_cr2();

	if (addr >= VMALLOC_START && addr < VMALLOC_END && regs->rsp - addr < 2 * PAGE_SIZE)
		die("kernel stack overflow", regs, 0);
	die("double fault", regs, 0);
}

void machine_check(struct pt_regs *regs)
{
	die("machine check", regs, 0);
}

void arch_control_regs(struct control_regs *regs)
{
	*regs = (struct control_regs){
		.cr0 = read_cr0(),
		.cr2 = read_cr2(),
		.cr3 = read_cr3(),
		.cr4 = read_cr4(),
		.efer = rdmsr(MSR_EFER),
		.gs_base = rdmsr(MSR_GS_BASE),
	};
}

void cpu_halt_until_irq(void)
{
	__asm__ __volatile__("sti; hlt" ::: "memory");	/* STI takes effect after the next instruction */
}

void cpu_halt_forever(void)
{
	for (;;)
		__asm__ __volatile__("cli; hlt" ::: "memory");
}
