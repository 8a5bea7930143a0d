// SPDX-License-Identifier: GPL-2.0-only
//
// ptrace(2): registers, memory, steps and exec here; system calls, signals, events, attaching, rights and threads in
// ptrace/. The storm is ptrace_storm.c. All of it passes on Linux.
#include "tests/guest/ptrace/ptrace.h"

#include <time.h>

struct shared *shared;

// ---- helpers ----

pid_t plain_child(int (*fn)(long), long arg)
{
	pid_t pid = fork();

	if (!pid) {
		setpgid(0, 0);		// not orphaned, whatever started the test: stops count
		_exit(fn(arg));
	}
	return pid;
}

int pauser(long unused)
{
	(void)unused;
	shared->ready = 1;
	for (;;)
		pause();
	return 0;
}

pid_t paused_child(void)
{
	pid_t pid;

	shared->ready = 0;
	pid = plain_child(pauser, 0);
	becomes(&shared->ready, 1);
	in_state(pid, 'S');
	return pid;
}

int raise_only(int sig)
{
	return (int)syscall(SYS_tkill, syscall(SYS_gettid), sig);
}

pid_t tracee(int (*fn)(long), long arg)
{
	pid_t pid = fork();

	if (!pid) {
		setpgid(0, 0);
		if (ptrace(PTRACE_TRACEME, 0, 0, 0))
			_exit(99);
		raise_only(SIGSTOP);
		_exit(fn(arg));
	}
	if (next_status(pid) != STOPPED(SIGSTOP))
		finish(pid);
	return pid;
}

int next_status(pid_t pid)
{
	int status;

	return waitpid(pid, &status, __WALL) == pid ? status : -1;
}

int step(int request, pid_t pid, int sig)
{
	if (ptrace(request, pid, 0, (long)sig))
		return -2;
	return next_status(pid);
}

void finish(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	while ((status = next_status(pid)) != -1 && !WIFEXITED(status) && !WIFSIGNALED(status))
		ptrace(PTRACE_CONT, pid, 0, 0);
}

static void nap(void)
{
	struct timespec ts = {0, 5000000};

	nanosleep(&ts, NULL);
}

int becomes(volatile int *at, int want)
{
	for (int i = 0; i < 4000 && *at != want; i++)
		nap();
	return *at == want;
}

int in_state(pid_t pid, char state)
{
	for (int i = 0; i < 4000; i++, nap()) {
		char name[32], line[256] = "", *at;
		FILE *f;

		snprintf(name, sizeof(name), "/proc/%d/stat", pid);
		f = fopen(name, "r");
		if (!f)
			return 0;
		at = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
		fclose(f);
		if (at && at[2] == state)
			return 1;
	}
	return 0;
}

long peek(pid_t pid, void *at)
{
	return ptrace(PTRACE_PEEKDATA, pid, at, 0);
}

void get_regs(pid_t pid, struct user_regs_struct *regs)
{
	memset(regs, 0xee, sizeof(*regs));
	ptrace(PTRACE_GETREGS, pid, 0, regs);
}

// ---- memory ----

static long word = 0x1122334455667788;
static const char constant[4096] __attribute__((aligned(4096))) = "cannot be written";

static int exit_with_word(long unused)
{
	(void)unused;
	return (int)(word & 0xff);
}

static void test_memory(void)
{
	struct iovec local, remote;
	pid_t pid = tracee(exit_with_word, 0);
	char text[32];
	long got;

	errno = 0;
	EQ(peek(pid, &word), 0x1122334455667788, "PEEKDATA reads the tracee's memory");
	EQ(ptrace(PTRACE_POKEDATA, pid, &word, 5L), 0, "POKEDATA");
	EQ(word, 0x1122334455667788, "writes to the tracee's");
	EQ(peek(pid, &word), 5, "and it is there");
	FAILS(ptrace(PTRACE_PEEKDATA, pid, (void *)8, 0), EIO, "where nothing is: EIO");
	FAILS(ptrace(PTRACE_POKEDATA, pid, (void *)8, 0), EIO, "no write either");
	FAILS(ptrace(PTRACE_PEEKDATA, pid, (void *)0xffff800000000000, 0), EIO, "nor the kernel's memory");

	EQ(ptrace(PTRACE_POKETEXT, pid, constant, 0x6863746170L), 0, "POKETEXT writes to what the program may not");
	EQ(peek(pid, (void *)constant), 0x6863746170, "and it is there");
	EQ(constant[0], 'c', "in a copy of the tracee's own");

	local = (struct iovec){text, 6};
	remote = (struct iovec){(void *)(constant + 8), 6};
	EQ(process_vm_readv(pid, &local, 1, &remote, 1, 0), 6, "process_vm_readv");
	OK(!memcmp(text, constant + 8, 6), "reads the same");
	remote = (struct iovec){&word, sizeof(word)};
	local = (struct iovec){&(long){6}, sizeof(long)};
	EQ(process_vm_writev(pid, &local, 1, &remote, 1, 0), 8, "process_vm_writev writes");
	remote.iov_base = (void *)constant;
	FAILS(process_vm_writev(pid, &local, 1, &remote, 1, 0), EFAULT, "but not to read-only memory: EFAULT");
	remote = (struct iovec){(void *)8, 8};
	FAILS(process_vm_readv(pid, &local, 1, &remote, 1, 0), EFAULT, "nor from where nothing is");
	FAILS(process_vm_readv(pid, &local, 1, &remote, 1, 1), EINVAL, "there are no flags");
	FAILS(process_vm_readv(1 << 20, &local, 1, &remote, 1, 0), ESRCH, "nor such a process");
	got = step(PTRACE_CONT, pid, 0);
	EQ(got, EXITED(6), "the tracee works with what was written");
}

/* Two pages that the program may not touch; the first holds something. */
static long *closed;

static int read_closed(long at)
{
	return (int)*(volatile long *)at;
}

static void test_closed_memory(void)
{
	struct iovec local = {&(long){0}, sizeof(long)}, remote;
	pid_t pid;

	closed = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	closed[0] = 7;
	mprotect(closed, 8192, PROT_NONE);
	pid = tracee(read_closed, (long)(closed + 512));
	EQ(peek(pid, closed), 7, "PEEKDATA reads what the program may not");
	EQ(peek(pid, closed + 512), 0, "also where no page was");
	EQ(ptrace(PTRACE_POKEDATA, pid, closed, 8L) | ptrace(PTRACE_POKEDATA, pid, closed + 512, 9L), 0, "POKEDATA writes there");
	OK(peek(pid, closed) == 8 && peek(pid, closed + 512) == 9, "and it is there");
	remote = (struct iovec){closed, sizeof(long)};
	FAILS(process_vm_readv(pid, &local, 1, &remote, 1, 0), EFAULT, "process_vm_readv forces nothing: EFAULT");
	EQ(step(PTRACE_CONT, pid, 0), STOPPED(SIGSEGV), "and the program still may not");
	finish(pid);
	mprotect(closed, 8192, PROT_READ);
	OK(closed[0] == 7 && !closed[512], "what the tracer's own memory does not see");
	munmap(closed, 8192);
}

// ---- registers ----

static int fpu_child(long unused)
{
	double x = 1.5;

	(void)unused;
	__asm__ __volatile__("movsd %0, %%xmm5\n\tmov $39, %%eax\n\tsyscall\n\tmovsd %%xmm5, %0"
			     : "+m"(x)::"rax", "rcx", "r11", "xmm5", "memory");
	return (int)x;
}

static void test_registers(void)
{
	pid_t pid = tracee(fpu_child, 0);
	struct user_regs_struct regs, again;
	struct user_fpregs_struct fp;
	struct iovec v = {&again, sizeof(again)};
	double x;

	get_regs(pid, &regs);
	EQ(regs.cs, 0x33, "cs is the user's");
	EQ(regs.ss, 0x2b, "so is ss");
	EQ(regs.ds | regs.es | regs.fs | regs.gs, 0, "the other selectors are 0");
	OK(regs.fs_base, "fs_base is there");
	EQ(ptrace(PTRACE_GETREGSET, pid, 1, &v), 0, "GETREGSET");
	EQ(v.iov_len, sizeof(again), "gives all");
	OK(!memcmp(&regs, &again, sizeof(regs)), "of the same");
	v.iov_len = 16;
	EQ(ptrace(PTRACE_GETREGSET, pid, 1, &v), 0, "or the beginning");
	EQ(v.iov_len, 16, "and says so");
	FAILS(ptrace(PTRACE_GETREGSET, pid, 0x12345, &v), EINVAL, "a set that is not there: EINVAL");
	errno = 0;
	EQ(ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, regs.rip), 0), (long)regs.rip, "PEEKUSER gives one");
	FAILS(ptrace(PTRACE_PEEKUSER, pid, 4, 0), EIO, "but not half of one: EIO");
	FAILS(ptrace(PTRACE_PEEKUSER, pid, 928, 0), EIO, "nor what is behind");
	EQ(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.r15), 77L), 0, "POKEUSER sets one");
	get_regs(pid, &again);
	EQ(again.r15, 77, "and it is there");
	FAILS(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.cs), 0x10L), EIO, "the kernel's cs: EIO");
	FAILS(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.ss), 0L), EIO, "no ss: EIO");
	FAILS(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.fs_base), 1L << 62), EIO,
	      "fs_base out of the address space: EIO");
	EQ(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.eflags), 0xffffffffL), 0, "flags may be set");
	get_regs(pid, &again);
	EQ(again.eflags & 0x3000, 0, "but not the privileged ones");
	EQ(again.eflags & 0x200, 0x200, "and interrupts stay on");
	ptrace(PTRACE_SETREGS, pid, 0, &regs);

	EQ(step(PTRACE_SYSCALL, pid, 0), STOPPED(SIGTRAP), "a system call stops");
	EQ(ptrace(PTRACE_GETFPREGS, pid, 0, &fp), 0, "GETFPREGS");
	memcpy(&x, (char *)fp.xmm_space + 5 * 16, sizeof(x));
	EQ(x * 10, 15, "shows an SSE register");
	x = 42;
	memcpy((char *)fp.xmm_space + 5 * 16, &x, sizeof(x));
	EQ(ptrace(PTRACE_SETFPREGS, pid, 0, &fp), 0, "SETFPREGS");
	memset(&fp, 0, sizeof(fp));
	v = (struct iovec){&fp, sizeof(fp)};
	EQ(ptrace(PTRACE_GETREGSET, pid, 2, &v), 0, "the set NT_PRFPREG");
	memcpy(&x, (char *)fp.xmm_space + 5 * 16, sizeof(x));
	EQ(x, 42, "has it");
	EQ(step(PTRACE_CONT, pid, 0), EXITED(42), "and so has the tracee");
}

// ---- steps and breakpoints ----

extern char step_begin[], step_end[], step_break[];

static int stepper(long n)
{
	long sum = 0;

	__asm__ __volatile__(".globl step_begin, step_end, step_break\n\t"
			     "mov $39, %%eax\n"
			     "step_begin:\n\t"
			     "syscall\n"
			     "1:\n\t"
			     "add %1, %0\n"
			     "step_break:\n\t"
			     "dec %1\n\t"
			     "jnz 1b\n\t"
			     "pushf\n\t"
			     "pop %%rdx\n\t"
			     "and $0x100, %%edx\n\t"
			     "add %%rdx, %0\n"
			     "step_end:\n\t"
			     "nop"
			     : "+r"(sum), "+r"(n)::"rax", "rcx", "rdx", "r11", "cc", "memory");
	return (int)sum;
}

static void test_steps(void)
{
	pid_t pid = tracee(stepper, 3);
	struct user_regs_struct regs;
	int status, steps = 0, hidden = 1;
	siginfo_t info;

	do {
		status = step(PTRACE_SINGLESTEP, pid, 0);
		get_regs(pid, &regs);
		hidden &= !(regs.eflags & 0x100);
	} while (status == STOPPED(SIGTRAP) && regs.rip != (unsigned long)step_begin);
	EQ(status, STOPPED(SIGTRAP), "steps lead to the loop");
	status = step(PTRACE_SINGLESTEP, pid, 0);
	get_regs(pid, &regs);
	EQ(regs.rip, (unsigned long)step_begin + 2, "SYSCALL is one step");
	EQ(regs.rax, pid, "and has its result");
	ptrace(PTRACE_GETSIGINFO, pid, 0, &info);
	EQ(info.si_code, TRAP_BRKPT, "which is told as TRAP_BRKPT");
	do {
		status = step(PTRACE_SINGLESTEP, pid, 0);
		get_regs(pid, &regs);
		hidden &= !(regs.eflags & 0x100);
		steps++;
	} while (status == STOPPED(SIGTRAP) && regs.rip != (unsigned long)step_end && steps < 100);
	EQ(steps, 3 * 3 + 4, "each instruction is one");
	ptrace(PTRACE_GETSIGINFO, pid, 0, &info);
	EQ(info.si_code, TRAP_TRACE, "and is told as TRAP_TRACE");
	OK(hidden, "the trap flag is not shown");
	EQ(WTERMSIG(step(PTRACE_CONT, pid, SIGKILL)), SIGKILL, "a signal goes along");
}

static void test_breakpoint(void)
{
	pid_t pid = tracee(stepper, 3);
	struct user_regs_struct regs;
	long text = peek(pid, step_break);
	siginfo_t info;

	ptrace(PTRACE_POKETEXT, pid, step_break, (text & ~0xffL) | 0xcc);
	EQ(step(PTRACE_CONT, pid, 0), STOPPED(SIGTRAP), "a breakpoint stops");
	get_regs(pid, &regs);
	EQ(regs.rip, (unsigned long)step_break + 1, "behind it");
	ptrace(PTRACE_GETSIGINFO, pid, 0, &info);
	EQ(info.si_code, 0x80, "and is told as SI_KERNEL");
	EQ(regs.orig_rax, -1, "it is no system call");
	OK(((unsigned char *)step_break)[0] != 0xcc, "it is the tracee's alone");
	ptrace(PTRACE_POKETEXT, pid, step_break, text);
	regs.rip--;
	ptrace(PTRACE_SETREGS, pid, 0, &regs);
	EQ(step(PTRACE_CONT, pid, 0), EXITED(6), "taken away, the program goes on");
}

// ---- exec ----

static int exec_self(long unused)
{
	(void)unused;
	execl("/proc/self/exe", "ptrace", "child", NULL);
	return 1;
}

static void test_exec(void)
{
	pid_t pid = tracee(exec_self, 0);
	struct user_regs_struct regs;
	unsigned long message = 0;

	EQ(step(PTRACE_CONT, pid, 0), STOPPED(SIGTRAP), "an exec sends SIGTRAP");
	EQ(step(PTRACE_CONT, pid, 0), EXITED(23), "then the new program runs");

	pid = tracee(exec_self, 0);
	EQ(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXEC), 0, "the option TRACEEXEC");
	EQ(step(PTRACE_CONT, pid, 0), EVENT(SIGTRAP, PTRACE_EVENT_EXEC), "makes it an event");
	ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
	EQ(message, pid, "its message is the pid");
	get_regs(pid, &regs);
	EQ(regs.orig_rax, SYS_execve, "in execve");
	EQ(regs.rax, -ENOSYS, "which has not yet returned");
	EQ(regs.rbx | regs.rbp | regs.r12 | regs.rdi, 0, "with fresh registers");
	EQ(step(PTRACE_SYSCALL, pid, 0), STOPPED(SIGTRAP), "the end of the call comes after it");
	get_regs(pid, &regs);
	EQ(regs.orig_rax, SYS_execve, "of the same call");
	EQ(step(PTRACE_CONT, pid, 0), EXITED(23), "then the new program runs");
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return !strcmp(argv[1], "child") ? 23 : geteuid() == getuid() ? 10 : 20;
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	test_memory();
	test_closed_memory();
	test_registers();
	test_steps();
	test_breakpoint();
	test_exec();
	test_syscalls();
	test_signals();
	test_events();
	test_attach();
	test_rights();
	test_threads();
	return TAP_DONE();
}
