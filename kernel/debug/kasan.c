// SPDX-License-Identifier: GPL-2.0-only
/*
 * KASAN, the checks. Read is_bad() first: it looks at the shadow of an access (kasan.h says what its bytes mean). Around it are the
 * functions that the compiler calls: before each load and store (__asan_load… and __asan_store…), for local variables that
 * come and go, and once for each file with global variables.
 *
 * The other parts: kasan_heap.c is told by the allocators what lives and what is free, kasan_string.c stands before memcpy() and its
 * kin, kasan_report.c says what is wrong, arch/x86_64/kasan.c has the shadow's page tables.
 *
 * Nothing here takes a lock: a shadow byte changes when memory changes hands, and who touches memory at that moment without owning it
 * is wrong either way.
 */
#ifdef CONFIG_KASAN
#include "arch/x86_64/arch.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/kasan_internal.h"
#include "kernel/lib/lib.h"
#include "kernel/mm/mm.h"

#define CALLER ((unsigned long)__builtin_return_address(0))

typedef s8 __attribute__((may_alias)) shadow_t;
typedef u64 __attribute__((may_alias, aligned(1))) shadow_word_t;

/* memset() itself, which kasan_string.c stands before. */
void *__real_memset(void *s, int c, size_t n);

/* ---- the check ---- */

/* May the granule's bytes up to this one be touched? */
static __always_inline bool byte_is_bad(unsigned long addr)
{
	s8 v = *(const shadow_t *)kasan_shadow((void *)addr);

	return unlikely(v) && (s8)(addr & (KASAN_GRANULE - 1)) >= v;
}

/* For n = 1, 2, 4, 8, 16: an access lies in at most three granules, all but the last of which must be whole. */
static __always_inline bool is_bad(unsigned long addr, size_t n)
{
	unsigned long last = addr + n - 1;

	if (unlikely(addr < KASAN_FIRST))
		return true;
	if (byte_is_bad(last))
		return true;
	if (n > 8 && byte_is_bad(addr | 7) && (addr | 7) < last)
		return true;
	return n > 1 && (addr ^ last) & ~(KASAN_GRANULE - 1) && byte_is_bad((last & ~(KASAN_GRANULE - 1)) - 1);
}

unsigned long kasan_first_bad(unsigned long addr, size_t n)
{
	unsigned long end = addr + n;

	if (addr < KASAN_FIRST || end < addr)
		return addr;
	while (addr < end) {
		const u8 *shadow = kasan_shadow((void *)addr);

		if (IS_ALIGNED(addr, 8 * KASAN_GRANULE) && end - addr >= 8 * KASAN_GRANULE && !*(const shadow_word_t *)shadow) {
			addr += 8 * KASAN_GRANULE;
		} else if (!*shadow) {
			addr = (addr | (KASAN_GRANULE - 1)) + 1;
		} else {
			if (byte_is_bad(addr))
				return addr;
			addr++;
		}
	}
	return 0;
}

static __always_inline bool check_range(unsigned long addr, size_t n, bool write, unsigned long ip)
{
	if (likely(!n || !kasan_first_bad(addr, n)))
		return true;
	kasan_report(addr, n, write, ip);
	return !kasan_ready;
}

bool kasan_check_read(const volatile void *p, size_t n)
{
	return check_range((unsigned long)p, n, false, CALLER);
}

bool kasan_check_write(const volatile void *p, size_t n)
{
	return check_range((unsigned long)p, n, true, CALLER);
}

/* ---- before loads and stores ---- */

#define DEFINE_ACCESS(name, n, write)                                                              \
	void __asan_##name##_noabort(unsigned long addr);                                          \
	void __asan_##name##_noabort(unsigned long addr)                                           \
	{                                                                                          \
		if (unlikely(is_bad(addr, n)))                                                     \
			kasan_report(addr, n, write, CALLER);                                      \
	}
DEFINE_ACCESS(load1, 1, false)
DEFINE_ACCESS(load2, 2, false)
DEFINE_ACCESS(load4, 4, false)
DEFINE_ACCESS(load8, 8, false)
DEFINE_ACCESS(load16, 16, false)
DEFINE_ACCESS(store1, 1, true)
DEFINE_ACCESS(store2, 2, true)
DEFINE_ACCESS(store4, 4, true)
DEFINE_ACCESS(store8, 8, true)
DEFINE_ACCESS(store16, 16, true)

void __asan_loadN_noabort(unsigned long addr, size_t n);
void __asan_loadN_noabort(unsigned long addr, size_t n)
{
	check_range(addr, n, false, CALLER);
}

void __asan_storeN_noabort(unsigned long addr, size_t n);
void __asan_storeN_noabort(unsigned long addr, size_t n)
{
	check_range(addr, n, true, CALLER);
}

/* ---- marking ---- */

void kasan_poison(const void *p, size_t n, u8 why)
{
	__real_memset(kasan_shadow(p), why, n / KASAN_GRANULE);
}

void kasan_unpoison(const void *p, size_t n)
{
	__real_memset(kasan_shadow(p), 0, n / KASAN_GRANULE);
	if (n % KASAN_GRANULE)
		kasan_shadow(p)[n / KASAN_GRANULE] = n % KASAN_GRANULE;
}

/* ---- local variables: the frame's redzones are marked by code in the function itself ---- */

/*
 * A function is called that does not return, so those whose frames are above it may never unmark them. All of the stack that
 * is in use may be touched from here on; a frame that is returned to after all is just not checked any more.
 */
void __asan_handle_no_return(void);
void __asan_handle_no_return(void)
{
	unsigned long sp = (unsigned long)__builtin_frame_address(0), top = 0;

	if (sp >= (unsigned long)boot_stack && sp < (unsigned long)boot_stack_top)
		top = (unsigned long)boot_stack_top;
	else if (sp >= VMALLOC_START && sp < VMALLOC_END)
		top = ALIGN(sp, 2 * THREAD_SIZE);	/* kernel/mm/vmalloc.c: stacks end at multiples of that */
	if (top)
		kasan_unpoison((void *)ALIGN_DOWN(sp, KASAN_GRANULE), top - ALIGN_DOWN(sp, KASAN_GRANULE));
}

/* An array of variable length, with 32 bytes before it and as many or more behind, up to a multiple of 32. */
#define ALLOCA_REDZONE 32UL

void __asan_alloca_poison(unsigned long addr, size_t n);
void __asan_alloca_poison(unsigned long addr, size_t n)
{
	unsigned long end = ALIGN(addr + n, KASAN_GRANULE), right = ALIGN(addr + n, ALLOCA_REDZONE);

	if (n > THREAD_SIZE)	/* a negative length: UBSAN's to report */
		return;
	kasan_unpoison((void *)addr, n);
	kasan_poison((void *)(addr - ALLOCA_REDZONE), ALLOCA_REDZONE, KASAN_ALLOCA_LEFT);
	kasan_poison((void *)end, right + ALLOCA_REDZONE - end, KASAN_ALLOCA_RIGHT);
}

/* All such arrays between these are gone; top is 0 when there were none. */
void __asan_allocas_unpoison(unsigned long top, unsigned long bottom);
void __asan_allocas_unpoison(unsigned long top, unsigned long bottom)
{
	if (top && top < bottom)
		kasan_unpoison((void *)top, bottom - top);
}

/* ---- global variables ---- */

#define MAX_FILES 512

/* What the files have registered, before kasan_ready; immutable afterwards. */
static struct {
	const struct kasan_global *first;
	size_t n;
} files[MAX_FILES];
static unsigned int nr_files;

void __asan_register_globals(struct kasan_global *first, size_t n);
void __asan_register_globals(struct kasan_global *first, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct kasan_global *g = &first[i];
		size_t whole = ALIGN(g->size, KASAN_GRANULE);

		kasan_unpoison(g->start, g->size);
		kasan_poison((const char *)g->start + whole, g->size_with_redzone - whole, KASAN_GLOBAL);
	}
	if (nr_files < MAX_FILES) {
		files[nr_files].first = first;
		files[nr_files++].n = n;
	}
}

/* Called by destructors, which a kernel never runs. */
void __asan_unregister_globals(struct kasan_global *first, size_t n);
void __asan_unregister_globals(struct kasan_global *first, size_t n)
{
}

const struct kasan_global *kasan_find_global(unsigned long addr)
{
	for (unsigned int f = 0; f < nr_files; f++)
		for (size_t i = 0; i < files[f].n; i++) {
			const struct kasan_global *g = &files[f].first[i];

			if (addr - (unsigned long)g->start < g->size_with_redzone)
				return g;
		}
	return NULL;
}

/* ---- boot ---- */

extern void (*const __start_constructors[])(void), (*const __stop_constructors[])(void);

void kasan_init(void)
{
	arch_kasan_init();
	for (void (*const *fn)(void) = __start_constructors; fn < __stop_constructors; fn++)
		(*fn)();
	kasan_ready = true;
	pr_info("kasan: memory is checked\n");
}
#endif
