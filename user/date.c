// SPDX-License-Identifier: GPL-2.0-only
//
// date: print the time. There are no time zones here: always UTC.

#include "user/lib.h"

#include <string.h>
#include <unistd.h>

static const char help[] =
	"Usage: date [-u] [+FORMAT]\n"
	"Print the time (UTC). FORMAT is as for strftime(3), and %N is nanoseconds.\n";

// Replace %N, which strftime() does not know.
static void expand_nanoseconds(const char *format, long nanoseconds, char *out, size_t size)
{
	size_t used = 0;

	for (; *format && used + 10 < size; format++) {
		if (format[0] == '%' && format[1] == 'N') {
			used += snprintf(out + used, size - used, "%09ld", nanoseconds);
			format++;
			continue;
		}
		out[used++] = *format;
		if (format[0] == '%' && format[1])
			out[used++] = *++format;
	}
	out[used] = 0;
}

int main(int argc, char **argv)
{
	const char *format = "%a %b %e %H:%M:%S UTC %Y";
	char expanded[1024], text[4096];
	struct timespec now;
	struct tm tm;

	program_start("date", help);
	while (next_option(argc, argv, "u") != -1)
		continue;
	if (argc - optind > 1 || (optind < argc && argv[optind][0] != '+'))
		usage_error("unexpected: %s", argv[argc - 1]);
	if (optind < argc)
		format = argv[optind] + 1;
	if (strlen(format) > sizeof(expanded) / 2)
		die("the format is too long");
	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		die_errno("clock");
	gmtime_r(&now.tv_sec, &tm);
	// The blank in front tells an empty result from a failure.
	expanded[0] = ' ';
	expand_nanoseconds(format, now.tv_nsec, expanded + 1, sizeof(expanded) - 1);
	if (!strftime(text, sizeof(text), expanded, &tm))
		die("bad format: %s", format);
	puts(text + 1);
	return finish(0);
}
