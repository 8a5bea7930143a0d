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
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCHES		15
#define FAULT_PAGES	64
#define MEMBER_STACK	4096

static char self[4096];			/* our own path, for exec */
static const char *unit = "insn";
static char reason[256];		/* why the running case cannot go on; "" while it can */

/* The hierarchy of the container cases; see find_framework(). */
static const char *fstype, *fsoptions, *procfile;
static char mnt[64];

static uint64_t tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

/* Notes why the case cannot go on, the errno included if it is set. Returns false, for `return fail(...)`. */
static bool __attribute__((format(printf, 1, 2))) fail(const char *format, ...)
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
static pid_t partner;

static bool setup_pipes(void)
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

static void done_pipes(void)
{
	close(ping[1]);
	close(pong[0]);
	close(pong[1]);
	wait_for(partner);
}

static char *map_pages(size_t pages)
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

static void done_faults(void)
{
	if (fault_area)
		munmap(fault_area, FAULT_PAGES * 4096);
	fault_area = NULL;
}

/* ---- containers ---- */

/*
 * Chooses the hierarchy that is nearest on both sides, with a subsystem whose only work is a small object per container and
 * a few files, so that the framework is measured and not a controller: `debug` on Paddock, `misc` on Linux. Debian
 * does not build Linux's own debug controller. A hierarchy without any (none,name=N) would be unfair in both directions: no
 * object to make, but then all css_sets share one hash bucket and attach walks them. cpuacct and pids allocate
 * per-CPU memory or take part in each fork.
 */
static bool find_framework(void)
{
	char line[128];
	FILE *f = fopen("/proc/filesystems", "re");

	fstype = NULL;
	while (f && fgets(line, sizeof(line), f)) {
		char *name = strrchr(line, '\t');

		name = name ? name + 1 : line;
		name[strcspn(name, "\n")] = '\0';
		if (!strcmp(name, "container")) {
			fstype = "container";
			fsoptions = "debug";
			procfile = "/proc/self/container";
		} else if (!strcmp(name, "cgroup") && !fstype) {
			fstype = "cgroup";
			fsoptions = "misc";
			procfile = "/proc/self/cgroup";
		}
	}
	if (f)
		fclose(f);
	errno = 0;
	return fstype || fail("neither `container` nor `cgroup` in /proc/filesystems");
}

/* Returns MNT with "/" and the formatted text behind it, in one of a few static buffers. */
static const char *in_mnt(const char *format, ...)
{
	static char buffers[4][128];
	static int turn;
	char *buffer = buffers[turn++ % 4];
	int used = snprintf(buffer, sizeof(buffers[0]), "%s/", mnt);
	va_list args;

	va_start(args, format);
	vsnprintf(buffer + used, sizeof(buffers[0]) - used, format, args);
	va_end(args);
	return buffer;
}

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return fail("open %s", path);
	n = write(fd, text, strlen(text));
	if (n < 0)
		fail("write %s", path);
	close(fd);
	return n >= 0;
}

static bool attach_self(const char *path)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)getpid());
	return write_text(path, text);
}

/* Lets the last unmount's deferred work end, so that the next mount need not wait for it: waiting is time, not instructions. */
static bool prepare_mount(void)
{
	return !usleep(100000);
}

static bool op_mount(void)
{
	if (mount("bench", mnt, fstype, 0, fsoptions))
		return fail("mount -t %s -o %s", fstype, fsoptions);
	if (umount(mnt))
		return fail("umount");
	return true;
}

static bool setup_mountpoint(void)
{
	snprintf(mnt, sizeof(mnt), "/tmp/bench.mnt");
	if (mkdir(mnt, 0755) && errno != EEXIST)
		return fail("mkdir %s", mnt);
	errno = 0;
	return find_framework();
}

static bool setup_hierarchy(void)
{
	if (!setup_mountpoint())
		return false;
	if (mount("bench", mnt, fstype, 0, fsoptions))
		return fail("mount -t %s -o %s", fstype, fsoptions);
	return true;
}

static void done_hierarchy(void)
{
	umount(mnt);
	rmdir(mnt);
}

static bool op_mkdir(void)
{
	static char path[64];

	if (!*path)
		snprintf(path, sizeof(path), "%s", in_mnt("x"));
	if (mkdir(path, 0755))
		return fail("mkdir");
	if (rmdir(path))
		return fail("rmdir");
	return true;
}

/* Made beforehand: formatting them would be half of what is measured. */
static char attach_path_a[64], attach_path_b[64], attach_pid[16];

/* Two containers between which the benchmark's own task moves. */
static bool setup_attach(void)
{
	if (!setup_hierarchy())
		return false;
	snprintf(attach_path_a, sizeof(attach_path_a), "%s", in_mnt("a/tasks"));
	snprintf(attach_path_b, sizeof(attach_path_b), "%s", in_mnt("b/tasks"));
	snprintf(attach_pid, sizeof(attach_pid), "%d", (int)getpid());
	if (mkdir(in_mnt("a"), 0755) || mkdir(in_mnt("b"), 0755))
		return fail("mkdir");
	return true;
}

static bool op_attach(void)
{
	static bool in_a;

	in_a = !in_a;
	return write_text(in_a ? attach_path_a : attach_path_b, attach_pid);
}

static void done_attach(void)
{
	attach_self(in_mnt("tasks"));
	rmdir(in_mnt("a"));
	rmdir(in_mnt("b"));
	done_hierarchy();
}

/*
 * Starts COUNT more threads in the calling process, asleep for ever on stacks that STACKS holds, one of MEMBER_STACK bytes each.
 * They end with the process. Returns the number started.
 */
static int start_threads(int count, char *stacks)
{
	const long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;

	for (int i = 0; i < count; i++) {
		long ret;
		register long tls __asm__("r8") = 0;
		register long child __asm__("r10") = 0;

		__asm__ volatile("syscall\n\t"
				 "test %%rax, %%rax\n\t"
				 "jnz 2f\n"
				 "1:\tmov %[pause], %%eax\n\t"
				 "syscall\n\t"
				 "jmp 1b\n"
				 "2:"
				 : "=a"(ret)
				 : "a"((long)SYS_clone), "D"(flags), "S"(stacks + (i + 1L) * MEMBER_STACK), "d"(0L),
				   "r"(child), "r"(tls), [pause] "i"(SYS_pause)
				 : "rcx", "r11", "memory");
		if (ret < 0)
			return i;
	}
	return count;
}

/* Forks a process of COUNT threads that lives in CONTAINER. Returns its pid once all are there, -1 on failure. */
static pid_t start_members(const char *container, int count)
{
	char *stacks = count > 1 ? map_pages(count) : NULL;
	int ready[2], started = 0;
	pid_t pid;

	if ((count > 1 && !stacks) || pipe(ready))
		return -1;
	pid = fork();
	if (!pid) {
		if (attach_self(in_mnt("%s/tasks", container)))
			started = 1 + start_threads(count - 1, stacks);
		if (write(ready[1], &started, sizeof(started)) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (pid < 0 || read(ready[0], &started, sizeof(started)) != sizeof(started) || started != count) {
		fail("%d of %d members started", started, count);
		if (pid > 0)
			kill(pid, SIGKILL), waitpid(pid, NULL, 0);
		pid = -1;
	}
	close(ready[0]);
	if (stacks)
		munmap(stacks, (size_t)count * 4096);
	return pid;
}

static int group_count;

static void done_groups(void)
{
	if (partner > 0) {
		kill(partner, SIGKILL);
		waitpid(partner, NULL, 0);
	}
	while (group_count > 0)
		rmdir(in_mnt("g%d", --group_count));
	done_attach();
}

/* Gives each task of a/tasks a container of its own. */
static bool spread_members(void)
{
	FILE *tasks = fopen(in_mnt("a/tasks"), "re");
	char line[16];

	if (!tasks)
		return fail("open a/tasks");
	while (!reason[0] && fgets(line, sizeof(line), tasks)) {
		if (mkdir(in_mnt("g%d", group_count), 0755))
			fail("mkdir g%d", group_count);
		else
			write_text(in_mnt("g%d/tasks", group_count++), line);
	}
	fclose(tasks);
	return !reason[0];
}

/* COUNT further containers with one task each, so that as many css_groups exist. */
static bool setup_groups(int count)
{
	if (!setup_attach())
		return false;
	partner = start_members("a", count);
	if (partner < 0)
		return fail("members");
	return spread_members();
}

static bool setup_1000_groups(void)
{
	return setup_groups(1000);
}

static bool setup_10000_groups(void)
{
	return setup_groups(10000);
}

static void done_members(void)
{
	if (partner > 0) {
		kill(partner, SIGKILL);
		waitpid(partner, NULL, 0);
	}
	done_attach();
}

static bool setup_members(int count)
{
	if (!setup_attach())
		return false;
	partner = start_members("a", count);
	return partner > 0 || fail("members");
}

static bool setup_200(void)
{
	return setup_members(200);
}

static bool setup_10000(void)
{
	return setup_members(10000);
}

static bool read_file(const char *path)
{
	static char buffer[16384];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fail("open %s", path);
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		;
	close(fd);
	return !n || fail("read %s", path);
}

static bool op_read_tasks(void)
{
	return read_file(in_mnt("a/tasks"));
}

static bool op_read_proc(void)
{
	return read_file(procfile);
}

/* ---- a controller that has something to do ---- */

/* We are in the innermost of three containers, so that what is measured counts in three. */
static bool setup_nested(const char *subsystem)
{
	if (!setup_mountpoint())
		return false;
	if (mount("bench", mnt, fstype, 0, subsystem))
		return fail("mount -t %s -o %s", fstype, subsystem);
	if (mkdir(in_mnt("a"), 0755) || mkdir(in_mnt("a/b"), 0755) || mkdir(in_mnt("a/b/c"), 0755))
		return fail("mkdir");
	return attach_self(in_mnt("a/b/c/tasks"));
}

static bool setup_memory3(void)
{
	return setup_nested("memory");
}

static void done_nested(void)
{
	attach_self(in_mnt("tasks"));
	rmdir(in_mnt("a/b/c"));
	rmdir(in_mnt("a/b"));
	rmdir(in_mnt("a"));
	done_hierarchy();
}

static void done_faults_nested(void)
{
	done_faults();
	done_nested();
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
	{ "page-fault-memory3", FAULT_PAGES, op_fault, setup_memory3, prepare_faults, done_faults_nested },
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

static void measure(const struct bench_case *c)
{
	uint64_t spent[BATCHES];
	bool ok;

	reason[0] = '\0';
	errno = 0;
	partner = 0;
	ok = (!c->setup || c->setup()) && batch(c, &spent[0]);
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
