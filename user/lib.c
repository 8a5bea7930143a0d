// SPDX-License-Identifier: GPL-2.0-only
//
// Messages, options and numbers for the userland's programs. lib.h says what each function
// promises.

#include "user/lib.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int usage_status = STATUS_USAGE;
static const char *program_name = "?";
static const char *program_help = "";

void program_start(const char *name, const char *help)
{
	program_name = name;
	program_help = help;
}

// Where musl's wording differs from glibc's, glibc's; scripts and documents quote it.
static const struct {
	int error;
	const char *text;
} error_texts[] = {
	{EBUSY, "Device or resource busy"},
	{ENOMEM, "Cannot allocate memory"},
	{EXDEV, "Invalid cross-device link"},
	{ELOOP, "Too many levels of symbolic links"},
	{ENAMETOOLONG, "File name too long"},
	{EIO, "Input/output error"},
	{EMFILE, "Too many open files"},
	{ENFILE, "Too many open files in system"},
	{ENOTTY, "Inappropriate ioctl for device"},
	{EOPNOTSUPP, "Operation not supported"},
	{ESPIPE, "Illegal seek"},
	{ERANGE, "Numerical result out of range"},
	{EDOM, "Numerical argument out of domain"},
	{ECHILD, "No child processes"},
	{EDEADLK, "Resource deadlock avoided"},
	{EOVERFLOW, "Value too large for defined data type"},
};

const char *error_text(int error)
{
	for (size_t i = 0; i < sizeof(error_texts) / sizeof(error_texts[0]); i++)
		if (error_texts[i].error == error)
			return error_texts[i].text;
	return strerror(error);
}

// One message is one write(), so that messages of programs that run side by side do not mix within
// a line.
static void message(const char *format, va_list args, const char *reason)
{
	char line[PATH_MAX + 256];
	size_t used = snprintf(line, sizeof(line), "%s: ", program_name);
	int length = vsnprintf(line + used, sizeof(line) - used, format, args);

	used += length > 0 ? length : 0;
	if (used < sizeof(line) && reason)
		used += snprintf(line + used, sizeof(line) - used, ": %s", reason);
	if (used > sizeof(line) - 2)
		used = sizeof(line) - 2;
	line[used++] = '\n';
	fflush(stdout);
	write_all(STDERR_FILENO, line, used);
}

void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(format, args, NULL);
	va_end(args);
}

void warn_errno(const char *format, ...)
{
	const char *reason = error_text(errno);
	va_list args;

	va_start(args, format);
	message(format, args, reason);
	va_end(args);
}

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(format, args, NULL);
	va_end(args);
	exit(1);
}

void die_errno(const char *format, ...)
{
	const char *reason = error_text(errno);
	va_list args;

	va_start(args, format);
	message(format, args, reason);
	va_end(args);
	exit(1);
}

void usage_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(format, args, NULL);
	va_end(args);
	dprintf(STDERR_FILENO, "Try '%s --help'.\n", program_name);
	exit(usage_status);
}

int next_option(int argc, char **argv, const char *spec)
{
	static const struct option long_options[] = {{"help", no_argument, NULL, 1}, {0}};
	char full[64];
	int option;

	// The colon tells getopt to report a missing argument as ':'; it stands behind the '+'.
	snprintf(full, sizeof(full), "%s:%s", spec[0] == '+' ? "+" : "", spec + (spec[0] == '+'));
	opterr = 0;
	option = getopt_long(argc, argv, full, long_options, NULL);
	if (option == 1) {
		fputs(program_help, stdout);
		exit(finish(0));
	}
	if (option == ':')
		usage_error("option needs an argument: -%c", optopt);
	if (option == '?' && optopt > 1)
		usage_error("unknown option: -%c", optopt);
	if (option == '?')
		usage_error("unknown option: %s", argv[optind - 1]);
	return option;
}

int finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	warn_errno("write error");
	return status ? status : 1;
}

int write_all(int fd, const void *data, size_t size)
{
	const char *next = data;

	while (size) {
		ssize_t written = write(fd, next, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		next += written;
		size -= written;
	}
	return 0;
}

void *xmalloc(size_t size)
{
	return xrealloc(NULL, size);
}

void *xrealloc(void *old, size_t size)
{
	void *memory = realloc(old, size ? size : 1);

	if (!memory)
		die_errno("%zu bytes of memory", size);
	return memory;
}

char *xstrdup(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(xmalloc(size), text, size);
}

bool parse_number(const char *text, int base, long long min, long long max, long long *out)
{
	char *end;

	// strtoll() would take leading white space.
	if (!strchr("+-0123456789abcdefABCDEF", text[0]))
		return false;
	errno = 0;
	*out = strtoll(text, &end, base);
	return end != text && !*end && !errno && *out >= min && *out <= max;
}

bool parse_seconds(const char *text, struct timespec *out)
{
	long long seconds = 0, nanoseconds = 0, scale = 100000000, unit = 1;
	const char *start = text;

	for (; *text >= '0' && *text <= '9'; text++) {
		if (seconds > INT_MAX)
			return false;
		seconds = seconds * 10 + *text - '0';
	}
	if (*text == '.')
		for (text++; *text >= '0' && *text <= '9'; text++, scale /= 10)
			nanoseconds += (*text - '0') * scale;
	if (text == start || (text == start + 1 && *start == '.'))
		return false;
	if (*text) {
		const char *units = "smhd", *found = strchr(units, *text);
		static const int seconds_of[] = {1, 60, 3600, 86400};

		if (!found || text[1])
			return false;
		unit = seconds_of[found - units];
	}
	nanoseconds *= unit;
	out->tv_sec = seconds * unit + nanoseconds / 1000000000;
	out->tv_nsec = nanoseconds % 1000000000;
	return true;
}

void exec_command(char **argv)
{
	execvp(argv[0], argv);
	int status = errno == ENOENT ? 127 : 126;

	warn_errno("%s", argv[0]);
	exit(status);
}

int exit_status(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

void termios_sane(struct termios *t)
{
	static const cc_t keys[NCCS] = {
		[VINTR] = 3,  [VQUIT] = 28,    [VERASE] = 127, [VKILL] = 21,
		[VEOF] = 4,   [VMIN] = 1,      [VSTART] = 17,  [VSTOP] = 19,
		[VSUSP] = 26, [VREPRINT] = 18, [VWERASE] = 23, [VLNEXT] = 22,
	};

	t->c_iflag = ICRNL | IXON;
	t->c_oflag = OPOST | ONLCR;
	t->c_cflag = (t->c_cflag & ~(CSIZE | PARENB)) | CS8 | CREAD | HUPCL;
	t->c_lflag = ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE;
	memcpy(t->c_cc, keys, sizeof(keys));
}
