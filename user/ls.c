// SPDX-License-Identifier: GPL-2.0-only
//
// ls: list files, one a line, sorted by name. Start reading at list().

#include "user/lib.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const char help[] =
	"Usage: ls [-1adil] [FILE...]\n"
	"List FILEs and what is in directories, sorted by name, one a line.\n"
	"  -l  mode, links, owner, group, size (or device number), time (UTC), name\n"
	"  -a  also names that start with a dot\n"
	"  -d  a directory itself, not what is in it\n"
	"  -i  inode numbers\n"
	"  -1  one a line (always so)\n";

static bool long_form, all, directory_itself, inodes;

// Widths of the columns of one listing, so that they line up.
struct widths {
	int inode, links, owner, group, size;
};

struct file {
	const char *name;
	const char *path;
	struct stat st;
};

static int wider(int width, const char *text)
{
	int length = strlen(text);

	return length > width ? length : width;
}

static const char *number(unsigned long long value)
{
	static char text[24];

	snprintf(text, sizeof(text), "%llu", value);
	return text;
}

static const char *size_text(const struct stat *st)
{
	static char text[32];

	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		snprintf(text, sizeof(text), "%u, %u", major(st->st_rdev), minor(st->st_rdev));
	else
		snprintf(text, sizeof(text), "%lld", (long long)st->st_size);
	return text;
}

static void measure(struct widths *w, const struct stat *st)
{
	w->inode = wider(w->inode, number(st->st_ino));
	if (!long_form)
		return;
	w->links = wider(w->links, number(st->st_nlink));
	w->owner = wider(w->owner, user_name(st->st_uid));
	w->group = wider(w->group, group_name(st->st_gid));
	w->size = wider(w->size, size_text(st));
}

// As ls has always done it: the hour for what is less than half a year old, the year for the rest.
static void print_time(time_t when)
{
	static time_t now;
	struct tm tm;
	char text[32];

	if (!now)
		now = time(NULL);
	gmtime_r(&when, &tm);
	strftime(text, sizeof(text),
		 when > now - 15768000 && when <= now + 60 ? "%b %e %H:%M" : "%b %e  %Y", &tm);
	printf("%s ", text);
}

static void print_link_target(const char *path)
{
	char target[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof(target) - 1);

	if (length >= 0)
		printf(" -> %.*s", (int)length, target);
}

static void print_file(const struct file *f, const struct widths *w)
{
	const struct stat *st = &f->st;
	char mode[11];

	if (inodes)
		printf("%*llu ", w->inode, (unsigned long long)st->st_ino);
	if (long_form) {
		mode_string(st->st_mode, mode);
		printf("%s %*llu %-*s %-*s %*s ", mode, w->links, (unsigned long long)st->st_nlink,
		       w->owner, user_name(st->st_uid), w->group, group_name(st->st_gid), w->size,
		       size_text(st));
		print_time(st->st_mtime);
	}
	fputs(f->name, stdout);
	if (long_form && S_ISLNK(st->st_mode))
		print_link_target(f->path);
	putchar('\n');
}

static void print_files(const struct file *files, int count)
{
	struct widths w = {0};

	if (long_form || inodes)
		for (int i = 0; i < count; i++)
			measure(&w, &files[i].st);
	for (int i = 0; i < count; i++)
		print_file(&files[i], &w);
}

// Names alone need no stat().
static int list_names(char **names, int count)
{
	for (int i = 0; i < count; i++)
		if (all || names[i][0] != '.')
			puts(names[i]);
	return 0;
}

static int list_directory_long(const char *dir, char **names, int count)
{
	static const char *const dots[] = {".", ".."};
	struct file *files = xmalloc((count + 2) * sizeof(*files));
	int used = 0, failed = 0;

	for (int i = -2; i < count; i++) {
		const char *name = i < 0 ? dots[i + 2] : names[i];
		struct file *f = &files[used];

		if (name[0] == '.' && !all)
			continue;
		f->name = name;
		f->path = path_join(dir, name);
		if (lstat(f->path, &f->st) == 0) {
			used++;
			continue;
		}
		// A process may end between listing /proc and looking at it: that is no error.
		if (errno != ENOENT) {
			warn_errno("%s", f->path);
			failed = 1;
		}
		free((char *)f->path);
	}
	print_files(files, used);
	while (used)
		free((char *)files[--used].path);
	free(files);
	return failed;
}

static int list(const char *dir)
{
	char **names;
	int count = list_directory(dir, &names), failed;

	if (count < 0) {
		warn_errno("%s", dir);
		return 1;
	}
	if (long_form || inodes) {
		failed = list_directory_long(dir, names, count);
	} else {
		if (all)
			fputs(".\n..\n", stdout);
		failed = list_names(names, count);
	}
	free_list(names, count);
	return failed;
}

static int compare_operands(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

// First the operands that are no directories, then each directory, with headings when there is more
// than one operand.
static int list_operands(char **paths, int count)
{
	struct file *files = xmalloc(count * sizeof(*files));
	const char **dirs = xmalloc(count * sizeof(*dirs));
	int file_count = 0, dir_count = 0, failed = 0;

	for (int i = 0; i < count; i++) {
		struct file *f = &files[file_count];
		struct stat target;

		f->name = f->path = paths[i];
		if (lstat(paths[i], &f->st) < 0) {
			warn_errno("%s", paths[i]);
			failed = 1;
			continue;
		}
		// A link to a directory shows the directory, except in the long form, which is
		// about the link.
		target = f->st;
		if (S_ISLNK(target.st_mode) && !long_form && stat(paths[i], &target) < 0)
			target = f->st;
		if (S_ISDIR(target.st_mode) && !directory_itself)
			dirs[dir_count++] = paths[i];
		else
			file_count++;
	}
	print_files(files, file_count);
	for (int i = 0; i < dir_count; i++) {
		if (count > 1)
			printf("%s%s:\n", i || file_count ? "\n" : "", dirs[i]);
		failed |= list(dirs[i]);
	}
	free(files);
	free(dirs);
	return failed;
}

int main(int argc, char **argv)
{
	static char *here[] = {"."};
	int option;

	program_start("ls", help);
	while ((option = next_option(argc, argv, "1adil")) != -1) {
		long_form |= option == 'l';
		all |= option == 'a';
		directory_itself |= option == 'd';
		inodes |= option == 'i';
	}
	if (optind == argc)
		return finish(list_operands(here, 1));
	qsort(argv + optind, argc - optind, sizeof(*argv), compare_operands);
	return finish(list_operands(argv + optind, argc - optind));
}
