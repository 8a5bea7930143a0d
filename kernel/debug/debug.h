/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Saying things and stopping: printk, panic, BUG/WARN, backtraces, in-kernel tests.
 * May be included from every floor above kernel/lib.
 */
#pragma once

#include "kernel/lib/types.h"

struct pt_regs;
struct seq_file;
struct task_struct;

/* Log levels, as in syslog(2). A message begins with one of these; without it, KERN_INFO. */
#define KERN_EMERG   "\001" "0"
#define KERN_ALERT   "\001" "1"
#define KERN_CRIT    "\001" "2"
#define KERN_ERR     "\001" "3"
#define KERN_WARNING "\001" "4"
#define KERN_NOTICE  "\001" "5"
#define KERN_INFO    "\001" "6"
#define KERN_DEBUG   "\001" "7"

/*
 * Append to the kernel log, and to the log console if the level is below `loglevel`. Any context, NMI too.
 * Formats: kernel/lib/printf.c (those of Linux that we use: %pS symbol+offset, %pe errno name).
 */
int printk(const char *fmt, ...) __printf(1, 2);
int vprintk(const char *fmt, va_list ap);

#define pr_err(fmt, ...)    printk(KERN_ERR fmt, ##__VA_ARGS__)
#define pr_warn(fmt, ...)   printk(KERN_WARNING fmt, ##__VA_ARGS__)
#define pr_notice(fmt, ...) printk(KERN_NOTICE fmt, ##__VA_ARGS__)
#define pr_info(fmt, ...)   printk(KERN_INFO fmt, ##__VA_ARGS__)
#define pr_debug(fmt, ...)  printk(KERN_DEBUG fmt, ##__VA_ARGS__)

/* One line per place in the code, however often it is reached. */
#define pr_warn_once(fmt, ...)                                                                     \
	do {                                                                                       \
		static bool said;                                                                  \
		if (!said) {                                                                       \
			said = true;                                                               \
			pr_warn(fmt, ##__VA_ARGS__);                                               \
		}                                                                                  \
	} while (0)

extern int console_loglevel;	/* command line: loglevel= */

/* A place that log text goes to. Registered consoles get the log written so far first. */
struct console {
	const char *name;		/* what `console=` calls it */
	void (*write)(const char *s, unsigned int len);	/* any context, may spin, may not sleep */
	struct console *next;		/* console_lock */
};
void register_console(struct console *con);

/*
 * Read the log ring from position *pos (bytes ever written): up to len bytes into a kernel buffer; moves *pos (also
 * forward over what was overwritten). 0 at the end.
 */
size_t log_read(u64 *pos, char *buf, size_t len);

/* Say what happened, with registers and a backtrace, stop the other CPUs, leave QEMU with the panic status or halt. */
void panic(const char *fmt, ...) __noreturn __printf(1, 2);

/* A trap in the kernel that cannot be repaired: registers, code, backtrace, then panic. */
void die(const char *what, struct pt_regs *regs, long error_code) __noreturn;

void dump_stack(void);
void show_regs(struct pt_regs *regs);
void show_backtrace(unsigned long frame_pointer);
void show_regs_trace(const struct pt_regs *regs);	/* of what a trap or an interrupt came upon */

#define STACK_TRACE_MAX 32	/* frames that reports show at most */
/*
 * Return addresses of the frames from `frame_pointer` (of the caller: __builtin_frame_address(0)) outward, at
 * most `max`; their number. Any context, NMI too.
 */
unsigned int stack_trace_save(unsigned long frame_pointer, unsigned long *ips, unsigned int max);
/*
 * The same for a task that sleeps or waits for a CPU, and that the caller keeps from being freed. Should it run
 * meanwhile, the result may mix two moments; nothing outside its stack is read.
 */
unsigned int stack_trace_save_task(struct task_struct *task, unsigned long *ips, unsigned int max);
void show_stack_trace(const unsigned long *ips, unsigned int n);

/*
 * The stack of any task. The number of addresses, or -EBUSY: it runs, and its stack changes as we look; -ESRCH: it has
 * no stack any more; -EAGAIN: its CPU's run queue is locked all the time, by one that hangs. Any context but NMI; not
 * with a run queue's lock held.
 */
int stack_trace_save_any(struct task_struct *task, unsigned long *ips, unsigned int max);
/* The first address in a trace of a sleeping task that is not the sleeping itself (__sched); 0: none. */
unsigned long stack_trace_wchan(const unsigned long *ips, unsigned int n);

void show_task_stack(struct task_struct *task);	/* log it, or why it has none to show */
/* Where a task sleeps (an address); 0: it does not, or nobody can tell. Any context but NMI. */
unsigned long task_wchan(struct task_struct *task);

/* Log where another CPU is, or all are, this one with what an interrupt came upon. Any context. */
void show_cpu_state(unsigned int cpu);
void show_all_cpus(void);

/*
 * A report of several lines begins and ends: no other CPU's mixes with it, unless one hangs (report.c). Any context;
 * interrupts are off in between.
 */
unsigned long report_begin(void);
void report_end(unsigned long flags);

/* The key that followed a break on the console's line (sysrq.c). Interrupt context, no lock held. */
void handle_sysrq(char key);

/*
 * Symbol that holds the kernel text address `addr`; *offset from its start. NULL when addr is not in the text.
 */
const char *ksym_lookup(unsigned long addr, unsigned long *offset);

/* The counters of a build with COVERAGE=1 leave the guest, at its end. False: they have before, or are about to. Any context, NMI too. */
#ifdef CONFIG_COVERAGE
bool gcov_send(void);
#else
static inline bool gcov_send(void)
{
	return false;
}
#endif

/* Data races met so far, repeated ones too (builds with KCSAN=1). Any context. */
unsigned long kcsan_races(void);

void bug(const char *file, int line, const char *cond) __noreturn;
void warn(const char *file, int line, const char *cond);

#define BUG()	       bug(__FILE__, __LINE__, NULL)
#define BUG_ON(c)      do { if (unlikely(c)) bug(__FILE__, __LINE__, #c); } while (0)
#define WARN_ON(c)     ({ bool warn_c = !!(c); if (unlikely(warn_c)) warn(__FILE__, __LINE__, #c); warn_c; })
#define WARN_ON_ONCE(c)                                                                            \
	({                                                                                         \
		static bool warned;                                                                \
		bool warn_c = !!(c);                                                               \
		if (unlikely(warn_c) && !warned) {                                                 \
			warned = true;                                                             \
			warn(__FILE__, __LINE__, #c);                                              \
		}                                                                                  \
		warn_c;                                                                            \
	})

/*
 * In-kernel tests (tests/unit): one KTEST a function, run at boot when `ktest` is on the command line, in a kernel thread
 * that may sleep. KTEST_EXPECT records a failure with both values and goes on.
 */
struct ktest {
	const char *name;
	void (*run)(void);
};
#define KTEST(fn)                                                                                  \
	static void fn(void);                                                                      \
	static const struct ktest ktest_##fn TABLE_ENTRY(ktest) = {#fn, fn};                       \
	static void fn(void)
#define KTEST_EXPECT(cond)                                                                         \
	do {                                                                                       \
		if (unlikely(!(cond)))                                                             \
			ktest_fail(__FILE__, __LINE__, "%s", #cond);                               \
	} while (0)
#define KTEST_EQ(a, b)                                                                             \
	do {                                                                                       \
		long kt_a = (long)(a), kt_b = (long)(b);                                           \
		if (unlikely(kt_a != kt_b))                                                        \
			ktest_fail(__FILE__, __LINE__, "%s = %ld, expected %s = %ld", #a, kt_a, #b, kt_b); \
	} while (0)
void ktest_fail(const char *file, int line, const char *fmt, ...) __printf(3, 4);
/* Run the tests whose name contains `pattern` (NULL: all). Returns the number that failed. */
int ktest_run(const char *pattern);
