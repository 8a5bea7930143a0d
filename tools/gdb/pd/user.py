# SPDX-License-Identifier: GPL-2.0-only
"""Programs: pd-symbols loads the symbols of the program that a task runs, pd-break stops in one.

The build keeps each program of the userland with its symbols in build/user/debug. All are linked to the same addresses, so the
symbols of one at a time are loaded, and a breakpoint asks which program runs.
"""
import os
import struct

import gdb

from . import connect, files, memory, percpu, tasks
from .core import ROOT, Command, Function, Problem, number, say, text


class Loaded:
    """The program whose symbols are loaded."""

    file = None


def build_folder():
    if connect.Session.guest:
        return os.path.dirname(connect.Session.guest["kernel"])
    program = gdb.current_progspace().filename
    return os.path.dirname(program) if program else os.path.join(ROOT, "build")


def file_for(path):
    """The file with symbols for a program by its path in the guest."""
    build, name = build_folder(), os.path.basename(path)
    for candidate in (os.path.join(build, "user", "debug", name), os.path.join(build, "tests", "guest", name)):
        if os.path.exists(candidate):
            return candidate
    raise Problem(f"there are no symbols for {path}: name the file, `pd-symbols PID FILE`")


def program_of(task):
    """The path of the program that a task runs, or None."""
    if not number(task["mm"]) or not number(task["mm"]["exe_file"]):
        return None
    return files.file_path(task["mm"]["exe_file"])


def name_of(task):
    """The file's name of the program that a task runs, "" for a kernel thread."""
    mm = task["mm"]
    return text(mm["exe_file"]["f_path"]["dentry"]["d_name"]["name"]) if number(mm) and number(mm["exe_file"]) else ""


class Runs(Function):
    """$runs("NAME"): 1 if the selected thread's task runs the program of this file name, or has this pid. For conditions:

  break sys_write if $runs("ls") && fd == 1

($current()->comm works in a condition only if it stands alone: GDB looks at what follows && before it calls.)"""

    name = "runs"

    def value(self, wanted):
        task = percpu.current()
        if wanted.type.strip_typedefs().code == gdb.TYPE_CODE_INT:
            return int(int(task["pid"]) == int(wanted))
        return int(name_of(task) == wanted.string())


def load_offset(file, task):
    """How far from where it is linked a program stands: 0 but for one that is position independent."""
    with open(file, "rb") as f:
        head = f.read(64)
    if head[:4] != b"\x7fELF":
        raise Problem(f"{file} is no ELF file")
    if struct.unpack_from("<H", head, 16)[0] != 3:      # ET_DYN
        return 0
    if task is None:
        raise Problem(f"{file} is position independent: name a task that runs it")
    for vma in memory.areas(memory.mm_of(task)):
        if number(vma["vm_file"]) and not number(vma["vm_pgoff"]):
            return number(vma["vm_start"])
    raise Problem(f"task {int(task['pid'])} has no program mapped")


def load(file, task=None):
    """Loads the symbols of FILE in place of those of another program; returns its objfile."""
    offset = load_offset(file, task)
    if Loaded.file and any(o.filename == Loaded.file for o in gdb.objfiles()):
        gdb.execute(f"remove-symbol-file {Loaded.file}", to_string=True)
    Loaded.file = None
    # Where GDB meets a type that is only declared it takes a definition from what it has read in: that shall be the kernel's.
    gdb.execute("maint expand-symtabs", to_string=True)
    gdb.execute(f"add-symbol-file {file}" + (f" -o {offset:#x}" if offset else ""), to_string=True)
    Loaded.file = os.path.realpath(file)
    return gdb.lookup_objfile(Loaded.file)


class Symbols(Command):
    """Load the symbols of the program that a task runs, or of a program by name: pd-symbols 12, pd-symbols ls.

Without argument: of the selected thread's task. FILE names the program on the host where it is not one of the build's.
The symbols take the place of those of the program before: all are linked to the same addresses."""

    name, usage = "pd-symbols", "pd-symbols [PID | NAME [FILE]]"
    needs_guest = False

    def run(self, argument):
        words = self.words(argument, 0, 2)
        task = None
        if not words or words[0][0].isdigit() or words[0][0] in "$(":
            task = tasks.named(words[0] if words else "")
            path = program_of(task)
            if not path:
                raise Problem(f"task {int(task['pid'])} ({tasks.comm(task)}) runs no program")
        else:
            path = words[0]
        file = words[1] if len(words) > 1 else file_for(path)
        load(file, task)
        say(f"symbols of {os.path.relpath(file)}" + (f", which task {int(task['pid'])} runs as {path}" if task is not None else ""))


class UserBreakpoint(gdb.Breakpoint):
    """A breakpoint in a program: it is hit only by a task that runs that program. In hardware: the page need not be there yet."""

    def __init__(self, spec, program):
        super().__init__(spec, type=gdb.BP_HARDWARE_BREAKPOINT)
        self.program = program

    def stop(self):
        try:
            return name_of(percpu.current()) == self.program
        except (Problem, gdb.error) as error:
            say(f"(which program runs here cannot be told: {error})")
            return True


class Break(Command):
    """Stop when a program comes to LOCATION, main without it: pd-break ls, pd-break sh user/sh/main.c:100.

It loads the program's symbols (see pd-symbols). Other programs, which have something else at the same address, do not stop."""

    name, usage = "pd-break", "pd-break NAME [LOCATION]"
    needs_guest = False
    kind = gdb.COMMAND_BREAKPOINTS

    def run(self, argument):
        words = self.words(argument, 1, 2)
        program, location = os.path.basename(words[0]), words[1] if len(words) > 1 else "main"
        objfile = load(file_for(program))
        found = objfile.lookup_global_symbol(location) or objfile.lookup_static_symbol(location)
        if found:               # the kernel may have a function of that name, too
            location = f"{found.symtab.filename}:{location}"
        # GDB looks at a function's first instructions to find its body; the program's page is not there yet, its file is.
        saved = gdb.parameter("trust-readonly-sections")
        gdb.execute("set trust-readonly-sections on")
        try:
            UserBreakpoint(location, program)
        finally:
            gdb.execute(f"set trust-readonly-sections {'on' if saved else 'off'}")
