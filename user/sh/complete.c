// SPDX-License-Identifier: GPL-2.0-only
/*
 * complete.c - what Tab offers: commands in a command's place, else file names; $NAME anywhere.
 * Start at complete().
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/sh/sh.h"

static char **found;
static int found_n, found_cap;

static void add(const char *name)
{
	if (found_n == found_cap) {
		int cap = found_cap ? found_cap * 2 : 32;
		char **v = arena_alloc(&tmp, cap * sizeof(*v));

		if (found_n)
			memcpy(v, found, found_n * sizeof(*v));
		found = v;
		found_cap = cap;
	}
	found[found_n++] = arena_strndup(&tmp, name, strlen(name));
}

static void add_variable(const char *name)
{
	char *s = arena_alloc(&tmp, strlen(name) + 2);

	*s = '$';
	strcpy(s + 1, name);
	add(s);
}

/* Entries of dir that start with base; each is offered as lead + name. */
static void add_entries(const char *dir, const char *lead, const char *base, bool programs)
{
	size_t n = strlen(base);
	struct dirent *d;
	DIR *stream = opendir(dir);

	if (!stream)
		return;
	while ((d = readdir(stream))) {
		size_t len = strlen(dir) + strlen(lead) + strlen(d->d_name) + 3;
		char *full = arena_alloc(&tmp, len), *shown = arena_alloc(&tmp, len);
		struct stat st;
		bool is_dir;

		if (strncmp(d->d_name, base, n) || (d->d_name[0] == '.' && *base != '.') ||
		    !strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		strcat(strcat(strcpy(full, dir), "/"), d->d_name);
		is_dir = !stat(full, &st) && S_ISDIR(st.st_mode);
		if (programs && (is_dir || access(full, X_OK)))
			continue;
		strcat(strcpy(shown, lead), d->d_name);
		if (is_dir)
			strcat(shown, "/");
		add(shown);
	}
	closedir(stream);
}

static void add_files(const char *word)
{
	const char *slash = strrchr(word, '/');
	char *lead, *dir;
	const char *home;

	if (!slash) {
		add_entries(".", "", word, false);
		return;
	}
	lead = arena_strndup(&tmp, word, slash + 1 - word);
	dir = lead;
	if (lead[0] == '~' && lead[1] == '/' && (home = tilde_home(""))) {
		dir = arena_alloc(&tmp, strlen(home) + strlen(lead));
		strcat(strcpy(dir, home), lead + 1);
	}
	add_entries(dir, lead, slash + 1, false);
}

static void add_commands(const char *word)
{
	const char *path = var_get("PATH"), *end;
	size_t n = strlen(word);

	for (const struct builtin *b = builtins; b->name; b++)
		if (!strncmp(b->name, word, n))
			add(b->name);
	func_names(word, n, add);
	for (; path; path = *end ? end + 1 : NULL) {
		end = path + strcspn(path, ":");
		if (end > path)
			add_entries(arena_strndup(&tmp, path, end - path), "", word, true);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_unique(void)
{
	int n = 0;

	if (!found_n)
		return;
	qsort(found, found_n, sizeof(*found), by_name);
	for (int i = 0; i < found_n; i++)
		if (!n || strcmp(found[n - 1], found[i]))
			found[n++] = found[i];
	found_n = n;
}

/* Does a command start at line[start]? */
static bool command_place(const char *line, size_t start)
{
	while (start && line[start - 1] == ' ')
		start--;
	return !start || strchr(";|&(`{\n", line[start - 1]);
}

/*
 * The completions of the word that ends at the cursor: sorted, in `tmp`, each to replace the line
 * from *start to the cursor. Returns how many.
 */
int complete(const char *line, size_t cursor, size_t *start, char ***out)
{
	size_t from = cursor, n = 0;
	char *word;

	while (from && (!strchr(" \t;|&<>()`=\"'", line[from - 1]) ||
			(from > 1 && line[from - 2] == '\\')))
		from--;
	word = arena_alloc(&tmp, cursor - from + 1);
	for (size_t i = from; i < cursor; i++) {
		if (line[i] == '\\' && i + 1 < cursor)
			i++;
		word[n++] = line[i];
	}
	word[n] = 0;
	found = NULL;
	found_n = found_cap = 0;
	if (*word == '$')
		var_names(word + 1, n - 1, add_variable);
	else if (!strchr(word, '/') && command_place(line, from))
		add_commands(word);
	else
		add_files(word);
	sort_unique();
	*start = from;
	*out = found;
	return found_n;
}
