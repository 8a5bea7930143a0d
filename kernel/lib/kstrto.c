/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text to numbers: strict forms that take the whole string (kstrto…) and one that stops where the
 * number ends.
 */
#include "kernel/lib/lib.h"

static unsigned int digit_value(char c)
{
	if (isdigit(c))
		return (unsigned int)(c - '0');
	if (isalpha(c))
		return (unsigned int)((c | 32) - 'a' + 10);
	return 99;
}

static const char *skip_prefix(const char *s, unsigned int *base)
{
	bool hex = s[0] == '0' && (s[1] | 32) == 'x' && isxdigit(s[2]);

	if (*base == 0)
		*base = hex ? 16 : s[0] == '0' ? 8 : 10;
	return *base == 16 && hex ? s + 2 : s;
}

/* Digits from s on; *end is behind them. *overflow is set if the value does not fit. */
static unsigned long long parse_digits(const char *s, const char **end, unsigned int base,
				       bool *overflow)
{
	unsigned long long v = 0;
	unsigned int d;

	for (; (d = digit_value(*s)) < base; s++) {
		if (__builtin_mul_overflow(v, (unsigned long long)base, &v))
			*overflow = true;
		if (__builtin_add_overflow(v, (unsigned long long)d, &v))
			*overflow = true;
	}
	*end = s;
	return v;
}

unsigned long long simple_strtoull(const char *s, char **end, unsigned int base)
{
	bool overflow;
	const char *stop;
	unsigned long long v;

	s = skip_prefix(s, &base);
	v = parse_digits(s, &stop, base, &overflow);
	if (end)
		*end = (char *)stop;
	return v;
}

unsigned long long memparse(const char *s, char **end)
{
	static const char units[] = "KMGT";
	char *stop;
	unsigned long long v = simple_strtoull(s, &stop, 0);
	const char *unit = *stop ? strchr(units, toupper(*stop)) : NULL;

	if (unit) {
		v <<= 10 * (unit - units + 1);
		stop++;
	}
	if (end)
		*end = stop;
	return v;
}

static int parse_whole(const char *s, unsigned int base, unsigned long long *res)
{
	bool overflow = false;
	const char *end;

	s = skip_prefix(s, &base);
	*res = parse_digits(s, &end, base, &overflow);
	if (end == s)
		return -EINVAL;
	if (*end == '\n')
		end++;
	if (*end)
		return -EINVAL;
	return overflow ? -ERANGE : 0;
}

int kstrtoull(const char *s, unsigned int base, unsigned long long *res)
{
	unsigned long long v;
	int err = parse_whole(*s == '+' ? s + 1 : s, base, &v);

	if (!err)
		*res = v;
	return err;
}

int kstrtoll(const char *s, unsigned int base, long long *res)
{
	bool negative = *s == '-';
	unsigned long long v;
	int err = parse_whole(negative || *s == '+' ? s + 1 : s, base, &v);

	if (err)
		return err;
	if (v > (unsigned long long)INT64_MAX + negative)
		return -ERANGE;
	*res = (long long)(negative ? -v : v);
	return 0;
}

int kstrtoul(const char *s, unsigned int base, unsigned long *res)
{
	unsigned long long v;
	int err = kstrtoull(s, base, &v);

	if (!err)
		*res = v;
	return err;
}

int kstrtol(const char *s, unsigned int base, long *res)
{
	long long v;
	int err = kstrtoll(s, base, &v);

	if (!err)
		*res = v;
	return err;
}

int kstrtouint(const char *s, unsigned int base, unsigned int *res)
{
	unsigned long long v;
	int err = kstrtoull(s, base, &v);

	if (err)
		return err;
	if (v > UINT32_MAX)
		return -ERANGE;
	*res = (unsigned int)v;
	return 0;
}

int kstrtoint(const char *s, unsigned int base, int *res)
{
	long long v;
	int err = kstrtoll(s, base, &v);

	if (err)
		return err;
	if (v != (int)v)
		return -ERANGE;
	*res = (int)v;
	return 0;
}

int kstrtobool(const char *s, bool *res)
{
	if (sysfs_streq(s, "1") || sysfs_streq(s, "y") || sysfs_streq(s, "on"))
		*res = true;
	else if (sysfs_streq(s, "0") || sysfs_streq(s, "n") || sysfs_streq(s, "off"))
		*res = false;
	else
		return -EINVAL;
	return 0;
}
