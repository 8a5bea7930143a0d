/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this processor offers to the floors above. Nothing outside arch/ names a register or an instruction.
 *
 * Depends on kernel/lib and boot_info; calls upward only through the "upcalls" at the end, which upper floors define.
 * The kernel is not preemptible in kernel mode: an interrupt returns to where it was unless it came from user mode.
 */
#pragma once

#include "kernel/lib/types.h"
#include "arch/x86_64/percpu.h"
#include "arch/x86_64/atomic.h"
#include "arch/x86_64/ptrace.h"
#include "boot/boot_info.h"
#include "kernel/debug/kasan.h"

struct task_struct;
struct list_head;
struct mm_struct;
struct page;
struct seq_file;

/* ---- address space layout (arch/x86_64/paging.c has the picture) ---- */
#define USER_END	  0x00007ffffffff000UL	/* first byte after user space */
#define PAGE_OFFSET	  0xffff888000000000UL	/* all physical memory, mapped 1:1 (NX, RW) */
#define VMALLOC_START	  0xffffc90000000000UL	/* kernel stacks, MMIO, vmalloc */
#define VMALLOC_END	  0xffffe90000000000UL
#define KERNEL_BASE	  0xffffffff80000000UL	/* the image; physical 0 + offset */

#define __va(pa) ((void *)((unsigned long)(pa) + PAGE_OFFSET))
/* Physical address of a direct-map or image address. Not for vmalloc space or stacks. */
static inline phys_addr_t __pa(const volatile void *va)
{
	unsigned long addr = (unsigned long)va;

	return addr >= KERNEL_BASE ? addr - KERNEL_BASE : addr - PAGE_OFFSET;
}

extern char __text_start[], __text_end[], __rodata_start[], __rodata_end[], __kernel_start[], __kernel_end[];
extern char __init_start[], __init_end[];
extern char __sched_start[], __sched_end[];	/* functions marked __sched */
extern char boot_stack[], boot_stack_top[];	/* boot/start.asm: of the boot CPU until it idles, and then on */

/* ---- CPUs ---- */
#define raw_cpu_id() this_cpu_read(cpu_number)
#define smp_processor_id() raw_cpu_id()
DECLARE_PER_CPU(unsigned int, cpu_number);
DECLARE_PER_CPU(struct task_struct *, current_task);
#define current this_cpu_read(current_task)

extern unsigned int nr_cpus;			/* CPUs that are online; ids are 0 … nr_cpus-1; fixed after smp_boot() */
unsigned int cpu_to_node(unsigned int cpu);	/* from SRAT; 0 without one */
unsigned int cpu_apic_id(unsigned int cpu);

/* Interrupt flag of this CPU. */
#define X86_EFLAGS_IF 0x200UL
static __always_inline unsigned long arch_irq_flags(void)
{
	unsigned long flags;

	__asm__ __volatile__("pushfq; popq %0" : "=r"(flags)::"memory");
	return flags;
}
static __always_inline void arch_irq_enable(void)
{
	__asm__ __volatile__("sti" ::: "memory");
}
static __always_inline void arch_irq_disable(void)
{
	__asm__ __volatile__("cli" ::: "memory");
}
static __always_inline unsigned long arch_irq_save(void)	/* off; returns the old flags */
{
	unsigned long flags = arch_irq_flags();

	arch_irq_disable();
	return flags;
}
static __always_inline void arch_irq_restore(unsigned long flags)
{
	if (flags & X86_EFLAGS_IF)
		arch_irq_enable();
	else
		arch_irq_disable();
}
static __always_inline bool arch_irqs_disabled(void)
{
	return !(arch_irq_flags() & X86_EFLAGS_IF);
}
DECLARE_PER_CPU(unsigned int, irq_depth);
/* In a hardware interrupt handler (traps of the running code don't count). */
#define in_interrupt() (this_cpu_read(irq_depth) != 0)
/* What the interrupt that is being handled came upon; NULL: none is. */
DECLARE_PER_CPU(struct pt_regs *, irq_regs);
#define local_irq_save(flags)	 ((flags) = arch_irq_save())
#define local_irq_restore(flags) arch_irq_restore(flags)
#define local_irq_enable()	 arch_irq_enable()
#define local_irq_disable()	 arch_irq_disable()
#define irqs_disabled()		 arch_irqs_disabled()

static __always_inline void cpu_relax(void)
{
	__asm__ __volatile__("pause" ::: "memory");
}
void cpu_halt_until_irq(void);	/* STI;HLT as one step; called with interrupts off, returns with them on */
void cpu_halt_forever(void) __noreturn;

/* Have another CPU run reschedule_ipi() soon. */
void smp_send_reschedule(unsigned int cpu);
/*
 * Run fn(arg) on the given CPUs (bit n of the mask) in interrupt context, and wait for all. Interrupts must be on; not from a
 * handler. The calling CPU is served directly when it is in the mask.
 */
void smp_call_function_mask(const unsigned long *cpumask, void (*fn)(void *), void *arg);
void smp_call_function_all(void (*fn)(void *), void *arg);
/* Fetch anew what comes next: this CPU executes no instruction that it had read before. Any context. */
void sync_core(void);
/*
 * Write into the kernel's text or read-only data; the addresses are valid. Interrupts off. It is the caller's to see that no other CPU
 * executes those bytes meanwhile, and that each calls sync_core(), or returns by IRET, before it does: stop_machine().
 */
void write_text(void *to, const void *from, unsigned long n);
/* Have all others stop for good, by NMI: each calls cpu_stopped() and halts. Does not wait for them. */
void smp_stop_others(void);

/* Registers that are not in a pt_regs and tell about a trap. cr2 is the address of this CPU's last page fault. */
struct control_regs {
	unsigned long cr0, cr2, cr3, cr4, efer, gs_base;
};
void arch_control_regs(struct control_regs *regs);

/*
 * Have another CPU call fn in an NMI, whatever it is doing, interrupts off or not. `regs` are those of
 * what the NMI came upon. Does not wait; any context. -EBUSY: that CPU has not yet come to the one before.
 */
typedef void (*nmi_fn_t)(struct pt_regs *regs);
int nmi_call(unsigned int cpu, nmi_fn_t fn);
/* The NMI alone, for who looks at each (the GDB stub). Any context. */
void nmi_send(unsigned int cpu);

/* ---- boot, in this order (kernel/main.c) ---- */
void arch_init_early(void);	/* boot CPU: GDT, IDT, per-CPU area, CPU features, early log console; no allocator */
void arch_init_memory(void);	/* final kernel page tables (NX, RO text), direct map; after memblock is up, before the buddy */
void arch_init(void);		/* ACPI tables, APIC, clocks; kmalloc works */
void smp_boot(void);		/* start the other CPUs; each enters secondary_main(); returns when all are online */
void arch_init_late(void);	/* after initcalls: make init-once data read-only, free the real-mode trampoline */

/* ACPI SRAT: the NUMA node of a physical range; known after arch_init_early() parsed the table. */
extern unsigned int nr_nodes;	/* at least 1 */
unsigned int phys_to_node(phys_addr_t pa);	/* by SRAT; 0 if not covered */
/* The next boundary above pa where the node may change. */
phys_addr_t phys_node_end(phys_addr_t pa);
unsigned int node_distance(unsigned int a, unsigned int b);	/* SLIT; 10 local, 20 else */

/* ---- time ---- */
u64 arch_clock_ns(void);	/* monotonic since boot, ns, same on all CPUs; any context */
u64 arch_cycles(void);		/* TSC */
u64 arch_wall_clock_at_boot(void);	/* seconds since 1970 when arch_clock_ns() was 0, from the CMOS clock */
/*
 * One-shot timer of this CPU: timer_interrupt() is called at or after `deadline` (arch_clock_ns() units).
 * KTIME_MAX stops it. Interrupts off.
 */
void arch_timer_set(u64 deadline);
#define KTIME_MAX ((s64)0x7fffffffffffffffLL)
void udelay(unsigned int us);	/* early boot only */

/* ---- entering and leaving tasks (arch/x86_64/switch.asm, process.c) ---- */
struct thread {			/* in task_struct; only the task itself and the switch touch it, and a tracer while it is stopped */
	unsigned long sp;	/* saved kernel stack pointer while not running */
	unsigned long sp0;	/* top of the kernel stack */
	unsigned long fs_base;	/* user TLS */
	unsigned long gs_base;
	void *fpu;		/* XSAVE area, 64-byte aligned; NULL until the task first has user state */
	bool forced_tf;		/* the trap flag in the user's flags is its tracer's, not the program's (ptrace.c) */
};
#define THREAD_SIZE (16 * 1024UL)

/* Switch stacks, page tables are already switched; returns in `next`'s earlier call. Returns the task that ran before. */
struct task_struct *arch_switch_to(struct task_struct *prev, struct task_struct *next,
				   struct thread *prev_thread, struct thread *next_thread);
/* Prepare a new kernel thread: first runs fn(arg); fn must not return. */
void arch_thread_init_kernel(struct thread *t, void *stack, void (*fn)(void *), void *arg);
/*
 * Prepare the child of fork/clone: it will return to user mode with *regs, rax = 0, and its stack pointer replaced if
 * user_sp is non-zero, its TLS if tls is not ~0UL. Copies FPU state of current. May sleep. -ENOMEM.
 * On its first run it calls schedule_tail(prev) before going to user mode.
 */
int arch_thread_fork(struct thread *t, void *stack, const struct pt_regs *regs, unsigned long user_sp, unsigned long tls);
void arch_thread_free(struct thread *t);	/* FPU area */
/* The innermost frame {frame pointer, return address} of a task that doesn't run; nothing keeps it from running meanwhile. */
unsigned long arch_thread_frame(const struct thread *t);
/* The registers of such a task that calls preserve: it is about to return from the switch. The others are 0. */
void arch_thread_regs(const struct thread *t, struct pt_regs *regs);
/* exec: fresh registers and FPU state; user mode starts at ip with sp once the system call returns. */
int arch_thread_exec(struct pt_regs *regs, unsigned long ip, unsigned long sp);
/*
 * A frame that returns to `ret` is that of the C function of a trap, an interrupt or an NMI: then the pt_regs of what that came upon
 * stand right behind it, and *other_stack says whether the frames go on elsewhere.
 */
bool arch_frame_has_regs(unsigned long ret, bool *other_stack);
/* First entry to user mode of a kernel thread that has called exec: leaves through its task_pt_regs. */
void arch_enter_user(void) __noreturn;
struct pt_regs *task_pt_regs(const struct task_struct *t);	/* user registers at the top of its kernel stack */
#define current_pt_regs() task_pt_regs(current)
long arch_prctl(int code, unsigned long addr);	/* ARCH_SET_FS … of current */

/* Signal frames (arch/x86_64/signal.c): the layout is the Linux ABI's rt_sigframe. */
struct ksignal;
struct altstack;
int arch_setup_signal_frame(struct ksignal *ksig, const u64 *blocked, struct pt_regs *regs);	/* -EFAULT: no room */
/* rt_sigreturn: the registers, and out: the mask and the alternate stack from before. -EFAULT: bad frame */
int arch_restore_signal_frame(struct pt_regs *regs, u64 *blocked, struct altstack *ss);

/*
 * What ptrace(2) shows and sets (arch/x86_64/ptrace.c), of a task that is not running and cannot be woken meanwhile. -EIO: not
 * a value that a program could have. arch_set_*: the task leaves for user mode by IRETQ.
 */
struct user_regs_struct {		/* the ABI's: pt_regs and what follows */
	struct pt_regs regs;
	unsigned long fs_base, gs_base, ds, es, fs, gs;
};
struct user_fpregs_struct {		/* FXSAVE's area */
	u8 fxsave[512];
};
#define USER_AREA_SIZE 928		/* struct user, of which PEEKUSER shows the registers, and zeros */
void arch_get_user_regs(struct task_struct *p, struct user_regs_struct *r);
int arch_set_user_regs(struct task_struct *p, const struct user_regs_struct *r);
void arch_get_user_fpregs(struct task_struct *p, struct user_fpregs_struct *f);
void arch_set_user_fpregs(struct task_struct *p, const struct user_fpregs_struct *f);
/* Have the program trap after each instruction, or not any more. Of current, or of a task as above. */
void arch_single_step(struct task_struct *p, bool on);
/* System calls of this CPU come in by the entry that asks syscall_trace_enter(), or by the short one. Interrupts off. */
void arch_trace_syscalls(bool on);
#define AUDIT_ARCH 0xc000003eU		/* this ABI's name in ptrace(2) */

/* System call number and arguments in a pt_regs. */
static inline long syscall_nr(const struct pt_regs *regs)
{
	return (long)regs->orig_rax;
}
static inline long syscall_result(const struct pt_regs *regs)
{
	return (long)regs->rax;
}
static inline void arch_syscall_args(const struct pt_regs *regs, u64 args[6])
{
	args[0] = regs->rdi;
	args[1] = regs->rsi;
	args[2] = regs->rdx;
	args[3] = regs->r10;
	args[4] = regs->r8;
	args[5] = regs->r9;
}
static inline bool user_mode(const struct pt_regs *regs)
{
	return (regs->cs & 3) == 3;
}

/* ---- page tables (arch/x86_64/paging.c). The walk and the entries are arch's; when to change them is mm's ---- */
typedef u64 pte_t;
typedef u64 pgd_t;
#define PTE_PRESENT  (1UL << 0)
#define PTE_WRITE    (1UL << 1)
#define PTE_USER     (1UL << 2)
#define PTE_ACCESSED (1UL << 5)
#define PTE_DIRTY    (1UL << 6)
#define PTE_SPECIAL  (1UL << 9)		/* software: maps something without a reference count (zero page, MMIO) */
#define PTE_NX	     (1UL << 63)
#define PTE_ADDR_MASK 0x000ffffffffff000UL
static inline phys_addr_t pte_phys(pte_t pte)
{
	return pte & PTE_ADDR_MASK;
}

pgd_t *pgd_alloc(void);			/* kernel half shared; NULL: no memory */
void pgd_free(pgd_t *pgd);		/* user half must be empty (pgd_take_range) */
/*
 * The entry for a user address. pte_lookup: NULL when no table is there. pte_alloc: makes the tables; NULL: no memory.
 * mm->page_table_lock held for pte_lookup users that change entries; pte_alloc may be called with it (atomic allocation).
 */
pte_t *pte_lookup(pgd_t *pgd, unsigned long addr);
pte_t *pte_alloc(pgd_t *pgd, unsigned long addr);
unsigned long pgd_tables(const pgd_t *pgd);	/* a program's tables below the topmost; pages. Any time while pgd lives */
/* Next user address >= addr that has a page table below it, or end: lets loops skip holes. */
unsigned long pte_next(pgd_t *pgd, unsigned long addr, unsigned long end);
/*
 * Take out page tables of [start, end) that map nothing any more; entries must be clear already. They are added to the list `gone`
 * and go with pgd_free_tables(), once a flush has made sure that no CPU walks them any more. page_table_lock, or nobody uses the mm.
 */
void pgd_take_range(pgd_t *pgd, unsigned long start, unsigned long end, struct list_head *gone);
void pgd_free_tables(struct list_head *gone);	/* leaves the list empty */
void pgd_activate(pgd_t *pgd);		/* load CR3 */
extern pgd_t *kernel_pgd;
/* Called by arch when it needs or gives back a table page (mm accounts them): see upcalls. */

/*
 * Forget translations of [start, end) of mm on every CPU that runs it; end = ~0UL: all of it. Interrupts on.
 * `cpumask` is mm's set of CPUs that may hold its translations.
 */
void tlb_flush_range(struct mm_struct *mm, const unsigned long *cpumask, unsigned long start, unsigned long end);
void tlb_flush_local_page(unsigned long addr);

/* Map pages into vmalloc space (kernel stacks with guard holes, MMIO uncached). May sleep. */
int kernel_map_page(unsigned long va, phys_addr_t pa, u64 pte_flags);
/*
 * Can the kernel read the byte at `addr`? False for user addresses. Looks at the tables that are loaded and faults in no case,
 * so it is for an NMI too; what it says is true until somebody changes them.
 */
bool kernel_address_mapped(unsigned long addr);
phys_addr_t kernel_unmap_page(unsigned long va);	/* returns what was mapped; the caller flushes */
void kernel_tlb_flush_all(void);			/* all CPUs, kernel addresses */
void *ioremap(phys_addr_t pa, size_t size);

/* ---- user memory (arch/x86_64/usercopy.asm): number of bytes NOT copied; faults are fixed up; SMAP opened around ---- */
size_t arch_copy_user(void *to, const void *from, size_t n);	/* either side may be user; range is checked by the caller */
size_t arch_clear_user(void *to, size_t n);
/* Length without NUL, at most n (n: none found), or -EFAULT. */
long arch_strncpy_from_user(char *to, const char *from, size_t n);
/* Atomic compare-and-exchange on a user u32; *old gets the value found. -EFAULT. May not sleep (fault is fixed up: -EFAULT). */
int arch_futex_cmpxchg(u32 *uaddr, u32 *old, u32 new_val);

void arch_clear_page(void *page);
void arch_copy_page(void *to, const void *from);
static inline void clear_page(void *page)
{
	kasan_check_write(page, PAGE_SIZE);
	arch_clear_page(page);
}
static inline void copy_page(void *to, const void *from)
{
	kasan_check_write(to, PAGE_SIZE);
	kasan_check_read(from, PAGE_SIZE);
	arch_copy_page(to, from);
}
void arch_kasan_init(void);	/* builds with KASAN=1: the shadow of all memory; after arch_init_memory(), memblock is up */

/* ---- machine ---- */
void arch_poweroff(int status) __noreturn;	/* vm.exit port or ACPI S5 */
void arch_reboot(void) __noreturn;
void arch_panic_exit(void) __noreturn;		/* vm.exit port with the panic value, else halt */
void arch_coverage_write(const void *data, size_t len);	/* to the vm.coverage port; builds with COVERAGE=1 */
u64 arch_random_seed(void);			/* RDRAND/RDSEED, else TSC jitter */
void arch_show_cpuinfo(struct seq_file *m);	/* /proc/cpuinfo */
unsigned long arch_hwcap(void);			/* AT_HWCAP: CPUID leaf 1, EDX */

/* Serial port (arch/x86_64/serial.c): COM1 as the tty's hardware. */
struct serial_ops {
	/* Interrupt context. Bytes that came, and behind them so many breaks (0 or 1). */
	void (*rx)(const unsigned char *buf, unsigned int len, unsigned int breaks);
	void (*tx_ready)(void);								/* interrupt context */
};
int serial_open(unsigned int port, const struct serial_ops *ops);	/* port 0 = COM1; enables its interrupt; -ENODEV, -EBUSY */
/* For one who polls the port by himself, from boot on: its first I/O port; set up, interrupts off. -ENODEV, -EBUSY. */
int serial_claim(unsigned int port);
unsigned int serial_write(unsigned int port, const unsigned char *buf, unsigned int len); /* bytes taken by the FIFO; any context */
void serial_write_sync(unsigned int port, const char *buf, unsigned int len);	/* polls; any context */
void serial_tx_irq(unsigned int port, bool on);		/* ask for tx_ready() while there is room */

/* ---- upcalls: arch calls these; upper floors define them ---- */
void kernel_main(void) __noreturn;			/* kernel/main.c; boot CPU, after boot_info is filled */
void secondary_main(void) __noreturn;			/* kernel/main.c; each other CPU, interrupts off */
long handle_syscall(struct pt_regs *regs);		/* kernel/syscall; interrupts on; the value for regs->rax */
/*
 * kernel/task/fault.c. A page fault at addr; error_code as in the SDM vol. 3, 4.7. Returns true if it was handled (or a signal
 * was raised for user mode); false: kernel mode and nothing mapped, arch then tries the exception table and dies.
 */
bool handle_page_fault(struct pt_regs *regs, unsigned long addr, unsigned long error_code);
void handle_user_trap(struct pt_regs *regs, int sig, int si_code, unsigned long addr, const char *what); /* kernel/task/fault.c */
/*
 * kernel/task/deliver.c: before each return to user mode when `current` has work flags set: reschedule, deliver signals.
 * Called with interrupts off, returns with them off and no flag left.
 */
void exit_to_user_work(struct pt_regs *regs);
/*
 * kernel/task/ptrace_stop.c: the begin of a system call that came in by the traced entry; false: it is not to be made. Interrupts on.
 * And the end of one of a task that has work flags set; called and returns with interrupts off.
 */
bool syscall_trace_enter(struct pt_regs *regs);
void syscall_exit_work(struct pt_regs *regs);
void schedule_tail(struct task_struct *prev);		/* kernel/sched: first code of a new task */
void timer_interrupt(void);				/* kernel/sched/timer.c; interrupts off */
void reschedule_ipi(void);				/* kernel/sched; interrupts off */
void cpu_stopped(struct pt_regs *regs);			/* kernel/debug/cpus.c; NMI: this CPU is about to halt for ever */
void irq_enter_work(void);				/* kernel/sync/rcu.c: begin and end of every hardware interrupt, */
void irq_exit_work(void);				/* interrupts off */
void console_log_begins(void);				/* kernel/dev/tty.c: a piece of the log is about to go to COM1; any context */
void console_drain(void);				/* kernel/dev/tty.c: power off is near */
void *arch_alloc_table(void);				/* kernel/mm: one zeroed page for a page table, or NULL; atomic */
void *arch_alloc_user_table(void);			/* the same for a program, which pays for it */
void arch_free_table(void *table);			/* must be all zero again */
