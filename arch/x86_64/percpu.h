/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-CPU variables: one copy a CPU, found through the GS base.
 *
 * DEFINE_PER_CPU puts the master copy into .data..percpu; each CPU has its own copy of that section, and its GS base holds
 * the distance from the master to the copy, so `mov %gs:var` is one instruction. The boot CPU uses the master itself until
 * the allocator is up (distance 0). With interrupts on, `this_cpu_…` of a sleeping task may be on another CPU afterwards.
 */
#pragma once

#include "kernel/lib/types.h"
#include "kernel/debug/kasan.h"

#define DECLARE_PER_CPU(type, name) extern type percpu_##name
#define DEFINE_PER_CPU(type, name)  __section(".data..percpu") type percpu_##name

extern unsigned long per_cpu_offset[NR_CPUS];

#define per_cpu_ptr(name, cpu) \
	((__typeof__(&percpu_##name))((unsigned long)&percpu_##name + per_cpu_offset[cpu]))
#define per_cpu(name, cpu) (*per_cpu_ptr(name, cpu))

/* Own copy's address; valid until the task sleeps. */
#define this_cpu_ptr(name)                                                                         \
	((__typeof__(&percpu_##name))((unsigned long)&percpu_##name + this_cpu_offset()))

static __always_inline unsigned long this_cpu_offset(void)
{
	extern unsigned long percpu_this_offset;
	unsigned long off;

	__asm__("movq %%gs:%1, %0" : "=r"(off) : "m"(percpu_this_offset));
	return off;
}

/* Scalars of 1, 2, 4 or 8 bytes: a single instruction, safe against interrupts. */
#define this_cpu_read(name)                                                                        \
	({                                                                                         \
		__typeof__(percpu_##name) pcp_ret;                                                 \
		__asm__ __volatile__("mov %%gs:%1, %0" : "=r"(pcp_ret) : "m"(percpu_##name));      \
		pcp_ret;                                                                           \
	})
#define this_cpu_write(name, val)                                                                  \
	do {                                                                                       \
		__typeof__(percpu_##name) pcp_val = (val);                                         \
		__asm__ __volatile__("mov %1, %%gs:%0" : "=m"(percpu_##name) : "r"(pcp_val));      \
	} while (0)
#define this_cpu_add(name, val)                                                                    \
	do {                                                                                       \
		__typeof__(percpu_##name) pcp_val = (__typeof__(percpu_##name))(val);              \
		__asm__ __volatile__("add %1, %%gs:%0" : "+m"(percpu_##name) : "r"(pcp_val));      \
	} while (0)
#define this_cpu_inc(name) this_cpu_add(name, 1)
#define this_cpu_dec(name) this_cpu_add(name, -1)

/*
 * On memory that only this CPU writes (through any pointer): one instruction each, so safe against interrupts and NMIs of this
 * CPU; against other CPUs not. 8 bytes.
 */
static __always_inline void local_inc(u64 *p)
{
	kasan_check_write(p, sizeof(*p));
	__asm__ __volatile__("incq %0" : "+m"(*p)::"memory");
}
static __always_inline bool local_dec_and_test(u64 *p)	/* true: it is 0 now */
{
	bool zero;

	kasan_check_write(p, sizeof(*p));
	__asm__ __volatile__("decq %0" : "+m"(*p), "=@ccz"(zero)::"memory");
	return zero;
}
static __always_inline bool local_cmpxchg(u64 *p, u64 old, u64 new_value)	/* true: *p was old, and is new_value */
{
	bool done;

	kasan_check_write(p, sizeof(*p));
	__asm__ __volatile__("cmpxchgq %3, %0" : "+m"(*p), "+a"(old), "=@ccz"(done) : "r"(new_value) : "memory");
	return done;
}
