/* SPDX-License-Identifier: GPL-2.0-only */
/* The names of errno values, for messages. */
#include "kernel/lib/lib.h"

#define E(name) [name] = #name
static const char *const names[] = {
	E(EPERM),      E(ENOENT),    E(ESRCH),	   E(EINTR),  E(EIO),	    E(ENXIO),
	E(E2BIG),      E(ENOEXEC),   E(EBADF),	   E(ECHILD), E(EAGAIN),    E(ENOMEM),
	E(EACCES),     E(EFAULT),    E(ENOTBLK),   E(EBUSY),  E(EEXIST),    E(EXDEV),
	E(ENODEV),     E(ENOTDIR),   E(EISDIR),	   E(EINVAL), E(ENFILE),    E(EMFILE),
	E(ENOTTY),     E(ETXTBSY),   E(EFBIG),	   E(ENOSPC), E(ESPIPE),    E(EROFS),
	E(EMLINK),     E(EPIPE),     E(EDOM),	   E(ERANGE), E(EDEADLK),   E(ENAMETOOLONG),
	E(ENOLCK),     E(ENOSYS),    E(ENOTEMPTY), E(ELOOP),  E(EOVERFLOW), E(ENOTSOCK),
	E(EOPNOTSUPP), E(EAFNOSUPPORT), E(ETIMEDOUT), E(ESTALE),
};

const char *errname(int err)
{
	unsigned int e = (unsigned int)(err < 0 ? -err : err);

	return e < ARRAY_SIZE(names) ? names[e] : NULL;
}
