// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds with UBSAN=1 report what they promise: each test plants one mistake and looks for its report in the log.
 * PLANTED (tests/unit/planted.h) marks the report as expected, so that tests/run does not take it for a bug.
 */
#ifdef CONFIG_UBSAN
#include "tests/unit/planted.h"

/* Values that the compiler must not know. */
static volatile int one = 1, wide = 40, last = 4, zero;
static volatile long top = 0x7fffffffffffffffL;
static volatile long bottom = -0x7fffffffffffffffL - 1;
static void *volatile nowhere;
static volatile unsigned char two = 2;

KTEST(ubsan_reports_shifts)
{
	PLANTED("tests/unit/ubsan_test.c:", one << wide, "shift of 1 by 40, but type 'int' has 32 bits");
	PLANTED("Call trace:", one << -wide, "shift of 1 by -40, a negative count");
}

/* The compiler may swap the operands of a sum. */
KTEST(ubsan_reports_overflow)
{
	PLANTED("9223372036854775807", top + top, "9223372036854775807 + 9223372036854775807 does not fit type 'long int'");
	PLANTED("does not fit type 'long int'", top * wide, "UBSAN: tests/unit/ubsan_test.c:");
	PLANTED("signed integer overflow: -2 - 9223372036854775807", -2 - top, "does not fit type 'long int'");
	PLANTED("UBSAN: ", -bottom, "negation of -9223372036854775808 does not fit type 'long int'");
}

KTEST(ubsan_reports_bounds)
{
	static int four[4];

	PLANTED("UBSAN: ", four[last], "index 4 is out of range for type 'int [4]'");
}

KTEST(ubsan_reports_values)
{
	PLANTED("UBSAN: ", *(volatile bool *)&two, "load of value 2, which type '_Bool' does not have");
}

/* The access itself would fault, so it is the address alone that is taken. */
KTEST(ubsan_reports_null)
{
	struct pair { long a, b; } *p = nowhere;

	PLANTED("UBSAN: ", (long)&p->b, "member access within null pointer of type 'struct pair'");
}

KTEST(ubsan_reports_lengths)
{
	PLANTED("UBSAN: ", ({ volatile char text[zero - one]; (long)text; }), "array of variable length -1");
}
#endif
