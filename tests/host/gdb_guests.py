# SPDX-License-Identifier: GPL-2.0-only
"""Guests that wait for GDB, and what connects to them: for the tests of GDB, whose fixtures these are.

    g = stub("hostname here; echo done", smp=4)     # a guest with the kernel's own stub, and a GDB connected to it
    g.run("break sys_sethostname"); g.go()          # go(): continue until the next stop; its text
    g.detach(); assert g.guest.end() == (0, "done\\n")

    wire = Wire(guest("echo done"))                 # the same guest, and bytes by hand
    wire.ask(b"qC")

    s = session(run=("mkdir /c",), gdb="kernel")    # what `make debug-server` starts; the default is QEMU's stub
    out = s.gdb("break sys_read", "continue")       # GDB in batch mode: the output of each command

Guests use `hostname NAME` where a test needs them to come by a place that nobody else comes to: sys_sethostname().
"""
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

import pexpect
import pytest
from conftest import KERNEL, ROOT, VM, words_for

DEBUG = os.path.join(ROOT, "tools", "debug")
HELPERS = os.path.join(ROOT, "tools", "gdb", "paddock.py")
PROMPT = "(stub-test) "
DUE = "hostname due"            # the guest's script has come to its end: GDB waits for that
TO_DUE = ("thbreak sys_sethostname", "continue")

NEEDS_GDB = pytest.mark.skipif(not shutil.which("gdb"), reason="gdb is not installed: tools/setup --debugger")


# ---- the kernel's stub ----

class Guest:
    """tools/vm --gdb=kernel; where its COM2 is; what it says."""

    def __init__(self, command, scale, options):
        self.scale = scale
        words = [VM, *words_for({"gdb": "kernel", "timeout": 120 * scale, **options})]
        self.process = subprocess.Popen(words + (["-c", command] if command else []), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.log, self.output = [], []
        self.changed = threading.Condition()
        self.readers = [threading.Thread(target=self.read, args=(self.process.stderr, self.log)),
                        threading.Thread(target=self.read, args=(self.process.stdout, self.output))]
        for reader in self.readers:
            reader.start()
        self.socket = self.await_log(r"target remote ([^']+)'").group(1)

    def read(self, stream, lines):
        for line in stream:
            with self.changed:
                lines.append(line)
                self.changed.notify_all()
        with self.changed:
            lines.append(None)
            self.changed.notify_all()

    @property
    def out(self):
        return "".join(filter(None, self.output))

    def await_log(self, pattern, timeout=60):
        """Waits for a line of the log."""
        return self.await_line(self.log, pattern, timeout)

    def await_out(self, pattern, timeout=60):
        """Waits for a line of output."""
        return self.await_line(self.output, pattern, timeout)

    def await_line(self, lines, pattern, timeout):
        deadline = time.monotonic() + timeout * self.scale
        with self.changed:
            while True:
                text = "".join(filter(None, lines))
                found = re.search(pattern, text)
                if found:
                    return found
                left = deadline - time.monotonic()
                assert left > 0 and None not in lines, f"no {pattern} in:\n{text}"
                self.changed.wait(left)

    def text(self):
        return "".join(filter(None, self.log))

    def end(self):
        """Waits for the guest to end; its status and output."""
        status = self.process.wait(130 * self.scale)
        for reader in self.readers:
            reader.join(10 * self.scale)
        assert not re.search(r"WARNING at |UBSAN: |LOCKDEP: |KASAN: |KCSAN: |nobody asked", self.text()), self.text()
        return status, self.out

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10 * self.scale)
        for reader in self.readers:
            reader.join(10)


class Gdb:
    """A GDB at its command line, connected to a guest."""

    def __init__(self, guest, scale):
        self.guest = guest
        self.child = pexpect.spawn("gdb", ["-nx", "-q", "-ex", f"set prompt {PROMPT}", KERNEL], timeout=60 * scale, cwd=ROOT,
                                   encoding="utf-8", codec_errors="replace", dimensions=(200, 1000), echo=False)
        self.child.delaybeforesend = None
        self.child.expect_exact(PROMPT)
        for word in ("pagination off", "confirm off", "width 0", "style enabled off", "debuginfod enabled off",
                     "print thread-events off", f"remotetimeout {30 * scale:.0f}"):
            self.run(f"set {word}")
        guest.await_log("waiting for GDB on COM2|stub on COM2")     # and so the socket is there
        self.run(f"target remote {guest.socket}")

    def prompt(self):
        self.child.expect_exact(PROMPT)
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.child.before).replace("\r", "")
        assert "Remote connection closed" not in text and "timed out" not in text and "Ignoring packet error" not in text, text
        return text

    def run(self, line):
        """One command; what it prints."""
        self.child.send(line + "\n")
        return self.prompt()

    def go(self, line="continue"):
        return self.run(line)

    def value(self, expression):
        found = re.search(r"= (-?\d+)", self.run(f"print/d (long)({expression})"))
        assert found, expression
        return int(found.group(1))

    def thread(self, pattern):
        """GDB's number of the thread whose line matches."""
        text = self.run("info threads")
        found = re.search(rf"^\*? +(\d+) +Thread [^\n]*{pattern}", text, re.M)
        assert found, text
        return int(found.group(1))

    def start(self):
        """`continue`, without waiting for the machine to stop."""
        self.child.send("continue\n")
        self.child.expect_exact("Continuing.")

    def interrupt(self):
        self.child.sendintr()
        return self.prompt()

    def detach(self):
        self.run("delete")
        assert "detached" in self.run("detach")
        self.close()

    def close(self):
        self.child.close(force=True)


class Wire:
    """The other end of COM2, byte by byte. It reads all the time: a port that nobody reads stands still."""

    def __init__(self, guest):
        guest.await_log("waiting for GDB on COM2|stub on COM2")
        self.patience = 30 * guest.scale
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(guest.socket)
        self.got, self.closed = b"", False
        self.changed = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while not self.closed:
            try:
                data = self.socket.recv(4096)
            except OSError:
                data = b""
            with self.changed:
                self.got += data
                self.closed = not data
                self.changed.notify_all()

    def expect(self, pattern):
        """Waits for the pattern and takes all up to its end; the match."""
        with self.changed:
            assert self.changed.wait_for(lambda: re.search(pattern, self.got, re.S) or self.closed, self.patience), self.got[-500:]
            found = re.search(pattern, self.got, re.S)
            assert found, "the line is closed"
            self.got = self.got[found.end():]
            return found

    def send(self, data):
        self.socket.sendall(data)

    @staticmethod
    def packet(body):
        return b"$" + body + b"#%02x" % (sum(body) & 255)

    def reply(self):
        """The body of the next packet."""
        found = self.expect(rb"\$([^#$]*)#(..)")
        assert sum(found.group(1)) & 255 == int(found.group(2), 16)
        self.send(b"+")
        return found.group(1)

    def ask(self, body):
        """Sends a good packet; the body of the reply to it."""
        self.settle()
        self.send(self.packet(body))
        return self.reply()

    def settle(self):
        """Waits until all that was sent so far has been answered: by a question whose answer nothing else has."""
        self.number = getattr(self, "number", 0) + 1
        name = b"settle%d" % self.number
        self.send(self.packet(b"qRcmd," + name.hex().encode()))
        self.expect(rb"\$O" + b"monitor ".hex().encode() + name.hex().encode() + b"3a" + rb"[^#]*#..\+?\$OK#..")
        with self.changed:
            self.got = b""


@pytest.fixture
def guest(scale):
    """guest(command, **options) starts a guest that waits for GDB."""
    opened = []

    def start(command, **options):
        opened.append(Guest(command, scale, options))
        return opened[-1]

    yield start
    for g in opened:
        g.close()


@pytest.fixture
def connect(scale):
    """connect(guest) starts a GDB for it."""
    opened = []

    def start(to):
        opened.append(Gdb(to, scale))
        return opened[-1]

    yield start
    for g in opened:
        g.close()


@pytest.fixture
def stub(guest, connect):
    return lambda command, **options: connect(guest(command, **options))


@pytest.fixture
def at_hostname(stub):
    """A guest that has come to sys_sethostname() in the middle of its commands."""
    def start(before="true", after="echo done", **options):
        g = stub(f"{before}\nhostname here\n{after}", **options)
        g.run("break sys_sethostname")
        assert "hit Breakpoint 1, sys_sethostname" in g.go()
        return g
    return start


# ---- sessions of tools/debug ----

class Session:
    """A guest that waits for GDB, and GDB runs with it."""

    def __init__(self, folder, scale, run=None, kernel=KERNEL, **options):
        self.env = dict(os.environ, PADDOCK_DEBUG=str(folder), DEBUGINFOD_URLS="")
        self.folder, self.scale = str(folder), scale
        words = [sys.executable, DEBUG, "--server", "--kernel", kernel, *words_for(dict(options, kernel=None))]
        if run is not None:
            words += ["-c", "\n".join([*run, DUE, "sleep 100000"])]
        self.log = open(os.path.join(folder, "server.log"), "w+b")
        self.guest = subprocess.Popen(words, env=self.env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def gdb(self, *commands, start=("-nx", "-ex", f"source {HELPERS}", "-ex", "pd-connect"), timeout=120):
        """Runs GDB with these commands; returns the output of each."""
        self.wait()
        words = ["gdb", "-batch", *start]
        for n, command in enumerate(commands):
            words += ["-ex", f"echo <<{n}>>\\n", "-ex", command]
        done = subprocess.run(words, env=self.env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", timeout=timeout * self.scale)
        assert "Traceback" not in done.stdout and "Python Exception" not in done.stdout, done.stdout
        self.all = done.stdout
        parts = re.split(r"<<\d+>>\n", done.stdout)
        self.head = parts[0]
        assert len(parts) == len(commands) + 1, done.stdout
        return [re.sub(r"\[Inferior 1 \(.*\) detached\]\n", "", part) for part in parts[1:]]

    def wait(self):
        """Until the guest waits for GDB."""
        while not os.path.exists(os.path.join(self.folder, "guest")):
            assert self.guest.poll() is None, open(self.log.name).read()
            time.sleep(0.05)

    def close(self):
        if self.guest.poll() is None:
            self.guest.terminate()
            self.guest.wait(10 * self.scale)
        self.log.close()


@pytest.fixture
def session(tmp_path, scale):
    """session(**options) starts a guest; options are tools/vm's, and run: lines of a script, at whose end GDB is led by TO_DUE."""
    made = []

    def start(**options):
        folder = tmp_path / f"debug{len(made)}"
        folder.mkdir()
        made.append(Session(folder, scale, **options))
        return made[-1]

    yield start
    for s in made:
        s.close()
