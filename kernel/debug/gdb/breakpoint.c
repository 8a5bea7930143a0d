// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breakpoints. Those of software are int3 bytes in the kernel's text, and are there only while the machine runs: when it
 * stops they are taken out, so the stub may use any function, and GDB reads the true bytes. One in the kernel's data is not
 * inserted at all: nothing can be executed there, so the fault of the attempt is its trap. GDB lets functions that it calls
 * return to such a place. Those of the hardware are the four debug registers, the same on each CPU, which loads them when it
 * leaves the stub (stop.c). A program's text is shared with all who run it, so there one of software takes a register, too:
 * `next` and `finish` ask for such ones.
 */
#include "kernel/debug/gdb/internal.h"

#define MAX_BREAKPOINTS 128

static struct breakpoint {
	unsigned long addr;	/* 0: not in use */
	bool in_data;		/* never inserted */
	unsigned char byte;	/* of the instruction; while inserted */
	bool inserted;
} breakpoints[MAX_BREAKPOINTS];

struct hw_break hw_breaks[HW_BREAKS];

/* Which of GDB's requests a debug register serves: one may need several. */
static struct {
	unsigned int type;
	unsigned long addr, len;
} hw_requests[HW_BREAKS];

extern char __nobreak_start[], __nobreak_end[];

/* ---- software ---- */

static bool is_text(unsigned long addr)
{
	return addr >= (unsigned long)__text_start && addr < (unsigned long)__text_end;
}

/* What the stub runs while breakpoints are in: from one in there, the trap's way to the stub would never end. */
static bool is_nobreak(unsigned long addr)
{
	return addr >= (unsigned long)__nobreak_start && addr < (unsigned long)__nobreak_end;
}

static bool is_kernel(unsigned long addr)
{
	return addr >= PAGE_OFFSET && addr < (unsigned long)__kernel_end;
}

static struct breakpoint *find(unsigned long addr)
{
	unsigned int i;

	for (i = 0; i < MAX_BREAKPOINTS; i++)
		if (breakpoints[i].addr == addr)
			return &breakpoints[i];
	return NULL;
}

bool breakpoint_at(unsigned long addr)
{
	return addr && find(addr);
}

static int set_software(unsigned long addr)
{
	struct breakpoint *b;

	if (!is_kernel(addr) || is_nobreak(addr))
		return -EINVAL;
	if (find(addr))
		return 0;
	b = find(0);
	if (!b)
		return -ENOSPC;
	*b = (struct breakpoint){.addr = addr, .in_data = !is_text(addr)};
	return 0;
}

static void take_out(struct breakpoint *b)
{
	if (b->inserted)
		write_text((void *)b->addr, &b->byte, 1);
	b->inserted = false;
}

static int clear_software(unsigned long addr)
{
	struct breakpoint *b = addr ? find(addr) : NULL;

	if (b)
		b->addr = 0;
	return 0;
}

void breakpoints_insert(void)
{
	static const unsigned char int3 = INT3_OPCODE;
	unsigned int i;

	for (i = 0; i < MAX_BREAKPOINTS; i++) {
		struct breakpoint *b = &breakpoints[i];

		if (!b->addr || b->in_data)
			continue;
		b->byte = *(volatile unsigned char *)b->addr;
		write_text((void *)b->addr, &int3, 1);
		b->inserted = true;
	}
}

void breakpoints_remove(void)
{
	unsigned int i;

	for (i = 0; i < MAX_BREAKPOINTS; i++)
		take_out(&breakpoints[i]);
}

bool breakpoint_lift(unsigned long addr)
{
	struct breakpoint *b = addr ? find(addr) : NULL;

	if (!b || !b->inserted)
		return false;
	take_out(b);
	return true;
}

/* ---- hardware ---- */

static enum hw_break_type register_type(unsigned int type)
{
	return type <= 1 ? HW_EXEC : type == 2 ? HW_WRITE : HW_ACCESS;	/* there is none for reads alone */
}

unsigned int hw_break_type(unsigned int n)
{
	return hw_requests[n].type;
}

static int clear_hardware(unsigned int type, unsigned long addr, unsigned long len)
{
	unsigned int n;

	for (n = 0; n < HW_BREAKS; n++)
		if (hw_requests[n].type == type && hw_requests[n].addr == addr && hw_requests[n].len == len) {
			hw_requests[n].type = 0;
			hw_breaks[n] = (struct hw_break){.len = 0};
		}
	return 0;
}

/* The bytes from addr on, in aligned pieces of 8, 4, 2 and 1: a register each. */
static int set_hardware(unsigned int type, unsigned long addr, unsigned long len)
{
	unsigned long at = addr, size, end = addr + len;
	unsigned int n;

	if (!len || len > 8 * HW_BREAKS || (type <= 1 && is_nobreak(addr)))
		return -EINVAL;
	clear_hardware(type, addr, len);
	for (; at < end; at += size) {
		for (size = 8; size > 1 && (at % size || at + size > end); size /= 2)
			;
		for (n = 0; n < HW_BREAKS && hw_breaks[n].len; n++)
			;
		if (n == HW_BREAKS) {
			clear_hardware(type, addr, len);
			return -ENOSPC;
		}
		hw_breaks[n] = (struct hw_break){.addr = at, .len = size, .type = register_type(type)};
		hw_requests[n].type = type;
		hw_requests[n].addr = addr;
		hw_requests[n].len = len;
	}
	return 0;
}

/* ---- both ---- */

static bool takes_register(unsigned int type, unsigned long addr)
{
	return type || addr < USER_END;
}

int breakpoint_set(unsigned int type, unsigned long addr, unsigned long len)
{
	if (type > 4)
		return -EOPNOTSUPP;
	return takes_register(type, addr) ? set_hardware(type, addr, type <= 1 ? 1 : len) : set_software(addr);
}

int breakpoint_clear(unsigned int type, unsigned long addr, unsigned long len)
{
	if (type > 4)
		return -EOPNOTSUPP;
	return takes_register(type, addr) ? clear_hardware(type, addr, type <= 1 ? 1 : len) : clear_software(addr);
}

void breakpoint_clear_all(void)
{
	memset(breakpoints, 0, sizeof(breakpoints));
	memset(hw_breaks, 0, sizeof(hw_breaks));
	memset(hw_requests, 0, sizeof(hw_requests));
}
