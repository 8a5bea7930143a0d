/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of small numbers: searches, ranges, and their text forms. */
#include "kernel/lib/lib.h"

void bitmap_set(unsigned long *map, unsigned int start, unsigned int n)
{
	while (n--)
		__set_bit(start++, map);
}

void bitmap_clear(unsigned long *map, unsigned int start, unsigned int n)
{
	while (n--)
		__clear_bit(start++, map);
}

/* First bit at or above `from` where map ^ invert is 1. */
static unsigned long find_next(const unsigned long *map, unsigned long nbits, unsigned long from,
			       unsigned long invert)
{
	unsigned long i, word;

	if (from >= nbits)
		return nbits;
	i = from / BITS_PER_LONG;
	word = (READ_ONCE(map[i]) ^ invert) & (~0UL << (from % BITS_PER_LONG));
	while (!word) {
		if (++i * BITS_PER_LONG >= nbits)
			return nbits;
		word = READ_ONCE(map[i]) ^ invert;
	}
	return min(i * BITS_PER_LONG + __ffs(word), nbits);
}

unsigned long find_next_bit(const unsigned long *map, unsigned long nbits, unsigned long from)
{
	return find_next(map, nbits, from, 0);
}

unsigned long find_next_zero_bit(const unsigned long *map, unsigned long nbits, unsigned long from)
{
	return find_next(map, nbits, from, ~0UL);
}

unsigned long find_last_bit(const unsigned long *map, unsigned long nbits)
{
	unsigned long i = BITS_TO_LONGS(nbits);

	while (i--) {
		unsigned long word = map[i] & BITMAP_CUT(i, nbits);

		if (word)
			return i * BITS_PER_LONG + __fls(word);
	}
	return nbits;
}

/* One number at *s; *s moves behind it. */
static int parse_bit(const char **s, int nbits, unsigned int *bit)
{
	unsigned long v = 0;

	if (!isdigit(**s))
		return -EINVAL;
	for (; isdigit(**s); (*s)++)
		v = min(v * 10 + (unsigned long)(**s - '0'), (unsigned long)INT32_MAX);
	if (v >= (unsigned long)nbits)
		return -ERANGE;
	*bit = (unsigned int)v;
	return 0;
}

int bitmap_parselist(const char *buf, unsigned long *mask, int nbits)
{
	const char *s = skip_spaces(buf);
	unsigned int first, last;
	int err;

	bitmap_zero(mask, (unsigned int)nbits);
	if (!*s)
		return 0;
	for (;;) {
		err = parse_bit(&s, nbits, &first);
		if (err)
			return err;
		last = first;
		if (*s == '-') {
			s++;
			err = parse_bit(&s, nbits, &last);
			if (err)
				return err;
			if (last < first)
				return -EINVAL;
		}
		bitmap_set(mask, first, last - first + 1);
		if (*s != ',')
			break;
		s++;
	}
	return *skip_spaces(s) ? -EINVAL : 0;
}

/* Where the next text goes when `done` characters are there already, and how much room is left. */
#define ROOM(buf, len, done) ((size_t)(done) < (len) ? (buf) + (done) : NULL), \
			     ((size_t)(done) < (len) ? (len) - (size_t)(done) : 0)

int bitmap_print_list(char *buf, size_t len, const unsigned long *mask, int nbits)
{
	unsigned long n = (unsigned long)nbits, first, end;
	int done = snprintf(buf, len, "%s", "");

	for (first = find_first_bit(mask, n); first < n; first = find_next_bit(mask, n, end)) {
		end = find_next_zero_bit(mask, n, first);
		done += snprintf(ROOM(buf, len, done), "%s%lu", done ? "," : "", first);
		if (end - first > 1)
			done += snprintf(ROOM(buf, len, done), "-%lu", end - 1);
	}
	return done;
}

int bitmap_print_mask(char *buf, size_t len, const unsigned long *mask, int nbits)
{
	int done = 0;

	for (int i = DIV_ROUND_UP(nbits, 32) - 1; i >= 0; i--) {
		u32 word = (u32)(mask[i / 2] >> (i % 2 * 32));
		int bits = min(nbits - i * 32, 32);

		if (bits < 32)
			word &= (1U << bits) - 1;
		done += snprintf(ROOM(buf, len, done), "%0*x%s", DIV_ROUND_UP(bits, 4), word,
				 i ? "," : "");
	}
	return done;
}
