/* SPDX-License-Identifier: GPL-2.0-only */
/* uts namespaces: what uname(2), sethostname(2) and setdomainname(2) see. */
#pragma once

#include "kernel/task/internal.h"

#define UTS_LEN 64
/* The ABI's structure. */
struct new_utsname {
	char sysname[UTS_LEN + 1], nodename[UTS_LEN + 1], release[UTS_LEN + 1], version[UTS_LEN + 1], machine[UTS_LEN + 1],
		domainname[UTS_LEN + 1];
};
struct uts_namespace {
	refcount_t count;		/* not counted for init_uts_ns, which stays */
	struct new_utsname name;	/* uts_lock */
};
extern rwlock_t uts_lock;
