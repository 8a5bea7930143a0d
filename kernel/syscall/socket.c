// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls on sockets, in a kernel without networks: no family of addresses is known, and no descriptor is a socket. Programs
 * know both errors from Linux, and go on without; many ask only whether what they have is a socket.
 */
#include "fs/internal.h"
#include "kernel/syscall/syscall.h"

#define SOCK_TYPE_MASK 0xf
#define SOCK_MAX       11
#define AF_MAX	       46

static long no_family(int family, int type)
{
	if (type & ~(SOCK_TYPE_MASK | O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	if (family >= 0 && family < AF_MAX && (type & SOCK_TYPE_MASK) >= SOCK_MAX)
		return -EINVAL;
	return -EAFNOSUPPORT;
}

static long no_socket(fd_t fd)
{
	struct fd f = fdget(fd);

	fdput(f);
	return f.file ? -ENOTSOCK : -EBADF;
}

long sys_socket(int family, int type, int protocol)
{
	return no_family(family, type);
}

long sys_socketpair(int family, int type, int protocol, uptr_t fds)
{
	return no_family(family, type);
}

#define ON_SOCKET(name, ...)                    \
	long sys_##name(fd_t fd, ##__VA_ARGS__) \
	{                                       \
		return no_socket(fd);           \
	}

ON_SOCKET(connect, ucptr_t addr, unsigned int len)
ON_SOCKET(accept, uptr_t addr, uptr_t len)
ON_SOCKET(accept4, uptr_t addr, uptr_t len, int flags)
ON_SOCKET(sendto, ucptr_t buf, size_t count, unsigned int flags, ucptr_t addr, unsigned int len)
ON_SOCKET(recvfrom, uptr_t buf, size_t count, unsigned int flags, uptr_t addr, uptr_t len)
ON_SOCKET(sendmsg, ucptr_t msg, unsigned int flags)
ON_SOCKET(recvmsg, uptr_t msg, unsigned int flags)
ON_SOCKET(sendmmsg, uptr_t msgs, unsigned int count, unsigned int flags)
ON_SOCKET(recvmmsg, uptr_t msgs, unsigned int count, unsigned int flags, uptr_t timeout)
ON_SOCKET(shutdown, int how)
ON_SOCKET(bind, ucptr_t addr, unsigned int len)
ON_SOCKET(listen, int backlog)
ON_SOCKET(getsockname, uptr_t addr, uptr_t len)
ON_SOCKET(getpeername, uptr_t addr, uptr_t len)
ON_SOCKET(setsockopt, int level, int name, ucptr_t optval, unsigned int len)
ON_SOCKET(getsockopt, int level, int name, uptr_t optval, uptr_t len)
