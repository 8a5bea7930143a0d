// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "user/sh/sh.h"
ssize_t edit_line(const char *prompt, struct buf *line)
{
	char c;
	ssize_t n;

	jobs_notify();
	write_all(2, prompt, strlen(prompt));
	while ((n = read(0, &c, 1)) == 1) {
		buf_putc(line, c);
		if (c == '\n')
			break;
	}
	return n < 0 ? n : (ssize_t)line->len;
}
void edit_tty_restore(void)
{
}
