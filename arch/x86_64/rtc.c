// SPDX-License-Identifier: GPL-2.0-only
/* The CMOS clock, read once at boot. It has no time zone; it is taken as UTC. Source: Motorola MC146818A data sheet. */
#include "arch/x86_64/cpu.h"
#include "kernel/lib/lib.h"

#define RTC_SECONDS  0
#define RTC_MINUTES  2
#define RTC_HOURS    4
#define RTC_DAY	     7
#define RTC_MONTH    8
#define RTC_YEAR     9
#define RTC_STATUS_A 10
#define RTC_STATUS_B 11
#define A_UPDATING   0x80
#define B_BINARY     0x04
#define B_24_HOURS   0x02
#define HOUR_PM	     0x80

static u64 boot_seconds;	/* immutable after rtc_read_boot_time() */

struct rtc_time {
	u8 second, minute, hour, day, month, year;
};

static u8 cmos(u8 reg)
{
	outb(0x70, 0x80 | reg);		/* bit 7: NMI stays masked meanwhile */
	return inb(0x71);
}

static struct rtc_time read_registers(void)
{
	unsigned int spins = 0;

	while ((cmos(RTC_STATUS_A) & A_UPDATING) && spins++ < 100000)
		cpu_relax();
	return (struct rtc_time){cmos(RTC_SECONDS), cmos(RTC_MINUTES), cmos(RTC_HOURS),
				 cmos(RTC_DAY),	    cmos(RTC_MONTH),   cmos(RTC_YEAR)};
}

static unsigned int number(u8 v, u8 status_b)
{
	return status_b & B_BINARY ? v : (v >> 4) * 10 + (v & 15);
}

/* Days from 1970-01-01 to a date of the Gregorian calendar, counting years from March so that a leap day comes last. */
static u64 days_from_1970(unsigned int year, unsigned int month, unsigned int day)
{
	unsigned int y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

	return 365UL * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

void rtc_read_boot_time(void)
{
	struct rtc_time t = read_registers(), again;
	unsigned int tries, hour;
	u8 b = cmos(RTC_STATUS_B);
	u64 seconds;

	for (tries = 0; tries < 5; tries++) {	/* two equal readings: none was torn */
		again = read_registers();
		if (memcmp(&t, &again, sizeof(t)) == 0)
			break;
		t = again;
	}
	outb(0x70, 0);
	if (t.day == 0xff || t.month == 0xff)
		return;				/* no such clock: time starts in 1970 */
	hour = number(t.hour & ~HOUR_PM, b);
	if (!(b & B_24_HOURS))
		hour = hour % 12 + (t.hour & HOUR_PM ? 12 : 0);
	seconds = days_from_1970(2000 + number(t.year, b), number(t.month, b), number(t.day, b)) * 86400 +
		  hour * 3600UL + number(t.minute, b) * 60UL + number(t.second, b);
	boot_seconds = seconds - arch_clock_ns() / 1000000000;
}

u64 arch_wall_clock_at_boot(void)
{
	return boot_seconds;
}
