// SPDX-License-Identifier: GPL-2.0-only
//
// free: print how much memory there is, from /proc/meminfo.

#include "user/lib.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] = "Usage: free [-b | -k | -m]\n"
			   "Print the memory of this machine: all, used, free, in caches, and what "
			   "programs could get.\n"
			   "  -b  in bytes   -k  in KiB (so by default)   -m  in MiB\n";

static const char *meminfo;

// A field of /proc/meminfo in bytes; 0 for one that is not there.
static unsigned long long field(const char *name)
{
	size_t length = strlen(name);

	for (const char *line = meminfo; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) == 0 && line[length] == ':')
			return strtoull(line + length + 1, NULL, 10) * 1024;
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long long total, unused, cached, available, unit = 1024;
	int option;

	program_start("free", help);
	while ((option = next_option(argc, argv, "bkm")) != -1)
		unit = option == 'b' ? 1 : option == 'k' ? 1024 : 1024 * 1024;
	if (optind < argc)
		usage_error("unexpected: %s", argv[optind]);
	meminfo = read_file("/proc/meminfo");
	if (!meminfo)
		die_errno("/proc/meminfo");
	total = field("MemTotal");
	unused = field("MemFree");
	cached = field("Cached") + field("Buffers");
	available = field("MemAvailable");
	printf("%4s %12s %12s %12s %12s %12s\n", "", "total", "used", "free", "cache", "available");
	printf("Mem: %12llu %12llu %12llu %12llu %12llu\n", total / unit,
	       (total - unused - cached) / unit, unused / unit, cached / unit, available / unit);
	return finish(0);
}
