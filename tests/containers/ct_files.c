// SPDX-License-Identifier: GPL-2.0-only
/* ct: the commands on files and mounts. See ct.h. Start reading at file_commands[]. */
#define _GNU_SOURCE
#include "ct.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

/* Replaces \n, \t and \\ in TEXT, in place. */
static char *unescape(char *text)
{
	char *out = text;

	for (const char *in = text; *in; in++) {
		if (*in == '\\' && in[1]) {
			in++;
			*out++ = *in == 'n' ? '\n' : *in == 't' ? '\t' : *in;
		} else {
			*out++ = *in;
		}
	}
	*out = '\0';
	return text;
}

/* Prints TEXT between quotes on one line, control characters as C writes them. */
static void print_quoted(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '\n')
			printf("\\n");
		else if (*text == '\t')
			printf("\\t");
		else
			putchar(*text);
	}
	puts("\"");
}

static int flags_of(const char *text)
{
	static const struct { const char *name; int flag; } names[] = {
		{ "rdonly", O_RDONLY }, { "wronly", O_WRONLY }, { "rdwr", O_RDWR }, { "creat", O_CREAT },
		{ "trunc", O_TRUNC }, { "append", O_APPEND }, { "excl", O_EXCL }, { "path", O_PATH }, { "directory", O_DIRECTORY },
	};
	const char *end = text + strlen(text);
	int flags = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (list_has(text, end, names[i].name))
			flags |= names[i].flag;
	return flags;
}

static int cmd_open(int argc, char **argv)
{
	(void)argc;
	return report(open(argv[0], flags_of(argv[1]), 0644));
}

/* May FILE be read (r), written (w)? */
static int cmd_access(int argc, char **argv)
{
	(void)argc;
	return report(access(argv[0], (strchr(argv[1], 'r') ? R_OK : 0) | (strchr(argv[1], 'w') ? W_OK : 0)));
}

static int write_once(const char *path, const char *text, size_t length)
{
	int fd = open(path, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return report(-1);
	n = write(fd, text, length);
	if (n >= 0 && (size_t)n != length) {
		printf("short write of %zd\n", n);
		return 1;
	}
	return report(n);
}

static int cmd_write(int argc, char **argv)
{
	unescape(argv[1]);
	(void)argc;
	return write_once(argv[0], argv[1], strlen(argv[1]));
}

/* TEXT made LENGTH bytes long with spaces. */
static int cmd_write_padded(int argc, char **argv)
{
	size_t length = strtoul(argv[2], NULL, 10), used = strlen(argv[1]);
	char *text = malloc(length);

	(void)argc;
	memset(text, ' ', length);
	memcpy(text, argv[1], used < length ? used : length);
	return write_once(argv[0], text, length);
}

static int cmd_read(int argc, char **argv)
{
	char *text = slurp_by(argv[0], argc > 1 ? strtoul(argv[1], NULL, 10) : 4096, NULL);

	if (!text)
		return report(-1);
	print_quoted(text);
	return 0;
}

/* Reads FILE whole, then in pieces of N bytes: the same? */
static int cmd_same(int argc, char **argv)
{
	size_t whole_length = 0, length = 0;
	char *whole = slurp_by(argv[0], 65536, &whole_length);
	char *pieces = slurp_by(argv[0], strtoul(argv[1], NULL, 10), &length);

	(void)argc;
	if (!whole || !pieces)
		return report(-1);
	puts(whole_length == length && !memcmp(whole, pieces, length) ? "same" : "different");
	return 0;
}

static int cmd_mkdir(int argc, char **argv)
{
	return report(mkdir(unescape(argv[0]), argc > 1 ? strtoul(argv[1], NULL, 8) : 0755));
}

static int cmd_rmdir(int argc, char **argv)
{
	(void)argc;
	return report(rmdir(argv[0]));
}

static int cmd_unlink(int argc, char **argv)
{
	(void)argc;
	return report(unlink(argv[0]));
}

static int cmd_rename(int argc, char **argv)
{
	(void)argc;
	return report(rename(argv[0], unescape(argv[1])));
}

static int cmd_link(int argc, char **argv)
{
	(void)argc;
	return report(link(argv[0], argv[1]));
}

static int cmd_symlink(int argc, char **argv)
{
	(void)argc;
	return report(symlink(argv[0], argv[1]));
}

static int cmd_mkfifo(int argc, char **argv)
{
	(void)argc;
	return report(mkfifo(argv[0], 0644));
}

static int cmd_chown(int argc, char **argv)
{
	(void)argc;
	return report(chown(argv[1], strtoul(argv[0], NULL, 10), strtoul(argv[0], NULL, 10)));
}

static int cmd_chmod(int argc, char **argv)
{
	(void)argc;
	return report(chmod(argv[1], strtoul(argv[0], NULL, 8)));
}

static int mount_with(unsigned long flags, int argc, char **argv)
{
	const char *data = strcmp(argv[0], "-") ? argv[0] : NULL;
	const char *type = getenv("CT_TYPE");

	if (argc > 3 && !strcmp(argv[3], "ro"))
		flags |= MS_RDONLY;
	return report(mount(argc > 2 ? argv[2] : "ct", argv[1], type ? type : fstype(), flags, data));
}

static int cmd_mount(int argc, char **argv)
{
	return mount_with(0, argc, argv);
}

static int cmd_remount(int argc, char **argv)
{
	return mount_with(MS_REMOUNT, argc, argv);
}

static int cmd_umount(int argc, char **argv)
{
	(void)argc;
	return report(umount(argv[0]));
}

/* device, type and subsystems (in the order shown) of what is mounted at DIR */
static int cmd_mounts(int argc, char **argv)
{
	struct subsys subsystems[MAX_SUBSYS];
	int count = read_subsystems(subsystems);
	char *text = slurp("/proc/mounts"), *line, *save;

	(void)argc;
	if (!text)
		return report(-1);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char device[64], dir[64], type[32], options[1024], *option, *next;
		const char *separator = "";

		if (sscanf(line, "%63s %63s %31s %1023s", device, dir, type, options) != 4 || strcmp(dir, argv[0]))
			continue;
		printf("%s %s ", device, type);
		for (option = strtok_r(options, ",", &next); option; option = strtok_r(NULL, ",", &next)) {
			bool known = !strncmp(option, "name=", 5);

			for (int i = 0; i < count; i++)
				known |= !strcmp(option, subsystems[i].name);
			if (known) {
				printf("%s%s", separator, option);
				separator = ",";
			}
		}
		puts("");
		return 0;
	}
	puts("not mounted");
	return 1;
}

/* Is every subsystem of the list bound to the hierarchy mounted at DIR? All are in one hierarchy, then. */
static int cmd_all_bound(int argc, char **argv)
{
	struct subsys s[MAX_SUBSYS];
	int count = read_subsystems(s);
	bool all = count > 0;

	(void)argc, (void)argv;
	for (int i = 0; i < count; i++)
		all &= s[i].hierarchy && s[i].hierarchy == s[0].hierarchy;
	puts(all ? "yes" : "no");
	return 0;
}

static int cmd_stat(int argc, char **argv)
{
	struct stat st;

	if (stat(argv[0], &st))
		return report(-1);
	for (int i = 1; i < argc; i++) {
		const char *f = argv[i];

		if (i > 1)
			putchar(' ');
		if (!strcmp(f, "mode"))
			printf("%04o", st.st_mode & 07777);
		else if (!strcmp(f, "nlink"))
			printf("%lu", (unsigned long)st.st_nlink);
		else if (!strcmp(f, "size"))
			printf("%ld", (long)st.st_size);
		else if (!strcmp(f, "uid"))
			printf("%u", st.st_uid);
		else if (!strcmp(f, "gid"))
			printf("%u", st.st_gid);
	}
	puts("");
	return 0;
}

static int cmd_statfs(int argc, char **argv)
{
	struct statfs st;

	(void)argc;
	if (statfs(argv[0], &st))
		return report(-1);
	printf("%#lx %ld %ld\n", (unsigned long)st.f_type, (long)st.f_bsize, (long)st.f_namelen);
	return 0;
}

static int cmd_exists(int argc, char **argv)
{
	(void)argc;
	puts(access(argv[0], F_OK) ? "no" : "yes");
	return 0;
}

/* Has DIR a control file of SUBSYS? */
static int cmd_has(int argc, char **argv)
{
	size_t length = strlen(argv[0]);
	struct dirent *entry;
	bool found = false;
	DIR *dir = opendir(argv[1]);

	(void)argc;
	if (!dir)
		return report(-1);
	while ((entry = readdir(dir)))
		found |= !strncmp(entry->d_name, argv[0], length) && entry->d_name[length] == '.';
	closedir(dir);
	puts(found ? "yes" : "no");
	return 0;
}

/* The names in DIR that are no subsystem's control files, sorted as readdir has them not. */
static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int cmd_ls(int argc, char **argv)
{
	char *names[512];
	size_t count = 0;
	struct dirent *entry;
	DIR *dir = opendir(argv[0]);

	(void)argc;
	if (!dir)
		return report(-1);
	while ((entry = readdir(dir)) && count < 512)
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			names[count++] = strdup(entry->d_name);
	closedir(dir);
	qsort(names, count, sizeof(names[0]), compare_names);
	for (size_t i = 0; i < count; i++)
		printf("%s%s", i ? " " : "", names[i]);
	puts("");
	return 0;
}

static int run_command(char **argv)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid < 0 || waitpid(pid, &status, 0) < 0 ? -1 : status;
}

/* Opens FILE with FLAGS, keeps it open while COMMAND runs. */
static int cmd_with(int argc, char **argv)
{
	int fd = open(argv[0], flags_of(argv[1]));

	(void)argc;
	if (fd < 0)
		return report(-1);
	run_command(argv + 2);
	return 0;
}

/* Opens FILE, runs COMMAND, then writes TEXT through the open descriptor. */
static int cmd_held_write(int argc, char **argv)
{
	int fd = open(argv[0], O_WRONLY);

	(void)argc;
	if (fd < 0)
		return report(-1);
	run_command(argv + 2);
	return report(write(fd, argv[1], strlen(argv[1])));
}

/* Opens FILE as user OPENER and writes TEXT to it as user WRITER. */
static int cmd_write_for(int argc, char **argv)
{
	int fd;

	(void)argc;
	if (seteuid(atoi(argv[0])))
		return report(-1);
	fd = open(argv[1], O_WRONLY);
	if (fd < 0 || seteuid(0) || seteuid(atoi(argv[2])))
		return report(-1);
	return report(write(fd, argv[3], strlen(argv[3])));
}

/* Opens FILE, reads SKIP bytes, runs COMMAND, reads the rest through the open descriptor and shows it. */
static int cmd_held_read(int argc, char **argv)
{
	int fd = open(argv[0], O_RDONLY), skip = atoi(argv[1]);
	char *text, skipped[64];

	(void)argc;
	if (fd < 0 || (skip && read(fd, skipped, skip) != skip))
		return report(-1);
	run_command(argv + 2);
	text = slurp_fd(fd, 4096, NULL);
	if (!text)
		return report(-1);
	print_quoted(text);
	return 0;
}

/* Is the number in FILE at least N? */
static int cmd_at_least(int argc, char **argv)
{
	char *text = slurp(argv[0]);

	(void)argc;
	if (!text)
		return report(-1);
	if (strtoull(text, NULL, 10) >= strtoull(argv[1], NULL, 10))
		puts("yes");
	else
		print_quoted(text);
	return 0;
}

/* TEXT, N times, without a newline. */
static int cmd_repeat(int argc, char **argv)
{
	(void)argc;
	for (int n = atoi(argv[1]); n > 0; n--)
		fputs(argv[0], stdout);
	return 0;
}

const struct ct_command file_commands[] = {
	{ "open", 2, "FILE FLAGS", cmd_open },
	{ "access", 2, "FILE r|w|rw", cmd_access },
	{ "w", 2, "FILE TEXT", cmd_write },
	{ "wpad", 3, "FILE TEXT LENGTH", cmd_write_padded },
	{ "r", 1, "FILE [CHUNK]", cmd_read },
	{ "same", 2, "FILE CHUNK", cmd_same },
	{ "mkdir", 1, "DIR [MODE]", cmd_mkdir },
	{ "rmdir", 1, "DIR", cmd_rmdir },
	{ "unlink", 1, "FILE", cmd_unlink },
	{ "rename", 2, "OLD NEW", cmd_rename },
	{ "link", 2, "OLD NEW", cmd_link },
	{ "symlink", 2, "TARGET NEW", cmd_symlink },
	{ "mkfifo", 1, "FILE", cmd_mkfifo },
	{ "chown", 2, "UID FILE", cmd_chown },
	{ "chmod", 2, "MODE FILE", cmd_chmod },
	{ "mount", 2, "OPTIONS|- DIR [DEVICE [ro]]", cmd_mount },
	{ "remount", 2, "OPTIONS|- DIR", cmd_remount },
	{ "umount", 1, "DIR", cmd_umount },
	{ "mounts", 1, "DIR", cmd_mounts },
	{ "all-bound", 0, "", cmd_all_bound },
	{ "stat", 2, "FILE mode|nlink|size|uid|gid...", cmd_stat },
	{ "statfs", 1, "FILE", cmd_statfs },
	{ "exists", 1, "FILE", cmd_exists },
	{ "has", 2, "SUBSYS DIR", cmd_has },
	{ "ls", 1, "DIR", cmd_ls },
	{ "with", 3, "FILE FLAGS COMMAND...", cmd_with },
	{ "held-write", 3, "FILE TEXT COMMAND...", cmd_held_write },
	{ "write-for", 4, "OPENER FILE WRITER TEXT", cmd_write_for },
	{ "held-read", 3, "FILE SKIP COMMAND...", cmd_held_read },
	{ "at-least", 2, "FILE NUMBER", cmd_at_least },
	{ "repeat", 2, "TEXT TIMES", cmd_repeat },
	{ NULL, 0, NULL, NULL },
};
