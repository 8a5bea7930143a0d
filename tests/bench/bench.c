// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench - what the kernel below costs, in instructions.
 *
 * One static binary that runs unchanged on Paddock and on Linux. In a guest started with --icount the time stamp counter
 * advances by one for each instruction, user's and kernel's together, so a difference of two readings is a count
 * that is the same in every run. At the start a loop of known length is measured: where the counter does not count instructions
 * the unit printed is `tsc` and not `insn`, and the numbers compare only with their neighbours.
 *
 * Each case prints one line `name value unit`, the median over BATCHES of the mean cost of one operation, after one
 * batch that nobody looks at. The median drops the batches in which a timer tick was served. A case that cannot
 * run prints `name - reason`, and the next one goes on.
 *
 *   bench              all cases
 *   bench NAME...      these
 *   bench tsc          the counter as it is now (for measuring the boot)
 *
 * Start reading at cases[], then measure().
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCHES		15

static char self[4096];			/* our own path, for exec */
static const char *unit = "insn";
char reason[256];		/* why the running case cannot go on; "" while it can */

static uint64_t tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

bool __attribute__((format(printf, 1, 2))) fail(const char *format, ...)
{
	int error = errno;
	va_list args;
	size_t used;

	if (reason[0])
		return false;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	used = strlen(reason);
	if (error)
		snprintf(reason + used, sizeof(reason) - used, ": %s", strerror(error));
	return false;
}

/* True when the counter advances by one per instruction, within 5 %; the shortest of several tries, because of ticks. */
static bool counter_counts_instructions(void)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 5; i++) {
		uint64_t n = 100000, start = tsc(), spent;

		__asm__ volatile("1:\n\tdec %0\n\tjnz 1b" : "+r"(n));
		spent = tsc() - start;
		best = spent < best ? spent : best;
	}
	return best > 190000 && best < 210000;
}

/* ---- processes ---- */

static bool wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return fail("waitpid");
	errno = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return fail("the child failed (status %#x)", status);
	return true;
}

static bool op_getppid(void)
{
	return getppid() > 0;
}

static bool op_fork(void)
{
	pid_t pid = fork();

	if (pid < 0)
		return fail("fork");
	if (!pid)
		_exit(0);
	return wait_for(pid);
}

static bool spawn(bool borrow)
{
	static char *argv[] = { self, "exit", NULL }, *envp[] = { NULL };
	pid_t pid = borrow ? vfork() : fork();

	if (pid < 0)
		return fail("fork");
	if (!pid) {
		execve(self, argv, envp);
		_exit(127);
	}
	return wait_for(pid);
}

static bool op_fork_exec(void)
{
	return spawn(false);
}

static bool op_vfork_exec(void)
{
	return spawn(true);
}

/* ---- files, pipes, memory ---- */

static bool setup_file(void)
{
	int fd = open("/tmp/bench.file", O_CREAT | O_RDWR, 0644);

	if (fd < 0)
		return fail("open /tmp/bench.file");
	close(fd);
	return true;
}

static bool op_open(void)
{
	int fd = open("/tmp/bench.file", O_RDONLY);

	if (fd < 0)
		return fail("open");
	close(fd);
	return true;
}

static void done_file(void)
{
	unlink("/tmp/bench.file");
}

static int ping[2], pong[2];
pid_t partner;

bool setup_pipes(void)
{
	char byte;

	if (pipe(ping) || pipe(pong))
		return fail("pipe");
	partner = fork();
	if (partner < 0)
		return fail("fork");
	if (!partner) {
		close(ping[1]);
		while (read(ping[0], &byte, 1) == 1 && write(pong[1], &byte, 1) == 1)
			;
		_exit(0);
	}
	close(ping[0]);
	return true;
}

static bool op_pipe(void)
{
	char byte = 0;

	if (write(ping[1], &byte, 1) != 1 || read(pong[0], &byte, 1) != 1)
		return fail("pipe");
	return true;
}

void done_pipes(void)
{
	close(ping[1]);
	close(pong[0]);
	close(pong[1]);
	wait_for(partner);
}

char *map_pages(size_t pages)
{
	char *p = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		fail("mmap");
		return NULL;
	}
	return p;
}

static bool op_mmap(void)
{
	char *p = map_pages(1);

	return p && !munmap(p, 4096);
}

static char *fault_area;
static size_t fault_next;

static bool prepare_faults(void)
{
	if (fault_area)
		munmap(fault_area, FAULT_PAGES * 4096);
	fault_next = 0;
	return (fault_area = map_pages(FAULT_PAGES));
}

static bool op_fault(void)
{
	((volatile char *)fault_area)[fault_next++ * 4096] = 1;
	return true;
}

void done_faults(void)
{
	if (fault_area)
		munmap(fault_area, FAULT_PAGES * 4096);
	fault_area = NULL;
}

/* ---- the table and the loop ---- */

struct bench_case {
	const char *name;
	int times;			/* operations per batch */
	bool (*op)(void);
	bool (*setup)(void);		/* once; NULL = nothing to do */
	bool (*prepare)(void);		/* before each batch, not counted */
	void (*done)(void);		/* once, also after a failure */
};

static const struct bench_case cases[] = {
	{ "getppid", 500, op_getppid, NULL, NULL, NULL },
	{ "open+close", 50, op_open, setup_file, NULL, done_file },
	{ "pipe-round-trip", 20, op_pipe, setup_pipes, NULL, done_pipes },
	{ "page-fault", FAULT_PAGES, op_fault, NULL, prepare_faults, done_faults },
	{ "mmap+munmap", 50, op_mmap, NULL, NULL, NULL },
	{ "fork+exit+wait", 10, op_fork, NULL, NULL, NULL },
	{ "vfork+exec+exit+wait", 4, op_vfork_exec, NULL, NULL, NULL },
	{ "fork+exec+exit+wait", 4, op_fork_exec, NULL, NULL, NULL },
	{ "mount+umount", 1, op_mount, setup_mountpoint, prepare_mount, done_hierarchy },
	{ "mkdir+rmdir", 10, op_mkdir, setup_hierarchy, NULL, done_hierarchy },
	{ "attach", 20, op_attach, setup_attach, NULL, done_attach },
	{ "proc-container", 20, op_read_proc, setup_attach, NULL, done_attach },
	{ "tasks-200", 4, op_read_tasks, setup_200, NULL, done_members },
	{ "attach-1000-groups", 20, op_attach, setup_1000_groups, NULL, done_groups },
	{ "tasks-10000", 1, op_read_tasks, setup_10000, NULL, done_members },
	{ "attach-10000-groups", 20, op_attach, setup_10000_groups, NULL, done_groups },
	{ "mkdir-10000-groups", 10, op_mkdir, setup_10000_groups, NULL, done_groups },
	{ "fork-10000-groups", 10, op_fork, setup_10000_groups, NULL, done_groups },
	/* Last: what our own pages are charged to stays, so that pages are looked at more closely from here on. */
	{ "pipe-round-trip-cpu3", 20, op_pipe, setup_pipes_cpu3, NULL, done_pipes_nested },
	{ "pipe-round-trip-cpu-memory3", 20, op_pipe, setup_pipes_cpu_memory3, NULL, done_pipes_nested },
	{ "pipe-round-trip-cpuacct3", 20, op_pipe, setup_pipes_cpuacct3, NULL, done_pipes_nested },
	{ "page-fault-memory3", FAULT_PAGES, op_fault, setup_memory3, prepare_faults, done_faults_nested },
	{ "page-fault-cpu-memory3", FAULT_PAGES, op_fault, setup_cpu_memory3, prepare_faults, done_faults_nested },
	{ "fork+exit-memory3", 10, op_fork, setup_memory3, NULL, done_nested },
};

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Runs one batch; the cost of all its operations goes to *SPENT. */
static bool batch(const struct bench_case *c, uint64_t *spent)
{
	uint64_t start;

	if (c->prepare && !c->prepare())
		return fail("prepare");
	start = tsc();
	for (int i = 0; i < c->times; i++)
		if (!c->op())
			return fail("the operation failed");
	*spent = tsc() - start;
	return true;
}

/* What cases leave to the kernel's threads (to free groups, say) is done by now, and no third task waits for its turn. */
static bool settle(void)
{
	return !usleep(50000);
}

static void measure(const struct bench_case *c)
{
	uint64_t spent[BATCHES];
	bool ok;

	reason[0] = '\0';
	errno = 0;
	partner = 0;
	ok = (!c->setup || c->setup()) && settle() && batch(c, &spent[0]);
	for (int i = 0; ok && i < BATCHES; i++)
		ok = batch(c, &spent[i]);
	if (c->done)
		c->done();
	if (ok) {
		qsort(spent, BATCHES, sizeof(spent[0]), compare);
		printf("%s %llu %s\n", c->name, (unsigned long long)spent[BATCHES / 2] / c->times, unit);
	} else {
		printf("%s - %s\n", c->name, reason[0] ? reason : "failed");
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	if (argc == 2 && !strcmp(argv[1], "exit"))
		_exit(0);
	if (argc == 2 && !strcmp(argv[1], "tsc")) {
		printf("tsc %llu\n", (unsigned long long)tsc());
		return 0;
	}
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		snprintf(self, sizeof(self), "%s", argv[0]);
	if (!counter_counts_instructions())
		unit = "tsc";
	for (size_t i = 0; i < count; i++) {
		bool wanted = argc == 1;

		for (int a = 1; a < argc; a++)
			wanted |= !strcmp(argv[a], cases[i].name);
		if (wanted)
			measure(&cases[i]);
	}
	return 0;
}
