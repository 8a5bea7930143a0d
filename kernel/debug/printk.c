// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel log: a ring of text lines "<level>[seconds.micros] message\n", and the consoles it goes to.
 *
 * One lock orders ring and consoles. It is a plain word, not a spinlock_t, because printk works where locks must not:
 * in an NMI or a fault the lock may belong to the interrupted code, so there is no wait for it; in a panic, or while GDB
 * is served, to a CPU that has stopped, so the wait is short. It always ends: a line that mixes with another is better
 * than silence.
 */
#include "kernel/debug/debug.h"
#include "kernel/debug/gdb/gdb.h"
#include "kernel/debug/internal.h"
#include "arch/x86_64/arch.h"
#include "kernel/lib/lib.h"

#define LOG_SIZE     (64 * 1024UL)	/* a power of two */
#define LINE_MAX     512
#define LOCK_PATIENCE 10000000		/* tries, then go on without */

int console_loglevel = 7;		/* messages below it are shown */

static char log_ring[LOG_SIZE];		/* log_lock */
static u64 log_end;			/* bytes ever written; log_lock */
static struct console *consoles;	/* log_lock */
static unsigned int log_lock;		/* 0, or the number of the CPU that holds it, + 1 */

static unsigned long lock_log(bool *locked)
{
	unsigned long flags, tries;
	unsigned int self, holder;

	local_irq_save(flags);
	self = raw_cpu_id() + 1;
	for (tries = 0; tries < LOCK_PATIENCE; tries++) {
		holder = READ_ONCE(log_lock);
		if (!holder && !cmpxchg(&log_lock, 0U, self)) {
			*locked = true;
			return flags;
		}
		if (holder == self)	/* what an NMI or a fault interrupted: it waits for us */
			break;
		if (tries > 1000 && (panic_in_progress() || gdb_serving()))
			break;
		cpu_relax();
	}
	*locked = false;
	return flags;
}

static void unlock_log(unsigned long flags, bool locked)
{
	if (locked)
		smp_store_release(&log_lock, 0);
	local_irq_restore(flags);
}

static void ring_write(const char *s, size_t len)
{
	size_t at = log_end & (LOG_SIZE - 1), first = min(len, LOG_SIZE - at);

	memcpy(log_ring + at, s, first);
	memcpy(log_ring, s + first, len - first);
	log_end += len;
}

/* Copy from the ring at *pos; log_lock held. */
static size_t ring_read(u64 *pos, char *buf, size_t len)
{
	size_t at, first;

	if (*pos > log_end)
		*pos = log_end;
	if (log_end - *pos > LOG_SIZE)
		*pos = log_end - LOG_SIZE;
	len = min(len, (size_t)(log_end - *pos));
	at = *pos & (LOG_SIZE - 1);
	first = min(len, LOG_SIZE - at);
	memcpy(buf, log_ring + at, first);
	memcpy(buf + first, log_ring, len - first);
	*pos += len;
	return len;
}

/* A line of the log to one console, without its "<level>". */
static void show_line(struct console *con, const char *line, size_t len)
{
	if (len > 3 && line[0] == '<' && line[2] == '>') {
		if (line[1] - '0' >= console_loglevel)
			return;
		line += 3;
		len -= 3;
	}
	con->write(line, len);
}

static void log_line(const char *line, size_t len)
{
	struct console *con;
	unsigned long flags;
	bool locked;

	flags = lock_log(&locked);
	ring_write(line, len);
	for (con = consoles; con; con = con->next)
		show_line(con, line, len);
	unlock_log(flags, locked);
}

int vprintk(const char *fmt, va_list ap)
{
	char line[LINE_MAX];
	u64 us = arch_clock_ns() / 1000;
	char level = '6';
	size_t head, len;

	if (fmt[0] == KERN_INFO[0] && fmt[1]) {
		level = fmt[1];
		fmt += 2;
	}
	head = scnprintf(line, sizeof(line), "<%c>[%5llu.%06llu] ", level, (unsigned long long)(us / 1000000),
			 (unsigned long long)(us % 1000000));
	len = head + vscnprintf(line + head, sizeof(line) - 1 - head, fmt, ap);
	if (line[len - 1] != '\n')
		line[len++] = '\n';
	log_line(line, len);
	return len - head;
}

int printk(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vprintk(fmt, ap);
	va_end(ap);
	return n;
}

void register_console(struct console *con)
{
	char line[LINE_MAX];
	unsigned long flags;
	bool locked;
	u64 pos = 0;
	size_t n;

	flags = lock_log(&locked);
	while ((n = ring_read(&pos, line, sizeof(line))) != 0) {
		char *nl = memchr(line, '\n', n);

		if (nl) {			/* a line at a time */
			pos -= n - (nl + 1 - line);
			n = nl + 1 - line;
		}
		show_line(con, line, n);
	}
	con->next = consoles;
	consoles = con;
	unlock_log(flags, locked);
}

size_t log_read(u64 *pos, char *buf, size_t len)
{
	unsigned long flags;
	bool locked;

	flags = lock_log(&locked);
	len = ring_read(pos, buf, len);
	unlock_log(flags, locked);
	return len;
}
