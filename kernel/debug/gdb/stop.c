// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stopping and going on. A CPU that comes to a breakpoint becomes the master: it asks the others by NMI to stand still (park), takes
 * the breakpoints out, and talks with GDB (command.c). Then the breakpoints go in again and all go on; or one alone, for a step.
 *
 * Who is master is one word, changed by compare-and-exchange. Two CPUs at breakpoints at the same moment: the one that does not
 * become master parks like the others, and then executes the same instruction again; what counts is whether the
 * breakpoint is still there. `request` is written by the master alone, `parked` by the CPU itself, and the master gives its office
 * up only when all that it let go have cleared `parked`: so a new master never takes a CPU that is about to run for one that stands.
 *
 * ^C comes as an NMI of the boot CPU, whatever that does. Nobody is served inside an NMI, because the first fault there would let
 * the next NMI in, onto the same stack. So the NMI returns not to what it has interrupted, but to the door of traps, with a frame that
 * tells of it (gdb_break_in()): the stop is a trap like that of a breakpoint, exactly there, and nothing that happens to a
 * task can lose it.
 *
 * Breakpoints are in the text until breakpoints_remove() and from breakpoints_insert() on. None can be in this folder (they are
 * refused); one in what it calls meanwhile (sending the NMI) comes to nested_trap(), which lifts it.
 */
#include "kernel/debug/gdb/internal.h"
#include "boot/boot_info.h"

#define NOBODY	      (-1)
#define STEPPING(cpu) (-2 - (int)(cpu))		/* master: `cpu` will be again, after one instruction */

#define STOP_RETRY_NS  (10 * NSEC_PER_MSEC)	/* a CPU that has not parked gets another NMI */
#define STOP_GIVEUP_NS (2 * NSEC_PER_SEC)	/* and is then left alone */
#define STEP_LIMIT_NS  (2 * NSEC_PER_SEC)	/* a step that needs another CPU would wait for ever */

static struct gdb_cpu {
	struct pt_regs *regs;	/* the CPU itself, before it sets parked or becomes master */
	bool request;		/* the master: park, and stay */
	bool parked;		/* the CPU itself */
	bool inside;		/* the CPU itself: NMIs pass by. In gdb_trap(), which looks at request by itself, or gdb_change_text() */
	bool passed_by;		/* the CPU itself: one has */
} cpus[NR_CPUS];

static int master = NOBODY;		/* compare-and-exchange; a CPU's number, NOBODY, or STEPPING */
static u64 step_deadline;		/* the master, before it writes STEPPING */
static unsigned char step_insn[4];	/* the master */
static long step_thread;		/* whose trap flag is set for a step; 0: nobody's. The master */
static bool step_in_user;		/* ... in a frame of a program; the same */
static bool enabled;			/* set once at boot */
static bool panicking;			/* no ^C any more; set once by the CPU that panics */
static bool break_pending;		/* a ^C or a packet is to stop the machine, which any stop does; the master */
static const char *panic_text;		/* the same */
static char stack[16384] __aligned(16);	/* the master's, while it talks: the others are too small */

struct gdb_stop gdb_stop;

struct pt_regs *gdb_cpu_regs(unsigned int cpu)
{
	return cpus[cpu].parked || (int)cpu == master ? cpus[cpu].regs : NULL;
}

bool gdb_serving(void)
{
	return READ_ONCE(master) == (int)raw_cpu_id();
}

/* ---- standing still ---- */

static bool become_master(unsigned int cpu)
{
	int was = READ_ONCE(master) == STEPPING(cpu) ? STEPPING(cpu) : NOBODY;

	return cmpxchg(&master, was, (int)cpu) == was;
}

/* All but the master, and `cpu` itself, go on; returns when they have left. */
static void release_others(unsigned int self)
{
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++)
		WRITE_ONCE(cpus[cpu].request, false);
	for (cpu = 0; cpu < nr_cpus; cpu++)
		while (cpu != self && smp_load_acquire(&cpus[cpu].parked))
			cpu_relax();
}

static void resign(void)
{
	smp_store_release(&master, NOBODY);
}

/*
 * A parked CPU looks after the one that steps. Should that take too long, it lets all go on: it is master then, until it has left
 * itself. The step is reported when it ends.
 */
static bool end_stuck_step(unsigned int self)
{
	int who = READ_ONCE(master);

	if (who > STEPPING(0) || arch_clock_ns() < READ_ONCE(step_deadline))
		return false;
	if (cmpxchg(&master, who, (int)self) != who)
		return false;
	release_others(self);
	return true;
}

static void park(unsigned int cpu, struct pt_regs *regs)
{
	struct gdb_cpu *me = &cpus[cpu];
	bool am_master = false;

	gdb_cpu_enter();
	me->regs = regs;
	smp_store_release(&me->parked, true);
	while (smp_load_acquire(&me->request)) {
		am_master = end_stuck_step(cpu);
		cpu_relax();
	}
	if (READ_ONCE(master) == STEPPING(cpu))
		gdb_step_begin(regs, step_insn);
	gdb_cpu_leave(hw_breaks);		/* which no master changes until parked is false */
	smp_store_release(&me->parked, false);
	if (am_master)
		resign();
}

/*
 * gdb_nmi() sees the request. It is not nmi_call(): the place for what an NMI is to call may be taken by a CPU that has parked
 * before it could send its NMI.
 */
static void stop_others(unsigned int self)
{
	u64 start = arch_clock_ns(), again = start;
	unsigned int cpu, missing;

	for (cpu = 0; cpu < nr_cpus; cpu++)
		WRITE_ONCE(cpus[cpu].request, cpu != self);
	smp_mb();
	do {
		bool send = arch_clock_ns() >= again;

		if (send)
			again += STOP_RETRY_NS;
		missing = 0;
		for (cpu = 0; cpu < nr_cpus; cpu++) {
			if (cpu == self || smp_load_acquire(&cpus[cpu].parked))
				continue;
			missing++;
			if (send)
				nmi_send(cpu);
		}
		cpu_relax();
	} while (missing && arch_clock_ns() - start < STOP_GIVEUP_NS);
}

/* ---- the master ---- */

/* Where the trap flag of the step is: where its CPU stands, or the program's frame, if its instruction has faulted. NULL: there no more. */
static struct pt_regs *step_frame(struct task_struct *task)
{
	int cpu = gdb_task_cpu(task);
	struct pt_regs *regs = cpu >= 0 ? gdb_cpu_regs(cpu) : NULL;

	if (regs && gdb_steps_into(regs))
		return regs;
	regs = step_in_user ? task_pt_regs(task) : NULL;
	return regs && gdb_steps_into(regs) ? regs : NULL;
}

/*
 * A step is over, be it that it was made, or that something else was first: take the trap flag back, and what else it has changed. A frame
 * of the kernel that waits for a page keeps it: drop_debug() knows that trap.
 */
static void end_step(void)
{
	struct task_struct *task = step_thread ? gdb_thread(step_thread) : NULL;
	struct pt_regs *regs = task ? step_frame(task) : NULL;
	unsigned long flags;

	step_thread = 0;
	if (regs && gdb_step_end(regs) == STEP_PUSHF && !gdb_read(task, &flags, regs->rsp, sizeof(flags))) {
		flags = gdb_step_pushed_flags(flags);
		gdb_write(task, regs->rsp, &flags, sizeof(flags));
	}
}

/*
 * Prepare the step that GDB asks for. False: that is all, it is made. HLT may end at any time; and a CPU that was on its way into
 * or out of the stub has no stack for a trap there.
 */
static bool prepare_step(void)
{
	struct pt_regs *regs = cpus[gdb_resume.cpu].regs;

	memset(step_insn, 0, sizeof(step_insn));
	gdb_read(per_cpu(current_task, gdb_resume.cpu), step_insn, regs->rip, sizeof(step_insn));
	if (step_insn[0] == HLT_OPCODE)
		regs->rip++;
	else if (!desc_on_debug_stack(gdb_resume.cpu, regs))
		return true;
	gdb_stop = (struct gdb_stop){.reason = STOP_STEP, .cpu = gdb_resume.cpu, .signal = GDB_SIGTRAP};
	return false;
}

/* One CPU goes on; all others, the master too, wait until it comes back. */
static void go_one_step(unsigned int self, struct pt_regs *regs)
{
	unsigned int cpu = gdb_resume.cpu;

	step_thread = gdb_thread_id(per_cpu(current_task, cpu));
	step_in_user = user_mode(cpus[cpu].regs);
	WRITE_ONCE(step_deadline, arch_clock_ns() + STEP_LIMIT_NS);
	if (cpu == self) {
		gdb_step_begin(regs, step_insn);
		gdb_cpu_leave(hw_breaks);
		smp_store_release(&master, STEPPING(cpu));
		return;
	}
	WRITE_ONCE(cpus[self].request, true);
	smp_store_release(&master, STEPPING(cpu));
	smp_store_release(&cpus[cpu].request, false);
	park(self, regs);
}

static void serve(void)
{
	do {
		gdb_serve();
	} while (gdb_resume.step && !prepare_step());
}

/* The machine stops here, as gdb_stop says. This CPU is master. */
static void stop_for_gdb(unsigned int self, struct pt_regs *regs)
{
	unsigned long fault_address = gdb_fault_address();

	gdb_cpu_enter();
	gdb_port_irq(false);
	cpus[self].regs = regs;
	stop_others(self);
	breakpoints_remove();
	end_step();
	break_pending = false;
	gdb_stop.cpu = self;

	arch_call_on(stack + sizeof(stack), serve);

	gdb_restore_fault_address(fault_address);
	if (!panicking)
		gdb_port_irq(true);
	breakpoints_insert();
	if (gdb_resume.step) {
		go_one_step(self, regs);
	} else {
		gdb_cpu_leave(hw_breaks);
		release_others(self);
		resign();
	}
}

/* ---- traps ---- */

/* A trap while this CPU serves GDB. Its breakpoints are out by then, but for the first and the last steps. */
static bool nested_trap(struct pt_regs *regs, unsigned long vector)
{
	if (vector == 1)
		gdb_debug_status();
	if (vector != 3 || !breakpoint_lift(regs->rip - 1))
		return false;
	regs->rip--;
	return true;
}

/* What does an int3 mean? False: nothing any more, the instruction is to be executed again. Master. */
static bool explain_int3(struct pt_regs *regs)
{
	unsigned char byte = INT3_OPCODE;

	gdb_stop = (struct gdb_stop){.reason = panic_text ? STOP_PANIC : STOP_TRAP, .panic = panic_text,
				     .signal = panic_text ? GDB_SIGABRT : GDB_SIGTRAP};
	if (breakpoint_at(regs->rip - 1)) {
		regs->rip--;
		gdb_stop.reason = STOP_BREAKPOINT;
		gdb_stop.signal = GDB_SIGTRAP;
		return true;
	}
	gdb_read(NULL, &byte, regs->rip - 1, 1);
	if (byte == INT3_OPCODE)
		return true;
	regs->rip--;				/* it was taken out before we became master */
	return false;
}

/* The same for a ^C. False: the machine has stopped for it meanwhile. Master. */
static bool explain_break(void)
{
	gdb_stop = (struct gdb_stop){.reason = STOP_BREAK, .signal = GDB_SIGINT};
	return break_pending;
}

/* The same for a debug trap. False: nothing of ours. Master. */
static bool explain_debug(unsigned int cpu, struct pt_regs *regs, unsigned long status)
{
	unsigned int n;

	gdb_stop = (struct gdb_stop){.reason = STOP_STEP, .signal = GDB_SIGTRAP};
	for (n = 0; n < HW_BREAKS; n++) {
		const struct hw_break *b = &hw_breaks[n];

		if (!(status & BIT(n)) || !b->len || (b->type == HW_EXEC && b->addr != regs->rip))
			continue;
		gdb_stop.reason = b->type == HW_EXEC ? STOP_HW_BREAKPOINT : STOP_WATCHPOINT;
		gdb_stop.hw_break = n;
	}
	if (gdb_stop.reason != STOP_STEP)
		return true;
	if (!(status & GDB_DR6_STEP))
		return false;
	if (step_thread != gdb_thread_id(per_cpu(current_task, cpu)))
		return false;
	return !break_pending || explain_break();
}

/*
 * A debug trap that is no stop: of a watchpoint that was taken away, or of a step in the kernel that something else has overtaken. True: drop
 * it. False: a program steps by itself, and gets a signal. Master.
 */
static bool drop_debug(struct pt_regs *regs, unsigned long status)
{
	if (!(status & GDB_DR6_STEP))
		return true;
	if (user_mode(regs))
		return false;
	gdb_forget_trap(regs);
	return true;
}

/* ---- coming and leaving ---- */

static void enter(unsigned int cpu)
{
	WRITE_ONCE(cpus[cpu].inside, true);
	desc_nest_traps(true);
}

/* Has the port something that nobody has seen to? What is left in it makes no other interrupt. */
static bool port_calls(unsigned int cpu)
{
	return cpu == 0 && !panicking && !break_pending && gdb_port_ready();
}

/*
 * The boot CPU: GDB's port may have something for a machine that runs. Noise is dropped; for a good packet or ^C it is true: the caller sees to
 * it that the machine stops. While another CPU is master nothing is done: it may be about to stop the machine, or have just let it
 * go, and the caller comes again.
 */
static bool look_at_port(unsigned int cpu)
{
	bool found = false;

	while (!found && port_calls(cpu)) {
		int was = READ_ONCE(master) == STEPPING(cpu) ? STEPPING(cpu) : NOBODY, c;

		if (cmpxchg(&master, was, (int)cpu) != was)
			break;
		while (!found && (c = gdb_port_get()) != GDB_PORT_EMPTY)
			found = packet_feed(c, true) != PACKET_NOTHING;
		break_pending = found;
		smp_store_release(&master, was);
	}
	return found;
}

/*
 * The boot CPU, when an NMI finds a ^C: is it at a step whose trap is certain to come? Then that is the stop. Either the trap has come
 * (DR6) and is on its way to gdb_trap(); or the step is one of the kernel, and what the NMI has interrupted is about to begin it: to
 * break in before would leave its trap flag in a frame that nobody finds. (Steps of programs may fault, and never be made.)
 */
static bool step_comes(unsigned int cpu, const struct pt_regs *regs)
{
	return gdb_has_stepped() || (READ_ONCE(master) == STEPPING(cpu) && !step_in_user && desc_on_debug_stack(cpu, regs));
}

/* An int3, a debug trap or a ^C of this CPU, which is not master. */
static bool trap(unsigned int cpu, struct pt_regs *regs, unsigned long vector, unsigned long status)
{
	bool stepped = READ_ONCE(step_thread) == gdb_thread_id(per_cpu(current_task, cpu)), stops, dropped;

	while (!become_master(cpu)) {
		if (READ_ONCE(cpus[cpu].request)) {
			if (vector == 3)
				regs->rip--;		/* to come again, if it is still there then */
			park(cpu, regs);
			if (vector != 1)
				return true;
			if (stepped)		/* that stop has ended the step */
				status &= ~GDB_DR6_STEP;
		}
		cpu_relax();
	}
	stops = vector == 3 ? explain_int3(regs) : vector == 1 ? explain_debug(cpu, regs, status) : explain_break();
	if (stops) {
		stop_for_gdb(cpu, regs);
		return true;
	}
	dropped = vector != 1 || drop_debug(regs, status);
	release_others(cpu);				/* in case this should have been a step */
	resign();
	return dropped;
}

/*
 * What came while this CPU was inside has had no effect yet: a request to park, an NMI of the port. After the last look here NMIs
 * do it themselves; the way from there to the end of the door is short, so that GDB hardly ever sees a CPU that stands on it.
 */
static void leave(unsigned int cpu, struct pt_regs *regs)
{
	struct gdb_cpu *me = &cpus[cpu];

	do {
		WRITE_ONCE(me->inside, true);
		WRITE_ONCE(me->passed_by, false);
		barrier();
		do {
			while (READ_ONCE(me->request))
				park(cpu, regs);
			if (look_at_port(cpu) || (cpu == 0 && READ_ONCE(break_pending)))
				trap(cpu, regs, GDB_BREAK_IN, 0);
		} while (READ_ONCE(me->request) || port_calls(cpu));
		WRITE_ONCE(me->inside, false);
		barrier();
	} while (READ_ONCE(me->passed_by));
	desc_nest_traps(false);
}

bool gdb_trap(struct pt_regs *regs, unsigned long vector)
{
	unsigned int cpu = raw_cpu_id();
	bool ours;

	if (!enabled)
		return false;
	if (READ_ONCE(master) == (int)cpu)
		return nested_trap(regs, vector);
	enter(cpu);
	ours = trap(cpu, regs, vector, vector == 1 ? gdb_debug_status() : 0);
	leave(cpu, regs);
	return ours;
}

/* For what is neither int3 nor a debug trap. */
static void stop_here(struct pt_regs *regs, struct gdb_stop why)
{
	unsigned int cpu = raw_cpu_id();

	enter(cpu);
	while (!become_master(cpu)) {
		if (READ_ONCE(cpus[cpu].request))
			park(cpu, regs);
		cpu_relax();
	}
	gdb_stop = why;
	stop_for_gdb(cpu, regs);
	leave(cpu, regs);
}

bool gdb_nmi(struct pt_regs *regs)
{
	unsigned int cpu = raw_cpu_id();

	if (!enabled)
		return false;
	if (cpus[cpu].inside || READ_ONCE(master) == (int)cpu) {
		WRITE_ONCE(cpus[cpu].passed_by, true);
		return true;
	}
	do {
		while (READ_ONCE(cpus[cpu].request))
			park(cpu, regs);
		if (look_at_port(cpu)) {
			if (!step_comes(cpu, regs))
				gdb_break_in(regs);
			break;			/* the trap heeds requests */
		}
	} while (READ_ONCE(cpus[cpu].request) || port_calls(cpu));
	return true;
}

/* ---- changes of the text ---- */

/*
 * This CPU is master, as if it had stopped the machine, so nobody else can be. `inside` makes NMIs pass by, from before it is master on: one of
 * them might find a ^C, and its trap a master who is not at home. NMIs that ask to park
 * come again; for what else has passed by, the boot CPU gets another one.
 *
 * Only NOBODY is replaced: a CPU that GDB has make single steps through here waits until it is let go.
 */
static void change_text_as_master(unsigned int cpu, void (*fn)(void *arg), void *arg)
{
	struct gdb_cpu *me = &cpus[cpu];

	for (;;) {
		WRITE_ONCE(me->inside, true);
		barrier();
		if (cmpxchg(&master, NOBODY, (int)cpu) == NOBODY)
			break;
		barrier();
		WRITE_ONCE(me->inside, false);
		cpu_relax();
	}
	gdb_cpu_enter();
	breakpoints_remove();
	fn(arg);
	breakpoints_insert();
	gdb_cpu_leave(hw_breaks);
	resign();
	barrier();
	WRITE_ONCE(me->inside, false);
	nmi_send(0);
}

void gdb_change_text(void (*fn)(void *arg), void *arg)
{
	if (enabled)
		change_text_as_master(raw_cpu_id(), fn, arg);
	else
		fn(arg);
}

/* ---- the stub's own mistakes ---- */

bool gdb_recover(struct pt_regs *regs)
{
	return enabled && gdb_serving() && arch_try_recover(regs);
}

bool gdb_fetch_fault(struct pt_regs *regs)
{
	if (!enabled || gdb_serving() || !breakpoint_at(regs->rip))
		return false;
	stop_here(regs, (struct gdb_stop){.reason = STOP_BREAKPOINT, .signal = GDB_SIGTRAP});
	return true;
}

void gdb_give_up(void)
{
	if (enabled && gdb_serving() && arch_trying())
		arch_try_failed();
}

void gdb_panic(const char *text, struct pt_regs *regs)
{
	if (!enabled)
		return;
	panic_text = text;
	panicking = true;
	if (regs)
		stop_here(regs, (struct gdb_stop){.reason = STOP_PANIC, .panic = text, .signal = GDB_SIGSEGV});
	else
		arch_breakpoint();
}

/* ---- boot ---- */

void gdb_init(void)
{
	char how[16];
	bool silent;

	if (!boot_param("gdb", how, sizeof(how)) || strcmp(how, "off") == 0)
		return;
	if (strcmp(how, "com2") != 0 && strcmp(how, "com2,wait") != 0) {
		pr_warn("gdb: gdb=%s is not known; it is com2 or com2,wait\n", how);
		return;
	}
	if (gdb_port_init(&silent)) {
		pr_warn("gdb: there is no serial port COM2\n");
		return;
	}
	gdb_debug_status();
	enabled = true;
	if (silent)
		pr_warn("gdb: COM2 has no interrupt here: GDB can't break in, only breakpoints and panics stop\n");
	if (how[4])
		arch_breakpoint();
	else
		gdb_port_irq(true);
	pr_info("gdb: stub on COM2\n");
}

void gdb_init_secondary(void)
{
	if (enabled)
		gdb_cpu_leave(hw_breaks);
}
