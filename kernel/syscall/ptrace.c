// SPDX-License-Identifier: GPL-2.0-only
/*
 * ptrace(2), process_vm_readv(2) and process_vm_writev(2): the requests, to Linux's x86_64 interface. Who traces whom and how a tracee
 * stops is kernel/task/ptrace.h; registers are arch's. Start with sys_ptrace().
 */
#include "fs/internal.h"
#include "kernel/syscall/syscall.h"
#include "kernel/task/ptrace.h"

#define PTRACE_TRACEME		0
#define PTRACE_PEEKTEXT		1
#define PTRACE_PEEKDATA		2
#define PTRACE_PEEKUSER		3
#define PTRACE_POKETEXT		4
#define PTRACE_POKEDATA		5
#define PTRACE_POKEUSER		6
#define PTRACE_CONT		7
#define PTRACE_KILL		8
#define PTRACE_SINGLESTEP	9
#define PTRACE_GETREGS		12
#define PTRACE_SETREGS		13
#define PTRACE_GETFPREGS	14
#define PTRACE_SETFPREGS	15
#define PTRACE_ATTACH		16
#define PTRACE_DETACH		17
#define PTRACE_SYSCALL		24
#define PTRACE_SETOPTIONS	0x4200
#define PTRACE_GETEVENTMSG	0x4201
#define PTRACE_GETSIGINFO	0x4202
#define PTRACE_SETSIGINFO	0x4203
#define PTRACE_GETREGSET	0x4204
#define PTRACE_SETREGSET	0x4205
#define PTRACE_SEIZE		0x4206
#define PTRACE_INTERRUPT	0x4207
#define PTRACE_LISTEN		0x4208
#define PTRACE_GETSIGMASK	0x420a
#define PTRACE_SETSIGMASK	0x420b
#define PTRACE_GET_SYSCALL_INFO 0x420e

#define NT_PRSTATUS 1
#define NT_PRFPREG  2

/* ---- memory ---- */

/* Bytes done; 0: none. p is current's tracee, stopped. */
static size_t access_tracee(struct task_struct *p, unsigned long addr, void *buf, size_t len, unsigned int flags)
{
	struct mm_struct *mm;
	ssize_t done;

	/* An exec may have made it one that only root may see, after it was attached to. */
	if (!(p->ptrace & PT_CAPABLE) && !task_dumpable(p))
		return 0;
	mm = get_task_mm(p);
	if (!mm)
		return 0;
	done = access_process_vm(mm, addr, buf, len, flags);
	mmput(mm);
	return done < 0 ? 0 : done;
}

static long peek(struct task_struct *p, unsigned long addr, unsigned long data)
{
	unsigned long word;

	if (access_tracee(p, addr, &word, sizeof(word), FAULT_FORCE) != sizeof(word))
		return -EIO;
	return put_user(word, (unsigned long __user *)data);
}

static long poke(struct task_struct *p, unsigned long addr, unsigned long data)
{
	return access_tracee(p, addr, &data, sizeof(data), FAULT_WRITE | FAULT_FORCE) == sizeof(data) ? 0 : -EIO;
}

/* ---- registers ---- */

/* `addr`: where in the ABI's struct user; it begins with the registers. */
static long peek_user(struct task_struct *p, unsigned long addr, unsigned long data)
{
	struct user_regs_struct regs;
	unsigned long word = 0;

	if (addr % sizeof(long) || addr >= USER_AREA_SIZE)
		return -EIO;
	if (addr < sizeof(regs)) {
		arch_get_user_regs(p, &regs);
		memcpy(&word, (char *)&regs + addr, sizeof(word));
	}
	return put_user(word, (unsigned long __user *)data);
}

static long poke_user(struct task_struct *p, unsigned long addr, unsigned long data)
{
	struct user_regs_struct regs;

	if (addr % sizeof(long) || addr >= sizeof(regs))
		return -EIO;
	arch_get_user_regs(p, &regs);
	memcpy((char *)&regs + addr, &data, sizeof(data));
	return arch_set_user_regs(p, &regs);
}

/* The first `len` bytes of a set of registers, to or from the program. */
static long get_regs(struct task_struct *p, void __user *to, size_t len)
{
	struct user_regs_struct regs;

	arch_get_user_regs(p, &regs);
	return copy_to_user(to, &regs, len) ? -EFAULT : 0;
}

static long set_regs(struct task_struct *p, const void __user *from, size_t len)
{
	struct user_regs_struct regs;

	arch_get_user_regs(p, &regs);
	if (copy_from_user(&regs, from, len))
		return -EFAULT;
	return arch_set_user_regs(p, &regs);
}

static long get_fpregs(struct task_struct *p, void __user *to, size_t len)
{
	struct user_fpregs_struct regs;

	arch_get_user_fpregs(p, &regs);
	return copy_to_user(to, &regs, len) ? -EFAULT : 0;
}

static long set_fpregs(struct task_struct *p, const void __user *from, size_t len)
{
	struct user_fpregs_struct regs;

	arch_get_user_fpregs(p, &regs);
	if (copy_from_user(&regs, from, len))
		return -EFAULT;
	arch_set_user_fpregs(p, &regs);
	return 0;
}

static long regset(struct task_struct *p, unsigned long type, struct iovec __user *uiov, bool set)
{
	size_t size = type == NT_PRSTATUS ? sizeof(struct user_regs_struct) : sizeof(struct user_fpregs_struct);
	struct iovec v;
	long err;

	if (type != NT_PRSTATUS && type != NT_PRFPREG)
		return -EINVAL;
	if (copy_from_user(&v, uiov, sizeof(v)))
		return -EFAULT;
	if (v.iov_len % sizeof(long))
		return -EINVAL;
	v.iov_len = min(v.iov_len, size);
	if (type == NT_PRSTATUS)
		err = set ? set_regs(p, v.iov_base, v.iov_len) : get_regs(p, v.iov_base, v.iov_len);
	else
		err = set ? set_fpregs(p, v.iov_base, v.iov_len) : get_fpregs(p, v.iov_base, v.iov_len);
	return err ? err : put_user(v.iov_len, &uiov->iov_len);
}

/* ---- what a stop was about ---- */

/* siglock guards last_siginfo; p is stopped, so it stays what it is. */
static long get_siginfo(struct task_struct *p, void __user *to)
{
	siginfo_t info;
	bool have;

	spin_lock_irq(&p->sighand->siglock);
	have = p->last_siginfo;
	if (have)
		info = *p->last_siginfo;
	spin_unlock_irq(&p->sighand->siglock);
	if (!have)
		return -EINVAL;
	return copy_to_user(to, &info, sizeof(info)) ? -EFAULT : 0;
}

static long set_siginfo(struct task_struct *p, const void __user *from)
{
	siginfo_t info;
	bool have;

	if (copy_from_user(&info, from, sizeof(info)))
		return -EFAULT;
	spin_lock_irq(&p->sighand->siglock);
	have = p->last_siginfo;
	if (have)
		*p->last_siginfo = info;
	spin_unlock_irq(&p->sighand->siglock);
	return have ? 0 : -EINVAL;
}

static long sigmask_request(struct task_struct *p, unsigned long size, u64 __user *at, bool set)
{
	u64 mask = p->blocked;

	if (size != sizeof(mask))
		return -EINVAL;
	if (!set)
		return put_user(mask, at);
	if (get_user(mask, at))
		return -EFAULT;
	/* It is stopped, and looks what is pending when it goes on. */
	spin_lock_irq(&p->sighand->siglock);
	p->blocked = mask & ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
	spin_unlock_irq(&p->sighand->siglock);
	return 0;
}

static long set_options(struct task_struct *p, unsigned long options)
{
	if (options & ~(unsigned long)PTRACE_O_MASK)
		return -EINVAL;
	spin_lock_irq(&p->sighand->siglock);
	p->ptrace = (p->ptrace & ~PT_OPTION(PTRACE_O_MASK)) | PT_OPTION(options);
	spin_unlock_irq(&p->sighand->siglock);
	return 0;
}

struct ptrace_syscall_info {
	u8 op, pad[3];
	u32 arch;
	u64 instruction_pointer, stack_pointer;
	union {
		struct {
			u64 nr, args[6];
		} entry;
		struct {
			s64 rval;
			u8 is_error;
		} exit;
	};
};
#define PTRACE_SYSCALL_INFO_NONE  0
#define PTRACE_SYSCALL_INFO_ENTRY 1
#define PTRACE_SYSCALL_INFO_EXIT  2

static long get_syscall_info(struct task_struct *p, unsigned long room, void __user *to)
{
	const struct pt_regs *regs = task_pt_regs(p);
	struct ptrace_syscall_info info = {
		.arch = AUDIT_ARCH,
		.instruction_pointer = regs->rip,
		.stack_pointer = regs->rsp,
	};
	size_t size = offsetof(struct ptrace_syscall_info, entry);
	bool syscall = p->last_siginfo && p->last_siginfo->si_code == (SIGTRAP | 0x80);

	if (syscall && p->ptrace_message == PTRACE_EVENTMSG_SYSCALL_ENTRY) {
		info.op = PTRACE_SYSCALL_INFO_ENTRY;
		info.entry.nr = (u64)syscall_nr(regs);
		arch_syscall_args(regs, info.entry.args);
		size = offsetof(struct ptrace_syscall_info, entry.args[6]);
	} else if (syscall && p->ptrace_message == PTRACE_EVENTMSG_SYSCALL_EXIT) {
		info.op = PTRACE_SYSCALL_INFO_EXIT;
		info.exit.rval = syscall_result(regs);
		info.exit.is_error = IS_ERR((void *)info.exit.rval);
		size = offsetof(struct ptrace_syscall_info, exit.is_error) + 1;
	}
	return copy_to_user(to, &info, min(size, room)) ? -EFAULT : (long)size;
}

/* ---- going on ---- */

static long go_on(struct task_struct *p, long request, unsigned long sig)
{
	if (sig > _NSIG)
		return -EIO;
	if (request == PTRACE_SYSCALL)
		set_bit(TIF_SYSCALL_TRACE, &p->work);
	else
		clear_bit(TIF_SYSCALL_TRACE, &p->work);
	arch_single_step(p, request == PTRACE_SINGLESTEP);
	ptrace_resume(p, (int)sig);
	return 0;
}

/* Requests to a tracee that is stopped and stays so (ptrace_freeze()), but for KILL and INTERRUPT. */
static long tracee_request(struct task_struct *p, long request, unsigned long addr, unsigned long data)
{
	void __user *user = (void __user *)data;

	switch (request) {
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
		return peek(p, addr, data);
	case PTRACE_POKETEXT:
	case PTRACE_POKEDATA:
		return poke(p, addr, data);
	case PTRACE_PEEKUSER:
		return peek_user(p, addr, data);
	case PTRACE_POKEUSER:
		return poke_user(p, addr, data);
	case PTRACE_GETREGS:
		return get_regs(p, user, sizeof(struct user_regs_struct));
	case PTRACE_SETREGS:
		return set_regs(p, user, sizeof(struct user_regs_struct));
	case PTRACE_GETFPREGS:
		return get_fpregs(p, user, sizeof(struct user_fpregs_struct));
	case PTRACE_SETFPREGS:
		return set_fpregs(p, user, sizeof(struct user_fpregs_struct));
	case PTRACE_GETREGSET:
	case PTRACE_SETREGSET:
		return regset(p, addr, user, request == PTRACE_SETREGSET);
	case PTRACE_SETOPTIONS:
		return set_options(p, data);
	case PTRACE_GETEVENTMSG:
		return put_user(p->ptrace_message, (unsigned long __user *)data);
	case PTRACE_GETSIGINFO:
		return get_siginfo(p, user);
	case PTRACE_SETSIGINFO:
		return set_siginfo(p, user);
	case PTRACE_GETSIGMASK:
	case PTRACE_SETSIGMASK:
		return sigmask_request(p, addr, user, request == PTRACE_SETSIGMASK);
	case PTRACE_GET_SYSCALL_INFO:
		return get_syscall_info(p, addr, user);
	case PTRACE_CONT:
	case PTRACE_SYSCALL:
	case PTRACE_SINGLESTEP:
		return go_on(p, request, data);
	case PTRACE_DETACH:
		return data > _NSIG ? -EIO : ptrace_detach(p, (int)data);
	case PTRACE_LISTEN:
		return ptrace_listen(p);
	case PTRACE_INTERRUPT:
		return ptrace_interrupt(p);
	case PTRACE_KILL:
		send_sig(SIGKILL, p);
		return 0;
	}
	return -EIO;
}

static long seize(struct task_struct *p, unsigned long addr, unsigned long options)
{
	if (addr || (options & ~(unsigned long)PTRACE_O_MASK))
		return -EIO;
	return ptrace_attach(p, true, (unsigned int)options);
}

long sys_ptrace(long request, pid_t pid, unsigned long addr, unsigned long data)
{
	bool running = request == PTRACE_KILL || request == PTRACE_INTERRUPT;
	struct task_struct *p;
	long ret;

	if (request == PTRACE_TRACEME)
		return ptrace_traceme();
	p = find_get_task_by_pid(pid);
	if (!p)
		return -ESRCH;
	if (request == PTRACE_ATTACH) {
		ret = ptrace_attach(p, false, 0);
	} else if (request == PTRACE_SEIZE) {
		ret = seize(p, addr, data);
	} else {
		ret = ptrace_freeze(p, running);
		if (!ret) {
			ret = tracee_request(p, request, addr, data);
			if (!running)
				ptrace_unfreeze(p);
		}
	}
	put_task_struct(p);
	return ret;
}

/* ---- process_vm_readv(2), process_vm_writev(2) ---- */

/* A vector that is being walked. */
struct walk {
	const struct iovec __user *next;
	unsigned long left;		/* vectors not yet begun */
	struct iovec v;			/* what is left of the current one */
};

/* v has something again, or all has been walked: then its length is 0. -EFAULT. */
static int walk_on(struct walk *w)
{
	while (!w->v.iov_len && w->left) {
		if (copy_from_user(&w->v, w->next, sizeof(w->v)))
			return -EFAULT;
		w->next++;
		w->left--;
	}
	return 0;
}

/* One piece of at most a page. Bytes, 0: the end, -EFAULT. */
static ssize_t copy_piece(struct mm_struct *mm, struct walk *local, struct walk *remote, char *page, bool write)
{
	ssize_t n;

	if (walk_on(local) || walk_on(remote))
		return -EFAULT;
	n = (ssize_t)min(min(local->v.iov_len, remote->v.iov_len), PAGE_SIZE);
	if (!n)
		return 0;
	if (write && copy_from_user(page, local->v.iov_base, (size_t)n))
		return -EFAULT;
	n = access_process_vm(mm, (unsigned long)remote->v.iov_base, page, (size_t)n, write ? FAULT_WRITE : 0);
	if (n <= 0)
		return -EFAULT;
	if (!write && copy_to_user((void __user *)local->v.iov_base, page, (size_t)n))
		return -EFAULT;
	local->v.iov_base = (char __user *)local->v.iov_base + n;
	local->v.iov_len -= (size_t)n;
	remote->v.iov_base = (char __user *)remote->v.iov_base + n;
	remote->v.iov_len -= (size_t)n;
	return n;
}

/* Bytes copied, or why none. */
static ssize_t copy_all(struct mm_struct *mm, struct walk *local, struct walk *remote, bool write)
{
	char *page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	ssize_t n, done = 0;

	if (!page)
		return -ENOMEM;
	while ((n = copy_piece(mm, local, remote, page, write)) > 0) {
		done += n;
		if (fatal_signal_pending(current))
			break;
		cond_resched();
	}
	kfree(page);
	return done ? done : n;
}

static long process_vm_rw(pid_t pid, struct walk *local, struct walk *remote, unsigned long flags, bool write)
{
	struct task_struct *p;
	struct mm_struct *mm;
	ssize_t done;

	if (flags || local->left > UIO_MAXIOV || remote->left > UIO_MAXIOV)
		return -EINVAL;
	p = find_get_task_by_pid(pid);
	if (!p)
		return -ESRCH;
	mm = get_task_mm(p);
	done = !mm ? -ESRCH : ptrace_may_access(p, mm) ? 0 : -EPERM;
	put_task_struct(p);
	if (!done)
		done = copy_all(mm, local, remote, write);
	if (mm)
		mmput(mm);
	return done;
}

long sys_process_vm_readv(pid_t pid, ucptr_t lvec, unsigned long liovcnt, ucptr_t rvec, unsigned long riovcnt,
			  unsigned long flags)
{
	struct walk local = {.next = lvec, .left = liovcnt}, remote = {.next = rvec, .left = riovcnt};

	return process_vm_rw(pid, &local, &remote, flags, false);
}

long sys_process_vm_writev(pid_t pid, ucptr_t lvec, unsigned long liovcnt, ucptr_t rvec, unsigned long riovcnt,
			   unsigned long flags)
{
	struct walk local = {.next = lvec, .left = liovcnt}, remote = {.next = rvec, .left = riovcnt};

	return process_vm_rw(pid, &local, &remote, flags, true);
}
