// SPDX-License-Identifier: GPL-2.0-only
//
// Stops at system calls: what a tracer sees, and what it can change.
#include "tests/guest/ptrace/ptrace.h"

#include <sys/prctl.h>

static int calls(long unused)
{
	long a, b;

	(void)unused;
	a = syscall(SYS_getppid);
	b = syscall(10000, 1, 2, 3, 4, 5, 6);
	return a == getppid() && b == -1 && errno == ENOSYS ? 0 : a == 1234 ? 3 : 4;
}

struct syscall_info {
	uint8_t op, pad[3];
	uint32_t arch;
	uint64_t ip, sp;
	union {
		struct {
			uint64_t nr, args[6];
		} entry;
		struct {
			int64_t rval;
			uint8_t is_error;
		} exit;
	};
};

static long syscall_info(pid_t pid, struct syscall_info *info)
{
	memset(info, 0xee, sizeof(*info));
	return syscall(SYS_ptrace, 0x420e, (long)pid, sizeof(*info), info);
}

static void test_seen(void)
{
	pid_t pid = tracee(calls, 0);
	struct user_regs_struct in, out;
	struct syscall_info info;

	EQ(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD), 0, "the option TRACESYSGOOD");
	EQ(syscall_info(pid, &info), 24, "GET_SYSCALL_INFO at a signal");
	EQ(info.op, 0, "says none");
	EQ(info.arch, 0xc000003e, "and which architecture");
	EQ(step(PTRACE_SYSCALL, pid, 0), STOPPED(SIGTRAP | 0x80), "a system call stops at its begin");
	get_regs(pid, &in);
	EQ(in.orig_rax, SYS_getppid, "orig_rax is its number");
	EQ(in.rax, -ENOSYS, "rax is -ENOSYS");
	EQ(in.rcx, in.rip, "rcx is where it goes on");
	EQ(in.r11, in.eflags, "r11 is the flags");
	EQ(syscall_info(pid, &info), 80, "GET_SYSCALL_INFO");
	EQ(info.op, 1, "says begin");
	EQ(info.entry.nr, SYS_getppid, "and the number");
	EQ(info.ip, in.rip, "and where");
	EQ(info.sp, in.rsp, "and its stack");
	EQ(step(PTRACE_SYSCALL, pid, 0), STOPPED(SIGTRAP | 0x80), "and at its end");
	get_regs(pid, &out);
	EQ(out.rax, getpid(), "rax is the result");
	EQ(out.orig_rax, SYS_getppid, "orig_rax the number still");
	EQ(out.rip, in.rip, "rip is the same");
	EQ(syscall_info(pid, &info), 33, "GET_SYSCALL_INFO");
	EQ(info.op, 2, "says end");
	EQ(info.exit.rval, getpid(), "and the result");
	EQ(info.exit.is_error, 0, "which is no error");

	EQ(step(PTRACE_SYSCALL, pid, 0), STOPPED(SIGTRAP | 0x80), "one that is not there stops as well");
	syscall_info(pid, &info);
	EQ(info.entry.nr, 10000, "it has a number");
	OK(info.entry.args[0] == 1 && info.entry.args[3] == 4 && info.entry.args[5] == 6, "and arguments");
	step(PTRACE_SYSCALL, pid, 0);
	syscall_info(pid, &info);
	EQ(info.exit.rval, -ENOSYS, "and fails");
	EQ(info.exit.is_error, 1, "with an error");
	EQ(ptrace(PTRACE_SETOPTIONS, pid, 0, 1L << 30), -1, "options that are not known");
	EQ(errno, EINVAL, "are EINVAL");
	EQ(step(PTRACE_CONT, pid, 0), EXITED(0), "the program notices nothing");
}

static void set_reg(pid_t pid, size_t at, long value)
{
	ptrace(PTRACE_POKEUSER, pid, at, value);
}
#define REG(name) offsetof(struct user, regs.name)

static int three_calls(long unused)
{
	long a = syscall(SYS_getppid), b = syscall(SYS_getppid), c = syscall(SYS_getppid);

	(void)unused;
	return a == getpid() ? b == 1234 ? c == 99 ? 0 : 3 : 2 : 1;
}

static void test_changed(void)
{
	pid_t pid = tracee(three_calls, 0);
	struct user_regs_struct regs;

	EQ(step(PTRACE_SYSCALL, pid, 0), STOPPED(SIGTRAP), "without TRACESYSGOOD it is SIGTRAP");
	set_reg(pid, REG(orig_rax), SYS_getpid);
	step(PTRACE_SYSCALL, pid, 0);
	get_regs(pid, &regs);
	EQ(regs.rax, pid, "another number is another call");
	step(PTRACE_SYSCALL, pid, 0);
	set_reg(pid, REG(orig_rax), -1);
	set_reg(pid, REG(rax), 1234);
	EQ(step(PTRACE_SYSCALL, pid, 0), STOPPED(SIGTRAP), "-1 is none, but it ends");
	get_regs(pid, &regs);
	EQ(regs.rax, 1234, "with what rax was set to");
	step(PTRACE_SYSCALL, pid, 0);
	step(PTRACE_SYSCALL, pid, 0);
	set_reg(pid, REG(rax), 99);
	EQ(step(PTRACE_CONT, pid, 0), EXITED(0), "a result can be changed");
}

// All registers come back as they are set, whatever way the kernel leaves by.
static int registers(long unused)
{
	long r[6] = {1, 2, 3, 4, 5, 6};

	(void)unused;
	__asm__ __volatile__("mov $110, %%eax\n\tmov $1, %%ebx\n\tmov $2, %%r12d\n\tmov $3, %%r13d\n\tmov $4, %%edi\n\t"
			     "mov $5, %%r8d\n\tmov $6, %%r15d\n\tsyscall\n\t"
			     "mov %%rbx, (%0)\n\tmov %%r12, 8(%0)\n\tmov %%r13, 16(%0)\n\tmov %%rdi, 24(%0)\n\t"
			     "mov %%r8, 32(%0)\n\tmov %%r15, 40(%0)"
			     ::"r"(r) : "rax", "rbx", "rcx", "r11", "r12", "r13", "rdi", "r8", "r15", "memory");
	for (int i = 0; i < 6; i++)
		if (r[i] != 101 + i)
			return 10 + i;
	return 0;
}

static void test_all_registers(void)
{
	for (int end = 0; end < 2; end++) {
		pid_t pid = tracee(registers, 0);
		struct user_regs_struct regs;

		step(PTRACE_SYSCALL, pid, 0);
		if (end)
			step(PTRACE_SYSCALL, pid, 0);
		get_regs(pid, &regs);
		regs.rbx += 100, regs.r12 += 100, regs.r13 += 100, regs.rdi += 100, regs.r8 += 100, regs.r15 += 100;
		ptrace(PTRACE_SETREGS, pid, 0, &regs);
		EQ(step(PTRACE_CONT, pid, 0), EXITED(0),
		   end ? "registers set at the end of a call" : "registers set at the begin of a call");
	}
}

// ---- interrupted calls ----

static void on_signal(int sig)
{
	shared->value = sig;
}

static int reader(long restart)
{
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = restart ? SA_RESTART : 0};
	int fds[2];
	char c;

	sigaction(SIGUSR1, &sa, NULL);
	if (pipe(fds))
		return 1;
	shared->ready = 1;
	while (read(fds[0], &c, 1) == -1 && errno == EINTR)
		return 7;
	return 2;
}

static void test_interrupted(void)
{
	for (int restart = 0; restart < 2; restart++) {
		pid_t pid = tracee(reader, restart);
		struct user_regs_struct regs;
		int status;

		shared->ready = shared->value = 0;
		ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
		do {
			status = step(PTRACE_SYSCALL, pid, 0);
			get_regs(pid, &regs);
		} while (status == STOPPED(SIGTRAP | 0x80) && !(regs.orig_rax == SYS_read && shared->ready));
		ptrace(PTRACE_SYSCALL, pid, 0, 0);
		in_state(pid, 'S');
		kill(pid, SIGUSR1);
		EQ(next_status(pid), STOPPED(SIGTRAP | 0x80), "a signal ends a read");
		get_regs(pid, &regs);
		EQ(regs.rax, -512, "which returns -ERESTARTSYS");
		EQ(step(PTRACE_SYSCALL, pid, 0), STOPPED(SIGUSR1), "then the signal is told");
		get_regs(pid, &regs);
		EQ(regs.rax, -512, "before anything else");
		EQ(regs.orig_rax, SYS_read, "in the same call");
		EQ(step(PTRACE_SYSCALL, pid, SIGUSR1), STOPPED(SIGTRAP | 0x80), "and its handler runs");
		get_regs(pid, &regs);
		EQ(regs.orig_rax, SYS_rt_sigreturn, "to the end");
		EQ(step(PTRACE_SYSCALL, pid, 0), STOPPED(SIGTRAP | 0x80), "which returns");
		get_regs(pid, &regs);
		EQ(regs.rax, restart ? SYS_read : -EINTR, restart ? "to the call" : "EINTR");
		if (restart) {
			EQ(step(PTRACE_SYSCALL, pid, 0), STOPPED(SIGTRAP | 0x80), "which begins again");
			get_regs(pid, &regs);
			EQ(regs.orig_rax, SYS_read, "as the same");
			finish(pid);
		} else {
			EQ(step(PTRACE_CONT, pid, 0), EXITED(7), "and the program sees it");
		}
	}
}

static int ends[2];

static int waits_for_a_byte(long unused)
{
	char c = 0;

	(void)unused;
	return read(ends[0], &c, 1) == 1 ? c : 100;
}

// An INTERRUPT wakes one that sleeps in a call; if it traces calls, the first stop is the end of that. The program must not see it.
static void test_interrupted_for_its_tracer(void)
{
	for (int detach = 0; detach < 2; detach++) {
		struct user_regs_struct regs;
		pid_t pid;

		if (pipe(ends)) {
			OK(0, "pipe");
			return;
		}
		pid = plain_child(waits_for_a_byte, 0);
		in_state(pid, 'S');
		EQ(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD), 0, "one that reads is seized");
		ptrace(PTRACE_INTERRUPT, pid, 0, 0);
		EQ(next_status(pid), EVENT(SIGTRAP, PTRACE_EVENT_STOP), "and stops");
		EQ(step(PTRACE_SYSCALL, pid, 0), STOPPED(SIGTRAP | 0x80), "it begins to read again");
		ptrace(PTRACE_SYSCALL, pid, 0, 0);
		in_state(pid, 'S');
		ptrace(PTRACE_INTERRUPT, pid, 0, 0);
		EQ(next_status(pid), STOPPED(SIGTRAP | 0x80), "INTERRUPT ends that read");
		get_regs(pid, &regs);
		EQ(regs.rax, -512, "with -ERESTARTSYS");
		EQ(ptrace(detach ? PTRACE_DETACH : PTRACE_CONT, pid, 0, 0), 0, detach ? "it is let go" : "it goes on");
		EQ(write(ends[1], "*", 1), 1, "a byte comes");
		EQ(next_status(pid), EXITED('*'), "and it reads it: the call has begun again");
		close(ends[0]);
		close(ends[1]);
	}
}

void test_syscalls(void)
{
	test_seen();
	test_changed();
	test_all_registers();
	test_interrupted();
	test_interrupted_for_its_tracer();
}
