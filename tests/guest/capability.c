// SPDX-License-Identifier: GPL-2.0-only
/* capget, capset, the lines of /proc/self/status, and what prctl has to do with capabilities. */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

struct header {
	uint32_t version;
	int pid;
};
struct set {
	uint32_t effective, permitted, inheritable;
};

static void with_root(void)
{
	struct header h = {0x20080522, 0};
	struct set s[2], one;

	MUST(!syscall(SYS_capget, &h, s));
	MUST(s[0].effective == s[0].permitted && (s[0].permitted & 1 << 21));
	MUST((s[0].effective | (uint64_t)s[1].effective << 32) == (uint64_t)status_number(getpid(), "CapEff", 16));
	MUST((s[0].permitted | (uint64_t)s[1].permitted << 32) == (uint64_t)status_number(getpid(), "CapPrm", 16));
	MUST(!syscall(SYS_capset, &h, s));
	h.version = 0x19980330;
	MUST(!syscall(SYS_capget, &h, &one) && one.permitted == s[0].permitted);
	h = (struct header){0x20080522, 999999};
	MUST_FAIL(syscall(SYS_capget, &h, s), ESRCH);
	h.pid = -1;
	MUST_FAIL(syscall(SYS_capget, &h, s), EINVAL);
	h.pid = 1;
	MUST(!syscall(SYS_capget, &h, s));
	MUST_FAIL(syscall(SYS_capset, &h, s), EPERM);
	h = (struct header){7, 0};
	MUST_FAIL(syscall(SYS_capget, &h, s), EINVAL);
	MUST(h.version == 0x20080522);
	h.version = 7;
	MUST(!syscall(SYS_capget, &h, NULL) && h.version == 0x20080522);
	MUST_FAIL(syscall(SYS_capget, &h, 8), EFAULT);
	MUST_FAIL(syscall(SYS_capget, 8, s), EFAULT);
	MUST_FAIL(syscall(SYS_capset, &h, 8), EFAULT);
}

static void without_root(void)
{
	struct header h = {0x20080522, 0};
	struct set s[2];

	MUST(!setresuid(0, 1000, 0));	/* may go back */
	MUST(!syscall(SYS_capget, &h, s) && !s[0].effective && (s[0].permitted & 1 << 21));
	MUST(!seteuid(0));
	MUST(!syscall(SYS_capget, &h, s) && (s[0].effective & 1 << 21) && (s[0].effective & 1));
	MUST(!syscall(SYS_setfsuid, 1000));	/* what is over files goes */
	MUST(!syscall(SYS_capget, &h, s) && (s[0].effective & 1 << 21) && !(s[0].effective & 1));
	MUST(!setuid(1000));
	MUST(!syscall(SYS_capget, &h, s) && !s[0].effective && !s[0].permitted && !s[1].effective && !s[1].permitted);
	MUST(!status_number(getpid(), "CapEff", 16) && !status_number(getpid(), "CapPrm", 16));
	MUST(!syscall(SYS_capset, &h, s));
	s[0].permitted = 1;
	MUST_FAIL(syscall(SYS_capset, &h, s), EPERM);
	s[0] = (struct set){.effective = 1};
	MUST_FAIL(syscall(SYS_capset, &h, s), EPERM);
}

static void others(void)
{
	MUST(prctl(PR_CAPBSET_READ, 0) == 1);
	MUST_FAIL(prctl(PR_CAPBSET_READ, 64), EINVAL);
	MUST(prctl(PR_GET_KEEPCAPS) == 0 && !prctl(PR_SET_KEEPCAPS, 0));
	MUST_FAIL(prctl(PR_SET_KEEPCAPS, 2), EINVAL);
	MUST_FAIL(prctl(9999), EINVAL);
}

int main(void)
{
	EQ(in_child(with_root), 0, "capget and capset as root");
	EQ(in_child(without_root), 0, "the sets follow the uids");
	EQ(in_child(others), 0, "the bounding set, keepcaps, an unknown option");
	return TAP_DONE();
}
