// SPDX-License-Identifier: GPL-2.0-only
/* GDB's `monitor` command: questions to the kernel itself. One line for each in the table below. */
#include "kernel/debug/gdb/internal.h"
#include "kernel/lib/lib.h"

int gdb_printf(const char *fmt, ...)
{
	static char text[512];
	va_list ap;
	int n;

	if (fmt[0] == KERN_INFO[0] && fmt[1])
		fmt += 2;
	va_start(ap, fmt);
	n = vscnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	reply_begin();
	reply_char('O');
	reply_hex(text, n);
	reply_send();
	return n;
}

static void show_tasks(void)
{
	static char text[256];
	long id;

	for (id = gdb_next_thread(0); id; id = gdb_next_thread(id)) {
		struct task_struct *p = gdb_thread(id);

		gdb_describe(p, text, sizeof(text));
		gdb_printf("%5ld  %d  %s\n", id, p->pid, text);
	}
}

static void show_locks(void)
{
#ifdef CONFIG_LOCKDEP
	unsigned int n = 0;
	long id;

	for (id = gdb_next_thread(0); id; id = gdb_next_thread(id))
		n += lockdep_print_task(gdb_thread(id), gdb_printf);
	n += lockdep_print_cpus(gdb_printf);
	if (!n)
		gdb_printf("no lock is held\n");
#else
	gdb_printf("this kernel does not know who holds which lock: make LOCKDEP=1 builds one that does\n");
#endif
}

static void show_log(void)
{
	static char text[256];
	u64 pos = 0;
	size_t n;

	while ((n = log_read(&pos, text, sizeof(text) - 1)) != 0) {
		text[n] = '\0';
		gdb_printf("%s", text);
	}
}

static void reboot(void)
{
	reply_ok();
	reply_send();
	arch_reboot();
}

static void show_help(void);

static const struct {
	const char *name, *help;
	void (*fn)(void);
} commands[] = {
	{"help", "these", show_help},
	{"ps", "all tasks: thread of GDB, pid, name, state, CPU, containers", show_tasks},
	{"containers", "all hierarchies with their containers", gdb_show_containers},
	{"locks", "who holds which lock", show_locks},
	{"dmesg", "the kernel's log", show_log},
	{"reboot", "start the machine again, at once", reboot},
};

static void show_help(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		gdb_printf("monitor %-10s  %s\n", commands[i].name, commands[i].help);
}

void gdb_monitor(char *command)
{
	unsigned int i;

	command = strim(command);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(command, commands[i].name) == 0) {
			commands[i].fn();
			return;
		}
	gdb_printf("monitor %s: there is no such command; monitor help lists them\n", command);
}
