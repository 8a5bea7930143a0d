// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls about the machine and the process as a whole: names, limits, power. The log is
 * in syslog.c.
 */
#include "kernel/debug/kmemleak.h"
#include "kernel/debug/stack_use.h"
#include "kernel/syscall/syscall.h"
#include "kernel/task/uts.h"

/* ---- names ---- */

long sys_uname(uptr_t name)
{
	struct new_utsname copy;

	read_lock(&uts_lock);
	copy = current->uts_ns->name;
	read_unlock(&uts_lock);
	return copy_to_user(name, &copy, sizeof(copy)) ? -EFAULT : 0;
}

static long set_name(ucptr_t uname, int len, size_t offset)
{
	char text[UTS_LEN + 1] = {0};

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len > UTS_LEN)
		return -EINVAL;
	if (copy_from_user(text, uname, len))
		return -EFAULT;
	write_lock(&uts_lock);
	memcpy((char *)&current->uts_ns->name + offset, text, sizeof(text));
	write_unlock(&uts_lock);
	return 0;
}

long sys_sethostname(ucptr_t name, int len)
{
	return set_name(name, len, offsetof(struct new_utsname, nodename));
}

long sys_setdomainname(ucptr_t name, int len)
{
	return set_name(name, len, offsetof(struct new_utsname, domainname));
}

/* ---- limits ---- */

static int check_rlimit(unsigned int resource, const struct rlimit64 *new_rlim,
			const struct signal_struct *sig)
{
	if (new_rlim->rlim_cur > new_rlim->rlim_max)
		return -EINVAL;
	if (resource == RLIMIT_NOFILE && new_rlim->rlim_max > 1 << 20)
		return -EPERM;
	if (new_rlim->rlim_max > sig->rlim[resource].rlim_max && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	return 0;
}

static int do_prlimit(struct task_struct *p, unsigned int resource, const struct rlimit64 *new_rlim,
		      struct rlimit64 *old)
{
	struct signal_struct *sig = p->signal;
	struct sighand_struct *sh;
	unsigned long flags;
	int err = 0;

	if (resource >= RLIM_NLIMITS)
		return -EINVAL;
	sh = lock_task_sighand(p, &flags);
	if (!sh)
		return -ESRCH;
	*old = (struct rlimit64){sig->rlim[resource].rlim_cur, sig->rlim[resource].rlim_max};
	if (new_rlim)
		err = check_rlimit(resource, new_rlim, sig);
	if (new_rlim && !err) {
		sig->rlim[resource].rlim_cur = new_rlim->rlim_cur;
		sig->rlim[resource].rlim_max = new_rlim->rlim_max;
	}
	unlock_task_sighand(sh, flags);
	return err;
}

long sys_getrlimit(unsigned int resource, uptr_t rlim)
{
	struct rlimit64 old;
	int err = do_prlimit(current, resource, NULL, &old);

	return err ? err : copy_to_user(rlim, &old, sizeof(old)) ? -EFAULT : 0;
}

long sys_setrlimit(unsigned int resource, ucptr_t rlim)
{
	struct rlimit64 new_rlim, old;

	if (copy_from_user(&new_rlim, rlim, sizeof(new_rlim)))
		return -EFAULT;
	return do_prlimit(current, resource, &new_rlim, &old);
}

/* prlimit(2): one's own, or of somebody with all the same ids. */
static bool may_limit(struct task_struct *p)
{
	const struct cred *c = current_cred(), *t = p->cred;

	return p->signal == current->signal || capable(CAP_SYS_RESOURCE) ||
	       (c->uid == t->uid && c->uid == t->euid && c->uid == t->suid && c->gid == t->gid &&
		c->gid == t->egid && c->gid == t->sgid);
}

long sys_prlimit64(pid_t pid, unsigned int resource, ucptr_t unew, uptr_t uold)
{
	struct rlimit64 new_rlim, old;
	struct task_struct *p;
	bool may;
	int err;

	if (unew && copy_from_user(&new_rlim, unew, sizeof(new_rlim)))
		return -EFAULT;
	if (pid)
		p = find_get_task_by_pid(pid);
	else
		get_task_struct(p = current);
	if (!p)
		return -ESRCH;
	rcu_read_lock();
	may = may_limit(p);
	rcu_read_unlock();
	err = may ? do_prlimit(p, resource, unew ? &new_rlim : NULL, &old) : -EPERM;
	put_task_struct(p);
	if (!err && uold && copy_to_user(uold, &old, sizeof(old)))
		err = -EFAULT;
	return err;
}

/* ---- the system ---- */

struct sysinfo {
	s64 uptime;
	u64 loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	u16 procs, pad;
	u64 totalhigh, freehigh;
	u32 mem_unit;
};

long sys_sysinfo(uptr_t uinfo)
{
	struct sysinfo info = {
		.uptime = ktime_get() / NSEC_PER_SEC,
		.totalram = total_ram_pages() * PAGE_SIZE,
		.freeram = nr_free_pages() * PAGE_SIZE,
		.procs = min(nr_tasks_total(), 65535U),
		.mem_unit = 1,
	};

	sched_loadavg(info.loads);
	for (int i = 0; i < 3; i++)
		info.loads[i] <<= 16 - 11;	/* SI_LOAD_SHIFT */
	return copy_to_user(uinfo, &info, sizeof(info)) ? -EFAULT : 0;
}

/* ---- power ---- */

#define LINUX_REBOOT_MAGIC1	 0xfee1dead
#define LINUX_REBOOT_MAGIC2	 0x28121969
#define LINUX_REBOOT_MAGIC2A	 0x05121996
#define LINUX_REBOOT_MAGIC2B	 0x16041998
#define LINUX_REBOOT_MAGIC2C	 0x20112000
#define LINUX_REBOOT_CMD_RESTART 0x01234567
#define LINUX_REBOOT_CMD_HALT	 0xcdef0123
#define LINUX_REBOOT_CMD_CAD_ON	 0x89abcdef
#define LINUX_REBOOT_CMD_CAD_OFF 0
#define LINUX_REBOOT_CMD_POWER_OFF 0x4321fedc

/*
 * POWER_OFF: the low 8 bits of arg are the status that the machine leaves with. Ours alone; Linux
 * does not look at arg here.
 */
long sys_reboot(unsigned int magic1, unsigned int magic2, unsigned int cmd, unsigned long arg)
{
	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	if (magic1 != LINUX_REBOOT_MAGIC1 ||
	    (magic2 != LINUX_REBOOT_MAGIC2 && magic2 != LINUX_REBOOT_MAGIC2A &&
	     magic2 != LINUX_REBOOT_MAGIC2B && magic2 != LINUX_REBOOT_MAGIC2C))
		return -EINVAL;
	switch (cmd) {
	case LINUX_REBOOT_CMD_RESTART:
		arch_reboot();
	case LINUX_REBOOT_CMD_POWER_OFF:
		stack_use_show();
		kmemleak_check();
		arch_poweroff(arg & 0xff);
	case LINUX_REBOOT_CMD_HALT:
		pr_notice("System halted\n");
		local_irq_disable();
		cpu_halt_forever();
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		return 0;
	}
	return -EINVAL;
}
