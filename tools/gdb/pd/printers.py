# SPDX-License-Identifier: GPL-2.0-only
"""How GDB prints the kernel's types: pointers with what they point to, lists with their length, locks with their holder."""
import gdb
import gdb.printing

from . import containers, files, percpu, tasks
from .core import KERNEL_HALF, MASK, Problem, error_name, list_links, number, text

MOST = 200      # entries that are counted of a list


def pointer_text(value, what):
    return f"({value.type.unqualified()}) {number(value):#x} {what}"


def task_text(p):
    return f'"{tasks.comm(p)}" pid {int(p["pid"])}'


def group_text(p):
    inside = [f"{containers.root_title(c['root'])}:{containers.path(c)}" for _, c in containers.links(p)]
    return "in " + (", ".join(inside) or "top containers")


def container_text(p):
    return f'"{containers.root_title(p["root"])}:{containers.path(p)}"'


POINTERS = {
    "task_struct": task_text,
    "container": container_text,
    "css_group": group_text,
    "dentry": lambda p: f'"{files.dentry_path(p)}"',
    "mount": lambda p: f'on "{files.path_of(p, p["mnt_root"])}"',
    "file": lambda p: f'"{files.file_path(p)}"',
    "inode": lambda p: f"ino {number(p['i_ino'])}",
    "containerfs_root": lambda p: containers.root_title(p),
    "container_subsys": lambda p: f'"{text(p["name"])}"',
    "kmem_cache": lambda p: f'"{text(p["name"])}"',
    "file_system_type": lambda p: f'"{text(p["name"])}"',
}


class PointerPrinter:
    """A pointer to an object, with what it is called; or the error that it carries (ERR_PTR)."""

    def __init__(self, value, describe):
        self.value, self.describe = value, describe

    def to_string(self):
        try:
            return pointer_text(self.value, self.describe(self.value))
        except (Problem, gdb.error):
            return pointer_text(self.value, "(unreadable)")


class ErrorPointer:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        n = number(self.value) - (1 << 64)
        return f"ERR_PTR({n}) {error_name(n) or '?'}"


class ListHead:
    """How many entries a list has: of a head; from a link, as many others are on its list."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        address = number(self.value.address) if self.value.address is not None else 0
        first = number(self.value["next"])
        if not first:
            return "not initialised"
        if first == address:
            return "empty"
        count = 0
        try:
            for _ in list_links(self.value) if address else ():
                count += 1
                if count == MOST:
                    break
        except (Problem, gdb.MemoryError):
            return f"{{next = {first:#x}, prev = {number(self.value['prev']):#x}}} (broken, or not on a list)"
        return f"{count}{'+' if count == MOST else ''} entries, the first link at {first:#x}"


class Spinlock:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        owner, following = int(self.value["owner"]), int(self.value["next"])
        waiting = (following - owner - 1) & 0xffff
        if owner == following:
            return "unlocked"
        return "locked" + (f", {waiting} waiting" if waiting else "")


class Rwlock:
    """A reader that comes while a writer has it is counted already."""

    WRITER, WAITING = 1 << 30, 1 << 31      # kernel/sync/spinlock.h

    def __init__(self, value):
        self.value = value

    def to_string(self):
        count = number(self.value["count"])
        readers = count & (self.WRITER - 1)
        if count & self.WRITER:
            held = "locked by a writer" + (f", {readers} readers waiting" if readers else "")
        else:
            held = f"locked by {readers} readers" if readers else "unlocked"
        return held + (", a writer waiting" if count & self.WAITING else "")


def waiters(value):
    try:
        return sum(1 for _ in list_links(value["wait_list"]))
    except (Problem, gdb.MemoryError):
        return 0


class Mutex:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        owner = number(self.value["owner"]) & ~7
        if not owner:
            return "free"
        try:
            holder = task_text(percpu.pointer(owner))
        except gdb.error:
            holder = f"{owner:#x} (no task)"
        return f"held by {holder}, {waiters(self.value)} waiting"


class RwSemaphore:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        count = int(self.value["count"])
        held = "held by a writer" if count & 2 else f"held by {count >> 2} readers" if count >> 2 else "free"
        return held + (f", {waiters(self.value)} waiting" if count & 1 else "")


class Counter:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        return str(int((self.value["refs"] if self.value.type.strip_typedefs().fields()[0].name == "refs" else self.value)["counter"]))


BY_NAME = {"spinlock_t": Spinlock, "rwlock_t": Rwlock, "mutex": Mutex, "rw_semaphore": RwSemaphore, "list_head": ListHead,
           "atomic_t": Counter, "atomic_long_t": Counter, "refcount_t": Counter}


def lookup(value):
    """GDB asks this for each value it prints."""
    plain = value.type.unqualified()
    if plain.name in BY_NAME:
        ours = value.address is None or number(value.address) >= KERNEL_HALF        # else some program's
        return BY_NAME[plain.name](value) if ours else None
    plain = plain.strip_typedefs()
    if plain.code != gdb.TYPE_CODE_PTR:
        return None
    try:
        address = int(value) & MASK
    except gdb.error:
        return None
    target = plain.target().unqualified().strip_typedefs()
    if address > MASK - 4095 and target.code != gdb.TYPE_CODE_FUNC and error_name(address - (1 << 64)):
        return ErrorPointer(value)
    if address < KERNEL_HALF or target.code != gdb.TYPE_CODE_STRUCT or target.name not in POINTERS:
        return None
    return PointerPrinter(value, POINTERS[target.name])


lookup.name, lookup.enabled = "paddock", True
gdb.printing.register_pretty_printer(None, lookup, replace=True)
