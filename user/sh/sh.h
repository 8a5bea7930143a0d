// SPDX-License-Identifier: GPL-2.0-only
/*
 * sh.h - what the files of the shell share.
 *
 * A command travels lex.c -> parse.c -> exec.c; exec.c asks expand.c for its words, redir.c for its
 * files and jobs.c for its processes. Syntax trees live in a reference-counted arena per complete
 * command; everything that expansion makes lives in the arena `tmp` and is released when the
 * command that asked for it ends, so a loop does not grow the shell. Start reading at main.c.
 */
#pragma once

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SH_NSIG 65		/* signals 1 to 64; 0 is the EXIT trap */
#define SH_FD_MIN 10		/* the shell's own descriptors start here */
#define SH_STACK_MAX (2u << 20) /* bytes of stack after which nesting is refused */

/* ---- mem.c: memory, messages, output ---- */

struct chunk;
struct arena {
	struct chunk *top;
	unsigned refs;
};
struct mark {
	struct chunk *chunk;
	size_t used;
};
/* A growing byte string on the heap; always NUL-terminated once written to. */
struct buf {
	char *s;
	size_t len, cap;
};

extern struct arena tmp;

void *xmalloc(size_t n);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);
struct arena *arena_new(void);
void arena_put(struct arena *a);
void *arena_alloc(struct arena *a, size_t n);
char *arena_strndup(struct arena *a, const char *s, size_t n);
struct mark arena_mark(struct arena *a);
void arena_release(struct arena *a, struct mark m);
void buf_put(struct buf *b, const char *s, size_t n);
void buf_putc(struct buf *b, char c);
void buf_puts(struct buf *b, const char *s);
void buf_free(struct buf *b);
void write_all(int fd, const char *s, size_t n);
void sh_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void sh_error(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3), noreturn));
int builtin_error(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void stack_check(void);
void out_put(const char *s, size_t n);
void out_puts(const char *s);
void out_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void out_quoted(const char *s);
int out_flush(void);
void out_drop(void);

/* ---- the syntax tree: parse.c makes it, exec.c and expand.c read it ---- */

enum part_type { P_LIT, P_PARAM, P_CMD, P_ARITH, P_TILDE };

/* A piece of a word. A word is a list of parts; the empty list is the empty unquoted word. */
struct part {
	struct part *next;
	enum part_type type;
	bool quoted;
	bool meta;	    /* P_LIT: may be a pattern for file names */
	bool colon;	    /* P_PARAM: the operator had a colon, or was doubled (%% ##) */
	char op;	    /* P_PARAM: 0 - = ? + % #, or L for ${#name} */
	char *s;	    /* P_LIT text, P_PARAM name, P_TILDE user */
	struct part *word;  /* P_PARAM operand, P_ARITH expression */
	struct node *cmd;   /* P_CMD */
};

struct word {
	struct word *next;
	struct part *parts;
};

struct assign {
	struct assign *next;
	char *name;
	struct part *value;
};

enum redir_op { R_IN, R_OUT, R_CLOBBER, R_APPEND, R_RDWR, R_DUPIN, R_DUPOUT, R_HERE };

struct redir {
	struct redir *next;
	enum redir_op op;
	int fd;
	struct part *target;	/* file name, descriptor word, or here-document body */
};

struct case_item {
	struct case_item *next;
	struct word *patterns;
	struct node *body;
};

enum node_type {
	N_SIMPLE, N_PIPE, N_AND, N_OR, N_LIST, N_BG, N_NOT, N_SUBSHELL, N_GROUP,
	N_IF, N_WHILE, N_UNTIL, N_FOR, N_CASE, N_FUNC
};

struct node {
	enum node_type type;
	struct node *next;	/* sibling in an N_LIST or N_PIPE */
	struct redir *redirs;
	const char *text;	/* as the user wrote it, for job notices; may be NULL */
	union {
		struct {	/* N_SIMPLE */
			struct assign *assigns;
			struct word *words;
		};
		struct {	/* N_AND N_OR N_IF N_WHILE N_UNTIL; `a` alone for the rest; */
			struct node *a, *b, *c; /* first child of N_LIST and N_PIPE */
		};
		struct {	/* N_FOR */
			char *var;
			struct word *list;
			struct node *body;
			bool has_in;
		};
		struct {	/* N_CASE */
			struct part *subject;
			struct case_item *items;
		};
		struct {	/* N_FUNC */
			char *name;
			struct node *def;
			struct arena *arena; /* where the body lives */
		};
	};
};

/* ---- input.c, lex.c and parse.c ---- */

struct input {
	const char *p, *end;	/* unread bytes */
	char *buf;		/* fd inputs: our buffer, two bytes kept before the data */
	int fd;			/* -1: a string */
	bool eof;
	bool interactive;
	bool bytewise;		/* never read past what was asked for: commands share this fd */
	bool keep;		/* do not close fd at the end */
	unsigned line;
};

enum tok {
	T_EOF, T_NL, T_WORD, T_SEMI, T_DSEMI, T_AMP, T_ANDAND, T_OROR, T_PIPE, T_LP, T_RP, T_REDIR
};

struct token {
	enum tok t;
	struct part *parts;	/* T_WORD */
	const char *lit;	/* T_WORD: the text if it is plain and unquoted, else NULL */
	enum redir_op op;
	int fd;
	bool strip;		/* <<- */
	size_t start;		/* offset in the captured text */
	unsigned line;
};

struct heredoc {
	struct heredoc *next;
	struct redir *redir;
	char *delim;
	bool quoted, strip;
};

/* One source of commands being read; they nest (eval, dot, traps). */
struct parser {
	struct parser *prev;
	struct input base, *in;
	const char *name;	/* for messages; NULL for -c and the terminal */
	struct arena *arena;	/* of the command being parsed or run */
	struct buf text;	/* raw text of the command being parsed */
	struct token tok;
	bool have_tok;
	bool assign_ok;		/* a word NAME=value met now is an assignment */
	bool prompt2;		/* the command is incomplete: prompt with PS2 */
	struct heredoc *pending;
	struct heredoc **pending_tail;
};

extern struct parser *ps;

void parser_push_string(struct parser *p, const char *s, size_t n, const char *name);
void parser_push_fd(struct parser *p, int fd, const char *name);
void parser_pop(void);
int input_raw(void);
int input_next(void);
void input_unget(int c);
struct token *peek(void);
void next(void);
void syntax_error(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void heredoc_add(struct redir *r, struct part *delim, bool strip);
const char *token_text(void);
char *text_slice(size_t start);
bool is_name_start(int c);
bool is_name_char(int c);
struct node *parse_complete(bool *eof);
struct node *parse_until_paren(void);
struct node *parse_nested_string(const char *s, size_t n);

/* ---- var.c ---- */

enum { V_EXPORT = 1, V_READONLY = 2, V_HEAP = 4 };

struct var {
	struct var *next;
	char *text;		/* "NAME=value", or "NAME" with attributes but no value */
	unsigned nlen;
	unsigned flags;
};

struct params {
	int n;
	char **v;		/* v[0] is $1 */
	char **heap;		/* what to free, NULL if the strings belong to a caller */
};

/* A running function: its saved variables, the caller's parameters, the arena of its body. */
struct frame {
	struct frame *prev;
	struct saved_var *vars;
	struct params params;
	struct arena *arena;
	bool is_function;
	int loop_depth;
};

struct func {
	struct func *next;
	char *name;
	struct node *body;
	struct arena *arena;
};

void var_init(char **envp);
const char *var_get(const char *name);
void var_set(const char *name, const char *value, unsigned flags);
int var_unset(const char *name);
void var_flag(const char *name, unsigned flags);
void var_unflag(const char *name, unsigned flags);
void var_print(unsigned flag, const char *prefix);
void var_names(const char *prefix, size_t n, void (*fn)(const char *name));
char **var_environ(void);
bool valid_name(const char *s, size_t n);
const char *ifs(void);
void frame_push(struct frame *f, bool is_function);
void frame_pop(void);
void frame_local(struct frame *f, const char *name);
void params_set(int n, char **v);
struct func *func_find(const char *name);
void func_define(const char *name, struct node *body, struct arena *a);
bool func_unset(const char *name);
void func_names(const char *prefix, size_t n, void (*fn)(const char *name));
const char *cwd_get(void);
void cwd_set(const char *path);

/* ---- expand.c, arith.c, glob.c ---- */

enum { F_QUOTED = 1, F_SPLIT = 2, F_EMPTY = 4, F_BREAK = 8 };

/* Expanded text with one flag byte for each character. */
struct xbuf {
	char *s;
	unsigned char *f;
	size_t len, cap;
};

char **expand_words(struct word *w, int *argc);
char *expand_str(struct part *p);
void expand_pattern(struct part *p, struct xbuf *x);
const char *tilde_home(const char *user);
long arith_eval(const char *s);
bool pat_match(const char *p, const unsigned char *f, size_t plen, const char *s, size_t slen);
bool glob_has_meta(const char *s, const unsigned char *f, size_t n);
int glob_expand(const char *s, const unsigned char *f, size_t n, char ***out);

/* ---- redir.c ---- */

int redir_apply(struct redir *r, bool save);
struct saved_fd *redir_mark(void);
void redir_undo(struct saved_fd *to);
void redir_forget(struct saved_fd *to);
int fd_move_high(int fd);

/* ---- jobs.c, trap.c ---- */

enum fork_mode { FORK_FG, FORK_BG, FORK_NOJOB };

struct job;
void jobs_init_tty(void);
struct job *job_new(int nprocs, const char *text);
pid_t sh_fork(struct job *j, enum fork_mode mode);
int job_wait_fg(struct job *j);
void job_background(struct job *j);
int wait_pid(pid_t pid);
void jobs_notify(void);
int jobs_stopped(void);
int builtin_jobs(int argc, char **argv);
int builtin_fg(int argc, char **argv);
int builtin_wait(int argc, char **argv);
int builtin_kill(int argc, char **argv);
void signals_interactive(void);
void signals_child(bool background, bool was_monitor);
void traps_run(void);
bool trap_waiting(void);
int trap_pending_sig(void);
void trap_exit(void);
bool traps_set(void);
int signal_number(const char *name);
const char *signal_name(int sig);
int builtin_trap(int argc, char **argv);

/* ---- exec.c ---- */

enum { X_NOFORK = 1 };
enum { SKIP_NONE, SKIP_BREAK, SKIP_CONTINUE, SKIP_RETURN };

int exec_node(struct node *n, unsigned flags);
int run_parser(bool last_may_exec);
int run_string(const char *s, const char *name);
const char *find_command(const char *name);
void command_cache_clear(void);
int exec_argv(int argc, char **argv);
int exec_simple(struct node *n, unsigned flags);
void exec_program(char **argv, const char *path) __attribute__((noreturn));
void sh_exit(int status) __attribute__((noreturn));

/* ---- builtins ---- */

enum { B_SPECIAL = 1 };

struct builtin {
	const char *name;
	int (*fn)(int argc, char **argv);
	unsigned flags;
	const char *help;
};

extern const struct builtin builtins[];
const struct builtin *builtin_find(const char *name);
int builtin_echo(int argc, char **argv);
int builtin_printf(int argc, char **argv);
int builtin_read(int argc, char **argv);
int builtin_getopts(int argc, char **argv);
int builtin_set(int argc, char **argv);
int builtin_test(int argc, char **argv);
int builtin_cd(int argc, char **argv);
int builtin_pwd(int argc, char **argv);
int builtin_umask(int argc, char **argv);
int builtin_times(int argc, char **argv);
int builtin_ulimit(int argc, char **argv);
void getopts_reset(void);
bool option_letter(char c, bool on);
int options_parse(int argc, char **argv);
void options_string(char *to);

/* ---- edit.c, complete.c ---- */

ssize_t edit_line(const char *prompt, struct buf *line);
void edit_tty_restore(void);
int complete(const char *line, size_t cursor, size_t *start, char ***out);

/* ---- the shell itself ---- */

enum {
	O_ALLEXPORT, O_ERREXIT, O_NOGLOB, O_MONITOR, O_NOEXEC, O_NOUNSET, O_VERBOSE, O_XTRACE,
	O_NOCLOBBER, O_PIPEFAIL, O_N
};

struct shell {
	pid_t pid;		/* $$: the first shell's, also in subshells */
	int status;		/* $? */
	char *arg0;		/* $0 */
	struct params params;
	bool opt[O_N];
	bool interactive;
	bool from_stdin;
	int tested;		/* > 0: a failure is being looked at, so -e must not act */
	int skip, skip_count;	/* break, continue or return under way */
	int loop_depth;
	int cmdsub_status;	/* of the last command substitution, -1 if none */
	pid_t last_bg;		/* $!, 0 if none */
	struct frame *frame;
	jmp_buf *on_error;	/* where an error returns to; NULL: the shell exits */
	bool lenient;		/* the built-in that starts now may fail: see builtin_error() */
	bool keep_redirs;	/* `exec` ran: the command's redirections stay */
	int tty;		/* the terminal when job control is on, else -1 */
	volatile sig_atomic_t interrupted; /* ^C for the interactive shell itself */
	char *stack_base;
};

extern struct shell sh;

void check_interrupt(void);
