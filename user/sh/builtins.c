// SPDX-License-Identifier: GPL-2.0-only
/*
 * builtins.c - the table of built-ins, and those that are about the shell's own state.
 *
 * Each takes argc and argv and returns a status; output goes through out_*(). Input and output
 * built-ins are in builtin_io.c, the directory ones in builtin_dir.c, `test` in test.c, `ulimit` in
 * builtin_limit.c. Start at the table.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/sh/sh.h"

static int builtin_true(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static int builtin_false(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 1;
}

/* Set *n to the number in argv[1], if there is one; it must be min or more. Returns 0 or a status. */
static int number_arg(int argc, char **argv, int min, int *n)
{
	char *end;
	long arg;

	if (argc < 2)
		return 0;
	arg = strtol(argv[1], &end, 10);
	if (end == argv[1] || *end || arg < min || arg > 0x7fffffff)
		return builtin_error(2, "%s: %s: bad number", argv[0], argv[1]);
	*n = arg;
	return 0;
}

static int builtin_exit(int argc, char **argv)
{
	static bool warned;
	int status = sh.status, bad = number_arg(argc, argv, 0, &status);

	if (bad)
		return bad;
	if (sh.interactive && jobs_stopped() && !warned) {
		sh_warn("you have stopped jobs");
		warned = true;
		return 0;
	}
	sh_exit(status & 255);
}

static int builtin_return(int argc, char **argv)
{
	int status = sh.status, bad = number_arg(argc, argv, 0, &status);

	if (bad)
		return bad;
	sh.status = status & 255;
	sh.skip = SKIP_RETURN;
	return sh.status;
}

/* break and continue */
static int builtin_break(int argc, char **argv)
{
	int n = 1, bad = number_arg(argc, argv, 1, &n);

	if (bad)
		return bad;
	if (!sh.loop_depth)
		return 0;
	sh.skip_count = n > sh.loop_depth ? sh.loop_depth : n;
	sh.skip = argv[0][0] == 'b' ? SKIP_BREAK : SKIP_CONTINUE;
	return 0;
}

static int builtin_eval(int argc, char **argv)
{
	struct buf text = { 0 };
	char *copy;

	for (int i = 1; i < argc; i++) {
		if (i > 1)
			buf_putc(&text, ' ');
		buf_puts(&text, argv[i]);
	}
	if (!text.len)
		return 0;
	copy = arena_strndup(&tmp, text.s, text.len);
	buf_free(&text);
	return run_string(copy, "eval");
}

/* The file that `.` reads: with a slash as it is, else the first readable one in PATH. */
static int open_dot(const char *name)
{
	const char *path = strchr(name, '/') ? "" : var_get("PATH"), *end;

	for (path = path ? path : "";; path = end + 1) {
		char *full = arena_alloc(&tmp, strlen(path) + strlen(name) + 2);
		int fd;

		end = strchrnul(path, ':');
		sprintf(full, "%.*s%s%s", (int)(end - path), path, end == path ? "" : "/", name);
		fd = open(full, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			return fd_move_high(fd);
		if (!*end)
			return -1;
	}
}

static int builtin_dot(int argc, char **argv)
{
	struct parser p;
	int fd, status, depth = sh.loop_depth;

	if (argc < 2)
		return builtin_error(2, ".: which file?");
	fd = open_dot(argv[1]);
	if (fd < 0)
		return builtin_error(2, ".: %s: %s", argv[1], strerror(errno));
	parser_push_fd(&p, fd, argv[1]);
	sh.loop_depth = 0;
	status = run_parser(false);
	sh.loop_depth = depth;
	parser_pop();
	if (sh.skip == SKIP_RETURN) {
		sh.skip = SKIP_NONE;
		status = sh.status;
	}
	return status;
}

static int builtin_exec(int argc, char **argv)
{
	const char *path;
	int err;

	if (argc > 1 && !strcmp(argv[1], "--")) {
		argc--;
		argv++;
	}
	if (argc < 2) {
		sh.keep_redirs = true;
		return 0;
	}
	path = find_command(argv[1]);
	err = errno;
	if (path) {
		signals_child(false, sh.interactive);
		exec_program(argv + 1, path);
	}
	if (err == ENOENT)
		sh_error(127, "%s: not found", argv[1]);
	sh_error(126, "%s: %s", argv[1], strerror(err));
}

/* export and readonly */
static int builtin_export(int argc, char **argv)
{
	unsigned flag = argv[0][0] == 'e' ? V_EXPORT : V_READONLY;
	bool remove = false;
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "-n"))
			remove = true;
		else if (!strcmp(argv[i], "--"))
			continue;
		else if (strcmp(argv[i], "-p"))
			return builtin_error(2, "%s: %s: no such option", argv[0], argv[i]);
	}
	if (i == argc) {
		var_print(flag, flag == V_EXPORT ? "export " : "readonly ");
		return 0;
	}
	for (; i < argc; i++) {
		char *eq = strchrnul(argv[i], '=');
		char *name = arena_strndup(&tmp, argv[i], eq - argv[i]);

		if (!valid_name(name, strlen(name)))
			return builtin_error(2, "%s: %s: bad variable name", argv[0], argv[i]);
		if (*eq)
			var_set(name, eq + 1, 0);
		if (remove)
			var_unflag(name, flag);
		else
			var_flag(name, flag);
	}
	return 0;
}

static int builtin_local(int argc, char **argv)
{
	struct frame *f = sh.frame;

	while (f && !f->is_function)
		f = f->prev;
	if (!f)
		return builtin_error(2, "local: not in a function");
	for (int i = 1; i < argc; i++) {
		char *eq = strchrnul(argv[i], '=');
		char *name = arena_strndup(&tmp, argv[i], eq - argv[i]);

		if (!valid_name(name, strlen(name)))
			return builtin_error(2, "local: %s: bad variable name", argv[i]);
		frame_local(f, name);
		if (*eq)
			var_set(name, eq + 1, 0);
	}
	return 0;
}

static int builtin_unset(int argc, char **argv)
{
	bool func = false, var = false;
	int i = 1, status = 0;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "-f"))
			func = true;
		else if (!strcmp(argv[i], "-v"))
			var = true;
		else
			return builtin_error(2, "unset: %s: no such option", argv[i]);
	}
	for (; i < argc; i++) {
		if (!func && !valid_name(argv[i], strlen(argv[i])))
			return builtin_error(2, "unset: %s: bad variable name", argv[i]);
		if (func)
			func_unset(argv[i]);
		else if (!var && !var_get(argv[i]) && func_unset(argv[i]))
			continue;
		else
			status |= var_unset(argv[i]);
	}
	return status;
}

static int builtin_shift(int argc, char **argv)
{
	int n = 1, bad = number_arg(argc, argv, 0, &n);

	if (bad)
		return bad;
	if (n > sh.params.n) {
		sh_warn("shift: there are only %d parameters", sh.params.n);
		return 2;
	}
	sh.params.n -= n;
	sh.params.v += n;
	return 0;
}

/* One line about a name, as `type` (verbose) or `command -v` says it. */
static int describe(const char *name, bool verbose)
{
	static const char *const reserved[] = { "!", "{", "}", "case", "do", "done", "elif", "else",
		"esac", "fi", "for", "if", "in", "then", "until", "while" };
	const struct builtin *b = builtin_find(name);
	const char *path, *what = NULL;

	for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
		if (!strcmp(name, reserved[i]))
			what = "a shell keyword";
	if (!what && func_find(name))
		what = "a function";
	else if (!what && b)
		what = b->flags & B_SPECIAL ? "a special shell built-in" : "a shell built-in";
	if (what) {
		out_printf(verbose ? "%s is %s\n" : "%s\n", name, what);
		return 0;
	}
	path = find_command(name);
	if (path && (path != name || !access(path, X_OK))) {
		if (verbose)
			out_printf("%s is %s\n", name, path);
		else
			out_printf("%s\n", path);
		return 0;
	}
	if (verbose)
		sh_warn("%s: not found", name);
	return 127;
}

static int builtin_type(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++)
		status |= describe(argv[i], true);
	return status;
}

static int builtin_command(int argc, char **argv)
{
	char say = 0;
	int i, status = 0;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		for (const char *s = argv[i] + 1; *s; s++) {
			if (!strchr("pvV", *s))
				return builtin_error(2, "command: -%c: no such option", *s);
			if (*s != 'p')
				say = *s;
		}
	}
	if (!say)
		return i < argc ? exec_argv(argc - i, argv + i) : 0;
	for (; i < argc; i++)
		status |= describe(argv[i], say == 'V');
	return status;
}

static int builtin_hash(int argc, char **argv)
{
	int status = 0;

	if (argc > 1 && !strcmp(argv[1], "-r")) {
		command_cache_clear();
		return 0;
	}
	for (int i = 1; i < argc; i++) {
		if (builtin_find(argv[i]) || func_find(argv[i]) || find_command(argv[i]))
			continue;
		sh_warn("hash: %s: not found", argv[i]);
		status = 1;
	}
	return status;
}

static int builtin_help(int argc, char **argv)
{
	int status = argc > 1;

	for (const struct builtin *b = builtins; b->name; b++) {
		bool wanted = argc == 1;

		for (int i = 1; i < argc; i++)
			wanted |= !strcmp(argv[i], b->name);
		if (!wanted)
			continue;
		out_printf("%-9s %s\n", b->name, b->help);
		status = 0;
	}
	return status;
}

/* Sorted by strcmp: builtin_find() halves it. */
const struct builtin builtins[] = {
	{ ".", builtin_dot, B_SPECIAL, "FILE: run the commands of FILE in this shell" },
	{ ":", builtin_true, B_SPECIAL, "do nothing, successfully" },
	{ "[", builtin_test, 0, "EXPRESSION ]: evaluate a condition" },
	{ "bg", builtin_fg, 0, "[%JOB...]: let stopped jobs go on in the background" },
	{ "break", builtin_break, B_SPECIAL, "[N]: leave N loops" },
	{ "cd", builtin_cd, 0, "[-L|-P] [DIR|-]: change the working directory" },
	{ "command", builtin_command, 0, "[-p] [-v|-V] NAME [ARG...]: run NAME, not a function" },
	{ "continue", builtin_break, B_SPECIAL, "[N]: go on with the next turn of a loop" },
	{ "echo", builtin_echo, 0, "[-n] [ARG...]: print the arguments" },
	{ "eval", builtin_eval, B_SPECIAL, "[ARG...]: run the arguments as commands" },
	{ "exec", builtin_exec, B_SPECIAL, "[PROGRAM [ARG...]]: replace the shell" },
	{ "exit", builtin_exit, B_SPECIAL, "[STATUS]: leave the shell" },
	{ "export", builtin_export, B_SPECIAL, "[-p|-n] [NAME[=VALUE]...]: hand to programs" },
	{ "false", builtin_false, 0, "do nothing, unsuccessfully" },
	{ "fg", builtin_fg, 0, "[%JOB]: bring a job to the foreground" },
	{ "getopts", builtin_getopts, 0, "OPTIONS NAME [ARG...]: take the next option" },
	{ "hash", builtin_hash, 0, "[-r] [NAME...]: find programs; -r forgets where they are" },
	{ "help", builtin_help, 0, "[NAME...]: describe the built-ins" },
	{ "jobs", builtin_jobs, 0, "[-l|-p]: list background and stopped jobs" },
	{ "kill", builtin_kill, 0, "[-s SIGNAL|-SIGNAL] PID|%JOB..., kill -l: send a signal" },
	{ "local", builtin_local, 0, "NAME[=VALUE]...: variables of the running function" },
	{ "printf", builtin_printf, 0, "FORMAT [ARG...]: print by a format" },
	{ "pwd", builtin_pwd, 0, "[-L|-P]: print the working directory" },
	{ "read", builtin_read, 0, "[-r] [-p PROMPT] NAME...: read a line into variables" },
	{ "readonly", builtin_export, B_SPECIAL, "[-p] [NAME[=VALUE]...]: protect variables" },
	{ "return", builtin_return, B_SPECIAL, "[STATUS]: leave a function or a `.` file" },
	{ "set", builtin_set, B_SPECIAL, "[-aefmnuvxC] [-o NAME] [--] [ARG...]: options" },
	{ "shift", builtin_shift, B_SPECIAL, "[N]: drop the first parameters" },
	{ "test", builtin_test, 0, "EXPRESSION: evaluate a condition" },
	{ "times", builtin_times, B_SPECIAL, "print the processor times used" },
	{ "trap", builtin_trap, B_SPECIAL, "[ACTION|-] SIGNAL...: what to do on a signal or EXIT" },
	{ "true", builtin_true, 0, "do nothing, successfully" },
	{ "type", builtin_type, 0, "NAME...: say what a name would run" },
	{ "ulimit", builtin_ulimit, 0, "[-HS] [-a|-cdflnstuv [LIMIT]]: what programs may use" },
	{ "umask", builtin_umask, 0, "[-S] [MODE]: the permissions new files do not get" },
	{ "unset", builtin_unset, B_SPECIAL, "[-f|-v] NAME...: forget variables or functions" },
	{ "wait", builtin_wait, 0, "[PID|%JOB...]: wait for background jobs" },
	{ NULL, NULL, 0, NULL },
};

/* The built-in of that name, or NULL. */
const struct builtin *builtin_find(const char *name)
{
	size_t lo = 0, hi = sizeof(builtins) / sizeof(*builtins) - 1;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = strcmp(name, builtins[mid].name);

		if (!c)
			return &builtins[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}
