// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys for a machine that does not answer otherwise: a break on the console's line, then a letter
 * (Linux's, where Linux has it). They are read and carried out in the serial port's interrupt
 * (tty_rx() in kernel/dev/tty.c), so they need no task that runs. Those that show tasks, CPUs and
 * containers try locks that may hang and go on without; those that send signals, and the memory's,
 * wait for the locks that anybody takes for it. Start with the table of keys at the end.
 */
#include "containers/container.h"
#include "fs/seq_file.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/detect.h"
#include "kernel/debug/internal.h"
#include "kernel/task/task.h"

#define say(fmt, ...) printk(KERN_EMERG fmt, ##__VA_ARGS__)

/* Under report_begin(). */
static char text[8192];

/* Log what was written into m, a line each. */
static void say_lines(const struct seq_file *m)
{
	char *rest = text, *line;

	text[min(m->count, sizeof(text) - 1)] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (*line)
			say(" %s\n", line);
}

/* ---- tasks ---- */

static void say_task(struct task_struct *p, bool containers)
{
	struct seq_file m = {.buf = text, .size = sizeof(text)};
	unsigned long offset, wchan = task_wchan(p);
	const char *where = wchan ? ksym_lookup(wchan - 1, &offset) : NULL;

	seq_printf(&m, "%5d %5d %-15s %c %3u %-24s", p->pid, p->tgid, p->comm, task_state_letter(p),
		   READ_ONCE(p->cpu), where ?: "-");
	if (containers)
		container_show_task(&m, p);
	say_lines(&m);
}

static void show_tasks(void)
{
	bool containers = container_show_begin();
	struct task_struct *p;

	say("  PID  TGID NAME            S CPU WAITS IN                 CONTAINERS%s\n",
	    containers ? "" : " (locked)");
	for (pid_t pid = 1; (p = next_pid(pid)); pid++) {
		pid = p->pid;
		say_task(p, containers);
		put_task_struct(p);
		watchdog_touch();
	}
	if (containers)
		container_show_end();
}

static void show_blocked(void)
{
	struct task_struct *p;

	for (pid_t pid = 1; (p = next_pid(pid)); pid++) {
		pid = p->pid;
		if (READ_ONCE(p->state) & (TASK_UNINTERRUPTIBLE | TASK_FROZEN)) {
			say_task(p, false);
			show_task_stack(p);
			lockdep_show_task(p);
		}
		put_task_struct(p);
		watchdog_touch();
	}
}

/* All but init and kernel threads: the shell that hangs, and what it waits for. */
static void signal_all(int sig)
{
	struct task_struct *p;

	for (pid_t pid = 2; (p = next_tgid(pid)); pid++) {
		pid = p->pid;
		if (!(p->flags & PF_KTHREAD))
			(void)send_group_sig(sig, p);
		put_task_struct(p);
	}
}

static void kill_all(void)
{
	signal_all(SIGKILL);
}

static void term_all(void)
{
	signal_all(SIGTERM);
}

/* ---- the rest ---- */

static void show_locks(void)
{
#ifdef CONFIG_LOCKDEP
	struct task_struct *p;

	for (pid_t pid = 1; (p = next_pid(pid)); pid++) {
		pid = p->pid;
		lockdep_show_task(p);
		put_task_struct(p);
		watchdog_touch();
	}
	lockdep_show_cpus();
#else
	say(" not known: build with LOCKDEP=1\n");
#endif
}

static void show_memory(void)
{
	struct seq_file m = {.buf = text, .size = sizeof(text)};

	mm_meminfo(&m);
	mm_show_nodes(&m);
	mm_slabinfo(&m);
	say_lines(&m);
	watchdog_touch();
}

static void show_containers(void)
{
	if (!container_show_begin()) {
		say(" container_mutex is held by somebody\n");
		return;
	}
	container_show_all();
	container_show_end();
	watchdog_touch();
}

static void show_registers(void)
{
	struct pt_regs *regs = this_cpu_read(irq_regs);

	say("CPU: %u PID: %d Comm: %s\n", raw_cpu_id(), current->pid, current->comm);
	if (!regs)
		return;
	show_regs(regs);
	if (!user_mode(regs))
		show_regs_trace(regs);
}

static void power_off(void)
{
	arch_poweroff(0);
}

static void crash(void)
{
	panic("by key");
}

/* ---- the keys ---- */

static void help(void);

static const struct sysrq_key {
	char key;
	const char *what;
	void (*fn)(void);
} keys[] = {
	{'b', "reboot at once", arch_reboot},
	{'c', "containers", show_containers},
	{'d', "locks that are held", show_locks},
	{'e', "terminate all programs but init", term_all},
	{'h', "this help", help},
	{'i', "kill all programs but init", kill_all},
	{'l', "where all CPUs are", show_all_cpus},
	{'m', "memory", show_memory},
	{'o', "power off at once", power_off},
	{'p', "registers of this CPU", show_registers},
	{'t', "tasks", show_tasks},
	{'w', "tasks that nothing can wake but what they wait for, with stacks", show_blocked},
	{'x', "panic: say everything, and end", crash},
};

static void help(void)
{
	say("sysrq: a break on this line, then a key within 5 s. A break is sent with Ctrl-A b in "
	    "tools/vm (QEMU), ~B in ssh, Ctrl-A Ctrl-B in screen, Ctrl-A F in minicom. The keys:\n");
	for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++)
		say("  %c  %s\n", keys[i].key, keys[i].what);
}

static const struct sysrq_key *find_key(char key)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].key == key)
			return &keys[i];
	return NULL;
}

void handle_sysrq(char key)
{
	const struct sysrq_key *k = find_key(key);
	unsigned long flags;

	if (!k)
		k = find_key('h');
	flags = report_begin();
	say("sysrq: %s\n", k->what);
	k->fn();
	say("sysrq: done\n");
	report_end(flags);
}
