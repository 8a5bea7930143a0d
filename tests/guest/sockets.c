// SPDX-License-Identifier: GPL-2.0-only
/* What programs hear of sockets: the same as from a Linux that does not know the family. */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <sys/socket.h>

static void sockets(void)
{
	int fd = open("/dev/null", O_RDWR), on = 1, pair[2];
	struct sockaddr addr = {0};
	socklen_t len = sizeof(addr);
	char c;

	FAILS(socket(45, SOCK_STREAM, 0), EAFNOSUPPORT, "a family that is not there");
	FAILS(socket(99, SOCK_STREAM, 0), EAFNOSUPPORT, "one that cannot be");
	FAILS(socket(45, SOCK_STREAM | 0x100, 0), EINVAL, "unknown flags");
	FAILS(socket(45, 15, 0), EINVAL, "no such type");
	FAILS(socketpair(45, SOCK_STREAM, 0, pair), EAFNOSUPPORT, "a pair");
	FAILS(getpeername(fd, &addr, &len), ENOTSOCK, "a file is no socket: getpeername");
	FAILS(getsockname(fd, &addr, &len), ENOTSOCK, "getsockname");
	FAILS(getsockopt(fd, SOL_SOCKET, SO_TYPE, &on, &len), ENOTSOCK, "getsockopt");
	FAILS(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), ENOTSOCK, "setsockopt");
	FAILS(connect(fd, &addr, sizeof(addr)), ENOTSOCK, "connect");
	FAILS(bind(fd, &addr, sizeof(addr)), ENOTSOCK, "bind");
	FAILS(listen(fd, 1), ENOTSOCK, "listen");
	FAILS(accept(fd, NULL, NULL), ENOTSOCK, "accept");
	FAILS(shutdown(fd, 2), ENOTSOCK, "shutdown");
	FAILS(send(fd, "x", 1, 0), ENOTSOCK, "send");
	FAILS(recv(fd, &c, 1, 0), ENOTSOCK, "recv");
	FAILS(recv(999, &c, 1, 0), EBADF, "no descriptor");
	close(fd);
}

int main(void)
{
	sockets();
	return TAP_DONE();
}
