// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signal frames: what a handler finds on its stack, and the way back (rt_sigreturn). The layout is the ABI's rt_sigframe:
 *
 *	fpstate		64-byte aligned, XSAVE area and its magic words (fpu.c)
 *	siginfo
 *	ucontext	with the registers and a pointer to fpstate
 *	pretcode	the handler's return address: SA_RESTORER's function, which calls rt_sigreturn
 *
 * The stack pointer is 8 below a multiple of 16 at the handler's first instruction, as after a call. What comes back from the
 * program is not trusted: segments are ours, flags and rip are filtered (process.c, user_ip).
 */
#include "arch/x86_64/cpu.h"
#include "kernel/task/task.h"

#define REDZONE	    128			/* below rsp belongs to the interrupted function (psABI 3.2.2) */
#define UC_FP_XSTATE	     0x1
#define UC_SIGCONTEXT_SS     0x2
#define UC_STRICT_RESTORE_SS 0x4

struct sigcontext {
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
	u64 rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
	u16 cs, gs, fs, ss;
	u64 err, trapno, oldmask, cr2;
	u64 fpstate;
	u64 reserved[8];
};

struct ucontext {
	u64 uc_flags;
	u64 uc_link;
	struct altstack uc_stack;
	struct sigcontext uc_mcontext;
	u64 uc_sigmask;
};

struct rt_sigframe {
	u64 pretcode;
	struct ucontext uc;
	siginfo_t info;
};

BUILD_BUG_ON(sizeof(siginfo_t) != 128);
BUILD_BUG_ON(sizeof(struct sigcontext) != 256);
BUILD_BUG_ON(offsetof(struct ucontext, uc_sigmask) != 296);

/* Where the frame's floating point part goes, downward from here. *alternate: that is in the alternate stack. */
static unsigned long frame_top(const struct k_sigaction *ka, const struct pt_regs *regs, bool *alternate)
{
	*alternate = on_altstack(regs->rsp);
	if (!(ka->flags & SA_ONSTACK) || !current->sas_ss_size || *alternate)
		return regs->rsp - REDZONE;
	*alternate = true;
	return current->sas_ss_sp + current->sas_ss_size;
}

static void save_regs(struct sigcontext *sc, const struct pt_regs *r)
{
	sc->r8 = r->r8;
	sc->r9 = r->r9;
	sc->r10 = r->r10;
	sc->r11 = r->r11;
	sc->r12 = r->r12;
	sc->r13 = r->r13;
	sc->r14 = r->r14;
	sc->r15 = r->r15;
	sc->rdi = r->rdi;
	sc->rsi = r->rsi;
	sc->rbp = r->rbp;
	sc->rbx = r->rbx;
	sc->rdx = r->rdx;
	sc->rax = r->rax;
	sc->rcx = r->rcx;
	sc->rsp = r->rsp;
	sc->rip = r->rip;
	sc->eflags = r->eflags;
	sc->cs = r->cs;
	sc->ss = r->ss;
	sc->cr2 = read_cr2();
}

static void load_regs(struct pt_regs *r, const struct sigcontext *sc)
{
	r->r8 = sc->r8;
	r->r9 = sc->r9;
	r->r10 = sc->r10;
	r->r11 = sc->r11;
	r->r12 = sc->r12;
	r->r13 = sc->r13;
	r->r14 = sc->r14;
	r->r15 = sc->r15;
	r->rdi = sc->rdi;
	r->rsi = sc->rsi;
	r->rbp = sc->rbp;
	r->rbx = sc->rbx;
	r->rdx = sc->rdx;
	r->rax = sc->rax;
	r->rcx = sc->rcx;
	r->rsp = sc->rsp;
	r->rip = user_ip(sc->rip);
	r->eflags = (sc->eflags & EFLAGS_USER) | EFLAGS_IF | EFLAGS_ONE;
	r->cs = USER_CS;
	r->ss = USER_DS;
	r->orig_rax = -1;			/* no system call to restart */
}

static void fill_ucontext(struct ucontext *uc, const u64 *blocked, const struct pt_regs *regs, unsigned long fpstate)
{
	memset(uc, 0, sizeof(*uc));
	uc->uc_flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS | (cpu_features.xsave ? UC_FP_XSTATE : 0);
	uc->uc_stack.sp = current->sas_ss_sp;
	uc->uc_stack.size = current->sas_ss_size;
	uc->uc_stack.flags = current->sas_ss_flags & SS_AUTODISARM;
	if (!current->sas_ss_size)
		uc->uc_stack.flags |= SS_DISABLE;
	else if (on_altstack(regs->rsp))
		uc->uc_stack.flags |= SS_ONSTACK;
	save_regs(&uc->uc_mcontext, regs);
	uc->uc_mcontext.oldmask = *blocked;
	uc->uc_mcontext.fpstate = fpstate;
	uc->uc_sigmask = *blocked;
}

int arch_setup_signal_frame(struct ksignal *ksig, const u64 *blocked, struct pt_regs *regs)
{
	bool alternate;
	unsigned long top = frame_top(&ksig->ka, regs, &alternate), fpstate, sp;
	struct rt_sigframe frame;

	if (!(ksig->ka.flags & SA_RESTORER))
		return -EFAULT;			/* x86_64 has no other way back */
	fpstate = ALIGN_DOWN(top - fpu_frame_size(), 64UL);
	sp = ALIGN_DOWN(fpstate - sizeof(frame), 16UL) - 8;
	if (sp > top || !access_ok((void *)sp, top - sp))
		return -EFAULT;
	if (alternate && sp <= current->sas_ss_sp)
		return -EFAULT;			/* would run out of the alternate stack */

	frame.pretcode = (unsigned long)ksig->ka.restorer;
	fill_ucontext(&frame.uc, blocked, regs, fpstate);
	frame.info = ksig->info;
	if (fpu_save_frame((void *)fpstate) || copy_to_user((void *)sp, &frame, sizeof(frame)))
		return -EFAULT;
	if (current->sas_ss_flags & SS_AUTODISARM) {
		current->sas_ss_sp = current->sas_ss_size = 0;
		current->sas_ss_flags = SS_DISABLE;
	}

	regs->rdi = ksig->sig;
	regs->rsi = sp + offsetof(struct rt_sigframe, info);
	regs->rdx = sp + offsetof(struct rt_sigframe, uc);
	regs->rax = 0;				/* no vector registers hold arguments of a variadic handler */
	regs->rsp = sp;
	regs->rip = user_ip((unsigned long)ksig->ka.handler);
	regs->eflags &= ~(EFLAGS_DF | EFLAGS_RF | EFLAGS_TF);
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	return 0;
}

int arch_restore_signal_frame(struct pt_regs *regs, u64 *blocked, struct altstack *ss)
{
	struct ucontext uc;
	unsigned long at = regs->rsp - 8 + offsetof(struct rt_sigframe, uc);	/* the restorer's RET took pretcode */

	if (!access_ok((void *)at, sizeof(uc)) || copy_from_user(&uc, (void *)at, sizeof(uc)))
		return -EFAULT;
	load_regs(regs, &uc.uc_mcontext);
	set_bit(TIF_NOTIFY, &current->work);	/* the frame has changed: leave by IRETQ */
	*blocked = uc.uc_sigmask;
	*ss = uc.uc_stack;
	if (!uc.uc_mcontext.fpstate)
		return fpu_fresh(&current->thread);
	if (!access_ok((void *)uc.uc_mcontext.fpstate, fpu_frame_size()))
		return -EFAULT;
	return fpu_restore_frame((void *)uc.uc_mcontext.fpstate);
}
