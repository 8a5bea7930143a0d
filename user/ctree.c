// SPDX-License-Identifier: GPL-2.0-only
//
// ctree: show the hierarchies as trees, with the tasks and main settings of each container, as text
// or JSON. Reading is lib_containers.c's; here is what it looks like. A view is written to memory
// and then shown, so that -w can cut it to the screen. Start reading at write_view().

#include "user/lib_containers.h"

#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char help[] =
	"Usage: ctree [-p] [-n N] [-w [SECONDS]] [--ascii] [--json] [PATH...]\n"
	"Show all hierarchies, or the containers PATH (directories, or HIERARCHY:/PATH) and all below.\n"
	"  -p       show the tasks' pids\n"
	"  -n N     at most N tasks of a container (12); 0 for none\n"
	"  -w       show it again every SECONDS (2), until a key is pressed\n"
	"  --ascii  draw with ASCII characters\n"
	"  --json   write JSON, with all tasks\n";

#define SHORT_MAX 300

struct style {
	const char *branch, *last, *through, *space, *more;
};
static const struct style drawn = {"├─ ", "└─ ", "│  ", "   ", "…"};
static const struct style typed = {"|- ", "`- ", "|  ", "   ", "..."};

static struct {
	const struct style *style;
	bool pids, json, watch;
	int max_tasks, width, rows;
	struct timespec interval;
} view = {.style = &drawn, .max_tasks = 12, .interval = {.tv_sec = 2}};

// ---- text ----

// Columns that `text` takes: characters, not the bytes that continue one.
static int columns(const char *text)
{
	int count = 0;

	for (; *text; text++)
		count += (*text & 0xc0) != 0x80;
	return count;
}

// Names come from users: nothing in them may reach the terminal as a control.
static void put_clean(FILE *out, const char *text)
{
	for (; *text; text++)
		putc((unsigned char)*text < ' ' || *text == 127 ? '?' : *text, out);
}

// A line that is filled with words and continued below when it is full. `prefix` is the tree's
// lines to its left.
struct line {
	FILE *out;
	const char *prefix;
	int used;
	bool begun; // there is a word on it
};

static void start_line(struct line *line)
{
	fputs(line->prefix, line->out);
	line->used = columns(line->prefix);
	line->begun = false;
}

static void end_line(struct line *line)
{
	putc('\n', line->out);
}

static PRINTF(3, 4) void put_word(struct line *line, int gap, const char *format, ...)
{
	char word[512];
	va_list args;
	int length;

	va_start(args, format);
	vsnprintf(word, sizeof(word), format, args);
	va_end(args);
	length = columns(word);
	if (line->begun) {
		if (line->used + gap + length > view.width) {
			end_line(line);
			start_line(line);
		} else {
			line->used += fprintf(line->out, "%*s", gap, "");
		}
	}
	put_clean(line->out, word);
	line->used += length;
	line->begun = true;
}

// What a tree's setting is called in short, and the file that bounds it. Files without a label are
// shown with another one.
struct label {
	const char *file, *limit_file, *label;
	bool bytes;
};
static const struct label labels[] = {
	{"numtasks.current", "numtasks.max", "numtasks", false},
	{"pids.current", "pids.max", "pids", false},
	{"cpuset.cpus", NULL, "cpus", false},
	{"cpuset.mems", NULL, "mems", false},
	{"cpu.shares", NULL, "shares", false},
	{"memory.usage_in_bytes", "memory.limit_in_bytes", "memory", true},
	{"freezer.state", NULL, NULL, false},
};

static const char *setting(const struct container_node *node, const char *file)
{
	for (int i = 0; file && container_settings[i]; i++)
		if (strcmp(container_settings[i], file) == 0)
			return node->settings[i];
	return NULL;
}

// "12M" for bytes; "max" from 2^60, which stands for no limit. Others as they are.
static void shorten(const char *value, bool bytes, char *out, size_t size)
{
	static const char units[] = "KMGTP";
	unsigned long long number;
	int unit = -1;
	char *end;

	snprintf(out, size, "%s", *value ? value : "-");
	number = strtoull(value, &end, 10);
	if (!bytes || end == value || *end)
		return;
	if (number >> 60) {
		snprintf(out, size, "max");
		return;
	}
	for (; number >= 10000 || (number >= 1024 && number % 1024 == 0); unit++)
		number /= 1024;
	if (unit >= 0)
		snprintf(out, size, "%llu%c", number, units[unit]);
}

static void put_settings(struct line *line, const struct container_node *node)
{
	const char *notify = setting(node, "notify_on_release");

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		const char *value = setting(node, labels[i].file);
		const char *limit = setting(node, labels[i].limit_file);
		char short_value[SHORT_MAX], short_limit[SHORT_MAX];

		if (!value)
			continue;
		shorten(value, labels[i].bytes, short_value, sizeof(short_value));
		if (!labels[i].label) {
			put_word(line, 2, "%s", short_value);
		} else if (limit) {
			shorten(limit, labels[i].bytes, short_limit, sizeof(short_limit));
			put_word(line, 2, "%s %s/%s", labels[i].label, short_value, short_limit);
		} else {
			put_word(line, 2, "%s %s", labels[i].label, short_value);
		}
	}
	if (notify && strcmp(notify, "0") != 0)
		put_word(line, 2, "notify");
}

static void put_tasks(struct line *line, const struct container_node *node)
{
	int shown = 0, i = 0;

	while (i < node->task_count && shown < view.max_tasks) {
		const struct container_task *task = &node->tasks[i];
		int same = 1;

		if (view.pids) {
			put_word(line, 2, "%ld %s", task->pid, task->comm);
		} else {
			while (i + same < node->task_count && shown + same < view.max_tasks &&
			       strcmp(task[same].comm, task->comm) == 0)
				same++;
			if (same > 1)
				put_word(line, 2, "%s*%d", task->comm, same);
			else
				put_word(line, 2, "%s", task->comm);
		}
		i += same;
		shown += same;
	}
	if (i < node->task_count)
		put_word(line, 2, "%s%d more", view.style->more, node->task_count - i);
}

static char *join(const char *first, const char *second)
{
	size_t length = strlen(first);
	char *text = xmalloc(length + strlen(second) + 1);

	strcpy(text, first);
	strcpy(text + length, second);
	return text;
}

// A container: name, number of tasks and settings on one line, its tasks on the next, then those
// below it. `before` is drawn left of the name, `prefix` left of all lines after it.
static void write_node(FILE *out, const struct container_node *node, const char *before,
		       const char *prefix)
{
	const char *line_up = node->child_count ? view.style->through : view.style->space;
	char *inner = join(prefix, line_up);
	struct line line = {.out = out, .prefix = inner, .used = columns(before)};

	fputs(before, out);
	put_clean(out, node->name);
	line.used += columns(node->name);
	line.begun = true;
	put_word(&line, 2, "%d task%s", node->task_count, node->task_count == 1 ? "" : "s");
	put_settings(&line, node);
	end_line(&line);
	if (node->task_count && view.max_tasks) {
		start_line(&line);
		put_tasks(&line, node);
		end_line(&line);
	}
	free(inner);
	for (int i = 0; i < node->child_count; i++) {
		bool last = i == node->child_count - 1;
		char *name_at = join(prefix, last ? view.style->last : view.style->branch);
		char *below = join(prefix, last ? view.style->space : view.style->through);

		write_node(out, node->children[i], name_at, below);
		free(name_at);
		free(below);
	}
}

static void write_text(FILE *out, const struct hierarchy *h, const struct container_node *node)
{
	struct line line = {.out = out, .prefix = ""};

	put_word(&line, 0, "%s", h->names);
	for (int i = 0; i < h->mount_count; i++)
		put_word(&line, 1, "%s %s", i ? "and" : "on", h->mounts[i]);
	if (h->mount_count)
		put_word(&line, 1, "(%s)", h->type);
	else
		put_word(&line, 1, "(not mounted)");
	if (h->number >= 0)
		put_word(&line, 1, "%ld container%s", h->number, h->number == 1 ? "" : "s");
	end_line(&line);
	if (node)
		write_node(out, node, "", "");
}

// ---- JSON ----

// Bytes of the UTF-8 character at `text`: 1 to 4, or 0 when there is none.
static int utf8_length(const unsigned char *text)
{
	int length = text[0] < 0x80 ? 1 : text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 :
		     text[0] < 0xf5 ? 4 : 0;

	for (int i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

// A JSON string. A byte that is not UTF-8 becomes U+DC80 to U+DCFF, as Python's surrogateescape has
// it.
static void json_string(FILE *out, const char *text)
{
	putc('"', out);
	for (const unsigned char *at = (const unsigned char *)text; *at;) {
		int length = utf8_length(at);

		if (!length || *at < ' ' || *at == 127) {
			fprintf(out, "\\u%04x", length ? *at : 0xdc00 + *at);
			at++;
			continue;
		}
		if (*at == '"' || *at == '\\')
			putc('\\', out);
		fwrite(at, length, 1, out);
		at += length;
	}
	putc('"', out);
}

static void json_node(FILE *out, const struct container_node *node)
{
	const char *comma = "";

	fputs("{\"name\":", out);
	json_string(out, node->name);
	fputs(",\"path\":", out);
	json_string(out, node->path);
	fputs(",\"tasks\":[", out);
	for (int i = 0; i < node->task_count; i++) {
		fprintf(out, "%s{\"pid\":%ld,\"comm\":", i ? "," : "", node->tasks[i].pid);
		json_string(out, node->tasks[i].comm);
		putc('}', out);
	}
	fputs("],\"settings\":{", out);
	for (int i = 0; container_settings[i]; i++)
		if (node->settings[i]) {
			fprintf(out, "%s\"%s\":", comma, container_settings[i]);
			json_string(out, node->settings[i]);
			comma = ",";
		}
	fputs("},\"children\":[", out);
	for (int i = 0; i < node->child_count; i++) {
		if (i)
			putc(',', out);
		json_node(out, node->children[i]);
	}
	fputs("]}", out);
}

static void write_json(FILE *out, const struct hierarchy *h, const struct container_node *node)
{
	fputs("{\"names\":", out);
	json_string(out, h->names);
	fputs(",\"type\":", out);
	if (h->type)
		json_string(out, h->type);
	else
		fputs("null", out);
	fputs(",\"mounts\":[", out);
	for (int i = 0; i < h->mount_count; i++) {
		if (i)
			putc(',', out);
		json_string(out, h->mounts[i]);
	}
	fputs("],\"containers\":", out);
	if (h->number >= 0)
		fprintf(out, "%ld", h->number);
	else
		fputs("null", out);
	fputs(",\"root\":", out);
	if (node)
		json_node(out, node);
	else
		fputs("null", out);
	putc('}', out);
}

// ---- a view ----

// One hierarchy from `path` down. `dir` is null for one that is mounted nowhere. Returns false when
// the container could not be read.
static bool write_hierarchy(FILE *out, const struct hierarchy *h, const char *dir, const char *path,
			    bool first, bool *failed)
{
	struct container_node *node = dir ? read_containers(dir, path, failed) : NULL;

	if (dir && !node) {
		warn_errno("%s", dir);
		*failed = true;
		return false;
	}
	if (!first)
		putc(view.json ? ',' : '\n', out);
	if (view.json)
		write_json(out, h, node);
	else
		write_text(out, h, node);
	if (node)
		free_containers(node);
	return true;
}

static bool write_path(FILE *out, const struct hierarchy *list, int count, const char *path,
		       bool first, bool *failed)
{
	char *dir = is_container_target(path) ? container_directory(path) : xstrdup(path);
	const char *mount;
	char *inside;
	int found = dir ? find_hierarchy(list, count, dir, &inside, &mount) : -1;
	bool written = false;

	if (found >= 0) {
		written = write_hierarchy(out, &list[found], dir, inside, first, failed);
		free(inside);
	} else {
		if (dir)
			warn("%s: not a container's directory", path);
		*failed = true;
	}
	free(dir);
	return written;
}

// Write everything that was asked for to `out`. Returns 1 if some of it could not be read.
static int write_view(FILE *out, char **paths)
{
	struct hierarchy *list;
	int count = list_hierarchies(&list);
	bool failed = false, first = true;

	if (view.json)
		fputs("{\"hierarchies\":[", out);
	for (int i = 0; i < count && !*paths; i++) {
		const char *dir = list[i].mount_count ? list[i].mounts[0] : NULL;

		first &= !write_hierarchy(out, &list[i], dir, "/", first, &failed);
	}
	for (; *paths; paths++)
		first &= !write_path(out, list, count, *paths, first, &failed);
	if (view.json)
		fputs("]}\n", out);
	else if (first && !failed)
		fputs("no hierarchy is active\n", out);
	free_hierarchies(list, count);
	return failed;
}

// ---- watching ----

static void measure_terminal(void)
{
	const char *given = getenv("COLUMNS");
	struct winsize size = {0};
	long long number;

	view.width = 80;
	view.rows = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		view.width = size.ws_col;
	if (given && parse_number(given, 10, 1, INT_MAX, &number))
		view.width = number;
	if (size.ws_row)
		view.rows = size.ws_row;
	if (view.width < 20)
		view.width = 20;
}

// Show `text` from the screen's upper left corner on, cut to its height.
static void show_screen(const char *text)
{
	const char *end = text;
	int rows = view.rows - 1;

	for (; *end && rows; end++)
		rows -= *end == '\n';
	printf("\033[H\033[J%.*s%s", (int)(end - text), text, *end ? view.style->more : "");
	fflush(stdout);
}

// Keys come one at a time and unseen; also ^C, so that the terminal can be set back.
static int watch(char **paths)
{
	int milliseconds = view.interval.tv_sec * 1000 + view.interval.tv_nsec / 1000000;
	struct pollfd key = {.fd = STDIN_FILENO, .events = POLLIN};
	struct termios before, raw;
	bool keys = tcgetattr(STDIN_FILENO, &before) == 0;
	int failed = 0, pressed = 0;
	char byte;

	if (keys) {
		raw = before;
		raw.c_lflag &= ~(ICANON | ECHO | ISIG);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	while (pressed <= 0 && !ferror(stdout)) {
		size_t size;
		char *text;
		FILE *out = open_memstream(&text, &size);

		if (!out)
			die_errno("memory");
		measure_terminal();
		failed = write_view(out, paths);
		fclose(out);
		show_screen(text);
		free(text);
		pressed = poll(&key, keys, milliseconds);
		if (pressed > 0 && read(STDIN_FILENO, &byte, 1) < 0)
			failed = 1;
	}
	if (keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	return failed;
}

// ---- options ----

// Can the terminal draw? As the locale says; without one, any but a dumb terminal.
static bool has_utf8(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *term = getenv("TERM");

	for (int i = 0; i < 3; i++) {
		const char *locale = getenv(variables[i]);

		if (locale && *locale)
			return strstr(locale, "UTF-8") || strstr(locale, "utf8");
	}
	return !term || strcmp(term, "dumb") != 0;
}

// next_option() knows letters only, and none with an argument that may be left out.
static void rewrite_options(char **argv)
{
	static char json[] = "-j", ascii[] = "-a", watch_default[] = "-w2";
	struct timespec unused;

	for (; *argv && strcmp(*argv, "--") != 0; argv++) {
		if (strcmp(*argv, "--json") == 0)
			*argv = json;
		else if (strcmp(*argv, "--ascii") == 0)
			*argv = ascii;
		else if (strcmp(*argv, "-w") == 0 && argv[1] && parse_seconds(argv[1], &unused))
			argv++;
		else if (strcmp(*argv, "-w") == 0)
			*argv = watch_default;
	}
}

static void take_option(int option)
{
	long long number;

	switch (option) {
	case 'a':
		view.style = &typed;
		break;
	case 'j':
		view.json = true;
		break;
	case 'p':
		view.pids = true;
		break;
	case 'n':
		if (!parse_number(optarg, 10, 0, INT_MAX, &number))
			usage_error("not a number of tasks: %s", optarg);
		view.max_tasks = number;
		break;
	case 'w':
		view.watch = true;
		if (!parse_seconds(optarg, &view.interval) || view.interval.tv_sec > 86400 ||
		    (!view.interval.tv_sec && view.interval.tv_nsec < 50000000))
			usage_error("not a number of seconds (0.05 to 86400): %s", optarg);
	}
}

int main(int argc, char **argv)
{
	int option;

	program_start("ctree", help);
	if (!has_utf8())
		view.style = &typed;
	rewrite_options(argv);
	while ((option = next_option(argc, argv, "ajpn:w:")) != -1)
		take_option(option);
	if (view.watch && view.json)
		usage_error("-w and --json exclude each other");
	if (view.watch)
		return finish(watch(argv + optind));
	measure_terminal();
	return finish(write_view(stdout, argv + optind));
}
