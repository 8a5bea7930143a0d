// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disasters to order, for tests/host/test_panic.py: `plant=NAME` on the command line has one of
 * them happen at the end of boot. Each must end with the panic status, and say what the test
 * expects.
 */
#include "arch/x86_64/arch.h"
#include "kernel/debug/debug.h"
#include "kernel/lib/init.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/timer.h"

/* Addresses that the compiler must not know. */
static volatile unsigned long sixteen = 16, hole = VMALLOC_START + (600UL << 30),
			      noncanonical = 0x8000000000000000UL;

/* In assembly, so that no checker reports it first. */
static noinline void store(unsigned long addr)
{
	__asm__ __volatile__("movl $1, (%0)" ::"r"(addr) : "memory");
}

static void plant_null(void)
{
	store(sixteen);
	barrier(); /* or it would be a jump, and this function not in the trace */
}

static void plant_bug(void)
{
	BUG_ON(sixteen == 16);
}

/* A call through a pointer that leads nowhere: there is no code to show. */
static void plant_jump(void)
{
	((void (*)(void))hole)();
	barrier();
}

/* ---- contexts ---- */

static void bug_in_timer(struct timer *t)
{
	(void)t;
	BUG();
}

static void plant_interrupt(void)
{
	static struct timer t;

	timer_init(&t, bug_in_timer);
	timer_start(&t, arch_clock_ns());
	for (;;)
		cpu_relax();
}

static void bug_in_nmi(struct pt_regs *regs)
{
	(void)regs;
	store(sixteen);
}

static void plant_nmi(void)
{
	(void)nmi_call(nr_cpus - 1, bug_in_nmi);
	for (;;)
		cpu_relax();
}

static void plant_irqs_off(void)
{
	local_irq_disable();
	BUG();
}

static void plant_locks(void)
{
	static DEFINE_MUTEX(planted_mutex);
	static DEFINE_SPINLOCK(planted_spin);

	mutex_lock(&planted_mutex);
	spin_lock(&planted_spin);
	store(sixteen);
}

/* ---- the log ---- */

/* The console below fails at a line with this text, once or always; at the next one after that. */
static const struct breaking {
	const char *text;
	bool always;
} * breaking;

static void breaking_write(const char *s, unsigned int len)
{
	char line[128];

	strscpy(line, s, min((size_t)len + 1, sizeof(line)));
	if (!breaking || !breaking->text || !strstr(line, breaking->text))
		return;
	if (!breaking->always)
		breaking++;
	store(sixteen);
}
static struct console breaking_console = {.name = "breaking", .write = breaking_write};

static void break_console(const struct breaking *at)
{
	register_console(&breaking_console);
	breaking = at;
	printk("plant: a line\n");
}

/* A fault in a printk, with log_lock held. */
static void plant_log(void)
{
	static const struct breaking at[] = {{"plant: ", false}, {NULL, false}};

	break_console(at);
}

/* The same, and the panic that follows fails when it shows registers. */
static void plant_within(void)
{
	static const struct breaking at[] = {{"plant: ", false}, {"RSP ", false}, {NULL, false}};

	break_console(at);
}

/* A panic in which nothing at all can be said without another fault. */
static void plant_nested(void)
{
	static const struct breaking at[] = {{"", true}};

	break_console(at);
}

/* ---- stacks ---- */

static noinline unsigned long overflow(unsigned long n)
{
	volatile char page[512];

	page[0] = (char)n;
	return n ? overflow(n - 1) + (unsigned long)page[0] : 0;
}

static void plant_overflow(void)
{
	(void)overflow(1000);
}

static void plant_no_stack(void)
{
	__asm__ __volatile__("mov %0, %%rsp; push %%rax" ::"r"(noncanonical));
}

/* The frame pointer leads out of memory; then a fault. */
static void break_frame(unsigned long fp)
{
	__asm__ __volatile__("mov %0, %%rbp; movl $1, (%1)" ::"r"(fp), "r"(16UL));
}

static void plant_frame_hole(void)
{
	break_frame(hole);
}

static void plant_frame_noncanonical(void)
{
	break_frame(noncanonical);
}

static void plant_frame_user(void)
{
	break_frame(0x400000);
}

/* ---- other CPUs ---- */

static bool spinning;

static noinline __noreturn int spin_in_kernel(void *irqs_off)
{
	if (irqs_off)
		local_irq_disable();
	WRITE_ONCE(spinning, true);
	for (;;)
		cpu_relax();
}

static void spin_elsewhere(void *irqs_off)
{
	(void)kthread_run_on(nr_cpus - 1, spin_in_kernel, irqs_off, "spinner");
	while (!READ_ONCE(spinning))
		sched_yield_current();
}

static void plant_others(void)
{
	spin_elsewhere((void *)1);
	store(sixteen);
}

static void spin_in_nmi(struct pt_regs *regs)
{
	spin_in_kernel(regs);
}

/* A CPU that has not left an NMI takes no other. */
static void plant_deaf(void)
{
	(void)nmi_call(nr_cpus - 1, spin_in_nmi);
	while (!READ_ONCE(spinning))
		cpu_relax();
	store(sixteen);
}

static int panic_too(void *unused)
{
	(void)unused;
	local_irq_disable();
	WRITE_ONCE(spinning, true);
	panic("plant: one of two");
}

static void plant_two(void)
{
	(void)kthread_run_on(nr_cpus - 1, panic_too, NULL, "twin");
	while (!READ_ONCE(spinning))
		sched_yield_current();
	panic("plant: one of two");
}

/* ---- for tools/vm and sysrq: hang ---- */

static void plant_hang(void)
{
	(void)spin_in_kernel((void *)1);
}

static const struct {
	const char *name;
	void (*fn)(void);
} plants[] = {
	{"null", plant_null},
	{"bug", plant_bug},
	{"jump", plant_jump},
	{"interrupt", plant_interrupt},
	{"nmi", plant_nmi},
	{"irqs_off", plant_irqs_off},
	{"locks", plant_locks},
	{"log", plant_log},
	{"within", plant_within},
	{"nested", plant_nested},
	{"overflow", plant_overflow},
	{"no_stack", plant_no_stack},
	{"frame_hole", plant_frame_hole},
	{"frame_noncanonical", plant_frame_noncanonical},
	{"frame_user", plant_frame_user},
	{"others", plant_others},
	{"deaf", plant_deaf},
	{"two", plant_two},
	{"hang", plant_hang},
};

/* In a thread of its own, when all others sleep. */
static int plant_thread(void *fn)
{
	do {
		__set_current_state(TASK_INTERRUPTIBLE);
		schedule_timeout(10 * NSEC_PER_MSEC);
	} while (sched_nr_running() > 1);
	((void (*)(void))fn)();
	barrier();
	return 0;
}

static int plant_init(void)
{
	char name[32];

	if (!boot_param("plant", name, sizeof(name)))
		return 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(plants); i++)
		if (!strcmp(name, plants[i].name)) {
			struct task_struct *p =
				kthread_run_on(0, plant_thread, (void *)plants[i].fn, "planter");

			if (IS_ERR(p))
				return (int)PTR_ERR(p);
			for (;;) { /* boot does not go on: the other CPUs are idle */
				__set_current_state(TASK_INTERRUPTIBLE);
				schedule();
			}
		}
	pr_err("plant=%s: nothing is called so\n", name);
	return -EINVAL;
}
INITCALL(plant_init);
