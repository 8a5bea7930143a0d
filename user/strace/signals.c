// SPDX-License-Identifier: GPL-2.0-only
//
// How strace shows signals: sets, handlers, what came with one.

#include "user/strace/strace.h"
#include "user/lib.h"

#include <signal.h>

static void put_sigset(uint64_t set)
{
	bool most = __builtin_popcountll(set) > 42, first = true;

	if (most)
		set = ~set;
	put(most ? "~[" : "[");
	for (int sig = 1; sig <= 64; sig++) {
		const char *name = signal_name(sig);

		if (!(set >> (sig - 1) & 1))
			continue;
		put(first ? "" : " ");
		if (sig >= 32)
			put(sig == 32 ? "RTMIN" : "RT_%d", sig - 32);
		else
			put("%s", name ? name : "?");
		first = false;
	}
	put("]");
}

void show_sigset(struct call *c, int i)
{
	uint64_t set;

	if (get_struct(c, i, &set, sizeof(set)))
		put_sigset(set);
}

void show_sigaction(struct call *c, int i)
{
	static const struct word flags[] = {{0, "0"}, {0x4000000, "SA_RESTORER"}, {0x8000000, "SA_ONSTACK"}, {0x10000000, "SA_RESTART"},
					    {1, "SA_NOCLDSTOP"}, {2, "SA_NOCLDWAIT"}, {4, "SA_SIGINFO"}, {0x40000000, "SA_NODEFER"},
					    {0x80000000, "SA_RESETHAND"}, {0}};
	struct {
		uint64_t handler, flags, restorer, mask;
	} sa;

	if (!get_struct(c, i, &sa, sizeof(sa)))
		return;
	put("{sa_handler=");
	if (sa.handler < 2)
		put(sa.handler ? "SIG_IGN" : "SIG_DFL");
	else
		put_address(sa.handler);
	put(", sa_mask=");
	put_sigset(sa.mask);
	put(", sa_flags=");
	put_flags(flags, sa.flags);
	if (sa.flags & 0x4000000)
		put(", sa_restorer=%#llx", (unsigned long long)sa.restorer);
	put("}");
}

static void put_code(const siginfo_t *info)
{
	static const struct word general[] = {{SI_USER, "SI_USER"}, {0x80, "SI_KERNEL"}, {(uint32_t)SI_QUEUE, "SI_QUEUE"},
					      {(uint32_t)SI_TIMER, "SI_TIMER"}, {(uint32_t)SI_TKILL, "SI_TKILL"}, {0}};
	static const struct word child[] = {{CLD_EXITED, "CLD_EXITED"}, {CLD_KILLED, "CLD_KILLED"}, {CLD_DUMPED, "CLD_DUMPED"},
					    {CLD_TRAPPED, "CLD_TRAPPED"}, {CLD_STOPPED, "CLD_STOPPED"}, {CLD_CONTINUED, "CLD_CONTINUED"},
					    {0}};
	static const struct word segv[] = {{SEGV_MAPERR, "SEGV_MAPERR"}, {SEGV_ACCERR, "SEGV_ACCERR"}, {0}};
	static const struct word fpe[] = {{FPE_INTDIV, "FPE_INTDIV"}, {FPE_INTOVF, "FPE_INTOVF"}, {FPE_FLTDIV, "FPE_FLTDIV"},
					  {FPE_FLTINV, "FPE_FLTINV"}, {0}};
	static const struct word trap[] = {{TRAP_BRKPT, "TRAP_BRKPT"}, {TRAP_TRACE, "TRAP_TRACE"}, {0}};
	static const struct word bus[] = {{BUS_ADRALN, "BUS_ADRALN"}, {BUS_ADRERR, "BUS_ADRERR"}, {0}};
	static const struct word ill[] = {{ILL_ILLOPC, "ILL_ILLOPC"}, {ILL_ILLOPN, "ILL_ILLOPN"}, {0}};
	int sig = info->si_signo;
	const struct word *words = info->si_code <= 0 || info->si_code == 0x80 ? general : sig == SIGCHLD ? child
				   : sig == SIGSEGV ? segv : sig == SIGFPE ? fpe : sig == SIGTRAP ? trap : sig == SIGBUS ? bus : ill;

	put_word(words, (uint32_t)info->si_code);
}

void show_signal_info(const void *from)
{
	const siginfo_t *info = from;
	int sig = info->si_signo;

	put("{si_signo=");
	put_signal(sig);
	put(", si_code=");
	put_code(info);
	if (sig == SIGCHLD && info->si_code > 0) {
		put(", si_pid=%d, si_uid=%u, si_status=", info->si_pid, info->si_uid);
		if (info->si_code == CLD_EXITED)
			put("%d", info->si_status);
		else
			put_signal(info->si_status & 0x7f);
		put(", si_utime=%ld, si_stime=%ld", (long)info->si_utime, (long)info->si_stime);
	} else if ((sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL || sig == SIGTRAP) && info->si_code > 0) {
		put(", si_addr=");
		put_address((uint64_t)info->si_addr);
	} else if (info->si_code <= 0) {
		put(", si_pid=%d, si_uid=%u", info->si_pid, info->si_uid);
	}
	put("}");
}

void show_siginfo(struct call *c, int i)
{
	siginfo_t info;

	if (!get_struct(c, i, &info, sizeof(info)))
		return;
	if (info.si_signo)
		show_signal_info(&info);
	else
		put("{}");
}
