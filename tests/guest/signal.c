// SPDX-License-Identifier: GPL-2.0-only
/* Signals: handlers, masks, siginfo, alternate stack, restart, faults with their code and address, timers. */
#define _GNU_SOURCE
#include "tests/guest/tap.h"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t seen, nested, on_alternate;
static siginfo_t last;
static sigjmp_buf back;
static char alternate[16384];

static void count(int number)
{
	seen++;
}

static void keep(int number, siginfo_t *info, void *context)
{
	char here;

	seen++;
	last = *info;
	on_alternate = &here >= alternate && &here < alternate + sizeof(alternate);
}

static void jump(int number, siginfo_t *info, void *context)
{
	last = *info;
	siglongjmp(back, 1);
}

static void handle(int number, void (*action)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_flags = SA_SIGINFO | flags };

	sa.sa_sigaction = action;
	sigaction(number, &sa, NULL);
}

static void basics(void)
{
	struct sigaction sa = { .sa_handler = count }, old;
	sigset_t set, got;

	EQ(sigaction(SIGUSR1, &sa, NULL), 0, "a handler is set");
	EQ(sigaction(SIGUSR1, NULL, &old), 0, "and read back");
	OK(old.sa_handler == count, "as it was set");
	raise(SIGUSR1);
	EQ(seen, 1, "it runs");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
	raise(SIGUSR1);
	EQ(seen, 1, "blocked, it waits");
	sigpending(&got);
	OK(sigismember(&got, SIGUSR1) == 1, "and is pending");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	EQ(seen, 2, "unblocked, it comes once");
	FAILS(sigaction(SIGKILL, &sa, NULL), EINVAL, "SIGKILL has no handler");
	FAILS(kill(getpid(), 100), EINVAL, "there is no signal 100");
	FAILS(kill(0x3fffffff, 0), ESRCH, "nor such a process");
	sa.sa_flags = SA_RESETHAND;
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &old);
	OK(old.sa_handler == SIG_DFL, "SA_RESETHAND lets it run once");
}

static void info(void)
{
	union sigval value = { .sival_int = 77 };
	pid_t pid;

	handle(SIGUSR2, keep, 0);
	sigqueue(getpid(), SIGUSR2, value);
	EQ(last.si_code, SI_QUEUE, "a queued signal says so");
	EQ(last.si_value.sival_int, 77, "with its value");
	EQ(last.si_pid, getpid(), "and its sender");
	handle(SIGCHLD, keep, 0);
	pid = fork();
	if (!pid)
		_exit(5);
	waitpid(pid, NULL, 0);
	EQ(last.si_signo, SIGCHLD, "a child's end is SIGCHLD");
	EQ(last.si_status, 5, "with its status");
	EQ(last.si_pid, pid, "and its number");
	signal(SIGCHLD, SIG_IGN);
	if (!fork())
		_exit(0);
	FAILS(wait(NULL), ECHILD, "ignored, children leave no zombie");
	signal(SIGCHLD, SIG_DFL);
}

static void fault_at(char *where, int writes)
{
	last.si_signo = 0;
	if (!sigsetjmp(back, 1)) {
		if (writes)
			*(volatile char *)where = 1;
		else
			(void)*(volatile char *)where;
	}
}

static void faults(void)
{
	char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile int zero = 0;

	handle(SIGSEGV, jump, 0);
	fault_at((char *)0x1234, 0);
	EQ(last.si_signo, SIGSEGV, "a wild read is SIGSEGV");
	EQ(last.si_code, SEGV_MAPERR, "SEGV_MAPERR");
	EQ(last.si_addr, 0x1234, "at its address");
	fault_at(page + 5, 1);
	EQ(last.si_code, SEGV_ACCERR, "a write to a read-only page is SEGV_ACCERR");
	EQ(last.si_addr, page + 5, "at its address");
	fault_at((char *)0xffffffff80100000, 0);
	EQ(last.si_signo, SIGSEGV, "the kernel is out of reach");
	fault_at((char *)0x8000000000000000, 0);
	EQ(last.si_signo, SIGSEGV, "so is what is no address at all");
	handle(SIGILL, jump, 0);
	if (!sigsetjmp(back, 1))
		__asm__ volatile("ud2");
	EQ(last.si_signo, SIGILL, "an invalid instruction is SIGILL");
	handle(SIGFPE, jump, 0);
	if (!sigsetjmp(back, 1))
		__asm__ volatile("idivl %0" : : "r"(zero), "a"(1), "d"(0));
	EQ(last.si_signo, SIGFPE, "a division by zero is SIGFPE");
	EQ(last.si_code, FPE_INTDIV, "FPE_INTDIV");
	if (!sigsetjmp(back, 1))
		__asm__ volatile("cli");
	EQ(last.si_signo, SIGSEGV, "a privileged instruction is SIGSEGV");
	handle(SIGTRAP, keep, 0);
	__asm__ volatile("int3");
	EQ(last.si_signo, SIGTRAP, "a breakpoint is SIGTRAP");
}

static void overflow(void)
{
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) };

	EQ(sigaltstack(&stack, NULL), 0, "an alternate stack is set");
	handle(SIGUSR2, keep, SA_ONSTACK);
	raise(SIGUSR2);
	EQ(on_alternate, 1, "a handler with SA_ONSTACK runs on it");
	handle(SIGUSR2, keep, 0);
	raise(SIGUSR2);
	EQ(on_alternate, 0, "one without does not");
	stack.ss_size = 100;
	FAILS(sigaltstack(&stack, NULL), ENOMEM, "one too small is refused");
}

static void nest(int number)
{
	static int depth;

	depth++;
	if (depth > nested)
		nested = depth;
	if (number == SIGUSR1)
		raise(SIGUSR2);
	depth--;
}

static void masks(void)
{
	struct sigaction sa = { .sa_handler = nest };
	sigset_t waits;

	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	raise(SIGUSR1);
	EQ(nested, 2, "another signal interrupts a handler");
	nested = 0;
	sigaddset(&sa.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	EQ(nested, 1, "sa_mask keeps it out");
	sigemptyset(&waits);
	sigaddset(&waits, SIGTERM);
	sigprocmask(SIG_BLOCK, &waits, NULL);
	raise(SIGTERM);
	EQ(sigtimedwait(&waits, &last, &(struct timespec){ 5, 0 }), SIGTERM, "sigtimedwait takes a pending signal");
	FAILS(sigtimedwait(&waits, &last, &(struct timespec){ 0, 1000000 }), EAGAIN, "and gives up when there is none");
}

/* A read that waits is interrupted after 20 ms. */
static long interrupted_read(int flags)
{
	struct sigaction sa = { .sa_handler = count, .sa_flags = flags };
	struct itimerval soon = { .it_value.tv_usec = 20000 };
	int ends[2], error;
	char byte;
	long got;

	if (pipe(ends))
		return -1;
	sigaction(SIGALRM, &sa, NULL);
	if (!fork()) {
		usleep(200000);
		write(ends[1], "x", 1);
		_exit(0);
	}
	close(ends[1]);
	setitimer(ITIMER_REAL, &soon, NULL);
	got = read(ends[0], &byte, 1);
	error = errno;
	close(ends[0]);
	wait(NULL);
	errno = error;
	return got;
}

static void restarts(void)
{
	struct timespec left = { 0 }, ask = { 5, 0 };
	struct itimerval soon = { .it_value.tv_usec = 20000 };

	seen = 0;
	FAILS(interrupted_read(0), EINTR, "a read that a handler interrupts is EINTR");
	EQ(seen, 1, "and the handler ran");
	EQ(interrupted_read(SA_RESTART), 1, "with SA_RESTART it goes on");
	EQ(seen, 2, "after the handler");
	setitimer(ITIMER_REAL, &soon, NULL);
	FAILS(nanosleep(&ask, &left), EINTR, "a sleep is interrupted");
	OK(left.tv_sec == 4, "and says what is left");
	sigset_t none;

	sigemptyset(&none);
	setitimer(ITIMER_REAL, &soon, NULL);
	FAILS(sigsuspend(&none), EINTR, "sigsuspend returns after a handler");
}

int main(void)
{
	basics();
	info();
	faults();
	overflow();
	masks();
	restarts();
	return TAP_DONE();
}
