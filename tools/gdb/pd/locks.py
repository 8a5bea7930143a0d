# SPDX-License-Identifier: GPL-2.0-only
"""pd-locks: who holds which lock, and who waits.

A build with LOCKDEP=1 keeps records of what each task and CPU holds. Others keep none: there, what can be found are mutexes and
rw_semaphores that somebody sleeps on (the waiter lies on the sleeper's stack) with the owner that a mutex names, and CPUs that spin.
"""
import gdb

from . import percpu, tasks
from .core import Command, Problem, list_links, number, offset_of, read_u64, say, symbol, text, typ

SLOW_PATHS = {"mutex_lock_slow": ("struct mutex", "struct mutex_waiter"),
              "down_slow": ("struct rw_semaphore", "struct rwsem_waiter"),
              "rwsem_down_read_slow": ("struct rw_semaphore", "struct rwsem_waiter"),
              "rwsem_down_write_slow": ("struct rw_semaphore", "struct rwsem_waiter"),
              "down_read_killable": ("struct rw_semaphore", "struct rwsem_waiter"),
              "down_write_killable": ("struct rw_semaphore", "struct rwsem_waiter")}
LOCK_SLEEPS, LOCK_READ = 1, 2


def lockdep():
    try:
        typ("struct held_locks")
        return True
    except Problem:
        return False


def records(held):
    """The locks of one struct held_locks, as text."""
    count = int(held["count"])
    if count > 16:
        raise Problem(f"held_locks at {number(held.address):#x} is broken: it counts {count}")
    for i in range(count):
        lock = held["lock"][i]
        kind = "read" if int(lock["kind"]) & LOCK_READ else "held"
        name = text(lock["map"]["name"]) if number(lock["map"]["name"]) else "a lock without name"
        yield f"{kind} {name}, taken at {symbol(number(lock['ip']))}"


def slow_path(task):
    """(type of the lock, type of the waiter, stack to search) if the task sleeps on a mutex or rw_semaphore."""
    try:
        low = number(task["thread"]["sp"])
        for frame, ret in tasks.saved_callers(task):
            kinds = SLOW_PATHS.get(symbol(ret - 1).split("+")[0].split(".")[0])
            if kinds:
                # The waiter is a local variable of that function, whose frame pointer is what this frame saved.
                return (*kinds, low, read_u64(frame))
    except (Problem, gdb.MemoryError):
        pass
    return None


def waited_lock(task):
    """(the lock, its type) that the task sleeps on, or None."""
    found = slow_path(task)
    if not found:
        return None
    lock_type, waiter_type, low, high = found
    task_at, list_at = offset_of(waiter_type, "task"), offset_of(waiter_type, "list")
    for address in range(low, min(high, low + 16384), 8):
        if read_u64(address + task_at) != number(task):
            continue
        lock = lock_of_waiter(address + list_at, lock_type)
        if lock:
            return lock, lock_type
    return None


def lock_of_waiter(link, lock_type):
    """The lock on whose wait_list the link is: of all links the one that is not on a sleeper's stack."""
    try:
        if read_u64(read_u64(link) + 8) != link or read_u64(read_u64(link + 8)) != link:
            return None
        stacks = [(number(t["stack"]), number(t["stack"]) + 16384) for t in tasks.everyone() if not tasks.is_running(t)]
        head = gdb.Value(link).cast(typ("struct list_head").pointer())
        for other in list_links(head):
            if not any(low <= other < high for low, high in stacks):
                return other - offset_of(lock_type, "wait_list")
    except (Problem, gdb.MemoryError):
        pass
    return None


def owner_of(lock, lock_type):
    if lock_type == "struct mutex":
        owner = percpu.pointer(read_u64(lock + offset_of(lock_type, "owner")) & ~7)
        return f"owned by {int(owner['pid'])} ({tasks.comm(owner)})" if number(owner) else "free"
    count = read_u64(lock + offset_of(lock_type, "count"))
    return "held by a writer" if count & 2 else f"held by {count >> 2} readers"


def describe(lock, lock_type):
    return f"({lock_type} *) {lock:#x} <{symbol(lock)}>, {owner_of(lock, lock_type)}" if not symbol(lock).startswith("0x") else \
        f"({lock_type} *) {lock:#x}, {owner_of(lock, lock_type)}"


def waits_for(task):
    found = None if tasks.is_running(task) else waited_lock(task)
    return describe(*found) if found else None


def of_task(task):
    return "; ".join(records(task["held"])) or "none held (sleeping locks)" if lockdep() else None


def spinning():
    """(GDB's thread, function, which lock, caller's name) of CPUs that wait for a spin lock just now."""
    selected, level = gdb.selected_thread(), gdb.selected_frame().level()
    try:
        for thread in gdb.selected_inferior().threads():
            thread.switch()
            newest = gdb.newest_frame()
            if newest.name() and newest.name().startswith(("spin_lock_slow", "read_lock_slow", "write_lock_slow")):
                lock, caller = newest.read_var("l"), newest.older()
                where = "a lock" if lock.is_optimized_out else f"{number(lock):#x} <{symbol(number(lock))}>"
                yield thread.num, newest.name(), where, caller.name() if caller else "?"
    finally:
        selected.switch()
        gdb.execute(f"frame {level}", to_string=True)


class Locks(Command):
    """Show locks that are held and who waits for one.

In a build with LOCKDEP=1: all that are held, by its records. In others no record is kept, so only locks that somebody waits for are
found: mutexes (with the owner) and rw_semaphores on which a task sleeps, and spin locks on which a CPU spins."""

    name = "pd-locks"

    def run(self, argument):
        found = self.held() if lockdep() else 0
        for task in tasks.everyone():
            line = waits_for(task)
            if line:
                found += 1
                say(f"task {int(task['pid'])} ({tasks.comm(task)}) waits for {line}")
        for thread, name, lock, caller in list(spinning()):
            found += 1
            say(f"thread {thread} spins in {name} for {lock}, called by {caller}")
        if not found:
            say("no lock is held" if lockdep() else
                "nobody waits for a lock (locks that are held but not waited for show in a build with LOCKDEP=1)")

    def held(self):
        found = 0
        for task in tasks.everyone():
            for line in records(task["held"]):
                found += 1
                say(f"task {int(task['pid'])} ({tasks.comm(task)}): {line}")
        for cpu in range(percpu.count()):
            for line in records(percpu.variable("held_spins", cpu, "kernel/debug/lockdep.c")):
                found += 1
                say(f"CPU {cpu}: {line}")
        return found
