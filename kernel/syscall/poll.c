// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for files: poll, select, epoll, their forms with a signal mask; pipes and eventfd.
 * The work is in fs/select.c, fs/epoll.c, fs/pipe.c and fs/eventfd.c.
 */
#include "fs/internal.h"
#include "kernel/syscall/syscall.h"

/* A timespec as ns; -1 (for ever) without one; -EINVAL, -EFAULT in *err. */
static s64 timeout_from_timespec(const void __user *p, long *err)
{
	struct timespec64 ts;

	*err = 0;
	if (!p)
		return -1;
	if (copy_from_user(&ts, p, sizeof(ts))) {
		*err = -EFAULT;
		return 0;
	}
	if (ts.tv_sec < 0 || (u64)ts.tv_nsec >= NSEC_PER_SEC) {
		*err = -EINVAL;
		return 0;
	}
	if ((u64)ts.tv_sec > KTIME_MAX / NSEC_PER_SEC - 1)
		return KTIME_MAX;
	return (s64)((u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec);
}

/* What is left until `end` goes back to the program (Linux's select does so, poll does not). */
static void give_back_time(void __user *p, u64 end, bool micro)
{
	u64 now = ktime_get(), left = end > now ? end - now : 0;
	struct timespec64 ts = {(s64)(left / NSEC_PER_SEC), (s64)(left % NSEC_PER_SEC)};

	if (micro)
		ts.tv_nsec /= 1000;
	/* A read-only timeout is no error: the result stands. */
	if (copy_to_user(p, &ts, sizeof(ts)))
		return;
}

/* Take over the mask for the time of one call. -EFAULT, -EINVAL. */
static long enter_sigmask(const void __user *mask, size_t size)
{
	u64 set;

	if (!mask)
		return 0;
	if (size != sizeof(set))
		return -EINVAL;
	if (copy_from_user(&set, mask, sizeof(set)))
		return -EFAULT;
	current->saved_sigmask = current->blocked;
	set_current_blocked(set & ~(sigmask(SIGKILL) | sigmask(SIGSTOP)));
	return 0;
}

/*
 * An interrupted call keeps the mask until the handler's frame has been made, which then holds the
 * old one.
 */
static void leave_sigmask(const void __user *mask, bool interrupted)
{
	if (!mask)
		return;
	if (interrupted)
		current->restore_sigmask = true;
	else
		set_current_blocked(current->saved_sigmask);
}

long sys_poll(uptr_t fds, unsigned int nfds, int timeout_ms)
{
	return do_poll(fds, nfds, timeout_ms < 0 ? -1 : timeout_ms * (s64)NSEC_PER_MSEC);
}

long sys_ppoll(uptr_t fds, unsigned int nfds, ucptr_t timeout, ucptr_t mask, size_t sigsetsize)
{
	long err, n;
	s64 ns = timeout_from_timespec(timeout, &err);
	u64 end = ktime_get() + (u64)max(ns, (s64)0);

	if (!err)
		err = enter_sigmask(mask, sigsetsize);
	if (err)
		return err;
	n = do_poll(fds, nfds, ns);
	leave_sigmask(mask, n == -ERESTARTNOHAND);
	if (timeout && ns != KTIME_MAX)
		give_back_time((void __user *)timeout, end, false);
	return n;
}

long sys_select(int n, uptr_t in, uptr_t out, uptr_t ex, uptr_t timeout)
{
	struct {
		s64 sec, usec;
	} tv;
	s64 ns = -1;
	u64 end;
	long ret;

	if (timeout) {
		if (copy_from_user(&tv, timeout, sizeof(tv)))
			return -EFAULT;
		if (tv.sec < 0 || tv.usec < 0)
			return -EINVAL;
		/* The microseconds may be more than a second. */
		ns = (u64)tv.sec + (u64)tv.usec / 1000000 > KTIME_MAX / NSEC_PER_SEC - 2
			     ? KTIME_MAX
			     : tv.sec * (s64)NSEC_PER_SEC + tv.usec * 1000;
	}
	end = ktime_get() + (u64)max(ns, (s64)0);
	ret = do_select(n, in, out, ex, ns);
	if (timeout && ns != KTIME_MAX)
		give_back_time(timeout, end, true);
	return ret;
}

/* The sixth argument is a pointer to mask and size (select(2), "C library/kernel differences"). */
long sys_pselect6(int n, uptr_t in, uptr_t out, uptr_t ex, ucptr_t timeout, ucptr_t sig)
{
	struct {
		const void __user *mask;
		size_t size;
	} s = {0};
	long err, ret;
	s64 ns = timeout_from_timespec(timeout, &err);
	u64 end = ktime_get() + (u64)max(ns, (s64)0);

	if (err)
		return err;
	if (sig && copy_from_user(&s, sig, sizeof(s)))
		return -EFAULT;
	err = enter_sigmask(s.mask, s.size);
	if (err)
		return err;
	ret = do_select(n, in, out, ex, ns);
	leave_sigmask(s.mask, ret == -ERESTARTNOHAND);
	if (timeout && ns != KTIME_MAX)
		give_back_time((void __user *)timeout, end, false);
	return ret;
}

/* ---- epoll ---- */

long sys_epoll_create1(int flags)
{
	return do_epoll_create(flags);
}

/* The size was a hint once; it must still be more than 0. */
long sys_epoll_create(int size)
{
	return size > 0 ? do_epoll_create(0) : -EINVAL;
}

long sys_epoll_ctl(fd_t epfd, int op, fd_t fd, ucptr_t event)
{
	struct epoll_event e = {0};
	struct fd set, target;
	long ret = -EBADF;

	if (op != EPOLL_CTL_DEL && copy_from_user(&e, event, sizeof(e)))
		return -EFAULT;
	set = fdget(epfd);
	target = fdget(fd);
	if (set.file && target.file)
		ret = do_epoll_ctl(set.file, op, target.file, fd, &e);
	fdput(target);
	fdput(set);
	return ret;
}

long sys_epoll_pwait(fd_t epfd, uptr_t events, int maxevents, int timeout, ucptr_t mask, size_t sigsetsize)
{
	struct fd f;
	long ret;

	if (maxevents <= 0)
		return -EINVAL;
	f = fdget(epfd);
	if (!f.file)
		return -EBADF;
	ret = enter_sigmask(mask, sigsetsize);
	if (!ret) {
		ret = do_epoll_wait(f.file, events, maxevents,
				    timeout < 0 ? -1 : timeout * (s64)NSEC_PER_MSEC);
		leave_sigmask(mask, ret == -EINTR);
	}
	fdput(f);
	return ret;
}

long sys_epoll_wait(fd_t epfd, uptr_t events, int maxevents, int timeout)
{
	return sys_epoll_pwait(epfd, events, maxevents, timeout, NULL, 0);
}

long sys_eventfd2(unsigned int count, int flags)
{
	return do_eventfd(count, flags);
}

long sys_eventfd(unsigned int count)
{
	return do_eventfd(count, 0);
}

/* ---- pipes ---- */

static long pipe_to_user(int __user *ufds, int flags)
{
	int fds[2], err = do_pipe(fds, flags);

	if (err)
		return err;
	if (copy_to_user(ufds, fds, sizeof(fds))) {
		close_fd((unsigned int)fds[0]);
		close_fd((unsigned int)fds[1]);
		return -EFAULT;
	}
	return 0;
}

long sys_pipe(uptr_t fds)
{
	return pipe_to_user(fds, 0);
}

long sys_pipe2(uptr_t fds, int flags)
{
	return pipe_to_user(fds, flags);
}
