// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the in-kernel tests (KTEST, debug.h) and reports in KTAP on the log. `ktest` on the command line starts it
 * (kernel/main.c); a value chooses the tests whose name contains it.
 */
#include "kernel/debug/debug.h"
#include "kernel/lib/lib.h"

TABLE_DECLARE(const struct ktest, ktest);

static unsigned int failures;	/* of the running test; tests run one at a time, but may have helpers */

void ktest_fail(const char *file, int line, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vscnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printk("# %s:%d: %s\n", file, line, text);
	__atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED);
}

static bool chosen(const struct ktest *t, const char *pattern)
{
	return !pattern || strstr(t->name, pattern);
}

int ktest_run(const char *pattern)
{
	const struct ktest *t;
	unsigned int n = 0, failed = 0;

	for_each_table_entry(t, ktest)
		n += chosen(t, pattern);
	printk("KTAP version 1\n");
	printk("1..%u\n", n);
	n = 0;
	for_each_table_entry(t, ktest) {
		if (!chosen(t, pattern))
			continue;
		failures = 0;
		t->run();
		failed += failures != 0;
		printk("%s %u %s\n", failures ? "not ok" : "ok", ++n, t->name);
	}
	return failed;
}
