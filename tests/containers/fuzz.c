// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz - random operations on container hierarchies by several users, each checked against a model.
 *
 *	fuzz [-s SEED] [-n OPERATIONS] [-v]
 *
 * Three hierarchies, three users and a handful of sleeping processes ("actors"). Before each operation the model says
 * what must come of it, an errno or a text; a difference ends the run with a line that has seed and number, so that it can be
 * repeated. Prints `ok` and the number of operations at the end, after everything was removed and unmounted again.
 *
 * It knows Paddock and Linux's cgroup v1; where the two differ by decision it asks on_linux, and what Linux does some time
 * later (freeing a hierarchy) is left out there. Permissions are tried by changing the effective user for one operation.
 *
 * Start reading at struct node in fuzz.h, the model, then operations[].
 */
#include "fuzz.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct { int weight; void (*run)(void); } operations[] = {
	{ 14, op_mkdir }, { 9, op_rmdir }, { 5, op_rename }, { 2, op_rename_away }, { 20, op_attach }, { 2, op_attach_rubbish },
	{ 1, op_bad_pointer }, { 4, op_notify }, { 4, op_permissions }, { 3, op_start }, { 5, op_fork }, { 4, op_kill }, { 3, op_limit },
	{ 4, op_hold }, { 5, op_use_held }, { 4, op_release }, { 8, op_compare_tasks }, { 6, op_compare_proc }, { 5, op_compare_dir },
	{ 2, op_mount }, { 2, op_umount }, { 2, op_remount }, { 4, op_rebind }, { 1, op_mount_busy },
};

static void step(void)
{
	const int count = sizeof(operations) / sizeof(operations[0]);
	int total = 0, choice;

	for (int i = 0; i < count; i++)
		total += operations[i].weight;
	choice = rnd(total);
	for (int i = 0; i < count; i++) {
		choice -= operations[i].weight;
		if (choice < 0) {
			operations[i].run();
			return;
		}
	}
}

static void set_up(void)
{
	static const char *const plain[] = { "debug", "cpuacct", "misc" };

	on_linux = access("/proc/containers", F_OK) != 0;
	procfile = on_linux ? "cgroup" : "container";
	for (int i = 0; i < 3 && !*hier[0].options; i++)
		if (has_subsystem(plain[i]))
			strcpy(hier[0].label, strcpy(hier[0].options, plain[i]));
	limit_name = on_linux ? "pids" : "numtasks";
	set_limited(1, has_subsystem(limit_name));
	set_limited(2, false);
	mkdir("/fuzz", 0755);
	signal(SIGCHLD, SIG_IGN);
	setgroups(0, NULL);
	umask(022);
	for (int i = 0; i < ACTORS; i++)
		if (pipe(to_actor[i]) || pipe(from_actor[i]))
			wrong("pipe: %s", strerror(errno));
	for (int i = 0; i < HELD; i++)
		held[i].fd = -1;
	for (int h = 0; h < HIERARCHIES; h++) {
		snprintf(hier[h].dir, sizeof(hier[h].dir), "/fuzz%d", h);
		mkdir(hier[h].dir, 0755);
		mount_hierarchy(h, 0);
	}
}

/* Removes all that the model knows; each step must succeed. */
static void tear_down(void)
{
	char path[256];
	bool again = true;

	for (int i = 0; i < HELD; i++)
		release(i);
	for (int i = 0; i < ACTORS; i++)
		while (actors[i].pid) {
			state += i;	/* op_kill picks at random */
			op_kill();
		}
	for (int h = 0; h < HIERARCHIES; h++)
		if (!hier[h].mounted && hier[h].active)
			mount_hierarchy(h, 0);
	while (again) {
		again = false;
		for (int i = 0; i < NODES; i++) {
			if (!nodes[i].used || nodes[i].parent < 0 || children(i))
				continue;
			node_path(i, path);
			check(rmdir(path), 0, "final rmdir", path, 0);
			nodes[i].used = false;
			again = true;
		}
	}
	for (int h = 0; h < HIERARCHIES; h++)
		if (hier[h].mounted && !umount_hierarchy(h))
			wrong("%s stays mounted", hier[h].dir);
	if (!on_linux) {
		read_text("/proc/self/container");
		if (*text)
			wrong("a hierarchy is left: %s", text);
	}
}

int main(int argc, char **argv)
{
	long count = 100000;
	int option;

	seed = 1;
	while ((option = getopt(argc, argv, "s:n:v")) != -1) {
		if (option == 's')
			seed = strtoull(optarg, NULL, 10);
		else if (option == 'n')
			count = strtol(optarg, NULL, 10);
		else if (option == 'v')
			verbose = true;
		else
			return 2;
	}
	state = seed * 0x9e3779b97f4a7c15ULL + 1;
	set_up();
	for (operation = 1; operation <= count; operation++)
		step();
	tear_down();
	printf("ok: %ld operations, seed %llu\n", count, (unsigned long long)seed);
	return 0;
}
