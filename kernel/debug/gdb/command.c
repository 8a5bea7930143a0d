// SPDX-License-Identifier: GPL-2.0-only
/*
 * What GDB asks, packet by packet, until it lets the machine go on. A packet that nobody knows gets the empty reply, as the protocol
 * wants; one that is wrong, or runs into a fault, gets an error. Source: the GDB manual, appendix E.
 *
 * Start at gdb_serve(), then the table `commands`.
 */
#include "kernel/debug/gdb/internal.h"

struct gdb_resume gdb_resume;
bool gdb_attached;

static struct task_struct *selected;	/* Hg: registers and memory are this one's */
static long continues;			/* Hc: who makes the step of a plain `s`; 0: the selected one */
static bool goes_on;			/* the command just done lets the machine go */
static bool replied;			/* ... or has sent all replies that there are */
static bool early_ctrl_c;		/* the next `continue` or step ends at once */

/* ---- words ---- */

int gdb_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool gdb_parse_hex(const char **s, unsigned long *value)
{
	unsigned int digits;

	*value = 0;
	for (digits = 0; gdb_hex_digit(**s) >= 0; digits++, (*s)++)
		*value = *value << 4 | gdb_hex_digit(**s);
	return digits > 0 && digits <= 16;
}

/* "ADDR,LEN" and then `end` (NUL: nothing). */
static bool parse_range(const char **s, unsigned long *addr, unsigned long *len, char end)
{
	if (!gdb_parse_hex(s, addr) || *(*s)++ != ',' || !gdb_parse_hex(s, len))
		return false;
	return *(*s)++ == end;
}

/* A thread: its number, or one of -1 (all) and 0 (any). */
static bool parse_thread(const char **s, long *id)
{
	unsigned long value;

	if (strstarts(*s, "-1")) {
		*s += 2;
		*id = -1;
		return true;
	}
	if (!gdb_parse_hex(s, &value) || value > GDB_FIRST_IDLE + NR_CPUS)
		return false;
	*id = value;
	return true;
}

/* ---- why we have stopped ---- */

static void reply_stop(void)
{
	static const char *const watch_names[] = {[2] = "watch", [3] = "rwatch", [4] = "awatch"};
	struct task_struct *task = per_cpu(current_task, gdb_stop.cpu);
	unsigned int type;

	reply_begin();
	reply_printf("T%02x", gdb_stop.signal);
	if (gdb_stop.reason == STOP_BREAKPOINT) {
		reply_text("swbreak:;");
	} else if (gdb_stop.reason == STOP_HW_BREAKPOINT) {
		reply_text("hwbreak:;");
	} else if (gdb_stop.reason == STOP_WATCHPOINT) {
		type = hw_break_type(gdb_stop.hw_break);
		if (type >= 2 && type <= 4)
			reply_printf("%s:%lx;", watch_names[type], hw_breaks[gdb_stop.hw_break].addr);
	}
	reply_printf("thread:%lx;core:%x;", gdb_thread_id(task), gdb_stop.cpu);
}

static void do_reason(const char *s)
{
	reply_stop();
}

/* ---- registers and memory ---- */

static void reply_result(int err)
{
	if (err)
		reply_error(err);
	else
		reply_ok();
}

static void do_read_registers(const char *s)
{
	gdb_reply_registers(selected);
}

static void do_write_registers(const char *s)
{
	reply_result(gdb_set_registers(selected, s));
}

static void do_read_register(const char *s)
{
	unsigned long n;

	if (!gdb_parse_hex(&s, &n) || gdb_reply_register(selected, n))
		reply_error(-EINVAL);
}

static void do_write_register(const char *s)
{
	unsigned long n;

	if (!gdb_parse_hex(&s, &n) || *s++ != '=')
		reply_error(-EINVAL);
	else
		reply_result(gdb_set_register(selected, n, s));
}

static char bytes[GDB_PACKET_SIZE];	/* of memory, for one command */

static void do_read_memory(const char *s)
{
	unsigned long addr, len;
	int err = -EINVAL;

	if (parse_range(&s, &addr, &len, '\0')) {
		len = min(len, GDB_PACKET_SIZE / 2UL);
		err = gdb_read(selected, bytes, addr, len);
	}
	if (err) {
		reply_error(err);
		return;
	}
	reply_begin();
	reply_hex(bytes, len);
}

static void do_write_memory(const char *s)
{
	unsigned long addr, len, i;

	if (!parse_range(&s, &addr, &len, ':') || len > sizeof(bytes)) {
		reply_error(-EINVAL);
		return;
	}
	for (i = 0; i < len; i++, s += 2) {
		int high = gdb_hex_digit(s[0]), low = high < 0 ? -1 : gdb_hex_digit(s[1]);

		if (low < 0) {
			reply_error(-EINVAL);
			return;
		}
		bytes[i] = high << 4 | low;
	}
	reply_result(*s ? -EINVAL : gdb_write(selected, addr, bytes, len));
}

/* The same with the bytes as they are; those that would look like the packet's own are escaped. */
static void do_write_binary(const char *s)
{
	unsigned long addr, len, i;

	if (!parse_range(&s, &addr, &len, ':') || len > sizeof(bytes)) {
		reply_error(-EINVAL);
		return;
	}
	for (i = 0; i < len && s < packet_in + packet_in_len; i++, s++)
		bytes[i] = *s == '}' ? *++s ^ 0x20 : *s;
	reply_result(i == len && s == packet_in + packet_in_len ? gdb_write(selected, addr, bytes, len) : -EINVAL);
}

/* ---- breakpoints ---- */

static void change_breakpoint(const char *s, int (*change)(unsigned int, unsigned long, unsigned long))
{
	unsigned long type, addr, len;
	int err = -EINVAL;

	/* What may follow, conditions and commands, GDB sends only to who has said that it knows them. */
	if (gdb_parse_hex(&s, &type) && *s++ == ',' && parse_range(&s, &addr, &len, '\0'))
		err = change(type, addr, len);
	reply_begin();
	if (err != -EOPNOTSUPP)
		reply_result(err);
}

static void do_insert(const char *s)
{
	change_breakpoint(s, breakpoint_set);
}

static void do_remove(const char *s)
{
	change_breakpoint(s, breakpoint_clear);
}

/* ---- threads ---- */

static void do_select(const char *s)
{
	struct task_struct *p;
	char what = *s++;
	long id;

	if ((what != 'g' && what != 'c') || !parse_thread(&s, &id) || *s) {
		reply_error(-EINVAL);
		return;
	}
	p = id > 0 ? gdb_thread(id) : per_cpu(current_task, gdb_stop.cpu);
	if (!p) {
		reply_error(-ESRCH);
		return;
	}
	if (what == 'g')
		selected = p;
	else
		continues = id > 0 ? id : 0;
	reply_ok();
}

static void do_alive(const char *s)
{
	long id;

	reply_result(parse_thread(&s, &id) && gdb_thread(id) ? 0 : -ESRCH);
}

static long listed;			/* the last thread of the list so far */

static void list_threads(void)
{
	long id;

	reply_begin();
	reply_char('m');
	while (reply_room() > 20 && (id = gdb_next_thread(listed)) != 0) {
		if (reply_room() < GDB_PACKET_SIZE - 1)
			reply_char(',');
		reply_printf("%lx", id);
		listed = id;
	}
	if (reply_room() == GDB_PACKET_SIZE - 1) {
		reply_begin();
		reply_char('l');
	}
}

static void do_first_threads(const char *s)
{
	listed = 0;
	list_threads();
}

static void do_next_threads(const char *s)
{
	list_threads();
}

static void do_thread_info(const char *s)
{
	static char text[512];
	struct task_struct *p;
	long id;

	p = parse_thread(&s, &id) ? gdb_thread(id) : NULL;
	if (!p) {
		reply_error(-ESRCH);
		return;
	}
	gdb_describe(p, text, sizeof(text));
	reply_begin();
	reply_hex(text, strlen(text));
}

static void do_current(const char *s)
{
	reply_begin();
	reply_printf("QC%lx", gdb_thread_id(selected));
}

/* ---- going on ---- */

static void resume(void)
{
	gdb_attached = true;
	goes_on = true;
}

/* A task can make a step if a CPU runs it. One that sleeps would have to be woken first: then all just go on. */
static void resume_step(long id)
{
	struct task_struct *p = id > 0 ? gdb_thread(id) : selected;
	int cpu = p ? gdb_task_cpu(p) : -1;

	if (cpu >= 0 && gdb_cpu_regs(cpu))
		gdb_resume = (struct gdb_resume){.step = true, .cpu = cpu};
	resume();
}

static void do_continue(const char *s)
{
	resume();
}

static void do_step(const char *s)
{
	resume_step(continues);
}

/* Actions, of which the first that fits a thread counts. While one makes a step the others stay, whatever they are to do. */
static void do_vcont(const char *s)
{
	bool some = false;
	long id, stepper = -1;

	while (*s == ';') {
		char action = *++s;
		unsigned long signal;

		s += action != '\0';
		if ((action == 'C' || action == 'S') && !gdb_parse_hex(&s, &signal))
			break;
		id = 0;
		if (*s == ':' && (s++, !parse_thread(&s, &id)))
			break;
		if (action != 'c' && action != 'C' && action != 's' && action != 'S')
			break;
		if ((action == 's' || action == 'S') && stepper < 0)
			stepper = max(id, 0L);
		some = true;
	}
	if (*s || !some)
		reply_error(-EINVAL);
	else if (stepper >= 0)
		resume_step(stepper);
	else
		resume();
}

static void do_vcont_query(const char *s)
{
	reply_begin();
	reply_text("vCont;c;C;s;S");
}

static void let_go(void)
{
	breakpoint_clear_all();
	gdb_attached = false;
	goes_on = true;
}

static void do_detach(const char *s)
{
	reply_ok();
	reply_send();
	let_go();
}

/* A machine is not a process: it loses its debugger, no more. */
static void do_kill(const char *s)
{
	let_go();
}

/* ---- general ---- */

static void do_supported(const char *s)
{
	breakpoint_clear_all();			/* a new GDB: what the last one has left is nobody's */
	reply_begin();
	reply_printf("PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;swbreak+;hwbreak+;vContSupported+",
		     GDB_PACKET_SIZE);
}

static void do_no_acks(const char *s)
{
	reply_ok();
	reply_send();
	replied = true;
	packet_no_acks = true;			/* the reply itself is still acknowledged; that + is noise then */
}

static void do_features(const char *s)
{
	unsigned long at, len, size = strlen(gdb_target_xml);

	if (!parse_range(&s, &at, &len, '\0') || at > size) {
		reply_error(-EINVAL);
		return;
	}
	len = min(len, min(size - at, GDB_PACKET_SIZE / 2UL - 1));
	reply_begin();
	reply_char(at + len < size ? 'm' : 'l');
	reply_binary(gdb_target_xml + at, len);
}

static void do_attached(const char *s)
{
	reply_begin();
	reply_char('1');
}

static void do_monitor(const char *s)
{
	static char command[128];
	unsigned int i;

	for (i = 0; i + 1 < sizeof(command) && gdb_hex_digit(s[0]) >= 0 && gdb_hex_digit(s[1]) >= 0; i++, s += 2)
		command[i] = gdb_hex_digit(s[0]) << 4 | gdb_hex_digit(s[1]);
	command[i] = '\0';
	gdb_monitor(command);
	reply_ok();
}

static const struct {
	const char *word;
	bool prefix;			/* arguments follow at once */
	void (*fn)(const char *arguments);
} commands[] = {
	{"?", false, do_reason},
	{"g", false, do_read_registers},
	{"G", true, do_write_registers},
	{"p", true, do_read_register},
	{"P", true, do_write_register},
	{"m", true, do_read_memory},
	{"M", true, do_write_memory},
	{"X", true, do_write_binary},
	{"Z", true, do_insert},
	{"z", true, do_remove},
	{"H", true, do_select},
	{"T", true, do_alive},
	{"c", false, do_continue},
	{"C", true, do_continue},
	{"s", false, do_step},
	{"S", true, do_step},
	{"D", false, do_detach},
	{"k", false, do_kill},
	{"vCont?", false, do_vcont_query},
	{"vCont", true, do_vcont},
	{"qSupported", true, do_supported},
	{"QStartNoAckMode", false, do_no_acks},
	{"qXfer:features:read:target.xml:", true, do_features},
	{"qfThreadInfo", false, do_first_threads},
	{"qsThreadInfo", false, do_next_threads},
	{"qThreadExtraInfo,", true, do_thread_info},
	{"qAttached", true, do_attached},
	{"qC", false, do_current},
	{"qRcmd,", true, do_monitor},
};

static void execute(void *unused)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const char *rest = packet_in + strlen(commands[i].word);

		if (strstarts(packet_in, commands[i].word) && (commands[i].prefix || !*rest)) {
			commands[i].fn(rest);
			return;
		}
	}
}

/* True: the machine goes on. */
static bool answer(void)
{
	packet_waits = false;
	goes_on = replied = false;
	reply_begin();				/* what nobody knows: the empty reply */
	if (arch_try(execute, NULL)) {
		reply_error(-EFAULT);
		goes_on = false;
	}
	if (!goes_on && !replied)
		reply_send();
	return goes_on;
}

/*
 * A ^C while the machine stands. One that GDB sent before it knew of the stop is noise: its user has the word. But GDB also makes steps by
 * itself, and sets breakpoints when it is to go on, and passes a ^C of then on at once: that is for what GDB does next.
 * `known`: GDB has asked something since the stop.
 */
static void await_packet(bool known)
{
	enum packet_event event;
	int c;

	do {
		c = gdb_port_get();
		if (c == GDB_PORT_EMPTY)
			cpu_relax();
		event = c == GDB_PORT_EMPTY ? PACKET_NOTHING : packet_feed(c, false);
		if (event == PACKET_CTRL_C && (known || gdb_stop.reason == STOP_STEP))
			early_ctrl_c = true;
	} while (event != PACKET_COMPLETE);
}

/* To GDB, which waits for it; or to the log, that somebody may come. */
static void announce(void)
{
	if (!gdb_attached) {
		if (!packet_waits)
			pr_notice("gdb: stopped%s%s; waiting for GDB on COM2\n", gdb_stop.panic ? " at " : "",
				  gdb_stop.panic ?: "");
		return;
	}
	if (gdb_stop.panic)
		gdb_printf("Kernel panic: %s\n", gdb_stop.panic);
	reply_stop();
	reply_send();
}

static void converse(void)
{
	bool known = false;

	gdb_resume = (struct gdb_resume){.step = false};
	selected = per_cpu(current_task, gdb_stop.cpu);
	continues = 0;
	announce();
	gdb_attached = false;			/* until it says so again */
	do {
		if (!packet_waits)
			await_packet(known);
		known = true;
	} while (!answer());
}

void gdb_serve(void)
{
	early_ctrl_c = false;
	converse();
	while (early_ctrl_c && gdb_attached) {
		early_ctrl_c = false;
		gdb_stop.reason = STOP_BREAK;
		gdb_stop.signal = GDB_SIGINT;
		converse();
	}
}
