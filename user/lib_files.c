// SPDX-License-Identifier: GPL-2.0-only
//
// Paths, copying files, and walking trees of directories. lib.h says what each function promises.

#include "user/lib.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *path_join(const char *dir, const char *name)
{
	size_t length = strlen(dir);
	char *path = xmalloc(length + strlen(name) + 2);

	memcpy(path, dir, length);
	if (length && dir[length - 1] != '/')
		path[length++] = '/';
	strcpy(path + length, name);
	return path;
}

char *path_base(const char *path)
{
	size_t end = strlen(path), start;
	char *base;

	while (end > 1 && path[end - 1] == '/')
		end--;
	for (start = end; start > 0 && path[start - 1] != '/'; start--)
		;
	if (start == end && end > 0)
		start--;
	base = xmalloc(end - start + 1);
	memcpy(base, path + start, end - start);
	base[end - start] = 0;
	return base;
}

char *read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0, room = 4096;
	char *text;
	ssize_t got;

	if (fd < 0)
		return NULL;
	text = xmalloc(room);
	while ((got = read(fd, text + used, room - used - 1)) > 0) {
		used += got;
		if (room - used < 2)
			text = xrealloc(text, room *= 2);
	}
	close(fd);
	if (got < 0) {
		free(text);
		return NULL;
	}
	text[used] = 0;
	return text;
}

FILE *open_input(const char *path)
{
	struct stat st;
	FILE *f;

	if (strcmp(path, "-") == 0)
		return stdin;
	f = fopen(path, "re");
	if (f && fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
		fclose(f);
		f = NULL;
		errno = EISDIR;
	}
	if (!f)
		warn_errno("%s", path);
	return f;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int list_directory(const char *path, char ***names)
{
	DIR *dir = opendir(path);
	char **list = NULL;
	int count = 0, room = 0, error;
	struct dirent *entry;

	if (!dir)
		return -1;
	while (errno = 0, (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (count == room)
			list = xrealloc(list, (room = room ? room * 2 : 64) * sizeof(*list));
		list[count++] = xstrdup(entry->d_name);
	}
	error = errno;
	closedir(dir);
	if (error) {
		free_list(list, count);
		errno = error;
		return -1;
	}
	if (count > 1)
		qsort(list, count, sizeof(*list), compare_names);
	*names = list;
	return count;
}

void free_list(char **names, int count)
{
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static int walk_below(const char *path, bool before, visit_fn visit, void *arg)
{
	char **names;
	int count = list_directory(path, &names), failed = 0;

	if (count < 0) {
		warn_errno("%s", path);
		return 1;
	}
	for (int i = 0; i < count; i++) {
		char *child = path_join(path, names[i]);

		failed |= walk_tree(child, before, visit, arg);
		free(child);
	}
	free_list(names, count);
	return failed;
}

int walk_tree(const char *path, bool before, visit_fn visit, void *arg)
{
	struct stat st;
	int failed = 0;

	if (lstat(path, &st) < 0) {
		warn_errno("%s", path);
		return 1;
	}
	if (before)
		failed |= visit(path, &st, arg);
	if (S_ISDIR(st.st_mode))
		failed |= walk_below(path, before, visit, arg);
	if (!before)
		failed |= visit(path, &st, arg);
	return failed;
}

int copy_data(int in, int out)
{
	static char buffer[65536];

	for (;;) {
		ssize_t got = read(in, buffer, sizeof(buffer));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got;
		if (write_all(out, buffer, got) < 0)
			return -2;
	}
}

static int keep_attributes(const char *to, const struct stat *st)
{
	struct timespec times[2] = {st->st_atim, st->st_mtim};
	int failed = 0;

	// Owner first: changing it clears the set-id bits. Only root can give files away, so its
	// failure counts for root alone.
	if (lchown(to, st->st_uid, st->st_gid) < 0 && geteuid() == 0)
		failed = 1;
	if (!S_ISLNK(st->st_mode) && chmod(to, st->st_mode & 07777) < 0)
		failed = 1;
	if (utimensat(AT_FDCWD, to, times, AT_SYMLINK_NOFOLLOW) < 0)
		failed = 1;
	if (failed)
		warn_errno("%s", to);
	return failed;
}

static int copy_regular(const char *from, const char *to, const struct stat *st)
{
	struct stat target;
	int in, out, result = 1;

	in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0) {
		warn_errno("%s", from);
		return 1;
	}
	if (stat(to, &target) == 0 && target.st_dev == st->st_dev && target.st_ino == st->st_ino) {
		warn("%s and %s are the same file", from, to);
		goto out_in;
	}
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, st->st_mode & 0777);
	if (out < 0) {
		warn_errno("%s", to);
		goto out_in;
	}
	switch (copy_data(in, out)) {
	case 0:
		result = 0;
		break;
	case -1:
		warn_errno("%s", from);
		break;
	default:
		warn_errno("%s: write error", to);
	}
	if (close(out) < 0) {
		warn_errno("%s", to);
		result = 1;
	}
out_in:
	close(in);
	return result;
}

static int copy_link(const char *from, const char *to)
{
	char target[PATH_MAX];
	ssize_t length = readlink(from, target, sizeof(target) - 1);

	if (length < 0) {
		warn_errno("%s", from);
		return 1;
	}
	target[length] = 0;
	if (symlink(target, to) < 0 &&
	    (errno != EEXIST || unlink(to) < 0 || symlink(target, to) < 0)) {
		warn_errno("%s", to);
		return 1;
	}
	return 0;
}

static int copy_directory(const char *from, const char *to, const struct stat *st, bool keep)
{
	struct stat made;
	char **names;
	int count, failed = 0;

	// Listed before the target is made: the target may be inside the source, and must not be
	// copied into itself.
	count = list_directory(from, &names);
	if (count < 0) {
		warn_errno("%s", from);
		return 1;
	}
	if (mkdir(to, (st->st_mode & 0777) | 0700) < 0 &&
	    (errno != EEXIST || stat(to, &made) < 0 || !S_ISDIR(made.st_mode))) {
		warn_errno("%s", to);
		failed = 1;
		goto out_list;
	}
	for (int i = 0; i < count; i++) {
		char *child = path_join(from, names[i]), *copy = path_join(to, names[i]);

		failed |= copy_tree(child, copy, true, keep);
		free(child);
		free(copy);
	}
out_list:
	free_list(names, count);
	return failed;
}

// True if `to`, or the directory where it would be made, is `dir` or lies below it.
static bool is_inside(const char *to, const struct stat *dir)
{
	char *path = realpath(to, NULL), *slash;
	bool inside = false;
	struct stat st;

	if (!path) {
		char *parent = xstrdup(to);

		slash = strrchr(parent, '/');
		path = realpath(slash == parent ? "/" : slash ? (*slash = 0, parent) : ".", NULL);
		free(parent);
	}
	while (path && !inside && (slash = strrchr(path, '/'))) {
		inside = stat(path, &st) == 0 && st.st_dev == dir->st_dev &&
			 st.st_ino == dir->st_ino;
		*slash = 0;
	}
	free(path);
	return inside;
}

int copy_tree(const char *from, const char *to, bool recurse, bool keep)
{
	struct stat st;
	int failed = 0;

	if ((recurse || keep ? lstat(from, &st) : stat(from, &st)) < 0) {
		warn_errno("%s", from);
		return 1;
	}
	if (S_ISDIR(st.st_mode) && !recurse) {
		warn("%s is a directory (-r copies it)", from);
		return 1;
	}
	if (S_ISDIR(st.st_mode) && is_inside(to, &st)) {
		warn("cannot copy %s into itself, %s", from, to);
		return 1;
	}
	if (S_ISDIR(st.st_mode)) {
		failed = copy_directory(from, to, &st, keep);
	} else if (S_ISLNK(st.st_mode)) {
		failed = copy_link(from, to);
	} else if (recurse && !S_ISREG(st.st_mode)) {
		if (mknod(to, st.st_mode, st.st_rdev) < 0) {
			warn_errno("%s", to);
			failed = 1;
		}
	} else {
		failed = copy_regular(from, to, &st);
	}
	if (keep && !failed)
		failed = keep_attributes(to, &st);
	return failed;
}

static int remove_one(const char *path, const struct stat *st, void *arg)
{
	(void)arg;
	if ((S_ISDIR(st->st_mode) ? rmdir(path) : unlink(path)) == 0)
		return 0;
	warn_errno("%s", path);
	return 1;
}

int remove_tree(const char *path, bool recurse, bool force)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		if (force && (errno == ENOENT || errno == ENOTDIR))
			return 0;
		warn_errno("%s", path);
		return 1;
	}
	if (recurse)
		return walk_tree(path, false, remove_one, NULL);
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		warn_errno("%s", path);
		return 1;
	}
	return remove_one(path, &st, NULL);
}
