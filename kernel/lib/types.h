/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The basic types and the compiler's vocabulary. Included by every other header; depends on
 * nothing.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

/* An integer at any address: in the packed tables of firmware, say. */
typedef u16 u16_unaligned __attribute__((aligned(1)));
typedef u32 u32_unaligned __attribute__((aligned(1)));
typedef u64 u64_unaligned __attribute__((aligned(1)));

typedef long ssize_t;
typedef s64 loff_t;
typedef u64 phys_addr_t;
typedef s64 ktime_t;		/* nanoseconds */
typedef int pid_t;
typedef u32 uid_t;
typedef u32 gid_t;
typedef u32 dev_t;		/* kernel form: major << 20 | minor */
typedef u16 umode_t;		/* S_IF* and permission bits */
typedef u64 ino_t;

/* Embedded in what is freed after a grace period (kernel/sync/rcu.h). */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

/* A pointer into user space: only copy_from_user() and friends may look behind it. */
#define __user

#define MAJOR(dev)	     ((unsigned int)((dev) >> 20))
#define MINOR(dev)	     ((unsigned int)((dev) & 0xfffff))
#define MKDEV(major, minor) ((dev_t)(((major) << 20) | (minor)))

#define __packed	 __attribute__((packed))
#define __aligned(n)	 __attribute__((aligned(n)))
#define __section(s)	 __attribute__((section(s)))
/* Sleeps on behalf of its caller: not the place where a task is said to wait (/proc/PID/wchan). */
#define __sched		 __section(".text.sched")
#define __nobreak	 __section(".text.nobreak")	/* the GDB stub takes no breakpoint here */
#define __used		 __attribute__((used))
#define __unused	 __attribute__((unused))
#define __noreturn	 __attribute__((noreturn))
#define __must_check	 __attribute__((warn_unused_result))
#define __printf(a, b)	 __attribute__((format(printf, a, b)))
#define __always_inline	 inline __attribute__((always_inline))
#define noinline	 __attribute__((noinline))
#define __weak		 __attribute__((weak))
#define fallthrough	 __attribute__((fallthrough))
#define likely(x)	 __builtin_expect(!!(x), 1)
#define unlikely(x)	 __builtin_expect(!!(x), 0)
#define barrier()	 __asm__ __volatile__("" ::: "memory")
#define READ_ONCE(x)	 (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

/*
 * An expression whose plain accesses may race with other CPUs: whatever it reads will do, a comment says why. It must not sleep. Builds
 * with KCSAN=1 report other plain accesses that race (kernel/debug/kcsan.c).
 */
#ifdef CONFIG_KCSAN
void kcsan_quiet_begin(void);
void kcsan_quiet_end(void);
#define data_race(expression)                       \
	({                                          \
		kcsan_quiet_begin();                \
		__auto_type racing = (expression);  \
		kcsan_quiet_end();                  \
		racing;                             \
	})
#else
#define data_race(expression) (expression)
#endif

#define ARRAY_SIZE(a)	   (sizeof(a) / sizeof((a)[0]))
#define BIT(n)		   (1UL << (n))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define ALIGN(x, a)	   (((x) + ((__typeof__(x))(a) - 1)) & ~((__typeof__(x))(a) - 1))
#define ALIGN_DOWN(x, a)   ((x) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)   (((x) & ((__typeof__(x))(a) - 1)) == 0)
#define BUILD_BUG_ON(cond) _Static_assert(!(cond), #cond)
#define CONCAT_(a, b)	   a##b
#define CONCAT(a, b)	   CONCAT_(a, b)
#define STRINGIFY_(...)	   #__VA_ARGS__
#define STRINGIFY(...)	   STRINGIFY_(__VA_ARGS__)

#define min(a, b)                              \
	({                                     \
		__typeof__(a) min_a = (a);     \
		__typeof__(b) min_b = (b);     \
		min_a < min_b ? min_a : min_b; \
	})
#define max(a, b)                              \
	({                                     \
		__typeof__(a) max_a = (a);     \
		__typeof__(b) max_b = (b);     \
		max_a > max_b ? max_a : max_b; \
	})
#define min_t(type, a, b)                          \
	({                                         \
		type mint_a = (a);                 \
		type mint_b = (b);                 \
		mint_a < mint_b ? mint_a : mint_b; \
	})
#define max_t(type, a, b)                          \
	({                                         \
		type maxt_a = (a);                 \
		type maxt_b = (b);                 \
		maxt_a > maxt_b ? maxt_a : maxt_b; \
	})
#define clamp(v, lo, hi)  min(max(v, lo), hi)

#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1UL << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#ifdef CONFIG_NR_CPUS
#define NR_CPUS CONFIG_NR_CPUS
#else
#define NR_CPUS 32
#endif
#define MAX_NUMNODES 8

/*
 * A table collected by the linker: SECTION_ARRAY objects of one type, put into the section named
 * `table` (boot/kernel.ld keeps every `.tab.*` section and defines __start_tab_NAME /
 * __stop_tab_NAME around it).
 */
#define TABLE_ENTRY(table)  __used __section(".tab." #table) __aligned(8)
#define TABLE_DECLARE(type, table) extern type __start_tab_##table[], __stop_tab_##table[]
#define for_each_table_entry(p, table) \
	for (p = __start_tab_##table; p < __stop_tab_##table; p++)
