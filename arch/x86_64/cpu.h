/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arch/x86_64's own header: instructions, registers, selectors, features, and what its files call in each other.
 * Nothing outside arch/x86_64 includes it. Sources: Intel SDM vol. 2 and 4 (MSRs), vol. 3 2.5 (control registers).
 */
#pragma once

#include "arch/x86_64/arch.h"

/* ---- selectors (desc.c); the numbers user mode sees are Linux's ---- */
#define KERNEL_CS 0x10
#define KERNEL_DS 0x18
#define USER_DS	  0x2b
#define USER_CS	  0x33
#define TSS_SEL	  0x40

/* ---- flags ---- */
#define EFLAGS_CF   0x1UL
#define EFLAGS_ONE  0x2UL
#define EFLAGS_TF   0x100UL
#define EFLAGS_IF   0x200UL
#define EFLAGS_DF   0x400UL
#define EFLAGS_IOPL 0x3000UL
#define EFLAGS_NT   0x4000UL
#define EFLAGS_RF   0x10000UL
#define EFLAGS_AC   0x40000UL
#define EFLAGS_USER (0xdd5UL | EFLAGS_RF | EFLAGS_AC)	/* what a program may set: CF PF AF ZF SF TF DF OF, RF, AC */

#define CR0_MP BIT(1)
#define CR0_EM BIT(2)
#define CR0_TS BIT(3)
#define CR0_NE BIT(5)
#define CR0_WP BIT(16)
#define CR4_PGE	       BIT(7)
#define CR4_OSFXSR     BIT(9)
#define CR4_OSXMMEXCPT BIT(10)
#define CR4_UMIP       BIT(11)
#define CR4_OSXSAVE    BIT(18)
#define CR4_SMEP       BIT(20)
#define CR4_SMAP       BIT(21)

#define MSR_APIC_BASE	   0x1b
#define MSR_TSC_DEADLINE   0x6e0
#define MSR_X2APIC	   0x800
#define MSR_EFER	   0xc0000080
#define MSR_STAR	   0xc0000081
#define MSR_LSTAR	   0xc0000082
#define MSR_SFMASK	   0xc0000084
#define MSR_FS_BASE	   0xc0000100
#define MSR_GS_BASE	   0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define EFER_SCE BIT(0)
#define EFER_NX	 BIT(11)

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ __volatile__("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (u64)hi << 32 | lo;
}
static inline void wrmsr(u32 msr, u64 v)
{
	__asm__ __volatile__("wrmsr" ::"c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}
static inline void outb(u16 port, u8 v)
{
	__asm__ __volatile__("outb %0, %1" ::"a"(v), "Nd"(port));
}
static inline void outw(u16 port, u16 v)
{
	__asm__ __volatile__("outw %0, %1" ::"a"(v), "Nd"(port));
}
static inline void outl(u16 port, u32 v)
{
	__asm__ __volatile__("outl %0, %1" ::"a"(v), "Nd"(port));
}
static inline u8 inb(u16 port)
{
	u8 v;

	__asm__ __volatile__("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}
static inline u16 inw(u16 port)
{
	u16 v;

	__asm__ __volatile__("inw %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}
static inline u32 inl(u16 port)
{
	u32 v;

	__asm__ __volatile__("inl %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}
static inline u64 rdtsc(void)
{
	u32 lo, hi;

	__asm__ __volatile__("rdtsc" : "=a"(lo), "=d"(hi)::"memory");
	return (u64)hi << 32 | lo;
}
struct cpuid_regs {
	u32 eax, ebx, ecx, edx;
};
static inline struct cpuid_regs cpuid(u32 leaf, u32 sub)
{
	struct cpuid_regs r;

	__asm__ __volatile__("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(sub));
	return r;
}
/* read_NAME() and write_NAME() of a control or debug register */
#define DEFINE_REGISTER(name)                                                                      \
	static inline unsigned long read_##name(void)                                              \
	{                                                                                          \
		unsigned long v;                                                                   \
		__asm__ __volatile__("mov %%" #name ", %0" : "=r"(v)::"memory");                   \
		return v;                                                                          \
	}                                                                                          \
	static inline void write_##name(unsigned long v)                                           \
	{                                                                                          \
		__asm__ __volatile__("mov %0, %%" #name ::"r"(v) : "memory");                      \
	}
DEFINE_REGISTER(cr0)
DEFINE_REGISTER(cr2)
DEFINE_REGISTER(cr3)
DEFINE_REGISTER(cr4)

static inline u32 mmio_read32(const volatile void *p)
{
	return *(const volatile u32 *)p;
}
static inline void mmio_write32(volatile void *p, u32 v)
{
	*(volatile u32 *)p = v;
}

/* ---- features (cpu.c): of the boot CPU, immutable after arch_init_early() ---- */
struct cpu_features {
	char vendor[13];
	char model_name[49];
	u32 family, model, stepping;
	u32 max_leaf, max_ext_leaf;
	bool nx, gbpages, smep, smap, umip, xsave, xsaveopt, avx, x2apic, tsc_deadline, rdrand, rdseed, pge;
	u64 xcr0;		/* state components switched per task */
	u32 xsave_size;		/* bytes of a task's FPU area; 512 without XSAVE */
	u32 leaf1_ecx, leaf1_edx, leaf7_ebx, leaf7_ecx, ext1_ecx, ext1_edx;
	u32 phys_bits, virt_bits;
};
extern struct cpu_features cpu_features;
void cpu_detect(void);		/* boot CPU */
void cpu_setup(void);		/* every CPU: control registers, SYSCALL, FPU on */
extern unsigned int tsc_khz;	/* clock.c */

/* ---- descriptors (desc.c) ---- */
void desc_init(void);			/* boot CPU: IDT */
void desc_load(void);			/* every CPU: its GDT and TSS, the IDT; its GS base is set */
struct iret_frame {			/* what the processor pushes: the end of struct pt_regs */
	unsigned long rip, cs, eflags, rsp, ss;
};
struct iret_frame *desc_debug_frame(const struct pt_regs *regs);	/* room for a debug trap's, if this CPU had one at regs */
void desc_new_stacks(unsigned int cpu);			/* boot: a CPU has its per-CPU area */
void desc_set_kernel_stack(unsigned long top);	/* this CPU: where entries from user mode start */
extern u64 early_gs_base;
DECLARE_PER_CPU(unsigned long, kernel_sp0);

/* ---- per-CPU areas (percpu.c) ---- */
void percpu_init_early(void);		/* boot CPU: GS base 0, the master copy */
void percpu_alloc(unsigned int cpus);	/* copies for all CPUs; the boot CPU moves to its own. memblock is up. */
void percpu_load(unsigned int cpu);	/* set this CPU's GS base */

/* ---- entry.asm ---- */
extern char trap_stubs[];		/* 256 stubs of TRAP_STUB_SIZE bytes */
#define TRAP_STUB_SIZE 16
void syscall_entry(void);
void syscall_entry_traced(void);
void trap_nmi(void);
void trap_debug(void);
void trap_int3(void);
void trap_break_in(void);
void trap_double_fault(void);
void trap_machine_check(void);

/* ---- interrupt vectors ---- */
#define VEC_IRQ_BASE	 0x30	/* ISA interrupts 0 … 15 */
#define VEC_TIMER	 0xf0
#define VEC_RESCHEDULE	 0xf1
#define VEC_CALL	 0xf2
#define VEC_ERROR	 0xfe
#define VEC_SPURIOUS	 0xff
typedef void (*irq_handler_t)(void);
extern int nmi_stop;
bool extable_holds(unsigned long rip);	/* may the instruction fault on user memory? */
void irq_set_handler(unsigned int vector, irq_handler_t fn);	/* before the vector can fire */

/* ---- APIC (apic.c, ioapic.c) ---- */
void apic_init(void);			/* boot CPU: find and switch on; after acpi_init() */
void apic_init_cpu(void);		/* every CPU */
u32 apic_id(void);			/* of this CPU */
void apic_eoi(void);
void ipi_init(void);
bool nmi_serve(struct pt_regs *regs);
#ifdef CONFIG_COVERAGE
void coverage_asked(void);	/* power.c: at an NMI that nobody in here asked for */
#else
static inline void coverage_asked(void)
{
}
#endif
unsigned long user_ip(unsigned long ip);	/* process.c: ip, or an address nobody can map */
void apic_send_ipi(u32 apic_id, u32 icr_low);
void apic_timer_start(u32 count);	/* one-shot, in bus ticks; 0 stops */
u32 apic_timer_left(void);
void ioapic_init(void);
int irq_route_isa(unsigned int isa_irq, irq_handler_t fn);	/* to the boot CPU; -ENODEV without an I/O APIC */
int irq_route_isa_nmi(unsigned int isa_irq);			/* the same, as an NMI; the source must make an edge */

/* ---- ACPI (acpi.c): what its tables said; immutable after acpi_init() ---- */
struct acpi_info {
	phys_addr_t lapic;
	unsigned int nr_cpus;			/* enabled in the MADT; entry 0 is the boot CPU */
	u32 apic_ids[NR_CPUS];
	unsigned int cpus_left_out;		/* more than NR_CPUS or maxcpus= */
	struct {
		phys_addr_t addr;
		u32 gsi_base;
	} ioapics[8];
	unsigned int nr_ioapics;
	struct {
		u32 gsi;
		u16 flags;
	} isa[16];				/* interrupt source overrides, identity where none */
	phys_addr_t hpet;			/* 0: none */
	bool have_fadt, reduced, reset_reg_ok;
	u32 pm1a, pm1b, pm_timer;		/* ports; 0: none */
	u8 sleep_control_space, reset_space;	/* generic address space ids: 0 memory, 1 port */
	u64 sleep_control, reset_addr;
	u8 reset_value;
	phys_addr_t dsdt;
};
extern struct acpi_info acpi;
void acpi_init(void);			/* boot CPU, on the boot page tables (below 4 GiB visible) */
const void *acpi_table(const char *signature);	/* on the boot page tables only */
bool acpi_s5(u8 type[2]);		/* sleep types for power off, from the DSDT */

/* ---- NUMA (numa.c) ---- */
void numa_init(void);			/* SRAT, SLIT; after acpi_init() */

/* ---- clock (clock.c) ---- */
void clock_init(void);			/* calibrate; interrupts off, APIC up */
void rtc_read_boot_time(void);		/* rtc.c; right after clock_init() */

/* ---- FPU (fpu.c) ---- */
struct thread;
void fpu_init(void);			/* cache of areas; slab is up */
void fpu_init_cpu(void);
void fpu_switch(struct thread *prev, struct thread *next);
int fpu_copy_current(struct thread *to);	/* for fork */
int fpu_fresh(struct thread *t);		/* for exec: initial state in t->fpu and, t being current's, in the CPU */
void fpu_free(struct thread *t);
/* Current's state to or from a signal frame; -EFAULT. `buf` 64-byte aligned user memory of fpu_frame_size() bytes. */
unsigned int fpu_frame_size(void);
int fpu_save_frame(void *buf);
int fpu_restore_frame(void *buf);
/* State of a task that does not run, as FXSAVE writes it (512 bytes). */
void fpu_get_fxsave(const struct thread *t, void *fxsave);
void fpu_set_fxsave(struct thread *t, const void *fxsave);

/* ---- paging (paging.c) ---- */
extern u64 pte_nx;			/* PTE_NX where the CPU has it, else 0 */
extern phys_addr_t trampoline_phys;	/* page below 1 MiB for smp.c, set by arch_init_memory() */

/* ---- the shadow's tables (kasan.c): its top-level entries, the same in all programs' tables ---- */
#ifdef CONFIG_KASAN
void arch_kasan_early(pgd_t *pgd);	/* as boot/start.asm made them */
void arch_kasan_copy(pgd_t *pgd);	/* as in kernel_pgd, where arch_kasan_init() has made them for good */
void arch_kasan_clear(pgd_t *pgd);
#else
static inline void arch_kasan_early(pgd_t *pgd)
{
}
static inline void arch_kasan_copy(pgd_t *pgd)
{
}
static inline void arch_kasan_clear(pgd_t *pgd)
{
}
#endif

/* ---- serial, early console, power ---- */
void early_console_init(void);
void serial_init_irq(void);
unsigned int serial_isa_irq(unsigned int port);
#define BOOT_PML4_PHYS ((u32)((unsigned long)boot_pml4 - KERNEL_BASE))
extern u64 boot_pml4[];
