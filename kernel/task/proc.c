// SPDX-License-Identifier: GPL-2.0-only
/*
 * What /proc tells about tasks and the scheduler, in Linux's formats (proc(5)): /proc/PID/stat,
 * status, cmdline, comm, limits and the links exe, cwd, root; /proc/stat, loadavg, uptime, version,
 * cpuinfo. maps is proc_maps.c.
 */
#include "fs/internal.h"
#include "kernel/dev/tty.h"
#include "kernel/task/uts.h"

#define TICK (NSEC_PER_SEC / 100)	/* USER_HZ */

char task_state_letter(const struct task_struct *p)
{
	unsigned int state = READ_ONCE(p->state);

	if (p->exit_state == EXIT_ZOMBIE || p->exit_state == EXIT_TRACE)
		return 'Z';
	if (p->exit_state == EXIT_DEAD)
		return 'X';
	if (state & TASK_STOPPED)
		return 'T';
	if (state & TASK_TRACED)
		return 't';
	if (state & (TASK_UNINTERRUPTIBLE | TASK_FROZEN))
		return 'D';
	return (state & (TASK_INTERRUPTIBLE | TASK_THROTTLED)) == TASK_INTERRUPTIBLE ? 'S' : 'R';
}

static const char *state_name(char letter)
{
	switch (letter) {
	case 'R':
		return "running";
	case 'S':
		return "sleeping";
	case 'D':
		return "disk sleep";
	case 'T':
		return "stopped";
	case 't':
		return "tracing stop";
	case 'Z':
		return "zombie";
	}
	return "dead";
}

/* Signal masks of a process in one look. */
struct sig_sets {
	u64 pending, shared, blocked, ignored, caught;
	int threads;
};

static void get_sig_sets(struct task_struct *p, struct sig_sets *s)
{
	struct sighand_struct *sh;
	unsigned long flags;

	memset(s, 0, sizeof(*s));
	sh = lock_task_sighand(p, &flags);
	if (!sh)
		return;
	s->pending = p->pending.signal;
	s->shared = p->signal->shared_pending.signal;
	s->blocked = p->blocked;
	s->threads = p->signal->nr_threads;
	for (int i = 0; i < _NSIG; i++) {
		if (sh->action[i].handler == SIG_IGN)
			s->ignored |= sigmask(i + 1);
		else if (sh->action[i].handler != SIG_DFL)
			s->caught |= sigmask(i + 1);
	}
	unlock_task_sighand(sh, flags);
}

static pid_t parent_pid(struct task_struct *p)
{
	pid_t pid;

	rcu_read_lock();
	pid = rcu_dereference(p->real_parent)->tgid;
	rcu_read_unlock();
	return pid;
}

static pid_t tracer_pid(struct task_struct *p)
{
	pid_t pid;

	rcu_read_lock();
	pid = READ_ONCE(p->ptrace) ? rcu_dereference(p->parent)->pid : 0;
	rcu_read_unlock();
	return pid;
}

/* Number of p's terminal in the ABI's form: minor, major << 8. */
static unsigned int tty_number(struct task_struct *p)
{
	return p->signal->tty ? (4 << 8 | 64) : 0;
}

static pid_t foreground_pgrp(struct task_struct *p)
{
	struct tty_struct *tty = READ_ONCE(p->signal->tty);

	return tty ? READ_ONCE(tty->pgrp) : -1;
}

/*
 * Where its memory is. Who may not look into it reads 1 for the code's addresses, not 0, which means
 * that there is no program: so does Linux.
 */
static void show_code(struct seq_file *m, const struct mm_struct *mm, bool addresses)
{
	if (!mm)
		seq_puts(m, "0 0 0 ");
	else if (!addresses)
		seq_puts(m, "1 1 0 ");
	else
		seq_printf(m, "%lu %lu %lu ", mm->start_code, mm->end_code, mm->start_stack);
}

static void show_data(struct seq_file *m, const struct mm_struct *mm)
{
	if (mm)
		seq_printf(m, "%lu %lu %lu %lu %lu %lu %lu ", mm->start_data, mm->end_data,
			   mm->start_brk, mm->arg_start, mm->arg_end, mm->env_start, mm->env_end);
	else
		seq_puts(m, "0 0 0 0 0 0 0 ");
}

static int show_stat(struct seq_file *m, struct task_struct *p)
{
	struct signal_struct *sig = p->signal;
	struct mm_struct *mm = get_task_mm(p);
	bool addresses = proc_may_look_at(p, mm);
	u64 utime, stime, vsize = 0, rss = 0;
	struct sig_sets s;

	get_sig_sets(p, &s);
	thread_group_cputime(p, &utime, &stime);
	if (mm) {
		vsize = mm->total_vm * PAGE_SIZE;
		rss = max(READ_ONCE(mm->rss_anon) + READ_ONCE(mm->rss_file), 0L);
	}
	seq_printf(m, "%d (%s) %c %d %d %d %u %d %u ", p->tgid, p->comm, task_state_letter(p),
		   parent_pid(p), sig->pgrp, sig->session, tty_number(p), foreground_pgrp(p),
		   READ_ONCE(p->flags));
	seq_printf(m, "%llu %llu %llu %llu ", (unsigned long long)(READ_ONCE(p->min_flt) + READ_ONCE(sig->min_flt)),
		   (unsigned long long)sig->cmin_flt,
		   (unsigned long long)(READ_ONCE(p->maj_flt) + READ_ONCE(sig->maj_flt)),
		   (unsigned long long)sig->cmaj_flt);
	seq_printf(m, "%llu %llu %llu %llu ", (unsigned long long)(utime / TICK),
		   (unsigned long long)(stime / TICK), (unsigned long long)(sig->cutime / TICK),
		   (unsigned long long)(sig->cstime / TICK));
	seq_printf(m, "%d %d %d 0 %llu %llu %llu %llu ", p->static_prio + 20, p->static_prio,
		   s.threads, (unsigned long long)(p->start_time / TICK), (unsigned long long)vsize,
		   (unsigned long long)rss, (unsigned long long)sig->rlim[5].rlim_cur);
	show_code(m, mm, addresses);
	seq_printf(m, "0 0 %lu %lu %lu %lu 0 0 0 %d %u 0 %u 0 0 0 ",
		   (unsigned long)(s.pending & 0x7fffffff), (unsigned long)(s.blocked & 0x7fffffff),
		   (unsigned long)(s.ignored & 0x7fffffff), (unsigned long)(s.caught & 0x7fffffff),
		   p->exit_signal, READ_ONCE(p->cpu), p->policy);
	show_data(m, addresses ? mm : NULL);
	seq_printf(m, "%d\n", addresses ? p->exit_code : 0);
	if (mm)
		mmput(mm);
	return 0;
}
PROC_PID_FILE("stat", show_stat);

static void show_ids(struct seq_file *m, struct task_struct *p)
{
	const struct cred *c = get_task_cred(p);

	seq_printf(m, "Uid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid, c->fsuid);
	seq_printf(m, "Gid:\t%u\t%u\t%u\t%u\n", c->gid, c->egid, c->sgid, c->fsgid);
	seq_puts(m, "Groups:\t");
	for (unsigned int i = 0; i < c->group_info->ngroups; i++)
		seq_printf(m, "%u ", c->group_info->gid[i]);
	seq_putc(m, '\n');
	put_cred(c);
}

/* The bounding set is full for good; nothing is inherited but through uid 0 (kernel/syscall/capability.c). */
static void show_rights(struct seq_file *m, struct task_struct *p)
{
	const struct cred *c = get_task_cred(p);

	seq_printf(m,
		   "CapInh:\t%016llx\nCapPrm:\t%016llx\nCapEff:\t%016llx\nCapBnd:\t%016llx\nCapAmb:"
		   "\t%016llx\nNoNewPrivs:\t%d\n",
		   0ULL, (unsigned long long)cap_permitted(c), (unsigned long long)cap_effective(c), CAP_ALL,
		   0ULL, READ_ONCE(p->no_new_privs));
	put_cred(c);
}

static void show_memory(struct seq_file *m, struct mm_struct *mm)
{
	long anon = max(READ_ONCE(mm->rss_anon), 0L), file = max(READ_ONCE(mm->rss_file), 0L),
	     shmem = clamp(READ_ONCE(mm->rss_shmem), 0L, file);

	seq_printf(m, "VmSize:\t%8lu kB\nVmLck:\t%8lu kB\n", READ_ONCE(mm->total_vm) * 4,
		   READ_ONCE(mm->locked_vm) * 4);
	seq_printf(m, "VmRSS:\t%8ld kB\nRssAnon:\t%8ld kB\nRssFile:\t%8ld kB\nRssShmem:\t%8ld kB\n",
		   (anon + file) * 4, anon * 4, (file - shmem) * 4, shmem * 4);
	seq_printf(m, "VmData:\t%8lu kB\nVmPTE:\t%8lu kB\n", READ_ONCE(mm->data_vm) * 4,
		   pgd_tables(mm->pgd) * 4);
}

/* Where p may run and have pages: of what there is. */
static void show_placement(struct seq_file *m, struct task_struct *p)
{
	unsigned long mems = READ_ONCE(p->mems_allowed.bits) & nodes_with_memory().bits;
	DECLARE_BITMAP(cpus, NR_CPUS);
	char text[128];

	sched_getaffinity(p, cpus);
	bitmap_print_mask(text, sizeof(text), cpus, (int)nr_cpus);
	seq_printf(m, "Cpus_allowed:\t%s\n", text);
	bitmap_print_list(text, sizeof(text), cpus, (int)nr_cpus);
	seq_printf(m, "Cpus_allowed_list:\t%s\n", text);
	bitmap_print_mask(text, sizeof(text), &mems, MAX_NUMNODES);
	seq_printf(m, "Mems_allowed:\t%s\n", text);
	bitmap_print_list(text, sizeof(text), &mems, MAX_NUMNODES);
	seq_printf(m, "Mems_allowed_list:\t%s\n", text);
}

static int show_status(struct seq_file *m, struct task_struct *p)
{
	struct mm_struct *mm = get_task_mm(p);
	char letter = task_state_letter(p);
	struct sig_sets s;

	get_sig_sets(p, &s);
	seq_printf(m, "Name:\t%s\nState:\t%c (%s)\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n",
		   p->comm, letter, state_name(letter), p->tgid, p->pid, parent_pid(p), tracer_pid(p));
	show_ids(m, p);
	if (mm) {
		show_memory(m, mm);
		mmput(mm);
	}
	seq_printf(m, "Threads:\t%d\n", s.threads);
	seq_printf(m,
		   "SigPnd:\t%016llx\nShdPnd:\t%016llx\nSigBlk:\t%016llx\nSigIgn:\t%016llx\nSigCgt:"
		   "\t%016llx\n",
		   (unsigned long long)s.pending, (unsigned long long)s.shared,
		   (unsigned long long)s.blocked, (unsigned long long)s.ignored,
		   (unsigned long long)s.caught);
	show_rights(m, p);
	show_placement(m, p);
	seq_printf(m, "voluntary_ctxt_switches:\t%llu\nnonvoluntary_ctxt_switches:\t%llu\n",
		   (unsigned long long)READ_ONCE(p->nvcsw), (unsigned long long)READ_ONCE(p->nivcsw));
	return 0;
}
PROC_PID_FILE("status", show_status);

static ssize_t comm_read(struct file *file, char __user *buf, size_t len, loff_t *ppos)
{
	char text[sizeof(current->comm) + 1];
	int n = snprintf(text, sizeof(text), "%s\n", proc_task(file)->comm);

	return simple_read_from_buffer(buf, len, ppos, text, (size_t)n);
}

/* pthread_setname_np() of another thread: its name, cut to what fits. Other processes may not: -EINVAL, as on Linux. */
static ssize_t comm_write(struct file *file, const char __user *buf, size_t len, loff_t *ppos)
{
	struct task_struct *p = proc_task(file);
	char comm[sizeof(p->comm)] = {0};

	(void)ppos;
	if (copy_from_writer(comm, buf, min(len, sizeof(comm) - 1)))
		return -EFAULT;
	if (p->tgid != current->tgid)
		return -EINVAL;
	memcpy(p->comm, comm, sizeof(comm));	/* the last byte is 0, before and after */
	return (ssize_t)len;
}

static const struct file_operations comm_fops = {
	.read = comm_read,
	.write = comm_write,
};
PROC_PID_FILE_OPS("comm", 0644, comm_fops);

/* Bytes of p's memory as they are. */
static void show_user_range(struct seq_file *m, struct mm_struct *mm, unsigned long start,
			    unsigned long end)
{
	char chunk[256];

	while (start < end) {
		ssize_t n =
			access_process_vm(mm, start, chunk, min(end - start, sizeof(chunk)), 0);

		if (n <= 0)
			break;
		seq_write(m, chunk, n);
		start += n;
	}
}

static int show_cmdline(struct seq_file *m, struct task_struct *p)
{
	struct mm_struct *mm = get_task_mm(p);

	if (mm) {
		show_user_range(m, mm, mm->arg_start, mm->arg_end);
		mmput(mm);
	}
	return 0;
}
PROC_PID_FILE("cmdline", show_cmdline);

static void show_limit(struct seq_file *m, u64 v)
{
	if (v == RLIM_INFINITY)
		seq_printf(m, "%-20s ", "unlimited");
	else
		seq_printf(m, "%-20llu ", (unsigned long long)v);
}

static int show_limits(struct seq_file *m, struct task_struct *p)
{
	static const char *const names[RLIM_NLIMITS][2] = {
		{"Max cpu time", "seconds"},	 {"Max file size", "bytes"},
		{"Max data size", "bytes"},	 {"Max stack size", "bytes"},
		{"Max core file size", "bytes"}, {"Max resident set", "bytes"},
		{"Max processes", "processes"},	 {"Max open files", "files"},
		{"Max locked memory", "bytes"},	 {"Max address space", "bytes"},
		{"Max file locks", "locks"},	 {"Max pending signals", "signals"},
		{"Max msgqueue size", "bytes"},	 {"Max nice priority", ""},
		{"Max realtime priority", ""},	 {"Max realtime timeout", "us"},
	};

	seq_printf(m, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		seq_printf(m, "%-25s ", names[i][0]);
		show_limit(m, p->signal->rlim[i].rlim_cur);
		show_limit(m, p->signal->rlim[i].rlim_max);
		seq_printf(m, "%-10s\n", names[i][1]);
	}
	return 0;
}
PROC_PID_FILE("limits", show_limits);

/* ---- links ---- */

static int link_exe(struct task_struct *p, struct path *out)
{
	struct mm_struct *mm = get_task_mm(p);
	int err = -ENOENT;

	if (!mm)
		return err;
	down_read(&mm->mmap_lock);
	if (mm->exe_file) {
		*out = mm->exe_file->f_path;
		path_get(out);
		err = 0;
	}
	up_read(&mm->mmap_lock);
	mmput(mm);
	return err;
}
PROC_PID_LINK("exe", link_exe);

static int link_cwd(struct task_struct *p, struct path *out)
{
	return task_fs_path(p, false, out);
}
PROC_PID_LINK("cwd", link_cwd);

static int link_root(struct task_struct *p, struct path *out)
{
	return task_fs_path(p, true, out);
}
PROC_PID_LINK("root", link_root);

/* ---- the whole system ---- */

static int show_loadavg(struct seq_file *m)
{
	u64 avg[3];

	sched_loadavg(avg);
	for (int i = 0; i < 3; i++) {
		u64 v = avg[i] + 2048 / 200;	/* rounded to two digits */

		seq_printf(m, "%llu.%02llu ", (unsigned long long)(v >> 11),
			   (unsigned long long)(((v & 2047) * 100) >> 11));
	}
	seq_printf(m, "%u/%u %d\n", sched_nr_running(), nr_tasks_total(), pid_last());
	return 0;
}
PROC_FILE("loadavg", show_loadavg);

static u64 idle_total(void)
{
	u64 idle = 0;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		idle += sched_idle_time(cpu);
	return idle;
}

static int show_uptime(struct seq_file *m)
{
	u64 up = ktime_get() / (NSEC_PER_SEC / 100), idle = idle_total() / (NSEC_PER_SEC / 100);

	seq_printf(m, "%llu.%02llu %llu.%02llu\n", (unsigned long long)(up / 100),
		   (unsigned long long)(up % 100), (unsigned long long)(idle / 100),
		   (unsigned long long)(idle % 100));
	return 0;
}
PROC_FILE("uptime", show_uptime);

static int show_version(struct seq_file *m)
{
	const struct new_utsname *u = &init_uts_ns.name;

	seq_printf(m, "%s version %s (gcc " __VERSION__ ") %s\n", u->sysname, u->release,
		   u->version);
	return 0;
}
PROC_FILE("version", show_version);

static int show_cpuinfo(struct seq_file *m)
{
	arch_show_cpuinfo(m);
	return 0;
}
PROC_FILE("cpuinfo", show_cpuinfo);

/*
 * One line of /proc/stat: all that is not idle is shown as user time, but for what the samples call
 * system time.
 */
static void show_cpu(struct seq_file *m, const char *name, u64 user, u64 system, u64 idle)
{
	seq_printf(m, "%s %llu 0 %llu %llu 0 0 0 0 0 0\n", name, (unsigned long long)(user / TICK),
		   (unsigned long long)(system / TICK), (unsigned long long)(idle / TICK));
}

static int show_kstat(struct seq_file *m)
{
	u64 now = ktime_get(), user = 0, system = 0, u, s;
	char name[16];

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		sched_busy_time(cpu, &u, &s);
		user += u;
		system += s;
	}
	show_cpu(m, "cpu ", user, system, idle_total());
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		sched_busy_time(cpu, &u, &s);
		snprintf(name, sizeof(name), "cpu%u", cpu);
		show_cpu(m, name, u, s, sched_idle_time(cpu));
	}
	seq_printf(m,
		   "intr 0\nctxt %llu\nbtime %llu\nprocesses %llu\nprocs_running %u\nprocs_blocked "
		   "0\n",
		   (unsigned long long)sched_nr_switches(),
		   (unsigned long long)((ktime_get_real() - now) / NSEC_PER_SEC),
		   (unsigned long long)total_forks(), sched_nr_running());
	return 0;
}
PROC_FILE("stat", show_kstat);
