// SPDX-License-Identifier: GPL-2.0-only
/*
 * var.c - variables, functions, positional parameters, and the working directory's name.
 *
 * A variable is one string "NAME=value", ready to be handed to execve; those that came with the
 * environment are used where they lie. `local` and prefix assignments save the old variable in
 * the running frame and frame_pop() puts it back. Start at var_get() and var_set().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/sh/sh.h"

enum { VAR_HASH = 64 };

struct saved_var {
	struct saved_var *next;
	char *name;
	char *text;		/* NULL: the variable did not exist */
	unsigned flags;
};

static struct var *vars[VAR_HASH];
static struct func *funcs;
static char *cwd;		/* the shell's idea of where it is; NULL: not known yet */

/* May c start a variable's name? */
bool is_name_start(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* May c be in a variable's name? */
bool is_name_char(int c)
{
	return is_name_start(c) || (c >= '0' && c <= '9');
}

/* Are the n bytes at s a variable's name? */
bool valid_name(const char *s, size_t n)
{
	if (!n || !is_name_start(*s))
		return false;
	while (n--)
		if (!is_name_char(*s++))
			return false;
	return true;
}

static struct var **slot(const char *name, size_t n)
{
	unsigned h = 5381;
	struct var **p;

	for (size_t i = 0; i < n; i++)
		h = h * 33 + (unsigned char)name[i];
	for (p = &vars[h % VAR_HASH]; *p; p = &(*p)->next)
		if ((*p)->nlen == n && !memcmp((*p)->text, name, n))
			break;
	return p;
}

static struct var *var_make(const char *name, size_t n)
{
	struct var **p = slot(name, n), *v = *p;

	if (v)
		return v;
	v = xmalloc(sizeof(*v));
	v->next = NULL;
	v->nlen = n;
	v->flags = V_HEAP;
	v->text = memcpy(xmalloc(n + 1), name, n);
	v->text[n] = 0;
	return *p = v;
}

/* Take over the environment. The strings stay where the kernel put them. */
void var_init(char **envp)
{
	for (; *envp; envp++) {
		char *eq = strchr(*envp, '=');
		struct var **p, *v;

		if (!eq || !valid_name(*envp, eq - *envp))
			continue;
		p = slot(*envp, eq - *envp);
		v = *p;
		if (!v) {
			v = *p = xmalloc(sizeof(*v));
			v->next = NULL;
			v->nlen = eq - *envp;
		}
		v->text = *envp;
		v->flags = V_EXPORT;
	}
	var_set("IFS", " \t\n", 0);
	var_unflag("IFS", V_EXPORT);
	var_set("OPTIND", "1", 0);
	if (!*slot("PATH", 4))
		var_set("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 0);
}

/* The value, or NULL if unset. PWD and PPID are found out when first asked for. */
const char *var_get(const char *name)
{
	struct var *v = *slot(name, strlen(name));

	if (v && v->text[v->nlen]) {
		if (!cwd && !strcmp(name, "PWD")) {
			cwd_get();
			v = *slot(name, 3);
		}
		return v->text + v->nlen + 1;
	}
	if (!v && !cwd && !strcmp(name, "PWD"))
		return cwd_get();
	if (!v && !strcmp(name, "PPID")) {
		char num[24];

		snprintf(num, sizeof(num), "%d", (int)getppid());
		var_set(name, num, 0);
		return var_get(name);
	}
	return NULL;
}

/* Give a variable a value and more flags. A read-only variable is an error (see sh_error). */
void var_set(const char *name, const char *value, unsigned flags)
{
	size_t n = strlen(name), m = strlen(value);
	struct var *v = var_make(name, n);
	char *text;

	if (v->flags & V_READONLY)
		sh_error(2, "%s: is read only", name);
	text = xmalloc(n + m + 2);
	memcpy(text, name, n);
	text[n] = '=';
	memcpy(text + n + 1, value, m + 1);
	if (v->flags & V_HEAP)
		free(v->text);
	v->text = text;
	v->flags |= flags | V_HEAP;
	if (sh.opt[O_ALLEXPORT])
		v->flags |= V_EXPORT;
	if (name[0] == 'P' && !strcmp(name, "PATH"))
		command_cache_clear();
	else if (name[0] == 'O' && !strcmp(name, "OPTIND"))
		getopts_reset();
}

/* Add flags to a variable, making it (without a value) if need be. */
void var_flag(const char *name, unsigned flags)
{
	var_make(name, strlen(name))->flags |= flags;
}

/* Take flags off a variable, if it exists. */
void var_unflag(const char *name, unsigned flags)
{
	struct var *v = *slot(name, strlen(name));

	if (v)
		v->flags &= ~flags;
}

static void var_drop(struct var **p)
{
	struct var *v = *p;

	*p = v->next;
	if (v->flags & V_HEAP)
		free(v->text);
	free(v);
}

/* Remove a variable. Returns 0, or 1 (with a message) if it is read-only. */
int var_unset(const char *name)
{
	struct var **p = slot(name, strlen(name));

	if (!*p)
		return 0;
	if ((*p)->flags & V_READONLY) {
		sh_warn("unset: %s: is read only", name);
		return 1;
	}
	var_drop(p);
	if (!strcmp(name, "PATH"))
		command_cache_clear();
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp((*(struct var *const *)a)->text, (*(struct var *const *)b)->text);
}

/* Print the variables with a flag (0: all with values), sorted, as commands that set them again. */
void var_print(unsigned flag, const char *prefix)
{
	struct var **all;
	int n = 0;

	for (int i = 0; i < VAR_HASH; i++)
		for (struct var *v = vars[i]; v; v = v->next)
			n++;
	all = arena_alloc(&tmp, (n + 1) * sizeof(*all));
	n = 0;
	for (int i = 0; i < VAR_HASH; i++)
		for (struct var *v = vars[i]; v; v = v->next)
			if (flag ? v->flags & flag : v->text[v->nlen] != 0)
				all[n++] = v;
	qsort(all, n, sizeof(*all), by_text);
	for (int i = 0; i < n; i++) {
		out_puts(prefix);
		out_put(all[i]->text, all[i]->nlen);
		if (all[i]->text[all[i]->nlen]) {
			out_put("=", 1);
			out_quoted(all[i]->text + all[i]->nlen + 1);
		}
		out_put("\n", 1);
	}
}

/* Call fn with the name of each set variable that starts with the n bytes of prefix. */
void var_names(const char *prefix, size_t n, void (*fn)(const char *name))
{
	for (int i = 0; i < VAR_HASH; i++)
		for (struct var *v = vars[i]; v; v = v->next)
			if (v->nlen >= n && !memcmp(v->text, prefix, n))
				fn(arena_strndup(&tmp, v->text, v->nlen));
}

/* The exported variables as an envp, in `tmp`. */
char **var_environ(void)
{
	char **env;
	int n = 0;

	for (int i = 0; i < VAR_HASH; i++)
		for (struct var *v = vars[i]; v; v = v->next)
			n += (v->flags & V_EXPORT) && v->text[v->nlen];
	env = arena_alloc(&tmp, (n + 1) * sizeof(*env));
	n = 0;
	for (int i = 0; i < VAR_HASH; i++)
		for (struct var *v = vars[i]; v; v = v->next)
			if ((v->flags & V_EXPORT) && v->text[v->nlen])
				env[n++] = v->text;
	env[n] = NULL;
	return env;
}

/* The field separators in force. */
const char *ifs(void)
{
	const char *s = var_get("IFS");

	return s ? s : " \t\n";
}

/*
 * Start a frame: of a function (its parameters are saved too), or of a command with prefix
 * assignments. The frame is the caller's, on its stack; frame_pop() or an error ends it.
 */
void frame_push(struct frame *f, bool is_function)
{
	*f = (struct frame){ .prev = sh.frame, .params = sh.params, .is_function = is_function,
			     .loop_depth = sh.loop_depth };
	sh.frame = f;
}

/* End the innermost frame: variables, parameters and loop depth are as before it. */
void frame_pop(void)
{
	struct frame *f = sh.frame;

	while (f->vars) {
		struct saved_var *s = f->vars;
		struct var **p = slot(s->name, strlen(s->name));

		f->vars = s->next;
		if (*p)
			var_drop(p);
		if (s->text) {
			struct var *v = xmalloc(sizeof(*v));

			p = slot(s->name, strlen(s->name));
			*v = (struct var){ *p, s->text, strlen(s->name), s->flags };
			*p = v;
		}
		if (!strcmp(s->name, "PATH"))
			command_cache_clear();
		free(s->name);
		free(s);
	}
	if (f->is_function) {
		free(sh.params.heap);
		sh.params = f->params;
	}
	sh.loop_depth = f->loop_depth;
	if (f->arena)
		arena_put(f->arena);
	sh.frame = f->prev;
}

/* Save a variable in a frame and leave the current value in place, unshared. */
void frame_local(struct frame *f, const char *name)
{
	struct var **p = slot(name, strlen(name)), *v = *p;
	struct saved_var *s;

	for (s = f->vars; s; s = s->next)
		if (!strcmp(s->name, name))
			return;
	if (v && v->flags & V_READONLY)
		sh_error(2, "%s: is read only", name);
	s = xmalloc(sizeof(*s));
	*s = (struct saved_var){ f->vars, xstrdup(name), NULL, 0 };
	if (v) {
		s->text = v->text;
		s->flags = v->flags;
		v->text = xstrdup(v->text);
		v->flags |= V_HEAP;
	}
	f->vars = s;
}

/* Replace the positional parameters by copies of v[0..n). */
void params_set(int n, char **v)
{
	size_t size = (n + 1) * sizeof(char *);
	char **copy, *s;

	for (int i = 0; i < n; i++)
		size += strlen(v[i]) + 1;
	copy = xmalloc(size);
	s = (char *)(copy + n + 1);
	for (int i = 0; i < n; i++) {
		copy[i] = s;
		s = stpcpy(s, v[i]) + 1;
	}
	copy[n] = NULL;
	/* A function's first `set` must not free the strings that its frame will restore. */
	free(sh.params.heap);
	sh.params = (struct params){ n, copy, copy };
}

/* The function of that name, or NULL. */
struct func *func_find(const char *name)
{
	struct func *f;

	for (f = funcs; f && strcmp(f->name, name); f = f->next)
		;
	return f;
}

/* Define a function; its body stays alive through a reference on the arena. */
void func_define(const char *name, struct node *body, struct arena *a)
{
	struct func *f = func_find(name);

	a->refs++;
	if (f) {
		arena_put(f->arena);
	} else {
		f = xmalloc(sizeof(*f));
		f->name = xstrdup(name);
		f->next = funcs;
		funcs = f;
	}
	f->body = body;
	f->arena = a;
}

/* Remove a function. Returns whether there was one. */
bool func_unset(const char *name)
{
	for (struct func **p = &funcs; *p; p = &(*p)->next) {
		struct func *f = *p;

		if (strcmp(f->name, name))
			continue;
		*p = f->next;
		arena_put(f->arena);
		free(f->name);
		free(f);
		return true;
	}
	return false;
}

/* Call fn with the name of each function that starts with the n bytes of prefix. */
void func_names(const char *prefix, size_t n, void (*fn)(const char *name))
{
	for (struct func *f = funcs; f; f = f->next)
		if (!strncmp(f->name, prefix, n))
			fn(f->name);
}

/* Where the shell is, by the name it was reached by; "" if the kernel can't tell. */
const char *cwd_get(void)
{
	struct var *v = *slot("PWD", 3);
	struct stat a, b;
	char path[4096];

	if (cwd)
		return cwd;
	if (v && v->text[3] && v->text[4] == '/' && !stat(v->text + 4, &a) && !stat(".", &b) &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		return cwd = xstrdup(v->text + 4);
	cwd = xstrdup(getcwd(path, sizeof(path)) ? path : "");
	if (*cwd)
		var_set("PWD", cwd, 0);
	return cwd;
}

/* Note a change of directory; path is absolute, or NULL when the kernel must be asked. */
void cwd_set(const char *path)
{
	free(cwd);
	cwd = NULL;
	if (path) {
		cwd = xstrdup(path);
		var_set("PWD", cwd, 0);
	} else {
		var_unset("PWD");
		cwd_get();
	}
}
