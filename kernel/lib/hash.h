/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hash values. Numbers and pointers: multiplication by 2^64 divided by the golden ratio, the high
 * bits are the good ones. Text: FNV-1a over bytes with a final mix.
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

/* Byte by byte, for who walks over the text anyway: begin, step for each byte, end. */
static inline u64 hash_begin(u64 salt)
{
	return 0xcbf29ce484222325ULL ^ (salt * GOLDEN_RATIO_64);
}
static inline u64 hash_step(u64 h, u8 byte)
{
	return (h ^ byte) * 0x100000001b3ULL;
}
static inline u32 hash_end(u64 h)
{
	return (u32)((h ^ (h >> 29)) * GOLDEN_RATIO_64 >> 32);
}
/* 32 bits from `len` bytes; `salt` makes different tables (or parents) differ. */
static inline u32 hash_bytes(const void *data, size_t len, u64 salt)
{
	const u8 *p = data;
	u64 h = hash_begin(salt);

	while (len--)
		h = hash_step(h, *p++);
	return hash_end(h);
}
/* A file name below `parent`. */
static inline u32 full_name_hash(const void *parent, const char *name, size_t len)
{
	return hash_bytes(name, len, (unsigned long)parent);
}
