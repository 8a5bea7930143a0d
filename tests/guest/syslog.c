// SPDX-License-Identifier: GPL-2.0-only
/* syslog(2): reading the kernel's log, clearing it, the console's level, and who may. Clears the log of the system it runs on. */
#define _GNU_SOURCE
#include "tests/guest/helpers.h"
#include "tests/guest/tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/klog.h>

static char text[1 << 20];

static void say(const char *line)
{
	int fd = open("/dev/kmsg", O_WRONLY);

	write(fd, line, strlen(line));
	close(fd);
}

static int log_has(const char *what)
{
	int n = klogctl(3, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = 0;
	return n >= 0 && strstr(text, what) != NULL;
}

static void reading(void)
{
	int size = klogctl(10, NULL, 0), n, all;

	OK(size >= 4096, "the log has a size");
	EQ(klogctl(1, NULL, 0) | klogctl(0, NULL, 0), 0, "open and close do nothing");
	say("<6>syslog-test: one\n");
	OK(log_has("syslog-test: one"), "what is logged is read");
	OK(log_has("syslog-test: one"), "and again");
	all = (int)strlen(text);
	n = klogctl(3, text, 100);
	OK(n > 0 && n <= 100 && memmem(text, (size_t)n, "syslog-test: one", 16), "where there is no room for all, the end");
	EQ(klogctl(3, text, 0), 0, "no room at all");
	OK(all <= size, "there is no more than the size");
	FAILS(klogctl(3, NULL, 100), EINVAL, "no buffer: EINVAL");
	FAILS(klogctl(3, text, -1), EINVAL, "a negative one: EINVAL");
	FAILS(klogctl(3, (char *)8, 100), EFAULT, "a wild one: EFAULT");
	FAILS(klogctl(11, text, 100), EINVAL, "an unknown operation: EINVAL");
	FAILS(klogctl(-1, text, 100), EINVAL, "and another");
}

static void clearing(void)
{
	int n;

	say("<6>syslog-test: two\n");
	n = klogctl(4, text, sizeof(text) - 1);
	OK(n > 0 && memmem(text, (size_t)n, "syslog-test: two", 16), "read and clear");
	OK(!log_has("syslog-test: two"), "and it is no longer there");
	say("<6>syslog-test: three\n");
	OK(log_has("syslog-test: three"), "what comes after is");
	FAILS(klogctl(4, NULL, 100), EINVAL, "no buffer: EINVAL");
	EQ(klogctl(5, NULL, 0), 0, "clear");
	OK(!log_has("syslog-test: three"), "as promised");
}

static void levels(void)
{
	FAILS(klogctl(8, NULL, 0), EINVAL, "no level 0: EINVAL");
	FAILS(klogctl(8, NULL, 9), EINVAL, "nor 9: EINVAL");
	EQ(klogctl(6, NULL, 0), 0, "the console is off");
	EQ(klogctl(6, NULL, 0), 0, "twice");
	EQ(klogctl(7, NULL, 0), 0, "and on");
	EQ(klogctl(8, NULL, 7), 0, "a level");
}

static void others(void)
{
	MUST(!setuid(54321));
	MUST(klogctl(10, NULL, 0) > 0);
	MUST(klogctl(3, text, 100) >= 0);
	for (int type = 0; type < 12; type++)
		if (type != 3 && type != 10)
			MUST_FAIL(klogctl(type, text, 7), EPERM);
}

int main(void)
{
	if (getuid()) {
		printf("1..0 # SKIP needs root\n");
		return 0;
	}
	reading();
	clearing();
	levels();
	EQ(in_child(others), 0, "who is not root reads, and no more");
	return TAP_DONE();
}
