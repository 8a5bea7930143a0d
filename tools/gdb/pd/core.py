# SPDX-License-Identifier: GPL-2.0-only
"""What the helpers share: reading the kernel's variables and types, walking its lists and trees, commands that fail in one line.

Everything read may be broken or half-changed: the guest was stopped at any moment. So each walk has a bound and checks links before
it follows them, and whatever goes wrong becomes a Problem, which a command prints as one line after what it has shown so far.
"""
import errno
import functools
import os
import re

import gdb

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
KERNEL_HALF = 0xffff800000000000
LIMIT = 100000          # entries of one list; more than any guest has, so a walk that comes here runs in a circle
MASK = (1 << 64) - 1
PLACES = (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION, gdb.TYPE_CODE_ARRAY)
# Errors that never leave the kernel: kernel/lib/err.h
INNER_ERRORS = {512: "ERESTARTSYS", 513: "ERESTARTNOINTR", 514: "ERESTARTNOHAND", 515: "ENOIOCTLCMD", 516: "ERESTART_RESTARTBLOCK"}


class Problem(Exception):
    """Something cannot be shown; the text says why."""


# ---- variables and types ----

@functools.lru_cache(maxsize=None)
def _type(name, objfiles):
    if name.startswith("struct "):      # the kernel's, not what a program calls so
        program = gdb.current_progspace().filename
        for objfile in gdb.objfiles():
            if objfile.filename == program:
                found = objfile.lookup_static_symbol(name.removeprefix("struct "), gdb.SYMBOL_STRUCT_DOMAIN)
                if found:
                    return found.type
    try:
        return gdb.lookup_type(name)
    except gdb.error:
        raise Problem(f"no type `{name}`: are the kernel's symbols loaded (file build/paddock.elf), and is it in this build?")


def typ(name):
    """The type NAME, e.g. "struct task_struct"."""
    return _type(name, len(gdb.objfiles()))


def var(name, source=None):
    """The kernel's variable; SOURCE is the file of one that is static, e.g. "kernel/mm/slab.c"."""
    try:
        found = None if source else gdb.lookup_global_symbol(name)      # not what a frame happens to call so
        return found.value() if found else gdb.parse_and_eval(f"'{source}'::{name}" if source else name)
    except gdb.error as error:
        raise Problem(f"{name}: {error}")


def have(name, source=None):
    try:
        var(name, source)
        return True
    except Problem:
        return False


def number(value):
    """The integer of a value, a pointer or an expression's text, without sign; of a structure or an array: where it is."""
    if isinstance(value, str):
        value = gdb.parse_and_eval(value)
    if isinstance(value, gdb.Value) and value.type.strip_typedefs().code in PLACES:
        if value.address is None:
            raise Problem(f"{value.type} is not in memory")
        value = value.address
    return int(value.cast(typ("unsigned long"))) & MASK if isinstance(value, gdb.Value) else value & MASK


def as_pointer(address, type_name):
    return gdb.Value(number(address)).cast(typ(type_name).pointer())


def address_of(value):
    return number(value.address)


@functools.lru_cache(maxsize=None)
def _offset(type_name, member, objfiles):
    total, t = 0, typ(type_name)
    for name in member.split("."):
        field = _field(t.strip_typedefs(), name)
        total += field[0]
        t = field[1]
    return total


def _field(t, name):
    """(offset, type) of a member, also in a structure without a name."""
    for f in t.fields():
        if f.name == name:
            return f.bitpos // 8, f.type
        if not f.name and f.type.strip_typedefs().code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
            try:
                offset, inner = _field(f.type.strip_typedefs(), name)
                return f.bitpos // 8 + offset, inner
            except Problem:
                pass
    raise Problem(f"{t} has no member {name}")


def offset_of(type_name, member):
    return _offset(type_name, member, len(gdb.objfiles()))


def container_of(pointer, type_name, member):
    """The object (a pointer to it) whose MEMBER is at POINTER."""
    return as_pointer(number(pointer) - offset_of(type_name, member), type_name)


def has_member(value, name):
    t = value.type.strip_typedefs()
    if t.code == gdb.TYPE_CODE_PTR:
        t = t.target().strip_typedefs()
    return any(f.name == name for f in t.fields())


def text(value, limit=256):
    """A C string (pointer or array) of the guest."""
    try:
        if value.type.strip_typedefs().code == gdb.TYPE_CODE_PTR and not number(value):
            return "(null)"
        if value.type.strip_typedefs().code == gdb.TYPE_CODE_ARRAY:
            size = value.type.sizeof        # 0: char text[], which ends where it ends
            raw = read(address_of(value), size) if size else _bytes_to_nul(address_of(value), limit)
        else:
            raw = _bytes_to_nul(number(value), limit)
    except (gdb.MemoryError, gdb.error):
        return "(unreadable)"
    return raw.split(b"\0")[0].decode(errors="replace")


def _bytes_to_nul(address, limit):
    raw = b""
    while len(raw) < limit and b"\0" not in raw:
        step = min(limit - len(raw), 64 - address % 64)     # never far into a page that may not be there
        raw += read(address, step)
        address += step
    return raw


def read(address, size):
    return bytes(gdb.selected_inferior().read_memory(address & MASK, size))


def read_u64(address):
    return int.from_bytes(read(address, 8), "little")


# ---- walks ----

def check_link(pointer, what):
    address = number(pointer)
    if address < KERNEL_HALF or address & 7:
        raise Problem(f"{what} is broken: a link is {address:#x}")
    return address


def list_links(head):
    """The addresses of the links of a struct list_head, without the head; HEAD is the structure or a pointer to it."""
    kind = head.type.strip_typedefs()
    kind = (kind.target() if kind.code == gdb.TYPE_CODE_PTR else kind).unqualified().strip_typedefs()
    if kind.tag != "list_head":
        raise Problem(f"what is to be walked is no struct list_head, but {kind}")
    start = number(head if head.type.strip_typedefs().code == gdb.TYPE_CODE_PTR else head.address)
    previous, count = start, 0
    here = read_u64(start)
    if here == 0:
        raise Problem(f"list at {start:#x} was never initialised")
    while here != start:
        check_link(here, f"list at {start:#x}, entry {count},")
        link = read(here, 16)
        back = int.from_bytes(link[8:], "little")
        if back != previous:
            raise Problem(f"list at {start:#x} is broken at entry {count} ({here:#x}): "
                          f"it points back to {back:#x} instead of {previous:#x}")
        count += 1
        if count > LIMIT:
            raise Problem(f"list at {start:#x}: more than {LIMIT} entries")
        yield here
        previous, here = here, int.from_bytes(link[:8], "little")


def list_entries(head, type_name, member):
    """The objects on a list, each as a pointer."""
    for link in list_links(head):
        yield container_of(link, type_name, member)


def hlist_entries(head, type_name, member):
    """The objects on a chain of a hash table."""
    here, count = number(head["first"]), 0
    while here:
        check_link(here, f"chain at {address_of(head):#x}")
        yield container_of(here, type_name, member)
        here = read_u64(here)
        count += 1
        if count > LIMIT:
            raise Problem(f"chain at {address_of(head):#x}: more than {LIMIT} entries")


def rb_entries(root, type_name, member):
    """The objects in a struct rb_root, in order."""
    left, right = offset_of("struct rb_node", "left"), offset_of("struct rb_node", "right")
    stack, here, seen = [], number(root["node"]), set()
    while stack or here:
        while here:
            check_link(here, f"tree at {address_of(root):#x}")
            if here in seen:
                raise Problem(f"tree at {address_of(root):#x} runs in a circle at {here:#x}")
            seen.add(here)
            stack.append(here)
            here = read_u64(here + left)
        node = stack.pop()
        yield container_of(node, type_name, member)
        here = read_u64(node + right)


# ---- words for numbers ----

def error_name(n):
    """"ENOENT" for 2 or -2; None if it is no error's number."""
    n = abs(n)
    return INNER_ERRORS.get(n) or errno.errorcode.get(n)


def flags(value, names, none="-"):
    """Names of the bits that are set: NAMES is ((mask, "name"), ...)."""
    words = [name for mask, name in names if value & mask]
    left = value & ~functools.reduce(lambda a, b: a | b[0], names, 0)
    return "|".join(words + ([f"{left:#x}"] if left else [])) or none


def symbol(address):
    """name+offset of a kernel address."""
    said = gdb.execute(f"info symbol {address:#x}", to_string=True)
    if said.startswith("No symbol"):
        return f"{address:#x}"
    return said.split(" in section")[0].replace(" + ", "+")


def source_line(pc):
    place = gdb.find_pc_line(pc)
    return f"{place.symtab.filename.removeprefix('./')}:{place.line}" if place.symtab and place.line else ""


def say(line=""):
    gdb.write(line + "\n")


def table(head, rows, right=()):
    """Prints rows under a head, the columns in `right` flush right. Rows may come one by one and fail in between."""
    made, failure = [], None
    try:
        for row in rows:
            made.append([str(cell) for cell in row])
    except (Problem, gdb.error) as error:
        failure = error
    widths = [max(len(r[i]) for r in [head, *made]) for i in range(len(head))]
    for row in [head, *made]:
        cells = [c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths))]
        say("  ".join(cells).rstrip())
    if failure:
        raise failure


# ---- commands ----

class Prefix(gdb.Command):
    """Paddock's commands. Each is also found by Tab after `pd-`; `help pd-ps` and so on tell more."""

    def __init__(self):
        super().__init__("pd", gdb.COMMAND_SUPPORT)

    def invoke(self, argument, from_tty):
        for command in sorted(Command.made, key=lambda c: c.name):
            first = re.split(r"[.:;(]( |$)", command.__doc__.strip().splitlines()[0])[0].strip()
            say(f"{command.usage:36} {first}")


class Command(gdb.Command):
    """A command of ours: the subclass has `name`, `usage` and run(argv). Its docstring is its help."""

    made = []
    name = usage = None
    kind = gdb.COMMAND_DATA
    completion = gdb.COMPLETE_NONE
    needs_guest = True

    def __init_subclass__(cls):
        if cls.name:
            cls.usage = cls.usage or cls.name
            cls.__doc__ = f"{cls.__doc__.strip()}\n\nUsage: {cls.usage}"
            Command.made.append(cls())

    def __init__(self):
        super().__init__(self.name, self.kind, self.completion)

    def invoke(self, argument, from_tty):
        self.dont_repeat()
        try:
            if self.needs_guest and not gdb.selected_thread():
                raise Problem("no guest is connected: pd-connect")
            self.run(argument)
        except ValueError:                  # int() of an argument
            raise gdb.GdbError(f"usage: {self.usage}")
        except Problem as error:
            raise gdb.GdbError(f"{self.name}: {error}")
        except gdb.MemoryError as error:
            raise gdb.GdbError(f"{self.name}: {error} (a broken pointer, or the guest has not come that far)")
        except gdb.error as error:
            raise gdb.GdbError(f"{self.name}: {error}")
        except OSError as error:            # a file that was named, the guest's socket
            raise gdb.GdbError(f"{self.name}: {error.filename + ': ' if error.filename else ''}{error.strerror or error}")

    def run(self, argument):
        raise NotImplementedError

    def words(self, argument, least, most):
        found = gdb.string_to_argv(argument)
        if not least <= len(found) <= most:
            raise Problem(f"usage: {self.usage}")
        return found


class Function(gdb.Function):
    """A function for expressions: the subclass has `name` and value(). Problems become GDB's errors."""

    name = None

    def __init_subclass__(cls):
        if cls.name:
            cls()

    def __init__(self):
        super().__init__(self.name)

    def invoke(self, *arguments):
        try:
            return self.value(*arguments)
        except (Problem, gdb.error) as error:
            raise gdb.GdbError(f"${self.name}: {error}")


class List(Command):
    """Show all objects of a list: their addresses and, if named, members of each.

HEAD is an expression for the struct list_head, TYPE the type of the objects, LINK their member on this list:
  pd-list css_groups "struct css_group" all nr_links ref"""

    name, usage = "pd-list", "pd-list HEAD TYPE LINK [MEMBER]..."
    completion = gdb.COMPLETE_EXPRESSION

    def run(self, argument):
        head, type_name, link, *members = self.words(argument, 3, 20)
        for n, entry in enumerate(list_entries(gdb.parse_and_eval(head), type_name, link)):
            found = [gdb.parse_and_eval(f"(({type_name} *) {number(entry):#x})->{m}") for m in members]
            values = [f"{m} = {value.format_string(max_depth=1)}" for m, value in zip(members, found)]
            say(f"[{n}] ({type_name} *) {number(entry):#x}" + ("  " + ", ".join(values) if values else ""))


class ErrorName(Function):
    """$errname(N): the name of an error, for the N or -N that functions return: $errname(ret) is "ENOENT"."""

    name = "errname"

    def value(self, n):
        value = int(n)
        value -= 1 << 32 if 1 << 31 <= value < 1 << 32 else 1 << 64 if value >= 1 << 63 else 0
        return error_name(value) or f"{value}"


Prefix()
