/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the GDB stub. Everything here belongs to the CPU that serves GDB (the master, stop.c), which runs with
 * interrupts off while the others stand still: so there are no locks. Start reading at gdb_trap() in stop.c, then
 * gdb_serve() in command.c.
 */
#pragma once

#include "arch/x86_64/gdb.h"
#include "kernel/debug/debug.h"
#include "kernel/debug/gdb/gdb.h"
#include "kernel/sched/sched.h"

#define GDB_SIGINT  2
#define GDB_SIGTRAP 5
#define GDB_SIGABRT 6
#define GDB_SIGSEGV 11

/* ---- stop.c: who stands still, and where ---- */
enum stop_reason { STOP_TRAP, STOP_BREAKPOINT, STOP_HW_BREAKPOINT, STOP_WATCHPOINT, STOP_STEP, STOP_BREAK, STOP_PANIC };
struct gdb_stop {
	enum stop_reason reason;
	unsigned int cpu;		/* the master */
	unsigned int hw_break;		/* which one, for the two reasons that are the hardware's */
	const char *panic;		/* why, for STOP_PANIC */
	int signal;			/* GDB's number */
};
extern struct gdb_stop gdb_stop;
/* What a CPU was doing when it stopped; NULL: it has not stopped. */
struct pt_regs *gdb_cpu_regs(unsigned int cpu);

/* ---- command.c ---- */
struct gdb_resume {
	bool step;
	unsigned int cpu;		/* the one that makes the step */
};
/* Talk with GDB until it lets the machine go on. */
void gdb_serve(void);
extern struct gdb_resume gdb_resume;
extern bool gdb_attached;		/* GDB has let the machine go on and waits for it to stop */
bool gdb_parse_hex(const char **s, unsigned long *value);	/* digits as far as they go; false: none, or too many */
int gdb_hex_digit(char c);		/* -1: it is none */

/* ---- packet.c ---- */
#define GDB_PACKET_SIZE 2048		/* body of the longest packet, both ways */
enum packet_event { PACKET_NOTHING, PACKET_COMPLETE, PACKET_CTRL_C };
/* One byte from the port, or GDB_PORT_BREAK. `running`: GDB may say ^C at any place, not only between packets. */
enum packet_event packet_feed(int c, bool running);
extern char packet_in[GDB_PACKET_SIZE + 1];	/* the last complete one, with a NUL behind it */
extern unsigned int packet_in_len;
extern bool packet_no_acks;
extern bool packet_waits;		/* packet_in came while the machine ran, and is not answered yet */
/* Replies are put together and sent; what does not fit is left out. */
void reply_begin(void);
void reply_char(char c);
void reply_text(const char *s);
void reply_printf(const char *fmt, ...) __printf(1, 2);
void reply_hex(const void *bytes, unsigned int n);
void reply_binary(const char *bytes, unsigned int n);
unsigned int reply_room(void);
void reply_send(void);
void reply_ok(void);			/* begin, "OK"; send is the caller's */
void reply_error(int err);		/* begin, E and the number of a negative errno */

/* ---- memory.c: 0 or -EFAULT; addresses of programs are those of `task` (NULL: of none) ---- */
int gdb_read(struct task_struct *task, void *buf, unsigned long addr, unsigned int n);
int gdb_write(struct task_struct *task, unsigned long addr, const void *buf, unsigned int n);

/* ---- thread.c: tasks as threads. A pid is its own id; idle tasks, whose pid is 0, come behind all pids by CPU ---- */
#define GDB_FIRST_IDLE PID_MAX
long gdb_thread_id(const struct task_struct *p);
struct task_struct *gdb_thread(long id);	/* NULL: none */
long gdb_next_thread(long id);			/* the first above `id`; 0: none */
int gdb_task_cpu(const struct task_struct *p);	/* where it runs; -1: nowhere */
/* What people want to know of a task, in one line. */
void gdb_describe(struct task_struct *p, char *buf, unsigned int size);

/* ---- registers.c ---- */
extern const char gdb_target_xml[];
void gdb_reply_registers(struct task_struct *p);
int gdb_reply_register(struct task_struct *p, unsigned long n);
int gdb_set_registers(struct task_struct *p, const char *hex);
int gdb_set_register(struct task_struct *p, unsigned long n, const char *hex);

/* ---- breakpoint.c ---- */
/* GDB's Z and z: type 0 … 4. -EINVAL: not here; -ENOSPC: no more of them; -EOPNOTSUPP: no such type. */
int breakpoint_set(unsigned int type, unsigned long addr, unsigned long len);
int breakpoint_clear(unsigned int type, unsigned long addr, unsigned long len);
void breakpoint_clear_all(void);
bool breakpoint_at(unsigned long addr);		/* of software */
void breakpoints_insert(void);			/* into the text: the machine is about to go on */
void breakpoints_remove(void);
bool breakpoint_lift(unsigned long addr);	/* take one out until the next insert; false: there is none */
extern struct hw_break hw_breaks[HW_BREAKS];
unsigned int hw_break_type(unsigned int n);	/* GDB's type, 1 … 4 */

/* ---- monitor.c, containers.c ---- */
void gdb_monitor(char *command);		/* its output is sent; the reply is the caller's */
int gdb_printf(const char *fmt, ...) __printf(1, 2);	/* to the user of GDB; a log level in front is dropped */
void gdb_task_containers(struct task_struct *p, char *buf, unsigned int size);
void gdb_show_containers(void);
