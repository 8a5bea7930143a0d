// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the kernel log goes: `console=ttyS0` (COM1, also without the option) or `console=debugcon` (port 0xe9 of
 * QEMU and Bochs, which leaves COM1 to programs).
 */
#include "arch/x86_64/cpu.h"
#include "kernel/debug/debug.h"
#include "kernel/lib/lib.h"

#define DEBUGCON_PORT 0xe9

static void debugcon_write(const char *s, unsigned int len)
{
	__asm__ __volatile__("rep outsb" : "+S"(s), "+c"(len) : "d"(DEBUGCON_PORT) : "memory");
}

static void ttys0_write(const char *s, unsigned int len)
{
	unsigned int line;

	console_log_begins();
	for (; len; s += line, len -= line) {		/* terminals want CR LF */
		const char *nl = memchr(s, '\n', len);

		line = nl ? nl - s : len;
		serial_write_sync(0, s, line);
		if (nl) {
			serial_write_sync(0, "\r\n", 2);
			line++;
		}
	}
}

static struct console debugcon = {.name = "debugcon", .write = debugcon_write};
static struct console ttys0 = {.name = "ttyS0", .write = ttys0_write};

void early_console_init(void)
{
	char name[16];

	if (boot_param("console", name, sizeof(name)) && strcmp(name, debugcon.name) == 0)
		register_console(&debugcon);
	else
		register_console(&ttys0);
}
