// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processor's part of the GDB stub: COM2 by polling, debug registers, single steps, copies that may fault (gdb.h has the
 * promises). Breakpoints in this file are refused: the stub runs it before it has taken them out.
 * Sources: Intel SDM vol. 3, 17.2 (debug registers), 17.3 (debug exceptions); PC16550D data sheet, section 8.
 */
#include "arch/x86_64/gdb.h"
#include "arch/x86_64/cpu.h"
#include "kernel/debug/gdb/gdb.h"
#include "kernel/lib/lib.h"

/* ---- COM2 ---- */

#define COM2	  1U
#define UART_DATA 0
#define UART_IER  1
#define UART_FCR  2
#define UART_LSR  5
#define IER_RX	  0x01
#define IER_LINE  0x04
#define FCR_ONE   0x01		/* FIFOs on; an interrupt at each byte */
#define FCR_MANY  0xc1		/* ... or when 14 bytes have come */
#define LSR_READY 0x01
#define LSR_BREAK 0x10
#define LSR_THRE  0x20
#define SEND_PATIENCE 100000

static u16 port;		/* immutable after gdb_port_init() */

int gdb_port_init(bool *silent)
{
	int base = serial_claim(COM2);

	if (base < 0)
		return base;
	port = base;
	*silent = irq_route_isa_nmi(serial_isa_irq(COM2)) != 0;
	while (gdb_port_get() != GDB_PORT_EMPTY)	/* the next byte must make an edge */
		;
	return 0;
}

bool gdb_port_ready(void)
{
	return inb(port + UART_LSR) & LSR_READY;
}

int gdb_port_get(void)
{
	u8 lsr = inb(port + UART_LSR), c;

	if (!(lsr & LSR_READY))
		return GDB_PORT_EMPTY;
	c = inb(port + UART_DATA);
	return lsr & LSR_BREAK ? GDB_PORT_BREAK : c;
}

void gdb_port_put(char c)
{
	unsigned int spins;

	for (spins = 0; spins < SEND_PATIENCE && !(inb(port + UART_LSR) & LSR_THRE); spins++)
		cpu_relax();
	outb(port + UART_DATA, c);
}

/* Who reads by polling asks for no interrupts, but QEMU hands over no more bytes at a time than would make one. */
void gdb_port_irq(bool on)
{
	outb(port + UART_FCR, on ? FCR_ONE : FCR_MANY);
	outb(port + UART_IER, on ? IER_RX | IER_LINE : 0);
}

/* ---- debug registers ---- */

#define DR6_RESET 0xffff0ff0UL
#define DR7_RESET 0x400UL

DEFINE_REGISTER(dr0)
DEFINE_REGISTER(dr1)
DEFINE_REGISTER(dr2)
DEFINE_REGISTER(dr3)
DEFINE_REGISTER(dr6)
DEFINE_REGISTER(dr7)
#undef DEFINE_DR

static struct {
	enum step_kind kind;
	bool irqs;		/* IF before */
	bool masks;		/* IF is held off for the step */
} step;				/* the CPU that is in control: kernel/debug/gdb/stop.c */
static bool syscall_keeps_tf[NR_CPUS];	/* own CPU: SFMASK is changed */

void gdb_cpu_enter(void)
{
	unsigned int cpu = raw_cpu_id();

	write_dr7(DR7_RESET);
	if (syscall_keeps_tf[cpu]) {
		syscall_keeps_tf[cpu] = false;
		wrmsr(MSR_SFMASK, rdmsr(MSR_SFMASK) | EFLAGS_TF);
	}
}

static unsigned long dr7_bits(const struct hw_break *b, unsigned int n)
{
	static const u8 length[9] = {[1] = 0, [2] = 1, [8] = 2, [4] = 3};

	return 2UL << 2 * n | (unsigned long)(b->type | length[b->len] << 2) << (16 + 4 * n);
}

void gdb_cpu_leave(const struct hw_break breaks[HW_BREAKS])
{
	unsigned long dr7 = DR7_RESET;
	unsigned int n;

	write_dr0(breaks[0].addr);
	write_dr1(breaks[1].addr);
	write_dr2(breaks[2].addr);
	write_dr3(breaks[3].addr);
	for (n = 0; n < HW_BREAKS; n++)
		if (breaks[n].len)
			dr7 |= dr7_bits(&breaks[n], n);
	write_dr7(dr7);
}

unsigned long gdb_debug_status(void)
{
	unsigned long status = read_dr6();

	write_dr6(DR6_RESET);
	return status;
}

bool gdb_has_stepped(void)
{
	return read_dr6() & GDB_DR6_STEP;
}

/* ---- single steps ---- */

bool gdb_steps_into(const struct pt_regs *regs)
{
	return regs->eflags & EFLAGS_TF;
}

/* Instructions that use or set the flags that a step borrows. */
static enum step_kind kind_of(const u8 *insn)
{
	if (insn[0] == 0x0f && insn[1] == 0x05)
		return STEP_SYSCALL;
	if ((insn[0] & 0xf0) == 0x40)			/* REX */
		insn++;
	if (insn[0] == 0x0f && insn[1] == 0x07)
		return STEP_SYSRET;
	switch (insn[0]) {
	case 0x9c:
		return STEP_PUSHF;
	case 0x9d:
	case 0xcf:					/* POPF, IRET */
		return STEP_SETS_FLAGS;
	case 0xfa:
		return STEP_CLI;
	case 0xfb:
		return STEP_STI;
	}
	return STEP_PLAIN;
}

/* SYSCALL clears TF by this mask, and the trap would be lost. Until this CPU is in the stub again it does not. */
static void have_syscall_keep_tf(void)
{
	wrmsr(MSR_SFMASK, rdmsr(MSR_SFMASK) & ~EFLAGS_TF);
	syscall_keeps_tf[raw_cpu_id()] = true;
}

/* The trap after SYSCALL has r11 as the program's flags. */
void gdb_forget_trap(struct pt_regs *regs)
{
	regs->eflags &= ~EFLAGS_TF;
	if (regs->rip == (unsigned long)syscall_entry || regs->rip == (unsigned long)syscall_entry_traced)
		regs->r11 &= ~EFLAGS_TF;
}

void gdb_step_begin(struct pt_regs *regs, const unsigned char insn[4])
{
	step.kind = kind_of(insn);
	step.irqs = regs->eflags & EFLAGS_IF;
	/* A fault in a user copy must find interrupts as they are: it may have to sleep. */
	step.masks = user_mode(regs) || !extable_holds(regs->rip);
	regs->eflags |= EFLAGS_TF;
	if (step.masks)
		regs->eflags &= ~EFLAGS_IF;
	if (step.kind == STEP_SYSCALL)
		have_syscall_keep_tf();
	else if (step.kind == STEP_SYSRET)
		regs->r11 |= EFLAGS_TF;
}

enum step_kind gdb_step_end(struct pt_regs *regs)
{
	enum step_kind kind = step.kind;
	bool irqs = regs->eflags & EFLAGS_IF;

	if (step.masks)
		irqs = kind == STEP_PLAIN || kind == STEP_PUSHF ? step.irqs : kind == STEP_STI ? true : irqs;
	regs->eflags &= ~EFLAGS_TF;
	if (kind == STEP_SYSCALL && !user_mode(regs))
		regs->r11 |= EFLAGS_IF;
	if (kind == STEP_SYSCALL || kind == STEP_SYSRET)
		regs->r11 &= ~EFLAGS_TF;
	if (irqs || user_mode(regs))			/* programs always run with interrupts on */
		regs->eflags |= EFLAGS_IF;
	return kind;
}

unsigned long gdb_step_pushed_flags(unsigned long image)
{
	image &= ~EFLAGS_TF;
	return step.irqs ? image | EFLAGS_IF : image;
}

/* ---- breaking in ---- */

/*
 * The NMI returns to the door of a trap, with the frame that the processor would have left for it, and otherwise as it came: GS is whose it was.
 * If it has come upon that door, on the way in or out, the frame is below what that has on the stack; this nests as
 * often as a ^C comes within the few dozen instructions behind the end of the last.
 */
void gdb_break_in(struct pt_regs *regs)
{
	struct iret_frame *nmi = (struct iret_frame *)&regs->rip, *trap = desc_debug_frame(regs);

	*trap = *nmi;
	nmi->rip = (unsigned long)trap_break_in;
	nmi->cs = KERNEL_CS;
	nmi->eflags &= ~(EFLAGS_TF | EFLAGS_IF | EFLAGS_NT | EFLAGS_RF);
	nmi->rsp = (unsigned long)trap;
	nmi->ss = KERNEL_DS;
}

/* ---- memory ---- */

void gdb_copy(void *to, const void *from, unsigned long n)
{
	unsigned long both = (unsigned long)to | (unsigned long)from, v;

	if (n == 8 && !(both & 7))
		__asm__ __volatile__("movq (%2), %0; movq %0, (%1)" : "=&r"(v) : "r"(to), "r"(from) : "memory");
	else if (n == 4 && !(both & 3))
		__asm__ __volatile__("movl (%2), %k0; movl %k0, (%1)" : "=&r"(v) : "r"(to), "r"(from) : "memory");
	else
		__asm__ __volatile__("rep movsb" : "+D"(to), "+S"(from), "+c"(n)::"memory");
}

extern unsigned long try_sp;

bool arch_trying(void)
{
	return try_sp != 0;
}

bool arch_try_recover(struct pt_regs *regs)
{
	if (!try_sp)
		return false;
	regs->rip = (unsigned long)arch_try_failed;	/* fetches the stack pointer itself */
	regs->eflags &= ~(EFLAGS_TF | EFLAGS_DF | EFLAGS_AC);
	return true;
}

/* ---- traps ---- */

unsigned long gdb_fault_address(void)
{
	return read_cr2();
}

void gdb_restore_fault_address(unsigned long addr)
{
	write_cr2(addr);
}
