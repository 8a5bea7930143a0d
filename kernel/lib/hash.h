/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hash values. Numbers and pointers: multiplication by 2^64 divided by the golden ratio, the high
 * bits are the good ones. Text: FNV-1a, but over words of 8 bytes and the rest as one more,
 * with a final mix.
 */
#pragma once

#include "kernel/lib/types.h"

#define GOLDEN_RATIO_64 0x9e3779b97f4a7c15ULL

/* `bits` (1 … 32) wide. */
static inline u32 hash_64(u64 v, unsigned int bits)
{
	return (u32)((v * GOLDEN_RATIO_64) >> (64 - bits));
}
#define hash_long(v, bits) hash_64((unsigned long)(v), bits)
#define hash_ptr(p, bits)  hash_64((unsigned long)(p), bits)

/* 32 bits from `len` bytes; `salt` makes different tables (or parents) differ. */
static inline u32 hash_bytes(const void *data, size_t len, u64 salt)
{
	typedef u64 __attribute__((may_alias, aligned(1))) word;
	typedef u32 __attribute__((may_alias, aligned(1))) half;
	typedef u16 __attribute__((may_alias, aligned(1))) quarter;
	const u64 prime = 0x100000001b3ULL;
	u64 h = 0xcbf29ce484222325ULL ^ (salt * GOLDEN_RATIO_64), rest = 0;
	const u8 *p = data;

	for (; len >= 8; len -= 8, p += 8)
		h = (h ^ *(const word *)p) * prime;
	if (len & 4) {
		rest = *(const half *)p;
		p += 4;
	}
	if (len & 2) {
		rest = rest << 16 | *(const quarter *)p;
		p += 2;
	}
	if (len & 1)
		rest = rest << 8 | *p;
	h = (h ^ rest) * prime;
	return (u32)((h ^ (h >> 29)) * GOLDEN_RATIO_64 >> 32);
}
/* A file name below `parent`. */
static inline u32 full_name_hash(const void *parent, const char *name, size_t len)
{
	return hash_bytes(name, len, (unsigned long)parent);
}
