// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel command line, for every floor: boot_param() answers "was this option given". Words are separated by spaces;
 * what follows `--` belongs to init.
 */
#include "boot/boot_info.h"

/* Next word from *s (which moves behind it); its length, 0 at the end or at `--`. */
static unsigned int next_word(const char **s, const char **word)
{
	const char *p = *s;

	while (*p == ' ')
		p++;
	*word = p;
	while (*p && *p != ' ')
		p++;
	*s = p;
	if (p - *word == 2 && (*word)[0] == '-' && (*word)[1] == '-')
		return 0;
	return p - *word;
}

bool boot_param(const char *name, char *buf, unsigned int size)
{
	const char *s = boot_info.cmdline, *word;
	bool found = false;
	unsigned int len, i, n;

	while ((len = next_word(&s, &word)) != 0) {
		for (i = 0; i < len && name[i] && word[i] == name[i]; i++)
			;
		if (name[i] || (i < len && word[i] != '='))
			continue;
		if (i < len)
			i++;			/* the '=' */
		for (n = 0; i < len && n + 1 < size; i++)
			buf[n++] = word[i];
		if (size)
			buf[n] = '\0';
		found = true;			/* the last one counts */
	}
	return found;
}

unsigned long boot_param_ulong(const char *name, unsigned long otherwise)
{
	char buf[24];
	unsigned long v = 0, base = 10;
	const char *p = buf;

	if (!boot_param(name, buf, sizeof(buf)) || !buf[0])
		return otherwise;
	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		base = 16;
		p += 2;
	}
	for (; *p; p++) {
		unsigned int c = *p | 0x20, d = c >= 'a' ? c - 'a' + 10 : c - '0';

		if (d >= base)
			return otherwise;
		v = v * base + d;
	}
	return v;
}

const char *boot_init_args(void)
{
	const char *s = boot_info.cmdline, *word;

	while (next_word(&s, &word) != 0)
		;
	while (*s == ' ')
		s++;
	return s;
}

const char *boot_public_cmdline(void)
{
	static char line[BOOT_CMDLINE_MAX];
	const char *s = boot_info.cmdline, *word;
	unsigned int n = 0, len, i;

	while ((len = next_word(&s, &word)) != 0) {
		if (len > 3 && word[0] == 'v' && word[1] == 'm' && word[2] == '.')
			continue;
		if (n)
			line[n++] = ' ';
		for (i = 0; i < len; i++)
			line[n++] = word[i];
	}
	if (s > word) {					/* stopped at "--": keep it and the rest */
		if (n)
			line[n++] = ' ';
		while (*word)
			line[n++] = *word++;
	}
	line[n] = '\0';
	return line;
}
