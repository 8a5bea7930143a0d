// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - the shell's command line, its start, and the interactive loop.
 *
 * `sh [OPTIONS] [FILE [ARG...]]`, `sh -c COMMANDS [NAME [ARG...]]`. Little happens before the first
 * prompt: the start of the shell is part of the start of the machine. Start at main().
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/sh/sh.h"

struct shell sh = { .tty = -1 };

static const char usage[] =
	"usage: sh [-aefmnuvxC] [-il] [-o OPTION] [FILE [ARG...]]\n"
	"       sh [OPTIONS] -c COMMANDS [NAME [ARG...]]\n"
	"       sh [OPTIONS] -s [ARG...]\n"
	"Run commands from FILE, from COMMANDS or from standard input.\n"
	"  -c COMMANDS  run COMMANDS; NAME becomes $0     -e  leave on the first failure\n"
	"  -i           behave interactively              -u  an unset variable is an error\n"
	"  -l           behave as a login shell           -x  print commands as they run\n"
	"The built-in `help` lists the built-ins.\n";

/* What the command line asked for. */
struct startup {
	const char *command;	/* -c */
	bool is_c, is_i, is_s, login;
};

/* Options before the operands; returns the index of the first operand. */
static int parse_args(struct startup *st, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		bool on = argv[i][0] == '-';
		const char *s = argv[i] + 1;

		if (!strcmp(argv[i], "--help")) {
			write_all(1, usage, sizeof(usage) - 1);
			_exit(0);
		}
		if ((!on && argv[i][0] != '+') || !*s)
			break;
		if (!strcmp(argv[i], "--"))
			return i + 1;
		for (; *s; s++) {
			char *pair[] = { "-o", (char *)(on ? "-o" : "+o"), argv[i + 1], NULL };

			if (*s == 'c')
				st->is_c = on;
			else if (*s == 'i')
				st->is_i = on;
			else if (*s == 's')
				st->is_s = on;
			else if (*s == 'l')
				st->login = on;
			else if (*s == 'o' && i + 1 < argc)
				options_parse(3, pair), i++, s = "o";
			else if (!option_letter(*s, on))
				sh_error(2, "-%c: no such option (try sh --help)", *s);
		}
	}
	if (i < argc && !strcmp(argv[i], "-"))
		i++;
	return i;
}

/* Back to a sane state after an error or ^C in an interactive shell. */
static void recover(struct parser *top)
{
	while (ps != top)
		parser_pop();
	top->in = &top->base;
	redir_undo(NULL);
	while (sh.frame)
		frame_pop();
	arena_release(&tmp, (struct mark){ 0 });
	sh.tested = sh.loop_depth = sh.skip = 0;
	if (top->arena->refs > 1) {
		arena_put(top->arena);
		top->arena = arena_new();
	} else {
		arena_release(top->arena, (struct mark){ 0 });
	}
	top->base.p = top->base.end;
}

/* Read the commands of a file in this shell, if it exists. */
static void run_profile(const char *path)
{
	struct parser p;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	parser_push_fd(&p, fd_move_high(fd), path);
	run_parser(false);
	sh.skip = SKIP_NONE;
	parser_pop();
}

static void login_files(void)
{
	const char *home = var_get("HOME");
	char path[512];

	run_profile("/etc/profile");
	if (home && (size_t)snprintf(path, sizeof(path), "%s/.profile", home) < sizeof(path))
		run_profile(path);
}

static void __attribute__((noreturn)) interactive_loop(bool login)
{
	struct parser p;
	jmp_buf env;
	volatile bool start = login, warned = false;

	parser_push_fd(&p, 0, NULL);
	p.base.keep = p.base.interactive = true;
	if (setjmp(env)) {
		recover(&p);
		sh.on_error = &env;
	}
	sh.on_error = &env;
	if (start) {
		start = false;
		login_files();
	}
	for (;;) {
		p.base.eof = false;
		run_parser(false);
		sh.skip = SKIP_NONE;
		if (!p.base.eof)
			continue;
		if (jobs_stopped() && !warned) {
			sh_warn("you have stopped jobs");
			warned = true;
			continue;
		}
		write_all(2, "\n", 1);
		sh_exit(sh.status);
	}
}

static void open_script(struct parser *p, const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		sh_error(errno == ENOENT ? 127 : 126, "%s: %s", name, strerror(errno));
	parser_push_fd(p, fd_move_high(fd), name);
}

int main(int argc, char **argv, char **envp)
{
	struct startup st = { 0 };
	struct parser p;
	char base;
	int i;

	sh.stack_base = &base;
	sh.pid = getpid();
	sh.arg0 = argc ? argv[0] : (char *)"sh";
	st.login = sh.arg0[0] == '-';
	var_init(envp);
	i = parse_args(&st, argc, argv);
	if (st.is_c) {
		if (i >= argc)
			sh_error(2, "-c: which command?");
		st.command = argv[i++];
	}
	sh.from_stdin = !st.is_c && (st.is_s || i >= argc);
	sh.interactive = st.is_i || (sh.from_stdin && isatty(0) && isatty(2));
	if (!st.is_s && i < argc) {
		sh.arg0 = argv[i++];
	}
	sh.params = (struct params){ argc - i, argv + i, NULL };
	if (i > argc)
		sh.params.n = 0;
	if (sh.interactive)
		jobs_init_tty();
	if (sh.interactive && sh.from_stdin)
		interactive_loop(st.login);
	if (st.login)
		login_files();
	if (st.command) {
		parser_push_string(&p, st.command, strlen(st.command), NULL);
	} else if (sh.from_stdin) {
		parser_push_fd(&p, 0, NULL);
		p.base.keep = p.base.bytewise = true;
	} else {
		open_script(&p, sh.arg0);
	}
	run_parser(true);
	sh_exit(sh.status);
}
