// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/trace, trace_pipe, trace_events: who may, what is refused, that a known sequence of events appears in order with the
 * right fields, waiting, losing. `trace storm SECONDS` has all CPUs at work with all events on while several read, and
 * checks every line.
 */
#define _GNU_SOURCE
#include "tests/guest/tap.h"
#include "tests/guest/helpers.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIME 100			/* s; whatever hangs is ended then */

static char text[8 << 20];

/* Write a string to a file; 0, or -1 with errno. */
static int put(const char *path, const char *s)
{
	int fd = open(path, O_WRONLY), ok;

	if (fd < 0)
		return -1;
	ok = write(fd, s, strlen(s)) == (ssize_t)strlen(s);
	close(fd);
	return ok ? 0 : -1;
}

static int events(const char *s)
{
	return put("/proc/trace_events", s);
}

/* All that a descriptor gives until its end, `step` bytes at a time, into text. */
static size_t slurp(int fd, size_t step)
{
	size_t n = 0;
	ssize_t got;

	while (n + step < sizeof(text) && (got = read(fd, text + n, step)) > 0)
		n += got;
	text[n] = '\0';
	return n;
}

static size_t slurp_file(const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t n = slurp(fd, 65536);

	close(fd);
	return n;
}

/* The first line at or after `from` that contains this text; NULL: there is none. */
static char *find(char *from, const char *format, ...) __attribute__((format(printf, 2, 3)));
static char *find(char *from, const char *format, ...)
{
	char want[512];
	va_list ap;

	if (!from)
		return NULL;
	va_start(ap, format);
	vsnprintf(want, sizeof(want), format, ap);
	va_end(ap);
	from = strstr(from, want);
	while (from && from > text && from[-1] != '\n')
		from--;
	return from;
}

static char *next_line(char *line)
{
	line = line ? strchr(line, '\n') : NULL;
	return line ? line + 1 : NULL;
}

/* Is it what the book says: "# lost …", or "S.NNNNNNNNN CPU PID COMM EVENT: KEY=VALUE …"? CPU and time go out. */
static int well_formed(const char *line, int *cpu, long long *ns)
{
	int words = 0, pid, at = 0;
	long long s, frac, lost;
	char digits[16], name[64];
	const char *p;

	if (sscanf(line, "# lost %lld records on cpu %d%n", &lost, cpu, &at) == 2 && lost > 0 && !line[at]) {
		*ns = -1;
		return 1;
	}
	if (sscanf(line, "%lld.%9[0-9] %d %d %n", &s, digits, cpu, &pid, &at) != 4 || !at || strlen(digits) != 9)
		return 0;
	frac = strtoll(digits, NULL, 10);
	*ns = s * 1000000000 + frac;
	p = strchr(line + at, ' ');			/* behind the task's name */
	if (!p || p == line + at || sscanf(p + 1, "%63[a-z_]:%n", name, &at) != 1 || p[at] != ':')
		return 0;
	for (p += 1 + at; *p; words++) {
		const char *end = p + 1 + strcspn(p + 1, " "), *equals = strchr(p, '=');

		if (*p != ' ' || !equals || equals > end)
			return 0;
		p = end;
	}
	return words >= 1 && words <= 4;
}

static void test_permissions(void)
{
	static const char *const files[] = {"/proc/trace", "/proc/trace_pipe", "/proc/trace_events"};
	struct stat st;
	int status;

	for (int i = 0; i < 3; i++) {
		EQ(stat(files[i], &st), 0, files[i]);
		EQ(st.st_mode & 07777, 0600, "is root's alone");
	}
	if (!fork()) {
		int bad = setuid(1000);

		for (int i = 0; i < 3; i++)
			bad += open(files[i], O_RDONLY) != -1 || errno != EACCES || open(files[i], O_WRONLY) != -1 || errno != EACCES;
		_exit(bad);
	}
	wait(&status);
	EQ(status, 0, "another user can open none, to read or to write");
}

static void test_events_file(void)
{
	EQ(events("none"), 0, "all off");
	EQ(events("exec, exit"), 0, "a list");
	slurp_file("/proc/trace_events");
	OK(find(text, "+exec ") && find(text, "+exit ") && find(text, "-fork ") && find(text, "-sched_switch "), "is what is on");
	OK(find(text, " uid file\n"), "fields are listed");
	FAILS(events("fork nonsense"), EINVAL, "an unknown name");
	slurp_file("/proc/trace_events");
	OK(find(text, "-fork ") && find(text, "+exec "), "changes nothing");
	EQ(events("+fork -exec"), 0, "signs");
	slurp_file("/proc/trace_events");
	OK(find(text, "+fork ") && find(text, "-exec ") && find(text, "+exit "), "change what they name");
	FAILS(events("buf=1M"), EBUSY, "another size while something is on");
	FAILS(events("buf=1"), EINVAL, "a size that is too small");
	FAILS(events("buf=1Z"), EINVAL, "a size that is none");
	EQ(events("none"), 0, "off again");
}

/* What a child that runs a program leaves, in order. */
static void test_sequence(void)
{
	char want[64];
	int pipe_fd, status;
	char *line;
	pid_t pid;

	EQ(events("all"), 0, "all on");
	pipe_fd = open("/proc/trace_pipe", O_RDWR | O_NONBLOCK);
	EQ(write(pipe_fd, "fork exec exit", 14), 14, "a pipe can choose");
	FAILS(write(pipe_fd, "nonsense", 8), EINVAL, "but not what does not exist");
	pid = fork();
	if (!pid) {
		execl("/bin/sh", "sh", "-c", "exit 3", NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	for (int i = 0; i < 500 && !find(text, " %d sh sched_switch: prev_state=X", pid); i++) {
		usleep(10000);		/* it can be waited for a moment before it leaves its CPU */
		slurp_file("/proc/trace");
	}
	EQ(events("none"), 0, "all off");

	slurp(pipe_fd, 65536);
	line = find(text, "fork: child=%d process=%d\n", pid, pid);
	snprintf(want, sizeof(want), " %d trace fork:", getpid());
	OK(line && strstr(line, want) && strstr(line, want) < next_line(line), "fork, by us");
	line = find(next_line(line), " %d sh exec: uid=0 file=/bin/sh\n", pid);
	OK(line, "then exec, already under the new name");
	line = find(next_line(line), " %d sh exit: code=0x300\n", pid);
	OK(line, "then exit");
	OK(!find(text, "sched_switch:"), "and nothing that was not asked for");
	FAILS(read(pipe_fd, text, 100), EAGAIN, "then EAGAIN");
	close(pipe_fd);

	slurp_file("/proc/trace");
	line = find(text, "fork: child=%d ", pid);
	line = find(line, "sched_wakeup: pid=%d cpu=", pid);
	OK(line, "the whole has the wake-up behind the fork");
	line = find(line, "sched_switch: prev_state=");
	line = find(line, " next_pid=%d next_comm=trace\n", pid);
	OK(line, "then the switch to it");
	line = find(line, " %d trace page_fault: addr=0x", pid);
	OK(line, "its page faults");
	line = find(line, " %d sh exec:", pid);
	line = find(line, " %d sh exit:", pid);
	line = find(line, " %d sh sched_switch: prev_state=X next_pid=", pid);
	OK(line, "and the switch away for good");
}

static void test_page_fault(void)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *line;

	events("page_fault");
	page[123] = 1;
	events("none");
	slurp_file("/proc/trace");
	line = find(text, " page_fault: addr=0x%lx ip=0x", (unsigned long)page + 123);
	OK(line && find(line, " flags=0x3\n") == line, "a page fault: where, and that it was a write from user mode");
	munmap(page, 4096);
}

static void test_readers(void)
{
	int a = open("/proc/trace", O_RDONLY), b = open("/proc/trace", O_RDONLY);
	char *first, odd[8];
	size_t n, m;

	n = slurp(a, 65536);
	first = memcpy(malloc(n), text, n);
	m = slurp(b, 7);
	OK(n > 1000 && m == n && !memcmp(first, text, n), "two readers see the same, in large pieces or small");
	EQ(read(a, odd, 8), 0, "then the end");
	FAILS(lseek(a, 0, SEEK_SET), ESPIPE, "there is no way back");
	EQ(read(b, (void *)8, 100), 0, "nothing is copied at the end");
	events("mark");
	put("/proc/trace", "  for those who wait \n");
	events("none");
	n = read(a, text, sizeof(text) - 1);
	text[n] = '\0';
	OK(find(text, " trace mark: text=for\\040those\\040who\\040wait\n"), "who reads on gets what has come since");
	FAILS(read(b, (void *)8, 100), EFAULT, "a wild pointer");
	EQ(put("/proc/trace", ""), 0, "an empty mark");
	memset(text, 'x', 300);
	text[300] = '\0';
	FAILS(put("/proc/trace", text), EINVAL, "a mark that is too long");
	FAILS(events("buf=64K"), EBUSY, "another size while someone reads");
	free(first);
	close(a);
	close(b);
}

static void on_alarm(int number)
{
}

static void test_pipe_waits(void)
{
	struct sigaction sa = {.sa_handler = on_alarm};
	int fd = open("/proc/trace_pipe", O_RDWR), status;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	long start;
	pid_t pid;
	ssize_t n;

	write(fd, "mark", 4);
	events("all");
	EQ(poll(&p, 1, 0), 0, "a pipe without news is not ready");
	start = now_ms();
	EQ(poll(&p, 1, 60), 0, "nor after a while, whatever else happens");
	OK(now_ms() - start >= 59, "that has passed");
	pid = fork();
	if (!pid) {
		usleep(20000);
		_exit(put("/proc/trace", "one"));
	}
	EQ(poll(&p, 1, 10000), 1, "a mark wakes poll");
	EQ(p.revents, POLLIN, "with POLLIN");
	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	OK(find(text, " mark: text=one\n") == text && next_line(text) == text + n, "and can be read, alone");
	waitpid(pid, NULL, 0);
	pid = fork();
	if (!pid) {
		usleep(20000);
		_exit(put("/proc/trace", "two"));
	}
	n = read(fd, text, 10);
	EQ(n, 10, "read waits");
	n += read(fd, text + n, sizeof(text) - 1 - n);
	text[n] = '\0';
	OK(find(text, " mark: text=two\n") == text, "and a line can be read in pieces");
	waitpid(pid, NULL, 0);

	sigaction(SIGALRM, &sa, NULL);
	ualarm(20000, 20000);		/* again and again: the first may come before we wait */
	FAILS(read(fd, text, 100), EINTR, "a signal ends the wait");
	ualarm(0, 0);
	signal(SIGALRM, SIG_DFL);
	alarm(TIME);
	pid = fork();
	if (!pid) {
		read(fd, text, 100);
		_exit(0);
	}
	usleep(20000);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	EQ(status, SIGKILL, "SIGKILL too");
	events("none");
	close(fd);
}

static void test_losing(void)
{
	long lost = 0, marks = 0, n;
	char *line;
	int cpu;

	EQ(events("buf=64K mark"), 0, "small rings");
	for (int i = 0; i < 300; i++)
		put("/proc/trace", "m");
	slurp_file("/proc/trace");
	for (line = text; line && *line; line = next_line(line)) {
		if (sscanf(line, "# lost %ld records on cpu %d\n", &n, &cpu) == 2)
			lost += n;
		else
			marks += strstr(line, "mark: text=m\n") != NULL;
	}
	OK(lost > 0, "lost records are counted");
	EQ(lost + marks, 300, "to the last one");
	events("none");
	EQ(events("buf=1M"), 0, "the old size");
	EQ(slurp_file("/proc/trace"), 0, "and all is forgotten");
}

static void test_containers(void)
{
	char file[64], pid_text[16];
	int status;
	char *line;
	pid_t pid;

	mkdir("/tmp/trace", 0755);
	if (mount("x", "/tmp/trace", "container", 0, "none,name=traced")) {
		rmdir("/tmp/trace");
		return;			/* a kernel without them */
	}
	events("container_attach container_mkdir container_rmdir release_agent fork exit");
	mkdir("/tmp/trace/a", 0755);
	put("/tmp/trace/release_agent", "/bin/true");
	put("/tmp/trace/a/notify_on_release", "1");
	pid = fork();
	if (!pid)
		for (;;)
			pause();
	snprintf(file, sizeof(file), "/tmp/trace/a/tasks");
	snprintf(pid_text, sizeof(pid_text), "%d", pid);
	EQ(put(file, pid_text), 0, "a move");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	for (int i = 0; i < 500 && !find(text, "release_agent:"); i++) {
		usleep(10000);
		slurp_file("/proc/trace");
	}
	rmdir("/tmp/trace/a");
	umount("/tmp/trace");
	rmdir("/tmp/trace");
	events("none");
	slurp_file("/proc/trace");
	line = find(text, "container_mkdir: container=name=traced:/a\n");
	OK(line, "mkdir");
	line = find(line, "container_attach: pid=%d took=", pid);
	OK(line && find(line, " from=name=traced:/ to=name=traced:/a\n") == line, "the move");
	OK(find(line, " %d trace exit: code=0x9\n", pid), "the end of what was moved");
	line = find(line, "release_agent: agent=/bin/true container=name=traced:/a\n");
	OK(line, "the release agent");
	OK(find(line, "container_rmdir: container=name=traced:/a\n"), "rmdir");
}

/* ---- storm ---- */

/* Busy with all that makes events, until it is killed. */
static void load(void)
{
	int ends[2];

	pipe(ends);
	for (;;) {
		pid_t pid = fork();

		if (!pid) {
			char *p = mmap(NULL, 64 << 10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			for (int i = 0; i < 64 << 10; i += 4096)
				p[i] = 1;
			write(ends[1], "x", 1);
			if (getpid() & 1)
				execl("/bin/true", "true", NULL);
			_exit(0);
		}
		read(ends[0], text, 1);
		waitpid(pid, NULL, 0);
	}
}

/* Check each line; the number of them, or -1 with a message on standard error. *last: the time of the last one before. */
static long check_lines(char *from, long long *last, long *lost)
{
	long lines = 0;
	long long ns;
	int cpu;

	for (char *line = from, *end; *line; line = end, lines++) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		if (!end || !well_formed(line, &cpu, &ns) || (ns >= 0 && ns < *last)) {
			fprintf(stderr, "bad line: %s\n", line);
			return -1;
		}
		if (ns >= 0)
			*last = ns;
		else
			*lost += strtol(line + strlen("# lost "), NULL, 10);
	}
	return lines;
}

#define ENOUGH 100			/* lines; a busy host may take its time */

/* Read the whole again and again, or follow. Status 0: all lines are well formed and in the order of time. */
static void reader(int follow, long end, volatile long *lines)
{
	long lost = 0, n;

	for (long long last = 0; now_ms() < end || *lines <= ENOUGH;) {
		if (follow) {
			static int fd = -1;
			ssize_t got;
			size_t have = 0;

			if (fd < 0)
				fd = open("/proc/trace_pipe", O_RDONLY);
			do {
				got = read(fd, text + have, sizeof(text) - 1 - have);
				have += got > 0 ? got : 0;
			} while (got > 0 && text[have - 1] != '\n');
			text[have] = '\0';
		} else {
			last = 0;
			slurp_file("/proc/trace");
		}
		n = check_lines(text, &last, &lost);
		if (n < 0)
			_exit(1);
		*lines += n;
	}
	_exit(0);
}

static int storm(long seconds)
{
	enum { READERS = 4 };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN), end = now_ms() + seconds * 1000;
	volatile long *lines = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t loads[cpus], readers[READERS];
	int status, bad = 0;

	EQ(events("buf=256K all"), 0, "all on");
	for (long i = 0; i < cpus; i++)
		if (!(loads[i] = fork()))
			load();
	for (int i = 0; i < READERS; i++)
		if (!(readers[i] = fork()))
			reader(i & 1, end, &lines[i]);
	for (int i = 0; i < READERS; i++)
		bad += waitpid(readers[i], &status, 0) < 0 || status;
	for (long i = 0; i < cpus; i++)
		kill(loads[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	EQ(bad, 0, "every line is well formed, and time does not go back");
	for (int i = 0; i < READERS; i++)
		OK(lines[i] > ENOUGH, i & 1 ? "one followed" : "one read again and again");
	printf("# lines: %ld %ld %ld %ld\n", lines[0], lines[1], lines[2], lines[3]);
	EQ(events("none"), 0, "off");
	EQ(events("buf=1M"), 0, "the old size");
	return TAP_DONE();
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "storm"))
		return storm(atol(argv[2]));
	alarm(TIME);
	test_permissions();
	test_events_file();
	test_sequence();
	test_page_fault();
	test_readers();
	test_pipe_waits();
	test_losing();
	test_containers();
	return storm(1);
}
