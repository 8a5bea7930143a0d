// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copy on write: what parent and child write after fork stays their own, also where many share a page and where the
 * kernel is the writer.
 */
#include "tests/guest/tap.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 256
#define SIZE (PAGES * 4096)

static char data[SIZE] = { 1 };

static int wait_for(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

static int all(const char *p, char value)
{
	for (int i = 0; i < SIZE; i += 512)
		if (p[i] != value)
			return 0;
	return 1;
}

static void both_write(char *p, const char *name)
{
	int ends[2];
	pid_t pid;
	char byte;

	memset(p, 'a', SIZE);
	if (pipe(ends))
		return;
	pid = fork();
	if (!pid) {
		int good = all(p, 'a');

		memset(p, 'c', SIZE);
		write(ends[1], "x", 1);
		_exit(good && all(p, 'c') ? 0 : 1);
	}
	read(ends[0], &byte, 1);
	OK(all(p, 'a'), name);
	memset(p, 'p', SIZE);
	EQ(wait_for(pid), 0, "the child sees its own");
	OK(all(p, 'p'), "and the parent its own");
	close(ends[0]);
	close(ends[1]);
}

/* The kernel writes into a shared page (read, wait status): it must copy as well. */
static void kernel_writes(char *p)
{
	int ends[2];
	pid_t pid;

	memset(p, 'a', SIZE);
	if (pipe(ends))
		return;
	write(ends[1], "zz", 2);
	pid = fork();
	if (!pid)
		_exit(read(ends[0], p + 4095, 2) == 2 && p[4095] == 'z' && p[4096] == 'z' ? 0 : 1);
	EQ(wait_for(pid), 0, "the child's read lands in its own pages");
	OK(all(p, 'a') && p[4095] == 'a' && p[4096] == 'a', "and not in the parent's");
	close(ends[0]);
	close(ends[1]);
}

static void generations(char *p)
{
	int good = 1;

	memset(p, 'g', SIZE);
	for (int depth = 0; depth < 6; depth++) {
		pid_t pid = fork();

		if (pid)
			_exit(wait_for(pid) || !good);
		p[depth * 4096] = 'A' + depth;
		for (int i = 0; i <= depth; i++)
			good &= p[i * 4096] == 'A' + i;
		good &= p[(depth + 1) * 4096] == 'g';
	}
	_exit(!good);
}

int main(void)
{
	char *anonymous = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	both_write(data, "initialised data: the child's writes stay in the child");
	both_write(anonymous, "anonymous memory: the child's writes stay in the child");
	both_write(malloc(SIZE), "the heap: the child's writes stay in the child");
	kernel_writes(anonymous);
	pid = fork();
	if (!pid)
		generations(anonymous);
	EQ(wait_for(pid), 0, "six generations write, each its own page");
	pid = fork();
	if (!pid) {
		shared[7] = 's';
		_exit(0);
	}
	EQ(wait_for(pid), 0, "a child writes to shared memory");
	EQ(shared[7], 's', "and the parent sees it");
	return TAP_DONE();
}
