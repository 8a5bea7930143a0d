# SPDX-License-Identifier: GPL-2.0-only
"""What the guest says: pd-dmesg, the kernel's log in its memory; pd-console and pd-type, its console under `make debug`."""
import os
import time

import gdb

from . import connect
from .core import Command, Problem, number, read, say, var

SOURCE = "kernel/debug/printk.c"
FAREWELL = 5            # seconds that tools/vm has to say how the guest ended


class Dmesg(Command):
    """Show the kernel's log as it is in memory, or its last N lines. Works also before any console does, and after a panic."""

    name, usage = "pd-dmesg", "pd-dmesg [N]"

    def run(self, argument):
        ring = var("log_ring", SOURCE)
        size, end = ring.type.sizeof, number(var("log_end", SOURCE))
        start = max(0, end - size)
        if end > 1 << 40:
            raise Problem(f"log_end is {end:#x}: broken")
        raw = read(number(ring.address), min(size, end))       # a serial line is slow
        data = raw if end <= size else raw[start % size:] + raw[:start % size]
        lines = data.decode(errors="replace").splitlines()
        if end > size:
            lines = lines[1:]           # the first has been overwritten in part
        wanted = self.words(argument, 0, 1)
        for line in lines[max(0, len(lines) - self.count(wanted[0])):] if wanted else lines:
            say(line[3:] if line[:1] == "<" and line[2:3] == ">" else line)


    def count(self, word):
        if not word.isdecimal():
            raise Problem(f"usage: {self.usage}")
        return int(word)


class Screen:
    """The file to which `make debug` writes the guest's console, and how far it has been shown."""

    shown = 0

    @classmethod
    def fresh(cls):
        try:
            with open(os.path.join(connect.FOLDER, "console.log"), "rb") as f:
                f.seek(0, os.SEEK_END)
                if f.tell() < cls.shown:
                    cls.shown = 0
                f.seek(cls.shown)
                data = f.read()
        except OSError:
            return None
        cls.shown += len(data)
        return data.decode(errors="replace").replace("\r", "")


class ConsoleCommand(Command):
    """Show what has come to the guest's console since the last time; with -all, everything. Under `make debug`.

After each stop the new lines are shown by themselves, the last 20 of them. With `make debug-server` the console is on that terminal."""

    name, usage = "pd-console", "pd-console [-all]"
    needs_guest = False

    def run(self, argument):
        if argument.strip() == "-all":
            Screen.shown = 0
        text = Screen.fresh()
        if text is None:
            raise Problem("the guest's console is not here: it is on the terminal of `make debug-server`")
        say(text.rstrip("\n") if text else "(nothing new)")


class Type(Command):
    """Type a line on the guest's console, under `make debug`. ^C, ^D, ^Z and ^\\ alone are those keys.

The guest reads it when it runs: `pd-type ls /`, then `continue`."""

    name, usage = "pd-type", "pd-type TEXT"
    needs_guest = False

    def run(self, argument):
        path = os.path.join(connect.FOLDER, "console.in")
        data = bytes([ord(argument[1]) & 0x1f]) if len(argument) == 2 and argument[0] == "^" else argument.encode() + b"\r"
        try:
            fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            raise Problem("the guest's console is not here: it is on the terminal of `make debug-server`")
        with os.fdopen(fd, "wb") as f:
            f.write(data)


class Guest:
    """Does the guest run, as far as GDB knows?"""

    runs = False


def show_console():
    """What is new on the console: the last 20 lines; with a panic among them, all from there on."""
    lines = (Screen.fresh() or "").rstrip("\n").splitlines()
    panic = next((n for n, line in enumerate(lines) if "Kernel panic: " in line), len(lines))
    first = max(0, min(panic, len(lines) - 20))
    if first:
        say(f"console| ... {first} lines more: pd-console -all")
    for line in lines[first:]:
        say(f"console| {line}")


def show_last_words():
    """What tools/vm has said of the guest's end, under `make debug`: the source lines of a panic, and why it is no more."""
    try:
        with open(os.path.join(connect.FOLDER, "errors.log"), errors="replace") as f:
            said = f.read().splitlines()
    except OSError:
        return
    for line in said:
        if "waiting for GDB" not in line:
            say(line)


def on_continue(event):
    Guest.runs = True


def on_stop(event):
    Guest.runs = False
    if connect.Session.connected:
        show_console()


def on_end(event):
    """GDB has lost the guest. If that ran it has ended, by itself or by a panic; else it was let go."""
    if not Guest.runs:
        return
    Guest.runs = False
    if not os.path.exists(os.path.join(connect.FOLDER, "console.log")):
        return
    deadline = time.monotonic() + FAREWELL
    while connect.announced() and time.monotonic() < deadline:
        time.sleep(0.05)
    show_console()
    show_last_words()


gdb.events.cont.connect(on_continue)
gdb.events.stop.connect(on_stop)
gdb.events.exited.connect(on_end)
