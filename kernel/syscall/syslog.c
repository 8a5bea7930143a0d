// SPDX-License-Identifier: GPL-2.0-only
/*
 * syslog(2): the log for programs, what is forgotten of it, and how much of it the console shows. What blocks until there is more
 * (READ, and SIZE_UNREAD that belongs to it) is not there: EINVAL. /proc/kmsg can be read on.
 */
#include "kernel/debug/debug.h"
#include "kernel/syscall/syscall.h"

#define SYSLOG_CLOSE	     0
#define SYSLOG_OPEN	     1
#define SYSLOG_READ_ALL	     3
#define SYSLOG_READ_CLEAR    4
#define SYSLOG_CLEAR	     5
#define SYSLOG_CONSOLE_OFF   6
#define SYSLOG_CONSOLE_ON    7
#define SYSLOG_CONSOLE_LEVEL 8
#define SYSLOG_SIZE_BUFFER   10
#define LOG_SIZE	     (64 * 1024)

static DEFINE_SPINLOCK(syslog_lock);
static u64 cleared;			/* syslog_lock. What was logged before is forgotten here, not in /proc/kmsg */
static int hidden_level;		/* same. What CONSOLE_ON brings back; 0: the console is on */

static u64 log_end(void)
{
	char chunk[256];
	u64 end = 0;

	while (log_read(&end, chunk, sizeof(chunk)))
		;
	return end;
}

/* The last `len` bytes of what was logged since the log was cleared; `clear`: that is now. */
static long read_log(uptr_t buf, int len, bool clear)
{
	u64 end = log_end(), pos;
	char chunk[256];
	long done = 0;
	size_t n;

	spin_lock(&syslog_lock);
	pos = cleared;
	if (clear)
		cleared = end;
	spin_unlock(&syslog_lock);
	if (end > (u64)len)
		pos = max(pos, end - (u64)len);
	while (done < len && (n = log_read(&pos, chunk, min(sizeof(chunk), (size_t)(len - done))))) {
		if (copy_to_user((char __user *)buf + done, chunk, n))
			return -EFAULT;
		done += n;
	}
	return done;
}

static long clear_log(void)
{
	u64 end = log_end();

	spin_lock(&syslog_lock);
	cleared = end;
	spin_unlock(&syslog_lock);
	return 0;
}

/* level 0: as it was before it was off. */
static long set_level(int level, bool hide)
{
	spin_lock(&syslog_lock);
	if (hide && !hidden_level)
		hidden_level = console_loglevel;
	if (!level)
		level = hidden_level ? hidden_level : console_loglevel;
	if (!hide)
		hidden_level = 0;
	console_loglevel = level;
	spin_unlock(&syslog_lock);
	return 0;
}

long sys_syslog(int type, uptr_t buf, int len)
{
	if (type != SYSLOG_READ_ALL && type != SYSLOG_SIZE_BUFFER && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	switch (type) {
	case SYSLOG_CLOSE:
	case SYSLOG_OPEN:
		return 0;
	case SYSLOG_READ_ALL:
	case SYSLOG_READ_CLEAR:
		if (!buf || len < 0)
			return -EINVAL;
		return len ? read_log(buf, len, type == SYSLOG_READ_CLEAR) : 0;
	case SYSLOG_CLEAR:
		return clear_log();
	case SYSLOG_CONSOLE_OFF:
		return set_level(1, true);
	case SYSLOG_CONSOLE_ON:
		return set_level(0, false);
	case SYSLOG_CONSOLE_LEVEL:
		return len < 1 || len > 8 ? -EINVAL : set_level(len, false);
	case SYSLOG_SIZE_BUFFER:
		return LOG_SIZE;
	}
	return -EINVAL;
}
