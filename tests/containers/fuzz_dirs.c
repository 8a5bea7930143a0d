// SPDX-License-Identifier: GPL-2.0-only
/* fuzz: operations on containers as directories, on their files, and on mounts. See fuzz.c. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- containers ---- */

void op_mkdir(void)
{
	int parent = pick_node(), user = pick_user(), expected = 0;
	static const char *const odd[] = { "tasks", "notify_on_release", "a\nb" };
	char name[300];

	if (parent < 0 || depth(parent) >= DEPTH)
		return;
	snprintf(name, sizeof(name), "c%d", rnd(NAMES));
	if (!rnd(12))
		snprintf(name, sizeof(name), "%s", odd[rnd(3)]);
	if (!may_search(user, parent))
		expected = EACCES;
	else if (child_named(parent, name) >= 0 || !strcmp(name, "tasks") || !strcmp(name, "notify_on_release"))
		expected = EEXIST;
	else if (!may(user, &nodes[parent].dir, 3))
		expected = EACCES;
	else if (strchr(name, '\n'))
		expected = EINVAL;
	else if (new_node(nodes[parent].h, parent, name, user) < 0)
		return;
	become(user);
	long ret = mkdir(file_in(parent, name), 0755);

	become_root();
	check(ret, expected, "mkdir", file_in(parent, name), user);
}

void op_rmdir(void)
{
	int n = pick_node(), user = pick_user(), expected = 0;
	bool open_still = false;
	char path[256];

	if (n < 0 || nodes[n].parent < 0)
		return;
	node_path(n, path);
	if (!may_search(user, nodes[n].parent) || !may(user, &nodes[nodes[n].parent].dir, 3))
		expected = EACCES;
	else if (children(n) || tasks_in(n, false))
		expected = EBUSY;
	become(user);
	long ret = rmdir(path);

	become_root();
	check(ret, expected, "rmdir", path, user);
	if (expected)
		return;
	for (int i = 0; i < HELD; i++)
		open_still |= held[i].fd >= 0 && held[i].node == n;
	nodes[n].removed = true;
	nodes[n].used = open_still;
}

void op_rename(void)
{
	int n = pick_node(), user = pick_user(), expected = 0, parent, target;
	char path[256], name[16];

	if (n < 0 || nodes[n].parent < 0)
		return;
	parent = nodes[n].parent;
	snprintf(name, sizeof(name), "c%d", rnd(NAMES));
	target = child_named(parent, name);
	if (!may_search(user, parent))
		expected = EACCES;
	else if (target == n)
		expected = 0;
	else if (!may(user, &nodes[parent].dir, 3))
		expected = EACCES;
	else if (target >= 0)
		expected = EEXIST;
	node_path(n, path);
	become(user);
	long ret = rename(path, file_in(parent, name));

	become_root();
	check(ret, expected, "rename to a sibling", path, user);
	if (!expected)
		strcpy(nodes[n].name, name);
}

void op_rename_away(void)
{
	int n = pick_node(), m = pick_node();
	char path[256];

	if (n < 0 || m < 0 || nodes[n].parent < 0 || nodes[n].h != nodes[m].h || nodes[n].parent == m || inside(m, n) ||
	    child_named(m, nodes[n].name) >= 0)
		return;
	node_path(n, path);
	check(rename(path, file_in(m, nodes[n].name)), EIO, "rename to another parent", path, 0);
}

void op_notify(void)
{
	static const struct { const char *text; int expected, value; } tries[] = {
		{ "0", 0, 0 }, { "1", 0, 1 }, { "1\n", 0, 1 }, { "7", 0, 1 }, { "yes", EINVAL, 0 }, { "1 1", EINVAL, 0 },
	};
	int n = pick_node(), which = rnd(6);

	if (n < 0)
		return;
	check(write_as(0, file_in(n, "notify_on_release"), tries[which].text), tries[which].expected, "write", file_in(n, "notify_on_release"), 0);
	if (!tries[which].expected)
		nodes[n].notify = tries[which].value;
}

void op_permissions(void)
{
	int n = pick_node(), user = users[rnd(3)];
	static const int modes[] = { 0755, 0777, 0700, 0775, 0711 };
	int mode = modes[rnd(5)], file_mode = rnd(2) ? 0644 : 0666;
	const char *path;

	if (n < 0)
		return;
	path = rnd(2) ? file_in(n, "tasks") : file_in(n, ".");
	if (strstr(path, "tasks")) {
		check(chown(path, user, user), 0, "chown", path, user);
		check(chmod(path, file_mode), 0, "chmod", path, 0);
		nodes[n].tasks = (struct perm){ user, user, file_mode };
	} else {
		check(chown(path, user, user), 0, "chown", path, user);
		check(chmod(path, mode), 0, "chmod", path, 0);
		nodes[n].dir = (struct perm){ user, user, mode };
	}
}

void op_compare_dir(void)
{
	int n = pick_node(), directories = 0;
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	if (n < 0)
		return;
	if (stat(file_in(n, "."), &st) || (int)st.st_nlink != 2 + children(n))
		wrong("%s has %d links, the model %d", file_in(n, "."), (int)st.st_nlink, 2 + children(n));
	dir = opendir(file_in(n, "."));
	if (!dir)
		wrong("opendir %s: %s", file_in(n, "."), strerror(errno));
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != 'c' || entry->d_name[2])
			continue;
		directories++;
		if (child_named(n, entry->d_name) < 0)
			wrong("%s has a child %s", file_in(n, "."), entry->d_name);
	}
	closedir(dir);
	if (directories != children(n))
		wrong("%s lists %d children, the model %d", file_in(n, "."), directories, children(n));
	read_text(file_in(n, "notify_on_release"));
	if (strcmp(text, nodes[n].notify ? "1\n" : "0\n"))
		wrong("%s reads %s", file_in(n, "notify_on_release"), text);
}

/* ---- descriptors that stay open ---- */

void op_hold(void)
{
	int i = rnd(HELD), n = pick_node();

	if (held[i].fd >= 0 || n < 0)
		return;
	held[i].writes = rnd(2);
	held[i].node = n;
	held[i].fd = open(file_in(n, "notify_on_release"), held[i].writes ? O_WRONLY : O_RDONLY);
	check(held[i].fd, 0, "open", file_in(n, "notify_on_release"), 0);
}

void op_use_held(void)
{
	int i = rnd(HELD);
	struct node *n = &nodes[held[i].node];
	char byte = '0' + rnd(2);
	long ret;

	if (held[i].fd < 0)
		return;
	ret = held[i].writes ? pwrite(held[i].fd, &byte, 1, 0) : pread(held[i].fd, &byte, 1, 0);
	check(ret, n->removed ? ENODEV : 0, held[i].writes ? "held write to" : "held read of", n->name, 0);
	if (!n->removed && held[i].writes)
		n->notify = byte == '1';
	else if (!n->removed && (byte == '1') != n->notify)
		wrong("notify_on_release of %s reads %c", n->name, byte);
}

void release(int i)
{
	int n = held[i].node;

	if (held[i].fd < 0)
		return;
	close(held[i].fd);
	held[i].fd = -1;
	for (int j = 0; j < HELD; j++)
		if (held[j].fd >= 0 && held[j].node == n)
			return;
	if (nodes[n].removed)
		nodes[n].used = false;
}

void op_release(void)
{
	release(rnd(HELD));
}

/* ---- mounting ---- */

void mount_hierarchy(int h, int user)
{
	int expected = user ? EPERM : 0;

	become(user);
	long ret = mount("fuzz", hier[h].dir, on_linux ? "cgroup" : "container", 0, hier[h].options);

	become_root();
	check(ret, expected, "mount", hier[h].options, user);
	if (expected)
		return;
	hier[h].mounted = true;
	if (hier[h].active)
		return;
	hier[h].active = true;
	hier[h].top = new_node(h, -1, "", 0);
	if (on_linux)
		nodes[hier[h].top].dir.mode = 0555;
	for (int i = 0; i < ACTORS; i++)
		actors[i].at[h] = hier[h].top;
}

void op_mount(void)
{
	int h = pick_hierarchy();

	for (int i = 0; i < NODES && !hier[h].mounted; i++)
		if (!nodes[i].used) {		/* room for a top */
			mount_hierarchy(h, pick_user());
			return;
		}
}

/* On Linux a hierarchy that has no children is freed some time later: not tried there. */
bool umount_hierarchy(int h)
{
	int expected = 0;

	for (int i = 0; i < HELD; i++)
		if (held[i].fd >= 0 && nodes[held[i].node].h == h)
			expected = EBUSY;
	check(umount(hier[h].dir), expected, "umount", hier[h].dir, 0);
	if (expected)
		return false;
	hier[h].mounted = false;
	if (!children(hier[h].top)) {
		hier[h].active = false;
		nodes[hier[h].top].used = false;
		if (!on_linux && h == limit_hierarchy)
			set_limited(h, false);
	}
	return true;
}

void op_umount(void)
{
	int h = pick_hierarchy();

	if (hier[h].mounted && !rnd(3) && (!on_linux || children(hier[h].top)))
		umount_hierarchy(h);
}

void op_remount(void)
{
	int h = pick_hierarchy();
	static const char *const wrong_options[] = { "nosuch", ",,", "none" };
	const char *options = wrong_options[rnd(3)];
	const char *type = on_linux ? "cgroup" : "container";

	if (!hier[h].mounted || on_linux)
		return;
	if (rnd(2))
		check(mount("fuzz", hier[h].dir, type, MS_REMOUNT, rnd(2) ? NULL : hier[h].options), 0, "remount", hier[h].options, 0);
	else
		check(mount("fuzz", hier[h].dir, type, MS_REMOUNT, options), strcmp(options, "nosuch") ? EINVAL : ENOENT, "remount", options, 0);
}

/* The limiting subsystem comes to a hierarchy with containers and tasks, or goes from it. */
void op_rebind(void)
{
	int h = 1 + rnd(2), expected = 0;
	bool limited = rnd(3);
	char options[64];

	if (on_linux || !hier[h].mounted || !has_subsystem(limit_name))
		return;
	/* A removed container that is still open may keep its parent's state, and that the subsystem (EBUSY): not modelled. */
	for (int i = 0; i < HELD; i++)
		if (!limited && held[i].fd >= 0 && nodes[held[i].node].h == h && nodes[held[i].node].removed)
			return;
	if (limited && limit_hierarchy >= 0 && limit_hierarchy != h)
		expected = EBUSY;
	snprintf(options, sizeof(options), "%s,name=fuzz%d", limited ? limit_name : "none", h);
	check(mount("fuzz", hier[h].dir, "container", MS_REMOUNT, options), expected, "remount", options, 0);
	if (!expected && limited != (limit_hierarchy == h))
		set_limited(h, limited);
}

void op_mount_busy(void)
{
	static char options[128];

	if (!hier[0].active || limit_hierarchy < 0)
		return;
	snprintf(options, sizeof(options), "%s,%s", hier[0].options, limit_name);
	check(mount("fuzz", "/fuzz", on_linux ? "cgroup" : "container", 0, options), EBUSY, "mount", options, 0);
}
