// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which lines have run (builds with COVERAGE=1; docs/coverage.md). The compiler puts a counter on each arc of each function's graph and
 * describes the counters of one object in a `struct gcov_info`, which the linker collects like any table of ours. Here is what GCC's
 * libgcov does in a program: at the end of the guest, gcov_send() writes each object's counters in the format of a .gcda file.
 *
 * What leaves is for each object that has run: u32 length of its name, the name, u32 length of its data, the data; then a u32 of 0, by
 * which the reader sees that nothing is missing (tools/lib/gcov.py). All numbers little-endian. Counters are added to with one locked
 * instruction in any context, so they may be read while other CPUs go on. This file and the tests are built without counters.
 *
 * The structures are GCC's (gcc/gcov-io.h, libgcc/libgcov.h there), of the versions named below.
 */
#ifdef CONFIG_COVERAGE
#include "arch/x86_64/arch.h"
#include "kernel/debug/debug.h"
#include "kernel/lib/lib.h"

#if defined(__clang__) || __GNUC__ < 12 || __GNUC__ > 15
#error "COVERAGE=1 needs GCC 12 to 15: others have other records, or none"
#elif __GNUC__ == 15
#define GCOV_COUNTERS 10
#elif __GNUC__ == 14
#define GCOV_COUNTERS 9
#else
#define GCOV_COUNTERS 8
#endif

#define GCDA_MAGIC   0x67636461u	/* "gcda" */
#define TAG_FUNCTION 0x01000000u
#define TAG_ARCS     0x01a10000u	/* the kind of counters that -fprofile-arcs makes, and the only one here */
#define TAG_SUMMARY  0xa1000000u

struct gcov_counters {
	u32 n;
	u64 *values;
};

struct gcov_function {
	const struct gcov_info *owner;	/* another object's copy of the function counts when this is not our own */
	u32 ident;
	u32 lineno_checksum;
	u32 cfg_checksum;
	struct gcov_counters arcs;
};

struct gcov_info {
	u32 version;
	struct gcov_info *next;		/* libgcov's */
	u32 stamp;			/* the same as in the object's .gcno file */
	u32 checksum;
	const char *name;		/* of the .gcda file */
	void (*merge[GCOV_COUNTERS])(u64 *values, u32 n);	/* not NULL: the object has counters of this kind */
	u32 n_functions;
	const struct gcov_function *const *functions;
};

typedef const struct gcov_info *gcov_entry;	/* as the compiler puts it into the table */
TABLE_DECLARE(const gcov_entry, gcov_info);

/* Named by each object, to be called when counters go into a file that is there. Ours are merged on the host. */
void __gcov_merge_add(u64 *values, u32 n);
void __gcov_merge_add(u64 *values, u32 n)
{
	panic("gcov: nothing is merged in the kernel");
}

static bool is_counted(const struct gcov_info *info, const struct gcov_function *fn)
{
	return fn && fn->owner == info;
}

static bool has_run(const struct gcov_info *info)
{
	u32 i, k;

	for (i = 0; i < info->n_functions; i++)
		for (k = 0; is_counted(info, info->functions[i]) && k < info->functions[i]->arcs.n; k++)
			if (info->functions[i]->arcs.values[k])
				return true;
	return false;
}

static void send_words(const u32 *words, unsigned int n)
{
	arch_coverage_write(words, n * sizeof(u32));
}

static void send_word(u32 word)
{
	send_words(&word, 1);
}

#define FILE_HEAD     8		/* words: magic, version, stamp, checksum; a summary of 1 run, largest counter not told */
#define FUNCTION_HEAD 7		/* the function with its three numbers; the head of its counters */

static u32 data_size(const struct gcov_info *info)
{
	u32 i, size = FILE_HEAD * sizeof(u32);

	for (i = 0; i < info->n_functions; i++)
		if (is_counted(info, info->functions[i]))
			size += FUNCTION_HEAD * sizeof(u32) + info->functions[i]->arcs.n * sizeof(u64);
	return size;
}

static void send_function(const struct gcov_function *fn)
{
	u32 size = fn->arcs.n * sizeof(u64);
	const u32 head[FUNCTION_HEAD] = {TAG_FUNCTION, 3 * sizeof(u32), fn->ident, fn->lineno_checksum, fn->cfg_checksum, TAG_ARCS, size};

	send_words(head, FUNCTION_HEAD);
	arch_coverage_write(fn->arcs.values, size);
}

static void send_object(const struct gcov_info *info)
{
	const u32 head[FILE_HEAD] = {GCDA_MAGIC, info->version, info->stamp, info->checksum, TAG_SUMMARY, 2 * sizeof(u32), 1, 0};
	u32 i, name_len = strlen(info->name);

	send_word(name_len);
	arch_coverage_write(info->name, name_len);
	send_word(data_size(info));
	send_words(head, FILE_HEAD);
	for (i = 0; i < info->n_functions; i++)
		if (is_counted(info, info->functions[i]))
			send_function(info->functions[i]);
}

bool gcov_send(void)
{
	static bool sent;
	const gcov_entry *info;

	if (__atomic_exchange_n(&sent, true, __ATOMIC_RELAXED))
		return false;
	for_each_table_entry(info, gcov_info)
		if (has_run(*info))
			send_object(*info);
	send_word(0);
	return true;
}
#endif
