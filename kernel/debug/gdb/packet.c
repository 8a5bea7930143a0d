// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of GDB's remote protocol: $body#checksum, + and -. What is no packet is dropped. A `$` begins a new packet wherever it
 * comes, since bodies have it escaped: so a packet that was cut off costs nothing but itself.
 * Source: the GDB manual, appendix E ("GDB Remote Serial Protocol").
 */
#include "kernel/debug/gdb/internal.h"

#define CTRL_C	  0x03
#define ESCAPE	  '}'
#define ESCAPE_BY 0x20

char packet_in[GDB_PACKET_SIZE + 1];
unsigned int packet_in_len;
bool packet_no_acks;
bool packet_waits;

static enum { OUTSIDE, BODY, CHECKSUM_1, CHECKSUM_2 } state;
static bool too_long;
static u8 sum, claimed;

static const char hex_digits[] = "0123456789abcdef";
static char out[GDB_PACKET_SIZE + 1];
static unsigned int out_len;

/* ---- in ---- */

/* By hand: while the machine runs, library functions may have breakpoints. */
static bool begins_with_qsupported(void)
{
	static const char word[] = "qSupported";
	unsigned int i;

	for (i = 0; word[i] && packet_in[i] == word[i]; i++)
		;
	return !word[i];
}

static void acknowledge(bool good)
{
	/* A GDB that has just come begins with acknowledgements, whatever the last one had agreed to. */
	if (good && begins_with_qsupported())
		packet_no_acks = false;
	if (!packet_no_acks)
		gdb_port_put(good ? '+' : '-');
}

static enum packet_event end_of_packet(void)
{
	bool good = claimed == sum;

	packet_in[packet_in_len] = '\0';
	if (too_long)			/* to have it again would not help: it becomes one that nobody knows */
		packet_in[0] = packet_in_len = 0;
	acknowledge(good);
	packet_waits = good;
	return good ? PACKET_COMPLETE : PACKET_NOTHING;
}

static void body_byte(u8 c)
{
	sum += c;
	if (packet_in_len < GDB_PACKET_SIZE)
		packet_in[packet_in_len++] = c;
	else
		too_long = true;
}

/* Outside of packets: - is for our last one; the rest is noise or +. */
static enum packet_event stray_byte(u8 c)
{
	if (c == '-' && !packet_no_acks)
		reply_send();
	return PACKET_NOTHING;
}

enum packet_event packet_feed(int c, bool running)
{
	int digit;

	if (c == GDB_PORT_BREAK || (c == CTRL_C && (running || state == OUTSIDE))) {
		state = OUTSIDE;
		return PACKET_CTRL_C;
	}
	if (c == '$') {
		state = BODY;
		packet_in_len = 0;
		sum = 0;
		too_long = false;
		return PACKET_NOTHING;
	}
	switch (state) {
	case OUTSIDE:
		return stray_byte(c);
	case BODY:
		if (c == '#')
			state = CHECKSUM_1;
		else
			body_byte(c);
		return PACKET_NOTHING;
	case CHECKSUM_1:
	case CHECKSUM_2:
		digit = gdb_hex_digit(c);
		if (digit < 0) {
			state = OUTSIDE;
			acknowledge(false);
			return PACKET_NOTHING;
		}
		claimed = claimed << 4 | digit;
		if (state == CHECKSUM_1) {
			claimed = digit;
			state = CHECKSUM_2;
			return PACKET_NOTHING;
		}
		state = OUTSIDE;
		return end_of_packet();
	}
	return PACKET_NOTHING;
}

/* ---- out ---- */

void reply_begin(void)
{
	out_len = 0;
}

unsigned int reply_room(void)
{
	return GDB_PACKET_SIZE - out_len;
}

void reply_char(char c)
{
	if (out_len < GDB_PACKET_SIZE)
		out[out_len++] = c;
}

void reply_text(const char *s)
{
	while (*s)
		reply_char(*s++);
}

void reply_printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out_len += vscnprintf(out + out_len, sizeof(out) - out_len, fmt, ap);
	va_end(ap);
}

void reply_hex(const void *bytes, unsigned int n)
{
	const u8 *p = bytes;

	for (; n && reply_room() >= 2; n--, p++) {
		reply_char(hex_digits[*p >> 4]);
		reply_char(hex_digits[*p & 15]);
	}
}

void reply_binary(const char *bytes, unsigned int n)
{
	for (; n && reply_room() >= 2; n--, bytes++) {
		if (*bytes == '$' || *bytes == '#' || *bytes == ESCAPE || *bytes == '*') {
			reply_char(ESCAPE);
			reply_char(*bytes ^ ESCAPE_BY);
		} else {
			reply_char(*bytes);
		}
	}
}

void reply_send(void)
{
	unsigned int i;
	u8 check = 0;

	gdb_port_put('$');
	for (i = 0; i < out_len; i++) {
		check += (u8)out[i];
		gdb_port_put(out[i]);
	}
	gdb_port_put('#');
	gdb_port_put(hex_digits[check >> 4]);
	gdb_port_put(hex_digits[check & 15]);
}

void reply_ok(void)
{
	reply_begin();
	reply_text("OK");
}

void reply_error(int err)
{
	reply_begin();
	reply_printf("E%02x", (unsigned int)-err & 0xff);
}
