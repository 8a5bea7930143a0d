// SPDX-License-Identifier: GPL-2.0-only
/* fuzz: the model, and what its files share. See fuzz.c; the model is fuzz_model.c's. */
#pragma once

#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define HIERARCHIES	3
#define NODES		48
#define ACTORS		12
#define HELD		4
#define DEPTH		5
#define NO_LIMIT	-1
#define NAMES		6		/* children are called c0 ... c5, so that names collide */

struct perm {
	int uid, gid, mode;
};

struct node {				/* a container */
	bool used, removed;		/* removed: kept for a descriptor that is still open */
	int h, parent;			/* parent: -1 for the top */
	char name[16];
	struct perm dir, tasks;
	bool notify;
	long max;			/* numtasks.max */
};

struct hierarchy {
	char options[64], label[64];	/* label: what stands in /proc/PID/container */
	char dir[8];
	bool mounted, active;
	int top;
};

struct actor {
	pid_t pid;			/* 0: none */
	int uid;
	int at[HIERARCHIES];		/* node; valid while the hierarchy is active */
};

extern struct node nodes[NODES];
extern struct hierarchy hier[HIERARCHIES];
extern struct actor actors[ACTORS];
extern struct held { int fd, node; bool writes; } held[HELD];
extern int to_actor[ACTORS][2], from_actor[ACTORS][2];
extern const int users[3];
extern bool on_linux, verbose;
extern const char *procfile, *limit_name;
extern int limit_hierarchy;	/* where limit_name is bound; Paddock: 1, 2 or none, changed by remounts */
extern uint64_t seed, state;
extern long operation;
extern char text[65536];		/* what read_text() has read */

unsigned int rnd(unsigned int below);
void __attribute__((noreturn, format(printf, 1, 2))) wrong(const char *format, ...);
void __attribute__((format(printf, 1, 2))) say(const char *format, ...);
void node_path(int n, char *out);
const char *file_in(int n, const char *file);
int child_named(int parent, const char *name);
int children(int n);
int depth(int n);
bool inside(int n, int ancestor);
int tasks_in(int n, bool below);
bool may(int user, const struct perm *p, int want);
bool may_search(int user, int n);
void set_limited(int h, bool limited);
int pick_hierarchy(void);
int pick_node(void);
int pick_user(void);
int pick_actor(void);

/* ---- doing ---- */
void become(int user);
void become_root(void);
void check(long ret, int expected, const char *what, const char *path, int user);
long write_as(int user, const char *path, const char *text);
const char *read_text(const char *path);
bool has_subsystem(const char *name);
int new_node(int h, int parent, const char *name, int user);

/* ---- operations: one turn of each kind; fuzz_dirs.c, fuzz_tasks.c ---- */
void op_mkdir(void);
void op_rmdir(void);
void op_rename(void);
void op_rename_away(void);
void op_notify(void);
void op_permissions(void);
void op_compare_dir(void);
void op_hold(void);
void op_use_held(void);
void op_release(void);
void op_mount(void);
void op_umount(void);
void op_remount(void);
void op_rebind(void);
void op_mount_busy(void);
void op_attach(void);
void op_attach_rubbish(void);
void op_bad_pointer(void);
void op_start(void);
void op_fork(void);
void op_kill(void);
void op_limit(void);
void op_compare_tasks(void);
void op_compare_proc(void);
void release(int i);
void mount_hierarchy(int h, int user);
bool umount_hierarchy(int h);
