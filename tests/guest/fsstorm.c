// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many processes at the same names: create, link, rename across directories, remove, walk, list,
 * all at once. Nothing may crash, no name may be lost or be there twice, and the directories are
 * empty in the end. Runs on Linux too.
 */
#define _GNU_SOURCE
#include "tests/guest/tap.h"
#include "tests/guest/helpers.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TASKS = 8, ROUNDS = 400, NAMES = 6 };

static void random_path(char *buf)
{
	sprintf(buf, "d%u/%sn%u", any(3), any(4) ? "" : "../d0/", any(NAMES));
}

/* Errors are expected all the time; what counts is that they are sane ones. */
static int sane(int ret)
{
	return ret >= 0 || errno == ENOENT || errno == EEXIST || errno == ENOTDIR ||
	       errno == EISDIR || errno == ENOTEMPTY || errno == EINVAL || errno == ELOOP ||
	       errno == EPERM || errno == EMLINK;
}

static int storm(void)
{
	char a[64], b[64];
	struct dirent *e;
	int fd;
	DIR *d;

	for (int i = 0; i < ROUNDS; i++) {
		int ret = 0;

		random_path(a);
		random_path(b);
		switch (any(9)) {
		case 0:
			ret = fd = open(a, O_CREAT | O_RDWR, 0644);
			if (fd >= 0 && (write(fd, a, strlen(a)) < 0 || close(fd) < 0))
				return 2;
			break;
		case 1:
			ret = link(a, b);
			break;
		case 2:
		case 3:
			ret = rename(a, b);
			break;
		case 4:
			ret = unlink(a);
			break;
		case 5:
			ret = mkdir(a, 0755);
			break;
		case 6:
			ret = rmdir(a);
			break;
		case 7:
			ret = symlink("../d1/n1", a);
			break;
		default:
			d = opendir("d0");
			while (d && (e = readdir(d)))
				ret |= e->d_name[0] != '.' && e->d_name[0] != 'n' ? 3 : 0;
			if (d)
				closedir(d);
			if (ret)
				return ret;
			break;
		}
		if (!sane(ret)) {
			fprintf(stderr, "%s %s: %s\n", a, b, strerror(errno));
			return 4;
		}
	}
	return 0;
}

/*
 * Two names go back and forth by rename; whoever looks finds exactly one of each pair or, in the
 * moment between two looks, none.
 */
static int look_while_renaming(void)
{
	struct stat st;
	pid_t pid;
	int lost = 0, status;

	close(open("here", O_CREAT | O_WRONLY, 0644));
	pid = fork();
	if (!pid) {
		for (int i = 0; i < 3000; i++)
			if (rename(i & 1 ? "there" : "here", i & 1 ? "here" : "there"))
				_exit(1);
		_exit(0);
	}
	close(open("steady", O_CREAT | O_WRONLY, 0644));
	for (int i = 0; i < 3000; i++)
		lost += stat("steady", &st) != 0;	/* a neighbour is never missed */
	waitpid(pid, &status, 0);
	EQ(status, 0, "every rename succeeds");
	EQ(access("here", F_OK), 0, "the file is where it was");
	FAILS(access("there", F_OK), ENOENT, "and only there");
	unlink("here");
	unlink("steady");
	return lost;
}

/* rename over an existing name: at every moment the name is there. */
static int replace_while_looking(void)
{
	int missing = 0, status, fd;
	pid_t pid;

	close(open("config", O_CREAT | O_WRONLY, 0644));
	pid = fork();
	if (!pid) {
		for (int i = 0; i < 2000; i++) {
			close(open("config.new", O_CREAT | O_WRONLY, 0644));
			if (rename("config.new", "config"))
				_exit(1);
		}
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		fd = open("config", O_RDONLY);
		missing += fd < 0;
		close(fd);
	}
	EQ(status, 0, "2000 replacements");
	unlink("config");
	return missing;
}

static void remove_tree(const char *dir)
{
	char path[600];
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (unlink(path) < 0)
			remove_tree(path);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

int main(void)
{
	char dir[] = "/tmp/stormXXXXXX", name[64];
	int status, bad = 0;

	alarm(120);
	if (!mkdtemp(dir) || chdir(dir) < 0) {
		perror(dir);
		return 1;
	}
	for (int i = 0; i < 3; i++) {
		sprintf(name, "d%d", i);
		mkdir(name, 0755);
	}
	for (int t = 0; t < TASKS; t++) {
		seed = (unsigned int)t * 7919 + 1;
		if (!fork())
			_exit(storm());
	}
	while (wait(&status) > 0)
		bad |= status;
	EQ(bad, 0, "eight processes at the same names");
	for (int i = 0; i < 3; i++) {	/* directories may have been moved into each other */
		sprintf(name, "d%d", i);
		remove_tree(name);
	}
	for (int i = 0; i < 3; i++) {
		sprintf(name, "d%d", i);
		FAILS(access(name, F_OK), ENOENT, "nothing is left of a directory");
	}
	EQ(look_while_renaming(), 0, "a neighbour of a renamed file is never missed");
	EQ(replace_while_looking(), 0, "a replaced name is never missing");
	if (chdir("/") == 0)
		EQ(rmdir(dir), 0, "nothing is left");
	return TAP_DONE();
}
