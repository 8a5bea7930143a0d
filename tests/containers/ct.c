// SPDX-License-Identifier: GPL-2.0-only
/* ct: main(), and what the commands share: errnos, reading files, the names that the system uses. See ct.h. */
#define _GNU_SOURCE
#include "ct.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *errno_name(int error)
{
	static const struct { int number; const char *name; } names[] = {
		{ EPERM, "EPERM" }, { ENOENT, "ENOENT" }, { ESRCH, "ESRCH" }, { EINTR, "EINTR" }, { EIO, "EIO" },
		{ E2BIG, "E2BIG" }, { EBADF, "EBADF" }, { EAGAIN, "EAGAIN" }, { ENOMEM, "ENOMEM" }, { EACCES, "EACCES" },
		{ EFAULT, "EFAULT" }, { EBUSY, "EBUSY" }, { EEXIST, "EEXIST" }, { EXDEV, "EXDEV" }, { ENODEV, "ENODEV" },
		{ ENOTDIR, "ENOTDIR" }, { EISDIR, "EISDIR" }, { EINVAL, "EINVAL" }, { EMFILE, "EMFILE" },
		{ ENOSPC, "ENOSPC" }, { EROFS, "EROFS" }, { EMLINK, "EMLINK" }, { EPIPE, "EPIPE" }, { ERANGE, "ERANGE" },
		{ ENAMETOOLONG, "ENAMETOOLONG" }, { ENOSYS, "ENOSYS" }, { ENOTEMPTY, "ENOTEMPTY" }, { ELOOP, "ELOOP" },
		{ EOPNOTSUPP, "EOPNOTSUPP" }, { ENOEXEC, "ENOEXEC" }, { ECHILD, "ECHILD" }, { ENXIO, "ENXIO" },
		{ ESPIPE, "ESPIPE" }, { ENOTTY, "ENOTTY" }, { EFBIG, "EFBIG" }, { ETXTBSY, "ETXTBSY" }, { ESTALE, "ESTALE" },
	};
	static char other[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == error)
			return names[i].name;
	snprintf(other, sizeof(other), "errno-%d", error);
	return other;
}

int report(long ret)
{
	puts(ret < 0 ? errno_name(errno) : "ok");
	fflush(stdout);
	return ret < 0;
}

void sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

char *slurp_fd(int fd, size_t chunk, size_t *length)
{
	size_t size = 65536 + chunk, used = 0;
	char *buffer = malloc(size + 1);
	ssize_t n;

	while ((n = read(fd, buffer + used, chunk)) > 0) {
		used += n;
		if (used + chunk > size)
			buffer = realloc(buffer, (size *= 2) + 1);
	}
	if (n < 0) {
		free(buffer);
		return NULL;
	}
	buffer[used] = '\0';
	if (length)
		*length = used;
	return buffer;
}

char *slurp_by(const char *path, size_t chunk, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;
	char *text;

	if (fd < 0)
		return NULL;
	text = slurp_fd(fd, chunk, length);
	error = errno;
	close(fd);
	errno = error;
	return text;
}

char *slurp(const char *path)
{
	return slurp_by(path, 4096, NULL);
}

bool contains_number(const char *text, long number)
{
	while (text && *text) {
		if (strtol(text, NULL, 10) == number)
			return true;
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return false;
}

/* ---- what the system calls things ---- */

bool on_linux(void)
{
	return access("/proc/containers", F_OK) != 0;
}

const char *fstype(void)
{
	return on_linux() ? "cgroup" : "container";
}

const char *list_path(void)
{
	return on_linux() ? "/proc/cgroups" : "/proc/containers";
}

int read_subsystems(struct subsys out[MAX_SUBSYS])
{
	char *text = slurp(list_path()), *save, *line;
	int count = 0;

	if (!text)
		return 0;
	for (line = strtok_r(text, "\n", &save); line && count < MAX_SUBSYS; line = strtok_r(NULL, "\n", &save)) {
		struct subsys *s = &out[count];
		char rest[64] = "";
		int fields;

		if (line[0] == '#')
			continue;
		fields = sscanf(line, "%31s %ld %ld %63s", s->name, &s->hierarchy, &s->containers, rest);
		s->columns = fields;
		count += fields >= 3;
	}
	free(text);
	return count;
}

bool list_has(const char *names, const char *end, const char *name)
{
	size_t length = strlen(name);

	while (names < end) {
		const char *comma = memchr(names, ',', end - names);
		const char *stop = comma ? comma : end;

		if ((size_t)(stop - names) == length && !memcmp(names, name, length))
			return true;
		names = stop + 1;
	}
	return false;
}

const char *task_path(const char *pid, const char *subsys, const char **whole)
{
	static char found[8192], path[64];
	char *text, *line, *save;
	const char *answer = NULL;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, fstype());
	text = slurp(path);
	if (!text)
		return NULL;
	for (line = strtok_r(text, "\n", &save); line && !answer; line = strtok_r(NULL, "\n", &save)) {
		char *names = on_linux() ? strchr(line, ':') + 1 : line;
		char *colon = strchr(names, ':');

		if (colon && list_has(names, colon, subsys)) {
			snprintf(found, sizeof(found), "%s", line);
			answer = found + (colon + 1 - line);
			if (whole)
				*whole = found;
		}
	}
	free(text);
	return answer;
}

int agent_main(int argc, char **argv);

int main(int argc, char **argv)
{
	const struct ct_command *tables[] = { file_commands, task_commands, cpuset_commands, memory_commands, case_commands };
	const char *slash = strrchr(argv[0], '/');

	if (!strncmp(slash ? slash + 1 : argv[0], "agent", 5))
		return agent_main(argc, argv);
	for (size_t t = 0; argc > 1 && t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (const struct ct_command *c = tables[t]; c->name; c++) {
			if (strcmp(c->name, argv[1]))
				continue;
			if (argc - 2 >= c->least)
				return c->run(argc - 2, argv + 2);
			fprintf(stderr, "usage: ct %s %s\n", c->name, c->usage);
			return 2;
		}
	}
	fprintf(stderr, "ct: no such command: %s\n", argc > 1 ? argv[1] : "(none)");
	return 2;
}
