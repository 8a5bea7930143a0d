# SPDX-License-Identifier: GPL-2.0-only
"""CPUs: their areas of per-CPU data, which of them a thread of GDB's is, and what runs there.

GDB's threads are CPUs on QEMU's stub, tasks on the kernel's own. Nothing here depends on the GS base alone: in user mode it is the
program's, and a stub need not tell it.
"""
import gdb

from .core import MASK, Problem, as_pointer, number, var

FIRST_IDLE = 32768              # kernel/sched/sched.h: PID_MAX
KERNEL_STUB_PROCESS = 42000     # what GDB calls the one process of a stub that knows no processes, as the kernel's


def count():
    n = int(var("nr_cpus"))
    if not 1 <= n <= var("per_cpu_offset").type.range()[1] + 1:
        raise Problem(f"nr_cpus is {n}: broken, or the guest has not come that far")
    return n


def offset(cpu):
    if not 0 <= cpu < count():
        raise Problem(f"there is no CPU {cpu}")
    return number(var("per_cpu_offset")[cpu])


def variable(name, cpu, source=None):
    """CPU's copy of the per-CPU variable NAME."""
    master = var(f"percpu_{name}", source)
    return gdb.Value((number(master.address) + offset(cpu)) & MASK).cast(master.type.pointer()).dereference()


def register(name):
    """A register of the selected thread, None where the stub does not tell it."""
    try:
        value = gdb.selected_thread() and gdb.newest_frame().read_register(name)
        return number(value) if value is not None and not value.is_optimized_out else None
    except (ValueError, gdb.error):
        return None


def kernel_stub():
    """Is the kernel's own stub at the other end?"""
    thread = gdb.selected_thread()
    return bool(thread) and thread.ptid[0] == KERNEL_STUB_PROCESS


def selected():
    """The number of the CPU that the selected thread is, or on which it is, where threads are tasks."""
    thread = gdb.selected_thread()
    if not thread:
        raise Problem("no guest is connected")
    if kernel_stub():
        return int(current()["cpu"])
    offsets = [offset(cpu) for cpu in range(count())]
    if offsets[0]:                      # each CPU has its own area: the kernel's GS base is in one of the two registers
        for name in ("gs_base", "k_gs_base"):
            if register(name) in offsets:
                return offsets.index(register(name))
    cpu = thread.ptid[1] - 1            # QEMU numbers its threads from 1
    return cpu if 0 <= cpu < len(offsets) else 0


def task_on(cpu):
    """What runs on CPU."""
    return variable("current_task", cpu)


def current():
    """The task of the selected thread: what runs on that CPU, or the thread itself where threads are tasks."""
    task = of_thread()
    if not number(task):
        raise Problem("no task runs here yet: the guest has not come that far")
    return task


def of_thread():
    """The same, and NULL on a CPU that runs nobody yet."""
    thread = gdb.selected_thread()
    if not thread:
        raise Problem("no guest is connected")
    if not kernel_stub():
        return task_on(selected())
    from . import tasks
    name = thread.ptid[1]               # the pid; idle tasks stand behind all pids, by CPU
    if name >= FIRST_IDLE:
        return variable("runqueue", name - FIRST_IDLE)["idle"] if number(var("per_cpu_offset")[0]) else var("init_task").address
    found = tasks.find(name)
    if found is None:
        raise Problem(f"no task belongs to GDB's thread {thread.num}")
    return found


def thread_of(task):
    """GDB's thread for a task that runs: of its CPU on QEMU's stub, its own on the kernel's; None: GDB knows none."""
    cpu, pid = int(task["cpu"]), int(task["pid"])
    wanted = (pid or FIRST_IDLE + cpu) if kernel_stub() else cpu + 1
    return next((t for t in gdb.selected_inferior().threads() if t.ptid[1] == wanted), None)


def pointer(address):
    return as_pointer(address, "struct task_struct")
