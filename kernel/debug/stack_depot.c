// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stack depot: a hash table of stacks in a pool that only grows. A record holds the low halves of its return addresses
 * (the image is within 2 GiB, so the high halves are the same for all).
 *
 * No lock. A record is filled before it is put at the head of its chain, by compare-and-exchange with release; a reader follows
 * chains that only grow at their heads. Two CPUs that save the same new stack at the same time may both put it in, which wastes
 * a record and harms nobody.
 */
#if defined(CONFIG_KASAN) || defined(CONFIG_KMEMLEAK)
#include "kernel/debug/stack_depot.h"
#include "arch/x86_64/arch.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/kmemleak.h"
#include "kernel/lib/lib.h"
#include "kernel/mm/mm.h"

#define BUCKET_BITS 12
#define POOL_MIN    (64UL << 10)
#define POOL_MAX    (4UL << 20)

/* In the pool, aligned to 4. An id is the place in units of 4 bytes. */
struct record {
	u32 next;		/* id; 0: the last */
	u32 hash;
	u32 n;
	u32 ips[];
};

extern char trap_stubs[], trap_nmi[];	/* arch/x86_64/entry.asm: between them is what calls trap_dispatch() */

static u32 *pool;			/* immutable after stack_depot_init() */
static u32 pool_words;
static u32 used = 1;			/* words; atomic */
static u32 buckets[1 << BUCKET_BITS];	/* ids; atomic */

void stack_depot_init(void)
{
	unsigned long bytes = 0;

	for (unsigned int i = 0; i < boot_info.nr_ranges; i++)
		if (boot_info.ranges[i].type == BOOT_RAM)
			bytes += boot_info.ranges[i].end - boot_info.ranges[i].start;
	bytes = ALIGN(clamp(bytes / 128, POOL_MIN, POOL_MAX), PAGE_SIZE);
	pool = memblock_alloc(bytes, PAGE_SIZE);
	kmemleak_no_root(pool, bytes);
	pool_words = (u32)(bytes / sizeof(*pool));
}

static struct record *record_of(u32 id)
{
	return (struct record *)(pool + id);
}

static bool is_same(const struct record *r, u32 hash, const unsigned long *ips, unsigned int n)
{
	if (r->hash != hash || r->n != n)
		return false;
	for (unsigned int i = 0; i < n; i++)
		if (r->ips[i] != (u32)ips[i])
			return false;
	return true;
}

u32 stack_depot_save(const unsigned long *ips, unsigned int n)
{
	u32 hash = hash_bytes(ips, n * sizeof(*ips), n), *bucket = &buckets[hash >> (32 - BUCKET_BITS)];
	u32 words = (u32)(sizeof(struct record) / sizeof(u32)) + n, first = smp_load_acquire(bucket), id;
	struct record *r;

	for (id = first; id; id = r->next) {
		r = record_of(id);
		if (is_same(r, hash, ips, n))
			return id;
	}
	if (READ_ONCE(used) + words > pool_words)
		return 0;
	id = __atomic_fetch_add(&used, words, __ATOMIC_RELAXED);
	if (id + words > pool_words)
		return 0;
	r = record_of(id);
	r->hash = hash;
	r->n = n;
	for (unsigned int i = 0; i < n; i++)
		r->ips[i] = (u32)ips[i];
	do
		r->next = first;
	while (!__atomic_compare_exchange_n(bucket, &first, id, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	return id;
}

unsigned int stack_depot_fetch(u32 id, unsigned long ips[STACK_DEPOT_DEPTH])
{
	const struct record *r = record_of(id);
	unsigned int n;

	if (!id || id >= min(READ_ONCE(used), pool_words - STACK_DEPOT_DEPTH))
		return 0;
	n = min(r->n, (u32)STACK_DEPOT_DEPTH);
	for (unsigned int i = 0; i < n; i++)
		ips[i] = KERNEL_BASE | r->ips[i];
	return n;
}

u32 stack_depot_save_from(unsigned long frame_pointer)
{
	unsigned long ips[STACK_DEPOT_DEPTH];
	unsigned int n = stack_trace_save(frame_pointer, ips, STACK_DEPOT_DEPTH);

	/* What an interrupt came upon has nothing to do with it, and would make each stack a new one. */
	for (unsigned int i = 0; i < n; i++)
		if (ips[i] >= (unsigned long)trap_stubs && ips[i] < (unsigned long)trap_nmi)
			n = i;
	return stack_depot_save(ips, n);
}
#endif
