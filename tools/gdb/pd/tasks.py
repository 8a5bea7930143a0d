# SPDX-License-Identifier: GPL-2.0-only
"""Tasks: pd-ps, pd-task, pd-bt, and the functions $current() and $task(pid)."""
import gdb

from . import percpu
from .core import Command, Function, Problem, flags, list_entries, number, read_u64, say, source_line, symbol, table, text, var

# kernel/sync/wait.h, kernel/sched/sched.h; tests/host/test_gdb.py compares
STATE_NAMES = ((0x01, "INTERRUPTIBLE"), (0x02, "UNINTERRUPTIBLE"), (0x04, "STOPPED"), (0x08, "TRACED"), (0x10, "DEAD"), (0x20, "WAKEKILL"),
               (0x40, "FROZEN"), (0x80, "FREEZABLE"), (0x100, "THROTTLED"))
# Letters by the first of these bits that is set; a task that a quota holds is ready to run: kernel/task/proc.c, task_state_letter().
STATES = ((0x10, "X"), (0x04, "T"), (0x08, "t"), (0x02 | 0x40, "D"), (0x100, "R"), (0x01, "S"))
EXITED = {1: ("Z", "zombie"), 2: ("X", "dead"), 4: ("Z", "its tracer collects it")}
PF_KTHREAD = 0x01
STACK_SIZE = 16384
FLAG_NAMES = ((0x01, "KTHREAD"), (0x02, "EXITING"), (0x04, "FORKNOEXEC"), (0x08, "CPU_BOUND"), (0x10, "SIGNALED"), (0x20, "NPROC_EXCEEDED"))
WORK = ("NEED_RESCHED", "SIGPENDING", "NOTIFY", "FREEZE", "THROTTLE", "SYSCALL_TRACE", "SINGLESTEP")      # TIF_*, an enum
# Where a task waits is the first of its callers that is none of these.
WAITING = ("switch_stacks", "arch_switch_to", "context_switch", "schedule", "__schedule", "schedule_timeout", "mutex_lock_slow",
           "down_slow", "rwsem_down_read_slow", "rwsem_down_write_slow", "wait_for_common", "wait_for_completion",
           "wait_for_completion_state", "wait_for_completion_interruptible", "wait_for_completion_timeout")


def leaders():
    """All thread group leaders."""
    return list_entries(var("init_task")["tasks"], "struct task_struct", "tasks")


def threads(leader):
    if number(leader["signal"]) == 0:
        return [leader]
    return list_entries(leader["signal"]["thread_head"], "struct task_struct", "thread_node")


def idle_tasks():
    if number(var("per_cpu_offset")[0]) == 0:           # before there are run queues
        yield var("init_task").address
        return
    for cpu in range(percpu.count()):
        idle = percpu.variable("runqueue", cpu)["idle"]
        if number(idle):
            yield idle


def everyone():
    """All tasks: the idle ones, then each thread group with its threads."""
    seen = set()
    for task in idle_tasks():
        seen.add(number(task))
        yield task
    for leader in leaders():
        for task in threads(leader):
            if number(task) not in seen:
                seen.add(number(task))
                yield task


def find(pid):
    """The task with this pid, or None; 0 is the boot CPU's idle task."""
    for task in everyone():
        if int(task["pid"]) == pid:
            return task
    return None


def named(argument):
    """The task that an argument of a command means: a pid, an expression for a task, or nothing: $current()."""
    if not argument.strip():
        return percpu.current()
    value = gdb.parse_and_eval(argument)
    target = value.type.strip_typedefs()
    if target.tag == "task_struct":
        return value.address
    if target.code == gdb.TYPE_CODE_PTR and target.target().unqualified().strip_typedefs().tag == "task_struct":
        return value
    task = find(int(value))
    if task is None:
        raise Problem(f"no task has pid {int(value)}")
    return task


def comm(task):
    return text(task["comm"])


def letter(task):
    if int(task["exit_state"]):
        return EXITED.get(int(task["exit_state"]), ("?",))[0]
    state = int(task["state"])
    return next((name for mask, name in STATES if state & mask), "R")


def work_names():
    return tuple((1 << number(f"(unsigned long)TIF_{name}"), name) for name in WORK)


def is_kthread(task):
    return bool(int(task["flags"]) & PF_KTHREAD)


def saved_callers(task):
    """Return addresses on the kernel stack of a task that does not run, innermost first, by its frame pointers."""
    sp, low, high = number(task["thread"]["sp"]), number(task["stack"]), number(task["thread"]["sp0"])
    if not low:                         # an idle task: its stack is from elsewhere
        low, high = sp, sp + STACK_SIZE
    if not low <= sp < high:
        raise Problem(f"the saved stack pointer {sp:#x} of task {int(task['pid'])} is not on its stack")
    fp = sp + 5 * 8                     # struct switch_frame in arch/x86_64/process.c: rbp stands below the return address
    start, end = number(var("__text_start").address), number(var("__text_end").address)
    while low <= fp <= high - 16 and not fp & 7:
        ret = read_u64(fp + 8)
        if not start <= ret < end:
            return
        yield fp, ret
        low, fp = fp + 1, read_u64(fp)


def is_running(task):
    return bool(task["on_cpu"])


def where(task):
    """The kernel function in which a task sleeps."""
    if is_running(task):
        return "(runs)"
    try:
        for _, ret in saved_callers(task):
            name = symbol(ret - 1).split("+")[0]
            if name not in WAITING:
                return name
    except (Problem, gdb.MemoryError):
        return "?"
    return "-"


class Ps(Command):
    """List all tasks: idle tasks (pid 0), kernel threads in brackets, threads of programs below their leaders.

STATE is the letter of /proc/PID/stat, * marks what runs on its CPU now. WHERE is the kernel function in which a task sleeps.
CONTAINERS are those other than the top ones, as hierarchy:/path."""

    name = "pd-ps"

    def run(self, argument):
        from . import containers
        if not any(True for _ in everyone()):
            raise Problem("there are no tasks yet")
        table(("TASK", "PID", "TGID", "PPID", "STATE", "CPU", "WHERE", "COMMAND", "CONTAINERS"), self.rows(containers), right=(1, 2, 3, 5))

    def rows(self, containers):
        for task in everyone():
            parent = task["real_parent"]
            name = comm(task)
            yield (f"{number(task):#x}", int(task["pid"]), int(task["tgid"]), int(parent["tgid"]) if number(parent) else 0,
                   letter(task) + ("*" if is_running(task) else ""), int(task["cpu"]), where(task),
                   f"[{name}]" if is_kthread(task) else name, " ".join(containers.of_task(task)) or "-")


class Task(Command):
    """Show one task: who it is, what it does, its memory, files, containers and locks. Without PID: that of the selected thread."""

    name, usage = "pd-task", "pd-task [PID | TASK]"
    completion = gdb.COMPLETE_EXPRESSION

    def run(self, argument):
        from . import containers, files, locks
        task = named(argument)
        say(f"(struct task_struct *) {number(task):#x}: {comm(task)}, pid {int(task['pid'])}, thread group {int(task['tgid'])}")
        for what, show in (("state", self.state), ("parent", self.parent), ("tracing", self.tracing), ("scheduling", self.scheduling),
                           ("kernel stack", self.stack),
                           ("program", files.program), ("directory", files.directory), ("open files", files.descriptors),
                           ("credentials", self.credentials), ("css_group", containers.group_of),
                           ("containers", lambda t: (" ".join(containers.of_task(t)) or "top ones only") if containers.built_in() else None),
                           ("waits for", locks.waits_for), ("locks", locks.of_task)):
            try:
                line = show(task)
            except (Problem, gdb.error) as error:
                line = f"({error})"
            if line:
                say(f"  {what:13} {line}")

    def state(self, task):
        words = flags(int(task["state"]), STATE_NAMES, "RUNNING")
        ended = int(task["exit_state"])
        ended = f", {EXITED.get(ended, ('?', f'exit_state {ended}'))[1]}" if ended else ""
        return (f"{letter(task)} ({words}{ended}), " + ("runs" if is_running(task) else f"in {where(task)}")
                + f", flags {flags(int(task['flags']), FLAG_NAMES)}, work {flags(number(task['work']), work_names())}")

    def parent(self, task):
        children = sum(1 for _ in list_entries(task["children"], "struct task_struct", "sibling"))
        parent = task["real_parent"]
        name = f"{int(parent['pid'])} ({comm(parent)})" if number(parent) else "none"
        ids = f", process group {int(task['signal']['pgrp'])}, session {int(task['signal']['session'])}" if number(task["signal"]) else ""
        return f"{name}, {children} children{ids}"

    def tracing(self, task):
        """Whom it is traced by, and whom it traces."""
        words = []
        if int(task["ptrace"]):
            words.append(f"by {int(task['parent']['pid'])} ({comm(task['parent'])})")
        traced = [f"{int(t['pid'])} ({comm(t)})" for t in list_entries(task["ptraced"], "struct task_struct", "ptrace_entry")]
        return ", ".join(words + (["of " + ", ".join(traced)] if traced else []))

    def scheduling(self, task):
        se = task["se"]
        allowed = number(task["cpus_allowed"][0])
        return (f"CPU {int(task['cpu'])}, nice {int(task['static_prio'])}, may use CPUs {cpu_list(allowed)}, "
                f"ran {number(se['sum_exec_runtime']) / 1e6:.3f} ms, {number(task['nvcsw'])}+{number(task['nivcsw'])} switches")

    def stack(self, task):
        return f"{number(task['stack']):#x}..{number(task['thread']['sp0']):#x}"

    def credentials(self, task):
        cred = task["cred"]
        return f"uid {int(cred['uid'])}/{int(cred['euid'])}, gid {int(cred['gid'])}/{int(cred['egid'])}"


def cpu_list(mask):
    """"0-3,5" for a mask, cut to the CPUs there are."""
    cpus = [c for c in range(percpu.count()) if mask >> c & 1]
    words, start = [], None
    for c in cpus:
        start = c if start is None else start
        if c + 1 not in cpus:
            words.append(f"{start}-{c}" if c > start else f"{c}")
            start = None
    return ",".join(words) or "none"


class Backtrace(Command):
    """Show the kernel stack of a task that does not run. For one that runs: select its CPU with `thread` and use `bt`.

It follows frame pointers, so functions that were inlined, and arguments, are not shown."""

    name, usage = "pd-bt", "pd-bt PID | TASK"
    completion = gdb.COMPLETE_EXPRESSION

    def run(self, argument):
        task = named(argument)
        if is_running(task):
            thread = percpu.thread_of(task)
            raise Problem(f"task {int(task['pid'])} runs on CPU {int(task['cpu'])}: "
                          + (f"`thread {thread.num}`, then `bt`" if thread else "no thread of GDB's is that CPU"))
        for n, (_, ret) in enumerate(saved_callers(task)):
            say(f"#{n:<2} {ret:#x} in {symbol(ret - 1).split('+')[0]} () at {source_line(ret - 1)}")


class Current(Function):
    """$current(): the task of the selected thread: of the CPU on QEMU's stub, the thread itself on the kernel's."""

    name = "current"

    def value(self):
        return percpu.current()


class TaskFunction(Function):
    """$task(PID): the task with this pid, a struct task_struct *: p $task(1)->comm"""

    name = "task"

    def value(self, pid):
        task = find(int(pid))
        if task is None:
            raise Problem(f"no task has pid {int(pid)}")
        return task


class PerCpu(Function):
    """$percpu(NAME [, CPU]): a CPU's copy of a per-CPU variable; without CPU that of the selected one: p $percpu("runqueue", 1)"""

    name = "percpu"

    def value(self, name, cpu=None):
        return percpu.variable(name.string(), percpu.selected() if cpu is None else int(cpu))
