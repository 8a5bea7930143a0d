/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who a task is to the permission checks. A struct cred is immutable once a task uses it; changing identity
 * means a new one (prepare_creds, edit, commit_creds). Shared by reference count, freed after a grace period.
 */
#pragma once

#include "kernel/lib/types.h"
#include "kernel/sync/sync.h"

#define NGROUPS_MAX 65536

struct group_info {
	refcount_t usage;
	unsigned int ngroups;
	gid_t gid[];			/* sorted */
};

struct cred {
	refcount_t usage;
	uid_t uid, euid, suid, fsuid;
	gid_t gid, egid, sgid, fsgid;
	struct group_info *group_info;	/* never NULL */
	struct rcu_head rcu;
};

extern struct cred init_cred;

#define current_cred()	(current->cred)
#define current_uid()	(current_cred()->uid)
#define current_euid()	(current_cred()->euid)
#define current_fsuid() (current_cred()->fsuid)
#define current_fsgid() (current_cred()->fsgid)

struct task_struct;
struct cred *prepare_creds(void);		/* copy of current's; NULL: no memory; may sleep */
void commit_creds(struct cred *new_cred);	/* takes over the reference */
void put_cred(const struct cred *cred);
const struct cred *get_cred(const struct cred *cred);
const struct cred *get_task_cred(struct task_struct *p);	/* referenced */
/* Has p these ids and no others, effective and saved ones too? Any context. */
bool task_belongs_to(struct task_struct *p, uid_t uid, gid_t gid);
struct group_info *groups_alloc(unsigned int n);
void put_group_info(struct group_info *gi);
bool in_group_p(gid_t gid);			/* fsgid or a supplementary group of current */

/*
 * Privileges by Linux's names. Paddock gives those over files to fsuid 0 (setfsuid(2)), all others to effective uid 0; the name
 * at the call says which one a rule asks for. Rules ask for no others than these.
 */
#define CAP_CHOWN	 0
#define CAP_DAC_OVERRIDE 1
#define CAP_DAC_READ_SEARCH 2
#define CAP_FOWNER	 3
#define CAP_FSETID	 4
#define CAP_KILL	 5
#define CAP_SETGID	 6
#define CAP_SETUID	 7
#define CAP_IPC_LOCK	 14
#define CAP_SYS_CHROOT	 18
#define CAP_SYS_PTRACE	 19
#define CAP_SYS_ADMIN	 21
#define CAP_SYS_BOOT	 22
#define CAP_SYS_NICE	 23
#define CAP_SYS_RESOURCE 24
#define CAP_SYS_TIME	 25
#define CAP_SYS_TTY_CONFIG 26
#define CAP_MKNOD	 27
#define CAP_LINUX_IMMUTABLE 9
#define CAP_MAC_OVERRIDE 32
#define CAP_LAST_CAP	 40
#define CAP_ALL		 ((2ULL << CAP_LAST_CAP) - 1)
bool capable(int cap);
/* The same as Linux's sets, bit n for capability n: what c may do now, and what it could by going back to another of its uids. */
u64 cap_effective(const struct cred *c);
u64 cap_permitted(const struct cred *c);
