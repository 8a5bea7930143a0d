// SPDX-License-Identifier: GPL-2.0-only
/* Units of kernel/debug: symbols and the log. */
#include "arch/x86_64/arch.h"
#include "kernel/debug/debug.h"
#include "kernel/lib/lib.h"

KTEST(ksym_finds_functions)
{
	unsigned long offset = 99;
	const char *name = ksym_lookup((unsigned long)kernel_main + 1, &offset);

	KTEST_EXPECT(name && strcmp(name, "kernel_main") == 0);
	KTEST_EQ(offset, 1);
	KTEST_EXPECT(!ksym_lookup((unsigned long)__text_end, &offset));
	KTEST_EXPECT(!ksym_lookup(0, &offset));
}

KTEST(log_reads_back)
{
	static char buf[256];
	u64 pos = ~0ULL >> 1, start;
	size_t n;

	log_read(&pos, buf, 0);			/* to the end */
	start = pos;
	printk(KERN_DEBUG "log_reads_back: %s\n", "marker");
	n = log_read(&pos, buf, sizeof(buf) - 1);
	buf[n] = '\0';
	KTEST_EXPECT(n > 0 && pos == start + n);
	KTEST_EXPECT(strstarts(buf, "<7>["));
	KTEST_EXPECT(strstr(buf, "] log_reads_back: marker\n"));
}
