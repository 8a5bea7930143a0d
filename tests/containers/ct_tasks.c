// SPDX-License-Identifier: GPL-2.0-only
/*
 * ct: the commands on processes, and the release agent. See ct.h. Start reading at task_commands[].
 *
 * Commands that hold (sleep for ever) are started with `&` and killed by the driver at the end of the case.
 */
#define _GNU_SOURCE
#include "ct.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define AGENT_LOG	"/tmp/agent.log"
#define PF_NO_SETAFFINITY 0x04000000	/* Linux: flags in /proc/PID/stat of a thread that is bound */

static void hold(void)
{
	for (;;)
		pause();
}

static int cmd_hold(int argc, char **argv)
{
	(void)argc, (void)argv;
	hold();
	return 0;
}

/* Runs COMMAND as user and group UID without further groups. */
static int cmd_as(int argc, char **argv)
{
	unsigned int uid = strtoul(argv[0], NULL, 10);

	(void)argc;
	if (setgroups(0, NULL) || setgid(uid) || setuid(uid))
		return report(-1);
	execvp(argv[1], argv + 1);
	return report(-1);
}

static int cmd_path(int argc, char **argv)
{
	const char *path = task_path(argv[0], argv[1], NULL);

	(void)argc;
	puts(path ? path : "none");
	return 0;
}

/* The line of /proc/PID/container for SUBSYS, numbers of hierarchies as N. */
static int cmd_line(int argc, char **argv)
{
	const char *line = NULL;

	(void)argc;
	if (!task_path(argv[0], argv[1], &line)) {
		puts("none");
		return 0;
	}
	if (line[0] >= '0' && line[0] <= '9')
		printf("N%s\n", strchr(line, ':'));
	else
		puts(line);
	return 0;
}

static int cmd_in(int argc, char **argv)
{
	char *text = slurp(argv[1]);

	(void)argc;
	if (!text)
		return report(-1);
	puts(contains_number(text, strtol(argv[0], NULL, 10)) ? "yes" : "no");
	return 0;
}

/* Are the numbers of FILE one per line, ascending, none twice? */
static int cmd_ascending(int argc, char **argv)
{
	char *text = slurp(argv[0]);
	long last = 0;

	(void)argc;
	if (!text)
		return report(-1);
	for (char *line = text; *line;) {
		char *end;
		long number = strtol(line, &end, 10);

		if (end == line || *end != '\n' || number <= last) {
			printf("no: %ld after %ld\n", number, last);
			return 1;
		}
		last = number;
		line = end + 1;
	}
	puts("yes");
	return 0;
}

/* Is every process of /proc in FILE? Those that end meanwhile do not count. */
static int cmd_all_in(int argc, char **argv)
{
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	char *text = slurp(argv[0]);

	(void)argc;
	if (!text || !proc)
		return report(-1);
	while ((entry = readdir(proc))) {
		long pid = strtol(entry->d_name, NULL, 10);

		if (pid > 0 && !contains_number(text, pid) && !kill(pid, 0)) {
			printf("no: %ld\n", pid);
			return 1;
		}
	}
	closedir(proc);
	puts("yes");
	return 0;
}

void write_number(const char *path, long number)
{
	char work[128];
	FILE *f;

	snprintf(work, sizeof(work), "%s.new", path);
	f = fopen(work, "w");
	if (!f)
		exit(report(-1));
	fprintf(f, "%ld\n", number);
	fclose(f);
	rename(work, path);
}

static void *thread_main(void *file)
{
	write_number(file, syscall(SYS_gettid));
	hold();
	return NULL;
}

/* Starts a second thread, writes its id to FILE, holds. */
static int cmd_thread(int argc, char **argv)
{
	pthread_t thread;

	(void)argc;
	errno = pthread_create(&thread, NULL, thread_main, argv[0]);
	if (errno)
		return report(-1);
	hold();
	return 0;
}

/* Starts a second thread, writes its id to FILE, and ends its first one. */
static int cmd_leaderless(int argc, char **argv)
{
	pthread_t thread;

	(void)argc;
	if (pthread_create(&thread, NULL, thread_main, argv[0]))
		return report(-1);
	syscall(SYS_exit, 0);
	return 0;
}

/* Has a child that ends and is not waited for; writes its pid to FILE once it is a zombie; holds. */
static int cmd_zombie(int argc, char **argv)
{
	siginfo_t info;
	pid_t pid = fork();

	(void)argc;
	if (!pid)
		_exit(0);
	if (pid < 0 || waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		return report(-1);
	write_number(argv[0], pid);
	hold();
	return 0;
}

/* Forks COUNT children that hold, says how each fork went, and holds. */
static int cmd_forks(int argc, char **argv)
{
	(void)argc;
	for (int n = atoi(argv[0]); n > 0; n--) {
		pid_t pid;

		fflush(stdout);
		pid = fork();
		if (!pid)
			hold();
		report(pid);
	}
	hold();
	return 0;
}

/* Forks for ever, and so does every child; a refused fork is tried again. */
static int cmd_bomb(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (;;)
		if (fork() < 0)
			sched_yield();
	return 0;
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads FILE for MS milliseconds; prints whether it was never above NUMBER, and whether it was ever there. */
static int cmd_never_above(int argc, char **argv)
{
	long number = strtol(argv[1], NULL, 10), most = 0, end = now_ms() + atol(argv[2]);

	(void)argc;
	do {
		char *text = slurp(argv[0]);
		long n = text ? strtol(text, NULL, 10) : -1;

		free(text);
		most = n > most ? n : most;
		sleep_ms(5);
	} while (now_ms() < end);
	puts(most > number ? "above" : most == number ? "reached" : "below");
	return 0;
}

/* Waits until FILE is there, 10 s at most, and prints its first word. */
static int cmd_await(int argc, char **argv)
{
	(void)argc;
	for (int i = 0; i < 1000; i++, sleep_ms(10)) {
		char *text = slurp(argv[0]);

		if (text && *text) {
			printf("%ld\n", strtol(text, NULL, 10));
			return 0;
		}
		free(text);
	}
	puts("never came");
	return 1;
}

/* Waits until FILE reads TEXT (and a newline), 10 s at most. */
static int cmd_until(int argc, char **argv)
{
	size_t length = strlen(argv[1]);

	(void)argc;
	for (int i = 0; i < 1000; i++, sleep_ms(10)) {
		char *text = slurp(argv[0]);

		if (text && !strncmp(text, argv[1], length) && !strcmp(text + length, "\n"))
			return report(0);
		free(text);
	}
	puts("never");
	return 1;
}

/* The state letter of PID, `gone` when there is none. */
static char state_of(long pid)
{
	char path[64], *text, *paren;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	text = slurp(path);
	paren = text ? strrchr(text, ')') : NULL;
	return paren && paren[1] ? paren[2] : '\0';
}

static int cmd_alive(int argc, char **argv)
{
	char state = state_of(strtol(argv[0], NULL, 10));

	(void)argc;
	puts(state && state != 'Z' && state != 'X' ? "yes" : "no");
	return 0;
}

/* Waits until PID has ended (a zombie has), 10 s at most. */
static int cmd_ended(int argc, char **argv)
{
	(void)argc;
	for (int i = 0; i < 1000; i++, sleep_ms(10)) {
		char state = state_of(strtol(argv[0], NULL, 10));

		if (!state || state == 'Z' || state == 'X')
			return report(0);
	}
	puts("still there");
	return 1;
}

static int cmd_kill(int argc, char **argv)
{
	(void)argc;
	return report(kill(atoi(argv[0]), SIGKILL));
}

static int cmd_affinity(int argc, char **argv)
{
	const char *separator = "";
	cpu_set_t set;

	(void)argc;
	if (sched_getaffinity(atoi(argv[0]), sizeof(set), &set))
		return report(-1);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &set)) {
			printf("%s%d", separator, cpu);
			separator = ",";
		}
	}
	puts("");
	return 0;
}

/* Prints the pid of a kernel thread that is bound to one CPU, or of one that is not; nothing where there is none. */
static int cmd_kthread(int argc, char **argv)
{
	bool bound = !strcmp(argv[0], "bound");
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	(void)argc;
	if (!proc)
		return report(-1);
	while ((entry = readdir(proc))) {
		long pid = strtol(entry->d_name, NULL, 10);
		unsigned long flags = 0;
		char path[64], *text, *paren;
		cpu_set_t set;

		if (pid <= 2)
			continue;
		snprintf(path, sizeof(path), "/proc/%ld/cmdline", pid);
		text = slurp(path);
		if (!text || *text || state_of(pid) == 'Z' || sched_getaffinity(pid, sizeof(set), &set))
			continue;
		snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
		text = slurp(path);
		paren = text ? strrchr(text, ')') : NULL;
		if (!paren || sscanf(paren + 2, "%*s %*s %*s %*s %*s %*s %lu", &flags) != 1)
			continue;
		if (on_linux() ? bound == !!(flags & PF_NO_SETAFFINITY) : bound == (CPU_COUNT(&set) == 1)) {
			printf("%ld\n", pid);
			return 0;
		}
	}
	closedir(proc);
	return 0;
}

/* Uses the processor for MS milliseconds of its time. */
static int cmd_burn(int argc, char **argv)
{
	long wanted = atol(argv[0]);
	struct timespec t;

	(void)argc;
	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	while (t.tv_sec * 1000 + t.tv_nsec / 1000000 < wanted);
	return 0;
}

/* `column 0|set`, the number of containers and of columns of SUBSYS in the list of subsystems */
static int cmd_subsys(int argc, char **argv)
{
	struct subsys s[MAX_SUBSYS];
	int count = read_subsystems(s);

	(void)argc;
	for (int i = 0; i < count; i++) {
		if (!strcmp(s[i].name, argv[0])) {
			printf("hierarchy %s, %ld containers, %d columns\n", s[i].hierarchy ? "set" : "0", s[i].containers,
			       s[i].columns);
			return 0;
		}
	}
	puts("not in the list");
	return 1;
}

/* Is SUBSYS in no hierarchy? Paddock must answer at once; Linux frees a hierarchy some time later, 5 s at most. */
static int cmd_unbound(int argc, char **argv)
{
	(void)argc;
	for (int tries = on_linux() ? 500 : 1; tries > 0; tries--) {
		struct subsys s[MAX_SUBSYS];
		int count = read_subsystems(s);

		for (int i = 0; i < count; i++) {
			if (!strcmp(s[i].name, argv[0]) && !s[i].hierarchy && !task_path("self", argv[0], NULL)) {
				puts("yes");
				return 0;
			}
		}
		if (tries > 1)
			sleep_ms(10);
	}
	puts("no");
	return 1;
}

/* ---- the release agent ---- */

/*
 * ct under the name agent... is a release agent: it appends one line to AGENT_LOG. agent-rmdir removes the container as well,
 * of the hierarchy mounted at /m.
 */
int agent_main(int argc, char **argv)
{
	extern char **environ;
	char line[1024], cwd[256] = "?", path[512];
	int used = snprintf(line, sizeof(line), "agent"), fd;

	for (int i = 1; i < argc; i++)
		used += snprintf(line + used, sizeof(line) - used, " %s", argv[i]);
	used += snprintf(line + used, sizeof(line) - used, "; cwd %s; env", getcwd(cwd, sizeof(cwd)) ? cwd : "?");
	for (char **e = environ; *e; e++)
		used += snprintf(line + used, sizeof(line) - used, " %s", *e);
	used += snprintf(line + used, sizeof(line) - used, "\n");
	if (strstr(argv[0], "rmdir") && argc > 1) {
		snprintf(path, sizeof(path), "/m%s", argv[1]);
		if (rmdir(path))
			used += snprintf(line + used, sizeof(line) - used, "rmdir %s: %s\n", path, errno_name(errno));
	}
	fd = open(AGENT_LOG, O_WRONLY | O_CREAT | O_APPEND, 0644);
	return fd < 0 || write(fd, line, used) != used;
}

static int count_lines(const char *text)
{
	int lines = 0;

	for (; text && *text; text++)
		lines += *text == '\n';
	return lines;
}

/*
 * Waits for N runs of the agent, 10 s at most, then a little longer for one too many, and shows them: with `whole`
 * cwd and environment too. Forgets them.
 */
static int cmd_agent_log(int argc, char **argv)
{
	int wanted = atoi(argv[0]);
	char *text, *line, *save;

	for (int i = 0; i < 1000 && count_lines(slurp(AGENT_LOG)) < wanted; i++)
		sleep_ms(10);
	sleep_ms(300);
	text = slurp(AGENT_LOG);
	unlink(AGENT_LOG);
	if (!text || !*text) {
		puts("no run");
		return 0;
	}
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (argc < 2)
			line[strcspn(line, ";")] = '\0';
		puts(line);
	}
	return 0;
}

const struct ct_command task_commands[] = {
	{ "hold", 0, "", cmd_hold },
	{ "as", 2, "UID COMMAND...", cmd_as },
	{ "path", 2, "PID SUBSYS", cmd_path },
	{ "line", 2, "PID SUBSYS", cmd_line },
	{ "in", 2, "PID FILE", cmd_in },
	{ "ascending", 1, "FILE", cmd_ascending },
	{ "all-in", 1, "FILE", cmd_all_in },
	{ "thread", 1, "FILE", cmd_thread },
	{ "leaderless", 1, "FILE", cmd_leaderless },
	{ "zombie", 1, "FILE", cmd_zombie },
	{ "forks", 1, "COUNT", cmd_forks },
	{ "bomb", 0, "", cmd_bomb },
	{ "never-above", 3, "FILE NUMBER MS", cmd_never_above },
	{ "await", 1, "FILE", cmd_await },
	{ "until", 2, "FILE TEXT", cmd_until },
	{ "alive", 1, "PID", cmd_alive },
	{ "ended", 1, "PID", cmd_ended },
	{ "kill", 1, "PID", cmd_kill },
	{ "affinity", 1, "PID", cmd_affinity },
	{ "kthread", 1, "bound|unbound", cmd_kthread },
	{ "burn", 1, "MS", cmd_burn },
	{ "subsys", 1, "SUBSYS", cmd_subsys },
	{ "unbound", 1, "SUBSYS", cmd_unbound },
	{ "agent-log", 1, "RUNS [whole]", cmd_agent_log },
	{ NULL, 0, NULL, NULL },
};
