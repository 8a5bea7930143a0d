// SPDX-License-Identifier: GPL-2.0-only
/*
 * exec.c - runs syntax trees.
 *
 * Promises: every node returns its exit status and leaves it in $?; `break`, `continue` and
 * `return` unwind through sh.skip, errors through sh_error(); `set -e` looks at sh.tested, which
 * counts the conditions being evaluated. Start at exec_node(); simple commands are in command.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/sh/sh.h"

/* An interactive shell that got ^C goes back to its prompt, $? 130. */
void check_interrupt(void)
{
	if (!sh.interrupted || !sh.on_error)
		return;
	sh.interrupted = 0;
	sh.status = 128 + SIGINT;
	out_drop();
	write_all(2, "\n", 1);
	longjmp(*sh.on_error, 1);
}

/* Leave the shell: run the EXIT trap, whose `exit` may change the status. */
void sh_exit(int status)
{
	sh.status = status;
	sh.skip = SKIP_NONE;
	sh.opt[O_ERREXIT] = false;
	trap_exit();
	out_flush();
	_exit(status);
}

/* A failure that nothing looked at ends the shell under `set -e`. */
static int check_errexit(int status)
{
	if (status && sh.opt[O_ERREXIT] && !sh.tested && !sh.skip)
		sh_exit(status);
	return status;
}

/* Run a condition: its failure is not an error. */
static int exec_tested(struct node *n)
{
	int status;

	sh.tested++;
	status = exec_node(n, 0);
	sh.tested--;
	return status;
}

static int exec_list(struct node *n, unsigned flags)
{
	int status = 0;

	for (n = n->a; n && !sh.skip; n = n->next)
		status = exec_node(n, n->next ? 0 : flags);
	return status;
}

/* Fork the processes of a pipeline into job j. */
static void fork_pipeline(struct node *n, struct job *j, enum fork_mode mode)
{
	int in = -1, fd[2] = { -1, -1 };

	for (n = n->a; n; n = n->next) {
		if (n->next && pipe(fd) < 0)
			sh_error(2, "cannot make a pipe: %s", strerror(errno));
		if (!sh_fork(j, mode)) {
			/* A shell that was started without files has pipe ends below 3. */
			if (n->next)
				close(fd[0]);
			if (in > 0) {
				dup2(in, 0);
				close(in);
			}
			if (n->next) {
				if (fd[1] != 1) {
					dup2(fd[1], 1);
					close(fd[1]);
				}
			}
			sh_exit(exec_node(n, X_NOFORK));
		}
		if (in >= 0)
			close(in);
		if (n->next)
			close(fd[1]);
		in = fd[0];
	}
}

static int count(struct node *n)
{
	int k = 0;

	for (; n; n = n->next)
		k++;
	return k;
}

static int exec_pipe(struct node *n)
{
	struct job *j = job_new(count(n->a), n->text);

	fork_pipeline(n, j, FORK_FG);
	return check_errexit(job_wait_fg(j));
}

static int exec_bg(struct node *n)
{
	struct job *j;

	if (n->a->type == N_PIPE) {
		j = job_new(count(n->a->a), n->text);
		fork_pipeline(n->a, j, FORK_BG);
	} else {
		j = job_new(1, n->text);
		if (!sh_fork(j, FORK_BG))
			sh_exit(exec_node(n->a, X_NOFORK));
	}
	job_background(j);
	return 0;
}

static int exec_subshell(struct node *n, unsigned flags)
{
	struct job *j;

	if (!(flags & X_NOFORK) || traps_set()) {
		j = job_new(1, n->text);
		if (sh_fork(j, FORK_FG))
			return check_errexit(job_wait_fg(j));
	}
	sh.on_error = NULL;
	if (redir_apply(n->redirs, false))
		sh_exit(1);
	sh_exit(exec_node(n->a, X_NOFORK));
}

static int exec_if(struct node *n, unsigned flags)
{
	for (;;) {
		int status = exec_tested(n->a);

		if (sh.skip)
			return status;
		if (!status)
			return exec_node(n->b, flags);
		if (!n->c)
			return 0;
		if (n->c->type != N_IF || n->c->redirs || n->c->text)
			return exec_node(n->c, flags);
		n = n->c;
	}
}

/* After a loop's body: must the loop end? Takes one level off a break or continue. */
static bool loop_ends(void)
{
	if (!sh.skip)
		return false;
	if (sh.skip == SKIP_RETURN)
		return true;
	if (sh.skip_count > 1) {
		sh.skip_count--;
		return true;
	}
	if (sh.skip == SKIP_CONTINUE) {
		sh.skip = SKIP_NONE;
		return false;
	}
	sh.skip = SKIP_NONE;
	return true;
}

static int exec_while(struct node *n)
{
	int status = 0;

	sh.loop_depth++;
	for (;;) {
		int test = exec_tested(n->a);

		if (sh.skip) {
			if (loop_ends())
				break;
			continue;
		}
		if ((test != 0) != (n->type == N_UNTIL))
			break;
		status = exec_node(n->b, 0);
		if (loop_ends())
			break;
	}
	sh.loop_depth--;
	return sh.skip == SKIP_RETURN ? sh.status : status;
}

static int exec_for(struct node *n)
{
	struct mark m = arena_mark(&tmp);
	int argc, status = 0;
	char **argv;

	if (n->has_in) {
		argv = expand_words(n->list, &argc);
	} else {
		argc = sh.params.n;
		argv = arena_alloc(&tmp, (argc + 1) * sizeof(*argv));
		for (int i = 0; i < argc; i++)
			argv[i] = arena_strndup(&tmp, sh.params.v[i], strlen(sh.params.v[i]));
	}
	sh.loop_depth++;
	for (int i = 0; i < argc; i++) {
		var_set(n->var, argv[i], 0);
		status = exec_node(n->body, 0);
		if (loop_ends())
			break;
	}
	sh.loop_depth--;
	arena_release(&tmp, m);
	return status;
}

static int exec_case(struct node *n, unsigned flags)
{
	struct mark m = arena_mark(&tmp);
	char *subject = expand_str(n->subject);

	for (struct case_item *it = n->items; it; it = it->next) {
		for (struct word *w = it->patterns; w; w = w->next) {
			struct xbuf pat = { 0 };

			expand_pattern(w->parts, &pat);
			if (!pat_match(pat.s, pat.f, pat.len, subject, strlen(subject)))
				continue;
			arena_release(&tmp, m);
			return it->body ? exec_node(it->body, flags) : 0;
		}
	}
	arena_release(&tmp, m);
	return 0;
}

static int exec_and_or(struct node *n, unsigned flags)
{
	int status = exec_tested(n->a);

	if (sh.skip || (n->type == N_AND) == (status != 0))
		return status;
	return exec_node(n->b, flags);
}

static int dispatch(struct node *n, unsigned flags)
{
	switch (n->type) {
	case N_SIMPLE:
		return check_errexit(exec_simple(n, flags));
	case N_PIPE:
		return exec_pipe(n);
	case N_AND:
	case N_OR:
		return exec_and_or(n, flags);
	case N_LIST:
		return exec_list(n, flags);
	case N_BG:
		return exec_bg(n);
	case N_NOT:
		return !exec_tested(n->a);
	case N_SUBSHELL:
		return exec_subshell(n, flags);
	case N_GROUP:
		return exec_node(n->a, flags);
	case N_IF:
		return exec_if(n, flags);
	case N_WHILE:
	case N_UNTIL:
		return exec_while(n);
	case N_FOR:
		return exec_for(n);
	case N_CASE:
		return exec_case(n, flags);
	case N_FUNC:
		func_define(n->name, n->def, n->arena);
		return 0;
	}
	return 0;
}

/*
 * Run a tree. flags X_NOFORK: nothing comes after it in this process, so its last program may
 * replace the shell. Returns the status, which is also $?.
 */
int exec_node(struct node *n, unsigned flags)
{
	struct mark m = arena_mark(&tmp);
	struct saved_fd *fds;
	int status;

	if (!n)
		return 0;
	stack_check();
	check_interrupt();
	if (sh.opt[O_NOEXEC] && !sh.interactive)
		return 0;
	if (n->redirs && n->type != N_SIMPLE && n->type != N_SUBSHELL) {
		fds = redir_mark();
		if (redir_apply(n->redirs, true))
			status = check_errexit(1);
		else
			status = dispatch(n, 0);
		redir_undo(fds);
	} else {
		status = dispatch(n, flags);
	}
	sh.status = status;
	arena_release(&tmp, m);
	if (trap_waiting())
		traps_run();
	if (sh.skip == SKIP_RETURN)
		return sh.status;
	return status;
}

static bool only_blanks_left(void)
{
	const char *p = ps->base.p;

	if (ps->base.fd >= 0)
		return false;
	while (p < ps->base.end && strchr(" \t\n", *p))
		p++;
	return p == ps->base.end;
}

/*
 * Run the commands of the source last pushed until its end, `return`, or a skip. last_may_exec: the
 * shell ends with this source. Returns the last status.
 */
int run_parser(bool last_may_exec)
{
	bool eof, ran = false;
	int status = 0;

	for (;;) {
		struct arena *a = ps->arena;
		struct node *n = parse_complete(&eof);

		if (eof)
			break;
		if (n) {
			status = exec_node(n, last_may_exec && only_blanks_left() ? X_NOFORK : 0);
			ran = true;
		}
		/* Definitions keep the arena alive; the next command gets a new one then. */
		if (a->refs > 1) {
			ps->arena = arena_new();
			arena_put(a);
		} else {
			arena_release(a, (struct mark){ 0 });
		}
		if (sh.skip)
			break;
	}
	if (!ran && !ps->base.interactive)
		sh.status = 0;
	return status;
}

/* Run a string in this shell (eval, traps). name is for messages. Returns the status. */
int run_string(const char *s, const char *name)
{
	struct parser p;
	int status;

	parser_push_string(&p, s, strlen(s), name);
	status = run_parser(false);
	parser_pop();
	return status;
}
