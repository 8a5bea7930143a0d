# SPDX-License-Identifier: GPL-2.0-only
"""pd-connect: finding the guest that waits, its kernel's symbols, and the way to the kernel's first instruction.

`tools/vm --announce` says in a folder what waits: a file `guest`, JSON. That folder is build/debug, or what PADDOCK_DEBUG names.
"""
import json
import os
import socket
import time

import gdb

from .core import KERNEL_HALF, ROOT, Command, Problem, number, say

FOLDER = os.environ.get("PADDOCK_DEBUG") or os.path.join(ROOT, "build", "debug")
KERNEL_BASE = 0xffffffff80000000
NOWHERE = 0x800000000000
RESET_VECTOR = 0xfff0
PATIENCE = 10           # seconds for QEMU to open its socket
# Where a loader enters, and what it then has in eax (None: anything).
ENTRIES = {"kernel": ("start_multiboot", 0x2badb002), "iso": ("start_multiboot", 0x36d76289), "uefi": ("start_multiboot", 0x36d76289),
           "pvh": ("start_pvh", None)}
NOBODY = "no guest waits for GDB: run `make debug-server` in another terminal, then `pd-connect` here (or, at once, `make debug`)"


class Session:
    """The guest that GDB is connected to."""

    connected = False
    guest = None


def announced():
    try:
        with open(os.path.join(FOLDER, "guest")) as f:
            return json.load(f)
    except (OSError, ValueError):
        return None


def load_symbols(kernel):
    if not os.path.exists(kernel):
        raise Problem(f"{kernel} is not there: run `make`")
    gdb.execute(f"file {kernel}", to_string=True)
    early = os.path.join(os.path.dirname(kernel), "boot", "start-low.o")
    if os.path.exists(early):
        # The first instructions run where the image is loaded, before there are page tables to run where it is linked.
        # Its variables stay where they are linked; the second set goes where no address is, for programs begin at 4 MiB, too.
        text, rodata, bss = (number(f"(unsigned long)&{first}") - KERNEL_BASE for first in ("start_pvh", "no_long_mode_text", "boot_pml4"))
        gdb.execute(f"add-symbol-file {early} -s .text {text:#x} -s .rodata {rodata:#x} -s .bss..page_aligned {NOWHERE + bss:#x}",
                    to_string=True)


def alive(guest):
    try:
        os.kill(guest["pid"], 0)
        return True
    except OSError:
        return False


def connect():
    guest = announced()
    if not guest or not alive(guest):
        raise Problem(NOBODY)
    deadline = time.monotonic() + PATIENCE
    while not os.path.exists(guest["socket"]):
        if time.monotonic() > deadline or not alive(guest):
            raise Problem(f"{guest['socket']} is not there: the guest did not start")
        time.sleep(0.05)
    if guest["stub"] == "kernel":
        await_stub(guest)
    load_symbols(guest["kernel"])
    with gdb.with_parameter("suppress-cli-notifications", True):
        gdb.execute(f"target remote {guest['socket']}", to_string=True)
    Session.guest, Session.connected = guest, True
    if guest["stub"] == "kernel":
        remember_memory()
    if guest["stub"] == "qemu" and number("$pc") == RESET_VECTOR and not number("$cr0") & 1:
        run_to_entry(guest["boot"])
    if guest.get("built") not in (None, os.stat(guest["kernel"]).st_mtime_ns):
        say(f"warning: {os.path.relpath(guest['kernel'])} has been built anew since this guest started: its symbols are of another kernel")
    where = gdb.execute("frame", to_string=True).strip()
    say(f"Paddock ({os.path.relpath(guest['kernel'])}, boot way {guest['boot']}, {guest['stub']}'s stub): `pd` lists the helpers.\n{where}")


def await_stub(guest):
    """The kernel's stub begins when much of the boot is over. GDB would ask again and again meanwhile, and take the answers to all that for
    answers to what it asks later. So ask first: by a number that the answer repeats, until the last one is there."""
    try:
        ask_stub(guest)
    except OSError:
        raise Problem("the guest has ended")


def ask_stub(guest):
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(guest["socket"])
        got, wait = b"", 1
        for n in range(1000):
            body = b"qRcmd," + (b"gdb%d" % n).hex().encode()
            line.sendall(b"$" + body + b"#%02x" % (sum(body) & 255))
            deadline, wait = time.monotonic() + wait, min(2 * wait, 30)
            while time.monotonic() < deadline:
                if (b"gdb%d:" % n).hex().encode() in got and got.endswith(b"$OK#9a"):
                    return
                if not alive(guest):
                    raise Problem("the guest has ended")
                line.settimeout(0.1)
                try:
                    data = line.recv(4096)
                except TimeoutError:
                    continue
                if not data:
                    raise Problem("the guest has ended")
                got += data


def remember_memory():
    """A serial line is slow: GDB keeps what it has read of the kernel's half in lines of 64 bytes, until the guest goes on."""
    gdb.execute("set mem inaccessible-by-default off")
    gdb.execute("delete mem", to_string=True)
    gdb.execute(f"mem {KERNEL_HALF:#x} 0 rw cache", to_string=True)


def run_to_entry(boot):
    """From the processor's reset to the kernel's first instruction. Firmware may come by that address, too: eax tells the loader."""
    name, magic = ENTRIES[boot]
    entry = number(f"(unsigned long)&{name}") | KERNEL_BASE
    stop = gdb.Breakpoint(f"*{entry - KERNEL_BASE:#x}", type=gdb.BP_HARDWARE_BREAKPOINT, internal=True)
    stop.silent = True
    if magic:
        stop.condition = f"(unsigned int)$eax == {magic:#x}"
    try:
        gdb.execute("continue", to_string=True)
    finally:
        stop.delete()


class Connect(Command):
    """Connect to the guest that waits (`make debug-server`), load its kernel's symbols, and stop at the kernel's first instruction.

A guest that runs already is stopped where it is."""

    name = "pd-connect"
    needs_guest = False
    kind = gdb.COMMAND_RUNNING

    def run(self, argument):
        if gdb.selected_inferior().pid:
            raise Problem("a guest is connected already: `detach` first")
        connect()


def start():
    """What .gdbinit does: connect, or say in one line how to get there. A program named on GDB's command line is not touched."""
    program = gdb.current_progspace().filename
    if program and not os.path.basename(program).startswith("paddock"):
        return
    try:
        connect()
    except Problem as why:
        kernel = os.path.join(ROOT, "build", "paddock.elf")
        if not program and os.path.exists(kernel):
            load_symbols(kernel)
        say(f"Paddock: {why}")
    except gdb.error as error:
        say(f"Paddock: {error}")


def ended(event):
    Session.connected, Session.guest = False, None


gdb.events.exited.connect(ended)
