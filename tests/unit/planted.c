// SPDX-License-Identifier: GPL-2.0-only
/* The log before and after a planted mistake (planted.h). */
#include "tests/unit/planted.h"

static char report[8192];	/* tests run one at a time */

u64 planted_begin(void)
{
	u64 pos = ~0ULL >> 1;

	log_read(&pos, report, 0);	/* to the end */
	printk("# planted: begin\n");
	return pos;
}

void planted_end(u64 from, const char *file, int line, const char *text, const char *also)
{
	size_t n = log_read(&from, report, sizeof(report) - 1);

	printk("# planted: end\n");
	report[n] = '\0';
	planted_says(file, line, text);
	planted_says(file, line, also);
}

void planted_says(const char *file, int line, const char *text)
{
	if (!strstr(report, text))
		ktest_fail(file, line, "the report does not say: %s", text);
}

unsigned int planted_count(const char *text)
{
	unsigned int n = 0;

	for (const char *at = report; (at = strstr(at, text)); at++)
		n++;
	return n;
}
