// SPDX-License-Identifier: GPL-2.0-only
/*
 * command.c - simple commands: assignments, functions, built-ins and programs.
 *
 * Promises: 127 for what is not found, 126 for what can't be run; PATH is searched once per name
 * until PATH changes; assignments before a command last as long as the command (for ever before a
 * special built-in). Start at exec_simple().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/sh/sh.h"

enum { CACHE_HASH = 32 };

struct cached {
	struct cached *next;
	char *path;
	char name[];
};

static struct cached *cache[CACHE_HASH];

static struct cached **cache_slot(const char *name)
{
	unsigned h = 0;

	for (const char *s = name; *s; s++)
		h = h * 31 + (unsigned char)*s;
	return &cache[h % CACHE_HASH];
}

/* Forget where programs are: PATH has changed. */
void command_cache_clear(void)
{
	for (int i = 0; i < CACHE_HASH; i++) {
		while (cache[i]) {
			struct cached *c = cache[i];

			cache[i] = c->next;
			free(c->path);
			free(c);
		}
	}
}

/* Look a name up in PATH; errno says why not (ENOENT, or EACCES if only unusable files exist). */
static char *search_path(const char *name)
{
	const char *path = var_get("PATH"), *end;
	int err = ENOENT;

	for (path = path ? path : ""; ; path = end + 1) {
		size_t n, len = strlen(name);
		struct stat st;
		char *full;

		end = strchrnul(path, ':');
		n = end - path;
		full = arena_alloc(&tmp, n + len + 2);
		memcpy(full, path, n);
		if (n)
			full[n++] = '/';
		memcpy(full + n, name, len + 1);
		if (!stat(full, &st) && S_ISREG(st.st_mode)) {
			if (!access(full, X_OK))
				return full;
			err = EACCES;
		}
		if (!*end)
			break;
	}
	errno = err;
	return NULL;
}

/*
 * The file that running name would execute, or NULL with errno. Names with a slash are themselves.
 */
const char *find_command(const char *name)
{
	struct cached **slot = cache_slot(name), *c;
	char *path;

	if (strchr(name, '/'))
		return name;
	if (!*name) {
		errno = ENOENT;
		return NULL;
	}
	for (c = *slot; c; c = c->next)
		if (!strcmp(c->name, name))
			return c->path;
	path = search_path(name);
	if (!path || *path != '/')
		return path;
	c = xmalloc(sizeof(*c) + strlen(name) + 1);
	strcpy(c->name, name);
	c->path = xstrdup(path);
	c->next = *slot;
	return (*slot = c)->path;
}

static int not_run(const char *name, int err)
{
	if (err == ENOENT || err == ENOTDIR) {
		sh_warn("%s: not found", name);
		return 127;
	}
	sh_warn("%s: %s", name, strerror(err));
	return 126;
}

/* Is it text, as a script without #! would be? */
static bool looks_like_script(const char *path)
{
	char head[128];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, head, sizeof(head));
	close(fd);
	return n >= 0 && !memchr(head, 0, n);
}

/* Replace this process by the program; on failure say why and exit 126 or 127. */
void exec_program(char **argv, const char *path)
{
	char **envp = var_environ();
	struct stat st;
	int err;

	execve(path, argv, envp);
	err = errno;
	if (err == ENOENT && path != argv[0] && !strchr(argv[0], '/')) {
		/* The remembered file has gone. */
		path = search_path(argv[0]);
		if (path)
			execve(path, argv, envp);
		err = errno;
	}
	if (err == ENOENT && path && !stat(path, &st)) {
		sh_warn("%s: its interpreter is missing", argv[0]);
		_exit(126);
	}
	if (err == ENOEXEC && looks_like_script(path)) {
		int n = 0;
		char **v;

		while (argv[n])
			n++;
		v = arena_alloc(&tmp, (n + 2) * sizeof(*v));
		v[0] = (char *)"sh";
		v[1] = (char *)path;
		for (int i = 1; i <= n; i++)
			v[i + 1] = argv[i];
		execve("/bin/sh", v, envp);
	}
	_exit(not_run(argv[0], err));
}

static void trace_word(struct buf *line, const char *s)
{
	if (*s && !strpbrk(s, " \t\n'\"\\$`*?[]#~&|;<>(){}!")) {
		buf_puts(line, s);
		return;
	}
	buf_putc(line, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			buf_puts(line, "'\\''");
		else
			buf_putc(line, *s);
	}
	buf_putc(line, '\'');
}

/* xtrace, in one write: name=value if there is a name, else the command as it will run. */
static void trace(const char *name, const char *value, int argc, char **argv)
{
	struct buf line = { 0 };
	const char *ps4 = var_get("PS4");

	buf_puts(&line, ps4 ? ps4 : "+ ");
	if (name) {
		buf_puts(&line, name);
		buf_putc(&line, '=');
		if (*value)
			trace_word(&line, value);
	}
	for (int i = 0; i < argc; i++) {
		if (i)
			buf_putc(&line, ' ');
		trace_word(&line, argv[i]);
	}
	buf_putc(&line, '\n');
	write_all(2, line.s, line.len);
	buf_free(&line);
}

/* Make the assignments, in order: later ones may use earlier ones. */
static void assign_all(struct assign *a, unsigned flags, bool local)
{
	for (; a; a = a->next) {
		char *value = expand_str(a->value);

		if (sh.opt[O_XTRACE])
			trace(a->name, value, 0, NULL);
		if (local)
			frame_local(sh.frame, a->name);
		var_set(a->name, value, flags);
	}
}

static int call_function(struct func *fn, int argc, char **argv)
{
	struct frame f;
	int status;

	frame_push(&f, true);
	f.arena = fn->arena;
	f.arena->refs++;
	sh.params = (struct params){ argc - 1, argv + 1, NULL };
	sh.loop_depth = 0;
	status = exec_node(fn->body, 0);
	if (sh.skip == SKIP_RETURN) {
		sh.skip = SKIP_NONE;
		status = sh.status;
	}
	frame_pop();
	return status;
}

/* lenient: wrong use of it is a failure like any other (see builtin_error()) */
static int call_builtin(const struct builtin *b, int argc, char **argv, bool lenient)
{
	int status;

	sh.lenient = lenient;
	status = b->fn(argc, argv);
	/* What was printed must be out before the next command, which may write too. */
	return out_flush() ? 1 : status;
}

/* A function or built-in, in this process, with redirections and prefix assignments around it. */
static int run_inside(struct node *n, struct func *fn, const struct builtin *b, int argc,
		      char **argv)
{
	struct saved_fd *fds = redir_mark();
	bool special = b && !fn && (b->flags & B_SPECIAL);
	bool temporary = n->assigns && !special;
	struct frame f;
	int status;

	if (redir_apply(n->redirs, true)) {
		redir_undo(fds);
		/* POSIX 2.8.1: fatal for a special built-in. */
		if (special && !sh.on_error)
			sh_exit(2);
		return special ? 2 : 1;
	}
	if (temporary)
		frame_push(&f, false);
	assign_all(n->assigns, temporary ? V_EXPORT : 0, temporary);
	status = fn ? call_function(fn, argc, argv) : call_builtin(b, argc, argv, !special);
	if (temporary)
		frame_pop();
	if (sh.keep_redirs)
		redir_forget(fds);
	else
		redir_undo(fds);
	sh.keep_redirs = false;
	return status;
}

static int run_program(struct node *n, unsigned flags, char **argv)
{
	const char *path = NULL;
	struct assign *a;
	struct job *j;
	int err = 0;

	/* `PATH=... cmd` must be looked up with that PATH, in the child. */
	for (a = n->assigns; a && strcmp(a->name, "PATH"); a = a->next)
		;
	if (!a) {
		path = find_command(argv[0]);
		err = errno;
		if (!path && !n->redirs)
			return not_run(argv[0], err);
	}
	if (!(flags & X_NOFORK) || traps_set()) {
		j = job_new(1, n->text);
		if (sh_fork(j, FORK_FG))
			return job_wait_fg(j);
	}
	if (redir_apply(n->redirs, false))
		_exit(1);
	assign_all(n->assigns, V_EXPORT, false);
	if (a) {
		path = find_command(argv[0]);
		err = errno;
	}
	if (!path)
		_exit(not_run(argv[0], err));
	exec_program(argv, path);
}

static int assignments_only(struct node *n)
{
	struct saved_fd *fds = redir_mark();
	int status;

	status = redir_apply(n->redirs, true);
	redir_undo(fds);
	if (status)
		return status;
	sh.cmdsub_status = -1;
	assign_all(n->assigns, 0, false);
	return sh.cmdsub_status;
}

/* Run a simple command; see exec_node(). */
int exec_simple(struct node *n, unsigned flags)
{
	const struct builtin *b;
	struct func *fn;
	char **argv;
	int argc, status;

	sh.cmdsub_status = -1;
	argv = expand_words(n->words, &argc);
	if (!argc) {
		int before = sh.cmdsub_status;

		status = assignments_only(n);
		if (status < 0)
			status = before;
		return status < 0 ? 0 : status;
	}
	if (sh.opt[O_XTRACE])
		trace(NULL, NULL, argc, argv);
	b = builtin_find(argv[0]);
	fn = func_find(argv[0]);	/* before a special built-in too, as in bash */
	if (fn || b)
		return run_inside(n, fn, b, argc, argv);
	return run_program(n, flags, argv);
}

/*
 * Run argv as a built-in or program, never a function (`command`). A special built-in is like the
 * others then. Returns the status.
 */
int exec_argv(int argc, char **argv)
{
	const struct builtin *b = builtin_find(argv[0]);
	struct node n = { .type = N_SIMPLE };

	if (b)
		return call_builtin(b, argc, argv, true);
	return run_program(&n, 0, argv);
}
