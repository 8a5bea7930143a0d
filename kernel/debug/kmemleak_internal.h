/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the three files of kmemleak. */
#pragma once

#include "kernel/debug/debug.h"
#include "kernel/debug/kmemleak.h"
#include "kernel/mm/mm.h"

#define KMEMLEAK_ROOTS (64 + 2 * NR_CPUS)

/* An object in use. Its bucket's lock; while a scan runs, with all CPUs stopped, the scan's. */
struct kmemleak_object {
	unsigned long start;		/* 0: this record is free */
	size_t size;			/* bytes */
	const char *cache;		/* KMEMLEAK_SLAB */
	u32 next;			/* in its bucket, or the next free one; 0 ends */
	u32 gray;			/* the next to be read; 0 ends. The scan's own */
	u32 stack;			/* who allocated it: number in the stack depot */
	u32 born;			/* ms since boot */
	pid_t pid;			/* who that was */
	u8 kind, flags;
	u8 missed;			/* scans in a row, up to 2, that found no reference */
	char comm[16];
};
#define KMEMLEAK_FOUND	  1		/* this scan has found a reference */
#define KMEMLEAK_HANGS	  2		/* referred to by an object that is unreferenced itself */
#define KMEMLEAK_REPORTED 4		/* has been on the log */
#define KMEMLEAK_ONCE	  8		/* vmalloc()'s, whose list has an address of each: that one does not count */

struct kmemleak_range {
	unsigned long start, end;
};

/* ---- kmemleak.c ---- */
extern struct kmemleak_object *kmemleak_objects;
extern u32 kmemleak_max;
extern struct kmemleak_range kmemleak_roots[KMEMLEAK_ROOTS];	/* given out at boot */
extern unsigned int kmemleak_nr_roots;
extern bool kmemleak_off;		/* not begun, or out of records */
u32 kmemleak_end(void);			/* the records from here on were never used */
/* The object that begins there, but for vmalloc()'s; the one of vmalloc() that holds addr. NULL: none. During a scan. */
struct kmemleak_object *kmemleak_find(unsigned long start);
struct kmemleak_object *kmemleak_find_area(unsigned long addr);

/* ---- kmemleak_scan.c ---- */
/* Stop all CPUs, mark what can be reached, call done() before they go on. May sleep; one at a time. */
void kmemleak_scan(void (*done)(void));
