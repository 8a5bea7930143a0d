// SPDX-License-Identifier: GPL-2.0-only
/*
 * trap.c - signals: traps, and what the shell itself ignores or catches.
 *
 * A handler only notes the signal; the action runs between commands, in traps_run(). A signal that
 * was ignored when the shell started can't be trapped (POSIX trap). Start at builtin_trap().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/sh/sh.h"

static const char *const names[] = {
	"EXIT", "HUP",	"INT",	"QUIT", "ILL",	"TRAP", "ABRT", "BUS",	"FPE",	"KILL",	  "USR1",
	"SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN",
	"TTOU", "URG",	"XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR",	"SYS",
};
enum { NAMES = sizeof(names) / sizeof(*names) };

static char *action[SH_NSIG];		/* NULL: default; "": ignore */
static int trap_count;
static volatile sig_atomic_t pending[SH_NSIG], any_pending;
static bool in_exit_trap;

static void on_signal(int sig)
{
	if (sig == SIGINT && sh.interactive && !action[SIGINT]) {
		sh.interrupted = 1;
		return;
	}
	pending[sig] = 1;
	any_pending = 1;
}

static void set_handler(int sig, void (*fn)(int))
{
	struct sigaction sa = { .sa_handler = fn };

	sigaction(sig, &sa, NULL);
}

/* The number for "INT", "SIGINT" or "2"; -1 if there is none. */
int signal_number(const char *name)
{
	char *end;
	long n = strtol(name, &end, 10);

	if (end != name && !*end)
		return n >= 0 && n < SH_NSIG ? n : -1;
	if (!strncmp(name, "SIG", 3))
		name += 3;
	for (int i = 0; i < NAMES; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

/* The name without SIG, or the number as text. */
const char *signal_name(int sig)
{
	static char num[16];

	if (sig >= 0 && sig < NAMES)
		return names[sig];
	snprintf(num, sizeof(num), "%d", sig);
	return num;
}

/* An interactive shell survives ^C, ^\, ^Z and SIGTERM. */
void signals_interactive(void)
{
	set_handler(SIGINT, on_signal);
	set_handler(SIGQUIT, SIG_IGN);
	set_handler(SIGTERM, SIG_IGN);
	set_handler(SIGTSTP, SIG_IGN);
	set_handler(SIGTTIN, SIG_IGN);
	set_handler(SIGTTOU, SIG_IGN);
}

/*
 * Signals of a new subshell: traps go back to the default (ignored ones stay ignored), the
 * interactive shell's own settings are undone, and a background list without job control ignores ^C
 * and ^\.
 */
void signals_child(bool background, bool was_monitor)
{
	static const int shell_own[] = { SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU };

	if (was_monitor || sh.interrupted)
		for (size_t i = 0; i < sizeof(shell_own) / sizeof(*shell_own); i++)
			if (!action[shell_own[i]] || *action[shell_own[i]])
				set_handler(shell_own[i], SIG_DFL);
	for (int sig = 0; trap_count && sig < SH_NSIG; sig++) {
		pending[sig] = 0;
		if (!action[sig] || (sig && !*action[sig]))
			continue;
		free(action[sig]);
		action[sig] = NULL;
		trap_count--;
		if (sig)
			set_handler(sig, SIG_DFL);
	}
	any_pending = 0;
	sh.interrupted = 0;
	in_exit_trap = false;
	if (background) {
		set_handler(SIGINT, SIG_IGN);
		set_handler(SIGQUIT, SIG_IGN);
	}
}

/* Is any trap set (so that the shell must not be replaced by its last command)? */
bool traps_set(void)
{
	return trap_count > 0;
}

/* Has a trapped signal come that traps_run() has not handled yet? */
bool trap_waiting(void)
{
	return any_pending;
}

/* The lowest such signal. */
int trap_pending_sig(void)
{
	for (int sig = 1; sig < SH_NSIG; sig++)
		if (pending[sig])
			return sig;
	return 0;
}

static void run_action(const char *cmd)
{
	int status = sh.status, skip = sh.skip;
	char *copy = xstrdup(cmd);	/* the action may change the trap */

	sh.skip = SKIP_NONE;
	run_string(copy, NULL);
	free(copy);
	if (sh.skip == SKIP_NONE) {
		sh.skip = skip;
		sh.status = status;
	}
}

/* Run the actions of signals that have come. Called between commands. */
void traps_run(void)
{
	while (any_pending) {
		any_pending = 0;
		for (int sig = 1; sig < SH_NSIG; sig++) {
			if (!pending[sig])
				continue;
			pending[sig] = 0;
			if (action[sig] && *action[sig])
				run_action(action[sig]);
		}
	}
}

/* Run the EXIT trap, once. */
void trap_exit(void)
{
	char *cmd = action[0];

	if (!cmd || !*cmd || in_exit_trap)
		return;
	in_exit_trap = true;
	action[0] = NULL;
	run_action(cmd);
	free(cmd);
}

/* Was the signal ignored when the shell started? Then it stays so. */
static bool ignored_at_start(int sig)
{
	static char known[SH_NSIG];
	struct sigaction sa;

	if (sh.interactive)
		return false;
	if (!known[sig])
		known[sig] = !sigaction(sig, NULL, &sa) && sa.sa_handler == SIG_IGN ? 2 : 1;
	return known[sig] == 2;
}

static bool restores_own(int sig)
{
	if (!sh.interactive)
		return false;
	return sig == SIGINT || sig == SIGQUIT || sig == SIGTERM ||
	       (sh.opt[O_MONITOR] && (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU));
}

static void set_trap(int sig, const char *cmd)
{
	if (sig && sig != SIGKILL && sig != SIGSTOP && !action[sig] && ignored_at_start(sig))
		return;
	trap_count += (cmd != NULL) - (action[sig] != NULL);
	free(action[sig]);
	action[sig] = cmd ? xstrdup(cmd) : NULL;
	pending[sig] = 0;
	if (!sig || sig == SIGKILL || sig == SIGSTOP)
		return;
	if (cmd)
		set_handler(sig, *cmd ? on_signal : SIG_IGN);
	else if (restores_own(sig))
		set_handler(sig, sig == SIGINT ? on_signal : SIG_IGN);
	else
		set_handler(sig, SIG_DFL);
}

static int print_traps(void)
{
	for (int sig = 0; sig < SH_NSIG; sig++) {
		if (!action[sig])
			continue;
		out_puts("trap -- ");
		out_quoted(action[sig]);
		out_printf(" %s\n", signal_name(sig));
	}
	return 0;
}

/* trap [ACTION SIGNAL...], trap - SIGNAL..., trap SIGNAL-NUMBER... */
int builtin_trap(int argc, char **argv)
{
	const char *cmd;
	int i = 1, status = 0;

	if (i < argc && !strcmp(argv[i], "--"))
		i++;
	if (i < argc && (!strcmp(argv[i], "-p") || !strcmp(argv[i], "-l")))
		i = argc;
	if (i >= argc)
		return print_traps();
	cmd = argv[i];
	if (i + 1 == argc || (*cmd >= '0' && *cmd <= '9' && signal_number(cmd) >= 0))
		cmd = NULL;
	else
		i++;
	if (cmd && !strcmp(cmd, "-"))
		cmd = NULL;
	for (; i < argc; i++) {
		int sig = signal_number(argv[i]);

		if (sig < 0) {
			sh_warn("trap: %s: no such signal", argv[i]);
			status = 1;
		} else {
			set_trap(sig, cmd);
		}
	}
	return status;
}
