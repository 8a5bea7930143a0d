// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls about identity: uids, gids, groups. Rules of credentials(7) and the manual page of
 * each call; -1 means "leave it".
 */
#include "kernel/syscall/syscall.h"
#include "kernel/task/internal.h"

#define KEEP ((u32)-1)

/*
 * A new real uid takes the task from one user's count to another's. Who gives up a privilege must not go on with it: too many
 * tasks of the new user are no error here but one of the next exec (EAGAIN in execve(2)). -ENOMEM: the count has not moved.
 */
static int move_nproc(uid_t from, uid_t to)
{
	if (from == to)
		return 0;
	if (nproc_charge(to, RLIM_INFINITY))
		return -ENOMEM;
	nproc_uncharge(from);
	if (nproc_exceeds(to, rlimit(RLIMIT_NPROC)))
		current->flags |= PF_NPROC_EXCEEDED;
	else
		current->flags &= ~PF_NPROC_EXCEEDED;
	return 0;
}

/* The ids are decided: fsuid/fsgid follow, the count moves, it becomes current's. */
static long install(struct cred *c)
{
	int err = move_nproc(current_uid(), c->uid);

	if (err) {
		put_cred(c);
		return err;
	}
	c->fsuid = c->euid;
	c->fsgid = c->egid;
	commit_creds(c);
	return 0;
}

static long refuse(struct cred *c)
{
	put_cred(c);
	return -EPERM;
}

long sys_getuid(void)
{
	return current_uid();
}

long sys_geteuid(void)
{
	return current_euid();
}

long sys_getgid(void)
{
	return current_cred()->gid;
}

long sys_getegid(void)
{
	return current_cred()->egid;
}

long sys_setuid(uid_t uid)
{
	struct cred *c;

	if (uid == KEEP)
		return -EINVAL;
	c = prepare_creds();
	if (!c)
		return -ENOMEM;
	if (capable(CAP_SETUID))
		c->uid = c->suid = uid;
	else if (uid != c->uid && uid != c->suid)
		return refuse(c);
	c->euid = uid;
	return install(c);
}

long sys_setgid(gid_t gid)
{
	struct cred *c;

	if (gid == KEEP)
		return -EINVAL;
	c = prepare_creds();
	if (!c)
		return -ENOMEM;
	if (capable(CAP_SETGID))
		c->gid = c->sgid = gid;
	else if (gid != c->gid && gid != c->sgid)
		return refuse(c);
	c->egid = gid;
	return install(c);
}

long sys_setreuid(uid_t ruid, uid_t euid)
{
	struct cred *c = prepare_creds();
	bool any = capable(CAP_SETUID);
	uid_t old;

	if (!c)
		return -ENOMEM;
	old = c->uid;
	if (ruid != KEEP && ruid != c->uid && ruid != c->euid && !any)
		return refuse(c);
	if (euid != KEEP && euid != c->uid && euid != c->euid && euid != c->suid && !any)
		return refuse(c);
	if (ruid != KEEP)
		c->uid = ruid;
	if (euid != KEEP)
		c->euid = euid;
	if (ruid != KEEP || (euid != KEEP && euid != old))
		c->suid = c->euid;
	return install(c);
}

long sys_setregid(gid_t rgid, gid_t egid)
{
	struct cred *c = prepare_creds();
	bool any = capable(CAP_SETGID);
	gid_t old;

	if (!c)
		return -ENOMEM;
	old = c->gid;
	if (rgid != KEEP && rgid != c->gid && rgid != c->egid && !any)
		return refuse(c);
	if (egid != KEEP && egid != c->gid && egid != c->egid && egid != c->sgid && !any)
		return refuse(c);
	if (rgid != KEEP)
		c->gid = rgid;
	if (egid != KEEP)
		c->egid = egid;
	if (rgid != KEEP || (egid != KEEP && egid != old))
		c->sgid = c->egid;
	return install(c);
}

/* May an unprivileged task take `id` as one of its three? */
static bool one_of(u32 id, u32 a, u32 b, u32 c)
{
	return id == KEEP || id == a || id == b || id == c;
}

long sys_setresuid(uid_t ruid, uid_t euid, uid_t suid)
{
	struct cred *c = prepare_creds();

	if (!c)
		return -ENOMEM;
	if (!capable(CAP_SETUID) &&
	    !(one_of(ruid, c->uid, c->euid, c->suid) && one_of(euid, c->uid, c->euid, c->suid) &&
	      one_of(suid, c->uid, c->euid, c->suid)))
		return refuse(c);
	if (ruid != KEEP)
		c->uid = ruid;
	if (euid != KEEP)
		c->euid = euid;
	if (suid != KEEP)
		c->suid = suid;
	return install(c);
}

long sys_setresgid(gid_t rgid, gid_t egid, gid_t sgid)
{
	struct cred *c = prepare_creds();

	if (!c)
		return -ENOMEM;
	if (!capable(CAP_SETGID) &&
	    !(one_of(rgid, c->gid, c->egid, c->sgid) && one_of(egid, c->gid, c->egid, c->sgid) &&
	      one_of(sgid, c->gid, c->egid, c->sgid)))
		return refuse(c);
	if (rgid != KEEP)
		c->gid = rgid;
	if (egid != KEEP)
		c->egid = egid;
	if (sgid != KEEP)
		c->sgid = sgid;
	return install(c);
}

long sys_getresuid(uptr_t ruid, uptr_t euid, uptr_t suid)
{
	const struct cred *c = current_cred();

	if (put_user(c->uid, (uid_t __user *)ruid) || put_user(c->euid, (uid_t __user *)euid) ||
	    put_user(c->suid, (uid_t __user *)suid))
		return -EFAULT;
	return 0;
}

long sys_getresgid(uptr_t rgid, uptr_t egid, uptr_t sgid)
{
	const struct cred *c = current_cred();

	if (put_user(c->gid, (gid_t __user *)rgid) || put_user(c->egid, (gid_t __user *)egid) ||
	    put_user(c->sgid, (gid_t __user *)sgid))
		return -EFAULT;
	return 0;
}

/* setfsuid and setfsgid say nothing of failure: they return what it was before. */
long sys_setfsuid(uid_t uid)
{
	uid_t old = current_fsuid();
	struct cred *c = prepare_creds();

	if (!c)
		return old;
	if (uid == KEEP || !(uid == c->uid || uid == c->euid || uid == c->suid || uid == c->fsuid ||
			     capable(CAP_SETUID))) {
		put_cred(c);
		return old;
	}
	c->fsuid = uid;
	commit_creds(c);
	return old;
}

long sys_setfsgid(gid_t gid)
{
	gid_t old = current_fsgid();
	struct cred *c = prepare_creds();

	if (!c)
		return old;
	if (gid == KEEP || !(gid == c->gid || gid == c->egid || gid == c->sgid || gid == c->fsgid ||
			     capable(CAP_SETGID))) {
		put_cred(c);
		return old;
	}
	c->fsgid = gid;
	commit_creds(c);
	return old;
}

long sys_getgroups(int size, uptr_t list)
{
	const struct group_info *gi = current_cred()->group_info;

	if (size < 0)
		return -EINVAL;
	if (!size)
		return gi->ngroups;
	if (gi->ngroups > (unsigned int)size)
		return -EINVAL;
	return copy_to_user(list, gi->gid, gi->ngroups * sizeof(gid_t)) ? -EFAULT : (long)gi->ngroups;
}

static int compare_gids(const void *a, const void *b)
{
	gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

	return x < y ? -1 : x > y;
}

long sys_setgroups(int size, uptr_t list)
{
	struct group_info *gi;
	struct cred *c;

	if (!capable(CAP_SETGID))
		return -EPERM;
	if (size < 0 || size > NGROUPS_MAX)
		return -EINVAL;
	gi = groups_alloc(size);
	if (!gi)
		return -ENOMEM;
	if (copy_from_user(gi->gid, list, size * sizeof(gid_t))) {
		put_group_info(gi);
		return -EFAULT;
	}
	sort(gi->gid, size, sizeof(gid_t), compare_gids);
	c = prepare_creds();
	if (!c) {
		put_group_info(gi);
		return -ENOMEM;
	}
	put_group_info(c->group_info);
	c->group_info = gi;
	commit_creds(c);
	return 0;
}
