// SPDX-License-Identifier: GPL-2.0-only
//
// mount: attach a file system to a directory, change the options of one that is mounted, or list
// what is mounted. Options that are flags of mount(2) become flags; all others go to the file
// system as text (`-o cpuset,numtasks`). Start reading at main().

#include "user/lib.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static const char help[] =
	"Usage: mount [-t TYPE] [-o OPTION,...] [DEVICE] DIR\n"
	"       mount -o remount,OPTION,... DIR\n"
	"       mount\n"
	"Mount the file system on DEVICE (any word where the type needs none; TYPE by default) on "
	"DIR.\n"
	"Without arguments list the mounts. Options: ro rw nosuid nodev noexec bind remount; all "
	"others\n"
	"are the file system's own, such as the subsystems of a container hierarchy:\n"
	"  mount -t container -o cpuset,numtasks hier1 /dev/container\n";

static const struct {
	const char *name;
	unsigned long set, clear;
} flag_options[] = {
	{"ro", MS_RDONLY, 0},	    {"rw", 0, MS_RDONLY},   {"nosuid", MS_NOSUID, 0},
	{"suid", 0, MS_NOSUID},	    {"nodev", MS_NODEV, 0}, {"dev", 0, MS_NODEV},
	{"noexec", MS_NOEXEC, 0},   {"exec", 0, MS_NOEXEC}, {"bind", MS_BIND, 0},
	{"remount", MS_REMOUNT, 0},
};

// One line of /proc/mounts.
struct mounted {
	char *device, *dir, *type, *options;
};

// Undo the escapes (\040 for a blank) of /proc/mounts.
static void unescape(char *text)
{
	char *out = text;

	for (; *text; text++) {
		if (text[0] == '\\' && strspn(text + 1, "01234567") >= 3) {
			*out++ = (text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0');
			text += 3;
		} else {
			*out++ = *text;
		}
	}
	*out = 0;
}

// Take the next line off `*text`. Returns false at the end; lines that are no mounts are skipped.
static bool next_mounted(char **text, struct mounted *m)
{
	char *line;

	while ((line = strsep(text, "\n"))) {
		m->device = strsep(&line, " ");
		m->dir = strsep(&line, " ");
		m->type = strsep(&line, " ");
		m->options = strsep(&line, " ");
		if (!m->options)
			continue;
		unescape(m->device);
		unescape(m->dir);
		return true;
	}
	return false;
}

static char *read_mounts(void)
{
	char *text = read_file("/proc/mounts");

	if (!text)
		die_errno("/proc/mounts");
	return text;
}

static int list_mounts(void)
{
	char *text = read_mounts();
	struct mounted m;

	while (next_mounted(&text, &m))
		printf("%s on %s type %s (%s)\n", m.device, m.dir, m.type, m.options);
	return finish(0);
}

// Find the mount on `dir`: the last one, which hides those before it.
static void find_mounted(const char *dir, struct mounted *found)
{
	char *text = read_mounts(), *real = realpath(dir, NULL);
	struct mounted m;
	bool ok = false;

	while (next_mounted(&text, &m))
		if (strcmp(m.dir, real ? real : dir) == 0) {
			*found = m;
			ok = true;
		}
	if (!ok)
		die("can't find %s in /proc/mounts", dir);
	free(real);
}

// Sort the comma-separated `options` into flags and, appended to `data`, the rest: also an empty
// one, about which the file system may complain. `*begun`: there is one in `data`.
static void sort_options(char *options, unsigned long *flags, char *data, bool *begun)
{
	char *option;

	if (!*options)
		return;
	while ((option = strsep(&options, ","))) {
		size_t i;

		for (i = 0; i < sizeof(flag_options) / sizeof(flag_options[0]); i++)
			if (strcmp(option, flag_options[i].name) == 0)
				break;
		if (i < sizeof(flag_options) / sizeof(flag_options[0])) {
			*flags = (*flags | flag_options[i].set) & ~flag_options[i].clear;
		} else {
			if (*begun)
				strcat(data, ",");
			strcat(data, option);
			*begun = true;
		}
	}
}

// What an error means that a container hierarchy gives, to be appended to its text.
static const char *hint(const char *type, const char *dir, int error)
{
	bool exists = access(dir, F_OK) == 0;

	if (!type || (strcmp(type, "container") != 0 && strcmp(type, "cgroup") != 0))
		return "";
	if (error == ENOENT && exists)
		return " (no such subsystem; /proc/containers lists them)";
	if (error == EBUSY)
		return " (a subsystem is in another hierarchy, see /proc/mounts, or in use)";
	return "";
}

static int do_mount(const char *device, const char *dir, const char *type, unsigned long flags,
		    const char *data)
{
	int error;

	if (mount(device, dir, type, flags, *data ? data : NULL) == 0)
		return 0;
	error = errno;
	die("mounting %s on %s failed: %s%s", device, dir, error_text(error), hint(type, dir, error));
}

int main(int argc, char **argv)
{
	const char *type = NULL, *device, *dir;
	unsigned long flags = 0;
	bool begun = false;
	size_t room = 1;
	char *data;
	int option;

	program_start("mount", help);
	// All -o arguments together are no longer than all arguments together.
	for (int i = 1; i < argc; i++)
		room += strlen(argv[i]) + 1;
	data = xmalloc(room);
	*data = 0;
	while ((option = next_option(argc, argv, "t:o:")) != -1) {
		if (option == 't')
			type = optarg;
		else
			sort_options(optarg, &flags, data, &begun);
	}
	if (argc == 1)
		return list_mounts();
	if (argc - optind < 1 || argc - optind > 2)
		usage_error("a directory, or a device and a directory, must be given");
	dir = argv[argc - 1];
	device = argc - optind == 2 ? argv[optind] : type;
	if (flags & MS_REMOUNT) {
		struct mounted m = {0};

		find_mounted(dir, &m);
		return do_mount(argc - optind == 2 ? device : m.device, dir, m.type, flags, data);
	}
	if (!device)
		usage_error("no device or type given");
	if (!type && !(flags & MS_BIND))
		usage_error("no type given (-t)");
	return do_mount(device, dir, type, flags, data);
}
