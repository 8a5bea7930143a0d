// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of programs: a page fault is served or becomes SIGSEGV/SIGBUS; other traps become their
 * signals. One log line for each signal that a fault raised, a few a second at most.
 */
#include "kernel/task/ptrace.h"

/* Page fault error code, SDM vol. 3, 4.7. */
#define PF_PRESENT 1
#define PF_WRITE   2
#define PF_USER	   4
#define PF_RSVD	   8
#define PF_INSTR   16

static unsigned int fault_flags(unsigned long error_code)
{
	return (error_code & PF_WRITE ? FAULT_WRITE : 0) | (error_code & PF_USER ? FAULT_USER : 0) |
	       (error_code & PF_INSTR ? FAULT_EXEC : 0);
}

/* At most this many lines in a second. */
#define LINES_A_SECOND 10

static bool may_log(void)
{
	static u64 second;		/* races only lose count of a line */
	static unsigned int lines;
	u64 now = ktime_get() / NSEC_PER_SEC;

	if (now != second) {
		second = now;
		lines = 0;
	}
	return lines++ < LINES_A_SECOND;
}

/* Will the program handle it itself? Then it is its own affair. */
static bool handled(int sig)
{
	void __user *h = current->sighand->action[sig - 1].handler;

	return h != SIG_DFL && h != SIG_IGN && !(current->blocked & sigmask(sig));
}

static void log_fault(struct pt_regs *regs, const char *what, unsigned long addr,
		      unsigned long error_code)
{
	pr_info("%s[%d]: %s at %lx ip %lx sp %lx error %lx\n", current->comm, current->pid, what,
		addr, regs->rip, regs->rsp, error_code);
}

static void bad_access(struct pt_regs *regs, int sig, int code, unsigned long addr,
		       unsigned long error_code)
{
	if (!handled(sig) && may_log())
		log_fault(regs, sig == SIGBUS ? "bus error" : "segfault", addr, error_code);
	force_sig_fault(sig, code, addr);
}

/* Tries of the kernel's own fault on user memory while a container is full. */
#define LIMIT_TRIES 50

/*
 * The limit of a container stopped a fault. A program waits for room or for its end, and then
 * touches its page again: true. The kernel in the midst of a copy may hold locks that the victim
 * wants before it can die: it tries for a second, then the copy says EFAULT.
 */
static bool over_limit(unsigned long addr, unsigned int flags, bool user)
{
	for (int tries = 0; tries < LIMIT_TRIES; tries++) {
		current->over_limit = false;
		if (!container_out_of_memory(user) && !user)
			return false;
		if (user || handle_mm_fault(current->mm, addr, flags) == FAULT_OK)
			return true;
		if (!current->over_limit)
			return false;
	}
	return false;
}

/*
 * No page could be had: a task was killed for it, maybe this one. Else try again: the victim's
 * pages come back. false: nobody repairs it.
 */
static noinline bool no_memory(struct pt_regs *regs, unsigned long addr, unsigned long error_code)
{
	bool user = user_mode(regs);

	if (current->over_limit)
		return over_limit(addr, fault_flags(error_code), user);
	if (!user)
		return false;		/* the copy says EFAULT; the task may have been killed */
	if (fatal_signal_pending(current))
		return true;
	if (pages_available())
		return true;		/* they came free meanwhile, or fault injection made it fail */
	if (!out_of_memory(GFP_KERNEL, 0))
		force_fatal_sig(SIGKILL);
	return true;
}

bool handle_page_fault(struct pt_regs *regs, unsigned long addr, unsigned long error_code)
{
	struct mm_struct *mm = current->mm;
	bool user = user_mode(regs);

	if (user)
		regs->orig_rax = -1;	/* not a system call: nothing to restart */
	if (!mm || in_interrupt() || (error_code & PF_RSVD) || addr >= USER_END) {
		if (!user)
			return false;
		bad_access(regs, SIGSEGV, addr >= USER_END ? SEGV_MAPERR : SEGV_ACCERR, addr,
			   error_code);
		return true;
	}
	if (!user && (!(regs->eflags & (1 << 9)) || (error_code & PF_INSTR)))
		return false;		/* interrupts were off: a copy that must not sleep */
	switch (handle_mm_fault(mm, addr, fault_flags(error_code))) {
	case FAULT_OK:
		return true;
	case FAULT_NOMEM:
		return no_memory(regs, addr, error_code);
	case FAULT_MAPERR:
		if (user)
			bad_access(regs, SIGSEGV, SEGV_MAPERR, addr, error_code);
		return user;
	case FAULT_ACCERR:
		if (user)
			bad_access(regs, SIGSEGV, SEGV_ACCERR, addr, error_code);
		return user;
	case FAULT_SIGBUS:
		if (user)
			bad_access(regs, SIGBUS, BUS_ADRERR, addr, error_code);
		return user;
	}
	return false;
}

void handle_user_trap(struct pt_regs *regs, int sig, int si_code, unsigned long addr,
		      const char *what)
{
	unsigned long error_code = regs->orig_rax;

	regs->orig_rax = -1;
	if (si_code == TRAP_TRACE && sig == SIGTRAP && test_bit(TIF_SINGLESTEP, &current->work)) {
		ptrace_step_trap(TRAP_TRACE);
		return;
	}
	if (sig != SIGTRAP && !handled(sig) && may_log())
		log_fault(regs, what, addr, error_code);
	force_sig_fault(sig, si_code, addr);
}
