// SPDX-License-Identifier: GPL-2.0-only
/*
 * The far end of tests/host/test_tty_line.py: sets its terminal, says "<ready>", reads as often as there are sizes, and then tells
 * what each read gave, in hexadecimal. On its own it has nobody to type and is skipped.
 *
 *	tty_line IFLAG LFLAG MIN TIME EOL WHEN SIZE...
 *
 * WHEN: `now`; `count`: wait for input before each read and tell FIONREAD's number as well; `flush`: wait for any input, set the terminal
 * with TCSAFLUSH and say "<flushed>"; `part`: wait for three characters, and go from raw to canonical mode after the first read.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static char results[65536], data[8192];

static void say(const char *s)
{
	write(1, s, strlen(s));
}

static void wait_for_input(void)
{
	struct pollfd p = {.fd = 0, .events = POLLIN};

	poll(&p, 1, -1);
}

/* One read's result, appended: its length, its bytes (of a long one the ends). */
static size_t show(char *to, ssize_t n, int queued)
{
	size_t len = 0;

	if (queued >= 0)
		len += (size_t)sprintf(to + len, "(%d)", queued);
	len += (size_t)sprintf(to + len, "%zd:", n);
	for (ssize_t i = 0; i < n; i++)
		if (n <= 64 || i < 4 || i >= n - 4)
			len += (size_t)sprintf(to + len, "%02x", (unsigned char)data[i]);
	len += (size_t)sprintf(to + len, " ");
	return len;
}

int main(int argc, char **argv)
{
	struct termios old, new;
	size_t len = 0;

	if (argc < 8) {
		printf("1..0 # SKIP tests/host/test_tty_line.py runs this\n");
		return 0;
	}
	tcgetattr(0, &old);
	new = old;
	new.c_iflag = (tcflag_t)strtoul(argv[1], NULL, 0);
	new.c_lflag = (tcflag_t)strtoul(argv[2], NULL, 0);
	new.c_oflag = OPOST | ONLCR;
	new.c_cc[VMIN] = (cc_t)atoi(argv[3]);
	new.c_cc[VTIME] = (cc_t)atoi(argv[4]);
	new.c_cc[VEOL] = (cc_t)atoi(argv[5]);
	tcsetattr(0, TCSADRAIN, &new);
	say("<ready>");
	if (!strcmp(argv[6], "flush")) {
		wait_for_input();
		tcsetattr(0, TCSAFLUSH, &new);
		say("<flushed>");
	}
	for (int i = 7; i < argc; i++) {
		int queued = -1;

		if (!strcmp(argv[6], "count")) {
			wait_for_input();
			ioctl(0, FIONREAD, &queued);
		}
		if (!strcmp(argv[6], "part") && i == 7)
			for (int n = 0; n < 3; ioctl(0, FIONREAD, &n))
				usleep(1000);
		len += show(results + len, read(0, data, (size_t)atoi(argv[i])), queued);
		if (!strcmp(argv[6], "part") && i == 7) {
			new.c_lflag ^= ICANON;
			tcsetattr(0, TCSANOW, &new);
		}
	}
	tcsetattr(0, TCSANOW, &old);
	say("<read ");
	write(1, results, len);
	say(">\n");
	return 0;
}
