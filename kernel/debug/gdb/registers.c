// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers of a task. Of one that a CPU ran when the machine stopped: those of the stop, which GDB may also change. Of one that
 * sleeps: those that the switch has kept; GDB is told that the others are not known.
 */
#include "kernel/debug/gdb/internal.h"

const char gdb_target_xml[] =
	"<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
	"<target><architecture>i386:x86-64</architecture><feature name=\"org.gnu.gdb.i386.core\">"
	"<flags id=\"i386_eflags\" size=\"4\">"
	"<field name=\"\" start=\"22\" end=\"31\"/><field name=\"AC\" start=\"18\" end=\"18\"/>"
	"<field name=\"RF\" start=\"16\" end=\"16\"/><field name=\"NT\" start=\"14\" end=\"14\"/>"
	"<field name=\"OF\" start=\"11\" end=\"11\"/><field name=\"DF\" start=\"10\" end=\"10\"/>"
	"<field name=\"IF\" start=\"9\" end=\"9\"/><field name=\"TF\" start=\"8\" end=\"8\"/>"
	"<field name=\"SF\" start=\"7\" end=\"7\"/><field name=\"ZF\" start=\"6\" end=\"6\"/>"
	"<field name=\"AF\" start=\"4\" end=\"4\"/><field name=\"PF\" start=\"2\" end=\"2\"/>"
	"<field name=\"\" start=\"1\" end=\"1\"/><field name=\"CF\" start=\"0\" end=\"0\"/></flags>"
#define REG64(n) "<reg name=\"" n "\" bitsize=\"64\" type=\"int64\"/>"
#define REG32(n) "<reg name=\"" n "\" bitsize=\"32\" type=\"int32\"/>"
#define FPREG(n) "<reg name=\"" n "\" bitsize=\"80\" type=\"i387_ext\"/>"
#define FPCTL(n) "<reg name=\"" n "\" bitsize=\"32\" type=\"int\" group=\"float\"/>"
	REG64("rax") REG64("rbx") REG64("rcx") REG64("rdx") REG64("rsi") REG64("rdi")
	"<reg name=\"rbp\" bitsize=\"64\" type=\"data_ptr\"/><reg name=\"rsp\" bitsize=\"64\" type=\"data_ptr\"/>"
	REG64("r8") REG64("r9") REG64("r10") REG64("r11") REG64("r12") REG64("r13") REG64("r14") REG64("r15")
	"<reg name=\"rip\" bitsize=\"64\" type=\"code_ptr\"/><reg name=\"eflags\" bitsize=\"32\" type=\"i386_eflags\"/>"
	REG32("cs") REG32("ss") REG32("ds") REG32("es") REG32("fs") REG32("gs")
	FPREG("st0") FPREG("st1") FPREG("st2") FPREG("st3") FPREG("st4") FPREG("st5") FPREG("st6") FPREG("st7")
	FPCTL("fctrl") FPCTL("fstat") FPCTL("ftag") FPCTL("fiseg") FPCTL("fioff") FPCTL("foseg") FPCTL("fooff") FPCTL("fop")
	"</feature><feature name=\"org.gnu.gdb.i386.segments\">"
	REG64("fs_base") REG64("gs_base")
	"</feature></target>";

/* Where GDB's registers are in pt_regs, in its order. The switch keeps those that C functions preserve. */
#define AT(member, bytes, kept) {offsetof(struct pt_regs, member), bytes, kept}
static const struct {
	u8 offset, size;
	bool kept;
} map[] = {
	AT(rax, 8, false), AT(rbx, 8, true), AT(rcx, 8, false), AT(rdx, 8, false), AT(rsi, 8, false), AT(rdi, 8, false),
	AT(rbp, 8, true), AT(rsp, 8, true), AT(r8, 8, false), AT(r9, 8, false), AT(r10, 8, false), AT(r11, 8, false),
	AT(r12, 8, true), AT(r13, 8, true), AT(r14, 8, true), AT(r15, 8, true), AT(rip, 8, true),
	AT(eflags, 4, false), AT(cs, 4, true), AT(ss, 4, true),
};
#define NR_MAPPED   ARRAY_SIZE(map)
#define REG_RSP	    7
#define REG_RIP	    16
#define REG_EFLAGS  17
#define REG_ST0	    (NR_MAPPED + 4)	/* behind ds, es, fs, gs */
#define REG_FCTRL   (REG_ST0 + 8)
#define REG_FS_BASE (REG_FCTRL + 8)
#define REG_GS_BASE (REG_FS_BASE + 1)
#define NR_REGS	    (REG_GS_BASE + 1)

/* What GDB may change in the flags: CF PF AF ZF SF DF OF. */
#define FLAGS_FREE 0xcd5UL

static unsigned int size_of(unsigned int n)
{
	if (n < NR_MAPPED)
		return map[n].size;
	return n < REG_ST0 ? 4 : n < REG_FCTRL ? 10 : n < REG_FS_BASE ? 4 : 8;
}

struct snapshot {
	struct task_struct *task;
	struct pt_regs regs;
	bool whole;			/* not only what the switch keeps */
	unsigned int cpu;		/* where it runs, or ran last */
};

static void read_sleeping(void *arg)
{
	struct snapshot *s = arg;

	arch_thread_regs(&s->task->thread, &s->regs);
}

/* -EFAULT: its stack is not readable, or its CPU has not stopped. */
static int take_snapshot(struct snapshot *s, struct task_struct *p)
{
	int cpu = gdb_task_cpu(p);
	struct pt_regs *regs;

	s->task = p;
	s->cpu = cpu >= 0 ? (unsigned int)cpu : min(p->cpu, nr_cpus - 1);
	s->whole = cpu >= 0;
	if (!s->whole)
		return arch_try(read_sleeping, s);
	regs = gdb_cpu_regs(cpu);
	if (!regs)
		return -EFAULT;
	s->regs = *regs;
	return 0;
}

static void reply_unknown(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < 2 * size_of(n); i++)
		reply_char('x');
}

static void reply_one(const struct snapshot *s, unsigned int n)
{
	unsigned long value;

	if (n < NR_MAPPED) {
		if (s->whole || map[n].kept)
			reply_hex((const char *)&s->regs + map[n].offset, map[n].size);
		else
			reply_unknown(n);
	} else if (n == REG_FS_BASE) {
		reply_hex(&s->task->thread.fs_base, 8);
	} else if (n == REG_GS_BASE) {			/* the kernel's, which is that of its CPU's variables */
		value = user_mode(&s->regs) ? s->task->thread.gs_base : per_cpu_offset[s->cpu];
		reply_hex(&value, 8);
	} else {
		reply_unknown(n);
	}
}

void gdb_reply_registers(struct task_struct *p)
{
	struct snapshot s;
	unsigned int n;
	int err = take_snapshot(&s, p);

	reply_begin();
	for (n = 0; n < NR_REGS; n++) {
		if (err)
			reply_unknown(n);
		else
			reply_one(&s, n);
	}
}

int gdb_reply_register(struct task_struct *p, unsigned long n)
{
	struct snapshot s;
	int err;

	if (n >= NR_REGS)
		return -EINVAL;
	err = take_snapshot(&s, p);
	reply_begin();
	if (err)
		reply_unknown(n);
	else
		reply_one(&s, n);
	return 0;
}

/* Bytes from hexadecimal digits; -EINVAL: they are none, or too few. 'x' means "leave it as it is": -ENOENT. */
static int parse_value(const char *hex, unsigned int size, unsigned long *value)
{
	unsigned int i;

	*value = 0;
	for (i = 0; i < size; i++) {
		int high, low;

		if (hex[2 * i] == 'x')
			return -ENOENT;
		high = gdb_hex_digit(hex[2 * i]);
		low = high < 0 ? -1 : gdb_hex_digit(hex[2 * i + 1]);
		if (low < 0)
			return -EINVAL;
		if (i < 8)
			*value |= (unsigned long)(high << 4 | low) << 8 * i;
	}
	return 0;
}

/* Is it an address that the processor can load? A return to one that is not faults in the kernel. */
static bool canonical(unsigned long addr)
{
	return (addr + (1UL << 47)) >> 48 == 0;
}

/*
 * Segments stay, and so does what in the flags is not the program's: the way back to user mode must not fault. The rest is GDB's.
 */
static int set_one(struct pt_regs *regs, unsigned int n, unsigned long value)
{
	unsigned long *at = (unsigned long *)((char *)regs + map[n].offset);

	if (n > REG_EFLAGS)
		return *at == value ? 0 : -EPERM;
	if (n == REG_EFLAGS)
		value = (value & FLAGS_FREE) | (*at & ~FLAGS_FREE);
	if (n == REG_RIP && (user_mode(regs) ? value >= USER_END : !canonical(value)))
		return -EINVAL;
	*at = value;
	return 0;
}

static struct pt_regs *writable(struct task_struct *p)
{
	int cpu = gdb_task_cpu(p);

	return cpu >= 0 ? gdb_cpu_regs(cpu) : NULL;
}

int gdb_set_register(struct task_struct *p, unsigned long n, const char *hex)
{
	struct pt_regs *regs = writable(p);
	unsigned long value;
	int err;

	if (!regs || n >= NR_MAPPED)
		return -EPERM;
	err = parse_value(hex, map[n].size, &value);
	return err ?: set_one(regs, n, value);
}

int gdb_set_registers(struct task_struct *p, const char *hex)
{
	struct pt_regs *regs = writable(p), changed;
	unsigned long value;
	unsigned int n;
	int err;

	if (!regs)
		return -EPERM;
	changed = *regs;
	for (n = 0; n < NR_MAPPED; n++, hex += 2 * map[n - 1].size) {
		err = parse_value(hex, map[n].size, &value);
		if (!err)
			err = set_one(&changed, n, value);
		if (err && err != -ENOENT)
			return err;
	}
	*regs = changed;
	return 0;
}
