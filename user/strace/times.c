// SPDX-License-Identifier: GPL-2.0-only
//
// How strace shows times, and what select(2) and poll(2) wait for.

#include "user/strace/strace.h"

#include <poll.h>
#include <sys/syscall.h>

// ---- times ----

static void put_time(const long t[2], const char *fraction)
{
	put("{tv_sec=%ld, tv_%s=%ld}", t[0], fraction, t[1]);
}

void show_timespec(struct call *c, int i)
{
	long t[2];

	if (get_struct(c, i, t, sizeof(t)))
		put_time(t, "nsec");
}

// What is left of a sleep: written if a signal has ended it.
void show_remaining(struct call *c, int i)
{
	if (c->error)
		show_timespec(c, i);
	else
		put_address(c->args[i]);
}

void show_timeval(struct call *c, int i)
{
	long t[2];

	if (get_struct(c, i, t, sizeof(t)))
		put_time(t, "usec");
}

// A structure that begins with two times; `rest` is what stands for what follows.
static void show_two_times(struct call *c, int i, const char *first, const char *second, const char *rest)
{
	long t[4];

	if (!get_struct(c, i, t, sizeof(t)))
		return;
	put("{%s=", first);
	put_time(t, "usec");
	put(", %s=", second);
	put_time(t + 2, "usec");
	put("%s}", rest);
}

void show_itimerval(struct call *c, int i)
{
	show_two_times(c, i, "it_interval", "it_value", "");
}

void show_rusage(struct call *c, int i)
{
	if (c->nr == SYS_wait4 && !c->result)		// nobody: it was not written
		put_address(c->args[i]);
	else
		show_two_times(c, i, "ru_utime", "ru_stime", ", ...");
}

void show_timespecs(struct call *c, int i)
{
	long t[4];

	if (!get_struct(c, i, t, sizeof(t)))
		return;
	put("[");
	for (int k = 0; k < 4; k += 2) {
		put(k ? ", " : "");
		if (t[k + 1] == 0x3fffffff)
			put("UTIME_NOW");
		else if (t[k + 1] == 0x3ffffffe)
			put("UTIME_OMIT");
		else
			put_time(t + k, "nsec");
	}
	put("]");
}

// ---- poll, select ----

static const struct word poll_events[] = {{POLLIN, "POLLIN"}, {POLLPRI, "POLLPRI"}, {POLLOUT, "POLLOUT"}, {POLLRDNORM, "POLLRDNORM"},
					  {POLLRDBAND, "POLLRDBAND"}, {POLLWRNORM, "POLLWRNORM"}, {POLLERR, "POLLERR"},
					  {POLLHUP, "POLLHUP"}, {POLLNVAL, "POLLNVAL"}, {0}};

static uint64_t get_polls(struct call *c, struct pollfd *fds)
{
	uint64_t n = (uint32_t)c->args[1] < ELEMENTS ? (uint32_t)c->args[1] : ELEMENTS;

	return read_memory(c->pid, c->args[0], fds, n * sizeof(*fds)) == n * sizeof(*fds) ? n : 0;
}

void show_polls(struct call *c, int i)
{
	struct pollfd fds[ELEMENTS];
	uint64_t n = get_polls(c, fds);

	if (!n && (uint32_t)c->args[1]) {
		put_address(c->args[i]);
		return;
	}
	put("[");
	for (uint64_t k = 0; k < n; k++) {
		put("%s{fd=%d", k ? ", " : "", fds[k].fd);
		if (fds[k].fd >= 0) {
			put(", events=");
			put_flags(poll_events, (uint16_t)fds[k].events);
		}
		put("}");
	}
	put((uint32_t)c->args[1] > n ? ", ...]" : "]");
}

void show_poll_result(struct call *c)
{
	struct pollfd fds[ELEMENTS];
	uint64_t n = get_polls(c, fds);
	bool first = true;

	if (!c->result) {
		put(" (Timeout)");
		return;
	}
	put(" ([");
	for (uint64_t k = 0; k < n; k++)
		if (fds[k].revents) {
			put("%s{fd=%d, revents=", first ? "" : ", ", fds[k].fd);
			put_flags(poll_events, (uint16_t)fds[k].revents);
			put("}");
			first = false;
		}
	put("])");
}

static bool get_fd_set(struct call *c, int i, unsigned char set[128], int *limit)
{
	*limit = (int)c->args[0] < 0 ? 0 : (int)c->args[0] > 1024 ? 1024 : (int)c->args[0];
	return c->args[i] && read_memory(c->pid, c->args[i], set, (*limit + 7) / 8) == (size_t)(*limit + 7) / 8;
}

void show_fd_set(struct call *c, int i)
{
	unsigned char set[128];
	int limit;

	if (get_fd_set(c, i, set, &limit))
		put_bits(set, limit);
	else
		put_address(c->args[i]);
}

void show_select_result(struct call *c)
{
	static const char *const names[] = {"", "in ", "out ", "except "};
	unsigned char set[128];
	bool first = true;
	int limit;

	if (!c->result) {
		put(" (Timeout)");
		return;
	}
	for (int i = 1; i <= 3; i++) {
		bool any = false;

		if (!get_fd_set(c, i, set, &limit))
			continue;
		for (int fd = 0; fd < limit; fd++)
			any |= set[fd / 8] >> fd % 8 & 1;
		if (!any)
			continue;
		put("%s%s", first ? " (" : ", ", names[i]);
		put_bits(set, limit);
		first = false;
	}
	if (c->nr == SYS_select && c->args[4]) {
		put(first ? " (left " : ", left ");
		show_timeval(c, 4);
		first = false;
	}
	put(first ? "" : ")");
}
